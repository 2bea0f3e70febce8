package phone

import (
	"context"
	"crypto/hmac"
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

// Joining is an account that this phone has asked another one for. It survives a restart: State has it.
type Joining struct {
	Organisation string
	Host         string
	Support      string
	Words        [2]string // the other phone shows the same
	Expires      time.Time // by this device's clock

	hash authn.Hash // of the code's id: names it
}

// pendingJoin is a claim on its way. It is kept until it is answered, so that a crash or a lost answer leaves no device at the server that this phone does not know. The
// optical secret is kept sealed like everything in the index; it is worth nothing any more once the answer is there.
type pendingJoin struct {
	Server    client.Server      `json:"server"`
	ID        wire.SessionSecret `json:"id"`
	Optical   wire.SessionSecret `json:"optical"`
	Keys      keyIDs             `json:"keys"`
	Statement string             `json:"statement,omitempty"` // JWS, once it was signed
	Expires   time.Time          `json:"expires"`
}

func (p pendingJoin) hash() authn.Hash { return authn.HashOf(p.ID.Secret) }

func (p pendingJoin) public() Joining {
	return Joining{
		Organisation: p.Server.Organisation, Host: p.Server.Host(), Support: p.Server.Support,
		Words: wire.DuplicateWords(p.Optical.Secret, p.Statement), Expires: p.Expires, hash: p.hash(),
	}
}

// ClaimDuplicate asks for the account that another phone offers. It makes keys of this phone's own and verifies the user for them; it needs a PIN to be set. The same link again
// goes on where the first time ended. Errors: client.ErrPinMismatch before anything was sent, authn.ErrDuplicateClaimed, authn.ErrDuplicateExpired, authn.ErrDuplicateUnknown.
func (c *Core) ClaimDuplicate(ctx context.Context, link wire.DuplicateLink, p platform.Prompt) (*Joining, error) {
	server, err := client.Discover(ctx, wire.RegistrationLink{Host: link.Host, Pin: link.Pin}, c.cfg.Client)
	if err != nil {
		return nil, err
	}
	c.inviting.Lock()
	defer c.inviting.Unlock()
	j, known := c.joinByHash(authn.HashOf(link.ID))
	if !known || j.Server.Identity != server.Identity {
		j = pendingJoin{
			Server: server, ID: wire.SessionSecret{Secret: link.ID}, Optical: wire.SessionSecret{Secret: link.Optical}, Keys: newKeyIDs(),
			Expires: c.cfg.Now().Add(authn.DuplicateLifetime + authn.DuplicateAnswerTime),
		}
		if j, err = c.signJoin(ctx, j, p); err != nil {
			c.dropKeys(context.WithoutCancel(ctx), j.Keys)
			return nil, err
		}
		if err := c.keepJoin(ctx, j); err != nil { // before it is sent: only these keys can go on with it
			return nil, errors.Join(err, c.dropJoin(ctx, j))
		}
	}
	d, err := c.joinDevice(ctx, j)
	if err != nil {
		return nil, err
	}
	defer d.Close()
	claimed, err := d.ClaimDuplicate(ctx, wire.DuplicateClaimCommand{ID: j.ID, Statement: j.Statement, MAC: wire.DuplicateClaimMAC(link.Optical, j.Statement)})
	if err != nil {
		if joinOver(err) || notSent(err) {
			err = errors.Join(err, c.dropJoin(ctx, j))
		}
		return nil, err
	}
	j.Expires = c.cfg.Now().Add(time.Duration(claimed.ExpiresAt-claimed.ServerTime) * time.Second)
	if err := c.keepJoin(ctx, j); err != nil {
		return nil, err
	}
	public := j.public()
	return &public, nil
}

func (c *Core) signJoin(ctx context.Context, j pendingJoin, p platform.Prompt) (pendingJoin, error) {
	claim := wire.DuplicateClaim{Audience: j.Server.Issuer, Hash: j.hash(), Device: c.cfg.Device, Class: c.cfg.Keys.Class()}
	for _, k := range []struct {
		id      keystore.ID
		purpose keystore.Purpose
		into    *key.Public
	}{
		{j.Keys.Device, keystore.Device, &claim.DeviceJWK},
		{j.Keys.Approval, keystore.Approval, &claim.ApprovalJWK}, // nobody has said what the organisation asks for, so it is the strictest
		{j.Keys.Exchange, keystore.Exchange, &claim.ExchangeJWK},
	} {
		pub, err := c.cfg.Keys.Create(ctx, k.id, k.purpose)
		if err != nil {
			return j, err
		}
		*k.into = pub
	}
	use, uv, err := c.approver(ctx, j.Keys, true, p)
	if err != nil {
		return j, err
	}
	defer use.Close()
	claim.UV = uv
	if j.Statement, err = wire.SignDuplicateClaim(use, claim); err != nil {
		return j, fmt.Errorf("sign claim: %w", err)
	}
	return j, nil
}

// joinOver reports whether a server's answer to a claim is its last word.
func joinOver(err error) bool {
	for _, e := range []error{
		authn.ErrDuplicateUnknown, authn.ErrDuplicateClaimed, authn.ErrDuplicateExpired, authn.ErrDuplicateRefused, authn.ErrDuplicateUsed, authn.ErrDeviceRevoked,
	} {
		if errors.Is(err, e) {
			return true
		}
	}
	return authn.AsError(err).Kind == authn.Invalid
}

// joinWait is the least time between two questions, should a server not wait with its answer.
const joinWait = time.Second

// AwaitJoin waits for the other phone's Yes, takes what it hands over, and returns the account, connected. Errors: authn.ErrDuplicateRefused, authn.ErrDuplicateExpired,
// ErrForgedHandover, what the keystore says, that of ctx; after the last two it may be called again.
func (c *Core) AwaitJoin(ctx context.Context, j *Joining, p platform.Prompt) (Account, error) {
	pending, ok := c.joinByHash(j.hash)
	if !ok {
		return Account{}, authn.ErrDuplicateUnknown
	}
	d, err := c.joinDevice(ctx, pending)
	if err != nil {
		return Account{}, err
	}
	defer d.Close()
	for {
		out, err := d.DuplicateOutcome(ctx, wire.DuplicateStateCommand{ID: pending.ID, Wait: true})
		if err == nil {
			switch out.State {
			case authn.DuplicateApproved:
				return c.join(ctx, pending, out, p)
			case authn.DuplicateRefused:
				err = authn.ErrDuplicateRefused
			case authn.DuplicateExpired:
				err = authn.ErrDuplicateExpired
			}
		}
		if err != nil {
			if joinOver(err) {
				return Account{}, errors.Join(err, c.dropJoin(ctx, pending))
			}
			if authn.AsError(err).Kind != authn.Unavailable {
				return Account{}, err
			}
		}
		if err := pause(ctx, nil, joinWait); err != nil {
			return Account{}, err
		}
	}
}

// ErrForgedHandover means that what arrived is not from the phone whose screen was scanned. It was not opened.
var ErrForgedHandover = authn.Fail(authn.Forbidden, "duplicate_handover_forged", "What arrived is not from the phone that you scanned. It was not opened. Tell the service desk.")

// join takes an approved duplicate. Nothing of it is believed but what the server's identity key and the optical secret vouch for.
func (c *Core) join(ctx context.Context, p pendingJoin, out wire.DuplicateOutcome, prompt platform.Prompt) (Account, error) {
	want := wire.DuplicateHandoverMAC(p.Optical.Secret, out.Handover)
	if !hmac.Equal(want[:], out.MAC[:]) {
		return Account{}, errors.Join(ErrForgedHandover, c.abandonJoin(ctx, p, out))
	}
	bound, err := wire.VerifyBoundTo(out.Bound, p.Server.Identity, p.Statement)
	if err == nil && bound.Issuer != p.Server.Issuer {
		err = errors.New("bound by another server")
	}
	if err != nil {
		return Account{}, client.ErrNonsense.Because(err)
	}
	k, err := keystore.NewExchanger(ctx, c.cfg.Keys, p.Keys.Exchange, prompt)
	if err != nil {
		return Account{}, err
	}
	defer k.Close()
	h, err := openHandover(k, bound.User, out.Handover)
	if refusal := k.Err(); refusal != nil {
		return Account{}, refusal
	}
	if err != nil {
		return Account{}, errHandover.Because(err)
	}
	if c.State().Locked { // the verification of a moment ago is good for the vault too
		if err := c.Unlock(ctx, prompt); err != nil {
			return Account{}, err
		}
	}
	if err := c.takeCodes(h.Codes); err != nil {
		return Account{}, errHandover.Because(err)
	}
	now := c.cfg.Now()
	s := storedAccount{
		ID: bound.Device, Server: p.Server, User: bound.User, Keys: p.Keys, AddedAt: now, Login: bound.Login, Name: bound.Name,
		Status: storedStatus{Status: statusOf(bound.State, authn.UserActive), Since: now}, Receipts: h.Receipts,
	}
	if err := takeRestore(&s, h.Restore); err != nil {
		return Account{}, err
	}
	public, err := c.adopt(context.WithoutCancel(ctx), s, p)
	c.emit(Event{Kind: AccountsChanged, Account: s.ID})
	c.emit(Event{Kind: CodesChanged})
	return public, err
}

// CancelJoin forgets a request that the person does not want any more. If the other phone said Yes meanwhile, the server is told that this one is none.
func (c *Core) CancelJoin(ctx context.Context, j *Joining) error {
	p, ok := c.joinByHash(j.hash)
	if !ok {
		return nil
	}
	var out wire.DuplicateOutcome
	if d, err := c.joinDevice(ctx, p); err == nil {
		out, err = d.DuplicateOutcome(ctx, wire.DuplicateStateCommand{ID: p.ID})
		d.Close()
		if err != nil {
			c.cfg.Log.InfoContext(ctx, "what has become of a claim was not heard", "err", err)
		}
	}
	return c.abandonJoin(ctx, p, out)
}

// abandonJoin forgets a claim, and tells the server to remove the device that came of it, if there is one.
func (c *Core) abandonJoin(ctx context.Context, p pendingJoin, out wire.DuplicateOutcome) error {
	bound, err := wire.VerifyBoundTo(out.Bound, p.Server.Identity, p.Statement)
	if err != nil { // nothing was bound
		return c.dropJoin(ctx, p)
	}
	ctx = context.WithoutCancel(ctx)
	c.saving.Lock()
	defer c.saving.Unlock()
	c.mu.Lock()
	p.forget(c)
	c.queued = append(slices.Clone(c.queued), queuedRemoval{ID: bound.Device, Server: p.Server, Key: p.Keys.Device, At: c.cfg.Now()})
	c.mu.Unlock()
	err = c.saveIndex(ctx)
	keys := p.Keys
	keys.Device = "" // still needed to tell the server
	c.dropKeys(ctx, keys)
	c.nudge()
	return err
}

func (c *Core) joinDevice(ctx context.Context, j pendingJoin) (*client.Device, error) {
	signer, err := keystore.Signer(ctx, c.cfg.Keys, j.Keys.Device)
	if err != nil {
		return nil, err
	}
	return client.NewDevice(j.Server, "", signer, c.cfg.Client), nil
}

// resumeJoins forgets what is over and reports whether nothing is left to be asked. One that was approved waits for the person, whose verification it needs.
func (c *Core) resumeJoins(ctx context.Context) bool {
	c.mu.Lock()
	joins := slices.Clone(c.joins)
	c.mu.Unlock()
	done := true
	for _, j := range joins {
		if c.cfg.Now().Before(j.Expires) {
			continue // AwaitJoin asks
		}
		d, err := c.joinDevice(ctx, j)
		if err == nil {
			var out wire.DuplicateOutcome
			out, err = d.DuplicateOutcome(ctx, wire.DuplicateStateCommand{ID: j.ID})
			d.Close()
			if err == nil && out.State == authn.DuplicateApproved {
				continue
			}
		}
		late := c.cfg.Now().After(j.Expires.Add(forgetAfter))
		if err == nil || joinOver(err) || late || errors.Is(err, keystore.ErrKeyNotFound) {
			if err := c.dropJoin(ctx, j); err != nil {
				c.cfg.Log.WarnContext(ctx, "could not forget a request for another phone's account", "err", err)
			}
			continue
		}
		done = false
	}
	return done
}

func (c *Core) joinByHash(hash authn.Hash) (pendingJoin, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, j := range c.joins {
		if j.hash() == hash {
			return j, true
		}
	}
	return pendingJoin{}, false
}

func (c *Core) keepJoin(ctx context.Context, j pendingJoin) error {
	c.saving.Lock()
	defer c.saving.Unlock()
	c.mu.Lock()
	j.forget(c)
	j.keep(c)
	c.mu.Unlock()
	return c.saveIndex(context.WithoutCancel(ctx))
}

func (p pendingJoin) keep(c *Core) { c.joins = append(c.joins, p) }

func (p pendingJoin) forget(c *Core) {
	c.joins = slices.DeleteFunc(slices.Clone(c.joins), func(q pendingJoin) bool { return q.hash() == p.hash() })
}

// dropJoin forgets a claim and its keys.
func (c *Core) dropJoin(ctx context.Context, j pendingJoin) error {
	ctx = context.WithoutCancel(ctx)
	c.saving.Lock()
	defer c.saving.Unlock()
	c.mu.Lock()
	j.forget(c)
	used := slices.ContainsFunc(c.accounts, func(a *account) bool { return a.stored.Keys == j.Keys })
	c.mu.Unlock()
	err := c.saveIndex(ctx)
	if !used {
		c.dropKeys(ctx, j.Keys)
	}
	return err
}
