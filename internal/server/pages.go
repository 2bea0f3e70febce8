package server

import (
	"context"

	"avow/internal/server/people"
	"avow/internal/server/portal"
	"avow/internal/server/portal/administration"
	"avow/internal/server/portal/page"
	"avow/internal/server/portal/signin"
	"avow/internal/server/session"
)

// MountPages adds all that people see in a browser: connecting a phone, signing in, their own devices, the administration. An error means that the pages in the program, or the
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
	signIn := signin.New(set, s.Sessions, connect, s.Registration, s.Device)
	s.Mount(connect, signIn, administration.New(administration.Config{
		Pages: set, SignIn: signIn, People: people.New(s.Site), Registration: s.Registration, Device: s.Device, Approval: s.Approval, Messages: s.Messages,
	}))
	return nil
}
