package transfer

import (
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"

	"avow/internal/otp"
)

// Authy is Twilio's app; the files are its internal com.authy.storage.tokens.*.xml.
const Authy Format = "authy"

// The lists in those files: codes of other services, and those of services that use Authy's own API.
const (
	authyOthers = "com.authy.storage.tokens.authenticator.key"
	authyOwn    = "com.authy.storage.tokens.authy.key"
)

func sniffAuthy(f *file) bool { return sniffPrefs(f, "com.authy.storage.tokens.") }

type authyToken struct {
	Name           string `json:"name"`
	OriginalName   string `json:"originalName"`
	OriginalIssuer string `json:"originalIssuer"`
	Digits         *int64 `json:"digits"`
	Secret         string `json:"decryptedSecret"` // base32
	Sealed         string `json:"encryptedSecret"` // base64
	Salt           string `json:"salt"`            // the text itself is the salt
	Seed           string `json:"secretSeed"`      // of authyOwn: hexadecimal
}

func readAuthy(ctx context.Context, f *file, o Options) (Found, error) {
	p, err := readPrefs(f.text)
	if err != nil {
		return Found{}, err
	}
	var out Found
	for _, name := range []string{authyOthers, authyOwn} {
		text, there := p.values[name]
		if !there {
			continue
		}
		tokens, err := listChecked([]byte(text))
		if err != nil {
			return out, err
		}
		for n, raw := range tokens {
			if err := out.addAuthy(ctx, n, name == authyOwn, raw, o); err != nil {
				return out, err
			}
		}
	}
	return out, nil
}

// addAuthy fails if the whole file is of no use: no password, or a wrong one.
func (f *Found) addAuthy(ctx context.Context, n int, own bool, raw json.RawMessage, o Options) error {
	t, err := decodeEntry[authyToken](raw)
	if err != nil {
		f.add(n, entry{}, err)
		return nil
	}
	e := entry{kind: otp.TOTP, issuer: t.OriginalIssuer, account: t.OriginalName, digits: pointer(t.Digits)}
	if e.account == "" {
		e.account = t.Name
	}
	e.issuer, e.account = splitLabel(e.issuer, e.account)
	switch {
	case own:
		e.period = given(10)
		if e.digits.value == 0 {
			e.digits = given(7)
		}
		e.secret, err = hex.DecodeString(t.Seed)
	case t.Secret != "":
		e.secret, err = parseSecret(t.Secret)
	case t.Sealed != "":
		e.secret, err = t.open(ctx, o)
		if err != nil && (len(f.Items) == 0 || ctx.Err() != nil) { // all have one password; after the first it is known to be right
			return err
		}
		if ErrPasswordWrong.Is(err) {
			err = errPassword
		}
	default:
		err = errNoCode
	}
	f.add(n, e, err)
	return nil
}

func (t authyToken) open(ctx context.Context, o Options) (otp.Secret, error) {
	sealed, err := base64.StdEncoding.DecodeString(t.Sealed)
	if err != nil {
		return nil, ErrDamaged
	}
	k, err := pbkdf2Key(ctx, sha1.New, o, []byte(t.Salt), 1000, 32)
	if err != nil {
		return nil, err
	}
	defer k.Wipe()
	text, err := openCBC(k, make([]byte, 16), sealed) // Authy's initialisation vector is zero: the salt makes each key another
	if err != nil {
		return nil, err
	}
	defer clear(text)
	secret, err := parseSecret(string(text))
	if err != nil {
		return nil, ErrPasswordWrong // the padding was right by chance
	}
	return secret, nil
}
