package outbox

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/live"
	"avow/internal/server/notify"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/store/sqlite"
	"avow/internal/store/sqlite/sqlitetest"
	"avow/internal/wire"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// links are those of a server with a secret of its own.
type links struct{ now func() time.Time }

func (l links) SentLink(s authn.RegistrationSession) (wire.RegistrationLink, bool) {
	return wire.RegistrationLink{Host: "id.example.com", Session: secret(s.ID)}, s.Open(l.now())
}

func (links) ProofDigits(id authn.RegistrationID) string {
	return authn.ProofDigits(key.Secret("k"), id)
}

func secret(id authn.RegistrationID) key.Secret { return authn.SentSecret(key.Secret("k"), id) }

// desk is an outbox with a store, a clock and a log.
type desk struct {
	t testing.TB
	*Service
	store *sqlite.Store
	mu    sync.Mutex
	at    time.Time
	log   bytes.Buffer
}

func (d *desk) now() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.at
}

func (d *desk) pass(by time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.at = d.at.Add(by)
}

func newDesk(t testing.TB, path string, cfg Config) *desk {
	t.Helper()
	db, err := sqlitetest.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	d := &desk{t: t, store: db, at: noon}
	s := &site.Site{
		Organisation: "Lund Energy", Support: "4711", Host: "id.example.com", Store: db, Live: live.NewHub(), Now: d.now,
		Log: slog.New(slog.NewTextHandler(&d.log, nil)), CanMail: true, CanText: true,
	}
	cfg.Links, cfg.CallerDigits = links{d.now}, func(authn.CallerCheckID) string { return "482199" }
	if d.Service, err = New(s, cfg); err != nil {
		t.Fatal(err)
	}
	return d
}

func disk(t testing.TB) string { return filepath.Join(t.TempDir(), "avow.db") }

// invite makes a user with a session that is sent, and queues its message.
func (d *desk) invite(login string, ch authn.Channel) (authn.RegistrationSession, authn.Message) {
	d.t.Helper()
	var session authn.RegistrationSession
	var m authn.Message
	err := d.site.Store.Update(context.Background(), func(tx store.Tx) (err error) {
		session, m, err = invite(tx, d.site, login, ch, d.now())
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return session, m
}

func invite(tx store.Tx, s *site.Site, login string, ch authn.Channel, now time.Time) (authn.RegistrationSession, authn.Message, error) {
	u := authn.User{ID: authn.NewUserID(), Login: login, Name: "Anna Lind", Mail: login + "@example.com", Phone: "+46465550100", Status: authn.UserActive, Source: authn.UserLocal, CreatedAt: now}
	session, err := authn.NewSentSession(u.ID, authn.BindFirst, authn.ProofPIN, 24*time.Hour, "maja", now, secret)
	if err != nil {
		return session, authn.Message{}, err
	}
	session.Notification = authn.MessageQueued
	m := authn.Message{Kind: authn.MessageRegistration, Channel: ch, Session: session.ID, CreatedBy: "maja"}
	err = errors.Join(tx.CreateUser(u), tx.CreateRegistrationSession(session), s.Send(tx, u, m, now))
	if err != nil {
		return session, m, err
	}
	sent, err := tx.MessagesOf(session.ID)
	if err != nil {
		return session, m, err
	}
	return session, sent[0], nil
}

func (d *desk) message(id authn.MessageID) (m authn.Message) {
	d.t.Helper()
	d.view(func(r store.Reader) (err error) {
		m, err = r.Message(id)
		return err
	})
	return m
}

func (d *desk) session1(id authn.RegistrationID) (s authn.RegistrationSession) {
	d.t.Helper()
	d.view(func(r store.Reader) (err error) {
		s, err = r.RegistrationSession(id)
		return err
	})
	return s
}

func (d *desk) view(fn func(store.Reader) error) {
	d.t.Helper()
	if err := d.store.View(context.Background(), fn); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) actions() (out []string) {
	d.view(func(r store.Reader) error {
		records, err := r.Audit(100)
		for _, a := range records {
			out = append(out, a.Action)
		}
		return err
	})
	return out
}

// clean looks for the secrets of a session in the database, its files and the log.
func (d *desk) clean(id authn.RegistrationID) {
	d.t.Helper()
	l, _ := links{d.now}.SentLink(authn.RegistrationSession{ID: id})
	link := l.Encode()
	d.view(func(r store.Reader) error {
		ms, err := r.Messages(1000)
		records, err2 := r.Audit(1000)
		for _, s := range []string{link[len(link)-40:], links{}.ProofDigits(id)} {
			if strings.Contains(strings.ToUpper(fmt.Sprint(ms, records, d.log.String())), s) {
				d.t.Errorf("%q is in the database or the log", s)
			}
		}
		return errors.Join(err, err2)
	})
}

func TestMailIsSentOnce(t *testing.T) {
	p := newSink(t)
	d := newDesk(t, disk(t), Config{SMTP: p.smtp()})
	session, m := d.invite("anna.lind", authn.ChannelMail)
	for range 3 {
		if err := d.Mails(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(p.mails) != 1 {
		t.Fatalf("%d mails", len(p.mails))
	}
	h := p.mails[0].Header
	if h.Get("Message-ID") != "<"+string(m.ID)+"@example.com>" || h.Get("To") != "<anna.lind@example.com>" || h.Get("Auto-Submitted") != "auto-generated" {
		t.Errorf("headers: %v", h)
	}
	if got := d.message(m.ID); got.State != authn.MessageSent || !got.SentAt.Equal(noon) || got.Tries != 1 || got.Problem != "" {
		t.Errorf("message: %+v", got)
	}
	if s := d.session1(session.ID); s.Notification != authn.MessageSent || !s.NotifiedAt.Equal(noon) {
		t.Errorf("session: %s %s", s.Notification, s.NotifiedAt)
	}
	d.clean(session.ID)
}

// TestOneConnection: mails share a connection, and one that is refused holds nobody up.
func TestOneConnection(t *testing.T) {
	p := newSink(t)
	p.Refuse(func(to string) error {
		switch to {
		case "full@example.com":
			return &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 2, 2}, Message: "mailbox full"}
		case "unknown@example.com":
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
		}
		return nil
	})
	d := newDesk(t, disk(t), Config{SMTP: p.smtp()})
	_, full := d.invite("full", authn.ChannelMail)
	failing, unknown := d.invite("unknown", authn.ChannelMail)
	_, a := d.invite("a", authn.ChannelMail)
	_, b := d.invite("b", authn.ChannelMail)
	if err := d.Mails(t.Context()); err != nil {
		t.Fatal(err)
	}
	for id, want := range map[authn.MessageID]authn.MessageState{
		full.ID: authn.MessageQueued, unknown.ID: authn.MessageFailed, a.ID: authn.MessageSent, b.ID: authn.MessageSent,
	} {
		if got := d.message(id); got.State != want || got.Tries != 1 {
			t.Errorf("%s: %+v, want %s", got.To, got, want)
		}
	}
	if p.Visits() != 1 {
		t.Errorf("%d connections", p.Visits())
	}
	if got := d.message(full.ID); !got.NextTry.Equal(noon.Add(firstWait)) || !strings.Contains(got.Problem, "mailbox full") {
		t.Errorf("full: %+v", got)
	}
	if s := d.session1(failing.ID); s.Notification != authn.MessageFailed || !s.NotifiedAt.IsZero() {
		t.Errorf("failing session: %s", s.Notification)
	}
	p.Refuse(nil)
	d.pass(firstWait)
	if err := d.Mails(t.Context()); err != nil || d.message(full.ID).State != authn.MessageSent {
		t.Errorf("later: %v, %+v", err, d.message(full.ID))
	}
}

// TestEnded: what nobody could use any more is not sent.
func TestEnded(t *testing.T) {
	p := newSink(t)
	d := newDesk(t, disk(t), Config{SMTP: p.smtp()})
	revoked, m1 := d.invite("revoked", authn.ChannelMail)
	disabled, m2 := d.invite("disabled", authn.ChannelMail)
	_, m3 := d.invite("late", authn.ChannelMail)
	err := d.store.Update(t.Context(), func(tx store.Tx) error {
		return errors.Join(
			tx.UpdateRegistrationSession(revoked.ID, func(s authn.RegistrationSession) (authn.RegistrationSession, error) { return s.Revoke(noon), nil }),
			tx.UpdateUser(disabled.User, func(u authn.User) (authn.User, error) {
				u.Status = authn.UserDisabled
				return u, nil
			}))
	})
	if err != nil {
		t.Fatal(err)
	}
	d.pass(25 * time.Hour)
	_, good := d.invite("good", authn.ChannelMail)
	if err := d.Mails(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, m := range []authn.Message{m1, m2, m3} {
		if got := d.message(m.ID); got.State != authn.MessageFailed || got.Problem != "ended" {
			t.Errorf("%s: %+v", m.To, got)
		}
	}
	if d.message(good.ID).State != authn.MessageSent || len(p.mails) != 1 {
		t.Errorf("%d mails", len(p.mails))
	}
}

// TestServerDown: nothing is marked as sending while nobody is there, and it goes out later.
func TestServerDown(t *testing.T) {
	p := newSink(t)
	down := *p.smtp()
	down.Port = 1
	path := disk(t)
	d := newDesk(t, path, Config{SMTP: &down})
	_, m := d.invite("anna.lind", authn.ChannelMail)
	if err := d.Mails(t.Context()); err == nil {
		t.Error("no error")
	}
	if got := d.message(m.ID); got.State != authn.MessageQueued || got.Tries != 1 || got.Problem == "" || !got.NextTry.Equal(noon.Add(firstWait)) {
		t.Errorf("%+v", got)
	}
	long, lost := d.invite("long", authn.ChannelMail)
	d.pass(giveUp + time.Hour)
	if err := d.Mails(t.Context()); err == nil {
		t.Error("no error")
	}
	if got := d.message(lost.ID); got.State != authn.MessageFailed || d.session1(long.ID).Notification != authn.MessageFailed {
		t.Errorf("after three days: %+v, %s", got, d.session1(long.ID).Notification)
	}
	_ = d.store.Close()
	path = disk(t)
	d = newDesk(t, path, Config{SMTP: &down})
	_, m = d.invite("anna.lind", authn.ChannelMail)
	if err := d.Mails(t.Context()); err == nil {
		t.Error("no error")
	}
	_ = d.store.Close()
	up := newDesk(t, path, Config{SMTP: p.smtp()})
	up.pass(time.Minute)
	if err := up.Mails(t.Context()); err != nil || up.message(m.ID).State != authn.MessageSent {
		t.Errorf("%v, %+v", err, up.message(m.ID))
	}
}

// TestServerHangsUp: the answer to a whole mail is lost. It may have been taken, so it is not sent again.
func TestServerHangsUp(t *testing.T) {
	p := newSink(t)
	p.receive = func(int) { p.Close() }
	d := newDesk(t, disk(t), Config{SMTP: p.smtp()})
	session, m := d.invite("anna.lind", authn.ChannelMail)
	_, second := d.invite("b", authn.ChannelMail)
	_ = d.Mails(t.Context())
	if got := d.message(m.ID); got.State != authn.MessageUnclear || got.Problem == "" {
		t.Errorf("%+v", got)
	}
	if got := d.message(second.ID); got.State != authn.MessageQueued {
		t.Errorf("second: %+v", got)
	}
	if s := d.session1(session.ID); s.Notification != authn.MessageUnclear {
		t.Errorf("session: %s", s.Notification)
	}
	if got := d.actions(); len(got) != 1 || got[0] != "outbox.unclear" {
		t.Errorf("audit: %v", got)
	}
}

// TestRecover: what was being sent when the server died is unclear, on record, and waits for an administrator.
func TestRecover(t *testing.T) {
	p := newSink(t)
	path := disk(t)
	d := newDesk(t, path, Config{SMTP: p.smtp()})
	session, m := d.invite("anna.lind", authn.ChannelMail)
	if begun, err := d.turn(t.Context(), turn{}, &m); err != nil || !begun.ready {
		t.Fatal(begun, err)
	}
	if s := d.session1(session.ID); s.Notification != authn.MessageSending {
		t.Errorf("session: %s", s.Notification)
	}
	if err := d.SendAgain(t.Context(), m.ID, By{Actor: "admin:maja"}); !errors.Is(err, ErrUnderWay) {
		t.Errorf("send again while it is sent: %v", err)
	}
	_ = d.store.Close() // it died
	d = newDesk(t, path, Config{SMTP: p.smtp()})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d.Run(ctx)
	if err := d.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := d.Mails(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := d.message(m.ID); got.State != authn.MessageUnclear || len(p.mails) != 0 {
		t.Errorf("%+v, %d mails", got, len(p.mails))
	}
	if s := d.session1(session.ID); s.Notification != authn.MessageUnclear {
		t.Errorf("session: %s", s.Notification)
	}
	if err := d.SendAgain(t.Context(), m.ID, By{Actor: "admin:maja", Reason: "she got nothing"}); err != nil {
		t.Fatal(err)
	}
	if err := d.Mails(t.Context()); err != nil || d.message(m.ID).State != authn.MessageSent || len(p.mails) != 1 {
		t.Errorf("again: %v, %+v", err, d.message(m.ID))
	}
	if got := d.actions(); strings.Join(got, " ") != "outbox.send_again outbox.unclear" {
		t.Errorf("audit: %v", got)
	}
}

// TestTexts: four at a time, and never more; the gateway's wish to wait is heeded.
func TestTexts(t *testing.T) {
	var now, most, seen atomic.Int32
	full := make(chan struct{})
	var once sync.Once
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := now.Add(1)
		defer now.Add(-1)
		for old := most.Load(); n > old && !most.CompareAndSwap(old, n); old = most.Load() {
		}
		b, _ := io.ReadAll(r.Body)
		if !strings.Contains(string(b), "https://id.example.com/R#") {
			t.Errorf("body %s", b)
		}
		if seen.Add(1); n == textsAtOnce {
			once.Do(func() { close(full) })
		}
		<-full // so that all four are there at once
		if strings.Contains(string(b), "busy") {
			w.Header().Set("Retry-After", "600")
			w.WriteHeader(http.StatusTooManyRequests)
		}
	}))
	t.Cleanup(s.Close)
	d := newDesk(t, disk(t), Config{Gateway: &notify.Gateway{Preset: notify.Webhook, URL: s.URL, Secret: key.Secret("x")}})
	session, first := d.invite("a", authn.ChannelText)
	for i := range 11 {
		d.invite(fmt.Sprint("b", i), authn.ChannelText)
	}
	if err := d.Texts(t.Context()); err != nil {
		t.Fatal(err)
	}
	if most.Load() != textsAtOnce || seen.Load() != 12 || d.message(first.ID).State != authn.MessageSent || d.session1(session.ID).Notification != authn.MessageSent {
		t.Errorf("%d at once, %d in all, %+v", most.Load(), seen.Load(), d.message(first.ID))
	}
	if err := d.SaveTemplate(t.Context(), authn.Template{Channel: authn.ChannelText, Language: "en", Body: "busy %EnrollUrl%"}, By{Actor: "admin:maja"}); err != nil {
		t.Fatal(err)
	}
	_, busy := d.invite("c", authn.ChannelText)
	if err := d.Texts(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := d.message(busy.ID); got.State != authn.MessageQueued || !got.NextTry.Equal(noon.Add(10*time.Minute)) {
		t.Errorf("%+v", got)
	}
	d.clean(session.ID)
}

// TestGatewayRepeatsTheLink: what a gateway answers is kept for administrators, but not if it has the link in it.
func TestGatewayRepeatsTheLink(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.Copy(w, r.Body)
	}))
	t.Cleanup(s.Close)
	d := newDesk(t, disk(t), Config{Gateway: &notify.Gateway{Preset: notify.Webhook, URL: s.URL, Secret: key.Secret("x")}})
	session, m := d.invite("a", authn.ChannelText)
	if err := d.Texts(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := d.message(m.ID); got.State != authn.MessageFailed || got.Problem == "" {
		t.Errorf("%+v", got)
	}
	d.clean(session.ID)
}

func TestCodes(t *testing.T) {
	p := newSink(t)
	d := newDesk(t, disk(t), Config{SMTP: p.smtp()})
	session, m := d.invite("anna.lind", authn.ChannelMail)
	err := d.store.Update(t.Context(), func(tx store.Tx) error {
		u, err := tx.User(session.User)
		check := authn.CallerCheck{ID: authn.NewCallerCheckID(), User: u.ID, By: "maja", Method: authn.CheckCode, State: authn.CheckOpen, CreatedAt: noon, ExpiresAt: noon.Add(time.Minute)}
		over := check
		over.ID, over.ExpiresAt = authn.NewCallerCheckID(), noon
		return errors.Join(err,
			tx.CreateCallerCheck(check), tx.CreateCallerCheck(over),
			d.site.Send(tx, u, authn.Message{Kind: authn.MessageProofCode, Channel: authn.ChannelMail, Session: session.ID}, noon.Add(-2*time.Second)),
			d.site.Send(tx, u, authn.Message{Kind: authn.MessageCallerCode, Channel: authn.ChannelMail, Check: check.ID}, noon.Add(-time.Second)),
			d.site.Send(tx, u, authn.Message{Kind: authn.MessageCallerCode, Channel: authn.ChannelMail, Check: over.ID}, noon))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Mails(t.Context()); err != nil || len(p.bodies) != 3 {
		t.Fatalf("%v, %d mails", err, len(p.bodies))
	}
	digits := links{}.ProofDigits(session.ID)
	if want := digits[:4] + " " + digits[4:]; !strings.Contains(p.bodies[0], want) || !strings.Contains(p.bodies[1], "482199") {
		t.Errorf("%s\n%s", p.bodies[0], p.bodies[1])
	}
	for i := range 2 {
		if s := p.mails[i].Header.Get("Subject"); strings.ContainsAny(s, "0123456789") {
			t.Errorf("the code is in the subject: %s", s)
		}
	}
	// The code of the proof does not touch what became of the invitation.
	if s := d.session1(session.ID); d.message(m.ID).State != authn.MessageSent || s.Notification != authn.MessageSent {
		t.Errorf("session: %s", s.Notification)
	}
	d.clean(session.ID)
}

func TestTemplates(t *testing.T) {
	p := newSink(t)
	d := newDesk(t, disk(t), Config{SMTP: p.smtp()})
	ctx, by := t.Context(), By{Actor: "admin:maja", Reason: "our words"}
	bad := authn.Template{Channel: authn.ChannelMail, Language: "de", Subject: "s", Body: "nothing"}
	if err := d.SaveTemplate(ctx, bad, by); authn.CodeOf(err) != "template_link_missing" {
		t.Errorf("saved without a link: %v", err)
	}
	if _, _, err := d.Preview(bad); authn.CodeOf(err) != "template_link_missing" {
		t.Errorf("preview: %v", err)
	}
	if err := d.SaveTemplate(ctx, authn.Template{Channel: authn.ChannelMail, Language: "xx", Subject: "s", Body: "{{.EnrollUrl}}"}, by); !errors.Is(err, ErrLanguage) {
		t.Errorf("language: %v", err)
	}
	own := authn.Template{Channel: authn.ChannelMail, Language: "en", Subject: "Ours, %Name%", Body: "<p>OWN {{.EnrollUrl}}</p>"}
	if err := d.SaveTemplate(ctx, own, by); err != nil {
		t.Fatal(err)
	}
	got, isOwn, err := d.Template(ctx, authn.ChannelMail, "en")
	if err != nil || !isOwn || got.Subject != "Ours, {{.Name}}" || got.UpdatedBy != "admin:maja" {
		t.Errorf("%+v, %v", got, err)
	}
	if _, isOwn, err := d.Template(ctx, authn.ChannelMail, "de"); err != nil || isOwn {
		t.Errorf("de: %v %v", isOwn, err)
	}
	d.invite("anna.lind", authn.ChannelMail)
	if _, err := d.Test(ctx, authn.ChannelMail, "maja@example.com", "de", by); err != nil {
		t.Fatal(err)
	}
	if err := d.Mails(ctx); err != nil || len(p.mails) != 2 {
		t.Fatalf("%v, %d mails", err, len(p.mails))
	}
	if s := p.mails[0].Header.Get("Subject"); s != "Ours, Anna Lind" || !strings.Contains(p.bodies[0], "OWN") {
		t.Errorf("subject %q", s)
	}
	if !strings.Contains(p.bodies[1], "sample.invalid/R#") || strings.Contains(p.bodies[1], "id.example.com") || !strings.Contains(p.mails[1].Header.Get("Subject"), "Ein Test von Lund Energy") {
		t.Errorf("test: %s", p.mails[1].Header.Get("Subject"))
	}
	if err := d.ResetTemplate(ctx, authn.ChannelMail, "en", by); err != nil {
		t.Fatal(err)
	}
	if _, isOwn, _ := d.Template(ctx, authn.ChannelMail, "en"); isOwn {
		t.Error("still there")
	}
	if got := d.actions(); strings.Join(got, " ") != "template.reset outbox.test template.save" {
		t.Errorf("audit: %v", got)
	}
	for _, to := range []string{"maja", "Maja <maja@example.com>", "a@example.com\r\nBcc: b@example.com", "+46465550100"} {
		if _, err := d.Test(ctx, authn.ChannelMail, to, "en", by); !errors.Is(err, ErrReceiver) {
			t.Errorf("%q: %v", to, err)
		}
	}
	if _, err := d.Test(ctx, authn.ChannelText, "+46465550100", "en", by); !errors.Is(err, ErrNoChannel) {
		t.Errorf("text: %v", err)
	}
	r, parts, err := d.Preview(Default(authn.ChannelText, "de"))
	if err != nil || parts.Count == 0 || parts.Count > 2 || !strings.Contains(r.Text, "sample.invalid") {
		t.Errorf("preview: %+v %+v %v", r, parts, err)
	}
}

// TestRun: a message that is queued while the outbox runs goes out by the wake-up, and Run ends when it is told to.
func TestRun(t *testing.T) {
	p := newSink(t)
	taken := make(chan struct{}, 10)
	p.receive = func(int) { taken <- struct{}{} }
	d := newDesk(t, disk(t), Config{SMTP: p.smtp()})
	_, first := d.invite("a", authn.ChannelMail)
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() {
		d.Run(ctx)
		close(over)
	}()
	<-taken
	_, second := d.invite("b", authn.ChannelMail)
	d.site.Live.Wake(live.Outbox)
	<-taken
	cancel()
	<-over
	for _, m := range []authn.Message{first, second} {
		if got := d.message(m.ID); got.State != authn.MessageSent {
			t.Errorf("%+v: what was begun is not written down", got)
		}
	}
}

// TestDraftIsNotStale: what was written before its turn is written anew when something changed since.
func TestDraftIsNotStale(t *testing.T) {
	p := newSink(t)
	d := newDesk(t, disk(t), Config{SMTP: p.smtp()})
	d.invite("first", authn.ChannelMail)
	session, m := d.invite("second", authn.ChannelMail)
	ended, m2 := d.invite("third", authn.ChannelMail)
	_, m3 := d.invite("fourth", authn.ChannelMail)
	p.receive = func(n int) {
		if n > 1 {
			return
		}
		err := d.store.Update(context.Background(), func(tx store.Tx) error {
			return errors.Join(
				tx.UpdateUser(session.User, func(u authn.User) (authn.User, error) {
					u.Name = "Another Name"
					return u, nil
				}),
				tx.UpdateMessage(m3.ID, func(m authn.Message) (authn.Message, error) {
					m.State = authn.MessageFailed // an administrator took it back
					return m, nil
				}),
				tx.UpdateRegistrationSession(ended.ID, func(s authn.RegistrationSession) (authn.RegistrationSession, error) { return s.Revoke(noon), nil }))
		})
		if err != nil {
			t.Error(err)
		}
	}
	if err := d.Mails(t.Context()); err != nil {
		t.Fatal(err)
	}
	if d.message(m.ID).State != authn.MessageSent || len(p.bodies) != 2 || !strings.Contains(p.bodies[1], "Another Name") {
		t.Errorf("%d mails, the second is of before", len(p.bodies))
	}
	if got := d.message(m2.ID); got.Problem != "ended" {
		t.Errorf("third: %+v", got)
	}
	if got := d.message(m3.ID); got.State != authn.MessageFailed || got.Tries != 0 {
		t.Errorf("fourth: %+v", got)
	}
}
