package key

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"

	"golang.org/x/crypto/argon2"
)

// BackupSalt is the salt of one backup code.
type BackupSalt [16]byte

// NewBackupSalt draws a salt from crypto/rand.
func NewBackupSalt() (s BackupSalt) {
	rand.Read(s[:]) // never fails
	return s
}

// What one hash costs: the second choice of OWASP's Password Storage Cheat Sheet. Whoever checks codes bounds how many are worked out at the same time.
const (
	backupMemory  = 19 << 10 // KiB
	backupPasses  = 2
	backupThreads = 1
)

// Hash is what is kept of a code: argon2id (RFC 9106; 19 MiB, t=2, p=1) of HMAC-SHA256 by a pepper, which is kept apart from the hashes, over the code and
// whose it is. Without the pepper nobody can try codes, and a hash that was moved to another user or place fits nothing.
func (c BackupCode) Hash(pepper Secret, user string, salt BackupSalt) [32]byte {
	m := hmac.New(sha256.New, pepper)
	m.Write([]byte("avow backup code v1\x00" + user + "\x00"))
	m.Write(c.text())
	return [32]byte(argon2.IDKey(m.Sum(nil), salt[:], backupPasses, backupMemory, backupThreads, 32))
}
