package restore_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/store"
)

// TestDatabaseThief is R-096: after a whole restore the database has neither the code, nor a key that follows from it, nor a one-time code.
func TestDatabaseThief(t *testing.T) {
	r := newRig(t)
	p := r.proved()
	digits := r.Digits(p.Started.RestoreID)
	_, err := p.Confirm(digits)
	r.must(err)
	out, _, err := p.Take()
	r.must(err)
	proof, exchange := r.code.Keys(string(r.anna.User))
	secrets := map[string][]byte{
		"restore code": r.code.Bytes(), "restore code as it is written": []byte(r.code.Text()), "restore code without spaces": []byte(strings.ReplaceAll(r.code.Text(), " ", "")),
		"one-time code": []byte(digits), "one-time code as it is written": []byte(digits[:4] + " " + digits[4:]),
	}
	for name, k := range map[string]key.Private{"proof key": proof, "exchange key": exchange} {
		e, err := k.ECDH()
		r.must(err)
		secrets[name] = e.Bytes()
	}
	// What is there is found: the public half, and the file.
	present := map[string][]byte{"public key": proof.Key().Bytes(), "file": out.Escrow.File}
	files, err := filepath.Glob(filepath.Join(r.Dir, "avow.db*"))
	r.must(err)
	var all []byte
	for _, f := range files {
		data, err := os.ReadFile(f)
		r.must(err)
		all = append(all, data...)
	}
	for name, secret := range secrets {
		for _, form := range []string{string(secret), hex.EncodeToString(secret), base64.RawURLEncoding.EncodeToString(secret), base64.StdEncoding.EncodeToString(secret)} {
			if bytes.Contains(all, []byte(form)) {
				t.Errorf("the database holds the %s", name)
			}
		}
	}
	for name, b := range present {
		if !bytes.Contains(all, b) {
			t.Errorf("the scanner does not find the %s", name)
		}
	}
	// With all of it in hand the thief still has to prove the code: nothing in the database signs for it.
	var x authn.Escrow
	r.view(func(rd store.Reader) (err error) { x, err = rd.Escrow(r.anna.User); return err })
	thief := r.NewRestorer()
	_, err = thief.Prove("anna", codeOf(t, x.Tag[:16]))
	r.want("with what the database has", err, authn.ErrRestoreRefused)
}

func codeOf(t *testing.T, b []byte) key.RestoreCode {
	t.Helper()
	c, err := key.RestoreCodeOf(b)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
