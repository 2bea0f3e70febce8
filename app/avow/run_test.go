package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/testenv"
	"avow/internal/ui/model"
	"avow/internal/wire"
)

func TestMain(m *testing.M) {
	for k, v := range map[string]string{"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent", "LANG": "C", "LC_ALL": "C"} {
		if err := os.Setenv(k, v); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}

func TestCommandLine(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		out  string
		err  string
	}{
		{[]string{"--help"}, 0, "usage: avow", ""},
		{[]string{"--version"}, 0, "avow " + version, ""},
		{[]string{"--nonsense"}, 2, "", "usage: avow"},
		{[]string{"avow://a/R#1", "avow://a/R#2"}, 2, "", "one link at a time"},
		{[]string{"avow://a/R#" + strings.Repeat("0", longestLink)}, 2, "", "too long"},
		{[]string{"--data", "/dev/null/avow"}, 1, "", "make the folder of the app"},
	} {
		var out, errs bytes.Buffer
		code := Main(t.Context(), c.args, &out, &errs, func() (fyne.App, error) { t.Fatal("a window was opened"); return nil, nil })
		if code != c.code || !strings.Contains(out.String(), c.out) || !strings.Contains(errs.String(), c.err) {
			t.Errorf("%v: code %d, stdout %q, stderr %q", c.args, code, out.String(), errs.String())
		}
	}
}

func TestASecondStartHandsItsLinkOver(t *testing.T) {
	dir, got := t.TempDir(), make(chan string, 2)
	one, err := single(t.Context(), dir, "", func(link string) { got <- link })
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range []string{"avow://id.example.org/R#ABC", ""} {
		if _, err := single(t.Context(), dir, link, nil); !errors.Is(err, errRunning) {
			t.Fatalf("the second start got %v", err)
		}
		if l := <-got; l != link {
			t.Errorf("the link arrived as %q", l)
		}
	}
	if i, err := os.Stat(filepath.Join(dir, socketName)); err != nil || i.Mode().Perm() != 0o600 {
		t.Errorf("the socket is %v, %v", i, err)
	}
	one.close()
	again, err := single(t.Context(), dir, "", nil)
	if err != nil {
		t.Fatalf("after the first has ended: %v", err)
	}
	again.close()
}

// A mail program breaks a link: it is one line when it reaches the app that runs.
func TestALinkThatWasBroken(t *testing.T) {
	o, err := parse([]string{"--data", t.TempDir(), "avow://id.example.org/R#AB=\r\nCD\n EF "}, io.Discard, io.Discard)
	if err != nil || o.link != "avow://id.example.org/R#ABCDEF" {
		t.Fatalf("the link is %q, %v", o.link, err)
	}
}

// The desktop is told that links of Avow are for it, and hands them over as the argument that the command line takes.
func TestDesktopEntry(t *testing.T) {
	data, err := os.ReadFile("dist/app.avow.desktop")
	if err != nil {
		t.Fatal(err)
	}
	entry := map[string]string{}
	for line := range strings.Lines(string(data)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(name, "#") {
			entry[name] = value
		}
	}
	link := (wire.RegistrationLink{Host: "id.example.org", Session: key.NewSecret(16)}).App()
	scheme, _, _ := strings.Cut(link, "://")
	for name, want := range map[string]string{
		"Type": "Application", "Name": "Avow", "Exec": "avow %u", "MimeType": "x-scheme-handler/" + scheme + ";", "Terminal": "false",
	} {
		if entry[name] != want {
			t.Errorf("%s is %q, want %q", name, entry[name], want)
		}
	}
	if !strings.HasPrefix(string(data), "[Desktop Entry]\n") {
		t.Error("it does not begin with its group")
	}
	if o, err := parse([]string{link}, io.Discard, io.Discard); err != nil || o.link != link {
		t.Errorf("the link comes as %q, %v", o.link, err)
	}
}

// A crash leaves the socket behind: it must not keep the app from starting.
func TestASocketLeftBehind(t *testing.T) {
	dir := t.TempDir()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "unix", filepath.Join(dir, socketName))
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	one, err := single(t.Context(), dir, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	one.close()
}

func TestALinkThatIsTooLong(t *testing.T) {
	a, b := net.Pipe()
	go func() { _, _ = io.WriteString(a, strings.Repeat("x", longestLink+1)) }()
	if _, err := take(b); err == nil {
		t.Error("it was taken")
	}
	_ = a.Close()
}

func TestKeysGoIntoAFileWithoutAKeyring(t *testing.T) {
	opt, noted := keystore.Options{Dir: t.TempDir()}, 0
	for range 2 { // made, then opened
		keys, err := openKeys(t.Context(), opt, func(string, error) { noted++ })
		if err != nil {
			t.Fatal(err)
		}
		if keys.Class() != key.Software {
			t.Errorf("keys are %q", keys.Class())
		}
	}
	if noted != 1 {
		t.Errorf("noted %d times", noted)
	}
	if err := os.WriteFile(filepath.Join(opt.Dir, keystore.FileName), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := openKeys(t.Context(), opt, func(string, error) {}); !errors.Is(err, keystore.ErrKeystoreDamaged) {
		t.Errorf("a damaged keystore gives %v", err)
	}
}

// the core hears of the background, in order, and of every event.
func TestLifecycle(t *testing.T) {
	a := test.NewTempApp(t)
	l := newLifecycle(a.Lifecycle())
	ctx, cancel := context.WithCancel(t.Context())
	events := l.Events(ctx)
	want := []platform.LifecycleEvent{platform.Background, platform.Foreground, platform.Background}
	for _, e := range want {
		l.tell(e)
	}
	for _, e := range want {
		if got := <-events; got != e {
			t.Errorf("heard %q, want %q", got, e)
		}
	}
	cancel()
	if _, ok := <-events; ok {
		t.Error("the channel is still open")
	}
}

func TestAPanicIsStoredAndFoundInTheLog(t *testing.T) {
	dir := t.TempDir()
	var errs bytes.Buffer
	code := Main(t.Context(), []string{"--data", dir}, io.Discard, &errs, func() (fyne.App, error) { panic("on purpose") })
	if code != 1 || !strings.Contains(errs.String(), "Debug log") {
		t.Fatalf("code %d, stderr %q", code, errs.String())
	}
	log := model.NewLogBook(10)
	options{dir: dir}.recall(log)
	if got := log.Text(); !strings.Contains(got, "the app broke the last time") || !strings.Contains(got, "what=string") || !strings.Contains(got, "run_test.go") {
		t.Errorf("the log is %q", got)
	}
	if strings.Contains(log.Text(), "on purpose") {
		t.Errorf("the log has what a panic said, which may be anything: %q", log.Text())
	}
	if _, err := os.Stat(filepath.Join(dir, crashName)); err == nil {
		t.Error("the note is still there")
	}
	guarded(log, func() { panic("in the background") })
	if !strings.Contains(log.Text(), "background work broke") {
		t.Errorf("the log is %q", log.Text())
	}
}

// The app opens in a folder of its own, shows the first screen and ends with its context; a link of a second start gets to the scanner.
func TestRun(t *testing.T) {
	a := test.NewTempApp(t)
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	u := newUI(a, test.NewTempWindow(t, nil), options{dir: dir, link: "WIFI:S:guest;;"}, model.NewLogBook(10))
	<-u.start(ctx, false)
	if got := u.model.Page(); got != model.PageScan {
		t.Errorf("page %q is shown", got)
	}
	cancel()
	u.close()
}

// A link of a mail opens the question whether to connect at once: as the argument of the first start, and handed over by a second one.
func TestLinkOpensTheQuestion(t *testing.T) {
	env, err := testenv.Start(t.Context(), testenv.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := env.Close(); err != nil {
			t.Error(err)
		}
	}()
	link := func(login string) string {
		if _, err := env.AddUser(t.Context(), login, login); err != nil {
			t.Fatal(err)
		}
		s, err := env.AddSentSession(t.Context(), login, testenv.SentOptions{Proof: authn.ProofPIN})
		if err != nil {
			t.Fatal(err)
		}
		return s.App[:50] + "=\r\n" + s.App[50:]
	}
	o, err := parse([]string{"--data", t.TempDir(), link("anna.lind")}, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	links := make(chan string, 1)
	one, err := single(ctx, o.dir, "", func(link string) { links <- link })
	if err != nil {
		t.Fatal(err)
	}
	defer one.close()
	// The app without its window: the test's driver draws on whichever goroutine asks, and text can be shaped by one at a time.
	u := newUI(test.NewTempApp(t), test.NewTempWindow(t, nil), o, model.NewLogBook(10))
	keys, err := openKeys(ctx, keystore.Options{Dir: o.dir}, u.log.Note)
	if err != nil {
		t.Fatal(err)
	}
	core, err := u.open(ctx, keys, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer core.Close()
	settings, err := model.OpenSettings(o.dir)
	if err != nil {
		t.Fatal(err)
	}
	changed := make(chan struct{}, 1)
	m := model.New(model.Config{
		Core: core, Settings: settings, Log: u.log, Go: func(f func()) { u.tasks.Go(f) },
		Changed: func() {
			select {
			case changed <- struct{}{}:
			default:
			}
		},
	})
	defer u.settle()
	defer m.Close()
	asks := func(account string) {
		t.Helper()
		for {
			if m.Page() == model.PageConnect && m.Connect().Account == account {
				return
			}
			select {
			case <-changed:
			case <-t.Context().Done():
				t.Fatalf("page %q is shown: %+v", m.Page(), m.Failure())
			}
		}
	}
	m.Text(o.link)
	asks("Account a•••d")
	if v := m.Connect(); v.Host != env.Host || !v.More {
		t.Errorf("the question is %+v", v)
	}
	second, err := parse([]string{"--data", o.dir, link("bo.ek")}, io.Discard, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := single(ctx, second.dir, second.link, nil); !errors.Is(err, errRunning) {
		t.Errorf("the second start: %v", err)
	}
	m.Text(<-links)
	asks("Account b•••k")
}

func TestWhatIsInTheWayIsShown(t *testing.T) {
	a := test.NewTempApp(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, keystore.FileName), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	settings, err := model.OpenSettings(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := settings.Set(func(c *model.Choices) { c.Language = "fi" }); err != nil {
		t.Fatal(err)
	}
	u := newUI(a, test.NewTempWindow(t, nil), options{dir: dir}, model.NewLogBook(10))
	<-u.start(t.Context(), false)
	if shown := test.RenderToMarkup(u.win.Canvas()); !strings.Contains(shown, "vioittunut") {
		t.Errorf("the screen does not speak Finnish: %s", shown)
	}
	if u.model != nil || !strings.Contains(u.log.Text(), "can't start") {
		t.Errorf("a damaged keystore was passed over: %s", u.log.Text())
	}
	u.close()
}
