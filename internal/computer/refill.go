package computer

import (
	"context"
	"crypto"
	"crypto/ecdh"
	"crypto/rand"
	"fmt"
	"slices"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/otp"
	"avow/internal/wire"
)

const (
	deskRefill = 5 // with fewer left the service desk gets a new list
	keptLists  = 2 // of one holder: the newest, and the one before while no code of the newest was used
)

// want is a list that is missing.
type want struct {
	grant    grant
	method   authn.OfflineMethod
	exchange key.Public
	holder   string
	count    int
}

// Refill makes the lists that are missing or nearly used up, one after the other: fifty codes for a phone, ten for the service desk, whose
// exchange key is desk (zero: none). Each is signed by the computer's key and on disk before the next is begun; Pending then
// has it for the server. It takes a second or two for a list and holds up nothing else. ctx ends it between two codes.
func (m *Machine) Refill(ctx context.Context, signer crypto.Signer, issuer string, desk key.Public) error {
	for {
		w, ok := m.missing(issuer, desk)
		if !ok {
			return nil
		}
		l, err := m.makeList(ctx, signer, w)
		if err != nil {
			return err
		}
		if err := m.addList(l); err != nil {
			return err
		}
	}
}

// missing finds a list to make.
func (m *Machine) missing(issuer string, desk key.Public) (want, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock.now()
	for _, g := range m.state.Grants {
		if m.state.gives(g, now) != nil {
			continue
		}
		for _, w := range []want{
			{g, authn.OfflineList, g.ExchangeJWK, string(g.Device), authn.ListCount},
			{g, authn.OfflineDesk, desk, issuer, authn.DeskCount},
		} {
			if !w.exchange.IsZero() && m.state.wants(w) {
				return w, true
			}
		}
	}
	return want{}, false
}

func (s state) wants(w want) bool {
	enough := authn.ListRefill
	if w.method == authn.OfflineDesk {
		enough = deskRefill
	}
	left := -1
	for _, l := range s.Lists {
		if l.Grant == w.grant.ID && l.Method == w.method {
			if left = len(l.Codes); l.Exchange != w.exchange {
				left = -1
			}
		}
	}
	return left < enough
}

// makeList derives the codes from a key whose private half is gone when it returns, and keeps hashes of them.
func (m *Machine) makeList(ctx context.Context, signer crypto.Signer, w want) (list, error) {
	c, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return list{}, fmt.Errorf("make list: %w", err)
	}
	public, err := key.FromECDH(c.PublicKey())
	if err != nil {
		return list{}, fmt.Errorf("make list: %w", err)
	}
	shared, err := c.ECDH(w.exchange.ECDH())
	if err != nil {
		return list{}, fmt.Errorf("make list: %w", err)
	}
	defer clear(shared)
	l := list{
		ID: authn.NewBatchID(), Grant: w.grant.ID, Method: w.method, Exchange: w.exchange, Count: w.count, Cost: m.cfg.Cost,
		Codes: make([]hashed, w.count), Used: []authn.Hash{},
	}
	k, err := otp.NewListKey(shared, l.ID, public, parties(w.exchange, w.grant))
	if err != nil {
		return list{}, fmt.Errorf("make list: %w", err)
	}
	defer k.Wipe()
	for i := range l.Codes {
		if l.Codes[i], err = m.hash(ctx, k.Code(i), l.Cost); err != nil {
			return list{}, err
		}
	}
	l.Statement, err = wire.SignBatch(signer, wire.Batch{
		Computer: m.cfg.ID, Holder: w.holder, IssuedAt: m.cfg.Now().Unix(), Grant: l.Grant, ID: l.ID, JWK: public, Count: l.Count,
	})
	return l, err
}

// addList keeps a list if its grant is still what it was made for.
func (m *Machine) addList(l list) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	next := m.state.clone()
	g := next.grant(l.Grant)
	if g == nil || g.State != authn.GrantActive || l.Method == authn.OfflineList && g.ExchangeJWK != l.Exchange {
		return nil
	}
	next.Lists = append(next.Lists, l)
	have := 0
	for i, other := range slices.Backward(next.Lists) {
		if other.Grant != l.Grant || other.Method != l.Method {
			continue
		}
		if have++; have > keptLists || other.Exchange != l.Exchange {
			next.Lists = slices.Delete(next.Lists, i, i+1)
		}
	}
	return m.save(next)
}
