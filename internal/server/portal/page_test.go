package portal_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/live"
	"avow/internal/wire"
)

// spell writes a secret in the ways in which it could slip out.
func spell(s key.Secret) []string {
	code := wire.PageCode(s)
	return []string{
		code, strings.ToLower(code), hex.EncodeToString(s), base64.RawURLEncoding.EncodeToString(s), base64.RawStdEncoding.EncodeToString(s),
		code[:20], authn.HashOf(s).String(),
	}
}

func TestHeaders(t *testing.T) {
	d := newDesk(t)
	made := d.create()
	b := d.browser()
	b.enter(wire.PageCode(made.Page))
	policy := "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
	for _, path := range []string{"/", "/connect", "/connect/session", "/R", "/A", "/nothing"} {
		p := b.get(path)
		want := map[string]string{
			"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff",
			"Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8", "X-Frame-Options": "DENY",
		}
		for k, v := range want {
			if got := p.head.Get(k); got != v {
				t.Errorf("%s: %s is %q, want %q", path, k, got, v)
			}
		}
	}
}

func TestLanguage(t *testing.T) {
	d := newDesk(t)
	b := d.browser()
	german := map[string]string{"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}
	if p := b.do(http.MethodGet, "/connect", nil, german); p.title() != "Telefon verbinden" || !p.has(`<html lang="de">`) {
		t.Errorf("by the browser's wish: %q", p.title())
	}
	p := b.get("/connect?lang=de")
	if p.path != "/connect" || p.title() != "Telefon verbinden" {
		t.Errorf("by choice: %s %q", p.path, p.title())
	}
	if p := b.get("/R"); !p.has(`<html lang="de">`) {
		t.Error("the choice is forgotten on the next page")
	}
	if p := b.get("/connect?lang=en"); p.title() != "Connect your phone" {
		t.Errorf("back: %q", p.title())
	}
	if p := b.get("/connect?lang=xx"); p.title() != "Connect your phone" {
		t.Errorf("a language that is not there: %q", p.title())
	}
	b.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, path := range []string{"//evil.example/?lang=de", "/%2F%2Fevil.example?lang=de", "/\\evil.example?lang=de"} {
		to := b.get(path).head.Get("Location")
		if strings.HasPrefix(to, "//") || strings.HasPrefix(to, "/\\") || strings.Contains(to, "://") {
			t.Errorf("%s leads to %q", path, to)
		}
	}
}

func TestMissing(t *testing.T) {
	d := newDesk(t)
	b := d.browser()
	for _, path := range []string{"/nothing", "/r", "/static/page.css", "/favicon.ico"} {
		if p := b.get(path); p.status != http.StatusNotFound || p.title() != "There is no such page" {
			t.Errorf("%s: %d %q", path, p.status, p.title())
		}
	}
	p := b.get("/v1/nothing")
	var problem wire.Problem
	if p.status != http.StatusNotFound || p.head.Get("Content-Type") != wire.ProblemType || json.Unmarshal([]byte(p.body), &problem) != nil || problem.Code != "not_found" {
		t.Errorf("a program gets %d %s", p.status, p.body)
	}
	if p := b.enter("7K7K"); p.status != http.StatusUnprocessableEntity || !p.has(`aria-invalid="true"`) {
		t.Errorf("no code: %d", p.status)
	}
	if p := b.enter(wire.PageCode(key.NewSecret(16))); p.status != http.StatusNotFound || !p.has("This code is not known here") {
		t.Errorf("an unknown code: %d", p.status)
	}
}

func TestStatic(t *testing.T) {
	d := newDesk(t)
	b := d.browser()
	start := b.get("/")
	for _, kind := range []string{".css", ".js", ".png"} {
		_, rest, _ := strings.Cut(start.body, `"/static/`)
		for !strings.HasPrefix(rest[strings.Index(rest, `"`)-len(kind):], kind) {
			_, rest, _ = strings.Cut(rest, `"/static/`)
		}
		name, _, _ := strings.Cut(rest, `"`)
		p := b.get("/static/" + name)
		if p.status != http.StatusOK || !strings.Contains(p.head.Get("Cache-Control"), "immutable") || p.head.Get("Content-Type") == "" || p.body == "" {
			t.Errorf("%s: %d %v", name, p.status, p.head)
		}
	}
}

// TestNamesOfPhones shows what a phone says of itself as text, whatever it says.
func TestNamesOfPhones(t *testing.T) {
	d := newDesk(t)
	made := d.create()
	b := d.browser()
	b.enter(wire.PageCode(made.Page))
	ph := d.phone(made.Link, "<script>alert(1)</script>\r\n\x1b[31mevil\u202e")
	ph.info.Model, ph.info.OS = `"><img src=x onerror=y>`, "Android\u200b 16"
	ph.register()
	p := b.get("/connect/session")
	if p.title() != "Is this your phone?" || p.has("<script>alert") || p.has("<img") || strings.ContainsAny(p.body, "\x1b\u202e\u200b") {
		t.Errorf("the page shows it as it came:\n%s", p.body)
	}
	if logs := d.log.String(); strings.ContainsAny(logs, "\x1b\u202e") || strings.Contains(logs, "<script>") {
		t.Error("the log holds it as it came")
	}
}

// stream reads the states that a page is told.
type stream struct {
	t     *testing.T
	lines *bufio.Scanner
}

func (b *browser) follow(ctx context.Context) (*http.Response, *stream) {
	b.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.base+"/connect/events", nil)
	if err != nil {
		b.t.Fatal(err)
	}
	answer, err := b.http.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { answer.Body.Close() })
	return answer, &stream{b.t, bufio.NewScanner(answer.Body)}
}

// next is the next event, all of it; "" when the stream has ended.
func (s *stream) next() string {
	var event []string
	for s.lines.Scan() {
		line := s.lines.Text()
		if line == "" && event != nil {
			return strings.Join(event, "|")
		}
		if line != "" && !strings.HasPrefix(line, ":") {
			event = append(event, line)
		}
	}
	return ""
}

// TestEvents follows a session as the page does: the names of its states, each once, and nothing else.
func TestEvents(t *testing.T) {
	d := newDesk(t)
	made := d.create()
	b := d.browser()
	b.enter(wire.PageCode(made.Page))
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	answer, s := b.follow(ctx)
	if answer.Header.Get("Content-Type") != "text/event-stream" || answer.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("headers are %v", answer.Header)
	}
	want := func(state string) {
		t.Helper()
		if got := s.next(); got != "event: state|data: "+state {
			t.Fatalf("got %q, want %s", got, state)
		}
	}
	want("active")
	ph := d.phone(made.Link, "Pixel 8")
	if err := ph.claim(ctx); err != nil {
		t.Fatal(err)
	}
	want("claimed")
	if _, err := ph.finish(ctx); err != nil {
		t.Fatal(err)
	}
	want("waiting")
	b.answer(b.get("/connect/session"), "yes")
	want("done")
	if got := s.next(); got != "" {
		t.Errorf("after the end comes %q", got)
	}
}

func TestEventsEnd(t *testing.T) {
	d := newDesk(t)
	if answer, _ := d.browser().follow(t.Context()); answer.StatusCode != http.StatusForbidden {
		t.Errorf("without a cookie: %d", answer.StatusCode)
	}
	made := d.create()
	b := d.browser()
	b.enter(wire.PageCode(made.Page))

	// The end of the session's time comes without anybody's doing.
	d.pass(authn.InteractiveLifetime - 50*time.Millisecond)
	_, s := b.follow(t.Context())
	s.next()
	d.pass(50 * time.Millisecond)
	if got := s.next(); got != "event: state|data: expired" {
		t.Errorf("at the end: %q", got)
	}

	// So does the end of the server, and the stream ends with it.
	made = d.create()
	b.enter(wire.PageCode(made.Page))
	_, s = b.follow(t.Context())
	if got := s.next(); got != "event: state|data: active" {
		t.Errorf("before the end: %q", got)
	}
	d.site.Live.Wake(live.Session(string(made.Session.ID)))
	d.site.Live.Stop()
	if got := s.next(); got != "" {
		t.Errorf("after the end: %q", got)
	}
}
