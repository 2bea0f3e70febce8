package phone

import (
	"context"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
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

// OfferDuplicate verifies the user and makes a code for another phone of hers: good for two minutes, once.
func (c *Core) OfferDuplicate(ctx context.Context, id AccountID, p platform.Prompt) (*Offer, error) {
	return nil, errNotBuilt
}

// AwaitDuplicate waits until a phone has scanned the code. Errors: authn.ErrDuplicateExpired, ErrForgedClaim, that of ctx.
func (c *Core) AwaitDuplicate(ctx context.Context, o *Offer) (Joiner, error) {
	return Joiner{}, errNotBuilt
}

// AnswerDuplicate says Yes, which verifies the user and hands the account over, or No, which does neither.
func (c *Core) AnswerDuplicate(ctx context.Context, o *Offer, j Joiner, yes bool, p platform.Prompt) error {
	return errNotBuilt
}

// CancelDuplicate withdraws an offer. It needs no user verification.
func (c *Core) CancelDuplicate(ctx context.Context, o *Offer) error { return errNotBuilt }

// Joining is an account that this phone has asked another one for. It survives a restart: State has it.
type Joining struct {
	Organisation string
	Host         string
	Support      string
	Words        [2]string // the other phone shows the same
	Expires      time.Time // by this device's clock

	hash authn.Hash // of the code's id: names it
}

// ClaimDuplicate asks for the account that another phone offers. It makes keys of this phone's own and verifies the user for them; it needs a PIN to be set. Errors:
// client.ErrPinMismatch, authn.ErrDuplicateClaimed, authn.ErrDuplicateExpired, authn.ErrDuplicateUnknown.
func (c *Core) ClaimDuplicate(ctx context.Context, link wire.DuplicateLink, p platform.Prompt) (*Joining, error) {
	return nil, errNotBuilt
}

// AwaitJoin waits for the other phone's Yes, takes what it hands over, and returns the account, connected. Errors: authn.ErrDuplicateRefused, authn.ErrDuplicateExpired,
// ErrForgedHandover, that of ctx; after the last one it may be called again.
func (c *Core) AwaitJoin(ctx context.Context, j *Joining, p platform.Prompt) (Account, error) {
	return Account{}, errNotBuilt
}

// ErrForgedHandover means that what arrived is not from the phone whose screen was scanned. It was not opened.
var ErrForgedHandover = authn.Fail(authn.Forbidden, "duplicate_handover_forged", "What arrived is not from the phone that you scanned. It was not opened. Tell the service desk.")

// CancelJoin forgets a request that the person does not want any more.
func (c *Core) CancelJoin(ctx context.Context, j *Joining) error { return errNotBuilt }
