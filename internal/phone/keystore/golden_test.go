package keystore_test

import (
	"os"
	"testing"

	"avow/internal/key"
	"avow/internal/phone/platform"
)

// Golden files: every version ever written must be opened for ever. The folder is a whole keystore, and a text sealed by it.
func TestGolden(t *testing.T) {
	opt := options(t, newClock())
	if err := os.CopyFS(opt.Dir, os.DirFS("testdata/v1")); err != nil {
		t.Fatal(err)
	}
	ks := reopen(t, opt)
	if got, err := ks.Mark(t.Context(), "vault"); err != nil || got != 42 {
		t.Errorf("mark is %d, %v, want 42", got, err)
	}
	sealed, err := os.ReadFile("testdata/v1/sealed")
	if err != nil {
		t.Fatal(err)
	}
	if text, err := ks.Unseal(t.Context(), "golden", sealed); err != nil || string(text) != "sealed by version 1" {
		t.Errorf("unsealed %q, %v", text, err)
	}
	list := ks.List()
	if len(list) != 4 {
		t.Fatalf("keystore has %d keys, want 4", len(list))
	}
	for _, info := range list {
		u, err := ks.Use(withPIN(t.Context()), info.ID, platform.Prompt{})
		if err != nil {
			t.Errorf("%s: %v", info.ID, err)
			continue
		}
		if info.Purpose.Exchanges() {
			if _, err := u.ECDH(u.PublicKey()); err != nil {
				t.Errorf("%s: %v", info.ID, err)
			}
			continue
		}
		if sig, err := key.Sign(u, []byte("text")); err != nil || !key.Verify(info.Public, []byte("text"), sig) {
			t.Errorf("%s: signature does not verify (%v)", info.ID, err)
		}
	}
	opt.Backup = true
	if got := reopen(t, opt).List(); len(got) != 4 {
		t.Errorf("backup has %d keys, want 4", len(got))
	}
	if err := reopen(t, opt).CheckPIN(t.Context(), key.Secret("111222")); err == nil {
		t.Error("a wrong PIN opens the golden keystore")
	}
}
