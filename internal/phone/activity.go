package phone

import (
	"context"
	"errors"
	"slices"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/wire"
)

// Activity is one thing that happened to an account: an answer with its proof, something that the server told, or something that was done on this phone.
type Activity struct {
	ID      string // the same each time that it is listed
	Account AccountID
	At      time.Time
	Kind    ActivityKind
	Answer  *AnswerProof      // of ActivityAnswer
	Notice  authn.NoticeKind  // of ActivityNotice
	Facts   map[string]string // of all but ActivityAnswer: device, computer, method, place, ip
}

// ActivityKind says what an Activity is about.
type ActivityKind string

// The kinds.
const (
	ActivityAnswer    ActivityKind = "answer"
	ActivityNotice    ActivityKind = "notice"
	ActivityOffline   ActivityKind = "offline"   // a code for a computer was shown
	ActivityDrill     ActivityKind = "drill"     // the restore code was proved
	ActivityConnected ActivityKind = "connected" // this phone
)

// AnswerProof is an answer as its receipt tells it.
type AnswerProof struct {
	Kind    authn.DecisionKind
	Request wire.ApprovalRequest   // as it was shown; only Client.Name when the receipt does not prove it
	UV      authn.UserVerification // how the user was verified
	Device  authn.DeviceID         // that has answered: this one, or one that was restored from
	Digits  string                 // JWS of the server's countersignature, for people who compare the first digits
	Broken  error                  // why this is no proof; nil when the server's signature covers request and answer
}

// Activity lists what is known of an account, newest first. Each receipt is checked anew, which takes a while for hundreds of them: call it in the
// background. ErrLocked while the vault is closed.
func (c *Core) Activity(_ context.Context, id AccountID) ([]Activity, error) {
	c.mu.Lock()
	a, err := c.find(id)
	if err == nil && c.doc == nil {
		err = ErrLocked
	}
	if err != nil {
		c.mu.Unlock()
		return nil, err
	}
	s := a.stored
	s.Receipts, s.History = slices.Clone(s.Receipts), slices.Clone(s.History)
	c.mu.Unlock()
	var list []Activity
	if !s.AddedAt.IsZero() {
		list = append(list, Activity{ID: "connected", Account: id, At: s.AddedAt, Kind: ActivityConnected})
	}
	for _, h := range s.History {
		x := Activity{ID: h.ID, Account: id, At: h.At, Kind: ActivityNotice, Notice: authn.NoticeKind(h.What), Facts: h.Facts}
		switch h.What {
		case whatOffline, whatDrill:
			x.Kind, x.Notice = ActivityKind(h.What), ""
		}
		list = append(list, x)
	}
	for _, r := range s.Receipts {
		p := prove(s.Server, s.User, r)
		list = append(list, Activity{ID: wire.HashText(r.Decision), Account: id, At: r.At, Kind: ActivityAnswer, Answer: &p})
	}
	slices.SortStableFunc(list, func(x, y Activity) int { return y.At.Compare(x.At) })
	return list, nil
}

// prove checks a receipt, and reads what it is about.
func prove(server client.Server, user authn.UserID, r Receipt) AnswerProof {
	p := AnswerProof{Kind: r.Kind, Digits: r.Receipt}
	p.Request.Client.Name = r.Client
	p.Broken = func() error {
		f := wire.ReceiptFile{Issuer: server.Issuer, Request: r.Request, Decision: r.Decision, Receipt: r.Receipt}
		proven, err := f.Prove(server.Identity)
		switch {
		case err != nil:
			return err
		case proven.Receipt.Kind != r.Kind, proven.Request.User != user:
			return errors.New("the receipt tells another story than the list")
		}
		p.Request, p.UV, p.Device = proven.Request, proven.Decision.UV, proven.Receipt.Device
		return nil
	}()
	return p
}

// ExportReceipt writes the proof of an answer as a wire.ReceiptFile, by its Activity's ID. ErrNoReceipt if it is not here any more, ErrLocked while
// the vault is closed.
func (c *Core) ExportReceipt(id AccountID, answer string) ([]byte, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, err := c.find(id)
	if err != nil {
		return nil, err
	}
	if c.doc == nil {
		return nil, ErrLocked
	}
	for _, r := range a.stored.Receipts {
		if wire.HashText(r.Decision) != answer {
			continue
		}
		return wire.ReceiptFile{
			Issuer: a.stored.Server.Issuer, Identity: a.stored.Server.Identity, Request: r.Request, Decision: r.Decision, Receipt: r.Receipt,
		}.Encode()
	}
	return nil, ErrNoReceipt
}

// ErrNoReceipt means that a proof is not on this phone any more: only the newest are kept.
var ErrNoReceipt = authn.Fail(authn.NotFound, "receipt_gone", "This proof is not on this phone any more.")
