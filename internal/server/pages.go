package server

import (
	"context"

	"avow/assets/web"
	"avow/internal/server/people"
	"avow/internal/server/portal"
	"avow/internal/server/portal/act"
	"avow/internal/server/portal/administration"
	"avow/internal/server/portal/deskpage"
	"avow/internal/server/portal/page"
	"avow/internal/server/portal/signin"
	"avow/internal/server/session"
)

// MountPages adds all that people see in a browser: connecting a phone, signing in, their own devices, the service desk, the administration. An error means that the
// pages in the program, or the database, are broken.
func (s *Server) MountPages(ctx context.Context) error {
	set, err := page.New(s.Site)
	if err != nil {
		return err
	}
	s.Sessions = session.New(s.Site, s.Approval, s.Backup)
	for _, prepare := range []func(context.Context) error{s.Sessions.Prepare, s.Desk.Prepare} {
		if err := prepare(ctx); err != nil {
			return err
		}
	}
	connect := portal.New(set, s.Registration)
	in := signin.New(set, s.Sessions, connect, s.Registration, s.Device, s.Restore, s.Backup)
	folk := people.New(s.Site)
	s.Mount(connect, act.New(set, s.Reaction), in, deskpage.New(set, in, s.Desk, s.Device, folk, s.DebugLogs), administration.New(administration.Config{
		Pages: set, SignIn: in, People: folk, Registration: s.Registration, Device: s.Device, Restores: s.Restore, Approval: s.Approval, Messages: s.Messages,
		Directory: s.directory,
	}))
	return nil
}

// directory says where users are read from, as the pages show it.
func (s *Server) directory(context.Context) (web.Directory, error) {
	if s.Directory == nil {
		return web.Directory{}, nil
	}
	st := s.Directory.Status()
	return web.Directory{Name: s.Directory.Name(), ReadAt: page.Local(st.Last.EndedAt), Problem: st.Problem}, nil
}
