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
			row := deviceRow(v, d)
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
func deviceRow(v signin.Visitor, d authn.Device) web.DeviceRow {
	row := signin.DeviceRow(d)
	if text, ok := protections[d.Class]; ok {
		row.Protection = v.T(text)
	}
	return row
}

// deviceQuestion asks whether the device in the address shall be removed.
func (s *Service) deviceQuestion(v signin.Visitor) (c web.Confirm, err error) {
	var owner authn.UserID
	err = s.Site.Store.View(v.Context(), func(r store.Reader) error {
		d, err := r.Device(authn.DeviceID(v.R.PathValue("id")))
		if err != nil {
			return err
		}
		owner = d.User
		u, err := r.User(d.User)
		c = web.Confirm{
			Kind: web.RemoveDevice, Name: d.Info.Clean().Name, Person: person(u).Name, Post: "/admin/devices/" + string(d.ID) + "/remove", Back: "/admin/users/" + string(u.ID),
		}
		return err
	})
	if err == nil {
		err = s.People.MayTouch(v.Context(), v.Admin, owner)
	}
	return c, err
}

func (s *Service) askDevice(v signin.Visitor) error {
	c, err := s.deviceQuestion(v)
	if err != nil {
		return err
	}
	return s.ask(v, web.DevicesSection, c, nil)
}

func (s *Service) dropDevice(v signin.Visitor) error {
	c, err := s.deviceQuestion(v)
	if err != nil {
		return err
	}
	why, err := reason(v)
	if err == nil {
		err = s.Device.Revoke(v.Context(), authn.DeviceID(v.R.PathValue("id")), v.Actor(), why)
	}
	if err != nil {
		return s.ask(v, web.DevicesSection, c, err)
	}
	return v.Done(c.Back, web.DeviceRemoved, c.Name)
}
