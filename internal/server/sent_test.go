package server_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/registration"
	"avow/internal/store"
	"avow/internal/wire"
)

// passwords is a directory that knows one password, and can be out of reach.
type passwords struct {
	right string
	gone  atomic.Bool
	asked atomic.Int64
}

func (p *passwords) Bind(_ context.Context, _ authn.User, given key.Secret) error {
	p.asked.Add(1)
	switch {
	case p.gone.Load():
		return authn.Fail(authn.Unavailable, "directory_unreachable", "The directory cannot be reached.")
	case string(given) != p.right:
		return authn.Fail(authn.Forbidden, "wrong_password", "This is not the password.")
	}
	return nil
}

// sent makes a session that is sent to a user with an address and a phone.
func (r *rig) sent(u authn.User, q registration.CreateRequest) (registration.Created, wire.RegistrationLink) {
	r.t.Helper()
	q.User, q.Sent, q.Actor, q.Reason = u.ID, true, "admin:maja", "test"
	made, err := r.Registration.Create(r.t.Context(), q)
	if err != nil {
		r.t.Fatal(err)
	}
	link, ok := r.Registration.SentLink(made.Session)
	if !ok {
		r.t.Fatal("a new session has no link")
	}
	return made, link
}

// reachable is a user with a mail address and a phone number.
func (r *rig) reachable(login string, source authn.UserSource) authn.User {
	r.t.Helper()
	u := r.user(login)
	r.update(func(tx store.Tx) error {
		return tx.UpdateUser(u.ID, func(old authn.User) (authn.User, error) {
			old.Phone, old.Source = "+46465550100", source
			u = old
			return old, nil
		})
	})
	return u
}

func (p *phone) finishProved(raw, proof string) answered {
	return p.post("/v1/registration/finish", wire.Finish{Registration: raw, SecondProof: wire.ProofText{Secret: key.Secret(proof)}})
}

func (r *rig) messages(session authn.RegistrationID) (list []authn.Message) {
	r.view(func(rd store.Reader) (err error) { list, err = rd.MessagesOf(session); return err })
	return list
}

// what was sent alone registers nobody; with the second proof the phone is connected at once.
func TestSentSessionNeedsSecondProofR005(t *testing.T) {
	for name, c := range map[string]struct {
		proof  authn.SecondProof
		source authn.UserSource
		right  func(r *rig, made registration.Created) string
	}{
		"pin":      {authn.ProofPIN, authn.UserLocal, func(_ *rig, made registration.Created) string { return made.PIN[:4] + " " + made.PIN[4:] }},
		"code":     {authn.ProofCode, authn.UserLocal, func(r *rig, made registration.Created) string { return r.Registration.ProofDigits(made.Session.ID) }},
		"password": {authn.ProofPassword, authn.UserDirectory, func(*rig, registration.Created) string { return "correct horse" }},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t, func(r *rig) { r.config.Passwords = &passwords{right: "correct horse"} })
			u := r.reachable("anna.lind", c.source)
			made, link := r.sent(u, registration.CreateRequest{Notify: authn.ChannelMail}) // the best that she has
			if c.proof == authn.ProofPIN {
				made, link = r.sent(u, registration.CreateRequest{Proof: authn.ProofPIN, Notify: authn.ChannelMail, Force: true})
			}
			if made.Session.Proof != c.proof || (made.PIN != "") != (c.proof == authn.ProofPIN) || made.Page != nil || made.Link.Session != nil {
				t.Fatalf("made %+v", made)
			}
			p := r.newPhone()
			claimed := decode[wire.Claimed](t, p.claim(link), http.StatusOK)
			if claimed.SecondProof != c.proof {
				t.Errorf("the phone is asked for %q, want %q", claimed.SecondProof, c.proof)
			}
			var code int
			for _, m := range r.messages(made.Session.ID) {
				if m.Kind == authn.MessageProofCode {
					if code++; m.Channel != authn.ChannelText || m.To != u.Phone {
						t.Errorf("the code goes by %s to %s", m.Channel, m.To)
					}
				}
			}
			if (code == 1) != (c.proof == authn.ProofCode) {
				t.Errorf("%d messages with the code", code)
			}
			raw := p.sign(p.statement(link, claimed))
			wantProblem(t, "finish without a proof", p.finish(raw), http.StatusBadRequest, "proof_missing")
			if a := p.finishProved(raw, "00000000"); a.status == http.StatusOK {
				t.Fatal("a wrong proof was taken")
			}
			p.adopt(p.finishProved(raw, c.right(r, made)), raw)
			r.view(func(rd store.Reader) error {
				d, err := rd.Device(p.id)
				if d.State != authn.DeviceActive || p.bound.State != authn.DeviceActive || d.ConfirmedAt.IsZero() {
					t.Errorf("the device is %s", d.State)
				}
				return err
			})
			wantProblem(t, "the used session", r.newPhone().claim(link), http.StatusGone, "session_used")
		})
	}
}

// 72 hours at most, and never without a second proof.
func TestSentSessionLimitsR005(t *testing.T) {
	r := newRig(t)
	anna, bo := r.reachable("anna.lind", authn.UserLocal), r.user("bo")
	create := func(u authn.User, q registration.CreateRequest) error {
		q.User, q.Sent, q.Actor = u.ID, true, "admin:maja"
		_, err := r.Registration.Create(t.Context(), q)
		return err
	}
	for name, c := range map[string]struct {
		u    authn.User
		q    registration.CreateRequest
		want string
	}{
		"73 hours":              {anna, registration.CreateRequest{Hours: 73}, "bad_hours"},
		"less than none":        {anna, registration.CreateRequest{Hours: -1}, "bad_hours"},
		"no proof":              {anna, registration.CreateRequest{Proof: authn.ProofNone}, "bad_proof"},
		"unknown proof":         {anna, registration.CreateRequest{Proof: "smile"}, "bad_proof"},
		"no directory":          {anna, registration.CreateRequest{Proof: authn.ProofPassword}, "no_password"},
		"no phone for the code": {bo, registration.CreateRequest{Proof: authn.ProofCode}, "no_other_channel"},
		"no phone to text to":   {bo, registration.CreateRequest{Notify: authn.ChannelText}, "no_phone"},
	} {
		if got := authn.CodeOf(create(c.u, c.q)); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	made, link := r.sent(anna, registration.CreateRequest{Hours: 72})
	if d := made.Session.ExpiresAt.Sub(made.Session.CreatedAt); d != 72*time.Hour {
		t.Errorf("it lives %s", d)
	}
	r.clock.pass(72*time.Hour - time.Second)
	decode[wire.Claimed](t, r.newPhone().claim(link), http.StatusOK)
	r.clock.pass(time.Second)
	wantProblem(t, "a second too late", r.newPhone().claim(link), http.StatusGone, "session_expired")
	if _, ok := r.Registration.SentLink(made.Session); ok {
		t.Error("an expired session still gives its link")
	}
	short, _ := r.sent(bo, registration.CreateRequest{})
	if d := short.Session.ExpiresAt.Sub(short.Session.CreatedAt); d != 24*time.Hour {
		t.Errorf("without a word it lives %s", d)
	}
}

// TestProofTries: five wrong proofs end the session, however many come at the same time; the administrators hear of it.
func TestProofTries(t *testing.T) {
	dir := &passwords{right: "correct horse"}
	r := newRig(t, func(r *rig) { r.config.Passwords = dir })
	u := r.reachable("anna.lind", authn.UserDirectory)
	_, link := r.sent(u, registration.CreateRequest{})
	p := r.newPhone()
	raw := p.sign(p.statement(link, decode[wire.Claimed](t, p.claim(link), http.StatusOK)))

	dir.gone.Store(true)
	for range 2 * authn.ProofTries {
		wantProblem(t, "a directory out of reach", p.finishProved(raw, "correct horse"), http.StatusServiceUnavailable, "directory_unreachable")
	}
	dir.gone.Store(false)
	dir.asked.Store(0)

	var wg sync.WaitGroup
	var over atomic.Int64
	for range 200 {
		wg.Go(func() {
			if a := p.finishProved(raw, "wrong"); a.code() == "proof_tries" {
				over.Add(1)
			} else if a.status == http.StatusOK {
				t.Error("a wrong password was taken")
			}
		})
	}
	wg.Wait()
	if n := dir.asked.Load(); n > authn.ProofTries {
		t.Errorf("%d guesses were looked at, want %d", n, authn.ProofTries)
	}
	if over.Load() == 0 {
		t.Error("nobody was told that the tries are over")
	}
	if a := p.finishProved(raw, "correct horse"); a.status == http.StatusOK {
		t.Fatal("the right password was taken after the last try")
	}
	wantProblem(t, "another phone", r.newPhone().claim(link), http.StatusGone, "session_revoked")
	if n := r.noticed("", authn.NoticeProofFailed); n != 1 {
		t.Errorf("%d notices to the administrators, want 1", n)
	}
}

// TestSentSecretsStayOutside is for sessions that are sent: neither the code nor the second proof is in the database, the log or the outbox.
func TestSentSecretsStayOutside(t *testing.T) {
	r := newRig(t)
	u := r.reachable("anna.lind", authn.UserLocal)
	made, link := r.sent(u, registration.CreateRequest{Proof: authn.ProofPIN, Notify: authn.ChannelMail})
	p := r.newPhone()
	raw := p.sign(p.statement(link, decode[wire.Claimed](t, p.claim(link), http.StatusOK)))
	p.adopt(p.finishProved(raw, made.PIN), raw)
	r.restart()
	again, ok := r.Registration.SentLink(made.Session)
	if !ok || !bytes.Equal(again.Session, link.Session) {
		t.Error("after a restart the session has another link")
	}
	r.stop()
	for _, f := range []string{r.database(), r.database() + "-wal", filepath.Join(r.dir, "used-sessions")} {
		data, err := os.ReadFile(f)
		if err != nil {
			continue
		}
		for what, b := range map[string][]byte{"link": []byte(link.Encode()), "session": link.Session, "pin": []byte(made.PIN)} {
			if bytes.Contains(data, b) {
				t.Errorf("the %s stands in %s", what, filepath.Base(f))
			}
		}
	}
	for what, s := range map[string]string{"link": link.Encode(), "pin": made.PIN} {
		if bytes.Contains([]byte(r.log.String()), []byte(s)) {
			t.Errorf("the %s is logged", what)
		}
	}
}

// TestNotify sends again, and says why not.
func TestNotify(t *testing.T) {
	r := newRig(t)
	u := r.reachable("anna.lind", authn.UserLocal)
	notify := func(by authn.Channel) error {
		_, err := r.Registration.Notify(t.Context(), u.ID, by, "admin:maja", "again", "")
		return err
	}
	if err := notify(""); !errors.Is(err, registration.ErrNoSession) {
		t.Errorf("without a session: %v", err)
	}
	made, _ := r.sent(u, registration.CreateRequest{})
	if made.Session.Notification != "" {
		t.Errorf("not sent, yet %s", made.Session.Notification)
	}
	if err := errors.Join(notify(""), notify(authn.ChannelText)); err != nil {
		t.Fatal(err)
	}
	if m := r.messages(made.Session.ID); len(m) != 2 || m[0].Channel != authn.ChannelText || m[1].Channel != authn.ChannelMail || m[1].To != u.Mail {
		t.Errorf("messages %+v", m)
	}
	v, err := r.Registration.Get(t.Context(), made.Session.ID)
	if err != nil || v.Session.Notification != authn.MessageQueued {
		t.Errorf("notification %q, %v", v.Session.Notification, err)
	}
	shown, err := r.Registration.Create(t.Context(), registration.CreateRequest{User: u.ID, Force: true, Actor: "admin:maja"})
	if err != nil {
		t.Fatal(err)
	}
	if err := notify(""); !errors.Is(err, registration.ErrNotSent) {
		t.Errorf("a session that is shown: %v", err)
	}
	if _, ok := r.Registration.SentLink(shown.Session); ok {
		t.Error("a session that is shown has a link to send")
	}
}
