package main_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/phone"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/testenv"
	"avow/internal/wire"
)

// office is a real server, anna's phone, and this machine enrolled as laptop-42 by the real program.
type office struct {
	t      *testing.T // the test that outlives the daemon
	rig    *rig
	place  place
	env    *testenv.Env
	phone  *testenv.Phone
	login  string
	dir    string // of the daemon
	socket string
	daemon *terminal

	mu      sync.Mutex
	answer  answer
	arrived chan struct{} // a request was seen
	changed chan struct{} // the phone knows something new
}

// answer is what the person says to a request.
type answer int

const (
	saysYes answer = iota
	saysNo
	saysNothing
)

func openOffice(t *testing.T, r *rig, p place) *office {
	ctx := t.Context()
	o := &office{t: t, rig: r, place: p, login: p.login(), arrived: make(chan struct{}, 100), changed: make(chan struct{}, 1)}
	home, err := os.MkdirTemp(r.dir, "o")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(home, 0o755); err != nil {
		t.Fatal(err)
	}
	o.dir, o.socket = filepath.Join(home, "var"), filepath.Join(home, "run", "socket")
	if o.env, err = testenv.Start(ctx, testenv.Options{}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = o.env.Close() })
	if _, err := o.env.AddUser(ctx, o.login, "Anna Lind"); err != nil {
		t.Fatal(err)
	}
	o.openPhone(t)
	o.enroll(t, "laptop-42", "LAPTOP-42")
	o.start(t)
	return o
}

func (o *office) openPhone(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	var err error
	if o.phone, err = o.env.OpenPhone(ctx, testenv.PhoneOptions{Name: "pixel", KDF: keystore.MinKDF}); err != nil {
		t.Fatal(err)
	}
	if err := o.phone.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := o.env.Register(ctx, o.phone, o.login, authn.BindFirst); err != nil {
		t.Fatal(err)
	}
	requests := make(chan authn.RequestID, 100)
	unsubscribe := o.phone.Subscribe(func(e phone.Event) {
		if e.Kind == phone.RequestArrived {
			requests <- e.Request
		}
		select {
		case o.changed <- struct{}{}:
		default:
		}
	})
	var wait sync.WaitGroup
	wait.Go(func() {
		for id := range requests {
			switch o.says() {
			case saysYes:
				_, _ = o.phone.Approve(ctx, id, phone.Match{}, platform.Prompt{})
			case saysNo:
				_, _ = o.phone.Deny(ctx, id)
			}
			select {
			case o.arrived <- struct{}{}:
			default:
			}
		}
	})
	running := make(chan struct{})
	go func() { defer close(running); o.phone.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-running
		unsubscribe()
		close(requests)
		wait.Wait()
		o.phone.Close()
	})
}

func (o *office) says() answer {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.answer
}

// say sets what the person will say, and forgets what has arrived.
func (o *office) say(a answer) {
	o.mu.Lock()
	o.answer = a
	o.mu.Unlock()
	for {
		select {
		case <-o.arrived:
			continue
		default:
		}
		return
	}
}

// answered waits until the phone has seen the request and the person has done what she does.
func (o *office) answered(t *testing.T) {
	t.Helper()
	select {
	case <-o.arrived:
	case <-time.After(patience):
		t.Fatal("no request on the phone")
	}
}

func (o *office) added(t *testing.T, id, name string) string {
	t.Helper()
	added, err := o.env.Admin.AddComputer(t.Context(), wire.AddComputer{
		ID: authn.ClientID(id), Name: name, Match: authn.MatchTap, Offline: authn.OfflineAllow, Reason: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	return added.Link
}

func (o *office) enroll(t *testing.T, id, name string) {
	t.Helper()
	cmd := o.place.command(t, o.rig.program, "enroll", "--dir", o.dir, "--socket", o.socket)
	cmd.Stdin = strings.NewReader(o.added(t, id, name) + "\n")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), name+" is enrolled as "+id) {
		t.Fatalf("enroll: %v\n%s", err, out)
	}
}

// start runs the daemon.
func (o *office) start(t *testing.T) {
	t.Helper()
	o.daemon = talk(o.t, o.place.command(t, o.rig.program, "daemon", "--dir", o.dir, "--socket", o.socket))
	o.daemon.await("msg=started")
}

// kill ends the daemon as a power cut does.
func (o *office) kill(t *testing.T) {
	t.Helper()
	if err := o.daemon.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = o.daemon.cmd.Wait()
}

// revive starts the daemon if a case has left it dead.
func (o *office) revive(t *testing.T) {
	t.Helper()
	if o.daemon.cmd.ProcessState != nil {
		o.start(t)
	}
}

// options is the rest of the PAM line.
func (o *office) options(more string) string {
	return strings.TrimSpace("helper=" + o.rig.program + " socket=" + o.socket + " " + more)
}

// gone takes the server away: nobody listens any more.
func (o *office) gone(t *testing.T) {
	t.Helper()
	if err := o.env.Stop(); err != nil {
		t.Fatal(err)
	}
}

// silent takes the server away and leaves somebody who takes connections and says nothing.
func (o *office) silent(t *testing.T) (back func()) {
	t.Helper()
	o.gone(t)
	l, err := net.Listen("tcp", o.env.Host)
	if err != nil {
		t.Fatal(err)
	}
	var open []net.Conn
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			open = append(open, c)
		}
	}()
	return func() {
		_ = l.Close()
		<-done
		for _, c := range open {
			_ = c.Close()
		}
		o.back(t)
	}
}

func (o *office) back(t *testing.T) {
	t.Helper()
	if err := o.env.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := o.phone.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// listed waits until the phone has that many codes of the computer's list.
func (o *office) listed(t *testing.T, codes int) phone.Computer {
	t.Helper()
	over := time.After(patience)
	for {
		for _, c := range o.phone.State().Computers {
			if c.ID == "laptop-42" && c.CodesLeft >= codes {
				return c
			}
		}
		select {
		case <-o.changed:
		case <-over:
			t.Fatal("the phone gets no list")
		}
	}
}

// listCode is the phone's next code.
func (o *office) listCode(t *testing.T) string {
	t.Helper()
	code, err := o.phone.NextListCode(t.Context(), o.listed(t, 1).Grant, platform.Prompt{})
	if err != nil {
		t.Fatal(err)
	}
	return code.Text
}

// qrCode scans what is on the screen and makes its code.
func (o *office) qrCode(t *testing.T, screen string) string {
	t.Helper()
	parsed, err := wire.ParseLink(scan(t, screen))
	link, ok := parsed.(wire.OfflineLink)
	if err != nil || !ok {
		t.Fatalf("the QR is no offline link: %v\n%s", err, screen)
	}
	ch, err := o.phone.OfflineChallenge(link)
	if err != nil {
		t.Fatal(err)
	}
	code, err := o.phone.OfflineCode(t.Context(), ch, platform.Prompt{})
	if err != nil {
		t.Fatal(err)
	}
	return code.Text
}

// otherCode is a code that would be right at another computer: only its prefix is looked at.
func otherCode(own string) string {
	first := "0"
	if own[0] == '0' {
		first = "1"
	}
	return first + own[1:]
}
