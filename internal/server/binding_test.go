package server_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/live"
	"avow/internal/server/registration"
	"avow/internal/server/tries"
	"avow/internal/store"
	"avow/internal/wire"
)

// TestNoPrivateKeyAtServer is R-010: neither the phone's traffic nor the server's files hold a private key of the phone.
func TestNoPrivateKeyAtServer(t *testing.T) {
	r := newRig(t)
	u, c := r.user("anna.lind"), r.client("laptop-42", authn.MatchNumber)
	p := r.connect(u, authn.BindFirst)
	o := r.open(u, c)
	decode[wire.DecisionAnswer](t, p.decide(authn.Approve, o, o.Number), http.StatusOK)
	r.stop()
	var files []byte
	entries, err := filepath.Glob(filepath.Join(r.dir, "*"))
	if err != nil || len(entries) < 2 {
		t.Fatalf("files %v, %v", entries, err)
	}
	for _, f := range entries {
		files = append(files, read(t, f)...)
	}
	if !bytes.Contains(files, p.device.Key().Bytes()) {
		t.Fatal("the scan does not even find the public key")
	}
	for name, k := range map[string]key.Private{"device": p.device, "approval": p.approval, "exchange": p.exchange, "identity": r.identity} {
		for form, b := range forms(t, k) {
			if bytes.Contains(files, b) {
				t.Errorf("%s key stands in the database as %s", name, form)
			}
			if strings.Contains(r.traffic.String(), string(b)) || strings.Contains(r.log.String(), string(b)) {
				t.Errorf("%s key travels or is logged as %s", name, form)
			}
		}
	}
	for name, s := range map[string]string{"auth_req_id": o.AuthReqID.Text(), "QR handle": string(o.QR.Handle)} {
		if bytes.Contains(files, []byte(s)) {
			t.Errorf("%s stands in the database", name)
		}
	}
}

// forms are the ways in which a private key could be written.
func forms(t *testing.T, k key.Private) map[string][]byte {
	t.Helper()
	e, err := k.ECDH()
	if err != nil {
		t.Fatal(err)
	}
	d := e.Bytes()
	return map[string][]byte{
		"bytes": d, "hex": []byte(hex.EncodeToString(d)), "HEX": []byte(strings.ToUpper(hex.EncodeToString(d))),
		"base64url": []byte(base64.RawURLEncoding.EncodeToString(d)), "base64": []byte(base64.StdEncoding.EncodeToString(d)),
	}
}

// TestRegistrationIsBound is R-011: a registration counts only as it was signed, and only for what the server gave out.
func TestRegistrationIsBound(t *testing.T) {
	r := newRig(t)
	c := r.session(r.user("anna.lind"), authn.BindFirst)
	p := r.newPhone()
	claimed := decode[wire.Claimed](t, p.claim(c.Link), http.StatusOK)
	good := p.sign(p.statement(c.Link, claimed))
	refused := func(what string, a answered) {
		t.Helper()
		if a.status < 400 || a.status >= 500 {
			t.Errorf("%s: status %d: %s", what, a.status, a.body)
		}
	}
	for i := 0; i < len(good); i += 9 {
		b := []byte(good)
		b[i] ^= 1
		refused("bit flipped at "+string(good[i]), p.finish(string(b)))
	}
	flip := func(s string) string { return string(s[0]^1) + s[1:] }
	for name, change := range map[string]func(*wire.Registration){
		"audience":        func(g *wire.Registration) { g.Audience = flip(g.Audience) },
		"registration id": func(g *wire.Registration) { g.RegistrationID = "s_" + authn.RegistrationID(key.RandomID(16)) },
		"challenge":       func(g *wire.Registration) { g.Challenge = key.RandomID(16) },
		"session hash":    func(g *wire.Registration) { g.SessionHash = authn.HashOf(key.NewSecret(16)).String() },
		"device key":      func(g *wire.Registration) { g.DeviceJWK = newKey(t).Key() },
		"one key twice":   func(g *wire.Registration) { g.ExchangeJWK = g.DeviceJWK },
		"key class":       func(g *wire.Registration) { g.Class = "adamantium" },
	} {
		g := p.statement(c.Link, claimed)
		change(&g)
		refused(name, p.finish(p.sign(g)))
	}
	g := p.statement(c.Link, claimed) // the approval key must prove itself
	g.ApprovalJWK = newKey(t).Key()
	refused("approval key", p.finish(p.sign(g)))
	thief := r.newPhone() // the statement in another phone's proof
	refused("another phone's proof", thief.finish(good))
	p.adopt(p.finish(good), good)
}

// TestIsThisYourPhone is R-012: until the page says Yes the device can do nothing.
func TestIsThisYourPhone(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	u, c := r.user("anna.lind"), r.client("laptop-42", authn.MatchTap)
	s := r.session(u, authn.BindFirst)
	state := func(want registration.State) registration.View {
		t.Helper()
		v, err := r.Registration.ByPage(ctx, s.Page)
		if err != nil || v.State != want {
			t.Fatalf("state %q, %v, want %q", v.State, err, want)
		}
		return v
	}
	state(registration.Active)
	waiter := r.Site.Live.Wait(live.Session(string(s.Session.ID)))
	defer waiter.Close()
	p := r.newPhone()
	claimed := decode[wire.Claimed](t, p.claim(s.Link), http.StatusOK)
	<-waiter.C()
	state(registration.Claimed)
	raw := p.sign(p.statement(s.Link, claimed))
	p.adopt(p.finish(raw), raw)
	<-waiter.C()
	v := state(registration.Waiting)
	if v.Device == nil || v.Device.Info.Name != "Anna's phone" || v.CheckWords != p.bound.CheckWords || v.CheckWords != wire.CheckWords(s.Session.ID, raw) {
		t.Errorf("the page shows %+v, the phone %v", v, p.bound.CheckWords)
	}
	if st := p.status(); st.State != authn.DevicePending || p.bound.State != authn.DevicePending {
		t.Errorf("state is %s", st.State)
	}
	if _, err := r.Approval.Open(ctx, question(u, c)); authn.CodeOf(err) != "no_device" {
		t.Errorf("asking a user whose phone waits: %v", err)
	}
	other := r.enroll(u)
	o := r.open(u, c)
	if n := len(p.requests()); n != 0 {
		t.Errorf("the waiting phone sees %d requests", n)
	}
	jws := other.request(o.Request.ID)
	a := p.submit(o.Request.ID, p.signDecision(p.answer(authn.Approve, o.Request.ID, jws, "")))
	wantProblem(t, "decision of a waiting phone", a, http.StatusForbidden, "device_pending")

	if err := r.Registration.Confirm(ctx, s.Session.ID, "admin:maja", "seen", &[2]string{"wrong", "words"}); !errors.Is(err, registration.ErrWrongWords) {
		t.Errorf("wrong words: %v", err)
	}
	state(registration.Waiting)
	words := [2]string{strings.ToUpper(v.CheckWords[0]), " " + v.CheckWords[1]}
	for range 2 {
		if err := r.Registration.Confirm(ctx, s.Session.ID, "admin:maja", "seen", &words); err != nil {
			t.Fatal(err)
		}
	}
	state(registration.Done)
	if st := p.status(); st.State != authn.DeviceActive {
		t.Errorf("state is %s after Yes", st.State)
	}
	if err := r.Registration.Refuse(ctx, s.Session.ID, "page:x"); !errors.Is(err, registration.ErrNotWaiting) {
		t.Errorf("No after Yes: %v", err)
	}
}

// TestNotMyPhone: No on the page ends the device and tells the administrators.
func TestNotMyPhone(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	u := r.user("anna.lind")
	s := r.session(u, authn.BindFirst)
	p := r.newPhone()
	p.register(s)
	for range 2 {
		if err := r.Registration.Refuse(ctx, s.Session.ID, "page:"+string(s.Session.ID)); err != nil {
			t.Fatal(err)
		}
	}
	wantProblem(t, "the refused phone", p.call(http.MethodGet, "/v1/device", nil), http.StatusForbidden, "device_revoked")
	if err := r.Registration.Confirm(ctx, s.Session.ID, "page:x", "", nil); !errors.Is(err, registration.ErrNotWaiting) {
		t.Errorf("Yes after No: %v", err)
	}
	if v, err := r.Registration.ByPage(ctx, s.Page); err != nil || v.State != registration.Refused {
		t.Errorf("state %q, %v", v.State, err)
	}
	var alarms []authn.Notice
	r.view(func(rd store.Reader) (err error) { alarms, err = rd.NoticesOf("", noon); return err })
	if len(alarms) != 1 || alarms[0].Kind != authn.NoticeDeviceRefused || alarms[0].MailTo != "desk@example.com" || alarms[0].Facts["login"] != "anna.lind" {
		t.Errorf("alarms: %+v", alarms)
	}
}

// TestBindingIsTold is: by mail and on the other devices, and in the record with who, where, when and how safe.
func TestBindingIsTold(t *testing.T) {
	r := newRig(t)
	u := r.user("anna.lind")
	first := r.connect(u, authn.BindFirst)
	r.clock.pass(time.Hour)
	second := r.connect(u, authn.BindAdditional)
	st := first.status()
	if len(st.Notices) != 1 || st.Notices[0].Kind != authn.NoticeDeviceRegistered || st.Notices[0].Facts["device"] != "Anna's phone" || st.Notices[0].Facts["ip"] != "127.0.0.1" {
		t.Errorf("the first phone is told %+v", st.Notices)
	}
	if own := second.status().Notices; len(own) != 0 {
		t.Errorf("the new phone is told of itself: %+v", own)
	}
	var due []authn.Notice
	r.view(func(rd store.Reader) (err error) { due, err = rd.MailDue(r.clock.Now(), 10); return err })
	if len(due) != 2 || due[1].MailTo != "anna.lind@example.com" || due[1].Cause != second.id {
		t.Errorf("mails: %+v", due)
	}
	for _, rec := range r.audit() {
		if rec.Action != "device.register" || rec.Subject != string(second.id) {
			continue
		}
		if rec.IP != "127.0.0.1" || !rec.At.Equal(r.clock.Now()) || rec.Facts["created_by"] != "admin:maja" ||
			rec.Facts["key_class"] != "software" || rec.Facts["key_class_claimed"] != "strongbox" { // it says so and proves nothing
			t.Errorf("record: %+v", rec)
		}
		return
	}
	t.Error("no record of the binding")
}

// TestClaimLimit: one address cannot keep the server busy.
func TestClaimLimit(t *testing.T) {
	r := newRig(t, func(r *rig) { r.config.ClaimLimit = tries.Limit{PerMinute: 60, Burst: 5} })
	p := r.newPhone()
	l := wire.RegistrationLink{Session: key.NewSecret(16)}
	code := ""
	for range 10 {
		code = p.claim(l).code()
	}
	if code != "too_many_tries" {
		t.Errorf("code %q after ten tries", code)
	}
	r.clock.pass(time.Minute)
	wantProblem(t, "a minute later", p.claim(l), http.StatusNotFound, "session_unknown")
}

// R5: a phone is told when the password was changed and when it expires; where the directory does not say, the status has neither.
func TestStatusTellsOfThePassword(t *testing.T) {
	r := newRig(t)
	u := r.user("anna.lind")
	p := r.connect(u, authn.BindFirst)
	if st := p.status(); st.PasswordChangedAt != 0 || st.PasswordExpiresAt != 0 {
		t.Errorf("nobody knows, and the phone is told %d and %d", st.PasswordChangedAt, st.PasswordExpiresAt)
	}
	r.update(func(tx store.Tx) error {
		return tx.UpdateUser(u.ID, func(old authn.User) (authn.User, error) {
			old.PasswordChangedAt, old.PasswordExpiresAt = time.Unix(1769913600, 0), time.Unix(1777689600, 0)
			return old, nil
		})
	})
	if st := p.status(); st.PasswordChangedAt != 1769913600 || st.PasswordExpiresAt != 1777689600 {
		t.Errorf("the phone is told %d and %d", st.PasswordChangedAt, st.PasswordExpiresAt)
	}
}
