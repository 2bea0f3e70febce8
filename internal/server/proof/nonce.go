package proof

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"sync"
	"time"

	"avow/internal/authn"
)

// Lifetimes (docs/protocol.md, section 5).
const (
	nonceLifetime = 5 * time.Minute
	jtiLifetime   = 10 * time.Minute
)

// nonces are sealed by a key that lives as long as the process: the server remembers none of them.
type nonces struct{ aead cipher.AEAD }

func newNonces() nonces {
	var k [32]byte
	rand.Read(k[:])
	block, err := aes.NewCipher(k[:])
	if err != nil {
		panic("AES takes keys of 32 bytes: " + err.Error())
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic("GCM takes AES: " + err.Error())
	}
	return nonces{aead}
}

// seal makes a nonce for name that was made at age, counted from the start of the process.
func (n nonces) seal(name string, age time.Duration) string {
	var at [8]byte
	binary.BigEndian.PutUint64(at[:], uint64(age))
	return base64.RawURLEncoding.EncodeToString(n.aead.Seal(nil, nil, at[:], []byte(name)))
}

// sealedLength is the length of a nonce: 12 random bytes, 8 of time, 16 of tag, in base64url.
const sealedLength = 48

// good reports whether text was sealed for name within the last nonceLifetime.
func (n nonces) good(text, name string, age time.Duration) bool {
	if len(text) != sealedLength {
		return false
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil {
		return false
	}
	at, err := n.aead.Open(nil, nil, sealed, []byte(name))
	if err != nil || len(at) != 8 {
		return false
	}
	old := age - time.Duration(binary.BigEndian.Uint64(at))
	return old >= 0 && old <= nonceLifetime
}

// maxUsed bounds the memory of one generation of used proofs: about 60 MiB. Only signed proofs with a good nonce get here.
const maxUsed = 1 << 20

// used remembers the proofs of the last 10 to 20 minutes in two generations, so that forgetting costs nothing.
type used struct {
	mu       sync.Mutex
	young    map[[16]byte]struct{}
	old      map[[16]byte]struct{}
	youngest time.Duration // when young was begun
}

// use accepts each jti of a name once.
func (u *used) use(name, jti string, age time.Duration) error {
	h := sha256.Sum256([]byte(name + "\x00" + jti))
	id := [16]byte(h[:16])
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.young == nil || age-u.youngest >= jtiLifetime {
		if age-u.youngest >= 2*jtiLifetime {
			u.young = nil
		}
		u.old, u.young, u.youngest = u.young, map[[16]byte]struct{}{}, age
	}
	if _, ok := u.young[id]; ok {
		return ErrTwice
	}
	if _, ok := u.old[id]; ok {
		return ErrTwice
	}
	if len(u.young) >= maxUsed {
		return errBusy
	}
	u.young[id] = struct{}{}
	return nil
}

// seenEvery is how often it is worth a write that a device was here.
const seenEvery = time.Minute

// seen gathers which devices were here, so that no request waits for a write of it.
type seen struct {
	mu  sync.Mutex
	now map[authn.DeviceID]time.Time
}

func (s *seen) mark(d authn.Device, now time.Time) {
	if now.Sub(d.LastSeenAt) < seenEvery {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil {
		s.now = map[authn.DeviceID]time.Time{}
	}
	if _, ok := s.now[d.ID]; !ok {
		s.now[d.ID] = now
	}
}

func (s *seen) take() map[authn.DeviceID]time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	batch := s.now
	s.now = nil
	return batch
}
