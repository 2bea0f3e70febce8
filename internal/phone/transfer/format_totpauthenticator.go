package transfer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"strconv"

	"avow/internal/otp"
)

// TOTPAuthenticator is BinaryBoot's app of that name. Forms: its backup, encrypted and in base64, and its internal preferences.
const TOTPAuthenticator Format = "totp_authenticator"

const totpAuthenticatorList = "STATIC_TOTP_CODES_LIST"

func sniffTOTPAuthenticator(f *file) bool {
	return sniffPrefs(f, totpAuthenticatorList) || sniffTOTPBackup(f)
}

// sniffTOTPBackup: the backup has no mark. It is base64 from end to end, of whole blocks of AES.
func sniffTOTPBackup(f *file) bool {
	text := bytes.TrimSpace(f.text)
	for _, c := range bytes.TrimRight(text, "=") {
		if (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '+' && c != '/' {
			return false
		}
	}
	size := len(bytes.TrimRight(text, "=")) * 3 / 4
	return len(text) >= 44 && len(text)%4 == 0 && size%16 == 0
}

func readTOTPAuthenticator(ctx context.Context, f *file, o Options) (Found, error) {
	if f.first == '<' {
		p, err := readPrefs(f.text)
		if err != nil {
			return Found{}, err
		}
		return foundTOTPAuthenticator([]byte(p.values[totpAuthenticatorList]))
	}
	if len(o.Password) == 0 {
		return Found{}, ErrPasswordNeeded
	}
	if err := ctx.Err(); err != nil {
		return Found{}, err
	}
	sealed, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(f.text)))
	if err != nil {
		return Found{}, ErrDamaged
	}
	k := sha256.Sum256(o.Password) // that is all the app does
	defer clear(k[:])
	text, err := openCBC(k[:], make([]byte, 16), sealed)
	if err != nil {
		return Found{}, err
	}
	defer clear(text)
	// The list is the name of the one member, and its value a time.
	outer, err := decodeChecked[map[string]json.RawMessage](text)
	if err != nil || len(outer) != 1 {
		return Found{}, ErrPasswordWrong // the padding was right by chance
	}
	for name := range outer {
		return foundTOTPAuthenticator([]byte(name))
	}
	return Found{}, ErrDamaged
}

type totpAuthenticatorEntry struct {
	Issuer   string `json:"issuer"`
	Name     string `json:"name"`
	Key      string `json:"key"`
	Base     int    `json:"base"` // in which the key is written
	Digits   string `json:"digits"`
	Period   string `json:"period"`
	Favorite bool   `json:"isFavorite"`
}

func foundTOTPAuthenticator(text []byte) (Found, error) {
	entries, err := listChecked(text)
	if err != nil {
		return Found{}, err
	}
	var out Found
	for n, raw := range entries {
		t, err := decodeEntry[totpAuthenticatorEntry](raw)
		e := entry{kind: otp.TOTP, issuer: t.Issuer, account: t.Name, pinned: t.Favorite}
		if err == nil {
			e.digits, e.period = decimal(t.Digits), decimal(t.Period)
			e.secret, err = secretInBase(t.Key, t.Base)
		}
		out.add(n, e, err)
	}
	return out, nil
}

// secretInBase reads a key that is written in base 16, 32 or 64.
func secretInBase(text string, base int) (otp.Secret, error) {
	var secret otp.Secret
	var err error
	switch base {
	case 16:
		secret, err = hex.DecodeString(text)
	case 32:
		return parseSecret(text)
	case 64:
		secret, err = base64.StdEncoding.DecodeString(text)
	default:
		return nil, errEntry
	}
	if err != nil {
		return nil, errEntry // the cause quotes the secret
	}
	return secret, nil
}

// decimal reads a number that is written as text; "" is absent, and what is none is out of every range.
func decimal(text string) number {
	if text == "" {
		return number{}
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return given(-1)
	}
	return given(n)
}
