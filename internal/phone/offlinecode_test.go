package phone

import (
	"crypto/elliptic"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/wire"
)

// the code is the one that this computer expects of this user, and of nobody else.
func TestChallengeCode(t *testing.T) {
	r, a, m, _ := withComputer(t)
	other := newMachine(r, a, m.identity, "sales-pc")
	r.tell(t, a, wire.OfflineAnswer{Grants: []string{other.statement()}})
	link, want := m.challenge("id.example.com")
	got, err := r.codeFor(t, link)
	if err != nil || got.Text != want {
		t.Fatalf("code is %q, %v, want %q", got.Text, err, want)
	}
	if got.Method != authn.OfflineQR || got.Computer.Name != "LAPTOP-42" || time.Until(got.Until).Round(time.Second) != ShowCodeFor {
		t.Errorf("it says %s, %s, until %v", got.Method, got.Computer.Name, got.Until)
	}
	foreign := link
	foreign.Grant = other.ID
	if code, err := r.codeFor(t, foreign); err != nil || code.Text == want {
		t.Errorf("the same key for another computer: the same code, %v", err)
	}
	for name, change := range map[string]func(*machine){
		"another computer": func(m *machine) { m.Computer.ID = "laptop-43" },
		"another user":     func(m *machine) { m.User = authn.NewUserID() },
		"another phone":    func(m *machine) { m.ExchangeJWK = must(key.Generate()).Key() },
	} {
		changed := *m
		change(&changed)
		link, want := changed.challenge("")
		if code, err := r.codeFor(t, link); err != nil || code.Text == want {
			t.Errorf("%s expects the same code, %v", name, err)
		}
	}
}

// One challenge has one code and one record, also after the server has the record.
func TestOneChallengeOneRecord(t *testing.T) {
	r, a, m, _ := withComputer(t)
	link, want := m.challenge("")
	for range 3 {
		if code, err := r.codeFor(t, link); err != nil || code.Text != want {
			t.Fatalf("code %q, %v", code.Text, err)
		}
	}
	records := r.records(a)
	if len(records) != 1 || records[0].Use != wire.ChallengeUse(link.Payload()) || records[0].Grant != m.ID || records[0].Method != authn.OfflineQR || records[0].List != nil {
		t.Fatalf("records %+v", records)
	}
	if _, err := r.takeComputers(t.Context(), a, m.ExchangeJWK, wire.OfflineAnswer{}, records[0].N); err != nil {
		t.Fatal(err)
	}
	if code, err := r.codeFor(t, link); err != nil || code.Text != want || len(r.records(a)) != 0 {
		t.Errorf("again: %v, records %v", err, r.records(a))
	}
}

// what is not a challenge for this phone gives a clear error, no code, no record and asks nobody.
func TestForeignChallenges(t *testing.T) {
	tests := map[string]struct {
		change func(*rig, *account, *wire.OfflineLink)
		want   string
	}{
		"unknown grant":       {func(_ *rig, _ *account, l *wire.OfflineLink) { l.Grant = authn.NewGrantID() }, "grant_unknown"},
		"foreign host":        {func(_ *rig, _ *account, l *wire.OfflineLink) { l.Host = "id.example.org" }, "grant_unknown"},
		"no point":            {func(_ *rig, _ *account, l *wire.OfflineLink) { l.Ephemeral = key.Public{} }, "bad_challenge"},
		"account was removed": {func(_ *rig, a *account, _ *wire.OfflineLink) { a.stored.Status.Status = Removed }, "grant_revoked"},
		"user is blocked":     {func(_ *rig, a *account, _ *wire.OfflineLink) { a.stored.Status.Status = Blocked }, "grant_revoked"},
		"too old":             {func(r *rig, _ *account, _ *wire.OfflineLink) { r.ahead.Store(int64(authn.GrantLifetime + time.Minute)) }, "grant_over"},
		"another account's host": {func(r *rig, _ *account, l *wire.OfflineLink) {
			a := r.addAccount(t.Context(), storedAccount{ID: authn.NewDeviceID(), Status: storedStatus{Status: Connected}})
			a.stored.Server.Issuer, l.Host = "https://other.example.com", "other.example.com"
		}, "grant_unknown"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r, a, m, _ := withComputer(t)
			link, _ := m.challenge("id.example.com")
			good, err := r.OfflineChallenge(link)
			if err != nil {
				t.Fatal(err)
			}
			r.keys.Lock()
			tt.change(r, a, &link)
			_, err = r.OfflineChallenge(link)
			if authn.CodeOf(err) != tt.want {
				t.Errorf("scanned: %v, want %s", err, tt.want)
			}
			good.Link = link
			asked := len(r.sensor.Asked())
			code, err := r.OfflineCode(t.Context(), good, platform.Prompt{})
			if authn.CodeOf(err) != tt.want || code.Text != "" {
				t.Errorf("code %q, %v, want %s", code.Text, err, tt.want)
			}
			if len(r.records(a)) != 0 || len(r.sensor.Asked()) != asked {
				t.Errorf("records %v, asked %d times", r.records(a), len(r.sensor.Asked())-asked)
			}
		})
	}
}

// payloads that no phone may read: a point off the curve, at infinity, too short, too long, of a later version. None of them is a link.
func TestBrokenChallenges(t *testing.T) {
	_, _, m, _ := withComputer(t)
	link, _ := m.challenge("id.example.com")
	const crockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	encode := func(b []byte) string {
		var out strings.Builder
		bits, n := 0, 0
		for _, x := range b {
			bits, n = bits<<8|int(x), n+8
			for ; n >= 5; n -= 5 {
				out.WriteByte(crockford[bits>>(n-5)&31])
			}
			bits &= 1<<n - 1
		}
		if n > 0 {
			out.WriteByte(crockford[bits<<(5-n)&31])
		}
		return out.String()
	}
	good := link.Payload()
	if _, err := wire.ParseLink("AVOW:O#" + encode(good)); err != nil {
		t.Fatalf("the good one: %v", err)
	}
	off := append([]byte(nil), good...)
	copy(off[10:42], make([]byte, 32))
	for curve := elliptic.P256().Params(); ; off[41]++ { // to an x for which x³ - 3x + b has no root
		x := big.NewInt(int64(off[41]))
		y2 := new(big.Int).Exp(x, big.NewInt(3), curve.P)
		y2.Sub(y2, new(big.Int).Mul(big.NewInt(3), x)).Add(y2, curve.B).Mod(y2, curve.P)
		if new(big.Int).ModSqrt(y2, curve.P) == nil {
			break
		}
	}
	for name, payload := range map[string][]byte{
		"not on the curve": off,
		"infinity":         append(append(append([]byte(nil), good[:9]...), make([]byte, 33)...), good[42:]...),
		"bad sign":         append(append(append([]byte(nil), good[:9]...), 5), good[10:]...),
		"too short":        good[:46],
		"too long":         append(append([]byte(nil), good...), 0),
		"flags":            append(append([]byte(nil), good[:46]...), 1),
		"nothing":          nil,
	} {
		for _, text := range []string{"AVOW:O#" + encode(payload), "HTTPS://ID.EXAMPLE.COM/O#" + encode(payload)} {
			if l, err := wire.ParseLink(text); err == nil {
				t.Errorf("%s was read: %v", name, l)
			}
		}
	}
}

// the phone says how far the computer's clock is off, by the best time that it knows, and warns beyond ten minutes.
func TestClockWarning(t *testing.T) {
	for name, phoneAhead := range map[string]time.Duration{"right": 0, "years ahead": 87600 * time.Hour, "years behind": -87600 * time.Hour} {
		r, a, m, _ := withComputer(t)
		r.ahead.Store(int64(phoneAhead))
		r.tell(t, a, wire.OfflineAnswer{ServerTime: time.Now().Unix()})
		for off, warn := range map[time.Duration]bool{
			0: false, 9 * time.Minute: false, -9 * time.Minute: false, 11 * time.Minute: true, -11 * time.Minute: true, -43800 * time.Hour: true,
		} {
			t.Run(fmt.Sprint(name, " ", off), func(t *testing.T) {
				link, _ := m.challenge("")
				link.Time = uint32(time.Now().Add(off).Unix())
				ch, err := r.OfflineChallenge(link)
				if err != nil || ch.Warn != warn || (ch.Off-off).Abs() > 3*time.Second || ch.Clock.Unix() != int64(link.Time) {
					t.Errorf("off %v, warns %v, %v, want %v, %v", ch.Off, ch.Warn, err, off, warn)
				}
			})
		}
	}
}

// A phone whose clock is off by years knows when a grant is over if it knows by how much, also after a new start, and notes the right time.
func TestGrantEndsByTheBestClock(t *testing.T) {
	for name, ahead := range map[string]time.Duration{"years ahead": 87600 * time.Hour, "years behind": -87600 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			r, a, m, _ := withComputer(t)
			r.ahead.Store(int64(ahead))
			r.tell(t, a, wire.OfflineAnswer{ServerTime: time.Now().Unix()})
			again := newRig(t, r.dir)
			again.ahead.Store(int64(ahead))
			link, want := m.challenge("")
			ch, err := again.OfflineChallenge(link)
			if err != nil {
				t.Fatal(err)
			}
			code, err := again.OfflineCode(keystore.WithPIN(t.Context(), pin), ch, platform.Prompt{})
			if err != nil || code.Text != want {
				t.Fatalf("code %q, %v", code.Text, err)
			}
			if at := again.records(again.accounts[0])[0].At; time.Since(time.Unix(at, 0)).Abs() > time.Minute {
				t.Errorf("noted at %v", time.Unix(at, 0))
			}
			again.ahead.Add(int64(authn.GrantLifetime))
			if _, err := again.OfflineChallenge(link); !errors.Is(err, authn.ErrGrantOver) || again.State().Computers[0].State != ComputerOld {
				t.Errorf("after 14 days: %v, %s", err, again.State().Computers[0].State)
			}
			again.ahead.Store(int64(0)) // somebody set the clock right
			if _, err := again.OfflineChallenge(link); err != nil {
				t.Errorf("with the clock set right: %v", err)
			}
		})
	}
}

// A code needs the user, and no open vault; with a wrong PIN there is none, and no record.
func TestCodeNeedsTheUser(t *testing.T) {
	r, a, m, l := withComputer(t)
	r.Lock()
	link, want := m.challenge("")
	ch, err := r.OfflineChallenge(link)
	if err != nil {
		t.Fatal(err)
	}
	wrong := keystore.WithPIN(t.Context(), key.Secret("958271"))
	if code, err := r.OfflineCode(wrong, ch, platform.Prompt{}); !errors.Is(err, keystore.ErrPINWrong) || code.Text != "" {
		t.Errorf("wrong PIN: %v", err)
	}
	if code, err := r.ListCode(wrong, m.ID, platform.Prompt{}); err == nil || code.Text != "" {
		t.Errorf("wrong PIN: %v", err)
	}
	if n := len(r.records(a)); n != 0 || r.State().Computers[0].CodesLeft != 50 {
		t.Errorf("%d records", n)
	}
	if code, err := r.OfflineCode(t.Context(), ch, platform.Prompt{}); err != nil || code.Text != want || !r.State().Locked {
		t.Errorf("locked, with the finger: %q, %v", code.Text, err)
	}
	if code, err := r.ListCode(t.Context(), m.ID, platform.Prompt{}); err != nil || code.Text != m.code(l, 0) {
		t.Errorf("locked, from the list: %v", err)
	}
	again := newRig(t, r.dir)
	if n := len(again.records(again.accounts[0])); n != 2 {
		t.Errorf("%d records after a new start", n)
	}
}

// Codes at once, of QRs and of the list, lose no record.
func TestCodesAtOnce(t *testing.T) {
	r, a, m, l := withComputer(t)
	var wait sync.WaitGroup
	var mu sync.Mutex
	shown := map[string]bool{}
	for range 8 {
		wait.Go(func() {
			code, err := r.ListCode(t.Context(), m.ID, platform.Prompt{})
			if err != nil || code.Text != m.code(l, 0) {
				t.Errorf("present code: number %d, %v", code.Number, err)
			}
		})
	}
	wait.Wait()
	for range 8 {
		wait.Go(func() {
			code, err := r.NextListCode(t.Context(), m.ID, platform.Prompt{})
			mu.Lock()
			defer mu.Unlock()
			if err != nil || shown[code.Text] {
				t.Errorf("number %d twice, %v", code.Number, err)
			}
			shown[code.Text] = true
		})
		wait.Go(func() {
			link, want := m.challenge("")
			if code, err := r.codeFor(t, link); err != nil || code.Text != want {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	again := newRig(t, r.dir)
	again.unlock(t)
	for _, records := range [][]storedRecord{r.records(a), again.records(again.accounts[0])} {
		uses := map[string]bool{}
		for i, rec := range records {
			if uses[rec.Use] = true; rec.N != uint64(i+1) {
				t.Errorf("record %d has number %d", i, rec.N)
			}
		}
		if len(records) != 17 || len(uses) != 17 {
			t.Errorf("%d records, %d different, want 17", len(records), len(uses))
		}
	}
}

// The notes are bounded: then there are no codes until the server has them.
func TestTooManyCodes(t *testing.T) {
	r, a, m, _ := withComputer(t)
	o := a.stored.Offline.clone()
	for n := range maxUntold {
		if err := o.note(wire.OfflineRecord{Use: fmt.Sprint(n)}); err != nil {
			t.Fatal(err)
		}
	}
	a.stored.Offline = o
	link, _ := m.challenge("")
	if code, err := r.codeFor(t, link); !errors.Is(err, ErrTooManyCodes) || code.Text != "" {
		t.Errorf("one more: %v", err)
	}
	if code, err := r.ListCode(t.Context(), m.ID, platform.Prompt{}); !errors.Is(err, ErrTooManyCodes) || code.Text != "" || r.State().Computers[0].Next != 1 {
		t.Errorf("one more of the list: %v", err)
	}
}
