package admin

import (
	"cmp"
	"errors"

	"avow/internal/authn"
	"avow/internal/server/session"
	"avow/internal/store"
	"avow/internal/wire"
)

func (s *Service) clients(c call) (any, error) {
	list := wire.ClientList{Clients: []wire.AdminClient{}}
	err := s.site.Store.View(c.Context(), func(r store.Reader) error {
		clients, err := r.Clients()
		for _, cl := range clients {
			if !session.Own(cl.ID) {
				list.Clients = append(list.Clients, showClient(cl))
			}
		}
		return err
	})
	return list, err
}

func showClient(c authn.Client) wire.AdminClient {
	return wire.AdminClient{
		ID: c.ID, Name: c.Name, Kind: c.Kind, Match: c.Match, Known: c.Known, Disabled: c.Disabled, CreatedAt: c.CreatedAt,
	}
}

func (s *Service) addClient(c call) (any, error) {
	var cmd wire.AddClient
	if err := c.decode(&cmd, &cmd.Reason); err != nil {
		return nil, err
	}
	client := authn.Client{
		ID: cmd.ID, Name: cmp.Or(cmd.Name, string(cmd.ID)), Kind: cmp.Or(cmd.Kind, authn.ClientComputer), Key: cmd.Key,
		Match: cmp.Or(cmd.Match, s.site.Policy().Match), Known: cmd.Known, CreatedAt: s.site.Now(),
	}
	if err := client.Validate(); err != nil {
		return nil, err
	}
	err := s.site.Store.Update(c.Context(), func(tx store.Tx) error {
		switch _, err := tx.Computer(client.ID); {
		case err == nil: // its client is made when it is enrolled
			return store.ErrExists
		case !errors.Is(err, store.ErrNotFound):
			return err
		}
		if err := tx.CreateClient(client); err != nil {
			return err
		}
		return tx.AppendAudit(s.record(c, "client.add", string(client.ID), cmd.Reason, map[string]string{
			"name": client.Name, "kind": string(client.Kind), "match": string(client.Match), "key": client.Key.Thumbprint().String(),
		}))
	})
	if errors.Is(err, store.ErrExists) {
		return nil, authn.Fail(authn.Conflict, "client_exists", "There is a client of this id already.").Because(err)
	}
	return showClient(client), err
}
