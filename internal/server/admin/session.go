package admin

import (
	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/device"
	"avow/internal/server/registration"
	"avow/internal/wire"
)

func (s *Service) sessions(c call) (any, error) {
	user, err := s.filter(c)
	if err != nil {
		return nil, err
	}
	views, err := s.registration.List(c.Context(), user)
	list := wire.SessionList{Sessions: []wire.AdminSession{}}
	for _, v := range views {
		list.Sessions = append(list.Sessions, showSession(v))
	}
	return list, err
}

func showSession(v registration.View) wire.AdminSession {
	a := wire.AdminSession{
		ID: v.Session.ID, UserName: v.User.Login, CreatedByUserName: who(v.Session.CreatedBy),
		CreatedAt: v.Session.CreatedAt, ExpiresAt: v.Session.ExpiresAt, Status: string(v.State),
	}
	if v.Device != nil {
		d := showDevice(device.Owned{Device: *v.Device, User: v.User})
		a.Device = &d
	}
	return a
}

func (s *Service) addSession(c call) (any, error) {
	var cmd wire.AddSession
	if err := c.decode(&cmd, &cmd.Reason); err != nil {
		return nil, err
	}
	u, err := s.user(c.Context(), cmd.UserName)
	if err != nil {
		return nil, err
	}
	made, err := s.registration.Create(c.Context(), registration.CreateRequest{
		User: u.ID, Mode: cmd.Mode, Force: cmd.Force, Actor: c.actor(), Reason: cmd.Reason, IP: api.ClientIP(c.Context()),
	})
	if err != nil {
		return nil, err
	}
	return wire.AddedSession{
		AdminSession: showSession(registration.View{Session: made.Session, User: u, State: registration.Active}),
		Link:         made.Link.Encode(), Page: wire.PageLink(s.site.Host, made.Page),
	}, nil
}

func (s *Service) confirmSession(c call) (any, error) {
	var cmd wire.ConfirmSession
	if err := c.decode(&cmd, &cmd.Reason); err != nil {
		return nil, err
	}
	id := authn.RegistrationID(c.PathValue("id"))
	if err := s.registration.Confirm(c.Context(), id, c.actor(), cmd.Reason, &cmd.CheckWords); err != nil {
		return nil, err
	}
	return s.session(c, id)
}

func (s *Service) revokeSession(c call) (any, error) {
	var cmd wire.RevokeSession
	if err := c.decode(&cmd, &cmd.Reason); err != nil {
		return nil, err
	}
	id := authn.RegistrationID(c.PathValue("id"))
	if err := s.registration.Revoke(c.Context(), id, c.actor(), cmd.Reason); err != nil {
		return nil, err
	}
	return s.session(c, id)
}

func (s *Service) session(c call, id authn.RegistrationID) (any, error) {
	v, err := s.registration.Get(c.Context(), id)
	return showSession(v), err
}
