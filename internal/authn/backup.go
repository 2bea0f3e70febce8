package authn

import (
	"crypto/subtle"
	"time"

	"avow/internal/key"
)

// BackupEntry is what is kept of one backup code (key.BackupCode.Hash).
type BackupEntry struct {
	Salt   key.BackupSalt
	Hash   Hash
	UsedAt time.Time // zero: good still
}

// BackupSet is a user's backup codes, at their places. There is one set a user at most; a new one takes the place of the old.
type BackupSet struct {
	User    UserID
	Codes   [key.BackupCodes]BackupEntry
	MadeAt  time.Time
	NotedAt time.Time // when she proved that she has them on paper; before, none is good
}

// ErrBackupRefused is the same whatever is wrong, so that nobody learns who has codes, or which were used.
var ErrBackupRefused = Fail(Forbidden, "backup_refused", "Login and backup code do not fit, or this code was used before. Compare your paper, or take the next code.")

// NewBackupSet is a set of codes whose hashes are entries. None is good before Note.
func NewBackupSet(user UserID, entries [key.BackupCodes]BackupEntry, now time.Time) BackupSet {
	return BackupSet{User: user, Codes: entries, MadeAt: now}
}

// Noted reports whether there are codes, and their user has them on paper.
func (s BackupSet) Noted() bool { return !s.MadeAt.IsZero() && !s.NotedAt.IsZero() }

// Left is how many codes can be used.
func (s BackupSet) Left() int {
	n := 0
	for _, c := range s.Codes {
		if s.Noted() && c.UsedAt.IsZero() {
			n++
		}
	}
	return n
}

// Has reports whether hash is that of the code at a place, in constant time.
func (s BackupSet) Has(place int, hash Hash) bool {
	if place < 0 || place >= len(s.Codes) || hash.IsZero() {
		return false
	}
	return subtle.ConstantTimeCompare(s.Codes[place].Hash[:], hash[:]) == 1
}

// Note takes one code of the set as proof that its user has them, and does not use it up. Again does nothing. ErrBackupRefused.
func (s BackupSet) Note(place int, hash Hash, now time.Time) (BackupSet, error) {
	if !s.Has(place, hash) {
		return s, ErrBackupRefused
	}
	if s.NotedAt.IsZero() {
		s.NotedAt = now
	}
	return s, nil
}

// Use uses up the code at a place. ErrBackupRefused if it is another, was used, or was never noted.
func (s BackupSet) Use(place int, hash Hash, now time.Time) (BackupSet, error) {
	if !s.Has(place, hash) || !s.Noted() || !s.Codes[place].UsedAt.IsZero() {
		return s, ErrBackupRefused
	}
	s.Codes[place].UsedAt = now
	return s, nil
}
