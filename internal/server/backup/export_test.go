package backup

import (
	"crypto/sha256"

	"avow/internal/authn"
	"avow/internal/key"
)

// Cheap takes SHA-256 for argon2id, and lets everybody wait, for tests in which thousands of codes are looked at.
func (s *Service) Cheap() {
	s.hash = func(c key.BackupCode, user string, salt key.BackupSalt) authn.Hash {
		return sha256.Sum256([]byte(c.Text() + user + string(salt[:])))
	}
	s.waiting.Store(-1 << 20)
}

// Impatient takes back that everybody waits.
func (s *Service) Impatient() { s.waiting.Store(0) }

// Hashes lets a test see each hash that is worked out, while it is.
func (s *Service) Hashes(see func()) {
	real := s.hash
	s.hash = func(c key.BackupCode, user string, salt key.BackupSalt) authn.Hash {
		see()
		return real(c, user, salt)
	}
}

// Queue is how many may be worked out or wait.
const Queue = hashes + maxQueue
