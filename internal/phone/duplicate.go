package phone

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/wire"
)

// Offer is an account that this phone offers to another one by a code on its screen. The screen must be kept out of screenshots while it shows Link.
type Offer struct {
	Account AccountID
	Link    wire.DuplicateLink
	Expires time.Time // of the code, by this device's clock

	id authn.DuplicateID
}

// Joiner is the phone that has scanned the code, as it says of itself. Its words are shown by it, too: if they differ, it is another phone.
type Joiner struct {
	Name, Model, OS string
	IP              string // as the server says
	Words           [2]string
	Raced           bool      // another phone has tried the code
	Expires         time.Time // until when the user may answer

	statement string
	exchange  key.Public
}

// ErrForgedClaim means that the phone that asks has not seen this one's screen: the server, or somebody in between, has put in keys of their own. Nothing was handed over.
var ErrForgedClaim = authn.Fail(authn.Forbidden, "duplicate_forged", "The phone that asks has not scanned this screen. Nothing was handed over. Tell the service desk.")

// OfferDuplicate verifies the user and makes a code for another phone of hers: good for two minutes, once. No code, link or message makes an offer, only this does.
func (c *Core) OfferDuplicate(ctx context.Context, id AccountID, p platform.Prompt) (*Offer, error) {
	a, err := c.account(id)
	if err != nil {
		return nil, err
	}
	use, uv, err := c.approver(ctx, a.stored.Keys, true, p)
	if err != nil {
		return nil, err
	}
	defer use.Close()
	server := a.device.Server()
	link := wire.DuplicateLink{Host: server.Host(), ID: key.NewSecret(16), Optical: key.NewSecret(16), Pin: server.Identity.Thumbprint().Pin()}
	raw, err := wire.SignDuplicateOffer(use, wire.DuplicateOffer{
		Audience: server.Issuer, Issuer: id, Hash: authn.HashOf(link.ID), IssuedAt: c.cfg.Now().Unix(), UV: uv,
	})
	if err != nil {
		return nil, fmt.Errorf("sign offer: %w", err)
	}
	made, err := a.device.OfferDuplicate(ctx, wire.DuplicateOfferCommand{ID: wire.SessionSecret{Secret: link.ID}, Statement: raw})
	if err != nil {
		if gone(err) {
			c.removedByServer(ctx, a)
		}
		return nil, err
	}
	expires := c.cfg.Now().Add(time.Duration(made.ExpiresAt-made.ServerTime) * time.Second)
	return &Offer{Account: id, Link: link, Expires: expires, id: made.DuplicateID}, nil
}

// offerWait is how long an offer waits for the event stream before it asks by itself.
const offerWait = 2 * time.Second

// AwaitDuplicate waits until a phone has scanned the code. Errors: authn.ErrDuplicateExpired, authn.ErrDuplicateRefused where it was withdrawn, ErrForgedClaim, that of ctx.
func (c *Core) AwaitDuplicate(ctx context.Context, o *Offer) (Joiner, error) {
	a, err := c.account(o.Account)
	if err != nil {
		return Joiner{}, err
	}
	for {
		v, err := a.device.Duplicate(ctx, o.id)
		if err == nil {
			switch v.State {
			case authn.DuplicateClaimed:
				return c.joiner(ctx, a, o, v)
			case authn.DuplicateExpired:
				return Joiner{}, authn.ErrDuplicateExpired
			case authn.DuplicateRefused:
				return Joiner{}, authn.ErrDuplicateRefused
			case authn.DuplicateApproved:
				return Joiner{}, authn.ErrDuplicateUsed
			}
		}
		switch {
		case gone(err):
			c.removedByServer(ctx, a)
			return Joiner{}, err
		case err != nil && authn.AsError(err).Kind != authn.Unavailable:
			return Joiner{}, err
		case !c.cfg.Now().Before(o.Expires.Add(authn.DuplicateAnswerTime)): // the server can't be reached to say so
			return Joiner{}, authn.ErrDuplicateExpired
		}
		if err := pause(ctx, a.offers, offerWait); err != nil {
			return Joiner{}, err
		}
	}
}

// pause waits to be woken, or for a time.
func pause(ctx context.Context, wake <-chan struct{}, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-wake:
	case <-t.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// joiner checks that the claim is of a phone that has seen this one's screen, before any of it is shown. One that is not is refused at once.
func (c *Core) joiner(ctx context.Context, a *account, o *Offer, v wire.DuplicateView) (Joiner, error) {
	want := wire.DuplicateClaimMAC(o.Link.Optical, v.Statement)
	claim, err := wire.VerifyDuplicateClaim(v.Statement, a.device.Server().Issuer, authn.HashOf(o.Link.ID))
	if !hmac.Equal(want[:], v.MAC[:]) || err != nil {
		c.cfg.Log.WarnContext(ctx, "a claim was forged", "account", o.Account, "err", err)
		return Joiner{}, errors.Join(ErrForgedClaim, c.CancelDuplicate(ctx, o))
	}
	return Joiner{
		Name: claim.Device.Name, Model: claim.Device.Model, OS: claim.Device.OS, IP: authn.CleanText(v.IP, 64),
		Words: wire.DuplicateWords(o.Link.Optical, v.Statement), Raced: v.Raced, Expires: c.cfg.Now().Add(authn.DuplicateAnswerTime),
		statement: v.Statement, exchange: claim.ExchangeJWK,
	}, nil
}

// AnswerDuplicate says Yes, which verifies the user and hands the account over, or No, which does neither. The app must be unlocked for a Yes.
func (c *Core) AnswerDuplicate(ctx context.Context, o *Offer, j Joiner, yes bool, p platform.Prompt) error {
	if !yes {
		return c.refuseDuplicate(ctx, o, j.statement)
	}
	if j.statement == "" || j.exchange.IsZero() {
		return authn.ErrDuplicateWaits
	}
	a, err := c.account(o.Account)
	if err != nil {
		return err
	}
	use, uv, err := c.approver(ctx, a.stored.Keys, true, p)
	if err != nil {
		return err
	}
	defer use.Close()
	if c.State().Locked { // the verification of a moment ago is good for the vault too
		if err := c.Unlock(ctx, p); err != nil {
			return err
		}
	}
	file, err := c.sealHandover(a, j.exchange)
	if err != nil {
		return err
	}
	d := c.duplicateAnswer(a, o, j.statement, wire.DuplicateApprove)
	d.UV = uv
	raw, err := wire.SignDuplicateAnswer(use, d)
	if err != nil {
		return fmt.Errorf("sign answer: %w", err)
	}
	answer, err := a.device.AnswerDuplicate(ctx, wire.DuplicateAnswerCommand{
		DuplicateID: o.id, Statement: raw, Handover: file, MAC: wire.DuplicateHandoverMAC(o.Link.Optical, file),
	})
	if err != nil {
		return err
	}
	if authn.ValidID("d_", string(answer.Device)) {
		c.deviceJoined(ctx, a, answer.Device, j.exchange)
	}
	c.emit(Event{Kind: DevicesChanged, Account: o.Account})
	return nil
}

// CancelDuplicate withdraws an offer. It needs no user verification.
func (c *Core) CancelDuplicate(ctx context.Context, o *Offer) error {
	return c.refuseDuplicate(ctx, o, "")
}

func (c *Core) refuseDuplicate(ctx context.Context, o *Offer, statement string) error {
	a, err := c.account(o.Account)
	if err != nil {
		return err
	}
	signer, err := keystore.Signer(ctx, c.cfg.Keys, a.stored.Keys.Device)
	if err != nil {
		return err
	}
	raw, err := wire.SignDuplicateAnswer(signer, c.duplicateAnswer(a, o, statement, wire.DuplicateRefuse))
	if err != nil {
		return fmt.Errorf("sign answer: %w", err)
	}
	_, err = a.device.AnswerDuplicate(ctx, wire.DuplicateAnswerCommand{DuplicateID: o.id, Statement: raw})
	return err
}

func (c *Core) duplicateAnswer(a *account, o *Offer, statement string, d wire.DuplicateDecision) wire.DuplicateAnswer {
	answer := wire.DuplicateAnswer{
		Audience: a.device.Server().Issuer, Issuer: o.Account, DuplicateID: o.id, Answer: d, UV: authn.UVNone, IssuedAt: c.cfg.Now().Unix(),
	}
	if statement != "" {
		answer.ClaimHash = wire.HashText(statement)
	}
	return answer
}
