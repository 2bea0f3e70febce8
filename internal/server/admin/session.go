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
	list := wire.SessionList{Sessions: []wire.AdminSession{}}
	var views []registration.View
	if user != "" {
		views, err = s.registration.List(c.Context(), user)
	} else {
		views, err = s.registration.Page(c.Context(), authn.RegistrationID(c.URL.Query().Get("after")), wire.MaxPage)
		if len(views) == wire.MaxPage {
			list.After = views[len(views)-1].Session.ID
		}
	}
	for _, v := range views {
		list.Sessions = append(list.Sessions, s.showSession(v))
	}
	return list, err
}

func (s *Service) showSession(v registration.View) wire.AdminSession {
	a := wire.AdminSession{
		ID: v.Session.ID, UserName: v.User.Login, CreatedByUserName: who(v.Session.CreatedBy),
		CreatedAt: v.Session.CreatedAt, ExpiresAt: v.Session.ExpiresAt, Status: string(v.State),
		Sent: v.Session.Delivery == authn.DeliverySent, SecondProof: v.Session.Proof, Notification: v.Session.Notification, NotifiedAt: v.Session.NotifiedAt,
	}
	if v.Device != nil {
		d := s.showDevice(device.Owned{Device: *v.Device, User: v.User})
		a.Device = &d
	}
	return a
}

func (s *Service) addSession(c call) (any, error) {
	var cmd wire.AddSession
	if err := c.decode(&cmd, &cmd.Reason); err != nil {
		return nil, err
	}
	if !cmd.Sent && (cmd.Notify || cmd.HoursToLive != 0 || cmd.SecondProof != "" || cmd.Channel != "") {
		return nil, authn.Fail(authn.Invalid, "not_sent", "A session that is shown has ten minutes and no message. Say that it is sent.")
	}
	u, err := s.over(c, cmd.UserName)
	if err != nil {
		return nil, err
	}
	q := registration.CreateRequest{
		User: u.ID, Mode: cmd.Mode, Force: cmd.Force, Actor: c.actor(), Reason: cmd.Reason, IP: api.ClientIP(c.Context()),
		Sent: cmd.Sent, Hours: cmd.HoursToLive, Proof: cmd.SecondProof,
	}
	if cmd.Notify {
		q.Notify = s.registration.Channel(u, cmd.Channel)
	}
	q.By = c.admin.User
	if cmd.SecondAdmin != "" {
		c.patient()
		if q.Second, err = s.registration.AskSecond(c.Context(), q, cmd.SecondAdmin); err != nil {
			return nil, err
		}
	}
	made, err := s.registration.Create(c.Context(), q)
	if err != nil {
		return nil, err
	}
	added := wire.AddedSession{AdminSession: s.showSession(registration.View{Session: made.Session, User: u, State: registration.Active}), PIN: made.PIN}
	if !cmd.Sent {
		added.Link, added.Page = made.Link.Encode(), wire.PageLink(s.site.Host, made.Page)
	}
	return added, nil
}

// open is the session of the user in the path that is open, or whose phone waits.
func (s *Service) open(c call) (registration.View, error) {
	u, err := s.over(c, c.PathValue("user_name"))
	if err != nil {
		return registration.View{}, err
	}
	return s.registration.UserSession(c.Context(), u.ID)
}

func (s *Service) notifySession(c call) (any, error) {
	var cmd wire.NotifySession
	if err := c.decode(&cmd, &cmd.Reason); err != nil {
		return nil, err
	}
	u, err := s.over(c, c.PathValue("user_name"))
	if err != nil {
		return nil, err
	}
	session, err := s.registration.Notify(c.Context(), u.ID, cmd.Channel, c.actor(), cmd.Reason, api.ClientIP(c.Context()))
	if err != nil {
		return nil, err
	}
	return s.session(c, session.ID)
}

func (s *Service) confirmSession(c call) (any, error) {
	var cmd wire.ConfirmSession
	if err := c.decode(&cmd, &cmd.Reason); err != nil {
		return nil, err
	}
	v, err := s.open(c)
	if err != nil {
		return nil, err
	}
	if err := s.registration.Confirm(c.Context(), v.Session.ID, c.actor(), cmd.Reason, &cmd.CheckWords); err != nil {
		return nil, err
	}
	return s.session(c, v.Session.ID)
}

func (s *Service) revokeSession(c call) (any, error) {
	var cmd wire.RevokeSession
	if err := c.decode(&cmd, &cmd.Reason); err != nil {
		return nil, err
	}
	v, err := s.open(c)
	if err != nil {
		return nil, err
	}
	if err := s.registration.Revoke(c.Context(), v.Session.ID, c.actor(), cmd.Reason); err != nil {
		return nil, err
	}
	return s.session(c, v.Session.ID)
}

func (s *Service) session(c call, id authn.RegistrationID) (any, error) {
	v, err := s.registration.Get(c.Context(), id)
	return s.showSession(v), err
}
