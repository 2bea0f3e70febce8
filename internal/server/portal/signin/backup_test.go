package signin_test

import (
	"context"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/servertest"
	"avow/internal/store"
	"avow/internal/wire"
)

var backupCode = regexp.MustCompile(`[0-9]-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{5}`)

// backups makes backup codes on a user's page and notes them.
func backups(t *testing.T, b *servertest.Browser) []string {
	t.Helper()
	page := b.Post(b.Get("/me/backup"), "/me/backup")
	codes := backupCode.FindAllString(page.Body, -1)
	if len(codes) != key.BackupCodes {
		t.Fatalf("%d codes on %q", len(codes), page.Title())
	}
	if done := b.Post(b.Get("/me/backup/noted"), "/me/backup/noted", "backup", strings.ToLower(codes[9])); done.Path != "/me" || !done.Has("Your backup codes are ready", "10 of 10") {
		t.Fatalf("noted: %s", done.Body)
	}
	return codes
}

// byCode signs in with a backup code; the page is that which came of it.
func byCode(e *servertest.Env, login, code string) (*servertest.Browser, servertest.Page) {
	b := e.NewBrowser()
	return b, b.Post(b.Get("/sign-in/backup"), "/sign-in/backup", "login", login, "backup", code)
}

// TestBackupCodes is R-102 on the pages: shown once, good when noted, each signs in once, new ones kill the old.
func TestBackupCodes(t *testing.T) {
	e := servertest.Start(t, servertest.Options{})
	e.User("anna")
	b, me := e.SignIn(e.Phone("anna"), "anna")
	if !me.Has("Make backup codes") || !e.NewBrowser().Get("/sign-in").Has("/sign-in/backup") {
		t.Error("backup codes are not offered")
	}
	shown := b.Post(b.Get("/me/backup"), "/me/backup")
	codes := backupCode.FindAllString(shown.Body, -1)
	if len(codes) != key.BackupCodes || shown.Head.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d codes, %v", len(codes), shown.Head)
	}
	if _, in := byCode(e, "anna", codes[0]); in.Status != http.StatusUnprocessableEntity || !in.Has("don’t fit") {
		t.Errorf("a code that was not noted: %d", in.Status)
	}
	me = b.Get("/me")
	if !me.Has("Not noted yet") || backupCode.MatchString(me.Body) {
		t.Error("the page does not say that they are not noted, or shows them")
	}
	for typed, want := range map[string]string{"what": "no backup code", "3-0000-0000-00000": "none of the newest ten"} {
		if p := b.Post(b.Get("/me/backup/noted"), "/me/backup/noted", "backup", typed); p.Status != http.StatusUnprocessableEntity || !p.Has(want) || p.Has(typed) {
			t.Errorf("%q: %d %s", typed, p.Status, p.Body)
		}
	}
	if p := b.Post(b.Get("/me/backup/noted"), "/me/backup/noted", "backup", codes[4]); !p.Has("10 of 10") {
		t.Errorf("noted: %s", p.Body)
	}
	in, page := byCode(e, "Anna", codes[4]) // as she writes it, and the code that was typed is good still
	if page.Path != "/me" || !page.Has("You signed in with a backup code", "9 of 10", "With a backup code") {
		t.Errorf("signed in: %s %s", page.Path, page.Body)
	}
	if _, again := byCode(e, "anna", codes[4]); again.Status != http.StatusUnprocessableEntity || again.Has(codes[4]) {
		t.Errorf("the code again: %d", again.Status)
	}
	if p := b.Get("/me/backup"); !p.Has("worth nothing from then on") {
		t.Error("nobody says that the old ones die")
	}
	next := backups(t, b)
	if in.Get("/me").Path != "/sign-in" {
		t.Error("who came with an old code is still in")
	}
	if _, p := byCode(e, "anna", codes[5]); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("an old code: %d", p.Status)
	}
	in, p := byCode(e, "anna", next[5])
	if p.Path != "/me" {
		t.Errorf("a new one: %s", p.Path)
	}
	e.Advance(25 * time.Minute)
	in.Get("/me")
	e.Advance(25 * time.Minute)
	if in.Get("/me").Path != "/me" {
		t.Error("it is over early")
	}
	e.Advance(15 * time.Minute)
	if in.Get("/me").Path != "/sign-in" {
		t.Error("it lasts longer than an hour")
	}
}

// TestBackupCodesAreFresh: whoever signed in long ago signs in again before codes are made (ASVS 7.5.1).
func TestBackupCodesAreFresh(t *testing.T) {
	e := servertest.Start(t, servertest.Options{})
	e.User("anna")
	b, _ := e.SignIn(e.Phone("anna"), "anna")
	ask := b.Get("/me/backup")
	e.Advance(11 * time.Minute)
	for name, p := range map[string]servertest.Page{"question": b.Get("/me/backup"), "answer": b.Post(ask, "/me/backup")} {
		if p.Path != "/sign-in" || backupCode.MatchString(p.Body) {
			t.Errorf("%s: %s", name, p.Path)
		}
	}
}

// TestBackupCodeIsLess is R-103: who came with a code has no role, connects no phone and makes no codes; she removes a lost phone.
func TestBackupCodeIsLess(t *testing.T) {
	e := servertest.Start(t, servertest.Options{})
	b, p := e.Colleague("anna", authn.RoleOwner)
	codes := backups(t, b)
	in, page := byCode(e, "anna", codes[0])
	if page.Path != "/me" || page.Has(`href="/admin"`, `action="/me/connect"`) || page.Has(`action="/me/connect"`) || page.Has(`href="/me/backup"`) {
		t.Errorf("she is offered more than she may: %s", page.Body)
	}
	token := page.Form("/sign-out").Get("form")
	e.Decide(func(p *authn.Policy) { p.BackupEnrolls = true })
	for _, path := range []string{"/admin", "/admin/users", "/admin/policies", "/desk", "/me/backup/noted", "/me/backup/connect"} {
		if got := in.Get(path); got.Status != http.StatusForbidden {
			t.Errorf("%s: %d", path, got.Status)
		}
	}
	for _, path := range []string{"/me/connect", "/me/backup/noted", "/me/backup/connect", "/admin/policies"} {
		if got := in.Post(in.Get("/me"), path, "form", token, "backup", codes[1]); got.Status != http.StatusForbidden {
			t.Errorf("POST %s: %d", path, got.Status)
		}
	}
	if got := in.Post(in.Get("/me"), "/me/backup", "form", token); got.Path != "/sign-in" || backupCode.MatchString(got.Body) {
		t.Errorf("new codes by a code: %s", got.Path)
	}
	if got := in.Get("/me"); !got.Has("9 of 10") || got.Has("/me/backup/connect") {
		t.Error("a code was used up, or a phone is offered to an administrator")
	}
	path := "/me/devices/" + string(p.ID) + "/remove"
	if done := in.Post(in.Get(path), path); done.Path != "/me" || !done.Has("was removed") {
		t.Errorf("the lost phone: %s", done.Body)
	}
}

// TestBackupCodesConnect is R-103: where the policy allows it, and only there, a second code connects a phone; it is used up, and it is another.
func TestBackupCodesConnect(t *testing.T) {
	e := servertest.Start(t, servertest.Options{})
	e.User("anna")
	b, _ := e.SignIn(e.Phone("anna"), "anna")
	codes := backups(t, b)
	in, page := byCode(e, "anna", codes[0])
	const path = "/me/backup/connect"
	form := page.Form("/sign-out").Get("form")
	if got := in.Post(page, path, "form", form, "backup", codes[1]); got.Status != http.StatusForbidden || in.Get(path).Status != http.StatusForbidden {
		t.Fatalf("without the policy: %d", got.Status)
	}
	if got := b.Get(path); got.Status != http.StatusForbidden {
		t.Errorf("who came with a phone needs no code: %d", got.Status)
	}
	e.Decide(func(p *authn.Policy) { p.BackupEnrolls = true })
	if !in.Get("/me").Has(path) {
		t.Error("it is not offered")
	}
	if got := in.Post(in.Get("/me"), "/me/connect", "form", form); got.Status != http.StatusForbidden {
		t.Errorf("with the first code alone: %d", got.Status)
	}
	if got := in.Post(in.Get(path), path, "backup", codes[0]); got.Status != http.StatusUnprocessableEntity {
		t.Errorf("with the first code again: %d", got.Status)
	}
	connect := in.Post(in.Get(path), path, "backup", codes[1])
	if connect.Path != "/connect/session" {
		t.Fatalf("with a second code: %s %s", connect.Path, connect.Title())
	}
	l, err := wire.ParseLink(strings.ReplaceAll(connect.Find(`href="(avow:[^"]*)"`), "&#34;", ""))
	if err != nil {
		t.Fatal(err)
	}
	e.Connect(l.(wire.RegistrationLink).Encode())
	in.Post(in.Get("/connect/session"), "/connect/answer", "answer", "yes")
	if got := in.Get("/me"); strings.Count(got.Body, "Test phone</b>") != 2 || !got.Has("8 of 10") {
		t.Errorf("after it: %s", got.Body)
	}
	var devices int
	err = e.Site.Store.View(context.Background(), func(r store.Reader) error {
		u, err := r.UserByLogin("anna")
		if err != nil {
			return err
		}
		all, err := r.DevicesOf(u.ID)
		devices = len(all)
		if last := all[devices-1]; !last.OnProbation(e.Now().Add(23*time.Hour)) || last.OnProbation(e.Now().Add(25*time.Hour)) {
			t.Errorf("the new phone is on probation until %v", last.ProbationUntil)
		}
		return err
	})
	if err != nil || devices != 2 {
		t.Errorf("%d devices, %v", devices, err)
	}
}

// TestBackupCodeRace is R-102 and D12 over TLS: a thousand browsers with one code at the same moment, and one is in.
func TestBackupCodeRace(t *testing.T) {
	e := servertest.Start(t, servertest.Options{})
	e.Server.Backup.SetLimit(1<<20, 1<<20)
	e.User("anna")
	b, _ := e.SignIn(e.Phone("anna"), "anna")
	codes := backups(t, b)
	form := e.NewBrowser()
	page := form.Get("/sign-in/backup")
	var won, refused, busy, other atomic.Int32
	gate := make(chan struct{})
	var all sync.WaitGroup
	stay := form.Stay()
	for range 200 {
		all.Go(func() {
			<-gate
			switch stay.Post(page, "/sign-in/backup", "login", "anna", "backup", codes[7]).Status {
			case http.StatusSeeOther:
				won.Add(1)
			case http.StatusUnprocessableEntity:
				refused.Add(1)
			case http.StatusServiceUnavailable:
				busy.Add(1)
			default:
				other.Add(1)
			}
		})
	}
	close(gate)
	all.Wait()
	if won.Load() != 1 || other.Load() != 0 || refused.Load()+busy.Load() != 199 || refused.Load() == 0 {
		t.Errorf("%d won, %d refused, %d sent away, %d other", won.Load(), refused.Load(), busy.Load(), other.Load())
	}
	if !b.Get("/me").Has("9 of 10") {
		t.Error("more than one code was used up, or none")
	}
}

// TestBackupCodeTells is R-046 and T25 on the page: a wrong code, a login that is none and one without codes get one answer, and later all are told to wait, but not
// whoever has her phone.
func TestBackupCodeTells(t *testing.T) {
	e := servertest.Start(t, servertest.Options{})
	for _, login := range []string{"anna", "bo"} {
		e.User(login)
	}
	p := e.Phone("anna")
	b, _ := e.SignIn(p, "anna")
	codes := backups(t, b)
	wrong := codes[1][:len(codes[1])-1] + map[bool]string{true: "1", false: "0"}[strings.HasSuffix(codes[1], "0")]
	var answers []string
	for _, login := range []string{"anna", "bo", "nobody"} {
		_, page := byCode(e, login, wrong)
		if page.Status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d", login, page.Status)
		}
		answers = append(answers, strings.ReplaceAll(regexp.MustCompile(`name="form" value="[^"]*"`).ReplaceAllString(page.Body, ""), `value="`+login+`"`, ""))
	}
	if answers[0] != answers[1] || answers[1] != answers[2] {
		t.Error("the answers differ")
	}
	for range 4 {
		byCode(e, "anna", wrong)
	}
	if _, page := byCode(e, "anna", codes[1]); page.Status != http.StatusTooManyRequests || !page.Has("With your phone you can sign in as ever") {
		t.Errorf("after five wrong ones: %d", page.Status)
	}
	if _, page := e.SignIn(p, "anna"); page.Path != "/me" {
		t.Errorf("with the phone: %s", page.Path)
	}
}
