// Package secondadmin is the rule of two: what could take over an administrator's account, or reach a user at an address that somebody has just changed, is done
// only when a second administrator has said Yes to it on her phone (OWASP ASVS 5.0, 2.3.5; R-122). A Yes is for one action of one administrator, is used once and lasts five
// minutes. It keeps nothing of its own: the question is an approval request like any other, and what it was about stands in its nonce as a hash.
package secondadmin

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/api"
	"avow/internal/server/approval"
	"avow/internal/server/live"
	"avow/internal/server/session"
	"avow/internal/server/site"
	"avow/internal/store"
)

// ClientID is the client as which administrators are asked. Nobody has its key: it asks from within.
const ClientID = session.SecondAdminID

// Hold is for how long a changed mail address or phone number needs a second administrator before a code goes there.
const Hold = 24 * time.Hour

// Kind is what sort of action it is.
type Kind string

// The kinds.
const (
	Session Kind = "session" // makes a registration session
	Export  Kind = "export"  // hands out the whole audit log
)

// Action is what a second administrator agrees to: exactly this and nothing else.
type Action struct {
	Kind    Kind              `json:"kind"`
	User    authn.UserID      `json:"user"` // whom it is about; "" for Export
	Mode    authn.BindingMode `json:"mode"`
	Sent    bool              `json:"sent"`
	Channel authn.Channel     `json:"channel"`
	To      string            `json:"to"` // the address that a code is sent to: it may change before the Yes is used
}

// Actor is the administrator who acts.
type Actor struct {
	Name string       `json:"name"` // admin:maja, as in the audit log
	User authn.UserID `json:"user"` // "" when only a key is known
}

// Proof is a Yes; the zero value is none.
type Proof struct{ Request authn.RequestID }

// Errors of Ask and Use.
var (
	ErrNeeded  = authn.Fail(authn.Forbidden, "second_admin_needed", "A second administrator must agree to this. Name one whose phone is to be asked: avow-admin session add --second LOGIN.")
	ErrUnknown = authn.Fail(authn.NotFound, "second_admin_unknown", "There is no administrator of this name who could agree. Name an owner or administrator with a connected phone.")
	ErrSelf    = authn.Fail(authn.Invalid, "second_admin_self", "Neither you nor the person whom it is about can agree. Name another administrator.")
	ErrRefused = authn.Fail(authn.Forbidden, "second_admin_refused", "The second administrator has said No. Talk to her before you ask again.")
	ErrSilent  = authn.Fail(authn.Conflict, "second_admin_silent", "The second administrator has not answered in time. Ring her, then ask again.")
)

// Service asks administrators. It is safe for concurrent use.
type Service struct {
	site     *site.Site
	approval *approval.Service
}

// New makes the service.
func New(s *site.Site, a *approval.Service) *Service { return &Service{site: s, approval: a} }

// Ask asks the phone of the administrator with that login, and waits for the answer as long as the question lives. what says on her phone what it is about. Errors: ErrUnknown,
// ErrSelf, ErrRefused, ErrSilent, those of approval.Open.
func (s *Service) Ask(ctx context.Context, by Actor, login string, a Action, what string) (Proof, error) {
	second, client, err := s.prepare(ctx, by, login, a)
	if err != nil {
		return Proof{}, err
	}
	o, err := s.approval.Open(ctx, approval.Question{
		Client: client, User: second.ID, Action: authn.ActionAgree, Message: what, Nonce: a.hash(by),
		Origin: authn.Origin{IP: api.ClientIP(ctx), Agent: strings.TrimPrefix(by.Name, "admin:")},
	})
	if err != nil {
		return Proof{}, err
	}
	return s.wait(ctx, o)
}

// prepare finds the second administrator, and the client that asks her, which is made when it is first needed. She says Yes by a tap, with her finger or PIN: who acts sits
// at a command line that shows nothing until she has answered, and what it is about stands on her phone.
func (s *Service) prepare(ctx context.Context, by Actor, login string, a Action) (u authn.User, c authn.Client, err error) {
	err = s.site.Store.Update(ctx, func(tx store.Tx) error {
		u, err = tx.UserByLogin(login)
		if errors.Is(err, store.ErrNotFound) {
			return ErrUnknown
		}
		if err != nil {
			return err
		}
		if err := eligible(tx, u, by, a); err != nil {
			return err
		}
		if c, err = tx.Client(ClientID); !errors.Is(err, store.ErrNotFound) {
			return err
		}
		k, err := key.Generate()
		if err != nil {
			return err
		}
		c = authn.Client{
			ID: ClientID, Name: authn.CleanText(s.site.Organisation, 64), Kind: authn.ClientWeb, Key: k.Key(), Match: authn.MatchTap, Known: true, CreatedAt: s.site.Now(),
		}
		return tx.CreateClient(c)
	})
	return u, c, err
}

// wait waits for the answer. Whoever hangs up takes the question back.
func (s *Service) wait(ctx context.Context, o approval.Opened) (Proof, error) {
	waiter := s.site.Live.Wait(live.Request(string(o.Request.ID)))
	defer waiter.Close()
	over := time.NewTimer(o.Request.Expires.Sub(o.Request.OpenedAt))
	defer over.Stop()
	for {
		var r authn.ApprovalRequest
		err := s.site.Store.View(context.WithoutCancel(ctx), func(rd store.Reader) (err error) {
			r, err = rd.ApprovalRequest(o.Request.ID)
			return err
		})
		if err != nil {
			return Proof{}, err
		}
		switch r.StateAt(s.site.Now()) {
		case authn.RequestApproved:
			return Proof{Request: r.ID}, nil
		case authn.RequestDenied, authn.RequestReported:
			return Proof{}, ErrRefused
		case authn.RequestOpen:
		default:
			return Proof{}, ErrSilent
		}
		select {
		case <-waiter.C():
			continue
		case <-ctx.Done():
		case <-s.site.Live.Stopped():
		case <-over.C:
		}
		err = s.approval.Cancel(context.WithoutCancel(ctx), o.Request.AuthReq, ClientID)
		if errors.Is(err, authn.ErrDecided) { // a moment ago
			continue
		}
		return Proof{}, errors.Join(ErrSilent, err)
	}
}

// Use takes a Yes for an action within the transaction that does it, and returns who gave it. ErrNeeded when it is none, or for something else, or was used, or is too old, or
// when she could not give it any more.
func Use(tx store.Tx, p Proof, by Actor, a Action, now time.Time) (authn.User, error) {
	r, err := tx.ApprovalRequest(p.Request)
	if errors.Is(err, store.ErrNotFound) {
		return authn.User{}, ErrNeeded
	}
	if err != nil {
		return authn.User{}, err
	}
	if r.Client != ClientID || r.Action != authn.ActionAgree || r.Nonce != a.hash(by) {
		return authn.User{}, ErrNeeded
	}
	next, err := r.Redeem(now) // within authn.RedeemLifetime
	if err != nil {
		return authn.User{}, ErrNeeded.Because(err)
	}
	second, err := tx.User(r.User)
	if err != nil {
		return second, err
	}
	if err := eligible(tx, second, by, a); err != nil {
		return second, ErrNeeded.Because(err)
	}
	d, err := tx.Device(r.DecidedBy)
	if err != nil {
		return second, err
	}
	if err := d.MayApprove(); err != nil {
		return second, ErrNeeded.Because(err)
	}
	return second, tx.UpdateApprovalRequest(r.ID, func(authn.ApprovalRequest) (authn.ApprovalRequest, error) { return next, nil })
}

// hash ties a Yes to who acts and what she does.
func (a Action) hash(by Actor) string {
	b, err := json.Marshal(struct {
		By     Actor  `json:"by"`
		Action Action `json:"action"`
	}{by, a})
	if err != nil {
		panic("texts always encode: " + err.Error())
	}
	h := sha256.Sum256(append([]byte("avow second admin v1\x00"), b...))
	return base64.RawURLEncoding.EncodeToString(h[:])
}
