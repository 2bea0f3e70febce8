package admin

import (
	"cmp"
	"errors"

	"avow/internal/authn"
	"avow/internal/server/device"
	"avow/internal/store"
	"avow/internal/wire"
)

func (s *Service) devices(c call) (any, error) {
	user, err := s.filter(c)
	if err != nil {
		return nil, err
	}
	owned, err := s.device.List(c.Context(), user)
	list := wire.DeviceList{Devices: []wire.AdminDevice{}}
	for _, o := range owned {
		list.Devices = append(list.Devices, s.showDevice(o))
	}
	return list, err
}

func (s *Service) showDevice(o device.Owned) wire.AdminDevice {
	d, now := o.Device, s.site.Now()
	out := wire.AdminDevice{
		ID: d.ID, UserName: o.User.Login, Name: d.Info.Name, Model: d.Info.Model, OS: d.Info.OS, State: d.State,
		KeyClass: d.Class, Verifies: cmp.Or(d.Verifies, authn.UVEachApproval), ConnectedAt: d.CreatedAt, LastSeenAt: d.LastSeenAt,
		Origin: cmp.Or(d.Origin, authn.OriginRegistration), Wipe: d.Wipe.StateAt(now), WipeLeft: d.Wipe.Left, WipeRequestedAt: d.Wipe.RequestedAt, WipeConfirmedAt: d.Wipe.ConfirmedAt,
	}
	if d.State != authn.DeviceRevoked && d.OnProbation(now) {
		out.ProbationUntil = d.ProbationUntil
	}
	return out
}

func (s *Service) revokeDevice(c call) (any, error) {
	var cmd wire.RevokeDevice
	return s.endDevice(c, &cmd, &cmd.Reason, func(id authn.DeviceID) error {
		return s.device.Revoke(c.Context(), id, c.actor(), cmd.Reason)
	})
}

// wipeDevice asks a device to delete the work account; what else is in the app is not the organisation's.
func (s *Service) wipeDevice(c call) (any, error) {
	var cmd wire.WipeDevice
	return s.endDevice(c, &cmd, &cmd.Reason, func(id authn.DeviceID) error {
		return s.device.Wipe(c.Context(), id, authn.WipeAccount, c.actor(), cmd.Reason)
	})
}

// endDevice ends the device in the path, of a user over whom the caller may.
func (s *Service) endDevice(c call, cmd any, reason *string, end func(authn.DeviceID) error) (any, error) {
	if err := c.decode(cmd, reason); err != nil {
		return nil, err
	}
	id := authn.DeviceID(c.PathValue("id"))
	o, err := s.owned(c, id)
	if err == nil {
		err = s.people.MayTouch(c.Context(), c.admin, o.User.ID)
	}
	if err == nil {
		err = end(id)
	}
	if errors.Is(err, store.ErrNotFound) {
		return nil, authn.Fail(authn.NotFound, "device_unknown", "There is no device of this id. List the devices to see which there are.").Because(err)
	}
	if err != nil {
		return nil, err
	}
	o, err = s.owned(c, id)
	return s.showDevice(o), err
}

// owned finds a device and its user. store.ErrNotFound when there is none.
func (s *Service) owned(c call, id authn.DeviceID) (o device.Owned, err error) {
	err = s.site.Store.View(c.Context(), func(r store.Reader) error {
		if o.Device, err = r.Device(id); err != nil {
			return err
		}
		o.User, err = r.User(o.Device.User)
		return err
	})
	return o, err
}
