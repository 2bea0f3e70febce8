package testenv_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/store"
	"avow/internal/wire"
)

// soakWorkers are people who register and sign in, each with a computer, while the server is killed.
const soakWorkers = 6

// TestSoakServer kills the server, kill -9, at any moment of registrations and approvals over HTTPS (D5): nothing acknowledged is
// lost, nothing happens twice, the database stays whole, and it is ready again in less than two seconds.
func TestSoakServer(t *testing.T) {
	w, credential, computers := found(t, soakWorkers, authn.MatchTap)
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	l := &ledger{
		devices: map[authn.DeviceID]bool{}, decisions: map[authn.RequestID]authn.DecisionKind{},
		redeemed: map[string]int{}, whose: map[string]*client.RelyingParty{},
	}
	g := newGate()
	srv, _ := w.startServer(t)
	defer func() { _ = srv.kill() }()
	g.open()
	work, stop := context.WithCancel(ctx)
	defer stop()
	failed := make(chan error, soakWorkers)
	for i := range soakWorkers {
		p := &soakPerson{
			login: fmt.Sprintf("person%d", i), admin: client.NewAdmin(credential, client.Options{}), computer: computers[i],
			server: credential.Server, gate: g, ledger: l,
		}
		go func() { failed <- p.live(work) }()
	}
	var ready []time.Duration
	for n := range kills() {
		select {
		case <-time.After(time.Duration(rand.IntN(200)) * time.Millisecond): // the moment must be random: no signal of the server's
		case err := <-failed:
			t.Fatalf("after %d kills: %v", n, err)
		}
		_ = srv.kill()
		var took time.Duration
		srv, took = w.startServer(t)
		ready = append(ready, took)
		g.open()
		w.whole(t)
		if err := l.usedStayUsed(ctx, credential.Server, 2); err != nil {
			t.Fatalf("after %d kills: %v", n+1, err)
		}
	}
	if err := l.someOfAll(ctx, failed); err != nil {
		t.Fatal(err)
	}
	stop()
	g.open() // who waits for a server may go
	for range soakWorkers {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	// One more start, so that the pace is forgotten and every request can be asked for again.
	_ = srv.kill()
	srv, _ = w.startServer(t)
	if err := errors.Join(l.usedStayUsed(ctx, credential.Server, 50), l.redeemedStayRedeemed(ctx, 50)); err != nil {
		t.Error(err)
	}
	_ = srv.kill()
	l.compare(t, w)
	slices.Sort(ready)
	p99 := ready[min(len(ready)*99/100, len(ready)-1)]
	t.Logf("%d kills; acknowledged: %d devices, %d decisions, %d tokens; ready again p50 %v, p99 %v", len(ready), len(l.devices),
		len(l.decisions), len(l.redeemed), ready[len(ready)/2].Round(time.Millisecond), p99.Round(time.Millisecond))
}

// someOfAll lets the people go on until something of each kind was acknowledged: on a slow machine the kills may have come before that, and
// the test would show nothing.
func (l *ledger) someOfAll(ctx context.Context, failed <-chan error) error {
	late := time.After(time.Minute)
	for {
		l.mu.Lock()
		enough := len(l.devices) > 0 && len(l.decisions) > 0 && len(l.redeemed) > 0
		l.mu.Unlock()
		if enough {
			return nil
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case err := <-failed:
			return fmt.Errorf("before anything was acknowledged: %w", err)
		case <-late:
			return errors.New("nothing was acknowledged within a minute: the test shows nothing")
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// whole asks SQLite whether the file is in order, while the server runs.
func (w town) whole(t *testing.T) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+w.db()+"?mode=ro&_pragma=busy_timeout(10000)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var said string
	if err := db.QueryRow(`PRAGMA integrity_check`).Scan(&said); err != nil || said != "ok" {
		t.Fatalf("integrity_check: %s %v", said, err)
	}
}

// soakPerson registers phones and signs in, again and again.
type soakPerson struct {
	login    string
	admin    *client.Admin
	computer *client.RelyingParty
	server   client.Server
	gate     *gate
	ledger   *ledger
	phone    *handset
}

// again reports whether a call failed because the server was gone or had just begun.
func again(err error) bool {
	return authn.AsError(err).Kind == authn.Unavailable && !errors.Is(err, client.ErrNonsense)
}

// try calls f until a server answers it.
func (p *soakPerson) try(ctx context.Context, f func() error) error {
	for {
		n := p.gate.now()
		err := f()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil || !again(err) {
			return err
		}
		if authn.CodeOf(err) == wire.ErrTemporarily { // of this very second, and the server is younger
			select {
			case <-time.After(time.Second):
				continue
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if err := p.gate.after(ctx, n); err != nil {
			return err
		}
	}
}

func (p *soakPerson) live(ctx context.Context) error {
	defer p.admin.Close()
	err := p.try(ctx, func() error {
		_, err := p.admin.AddUser(ctx, wire.AddUser{UserName: p.login, Name: p.login, Reason: "soak"})
		if errors.Is(err, store.ErrExists) || authn.AsError(err).Kind == authn.Conflict { // its answer was lost
			return nil
		}
		return err
	})
	for n := 0; err == nil; n++ {
		if n%8 == 0 {
			if err = p.answerAll(ctx, authn.Approve); err == nil { // nobody could answer for a phone that is replaced
				err = p.register(ctx)
			}
		} else {
			err = p.signIn(ctx, n)
		}
	}
	if ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("%s: %w", p.login, err)
}

// register connects a new phone, which replaces the old one.
func (p *soakPerson) register(ctx context.Context) error {
	var s wire.AddedSession
	err := p.try(ctx, func() (err error) {
		s, err = p.admin.AddSession(ctx, wire.AddSession{UserName: p.login, Mode: authn.BindReplace, Force: true, Reason: "soak"})
		return err
	})
	if err != nil {
		return fmt.Errorf("add session: %w", err)
	}
	l, err := wire.ParseLink(s.Link)
	if err != nil {
		return err
	}
	secret := l.(wire.RegistrationLink).Session
	h, exchange, err := newHandset()
	if err != nil {
		return err
	}
	d := client.NewDevice(p.server, "", h.device, client.Options{})
	defer d.Close()
	var claimed wire.Claimed
	err = p.try(ctx, func() (err error) {
		claimed, err = d.Claim(ctx, wire.Claim{Session: wire.SessionSecret{Secret: secret}, DeviceJWK: h.device.Key()})
		return err
	})
	if err != nil {
		return fmt.Errorf("claim: %w", err)
	}
	raw, err := wire.SignRegistration(h.approval, wire.Registration{
		Audience: p.server.Issuer, RegistrationID: claimed.RegistrationID, Challenge: claimed.Challenge, SessionHash: wire.HashSession(secret),
		DeviceJWK: h.device.Key(), ApprovalJWK: h.approval.Key(), ExchangeJWK: exchange,
		Device: authn.DeviceInfo{Name: "Soaked"}, Class: key.Software, UV: authn.UVPIN,
	})
	if err != nil {
		return err
	}
	var bound wire.Bound
	if err = p.try(ctx, func() (err error) { bound, err = d.Finish(ctx, raw); return err }); err != nil {
		return fmt.Errorf("finish: %w", err)
	}
	p.ledger.finished(secret)
	err = p.try(ctx, func() error {
		_, err := p.admin.ConfirmSession(ctx, p.login, wire.ConfirmSession{CheckWords: bound.CheckWords, Reason: "soak"})
		return err
	})
	if err != nil {
		return fmt.Errorf("confirm: %w", err)
	}
	h.id, h.user = bound.Device, bound.User
	h.Device = client.NewDevice(p.server, h.id, h.device, client.Options{})
	var old authn.DeviceID
	if p.phone != nil {
		old = p.phone.id
		p.phone.Close()
	}
	p.phone = h
	p.ledger.confirmed(h.id, old)
	return nil
}

func newHandset() (*handset, key.Public, error) {
	var keys [3]key.Private
	for i := range keys {
		k, err := key.Generate()
		if err != nil {
			return nil, key.Public{}, err
		}
		keys[i] = k
	}
	return &handset{device: keys[0], approval: keys[1]}, keys[2].Key(), nil
}

// signIn is one sign-in; each third of them is denied. A request whose secret was lost with the answer is answered all the same, so
// that the next one may be opened.
func (p *soakPerson) signIn(ctx context.Context, n int) error {
	kind := authn.Approve
	if n%3 == 0 {
		kind = authn.Deny
	}
	var ask wire.BackchannelAnswer
	err := p.try(ctx, func() (err error) {
		ask, err = p.computer.Authorize(ctx, client.Question{User: p.login})
		return err
	})
	if authn.AsError(err).Kind == authn.TooMany || authn.CodeOf(err) == wire.ErrTemporarily {
		kind, ask.AuthReqID = authn.Approve, ""
	} else if err != nil {
		return fmt.Errorf("authorize: %w", err)
	}
	if err := p.answerAll(ctx, kind); err != nil || ask.AuthReqID == "" {
		return err
	}
	return p.redeem(ctx, ask.AuthReqID, kind)
}

// answerAll answers what waits for the phone.
func (p *soakPerson) answerAll(ctx context.Context, kind authn.DecisionKind) error {
	if p.phone == nil {
		return nil
	}
	var list wire.RequestList
	if err := p.try(ctx, func() (err error) { list, err = p.phone.Requests(ctx); return err }); err != nil {
		return fmt.Errorf("requests: %w", err)
	}
	for _, raw := range list.Requests {
		if err := p.decide(ctx, raw, kind); err != nil {
			return err
		}
	}
	return nil
}

func (p *soakPerson) decide(ctx context.Context, raw string, kind authn.DecisionKind) error {
	r, jws, err := p.phone.answer(raw, kind, "")
	if err != nil {
		return err
	}
	err = p.try(ctx, func() error {
		a, err := p.phone.Decide(ctx, r.ID, jws)
		if err == nil {
			_, err = wire.VerifyReceipt(a.Receipt, p.server.Identity, raw, jws)
		}
		return err
	})
	switch {
	case err == nil:
		p.ledger.decided(r.ID, kind)
		return nil
	case errors.Is(err, authn.ErrDecided): // the answer of a moment ago was lost; it stands
		return nil
	}
	return fmt.Errorf("decide: %w", err)
}

// redeem asks for the token until there is an answer. invalid_grant may mean that a token was lost on its way, never that one was
// given before.
func (p *soakPerson) redeem(ctx context.Context, authReqID string, kind authn.DecisionKind) error {
	calls := 0
	err := p.try(ctx, func() error {
		calls++
		_, err := p.computer.Token(ctx, authReqID)
		return err
	})
	switch code := authn.CodeOf(err); {
	case err == nil && kind == authn.Approve:
		p.ledger.token(authReqID, p.computer)
		return nil
	case err == nil:
		return errors.New("a token for a No")
	case code == wire.ErrAccessDenied && kind == authn.Deny:
		return nil
	case code == wire.ErrInvalidGrant && calls > 1, code == wire.ErrSlowDown:
		return nil
	}
	return fmt.Errorf("token after %s: %w", kind, err)
}
