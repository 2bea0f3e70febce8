package testenv_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/phone"
	"avow/internal/phone/platform"
	"avow/internal/testenv"
	"avow/internal/wire"
)

// behind is a connected phone that gets to the server through a middle.
func behind(t *testing.T, ctx context.Context, env *testenv.Env) (*middle, *testenv.Phone, phone.Account) {
	t.Helper()
	m := between(t, env)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	p := m.openPhone(t, ctx, t.TempDir())
	a := must(env.Register(ctx, p, "anna.lind", authn.BindFirst))(t)
	return m, p, a
}

// pass hands an answer of the server on.
func (n *nowhere) pass(w http.ResponseWriter) {
	for k, v := range n.head {
		w.Header()[k] = v
	}
	if n.status != 0 {
		w.WriteHeader(n.status)
	}
	_, _ = w.Write(n.body)
}

// TestListIsOlderThanTheStream: a request comes by the stream while "Check now" still waits for a list that was made before. It stays.
func TestListIsOlderThanTheStream(t *testing.T) {
	ctx, env := start(t)
	m, p, _ := behind(t, ctx, env)
	computer := must(env.AddComputer(ctx, "laptop-42", "LAPTOP-42", authn.MatchTap))(t)
	defer computer.Close()
	events := listen(t, ctx, p)
	await(t, ctx, events, phone.AccountsChanged) // the stream is open, and its own list was fetched
	listed, release := make(chan struct{}, 1), make(chan struct{})
	handler := env.Server.Handler()
	m.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/v1/requests" {
			return false
		}
		answer := &nowhere{head: http.Header{}}
		handler.ServeHTTP(answer, r)
		if answer.status != http.StatusUnauthorized {
			listed <- struct{}{}
			<-release
		}
		answer.pass(w)
		return true
	})
	synced := make(chan error, 1)
	go func() { synced <- p.Sync(ctx) }()
	<-listed
	ask := must(computer.Authorize(ctx, client.Question{User: "anna.lind"}))(t)
	e := await(t, ctx, events, phone.RequestArrived)
	close(release)
	if err := <-synced; err != nil {
		t.Fatal(err)
	}
	m.intercept(nil)
	if _, ok := p.State().Request(e.Request); !ok {
		t.Fatal("the request is gone from the phone, and open at the server")
	}
	must(p.Approve(ctx, e.Request, phone.Match{}, platform.Prompt{}))(t)
	must(computer.Wait(ctx, ask))(t)
}

// TestClaimResumes: the answer to a claim is lost. The same code goes on, also after a new start: only this phone's key can.
func TestClaimResumes(t *testing.T) {
	ctx, env := start(t)
	m := between(t, env)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	s := must(env.AddSession(ctx, "anna.lind", authn.BindFirst))(t)
	link := must(wire.ParseLink(s.Link))(t).(wire.RegistrationLink)
	dir := t.TempDir()
	p := m.openPhone(t, ctx, dir)
	m.loseAnswer(t, env, "/claim")
	if _, err := p.Invite(ctx, link); !errors.Is(err, client.ErrUnreachable) {
		t.Fatalf("invite: %v", err)
	}
	m.intercept(nil)
	again := m.openPhone(t, ctx, dir)
	defer again.Close()
	inv, err := again.Invite(ctx, link)
	if err != nil || inv.LoginMasked == "" {
		t.Fatalf("the same code again: %+v, %v", inv, err)
	}
}

// TestRemovalIsToldLater: the server cannot be reached while the account is taken away. Run tells it as soon as it answers, without
// being asked.
func TestRemovalIsToldLater(t *testing.T) {
	ctx, env := start(t)
	m, p, a := behind(t, ctx, env)
	m.answer(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	if told, err := p.RemoveAccount(ctx, a.ID); told || err != nil {
		t.Fatalf("told %v, %v", told, err)
	}
	handler, heard := env.Server.Handler(), make(chan int, 10)
	m.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "/device/remove") {
			return false
		}
		answer := &nowhere{head: http.Header{}}
		handler.ServeHTTP(answer, r)
		answer.pass(w)
		if answer.status != http.StatusUnauthorized {
			heard <- answer.status
		}
		return true
	})
	listen(t, ctx, p)
	select {
	case <-heard:
	case <-ctx.Done():
		t.Fatal("the server was not told")
	}
	if d := must(env.Admin.Devices(ctx, "anna.lind"))(t); len(d) != 1 || d[0].State != authn.DeviceRevoked {
		t.Errorf("the server has %v", d)
	}
}
