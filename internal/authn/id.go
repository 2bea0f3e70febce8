package authn

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"avow/internal/key"
)

// Identifiers. On the wire each carries its prefix, so that one can never be taken for another.
type (
	UserID         string // u_…
	DeviceID       string // d_…
	RequestID      string // r_…
	RegistrationID string // s_…: the public name of a registration session, not its secret
	ClientID       string // chosen by the administrator: laptop-42
	AdminID        string // a_…
	NoticeID       string // n_…
	MessageID      string // m_…
	WebSessionID   string // w_…
	CallerCheckID  string // k_…
	RestoreID      string // x_…
	DuplicateID    string // p_…: the public name of a duplicate, not its secret
)

// NewUserID and its siblings draw 128 random bits.
func NewUserID() UserID { return UserID("u_" + key.RandomID(16)) }

// NewDeviceID draws 128 random bits.
func NewDeviceID() DeviceID { return DeviceID("d_" + key.RandomID(16)) }

// NewRequestID draws 128 random bits.
func NewRequestID() RequestID { return RequestID("r_" + key.RandomID(16)) }

// NewRegistrationID draws 128 random bits.
func NewRegistrationID() RegistrationID { return RegistrationID("s_" + key.RandomID(16)) }

// NewAdminID draws 128 random bits.
func NewAdminID() AdminID { return AdminID("a_" + key.RandomID(16)) }

// NewNoticeID draws 128 random bits.
func NewNoticeID() NoticeID { return NoticeID("n_" + key.RandomID(16)) }

// NewMessageID draws 128 random bits.
func NewMessageID() MessageID { return MessageID("m_" + key.RandomID(16)) }

// NewWebSessionID draws 128 random bits.
func NewWebSessionID() WebSessionID { return WebSessionID("w_" + key.RandomID(16)) }

// NewCallerCheckID draws 128 random bits.
func NewCallerCheckID() CallerCheckID { return CallerCheckID("k_" + key.RandomID(16)) }

// NewRestoreID draws 128 random bits.
func NewRestoreID() RestoreID { return RestoreID("x_" + key.RandomID(16)) }

// NewDuplicateID draws 128 random bits.
func NewDuplicateID() DuplicateID { return DuplicateID("p_" + key.RandomID(16)) }

// ValidID reports whether s is prefix and 16 bytes of base64url, as the New…ID functions make it.
func ValidID(prefix, s string) bool {
	body, ok := strings.CutPrefix(s, prefix)
	if !ok || len(body) != 22 {
		return false
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(body)
	return err == nil && len(b) == 16
}

var (
	clientIDForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)
	loginForm    = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}._@+-]{0,127}$`)
)

// Validate says what is wrong with a client id.
func (id ClientID) Validate() error {
	if !clientIDForm.MatchString(string(id)) {
		return fmt.Errorf("client id %q: use lower-case letters, digits, dot, dash and underscore, 64 at most, a letter or digit first", string(id))
	}
	return nil
}

// Hash is the SHA-256 of a secret of at least 128 random bits: what the database keeps in its place.
type Hash [32]byte

// HashOf hashes a secret for storage and look-up. Only for secrets that cannot be guessed.
func HashOf(s key.Secret) Hash { return sha256.Sum256(s) }

// IsZero reports whether h was never set.
func (h Hash) IsZero() bool { return h == Hash{} }

// String returns unpadded base64url.
func (h Hash) String() string { return base64.RawURLEncoding.EncodeToString(h[:]) }

// MarshalText writes base64url.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads base64url of exactly 32 bytes.
func (h *Hash) UnmarshalText(b []byte) error {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(string(b))
	if err != nil || len(raw) != len(h) || len(b) != 43 { // the decoder skips line breaks
		return errors.New("hash is not 32 bytes of base64url")
	}
	copy(h[:], raw)
	return nil
}
