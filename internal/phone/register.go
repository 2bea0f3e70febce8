package phone

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
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
	Connected    string    // login of the account here that this seems to be; "" for none

	SecondProof authn.SecondProof // what the person has to type beside scanning
	Proof       key.Secret        // what she typed: set it before each Connect, which wipes it; it is kept nowhere

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
	LoginMasked  string               `json:"login_masked,omitempty"`
	SecondProof  authn.SecondProof    `json:"second_proof,omitempty"`
	Verifies     authn.UVPolicy       `json:"uv_policy,omitempty"`    // what the organisation asks of the approval key; "" is each_approval
	Expires      time.Time            `json:"expires"`                // of the session; until the server told it: when the claim was made
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
	c.inviting.Lock()
	defer c.inviting.Unlock()
	p, known := c.pendingFor(link, server)
	if known && p.Registration != "" { // all is said but the server's answer, which Connect asks for again
		return c.invitation(p), nil
	}
	if !known {
		p = pendingRegistration{Server: server, SessionHash: wire.HashSession(link.Session), Keys: newKeyIDs(), Expires: c.cfg.Now()}
		if _, err := c.cfg.Keys.Create(ctx, p.Keys.Device, keystore.Device); err != nil {
			return nil, err
		}
		// Before it is sent: if the answer is lost, only this key can go on with the session.
		if err := c.keepPending(ctx, p); err != nil {
			return nil, errors.Join(err, c.dropPending(ctx, p))
		}
	}
	claimed, err := c.claim(ctx, p, link.Session)
	if err != nil {
		if refused(err) || !known && notSent(err) {
			err = errors.Join(err, c.dropPending(ctx, p))
		}
		return nil, err
	}
	p.ID, p.Challenge, p.LoginMasked = claimed.RegistrationID, claimed.Challenge, authn.CleanText(claimed.LoginMasked, 128)
	p.SecondProof, p.Verifies = claimed.SecondProof, policyOf(claimed.Policy)
	p.Expires = c.cfg.Now().Add(time.Duration(claimed.ExpiresAt-claimed.ServerTime) * time.Second)
	if err := c.keepPending(ctx, p); err != nil {
		return nil, err
	}
	return c.invitation(p), nil
}

// policyOf is each_approval for a word that this program does not know.
func policyOf(p wire.RegistrationPolicy) authn.UVPolicy {
	if p.UserVerification.Valid() && p.UserVerification != authn.UVEachApproval {
		return p.UserVerification
	}
	return ""
}

func (c *Core) invitation(p pendingRegistration) *Invitation {
	inv := &Invitation{
		Organisation: p.Server.Organisation, Host: p.Server.Host(), Support: p.Server.Support,
		LoginMasked: p.LoginMasked, GoodUntil: p.Expires, SecondProof: cmp.Or(p.SecondProof, authn.ProofNone), pending: p,
	}
	accounts := c.State().Accounts
	inv.NewServer = len(accounts) > 0 && !slices.ContainsFunc(accounts, func(a Account) bool { return a.Issuer == p.Server.Issuer })
	for _, a := range accounts {
		if a.Issuer == p.Server.Issuer && a.Status != Removed && masks(p.LoginMasked, a.Login) {
			inv.Connected = a.Login
		}
	}
	return inv
}

func (inv *Invitation) forgetProof() {
	inv.Proof.Wipe()
	inv.Proof = nil
}

// masks reports whether a login that a server has masked, "a•••d", may be login.
func masks(masked, login string) bool {
	first, last, ok := strings.Cut(masked, "•••")
	return ok && len(login) >= len(first)+len(last) && strings.HasPrefix(login, first) && strings.HasSuffix(login, last)
}

// refused reports whether a server's answer to a claim or a finish is its last word: the code is of no more use to this phone.
func refused(err error) bool {
	for _, e := range []error{
		authn.ErrSessionUnknown, authn.ErrSessionExpired, authn.ErrSessionUsed, authn.ErrSessionRevoked, authn.ErrSessionClaimed,
		authn.ErrDeviceRevoked, authn.ErrProofTries,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	if errors.Is(err, authn.ErrProofMissing) || errors.Is(err, authn.ErrProofWrong) {
		return false // she may type it again
	}
	return authn.AsError(err).Kind == authn.Invalid
}

// notSent reports whether a claim that failed cannot have claimed anything.
func notSent(err error) bool {
	return errors.Is(err, client.ErrPinMismatch) || errors.Is(err, client.ErrUntrusted) || authn.AsError(err).Kind == authn.TooMany
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

// Connect verifies the user, if the organisation wants that, makes the account's keys and binds them. It returns the account with its check words, waiting for
// "yes, this is my phone" on the page; after a second proof it is connected at once. It needs a PIN to be set. The proof is wiped once it was sent, also
// when it was wrong (authn.ErrProofWrong, or what the organisation's directory says): the person types it again. It stays while the PIN is asked for.
func (c *Core) Connect(ctx context.Context, inv *Invitation, prompt platform.Prompt) (Account, error) {
	p, ok := c.pendingByHash(inv.pending.SessionHash)
	if !ok {
		inv.forgetProof()
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
	a, err := c.finish(ctx, p, inv.Proof)
	inv.forgetProof()
	if err != nil {
		c.nudge() // it may be bound: the answer is asked for again
	}
	return a, err
}

func (c *Core) signRegistration(ctx context.Context, p pendingRegistration, prompt platform.Prompt) (pendingRegistration, error) {
	approval := keystore.Approval
	if p.Verifies != "" {
		approval = keystore.ApprovalOpen
	}
	for id, purpose := range map[keystore.ID]keystore.Purpose{p.Keys.Approval: approval, p.Keys.Exchange: keystore.Exchange} {
		if err := c.makeKey(ctx, id, purpose); err != nil {
			return p, err
		}
	}
	r := wire.Registration{
		Audience: p.Server.Issuer, RegistrationID: p.ID, Challenge: p.Challenge, SessionHash: p.SessionHash,
		Device: c.cfg.Device, Class: c.cfg.Keys.Class(), Verifies: p.Verifies,
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
	use, uv, err := c.approver(ctx, p.Keys, p.Verifies != authn.UVOff, prompt)
	if err != nil {
		return p, err
	}
	defer use.Close()
	r.UV = uv
	if p.Registration, err = wire.SignRegistration(use, r); err != nil {
		return p, fmt.Errorf("sign registration: %w", err)
	}
	return p, c.keepPending(ctx, p) // before it is sent: a crash must not forget what the server may know
}

// makeKey makes a key for a registration that was not signed yet. One of an earlier try is good, unless the organisation asks for another kind now.
func (c *Core) makeKey(ctx context.Context, id keystore.ID, purpose keystore.Purpose) error {
	if was, err := keystore.PurposeOf(c.cfg.Keys, id); err == nil && was != purpose {
		if err := c.cfg.Keys.Delete(ctx, id); err != nil {
			return err
		}
	}
	_, err := c.cfg.Keys.Create(ctx, id, purpose)
	if errors.Is(err, keystore.ErrKeyExists) {
		return nil
	}
	return err
}

// finish sends a signed registration, again if need be, and stores the account.
func (c *Core) finish(ctx context.Context, p pendingRegistration, proof key.Secret) (Account, error) {
	signer, err := keystore.Signer(ctx, c.cfg.Keys, p.Keys.Device)
	if err != nil {
		return Account{}, err
	}
	d := client.NewDevice(p.Server, "", signer, c.cfg.Client)
	bound, err := d.FinishProved(ctx, p.Registration, proof)
	d.Close()
	if err != nil {
		if refused(err) {
			err = errors.Join(err, c.dropPending(ctx, p))
		}
		return Account{}, err
	}
	now := c.cfg.Now()
	s := storedAccount{
		ID: bound.Device, Server: p.Server, User: bound.User, Keys: p.Keys, AddedAt: now,
		Login: authn.CleanText(bound.Login, 128), Name: authn.CleanText(bound.Name, 128),
		Status: storedStatus{Status: statusOf(bound.State, authn.UserActive), Since: now},
	}
	if s.Status.Status == Waiting { // there is a page that shows the same words
		s.Status.CheckWords = bound.CheckWords
	}
	public, err := c.adopt(context.WithoutCancel(ctx), s, p)
	c.emit(Event{Kind: AccountsChanged, Account: s.ID})
	return public, err
}

// begun is something that becomes an account and is kept until it is one; mu must be held for both.
type begun interface {
	keep(*Core)
	forget(*Core)
}

// adopt makes something begun an account. It is in one of the index and the vault at every moment, as one or the other. If it can't be
// stored, it is an account all the same until the app ends, and what was begun stays too, so that it can be finished again.
func (c *Core) adopt(ctx context.Context, s storedAccount, p begun) (Account, error) {
	c.saving.Lock()
	defer c.saving.Unlock()
	c.mu.Lock()
	a, err := c.find(s.ID)
	if err != nil {
		a = c.addAccount(ctx, s)
	}
	p.forget(c)
	if c.streams != nil {
		c.follow(a)
	}
	public := a.public()
	c.mu.Unlock()
	err = c.saveIndex(ctx)
	if err == nil {
		err = c.saveBoth(ctx)
	}
	if err != nil {
		c.mu.Lock()
		p.keep(c)
		c.mu.Unlock()
		return Account{}, err
	}
	return public, nil
}

// resume finishes registrations whose answer was lost, forgets those that are over, and reports whether none is left that it could finish.
func (c *Core) resume(ctx context.Context) bool {
	c.mu.Lock()
	pending := slices.Clone(c.pending)
	c.mu.Unlock()
	done := true
	for _, p := range pending {
		if c.cfg.Now().After(p.Expires.Add(forgetAfter)) {
			if err := c.dropPending(ctx, p); err != nil {
				c.cfg.Log.WarnContext(ctx, "could not forget an old registration", "err", err)
			}
			continue
		}
		if p.Registration == "" {
			continue
		}
		// A registration that still lacks its second proof is answered by ErrProofMissing, which costs no try; it stays, and waits for the person.
		if _, err := c.finish(ctx, p, nil); err != nil {
			c.cfg.Log.InfoContext(ctx, "registration was not finished", "err", err)
			done = done && (refused(err) || errors.Is(err, authn.ErrProofMissing))
		}
	}
	return done
}

// Forget drops an invitation that the person does not want. One that was signed stays: the server may have it.
func (c *Core) Forget(ctx context.Context, inv *Invitation) error {
	if inv == nil {
		return nil
	}
	inv.forgetProof()
	p, ok := c.pendingByHash(inv.pending.SessionHash) // as it is now: Connect may have signed it since
	if !ok || p.Registration != "" {
		return nil
	}
	return c.dropPending(ctx, p)
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
	c.saving.Lock()
	defer c.saving.Unlock()
	c.mu.Lock()
	p.forget(c)
	p.keep(c)
	c.mu.Unlock()
	return c.saveIndex(context.WithoutCancel(ctx))
}

func (p pendingRegistration) keep(c *Core) { c.pending = append(c.pending, p) }

func (p pendingRegistration) forget(c *Core) {
	c.pending = slices.DeleteFunc(slices.Clone(c.pending), func(q pendingRegistration) bool { return q.SessionHash == p.SessionHash })
}

// dropPending forgets a registration and its keys.
func (c *Core) dropPending(ctx context.Context, p pendingRegistration) error {
	ctx = context.WithoutCancel(ctx)
	c.saving.Lock()
	defer c.saving.Unlock()
	c.mu.Lock()
	p.forget(c)
	used := slices.ContainsFunc(c.accounts, func(a *account) bool { return a.stored.Keys == p.Keys })
	c.mu.Unlock()
	err := c.saveIndex(ctx)
	if !used {
		c.dropKeys(ctx, p.Keys)
	}
	return err
}

// dropKeys deletes the keys that are named.
func (c *Core) dropKeys(ctx context.Context, ids keyIDs) {
	for _, id := range ids.all() {
		if id == "" {
			continue
		}
		if err := c.cfg.Keys.Delete(ctx, id); err != nil {
			c.cfg.Log.WarnContext(ctx, "could not delete a key", "err", err)
		}
	}
}
