package computer

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"

	"golang.org/x/crypto/argon2"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/otp"
)

// ListCost are the parameters of argon2id (RFC 9106) for the codes of new lists. They are kept with each list.
type ListCost struct {
	Memory uint32 `json:"memory"` // KiB; product: 19 MiB
	Time   uint32 `json:"time"`   // passes; product: 2
	Lanes  uint8  `json:"lanes"`  // product: 1
}

// DefaultListCost makes 40 random bits cost more to search than they are worth within their 14 days (OWASP's parameters).
var DefaultListCost = ListCost{Memory: 19 << 10, Time: 2, Lanes: 1}

// bounded guards against parameters that take all memory.
func (c ListCost) bounded() bool {
	return c.Memory >= 8 && c.Memory <= 1<<20 && c.Time >= 1 && c.Time <= 16 && c.Lanes >= 1 && c.Lanes <= 8
}

// hashed is a salt of 16 bytes and the argon2id of a code's secret, 32 bytes.
type hashed [48]byte

// MarshalText writes base64url.
func (h hashed) MarshalText() ([]byte, error) {
	return base64.RawURLEncoding.AppendEncode(nil, h[:]), nil
}

// UnmarshalText reads base64url of exactly 48 bytes.
func (h *hashed) UnmarshalText(b []byte) error {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(string(b))
	if err != nil || len(raw) != len(h) || len(b) != 64 {
		return errors.New("hash of a code is not 48 bytes of base64url")
	}
	copy(h[:], raw)
	return nil
}

// list is a batch of codes of which only hashes are left.
type list struct {
	ID        authn.BatchID       `json:"id"`
	Grant     authn.GrantID       `json:"grant_id"`
	Method    authn.OfflineMethod `json:"method"`       // OfflineList for the phone's, OfflineDesk for the desk's
	Exchange  key.Public          `json:"exchange_jwk"` // of the holder; a list for another is of no use to it
	Count     int                 `json:"count"`
	Next      int                 `json:"next"`      // index of Codes[0]; those before it are over
	Codes     []hashed            `json:"codes"`     // Count-Next of them
	Used      []authn.Hash        `json:"used"`      // plain SHA-256 of the codes that let somebody in: worthless by now
	Cost      ListCost            `json:"cost"`      // of every code
	Statement string              `json:"statement"` // the batch for its holder; "" once the server has it
}

func (l list) validate() error {
	switch {
	case l.ID == authn.BatchID{}, l.Exchange.IsZero(), l.Method != authn.OfflineList && l.Method != authn.OfflineDesk:
		return fmt.Errorf("state: list %s is not complete", l.ID)
	case l.Count < 1, l.Next < 0, l.Next > l.Count, len(l.Codes) != l.Count-l.Next, len(l.Used) > l.Next, !l.Cost.bounded():
		return fmt.Errorf("state: list %s does not add up", l.ID)
	}
	return nil
}

// advance drops the codes before index; a list never goes back.
func (l *list) advance(index int) {
	index = min(index, l.Count)
	if index > l.Next {
		l.Codes, l.Next = l.Codes[index-l.Next:], index
	}
}

// use ends the code with index and all before it.
func (l *list) use(index int, code otp.ListCode) {
	l.advance(index + 1)
	l.Used = append(l.Used[:len(l.Used):len(l.Used)], usedHash(code))
}

func usedHash(code otp.ListCode) authn.Hash { return sha256.Sum256([]byte(code.Secret)) }

// stretch is argon2id of a code's secret, one at a time: each takes its memory.
func (m *Machine) stretch(ctx context.Context, secret string, salt []byte, c ListCost) ([]byte, error) {
	select {
	case m.stretching <- struct{}{}:
		defer func() { <-m.stretching }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(secret), salt, c.Time, c.Memory, c.Lanes, 32), ctx.Err()
}

func (m *Machine) hash(ctx context.Context, code otp.ListCode, c ListCost) (h hashed, err error) {
	rand.Read(h[:16])
	sum, err := m.stretch(ctx, code.Secret, h[:16], c)
	copy(h[16:], sum)
	return h, err
}
