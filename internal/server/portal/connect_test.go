package portal_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/server/registration"
	"avow/internal/store"
	"avow/internal/wire"
)

// TestConnectWithoutScript walks the page as a browser without script does: code, QR, "check again", "is this your phone?", Yes. Until
// Yes the device is pending.
func TestConnectWithoutScript(t *testing.T) {
	d := newDesk(t)
	made := d.create()
	b := d.browser()

	if p := b.get("/connect"); p.status != http.StatusOK || !p.has(`name="code"`, `action="/connect"`) {
		t.Fatalf("the form: %d %s", p.status, p.title())
	}
	p := b.enter(wire.PageCode(made.Page))
	if p.path != "/connect/session" || p.title() != "Connect your phone" || !p.has("Anna Lind", "046-555 01 00", `class="qr`, ">10:00<", "Check again") {
		t.Fatalf("the QR: %s %q", p.path, p.title())
	}
	if !p.has(made.Link.App()) {
		t.Error("the link for the phone itself is not that of the session")
	}

	ph := d.phone(made.Link, "Pixel 8")
	if err := ph.claim(t.Context()); err != nil {
		t.Fatal(err)
	}
	if p = b.get("/connect/session"); p.title() != "Tap Connect on the phone" || p.has("avow://") || p.has(`class="qr`) {
		t.Errorf("a phone has the code: %q, and the QR is still there", p.title())
	}
	bound, err := ph.finish(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p = b.get("/connect/session")
	if p.title() != "Is this your phone?" || !p.has("Pixel 8", "Google Pixel 8 · Android 16 · 127.0.0.1", ">"+bound.CheckWords[0]+"<", ">"+bound.CheckWords[1]+"<") {
		t.Fatalf("the question: %q\n%s", p.title(), p.body)
	}
	if got := d.device(bound.Device).State; got != authn.DevicePending {
		t.Errorf("before Yes the device is %q", got)
	}
	if p = b.answer(p, "yes"); p.path != "/connect/session" || p.title() != "Your phone is connected" {
		t.Errorf("after Yes: %s %q", p.path, p.title())
	}
	if got := d.device(bound.Device).State; got != authn.DeviceActive {
		t.Errorf("after Yes the device is %q", got)
	}
	if p = b.get("/connect/session"); p.title() != "Your phone is connected" {
		t.Errorf("loaded again: %q", p.title())
	}
	if a := d.audit("device.confirm"); a.Actor != "page:"+string(made.Session.ID) || a.IP != "127.0.0.1" {
		t.Errorf("the log says %+v", a)
	}
}

func (d *desk) device(id authn.DeviceID) (dev authn.Device) {
	d.t.Helper()
	d.view(func(r store.Reader) (err error) { dev, err = r.Device(id); return err })
	return dev
}

func (d *desk) view(fn func(store.Reader) error) {
	d.t.Helper()
	if err := d.site.Store.View(d.t.Context(), fn); err != nil {
		d.t.Fatal(err)
	}
}

// audit is the newest record of an action.
func (d *desk) audit(action string) (found authn.AuditRecord) {
	d.t.Helper()
	d.view(func(r store.Reader) error {
		all, err := r.Audit(100)
		for _, a := range all {
			if a.Action == action && found.Action == "" {
				found = a
			}
		}
		return err
	})
	return found
}

// TestNo is the other answer: the device is dead, the administrators hear of it, and the page makes no new code.
func TestNo(t *testing.T) {
	d := newDesk(t)
	made := d.create()
	b := d.browser()
	b.enter(wire.PageCode(made.Page))
	bound := d.phone(made.Link, "Thief").register()
	ask := b.get("/connect/session")
	p := b.answer(ask, "no")
	if p.title() != "This phone is not connected" || p.has("<form") {
		t.Errorf("after No: %q", p.title())
	}
	if !ask.has("tells the service desk") || !p.has("the service desk was told") {
		t.Error("the page does not say that the service desk is told")
	}
	d.site.AdminMail = nil // before the next request, which is answered after this
	if p := b.get("/connect/session"); p.has("was told") || !p.has("Tell the service desk now") {
		t.Error("nobody was told, and the page says otherwise")
	}
	if got := d.device(bound.Device).State; got != authn.DeviceRevoked {
		t.Errorf("after No the device is %q", got)
	}
	if got := d.state(made.Page); got != registration.Refused {
		t.Errorf("the session is %q", got)
	}
	b.post("/connect/new", url.Values{"form": p.fields()["form"]})
	if got := d.sessions(); got != 1 {
		t.Errorf("there are %d sessions: a refused one makes no new code", got)
	}
}

func (d *desk) sessions() (n int) {
	d.t.Helper()
	d.view(func(r store.Reader) error {
		list, err := r.RegistrationSessionsOf(d.user.ID)
		n = len(list)
		return err
	})
	return n
}

// TestGetChangesNothing covers R-006: 1000 GETs by those who look at links, with and without the cookie, leave the database as it was,
// and the phone still registers.
func TestGetChangesNothing(t *testing.T) {
	d := newDesk(t)
	made := d.create()
	b := d.browser()
	b.enter(wire.PageCode(made.Page))
	before := d.all()
	paths := []string{
		"/R", "/A", "/connect", "/connect/session", "/", "/connect/answer", "/connect/new", "/connect?code=" + wire.PageCode(made.Page),
		"/connect/answer?answer=yes", "/connect/session?lang=de",
	}
	for i := range 1000 {
		path := paths[i%len(paths)]
		if i%3 == 0 {
			b.do(http.MethodHead, path, nil, nil)
		} else {
			b.get(path)
		}
	}
	if after := d.all(); after != before {
		t.Errorf("the database changed from\n%s\nto\n%s", before, after)
	}
	d.phone(made.Link, "Pixel 8").register()
	if got := d.state(made.Page); got != registration.Waiting {
		t.Errorf("the session is %q", got)
	}
	b.get("/connect/answer?answer=yes&form=" + url.QueryEscape(b.get("/connect/session").fields().Get("form")))
	if got := d.state(made.Page); got != registration.Waiting {
		t.Errorf("a GET said Yes: the session is %q", got)
	}
}

// TestSecretIsNowhere covers R-007: of the page's secret and the session's, in every spelling, nothing is in the server's logs, in an
// address that it sends, or in a header but the cookie's; and no page tells another site where it was.
func TestSecretIsNowhere(t *testing.T) {
	d := newDesk(t)
	made := d.create()
	b := d.browser()
	code := wire.PageCode(made.Page)
	var seen []page
	seen = append(seen, b.get("/connect"), b.enter(strings.ToLower(code)), b.get("/connect/session"), b.enter("wrong"), b.get("/R"))
	d.phone(made.Link, "Pixel 8").register()
	seen = append(seen, b.get("/connect/session"), b.answer(b.get("/connect/session"), "yes"))

	spellings := append(spell(made.Page), spell(made.Link.Session)...)
	logs := d.log.String()
	if !strings.Contains(logs, "/connect/session") {
		t.Fatal("the log has no line of these requests, so it proves nothing")
	}
	for _, s := range spellings {
		if strings.Contains(strings.ToUpper(logs), strings.ToUpper(s)) {
			t.Errorf("the log holds %q", s)
		}
	}
	for _, p := range seen {
		if got := p.head.Get("Referrer-Policy"); got != "no-referrer" {
			t.Errorf("%s: Referrer-Policy is %q", p.path, got)
		}
		for _, s := range spellings {
			if strings.Contains(p.path+p.head.Get("Location"), s) {
				t.Errorf("%s: the address holds the secret", p.path)
			}
		}
		if strings.Contains(p.body, code) {
			t.Errorf("%s: the page holds the page code", p.path)
		}
	}
}

func TestCookie(t *testing.T) {
	d := newDesk(t)
	made := d.create()
	b := d.browser()
	b.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	p := b.enter(wire.PageLink(d.site.Host, made.Page)) // a whole link is as good
	if p.status != http.StatusSeeOther || p.head.Get("Location") != "/connect/session" {
		t.Errorf("got %d to %q", p.status, p.head.Get("Location"))
	}
	cookie := p.head.Get("Set-Cookie")
	for _, want := range []string{"__Host-avow_connect=", "; Path=/", "; HttpOnly", "; Secure", "; SameSite=Strict"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("the cookie %q lacks %q", cookie, want)
		}
	}
	if strings.Contains(cookie, "Domain") {
		t.Errorf("the cookie has a domain: %q", cookie)
	}

	// A cookie that was made up, from the code and a time of one's own, is none.
	value, _, _ := strings.Cut(strings.TrimPrefix(cookie, "__Host-avow_connect="), ";")
	for i := range value {
		forged := value[:i] + string(value[i]^1) + value[i+1:]
		if i%4 != 0 {
			continue
		}
		p := d.browser().do(http.MethodGet, "/connect/session", nil, map[string]string{"Cookie": "__Host-avow_connect=" + forged})
		if p.title() != "Enter your page code first" {
			t.Fatalf("cookie changed at %d: %q", i, p.title())
		}
	}
	if p := d.browser().do(http.MethodGet, "/connect/session", nil, map[string]string{"Cookie": "__Host-avow_connect=" + value}); p.title() != "Connect your phone" {
		t.Errorf("the cookie as it was: %q", p.title())
	}
}

// TestForeignForms sends Yes, No and "new code" from where they must not come.
func TestForeignForms(t *testing.T) {
	d := newDesk(t)
	made := d.create()
	b, other := d.browser(), d.browser()
	b.enter(wire.PageCode(made.Page))
	d.phone(made.Link, "Pixel 8").register()
	form := b.get("/connect/session").fields()
	form.Set("answer", "yes")
	with := func(key, value string) url.Values {
		f := url.Values{}
		for k, v := range form {
			f[k] = v
		}
		if value == "" {
			f.Del(key)
		} else {
			f.Set(key, value)
		}
		return f
	}
	tests := []struct {
		name string
		from *browser
		form url.Values
		head map[string]string
	}{
		{"from another site", b, form, map[string]string{"Sec-Fetch-Site": "cross-site"}},
		{"from a neighbor", b, form, map[string]string{"Sec-Fetch-Site": "same-site"}},
		{"from another origin", b, form, map[string]string{"Origin": "https://evil.example"}},
		{"from a hidden origin", b, form, map[string]string{"Origin": "null"}},
		{"without its cookie", other, form, nil},
		{"without the form's tie", b, with("form", ""), nil},
		{"with another tie", b, with("form", "AAAA"), nil},
		{"neither yes nor no", b, with("answer", "maybe"), nil},
		{"without an answer", b, with("answer", ""), nil},
		{"without the words", b, with("word", ""), nil},
		{"too large", b, with("answer", strings.Repeat("y", 1<<20)), nil},
	}
	for _, tt := range tests {
		for _, path := range []string{"/connect/answer", "/connect/new"} {
			if path == "/connect/new" && (tt.form.Get("form") == form.Get("form") && tt.head == nil && tt.from == b) {
				continue // that part of the form is the answer's
			}
			p := tt.from.do(http.MethodPost, path, tt.form, tt.head)
			if p.status != http.StatusForbidden || p.title() != "This page was too old" {
				t.Errorf("%s: %s answers %d %q", tt.name, path, p.status, p.title())
			}
			if got := d.state(made.Page); got != registration.Waiting {
				t.Fatalf("%s: the session is %q", tt.name, got)
			}
		}
	}
	wrong := with("word", "amber")
	wrong.Add("word", "amber")
	if p := b.post("/connect/answer", wrong); p.status != http.StatusBadRequest || p.title() != "The words have changed" {
		t.Errorf("with other words: %d %q", p.status, p.title())
	}
	if p := b.do(http.MethodPost, "/connect/answer", form, map[string]string{"Sec-Fetch-Site": "same-origin", "Origin": "null"}); p.title() != "Your phone is connected" {
		t.Errorf("from the page itself: %d %q", p.status, p.title())
	}
	if p := b.post("/connect/answer", form); p.title() != "Your phone is connected" {
		t.Errorf("said twice: %q", p.title())
	}
	no := with("answer", "no")
	if p := b.post("/connect/answer", no); p.title() != "Your phone is connected" || d.state(made.Page) != registration.Done {
		t.Errorf("No after Yes: %q, %q", p.title(), d.state(made.Page))
	}
}

// TestNewCode makes new codes on the page: the old one dies at once, and only a browser in which the code was entered in time may.
func TestNewCode(t *testing.T) {
	d := newDesk(t)
	made := d.create()
	b := d.browser()
	first := b.enter(wire.PageCode(made.Page))
	second := b.post("/connect/new", first.fields())
	if second.title() != "Connect your phone" || second.has(made.Link.App()) {
		t.Fatalf("new code: %q", second.title())
	}
	if got := d.state(made.Page); got != registration.Revoked {
		t.Errorf("the old session is %q", got)
	}
	if err := d.phone(made.Link, "Pixel 8").claim(t.Context()); authn.CodeOf(err) != authn.ErrSessionRevoked.Code {
		t.Errorf("the old QR: %v", err)
	}
	if a := d.audit("session.add"); !strings.HasPrefix(a.Actor, "page:s_") || a.Reason == "" || a.IP == "" {
		t.Errorf("the log says %+v", a)
	}
	// A code that somebody else's phone has taken can be replaced too.
	stolen := d.linkOn(second)
	if err := d.phone(stolen, "Thief").claim(t.Context()); err != nil {
		t.Fatal(err)
	}
	third := b.post("/connect/new", b.get("/connect/session").fields())
	if third.title() != "Connect your phone" || third.has(stolen.App()) {
		t.Errorf("after a stranger's scan: %q", third.title())
	}

	d.pass(authn.InteractiveLifetime)
	p := b.get("/connect/session")
	if p.title() != "This code is too old" || !p.has("Make a new code") {
		t.Errorf("after ten minutes: %q", p.title())
	}
	if p = b.post("/connect/new", p.fields()); p.title() != "Connect your phone" {
		t.Errorf("new code after expiry: %q", p.title())
	}
	d.pass(time.Hour)
	p = b.get("/connect/session")
	if p.title() != "This code is too old" || p.has("<form") {
		t.Errorf("after an hour: %q, with a form: %v", p.title(), p.has("<form"))
	}
	n := d.sessions()
	b.post("/connect/new", first.fields())
	if got := d.sessions(); got != n {
		t.Error("after an hour the page made a new code")
	}

	late := d.create()
	d.pass(authn.InteractiveLifetime)
	if p := d.browser().enter(wire.PageCode(late.Page)); p.status != http.StatusGone || p.head.Get("Set-Cookie") != "" || p.has("/connect/new") {
		t.Errorf("an old code opens %d %q", p.status, p.title())
	}
}

// linkOn is the link that a page shows for the phone itself.
func (d *desk) linkOn(p page) wire.RegistrationLink {
	d.t.Helper()
	_, rest, _ := strings.Cut(p.body, `href="avow://`)
	text, _, _ := strings.Cut(rest, `"`)
	l, err := wire.ParseLink("avow://" + text)
	if err != nil {
		d.t.Fatal(err)
	}
	return l.(wire.RegistrationLink)
}

// TestEndings shows a page for each way in which a session ends, to the browser that was there and to one that comes later.
func TestEndings(t *testing.T) {
	yes := func(d *desk, b *browser, made registration.Created) authn.DeviceID {
		bound := d.phone(made.Link, "Pixel 8").register()
		b.answer(b.get("/connect/session"), "yes")
		return bound.Device
	}
	tests := []struct {
		name         string
		do           func(d *desk, b *browser, made registration.Created)
		there, later string
	}{
		{"revoked", func(d *desk, _ *browser, made registration.Created) {
			if err := d.server.Registration.Revoke(d.t.Context(), made.Session.ID, "admin:maja", "test"); err != nil {
				d.t.Fatal(err)
			}
		}, "This code was withdrawn", "This code was withdrawn"},
		{"expired", func(d *desk, _ *browser, _ registration.Created) { d.pass(authn.InteractiveLifetime) }, "This code is too old", "This code is too old"},
		{"done", func(d *desk, b *browser, made registration.Created) { yes(d, b, made) }, "Your phone is connected", "This code was used already"},
		{"gone", func(d *desk, b *browser, made registration.Created) {
			id := yes(d, b, made)
			if err := d.server.Device.Revoke(d.t.Context(), id, "admin:maja", "test"); err != nil {
				d.t.Fatal(err)
			}
		}, "This code was used already", "This code was used already"},
		{"forgotten", func(d *desk, _ *browser, made registration.Created) {
			d.update(func(tx store.Tx) error { return tx.DeleteRegistrationSession(made.Session.ID) })
		}, "Enter your page code first", "Connect your phone"},
		{"blocked", func(d *desk, b *browser, _ registration.Created) {
			p := b.get("/connect/session")
			d.update(func(tx store.Tx) error {
				return tx.UpdateUser(d.user.ID, func(u authn.User) (authn.User, error) { u.Status = authn.UserDisabled; return u, nil })
			})
			if p = b.post("/connect/new", p.fields()); p.status != http.StatusForbidden || p.title() != "This account is blocked" {
				d.t.Errorf("new code: %d %q", p.status, p.title())
			}
		}, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t)
			made := d.create()
			b := d.browser()
			b.enter(wire.PageCode(made.Page))
			tt.do(d, b, made)
			if tt.there == "" {
				return
			}
			if p := b.get("/connect/session"); p.status != http.StatusOK || p.title() != tt.there {
				t.Errorf("who was there sees %d %q, want %q", p.status, p.title(), tt.there)
			}
			if p := d.browser().enter(wire.PageCode(made.Page)); p.status < 400 || p.title() != tt.later || p.has("Anna") {
				t.Errorf("who comes later sees %d %q, want %q", p.status, p.title(), tt.later)
			}
		})
	}
}
