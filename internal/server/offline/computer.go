package offline

import (
	"cmp"
	"context"
	"errors"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/api"
	"avow/internal/store"
	"avow/internal/wire"
)

// Invitation asks for an enrollment link.
type Invitation struct {
	Computer authn.Computer // ID, Name, Match and Offline; the rest is not looked at
	Replace  bool           // a new link for one that is there
	Actor    string         // admin:maja
	Reason   string
}

// Add makes a computer, or gives one that is there a new link and those settings that are not empty; its key and grants end when the link is used.
// The link is in no other place. Errors: "computer_exists", "computer_unknown", "client_exists", those of authn.Computer.Validate.
func (s *Service) Add(ctx context.Context, i Invitation) (c authn.Computer, link wire.ComputerLink, err error) {
	now := s.site.Now()
	token := key.NewSecret(16)
	action := "computer.add"
	if i.Replace {
		action = "computer.replace"
	}
	err = s.site.Store.Update(ctx, func(tx store.Tx) (err error) {
		if c, err = s.invite(tx, i, authn.HashOf(token), now); err != nil {
			return err
		}
		return tx.AppendAudit(authn.AuditRecord{
			At: now, Actor: i.Actor, Action: action, Subject: string(c.ID), IP: api.ClientIP(ctx), Reason: i.Reason,
			Facts: map[string]string{"name": c.Name, "match": string(c.Match), "offline": string(c.Offline)},
		})
	})
	if err != nil {
		return authn.Computer{}, wire.ComputerLink{}, err
	}
	return c, wire.ComputerLink{Host: s.site.Host, Token: token, Pin: s.site.Identity.Key().Thumbprint().Pin()}, nil
}

// invite writes the computer with its new token.
func (s *Service) invite(tx store.Tx, i Invitation, token authn.Hash, now time.Time) (authn.Computer, error) {
	old, err := tx.Computer(i.Computer.ID)
	there := err == nil
	switch {
	case there && !i.Replace:
		return old, authn.Fail(authn.Conflict, "computer_exists", "There is a computer of this id already. Make a new link for it with replace.")
	case err != nil && !errors.Is(err, store.ErrNotFound):
		return old, err
	case !there && i.Replace:
		return old, errNoComputer
	case !there:
		old = authn.Computer{
			ID: i.Computer.ID, Name: string(i.Computer.ID), Match: s.site.Policy().Match, Offline: authn.OfflineFallback,
			CreatedBy: i.Actor, CreatedAt: now,
		}
		if _, err := tx.Client(old.ID); err == nil {
			return old, authn.Fail(authn.Conflict, "client_exists", "There is a client of this id already.")
		} else if !errors.Is(err, store.ErrNotFound) {
			return old, err
		}
	}
	c := old.Invite(token, now)
	c.Name, c.Match, c.Offline = cmp.Or(i.Computer.Name, c.Name), cmp.Or(i.Computer.Match, c.Match), cmp.Or(i.Computer.Offline, c.Offline)
	if err := c.Validate(); err != nil {
		return c, err
	}
	if there {
		return c, tx.UpdateComputer(c.ID, func(authn.Computer) (authn.Computer, error) { return c, nil })
	}
	return c, tx.CreateComputer(c)
}

// End takes a computer out of use: authn.ComputerStolen or authn.ComputerRemoved. In the same transaction its client is disabled and its grants
// end; the phones hear of it at once, or when they call next. Doing it again does nothing. Errors: "computer_unknown", those of authn.Computer.End.
func (s *Service) End(ctx context.Context, id authn.ClientID, state authn.ComputerState, actor, reason string) error {
	now := s.site.Now()
	var woken map[authn.DeviceID]bool
	err := s.site.Store.Update(ctx, func(tx store.Tx) error {
		woken = map[authn.DeviceID]bool{}
		var was authn.ComputerState
		err := tx.UpdateComputer(id, func(c authn.Computer) (authn.Computer, error) {
			was = c.State
			return c.End(state, now)
		})
		if errors.Is(err, store.ErrNotFound) {
			return errNoComputer
		}
		if err != nil || was == state {
			return err
		}
		err = tx.UpdateClient(id, func(c authn.Client) (authn.Client, error) { c.Disabled = true; return c, nil })
		if err != nil && !errors.Is(err, store.ErrNotFound) { // it was never enrolled
			return err
		}
		ended, action := authn.GrantRevoked, "computer.remove"
		if state == authn.ComputerStolen {
			ended, action = authn.GrantStolen, "computer.stolen"
		}
		if err := endOfComputer(tx, id, ended, woken); err != nil {
			return err
		}
		return tx.AppendAudit(authn.AuditRecord{At: now, Actor: actor, Action: action, Subject: string(id), IP: api.ClientIP(ctx), Reason: reason})
	})
	if err == nil {
		s.wake(woken)
	}
	return err
}

// Listed is a computer with the number of its grants in use.
type Listed struct {
	authn.Computer
	Grants int
}

// List returns all computers by id.
func (s *Service) List(ctx context.Context) (list []Listed, err error) {
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		all, err := r.Computers()
		for _, c := range all {
			n, err := inUse(r, c.ID, s.site.Now())
			if err != nil {
				return err
			}
			list = append(list, Listed{c, n})
		}
		return err
	})
	return list, err
}

// Get returns one computer; "computer_unknown".
func (s *Service) Get(ctx context.Context, id authn.ClientID) (l Listed, err error) {
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		if l.Computer, err = r.Computer(id); errors.Is(err, store.ErrNotFound) {
			return errNoComputer
		}
		if err != nil {
			return err
		}
		l.Grants, err = inUse(r, id, s.site.Now())
		return err
	})
	return l, err
}

func inUse(r store.Reader, c authn.ClientID, now time.Time) (n int, err error) {
	grants, err := r.GrantsOfComputer(c, now)
	for _, g := range grants {
		if g.State == authn.GrantActive {
			n++
		}
	}
	return n, err
}

// Use is an offline use with the login of its user; what was typed when it is nobody's.
type Use struct {
	authn.OfflineUse
	UserName string
}

// maxUses bounds what is listed.
const maxUses = 1000

// Uses returns a computer's uses, the newest first, at most a thousand; "computer_unknown".
func (s *Service) Uses(ctx context.Context, id authn.ClientID) (list []Use, err error) {
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		if _, err := r.Computer(id); errors.Is(err, store.ErrNotFound) {
			return errNoComputer
		} else if err != nil {
			return err
		}
		all, err := r.OfflineUsesOf(id, maxUses)
		if err != nil {
			return err
		}
		users := map[authn.UserID]authn.User{}
		for _, u := range all {
			name := u.Login
			if u.User != "" {
				if err := once(users, u.User, r.User); err != nil {
					return err
				}
				name = users[u.User].Login
			}
			list = append(list, Use{u, name})
		}
		return nil
	})
	return list, err
}

// keepUses is for how long it is remembered what was signed in to: longer than a grant may last.
const keepUses = 400 * 24 * time.Hour

// forgetBatch is how many uses one transaction forgets.
const forgetBatch = 200

// Forget forgets what is older than about a year. The server calls it every hour.
func (s *Service) Forget(ctx context.Context) error {
	for n := forgetBatch; n == forgetBatch; {
		err := s.site.Store.Update(ctx, func(tx store.Tx) (err error) {
			n, err = tx.DeleteOfflineUses(s.site.Now().Add(-keepUses), forgetBatch)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
