package administration

import (
	"net/http"

	"avow/assets/web"
	"avow/internal/authn"
	"avow/internal/server/portal/signin"
	"avow/internal/store"
)

func (s *Service) overview(v signin.Visitor) error {
	var c web.OverviewPage
	now := s.Site.Now()
	err := s.Site.Store.View(v.Context(), func(r store.Reader) error {
		users, err := r.CountUsers("", now)
		if err != nil {
			return err
		}
		c.Users, c.NoPhone, c.Waiting, c.Blocked = users.All, users.WithoutDevice, users.Waiting, users.Blocked
		_, sessions, err := r.FindRegistrationSessions(store.SessionQuery{Now: now})
		if err != nil {
			return err
		}
		_, messages, err := r.FindMessages(store.MessageQuery{})
		if err != nil {
			return err
		}
		if _, c.Devices, err = r.FindDevices(store.DeviceQuery{}); err != nil {
			return err
		}
		if c.Restore, err = coverage(r, users.All, now); err != nil {
			return err
		}
		open, err := openRequests(r, now)
		c.OpenRegistrations, c.MessagesFailed, c.OpenRequests = sessions.Open, messages.Failed, len(open)
		return err
	})
	if err != nil {
		return err
	}
	if c.Directory, err = s.Directory(v.Context()); err != nil {
		return err
	}
	return s.show(v, http.StatusOK, web.Overview, web.OverviewSection, "", v.T("administration.overview.title"), c)
}

// phones counts the devices that are not removed.
func phones(devices []authn.Device) (n int) {
	for _, d := range devices {
		if d.State != authn.DeviceRevoked {
			n++
		}
	}
	return n
}
