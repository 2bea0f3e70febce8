package directory

import (
	"context"
	"errors"
	"slices"
	"time"

	"avow/internal/authn"
	"avow/internal/server/live"
	"avow/internal/server/offline"
	"avow/internal/server/registration"
	"avow/internal/store"
)

// batchOf is one transaction of a read. All that it gathers counts only once the transaction is on disk.
type batchOf struct {
	tx      store.Tx
	now     time.Time
	blocked blocked
	changed bool // blocked is
	counts  Counts
	notes   []string
	woken   []authn.UserID
}

// batch runs fn in one transaction, then wakes those whose status changed.
func (r *reading) batch(ctx context.Context, fn func(*batchOf) error) error {
	var b *batchOf
	err := r.site.Store.Update(ctx, func(tx store.Tx) (err error) {
		b = &batchOf{tx: tx, now: r.site.Now()} // anew when the transaction is run again
		if b.blocked, err = readBlocked(tx); err != nil {
			return err
		}
		if err := fn(b); err != nil || !b.changed {
			return err
		}
		return b.blocked.write(tx, b.now)
	})
	if err != nil {
		return err
	}
	r.run.add(b.counts)
	for _, n := range b.notes {
		r.note("%s", n)
	}
	for _, id := range b.woken {
		r.site.Live.Wake(live.User(string(id)))
	}
	return nil
}

// person creates or updates one user.
func (b *batchOf) person(p Person) error {
	u, err := b.tx.UserByDirectoryID(p.ID)
	if errors.Is(err, store.ErrNotFound) {
		return b.create(p)
	}
	if err != nil {
		return err
	}
	next := p.over(u.Reach(p.Mail, p.Phone, b.now))
	if taken, err := b.taken(p.Login, u.ID); err != nil {
		return err
	} else if taken {
		b.conflict(p)
		next.Login = u.Login
	}
	action := b.status(&next, p.Disabled)
	if same(u, next) {
		return nil
	}
	err = b.tx.UpdateUser(u.ID, func(authn.User) (authn.User, error) { return next, nil })
	if err != nil {
		return err
	}
	if !next.ReachChangedAt.Equal(u.ReachChangedAt) { // a code that was made for the old address must not go to the new one
		if err := registration.EndSentOfUser(b.tx, u.ID, actor, "address changed in the directory", "", b.now); err != nil {
			return err
		}
	}
	if action == "" {
		b.counts.Updated++
		return nil
	}
	return b.switched(next, action, "")
}

// create adds one user, unless somebody has the login already: a local user, or one of an entry that was there before. Who may sign in as whom is not decided
// by a name.
func (b *batchOf) create(p Person) error {
	taken, err := b.taken(p.Login, "")
	if err != nil {
		return err
	}
	if taken {
		b.conflict(p)
		return nil
	}
	u := p.over(authn.User{ID: authn.NewUserID(), Login: p.Login, Source: authn.UserDirectory, DirectoryID: p.ID, Status: authn.UserActive, CreatedAt: b.now})
	if p.Disabled {
		u.Status = authn.UserDisabled
		b.block(u.ID, true)
	}
	b.counts.Created++
	return b.tx.CreateUser(u)
}

func (b *batchOf) taken(login string, self authn.UserID) (bool, error) {
	other, err := b.tx.UserByLogin(login)
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return other.ID != self, err
}

func (b *batchOf) conflict(p Person) {
	b.counts.Conflicts++
	b.notes = append(b.notes, p.DN+" was left alone: there is another user with the login "+p.Login+". Give one of them another login")
}

// status puts the directory's word into the user: it disables always, and enables only whom it had disabled.
func (b *batchOf) status(u *authn.User, disabled bool) (action string) {
	switch {
	case disabled && u.Status == authn.UserActive:
		u.Status = authn.UserDisabled
		b.block(u.ID, true)
		return "user.disable"
	case !disabled && b.blocked[u.ID]:
		b.block(u.ID, false)
		if u.Status == authn.UserDisabled {
			u.Status = authn.UserActive
			return "user.enable"
		}
	}
	return ""
}

func (b *batchOf) block(id authn.UserID, is bool) {
	if b.blocked[id] == is {
		return
	}
	b.changed = true
	if is {
		b.blocked[id] = true
		return
	}
	delete(b.blocked, id)
}

// gone disables one whom the directory does not have any more.
func (b *batchOf) gone(id authn.UserID) error {
	u, err := b.tx.User(id)
	if err != nil || u.Status != authn.UserActive {
		return err
	}
	u.Status = authn.UserDisabled
	if err := b.tx.UpdateUser(id, func(authn.User) (authn.User, error) { return u, nil }); err != nil {
		return err
	}
	b.block(id, true)
	return b.switched(u, "user.disable", "no longer in the directory")
}

// switched does what belongs to a new status: grants end, the record is written, who waits is woken.
func (b *batchOf) switched(u authn.User, action, reason string) error {
	switch {
	case action == "user.enable":
		b.counts.Enabled++
		reason = "enabled in the directory"
	case reason == "":
		b.counts.Disabled++
		reason = "disabled in the directory"
	default:
		b.counts.Vanished++
	}
	b.woken = append(b.woken, u.ID)
	if u.Status == authn.UserDisabled {
		if err := offline.EndOfUser(b.tx, u.ID); err != nil {
			return err
		}
	}
	return b.tx.AppendAudit(authn.AuditRecord{
		At: b.now, Actor: actor, Action: action, Subject: string(u.ID), Reason: reason, Facts: map[string]string{"login": u.Login},
	})
}

// over writes what the directory says over a user.
func (p Person) over(u authn.User) authn.User {
	u.Login, u.Name, u.Mail, u.Phone, u.Language, u.Groups = p.Login, p.Name, p.Mail, p.Phone, p.Language, p.Groups
	u.PasswordChangedAt, u.PasswordExpiresAt = p.PasswordChangedAt, p.PasswordExpiresAt
	return u
}

func same(a, b authn.User) bool {
	return a.Login == b.Login && a.Name == b.Name && a.Mail == b.Mail && a.Phone == b.Phone && a.Language == b.Language && a.Status == b.Status &&
		slices.Equal(a.Groups, b.Groups) && a.PasswordChangedAt.Equal(b.PasswordChangedAt) && a.PasswordExpiresAt.Equal(b.PasswordExpiresAt)
}
