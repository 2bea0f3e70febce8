package transfer

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"golang.org/x/crypto/scrypt"

	"avow/internal/key"
	"avow/internal/otp"
)

// The parameters of scrypt that Aegis itself has.
const (
	aegisN, aegisR, aegisP = 1 << 15, 8, 1
	aegisKey               = 32
	aegisTag               = 16
)

func aegisCarries(item Item) error {
	if len([]rune(item.Code.Issuer)) > otp.MaxLabel/2-1 || len([]rune(item.Code.Account)) > otp.MaxLabel/2 {
		return errNameLong
	}
	return nil
}

type aegisParamsOut struct {
	Nonce string `json:"nonce"`
	Tag   string `json:"tag"`
}

type aegisSlotOut struct {
	Type      int            `json:"type"` // 1: password
	UUID      string         `json:"uuid"`
	Key       string         `json:"key"`
	KeyParams aegisParamsOut `json:"key_params"`
	N         int            `json:"n"`
	R         int            `json:"r"`
	P         int            `json:"p"`
	Salt      string         `json:"salt"`
	Repaired  bool           `json:"repaired"`
	IsBackup  bool           `json:"is_backup"`
}

type aegisVaultOut struct {
	Version int `json:"version"`
	Header  struct {
		Slots  []aegisSlotOut `json:"slots"`
		Params aegisParamsOut `json:"params"`
	} `json:"header"`
	DB string `json:"db"`
}

type aegisGroupOut struct {
	UUID string `json:"uuid"`
	Name string `json:"name"`
}

type aegisEntryOut struct {
	Type     string       `json:"type"`
	UUID     string       `json:"uuid"`
	Name     string       `json:"name"`
	Issuer   string       `json:"issuer"`
	Note     string       `json:"note"`
	Favorite bool         `json:"favorite"`
	Icon     *string      `json:"icon"`
	Info     aegisInfoOut `json:"info"`
	Groups   []string     `json:"groups"`
}

type aegisInfoOut struct {
	Secret  string  `json:"secret"`
	Algo    string  `json:"algo"`
	Digits  int     `json:"digits"`
	Period  int     `json:"period,omitempty"`
	Counter *uint64 `json:"counter,omitempty"`
	PIN     *string `json:"pin,omitempty"`
}

type aegisContentOut struct {
	Version        int             `json:"version"`
	Entries        []aegisEntryOut `json:"entries"`
	Groups         []aegisGroupOut `json:"groups"`
	IconsOptimized bool            `json:"icons_optimized"`
}

// writeAegis writes the encrypted vault of Aegis (docs/vault.md of that project): a random key encrypts the content, and a key that scrypt
// makes of the passphrase encrypts that one, both with AES-256-GCM.
func writeAegis(_ context.Context, x *Export, items []Item, o ExportOptions) (func(context.Context) (Found, error), error) {
	content, err := aegisText(items)
	if err != nil {
		return nil, err
	}
	defer clear(content)
	salt, master := make([]byte, 32), key.NewSecret(aegisKey)
	rand.Read(salt)
	defer master.Wipe()
	k, err := scrypt.Key(o.Passphrase, salt, aegisN, aegisR, aegisP, aegisKey)
	if err != nil {
		return nil, err
	}
	defer clear(k)
	slot := aegisSlotOut{Type: 1, UUID: newUUID(), N: aegisN, R: aegisR, P: aegisP, Salt: hex.EncodeToString(salt), Repaired: true}
	sealedKey, params, err := sealAegis(k, master)
	if err != nil {
		return nil, err
	}
	slot.Key, slot.KeyParams = hex.EncodeToString(sealedKey), params
	vault := aegisVaultOut{Version: 1}
	sealed, params, err := sealAegis(master, content)
	if err != nil {
		return nil, err
	}
	vault.Header.Slots, vault.Header.Params, vault.DB = []aegisSlotOut{slot}, params, base64.StdEncoding.EncodeToString(sealed)
	if x.file, err = json.MarshalIndent(vault, "", "    "); err != nil {
		return nil, err
	}
	return x.readBack(Options{Password: o.Passphrase}), nil
}

func sealAegis(k key.Secret, plain []byte) ([]byte, aegisParamsOut, error) {
	block, err := aes.NewCipher(k)
	if err != nil {
		return nil, aegisParamsOut{}, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, aegisParamsOut{}, err
	}
	nonce := make([]byte, gcm.NonceSize())
	rand.Read(nonce) // once for each of two random keys
	sealed := gcm.Seal(nil, nonce, plain, nil)
	body, tag := sealed[:len(sealed)-aegisTag], sealed[len(sealed)-aegisTag:]
	return body, aegisParamsOut{hex.EncodeToString(nonce), hex.EncodeToString(tag)}, nil
}

func aegisText(items []Item) ([]byte, error) {
	content := aegisContentOut{Version: 3, Groups: []aegisGroupOut{}, IconsOptimized: true}
	groups := map[string]string{}
	for _, item := range items {
		e := aegisEntryOut{
			Type: string(item.Code.Kind), UUID: newUUID(), Name: item.Code.Account, Issuer: item.Code.Issuer, Note: item.Note,
			Favorite: item.Pinned, Info: aegisInfoOf(item.Code), Groups: []string{},
		}
		for _, name := range item.Groups {
			if groups[name] == "" {
				groups[name] = newUUID()
				content.Groups = append(content.Groups, aegisGroupOut{groups[name], name})
			}
			e.Groups = append(e.Groups, groups[name])
		}
		content.Entries = append(content.Entries, e)
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(content); err != nil {
		return nil, fmt.Errorf("write the codes as JSON: %T", err) // the text could quote them
	}
	return buf.Bytes(), nil
}

func aegisInfoOf(c otp.Code) aegisInfoOut {
	info := aegisInfoOut{
		Secret: base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(c.Secret), Algo: string(c.Algorithm), Digits: int(c.Digits),
		Period: int(c.Period),
	}
	if c.Kind == otp.HOTP {
		counter := uint64(c.Counter)
		info.Counter = &counter
	}
	if c.Kind.NeedsPIN() {
		pin := string(c.PIN)
		info.PIN = &pin
	}
	return info
}

// newUUID is a random one (RFC 9562, version 4).
func newUUID() string {
	var b [16]byte
	rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
