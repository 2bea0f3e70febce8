package act_test

import (
	"context"
	"io"
	"mime/quotedprintable"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/notify"
	"avow/internal/server/notify/notifytest"
	"avow/internal/server/servertest"
	"avow/internal/store"
	"avow/internal/wire"
)

// scene is a server that sends real mails, and Anna with her phone and her mailbox.
type scene struct {
	*servertest.Env
	t     *testing.T
	phone *servertest.Phone

	mu    sync.Mutex
	mails []notifytest.Mail
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{t: t}
	post := notifytest.Start(t, func(m notifytest.Mail) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.mails = append(s.mails, m)
	})
	s.Env = servertest.Start(t, servertest.Options{CanMail: true, SMTP: &notify.SMTP{
		Host: "127.0.0.1", Port: post.Port, TLS: notify.Plain, From: "avow@example.com", Helo: "localhost",
	}})
	_, err := s.Admin.AddUser(t.Context(), wire.AddUser{UserName: "anna", Name: "Anna Lind", Mail: "anna@example.com", Language: "en", Reason: "test"})
	if err != nil {
		t.Fatal(err)
	}
	s.phone = s.Phone("anna")
	return s
}

var links = regexp.MustCompile(`https://[^\s]+/act#([0-9A-Z]+)`)

// mailed sends what waits and gives the code in Anna's newest mail with a text; "" when it has no link.
func (s *scene) mailed(text string) (code string) {
	s.t.Helper()
	if _, err := s.Server.Notices.Once(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.mails) - 1; i >= 0; i-- {
		b, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(s.mails[i].Body)))
		if err != nil {
			s.t.Fatal(err)
		}
		if body := string(b); s.mails[i].To == "anna@example.com" && strings.Contains(body, text) {
			found := links.FindStringSubmatch(body)
			if found == nil {
				return ""
			}
			if want := "https://" + s.Site.Host + "/act#" + found[1]; found[0] != want {
				s.t.Errorf("the link is %s", found[0])
			}
			return found[1]
		}
	}
	s.t.Fatalf("no mail says %q", text)
	return ""
}

func (s *scene) view(fn func(store.Reader) error) {
	s.t.Helper()
	if err := s.Site.Store.View(context.Background(), fn); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) blocked() (yes bool) {
	s.t.Helper()
	s.view(func(r store.Reader) error {
		g, err := r.RestoreGuard(s.phone.User)
		yes = !g.BlockedAt.IsZero()
		return err
	})
	return yes
}

func (s *scene) device(id authn.DeviceID) (d authn.Device) {
	s.t.Helper()
	s.view(func(r store.Reader) (err error) { d, err = r.Device(id); return err })
	return d
}

// press opens the page of a code as a browser does and presses its button. Opening and showing change nothing, whoever does it.
func (s *scene) press(code string) servertest.Page {
	s.t.Helper()
	b := s.NewBrowser()
	if first := b.Get("/act"); first.Status != http.StatusOK || !first.Has(`id="code"`) {
		s.t.Fatalf("the page: %d %s", first.Status, first.Body)
	}
	shown := s.show(code)
	if shown.Status != http.StatusOK || strings.Count(shown.Body, "<button") != 1 {
		s.t.Fatalf("what happened: %d %s", shown.Status, shown.Body)
	}
	return b.Post(shown, "/act/block")
}

func (s *scene) show(code string) servertest.Page {
	s.t.Helper()
	return s.NewBrowser().Do(http.MethodPost, "/act", url.Values{"code": {code}}, nil)
}

// somebody restores Anna's account with her code; she blocks that from the mail, without signing in, and it is over for good.
func TestBlockRestoreFromTheMailR094(t *testing.T) {
	s := newScene(t)
	paper := s.phone.SetUpRestore()
	thief := s.Restorer("anna", paper)
	code := s.mailed("Someone has your restore code")
	if code == "" {
		t.Fatal("the mail has no link")
	}
	before := len(s.Audit())
	if p := s.show(code); !p.Has("Someone has your restore code", "New phone", "Not me: block the restore", "Anna Lind") {
		t.Errorf("the page says %s", p.Body)
	}
	if s.blocked() || len(s.Audit()) != before {
		t.Fatal("looking at it has changed something")
	}
	if done := s.press(code); done.Status != http.StatusOK || !done.Has("It is blocked") || done.Has("<button") {
		t.Errorf("after the press: %d %s", done.Status, done.Body)
	}
	if !s.blocked() || s.device(s.phone.ID).State != authn.DeviceActive {
		t.Error("restore is not blocked, or Anna's phone is gone")
	}
	if _, err := thief.Confirm(s.Digits(thief.Started.RestoreID)); authn.CodeOf(err) != "restore_blocked" {
		t.Errorf("the right one-time code after it: %v", err)
	}
	if _, err := s.NewRestorer().Prove("anna", paper); err == nil {
		t.Error("another restore begins")
	}
	// Twice says done, and does nothing more.
	records := len(s.Audit())
	if again := s.show(code); !again.Has("It is blocked") || again.Has("<button") {
		t.Errorf("opened again: %s", again.Body)
	}
	if again := s.NewBrowser().Do(http.MethodPost, "/act/block", url.Values{"code": {code}}, nil); again.Status != http.StatusOK || !again.Has("It is blocked") {
		t.Errorf("pressed again: %d", again.Status)
	}
	if len(s.Audit()) != records {
		t.Error("pressing again is recorded as if it did something")
	}
	for _, a := range s.Audit() {
		if strings.Contains(strings.Join([]string{a.Actor, a.Subject, a.Reason, a.Facts["kind"]}, " "), code) {
			t.Errorf("the code stands in the log: %+v", a)
		}
	}
	told := 0
	s.view(func(r store.Reader) error {
		all, err := r.NoticesOf("", time.Time{})
		for _, n := range all {
			if n.Kind == authn.NoticeRestoreBlocked {
				told++
			}
		}
		return err
	})
	if told != 1 {
		t.Errorf("the administrators are told %d times", told)
	}
}

// the end of a restore is told too, and its button takes the new phone off the account.
func TestBlockDeviceFromTheMailR094(t *testing.T) {
	s := newScene(t)
	thief := s.Restorer("anna", s.phone.SetUpRestore())
	if _, err := thief.Confirm(s.Digits(thief.Started.RestoreID)); err != nil {
		t.Fatal(err)
	}
	_, got, err := thief.Take()
	if err != nil {
		t.Fatal(err)
	}
	code := s.mailed("is on this phone now")
	if done := s.press(code); !done.Has("It is blocked", "This phone can’t answer for you any more") {
		t.Errorf("after the press: %s", done.Body)
	}
	if s.device(got.ID).State != authn.DeviceRevoked || s.device(s.phone.ID).State != authn.DeviceActive || !s.blocked() {
		t.Errorf("the new phone is %s, Anna's %s, blocked %v", s.device(got.ID).State, s.device(s.phone.ID).State, s.blocked())
	}
	if _, err := got.Status(t.Context()); authn.CodeOf(err) != "device_revoked" {
		t.Errorf("the new phone is heard: %v", err)
	}
}

// TestWhatIsNoCode: what this server did not make opens nothing, nor what is too old or for somebody else.
func TestWhatIsNoCode(t *testing.T) {
	s := newScene(t)
	code := s.mailed("A phone wants to answer for you")
	other := "0"
	if code[0] == '0' {
		other = "1"
	}
	for name, bad := range map[string]string{
		"nothing": "", "a letter changed": other + code[1:], "cut off": code[:40], "too much": code + "0", "random": authn.Crockford.EncodeToString(key.NewSecret(32)),
		"long": strings.Repeat("0", 500),
	} {
		for _, path := range []string{"/act", "/act/block"} {
			if got := s.NewBrowser().Do(http.MethodPost, path, url.Values{"code": {bad}}, nil); got.Status != http.StatusUnprocessableEntity {
				t.Errorf("%s at %s: %d", name, path, got.Status)
			}
		}
	}
	for name, good := range map[string]string{"whole link": "https://" + s.Site.Host + "/act#" + code, "small letters and spaces": strings.ToLower(code[:20] + " " + code[20:])} {
		if got := s.show(good); got.Status != http.StatusOK {
			t.Errorf("%s: %d", name, got.Status)
		}
	}
	if got := s.NewBrowser().Do(http.MethodPost, "/act/block", url.Values{"code": {code}}, map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}); got.Status != http.StatusForbidden {
		t.Errorf("from another site: %d", got.Status)
	}
	if got := s.NewBrowser().Get("/act/block"); got.Status != http.StatusMethodNotAllowed && got.Status != http.StatusNotFound {
		t.Errorf("GET does something: %d", got.Status)
	}
	s.Advance(29 * 24 * time.Hour)
	if got := s.show(code); got.Status != http.StatusOK {
		t.Errorf("after 29 days: %d", got.Status)
	}
	s.Advance(2 * 24 * time.Hour)
	for _, path := range []string{"/act", "/act/block"} {
		if got := s.NewBrowser().Do(http.MethodPost, path, url.Values{"code": {code}}, nil); got.Status != http.StatusGone {
			t.Errorf("after 31 days at %s: %d", path, got.Status)
		}
	}
	if s.blocked() || s.device(s.phone.ID).State != authn.DeviceActive {
		t.Error("something was blocked")
	}
}

// TestMailWithoutReaction: a notice that nothing can be done about has no link.
func TestMailWithoutReaction(t *testing.T) {
	s := newScene(t)
	if err := s.phone.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	if code := s.mailed("can’t answer for you"); code != "" {
		t.Errorf("code %s", code)
	}
}
