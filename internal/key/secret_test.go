package key

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// shapes returns the ways in which bytes could show up in a text.
func shapes(b []byte) []string {
	decimal := strings.Trim(fmt.Sprint(b), "[]")
	return []string{
		string(b), hex.EncodeToString(b), strings.ToUpper(hex.EncodeToString(b)), decimal, strings.ReplaceAll(decimal, " ", ","),
		base64.StdEncoding.EncodeToString(b), base64.RawURLEncoding.EncodeToString(b),
	}
}

// prints returns v as every printer of ours would write it.
func prints(t *testing.T, v any) map[string]string {
	t.Helper()
	out := map[string]string{}
	// Not %p: fmt asks no method for it, and go vet refuses it for what is no pointer.
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%o", "%b", "%c", "%U", "%e", "%y"} {
		out[verb] = fmt.Sprintf(verb, v)
	}
	out["Sprint"], out["Sprintln"] = fmt.Sprint(v), fmt.Sprintln(v)
	out["errors"] = errors.Join(fmt.Errorf("read %v: %w", v, errors.New("broken"))).Error()
	var text, js bytes.Buffer
	slog.New(slog.NewTextHandler(&text, nil)).Info("here", "v", v, slog.Group("in", "v", v))
	slog.New(slog.NewJSONHandler(&js, nil)).Info("here", "v", v, slog.Group("in", "v", v))
	out["slog text"], out["slog JSON"] = text.String(), js.String()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out["json"] = string(b)
	return out
}

// TestSecretsRedactThemselves is R-124 for the types of this package.
func TestSecretsRedactThemselves_R124(t *testing.T) {
	raw := []byte("tr0ub4dor&3-hunter2")
	secret := Secret(raw)
	private := fixedKey(t)
	scalar, err := private.k.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	pemText, err := private.EncodePEM()
	if err != nil {
		t.Fatal(err)
	}
	type holder struct {
		Secret  Secret
		Private Private
		Pointer *Secret
		Any     any
		List    []Secret
		Map     map[string]Secret
	}
	tests := []struct {
		name string
		v    any
	}{
		{"secret", secret},
		{"pointer to secret", &secret},
		{"private key", private},
		{"pointer to private key", &private},
		{"PEM", pemText},
		{"struct", holder{secret, private, &secret, secret, []Secret{secret}, map[string]Secret{"pin": secret}}},
		{"pointer to struct", &holder{Secret: secret, Private: private}},
		{"list", []any{secret, private, pemText}},
		{"map", map[string]any{"a": secret, "b": private}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for how, text := range prints(t, tt.v) {
				for _, hidden := range [][]byte{raw, scalar, pemText} {
					for _, shape := range shapes(hidden) {
						if strings.Contains(text, shape) {
							t.Errorf("%s shows the secret: %s", how, text)
						}
					}
				}
				if how != "json" && !strings.Contains(text, redacted) && strings.Contains(tt.name, "secret") {
					t.Errorf("%s gives %q, want %q in it", how, text, redacted)
				}
			}
		})
	}
}

func TestSecretsDifferAndCompare_R001(t *testing.T) {
	seen := map[string]bool{}
	for range 1000 {
		s := NewSecret(16)
		if len(s) != 16 {
			t.Fatalf("secret has %d bytes, want 16", len(s))
		}
		seen[string(s)] = true
		id := RandomID(16)
		b, err := base64.RawURLEncoding.Strict().DecodeString(id)
		if err != nil || len(b) != 16 {
			t.Fatalf("id %q is not 128 bits of base64url", id)
		}
		seen[string(b)] = true
	}
	if len(seen) != 2000 {
		t.Errorf("2000 draws gave %d different values", len(seen))
	}

	s := Secret("0123456789abcdef")
	for i := range s {
		other := bytes.Clone(s)
		other[i] ^= 1
		if s.Equal(other) {
			t.Errorf("equal to itself with bit 0 of byte %d flipped", i)
		}
	}
	switch {
	case !s.Equal(bytes.Clone(s)):
		t.Error("not equal to itself")
	case s.Equal(s[:15]), s.Equal(nil):
		t.Error("equal to a shorter one")
	}
	s.Wipe()
	if !bytes.Equal(s, make([]byte, 16)) {
		t.Errorf("wiped secret still holds %x", []byte(s))
	}
}
