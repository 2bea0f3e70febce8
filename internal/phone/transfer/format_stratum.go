package transfer

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/sha1"
	"encoding/json"

	"avow/internal/otp"
)

const (
	stratumMagic       = "AUTHENTICATORPRO" // the app's name until 2023
	stratumLegacyMagic = "AuthenticatorPro"

	stratumSalt    = 16
	stratumNonce   = 12
	stratumPasses  = 3
	stratumMemory  = 64 << 10 // KiB
	stratumThreads = 4

	stratumPIN = 4 // characters of a PIN of mOTP

	stratumLegacySalt   = 20
	stratumLegacyRounds = 64_000
)

// stratumFile is a plain backup (doc/BACKUP_FORMAT.md in its repository), and what is in the encrypted ones.
type stratumFile struct {
	Entries    json.RawMessage `json:"Authenticators"`
	Categories []struct {
		ID   string `json:"Id"`
		Name string `json:"Name"`
	} `json:"Categories"`
	Members []struct {
		Category string `json:"CategoryId"`
		Secret   string `json:"AuthenticatorSecret"`
	} `json:"AuthenticatorCategories"`
}

type stratumEntry struct {
	Type      int64  `json:"Type"`
	Issuer    string `json:"Issuer"`
	Username  string `json:"Username"`
	Secret    string `json:"Secret"`
	PIN       string `json:"Pin"`
	Algorithm int64  `json:"Algorithm"`
	Digits    *int64 `json:"Digits"`
	Period    *int64 `json:"Period"`
	Counter   *int64 `json:"Counter"`
}

func sniffStratum(f *file) bool {
	return f.has("Authenticators") || bytes.HasPrefix(f.data, []byte(stratumMagic)) || bytes.HasPrefix(f.data, []byte(stratumLegacyMagic)) ||
		f.hasColumns("authenticator", "secret", "username", "type")
}

func readStratum(ctx context.Context, f *file, o Options) (Found, error) {
	var plain []byte
	var err error
	switch {
	case f.isSQLite():
		return readStratumDatabase(ctx, f.data)
	case f.object != nil:
		return readStratumContent(f.text)
	case bytes.HasPrefix(f.data, []byte(stratumMagic)):
		plain, err = openStratum(ctx, f.data[len(stratumMagic):], o)
	default:
		plain, err = openLegacyStratum(ctx, f.data[len(stratumLegacyMagic):], o)
	}
	if err != nil {
		return Found{}, err
	}
	defer clear(plain)
	return readStratumContent(plain)
}

// openStratum decrypts salt, nonce and ciphertext.
func openStratum(ctx context.Context, data []byte, o Options) ([]byte, error) {
	header := stratumSalt + stratumNonce
	if len(data) < header+16 {
		return nil, ErrTruncated
	}
	k, err := argon2idKey(ctx, o, data[:stratumSalt], stratumPasses, stratumMemory, stratumThreads, 32)
	if err != nil {
		return nil, err
	}
	defer k.Wipe()
	plain, err := openGCM(k, data[stratumSalt:header], data[header:], nil)
	if err == nil {
		err = checkJSON(plain)
	}
	if err != nil {
		clear(plain)
		return nil, err
	}
	return plain, nil
}

// openLegacyStratum decrypts salt, initialization vector and ciphertext. Nothing authenticates it: what comes out and is no
// JSON comes of a wrong password.
func openLegacyStratum(ctx context.Context, data []byte, o Options) ([]byte, error) {
	header := stratumLegacySalt + aes.BlockSize
	if len(data) <= header || (len(data)-header)%aes.BlockSize != 0 { // before the work of deriving a key
		return nil, ErrTruncated
	}
	k, err := pbkdf2Key(ctx, sha1.New, o, data[:stratumLegacySalt], stratumLegacyRounds, 32)
	if err != nil {
		return nil, err
	}
	defer k.Wipe()
	plain, err := openCBC(k, data[stratumLegacySalt:header], data[header:])
	if err != nil {
		return nil, err
	}
	if checkJSON(plain) != nil {
		clear(plain)
		return nil, ErrPasswordWrong
	}
	return plain, nil
}

// readStratumContent reads JSON within the limits.
func readStratumContent(text []byte) (Found, error) {
	backup, err := decode[stratumFile](text)
	if err != nil {
		return Found{}, err
	}
	entries, err := list(backup.Entries)
	if err != nil {
		return Found{}, err
	}
	groups := stratumGroups{names: map[string]string{}, of: map[string][]string{}}
	for _, c := range backup.Categories {
		groups.names[c.ID] = c.Name
	}
	for _, m := range backup.Members {
		groups.of[m.Secret] = append(groups.of[m.Secret], m.Category)
	}
	var found Found
	for n, raw := range entries {
		e, err := decode[stratumEntry](raw)
		if err != nil {
			found.add(n, entry{}, errEntry)
			continue
		}
		read, err := e.read(groups)
		found.add(n, read, err)
	}
	return found, nil
}

// stratumGroups are the categories: their names by their ids, and their ids by the secrets of their members.
type stratumGroups struct {
	names map[string]string
	of    map[string][]string
}

var (
	stratumKinds      = map[int64]otp.Kind{1: otp.HOTP, 2: otp.TOTP, 3: otp.MOTP, 4: otp.Steam, 5: otp.Yandex}
	stratumAlgorithms = map[int64]otp.Algorithm{0: otp.SHA1, 1: otp.SHA256, 2: otp.SHA512}
)

func (e stratumEntry) read(groups stratumGroups) (entry, error) {
	read := entry{
		kind: stratumKinds[e.Type], issuer: e.Issuer, account: e.Username, algorithm: stratumAlgorithms[e.Algorithm],
		digits: pointer(e.Digits), period: pointer(e.Period), counter: pointer(e.Counter),
	}
	for _, id := range groups.of[e.Secret] {
		read.groups = append(read.groups, groups.names[id])
	}
	if read.kind == "" || read.algorithm == "" {
		return read, errKind
	}
	pin := e.PIN
	var err error
	switch {
	case read.kind != otp.MOTP:
		read.secret, err = parseSecret(e.Secret)
	case pin == "" && len(e.Secret) > stratumPIN: // older versions append it
		pin = e.Secret[len(e.Secret)-stratumPIN:]
		read.secret, err = parseMOTPSecret(e.Secret[:len(e.Secret)-stratumPIN])
	default:
		read.secret, err = parseMOTPSecret(e.Secret)
	}
	read.pin = otp.Secret(pin)
	return read, err
}

// readStratumDatabase reads the database that the app itself keeps, as rooted phones let it be copied.
func readStratumDatabase(ctx context.Context, data []byte) (Found, error) {
	d, err := openDatabase(ctx, data)
	if err != nil {
		return Found{}, err
	}
	defer d.close()
	groups := stratumGroups{names: map[string]string{}, of: map[string][]string{}}
	for table, columns := range map[string][]string{"category": {"id", "name"}, "authenticatorcategory": {"authenticatorsecret", "categoryid"}} {
		if have, err := d.columns(ctx, table); err != nil || have == nil {
			continue // it is about groups only
		}
		err := d.rows(ctx, table, columns, func(_ int, row []any) error {
			if table == "category" {
				groups.names[text(row[0])] = text(row[1])
			} else {
				groups.of[text(row[0])] = append(groups.of[text(row[0])], text(row[1]))
			}
			return nil
		})
		if err != nil {
			return Found{}, err
		}
	}
	var found Found
	columns := []string{"type", "issuer", "username", "secret", "algorithm", "digits", "period", "counter", "pin"}
	err = d.rows(ctx, "authenticator", columns, func(n int, row []any) error {
		e := stratumEntry{
			Type: integer(row[0]).value, Issuer: text(row[1]), Username: text(row[2]), Secret: text(row[3]), Algorithm: integer(row[4]).value,
			PIN: text(row[8]),
		}
		digits, period, counter := integer(row[5]), integer(row[6]), integer(row[7])
		e.Digits, e.Period, e.Counter = &digits.value, &period.value, &counter.value
		read, err := e.read(groups)
		found.add(n, read, err)
		return nil
	})
	if err != nil {
		found.Wipe()
		return Found{}, err
	}
	return found, nil
}
