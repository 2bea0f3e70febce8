package portal_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"avow/internal/authn"
	"avow/internal/qr"
	"avow/internal/server/live"
	"avow/internal/server/registration"
	"avow/internal/wire"
)

// TestBrowserConnectPage walks the main job in Debian's Chromium: the link of the page, the QR, a phone that scans the picture on the
// screen, "is this your phone?" without a reload, Yes, done. With AVOW_PICTURES it leaves pictures of all pages there.
func TestBrowserConnectPage(t *testing.T) {
	d := newDesk(t)
	c := newChromium(t, d.https.URL, d.https.Certificate())
	made := d.create()

	for name, address := range map[string]string{
		"start": d.https.URL + "/", "code": d.https.URL + "/connect", "missing": d.https.URL + "/nothing",
		"open": made.Link.Encode(), "closed": d.https.URL + "/connect/session",
	} {
		c.do(chromedp.Navigate(address))
		c.pictures(name)
	}

	c.do(chromedp.Navigate(wire.PageLink(d.site.Host, made.Page)), shown("svg.qr"))
	if at := get(c, chromedp.Location()); at != d.https.URL+"/connect/session" {
		t.Errorf("the browser is at %q: the code must be gone from the address", at)
	}
	c.pictures("connect")
	c.german("connect")
	p := d.phone(c.scan(), "Pixel 8")
	if p.link.Encode() != made.Link.Encode() {
		t.Fatal("the QR on the screen is not the session's link")
	}
	c.do(script(`window.stayed = true`))
	if err := p.claim(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.do(shown(`main[data-state="claimed"]`))
	c.pictures("scanned")
	bound, err := p.finish(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.do(shown(`main[data-state="waiting"]`))
	words := get(c, chromedp.Evaluate[[]string](`[...document.querySelectorAll(".word")].map(w => w.textContent)`))
	if strings.Join(words, " ") != strings.Join(bound.CheckWords[:], " ") {
		t.Errorf("the page shows %q, the phone %q", words, bound.CheckWords)
	}
	if !get(c, chromedp.Evaluate[bool](`window.stayed === true`)) {
		t.Error("the page was loaded again; it should change by itself")
	}
	if tag := get(c, chromedp.Evaluate[string](`document.activeElement.tagName`)); tag != "H1" {
		t.Errorf("the focus is on %q, want the new heading", tag)
	}
	c.pictures("ask")
	c.german("ask")

	// What has just appeared takes no tap for a moment; then it does.
	c.do(pause(600 * time.Millisecond))
	c.do(chromedp.Click(chromedp.CSS("button.yes")), shown(".stamp"))
	c.pictures("done")
	if got := d.state(made.Page); got != registration.Done {
		t.Errorf("the session is %q", got)
	}
}

// TestBrowserEndings sees the pages on which a session ends, and the new code that the page makes.
func TestBrowserEndings(t *testing.T) {
	d := newDesk(t)
	c := newChromium(t, d.https.URL, d.https.Certificate())
	made := d.create()

	c.do(chromedp.Navigate(d.https.URL+"/connect"), chromedp.SendKeys(chromedp.CSS("#code"), "not a code"), chromedp.Click(chromedp.CSS("button.main")), shown(".wrong"))
	c.pictures("code-wrong")
	c.do(chromedp.Click(chromedp.CSS("summary")), shown(".language ul"))
	c.pictures("language")

	c.do(chromedp.Navigate(wire.PageLink(d.site.Host, made.Page)), shown("svg.qr"))
	first := c.scan()
	d.pass(authn.InteractiveLifetime)
	d.site.Live.Wake(live.Session(string(made.Session.ID)))
	c.do(shown(".tile.warn"))
	c.pictures("expired")
	c.do(pause(600*time.Millisecond), chromedp.Click(chromedp.CSS("button.main")), shown("svg.qr"))
	second := c.scan()
	if first.Encode() == second.Encode() {
		t.Error("the new code is the old one")
	}

	d.phone(second, "Somebody’s phone").register()
	c.do(shown(`main[data-state="waiting"]`), pause(600*time.Millisecond))
	c.do(chromedp.Click(chromedp.CSS("button.no")), shown(".tile.bad"))
	c.pictures("refused")
}

// chromium is a tab of a browser that trusts the certificate of the desk and of nobody else.
type chromium struct {
	t    *testing.T
	ctx  context.Context
	dir  string        // where pictures go; "" for nowhere
	base string        // the server's address
	said *lockedBuffer // what the page complained of
}

// newChromium starts Debian's Chromium; without it the test is skipped.
func newChromium(t *testing.T, base string, cert *x509.Certificate) *chromium {
	t.Helper()
	if os.Getenv("AVOW_TEST_BROWSER") == "" {
		t.Skip("AVOW_TEST_BROWSER is not set: this test needs Chromium")
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not in PATH: apt-get install chromium")
	}
	spki := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	opts := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	opts = append(opts, chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("accept-lang", "en"), chromedp.Flag("ignore-certificate-errors-spki-list", base64.StdEncoding.EncodeToString(spki[:])))
	alloc, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	c := &chromium{t: t, ctx: ctx, dir: os.Getenv("AVOW_PICTURES"), base: base, said: &lockedBuffer{}}
	if c.dir != "" {
		if err := os.MkdirAll(c.dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	c.do(chromedp.EmulateViewport(1280, 800), scheme("light"))
	c.listen()
	limited, cancel := context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(cancel)
	c.ctx = limited
	return c
}

// listen gathers what the page complains of: an exception, or something that its policy stopped.
func (c *chromium) listen() {
	c.t.Helper()
	err := chromedp.Listen(c.ctx, func(ev any) {
		switch e := ev.(type) {
		case *runtime.EventExceptionThrown:
			_, _ = fmt.Fprintln(c.said, "exception:", e.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			if e.Entry.Level == log.EntryLevelError && !strings.Contains(e.Entry.Text, "status of 4") { // a form that was refused is no fault of the page
				_, _ = fmt.Fprintln(c.said, "log:", e.Entry.Text, e.Entry.URL)
			}
		}
	})
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		if said := c.said.String(); said != "" {
			c.t.Errorf("the page complains:\n%s", said)
		}
	})
}

func (c *chromium) do(steps ...chromedp.Action[chromedp.Void]) {
	c.t.Helper()
	if err := chromedp.Do(c.ctx, steps...); err != nil {
		c.t.Fatal(err)
	}
}

func get[T any](c *chromium, a chromedp.Action[T]) T {
	c.t.Helper()
	v, err := chromedp.Run(c.ctx, a)
	if err != nil {
		c.t.Fatal(err)
	}
	return v
}

func shown(selector string) chromedp.Action[chromedp.Void] {
	return chromedp.WaitVisible(chromedp.CSS(selector))
}

func script(text string) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void]("void (" + text + ")")
}

// pause waits within the browser, whose clock decides when a new page may be tapped.
func pause(d time.Duration) chromedp.Action[chromedp.Void] {
	return chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`new Promise(done => setTimeout(() => done(), %d))`, d.Milliseconds()), chromedp.EvalAwaitPromise)
}

// german sees the page in German, where words are longer, and goes back to English.
func (c *chromium) german(name string) {
	c.t.Helper()
	path := get(c, chromedp.Evaluate[string]("location.pathname"))
	c.do(chromedp.Navigate(c.base + path + "?lang=de"))
	c.pictures(name + "-de")
	c.do(chromedp.Navigate(c.base + path + "?lang=en"))
}

// scheme is light or dark; motion is off, so that a picture shows where things come to rest.
func scheme(name string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}})
		return chromedp.Void{}, err
	}
}

// pictures writes NAME-light.png, NAME-390-dark.png and so on. Every page must fit the width of the screen.
func (c *chromium) pictures(name string) {
	c.t.Helper()
	for _, screen := range []struct {
		name          string
		width, height int64
	}{{"-390", 390, 844}, {"", 1280, 800}} {
		c.do(chromedp.EmulateViewport(screen.width, screen.height))
		if wide := get(c, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`)); wide > screen.width {
			c.t.Errorf("%s: the page is %d px wide on a screen of %d", name, wide, screen.width)
		}
		for _, s := range []string{"dark", "light"} {
			c.do(scheme(s))
			if c.dir == "" {
				continue
			}
			b := get(c, chromedp.CaptureScreenshot())
			if screen.name != "" {
				b = get(c, chromedp.FullScreenshot(100))
			}
			if err := os.WriteFile(filepath.Join(c.dir, "web-"+name+screen.name+"-"+s+".png"), b, 0o644); err != nil {
				c.t.Fatal(err)
			}
		}
	}
}

// scan reads the QR off the screen as it is, light and dark.
func (c *chromium) scan() wire.RegistrationLink {
	c.t.Helper()
	var links []string
	for _, s := range []string{"dark", "light"} {
		c.do(scheme(s))
		img, err := png.Decode(bytes.NewReader(get(c, chromedp.CaptureScreenshot())))
		if err != nil {
			c.t.Fatal(err)
		}
		found, err := qr.Decode(c.ctx, img, qr.Options{})
		if err != nil {
			c.t.Fatalf("%s: %v", s, err)
		}
		links = append(links, found[0].Text)
	}
	link, err := wire.ParseLink(links[0])
	if err != nil || links[0] != links[1] {
		c.t.Fatalf("the screen says something else: %v", err)
	}
	return link.(wire.RegistrationLink)
}
