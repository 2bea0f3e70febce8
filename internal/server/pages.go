package server

import (
	"context"

	"avow/internal/server/portal"
	"avow/internal/server/portal/page"
	"avow/internal/server/portal/signin"
	"avow/internal/server/session"
)

// MountPages adds all that people see in a browser: connecting a phone, signing in, their own devices. An error means that the pages in the program, or the
// database, are broken.
func (s *Server) MountPages(ctx context.Context) error {
	set, err := page.New(s.Site)
	if err != nil {
		return err
	}
	s.Sessions = session.New(s.Site, s.Approval)
	if err := s.Sessions.Prepare(ctx); err != nil {
		return err
	}
	connect := portal.New(set, s.Registration)
	s.Mount(connect, signin.New(set, s.Sessions, connect, s.Registration, s.Device))
	return nil
}
