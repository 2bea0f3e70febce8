package local

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"avow/internal/authn"
	"avow/internal/computer/agent"
)

// desk is a sign-in that answers with the step of its method, and notes what it was asked.
type desk struct {
	mu       sync.Mutex
	did      []string
	steps    map[string]agent.Step
	waits    bool // Check waits until its ctx ends
	waiting  chan struct{}
	canceled chan struct{}
	once     sync.Once
}

func newDesk(steps map[string]agent.Step) *desk {
	return &desk{steps: steps, waiting: make(chan struct{}), canceled: make(chan struct{})}
}

func (d *desk) did1(what string) agent.Step {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.did = append(d.did, what)
	name, _, _ := strings.Cut(what, " ")
	return d.steps[name]
}

func (d *desk) Start(context.Context) agent.Step { return d.did1("start") }
func (d *desk) Check(ctx context.Context, wait time.Duration) agent.Step {
	if d.waits {
		close(d.waiting)
		<-ctx.Done()
	}
	return d.did1("check " + wait.String())
}
func (d *desk) GoOffline(context.Context) agent.Step { return d.did1("offline") }
func (d *desk) Code(_ context.Context, typed string) agent.Step {
	return d.did1("code " + typed)
}
func (d *desk) Cancel() { d.once.Do(func() { close(d.canceled) }) }

// socket serves until the test ends. me says as whom helpers connect.
func socket(t *testing.T, s *Server) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "avow") // a socket's path is short
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: name, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
		_ = os.RemoveAll(dir)
	})
	return name
}

func everybody(uint32) bool { return true }
func nobody(uint32) bool    { return false }

func TestConversation(t *testing.T) {
	d := newDesk(map[string]agent.Step{"start": steps["approve"], "check": steps["approve"], "offline": steps["offline"], "code": steps["done"]})
	var asked agent.Ask
	name := socket(t, &Server{Trusted: everybody, Begin: func(a agent.Ask) agent.SignIn { asked = a; return d }})
	want := agent.Ask{Login: "anna", Service: "sudo", TTY: "pts/3", RHost: "192.0.2.7", Offline: authn.OfflineFallback, Timeout: time.Minute}
	c, err := Dial(t.Context(), name, want)
	if err != nil {
		t.Fatal(err)
	}
	got := []agent.Step{
		c.Start(t.Context()), c.Check(t.Context(), 20*time.Second), c.Check(t.Context(), time.Hour), c.GoOffline(t.Context()), c.Code(t.Context(), "4821 9930"),
	}
	if diff := cmp.Diff([]agent.Step{steps["approve"], steps["approve"], steps["approve"], steps["offline"], steps["done"]}, got); diff != "" {
		t.Error(diff)
	}
	<-d.canceled
	if diff := cmp.Diff([]string{"start", "check 20s", "check 30s", "offline", "code 4821 9930"}, d.did); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
	if r, ok := c.Check(t.Context(), 0).(agent.Refused); !ok || r.Code != "login_daemon" {
		t.Errorf("after the end: %+v", r)
	}
}

// Whoever connects is told by the kernel: a user may ask for herself, root and helpers for anybody, and what is sent changes nothing of it.
func TestPeers(t *testing.T) {
	me := uint32(os.Getuid())
	of := func(uid uint32) func(string) (uint32, bool) { return func(string) (uint32, bool) { return uid, true } }
	for name, c := range map[string]struct {
		trusted func(uint32) bool
		uid     func(string) (uint32, bool)
		begun   bool
	}{
		"trusted by the kernel's word": {func(uid uint32) bool { return uid == me }, of(me + 1), true},
		"for herself":                  {nobody, of(me), true},
		"for another":                  {nobody, of(me + 1), false},
		"for nobody of here":           {nobody, func(string) (uint32, bool) { return me, false }, false},
	} {
		t.Run(name, func(t *testing.T) {
			begun := false
			path := socket(t, &Server{
				Trusted: c.trusted, UID: c.uid, Status: func() any { return "well" },
				Begin: func(agent.Ask) agent.SignIn {
					begun = true
					return newDesk(map[string]agent.Step{"start": steps["done"]})
				},
			})
			in, err := Dial(t.Context(), path, agent.Ask{Login: "anna"})
			if err != nil {
				t.Fatal(err)
			}
			step := in.Start(t.Context())
			_, done := step.(agent.Done)
			if begun != c.begun || done != c.begun {
				t.Errorf("begun: %t, %+v", begun, step)
			}
			if r, ok := step.(agent.Refused); !c.begun && (!ok || r.Code != "not_for_you") {
				t.Errorf("%+v", step)
			}
			var status string
			err = Status(t.Context(), path, &status)
			if trusted := c.trusted(me); trusted != (err == nil) || trusted != (status == "well") {
				t.Errorf("status: %q, %v", status, err)
			}
		})
	}
	t.Run("the kernel does not say", func(t *testing.T) {
		path := socket(t, &Server{
			Trusted: everybody, Begin: func(agent.Ask) agent.SignIn { t.Error("begun"); return newDesk(nil) },
			Peer: func(*net.UnixConn) (uint32, error) { return 0, errors.New("no word") },
		})
		in, err := Dial(t.Context(), path, agent.Ask{Login: "anna"})
		if err != nil {
			t.Fatal(err)
		}
		refusedBy(t, "login_daemon", in.Start(t.Context()))
	})
}

func refusedBy(t *testing.T, code string, s agent.Step) {
	t.Helper()
	if r, ok := s.(agent.Refused); !ok || r.Code != code {
		t.Errorf("got %+v, want refused with %s", s, code)
	}
}

func TestUIDOf(t *testing.T) {
	if uid, ok := UIDOf("root"); !ok || uid != 0 {
		t.Errorf("root is %d, %t", uid, ok)
	}
	for _, login := range []string{"", "nobody.of.this.name", "ROOT"} {
		if uid, ok := UIDOf(login); ok {
			t.Errorf("%q is %d", login, uid)
		}
	}
}

// A user who is not trusted takes a few places only; they are free again when she has gone.
func TestCrowd(t *testing.T) {
	c := crowd{}
	for range maxOfOne {
		if !c.enter(1000, maxOfOne) {
			t.Fatal("too early")
		}
	}
	if c.enter(1000, maxOfOne) {
		t.Error("one more than her share")
	}
	for range maxConnections - maxOfOne {
		if !c.enter(0, maxConnections) {
			t.Fatal("others have no place")
		}
	}
	if c.enter(1001, maxOfOne) {
		t.Error("one more than there are")
	}
	c.leave(1000)
	if !c.enter(1001, maxOfOne) {
		t.Error("a place that was left")
	}
	for range maxOfOne - 1 {
		c.leave(1000)
	}
	if _, kept := c.of[1000]; kept {
		t.Error("who has gone is remembered")
	}
}

// A helper that is gone, perhaps killed with its host, leaves no question on a phone.
func TestHelperGone(t *testing.T) {
	d := newDesk(map[string]agent.Step{"start": steps["approve"], "check": steps["done"]})
	d.waits = true
	c, err := Dial(t.Context(), socket(t, &Server{Trusted: everybody, Begin: func(agent.Ask) agent.SignIn { return d }}), agent.Ask{Login: "anna"})
	if err != nil {
		t.Fatal(err)
	}
	c.Start(t.Context())
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-d.waiting; cancel() }()
	refusedBy(t, "login_daemon", c.Check(ctx, 20*time.Second)) // the time is over
	<-d.canceled
}

// A daemon that ends does not wait for people: socket's cleanup would not come back.
func TestDaemonEndsAtThePrompt(t *testing.T) {
	d := newDesk(map[string]agent.Step{"start": steps["approve"]})
	c, err := Dial(t.Context(), socket(t, &Server{Trusted: everybody, Begin: func(agent.Ask) agent.SignIn { return d }}), agent.Ask{Login: "anna"})
	if err != nil {
		t.Fatal(err)
	}
	c.Start(t.Context())
}

// What a helper would not say ends the conversation, and nothing is begun or tried.
func TestBadHelpers(t *testing.T) {
	const begin = `{"begin":{"version":1,"login":"anna"}}`
	for name, sent := range map[string][]string{
		"nothing":         {},
		"nobody":          {`{"begin":{"version":1,"login":""}}`},
		"policy of none":  {`{"begin":{"version":1,"login":"anna","offline":"always"}}`},
		"check for long":  {begin, `{"do":"check","wait_ms":30001}`},
		"no JSON":         {"begin"},
		"wrong version":   {`{"begin":{"version":2,"login":"anna"}}`},
		"code first":      {`{"do":"code","code":"12345678"}`},
		"begin twice":     {begin, begin},
		"unknown verb":    {begin, `{"do":"let_in"}`},
		"status in it":    {begin, `{"do":"status"}`},
		"unknown field":   {begin, `{"do":"check","as":"root"}`},
		"much":            {begin, `{"do":"code","code":"` + strings.Repeat("1", maxMessage) + `"}`},
		"says it is root": {`{"begin":{"version":1,"login":"anna","uid":0}}`},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(map[string]agent.Step{"start": steps["approve"], "check": steps["done"], "code": steps["done"], "offline": steps["done"]})
			path := socket(t, &Server{Trusted: everybody, Begin: func(agent.Ask) agent.SignIn { return d }})
			c, err := net.Dial("unix", path)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = c.Close() }()
			for _, text := range sent {
				if _, err := c.Write(message(text)); err != nil {
					break // it was thrown out
				}
			}
			if err := c.(*net.UnixConn).CloseWrite(); err != nil {
				t.Fatal(err)
			}
			said, _ := io.ReadAll(c)
			if strings.Contains(string(said), `"done"`) {
				t.Errorf("let in: %q", said)
			}
			var want []string
			if len(sent) > 0 && sent[0] == begin {
				want = []string{"start"}
				<-d.canceled // a bad word may close the connection before Start
			}
			if diff := cmp.Diff(want, d.did); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// whatever becomes of the daemon, the helper hears Done from it alone and whole.
func TestBadDaemons(t *testing.T) {
	whole := string(message(`{"done":{"login":"anna","how":"approved"}}`))
	for name, say := range map[string]string{
		"closes at once":     "",
		"closes in a length": "\x00",
		"closes in its word": whole[:len(whole)-1],
		"no JSON":            string(message("done")),
		"too much":           "\xff\xff" + strings.Repeat(" ", 0xffff),
		"two things":         string(message(`{"done":{"login":"anna","how":"approved"},"refused":{"kind":"forbidden","code":"a","text":"b"}}`)),
		"a status":           string(message(`{"status":"well"}`)),
		"of a later version": string(message(`{"done":{"login":"anna","how":"approved","until":1}}`)),
	} {
		t.Run(name, func(t *testing.T) {
			c, err := Dial(t.Context(), saying(t, say), agent.Ask{Login: "anna"})
			if err != nil {
				t.Fatal(err)
			}
			refusedBy(t, "login_daemon", c.Start(t.Context()))
			refusedBy(t, "login_daemon", c.Check(t.Context(), 0))
		})
	}
	if _, err := Dial(t.Context(), filepath.Join(t.TempDir(), "none"), agent.Ask{}); !errors.Is(err, ErrDaemon) {
		t.Errorf("nobody listens: %v", err)
	}
	c, err := Dial(t.Context(), saying(t, whole), agent.Ask{Login: strings.Repeat("a", 256)})
	if err != nil {
		t.Fatal(err)
	}
	refusedBy(t, "login_daemon", c.Start(t.Context())) // what may not be asked is not sent
	if _, ok := must(Dial(t.Context(), saying(t, whole), agent.Ask{Login: "anna"}))(t).Start(t.Context()).(agent.Done); !ok {
		t.Error("the whole word was not heard: the cases above would show nothing")
	}
}

func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// saying is a daemon that answers the first word with some bytes and ends.
func saying(t *testing.T, bytes string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "avow")
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "s")
	l, err := net.Listen("unix", name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close(); _ = os.RemoveAll(dir) })
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		var r request
		_ = readMessage(c, &r)
		_, _ = io.WriteString(c, bytes)
	}()
	return name
}
