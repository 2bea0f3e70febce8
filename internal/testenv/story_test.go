package testenv_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/phone"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/platform/simulated"
	"avow/internal/testenv"
	"avow/internal/wire"
)

// fastKDF is the least that a keystore takes, so that the stories run quickly.
var fastKDF = keystore.MinKDF

func start(t *testing.T) (context.Context, *testenv.Env) {
	t.Helper()
	beside(t)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute) // a loaded machine takes its time
	t.Cleanup(cancel)
	env, err := testenv.Start(ctx, testenv.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := env.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return ctx, env
}

var besides sync.Map

// beside lets a test run beside others: much of a story is waiting for what another party says.
func beside(t *testing.T) {
	if _, did := besides.LoadOrStore(t, true); !did {
		t.Parallel()
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

// readyPhone is a registered phone that listens to its server.
func readyPhone(t *testing.T, ctx context.Context, env *testenv.Env, name, login string) (*testenv.Phone, phone.Account, <-chan phone.Event) {
	t.Helper()
	p := must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: name, KDF: fastKDF}))(t)
	if err := p.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	a := must(env.Register(ctx, p, login, authn.BindAdditional))(t)
	return p, a, listen(t, ctx, p)
}

func listen(t *testing.T, ctx context.Context, p *testenv.Phone) <-chan phone.Event {
	t.Helper()
	events := make(chan phone.Event, 100)
	cancel := p.Subscribe(func(e phone.Event) { events <- e })
	run, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); p.Run(run) }()
	t.Cleanup(func() { stop(); <-done; cancel(); p.Close() })
	return events
}

func await(t *testing.T, ctx context.Context, events <-chan phone.Event, kind phone.EventKind) phone.Event {
	t.Helper()
	for {
		select {
		case e := <-events:
			if e.Kind == kind {
				return e
			}
		case <-ctx.Done():
			t.Fatalf("no %s: %v", kind, ctx.Err())
		}
	}
}

func TestMainJob(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	p, a, events := readyPhone(t, ctx, env, "pixel", "anna.lind")
	if got, _ := p.State().Account(a.ID); got.Status != phone.Connected || got.Name != "Anna Lind" {
		t.Fatalf("account is %+v", got)
	}
	computer := must(env.AddComputer(ctx, "laptop-42", "LAPTOP-42", authn.MatchNumber))(t)
	ask := must(computer.Authorize(ctx, client.Question{User: "anna.lind", Message: "Sign in to LAPTOP-42", Agent: "Linux console", IP: "203.0.113.7"}))(t)
	await(t, ctx, events, phone.RequestArrived)
	r := p.State().Requests[0]
	if r.Client.Name != "LAPTOP-42" || r.Origin.IP != "203.0.113.7" {
		t.Errorf("request shows %+v", r.ApprovalRequest)
	}
	if _, err := p.Approve(ctx, r.ID, phone.Match{Number: wrong(ask.Number)}, platform.Prompt{}); !errors.Is(err, authn.ErrWrongNumber) || authn.AsError(err).Left != 2 {
		t.Fatalf("wrong number: %v", err)
	}
	if len(p.State().Requests) != 1 {
		t.Fatal("a wrong number closed the request")
	}
	must(p.Approve(ctx, r.ID, phone.Match{Number: ask.Number}, platform.Prompt{}))(t)
	id := must(computer.Wait(ctx, ask))(t)
	if id.ACR != wire.ACRNumber {
		t.Errorf("acr is %q", id.ACR)
	}
	if len(p.State().Requests) != 0 {
		t.Error("the request is still shown")
	}
}

func wrong(number string) string {
	if number == "000000" {
		return "000001"
	}
	return "000000"
}

func TestApproveByScanning(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	p, _, events := readyPhone(t, ctx, env, "pixel", "anna.lind")
	computer := must(env.AddComputer(ctx, "laptop-42", "LAPTOP-42", authn.MatchNumber))(t)
	ask := must(computer.Authorize(ctx, client.Question{User: "anna.lind"}))(t)
	await(t, ctx, events, phone.RequestArrived)
	link := must(wire.ParseLink(ask.QR))(t).(wire.ApprovalLink)
	r := must(p.ByHandle(link))(t)
	must(p.Approve(ctx, r.ID, phone.Match{Handle: link.Handle}, platform.Prompt{}))(t)
	if id := must(computer.Wait(ctx, ask))(t); id.ACR != wire.ACRQR {
		t.Errorf("acr is %q", id.ACR)
	}
}

func TestDenyAndNotMe(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	p, _, events := readyPhone(t, ctx, env, "pixel", "anna.lind")
	computer := must(env.AddComputer(ctx, "laptop-42", "LAPTOP-42", authn.MatchTap))(t)
	for _, say := range []func(context.Context, authn.RequestID) (phone.Receipt, error){p.Deny, p.NotMe} {
		ask := must(computer.Authorize(ctx, client.Question{User: "anna.lind"}))(t)
		e := await(t, ctx, events, phone.RequestArrived)
		must(say(ctx, e.Request))(t)
		var denied *wire.OAuthError
		if _, err := computer.Wait(ctx, ask); !errors.As(err, &denied) || denied.Code != wire.ErrAccessDenied {
			t.Errorf("the computer got %v, want access_denied", err)
		}
	}
}

// TestFreshVerification covers R-031: neither unlocking nor an earlier approval is enough.
func TestFreshVerification(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	answers := make(chan simulated.Answer, 1)
	answer := simulated.Touch
	p := must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: "pixel", KDF: fastKDF, Ask: func(context.Context, platform.Prompt) simulated.Answer {
		select {
		case answer = <-answers:
		default:
		}
		return answer
	}}))(t)
	if err := p.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	must(env.Register(ctx, p, "anna.lind", authn.BindFirst))(t)
	if p.State().Locked {
		t.Fatal("the phone is locked right after connecting")
	}
	events := listen(t, ctx, p)
	computer := must(env.AddComputer(ctx, "laptop-42", "LAPTOP-42", authn.MatchTap))(t)
	must(computer.Authorize(ctx, client.Question{User: "anna.lind"}))(t)
	e := await(t, ctx, events, phone.RequestArrived)
	answers <- simulated.Cancel
	asked := len(p.Sensor.Asked())
	if _, err := p.Approve(ctx, e.Request, phone.Match{}, platform.Prompt{}); !errors.Is(err, platform.ErrCanceled) {
		t.Errorf("approved with a canceled verification: %v", err)
	}
	if got := len(p.Sensor.Asked()); got != asked+1 {
		t.Errorf("the sensor asked %d times more, want 1", got-asked)
	}
	if len(p.State().Requests) != 1 {
		t.Error("the request is gone although nothing was decided")
	}
	answers <- simulated.Touch
	must(p.Approve(ctx, e.Request, phone.Match{}, platform.Prompt{}))(t)
}

// TestRevokedDevice covers R-032: revoked between display and tap.
func TestRevokedDevice(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	p, a, events := readyPhone(t, ctx, env, "pixel", "anna.lind")
	computer := must(env.AddComputer(ctx, "laptop-42", "LAPTOP-42", authn.MatchTap))(t)
	must(computer.Authorize(ctx, client.Question{User: "anna.lind"}))(t)
	e := await(t, ctx, events, phone.RequestArrived)
	must(env.Admin.RevokeDevice(ctx, a.ID, "lost"))(t)
	if _, err := p.Approve(ctx, e.Request, phone.Match{}, platform.Prompt{}); err == nil {
		t.Error("a revoked device approved")
	}
	for {
		if got, _ := p.State().Account(a.ID); got.Status == phone.Removed {
			break
		}
		await(t, ctx, events, phone.AccountsChanged)
	}
	if len(p.State().Requests) != 0 {
		t.Error("a removed account still shows requests")
	}
}

// TestRestart shows that a phone outlives its process and its server's.
func TestRestart(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	p := must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: "pixel", KDF: fastKDF}))(t)
	if err := p.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	a := must(env.Register(ctx, p, "anna.lind", authn.BindFirst))(t)
	p.Close()
	if err := env.Stop(); err != nil {
		t.Fatal(err)
	}

	again := must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: "pixel", KDF: fastKDF}))(t)
	s := again.State()
	if !s.Locked || !s.HasPIN || len(s.Accounts) != 1 || s.Accounts[0].ID != a.ID {
		t.Fatalf("state after the restart: %+v", s)
	}
	if err := again.Sync(ctx); !errors.Is(err, client.ErrUnreachable) {
		t.Errorf("sync without a server: %v", err)
	}
	if got := again.State().Accounts[0].Status; got != phone.Unreachable {
		t.Errorf("status is %s", got)
	}
	if err := env.Resume(ctx); err != nil {
		t.Fatal(err)
	}
	if err := again.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	if got := again.State().Accounts[0].Status; got != phone.Connected {
		t.Errorf("status is %s", got)
	}
	if err := again.Unlock(keystore.WithPIN(ctx, again.PIN), platform.Prompt{}); err != nil {
		t.Fatal(err)
	}
	told, err := again.RemoveAccount(ctx, a.ID)
	if err != nil || !told {
		t.Fatalf("remove: told %v, %v", told, err)
	}
	if devices := must(env.Admin.Devices(ctx, "anna.lind"))(t); devices[0].State != authn.DeviceRevoked {
		t.Errorf("the server has the device as %s", devices[0].State)
	}
	again.Close()
}

// TestQueuedRemoval: a removal without a network is done here at once and told later.
func TestQueuedRemoval(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	p := must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: "pixel", KDF: fastKDF}))(t)
	if err := p.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	a := must(env.Register(ctx, p, "anna.lind", authn.BindFirst))(t)
	if err := env.Stop(); err != nil {
		t.Fatal(err)
	}
	if told, err := p.RemoveAccount(ctx, a.ID); err != nil || told {
		t.Fatalf("remove without a server: told %v, %v", told, err)
	}
	p.Close()
	if err := env.Resume(ctx); err != nil {
		t.Fatal(err)
	}
	again := must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: "pixel", KDF: fastKDF}))(t)
	defer again.Close()
	if len(again.State().Accounts) != 0 {
		t.Error("the removed account is back")
	}
	if err := again.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	if devices := must(env.Admin.Devices(ctx, "anna.lind"))(t); devices[0].State != authn.DeviceRevoked {
		t.Errorf("the server has the device as %s", devices[0].State)
	}
}

// TestWrongServer covers R-009: nothing is sent to a server that the code does not vouch for.
func TestWrongServer(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	s := must(env.AddSession(ctx, "anna.lind", authn.BindFirst))(t)
	link := must(wire.ParseLink(s.Link))(t).(wire.RegistrationLink)
	link.Pin[0] ^= 1
	p := must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: "pixel", KDF: fastKDF}))(t)
	defer p.Close()
	if _, err := p.Invite(ctx, link); !errors.Is(err, client.ErrPinMismatch) {
		t.Fatalf("Invite: %v, want ErrPinMismatch", err)
	}
	if got := must(env.Admin.Sessions(ctx, "anna.lind"))(t); got[0].Status != "active" {
		t.Errorf("the session is %s: something was sent", got[0].Status)
	}
	link.Pin[0] ^= 1
	must(p.Invite(ctx, link))(t)
	if got := must(env.Admin.Sessions(ctx, "anna.lind"))(t); got[0].Status != "claimed" {
		t.Errorf("the session is %s", got[0].Status)
	}
}

// TestWrongClock covers R-041: a phone whose clock is ten years off works all the same.
func TestWrongClock(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	computer := must(env.AddComputer(ctx, "laptop-42", "LAPTOP-42", authn.MatchTap))(t)
	for name, off := range map[string]time.Duration{"ahead": 87600 * time.Hour, "behind": -87600 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			p := must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: name, KDF: fastKDF, Now: func() time.Time { return time.Now().Add(off) }}))(t)
			if err := p.Ready(ctx); err != nil {
				t.Fatal(err)
			}
			a := must(env.Register(ctx, p, "anna.lind", authn.BindAdditional))(t)
			events := listen(t, ctx, p)
			ask := must(computer.Authorize(ctx, client.Question{User: "anna.lind"}))(t)
			e := await(t, ctx, events, phone.RequestArrived)
			must(p.Approve(ctx, e.Request, phone.Match{}, platform.Prompt{}))(t)
			must(computer.Wait(ctx, ask))(t)
			must(env.Admin.RevokeDevice(ctx, a.ID, "test over"))(t)
		})
	}
}

// TestConfirmedLive: the phone hears of the Yes on the page at once.
func TestConfirmedLive(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	p := must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: "pixel", KDF: fastKDF}))(t)
	if err := p.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	events := listen(t, ctx, p)
	s := must(env.AddSession(ctx, "anna.lind", authn.BindFirst))(t)
	a := must(p.Connect(ctx, s.Link))(t)
	if a.Status != phone.Waiting {
		t.Fatalf("status is %s before the Yes", a.Status)
	}
	must(env.Admin.ConfirmSession(ctx, "anna.lind", wire.ConfirmSession{CheckWords: a.CheckWords, Reason: "test"}))(t)
	for {
		await(t, ctx, events, phone.AccountsChanged)
		if got, _ := p.State().Account(a.ID); got.Status == phone.Connected {
			return
		}
	}
}
