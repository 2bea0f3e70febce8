package wire

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/otp"
)

// offlineVector is what phone and computer work out for a QR and for a list (docs/protocol.md, section 7). Private keys are those of keys.json.
type offlineVector struct {
	Ephemeral  string       `json:"ephemeral"` // name of the computer's key of this QR, and of the list
	Exchange   string       `json:"exchange"`  // name of the phone's
	QR         string       `json:"qr"`
	QRNoHost   string       `json:"qr_without_host"`
	App        string       `json:"app"`
	Challenge  string       `json:"challenge"` // hex, the QR's payload
	Shared     string       `json:"shared"`    // hex, ECDH of both
	Code       string       `json:"code"`      // eight digits
	Use        string       `json:"use"`       // in journals and records
	Prefix     string       `json:"prefix"`    // of the computer's list codes
	List       []string     `json:"list"`      // the first three codes
	ListUse    string       `json:"list_use"`  // of the first
	Journal    JournalEntry `json:"journal"`
	JournalSum authn.Hash   `json:"journal_sum"`
	Enroll     string       `json:"enrollment_link"`
}

func offlineVectors(t *testing.T) offlineVector {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	g, b, link := grantClaims(), batchClaims(), offlineLink("id.example.com")
	private, err := keys["exchange"].ECDH()
	must(err)
	shared, err := private.ECDH(link.Ephemeral.ECDH())
	must(err)
	p := otp.Parties{Exchange: g.ExchangeJWK, Computer: g.Computer.ID, User: g.User}
	code, err := otp.ChallengeCode(shared, link.Payload(), p)
	must(err)
	k, err := otp.NewListKey(shared, b.ID, b.JWK, p)
	must(err)
	use := ChallengeUse(link.Payload())
	entry := JournalEntry{Seq: 1, At: unix, Kind: JournalSignIn, Login: g.Login, Grant: g.ID, Method: authn.OfflineQR, Use: use}
	return offlineVector{
		Ephemeral: "admin", Exchange: "exchange", QR: link.Encode(), QRNoHost: offlineLink("").Encode(), App: link.App(),
		Challenge: hex.EncodeToString(link.Payload()), Shared: hex.EncodeToString(shared), Code: code, Use: use,
		Prefix: otp.ComputerPrefix(g.Computer.ID), List: []string{k.Code(0).Text(), k.Code(1).Text(), k.Code(2).Text()},
		ListUse: ListUse(ListPosition{Batch: b.ID, Index: 0}), Journal: entry, JournalSum: entry.Sum(), Enroll: computerLink("id.example.com").Encode(),
	}
}

// TestOfflineVectors reads the published file as a computer would, from the other side of the key exchange.
func TestOfflineVectors(t *testing.T) {
	var v offlineVector
	readVectors(t, "offline.json", &v)
	e, err := keys[v.Ephemeral].ECDH()
	if err != nil {
		t.Fatal(err)
	}
	shared, err := e.ECDH(keys[v.Exchange].Key().ECDH())
	if err != nil || hex.EncodeToString(shared) != v.Shared {
		t.Fatalf("shared secret is %x, %v", shared, err)
	}
	l, err := ParseLink(v.QR)
	if err != nil {
		t.Fatal(err)
	}
	g := grantClaims()
	code, err := otp.ChallengeCode(shared, l.(OfflineLink).Payload(), otp.Parties{Exchange: g.ExchangeJWK, Computer: g.Computer.ID, User: g.User})
	if err != nil || code != v.Code {
		t.Errorf("code is %s, %v, want %s", code, err, v.Code)
	}
	for _, text := range []string{v.QRNoHost, v.App} {
		if got, err := ParseLink(text); err != nil || hex.EncodeToString(got.(OfflineLink).Payload()) != v.Challenge {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	if v.Journal.Sum() != v.JournalSum {
		t.Error("the journal's sum is another")
	}
}

// a QR with a point that is none, of another length, of another version is refused, and nothing panics.
func TestBadOfflineLinks(t *testing.T) {
	good := offlineLink("").Payload()
	change := func(f func([]byte) []byte) string {
		return "AVOW:O#" + authn.Crockford.EncodeToString(f(append([]byte(nil), good...)))
	}
	for name, text := range map[string]string{
		"point off the curve": change(func(b []byte) []byte { // x = 2^256-1 is no coordinate
			for i := 10; i < 42; i++ {
				b[i] = 0xff
			}
			return b
		}),
		"x without a point":     change(offCurve),
		"point at infinity":     change(func(b []byte) []byte { clear(b[9:42]); return b }),
		"uncompressed":          change(func(b []byte) []byte { b[9] = 4; return b }),
		"another tag":           change(func(b []byte) []byte { b[0] = 4; return b }),
		"flags":                 change(func(b []byte) []byte { b[46] = 1; return b }),
		"a byte short":          change(func(b []byte) []byte { return b[:46] }),
		"a byte more":           change(func(b []byte) []byte { return append(b, 0) }),
		"small letters":         strings.ToLower(offlineLink("").Encode()),
		"with a host as well":   "HTTPS://" + strings.Repeat("A", 27) + ".COM/" + strings.TrimPrefix(offlineLink("").Encode(), "AVOW:"),
		"another letter":        strings.Replace(offlineLink("").Encode(), ":O#", ":R#", 1),
		"a registration's path": strings.Replace(offlineLink("id.example.com").Encode(), "/O#", "/R#", 1),
	} {
		if l, err := ParseLink(text); err == nil {
			t.Errorf("%s: read as %v", name, l)
		} else if name != "another letter" && name != "small letters" && errors.Is(err, ErrNotOurs) {
			t.Errorf("%s: taken for somebody else's", name)
		}
	}
}

// offCurve puts the first x from 5 on that has no point.
func offCurve(b []byte) []byte {
	clear(b[10:42])
	for x := byte(5); ; x++ {
		b[41] = x
		if _, err := key.FromCompressed(b[9:42]); err != nil {
			return b
		}
	}
}

// A journal's sum covers every field.
func TestJournalSum(t *testing.T) {
	base := JournalEntry{Seq: 2, At: unix, Kind: JournalSignIn, Login: "anna", Grant: authn.GrantID{1}, Method: authn.OfflineQR, Use: "x", Prev: authn.Hash{1}}
	for name, f := range map[string]func(*JournalEntry){
		"seq": func(e *JournalEntry) { e.Seq++ }, "at": func(e *JournalEntry) { e.At++ }, "kind": func(e *JournalEntry) { e.Kind = JournalRefused },
		"login": func(e *JournalEntry) { e.Login = "annb" }, "grant": func(e *JournalEntry) { e.Grant[7]++ }, "method": func(e *JournalEntry) { e.Method = authn.OfflineList },
		"use": func(e *JournalEntry) { e.Use = "y" }, "prev": func(e *JournalEntry) { e.Prev[31]++ },
		"slid": func(e *JournalEntry) { e.Method, e.Use = authn.OfflineMethod(string(e.Method)+"x"), "" },
	} {
		e := base
		if f(&e); e.Sum() == base.Sum() {
			t.Errorf("%s is not covered", name)
		}
	}
}
