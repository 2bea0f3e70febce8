package phone

import (
	"context"
	"fmt"
	"regexp"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/wire"
)

// Match is how an approval is tied to the screen that asks: the number typed from it, or the handle scanned from it, or nothing
// for a plain Yes.
type Match struct {
	Number string
	Handle key.Secret
}

var sixDigits = regexp.MustCompile(`^[0-9]{6}$`)

// ErrNumberMissing is returned before anybody is asked when the request wants a number and there is none.
var ErrNumberMissing = authn.Fail(authn.Invalid, "number_missing", "Type all six digits first.")

// Approve verifies the user afresh, unless neither request nor key wants that, signs Yes about the exact request and sends it.
// authn.ErrWrongNumber leaves the request open; any other refusal of the server closes it.
func (c *Core) Approve(ctx context.Context, id authn.RequestID, m Match, p platform.Prompt) (Receipt, error) {
	r, a, err := c.request(id)
	if err != nil {
		return Receipt{}, err
	}
	if err := checkMatch(r, m); err != nil {
		return Receipt{}, err
	}
	use, uv, err := c.approver(ctx, a.stored.Keys, r.UV != authn.UVUnneeded, p)
	if err != nil {
		return Receipt{}, err
	}
	defer use.Close()
	d := c.decision(r, authn.Approve)
	d.UV, d.Number = uv, m.Number
	if len(m.Handle) > 0 {
		d.Number, d.Handle = "", &wire.SessionSecret{Secret: m.Handle}
	}
	jws, err := wire.SignDecision(use, d)
	if err != nil {
		return Receipt{}, fmt.Errorf("sign decision: %w", err)
	}
	return c.send(ctx, r, a, authn.Approve, jws)
}

// approver opens the approval key of an account, and says how the user was verified for it. Where the key itself asks nobody, verify makes the exchange
// key ask: that is this program's word and not the key's, so it is weaker (docs/threat-model.md).
func (c *Core) approver(ctx context.Context, keys keyIDs, verify bool, p platform.Prompt) (keystore.Use, authn.UserVerification, error) {
	open, err := c.opens(keys.Approval)
	if err != nil {
		return nil, "", err
	}
	uv := authn.UVNone
	if open && verify {
		if uv, err = c.verify(ctx, keys.Exchange, p); err != nil {
			return nil, "", err
		}
	}
	use, err := c.cfg.Keys.Use(ctx, keys.Approval, p)
	if err != nil {
		return nil, "", err
	}
	if !open {
		uv = use.UserVerification()
	}
	return use, uv, nil
}

// opens reports whether an approval key signs for anybody who holds the phone. The keystore knows; what a server says does not count.
func (c *Core) opens(id keystore.ID) (bool, error) {
	purpose, err := keystore.PurposeOf(c.cfg.Keys, id)
	return purpose == keystore.ApprovalOpen, err
}

// verify asks for the user now, whoever was there a moment ago, by a use of a key that does nothing without her.
func (c *Core) verify(ctx context.Context, exchange keystore.ID, p platform.Prompt) (authn.UserVerification, error) {
	p.Fresh = true
	use, err := c.cfg.Keys.Use(ctx, exchange, p)
	if err != nil {
		return "", err
	}
	defer use.Close()
	stranger, err := key.Generate()
	if err != nil {
		return "", err
	}
	shared, err := use.ECDH(stranger.Key().ECDH())
	if err != nil {
		return "", fmt.Errorf("verify user: %w", err)
	}
	clear(shared)
	return use.UserVerification(), nil
}

// Deny says No. It needs no user verification: refusing must always be possible.
func (c *Core) Deny(ctx context.Context, id authn.RequestID) (Receipt, error) {
	return c.refuse(ctx, id, authn.Deny)
}

// NotMe says "it's not me": No, and the administrators are told.
func (c *Core) NotMe(ctx context.Context, id authn.RequestID) (Receipt, error) {
	return c.refuse(ctx, id, authn.NotMe)
}

func (c *Core) refuse(ctx context.Context, id authn.RequestID, kind authn.DecisionKind) (Receipt, error) {
	r, a, err := c.request(id)
	if err != nil {
		return Receipt{}, err
	}
	signer, err := keystore.Signer(ctx, c.cfg.Keys, a.stored.Keys.Device)
	if err != nil {
		return Receipt{}, err
	}
	d := c.decision(r, kind)
	d.UV = authn.UVNone
	jws, err := wire.SignDecision(signer, d)
	if err != nil {
		return Receipt{}, fmt.Errorf("sign decision: %w", err)
	}
	return c.send(ctx, r, a, kind, jws)
}

// ByHandle finds the open request that a scanned approval link belongs to. The link works for requests of this phone's
// own accounts only, at the server that the link names (threat T3).
func (c *Core) ByHandle(link wire.ApprovalLink) (Request, error) {
	hash := authn.HashOf(link.Handle)
	s := c.State()
	for _, r := range s.Requests {
		a, _ := s.Account(r.Account)
		if r.Handle == hash && a.Host == link.Host {
			return r, nil
		}
	}
	return Request{}, authn.ErrRequestUnknown
}

func checkMatch(r Request, m Match) error {
	switch {
	case len(m.Handle) > 0:
		return nil
	case r.Match == authn.MatchNumber && !sixDigits.MatchString(m.Number):
		return ErrNumberMissing
	case r.Match == authn.MatchQR:
		return authn.Fail(authn.Invalid, "scan_required", "Scan the code on the screen that asks.")
	}
	return nil
}

func (c *Core) request(id authn.RequestID) (Request, *account, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.requests[id]
	if !ok {
		return Request{}, nil, authn.ErrRequestUnknown
	}
	a, err := c.find(r.Account)
	return r, a, err
}

func (c *Core) decision(r Request, kind authn.DecisionKind) wire.Decision {
	return wire.Decision{
		Device: r.Account, Audience: r.Issuer, ID: key.RandomID(16), IssuedAt: c.cfg.Now().Unix(),
		Request: r.ID, RequestHash: wire.HashText(r.jws), Kind: kind, Class: c.cfg.Keys.Class(),
	}
}

// send delivers a decision and keeps its receipt.
func (c *Core) send(ctx context.Context, r Request, a *account, kind authn.DecisionKind, jws string) (Receipt, error) {
	answer, err := a.device.Decide(ctx, r.ID, jws)
	if err != nil {
		switch e := authn.AsError(err); e.Kind {
		case authn.Gone, authn.Conflict, authn.NotFound: // Approve's caller says why; who has answered comes by the stream, or never
			c.closeRequest(r.ID, authn.RequestExpired)
		case authn.Forbidden:
			if gone(err) {
				c.removedByServer(ctx, a)
			}
		}
		return Receipt{}, err
	}
	if _, err := wire.VerifyReceipt(answer.Receipt, a.device.Server().Identity, r.jws, jws); err != nil {
		return Receipt{}, client.ErrNonsense.Because(fmt.Errorf("receipt of the decision: %w", err))
	}
	now := c.cfg.Now()
	receipt := Receipt{At: now, Client: r.Client.Name, Kind: kind, Request: r.jws, Decision: jws, Receipt: answer.Receipt}
	c.closeRequest(r.ID, answer.State)
	c.counted(a, answerCounts[kind])
	if err := c.keepReceipt(ctx, r, a, receipt); err != nil {
		// The decision stands; only the phone's own copy of the proof could not be written yet. It is with the next save.
		c.cfg.Log.WarnContext(ctx, "could not store a receipt", "err", err)
	}
	c.emit(Event{Kind: AccountsChanged, Account: a.stored.ID})
	return receipt, nil
}

// keepReceipt holds saving from the first change on: a Lock in between must not wipe what is not stored.
func (c *Core) keepReceipt(ctx context.Context, r Request, a *account, receipt Receipt) error {
	c.saving.Lock()
	defer c.saving.Unlock()
	c.mu.Lock()
	a.addReceipt(receipt)
	if r.Action != authn.ActionPractice {
		if receipt.Kind == authn.Approve {
			a.stored.Restore.Yes++
		}
		a.stored.Status.Last = &LastAnswer{Request: r.ID, Client: receipt.Client, Kind: receipt.Kind, At: receipt.At}
	}
	c.mu.Unlock()
	return c.saveBoth(ctx)
}
