package transfer

import (
	"context"
	"encoding/json"

	"avow/internal/otp"
)

const (
	protonVersion    = 1
	protonAdditional = "proton.authenticator.export.v1"
	protonSalt       = 16
	protonNonce      = 12
	protonPasses     = 2
	protonMemory     = 19 << 10 // KiB
)

// protonFile is an export of Proton Authenticator: Entries of the plain one, Salt and Content of the one with a password.
type protonFile struct {
	Version int             `json:"version"`
	Entries json.RawMessage `json:"entries"`
	Salt    string          `json:"salt"`
	Content string          `json:"content"` // base64 of nonce and ciphertext of the plain form
}

type protonEntry struct {
	Content struct {
		URI  string `json:"uri"`
		Name string `json:"name"`
	} `json:"content"`
	Note string `json:"note"`
}

func sniffProton(f *file) bool {
	return f.has("version", "entries") && !f.has("header") || f.has("version", "salt", "content") && len(f.object) == 3
}

func readProton(ctx context.Context, f *file, o Options) (Found, error) {
	export, err := decode[protonFile](f.text)
	if err != nil {
		return Found{}, err
	}
	if export.Version != protonVersion {
		return Found{}, ErrVersion
	}
	if f.has("entries") {
		return readProtonEntries(export.Entries)
	}
	plain, err := export.open(ctx, o)
	if err != nil {
		return Found{}, err
	}
	defer clear(plain)
	inner, err := decodeChecked[protonFile](plain)
	if err != nil {
		return Found{}, err
	}
	if inner.Version != protonVersion {
		return Found{}, ErrVersion
	}
	return readProtonEntries(inner.Entries)
}

func (p protonFile) open(ctx context.Context, o Options) ([]byte, error) {
	salt, err := fromBase64(p.Salt)
	if err != nil {
		return nil, err
	}
	sealed, err := fromBase64(p.Content)
	if err != nil {
		return nil, err
	}
	if len(salt) != protonSalt {
		return nil, ErrDamaged
	}
	if len(sealed) < protonNonce {
		return nil, ErrTruncated
	}
	k, err := argon2idKey(ctx, o, salt, protonPasses, protonMemory, 1, 32)
	if err != nil {
		return nil, err
	}
	defer k.Wipe()
	return openGCM(k, sealed[:protonNonce], sealed[protonNonce:], []byte(protonAdditional))
}

// readProtonEntries reads JSON within the limits.
func readProtonEntries(text []byte) (Found, error) {
	entries, err := list(text)
	if err != nil {
		return Found{}, err
	}
	var found Found
	for n, raw := range entries {
		e, err := decode[protonEntry](raw)
		if err != nil {
			found.add(n, entry{}, errEntry)
			continue
		}
		found.addProton(n, e)
	}
	return found, nil
}

// addProton adds the n-th entry. Its name is the account of the link; a link of Steam has none.
func (f *Found) addProton(n int, e protonEntry) {
	code, err := otp.Parse(e.Content.URI)
	if err != nil {
		f.add(n, entry{account: e.Content.Name}, err)
		return
	}
	item := Item{Code: code, Note: cleanNote(e.Note)}
	switch name := clean(e.Content.Name, maxName/2); {
	case code.Account == "":
		item.Code.Account = name
	case name != code.Account && name != code.Issuer:
		item.Name = name
	}
	f.Items = append(f.Items, item)
}
