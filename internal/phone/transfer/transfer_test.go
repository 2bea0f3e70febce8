package transfer

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"avow/internal/authn"
	"avow/internal/key"
)

func read(t testing.TB, data []byte, password string) (Found, error) {
	t.Helper()
	return Read(t.Context(), bytes.NewReader(data), Options{Password: key.Secret(password)})
}

// checkFound compares what was found with what the fixture holds.
func checkFound(t *testing.T, f fixture, got Found) {
	t.Helper()
	var left []string
	for _, u := range got.Unreadable {
		left = append(left, u.Where)
		checkError(t, u.Err)
	}
	if got.Format != f.format || !gocmp.Equal(got.Items, f.want, cmpopts.EquateEmpty()) || !gocmp.Equal(left, f.left) {
		t.Errorf("got %s, unreadable %q, want %s, %q\n%s", got.Format, got.Unreadable, f.format, f.left, gocmp.Diff(f.want, got.Items, cmpopts.EquateEmpty()))
	}
}

// checkError makes sure that a person can do something with the error.
func checkError(t testing.TB, err error) {
	t.Helper()
	var known *authn.Error
	if !errors.As(err, &known) || known.Kind == authn.Internal || !strings.HasSuffix(known.Message, ".") {
		t.Errorf("got %v, want an error with a sentence for people", err)
	}
}

func TestReadsEachFormat(t *testing.T) {
	for _, f := range fixtures(t) {
		t.Run(f.file, func(t *testing.T) {
			got, err := read(t, f.data, f.password)
			if err != nil {
				t.Fatal(err)
			}
			checkFound(t, f, got)
			for _, item := range got.Items {
				if err := item.Code.Validate(); err != nil {
					t.Errorf("%s: %v", item.Code.Issuer, err)
				}
			}
			if f.format.App() == "" {
				t.Errorf("%s has no name for people", f.format)
			}
		})
	}
}

func TestPasswordIsAskedAndChecked(t *testing.T) {
	for _, f := range fixtures(t) {
		if f.password == "" {
			continue
		}
		for password, want := range map[string]error{
			"": ErrPasswordNeeded, strings.ToLower(f.password): ErrPasswordWrong,
		} {
			if got, err := read(t, f.data, password); !errors.Is(err, want) {
				t.Errorf("%s with %q: got %d entries, %v, want %v", f.file, password, len(got.Items), err, want)
			}
		}
		if _, err := read(t, f.data, strings.Repeat("x", MaxPassword+1)); !errors.Is(err, ErrPasswordWrong) {
			t.Errorf("%s with an endless password: got %v", f.file, err)
		}
	}
}

// TestCutOff reads every beginning of every file. Where an app has one entry a line, what is left of a file cannot tell.
func TestCutOff(t *testing.T) {
	for _, f := range fixtures(t) {
		t.Run(f.file, func(t *testing.T) {
			lines := bytes.HasSuffix([]byte(f.file), []byte(".txt"))
			for n := range len(bytes.TrimSpace(f.data)) {
				got, err := read(t, f.data[:n], cutOffPassword(f, n))
				switch {
				case err != nil:
					checkError(t, err)
				case !lines:
					t.Fatalf("cut to %d of %d bytes: got %d entries, want an error", n, len(f.data), len(got.Items))
				case !got.Format.in(Formats()):
					t.Fatalf("cut to %d bytes: got the format %q", n, got.Format)
				}
			}
		})
	}
}

// cutOffPassword is the right password, but for most lengths of a file for which it would cost much.
func cutOffPassword(f fixture, n int) string {
	switch {
	case f.file == "stratum_strong.bin" && n != 700, f.file == "stratum_legacy.bin" && n%512 != 4:
		return ""
	}
	return f.password
}

func TestChangedBytes(t *testing.T) {
	for _, f := range fixtures(t) {
		step := 1
		if f.password != "" { // each costs a key derivation
			step = 1 + len(f.data)/15
		}
		if f.file == "stratum_strong.bin" || f.file == "proton_libsodium.json" {
			step = len(f.data) - 1
		}
		for i := 0; i < len(f.data); i += step {
			changed := bytes.Clone(f.data)
			changed[i] ^= 0x11
			if _, err := read(t, changed, f.password); err != nil {
				checkError(t, err)
			}
		}
	}
}

func TestEmptyAndUnknown(t *testing.T) {
	for _, tt := range []struct {
		name, data string
		want       error
	}{
		{"nothing", "", ErrEmpty},
		{"white space", " \r\n\t", ErrEmpty},
		{"a byte order mark", "\ufeff", ErrEmpty},
		{"UTF-16 of nothing", "\xff\xfe", ErrEmpty},
		{"prose", "Dear Sir or Madam,\n", ErrUnknownFormat},
		{"an empty object", "{}", ErrUnknownFormat},
		{"an empty list", "[]", ErrUnknownFormat},
		{"other JSON", `{"name":"avow","dependencies":{}}`, ErrUnknownFormat},
		{"a list of texts", `["otpauth"]`, ErrUnknownFormat},
		{"half an object", `{"services":[`, ErrTruncated},
		{"an object and more", `{"services":[]}]`, ErrDamaged},
		{"too deep", strings.Repeat("[", maxDepth+1), ErrDamaged},
		{"closed too often", "{}}}", ErrDamaged},
		{"too many elements", "[" + strings.Repeat("0,", MaxEntries) + "0]", ErrTooMany},
		{"a picture", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + string(some("picture", 2000)), ErrUnknownFormat},
		{"a link with a zero", "otpauth://totp/a\x00?secret=" + textA, ErrUnknownFormat},
		{"zeros", strings.Repeat("\x00", 1000), ErrUnknownFormat},
		{"half a database", sqliteMagic + "\x10\x00", ErrTruncated},
		{"another database", string(makeDatabase(t, `CREATE TABLE notes (text TEXT)`)), ErrUnknownFormat},
		{"Aegis without entries", `{"version":1,"header":{"slots":null,"params":null},"db":{"version":1,"entries":[]}}`, ErrNothing},
		{"Aegis of the future", `{"version":2,"header":{"slots":null,"params":null},"db":{"version":1,"entries":[]}}`, ErrVersion},
		{"Aegis content of the future", `{"version":1,"header":{"slots":null,"params":null},"db":{"version":4,"entries":[]}}`, ErrVersion},
		{"Aegis, opened by the fingerprint only", `{"version":1,"header":{"slots":[{"type":2}],"params":{"nonce":"00","tag":"00"}},"db":"AAAA"}`, ErrNoPassword},
		{"2FAS of the future", `{"schemaVersion":5,"services":[]}`, ErrVersion},
		{"2FAS without entries", `{"schemaVersion":4,"services":[]}`, ErrNothing},
		{"2FAS with two of three parts", `{"schemaVersion":4,"services":[],"servicesEncrypted":"AAAA:AAAA"}`, ErrDamaged},
		{"Stratum without entries", `{"Authenticators":null}`, ErrNothing},
		{"Stratum, its first bytes only", stratumMagic, ErrTruncated},
		{"old Stratum, its first bytes only", stratumLegacyMagic, ErrTruncated},
		{"Proton of the future", `{"version":2,"entries":[]}`, ErrVersion},
		{"Proton without entries", `{"version":1,"entries":[]}`, ErrNothing},
		{"Ente of the future", `{"version":2,"kdfParams":{},"encryptedData":"","encryptionNonce":""}`, ErrVersion},
		{"a migration without data", migrationLink, nil},
	} {
		got, err := read(t, []byte(tt.data), "x")
		if tt.want == nil { // a line that is one entry, which is unreadable
			if err != nil || len(got.Items) != 0 || len(got.Unreadable) != 1 {
				t.Errorf("%s: got %+v, %v", tt.name, got, err)
			}
			continue
		}
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: got %d entries, %v, want %v", tt.name, len(got.Items), err, tt.want)
		}
	}
}

func TestStopsWhenItsContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Read(ctx, strings.NewReader("otpauth://totp/a?secret="+textA), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// The bytes of what was found are gone after Wipe.
func TestWipe(t *testing.T) {
	found, err := read(t, aegisFixtures(t)[0].data, "")
	if err != nil {
		t.Fatal(err)
	}
	var secrets []key.Secret
	for _, item := range found.Items {
		secrets = append(secrets, item.Code.Secret, item.Code.PIN)
	}
	found.Wipe()
	for _, s := range secrets {
		if !bytes.Equal(s, make([]byte, len(s))) {
			t.Error("a secret is still there")
		}
	}
	if len(found.Items) > 0 {
		t.Error("the items are still there")
	}
}
