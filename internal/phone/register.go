package phone

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/wire"
)

// Invitation is a work account that a person may connect: what she sees before she says so.
type Invitation struct {
	Organisation string
	Host         string
	Support      string
	LoginMasked  string
	GoodUntil    time.Time // by this device's clock
	NewServer    bool      // the app has accounts, but none at this server

	pending pendingRegistration
}

// pendingRegistration is a registration that was begun. It is kept until it is finished, so that a crash or a lost answer neither
// burns the code nor leaves a device at the server that this phone does not know.
type pendingRegistration struct {
	Server       client.Server        `json:"server"`
	SessionHash  string               `json:"session_hash"`
	ID           authn.RegistrationID `json:"id"`
	Challenge    string               `json:"challenge"`
	Keys         keyIDs               `json:"keys"`
	Expires      time.Time            `json:"expires"`
	Registration string               `json:"registration,omitempty"` // JWS, once it was signed
}

// forgetAfter is how long an unfinished registration is kept beyond its session: long enough to hear that it was finished after all.
const forgetAfter = 24 * time.Hour

// Invite asks the server of a link who it is and claims the session for this phone. Nothing is bound yet. A server that the link does not vouch
// for gives client.ErrPinMismatch before anything was sent. The same link again goes on where the first time ended.
func (c *Core) Invite(ctx context.Context, link wire.RegistrationLink) (*Invitation, error) {
	server, err := client.Discover(ctx, link, c.cfg.Client)
	if err != nil {
		return nil, err
	}
	p, known := c.pendingFor(link, server)
	if !known {
		p = pendingRegistration{Server: server, SessionHash: wire.HashSession(link.Session), Keys: newKeyIDs()}
		if _, err := c.cfg.Keys.Create(ctx, p.Keys.Device, keystore.Device); err != nil {
			return nil, err
		}
	}
	claimed, err := c.claim(ctx, p, link.Session)
	if err != nil {
		if !known {
			c.dropKeys(ctx, p.Keys)
		}
		return nil, err
	}
	now := c.cfg.Now()
	p.ID, p.Challenge = claimed.RegistrationID, claimed.Challenge
	p.Expires = now.Add(time.Duration(claimed.ExpiresAt-claimed.ServerTime) * time.Second)
	if err := c.keepPending(ctx, p); err != nil {
		return nil, err
	}
	inv := &Invitation{
		Organisation: server.Organisation, Host: server.Host(), Support: server.Support,
		LoginMasked: authn.CleanText(claimed.LoginMasked, 128), GoodUntil: p.Expires, pending: p,
	}
	accounts := c.State().Accounts
	inv.NewServer = len(accounts) > 0 && !slices.ContainsFunc(accounts, func(a Account) bool { return a.Issuer == server.Issuer })
	return inv, nil
}

func (c *Core) claim(ctx context.Context, p pendingRegistration, session key.Secret) (wire.Claimed, error) {
	signer, err := keystore.Signer(ctx, c.cfg.Keys, p.Keys.Device)
	if err != nil {
		return wire.Claimed{}, err
	}
	pub, err := c.cfg.Keys.Public(p.Keys.Device)
	if err != nil {
		return wire.Claimed{}, err
	}
	d := client.NewDevice(p.Server, "", signer, c.cfg.Client)
	defer d.Close()
	return d.Claim(ctx, wire.Claim{Session: wire.SessionSecret{Secret: session}, DeviceJWK: pub})
}

// Connect verifies the user, makes the account's keys and binds them. It returns the account with its check words, waiting for
// "yes, this is my phone" on the page. It needs a PIN to be set.
func (c *Core) Connect(ctx context.Context, inv *Invitation, prompt platform.Prompt) (Account, error) {
	p, ok := c.pendingByHash(inv.pending.SessionHash)
	if !ok {
		return Account{}, authn.ErrSessionUnknown
	}
	if p.Registration == "" {
		var err error
		if p, err = c.signRegistration(ctx, p, prompt); err != nil {
			return Account{}, err
		}
	}
	if c.State().Locked { // the verification of a moment ago is good for the vault too
		if err := c.Unlock(ctx, prompt); err != nil {
			return Account{}, err
		}
	}
	return c.finish(ctx, p)
}

func (c *Core) signRegistration(ctx context.Context, p pendingRegistration, prompt platform.Prompt) (pendingRegistration, error) {
	for id, purpose := range map[keystore.ID]keystore.Purpose{p.Keys.Approval: keystore.Approval, p.Keys.Exchange: keystore.Exchange} {
		if _, err := c.cfg.Keys.Create(ctx, id, purpose); err != nil && !errors.Is(err, keystore.ErrKeyExists) {
			return p, err
		}
	}
	r := wire.Registration{
		Audience: p.Server.Issuer, RegistrationID: p.ID, Challenge: p.Challenge, SessionHash: p.SessionHash,
		Device: c.cfg.Device, Class: c.cfg.Keys.Class(),
	}
	for id, into := range map[keystore.ID]*key.Public{
		p.Keys.Device: &r.DeviceJWK, p.Keys.Approval: &r.ApprovalJWK, p.Keys.Exchange: &r.ExchangeJWK,
	} {
		pub, err := c.cfg.Keys.Public(id)
		if err != nil {
			return p, err
		}
		*into = pub
	}
	use, err := c.cfg.Keys.Use(ctx, p.Keys.Approval, prompt)
	if err != nil {
		return p, err
	}
	defer use.Close()
	r.UV = use.UserVerification()
	if p.Registration, err = wire.SignRegistration(use, r); err != nil {
		return p, fmt.Errorf("sign registration: %w", err)
	}
	return p, c.keepPending(ctx, p) // before it is sent: a crash must not forget what the server may know
}

// finish sends a signed registration, again if need be, and stores the account.
func (c *Core) finish(ctx context.Context, p pendingRegistration) (Account, error) {
	signer, err := keystore.Signer(ctx, c.cfg.Keys, p.Keys.Device)
	if err != nil {
		return Account{}, err
	}
	d := client.NewDevice(p.Server, "", signer, c.cfg.Client)
	bound, err := d.Finish(ctx, p.Registration)
	d.Close()
	if err != nil {
		if e := authn.AsError(err); e.Kind == authn.Gone || e.Kind == authn.Conflict || e.Kind == authn.NotFound {
			return Account{}, errors.Join(err, c.dropPending(ctx, p, true))
		}
		return Account{}, err
	}
	now := c.cfg.Now()
	s := storedAccount{
		ID: bound.Device, Server: p.Server, User: bound.User, Keys: p.Keys, AddedAt: now,
		Login: authn.CleanText(bound.Login, 128), Name: authn.CleanText(bound.Name, 128),
		Status: storedStatus{Status: statusOf(bound.State, authn.UserActive), Since: now, CheckWords: bound.CheckWords},
	}
	c.mu.Lock()
	a, err := c.find(s.ID)
	if err != nil {
		a = c.addAccount(ctx, s)
	}
	if a == nil {
		c.mu.Unlock()
		return Account{}, keystore.ErrKeyNotFound
	}
	c.pending = slices.DeleteFunc(c.pending, func(q pendingRegistration) bool { return q.SessionHash == p.SessionHash })
	if c.streams != nil {
		c.follow(a)
	}
	public := a.public()
	c.mu.Unlock()
	if err := c.save(ctx); err != nil {
		return Account{}, err
	}
	c.emit(Event{Kind: AccountsChanged, Account: s.ID})
	return public, nil
}

// resume finishes registrations whose answer was lost, and forgets those that are over.
func (c *Core) resume(ctx context.Context) {
	c.mu.Lock()
	pending := slices.Clone(c.pending)
	c.mu.Unlock()
	for _, p := range pending {
		if c.cfg.Now().After(p.Expires.Add(forgetAfter)) {
			if err := c.dropPending(ctx, p, true); err != nil {
				c.cfg.Log.WarnContext(ctx, "could not forget an old registration", "err", err)
			}
			continue
		}
		if p.Registration == "" {
			continue
		}
		c.wait.Add(1)
		go func() {
			defer c.wait.Done()
			if _, err := c.finish(ctx, p); err != nil {
				c.cfg.Log.InfoContext(ctx, "registration was not finished", "code", authn.CodeOf(err))
			}
		}()
	}
}

// Forget drops an invitation that the person does not want.
func (c *Core) Forget(ctx context.Context, inv *Invitation) error {
	if inv == nil || inv.pending.Registration != "" {
		return nil
	}
	return c.dropPending(ctx, inv.pending, true)
}

func (c *Core) pendingFor(link wire.RegistrationLink, server client.Server) (pendingRegistration, bool) {
	p, ok := c.pendingByHash(wire.HashSession(link.Session))
	return p, ok && p.Server.Identity == server.Identity && p.Server.Issuer == server.Issuer
}

func (c *Core) pendingByHash(hash string) (pendingRegistration, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.pending {
		if p.SessionHash == hash {
			return p, true
		}
	}
	return pendingRegistration{}, false
}

func (c *Core) keepPending(ctx context.Context, p pendingRegistration) error {
	c.mu.Lock()
	c.pending = slices.DeleteFunc(c.pending, func(q pendingRegistration) bool { return q.SessionHash == p.SessionHash })
	c.pending = append(c.pending, p)
	c.mu.Unlock()
	c.saving.Lock()
	defer c.saving.Unlock()
	return c.saveIndex(ctx)
}

func (c *Core) dropPending(ctx context.Context, p pendingRegistration, keys bool) error {
	c.mu.Lock()
	c.pending = slices.DeleteFunc(c.pending, func(q pendingRegistration) bool { return q.SessionHash == p.SessionHash })
	c.mu.Unlock()
	c.saving.Lock()
	err := c.saveIndex(ctx)
	c.saving.Unlock()
	if keys {
		c.dropKeys(ctx, p.Keys)
	}
	return err
}

func (c *Core) dropKeys(ctx context.Context, ids keyIDs) {
	for _, id := range ids.all() {
		if err := c.cfg.Keys.Delete(ctx, id); err != nil {
			c.cfg.Log.WarnContext(ctx, "could not delete a key", "err", err)
		}
	}
}
