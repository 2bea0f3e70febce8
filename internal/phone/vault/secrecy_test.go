package vault_test

import (
	"bytes"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"avow/internal/atomicfile"
	"avow/internal/key"
	"avow/internal/phone/vault"
)

// no 8 bytes of a secret or of a label stand in any file of the app's folder.
func TestFilesSayNothing(t *testing.T) {
	folder := t.TempDir()
	p := newPhone(t, nil, folder)
	seed := key.NewSecret(20)
	label, server := "anna.karlsson@example.com", "https://id.example.com"
	entry, err := json.Marshal(map[string]any{"login": label, "server": server, "secret": []byte(seed)})
	if err != nil {
		t.Fatal(err)
	}
	doc := vault.Document{Accounts: []json.RawMessage{entry}, Codes: []json.RawMessage{entry}}
	if err := p.store.Create(t.Context(), &doc); err != nil {
		t.Fatal(err)
	}
	if err := p.store.Save(t.Context(), &doc); err != nil {
		t.Fatal(err)
	}
	if err := p.store.SaveIndex(t.Context(), vault.Index{Generation: 2, Accounts: doc.Accounts}); err != nil {
		t.Fatal(err)
	}
	names, err := atomicfile.OS.List(folder)
	if err != nil || len(names) < 5 {
		t.Fatalf("folder holds %q, %v", names, err)
	}
	files := map[string][]byte{}
	for _, name := range names {
		if files[name], err = os.ReadFile(filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	noneReadable(t, files, seed, []byte(label), []byte(server), entry, []byte(base32.StdEncoding.EncodeToString(seed)),
		[]byte(base64.StdEncoding.EncodeToString(seed)), []byte(hex.EncodeToString(seed)))
}

func noneReadable(t *testing.T, files map[string][]byte, secrets ...[]byte) {
	t.Helper()
	for name, data := range files {
		for i, secret := range secrets {
			for at := 0; at+8 <= len(secret); at++ {
				if bytes.Contains(data, secret[at:at+8]) {
					t.Errorf("%s holds 8 bytes of secret %d", name, i)
				}
			}
		}
	}
}

// a locked app wipes its buffers; and a document never prints its content.
func TestDocumentWipesAndRedacts(t *testing.T) {
	doc := content(1)
	doc.Generation = 5
	entry := doc.Accounts[0]
	for _, text := range []string{fmt.Sprint(doc), fmt.Sprintf("%+v %#v %s %x", doc, doc, &doc, doc)} {
		if bytes.Contains([]byte(text), []byte("fill")) {
			t.Errorf("printed: %s", text)
		}
	}
	doc.Wipe()
	if bytes.Contains(entry, []byte("fill")) || doc.Accounts != nil {
		t.Error("entries are not wiped")
	}
}
