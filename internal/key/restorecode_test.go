package key

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata anew")

// fixedCodes are codes whose bits are far apart.
func fixedCodes(t testing.TB) []RestoreCode {
	t.Helper()
	var out []RestoreCode
	for _, s := range []string{
		"00000000000000000000000000000000", "ffffffffffffffffffffffffffffffff", "0123456789abcdef0123456789abcdef", "8000000000000000000000000000000f",
		"4b1e77d2c05a9f3386e4510c7db82a69",
	} {
		c, err := RestoreCodeOf(unhex(t, s))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

func symbolsOf(c RestoreCode) [restoreSymbols]byte { return restoreEncode(c.bytes()) }

func spell(symbols []byte) string {
	out := make([]byte, len(symbols))
	for i, s := range symbols {
		out[i] = CrockfordDigits[s]
	}
	return string(out)
}

func fault(t testing.TB, text string) *RestoreCodeError {
	t.Helper()
	_, err := ParseRestoreCode(text)
	var e *RestoreCodeError
	if !errors.As(err, &e) {
		t.Fatalf("%q: %v", text, err)
	}
	return e
}

//
func TestRestoreCodeRoundTrip(t *testing.T) {
	codes := fixedCodes(t)
	for range 100 {
		codes = append(codes, NewRestoreCode())
	}
	for _, c := range codes {
		text := c.Text()
		groups := c.Groups()
		if len(text) != 34 || strings.Join(groups[:], " ") != text {
			t.Fatalf("%q is not seven groups of four", text)
		}
		flat := strings.ReplaceAll(text, " ", "")
		for _, typed := range []string{
			text, flat, strings.ToLower(text), strings.ReplaceAll(text, " ", "-"), "  " + strings.Join(strings.Split(flat, ""), " ") + "\r\n",
			strings.NewReplacer("0", "o", "1", "l").Replace(text), strings.NewReplacer("0", "O", "1", "I").Replace(text), strings.ReplaceAll(text, " ", "\u00a0\u2013"),
		} {
			got, err := ParseRestoreCode(typed)
			if err != nil || !got.Equal(c) || got.Text() != text {
				t.Fatalf("%q: %v", typed, err)
			}
			if now := CheckTyped(typed); !now.Right() || now.Count != 28 {
				t.Errorf("%q: %+v", typed, now)
			}
		}
		again, err := RestoreCodeOf(c.Bytes())
		if err != nil || !again.Equal(c) {
			t.Fatalf("bytes of %q: %v", text, err)
		}
	}
}

func TestRestoreCodeKeepsItsBytes(t *testing.T) {
	c := fixedCodes(t)[2]
	text := c.Text()
	c.Bytes().Wipe()
	b := c.Bytes()
	again, err := RestoreCodeOf(b)
	b.Wipe()
	if err != nil || c.Text() != text || again.Text() != text {
		t.Error("what Bytes gave or RestoreCodeOf took is the code's own memory")
	}
	for _, n := range []int{0, 15, 17} {
		if _, err := RestoreCodeOf(make(Secret, n)); err == nil {
			t.Errorf("a code of %d bytes is taken", n)
		}
	}
	var none RestoreCode
	if !none.IsZero() || none.Equal(none) || c.Equal(none) || none.Equal(c) || c.IsZero() {
		t.Error("no code is taken for a code")
	}
	clone, same := c.Clone(), c
	c.Wipe()
	none.Wipe()
	if !c.IsZero() || !same.IsZero() || clone.Text() != text || !none.Clone().IsZero() {
		t.Error("Wipe left a code, or took a clone")
	}
	defer func() {
		if recover() == nil {
			t.Error("no code has a key")
		}
	}()
	none.Keys("u_x")
}

// every wrong character is found, and its group is named.
func TestRestoreCodeSingle(t *testing.T) {
	for _, c := range fixedCodes(t) {
		right := symbolsOf(c)
		for i := range right {
			for e := byte(1); e < 32; e++ {
				bad := right
				bad[i] ^= e
				got := fault(t, spell(bad[:]))
				if want := []int{i/4 + 1}; got.Fault != RestoreCodeWrong || !reflect.DeepEqual(got.Groups, want) {
					t.Fatalf("character %d wrong by %d: %+v, want group %v", i+1, e, got, want)
				}
			}
		}
	}
}

// every two wrong characters are found. A code is linear: what is wrong is found for all codes or for none. So once by the algebra of
// all pairs of places and differences, and once by typing all of them for one code.
func TestRestoreCodeDouble(t *testing.T) {
	right := symbolsOf(fixedCodes(t)[4])
	named := 0
	for i := range restoreSymbols {
		for j := range i {
			for e := byte(1); e < 32; e++ {
				for f := byte(1); f < 32; f++ {
					if e^f == 0 && gfMul(e, locator(i))^gfMul(f, locator(j)) == 0 {
						t.Fatalf("characters %d and %d wrong by %d and %d cancel out", i+1, j+1, e, f)
					}
					bad := right
					bad[i] ^= e
					bad[j] ^= f
					_, err := ParseRestoreCode(spell(bad[:]))
					if err == nil {
						t.Fatalf("characters %d and %d wrong by %d and %d: taken", i+1, j+1, e, f)
					}
					if bad := err.(*RestoreCodeError); bad.Fault != RestoreCodeWrong {
						t.Fatalf("characters %d and %d wrong by %d and %d: %v", i+1, j+1, e, f, err)
					} else if len(bad.Groups) != 0 {
						named++
					}
				}
			}
		}
	}
	t.Logf("%d of %d pairs look like something simpler", named, restoreSymbols*(restoreSymbols-1)/2*31*31)
}

// every two characters that changed places are found, and neighbors are named in most codes.
func TestRestoreCodeSwapped(t *testing.T) {
	codes := fixedCodes(t)[1:]
	for range 50 {
		codes = append(codes, NewRestoreCode())
	}
	neighbors, named := 0, 0
	for _, c := range codes {
		right := symbolsOf(c)
		for i := range right {
			for j := range i {
				bad := right
				bad[i], bad[j] = bad[j], bad[i]
				if bad == right {
					continue
				}
				got := fault(t, spell(bad[:]))
				if got.Fault != RestoreCodeWrong {
					t.Fatalf("characters %d and %d changed places: %v", i+1, j+1, got)
				}
				if j == i-1 {
					neighbors++
					if len(got.Groups) != 0 {
						named++
						if want := groupsOf([]int{j, i}); !reflect.DeepEqual(got.Groups, want) {
							t.Errorf("characters %d and %d changed places: groups %v, want %v", j+1, i+1, got.Groups, want)
						}
					}
				}
			}
		}
	}
	if named*3 < neighbors { // about half: the syndrome has 31 values for 27 pairs
		t.Errorf("%d of %d neighbors that changed places are named", named, neighbors)
	}
}

// after each character it is said what can be said.
func TestRestoreCodeTyped(t *testing.T) {
	text := fixedCodes(t)[4].Text()
	flat := strings.ReplaceAll(text, " ", "")
	for n := range flat {
		now := CheckTyped(flat[:n])
		if now.Count != n || now.Err != nil || now.Complete() || now.Right() || now.Group() != n/4+1 {
			t.Errorf("after %d characters: %+v", n, now)
		}
	}
	if now := CheckTyped(flat); now.Group() != 7 || !now.Right() {
		t.Errorf("complete: %+v", now)
	}
	for _, test := range []struct {
		typed    string
		fault    RestoreCodeFault
		groups   []int
		count    int
		complete bool
	}{
		{"U", RestoreCodeCharacter, []int{1}, 1, false},
		{flat[:5] + "*", RestoreCodeCharacter, []int{2}, 6, false},
		{flat[:5] + "ä" + flat[6:10] + "\u212a", RestoreCodeCharacter, []int{2, 3}, 11, false}, // the Kelvin sign is no K
		{flat[:27] + "u", RestoreCodeCharacter, []int{7}, 28, true},
		{flat[:27] + "\xff", RestoreCodeCharacter, []int{7}, 28, true},
		{flat + "0", RestoreCodeLong, nil, 29, true},
		{flat + "?", RestoreCodeLong, nil, 29, true},
		{flat[:27] + "0", RestoreCodeWrong, []int{7}, 28, true},
	} {
		now := CheckTyped(test.typed)
		if now.Count != test.count || now.Complete() != test.complete || now.Right() || now.Err == nil || now.Err.Fault != test.fault || !reflect.DeepEqual(now.Err.Groups, test.groups) {
			t.Errorf("%q: %+v %v", test.typed, now, now.Err)
			continue
		}
		for g := range 9 {
			if want := strings.Contains(fmt.Sprint(test.groups), fmt.Sprint(g)); now.Wrong(g) != want {
				t.Errorf("%q: group %d wrong: %v", test.typed, g, !want)
			}
		}
		if err := fault(t, test.typed); !reflect.DeepEqual(err, now.Err) {
			t.Errorf("%q: %v while typing, %v at the end", test.typed, now.Err, err)
		}
	}
	for _, short := range []string{"", " - ", flat[:27]} {
		if err := fault(t, short); err.Fault != RestoreCodeShort {
			t.Errorf("%q: %v", short, err)
		}
	}
	// A version to come is told apart from a typing error.
	symbols := symbolsOf(fixedCodes(t)[4])
	symbols[0] |= 1 << 3
	restoreCheck(&symbols)
	if err := fault(t, spell(symbols[:])); err.Fault != RestoreCodeNewer {
		t.Errorf("version 1: %v", err)
	}
}

// What an error says is for people and holds nothing of the code.
func TestRestoreCodeErrorTellsNothing_R124(t *testing.T) {
	flat := strings.ReplaceAll(fixedCodes(t)[4].Text(), " ", "")
	for _, typed := range []string{flat[:27] + "U", flat[:27], flat + "0", flat[:27] + "0", flat[1:] + flat[:1]} {
		err := fault(t, typed)
		for n := 4; n <= len(flat); n++ {
			if strings.Contains(err.Error(), flat[n-4:n]) {
				t.Errorf("%q tells the code", err)
			}
		}
		if !strings.HasSuffix(err.Error(), ".") {
			t.Errorf("%q is no sentence", err)
		}
	}
}

//
func TestRestoreCodeRedacts(t *testing.T) {
	c := fixedCodes(t)[4]
	raw := c.Bytes()
	forbidden := []string{c.Text(), strings.ReplaceAll(c.Text(), " ", ""), hex.EncodeToString(raw), strings.Trim(fmt.Sprint([]byte(raw)), "[]"), string(raw)}
	check := func(what, got string) {
		t.Helper()
		for _, bad := range forbidden {
			if strings.Contains(strings.ToUpper(got), strings.ToUpper(bad)) {
				t.Errorf("%s shows the code: %q", what, got)
			}
		}
	}
	type open struct{ C RestoreCode }
	type hidden struct{ c RestoreCode }
	for _, v := range []any{c, &c, []RestoreCode{c}, map[string]RestoreCode{"a": c}, open{c}, hidden{c}, &hidden{c}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t"} {
			check(fmt.Sprintf("%s of %T", verb, v), fmt.Sprintf(verb, v))
		}
	}
	var log bytes.Buffer
	for _, l := range []*slog.Logger{slog.New(slog.NewTextHandler(&log, nil)), slog.New(slog.NewJSONHandler(&log, nil))} {
		l.Info("a", "code", c, "open", open{c}, "hidden", hidden{c})
	}
	check("log", log.String())
	j, err := json.Marshal(map[string]any{"c": c, "open": open{c}, "hidden": hidden{c}})
	if err != nil || !strings.Contains(string(j), redacted) {
		t.Errorf("JSON: %s, %v", j, err)
	}
	check("JSON", string(j))
	if got := fmt.Sprint(c); got != redacted {
		t.Errorf("prints as %q", got)
	}
}

type restoreVector struct {
	Secret     string   `json:"secret"` // hex of the 128 bits
	Code       string   `json:"code"`
	User       string   `json:"user"`
	Proof      Public   `json:"proof_jwk"`
	Exchange   Public   `json:"exchange_jwk"`
	Issuer     string   `json:"issuer"`
	Identity   string   `json:"identity"` // thumbprint
	Vouch      string   `json:"vouch"`    // hex
	Generation uint64   `json:"generation"`
	File       string   `json:"file"` // hex
	Tag        string   `json:"tag"`  // hex
	Wrong      []string `json:"wrong"`
}

// TestRestoreCodeVectors holds the vectors of docs/protocol.md, written by `go test ./internal/key -run Vectors -update`. A code on paper is typed years
// later: what was published is never changed.
func TestRestoreCodeVectors(t *testing.T) {
	var vectors []restoreVector
	for i, c := range fixedCodes(t) {
		user := []string{"u_AAAAAAAAAAAAAAAAAAAAAA", "u_AQIDBAUGBwgJCgsMDQ4PEA"}[i%2]
		issuer, identity, file := "https://id.example.com", fixedKey(t).Key().Thumbprint(), []byte("age-encryption.org/v1\n")
		proof, exchange := c.Keys(user)
		vouch, mac := c.Vouch(user, issuer, identity), c.EscrowMAC(user, uint64(i)<<40+1, file)
		one, two, swapped := symbolsOf(c), symbolsOf(c), symbolsOf(c) // a code of zeros only has nothing to swap
		one[9] ^= 5
		two[3], two[22] = two[3]^1, two[22]^30
		for i := range swapped {
			if swapped[i] != swapped[27] {
				swapped[i], swapped[27] = swapped[27], swapped[i]
				break
			}
		}
		wrong := []string{spell(one[:]), spell(two[:])}
		if swapped != symbolsOf(c) {
			wrong = append(wrong, spell(swapped[:]))
		}
		vectors = append(vectors, restoreVector{
			hex.EncodeToString(c.Bytes()), c.Text(), user, proof.Key(), exchange.Key(), issuer, identity.String(), hex.EncodeToString(vouch[:]),
			uint64(i)<<40 + 1, hex.EncodeToString(file), hex.EncodeToString(mac[:]), wrong,
		})
	}
	var got bytes.Buffer
	enc := json.NewEncoder(&got)
	enc.SetIndent("", "  ")
	if err := enc.Encode(vectors); err != nil {
		t.Fatal(err)
	}
	const name = "testdata/restorecode.json"
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s: this program derives something else than was published:\n%s", name, got.String())
	}
	for _, v := range vectors {
		if c, err := ParseRestoreCode(v.Code); err != nil || hex.EncodeToString(c.Bytes()) != v.Secret {
			t.Errorf("%s: %v", v.Code, err)
		}
		for _, wrong := range v.Wrong {
			_ = fault(t, wrong)
		}
	}
}

// Every input that a derivation has changes its result, and none can slide into another.
func TestRestoreCodeDerivationsApart(t *testing.T) {
	a, b := fixedCodes(t)[2], fixedCodes(t)[4]
	tp, file := fixedKey(t).Key().Thumbprint(), []byte("file")
	other := tp
	other[31] ^= 1
	seen := map[string]string{}
	add := func(name string, value []byte) {
		t.Helper()
		if was, ok := seen[string(value)]; ok {
			t.Errorf("%s is that of %s", name, was)
		}
		seen[string(value)] = name
	}
	for name, c := range map[string]RestoreCode{"a": a, "b": b} {
		for _, user := range []string{"u_1", "u_2", ""} {
			p, e := c.Keys(user)
			add(name+user+" proof", p.Key().Bytes())
			add(name+user+" exchange", e.Key().Bytes())
			for _, g := range []uint64{0, 1, 1 << 56} {
				for _, f := range [][]byte{file, file[:3], nil, append([]byte{0}, file...)} {
					mac := c.EscrowMAC(user, g, f)
					add(fmt.Sprint(name, user, "mac", g, f), mac[:])
				}
			}
			for _, issuer := range []string{"https://a.example", "https://b.example", ""} {
				for _, id := range []Thumbprint{tp, other} {
					vouch := c.Vouch(user, issuer, id)
					add(fmt.Sprint(name, user, "vouch", issuer, id), vouch[:])
				}
			}
			p2, e2 := c.Keys(user)
			if p2.Key() != p.Key() || e2.Key() != e.Key() {
				t.Fatal("the keys of a code are not always the same")
			}
		}
	}
}

// whatever is taken comes back in its one form, and nothing else of 28 characters means the same.
func FuzzParseRestoreCode(f *testing.F) {
	for _, c := range fixedCodes(f) {
		flat := strings.ReplaceAll(c.Text(), " ", "")
		f.Add(c.Text())
		f.Add(strings.ToLower(flat))
		f.Add(flat[:27])
		f.Add(flat[:27] + "U")
		f.Add(flat[2:4] + flat[:2] + flat[4:])
	}
	f.Add("oooo-llll-iiii")
	f.Fuzz(func(t *testing.T, text string) {
		now := CheckTyped(text)
		c, err := ParseRestoreCode(text)
		if now.Right() != (err == nil) {
			t.Fatalf("%q: %+v while typing, %v at the end", text, now, err)
		}
		if err != nil {
			for _, g := range err.(*RestoreCodeError).Groups {
				if g < 1 || g > RestoreGroups {
					t.Errorf("%q: group %d", text, g)
				}
			}
			return
		}
		if got := strings.ReplaceAll(c.Text(), " ", ""); got != CleanCrockford(text) {
			t.Errorf("%q comes back as %q", text, got)
		}
		if again, err := RestoreCodeOf(c.Bytes()); err != nil || !again.Equal(c) {
			t.Errorf("%q: bytes do not come back", text)
		}
	})
}
