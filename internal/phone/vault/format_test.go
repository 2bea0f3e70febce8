package vault_test

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/tag"
	"github.com/google/go-cmp/cmp"

	"avow/internal/key"
	"avow/internal/phone/vault"
)

func newKey(t testing.TB) (key.Public, *ecdh.PrivateKey) {
	t.Helper()
	private, err := key.Generate()
	if err != nil {
		t.Fatal(err)
	}
	k, err := private.ECDH()
	if err != nil {
		t.Fatal(err)
	}
	return private.Key(), k
}

func tagRecipient(t testing.TB, pub key.Public) *tag.Recipient {
	t.Helper()
	r, err := tag.NewClassicRecipient(pub.Compressed())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func identity(t testing.TB, k ecdh.KeyExchanger) *vault.Identity {
	t.Helper()
	id, err := vault.NewIdentity(k)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// Golden files: every version ever written must be read for ever.
func TestGolden(t *testing.T) {
	pem, err := os.ReadFile("testdata/v1.key")
	if err != nil {
		t.Fatal(err)
	}
	private, err := key.ParsePEM(pem)
	if err != nil {
		t.Fatal(err)
	}
	k, err := private.ECDH()
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile("testdata/v1.age")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := vault.Decode(k, file)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/v1.json")
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.TrimSpace(string(want)), string(got)); diff != "" {
		t.Errorf("document of version 1 (-want +got):\n%s", diff)
	}
}

// The identity opens what age's own p256tag recipient makes, alone and among other recipients.
func TestIdentityOpensAgeTagFiles(t *testing.T) {
	mine, k := newKey(t)
	other, otherKey := newKey(t)
	x, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string][]age.Recipient{
		"alone": {tagRecipient(t, mine)}, "second": {tagRecipient(t, other), tagRecipient(t, mine)}, "mixed": {x.Recipient(), tagRecipient(t, mine)},
	} {
		var file bytes.Buffer
		w, err := age.Encrypt(&file, to...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, "hello"); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		r, err := age.Decrypt(bytes.NewReader(file.Bytes()), identity(t, k))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if text, err := io.ReadAll(r); err != nil || string(text) != "hello" {
			t.Errorf("%s: got %q, %v", name, text, err)
		}
		if name == "alone" {
			var none *age.NoIdentityMatchError
			if _, err := age.Decrypt(bytes.NewReader(file.Bytes()), identity(t, otherKey)); !errors.As(err, &none) {
				t.Errorf("another key: %v, want NoIdentityMatchError", err)
			}
		}
	}
}

// The four bytes of a tag can be the same by chance: then the next stanza is tried.
func TestIdentityPassesOverATagCollision(t *testing.T) {
	mine, k := newKey(t)
	other, _ := newKey(t)
	fileKey := bytes.Repeat([]byte{1}, 16)
	stanzas, err := tagRecipient(t, mine).Wrap(fileKey)
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := tagRecipient(t, other).Wrap(make([]byte, 16))
	if err != nil {
		t.Fatal(err)
	}
	enc, err := base64.RawStdEncoding.DecodeString(foreign[0].Args[1])
	if err != nil {
		t.Fatal(err)
	}
	same, err := tagRecipient(t, mine).Tag(enc)
	if err != nil {
		t.Fatal(err)
	}
	foreign[0].Args[0] = base64.RawStdEncoding.EncodeToString(same)
	got, err := identity(t, k).Unwrap(append(foreign, stanzas...))
	if err != nil || !bytes.Equal(got, fileKey) {
		t.Errorf("got %x, %v", got, err)
	}
}

// counting is a key that notices being asked.
type counting struct {
	*ecdh.PrivateKey
	asked int
	err   error
}

func (c *counting) ECDH(peer *ecdh.PublicKey) ([]byte, error) {
	c.asked++
	if c.err != nil {
		return nil, c.err
	}
	return c.PrivateKey.ECDH(peer)
}

func TestMalformedStanzasAskForNothing(t *testing.T) {
	mine, k := newKey(t)
	wrapped, err := tagRecipient(t, mine).Wrap(make([]byte, 16))
	if err != nil {
		t.Fatal(err)
	}
	good := wrapped[0]
	b64 := base64.RawStdEncoding.EncodeToString
	off := append([]byte{4}, bytes.Repeat([]byte{1}, 64)...)
	offTag, err := tagRecipient(t, mine).Tag(off)
	if err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*age.Stanza{
		"no arguments":  {Type: "p256tag", Body: good.Body},
		"third":         {Type: "p256tag", Args: append(append([]string(nil), good.Args...), "x"), Body: good.Body},
		"short tag":     {Type: "p256tag", Args: []string{b64([]byte{1, 2, 3}), good.Args[1]}, Body: good.Body},
		"not base64":    {Type: "p256tag", Args: []string{"!!!!!!", good.Args[1]}, Body: good.Body},
		"padded":        {Type: "p256tag", Args: []string{good.Args[0] + "==", good.Args[1]}, Body: good.Body},
		"short point":   {Type: "p256tag", Args: []string{good.Args[0], b64(off[:64])}, Body: good.Body},
		"off the curve": {Type: "p256tag", Args: []string{b64(offTag), b64(off)}, Body: good.Body},
		"short body":    {Type: "p256tag", Args: good.Args, Body: good.Body[:31]},
		"long body":     {Type: "p256tag", Args: good.Args, Body: append(bytes.Clone(good.Body), 0)},
		"wrong tag":     {Type: "p256tag", Args: []string{b64([]byte{0, 0, 0, 0}), good.Args[1]}, Body: good.Body},
		"other type":    {Type: "X25519", Args: good.Args, Body: good.Body},
	} {
		c := &counting{PrivateKey: k}
		if got, err := identity(t, c).Unwrap([]*age.Stanza{s}); err == nil || got != nil {
			t.Errorf("%s: got %x", name, got)
		}
		if c.asked != 0 {
			t.Errorf("%s: the key was asked for", name)
		}
	}
	no := errors.New("user said no")
	if _, err := identity(t, &counting{PrivateKey: k, err: no}).Unwrap(wrapped); !errors.Is(err, no) {
		t.Errorf("refusal came back as %v", err)
	}
	p384, err := ecdh.P384().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := vault.NewIdentity(p384); err == nil {
		t.Error("a P-384 key was taken")
	}
}

var documents = map[string]bool{ // text: good
	`{"v":1,"generation":1,"accounts":[],"codes":[]}`:                             true,
	`{"v":1,"generation":9007199254740992,"accounts":[{"a":"<&>"}],"codes":[{}]}`: true,
	`{"v":1,"generation":9007199254740993,"accounts":[],"codes":[]}`:              false,
	`{"v":1,"generation":0,"accounts":[],"codes":[]}`:                             false,
	`{"v":1,"generation":-1,"accounts":[],"codes":[]}`:                            false,
	`{"v":0,"generation":1,"accounts":[],"codes":[]}`:                             false,
	`{"v":2,"generation":1,"accounts":[],"codes":[]}`:                             false,
	`{"generation":1,"accounts":[],"codes":[]}`:                                   false,
	`{"v":1,"generation":1,"accounts":null,"codes":[]}`:                           false,
	`{"v":1,"generation":1,"accounts":[]}`:                                        false,
	`{"v":1,"generation":1,"accounts":[1],"codes":[]}`:                            false,
	`{"v":1,"generation":1,"accounts":[null],"codes":[]}`:                         false,
	`{"v":1,"generation":1,"accounts":[],"codes":["x"]}`:                          false,
	`{"v":1,"generation":1,"accounts":[],"codes":[],"more":1}`:                    false,
	`{"v":1,"v":1,"generation":1,"accounts":[],"codes":[]}`:                       false,
	`{"v":1,"generation":2,"generation":1,"accounts":[],"codes":[]}`:              false,
	`{"V":1,"generation":1,"accounts":[],"codes":[]}`:                             false,
	`{"v":1,"generation":1,"accounts":[],"codes":[]}{}`:                           false,
	`{"v":1,"generation":1,"accounts":[],"codes":[]} `:                            false,
	`{"v":1, "generation":1,"accounts":[],"codes":[]}`:                            false,
	``: false, `null`: false, `[]`: false, `{}`: false, `{"v":1`: false, "\xff": false,
}

func TestParse(t *testing.T) {
	for text, good := range documents {
		doc, err := vault.Parse([]byte(text))
		if (err == nil) != good {
			t.Errorf("%s: %v, want good: %v", text, err, good)
		}
		if err != nil && doc.Generation != 0 {
			t.Errorf("%s: a document came with the error", text)
		}
	}
	if _, err := vault.Parse([]byte(`{"v":2,"new":true}`)); !errors.Is(err, vault.ErrNewer) {
		t.Errorf("later version: %v, want ErrNewer", err)
	}
}

func TestEncodeRefusesWhatItCouldNotRead(t *testing.T) {
	pub, _ := newKey(t)
	for name, doc := range map[string]vault.Document{
		"no generation": {},
		"no object":     {Generation: 1, Codes: []json.RawMessage{[]byte(`"x"`)}},
		"no JSON":       {Generation: 1, Codes: []json.RawMessage{[]byte(`{oops`)}},
		"two values":    {Generation: 1, Codes: []json.RawMessage{[]byte(`{}{}`)}},
		"empty":         {Generation: 1, Codes: []json.RawMessage{nil}},
	} {
		if _, err := vault.Encode(pub, doc); err == nil || strings.Contains(err.Error(), "oops") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for text := range documents {
		f.Add([]byte(text))
	}
	pub, k := newKey(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		doc, err := vault.Parse(text)
		if err != nil {
			return
		}
		file, err := vault.Encode(pub, doc)
		if err != nil {
			t.Fatalf("parsed but not encoded: %v", err)
		}
		again, err := vault.Decode(k, file)
		if err != nil {
			t.Fatalf("encoded but not decoded: %v", err)
		}
		if diff := cmp.Diff(doc.Accounts, again.Accounts); diff != "" || again.Generation != doc.Generation {
			t.Errorf("changed: %s", diff)
		}
	})
}

func FuzzDecode(f *testing.F) {
	golden, err := os.ReadFile("testdata/v1.age")
	if err != nil {
		f.Fatal(err)
	}
	pem, err := os.ReadFile("testdata/v1.key")
	if err != nil {
		f.Fatal(err)
	}
	private, err := key.ParsePEM(pem)
	if err != nil {
		f.Fatal(err)
	}
	k, err := private.ECDH()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	f.Add([]byte("age-encryption.org/v1\n-> p256tag AAAA AAAA\n\n--- x\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		doc, err := vault.Decode(k, file)
		if err == nil && doc.V != vault.Version {
			t.Errorf("version %d without an error", doc.V)
		}
	})
}

func FuzzStanza(f *testing.F) {
	mine, k := newKey(f)
	wrapped, err := tagRecipient(f, mine).Wrap(make([]byte, 16))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(wrapped[0].Args[0], wrapped[0].Args[1], wrapped[0].Body)
	f.Add("", "", []byte{})
	f.Fuzz(func(t *testing.T, tag, enc string, body []byte) {
		_, _ = identity(t, k).Unwrap([]*age.Stanza{{Type: "p256tag", Args: []string{tag, enc}, Body: body}})
	})
}
