package sqlite

import (
	"errors"
	"fmt"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/store"
)

const backupSetColumns columns = `user_id, made_at, noted_at`

func backupSetDest(s *authn.BackupSet) []any {
	return []any{(*string)(&s.User), (*nanos)(&s.MadeAt), (*nanos)(&s.NotedAt)}
}

const backupCodeColumns columns = `user_id, place, ` + backupCodeChanges

const backupCodeChanges columns = `salt, hash, used_at`

// backupCode is a row of backup_codes.
type backupCode struct {
	user  string
	place int
	authn.BackupEntry
}

// salt is a column of 16 bytes.
type salt key.BackupSalt

// Scan implements sql.Scanner.
func (s *salt) Scan(src any) error {
	b, ok := src.([]byte)
	if !ok || len(b) != len(s) {
		return fmt.Errorf("salt column holds a %T, want 16 bytes", src)
	}
	copy(s[:], b)
	return nil
}

func backupCodeDest(c *backupCode) []any {
	return []any{&c.user, &c.place, (*salt)(&c.Salt), (*hash)(&c.Hash), (*nanos)(&c.UsedAt)}
}

func backupCodeValues(e authn.BackupEntry) []any {
	return []any{e.Salt[:], hashed(e.Hash), at(e.UsedAt)}
}

var (
	qBackupSet        = prepared(backupSetColumns.read(`backup_sets WHERE user_id = ?`))
	qBackupCodes      = prepared(backupCodeColumns.read(`backup_codes WHERE user_id = ? ORDER BY place`))
	qCreateBackupSet  = prepared(backupSetColumns.insert(`backup_sets`))
	qCreateBackupCode = prepared(backupCodeColumns.insert(`backup_codes`))
	qUpdateBackupSet  = prepared(backupSetColumns.update(`backup_sets`, `user_id = ? AND made_at = ?`))
	qUpdateBackupCode = prepared(backupCodeChanges.update(`backup_codes`, `user_id = ? AND place = ? AND hash IS ? AND used_at = ?`))
)

// BackupSet implements store.Reader.
func (r reader) BackupSet(user authn.UserID) (authn.BackupSet, error) {
	s, err := one(r.turn, qBackupSet, backupSetDest, string(user))
	if err != nil {
		return s, err
	}
	rows, err := many(r.turn, qBackupCodes, backupCodeDest, string(user))
	for _, c := range rows {
		if c.place < 0 || c.place >= len(s.Codes) {
			return authn.BackupSet{}, r.settle(fmt.Errorf("a backup code has place %d", c.place))
		}
		s.Codes[c.place] = c.BackupEntry
	}
	return s, err
}

// UpdateBackupSet implements store.Tx. What a code was is asked for in SQL too: it is used up once.
func (t *tx) UpdateBackupSet(user authn.UserID, fn func(authn.BackupSet) (authn.BackupSet, error)) error {
	old, err := t.BackupSet(user)
	created := errors.Is(err, store.ErrNotFound)
	if err != nil && !created {
		return err
	}
	old.User = user
	next, err := fn(old)
	if err != nil {
		return err
	}
	values := []any{string(user), at(next.MadeAt), at(next.NotedAt)}
	if created {
		err = t.changeOne(qCreateBackupSet, values...)
	} else {
		err = t.changeOne(qUpdateBackupSet, append(values, string(user), at(old.MadeAt))...)
	}
	for place, c := range next.Codes {
		if err != nil {
			return err
		}
		was := old.Codes[place]
		switch {
		case created:
			err = t.changeOne(qCreateBackupCode, append([]any{string(user), int64(place)}, backupCodeValues(c)...)...)
		case c != was:
			err = t.changeOne(qUpdateBackupCode, append(backupCodeValues(c), string(user), int64(place), hashed(was.Hash), at(was.UsedAt))...)
		}
	}
	return err
}
