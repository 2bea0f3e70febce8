package transfer

import (
	"context"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"

	"avow/internal/key"
)

// Bitwarden is the password manager; Vaultwarden exports the same. Forms: JSON, JSON encrypted with a password, CSV.
const Bitwarden Format = "bitwarden"

func sniffBitwarden(f *file) bool {
	return f.has("encrypted", "items") || f.has("encrypted", "encKeyValidation_DO_NOT_EDIT") || sniffCSV(f, "name", "login_totp")
}

type bitwardenFile struct {
	Encrypted         bool   `json:"encrypted"`
	PasswordProtected bool   `json:"passwordProtected"`
	Salt              string `json:"salt"`
	KDFType           int64  `json:"kdfType"`
	KDFIterations     int64  `json:"kdfIterations"`
	KDFMemory         int64  `json:"kdfMemory"` // MiB
	KDFParallelism    int64  `json:"kdfParallelism"`
	Validation        string `json:"encKeyValidation_DO_NOT_EDIT"`
	Data              string `json:"data"`

	Folders     []bitwardenFolder `json:"folders"`
	Collections []bitwardenFolder `json:"collections"`
	Items       json.RawMessage   `json:"items"`
}

type bitwardenFolder struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type bitwardenItem struct {
	Name          string   `json:"name"`
	FolderID      string   `json:"folderId"`
	CollectionIDs []string `json:"collectionIds"`
	Favorite      bool     `json:"favorite"`
	Login         struct {
		Username string `json:"username"`
		TOTP     string `json:"totp"`
	} `json:"login"`
}

func readBitwarden(ctx context.Context, f *file, o Options) (Found, error) {
	if f.object == nil {
		return readBitwardenCSV(f)
	}
	b, err := decode[bitwardenFile](f.text)
	if err != nil {
		return Found{}, err
	}
	if !b.Encrypted {
		return b.found()
	}
	if !b.PasswordProtected {
		return Found{}, ErrOtherAccount
	}
	text, err := b.open(ctx, o)
	if err != nil {
		return Found{}, err
	}
	defer clear(text)
	inner, err := decodeChecked[bitwardenFile](text)
	if err != nil || inner.Encrypted {
		return Found{}, ErrDamaged
	}
	return inner.found()
}

// open decrypts the export inside. The password gives a key by PBKDF2 or Argon2id, that one two more by HKDF-Expand.
func (b bitwardenFile) open(ctx context.Context, o Options) ([]byte, error) {
	var master key.Secret
	var err error
	switch salt := []byte(b.Salt); b.KDFType { // the salt is the text itself, not what it stands for in base64
	case 0:
		master, err = pbkdf2Key(ctx, sha256.New, o, salt, b.KDFIterations, 32)
	case 1:
		if b.KDFMemory > MaxMemory>>20 {
			return nil, ErrTooHard
		}
		hashed := sha256.Sum256(salt)
		master, err = argon2idKey(ctx, o, hashed[:], b.KDFIterations, b.KDFMemory<<10, b.KDFParallelism, 32)
	default:
		err = ErrVersion
	}
	if err != nil {
		return nil, err
	}
	defer master.Wipe()
	enc, err := hkdf.Expand(sha256.New, master, "enc", 32)
	if err != nil {
		return nil, ErrDamaged.Because(err)
	}
	mac, err := hkdf.Expand(sha256.New, master, "mac", 32)
	if err != nil {
		return nil, ErrDamaged.Because(err)
	}
	defer clear(enc)
	defer clear(mac)
	known, err := openBitwarden(enc, mac, b.Validation)
	if err != nil {
		return nil, err
	}
	clear(known)
	text, err := openBitwarden(enc, mac, b.Data)
	if ErrPasswordWrong.Is(err) {
		err = ErrDamaged // the password has opened the validation
	}
	return text, err
}

// openBitwarden opens an "EncString" of type 2: AES-CBC-256 with HMAC-SHA-256 over the initialisation vector and the ciphertext.
func openBitwarden(enc, mac key.Secret, text string) ([]byte, error) {
	kind, rest, _ := strings.Cut(text, ".")
	fields := strings.Split(rest, "|")
	if kind != "2" || len(fields) != 3 {
		return nil, ErrDamaged
	}
	var raw [3][]byte
	for i, field := range fields {
		var err error
		if raw[i], err = base64.StdEncoding.DecodeString(field); err != nil {
			return nil, ErrDamaged
		}
	}
	h := hmac.New(sha256.New, mac)
	h.Write(raw[0])
	h.Write(raw[1])
	if !hmac.Equal(h.Sum(nil), raw[2]) {
		return nil, ErrPasswordWrong
	}
	return openCBC(enc, raw[0], raw[1])
}

// found lists the logins that have codes; what has none is no concern of ours.
func (b bitwardenFile) found() (Found, error) {
	items, err := list(b.Items)
	if err != nil {
		return Found{}, err
	}
	groups := map[string]string{}
	for _, folder := range append(b.Folders, b.Collections...) {
		groups[folder.ID] = folder.Name
	}
	var out Found
	for n, raw := range items {
		item, err := decodeEntry[bitwardenItem](raw)
		if err != nil {
			out.add(n, entry{}, err)
			continue
		}
		if item.Login.TOTP == "" {
			continue
		}
		l := login{title: item.Name, user: item.Login.Username, totp: item.Login.TOTP, pinned: item.Favorite}
		for _, id := range append([]string{item.FolderID}, item.CollectionIDs...) {
			l.groups = append(l.groups, groups[id])
		}
		out.addLogin(n, l)
	}
	return out, nil
}

func readBitwardenCSV(f *file) (Found, error) {
	t, err := openTable(f.text)
	if err != nil {
		return Found{}, err
	}
	var out Found
	err = t.rows(func(n int, get func(string) string) {
		if get("login_totp") == "" {
			return
		}
		l := login{title: get("name"), user: get("login_username"), totp: get("login_totp"), pinned: get("favorite") == "1"}
		l.groups = append([]string{get("folder")}, strings.Split(get("collections"), ",")...)
		out.addLogin(n, l)
	})
	return out, err
}
