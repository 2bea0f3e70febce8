package authn

import (
	"time"

	"avow/internal/key"
)

// UserVerification says how the device made sure that its owner is there (FIDO UV). Stored and sent: append, never rename.
type UserVerification string

// The kinds of user verification.
const (
	UVNone      UserVerification = "none"
	UVPIN       UserVerification = "pin"
	UVBiometric UserVerification = "biometric"
	UVDevice    UserVerification = "device" // the device's own lock: pattern, passcode
)

// Valid reports whether v is one of the known kinds.
func (v UserVerification) Valid() bool {
	return v == UVNone || v.Happened()
}

// Happened reports whether the user was verified at all.
func (v UserVerification) Happened() bool {
	return v == UVPIN || v == UVBiometric || v == UVDevice
}

// DeviceState is stored and sent: append, never rename.
type DeviceState string

// The states of a device: pending -> active -> revoked, or pending -> revoked.
const (
	DevicePending DeviceState = "pending" // registered; the page has not said "yes, this is my phone"
	DeviceActive  DeviceState = "active"
	DeviceRevoked DeviceState = "revoked" // for ever
)

// DeviceInfo is what a device says of itself; shown to people, trusted by nobody.
type DeviceInfo struct {
	Name  string `json:"name"`  // Anna's phone
	Model string `json:"model"` // Google Pixel 8
	OS    string `json:"os"`    // Android 16
	App   string `json:"app"`   // 1.0.0
}

// Clean returns the info with texts that are fit to be shown.
func (i DeviceInfo) Clean() DeviceInfo {
	i.Name, i.Model = CleanText(i.Name, 64), CleanText(i.Model, 64)
	i.OS, i.App = CleanText(i.OS, 64), CleanText(i.App, 32)
	if i.Name == "" {
		i.Name = "Unnamed device"
	}
	return i
}

// DeviceKeys are the public halves of the three keys that a device makes for an account.
type DeviceKeys struct {
	Device   key.Public
	Approval key.Public
	Exchange key.Public
}

// Device is one installed app with its keys, bound to a user.
type Device struct {
	ID           DeviceID
	User         UserID
	Info         DeviceInfo
	Keys         DeviceKeys
	Class        key.Class // where its approval key lives, as its maker attests; key.Software without an attestation, whatever the phone claims
	Verifies     UVPolicy  // what its approval key demands, as it says; "" is UVEachApproval
	State        DeviceState
	Registration RegistrationID
	CreatedBy    string // the administrator who made the session
	CreatedIP    string // where the claim came from
	CreatedAt    time.Time
	ConfirmedAt  time.Time
	LastSeenAt   time.Time
	RevokedAt    time.Time

	Origin         DeviceOrigin // how it came to the account
	From           DeviceID     // the device that connected it, of OriginDuplicate
	ProbationUntil time.Time    // until then it may sign in, and change nothing about the account
	Wipe           Wipe
}

// DeviceOrigin says how a device came to its account. Stored and sent: append, never rename.
type DeviceOrigin string

// The origins.
const (
	OriginRegistration DeviceOrigin = "registration" // by a code of the organisation
	OriginRestore      DeviceOrigin = "restore"      // by the restore code
	OriginDuplicate    DeviceOrigin = "duplicate"    // by another device of the user
	OriginColleagues   DeviceOrigin = "colleagues"   // colleagues have vouched for the user
)

// Valid reports whether o is one of the origins.
func (o DeviceOrigin) Valid() bool {
	return o == OriginRegistration || o == OriginRestore || o == OriginDuplicate || o == OriginColleagues
}

// ErrProbation is answered to a device that was connected by another one a short time ago.
var ErrProbation = Fail(Forbidden, "device_probation", "This device was added to the account only a short time ago and can't do that yet. Use another device, or wait.")

// OnProbation reports whether the device was connected by another one so short a time ago that it may only sign in.
func (d Device) OnProbation(now time.Time) bool { return now.Before(d.ProbationUntil) }

// MayManage says whether the device may change what the account consists of: connect, remove and wipe devices, change the restore code.
func (d Device) MayManage(now time.Time) error {
	if err := d.MayApprove(); err != nil {
		return err
	}
	if d.OnProbation(now) {
		return ErrProbation.After(d.ProbationUntil.Sub(now))
	}
	return nil
}

// MaxDevices is how many devices a user may have that are not revoked.
const MaxDevices = 3

// ErrDeviceRevoked is answered to every request of a revoked device.
var ErrDeviceRevoked = Fail(Forbidden, "device_revoked", "This device was removed from the account. Connect it again with a new code from your organisation.")

// Usable says whether the device may be heard at all; a pending one may, but can decide nothing.
func (d Device) Usable() error {
	if d.State != DevicePending && d.State != DeviceActive {
		return ErrDeviceRevoked
	}
	return nil
}

// MayApprove says whether the device may decide requests.
func (d Device) MayApprove() error {
	switch d.State {
	case DeviceActive:
		return nil
	case DevicePending:
		return Fail(Forbidden, "device_pending", "This device is not confirmed yet. Say Yes on the page that showed the code.")
	}
	return ErrDeviceRevoked
}

// Confirm makes a pending device active.
func (d Device) Confirm(now time.Time) (Device, error) {
	if d.State == DeviceActive {
		return d, nil
	}
	if d.State != DevicePending {
		return d, ErrDeviceRevoked
	}
	d.State, d.ConfirmedAt = DeviceActive, now
	return d, nil
}

// Revoke ends the device for ever. Revoking twice is the same as once.
func (d Device) Revoke(now time.Time) Device {
	if d.State != DeviceRevoked {
		d.State, d.RevokedAt = DeviceRevoked, now
	}
	return d
}

// Shares reports whether two devices have a key in common: each has its own.
func (k DeviceKeys) Shares(other DeviceKeys) bool {
	for _, a := range []key.Public{k.Device, k.Approval, k.Exchange} {
		if !a.IsZero() && (a == other.Device || a == other.Approval || a == other.Exchange) {
			return true
		}
	}
	return false
}
