package testenv_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/computer/agent"
	"avow/internal/phone"
	"avow/internal/phone/platform"
	"avow/internal/wire"
)

// stalling makes connections that say nothing: at once, or after the handshake with some bytes.
func stalling(after int) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		if after < 0 { // not even a connection
			<-ctx.Done()
			return nil, ctx.Err()
		}
		c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &stalled{Conn: c, left: after, closed: make(chan struct{})}, nil
	}
}

// stalled reads so many bytes and then no more.
type stalled struct {
	net.Conn
	left   int
	closed chan struct{}
}

func (s *stalled) Read(b []byte) (int, error) {
	if s.left <= 0 {
		<-s.closed
		return 0, net.ErrClosed
	}
	n, err := s.Conn.Read(b[:min(len(b), s.left)])
	s.left -= n
	return n, err
}

func (s *stalled) Close() error {
	select {
	case <-s.closed:
	default:
		close(s.closed)
	}
	return s.Conn.Close()
}

// whatever way a server has not to answer, the computer goes on without it, within three seconds.
func TestFallsBack(t *testing.T) {
	_, _, _, laptop, _ := signedInOnce(t, authn.OfflineAllow)
	refused := func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Err: errors.New("refused")}
	}
	for name, dial := range map[string]func(context.Context, string, string) (net.Conn, error){
		"refused": refused, "no connection": stalling(-1), "nothing is said": stalling(0), "stops in the handshake": stalling(300), "stops in the answer": stalling(2000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx := t.Context() // the story's own may end while this waits for its turn
			a := laptop.With(func(o *client.Options) { o.Dial = dial })
			for what, policy := range map[authn.OfflinePolicy]bool{authn.OfflineAllow: true, authn.OfflineDeny: false} {
				in := a.Begin(agent.Ask{Login: "anna.lind", Offline: what})
				began := time.Now()
				step := in.Start(ctx)
				t.Logf("%s, %s: %T after %s", name, what, step, time.Since(began).Round(time.Millisecond))
				_, offline := step.(agent.Offline)
				r, refused := step.(agent.Refused)
				if offline != policy || refused == policy {
					t.Errorf("with %s: %+v", what, step)
				}
				if refused && r.Kind != authn.Unavailable {
					t.Errorf("refused as %s", r.Kind)
				}
				in.Cancel()
			}
		})
	}
}

// What the server does answer is its word, and leads to no code.
func TestNoFallBack(t *testing.T) {
	ctx, env, p, laptop, events := signedInOnce(t, authn.OfflineAllow)

	in := laptop.Begin(agent.Ask{Login: "nobody"})
	refusedWith(t, "unknown user", in.Start(ctx), "unknown_user_id")
	in.Cancel()

	in = laptop.Begin(agent.Ask{Login: "anna.lind"})
	if _, ok := in.Start(ctx).(agent.Approve); !ok {
		t.Fatal("no question")
	}
	await(t, ctx, events, phone.RequestArrived)
	must(p.Deny(ctx, p.State().Requests[0].ID))(t)
	refusedWith(t, "denied", in.Check(ctx, 20*time.Second), "access_denied")
	in.Cancel()

	must(env.Admin.SetUserStatus(ctx, "anna.lind", statusOf(authn.UserDisabled)))(t)
	in = laptop.Begin(agent.Ask{Login: "anna.lind"})
	refusedWith(t, "blocked user", in.Start(ctx), "unknown_user_id")
	in.Cancel()
	if err := laptop.Contact(ctx); err != nil {
		t.Fatal(err)
	}
	laptop.Network.SetDown(true)
	in = laptop.Begin(agent.Ask{Login: "anna.lind"})
	refusedWith(t, "blocked user, later without a network", in.Start(ctx), "grant_revoked")
	in.Cancel()
	laptop.Network.SetDown(false)

	must(env.Admin.EndComputer(ctx, laptop.ID, endAs(authn.ComputerRemoved)))(t)
	in = laptop.Begin(agent.Ask{Login: "anna.lind"})
	refusedWith(t, "removed computer", in.Start(ctx), "invalid_client")
	in.Cancel()
}

// A question that is given up is taken back, so that the next can be asked; the server may go away in between.
func TestGivingUp(t *testing.T) {
	for name, unplugged := range map[string]bool{"online": false, "the server went away": true} {
		t.Run(name, func(t *testing.T) {
			ctx, _, _, laptop, _ := signedInOnce(t, authn.OfflineAllow)
			in := laptop.Begin(agent.Ask{Login: "anna.lind"})
			if _, ok := in.Start(ctx).(agent.Approve); !ok {
				t.Fatal("no question")
			}
			laptop.Network.SetDown(unplugged)
			in.Cancel()
			in.Cancel()
			laptop.Network.SetDown(false)
			in = laptop.Begin(agent.Ask{Login: "anna.lind"})
			defer in.Cancel()
			again := in.Start(ctx)
			if _, ok := again.(agent.Approve); !ok {
				t.Fatalf("asked again: %+v", again)
			}
			laptop.Network.SetDown(true) // while the phone is looked for
			gone := in.Check(ctx, 20*time.Second)
			if o, ok := gone.(agent.Offline); !ok || o.Why != agent.WhyServer {
				t.Errorf("server gone at the question: %+v", gone)
			}
			laptop.Network.SetDown(false)
			back := in.Check(ctx, 0)
			if a, ok := back.(agent.Approve); !ok || !a.Back {
				t.Errorf("server back: %+v", back)
			}
		})
	}
}

// The narrower of the computer's policy and the host's counts.
func TestByChoice(t *testing.T) {
	ctx, _, _, laptop, _ := signedInOnce(t, authn.OfflineAllow)
	chosen := laptop.Begin(agent.Ask{Login: "anna.lind"})
	defer chosen.Cancel()
	if a, ok := chosen.Start(ctx).(agent.Approve); !ok || !a.Offline {
		t.Fatalf("%+v", a)
	}
	step := chosen.GoOffline(ctx)
	if o, ok := step.(agent.Offline); !ok || o.Why != agent.WhyChosen {
		t.Errorf("by choice: %+v", step)
	}
	narrow := laptop.Begin(agent.Ask{Login: "anna.lind", Offline: authn.OfflineFallback})
	defer narrow.Cancel()
	if a, ok := narrow.Start(ctx).(agent.Approve); !ok || a.Offline {
		t.Errorf("the host's policy is not heeded: %+v", a)
	}
}

// D17: a restart forgets the QR and remembers the rest.
func TestRestartOfTheDaemon(t *testing.T) {
	ctx, _, p, laptop, _ := signedInOnce(t, authn.OfflineAllow)
	laptop.Network.SetDown(true)
	_, step := offline(t, ctx, laptop)
	code := must(p.OfflineCode(ctx, scanned(t, p, step), platform.Prompt{}))(t)
	used := must(p.ListCode(ctx, computerOf(p, laptop).Grant, platform.Prompt{}))(t)
	in, _ := offline(t, ctx, laptop)
	if _, ok := in.Code(ctx, used.Text).(agent.Done); !ok {
		t.Fatal("list code")
	}
	if err := laptop.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	in, _ = offline(t, ctx, laptop)
	noticed(t, "code for a QR from before the restart", in.Code(ctx, code.Text), "offline_code_wrong")
	noticed(t, "code that was used before the restart", in.Code(ctx, used.Text), "offline_code_used")
}

func statusOf(s authn.UserStatus) wire.SetUserStatus {
	return wire.SetUserStatus{Status: s, Reason: "test"}
}

func endAs(s authn.ComputerState) wire.EndComputer { return wire.EndComputer{State: s, Reason: "test"} }

// A server that has just started asks for a moment: the computer waits for it and does not go on without.
func TestServerHasJustStarted(t *testing.T) {
	ctx, env, _, laptop, _ := signedInOnce(t, authn.OfflineAllow)
	if err := env.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := env.Resume(ctx); err != nil {
		t.Fatal(err)
	}
	in := laptop.Begin(agent.Ask{Login: "anna.lind"})
	defer in.Cancel()
	step := in.Start(ctx)
	if _, ok := step.(agent.Approve); !ok {
		t.Errorf("at a server that has just started: %+v", step)
	}
}
