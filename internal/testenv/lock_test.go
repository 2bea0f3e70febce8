package testenv_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/platform/simulated"
	"avow/internal/testenv"
)

// What the organisation decides of the lock reaches the phone in what the server signs, also while it is locked: ten wrong PINs block it until the organisation is laxer.
func TestOrganisationDecidesTheLock(t *testing.T) {
	ctx, env := start(t)
	var ahead atomic.Int64 // of the phone's clock, and of how long it runs
	p := must(testenv.OpenPhone(ctx, testenv.PhoneOptions{
		Dir: t.TempDir(), Name: "pixel", KDF: fastKDF, Ask: simulated.Always(simulated.Cancel), Now: func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) },
	}, env.ClientOptions(), slog.New(slog.DiscardHandler)))(t)
	defer p.Close()
	if err := p.SetPIN(ctx, p.PIN); err != nil {
		t.Fatal(err)
	}
	withPIN := keystore.WithPIN(ctx, p.PIN)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	must(env.Register(withPIN, p, "anna.lind", authn.BindAdditional))(t)
	decide := func(seconds int, r authn.WrongPINs) {
		t.Helper()
		policy := env.Site.Policy()
		policy.LockSeconds, policy.WrongPINs = seconds, r
		if err := env.Site.SetPolicy(ctx, policy, authn.AuditRecord{At: time.Now(), Actor: "admin:test", Reason: "test"}); err != nil {
			t.Fatal(err)
		}
		if err := p.Sync(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if l := p.State().Lock; l.After != phone.LockAfter || l.Most != 0 || l.WrongPINs != authn.WrongPINWait {
		t.Errorf("nobody decided, and the lock is %+v", l)
	}
	p.SetLockAfter(5 * time.Minute)
	decide(30, authn.WrongPINRestore)
	if l := p.State().Lock; l.After != 30*time.Second || l.Most != 30*time.Second || l.WrongPINs != authn.WrongPINRestore {
		t.Errorf("the lock is %+v", l)
	}
	p.Lock()
	for n := 1; n <= authn.PINTries; n++ {
		ahead.Add(int64(p.State().Lock.Wait))
		err := p.Unlock(keystore.WithPIN(ctx, key.Secret("999888")), platform.Prompt{})
		if want := keystore.ErrPINWrong; n < authn.PINTries && !errors.Is(err, want) {
			t.Fatalf("wrong PIN %d: %v", n, err)
		}
	}
	if l := p.State().Lock; !l.Blocked || l.Wrong != authn.PINTries {
		t.Errorf("after ten wrong PINs the lock is %+v", l)
	}
	if err := p.Unlock(withPIN, platform.Prompt{}); !errors.Is(err, keystore.ErrPINBlocked) {
		t.Errorf("the right PIN: %v, want ErrPINBlocked", err)
	}
	decide(0, authn.WrongPINWait)
	if l := p.State().Lock; l.Blocked || l.Most != 0 || l.After != 5*time.Minute || l.Wait < 23*time.Hour {
		t.Errorf("after a laxer decision the lock is %+v", l)
	}
	ahead.Add(int64(p.State().Lock.Wait))
	if err := p.Unlock(withPIN, platform.Prompt{}); err != nil || p.State().Locked {
		t.Errorf("the right PIN: %v", err)
	}
}

// A test goes the way of requests. Each link that breaks is told apart: the way to the server, the connection that is not open, and what is held back on it.
func TestDelivery(t *testing.T) {
	ctx, env := start(t)
	m := between(t, env)
	p := m.openPhone(t, ctx, t.TempDir())
	defer p.Close()
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	a := must(env.Register(ctx, p, "anna.lind", authn.BindAdditional))(t)
	swallow := func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path != "/v1/events/test" {
			return false
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte("{}"))
		return true
	}
	over := make(chan time.Time)
	close(over)
	refused := func(want error) {
		t.Helper()
		if _, err := p.TestDelivery(ctx, a.ID, over); !errors.Is(err, want) {
			t.Errorf("got %v, want %v", err, want)
		}
	}
	m.intercept(swallow)
	refused(phone.ErrNotListening) // the app does not run
	run, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); p.Run(run) }()
	defer func() { stop(); <-done }()
	m.intercept(nil)
	if took, err := p.TestDelivery(ctx, a.ID, nil); err != nil || took < 0 {
		t.Fatalf("test: %v, %v", took, err)
	}
	m.intercept(swallow)
	refused(phone.ErrNotDelivered)
	m.answer(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	if _, err := p.TestDelivery(ctx, a.ID, nil); err == nil || errors.Is(err, phone.ErrNotDelivered) || errors.Is(err, phone.ErrNotListening) {
		t.Errorf("without a server: %v", err)
	}
	if _, err := p.TestDelivery(ctx, "d_nobody", nil); !errors.Is(err, phone.ErrNoAccount) {
		t.Errorf("no such account: %v", err)
	}
}
