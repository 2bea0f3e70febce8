package portal_test

import (
	"context"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/servertest"
	"avow/internal/store"
	"avow/internal/wire"
)

// TestBrowserWalk is a day with the pages in Debian's Chromium: the first owner connects her phone by the one-time link and signs in with it; she looks through the
// administration, makes a registration, shows its QR; a colleague at the service desk makes sure who calls and helps; the caller sees her own page. Each page is looked at by
// axe, leaves pictures with AVOW_PICTURES, and must not complain.
func TestBrowserWalk(t *testing.T) {
	if os.Getenv("AVOW_TEST_BROWSER") == "" {
		t.Skip("AVOW_TEST_BROWSER is not set: this test needs Chromium")
	}
	e := servertest.Start(t, servertest.Options{CanMail: true, CanText: true})
	w := &walk{Env: e, t: t, chromium: newChromium(t, e.Site.Issuer, e.Certificate())}
	maja := w.owner()
	w.signIn(maja, "maja.berg", "nav.rail")
	w.administration()
	anna := w.register()
	w.signOut()

	e.User("kim.olsson")
	kim := e.Phone("kim.olsson")
	e.Appoint("kim.olsson", authn.RoleServiceDesk)
	w.signIn(kim, "kim.olsson", `input[name="q"]`)
	w.desk(anna)
	w.signOut()

	w.signIn(anna, "anna.lind", `form[action="/me/connect"] button`)
	w.look("walk-me")
	w.goTo("/sign-ins")
	w.look("walk-sign-ins")
	w.blockRestore(anna)
}

type walk struct {
	*servertest.Env
	*chromium
	t *testing.T
}

func (w *walk) goTo(path string) {
	w.t.Helper()
	w.do(chromedp.Navigate(w.base+path), shown("main"))
}

// look is what somebody sees, and axe.
func (w *walk) look(name string) {
	w.t.Helper()
	w.pictures(name)
	w.do(chromedp.EmulateViewport(1280, 800))
	path := os.Getenv("AVOW_AXE")
	if path == "" {
		return
	}
	axe, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	found := get(w.chromium, chromedp.Evaluate[string](`(async () => { `+string(axe)+`
		const r = await axe.run(document, { iframes: false });
		return r.violations.map(v => v.id + " (" + v.impact + "): " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 200)).join(" | ")).join("\n") })()`, chromedp.EvalAwaitPromise))
	if found != "" {
		w.t.Errorf("%s: %s", name, found)
	}
}

// press clicks once the page takes taps: what has just appeared takes none for a moment.
func (w *walk) press(selector string) {
	w.t.Helper()
	w.do(pause(600*time.Millisecond), shown(selector), chromedp.Click(chromedp.CSS(selector)))
}

func (w *walk) typed(selector, text string) {
	w.t.Helper()
	w.do(shown(selector), chromedp.SendKeys(chromedp.CSS(selector), text))
}

// connect scans the QR on the screen with a new phone and says Yes on the page.
func (w *walk) connect() *servertest.Phone {
	w.t.Helper()
	w.do(shown("svg.qr"))
	p := w.Connect(w.scan().Encode())
	w.do(shown(`main[data-state="waiting"]`))
	w.press("button.yes")
	w.do(shown(".stamp"))
	return p
}

// owner opens the link that avow-server init prints.
func (w *walk) owner() *servertest.Phone {
	w.t.Helper()
	code := key.NewSecret(16)
	err := w.Site.Store.Update(context.Background(), func(tx store.Tx) error {
		return tx.UpdateAdmin(w.Credential.ID, func(a authn.Admin) (authn.Admin, error) {
			a.StartToken, a.StartExpires = authn.HashOf(code), w.Now().Add(authn.StartLifetime)
			return a, nil
		})
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.do(chromedp.Navigate(w.base + "/start#" + wire.PageCode(code)))
	w.typed("#login", "maja.berg")
	w.typed("#name", "Maja Berg")
	w.typed("#mail", "maja.berg@example.com")
	if at := get(w.chromium, chromedp.Location()); strings.Contains(at, "#") {
		w.t.Error("the code is still in the address")
	}
	w.look("walk-start")
	w.press("button.main")
	return w.connect()
}

// signIn signs in with a phone; the page goes on by itself, to where first is shown.
func (w *walk) signIn(p *servertest.Phone, login, first string) {
	w.t.Helper()
	w.goTo("/sign-in")
	w.typed("#login", login)
	w.look("walk-sign-in")
	w.press("button.main")
	w.do(shown(".digits"))
	number := get(w.chromium, chromedp.Evaluate[string](`document.querySelector(".digits").textContent.replace(/\s/g, "")`))
	w.look("walk-sign-in-wait")
	if err := p.Answer(authn.Approve, number); err != nil {
		w.t.Fatal(err)
	}
	w.do(shown(first))
}

func (w *walk) signOut() {
	w.t.Helper()
	w.goTo("/me")
	w.press("details.menu summary")
	w.press(`form[action="/sign-out"] button`)
	w.do(shown(`.acts a[href^="/sign-in"]`)) // what the old page shows too would not wait for the new one, and the next step would break off its loading
}

// administration looks at every section.
func (w *walk) administration() {
	w.t.Helper()
	w.User("erik.holm")
	for name, path := range map[string]string{
		"overview": "/admin", "users": "/admin/users", "registrations": "/admin/registrations", "requests": "/admin/requests", "devices": "/admin/devices",
		"policies": "/admin/policies", "messages": "/admin/messages", "template": "/admin/messages/mail/en", "log": "/admin/log", "new": "/admin/registrations/new",
		"user-new": "/admin/users/new",
	} {
		w.goTo(path)
		if at := get(w.chromium, chromedp.Location()); at != w.base+path {
			w.t.Errorf("%s leads to %s", path, at)
		}
		w.look("walk-" + name)
	}
}

// register adds Anna, shows her a QR, and her phone scans it.
func (w *walk) register() *servertest.Phone {
	w.t.Helper()
	w.goTo("/admin/users/new")
	w.typed("#login", "anna.lind")
	w.typed("#name", "Anna Lind")
	w.typed("#mail", "anna.lind@example.com")
	w.typed("#phone", "+46465550100")
	w.press("main form button.strong")
	w.do(shown(`input[name="how"]`))
	w.look("walk-user")
	w.press(`input[name="how"][value="show"]`)
	w.typed("#register-reason", "first day")
	w.press(`form[action="/admin/registrations"] button.strong`)
	w.do(shown(`a[href^="/connect#"]`))
	w.look("walk-registration-shown")
	w.press(`a[href^="/connect#"]`)
	return w.connect()
}

// desk checks the caller by her phone, and sends her a registration.
func (w *walk) desk(anna *servertest.Phone) {
	w.t.Helper()
	w.typed(`input[type="search"]`, "anna")
	w.do(chromedp.Submit(chromedp.CSS(`input[type="search"]`)), shown(`form[action$="/check"] button.main`))
	w.look("walk-desk")
	w.press(`form[action$="/check"] button.main`)
	w.do(shown(".digits"))
	number := get(w.chromium, chromedp.Evaluate[string](`document.querySelector(".digits").textContent.replace(/\s/g, "")`))
	w.look("walk-desk-number")
	if err := anna.Answer(authn.Approve, number); err != nil {
		w.t.Fatal(err)
	}
	w.do(chromedp.WaitNotPresent(chromedp.CSS(".digits")), shown("main"))
	w.look("walk-desk-passed")
}

// blockRestore is somebody with Anna's restore code: she sees it on her page, wipes nothing after all, opens the link of the mail that tells her of it, and presses its button.
func (w *walk) blockRestore(anna *servertest.Phone) {
	w.t.Helper()
	thief := w.Restorer("anna.lind", anna.SetUpRestore())
	w.goTo("/me")
	w.do(shown(".slip"))
	w.look("walk-me-restoring")
	w.press(`a[href$="/wipe"]`)
	w.do(shown(`input[name="scope"]`))
	w.look("walk-wipe")
	w.press("a.button.main") // No

	var told authn.Notice
	err := w.Site.Store.View(context.Background(), func(r store.Reader) error {
		all, err := r.NoticesOf(anna.User, time.Time{})
		for _, n := range all {
			if n.Kind == authn.NoticeRestoreStarted {
				told = n
			}
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	// The page sends its code on at once, which breaks off the loading that Navigate would wait for.
	w.do(script("location.href = "+strconv.Quote(w.Server.Reaction.Link(told))), shown(`form[action="/act/block"] button`))
	if at := get(w.chromium, chromedp.Location()); at != w.base+"/act" {
		w.t.Errorf("the browser is at %q: the code must be gone from the address", at)
	}
	w.look("walk-act")
	w.press(`form[action="/act/block"] button`)
	w.do(shown(".tile.good"))
	w.look("walk-act-done")
	if _, err := thief.Confirm(w.Digits(thief.Started.RestoreID)); authn.CodeOf(err) != "restore_blocked" {
		w.t.Errorf("the restore goes on: %v", err)
	}
}
