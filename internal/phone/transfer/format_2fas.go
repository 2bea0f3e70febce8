package transfer

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"strings"

	"avow/internal/otp"
)

const (
	twoFASVersion = 4 // the newest known
	twoFASRounds  = 10_000
)

// twoFASFile is a backup of 2FAS, schema versions 1 to 4. If it is encrypted, Services is empty.
type twoFASFile struct {
	Version   int             `json:"schemaVersion"`
	Services  json.RawMessage `json:"services"`
	Encrypted string          `json:"servicesEncrypted"` // base64 of ciphertext, salt and nonce, with colons between
	Groups    []struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"groups"`
}

// twoFASService is an entry. Of version 1, otp has no more than the names.
type twoFASService struct {
	Name   string `json:"name"` // as the person calls it
	Secret string `json:"secret"`
	Group  string `json:"groupId"`
	OTP    struct {
		Label     string `json:"label"`
		Account   string `json:"account"`
		Issuer    string `json:"issuer"`
		Type      string `json:"tokenType"` // since version 3
		Algorithm string `json:"algorithm"`
		Digits    *int64 `json:"digits"`
		Period    *int64 `json:"period"`
		Counter   *int64 `json:"counter"`
	} `json:"otp"`
}

func sniffTwoFAS(f *file) bool { return f.has("schemaVersion", "services") }

func readTwoFAS(ctx context.Context, f *file, o Options) (Found, error) {
	backup, err := decode[twoFASFile](f.text)
	if err != nil {
		return Found{}, err
	}
	if backup.Version < 1 || backup.Version > twoFASVersion {
		return Found{}, ErrVersion
	}
	groups := map[string]string{}
	for _, group := range backup.Groups {
		groups[group.ID] = group.Name
	}
	if backup.Encrypted == "" {
		return readTwoFASServices(backup.Services, groups)
	}
	services, err := openTwoFAS(ctx, backup.Encrypted, o)
	if err != nil {
		return Found{}, err
	}
	defer clear(services)
	if err := checkJSON(services); err != nil {
		return Found{}, err
	}
	return readTwoFASServices(services, groups)
}

// openTwoFAS decrypts the services.
func openTwoFAS(ctx context.Context, text string, o Options) ([]byte, error) {
	var parts [3][]byte
	texts := strings.Split(text, ":")
	if len(texts) != len(parts) {
		return nil, ErrDamaged
	}
	for i := range parts {
		var err error
		if parts[i], err = fromBase64(texts[i]); err != nil {
			return nil, err
		}
	}
	sealed, salt, nonce := parts[0], parts[1], parts[2]
	k, err := pbkdf2Key(ctx, sha256.New, o, salt, twoFASRounds, 32)
	if err != nil {
		return nil, err
	}
	defer k.Wipe()
	return openGCM(k, nonce, sealed, nil)
}

// readTwoFASServices reads JSON within the limits; groups are the names of the groups by their ids.
func readTwoFASServices(text []byte, groups map[string]string) (Found, error) {
	services, err := list(text)
	if err != nil {
		return Found{}, err
	}
	var found Found
	for n, raw := range services {
		service, err := decode[twoFASService](raw)
		if err != nil {
			found.add(n, entry{}, errEntry)
			continue
		}
		e, err := service.read()
		e.groups = []string{groups[service.Group]}
		found.add(n, e, err)
	}
	return found, nil
}

func (s twoFASService) read() (entry, error) {
	e := entry{
		kind: otp.Kind(strings.ToLower(s.OTP.Type)), algorithm: parseAlgorithm(s.OTP.Algorithm), name: s.Name,
		digits: pointer(s.OTP.Digits), period: pointer(s.OTP.Period), counter: pointer(s.OTP.Counter),
	}
	if e.kind == "" { // before version 3 there was no other kind
		e.kind = otp.TOTP
	}
	e.issuer, e.account = s.OTP.Issuer, s.OTP.Account
	if e.issuer == "" {
		e.issuer = s.Name
	}
	if e.account == "" {
		e.issuer, e.account = splitLabel(e.issuer, s.OTP.Label)
	}
	var err error
	e.secret, err = parseSecret(s.Secret)
	return e, err
}
