package wire

import (
	"crypto"
	"fmt"

	"avow/internal/authn"
	"avow/internal/key"
)

// UserDevices is a user's devices, signed for one of them (GET /v1/devices).
type UserDevices struct {
	Issuer   string         `json:"iss"`
	Device   authn.DeviceID `json:"aud"`
	IssuedAt int64          `json:"iat"`
	Devices  []DeviceEntry  `json:"devices"`  // those in use, oldest first, then those that were removed, the last one first
	Restores []RestoreEntry `json:"restores"` // under way
}

// DeviceEntry is one device as its user sees it.
type DeviceEntry struct {
	ID             authn.DeviceID     `json:"id"`
	Name           string             `json:"name"`
	Model          string             `json:"model"`
	OS             string             `json:"os"`
	App            string             `json:"app"`
	State          authn.DeviceState  `json:"state"`
	This           bool               `json:"this,omitempty"` // the one that asks
	Origin         authn.DeviceOrigin `json:"origin"`
	ConnectedAt    int64              `json:"connected_at"`
	LastSeenAt     int64              `json:"last_seen_at"`
	ProbationUntil int64              `json:"probation_until,omitempty"` // if that is to come
	RemovedAt      int64              `json:"removed_at,omitempty"`
	Wipe           *WipeEntry         `json:"wipe,omitempty"`
}

// WipeEntry says how far the wipe of a device has come.
type WipeEntry struct {
	State       authn.WipeState `json:"state"`
	Scope       authn.WipeScope `json:"scope"`
	Left        authn.WipeLeft  `json:"left,omitempty"`
	RequestedAt int64           `json:"requested_at"`
	DeliveredAt int64           `json:"delivered_at,omitempty"`
	ConfirmedAt int64           `json:"confirmed_at,omitempty"`
}

// DevicesAnswer carries a UserDevices.
type DevicesAnswer struct {
	Devices string `json:"devices"` // JWS
}

// SignUserDevices signs with the identity key.
func SignUserDevices(s crypto.Signer, l UserDevices) (string, error) {
	return sign(s, TypeDevices, "", nil, l)
}

// VerifyUserDevices checks that the list comes from the pinned server and is for this device, and cleans its texts.
func VerifyUserDevices(raw string, identity key.Public, issuer string, device authn.DeviceID) (UserDevices, error) {
	t, err := open(raw, TypeDevices)
	if err != nil {
		return UserDevices{}, err
	}
	var l UserDevices
	if err := t.verify(identity, false, &l); err != nil {
		return UserDevices{}, err
	}
	if l.Issuer != issuer || l.Device != device {
		return UserDevices{}, fmt.Errorf("%s: is for someone else", TypeDevices)
	}
	for i := range l.Devices {
		e := &l.Devices[i]
		if !authn.ValidID("d_", string(e.ID)) {
			return UserDevices{}, fmt.Errorf("%s: id %.40q", TypeDevices, e.ID)
		}
		info := authn.DeviceInfo{Name: e.Name, Model: e.Model, OS: e.OS, App: e.App}.Clean()
		e.Name, e.Model, e.OS, e.App = info.Name, info.Model, info.OS, info.App
		e.This = e.ID == device
	}
	for i := range l.Restores {
		r := &l.Restores[i]
		r.Device, r.IP = authn.CleanText(r.Device, 64), authn.CleanText(r.IP, 64)
	}
	return l, nil
}

// DeviceAct is what one device does to another. Signed and sent: append, never rename.
type DeviceAct string

// The acts.
const (
	ActRemove DeviceAct = "remove" // off the account
	ActWipe   DeviceAct = "wipe"   // off the account, and it is to delete what it has
	ActBlock  DeviceAct = "block"  // off the account, and nobody restores the account until that is allowed again
)

// DeviceCommand is what a user does to another of her devices, signed by the approval key of the one in her hand.
type DeviceCommand struct {
	Audience string                 `json:"aud"`
	Issuer   authn.DeviceID         `json:"iss"`
	ID       string                 `json:"jti"`
	IssuedAt int64                  `json:"iat"`
	Device   authn.DeviceID         `json:"device"`
	Act      DeviceAct              `json:"act"`
	Scope    authn.WipeScope        `json:"scope,omitempty"` // of ActWipe
	UV       authn.UserVerification `json:"uv"`
}

// DeviceCommandCommand carries a DeviceCommand (POST /v1/devices/command).
type DeviceCommandCommand struct {
	Statement string `json:"statement"` // JWS
}

// SignDeviceCommand signs with the approval key.
func SignDeviceCommand(s crypto.Signer, c DeviceCommand) (string, error) {
	return sign(s, TypeDeviceCommand, "", nil, c)
}

// VerifyDeviceCommand checks that the command is of this device, for this server, and that its user was verified. Whether it was used before, and whether the other
// device is one of hers, is the caller's to find out.
func VerifyDeviceCommand(raw string, approval key.Public, issuer string, device authn.DeviceID) (DeviceCommand, error) {
	t, err := open(raw, TypeDeviceCommand)
	if err != nil {
		return DeviceCommand{}, err
	}
	var c DeviceCommand
	if err := t.verify(approval, true, &c); err != nil {
		return DeviceCommand{}, err
	}
	switch {
	case c.Audience != issuer, c.Issuer != device:
		return DeviceCommand{}, fmt.Errorf("%s: iss or aud is someone else", TypeDeviceCommand)
	case !authn.ValidID("d_", string(c.Device)) || c.Device == device:
		return DeviceCommand{}, fmt.Errorf("%s: is about device %.40q", TypeDeviceCommand, c.Device)
	case c.Act != ActRemove && c.Act != ActWipe && c.Act != ActBlock:
		return DeviceCommand{}, fmt.Errorf("%s: act is %.20q", TypeDeviceCommand, c.Act)
	case (c.Act == ActWipe) != c.Scope.Valid() || c.Act != ActWipe && c.Scope != "":
		return DeviceCommand{}, fmt.Errorf("%s: act %.20q with scope %.20q", TypeDeviceCommand, c.Act, c.Scope)
	case !c.UV.Happened():
		return DeviceCommand{}, fmt.Errorf("%s: the user was not verified", TypeDeviceCommand)
	case !jtiForm.MatchString(c.ID):
		return DeviceCommand{}, fmt.Errorf("%s: jti %.64q", TypeDeviceCommand, c.ID)
	}
	return c, nil
}
