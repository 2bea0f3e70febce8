package key

import (
	"crypto/subtle"
	"fmt"
	"log/slog"
	"strings"
)

// RestoreCode is the code on paper with which a user who has no phone left gets the accounts back: 128 random bits, written as 28 characters of
// Crockford's base32 in seven groups of four. In the order of writing they are 2 bits of version (0), the 128 bits, and two check symbols of a
// Reed-Solomon code over GF(32) (docs/protocol.md, section 11), so that every single wrong character, every two and every swap are found where it is
// typed.
//
// Every way of printing it gives "[redacted]"; Text, Groups and Bytes hand it out. The zero value is no code.
type RestoreCode struct{ hidden *restoreBits }

// restoreBits are two pointers away: where fmt can call no method, in an unexported field, it follows one and prints the other's address.
type restoreBits struct{ at *[restoreSecret]byte }

const (
	restoreSecret  = 16 // bytes
	restoreSymbols = 28
	restoreData    = restoreSymbols - 2
	restoreGroup   = 4
	// RestoreGroups is how many groups a restore code has.
	RestoreGroups = restoreSymbols / restoreGroup
)

// NewRestoreCode draws a code from crypto/rand.
func NewRestoreCode() RestoreCode {
	return hide((*[restoreSecret]byte)(NewSecret(restoreSecret)))
}

// RestoreCodeOf takes what Bytes gave, which must be 16 bytes: a sheet that was scanned, a vault.
func RestoreCodeOf(secret Secret) (RestoreCode, error) {
	if len(secret) != restoreSecret {
		return RestoreCode{}, fmt.Errorf("restore code of %d bytes, want %d", len(secret), restoreSecret)
	}
	b := [restoreSecret]byte(secret)
	return hide(&b), nil
}

func hide(secret *[restoreSecret]byte) RestoreCode { return RestoreCode{&restoreBits{secret}} }

// IsZero reports whether c is no code.
func (c RestoreCode) IsZero() bool { return c.hidden == nil || c.hidden.at == nil }

// Equal compares in constant time. No code equals none.
func (c RestoreCode) Equal(other RestoreCode) bool {
	return !c.IsZero() && !other.IsZero() && subtle.ConstantTimeCompare(c.bytes(), other.bytes()) == 1
}

// Bytes returns the 128 bits, without version and check symbols. It panics for the zero value, as do Text, Groups and what derives from the code: a secret
// of nothing must not become a key.
func (c RestoreCode) Bytes() Secret { return append(Secret(nil), c.bytes()...) }

func (c RestoreCode) bytes() []byte {
	if c.IsZero() {
		panic("key: use of a RestoreCode that is none")
	}
	return c.hidden.at[:]
}

// Clone is a code of its own: Wipe of one leaves the other.
func (c RestoreCode) Clone() RestoreCode {
	if c.IsZero() {
		return c
	}
	b := *c.hidden.at
	return hide(&b)
}

// Wipe overwrites the code. c and what was copied from it are none from then on, and not a code of zeros, which would look like one. Clones stay.
func (c RestoreCode) Wipe() {
	if !c.IsZero() {
		clear(c.bytes())
		c.hidden.at = nil
	}
}

// Groups returns the seven groups of four characters, as a sheet shows them.
func (c RestoreCode) Groups() [RestoreGroups]string {
	symbols := restoreEncode(c.bytes())
	var out [RestoreGroups]string
	for g := range out {
		var b strings.Builder
		for _, s := range symbols[g*restoreGroup : (g+1)*restoreGroup] {
			b.WriteByte(CrockfordDigits[s])
		}
		out[g] = b.String()
	}
	return out
}

// Text returns the groups with a space between them: the canonical form.
func (c RestoreCode) Text() string {
	g := c.Groups()
	return strings.Join(g[:], " ")
}

// restoreEncode lays version and secret out in symbols of five bits, the highest bit first, and adds the check symbols.
func restoreEncode(secret []byte) (symbols [restoreSymbols]byte) {
	for i := range restoreSecret * 8 {
		bit := secret[i/8] >> (7 - i%8) & 1
		at := i + 2 // behind the version, which is 0
		symbols[at/5] |= bit << (4 - at%5)
	}
	restoreCheck(&symbols)
	return symbols
}

// restoreDecode is the other way around, for symbols whose checks hold.
func restoreDecode(symbols [restoreSymbols]byte) (version byte, secret *[restoreSecret]byte) {
	secret = new([restoreSecret]byte)
	for i := range restoreSecret * 8 {
		at := i + 2
		secret[i/8] |= symbols[at/5] >> (4 - at%5) & 1 << (7 - i%8)
	}
	return symbols[0] >> 3, secret
}

// String returns a fixed text in place of the code.
func (RestoreCode) String() string { return redacted }

// GoString returns a fixed text in place of the code.
func (RestoreCode) GoString() string { return redacted }

// Format covers every verb of fmt.
func (RestoreCode) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue keeps the code out of slog.
func (RestoreCode) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText keeps the code out of JSON and of every other encoder that asks for text.
func (RestoreCode) MarshalText() ([]byte, error) { return []byte(redacted), nil }
