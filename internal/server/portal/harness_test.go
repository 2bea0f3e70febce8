package portal_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/server"
	"avow/internal/server/live"
	"avow/internal/server/portal"
	pages "avow/internal/server/portal/page"
	"avow/internal/server/registration"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/store/sqlite/sqlitetest"
	"avow/internal/wire"
)

// desk is a real server with one user, and the means to look at it from all sides.
type desk struct {
	t      *testing.T
	site   *site.Site
	server *server.Server
	https  *httptest.Server
	user   authn.User
	log    *lockedBuffer

	mu  sync.Mutex
	now time.Time
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, now: time.Now().Truncate(time.Second), log: &lockedBuffer{}}
	dir := t.TempDir()
	db, err := sqlitetest.Open(t.Context(), filepath.Join(dir, "avow.db"))
	if err != nil {
		t.Fatal(err)
	}
	identity, err := key.Generate()
	if err != nil {
		t.Fatal(err)
	}
	d.https = httptest.NewUnstartedServer(nil)
	d.https.EnableHTTP2 = true
	host := d.https.Listener.Addr().String()
	d.site = &site.Site{
		Issuer: "https://" + host, Host: host, Organisation: "Lund Energy", Support: "046-555 01 00", Identity: identity,
		Secret: key.NewSecret(32), Match: authn.MatchNumber, Store: db, Live: live.NewHub(), Now: d.clock,
		AdminMail: []string{"desk@example.com"},
		TLSKeys: func() []string {
			sum := sha256.Sum256(d.https.Certificate().RawSubjectPublicKeyInfo)
			return []string{base64.RawURLEncoding.EncodeToString(sum[:])}
		},
		Log: slog.New(slog.NewJSONHandler(d.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if d.server, err = server.New(d.site, server.Config{Tombstones: filepath.Join(dir, "used")}); err != nil {
		t.Fatal(err)
	}
	set, err := pages.New(d.site)
	if err != nil {
		t.Fatal(err)
	}
	d.server.Mount(portal.New(set, d.server.Registration))
	d.https.Config.Handler = d.server.Handler()
	d.https.Config.ErrorLog = slog.NewLogLogger(d.site.Log.Handler(), slog.LevelDebug)
	d.https.StartTLS()
	t.Cleanup(func() {
		d.site.Live.Stop()
		d.https.Close()
		if err := d.server.Close(); err != nil {
			t.Error(err)
		}
	})
	if d.user, err = authn.NewUser("anna.lind", "Anna Lind", "anna.lind@example.com", d.clock()); err != nil {
		t.Fatal(err)
	}
	d.update(func(tx store.Tx) error { return tx.CreateUser(d.user) })
	return d
}

func (d *desk) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

func (d *desk) pass(span time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.now.Add(span)
}

func (d *desk) update(fn func(store.Tx) error) {
	d.t.Helper()
	if err := d.site.Store.Update(d.t.Context(), fn); err != nil {
		d.t.Fatal(err)
	}
}

// create makes a session as the administrator does.
func (d *desk) create() registration.Created {
	d.t.Helper()
	made, err := d.server.Registration.Create(d.t.Context(), registration.CreateRequest{
		User: d.user.ID, Mode: authn.BindFirst, Actor: "admin:maja", Reason: "new phone", IP: "192.0.2.1",
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return made
}

func (d *desk) state(page key.Secret) registration.State {
	d.t.Helper()
	v, err := d.server.Registration.ByPage(d.t.Context(), page)
	if err != nil {
		d.t.Fatal(err)
	}
	return v.State
}

// all is what of the database a page could change, as one text.
func (d *desk) all() (text string) {
	d.t.Helper()
	d.view(func(r store.Reader) error {
		sessions, err := r.RegistrationSessions()
		if err != nil {
			return err
		}
		devices, err := r.Devices()
		if err != nil {
			return err
		}
		audit, err := r.Audit(1000)
		text = fmt.Sprintf("%+v\n%+v\n%+v", sessions, devices, audit)
		return err
	})
	return text
}

// phone is the least that a phone does to be registered, over HTTPS.
type phone struct {
	t       *testing.T
	device  *client.Device
	link    wire.RegistrationLink
	keys    [3]key.Private
	claimed wire.Claimed
	info    authn.DeviceInfo
}

func (d *desk) phone(link wire.RegistrationLink, name string) *phone {
	d.t.Helper()
	p := &phone{t: d.t, link: link, info: authn.DeviceInfo{Name: name, Model: "Google Pixel 8", OS: "Android 16", App: "1.0.0"}}
	for i := range p.keys {
		k, err := key.Generate()
		if err != nil {
			d.t.Fatal(err)
		}
		p.keys[i] = k
	}
	var spki []wire.TLSKey
	for _, k := range d.site.TLSKeys() {
		spki = append(spki, wire.TLSKey(k))
	}
	p.device = client.NewDevice(client.Server{
		Issuer: d.site.Issuer, Organisation: d.site.Organisation, Identity: d.site.Identity.Key(), TLSKeys: spki,
	}, "", p.keys[0], client.Options{Now: d.clock})
	return p
}

func (p *phone) claim(ctx context.Context) error {
	var err error
	p.claimed, err = p.device.Claim(ctx, wire.Claim{Session: wire.SessionSecret{Secret: p.link.Session}, DeviceJWK: p.keys[0].Key()})
	return err
}

func (p *phone) finish(ctx context.Context) (wire.Bound, error) {
	jws, err := wire.SignRegistration(p.keys[1], wire.Registration{
		Audience: p.device.Server().Issuer, RegistrationID: p.claimed.RegistrationID, Challenge: p.claimed.Challenge,
		SessionHash: wire.HashSession(p.link.Session), DeviceJWK: p.keys[0].Key(), ApprovalJWK: p.keys[1].Key(),
		ExchangeJWK: p.keys[2].Key(), Device: p.info, Class: key.Software, UV: authn.UVPIN,
	})
	if err != nil {
		return wire.Bound{}, err
	}
	return p.device.Finish(ctx, jws)
}

// register claims and finishes.
func (p *phone) register() wire.Bound {
	p.t.Helper()
	if err := p.claim(p.t.Context()); err != nil {
		p.t.Fatal(err)
	}
	b, err := p.finish(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	return b
}

// browser is one without script.
type browser struct {
	t    *testing.T
	http *http.Client
	base string
}

func (d *desk) browser() *browser {
	d.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		d.t.Fatal(err)
	}
	c := *d.https.Client()
	c.Jar = jar
	return &browser{t: d.t, http: &c, base: d.https.URL}
}

// page is an answer that was read.
type page struct {
	status int
	path   string // after redirects
	head   http.Header
	body   string
}

func (b *browser) do(method, path string, form url.Values, set map[string]string) page {
	b.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(b.t.Context(), method, b.base+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Accept-Language", "en")
	for k, v := range set {
		r.Header.Set(k, v)
	}
	answer, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return page{answer.StatusCode, answer.Request.URL.Path, answer.Header, string(text)}
}

func (b *browser) get(path string) page { b.t.Helper(); return b.do(http.MethodGet, path, nil, nil) }

func (b *browser) post(path string, form url.Values) page {
	b.t.Helper()
	return b.do(http.MethodPost, path, form, nil)
}

// enter opens the connect page with a code.
func (b *browser) enter(code string) page {
	b.t.Helper()
	return b.post("/connect", url.Values{"code": {code}})
}

// title is the page's heading.
func (p page) title() string {
	m := regexp.MustCompile(`<h1[^>]*>([^<]*)</h1>`).FindStringSubmatch(p.body)
	if m == nil {
		return ""
	}
	return m[1]
}

// fields are the hidden fields of the page's last form.
func (p page) fields() url.Values {
	out := url.Values{}
	forms := strings.Split(p.body, "<form")
	for _, m := range regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)">`).FindAllStringSubmatch(forms[len(forms)-1], -1) {
		out.Add(m[1], m[2])
	}
	return out
}

func (p page) has(texts ...string) bool {
	for _, t := range texts {
		if !strings.Contains(p.body, t) {
			return false
		}
	}
	return true
}

// answer says Yes or No to the page that asks.
func (b *browser) answer(p page, what string) page {
	b.t.Helper()
	f := p.fields()
	f.Set("answer", what)
	return b.post("/connect/answer", f)
}
