package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"avow/internal/authn"
	"avow/internal/computer/local"
	"avow/internal/phone"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/testenv"
	"avow/internal/wire"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"avow-login": main})
}

// TestScripts runs the program against a real server and a phone whose person says Yes to everything. "start" runs the daemon in this
// process, until the script ends or "stop".
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			w, err := newWorld(env)
			env.Values[worldKey{}] = w
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"link": link, "start": start, "stop": stop, "server": server, "code": code, "until": until,
		},
	})
}

type worldKey struct{}

// world is a server with a phone.
type world struct {
	env   *testenv.Env
	phone *testenv.Phone

	mu   sync.Mutex
	stop func()
}

func newWorld(env *testscript.Env) (*world, error) {
	ctx, cancel := context.WithCancel(context.Background())
	env.Defer(cancel)
	dir, err := os.MkdirTemp("", "avow") // a socket's path is short
	if err != nil {
		return nil, err
	}
	env.Defer(func() { _ = os.RemoveAll(dir) })
	env.Setenv("SOCKET", filepath.Join(dir, "s"))
	w := &world{stop: func() {}}
	if w.env, err = testenv.Start(ctx, testenv.Options{}); err != nil {
		return nil, err
	}
	env.Defer(func() { _ = w.env.Close() })
	env.Defer(func() { w.end() })
	if _, err := w.env.AddUser(ctx, "anna.lind", "Anna Lind"); err != nil {
		return nil, err
	}
	if w.phone, err = w.env.OpenPhone(ctx, testenv.PhoneOptions{Name: "pixel", KDF: keystore.MinKDF}); err != nil {
		return nil, err
	}
	if err := w.phone.Ready(ctx); err != nil {
		return nil, err
	}
	if _, err := w.env.Register(ctx, w.phone, "anna.lind", authn.BindFirst); err != nil {
		return nil, err
	}
	arrived := make(chan authn.RequestID, 10)
	unsubscribe := w.phone.Subscribe(func(e phone.Event) {
		if e.Kind == phone.RequestArrived {
			arrived <- e.Request
		}
	})
	go func() {
		for id := range arrived {
			_, _ = w.phone.Approve(ctx, id, phone.Match{}, platform.Prompt{})
		}
	}()
	done := make(chan struct{})
	go func() { defer close(done); w.phone.Run(ctx) }()
	env.Defer(func() { cancel(); <-done; unsubscribe(); close(arrived); w.phone.Close() })
	return w, nil
}

func worldOf(ts *testscript.TestScript) *world { return ts.Value(worldKey{}).(*world) }

// link FILE ID NAME [ARGS] writes the enrollment link of a computer.
func link(ts *testscript.TestScript, _ bool, args []string) {
	added, err := worldOf(ts).env.Admin.AddComputer(context.Background(), wire.AddComputer{
		ID: authn.ClientID(args[1]), Name: args[2], Match: authn.MatchTap, Offline: authn.OfflineAllow, Replace: len(args) > 3, Reason: "test",
	})
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(added.Link+"\n"), 0o600))
}

// start DIR runs the daemon and waits until it listens.
func start(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	w.end()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan int, 1)
	socket := ts.Getenv("SOCKET")
	r, log := io.Pipe()
	go func() {
		done <- run(ctx, []string{"daemon", "--dir", ts.MkAbs(args[0]), "--socket", socket}, strings.NewReader(""), log, log)
		_ = log.Close()
	}()
	started := make(chan string, 1)
	go func() {
		var all strings.Builder
		b := make([]byte, 4096)
		for {
			n, err := r.Read(b)
			all.Write(b[:n])
			if err != nil || strings.Contains(all.String(), "msg=started") {
				select {
				case started <- all.String():
				default:
				}
			}
			if err != nil {
				return
			}
		}
	}()
	w.mu.Lock()
	w.stop = func() { cancel(); <-done }
	w.mu.Unlock()
	if log := <-started; !strings.Contains(log, "msg=started") {
		ts.Fatalf("the daemon did not start:\n%s", log)
	}
}

func (w *world) end() {
	w.mu.Lock()
	stop := w.stop
	w.stop = func() {}
	w.mu.Unlock()
	stop()
}

// stop ends the daemon.
func stop(ts *testscript.TestScript, _ bool, _ []string) { worldOf(ts).end() }

// server stop|resume takes the server away, or brings it back.
func server(ts *testscript.TestScript, _ bool, args []string) {
	if args[0] == "stop" {
		ts.Check(worldOf(ts).env.Stop())
		return
	}
	ts.Check(worldOf(ts).env.Resume(context.Background()))
}

// code FILE writes the next code of the phone's list for its newest computer.
func code(ts *testscript.TestScript, _ bool, args []string) {
	p := worldOf(ts).phone
	computers := p.State().Computers
	if len(computers) == 0 {
		ts.Fatalf("the phone knows no computer")
	}
	c, err := p.NextListCode(context.Background(), computers[0].Grant, platform.Prompt{})
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(c.Text+"\n"), 0o600))
}

// until WORDS waits until the daemon's status has them and the phone has its list.
func until(ts *testscript.TestScript, _ bool, args []string) {
	changed := make(chan struct{}, 100)
	defer worldOf(ts).phone.Subscribe(func(phone.Event) {
		select {
		case changed <- struct{}{}:
		default:
		}
	})()
	for range 1000 {
		var s any
		err := local.Status(context.Background(), ts.Getenv("SOCKET"), &s)
		c := worldOf(ts).phone.State().Computers
		if err == nil && strings.Contains(fmt.Sprint(s), args[0]) && len(c) > 0 && c[0].CodesLeft > 0 {
			return
		}
		select {
		case <-changed:
		case <-time.After(20 * time.Millisecond): // the status is asked for, nothing tells of it
		}
	}
	ts.Fatalf("the status never said %s", args[0])
}
