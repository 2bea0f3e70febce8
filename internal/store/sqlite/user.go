package sqlite

import (
	"errors"
	"reflect"
	"time"

	"avow/internal/authn"
	"avow/internal/store"
)

const userColumns = `id, created_at, ` + userChanges

const userChanges columns = `login, login_key, search_key, name, mail, phone, language, groups, source, directory_id, status, password_changed_at, password_expires_at, reach_changed_at`

func userDest(u *authn.User) []any {
	return []any{
		(*string)(&u.ID), (*nanos)(&u.CreatedAt), &u.Login, new(string), new(string), &u.Name, &u.Mail, &u.Phone, &u.Language,
		document[[]string]{&u.Groups},
		(*string)(&u.Source), &u.DirectoryID, (*string)(&u.Status), (*nanos)(&u.PasswordChangedAt), (*nanos)(&u.PasswordExpiresAt), (*nanos)(&u.ReachChangedAt),
	}
}

func userValues(u authn.User) []any {
	return []any{
		u.Login, store.LoginKey(u.Login), store.LoginKey(u.Login + " " + u.Name + " " + u.Mail), u.Name, u.Mail, u.Phone, u.Language, documented(u.Groups), string(u.Source), u.DirectoryID,
		string(u.Status), at(u.PasswordChangedAt), at(u.PasswordExpiresAt), at(u.ReachChangedAt),
	}
}

var (
	qUser        = prepared(userColumns.read(`users WHERE id = ?`))
	qUserByDirID = prepared(userColumns.read(`users WHERE directory_id = ? AND directory_id <> ''`))
	qUserByLogin = prepared(userColumns.read(`users WHERE login_key = ?`))
	qUsers       = prepared(userColumns.read(`users ORDER BY login_key`))
	qCreateUser  = prepared(userColumns.insert(`users`))
	qUpdateUser  = prepared(userChanges.update(`users`, `id = ?`))
)

// User implements store.Reader.
func (r reader) User(id authn.UserID) (authn.User, error) {
	return one(r.turn, qUser, userDest, string(id))
}

// UserByLogin implements store.Reader.
func (r reader) UserByLogin(login string) (authn.User, error) {
	return one(r.turn, qUserByLogin, userDest, store.LoginKey(login))
}

// UserByDirectoryID implements store.Reader.
func (r reader) UserByDirectoryID(id string) (authn.User, error) {
	return one(r.turn, qUserByDirID, userDest, id)
}

// Users implements store.Reader.
func (r reader) Users() ([]authn.User, error) { return many(r.turn, qUsers, userDest) }

// CreateUser implements store.Tx.
func (t *tx) CreateUser(u authn.User) error {
	return t.changeOne(qCreateUser, append([]any{string(u.ID), at(u.CreatedAt)}, userValues(u)...)...)
}

// UpdateUser implements store.Tx.
func (t *tx) UpdateUser(id authn.UserID, fn func(authn.User) (authn.User, error)) error {
	old, err := t.User(id)
	if err != nil {
		return err
	}
	next, err := fn(old)
	if err != nil || reflect.DeepEqual(old, next) { // a directory that is read again says the same of most users
		return err
	}
	return t.changeOne(qUpdateUser, append(userValues(next), string(id))...)
}

const guardColumns columns = `user_id, opened, refusals, wrong_numbers, muted_until`

func guardDest(g *authn.Guard) []any {
	return []any{(*string)(&g.User), times{&g.Opened}, times{&g.Refusals}, &g.WrongNumbers, (*nanos)(&g.MutedUntil)}
}

var (
	qGuard    = prepared(guardColumns.read(`guards WHERE user_id = ?`))
	qSetGuard = prepared(guardColumns.insert(`guards`) + ` ON CONFLICT (user_id) DO UPDATE SET opened = excluded.opened,
		refusals = excluded.refusals, wrong_numbers = excluded.wrong_numbers, muted_until = excluded.muted_until`)
)

// Guard implements store.Reader.
func (r reader) Guard(user authn.UserID) (authn.Guard, error) {
	g, err := one(r.turn, qGuard, guardDest, string(user))
	if errors.Is(err, store.ErrNotFound) {
		return authn.Guard{User: user}, nil
	}
	return g, err
}

// UpdateGuard implements store.Tx.
func (t *tx) UpdateGuard(user authn.UserID, fn func(authn.Guard) (authn.Guard, error)) error {
	old, err := t.Guard(user)
	if err != nil {
		return err
	}
	g, err := fn(old)
	if err != nil || sameGuard(old, g) {
		return err
	}
	return t.changeOne(qSetGuard, string(user), timesOf(g.Opened), timesOf(g.Refusals), int64(g.WrongNumbers), at(g.MutedUntil))
}

// sameGuard saves the write that most approvals would make: of a user who did nothing wrong there is nothing new to remember.
func sameGuard(a, b authn.Guard) bool {
	return sameTimes(a.Opened, b.Opened) && sameTimes(a.Refusals, b.Refusals) && a.WrongNumbers == b.WrongNumbers && a.MutedUntil.Equal(b.MutedUntil)
}

func sameTimes(a, b []time.Time) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !a[i].Equal(b[i]) {
			return false
		}
	}
	return true
}
