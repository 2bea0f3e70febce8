package administration

import (
	"net/http"

	"avow/assets/translations"
	"avow/assets/web"
	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/portal/signin"
	"avow/internal/store"
)

func (s *Service) devices(v signin.Visitor) error {
	c := web.DevicesPage{Query: query(v)}
	err := s.Site.Store.View(v.Context(), func(r store.Reader) error {
		devices, total, err := r.FindDevices(store.DeviceQuery{Text: c.Query, Offset: offset(v), Limit: perPage})
		if err != nil {
			return err
		}
		for _, d := range devices {
			u, err := r.User(d.User)
			if err != nil {
				return err
			}
			row := s.deviceRow(v, d)
			row.Person = person(u)
			c.Rows = append(c.Rows, row)
		}
		c.Paging = paging(v, len(c.Rows), total)
		return nil
	})
	if err != nil {
		return err
	}
	return s.show(v, http.StatusOK, web.Devices, web.DevicesSection, "", v.T("administration.rail.devices"), c)
}

var protections = map[key.Class]translations.Message{
	key.Software: "administration.keys.software", key.Keyring: "administration.keys.keyring", key.TEE: "administration.keys.tee",
	key.StrongBox: "administration.keys.strongbox", key.SecureEnclave: "administration.keys.secure_enclave",
}

// deviceRow is a device as administrators see it: with how its keys are kept, as it says.
func (s *Service) deviceRow(v signin.Visitor, d authn.Device) web.DeviceRow {
	row := signin.DeviceRow(d, s.Site.Now())
	if text, ok := protections[d.Class]; ok {
		row.Protection = v.T(text)
	}
	return row
}

// deviceQuestion asks whether the device in the address shall be removed, or wiped.
func (s *Service) deviceQuestion(v signin.Visitor, kind web.ConfirmKind) (c web.Confirm, err error) {
	var owner authn.UserID
	err = s.Site.Store.View(v.Context(), func(r store.Reader) error {
		d, err := r.Device(authn.DeviceID(v.R.PathValue("id")))
		if err != nil {
			return err
		}
		owner = d.User
		u, err := r.User(d.User)
		c = web.Confirm{Kind: kind, Name: d.Info.Clean().Name, Person: person(u).Name, Post: v.R.URL.EscapedPath(), Back: "/admin/users/" + string(u.ID)}
		return err
	})
	if err == nil {
		err = s.People.MayTouch(v.Context(), v.Admin, owner)
	}
	return c, err
}

func (s *Service) askDevice(kind web.ConfirmKind) func(signin.Visitor) error {
	return func(v signin.Visitor) error {
		c, err := s.deviceQuestion(v, kind)
		if err != nil {
			return err
		}
		return s.ask(v, web.DevicesSection, c, nil)
	}
}

// dropDevice removes a device, or removes and wipes it. Only the work account is the organisation's to wipe.
func (s *Service) dropDevice(kind web.ConfirmKind) func(signin.Visitor) error {
	return func(v signin.Visitor) error {
		c, err := s.deviceQuestion(v, kind)
		if err != nil {
			return err
		}
		id, done := authn.DeviceID(v.R.PathValue("id")), web.DeviceRemoved
		why, err := reason(v)
		switch {
		case err != nil:
		case kind == web.WipeDevice:
			err, done = s.Device.Wipe(v.Context(), id, authn.WipeAccount, v.Actor(), why), web.WipeAsked
		default:
			err = s.Device.Revoke(v.Context(), id, v.Actor(), why)
		}
		if err != nil {
			return s.ask(v, web.DevicesSection, c, err)
		}
		return v.Done(c.Back, done, c.Name)
	}
}
