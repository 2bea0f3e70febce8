package transfer

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"strings"

	"avow/internal/key"
	"avow/internal/otp"
)

const (
	andOTPSalt  = 12
	andOTPNonce = 12
	andOTPMin   = andOTPNonce + 16 + 2 // the old form of an empty list
)

// andOTPEntry is an element of a plain backup.
type andOTPEntry struct {
	Type      string   `json:"type"`
	Issuer    *string  `json:"issuer"` // absent in old backups: it is in the label then
	Label     string   `json:"label"`
	Secret    string   `json:"secret"`
	Algorithm string   `json:"algorithm"`
	Digits    *int64   `json:"digits"`
	Period    *int64   `json:"period"`
	Counter   *int64   `json:"counter"`
	Tags      []string `json:"tags"`
}

func sniffAndOTP(f *file) bool { return f.listOf("secret", "label") }

// sniffAndOTPEncrypted guesses: neither form has a mark.
func sniffAndOTPEncrypted(f *file) bool { return len(f.data) >= andOTPMin && looksEncrypted(f.data) }

func readAndOTP(_ context.Context, f *file, _ Options) (Found, error) {
	return readAndOTPList(bytes.TrimSpace(f.text))
}

// readAndOTPEncrypted tries both forms: rounds, salt, nonce and ciphertext; and the old one, nonce and ciphertext, whose key is no
// more than a hash of the password.
func readAndOTPEncrypted(ctx context.Context, f *file, o Options) (Found, error) {
	plain, err := openAndOTP(ctx, f.data, o)
	if errors.Is(err, ErrPasswordWrong) {
		plain, err = openOldAndOTP(f.data, o)
	}
	if err != nil {
		return Found{}, err
	}
	defer clear(plain)
	if err := checkJSON(plain); err != nil {
		return Found{}, err
	}
	return readAndOTPList(plain)
}

func openAndOTP(ctx context.Context, data []byte, o Options) ([]byte, error) {
	if len(o.Password) == 0 {
		return nil, ErrPasswordNeeded
	}
	rounds := int64(int32(binary.BigEndian.Uint32(data)))
	header := 4 + andOTPSalt + andOTPNonce
	if rounds < 1 || rounds > maxPBKDF2Rounds || len(data) < header {
		return nil, ErrPasswordWrong // it can only be the old form
	}
	salt, nonce, sealed := data[4:4+andOTPSalt], data[4+andOTPSalt:header], data[header:]
	k, err := pbkdf2Key(ctx, sha1.New, o, salt, rounds, 32)
	if err != nil {
		return nil, err
	}
	defer k.Wipe()
	plain, err := openGCM(k, nonce, sealed, nil)
	if errors.Is(err, ErrTruncated) {
		err = ErrPasswordWrong
	}
	return plain, err
}

func openOldAndOTP(data []byte, o Options) ([]byte, error) {
	sum := sha256.Sum256(o.Password)
	defer clear(sum[:])
	return openGCM(key.Secret(sum[:]), data[:andOTPNonce], data[andOTPNonce:], nil)
}

// readAndOTPList reads JSON within the limits.
func readAndOTPList(text []byte) (Found, error) {
	entries, err := list(text)
	if err != nil {
		return Found{}, err
	}
	var found Found
	for n, raw := range entries {
		e, err := decode[andOTPEntry](raw)
		if err != nil {
			found.add(n, entry{}, errEntry)
			continue
		}
		read, err := e.read()
		found.add(n, read, err)
	}
	return found, nil
}

func (e andOTPEntry) read() (entry, error) {
	read := entry{
		kind: otp.Kind(strings.ToLower(e.Type)), account: e.Label, algorithm: parseAlgorithm(e.Algorithm),
		digits: pointer(e.Digits), period: pointer(e.Period), counter: pointer(e.Counter), groups: e.Tags,
	}
	if read.kind == "" {
		read.kind = otp.TOTP
	}
	if e.Issuer != nil { // it is in the label, too, if the code was scanned
		read.issuer, read.account = splitLabel(*e.Issuer, e.Label)
	} else if issuer, account, parted := strings.Cut(e.Label, " - "); parted {
		read.issuer, read.account = splitLabel(issuer, account)
	} else {
		read.issuer, read.account = splitLabel("", e.Label)
	}
	var err error
	read.secret, err = parseSecret(e.Secret)
	return read, err
}
