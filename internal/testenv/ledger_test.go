package testenv_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/store"
	"avow/internal/store/sqlite/sqlitetest"
	"avow/internal/wire"
)

// ledger is what the server has acknowledged. Later it must all be true, and once.
type ledger struct {
	mu        sync.Mutex
	devices   map[authn.DeviceID]bool // confirmed; false since a later one has replaced it
	used      []key.Secret            // sessions that were finished
	decisions map[authn.RequestID]authn.DecisionKind
	redeemed  map[string]int // tokens by auth_req_id
	whose     map[string]*client.RelyingParty
}

func (l *ledger) finished(s key.Secret) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.used = append(l.used, s)
}

func (l *ledger) confirmed(id, old authn.DeviceID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.devices[id] = true
	if old != "" {
		l.devices[old] = false
	}
}

func (l *ledger) decided(id authn.RequestID, kind authn.DecisionKind) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.decisions[id] = kind
}

func (l *ledger) token(authReqID string, c *client.RelyingParty) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.redeemed[authReqID]++
	l.whose[authReqID] = c
}

// usedStayUsed claims the last n used sessions again, with another phone: session_used, for ever.
func (l *ledger) usedStayUsed(ctx context.Context, s client.Server, n int) error {
	l.mu.Lock()
	used := slices.Clone(l.used[max(0, len(l.used)-n):])
	l.mu.Unlock()
	for _, secret := range used {
		k, err := key.Generate()
		if err != nil {
			return err
		}
		d := client.NewDevice(s, "", k, client.Options{})
		_, err = d.Claim(ctx, wire.Claim{Session: wire.SessionSecret{Secret: secret}, DeviceJWK: k.Key()})
		d.Close()
		if !errors.Is(err, authn.ErrSessionUsed) {
			return fmt.Errorf("claim of a used session: %v, want session_used", err)
		}
	}
	return nil
}

// redeemedStayRedeemed asks for tokens that were given once.
func (l *ledger) redeemedStayRedeemed(ctx context.Context, n int) error {
	for id, c := range l.whose {
		if n--; n < 0 {
			break
		}
		if _, err := c.Token(ctx, id); authn.CodeOf(err) != wire.ErrInvalidGrant {
			return fmt.Errorf("second token: %v, want invalid_grant", err)
		}
	}
	return nil
}

// compare holds the database against what was acknowledged.
func (l *ledger) compare(t *testing.T, w town) {
	t.Helper()
	db, err := sqlitetest.Open(context.Background(), w.db())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	err = db.View(context.Background(), func(r store.Reader) error {
		for id, current := range l.devices {
			d, err := r.Device(id)
			if err != nil {
				return fmt.Errorf("device that was confirmed: %w", err)
			}
			// One that was replaced may be revoked before its successor's Yes was acknowledged.
			if !current && d.State != authn.DeviceRevoked || current && d.State == authn.DevicePending {
				t.Errorf("device is %s, current %v", d.State, current)
			}
		}
		for id, kind := range l.decisions {
			q, err := r.ApprovalRequest(id)
			if err != nil {
				return fmt.Errorf("request that was decided: %w", err)
			}
			if q.Decision != kind {
				t.Errorf("decision is %q, acknowledged was %q", q.Decision, kind)
			}
		}
		for id, n := range l.redeemed {
			q, err := r.ApprovalRequestByAuthReq(authn.HashOf(key.Secret(id)))
			if err != nil {
				return fmt.Errorf("request that was redeemed: %w", err)
			}
			if n != 1 || q.State != authn.RequestRedeemed {
				t.Errorf("%d tokens, request is %s", n, q.State)
			}
		}
		return once(t, r)
	})
	if err != nil {
		t.Error(err)
	}
}

// once reads the audit log: no session, decision or redemption happened twice, and each session made one device.
func once(t *testing.T, r store.Reader) error {
	records, err := r.Audit(1 << 30)
	if err != nil {
		return err
	}
	times := map[string]int{}
	for _, a := range records {
		switch a.Action {
		case "request.approve", "request.deny":
			times["decided "+a.Subject]++
		case "request.redeem", "session.claim", "device.confirm":
			times[a.Action+" "+a.Subject]++
		}
	}
	for what, n := range times {
		if n != 1 {
			t.Errorf("%s: %d times", what, n)
		}
	}
	devices, err := r.Devices()
	if err != nil {
		return err
	}
	made := map[authn.RegistrationID]int{}
	for _, d := range devices {
		if made[d.Registration]++; made[d.Registration] > 1 {
			t.Errorf("session %s made two devices", d.Registration)
		}
	}
	return nil
}
