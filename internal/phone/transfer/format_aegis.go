package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"avow/internal/key"
	"avow/internal/otp"
)

const (
	aegisVersion         = 1
	aegisContentVersion  = 3 // the newest known
	aegisPasswordSlot    = 1
	aegisMaxPasswordSlot = 8 // a person has one or two
)

// aegisFile is a vault of Aegis (docs/vault.md in its repository). DB is an object, or a string if it is encrypted.
type aegisFile struct {
	Version int `json:"version"`
	Header  struct {
		Slots  []aegisSlot  `json:"slots"`
		Params *aegisParams `json:"params"`
	} `json:"header"`
	DB json.RawMessage `json:"db"`
}

// aegisSlot is the master key, encrypted with a key derived from a password.
type aegisSlot struct {
	Type      int         `json:"type"`
	Key       string      `json:"key"`
	KeyParams aegisParams `json:"key_params"`
	N         int64       `json:"n"`
	R         int64       `json:"r"`
	P         int64       `json:"p"`
	Salt      string      `json:"salt"`
}

// aegisParams are those of AES-GCM, in hexadecimal digits.
type aegisParams struct {
	Nonce string `json:"nonce"`
	Tag   string `json:"tag"`
}

func sniffAegis(f *file) bool { return f.has("version", "header", "db") }

func readAegis(ctx context.Context, f *file, o Options) (Found, error) {
	vault, err := decode[aegisFile](f.text)
	if err != nil {
		return Found{}, err
	}
	if vault.Version != aegisVersion {
		return Found{}, ErrVersion
	}
	if vault.Header.Params == nil {
		return readAegisContent(vault.DB)
	}
	content, err := vault.open(ctx, o)
	if err != nil {
		return Found{}, err
	}
	defer clear(content)
	if err := checkJSON(content); err != nil {
		return Found{}, err
	}
	return readAegisContent(content)
}

// open decrypts the content with the first slot that the password opens.
func (v *aegisFile) open(ctx context.Context, o Options) ([]byte, error) {
	text, err := decode[string](v.DB)
	if err != nil {
		return nil, err
	}
	sealed, err := fromBase64(text)
	if err != nil {
		return nil, err
	}
	tried := 0
	for _, slot := range v.Header.Slots {
		if slot.Type != aegisPasswordSlot {
			continue
		}
		if tried++; tried > aegisMaxPasswordSlot {
			return nil, ErrTooHard
		}
		master, err := slot.open(ctx, o)
		if errors.Is(err, ErrPasswordWrong) {
			continue
		}
		if err != nil {
			return nil, err
		}
		defer master.Wipe()
		content, err := v.Header.Params.open(master, sealed)
		if errors.Is(err, ErrPasswordWrong) { // the key is right: it came out of the slot
			err = ErrDamaged
		}
		return content, err
	}
	if tried == 0 {
		return nil, ErrNoPassword
	}
	return nil, ErrPasswordWrong
}

// open gives the master key.
func (s aegisSlot) open(ctx context.Context, o Options) (key.Secret, error) {
	salt, err := fromHex(s.Salt)
	if err != nil {
		return nil, err
	}
	sealed, err := fromHex(s.Key)
	if err != nil {
		return nil, err
	}
	derived, err := scryptKey(ctx, o, salt, s.N, s.R, s.P, 32)
	if err != nil {
		return nil, err
	}
	defer derived.Wipe()
	master, err := s.KeyParams.open(derived, sealed)
	if err == nil && len(master) != 32 {
		return nil, ErrDamaged
	}
	return master, err
}

func (p aegisParams) open(k key.Secret, sealed []byte) ([]byte, error) {
	nonce, err := fromHex(p.Nonce)
	if err != nil {
		return nil, err
	}
	tag, err := fromHex(p.Tag)
	if err != nil {
		return nil, err
	}
	return openGCM(k, nonce, append(sealed, tag...), nil)
}

// aegisContent is what is encrypted, or stands open, in a vault.
type aegisContent struct {
	Version int             `json:"version"`
	Entries json.RawMessage `json:"entries"`
	Groups  []struct {
		ID   string `json:"uuid"`
		Name string `json:"name"`
	} `json:"groups"` // since version 3
}

type aegisEntry struct {
	Type     string   `json:"type"`
	Name     string   `json:"name"`
	Issuer   string   `json:"issuer"`
	Note     string   `json:"note"`
	Favorite bool     `json:"favorite"`
	Group    string   `json:"group"`  // its name, before version 3
	Groups   []string `json:"groups"` // their ids, since version 3
	Info     struct {
		Secret    string `json:"secret"`
		Algorithm string `json:"algo"`
		Digits    *int64 `json:"digits"`
		Period    *int64 `json:"period"`
		Counter   *int64 `json:"counter"`
		PIN       string `json:"pin"` // of mOTP and Yandex
	} `json:"info"`
}

// readAegisContent reads JSON within the limits.
func readAegisContent(text []byte) (Found, error) {
	content, err := decode[aegisContent](text)
	if err != nil {
		return Found{}, err
	}
	if content.Version < 1 || content.Version > aegisContentVersion {
		return Found{}, ErrVersion
	}
	entries, err := list(content.Entries)
	if err != nil {
		return Found{}, err
	}
	names := map[string]string{}
	for _, group := range content.Groups {
		names[group.ID] = group.Name
	}
	var found Found
	for n, raw := range entries {
		e, err := decode[aegisEntry](raw)
		if err != nil {
			found.add(n, entry{}, errEntry)
			continue
		}
		read, err := e.read(names)
		found.add(n, read, err)
	}
	return found, nil
}

// read takes the entry over; groups are the names of the groups by their ids.
func (e aegisEntry) read(groups map[string]string) (entry, error) {
	read := entry{
		kind: otp.Kind(strings.ToLower(e.Type)), issuer: e.Issuer, account: e.Name, algorithm: parseAlgorithm(e.Info.Algorithm),
		digits: pointer(e.Info.Digits), period: pointer(e.Info.Period), counter: pointer(e.Info.Counter),
		note: e.Note, pinned: e.Favorite, groups: []string{e.Group}, pin: otp.Secret(e.Info.PIN),
	}
	for _, id := range e.Groups {
		read.groups = append(read.groups, groups[id])
	}
	var err error
	read.secret, err = parseSecret(e.Info.Secret)
	return read, err
}
