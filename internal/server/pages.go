package server

import (
	"context"

	"avow/internal/server/desk"
	"avow/internal/server/people"
	"avow/internal/server/portal"
	"avow/internal/server/portal/deskpage"
	"avow/internal/server/portal/page"
	"avow/internal/server/portal/signin"
	"avow/internal/server/session"
)

// MountPages adds all that people see in a browser: connecting a phone, signing in, their own devices, the service desk. An error means that the pages in the
// program, or the database, are broken.
func (s *Server) MountPages(ctx context.Context) error {
	set, err := page.New(s.Site)
	if err != nil {
		return err
	}
	s.Sessions = session.New(s.Site, s.Approval)
	s.Desk = desk.New(s.Site, s.Approval, s.Registration, s.Device, s.Offline)
	for _, prepare := range []func(context.Context) error{s.Sessions.Prepare, s.Desk.Prepare} {
		if err := prepare(ctx); err != nil {
			return err
		}
	}
	connect := portal.New(set, s.Registration)
	in := signin.New(set, s.Sessions, connect, s.Registration, s.Device)
	s.Mount(connect, in, deskpage.New(set, in, s.Desk, s.Device, people.New(s.Site)))
	return nil
}
