package web_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"avow/assets/translations"
	"avow/assets/web"
	"avow/assets/web/webtest"
)

// policy is that of the portal, and tells this server what it stopped.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; " +
	"form-action 'self'; base-uri 'none'; report-uri /stopped"

// painted are the languages in which each page is seen and of which pictures are written, by the scheme of colors; Greek is the longest. The others take
// turns, from page to page: all of them take a quarter of an hour, and are seen with AVOW_ALL=1.
var painted = map[string][]string{"dark": {"en"}, "light": {"en", "de", "el"}}

// TestBrowserPagePictures shows every sample in Debian's Chromium, under the portal's policy: nothing may be stopped by it, and
// every page must fit a phone and a desktop. With AVOW_PICTURES it leaves pictures there; AVOW_PAGES names the samples to take, by a part
// of their titles.
func TestBrowserPagePictures(t *testing.T) {
	if os.Getenv("AVOW_TEST_BROWSER") == "" {
		t.Skip("AVOW_TEST_BROWSER is not set: this test needs Chromium")
	}
	browser, err := exec.LookPath("chromium")
	if err != nil {
		t.Skip("chromium is not in PATH: apt-get install chromium")
	}
	pages := webtest.Pages()
	site := httptest.NewServer(serve(t, pages))
	t.Cleanup(site.Close) // after the browser, which may hold a stream open
	dir := os.Getenv("AVOW_PICTURES")
	if dir != "" {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}

	all, most := os.Getenv("AVOW_ALL") != "", 10*time.Minute
	if all {
		most = time.Hour
	}
	ctx, do := chromium(t, browser, most)

	for i, p := range pages {
		if !strings.Contains(p.Title, os.Getenv("AVOW_PAGES")) {
			continue
		}
		for n, l := range translations.Languages() {
			if !all && n != i%len(translations.Languages()) && !slices.Contains(painted["light"], l.Tag) {
				continue
			}
			do(p.Title, chromedp.Navigate(fmt.Sprintf("%s/page/%d/%s", site.URL, i, l.Tag)))
			for _, screen := range []struct {
				name          string
				width, height int64
			}{{"390", 390, 844}, {"1280", 1280, 800}} {
				do(p.Title, chromedp.EmulateViewport(screen.width, screen.height))
				wide, err := chromedp.Run(ctx, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`))
				if err != nil {
					t.Fatal(err)
				}
				if wide > screen.width {
					out, _ := chromedp.Run(ctx, chromedp.Evaluate[string](sticksOut))
					t.Errorf("%s (%s): the page is %d px wide on a screen of %d: %s", p.Title, l.Tag, wide, screen.width, out)
				}
				low, err := chromedp.Run(ctx, chromedp.Evaluate[string](tooSmall))
				if err != nil {
					t.Fatal(err)
				}
				if low != "" {
					t.Errorf("%s (%s, %s): smaller than 48 px: %s", p.Title, l.Tag, screen.name, low)
				}
				for _, scheme := range []string{"dark", "light"} {
					if dir == "" || !slices.Contains(painted[scheme], l.Tag) {
						continue
					}
					do(p.Title, colors(scheme))
					picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
					if err != nil {
						t.Fatal(err)
					}
					name := strings.ReplaceAll(p.Title, " ", "-") + "-" + l.Tag + "-" + screen.name + "-" + scheme + ".png"
					if err := os.WriteFile(filepath.Join(dir, name), picture, 0o644); err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		for _, width := range []int64{390, 1280} { // again from the start, with all that folds unfolded
			do(p.Title, chromedp.EmulateViewport(width, 844), chromedp.Navigate(fmt.Sprintf("%s/page/%d/en", site.URL, i)),
				chromedp.Evaluate[chromedp.Void](`void document.querySelectorAll("details").forEach(d => d.open = true)`))
			wide, err := chromedp.Run(ctx, chromedp.Evaluate[int64](`document.documentElement.scrollWidth`))
			if err != nil || wide > width {
				t.Errorf("%s: unfolded, the page is %d px wide on a screen of %d: %v", p.Title, wide, width, err)
			}
			if dir == "" {
				continue
			}
			picture, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
			if err != nil {
				t.Fatal(err)
			}
			name := fmt.Sprintf("%s-open-%d.png", strings.ReplaceAll(p.Title, " ", "-"), width)
			if err := os.WriteFile(filepath.Join(dir, name), picture, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// chromium starts the browser; do runs steps in it and fails the test with what when they fail.
func chromium(t *testing.T, path string, limit time.Duration) (context.Context, func(what string, steps ...chromedp.Action[chromedp.Void])) {
	t.Helper()
	opts := append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...)
	opts = append(opts, chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true), chromedp.Flag("hide-scrollbars", true), chromedp.Flag("accept-lang", "en"))
	alloc, cancel := chromedp.NewExecAllocator(context.Background(), opts...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(alloc)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1280, 800)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithTimeout(ctx, limit)
	t.Cleanup(cancel)
	return ctx, func(what string, steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, steps...); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
}

// TestBrowserPageAxe looks at every sample with axe-core (npm), light and dark. AVOW_AXE names its axe.min.js.
func TestBrowserPageAxe(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil || os.Getenv("AVOW_TEST_BROWSER") == "" || os.Getenv("AVOW_AXE") == "" {
		t.Skip("this test needs AVOW_TEST_BROWSER, chromium, and AVOW_AXE with the path of axe.min.js")
	}
	axe, err := os.ReadFile(os.Getenv("AVOW_AXE"))
	if err != nil {
		t.Fatal(err)
	}
	pages := webtest.Pages()
	site := httptest.NewServer(serve(t, pages))
	t.Cleanup(site.Close) // after the browser, which may hold a stream open
	ctx, do := chromium(t, browser, 10*time.Minute)
	for i, p := range pages {
		if !strings.Contains(p.Title, os.Getenv("AVOW_PAGES")) {
			continue
		}
		do(p.Title, colors("light"), chromedp.Navigate(fmt.Sprintf("%s/page/%d/en", site.URL, i)),
			chromedp.Evaluate[chromedp.Void]("void (function(){"+string(axe)+"\n})()"))
		for scheme, rules := range map[string]string{"light": "", "dark": `, runOnly: ["color-contrast"]`} { // in the dark nothing else differs
			do(p.Title, colors(scheme))
			found, err := chromedp.Run(ctx, chromedp.Evaluate[string](`axe.run(document, { iframes: false`+rules+` }).then(r => r.violations
				.map(v => v.id + " (" + v.impact + "): " + v.nodes.slice(0, 3).map(n => n.html.slice(0, 200)).join(" | ")).join("\n"))`, chromedp.EvalAwaitPromise))
			if err != nil {
				t.Fatalf("%s: %v", p.Title, err)
			}
			if found != "" {
				t.Errorf("%s, %s: %s", p.Title, scheme, found)
			}
		}
	}
}

// TestBrowserPageScript tries what the script does beside pictures: a text is previewed as it is typed, and what was typed in the
// service desk's reason stays when the page changes by itself.
func TestBrowserPageScript(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil || os.Getenv("AVOW_TEST_BROWSER") == "" {
		t.Skip("this test needs AVOW_TEST_BROWSER and chromium")
	}
	pages := webtest.Pages()
	samples := serve(t, pages)
	number := func(title string) int {
		for i, p := range pages {
			if p.Title == title {
				return i
			}
		}
		t.Fatalf("there is no sample %q", title)
		return 0
	}
	previews := make(chan string, 16)
	passed := make(chan struct{})
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/preview"):
			previews <- r.PostFormValue("body")
		case r.URL.Path == "/desk/u_anna/events":
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = fmt.Fprint(w, "event: state\ndata: open\n\n")
			w.(http.Flusher).Flush()
			select {
			case <-passed:
				_, _ = fmt.Fprint(w, "event: state\ndata: passed\n\n")
				w.(http.Flusher).Flush()
			case <-r.Context().Done():
				return
			}
			<-r.Context().Done()
			return
		case r.URL.Path == "/desk":
			title := "desk number"
			select {
			case <-passed:
				title = "desk passed"
			default:
			}
			r.URL.Path = fmt.Sprintf("/page/%d/en", number(title))
		}
		samples.ServeHTTP(w, r)
	}))
	t.Cleanup(site.Close) // after the browser, which may hold a stream open
	ctx, do := chromium(t, browser, time.Minute)

	do("editor", chromedp.Navigate(fmt.Sprintf("%s/page/%d/en", site.URL, number("template text"))))
	for _, typed := range []string{"a", "b"} { // twice: a preview must not count as the one time that a form is sent
		do("type", chromedp.SendKeys(chromedp.CSS("#body"), typed))
		select {
		case got := <-previews:
			if !strings.Contains(got, typed) {
				t.Errorf("after %q the preview was made of %q", typed, got)
			}
		case <-ctx.Done():
			t.Fatal("no preview was asked for")
		}
	}

	do("desk", chromedp.Navigate(site.URL+"/desk?q=anna"), chromedp.Evaluate[chromedp.Void](`void (document.querySelector("#desk-reason").value = "typed before")`))
	close(passed)
	do("passed", chromedp.WaitVisible(chromedp.CSS(".stamp")))
	reason, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector("#desk-reason").value`))
	if err != nil || reason != "typed before" {
		t.Errorf("the reason is %q, %v: what was typed must stay", reason, err)
	}
}

// sticksOut names the elements that make the page wide.
const sticksOut = `[...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > innerWidth + 0.5)
	.slice(-3).map(e => e.tagName + "." + e.className + " " + e.textContent.trim().slice(0, 30)).join(", ")`

// tooSmall lists what can be tapped and is lower than 48 px, beside links within a text (WCAG 2.2, 2.5.8 allows those).
const tooSmall = `[...document.querySelectorAll("button, summary, select, textarea, .button, .chip, .rail a, input:not([type=hidden])")]
	.filter(e => e.checkVisibility() && !e.closest(".unseen, .facts-more") && !(e.type === "radio" || e.type === "checkbox"))
	.filter(e => e.getBoundingClientRect().height < 47.5)
	.map(e => e.tagName + "." + e.className + " " + e.getBoundingClientRect().height).join(", ")`

func colors(scheme string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}})
		return chromedp.Void{}, err
	}
}

// serve answers /page/NUMBER/LANGUAGE with a sample, any …/preview with that of a text, any …/events with a stream that stays as it is.
func serve(t *testing.T, pages []webtest.Page) http.Handler {
	s, err := web.New()
	if err != nil {
		t.Fatal(err)
	}
	show := func(w http.ResponseWriter, p webtest.Page, lang string) {
		f := p.Frame
		f.Language, f.Poll = lang, false
		var b bytes.Buffer
		if err := s.Render(&b, p.Name, f); err != nil {
			t.Errorf("%s: %v", p.Title, err)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", policy)
		_, _ = w.Write(b.Bytes()) // the browser went away: nobody to tell
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var i int
		var lang string
		file, static := s.Files[r.URL.Path]
		_, err := fmt.Sscanf(r.URL.Path, "/page/%d/%s", &i, &lang)
		switch {
		case static:
			w.Header().Set("Content-Type", file.Type)
			w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
			_, _ = w.Write(file.Body)
		case r.URL.Path == "/stopped":
			report, _ := io.ReadAll(r.Body)
			t.Errorf("the policy stopped something: %s", report)
		case strings.HasSuffix(r.URL.Path, "/events"):
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = fmt.Fprint(w, "event: state\ndata: open\n\n")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		case strings.HasSuffix(r.URL.Path, "/preview"):
			for _, p := range pages {
				if p.Name == web.TextPreview {
					show(w, p, "en")
					return
				}
			}
		case err == nil && i >= 0 && i < len(pages):
			show(w, pages[i], lang)
		default:
			http.NotFound(w, r)
		}
	})
}
