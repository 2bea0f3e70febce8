package server_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/server/registration"
	"avow/internal/store"
	"avow/internal/wire"
)

// TestOneOfManyClaims is R-002: of 1000 phones that claim one session at the same time, one gets it and one device comes of it.
func TestOneOfManyClaims(t *testing.T) {
	r := newRig(t)
	u := r.user("anna.lind")
	c := r.session(u, authn.BindFirst)
	n := many()
	phones := make([]*phone, n)
	answers := make([]answered, n)
	for i := range phones {
		phones[i] = r.newPhone()
	}
	var wg sync.WaitGroup
	for i, p := range phones {
		wg.Go(func() { answers[i] = p.claim(c.Link) })
	}
	wg.Wait()
	winner := -1
	for i, a := range answers {
		switch {
		case a.status == http.StatusOK && winner < 0:
			winner = i
		case a.status == http.StatusOK:
			t.Fatal("a second phone got the session")
		default:
			wantProblem(t, "a phone that came too late", a, http.StatusConflict, "session_claimed")
		}
	}
	if winner < 0 {
		t.Fatal("no phone got the session")
	}
	for i, p := range phones { // the losers try to finish all the same
		if i%100 == 0 && i != winner {
			wantProblem(t, "finish of a loser", p.finish(p.sign(p.statement(c.Link, claimOf(answers[winner])))), http.StatusConflict, "session_claimed")
		}
	}
	w := phones[winner]
	raw := w.sign(w.statement(c.Link, claimOf(answers[winner])))
	w.adopt(w.finish(raw), raw)
	r.view(func(rd store.Reader) error {
		if devices, _ := rd.Devices(); len(devices) != 1 || devices[0].ID != w.id {
			t.Errorf("%d devices, want the winner's", len(devices))
		}
		return nil
	})
	if got := r.noticed(u.ID, authn.NoticeClaimRefused); got != 1 {
		t.Errorf("%d notices of a second phone, want 1 for all", got)
	}
}

func claimOf(a answered) (c wire.Claimed) {
	_ = json.Unmarshal(a.body, &c)
	return c
}

// TestClaimAgainBySamePhone: a phone whose answer was lost gets the same again.
func TestClaimAgainBySamePhone(t *testing.T) {
	r := newRig(t)
	c := r.session(r.user("anna.lind"), authn.BindFirst)
	p := r.newPhone()
	first := decode[wire.Claimed](t, p.claim(c.Link), http.StatusOK)
	again := decode[wire.Claimed](t, p.claim(c.Link), http.StatusOK)
	if first.Challenge != again.Challenge || first.RegistrationID != again.RegistrationID {
		t.Error("second claim of the same phone got another challenge")
	}
	stolen := wire.Claim{Session: wire.SessionSecret{Secret: c.Link.Session}, DeviceJWK: p.device.Key()}
	wantProblem(t, "claim for another's key", r.newPhone().post("/v1/registration/claim", stolen), http.StatusBadRequest, "key_mismatch")
	if first.LoginMasked != "a•••d" || first.SecondProof != "none" || first.ServerTime != noon.Unix() {
		t.Errorf("claimed: %+v", first)
	}
}

// TestUsedForEver is R-003: a used session stays used after a restart and after yesterday's database was put back.
func TestUsedForEver(t *testing.T) {
	r := newRig(t)
	u := r.user("anna.lind")
	early := r.session(u, authn.BindFirst)
	p := r.newPhone()
	claimed := decode[wire.Claimed](t, p.claim(early.Link), http.StatusOK)
	r.stop()
	backup := read(t, r.database())
	r.start()
	raw := p.sign(p.statement(early.Link, claimed))
	p.adopt(p.finish(raw), raw)

	tombstone := func(when string) {
		t.Helper()
		if h := early.Session.Secret; !bytes.Contains(read(t, r.config.Tombstones), []byte(hex.EncodeToString(h[:]))) {
			t.Errorf("%s: the used session is not in the file", when)
		}
	}
	tombstone("when the phone has its answer")
	r.stop()
	if err := os.Remove(r.config.Tombstones); err != nil {
		t.Fatal(err)
	}
	r.start()
	tombstone("after the file was lost and the server started")

	check := func(when string) {
		t.Helper()
		other, same := r.newPhone(), &phone{r: r, device: p.device, approval: p.approval, exchange: p.exchange}
		wantProblem(t, when+": claim by another", other.claim(early.Link), http.StatusGone, "session_used")
		wantProblem(t, when+": claim by the same", same.claim(early.Link), http.StatusGone, "session_used")
		changed := same.statement(early.Link, claimed)
		changed.Device.Name = "Another name"
		wantProblem(t, when+": finish", same.finish(same.sign(changed)), http.StatusGone, "session_used")
	}
	check("at once")
	r.restart()
	check("after a restart")
	r.clock.pass(time.Hour)
	check("after its time")
	r.stop()
	for _, name := range []string{r.database() + "-wal", r.database() + "-shm"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(r.database(), backup, 0o600); err != nil {
		t.Fatal(err)
	}
	r.clock.pass(-time.Hour) // even if it had time left
	r.start()
	r.view(func(rd store.Reader) error {
		if s, err := rd.RegistrationSession(early.Session.ID); err != nil || s.State != authn.SessionClaimed {
			t.Fatalf("the backup does not hold the claimed session: %v %v", s.State, err)
		}
		return nil
	})
	check("after yesterday's backup")
	if v, err := r.Registration.Get(t.Context(), early.Session.ID); err != nil || v.State != registration.Used {
		t.Errorf("the page says %q, %v", v.State, err)
	}
	r.clock.pass(authn.TombstoneLifetime + time.Hour)
	if err := r.Registration.Forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantProblem(t, "after the tombstone", r.newPhone().claim(early.Link), http.StatusNotFound, "session_unknown")
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestFinishAgain: the same registration again gets the same answer and makes no second device.
func TestFinishAgain(t *testing.T) {
	r := newRig(t)
	u := r.user("anna.lind")
	c := r.session(u, authn.BindFirst)
	p := r.newPhone()
	raw := p.sign(p.statement(c.Link, decode[wire.Claimed](t, p.claim(c.Link), http.StatusOK)))
	answers := make([]answered, 20)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() { answers[i] = p.finish(raw) })
	}
	wg.Wait()
	r.clock.pass(time.Hour)
	r.restart()
	for i, a := range append(answers, p.finish(raw)) {
		if a.status != http.StatusOK || !bytes.Equal(a.body, answers[0].body) {
			t.Errorf("answer %d: status %d, the same %v", i, a.status, bytes.Equal(a.body, answers[0].body))
		}
	}
	r.view(func(rd store.Reader) error {
		if devices, _ := rd.Devices(); len(devices) != 1 {
			t.Errorf("%d devices, want 1", len(devices))
		}
		return nil
	})
	if n := r.noticed(u.ID, authn.NoticeDeviceRegistered); n != 1 {
		t.Errorf("%d notices, want 1", n)
	}
}

// TestSessionExpires is R-004: the server's clock decides, whatever the phone's says.
func TestSessionExpires(t *testing.T) {
	r := newRig(t)
	c := r.session(r.user("anna.lind"), authn.BindFirst)
	if got := c.Session.ExpiresAt.Sub(noon); got != 10*time.Minute {
		t.Errorf("an interactive session lives %s", got)
	}
	r.clock.pass(10*time.Minute - time.Second)
	p := r.newPhone()
	claimed := decode[wire.Claimed](t, p.claim(c.Link), http.StatusOK)
	r.clock.pass(time.Second)
	wantProblem(t, "finish at the end", p.finish(p.sign(p.statement(c.Link, claimed))), http.StatusGone, "session_expired")
	r.clock.pass(time.Second)
	wantProblem(t, "claim a second later", p.claim(c.Link), http.StatusGone, "session_expired")
	wantProblem(t, "claim by another", r.newPhone().claim(c.Link), http.StatusGone, "session_expired")
}

// TestLinksChangeNothing is R-006 for the server: what scanners of links do changes nothing, and the phone registers after them.
func TestLinksChangeNothing(t *testing.T) {
	r := newRig(t)
	c := r.session(r.user("anna.lind"), authn.BindFirst)
	if err := r.MountPages(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := len(r.audit())
	paths := []string{"/R", "/A", "/r", "/R?x=1", "/", "/connect", "/v1/registration/claim", "/v1/registration/finish", wire.MetadataPath, "/healthz"}
	for i := range 1000 {
		if a := r.send(http.MethodGet, paths[i%len(paths)], "", nil); i < 2 && a.status != http.StatusOK {
			t.Errorf("%s: status %d", paths[i], a.status)
		}
	}
	if v, err := r.Registration.Get(t.Context(), c.Session.ID); err != nil || v.State != registration.Active || v.Session != c.Session {
		t.Errorf("the session is %+v, %v", v, err)
	}
	if n := len(r.audit()); n != before {
		t.Errorf("%d records were written", n-before)
	}
	r.newPhone().register(c)
}

// TestCreateSession is R-008: when a user may get a new session.
func TestCreateSession(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	u := r.user("anna.lind")
	create := func(mode authn.BindingMode, force bool) (registration.Created, string) {
		c, err := r.Registration.Create(ctx, registration.CreateRequest{User: u.ID, Mode: mode, Force: force, Actor: "admin:maja", Reason: "new phone", IP: "192.0.2.1"})
		return c, authn.CodeOf(err)
	}
	want := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	first, code := create(authn.BindFirst, false)
	want("first", code, "")
	_, code = create(authn.BindFirst, false)
	want("while one is open", code, "session_open")
	second, code := create(authn.BindFirst, true)
	want("by force", code, "")
	wantProblem(t, "the old one", r.newPhone().claim(first.Link), http.StatusGone, "session_revoked")
	p := r.newPhone()
	p.register(second)
	_, code = create(authn.BindAdditional, false)
	want("while a phone waits", code, "session_open")
	third, code := create(authn.BindFirst, true)
	want("by force while a phone waits", code, "")
	wantProblem(t, "the phone that waited", p.call(http.MethodGet, "/v1/device", nil), http.StatusForbidden, "device_revoked")
	if v, err := r.Registration.Get(ctx, second.Session.ID); err != nil || v.State != registration.Revoked {
		t.Errorf("the session of the phone that waited is %q, %v", v.State, err)
	}
	p = r.newPhone()
	p.register(third)
	if err := r.Registration.Confirm(ctx, third.Session.ID, "page:x", "", nil); err != nil {
		t.Fatal(err)
	}
	_, code = create(authn.BindFirst, false)
	want("with a device", code, "device_exists")
	_, code = create(authn.BindFirst, true)
	want("with a device, by force", code, "device_exists")
	_, code = create("sideways", false)
	want("mode", code, "bad_mode")
	for range authn.MaxDevices - 1 {
		r.connect(u, authn.BindAdditional)
	}
	_, code = create(authn.BindAdditional, false)
	want("one too many", code, "too_many_devices")
	last := r.connect(u, authn.BindReplace)
	r.view(func(rd store.Reader) error {
		devices, _ := rd.DevicesOf(u.ID)
		for _, d := range devices {
			if (d.State == authn.DeviceActive) != (d.ID == last.id) {
				t.Errorf("device %s is %s after the replacement", d.ID, d.State)
			}
		}
		return nil
	})
	r.update(func(tx store.Tx) error {
		return tx.UpdateUser(u.ID, func(u authn.User) (authn.User, error) { u.Status = authn.UserDisabled; return u, nil })
	})
	_, code = create(authn.BindReplace, false)
	want("blocked user", code, "user_disabled")
}

// TestDeviceLimitUnderRace: as many as allowed and not one more, though the sessions were made before.
func TestDeviceLimitUnderRace(t *testing.T) {
	r := newRig(t)
	u := r.user("anna.lind")
	r.connect(u, authn.BindFirst)
	var phones []*phone
	var raws []string
	for range 10 {
		s, page := authn.NewRegistrationSession(u.ID, authn.BindAdditional, "admin:maja", r.clock.Now())
		r.update(func(tx store.Tx) error { return tx.CreateRegistrationSession(s) })
		p, l := r.newPhone(), r.Registration.Link(page)
		raws = append(raws, p.sign(p.statement(l, decode[wire.Claimed](t, p.claim(l), http.StatusOK))))
		phones = append(phones, p)
	}
	var wg sync.WaitGroup
	answers := make([]answered, len(phones))
	for i, p := range phones {
		wg.Go(func() { answers[i] = p.finish(raws[i]) })
	}
	wg.Wait()
	good := 0
	for _, a := range answers {
		if a.status == http.StatusOK {
			good++
			continue
		}
		wantProblem(t, "one too many", a, http.StatusConflict, "too_many_devices")
	}
	if good != authn.MaxDevices-1 {
		t.Errorf("%d phones were registered beside the first, want %d", good, authn.MaxDevices-1)
	}
}

// TestMetadata is R-009 for the server: what it says of itself is signed by the key of the pin in the QR, for a day, anew each hour.
func TestMetadata(t *testing.T) {
	r := newRig(t)
	c := r.session(r.user("anna.lind"), authn.BindFirst)
	get := func() string {
		a := r.send(http.MethodGet, wire.MetadataPath, "", nil)
		if a.status != http.StatusOK || a.head.Get("Content-Type") != wire.MetadataMedia {
			t.Fatalf("status %d, type %q", a.status, a.head.Get("Content-Type"))
		}
		return string(a.body)
	}
	first := get()
	m, err := wire.VerifyPinnedMetadata(first, c.Link.Pin)
	if err != nil {
		t.Fatal(err)
	}
	if m.Issuer != r.Site.Issuer || m.Organisation != "Lund Energy" || m.Match != "number" || len(m.TLSKeys) != 1 || m.Expires-m.IssuedAt != 24*60*60 {
		t.Errorf("metadata: %+v", m)
	}
	if _, err := wire.VerifyPinnedMetadata(first, newKey(t).Key().Thumbprint().Pin()); !errors.Is(err, wire.ErrPinMismatch) {
		t.Errorf("another pin: %v", err)
	}
	r.clock.pass(59 * time.Minute)
	if get() != first {
		t.Error("signed again within the hour")
	}
	r.clock.pass(time.Minute)
	if get() == first {
		t.Error("not signed again after an hour")
	}
}
