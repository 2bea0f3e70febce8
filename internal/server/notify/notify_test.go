package notify

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/live"
	"avow/internal/server/notify/notifytest"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/store/sqlite/sqlitetest"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// post is a mail server that keeps what it takes.
type post struct {
	*notifytest.Server

	mu    sync.Mutex
	mails []notifytest.Mail
}

func newPost(t *testing.T) *post {
	t.Helper()
	p := &post{}
	p.Server = notifytest.Start(t, func(m notifytest.Mail) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.mails = append(p.mails, m)
	})
	return p
}

// words writes the kind and the device; it cannot write of claims.
type words struct{}

func (words) Mail(n authn.Notice, org, language, link string) (subject, body string, err error) {
	if n.Kind == authn.NoticeClaimRefused {
		return "", "", errors.New("no words")
	}
	return org + ": " + string(n.Kind) + "\r\nBcc: evil@example.com", "Device: " + n.Facts["device"] + "\nLanguage: " + language + "\nLink: " + link + "\n", nil
}

// links names the notice.
type links struct{}

func (links) Link(n authn.Notice) string { return "about " + string(n.ID) }

// outbox is a service with a store and a clock.
type outbox struct {
	t *testing.T
	*Service
	now time.Time
}

func newOutbox(t *testing.T, c *SMTP) *outbox {
	t.Helper()
	db, err := sqlitetest.Open(t.Context(), filepath.Join(t.TempDir(), "avow.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	o := &outbox{t: t, now: noon}
	s := &site.Site{
		Organisation: "Lund Energy", Store: db, Live: live.NewHub(), Now: func() time.Time { return o.now }, Log: slog.New(slog.DiscardHandler),
		AdminMail: []string{"desk@example.com"},
	}
	if o.Service, err = New(s, c, words{}, links{}); err != nil {
		t.Fatal(err)
	}
	return o
}

func (p *post) smtp() *SMTP {
	return &SMTP{Host: "127.0.0.1", Port: p.Port, TLS: Plain, From: "Avow <avow@example.com>", Helo: "localhost"}
}

func (o *outbox) queue(to string, kind authn.NoticeKind) authn.User {
	o.t.Helper()
	u := authn.User{ID: authn.NewUserID(), Mail: to}
	err := o.site.Store.Update(context.Background(), func(tx store.Tx) error {
		return site.Notify(tx, u, kind, "", map[string]string{"device": "Pixel 8"}, o.now)
	})
	if err != nil {
		o.t.Fatal(err)
	}
	return u
}

func (o *outbox) once() {
	o.t.Helper()
	if _, err := o.Once(context.Background()); err != nil {
		o.t.Fatal(err)
	}
}

func (o *outbox) notice(u authn.User) authn.Notice {
	o.t.Helper()
	var list []authn.Notice
	err := o.site.Store.View(context.Background(), func(r store.Reader) (err error) {
		list, err = r.NoticesOf(u.ID, noon.Add(-time.Hour))
		return err
	})
	if err != nil || len(list) != 1 {
		o.t.Fatalf("%d notices, %v", len(list), err)
	}
	return list[0]
}

// TestMailGoesOut is R-013 for mail: a notice becomes one mail, and one only.
func TestMailGoesOut(t *testing.T) {
	p := newPost(t)
	o := newOutbox(t, p.smtp())
	u := o.queue("anna.lind@example.com", authn.NoticeDeviceRegistered)
	nobody := o.queue("", authn.NoticeDeviceRegistered)
	for range 3 {
		o.once()
	}
	if len(p.mails) != 1 {
		t.Fatalf("%d mails", len(p.mails))
	}
	h := p.mails[0].Header
	for name, want := range map[string]string{
		"To": "<anna.lind@example.com>", "From": `"Avow" <avow@example.com>`, "Auto-Submitted": "auto-generated", "Bcc": "",
		"Subject": "Lund Energy: device_registered Bcc: evil@example.com",
	} {
		if h.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, h.Get(name), want)
		}
	}
	if !strings.Contains(p.mails[0].Body, "Device: Pixel 8") {
		t.Errorf("text %q", p.mails[0].Body)
	}
	if n := o.notice(u); n.Mail != authn.MailSent || n.Tries != 1 {
		t.Errorf("notice: %+v", n)
	}
	if n := o.notice(nobody); n.Mail != authn.MailNone {
		t.Errorf("notice to nobody: %+v", n)
	}
}

// TestMailIsInTheReadersLanguage: a user's notice is in her language and has its link; the language is the one that she has when it goes out. Administrators, of whom no
// language is known, get theirs in all.
func TestMailIsInTheReadersLanguage(t *testing.T) {
	p := newPost(t)
	o := newOutbox(t, p.smtp())
	u, err := authn.NewUser("anna.lind", "Anna Lind", "anna.lind@example.com", noon)
	if err != nil {
		t.Fatal(err)
	}
	var sent authn.Notice
	err = o.site.Store.Update(t.Context(), func(tx store.Tx) error {
		if err := tx.CreateUser(u); err != nil {
			return err
		}
		if err := site.Notify(tx, u, authn.NoticeRestoreStarted, "", nil, noon); err != nil {
			return err
		}
		if err := o.site.NotifyAdmins(tx, authn.NoticeColleaguesAsked, "", nil, noon); err != nil {
			return err
		}
		return tx.UpdateUser(u.ID, func(u authn.User) (authn.User, error) { u.Language = "de"; return u, nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	sent = o.notice(u)
	o.once()
	if len(p.mails) != 2 || !strings.Contains(p.mails[0].Body, "Language: de\r\nLink: about "+string(sent.ID)) || !strings.Contains(p.mails[1].Body, "Language:=20\r\n") {
		t.Errorf("mails: %+v", p.mails)
	}
}

// TestNobodyElseIsTold: a notice that is not for users, or not for administrators, is a mistake of the program (authn.NoticeRule).
func TestNobodyElseIsTold(t *testing.T) {
	o := newOutbox(t, nil)
	u := authn.User{ID: authn.NewUserID(), Mail: "anna.lind@example.com"}
	err := o.site.Store.Update(t.Context(), func(tx store.Tx) error {
		if err := site.Notify(tx, u, authn.NoticeNotMe, "", nil, noon); err == nil {
			t.Error("a user is told of what is for the administrators")
		}
		if err := o.site.NotifyAdmins(tx, authn.NoticeMuted, "", nil, noon); err == nil {
			t.Error("administrators are told of what is for the user")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestMailIsTriedAgain: one receiver who cannot be reached holds nobody up; later he gets his mail.
func TestMailIsTriedAgain(t *testing.T) {
	p := newPost(t)
	o := newOutbox(t, p.smtp())
	p.Refuse(func(to string) error {
		switch to {
		case "full@example.com":
			return &smtp.SMTPError{Code: 452, EnhancedCode: smtp.EnhancedCode{4, 2, 2}, Message: "mailbox full"}
		case "unknown@example.com":
			return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
		}
		return nil
	})
	full, unknown := o.queue("full@example.com", authn.NoticeMuted), o.queue("unknown@example.com", authn.NoticeMuted)
	good, wordless := o.queue("good@example.com", authn.NoticeMuted), o.queue("good@example.com", authn.NoticeClaimRefused)
	o.once()
	for name, c := range map[string]struct {
		u    authn.User
		want authn.MailState
	}{"full": {full, authn.MailQueued}, "unknown": {unknown, authn.MailFailed}, "good": {good, authn.MailSent}, "wordless": {wordless, authn.MailFailed}} {
		if n := o.notice(c.u); n.Mail != c.want || n.Tries != 1 {
			t.Errorf("%s: %s after %d tries", name, n.Mail, n.Tries)
		}
	}
	if n := o.notice(full); !n.NextTry.Equal(noon.Add(time.Minute)) {
		t.Errorf("next try at %s", n.NextTry)
	}
	o.now = noon.Add(59 * time.Second)
	o.once()
	if n := o.notice(full); n.Tries != 1 {
		t.Error("tried too early")
	}
	p.Refuse(nil)
	o.now = noon.Add(time.Minute)
	o.once()
	if n := o.notice(full); n.Mail != authn.MailSent {
		t.Errorf("full: %s", n.Mail)
	}
}

// TestMailServerDown: the pauses grow to an hour, and after two days a mail is given up.
func TestMailServerDown(t *testing.T) {
	c := (&post{Server: &notifytest.Server{Port: 1}}).smtp()
	for name, settings := range map[string]*SMTP{"down": c, "not configured": nil} {
		o := newOutbox(t, settings)
		u := o.queue("anna.lind@example.com", authn.NoticeMuted)
		var waits []time.Duration
		for range 100 {
			o.once()
			n := o.notice(u)
			if n.Mail == authn.MailFailed {
				break
			}
			waits = append(waits, n.NextTry.Sub(o.now))
			o.now = n.NextTry
		}
		n := o.notice(u)
		if n.Mail != authn.MailFailed || o.now.Sub(noon) < 48*time.Hour || o.now.Sub(noon) > 50*time.Hour {
			t.Errorf("%s: %s after %s", name, n.Mail, o.now.Sub(noon))
		}
		if waits[0] != time.Minute || waits[1] != 2*time.Minute || waits[7] != time.Hour || waits[len(waits)-1] != time.Hour {
			t.Errorf("%s: pauses %v", name, waits)
		}
	}
}

// TestStartTLSIsRequired: a mail server without TLS gets nothing when TLS is asked for.
func TestStartTLSIsRequired(t *testing.T) {
	p := newPost(t)
	for _, mode := range []TLSMode{StartTLS, ImplicitTLS} {
		c := p.smtp()
		c.TLS = mode
		if mode == ImplicitTLS {
			c.Username, c.Password = "avow", key.Secret("secret")
		}
		o := newOutbox(t, c)
		u := o.queue("anna.lind@example.com", authn.NoticeMuted)
		o.once()
		if n := o.notice(u); n.Mail != authn.MailQueued || len(p.mails) != 0 {
			t.Errorf("%s: %s, %d mails", mode, n.Mail, len(p.mails))
		}
	}
}

// TestMailerConnectsAnew: the mail server hangs up between two letters, and each arrives once.
func TestMailerConnectsAnew(t *testing.T) {
	p := newPost(t)
	m, err := NewMailer(*p.smtp())
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for i := range 3 {
		if r := m.Send(t.Context(), Letter{ID: "n_" + string(rune('a'+i)), To: "anna.lind@example.com", Subject: "s", Text: "t", At: noon}); r.Outcome != Sent {
			t.Fatalf("letter %d: %+v", i, r)
		}
		if i == 1 {
			p.HangUp(0)
		}
	}
	if len(p.mails) != 3 || p.Visits() != 2 || p.mails[2].Header.Get("Message-ID") != "<n_c@example.com>" {
		t.Errorf("%d mails over %d connections", len(p.mails), p.Visits())
	}
}

func TestValidate(t *testing.T) {
	good := SMTP{Host: "mail.example.com", Port: 587, TLS: StartTLS, From: "avow@example.com"}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*SMTP){
		"host": func(c *SMTP) { c.Host = "" }, "port": func(c *SMTP) { c.Port = 0 }, "tls": func(c *SMTP) { c.TLS = "" }, "from": func(c *SMTP) { c.From = "avow" },
		"plain to another host": func(c *SMTP) { c.TLS = Plain }, "name that begins like loopback": func(c *SMTP) { c.TLS, c.Host = Plain, "localhost.example.com" },
	} {
		c := good
		change(&c)
		if err := c.Validate(); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestRunEnds: a service that is told to stop does.
func TestRunEnds(t *testing.T) {
	o := newOutbox(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o.Run(ctx)
}
