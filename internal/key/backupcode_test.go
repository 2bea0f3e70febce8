package key

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
)

var backupShape = regexp.MustCompile(`^[0-9]-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{5}$`)

//
func TestBackupSet(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		for place, c := range NewBackupSet() {
			text := c.Text()
			if !backupShape.MatchString(text) || c.Place() != place || seen[text[2:]] {
				t.Fatalf("place %d: %q at %d", place, text, c.Place())
			}
			seen[text[2:]] = true
			for _, typed := range []string{
				text, strings.ToLower(text), strings.ReplaceAll(text, "-", ""), strings.ReplaceAll(text, "-", " "), " " + strings.Join(strings.Split(text, ""), "\u00a0") + "\r\n",
				strings.NewReplacer("0", "o", "1", "l").Replace(text), strings.NewReplacer("0", "O", "1", "I").Replace(text), strings.ReplaceAll(text, "-", "\u2013"),
			} {
				if got, err := ParseBackupCode(typed); err != nil || !got.Equal(c) || got.Text() != text {
					t.Fatalf("%q: %v", typed, err)
				}
			}
		}
	}
}

// TestBackupCodeBits: each of the 65 bits is drawn. That one stays the same over 200 codes has a chance of 2^-192.
func TestBackupCodeBits(t *testing.T) {
	var ones, zeros [backupSymbols]int
	for range 20 {
		for _, c := range NewBackupSet() {
			for i, ch := range strings.ReplaceAll(c.Text(), "-", "")[1:] {
				v := strings.IndexRune(CrockfordDigits, ch)
				ones[i] |= v
				zeros[i] |= ^v & 31
			}
		}
	}
	for i := range backupSymbols {
		if ones[i] != 31 || zeros[i] != 31 {
			t.Errorf("character %d: bits that were set %05b, and not %05b", i+1, ones[i], zeros[i])
		}
	}
}

// TestBackupCodeCharacters tries every byte at every place of a code.
func TestBackupCodeCharacters(t *testing.T) {
	const flat = "7ABCDEFGHJKMNP"
	for i := range flat {
		for b := range 256 {
			typed := flat[:i] + string([]byte{byte(b)}) + flat[i+1:]
			clean := CleanCrockford(typed)
			want := len(clean) == len(flat) && strings.IndexByte(CrockfordDigits, clean[i]) >= 0 && (i > 0 || clean[0] <= '9')
			c, err := ParseBackupCode(typed)
			if (err == nil) != want {
				t.Errorf("%#x at %d: %v", b, i, err)
			}
			if err == nil && strings.ReplaceAll(c.Text(), "-", "") != clean {
				t.Errorf("%#x at %d: %q", b, i, c.Text())
			}
		}
	}
	for _, typed := range []string{"", "7", flat[:13], flat + "0", strings.Repeat("0", 1<<16), "７ABCDEFGHJKMNP"} {
		if _, err := ParseBackupCode(typed); !errors.Is(err, ErrBackupCode) {
			t.Errorf("%d characters: %v", len(typed), err)
		}
	}
}

func backupCode(t testing.TB, text string) BackupCode {
	t.Helper()
	c, err := ParseBackupCode(text)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestBackupCodeHash_R102: everything that goes into a hash changes it, and one is fixed: stored hashes must stay good.
func TestBackupCodeHash_R102(t *testing.T) {
	pepper, salt := Secret(strings.Repeat("p", 32)), BackupSalt{1, 2, 3}
	code := backupCode(t, "7-ABCD-EFGH-JKMNP")
	first := code.Hash(pepper, "u_anna", salt)
	const want = "138aa1f4f808d80101f9e5274b4c3d7004e1fcccdb622ac3684d3d58f4ba89f3"
	if got := hex.EncodeToString(first[:]); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if again := backupCode(t, "7abcdefghjkmnp").Hash(pepper, "u_anna", salt); again != first {
		t.Error("the same code gives another hash")
	}
	for name, other := range map[string][32]byte{
		"another place":     backupCode(t, "6-ABCD-EFGH-JKMNP").Hash(pepper, "u_anna", salt),
		"another character": backupCode(t, "7-ABCD-EFGH-JKMNQ").Hash(pepper, "u_anna", salt),
		"another user":      code.Hash(pepper, "u_bo", salt),
		"another salt":      code.Hash(pepper, "u_anna", BackupSalt{1, 2, 4}),
		"another pepper":    code.Hash(Secret(strings.Repeat("q", 32)), "u_anna", salt),
	} {
		if other == first {
			t.Errorf("%s gives the same hash", name)
		}
	}
	if one, two := NewBackupSalt(), NewBackupSalt(); one == two || one == (BackupSalt{}) {
		t.Error("two salts are the same, or one is none")
	}
}

//
func TestBackupCodeRedacts(t *testing.T) {
	c := backupCode(t, "7-ABCD-EFGH-JKMNP")
	type holder struct {
		Code   BackupCode
		hidden BackupCode
		Set    [1]BackupCode
	}
	h := holder{c, c, [1]BackupCode{c}}
	var printed []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		printed = append(printed, fmt.Sprintf(verb, c), fmt.Sprintf(verb, h), fmt.Sprintf(verb, &h))
	}
	j, err := json.Marshal(h)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewTextHandler(&log, nil)).Info("code", "code", c, "holder", h)
	for _, text := range append(printed, string(j), log.String(), ErrBackupCode.Error()) {
		for _, secret := range []string{"ABCD", "JKMNP", hex.EncodeToString([]byte("ABCD")), "65 66 67 68"} {
			if strings.Contains(strings.ToUpper(text), strings.ToUpper(secret)) {
				t.Errorf("%q holds %q", text, secret)
			}
		}
	}
	var none BackupCode
	if !none.IsZero() || none.Equal(none) || none.Equal(c) || c.IsZero() {
		t.Error("no code is taken for one")
	}
}

func FuzzParseBackupCode(f *testing.F) {
	for _, s := range []string{"", "7-ABCD-EFGH-JKMNP", "0000 0000 0000 00", "o-IlIl-oooo-zzzzz", "A-ABCD-EFGH-JKMNP", "7-ABCU-EFGH-JKMNP", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		c, err := ParseBackupCode(typed)
		if err != nil {
			if !errors.Is(err, ErrBackupCode) || !c.IsZero() {
				t.Fatalf("%q: %v", typed, err)
			}
			return
		}
		if !backupShape.MatchString(c.Text()) || c.Place() < 0 || c.Place() >= BackupCodes {
			t.Fatalf("%q became %q", typed, c.Text())
		}
		if again, err := ParseBackupCode(c.Text()); err != nil || !again.Equal(c) {
			t.Fatalf("%q does not come back: %v", c.Text(), err)
		}
	})
}

func BenchmarkBackupCodeHash(b *testing.B) {
	c, pepper, salt := NewBackupSet()[3], NewSecret(32), NewBackupSalt()
	b.ReportAllocs()
	for b.Loop() {
		_ = c.Hash(pepper, "u_anna", salt)
	}
}
