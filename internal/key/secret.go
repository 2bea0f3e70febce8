package key

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"log/slog"
)

const redacted = "[redacted]"

// Secret is a byte string that must not be seen: a PIN, a shared secret, a session id. Every way of printing it gives
// "[redacted]"; the bytes are reached by a conversion, which is easy to search for. Package fmt cannot call methods of an
// unexported field: a struct that keeps a Secret in one, and could be printed, needs a Format of its own.
type Secret []byte

// NewSecret returns n bytes from crypto/rand.
func NewSecret(n int) Secret {
	s := make(Secret, n)
	rand.Read(s) // never fails since Go 1.24: it ends the process instead
	return s
}

// String returns a fixed text in place of the secret.
func (Secret) String() string { return redacted }

// GoString returns a fixed text in place of the secret.
func (Secret) GoString() string { return redacted }

// Format covers every verb of fmt, also %x and %d, which String alone would not.
func (Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue keeps the secret out of slog.
func (Secret) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText keeps the secret out of JSON and of every other encoder that asks for text.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Equal compares in constant time for secrets of one length.
func (s Secret) Equal(other Secret) bool { return subtle.ConstantTimeCompare(s, other) == 1 }

// Wipe overwrites the secret. What the runtime copied before is out of reach.
func (s Secret) Wipe() { clear(s) }

// RandomID returns n random bytes as unpadded base64url, for identifiers that are not secret.
func RandomID(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}
