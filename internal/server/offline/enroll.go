package offline

import (
	"errors"
	"net/http"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/api"
	"avow/internal/store"
	"avow/internal/wire"
)

// enroll binds a computer's key by the one-time token of its link. It makes the client of the same id, or gives it the new key; the grants
// that were made with another key end.
func (s *Service) enroll(w http.ResponseWriter, r *http.Request) error {
	k, body, err := s.proof.NewKey(w, r)
	if err != nil {
		return err
	}
	var cmd wire.EnrollComputer
	if err := api.Decode(body, &cmd); err != nil {
		return err
	}
	var c authn.Computer
	var woken map[authn.DeviceID]bool
	err = s.site.Store.Update(r.Context(), func(tx store.Tx) (err error) {
		woken = map[authn.DeviceID]bool{}
		c, err = s.bind(tx, cmd, k, api.ClientIP(r.Context()), woken)
		return err
	})
	if err != nil {
		return err
	}
	s.wake(woken)
	return api.Write(w, http.StatusOK, s.settings(c))
}

// bind uses the token in a transaction.
func (s *Service) bind(tx store.Tx, cmd wire.EnrollComputer, k key.Public, ip string, woken map[authn.DeviceID]bool) (authn.Computer, error) {
	now := s.site.Now()
	old, err := tx.ComputerByToken(authn.HashOf(cmd.Token.Secret))
	if errors.Is(err, store.ErrNotFound) {
		return authn.Computer{}, authn.ErrTokenUnknown
	}
	if err != nil {
		return authn.Computer{}, err
	}
	var c authn.Computer
	err = tx.UpdateComputer(old.ID, func(m authn.Computer) (authn.Computer, error) {
		if c, err = m.Enroll(k, now); err != nil || c == m {
			return m, err
		}
		c.OS, c.App, c.LastSeenAt = authn.CleanText(cmd.OS, 64), authn.CleanText(cmd.App, 32), now
		return c, nil
	})
	if err != nil || c == old { // the same key again: its answer was lost
		return c, err
	}
	if err := putClient(tx, c); err != nil {
		return c, err
	}
	if err := endOfComputer(tx, c.ID, authn.GrantRevoked, woken); err != nil {
		return c, err
	}
	return c, tx.AppendAudit(authn.AuditRecord{
		At: now, Actor: "computer:" + string(c.ID), Action: "computer.enroll", Subject: string(c.ID), IP: ip,
		Facts: map[string]string{"key": k.Thumbprint().String(), "os": c.OS, "app": c.App},
	})
}

// putClient makes the computer's client as which it asks for approvals, or gives it the computer's key.
func putClient(tx store.Tx, c authn.Computer) error {
	client := authn.Client{
		ID: c.ID, Name: c.Name, Kind: authn.ClientComputer, Key: c.Key, Match: c.Match, Known: true, CreatedAt: c.EnrolledAt,
	}
	if err := client.Validate(); err != nil {
		return err
	}
	err := tx.UpdateClient(c.ID, func(authn.Client) (authn.Client, error) { return client, nil })
	if errors.Is(err, store.ErrNotFound) {
		return tx.CreateClient(client)
	}
	return err
}
