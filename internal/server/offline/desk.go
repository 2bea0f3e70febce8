package offline

import (
	"context"
	"errors"
	"net/http"
	"time"

	"avow/internal/authn"
	"avow/internal/otp"
	"avow/internal/server/api"
	"avow/internal/server/live"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/wire"
)

// Errors of Release.
var (
	errNotEnrolled = authn.Fail(authn.Conflict, "computer_not_enrolled", "This computer is not enrolled, so there are no codes for it.")
	errNeverThere  = authn.Fail(authn.Conflict, "never_signed_in", "This user has not signed in to this computer with a network, so there are no codes for her there.")
	errGrantOver   = authn.Fail(authn.Conflict, "desk_grant_over", "The user's last sign-in to this computer with a network is too long ago. She has to sign in there once with a network.")
	errGrantEnded  = authn.Fail(authn.Conflict, "desk_grant_ended", "Offline sign-in of this user to this computer was ended: the phone was removed or the account was blocked since. She has to sign in there once with a network.")
	errNoCodes     = authn.Fail(authn.Conflict, "no_desk_codes", "There is no code left for this user at this computer. It makes new ones at its next contact with the server.")
)

// listUse is the name of a list's code.
func listUse(b authn.BatchID, index int) (use authn.Hash) {
	if err := use.UnmarshalText([]byte(wire.ListUse(wire.ListPosition{Batch: b, Index: index}))); err != nil {
		panic("ListUse writes a hash: " + err.Error())
	}
	return use
}

// Order asks for one code of the service desk.
type Order struct {
	Computer authn.ClientID
	User     authn.User
	Actor    string // admin:maja
	Reason   string
}

// Released is a code that was given out.
type Released struct {
	Code     otp.ListCode
	Index    int
	Left     int // codes after it
	Expires  time.Time
	Computer authn.Computer
}

// Release gives out the next code of the service desk for a user at a computer. That it was given out, by whom and why, is on disk when it returns, and
// the user is told. Errors: "computer_unknown", "computer_not_enrolled", authn.ErrComputerStolen, "never_signed_in", "desk_grant_over",
// "desk_grant_ended", "no_desk_codes", "user_disabled".
func (s *Service) Release(ctx context.Context, o Order) (r Released, err error) {
	now := s.site.Now()
	var b authn.Batch
	err = s.site.Store.Update(ctx, func(tx store.Tx) (err error) {
		if r.Computer, err = usable(tx, o.Computer); err != nil {
			return err
		}
		u, err := tx.User(o.User.ID)
		if err != nil {
			return err
		}
		if err := u.Active(); err != nil {
			return err
		}
		g, found, err := deskBatch(tx, o, now)
		if err != nil {
			return err
		}
		err = tx.UpdateBatch(found.ID, func(old authn.Batch) (authn.Batch, error) {
			r.Index, _ = old.Next()
			old.Given = r.Index + 1
			b = old
			return old, nil
		})
		if err != nil {
			return err
		}
		use, err := authn.OfflineUse{
			Computer: o.Computer, Use: listUse(b.ID, r.Index), Grant: g.ID, Device: g.Device, User: g.User, Method: authn.OfflineDesk, CreatedAt: now,
		}.Release(o.Actor, o.Reason, now)
		if err != nil {
			return err
		}
		r.Expires, r.Left = use.ReleaseExpires, b.Count-b.Given
		if err := tx.CreateOfflineUse(use); err != nil {
			return err
		}
		facts := map[string]string{"computer": r.Computer.Name, "computer_id": string(r.Computer.ID), "login": u.Login, "name": u.Name}
		if err := site.Notify(tx, u, authn.NoticeDeskCode, "", facts, now); err != nil {
			return err
		}
		return tx.AppendAudit(authn.AuditRecord{
			At: now, Actor: o.Actor, Action: "computer.code", Subject: string(o.Computer), IP: api.ClientIP(ctx), Reason: o.Reason,
			Facts: map[string]string{"user": string(u.ID), "login": u.Login, "grant": g.ID.String()},
		})
	})
	if err != nil {
		return Released{}, err
	}
	s.site.Live.Wake(live.User(string(o.User.ID)))
	r.Code, err = s.code(b, o, r.Index)
	return r, err
}

// code makes the code from the desk's key and the list's.
func (s *Service) code(b authn.Batch, o Order, index int) (otp.ListCode, error) {
	shared, err := s.desk.ECDH(b.Key.ECDH())
	if err != nil {
		return otp.ListCode{}, err
	}
	k, err := otp.NewListKey(shared, b.ID, b.Key, otp.Parties{Exchange: s.deskKey, Computer: o.Computer, User: o.User.ID})
	if err != nil {
		return otp.ListCode{}, err
	}
	defer k.Wipe()
	return k.Code(index), nil
}

var errNoComputer = authn.Fail(authn.NotFound, "computer_unknown", "There is no computer of this id. List the computers to see which there are.")

// usable finds a computer that is enrolled.
func usable(r store.Reader, id authn.ClientID) (authn.Computer, error) {
	c, err := r.Computer(id)
	if errors.Is(err, store.ErrNotFound) {
		return c, errNoComputer
	}
	if err != nil {
		return c, err
	}
	if err = c.Usable(); errors.Is(err, authn.ErrComputerGone) {
		err = errNotEnrolled
	}
	return c, err
}

// deskBatch finds the list to take a code from: of the grant of the user's newest sign-in that has one.
func deskBatch(r store.Reader, o Order, now time.Time) (authn.Grant, authn.Batch, error) {
	all, err := r.GrantsOfComputer(o.Computer, time.Time{})
	if err != nil {
		return authn.Grant{}, authn.Batch{}, err
	}
	why := errNeverThere
	for _, g := range all { // the newest sign-in first
		if g.User != o.User.ID {
			continue
		}
		switch {
		case g.State != authn.GrantActive:
			if why == errNeverThere {
				why = errGrantEnded
			}
			continue
		case g.Over(now):
			if why != errNoCodes {
				why = errGrantOver
			}
			continue
		}
		why = errNoCodes
		lists, err := r.BatchesOf(g.ID)
		if err != nil {
			return authn.Grant{}, authn.Batch{}, err
		}
		for i := len(lists) - 1; i >= 0; i-- {
			if lists[i].Holder != "" {
				continue
			}
			if _, ok := lists[i].Next(); ok {
				return g, lists[i], nil
			}
			break // an older list has ended, or ends with the next code of this one
		}
	}
	return authn.Grant{}, authn.Batch{}, why
}

// useDeskCode says yes once, within the two minutes, to the computer that the code is for.
func (s *Service) useDeskCode(w http.ResponseWriter, r *http.Request) error {
	c, body, err := s.proof.Computer(w, r)
	if err != nil {
		return err
	}
	var cmd wire.UseDeskCode
	if err := api.Decode(body, &cmd); err != nil {
		return err
	}
	now := s.site.Now()
	err = s.site.Store.Update(r.Context(), func(tx store.Tx) error { return take(tx, c, cmd, now) })
	if err != nil {
		return err
	}
	return api.Write(w, http.StatusOK, struct{}{})
}

func take(tx store.Tx, c authn.Computer, cmd wire.UseDeskCode, now time.Time) error {
	if _, err := usable(tx, c.ID); err != nil {
		return err
	}
	g, err := tx.Grant(cmd.Grant)
	if errors.Is(err, store.ErrNotFound) || err == nil && g.Computer != c.ID {
		return authn.ErrGrantUnknown
	}
	if err != nil {
		return err
	}
	switch {
	case g.State == authn.GrantStolen:
		return authn.ErrGrantStolen
	case g.State != authn.GrantActive:
		return authn.ErrGrantRevoked
	case g.Over(now):
		return authn.ErrGrantOver
	}
	b, err := tx.Batch(cmd.Batch)
	if errors.Is(err, store.ErrNotFound) || err == nil && (b.Grant != g.ID || b.Holder != "" || cmd.Index < 0 || cmd.Index >= b.Given) {
		return authn.ErrDeskNotGiven
	}
	if err != nil {
		return err
	}
	use := listUse(b.ID, cmd.Index)
	err = tx.UpdateOfflineUse(c.ID, use, func(u authn.OfflineUse) (authn.OfflineUse, error) { return u.Take(now) })
	if errors.Is(err, store.ErrNotFound) {
		return authn.ErrDeskNotGiven
	}
	if err != nil {
		return err
	}
	return tx.UpdateBatch(b.ID, func(b authn.Batch) (authn.Batch, error) {
		b.Used = max(b.Used, cmd.Index+1)
		return b, nil
	})
}
