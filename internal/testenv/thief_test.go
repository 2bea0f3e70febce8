package testenv_test

import (
	"bytes"
	"crypto/ecdh"
	"encoding/base64"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"avow/internal/authn"
	"avow/internal/computer"
	"avow/internal/key"
	"avow/internal/otp"
	"avow/internal/phone/platform"
	"avow/internal/testenv"
	"avow/internal/wire"
)

// TestThief is R-070: somebody has a copy of the computer's disk, with its key, and of the server's database, and knows every public
// key and the program. He tries each 32 bytes that he finds, raw, in hex and in base64, as the private half of a phone's exchange key, of the
// desk's, of a list's, or of a QR's, and as their shared secret; not one makes a code that the computer takes. What he looks for can be
// found: the same search finds a key that is put there.
func TestThief(t *testing.T) {
	ctx, env, p, laptop, _ := signedInOnce(t, authn.OfflineAllow)
	laptop.Network.SetDown(true)
	_, step := offline(t, ctx, laptop)
	link := must(wire.ParseLink(step.Challenge))(t).(wire.OfflineLink)
	code := must(p.OfflineCode(ctx, must(p.OfflineChallenge(link))(t), platform.Prompt{}))(t)

	loot := stolen(t, env, laptop)
	if len(loot) < 10_000 {
		t.Fatalf("the thief has only %d bytes", len(loot))
	}
	g := laptop.Machine.Status().Grants[0]
	device := must(env.Admin.Devices(ctx, "anna.lind"))(t)
	if len(device) != 1 || g.Login != "anna.lind" {
		t.Fatalf("%v, %+v", device, g)
	}
	parties := otp.Parties{Exchange: exchangeKey(t, p), Computer: laptop.ID, User: userOf(t, loot)}
	right := must(otp.ParseTyped(code.Text))(t).Digits
	search := func(loot []byte) (made int, found bool) {
		for secret := range secrets(loot) {
			for _, shared := range [][]byte{secret, exchange(secret, link.Ephemeral), exchange(secret, parties.Exchange)} {
				if shared == nil {
					continue
				}
				made++
				if c, err := otp.ChallengeCode(shared, link.Payload(), parties); err == nil && c == right {
					found = true
				}
			}
		}
		return made, found
	}
	made, found := search(loot)
	if found {
		t.Fatal("the thief made the code")
	}
	t.Logf("%d codes were made of %d bytes, none is right", made, len(loot))

	// What he looks for can be found: were the key of the QR on the disk, he would have the code.
	e := newKey(t)
	leaked := must(e.ECDH())(t)
	link.Ephemeral = e.Key()
	shared := must(leaked.ECDH(parties.Exchange.ECDH()))(t)
	right = must(otp.ChallengeCode(shared, link.Payload(), parties))(t)
	if _, found := search([]byte(`{"e":"` + base64.RawURLEncoding.EncodeToString(leaked.Bytes()) + `"}`)); !found {
		t.Error("the search does not find a key that is there")
	}

	// With the disk and the computer's key he runs the program himself: it asks him for a code all the same, and the codes that were used are used.
	copied := t.TempDir()
	must(0, os.CopyFS(copied, os.DirFS(laptop.Dir)))(t)
	m := must(computer.Open(computer.Config{Dir: copied, ID: laptop.ID}))(t)
	guess := otp.Typed{List: &otp.ListCode{Prefix: otp.ComputerPrefix(laptop.ID), Secret: "00000000"}}
	for range 25 {
		if _, err := m.Verify(ctx, "anna.lind", nil, guess, nil); err == nil {
			t.Fatal("a guess was right")
		}
	}
}

// stolen is everything on the computer's disk and in the server's database.
func stolen(t *testing.T, env *testenv.Env, l *testenv.Laptop) (loot []byte) {
	t.Helper()
	take := func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		loot = append(append(loot, data...), '\n')
		return err
	}
	must(0, filepath.WalkDir(l.Dir, take))(t)
	for _, name := range must(filepath.Glob(filepath.Join(env.Dir, "avow.db*")))(t) {
		data := must(os.ReadFile(name))(t)
		loot = append(append(loot, data...), '\n')
	}
	return append(loot, must(l.Key.EncodePEM())(t)...)
}

// secrets are all 32 bytes in a loot, as they stand and in what is base64.
func secrets(loot []byte) func(func([]byte) bool) {
	words := regexp.MustCompile(`[A-Za-z0-9+/_-]{43,}`)
	return func(yield func([]byte) bool) {
		for i := 0; i+32 <= len(loot); i += 4 { // SQLite and JSON keep nothing at odd bits
			if !yield(loot[i : i+32]) {
				return
			}
		}
		for _, word := range words.FindAll(loot, -1) {
			for _, enc := range []*base64.Encoding{base64.RawURLEncoding, base64.RawStdEncoding} {
				raw, err := enc.DecodeString(string(word[:len(word)/4*4]))
				for i := 0; err == nil && i+32 <= len(raw); i++ {
					if !yield(raw[i : i+32]) {
						return
					}
				}
				if raw, err := enc.DecodeString(string(word[:43])); err == nil && len(raw) >= 32 && !yield(raw[:32]) {
					return
				}
			}
		}
	}
}

// exchange is ECDH of a secret taken for a private key; nil if it is none.
func exchange(secret []byte, with key.Public) []byte {
	private, err := ecdh.P256().NewPrivateKey(secret)
	if err != nil {
		return nil
	}
	shared, err := private.ECDH(with.ECDH())
	if err != nil {
		return nil
	}
	return shared
}

func exchangeKey(t *testing.T, p *testenv.Phone) key.Public {
	t.Helper()
	for _, k := range p.Keys.List() {
		if k.Purpose == "exchange" {
			return k.Public
		}
	}
	t.Fatal("the phone has no exchange key")
	return key.Public{}
}

// userOf finds the user's id in the loot: it is no secret.
func userOf(t *testing.T, loot []byte) authn.UserID {
	t.Helper()
	ids := regexp.MustCompile(`"sub":"(u_[A-Za-z0-9_-]{22})"`).FindAllSubmatch(loot, -1)
	slices.SortFunc(ids, func(a, b [][]byte) int { return bytes.Compare(a[1], b[1]) })
	if len(ids) == 0 {
		t.Fatal("no user is in the loot")
	}
	return authn.UserID(ids[0][1])
}
