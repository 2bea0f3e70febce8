package admin

import (
	"avow/internal/authn"
	"avow/internal/server/offline"
	"avow/internal/wire"
)

func (s *Service) computers(c call) (any, error) {
	all, err := s.offline.List(c.Context())
	list := wire.ComputerList{Computers: []wire.AdminComputer{}}
	for _, l := range all {
		list.Computers = append(list.Computers, showComputer(l))
	}
	return list, err
}

func showComputer(l offline.Listed) wire.AdminComputer {
	return wire.AdminComputer{
		ID: l.ID, Name: l.Name, State: l.State, Match: l.Match, Offline: l.Offline, OS: l.OS, Grants: l.Grants,
		CreatedAt: l.CreatedAt, EnrolledAt: l.EnrolledAt, LastSeenAt: l.LastSeenAt, EndedAt: l.EndedAt,
	}
}

func (s *Service) addComputer(c call) (any, error) {
	var cmd wire.AddComputer
	if err := c.decode(&cmd, &cmd.Reason); err != nil {
		return nil, err
	}
	m, link, err := s.offline.Add(c.Context(), offline.Invitation{
		Computer: authn.Computer{ID: cmd.ID, Name: cmd.Name, Match: cmd.Match, Offline: cmd.Offline},
		Replace:  cmd.Replace, Actor: c.actor(), Reason: cmd.Reason,
	})
	if err != nil {
		return nil, err
	}
	return wire.AddedComputer{AdminComputer: showComputer(offline.Listed{Computer: m}), Link: link.Encode(), LinkExpires: m.TokenExpires}, nil
}

func (s *Service) endComputer(c call) (any, error) {
	var cmd wire.EndComputer
	if err := c.decode(&cmd, &cmd.Reason); err != nil {
		return nil, err
	}
	id := authn.ClientID(c.PathValue("id"))
	if err := s.offline.End(c.Context(), id, cmd.State, c.actor(), cmd.Reason); err != nil {
		return nil, err
	}
	l, err := s.offline.Get(c.Context(), id)
	return showComputer(l), err
}

func (s *Service) deskCode(c call) (any, error) {
	var cmd wire.AddDeskCode
	if err := c.decode(&cmd, &cmd.Reason); err != nil {
		return nil, err
	}
	u, err := s.user(c.Context(), cmd.UserName)
	if err != nil {
		return nil, err
	}
	r, err := s.offline.Release(c.Context(), offline.Order{
		Computer: authn.ClientID(c.PathValue("id")), User: u, Actor: c.actor(), Reason: cmd.Reason,
	})
	if err != nil {
		return nil, err
	}
	return wire.DeskCode{
		Code: r.Code.Text(), Number: r.Index + 1, Left: r.Left, ExpiresAt: r.Expires, Computer: r.Computer.Name, UserName: u.Login,
	}, nil
}

func (s *Service) offlineUses(c call) (any, error) {
	all, err := s.offline.Uses(c.Context(), authn.ClientID(c.PathValue("id")))
	list := wire.OfflineUseList{Uses: []wire.OfflineUse{}}
	for _, u := range all {
		list.Uses = append(list.Uses, wire.OfflineUse{
			UserName: u.UserName, Method: u.Method, Kind: wire.JournalKind(u.Kind), ComputerAt: u.ComputerAt, PhoneAt: u.PhoneAt, State: string(u.State()),
		})
	}
	return list, err
}
