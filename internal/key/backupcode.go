package key

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"strings"
)

// BackupCodes is how many backup codes a set has.
const BackupCodes = 10

// BackupCode is one of the ten codes on paper with which a user who has no phone at hand signs in, once each (look-up secrets of NIST SP 800-63B-4):
// the place of the code in its set, a digit, and 65 random bits as 13 characters of Crockford's base32, written 7-XXXX-XXXX-XXXXX. The place is no secret;
// it names what the code is compared with, so that a try costs one hash and not ten.
//
// Every way of printing it gives "[redacted]"; Text hands it out. The zero value is no code.
type BackupCode struct{ hidden *backupText }

// backupText is two pointers away, as in a RestoreCode.
type backupText struct{ at *[1 + backupSymbols]byte }

const backupSymbols = 13

// ErrBackupCode is returned for what is no backup code. It tells nothing of what was typed.
var ErrBackupCode = errors.New("not a backup code: it has a digit and thirteen letters and digits, as in 7-XXXX-XXXX-XXXXX")

// NewBackupSet draws ten codes from crypto/rand, each at its place.
func NewBackupSet() (set [BackupCodes]BackupCode) {
	for place := range set {
		b := new([1 + backupSymbols]byte)
		rand.Read(b[:]) // never fails since Go 1.24: it ends the process instead
		for i, v := range b {
			b[i] = CrockfordDigits[v&31] // 32 characters: all as likely
		}
		b[0] = CrockfordDigits[place]
		set[place] = BackupCode{&backupText{b}}
	}
	return set
}

// ParseBackupCode reads a code as a person types it: in either case, with spaces and dashes anywhere, O for 0 and I or L for 1. ErrBackupCode for anything else.
func ParseBackupCode(typed string) (BackupCode, error) {
	clean := CleanCrockford(typed)
	if len(clean) != 1+backupSymbols || clean[0] > '9' {
		return BackupCode{}, ErrBackupCode
	}
	b := new([1 + backupSymbols]byte)
	for i := range clean {
		if strings.IndexByte(CrockfordDigits, clean[i]) < 0 {
			return BackupCode{}, ErrBackupCode
		}
		b[i] = clean[i]
	}
	return BackupCode{&backupText{b}}, nil
}

// IsZero reports whether c is no code.
func (c BackupCode) IsZero() bool { return c.hidden == nil }

// Equal compares in constant time. No code equals none.
func (c BackupCode) Equal(other BackupCode) bool {
	return !c.IsZero() && !other.IsZero() && subtle.ConstantTimeCompare(c.text(), other.text()) == 1
}

// Place is where the code stands in its set, from 0. It panics for the zero value, as do Text and Hash.
func (c BackupCode) Place() int { return int(c.text()[0] - '0') }

// Text is the code as it is printed: 7-XXXX-XXXX-XXXXX.
func (c BackupCode) Text() string {
	t := string(c.text())
	return t[:1] + "-" + t[1:5] + "-" + t[5:9] + "-" + t[9:]
}

func (c BackupCode) text() []byte {
	if c.IsZero() {
		panic("key: use of a BackupCode that is none")
	}
	return c.hidden.at[:]
}

// String returns a fixed text in place of the code.
func (BackupCode) String() string { return redacted }

// GoString returns a fixed text in place of the code.
func (BackupCode) GoString() string { return redacted }

// Format covers every verb of fmt.
func (BackupCode) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue keeps the code out of slog.
func (BackupCode) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText keeps the code out of JSON and of every other encoder that asks for text.
func (BackupCode) MarshalText() ([]byte, error) { return []byte(redacted), nil }
