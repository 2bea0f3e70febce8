package computer_test

import (
	"encoding/base64"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"avow/internal/atomicfile/atomicfiletest"
	"avow/internal/authn"
	"avow/internal/computer"
	"avow/internal/otp"
)

func statePath(r *rig) string { return filepath.Join(r.dir, "state.json") }

// A state file that is not exactly as it was written lets nobody in and is said to be damaged: every byte flipped, every cut.
func TestDamagedState(t *testing.T) {
	r, p, _ := ready(t)
	r.refill(p, newPhone(t, "desk"))
	good, err := r.disk.ReadFile(statePath(r))
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string, at int, data []byte) {
		r.disk.Put(statePath(r), data)
		m, err := computer.Open(r.config())
		if !errors.Is(err, computer.ErrStateDamaged) || m != nil {
			t.Fatalf("%s at %d: %v", what, at, err)
		}
	}
	for i := range good {
		bad := append([]byte(nil), good...)
		bad[i] ^= 1 << (i % 8)
		check("bit flipped", i, bad)
		if i%7 == 0 {
			check("cut", i, good[:i])
		}
	}
	check("more behind it", len(good), append(good[:len(good):len(good)], ' '))
	r.disk.Put(statePath(r), good)
	other := r.config()
	other.ID = "sales-pc"
	if _, err := computer.Open(other); !errors.Is(err, computer.ErrStateDamaged) {
		t.Errorf("another computer's state: %v", err)
	}
	if err := computer.Erase(r.config()); err != nil {
		t.Fatal(err)
	}
	r.open()
	if _, err := r.Challenge(anna); !errors.Is(err, computer.ErrDenied) { // until the server has spoken
		t.Errorf("after Erase: %v", err)
	}
}

// D17, R-072: fail each call to the disk in turn, with and without all that follow, and cut the power after it. A code is never accepted
// without its use being on disk, and what was accepted stays used.
func TestUseIsOnDiskFirst(t *testing.T) {
	for name, byList := range map[string]bool{"qr": false, "list": true} {
		for _, dead := range []bool{false, true} {
			for n := 1; ; n++ {
				r, p, _ := ready(t)
				k, _ := r.refill(p, newPhone(t, "desk"))
				ch := r.challenge(anna)
				try := func(m *computer.Machine) error {
					c := p.code(t, ch.Link, laptop)
					if byList {
						c = list(k.Code(0))
					}
					_, err := m.Verify(t.Context(), anna, ch, c, nil)
					return err
				}
				r.disk.FailAt(n, dead)
				err := try(r.Machine)
				failed := r.disk.Calls() >= n
				r.disk.FailAt(0, false)
				if failed && err == nil {
					t.Fatalf("%s: let in although call %d failed", name, n)
				}
				if failed && !errors.Is(err, computer.ErrStorage) {
					t.Fatalf("%s: call %d: %v", name, n, err)
				}
				if !byList && try(r.Machine) == nil {
					t.Fatalf("%s: one QR twice, call %d", name, n)
				}
				for kept := range uint(1 << r.disk.Pending()) {
					after := r.disk.Crash(kept, int(kept)*100)
					c := r.config()
					c.FS = after
					m, openErr := computer.Open(c)
					if openErr != nil {
						t.Fatalf("%s: state after a power cut at call %d: %v", name, n, openErr)
					}
					if uses := authn.GrantUses - m.Status().Grants[0].UsesLeft; err == nil && uses != 1 {
						t.Fatalf("%s: let in, and %d uses on disk", name, uses)
					}
					if again := try(m); err == nil && again == nil {
						t.Fatalf("%s: used code accepted again after a power cut", name)
					}
				}
				if !failed {
					break
				}
			}
		}
	}
}

// A wrong code is counted on disk before it is said to be wrong; if the disk fails it is counted in memory and nobody is let in.
func TestWrongCodeIsOnDiskFirst(t *testing.T) {
	r, _, _ := ready(t)
	r.disk.FailAt(1, true)
	for i := range 5 {
		_, err := r.verify(anna, nil, stranger(laptop, byte(i)))
		wantError(t, "disk fails", err, computer.ErrStorage)
	}
	_, err := r.Challenge(anna)
	wantError(t, "counted all the same", err, computer.ErrWait)
	r.disk.FailAt(0, false)
	r.pass(2 * 60 * 1e9)
	_, err = r.verify(anna, nil, stranger(laptop, 9))
	wantError(t, "the disk is back", err, computer.ErrWrong)
	r.reboot()
	if got := r.Status().Grants[0].Wrong; got != 6 {
		t.Errorf("%d wrong codes are on disk, want 6", got)
	}
}

// What takes rights away counts at once, also when the disk fails.
func TestEndsWithoutDisk(t *testing.T) {
	r, _, g := ready(t)
	r.disk.FailAt(1, true)
	g.Seq, g.State = g.Seq+1, authn.GrantStolen
	if err := r.Take(r.wall, nil, nil, 0, authn.OfflineAllow); err != nil && !errors.Is(err, computer.ErrStorage) {
		t.Fatal(err)
	}
	err := r.Take(r.wall, nil, nil, 0, authn.OfflineDeny)
	wantError(t, "take", err, computer.ErrStorage)
	_, err = r.Challenge(anna)
	wantError(t, "challenge", err, computer.ErrDenied)
}

// a thief has all that is on the computer's disk and every public key. With each 32 bytes of it as a private key, and with each
// hash as a code, he makes no code that is taken. TestThief of internal/testenv is the whole of it.
func TestThiefOfTheDisk(t *testing.T) {
	r, p, g := ready(t)
	desk := newPhone(t, "desk")
	k, _ := r.refill(p, desk)
	ch := r.challenge(anna)
	right := p.code(t, ch.Link, laptop)
	disk := ""
	for _, data := range r.disk.Files() {
		disk += string(data)
	}
	for what, secret := range map[string]string{
		"phone's private key": string(p.private.Bytes()), "code for the QR": right.Digits, "code of the list": k.Code(0).Secret,
		"desk's private key": string(desk.private.Bytes()),
	} {
		if strings.Contains(disk, secret) {
			t.Errorf("the disk has the %s", what)
		}
	}
	tried := 0
	payload := ch.Link.Payload()
	for _, secret := range windows(disk, 32) {
		text, err := otp.ChallengeCode(secret, payload, otp.Parties{Exchange: p.public, Computer: laptop, User: g.User})
		if err == nil && text == right.Digits {
			t.Fatal("a code was made from what is on the disk")
		}
		tried++
	}
	if tried < 1000 {
		t.Fatalf("only %d keys were tried", tried)
	}
}

// windows are all 32 bytes of a text as they stand, and of what is base64url in it.
func windows(text string, n int) (all [][]byte) {
	for i := 0; i+n <= len(text); i += 3 {
		all = append(all, []byte(text[i:i+n]))
	}
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == '"' || r == ',' || r == ':' }) {
		raw, err := decode(word)
		if err != nil {
			continue
		}
		for i := 0; i+n <= len(raw); i++ {
			all = append(all, raw[i:i+n])
		}
	}
	return all
}

// The state file of version 1 opens as long as there is a program that reads version 1. Written once with AVOW_UPDATE=1.
func TestGoldenState(t *testing.T) {
	const golden = "testdata/state-v1.json"
	if os.Getenv("AVOW_UPDATE") != "" {
		r, p, _ := ready(t)
		r.refill(p, newPhone(t, "desk"))
		_, _ = r.verify(anna, nil, stranger(laptop, 0))
		data, err := r.disk.ReadFile(statePath(r))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(golden, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	d := atomicfiletest.New()
	r := &rig{t: t, id: laptop, disk: d, fs: d, dir: "/var/lib/avow-login", cost: cheap, wall: noon, up: 1}
	d.Put(statePath(r), data)
	r.open()
	s := r.Status()
	if len(s.Grants) != 1 || s.Grants[0].Login != anna || s.Grants[0].CodesLeft != authn.ListCount || s.Grants[0].DeskLeft != authn.DeskCount || s.Grants[0].Wrong != 1 || s.Journal != 1 {
		t.Errorf("golden state is %+v", s)
	}
}

func decode(word string) ([]byte, error) { return base64.RawURLEncoding.DecodeString(word) }
