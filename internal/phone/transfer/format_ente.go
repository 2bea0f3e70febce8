package transfer

import (
	"context"
	"strings"
)

// enteFile is an encrypted export of Ente Auth (docs/auth/migration/export.md in its repository): a list of links, in one
// message of libsodium's secretstream.
type enteFile struct {
	Version int `json:"version"`
	KDF     struct {
		Memory int64  `json:"memLimit"` // bytes
		Passes int64  `json:"opsLimit"`
		Salt   string `json:"salt"`
	} `json:"kdfParams"`
	Data   string `json:"encryptedData"`
	Header string `json:"encryptionNonce"` // of the stream
}

// sniffEnte knows the encrypted form by its members, and the plain one, which is a list of links, by a parameter that only
// Ente writes.
func sniffEnte(f *file) bool {
	if f.has("kdfParams", "encryptedData", "encryptionNonce") {
		return true
	}
	line := firstLine(f.text)
	return isCodeLink(line) && strings.Contains(line, "codeDisplay=")
}

func readEnte(ctx context.Context, f *file, o Options) (Found, error) {
	links := f.text
	if f.object != nil {
		var err error
		if links, err = openEnte(ctx, f.text, o); err != nil {
			return Found{}, err
		}
		defer clear(links)
	}
	found, err := readLinks(links)
	found.Format = Ente
	return found, err
}

// openEnte decrypts the list.
func openEnte(ctx context.Context, text []byte, o Options) ([]byte, error) {
	export, err := decode[enteFile](text)
	if err != nil {
		return nil, err
	}
	if export.Version != 1 {
		return nil, ErrVersion
	}
	var parts [3][]byte
	for i, part := range []string{export.KDF.Salt, export.Header, export.Data} {
		if parts[i], err = fromBase64(part); err != nil {
			return nil, err
		}
	}
	salt, header, sealed := parts[0], parts[1], parts[2]
	k, err := argon2idKey(ctx, o, salt, export.KDF.Passes, export.KDF.Memory/1024, 1, streamKeySize)
	if err != nil {
		return nil, err
	}
	defer k.Wipe()
	return openStream(k, header, sealed)
}
