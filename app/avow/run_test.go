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

	"avow/internal/key"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/ui/model"
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
	if !strings.Contains(log.Text(), "on purpose") {
		t.Errorf("the log is %q", log.Text())
	}
	if _, err := os.Stat(filepath.Join(dir, crashName)); err == nil {
		t.Error("the note is still there")
	}
	guarded(log, func() { panic("in the background") })
	if !strings.Contains(log.Text(), "in the background") {
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

func TestWhatIsInTheWayIsShown(t *testing.T) {
	a := test.NewTempApp(t)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, keystore.FileName), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	u := newUI(a, test.NewTempWindow(t, nil), options{dir: dir}, model.NewLogBook(10))
	<-u.start(t.Context(), false)
	if u.model != nil || !strings.Contains(u.log.Text(), "can't start") {
		t.Errorf("a damaged keystore was passed over: %s", u.log.Text())
	}
	u.close()
}
