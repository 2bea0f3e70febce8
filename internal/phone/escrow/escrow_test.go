package escrow_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"
	"github.com/google/go-cmp/cmp"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/escrow"
	"avow/internal/phone/vault"
)

var update = flag.Bool("update", false, "write testdata anew")

const anna authn.UserID = "u_AQIDBAUGBwgJCgsMDQ4PEA"

var now = time.UnixMilli(1790000000000)

func newKey(t testing.TB) key.Private {
	t.Helper()
	k, err := key.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func open(t testing.TB, k key.Private, code key.RestoreCode, s escrow.Sealed) (escrow.Document, error) {
	t.Helper()
	private, err := k.ECDH()
	if err != nil {
		t.Fatal(err)
	}
	return escrow.OpenAs(private, code, anna, s, 0)
}

func deviceID(n byte) authn.DeviceID {
	return authn.DeviceID("d_AQIDBAUGBwgJCgsMDQ4P" + string('A'+rune(n/16)) + string("AQgw"[n%4]))
}

func document(codes int) escrow.Document {
	doc := escrow.Document{V: escrow.Version, User: anna, Generation: 7, Account: escrow.Entry{ID: "account"}.Edit([]byte(`{"login":"anna.lind"}`), now)}
	for i := range codes {
		body := fmt.Sprintf(`{"issuer":"Service %d","label":"anna@example.com","secret":"JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP","digits":6,"period":30,"algorithm":"SHA1"}`, i)
		doc.Codes = append(doc.Codes, escrow.Entry{ID: fmt.Sprintf("c%06d", i)}.Edit([]byte(body), now))
	}
	return doc
}

func seal(t testing.TB, doc escrow.Document, code key.RestoreCode, active ...authn.DeviceID) escrow.Sealed {
	t.Helper()
	s, err := escrow.Seal(doc, code, active)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func same(t *testing.T, got, want escrow.Document) {
	t.Helper()
	g, w := encode(t, got), encode(t, want)
	if g != w {
		t.Errorf("another document:\n%s\nwant\n%s", g, w)
	}
}

func encode(t testing.TB, d escrow.Document) string {
	t.Helper()
	b, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Code and active devices read it; others, and devices that were taken away on either side, don't.
func TestSealAndOpen(t *testing.T) {
	code, mine, other, gone, foreign := key.NewRestoreCode(), newKey(t), newKey(t), newKey(t), newKey(t)
	doc := document(3)
	for i, k := range []key.Private{mine, other, gone} {
		doc.Admit(deviceID(byte(i)), k.Key())
	}
	doc.Expel(deviceID(2))
	s := seal(t, doc, code, deviceID(0), deviceID(2), deviceID(20)) // the server leaves one out, and names two that are none
	got, err := escrow.Open(code, anna, s, 7)
	if err != nil {
		t.Fatal(err)
	}
	same(t, got, doc)
	if got, err := open(t, mine, code, s); err != nil {
		t.Error(err)
	} else {
		same(t, got, doc)
	}
	for name, k := range map[string]key.Private{"left out by the server": other, "expelled": gone, "nobody's": foreign} {
		if _, err := open(t, k, code, s); err == nil {
			t.Errorf("the key that is %s opens it", name)
		}
	}
}

// what the server adds to its list of devices gets nothing, whatever it names.
func TestServersListAddsNobody(t *testing.T) {
	code, mine, evil := key.NewRestoreCode(), newKey(t), newKey(t)
	doc := document(1)
	doc.Admit(deviceID(0), mine.Key())
	s := seal(t, doc, code, deviceID(0), deviceID(1), deviceID(2))
	private, err := evil.ECDH()
	if err != nil {
		t.Fatal(err)
	}
	id, err := vault.NewIdentity(private)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := age.Decrypt(bytes.NewReader(s.File), id); err == nil {
		t.Error("a key that no phone admitted opens the file")
	}
	if n := bytes.Count(s.File, []byte("\n-> p256tag ")); n != 2 {
		t.Errorf("the file is to %d keys, want the code's and one phone's", n)
	}
}

// any bit of file, tag or generation, another user, another code, an earlier generation: all are refused, and nothing is opened for them.
func TestRefused(t *testing.T) {
	code := key.NewRestoreCode()
	doc := document(2)
	s := seal(t, doc, code)
	refused := func(what string, s escrow.Sealed, user authn.UserID, code key.RestoreCode, known uint64, want error) {
		t.Helper()
		got, err := escrow.Open(code, user, s, known)
		if !errors.Is(err, want) || got.User != "" || got.Codes != nil {
			t.Errorf("%s: %v, %v", what, got, err)
		}
		if err := escrow.Verify(code, user, s, known); !errors.Is(err, want) {
			t.Errorf("%s: Verify says %v", what, err)
		}
	}
	for i := range s.File {
		bad := s
		bad.File = bytes.Clone(s.File)
		bad.File[i] ^= 1 << (i % 8)
		if err := escrow.Verify(code, anna, bad, 0); !errors.Is(err, escrow.ErrNotOurs) {
			t.Fatalf("byte %d changed: %v", i, err)
		}
	}
	for i := range s.Tag {
		bad := s
		bad.Tag[i] ^= 1
		refused(fmt.Sprintf("tag byte %d", i), bad, anna, code, 0, escrow.ErrNotOurs)
	}
	for _, g := range []uint64{0, 6, 8, 1 << 40} {
		bad := s
		bad.Generation = g
		refused(fmt.Sprintf("as generation %d", g), bad, anna, code, 0, escrow.ErrNotOurs)
	}
	refused("another user's", s, "u_AQIDBAUGBwgJCgsMDQ4PEQ", code, 0, escrow.ErrNotOurs)
	refused("another code", s, anna, key.NewRestoreCode(), 0, escrow.ErrNotOurs)
	refused("rolled back", s, anna, code, 8, escrow.ErrRolledBack)
	refused("cut", escrow.Sealed{Generation: 7, File: s.File[:len(s.File)-1], Tag: s.Tag}, anna, code, 0, escrow.ErrNotOurs)
	refused("nothing", escrow.Sealed{}, anna, code, 0, escrow.ErrNotOurs)
	// A file that is too large is not even hashed.
	big := escrow.Sealed{Generation: 7, File: make([]byte, escrow.MaxFile+1)}
	big.Tag = code.EscrowMAC(string(anna), 7, big.File)
	refused("too large", big, anna, code, 0, escrow.ErrNotOurs)
}

// What has the right tag and is no document of ours was made by a faulty or newer program.
func TestUnreadable(t *testing.T) {
	code := key.NewRestoreCode()
	_, exchange := code.Keys(string(anna))
	good := encode(t, func() escrow.Document { d := document(1); d.Devices = []escrow.Member{}; return d }())
	r, err := vault.Recipient(exchange.Key())
	if err != nil {
		t.Fatal(err)
	}
	try := func(text string) error {
		var file bytes.Buffer
		w, err := age.Encrypt(&file, r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		s := escrow.Sealed{Generation: 7, File: file.Bytes(), Tag: code.EscrowMAC(string(anna), 7, file.Bytes())}
		_, err = escrow.Open(code, anna, s, 0)
		return err
	}
	if err := try(good); err != nil {
		t.Fatalf("%s: %v", good, err)
	}
	swap := func(old, new string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("%s has no %s", good, old)
		}
		return strings.Replace(good, old, new, 1)
	}
	if err := try(swap(`"v":1`, `"v":2`)); !errors.Is(err, escrow.ErrNewer) {
		t.Errorf("version 2: %v", err)
	}
	for name, text := range map[string]string{
		"empty": "", "null": "null", "version 0": swap(`"v":1`, `"v":0`), "generation of another": swap(`"generation":7`, `"generation":8`),
		"generation 0": swap(`"generation":7`, `"generation":0`), "another user": swap(`DQ4PEA"`, `DQ4PEQ"`), "a member more": swap(`{"v":1`, `{"x":1,"v":1`),
		"behind the end": good + "{}", "space": good + " ", "account deleted": swap(`{"id":"account"`, `{"deleted":true,"id":"account"`),
		"entry twice": swap(`"codes":[`, `"codes":[`+`{"id":"c000000","at":1,"deleted":true},`), "no list": swap(`"devices":[]`, `"devices":null`),
		"entry without an id": swap(`"id":"c000000"`, `"id":""`), "entry is a number": swap(`"body":{"login":"anna.lind"}`, `"body":17`),
		"capitals": swap(`"codes"`, `"Codes"`), "before 1970": swap(`"at":1790000000000`, `"at":-1`),
	} {
		if err := try(text); !errors.Is(err, escrow.ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What could not be read again is not written.
func TestSealRefuses(t *testing.T) {
	code := key.NewRestoreCode()
	for name, change := range map[string]func(*escrow.Document){
		"no user": func(d *escrow.Document) { d.User = "" }, "generation 0": func(d *escrow.Document) { d.Generation = 0 },
		"unsorted": func(d *escrow.Document) { slices.Reverse(d.Codes) }, "twice": func(d *escrow.Document) { d.Codes[1] = d.Codes[0] },
		"no account": func(d *escrow.Document) { d.Account = escrow.Entry{} }, "account deleted": func(d *escrow.Document) { d.Account = d.Account.Delete(now) },
		"no JSON":         func(d *escrow.Document) { d.Codes[0].Body = json.RawMessage(`{"secret":`) },
		"body of deleted": func(d *escrow.Document) { d.Codes[0].Deleted = true }, "device without a key": func(d *escrow.Document) { d.Devices = []escrow.Member{{ID: deviceID(1)}} },
		"blank in an id": func(d *escrow.Document) { d.Codes[1].ID = "c1 " },
	} {
		doc := document(2)
		change(&doc)
		if s, err := escrow.Seal(doc, code, nil); err == nil {
			t.Errorf("%s: sealed %d bytes", name, len(s.File))
		} else if strings.Contains(err.Error(), "JBSW") {
			t.Errorf("%s: the error tells a secret: %v", name, err)
		}
	}
	many := document(escrow.MaxCodes + 1)
	if _, err := escrow.Seal(many, code, nil); !errors.Is(err, escrow.ErrTooLarge) {
		t.Errorf("%d codes: %v", len(many.Codes), err)
	}
	long := document(1)
	long.Codes[0].Body = []byte(`{"note":"` + strings.Repeat("x", escrow.MaxFile) + `"}`)
	if _, err := escrow.Seal(long, code, nil); !errors.Is(err, escrow.ErrTooLarge) {
		t.Errorf("a long code: %v", err)
	}
	long.Codes[0].Body = []byte(`{"note":"` + strings.Repeat("x", escrow.MaxFile-200) + `"}`) // the document fits, the file does not
	if _, err := escrow.Seal(long, code, nil); !errors.Is(err, escrow.ErrTooLarge) {
		t.Errorf("a code just too long: %v", err)
	}
}

//
func TestDocumentRedacts(t *testing.T) {
	doc := document(1)
	for _, v := range []any{doc, &doc, doc.Account, doc.Codes, []any{doc}, struct{ D escrow.Document }{doc}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			got := fmt.Sprintf(verb, v)
			for _, bad := range []string{"JBSW", hex.EncodeToString([]byte("JBSW")), "74 66 83 87"} {
				if strings.Contains(strings.ToUpper(got), strings.ToUpper(bad)) {
					t.Errorf("%s of %T shows %s", verb, v, got)
				}
			}
		}
	}
	body := doc.Codes[0].Body
	doc.Wipe()
	if strings.Trim(string(body), "\x00") != "" || doc.Codes != nil {
		t.Error("Wipe left something")
	}
}

// Golden file: every version ever written must be read for ever.
func TestGolden(t *testing.T) {
	code, err := key.RestoreCodeOf([]byte("a code of 16 byt"))
	if err != nil {
		t.Fatal(err)
	}
	proof, _ := code.Keys("u_a phone")
	doc := document(2)
	doc.Codes[0] = doc.Codes[0].Delete(now)
	doc.Admit(deviceID(0), proof.Key())
	want := encode(t, doc)
	if *update {
		s := seal(t, doc, code, deviceID(0))
		for name, b := range map[string][]byte{"v1.age": s.File, "v1.json": []byte(want + "\n"), "v1.tag": []byte(s.Tag.String() + "\n")} {
			if err := os.WriteFile("testdata/"+name, b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	s := escrow.Sealed{Generation: 7, File: read(t, "v1.age")}
	if err := s.Tag.UnmarshalText(bytes.TrimSpace(read(t, "v1.tag"))); err != nil {
		t.Fatal(err)
	}
	published := strings.TrimSpace(string(read(t, "v1.json")))
	byCode, err := escrow.Open(code, anna, s, 7)
	if err != nil {
		t.Fatal(err)
	}
	byPhone, err := open(t, proof, code, s)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []escrow.Document{byCode, byPhone} {
		if diff := cmp.Diff(published, encode(t, d)); diff != "" {
			t.Errorf("document of version 1 (-want +got):\n%s", diff)
		}
	}
	if published != want {
		t.Errorf("this version writes %s", want)
	}
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func BenchmarkSeal1000(b *testing.B) {
	code, doc, k := key.NewRestoreCode(), document(1000), newKey(b)
	doc.Admit(deviceID(0), k.Key())
	for b.Loop() {
		s := seal(b, doc, code, deviceID(0))
		b.SetBytes(int64(len(s.File)))
	}
}

func BenchmarkOpen1000(b *testing.B) {
	code := key.NewRestoreCode()
	s := seal(b, document(1000), code)
	b.SetBytes(int64(len(s.File)))
	for b.Loop() {
		if _, err := escrow.Open(code, anna, s, 0); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMerge1000(b *testing.B) {
	one, two := document(1000), document(1000)
	for i := range two.Codes {
		if i%2 == 0 {
			two.Codes[i] = two.Codes[i].Delete(now)
		}
	}
	for b.Loop() {
		if _, err := escrow.Merge(one, two); err != nil {
			b.Fatal(err)
		}
	}
}
