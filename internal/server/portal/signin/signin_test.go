package signin_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/servertest"
	"avow/internal/store"
	"avow/internal/wire"
)

// TestSignIn: the number on the page, a Yes on the phone, and the browser is in; once.
func TestSignIn(t *testing.T) {
	e := servertest.Start(t, servertest.Options{})
	e.User("anna")
	p := e.Phone("anna")
	b := e.NewBrowser()
	if first := b.Get("/me"); first.Path != "/sign-in" || !first.Has(`name="next" value="/me"`) {
		t.Fatalf("somebody who is not signed in sees %s", first.Path)
	}
	wait := b.Post(b.Get("/sign-in?next=/me"), "/sign-in", "login", "anna", "next", "/me")
	if wait.Path != "/sign-in/wait" || len(wait.Number()) != 6 || !wait.Has("/sign-in/events") {
		t.Fatalf("%s: number %q", wait.Path, wait.Number())
	}
	if err := p.Answer(authn.Approve, "000000"); err == nil && wait.Number() != "000000" {
		t.Fatal("another number was taken")
	}
	if err := p.Answer(authn.Approve, wait.Number()); err != nil {
		t.Fatal(err)
	}
	other := e.NewBrowser()
	if got := other.Get("/sign-in/wait"); got.Path != "/sign-in" {
		t.Errorf("another browser sees %s", got.Path)
	}
	me := b.Get("/sign-in/wait")
	if me.Path != "/me" || !me.Has("Test phone", "Name of anna") {
		t.Fatalf("after the Yes: %s %s", me.Path, me.Title())
	}
	if again := b.Get("/sign-in/wait"); again.Path != "/sign-in" {
		t.Errorf("the question is still good: %s", again.Path)
	}
	if admin := b.Get("/desk"); admin.Status != http.StatusForbidden {
		t.Errorf("somebody without a role opens the service desk: %d", admin.Status)
	}
	out := b.Post(b.Get("/me"), "/sign-out")
	if out.Status != http.StatusOK || b.Get("/me").Path != "/sign-in" {
		t.Error("signed out, and still in")
	}
}

// TestPagesAlwaysVerify: whatever the policy says for sign-ins to computers, the pages are opened by a verified user only (A4).
func TestPagesAlwaysVerify(t *testing.T) {
	e := servertest.Start(t, servertest.Options{})
	e.User("anna")
	e.Verify(authn.UVOff)
	p := e.Phone("anna")
	b := e.NewBrowser()
	wait := b.Post(b.Get("/sign-in"), "/sign-in", "login", "anna")
	if _, r := p.Open(); r.UV != authn.UVRequired {
		t.Errorf("the phone is told %q", r.UV)
	}
	if err := p.AnswerUnverified(wait.Number()); authn.CodeOf(err) != "user_verification_required" {
		t.Errorf("a Yes without verification: %v", err)
	}
	if got := b.Get("/sign-in/wait"); got.Path != "/sign-in/wait" {
		t.Errorf("the browser sees %s", got.Path)
	}
	if err := p.Answer(authn.Approve, wait.Number()); err != nil {
		t.Fatal(err)
	}
	if got := b.Get("/sign-in/wait"); got.Path != "/me" {
		t.Errorf("after a verified Yes the browser sees %s", got.Path)
	}
}

// nobody learns from the sign-in page whether a login exists, has a phone or is blocked.
func TestStrangersLookAlikeR046(t *testing.T) {
	e := servertest.Start(t, servertest.Options{})
	e.User("anna")
	e.Phone("anna")
	e.User("berta") // without a phone
	e.User("eva")
	e.Phone("eva")
	if _, err := e.Admin.SetUserStatus(context.Background(), "eva", wire.SetUserStatus{Status: authn.UserDisabled, Reason: "left"}); err != nil {
		t.Fatal(err)
	}
	// shape is the page without what is drawn anew for each.
	shape := func(p servertest.Page, login string) string {
		body := strings.ReplaceAll(p.Body, login, "LOGIN")
		for _, part := range []string{`(?s)(<section class="match">.*?</section>)`, `name="form" value="([^"]*)"`, `(?s)(<svg class="qr.*?</svg>)`, `href="(avow:[^"]*)"`} {
			body = strings.ReplaceAll(body, p.Find(part), "")
		}
		return body
	}
	want := ""
	for _, login := range []string{"anna", "berta", "eva", "nobody", "<b>x</b>"} {
		b := e.NewBrowser()
		p := b.Post(b.Get("/sign-in"), "/sign-in", "login", login)
		if len(p.Number()) != 6 || p.Status != http.StatusOK {
			t.Fatalf("%s: %d, number %q", login, p.Status, p.Number())
		}
		got := shape(p, authn.CleanText(login, 128))
		if want == "" {
			want = got
		}
		if got != want {
			t.Errorf("the page of %q differs", login)
		}
		e.Advance(authn.RequestLifetime + time.Second)
		if end := b.Get("/sign-in/wait"); end.Title() == p.Title() {
			t.Errorf("%s: still waits after its time", login)
		}
	}
}

func TestAnswersThatAreNotYes(t *testing.T) {
	for name, kind := range map[string]authn.DecisionKind{"No": authn.Deny, "it is not me": authn.NotMe} {
		t.Run(name, func(t *testing.T) {
			e := servertest.Start(t, servertest.Options{})
			e.User("anna")
			p := e.Phone("anna")
			b := e.NewBrowser()
			b.Post(b.Get("/sign-in"), "/sign-in", "login", "anna")
			if err := p.Answer(kind, ""); err != nil {
				t.Fatal(err)
			}
			end := b.Get("/sign-in/wait")
			if end.Path != "/sign-in/wait" || end.Number() != "" || b.Get("/me").Path != "/sign-in" {
				t.Errorf("after %s: %s, number %q", name, end.Path, end.Number())
			}
		})
	}
	t.Run("stopped", func(t *testing.T) {
		e := servertest.Start(t, servertest.Options{})
		e.User("anna")
		p := e.Phone("anna")
		b := e.NewBrowser()
		wait := b.Post(b.Get("/sign-in"), "/sign-in", "login", "anna")
		b.Post(wait, "/sign-in/stop")
		list, err := p.Requests(context.Background())
		if err != nil || len(list.Requests) != 0 {
			t.Errorf("%d requests on the phone, %v", len(list.Requests), err)
		}
	})
}

// TestSessionsEnd: after half an hour of nothing, after eight hours, when the user is blocked, when another browser signs out everywhere.
func TestSessionsEnd(t *testing.T) {
	e := servertest.Start(t, servertest.Options{})
	e.User("anna")
	p := e.Phone("anna")
	in := func(b *servertest.Browser) bool { return b.Get("/me").Path == "/me" }
	b, _ := e.SignIn(p, "anna")
	e.Advance(29 * time.Minute)
	if !in(b) {
		t.Fatal("signed out before half an hour of nothing")
	}
	e.Advance(31 * time.Minute)
	if in(b) {
		t.Error("still in after half an hour of nothing")
	}
	b, _ = e.SignIn(p, "anna")
	for range 16 {
		e.Advance(29 * time.Minute)
		in(b)
	}
	e.Advance(17 * time.Minute)
	if in(b) {
		t.Error("still in after eight hours")
	}
	b, _ = e.SignIn(p, "anna")
	c, _ := e.SignIn(p, "anna")
	if list := c.Get("/sign-ins"); strings.Count(list.Body, "/end\"") < 2 {
		t.Error("the list does not have both browsers")
	}
	id := c.Get("/sign-ins").Find(`action="/sign-ins/(w_[^/]+)/end"`)
	c.Post(c.Get("/sign-ins"), "/sign-ins/"+id+"/end")
	if in(b) || !in(c) {
		t.Error("signing out the other browser did not")
	}
	b, _ = e.SignIn(p, "anna")
	c.Post(c.Get("/sign-ins/end"), "/sign-ins/end")
	if in(b) || in(c) {
		t.Error("signing out everywhere did not")
	}
	e.Advance(time.Hour)
	b, _ = e.SignIn(p, "anna")
	if _, err := e.Admin.SetUserStatus(context.Background(), "anna", wire.SetUserStatus{Status: authn.UserDisabled, Reason: "left"}); err != nil {
		t.Fatal(err)
	}
	if in(b) {
		t.Error("a blocked user is still in")
	}
}

// TestForeignForms: a form without this sign-in's own token, or from another site, changes nothing.
func TestForeignForms(t *testing.T) {
	e := servertest.Start(t, servertest.Options{})
	e.User("anna")
	p := e.Phone("anna")
	b, me := e.SignIn(p, "anna")
	_, other := e.SignIn(p, "anna")
	device := "/me/devices/" + string(p.ID) + "/remove"
	for name, send := range map[string]func() servertest.Page{
		"no token":  func() servertest.Page { return b.Do(http.MethodPost, device, url.Values{}, nil) },
		"another's": func() servertest.Page { return b.Do(http.MethodPost, device, other.Form("/sign-out"), nil) },
		"another site": func() servertest.Page {
			return b.Do(http.MethodPost, device, me.Form("/sign-out"), map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"})
		},
		"not signed in": func() servertest.Page { return e.NewBrowser().Do(http.MethodPost, device, me.Form("/sign-out"), nil) },
		"sign-in, alone": func() servertest.Page {
			return e.NewBrowser().Do(http.MethodPost, "/sign-in", url.Values{"login": {"anna"}}, nil)
		},
	} {
		if got := send(); got.Status != http.StatusForbidden {
			t.Errorf("%s: %d", name, got.Status)
		}
	}
	if list, err := p.Requests(context.Background()); err != nil || len(list.Requests) != 0 {
		t.Errorf("requests %v, %v", list, err)
	}
}

// TestOwnDevices: she removes her own and nobody else's; of one that is not hers the service desk hears.
func TestOwnDevices(t *testing.T) {
	e := servertest.Start(t, servertest.Options{})
	e.User("anna")
	p := e.Phone("anna")
	e.User("bo")
	bo := e.Phone("bo")
	b, me := e.SignIn(p, "anna")
	if !me.Has("Test phone") || me.Has(string(bo.ID)) {
		t.Error("not the list of her own devices")
	}
	if got := b.Get("/me/devices/" + string(bo.ID) + "/remove"); got.Status != http.StatusNotFound {
		t.Errorf("another's device: %d", got.Status)
	}
	if got := b.Post(me, "/me/devices/"+string(bo.ID)+"/remove", "form", me.Form("/sign-out").Get("form")); got.Status != http.StatusNotFound {
		t.Errorf("removing another's device: %d", got.Status)
	}
	more := b.Post(b.Get("/me"), "/me/connect")
	if more.Path != "/connect/session" || !more.Has("<svg") {
		t.Fatalf("another phone: %s", more.Path)
	}
	path := "/me/devices/" + string(p.ID) + "/not-mine"
	done := b.Post(b.Get(path), path)
	if done.Path != "/me" || done.Has(string(p.ID)) {
		t.Errorf("after the removal: %s", done.Path)
	}
	var told int
	err := e.Site.Store.View(context.Background(), func(r store.Reader) error {
		all, err := r.NoticesOf("", time.Time{})
		for _, n := range all {
			if n.Kind == authn.NoticeDeviceRefused {
				told++
			}
		}
		return err
	})
	if err != nil || told != 1 {
		t.Errorf("%d notices to the service desk, %v", told, err)
	}
}

// TestWipeOwn: she has what she chooses deleted from a device of her own, also everything, and from nobody else's.
func TestWipeOwn(t *testing.T) {
	e := servertest.Start(t, servertest.Options{})
	e.User("anna")
	p := e.Phone("anna")
	bo, other := e.Colleague("bo", "")
	b, me := e.SignIn(p, "anna")
	path := "/me/devices/" + string(p.ID) + "/wipe"
	if !me.Has(path) || bo.Get(path).Status != http.StatusNotFound || b.Get("/me/devices/"+string(other.ID)+"/wipe").Status != http.StatusNotFound {
		t.Error("a device can be wiped by another, or not by its user")
	}
	ask := b.Get(path)
	if !ask.Has("Wipe Test phone?", `value="account" checked`, `value="everything"`) {
		t.Errorf("the question is %s", ask.Body)
	}
	if got := b.Post(ask, path, "scope", "the moon"); got.Status != http.StatusForbidden {
		t.Errorf("something else is wiped: %d", got.Status)
	}
	if done := b.Post(ask, path, "scope", "everything"); done.Path != "/me" || !done.Has("Test phone is removed and will be wiped", "Wipe asked for, not fetched yet") {
		t.Errorf("after it: %s %s", done.Path, done.Body)
	}
	err := e.Site.Store.View(context.Background(), func(r store.Reader) error {
		d, err := r.Device(p.ID)
		if d.State != authn.DeviceRevoked || d.Wipe.Scope != authn.WipeEverything {
			t.Errorf("got %s, %+v", d.State, d.Wipe)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestOwnRestore: she sees that somebody restores her account and blocks it on her page; nobody else can.
func TestOwnRestore(t *testing.T) {
	e := servertest.Start(t, servertest.Options{CanMail: true})
	e.User("anna")
	p := e.Phone("anna")
	b, me := e.SignIn(p, "anna")
	if !me.Has("Not set up") {
		t.Error("the page does not say that restore is not set up")
	}
	paper := p.SetUpRestore()
	thief := e.Restorer("anna", paper)
	path := "/me/restores/" + string(thief.Started.RestoreID) + "/block"
	if me = b.Get("/me"); !me.Has("New phone", "Waits for the one-time code", path) || me.Has(paper.Text()) {
		t.Errorf("the page says %s", me.Body)
	}
	bo, _ := e.Colleague("bo", "")
	if got := bo.Get(path); got.Status != http.StatusNotFound {
		t.Errorf("another asks: %d", got.Status)
	}
	if got := bo.Post(bo.Get("/me"), path, "form", bo.Get("/me").Form("/sign-out").Get("form")); got.Status != http.StatusNotFound {
		t.Errorf("another blocks: %d", got.Status)
	}
	ask := b.Get(path)
	if !ask.Has("Block the restore on New phone?") {
		t.Errorf("the question is %s", ask.Title())
	}
	if done := b.Post(ask, path); done.Path != "/me" || !done.Has("The restore is stopped", "Blocked") || done.Has(path) {
		t.Errorf("after it: %s", done.Body)
	}
	if _, err := thief.Confirm(e.Digits(thief.Started.RestoreID)); authn.CodeOf(err) != "restore_blocked" {
		t.Errorf("the restore goes on: %v", err)
	}
}

// TestFirstOwner: the one-time link makes the owner, who connects her phone and signs in; it works once, and not after a day.
func TestFirstOwner(t *testing.T) {
	e := servertest.Start(t, servertest.Options{})
	code := key.NewSecret(16)
	err := e.Site.Store.Update(context.Background(), func(tx store.Tx) error {
		return tx.UpdateAdmin(e.Credential.ID, func(a authn.Admin) (authn.Admin, error) {
			a.StartToken, a.StartExpires = authn.HashOf(code), e.Now().Add(authn.StartLifetime)
			return a, nil
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	start := func(b *servertest.Browser, code string) servertest.Page {
		return b.Post(b.Get("/start"), "/start", "code", code, "login", "maja", "name", "Maja Berg", "mail", "maja@example.com")
	}
	if got := start(e.NewBrowser(), wire.PageCode(key.NewSecret(16))); got.Status != http.StatusUnprocessableEntity {
		t.Errorf("a code that was never made: %d", got.Status)
	}
	b := e.NewBrowser()
	connect := start(b, wire.PageCode(code))
	if connect.Path != "/connect/session" {
		t.Fatalf("%s: %s", connect.Path, connect.Title())
	}
	if got := start(e.NewBrowser(), wire.PageCode(code)); got.Status != http.StatusUnprocessableEntity {
		t.Errorf("the link works twice: %d", got.Status)
	}
	l, err := wire.ParseLink(strings.ReplaceAll(connect.Find(`href="(avow:[^"]*)"`), "&#34;", ""))
	if err != nil {
		t.Fatal(err)
	}
	p := e.Connect(l.(wire.RegistrationLink).Encode())
	b.Post(b.Get("/connect/session"), "/connect/answer", "answer", "yes")
	in, first := e.SignIn(p, "maja")
	if first.Status != http.StatusOK && first.Path != "/admin" {
		t.Errorf("the owner's first page is %s (%d)", first.Path, first.Status)
	}
	if got := in.Get("/desk"); got.Status != http.StatusOK {
		t.Errorf("the owner and the service desk: %d", got.Status)
	}
}
