package transfer

import (
	"archive/zip"
	"bytes"
	"context"
	"strings"
)

// AuthenticatorPlus is Mufri's app of that name: a zip file with a list of links in Accounts.txt, locked with a password. WinAuth locks
// its list in the same way.
const AuthenticatorPlus Format = "authenticator_plus"

// maxZipEntries is far more than such a file has.
const maxZipEntries = 64

func sniffZip(f *file) bool { return bytes.HasPrefix(f.data, []byte("PK\x03\x04")) }

func readZip(ctx context.Context, f *file, o Options) (Found, error) {
	archive, err := zip.NewReader(bytes.NewReader(f.data), int64(len(f.data)))
	if err != nil {
		return Found{}, ErrTruncated // what an archive consists of stands at its end
	}
	if len(archive.File) > maxZipEntries {
		return Found{}, ErrUnknownFormat
	}
	for _, packed := range archive.File {
		if !strings.HasSuffix(strings.ToLower(packed.Name), ".txt") || ctx.Err() != nil {
			continue
		}
		found, known, err := readZipEntry(ctx, packed, o)
		if known && strings.EqualFold(packed.Name, "Accounts.txt") {
			found.Format = AuthenticatorPlus
		}
		if known || err != nil {
			return found, err
		}
	}
	if ctx.Err() != nil {
		return Found{}, ctx.Err()
	}
	return Found{}, ErrUnknownFormat
}

// readZipEntry reads an entry if it is a list of links.
func readZipEntry(ctx context.Context, packed *zip.File, o Options) (_ Found, known bool, _ error) {
	content, err := openZip(packed, o.Password, MaxFile)
	if err != nil {
		return Found{}, false, err
	}
	defer clear(content)
	inner, err := newFile(content)
	if err != nil {
		return Found{}, false, err
	}
	defer inner.wipe()
	switch {
	case sniffWinAuth(inner):
		found, err := readWinAuth(ctx, inner, o)
		return found, true, err
	case sniffLines(inner), sniffMigration(inner):
		found, err := readLines(ctx, inner, o)
		return found, true, err
	}
	return Found{}, false, nil
}
