package transfer

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/otp"
)

// Age is this app's own export: a file of age (age-encryption.org/v1) with lines of JSON in it; docs/export.md. A list of links that
// somebody encrypted with age is read, too.
const Age Format = "age"

// ErrIdentityNeeded is the answer to an age file that is encrypted for a key and not with a passphrase.
var ErrIdentityNeeded = authn.Fail(authn.Unauthorized, "import_identity_needed",
	"This file is encrypted for a key of age. Give the secret key, which begins with AGE-SECRET-KEY-, in place of the password.")

const (
	ageMagic    = "age-encryption.org/v1\n"
	ageIdentity = "AGE-SECRET-KEY-"
	// maxAgeWork is the logarithm of scrypt's N; with age's r of 8 that is 256 MiB. It is what age itself uses.
	maxAgeWork = 18
)

func sniffAge(f *file) bool {
	return bytes.HasPrefix(f.data, []byte(ageMagic)) || bytes.HasPrefix(bytes.TrimSpace(f.text), []byte(armor.Header))
}

func readAge(ctx context.Context, f *file, o Options) (Found, error) {
	data := f.data
	if !bytes.HasPrefix(data, []byte(ageMagic)) {
		var err error
		if data, err = io.ReadAll(armor.NewReader(bytes.NewReader(bytes.TrimSpace(f.text)))); err != nil {
			return Found{}, ErrDamaged.Because(err)
		}
	}
	ids, err := ageIdentities(data, o.Password)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return Found{}, err
	}
	return openAge(ctx, data, ids...)
}

// ageIdentities are what may open the file: the passphrase, or the secret keys that were given in its place.
func ageIdentities(data []byte, password key.Secret) ([]age.Identity, error) {
	work, isScrypt := ageWork(data)
	switch {
	case work > maxAgeWork:
		return nil, ErrTooHard
	case len(password) == 0 && isScrypt:
		return nil, ErrPasswordNeeded
	case isScrypt:
		id, err := age.NewScryptIdentity(string(password))
		if err != nil {
			return nil, ErrPasswordWrong
		}
		id.SetMaxWorkFactor(maxAgeWork)
		return []age.Identity{id}, nil
	case !bytes.Contains(password, []byte(ageIdentity)):
		return nil, ErrIdentityNeeded
	}
	ids, err := age.ParseIdentities(bytes.NewReader(password))
	if err != nil {
		return nil, ErrPasswordWrong // the cause may quote a key
	}
	return ids, nil
}

// ageWork finds the stanza of a passphrase, which stands alone: "-> scrypt SALT WORK".
func ageWork(data []byte) (work int, isScrypt bool) {
	line, _, _ := strings.Cut(string(data[len(ageMagic):min(len(data), 256)]), "\n")
	rest, isScrypt := strings.CutPrefix(line, "-> scrypt ")
	if words := strings.Fields(rest); isScrypt && len(words) == 2 {
		work, _ = strconv.Atoi(words[1])
	}
	return work, isScrypt
}

// openAge decrypts the file and reads what is in it.
func openAge(ctx context.Context, data []byte, ids ...age.Identity) (Found, error) {
	r, err := age.Decrypt(bytes.NewReader(data), ids...)
	var none *age.NoIdentityMatchError
	switch {
	case errors.As(err, &none):
		return Found{}, ErrPasswordWrong
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return Found{}, ErrTruncated
	case err != nil:
		return Found{}, ErrDamaged.Because(err)
	}
	text, err := readAtMost(r, MaxFile)
	if err != nil {
		clear(text)
		return Found{}, err
	}
	defer clear(text)
	if bytes.HasPrefix(text, []byte("{")) {
		return readAgeLines(ctx, text)
	}
	inner, err := newFile(text)
	if err != nil {
		return Found{}, err
	}
	if sniffLines(inner) || sniffMigration(inner) {
		return readLines(ctx, inner, Options{})
	}
	return Found{}, ErrUnknownFormat
}

// ageHead is the first line inside, ageLine each of the others.
type ageHead struct {
	Format  string `json:"format"`
	Version int    `json:"version"`
	Count   int    `json:"count"`
}

type ageLine struct {
	URI    string   `json:"uri"`
	Name   string   `json:"name,omitempty"`
	Note   string   `json:"note,omitempty"`
	Groups []string `json:"groups,omitempty"`
	Pinned bool     `json:"pinned,omitempty"`
}

const (
	ageInside  = "avow-codes"
	ageVersion = 1
)

func readAgeLines(ctx context.Context, text []byte) (Found, error) {
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, maxLine)
	if !lines.Scan() {
		return Found{}, ErrUnknownFormat
	}
	head, err := decodeChecked[ageHead](lines.Bytes())
	switch {
	case err != nil || head.Format != ageInside:
		return Found{}, ErrUnknownFormat
	case head.Version != ageVersion:
		return Found{}, ErrVersion
	case head.Count > MaxEntries:
		return Found{}, ErrTooMany
	}
	out := Found{Format: Age}
	n := 0
	for ; lines.Scan(); n++ {
		if n >= head.Count {
			return out, ErrDamaged
		}
		if err := ctx.Err(); err != nil {
			return out, err
		}
		out.addAge(n, lines.Bytes())
	}
	if lines.Err() != nil {
		return out, ErrDamaged
	}
	if n < head.Count {
		return out, ErrTruncated
	}
	return out, nil
}

func (f *Found) addAge(n int, text []byte) {
	line, err := decodeChecked[ageLine](text)
	if err != nil {
		f.add(n, entry{}, errEntry)
		return
	}
	c, err := otp.Parse(line.URI)
	if err != nil {
		issuer, account := linkLabel(line.URI)
		f.add(n, entry{issuer: issuer, account: account}, err)
		return
	}
	f.Items = append(f.Items, Item{
		Code: c, Name: clean(line.Name, maxName), Note: cleanNote(line.Note), Groups: cleanGroups(line.Groups), Pinned: line.Pinned,
	})
}

// ageLines writes what is inside.
func ageLines(items []Item) (key.Secret, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf) // ends each with a line feed
	enc.SetEscapeHTML(false)
	if err := enc.Encode(ageHead{ageInside, ageVersion, len(items)}); err != nil {
		return nil, err
	}
	for _, item := range items {
		uri, err := item.Code.Encode()
		if err != nil {
			return nil, err
		}
		line := ageLine{string(uri), item.Name, item.Note, item.Groups, item.Pinned}
		uri.Wipe()
		if err := enc.Encode(line); err != nil {
			return nil, errors.New("a code cannot be written as JSON") // the cause could quote it
		}
	}
	return buf.Bytes(), nil
}
