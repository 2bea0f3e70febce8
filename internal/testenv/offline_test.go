package testenv_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/computer/agent"
	"avow/internal/phone"
	"avow/internal/phone/platform"
	"avow/internal/testenv"
	"avow/internal/wire"
)

// enroll is a computer with the daemon running.
func enroll(t *testing.T, ctx context.Context, env *testenv.Env, id authn.ClientID, name string, offline authn.OfflinePolicy) *testenv.Laptop {
	t.Helper()
	l := must(env.Enroll(ctx, testenv.LaptopOptions{ID: id, Name: name, Match: authn.MatchTap, Offline: offline, Cost: testenv.FastList}))(t)
	t.Cleanup(l.Close)
	return l
}

// signInAt signs in to a computer with a network, and waits until the phone has its list.
func signInAt(t *testing.T, ctx context.Context, l *testenv.Laptop, p *testenv.Phone, events <-chan phone.Event) {
	t.Helper()
	in := l.Begin(agent.Ask{Login: "anna.lind", Service: "login", TTY: "tty1"})
	defer in.Cancel()
	if step, ok := in.Start(ctx).(agent.Approve); !ok || step.Computer != l.Name {
		t.Fatalf("start: %+v", step)
	}
	await(t, ctx, events, phone.RequestArrived)
	r := p.State().Requests[0]
	if r.Origin.Agent != "login, tty1" {
		t.Errorf("the phone shows %+v", r.Origin)
	}
	must(p.Approve(ctx, r.ID, phone.Match{}, platform.Prompt{}))(t)
	done, ok := in.Check(ctx, 20*time.Second).(agent.Done)
	if !ok || done.How != agent.HowApproved || done.Token == nil || done.Token.Login != "anna.lind" {
		t.Fatalf("check: %+v", done)
	}
	for computerOf(p, l).CodesLeft == 0 {
		await(t, ctx, events, phone.ComputersChanged)
	}
}

// signedInOnce is a phone and a computer that was signed in to with it and a network.
func signedInOnce(t *testing.T, policy authn.OfflinePolicy) (ctx context.Context, env *testenv.Env, p *testenv.Phone, l *testenv.Laptop, events <-chan phone.Event) {
	t.Helper()
	ctx, env = start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	p, _, events = readyPhone(t, ctx, env, "pixel", "anna.lind")
	l = enroll(t, ctx, env, "laptop-42", "LAPTOP-42", policy)
	signInAt(t, ctx, l, p, events)
	return ctx, env, p, l, events
}

func computerOf(p *testenv.Phone, l *testenv.Laptop) phone.Computer {
	for _, c := range p.State().Computers {
		if c.ID == l.ID {
			return c
		}
	}
	return phone.Computer{}
}

// offline begins a sign-in without a network.
func offline(t *testing.T, ctx context.Context, l *testenv.Laptop) (agent.SignIn, agent.Offline) {
	t.Helper()
	in := l.Begin(agent.Ask{Login: "anna.lind"})
	t.Cleanup(in.Cancel)
	step, ok := in.Start(ctx).(agent.Offline)
	if !ok || step.Why != agent.WhyServer {
		t.Fatalf("start without a network: %+v", step)
	}
	return in, step
}

func scanned(t *testing.T, p *testenv.Phone, step agent.Offline) phone.Challenge {
	t.Helper()
	link := must(wire.ParseLink(step.Challenge))(t)
	return must(p.OfflineChallenge(link.(wire.OfflineLink)))(t)
}

func refusedWith(t *testing.T, what string, step agent.Step, code string) {
	t.Helper()
	if r, ok := step.(agent.Refused); !ok || r.Code != code {
		t.Errorf("%s: %+v, want %s", what, step, code)
	}
}

func noticed(t *testing.T, what string, step agent.Step, code string) {
	t.Helper()
	if o, ok := step.(agent.Offline); !ok || o.Notice == nil || o.Notice.Code != code {
		t.Errorf("%s: %+v, want notice %s", what, step, code)
	}
}

// The whole of it: sign in once with a network, then without one by QR, by list and by the service desk's code; the server and the phones agree
// about it afterwards (R-079, X3, X4).
func TestOfflineSignIn(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	p, _, events := readyPhone(t, ctx, env, "pixel", "anna.lind")
	laptop := enroll(t, ctx, env, "laptop-42", "LAPTOP-42", authn.OfflineAllow)
	sales := enroll(t, ctx, env, "sales-pc", "SALES-PC", authn.OfflineAllow)

	if err := laptop.Contact(ctx); err != nil {
		t.Fatal(err)
	}
	laptop.Network.SetDown(true)
	in := laptop.Begin(agent.Ask{Login: "anna.lind"})
	refusedWith(t, "before the first sign-in", in.Start(ctx), "offline_no_grant")
	in.Cancel()
	laptop.Network.SetDown(false)
	signInAt(t, ctx, laptop, p, events)
	signInAt(t, ctx, sales, p, events)
	if c := computerOf(p, laptop); c.State != phone.ComputerReady || c.CodesLeft != 50 || c.Name != "LAPTOP-42" || c.Login != "anna.lind" {
		t.Fatalf("the phone knows %+v", c)
	}

	laptop.Network.SetDown(true)
	sales.Network.SetDown(true)
	in, step := offline(t, ctx, laptop)
	ch := scanned(t, p, step)
	if ch.Computer.Name != "LAPTOP-42" || ch.Warn || ch.Off.Abs() > 5*time.Second {
		t.Errorf("challenge says %+v", ch)
	}
	code := must(p.OfflineCode(ctx, ch, platform.Prompt{}))(t)
	if again := must(p.OfflineCode(ctx, ch, platform.Prompt{}))(t); again.Text != code.Text {
		t.Error("one challenge has two codes")
	}
	if done, ok := in.Code(ctx, code.Text).(agent.Done); !ok || done.How != string(authn.OfflineQR) {
		t.Fatalf("code for the QR: %+v", done)
	}

	in, _ = offline(t, ctx, sales)
	first := must(p.ListCode(ctx, computerOf(p, laptop).Grant, platform.Prompt{}))(t)
	noticed(t, "code of LAPTOP-42 at SALES-PC", in.Code(ctx, first.Text), "code_of_other_computer")
	noticed(t, "no code", in.Code(ctx, "hello"), "bad_offline_code")
	if wrong := sales.Machine.Status().Grants[0].Wrong; wrong != 0 {
		t.Errorf("it cost %d tries", wrong)
	}
	in, _ = offline(t, ctx, laptop)
	if done, ok := in.Code(ctx, first.Text).(agent.Done); !ok || done.How != string(authn.OfflineList) {
		t.Fatalf("code of the list: %+v", done)
	}
	in, _ = offline(t, ctx, laptop)
	noticed(t, "used code", in.Code(ctx, first.Text), "offline_code_used")
	next := must(p.NextListCode(ctx, computerOf(p, laptop).Grant, platform.Prompt{}))(t)
	if next.Number != 2 || next.Text == first.Text {
		t.Errorf("next code is number %d", next.Number)
	}
	noticed(t, "wrong code", in.Code(ctx, "00000000"), "offline_code_wrong")
	if done, ok := in.Code(ctx, next.Text).(agent.Done); !ok || done.How != string(authn.OfflineList) {
		t.Fatalf("next code: %+v", done)
	}
	desk := must(env.Admin.DeskCode(ctx, laptop.ID, wire.AddDeskCode{UserName: "anna.lind", Reason: "phone forgotten"}))(t)
	in, _ = offline(t, ctx, laptop)
	if done, ok := in.Code(ctx, desk.Code).(agent.Done); !ok || done.How != string(authn.OfflineDesk) {
		t.Fatalf("code of the service desk: %+v", done)
	}

	// The network is back: what was done is told, and it fits.
	if err := p.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	laptop.Network.SetDown(false)
	if err := laptop.Contact(ctx); err != nil {
		t.Fatal(err)
	}
	states := map[string]int{}
	for _, u := range must(env.Admin.OfflineUses(ctx, laptop.ID))(t) {
		states[string(u.Method)+" "+u.State]++
	}
	if states["qr matched"] != 1 || states["list matched"] != 2 || states["desk matched"] != 1 {
		t.Errorf("the server says %v", states)
	}
	if n := laptop.Machine.Status().Journal; n != 0 {
		t.Errorf("%d entries wait still", n)
	}
}

// a computer that is reported stolen never goes online again, and gets no code from the phone.
func TestStolenComputer(t *testing.T) {
	ctx, env, p, laptop, events := signedInOnce(t, authn.OfflineAllow)
	laptop.Network.SetDown(true)
	_, step := offline(t, ctx, laptop)
	ch := scanned(t, p, step)
	must(env.Admin.EndComputer(ctx, laptop.ID, wire.EndComputer{State: authn.ComputerStolen, Reason: "left in a train"}))(t)
	for computerOf(p, laptop).State != phone.ComputerStolen {
		await(t, ctx, events, phone.ComputersChanged)
	}
	for what, err := range map[string]error{
		"code for the QR":  second(p.OfflineCode(ctx, ch, platform.Prompt{})),
		"code of the list": second(p.ListCode(ctx, ch.Computer.Grant, platform.Prompt{})),
		"another QR":       second(p.OfflineChallenge(ch.Link)),
	} {
		if !errors.Is(err, authn.ErrGrantStolen) {
			t.Errorf("%s: %v", what, err)
		}
	}
	laptop.Network.SetDown(false) // and if it does
	if err := laptop.Contact(ctx); !errors.Is(err, authn.ErrComputerStolen) {
		t.Errorf("contact of a stolen computer: %v", err)
	}
	if n := len(laptop.Machine.Status().Grants); n != 0 {
		t.Errorf("%d grants are left on it", n)
	}
}

func second[T any](_ T, err error) error { return err }

// with a policy of only-when-offline a code is not taken once the server is back.
func TestOnlyWhenOffline(t *testing.T) {
	ctx, _, p, laptop, _ := signedInOnce(t, authn.OfflineFallback)
	in := laptop.Begin(agent.Ask{Login: "anna.lind"})
	if step, ok := in.Start(ctx).(agent.Approve); !ok || step.Offline {
		t.Errorf("codes are offered: %+v", step)
	}
	refusedWith(t, "by choice", in.GoOffline(ctx), "offline_denied")
	in.Cancel()
	laptop.Network.SetDown(true)
	in, step := offline(t, ctx, laptop)
	code := must(p.OfflineCode(ctx, scanned(t, p, step), platform.Prompt{}))(t)
	laptop.Network.SetDown(false)
	back := in.Code(ctx, code.Text)
	if a, ok := back.(agent.Approve); !ok || !a.Back {
		t.Errorf("the server is back: %+v", back)
	}
}
