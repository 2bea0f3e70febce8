package transfer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"
	"pgregory.net/rapid"

	"avow/internal/key"
	"avow/internal/otp"
)

var exportPassphrase = key.Secret("four words of a kind")

func init() { ageWorkFactor = 10 } // 16 ms in place of two seconds

// exportItems are codes of every kind, with everything that a person can make of them.
func exportItems() []Item {
	motp := otp.Code{
		Kind: otp.MOTP, Issuer: "mOTP", Account: "anna", Secret: otp.Secret("a secret of motp"), Algorithm: otp.MD5, Digits: 6, Period: 10,
		PIN: otp.Secret("1234"),
	}
	yandex := otp.Code{
		Kind: otp.Yandex, Issuer: "Yandex", Account: "anna", Secret: otp.Secret("sixteen bytes ok"), Algorithm: otp.SHA256, Digits: 8,
		Period: 30, PIN: otp.Secret("5239"),
	}
	return []Item{
		{Code: fixtureTOTP, Name: "My mail", Note: "first line\nsecond", Groups: []string{"Work", "E-Mail"}, Pinned: true},
		{Code: fixtureLong, Groups: []string{"Work"}},
		{Code: fixtureHOTP, Note: "<&>\u2028"},
		{Code: fixtureSteam, Pinned: true},
		{Code: motp},
		{Code: yandex, Name: "Ya"},
		{Code: with(fixtureTOTP, func(c *otp.Code) { c.Issuer, c.Account = "", "" })},
		{Code: with(fixtureTOTP, func(c *otp.Code) { c.Issuer, c.Account = "a:b", "c:d" })},
	}
}

func exportOptions(f Format) ExportOptions {
	if f.Protected() {
		return ExportOptions{Passphrase: bytes.Clone(exportPassphrase)}
	}
	return ExportOptions{Typed: PlainPhrase}
}

// TestExport_R060: every form holds every code that it does not name as left out, and everything else that it has a place for; nothing of a
// protected file is readable.
func TestExport_R060(t *testing.T) {
	if f := ExportFormats()[0]; f != Age {
		t.Errorf("%q is the default, not the age file", f)
	}
	left := map[Format][]string{Google: {"Bank: 42", "Steam: gamer", "mOTP: anna", "Yandex: anna"}}
	for _, format := range ExportFormats() {
		t.Run(string(format), func(t *testing.T) {
			x, err := MakeExport(t.Context(), format, exportItems(), exportOptions(format))
			if err != nil {
				t.Fatal(err)
			}
			defer x.Wipe()
			var names []string
			for _, u := range x.Left {
				names = append(names, u.Where)
			}
			if !slices.Equal(names, left[format]) || x.Count+len(x.Left) != len(exportItems()) {
				t.Errorf("%d exported, left out %q, want %q", x.Count, names, left[format])
			}
			var file bytes.Buffer
			if n, err := x.WriteTo(&file); err != nil || n != int64(file.Len()) {
				t.Fatalf("%d bytes, %v", n, err)
			}
			if err := x.Check(bytes.NewReader(file.Bytes())); err != nil {
				t.Error(err)
			}
			found, err := Read(t.Context(), bytes.NewReader(file.Bytes()), Options{Password: exportPassphrase})
			if err != nil || len(found.Items) != x.Count || found.Format != format {
				t.Fatalf("read %d codes as %q: %v", len(found.Items), found.Format, err)
			}
			secrets := []string{"secret of time", b32(fixtureTOTP), "My mail", "Work", "anna@example.com", "1234"}
			if format.Protected() {
				for _, secret := range secrets {
					if bytes.Contains(file.Bytes(), []byte(secret)) {
						t.Errorf("%q stands in a protected file", secret)
					}
				}
				checkPasswords(t, file.Bytes(), string(exportPassphrase))
			} else if len(x.Texts()) == 0 {
				t.Error("nothing to show as QR codes")
			}
		})
	}
}

// TestExportRecipient: an age file for public keys, of both sorts, opens with the secret key and with nothing else.
func TestExportRecipient(t *testing.T) {
	x25519, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	other, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	hybrid, err := age.GenerateHybridIdentity()
	if err != nil {
		t.Fatal(err)
	}
	for name, id := range map[string]struct{ recipient, identity string }{
		"x25519": {x25519.Recipient().String(), x25519.String()}, "hybrid": {hybrid.Recipient().String(), hybrid.String()},
		"two": {"# mine\n" + other.Recipient().String() + "\n" + x25519.Recipient().String() + "\n", "# created: 2026\n" + x25519.String() + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			x, err := MakeExport(t.Context(), Age, exportItems(), ExportOptions{Recipient: id.recipient})
			if err != nil {
				t.Fatal(err)
			}
			for password, want := range map[string]error{"": ErrIdentityNeeded, "a passphrase": ErrIdentityNeeded, mustIdentity(t): ErrPasswordWrong, id.identity: nil} {
				found, err := Read(t.Context(), bytes.NewReader(x.file), Options{Password: key.Secret(password)})
				if !errors.Is(err, want) {
					t.Errorf("password of %d characters: got %v, want %v", len(password), err, want)
				}
				if want == nil {
					if err := compareExport(exportItems(), found, func(i Item) Item { return i }); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	mixed := ExportOptions{Recipient: x25519.Recipient().String() + "\n" + hybrid.Recipient().String()}
	if _, err := MakeExport(t.Context(), Age, exportItems(), mixed); !errors.Is(err, ErrRecipient) {
		t.Errorf("a key that must stand alone beside another: %v", err)
	}
}

func mustIdentity(t *testing.T) string {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id.String()
}

// TestExportRefuses_R060: no unprotected export without the words, no short passphrase, no key that is none, no empty export.
func TestExportRefuses_R060(t *testing.T) {
	items := exportItems()
	for name, tt := range map[string]struct {
		format Format
		items  []Item
		o      ExportOptions
		want   error
	}{
		"links, nothing typed":     {OTPAuth, items, ExportOptions{}, ErrNotConfirmed},
		"links, passphrase only":   {OTPAuth, items, ExportOptions{Passphrase: exportPassphrase}, ErrNotConfirmed},
		"QR codes, other words":    {Google, items, ExportOptions{Typed: "yes"}, ErrNotConfirmed},
		"age, unprotected":         {Age, items, ExportOptions{Typed: PlainPhrase}, ErrPassphraseShort},
		"age, 7 characters":        {Age, items, ExportOptions{Passphrase: key.Secret("äöüäöüä")}, ErrPassphraseShort},
		"age, two protections":     {Age, items, ExportOptions{Passphrase: exportPassphrase, Recipient: "age1"}, ErrOneProtection},
		"age, no key":              {Age, items, ExportOptions{Recipient: "age1qqq"}, ErrRecipient},
		"age, a secret key":        {Age, items, ExportOptions{Recipient: mustIdentity(t)}, ErrRecipient},
		"Aegis, public key":        {Aegis, items, ExportOptions{Recipient: "age1"}, ErrRecipient},
		"Aegis, no passphrase":     {Aegis, items, ExportOptions{}, ErrPassphraseShort},
		"a form that is only read": {Duo, items, ExportOptions{Passphrase: exportPassphrase}, ErrNotExported},
		"no codes":                 {Age, nil, ExportOptions{Passphrase: exportPassphrase}, ErrNothing},
		"none that the form holds": {Google, items[3:4], ExportOptions{Typed: PlainPhrase}, ErrNothing},
	} {
		if x, err := MakeExport(t.Context(), tt.format, tt.items, tt.o); !errors.Is(err, tt.want) || x != nil {
			t.Errorf("%s: got %v, %v, want %v", name, x, err, tt.want)
		}
	}
}

// TestExportComparesWhatItWrote: a form that loses or changes anything is found out.
func TestExportComparesWhatItWrote(t *testing.T) {
	items := exportItems()[:5]
	for name, spoil := range map[string]func(*Found){
		"one is missing": func(f *Found) { f.Items = f.Items[1:] },
		"another order":  func(f *Found) { slices.Reverse(f.Items) },
		"one too many":   func(f *Found) { f.Items = append(f.Items, f.Items[0]) },
		"a secret":       func(f *Found) { f.Items[1].Code.Secret = otp.Secret("another") },
		"a counter":      func(f *Found) { f.Items[2].Code.Counter++ },
		"a PIN":          func(f *Found) { f.Items[4].Code.PIN = otp.Secret("4321") },
		"a name":         func(f *Found) { f.Items[0].Name = "" },
		"a note":         func(f *Found) { f.Items[0].Note = "first line" },
		"a group":        func(f *Found) { f.Items[0].Groups = []string{"Work"} },
		"a pin":          func(f *Found) { f.Items[1].Pinned = true },
		"an unreadable":  func(f *Found) { f.Unreadable = []Unreadable{{"x", errEntry}} },
		"a missing part": func(f *Found) { f.Missing = []int{2} },
		"nothing":        nil,
	} {
		found := Found{Items: slices.Clone(items)}
		if spoil != nil {
			spoil(&found)
		}
		if err := compareExport(items, found, func(i Item) Item { return i }); (err == nil) != (spoil == nil) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestExportSaysSo: an export that came out wrong is no export.
func TestExportSaysSo(t *testing.T) {
	good := exporters[OTPAuth]
	defer func() { exporters[OTPAuth] = good }()
	bad := good
	bad.write = func(ctx context.Context, x *Export, items []Item, o ExportOptions) (func(context.Context) (Found, error), error) {
		return good.write(ctx, x, items[1:], o)
	}
	exporters[OTPAuth] = bad
	if x, err := MakeExport(t.Context(), OTPAuth, exportItems()[:3], exportOptions(OTPAuth)); !errors.Is(err, ErrDiffers) || x != nil {
		t.Errorf("got %v, %v", x, err)
	}
}

// TestExportCheck: what is on the disk is the export to the last byte, or is said not to be.
func TestExportCheck(t *testing.T) {
	x, err := MakeExport(t.Context(), OTPAuth, exportItems(), exportOptions(OTPAuth))
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(x.file)
	changed[len(changed)/2] ^= 1
	for name, r := range map[string]io.Reader{
		"a bit": bytes.NewReader(changed), "the end": bytes.NewReader(x.file[:len(x.file)-1]), "one more": bytes.NewReader(append(bytes.Clone(x.file), 0)),
		"nothing": bytes.NewReader(nil), "a disk": io.MultiReader(bytes.NewReader(x.file[:10]), failing{}),
	} {
		if err := x.Check(r); !errors.Is(err, ErrDiffers) {
			t.Errorf("%s: %v", name, err)
		}
	}
	file, texts := x.file, x.texts
	x.Wipe()
	if len(bytes.Trim(file, "\x00")) != 0 || len(bytes.Trim(texts[0], "\x00")) != 0 {
		t.Error("the export is still there after Wipe")
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("the disk is gone") }

// TestAgeFileInside: what docs/export.md says stands in the file, as anybody reads it who has age.
func TestAgeFileInside(t *testing.T) {
	x, err := MakeExport(t.Context(), Age, exportItems()[:1], exportOptions(Age))
	if err != nil {
		t.Fatal(err)
	}
	id, err := age.NewScryptIdentity(string(exportPassphrase))
	if err != nil {
		t.Fatal(err)
	}
	r, err := age.Decrypt(bytes.NewReader(x.file), id)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"format":"avow-codes","version":1,"count":1}` + "\n" +
		`{"uri":` + fmt.Sprintf("%q", fixtureURI(t, fixtureTOTP)) + `,"name":"My mail","note":"first line\nsecond","groups":["Work","E-Mail"],"pinned":true}` + "\n"
	if string(text) != want {
		t.Errorf("got\n%s\nwant\n%s", text, want)
	}
}

// TestAgeFileOfOthers: a list of links that somebody encrypted with age, in either encoding; what is none, or has lost lines, is said.
func TestAgeFileOfOthers(t *testing.T) {
	links := fixtureURI(t, fixtureTOTP) + "\n" + fixtureURI(t, fixtureHOTP) + "\n"
	inside, err := ageLines(exportItems())
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(inside), "\n")
	for name, tt := range map[string]struct {
		text string
		want error
	}{
		"links": {links, nil}, "nothing": {"", ErrEmpty}, "a letter": {"Dear Anna", ErrUnknownFormat}, "JSON": {`{"a":1}`, ErrUnknownFormat},
		"a line lost": {strings.Join(lines[:3], ""), ErrTruncated}, "a line more": {string(inside) + lines[1], ErrDamaged},
		"newer": {strings.Replace(string(inside), `"version":1`, `"version":2`, 1), ErrVersion},
	} {
		for _, armored := range []bool{false, true} {
			file := ageFixture(t, tt.text, armored, 10)
			found, err := Read(t.Context(), bytes.NewReader(file), Options{Password: exportPassphrase})
			if !errors.Is(err, tt.want) || tt.want == nil && len(found.Items) != 2 {
				t.Errorf("%s, armored %t: got %v and %d codes, want %v", name, armored, err, len(found.Items), tt.want)
			}
		}
	}
	file := ageFixture(t, links, false, 10)
	for name, tt := range map[string]struct {
		file []byte
		want error
	}{
		"only the header's beginning": {file[:60], ErrTruncated},
		"a changed byte":              {append(file[:len(file)-1:len(file)-1], file[len(file)-1]^1), ErrDamaged},
		"work for an hour":            {bytes.Replace(file, []byte(" 10\n"), []byte(" 19\n"), 1), ErrTooHard},
	} {
		if _, err := Read(t.Context(), bytes.NewReader(tt.file), Options{Password: exportPassphrase}); !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
}

func ageFixture(t *testing.T, text string, armored bool, work int) []byte {
	t.Helper()
	r, err := age.NewScryptRecipient(string(exportPassphrase))
	if err != nil {
		t.Fatal(err)
	}
	r.SetWorkFactor(work)
	var file bytes.Buffer
	var to io.WriteCloser = nopCloser{&file}
	if armored {
		to = armor.NewWriter(&file)
	}
	w, err := age.Encrypt(to, r)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Close(), to.Close()); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// TestExportAnyCodes: codes as they may be, not as we would write them, come back from every form; a form that cannot hold one says so.
func TestExportAnyCodes(t *testing.T) {
	text := rapid.StringOfN(rapid.RuneFrom([]rune("ab:%?&=#+/ üß€𝄞\"\\<>'\u00a0,;|")), 0, 40, -1)
	rapid.Check(t, func(t *rapid.T) {
		var items []Item
		for range rapid.IntRange(1, 15).Draw(t, "codes") {
			c := otp.Code{
				Kind: rapid.SampledFrom([]otp.Kind{otp.TOTP, otp.HOTP}).Draw(t, "kind"), Issuer: strings.TrimSpace(text.Draw(t, "issuer")),
				Account: strings.TrimSpace(text.Draw(t, "account")), Secret: rapid.SliceOfN(rapid.Byte(), 1, 64).Draw(t, "secret"),
				Algorithm: rapid.SampledFrom([]otp.Algorithm{otp.SHA1, otp.SHA256, otp.SHA512}).Draw(t, "algorithm"),
				Digits:    otp.Digits(rapid.IntRange(6, 8).Draw(t, "digits")), Period: otp.Period(rapid.SampledFrom([]int{15, 30, 60}).Draw(t, "period")),
			}
			if c.Kind == otp.HOTP {
				c.Period, c.Counter = 0, otp.Counter(rapid.Uint64Range(0, uint64(otp.MaxCounter)).Draw(t, "counter"))
			}
			items = append(items, Item{
				Code: c, Name: text.Draw(t, "name"), Note: text.Draw(t, "note"), Groups: []string{text.Draw(t, "group")},
				Pinned: rapid.Bool().Draw(t, "pinned"),
			})
		}
		content, err := aegisText(items)
		if err != nil {
			t.Fatal(err)
		}
		found, err := readAegisContent(content)
		if err == nil {
			err = compareExport(items, found, exporters[Aegis].keeps)
		}
		if err != nil {
			t.Errorf("Aegis: %v", err)
		}
		inside, err := ageLines(items)
		if err != nil {
			t.Fatal(err)
		}
		if found, err = readAgeLines(t.Context(), inside); err == nil {
			err = compareExport(items, found, exporters[Age].keeps)
		}
		if err != nil {
			t.Errorf("age: %v", err)
		}
		for _, format := range []Format{OTPAuth, Google} {
			x, err := MakeExport(t.Context(), format, items, exportOptions(format))
			if err != nil && !errors.Is(err, ErrNothing) {
				t.Errorf("%s: %v", format, err)
			}
			if x != nil && x.Count+len(x.Left) != len(items) {
				t.Errorf("%s: %d of %d, %d left out", format, x.Count, len(items), len(x.Left))
			}
		}
	})
}

// TestGoogleParts: many codes are many QR codes, each of a size that phones read, and all are needed.
func TestGoogleParts(t *testing.T) {
	var items []Item
	for i := range 57 {
		items = append(items, Item{Code: with(fixtureTOTP, func(c *otp.Code) { c.Account = fmt.Sprint(i) })})
	}
	x, err := MakeExport(t.Context(), Google, items, exportOptions(Google))
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, text := range x.Texts() {
		if len(text) > 1000 {
			t.Errorf("a QR code of %d characters", len(text))
		}
		texts = append(texts, string(text))
	}
	if len(texts) < 6 {
		t.Fatalf("%d QR codes", len(texts))
	}
	slices.Reverse(texts)
	found, err := ReadParts(texts)
	if err != nil || len(found.Items) != 57 || found.Items[56].Code.Account != "56" || len(found.Missing) != 0 {
		t.Errorf("in another order: %d codes, %v", len(found.Items), err)
	}
	found, err = ReadParts(texts[:len(texts)-1])
	if err != nil || !slices.Equal(found.Missing, []int{1}) {
		t.Errorf("without the first: missing %v, %v", found.Missing, err)
	}
}
