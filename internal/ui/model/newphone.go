package model

import (
	"context"
	"errors"
	"time"

	"avow/internal/authn"
	"avow/internal/phone"
	"avow/internal/phone/platform"
)

// newPhoneState is an account on its way from this phone to another one.
type newPhoneState struct {
	account phone.AccountID
	offer   *phone.Offer
	joiner  *phone.Joiner // who has scanned the code
	over    bool          // nobody did in time
	stop    func()        // ends the wait for it
}

// NewPhoneView is the page with the code that the new phone scans.
type NewPhoneView struct {
	Bar          string
	Title, Text  string
	Organisation string
	QR           string // what the code says; "" before the user was verified, and when it is too old
	Left         string
	Part         float64
	Urgent       bool
	Once, Wait   string
	Over         string // it is too old
	Again        string // makes a new one
	Head, Words  string
}

// OpenNewPhone verifies the user and shows the code for a new phone.
func (a *App) OpenNewPhone() {
	a.change(func() {
		id := a.devices.account
		if acc, ok := a.shownAccount(a.cfg.Core.State()); ok && id == "" {
			id = acc.ID
		}
		a.newPhone = newPhoneState{account: id}
		a.stack, a.fault = append(a.stack, PageNewPhone), nil
	})
	a.OfferPhone()
}

// OfferPhone makes a code, after the user was verified: it is good for one phone and two minutes.
func (a *App) OfferPhone() {
	a.mu.Lock()
	id := a.newPhone.account
	acc, _ := a.cfg.Core.State().Account(id)
	a.mu.Unlock()
	title := a.T("app.prompt.new_phone", "Organisation", acc.Organisation)
	p := platform.Prompt{Title: title, Subtitle: acc.Login, Reason: a.T("app.prompt.new_phone_reason")}
	var offer *phone.Offer
	a.verified(&question{title: title, subtitle: acc.Organisation, lane: laneOther}, a.T("app.busy.asking"), func(ctx context.Context) error {
		var err error
		offer, err = a.cfg.Core.OfferDuplicate(ctx, id, p)
		return err
	}, func(err error) { a.offered(id, offer, err) })
}

func (a *App) offered(id phone.AccountID, offer *phone.Offer, err error) {
	var gone bool
	var wait func()
	a.change(func() {
		switch {
		case err == nil && a.top() != PageNewPhone: // she has left meanwhile
			gone = true
		case err == nil:
			ctx, stop := context.WithCancel(a.ctx)
			a.newPhone = newPhoneState{account: id, offer: offer, stop: stop}
			a.fault = nil
			a.guard(true)
			wait = func() { a.awaitPhone(ctx, offer) }
		case errors.Is(err, platform.ErrCanceled):
			if a.newPhone.offer == nil {
				a.popIf(PageNewPhone)
			}
		default:
			f := a.faultOf(err)
			a.fault = &f
		}
	})
	if gone {
		a.cancelOffer(offer)
	}
	if wait != nil {
		a.cfg.Go(wait)
	}
}

// awaitPhone waits until a phone has scanned the code.
func (a *App) awaitPhone(ctx context.Context, offer *phone.Offer) {
	joiner, err := a.cfg.Core.AwaitDuplicate(ctx, offer)
	a.change(func() {
		if ctx.Err() != nil || errors.Is(err, context.Canceled) || a.newPhone.offer != offer {
			return
		}
		a.guard(false)
		switch {
		case err == nil:
			a.newPhone.joiner = &joiner
			a.stack[len(a.stack)-1] = PageJoiner
		case authn.CodeOf(err) == "duplicate_expired":
			a.newPhone.over = true
		default:
			f := a.faultOf(err)
			a.fault, a.newPhone.over = &f, true
		}
	})
}

func (a *App) cancelOffer(offer *phone.Offer) {
	if offer == nil {
		return
	}
	a.cfg.Go(func() {
		if err := a.cfg.Core.CancelDuplicate(a.ctx, offer); err != nil {
			a.note("could not take the code for a new phone back", err)
		}
	})
}

// leaveNewPhone takes the code back that nobody has answered; mu must be held.
func (a *App) leaveNewPhone() {
	n := a.newPhone
	a.newPhone = newPhoneState{}
	if n.stop != nil {
		n.stop()
	}
	if n.offer != nil {
		a.guard(false)
	}
	a.cancelOffer(n.offer)
}

// NewPhone is the view of PageNewPhone.
func (a *App) NewPhone() NewPhoneView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, n, now := a.print, a.newPhone, a.cfg.Now()
	acc, _ := a.cfg.Core.State().Account(n.account)
	v := NewPhoneView{
		Bar: t.T("app.new.bar"), Title: t.T("app.new.title"), Text: t.T("app.new.text"), Organisation: acc.Organisation,
		Once: t.T("app.new.once"), Wait: t.T("app.new.waiting"), Again: t.T("app.new.again"),
	}
	if a.fault != nil {
		v.Head, v.Words = a.fault.Title, a.fault.Sentence
	}
	switch {
	case n.offer == nil:
	case n.over || !now.Before(n.offer.Expires):
		v.Over, v.Wait = t.T("app.new.over"), ""
	default:
		left := n.offer.Expires.Sub(now)
		v.QR, v.Left, v.Urgent = n.offer.Link.Encode(), t.Left(left), left <= 10*time.Second
		v.Part = min(1, left.Seconds()/authn.DuplicateLifetime.Seconds())
	}
	return v
}

// JoinerView is the question whether a phone may join.
type JoinerView struct {
	Bar         string
	Title, Text string
	Name, Sub   string
	Ask         string
	Words       [2]string
	Note        string
	Raced       bool // Note warns
	Busy        string
	Head, Fault string
	Icon        string
}

// Joiner is the view of PageJoiner.
func (a *App) Joiner() JoinerView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, j := a.print, a.newPhone.joiner
	if j == nil {
		return JoinerView{}
	}
	v := JoinerView{
		Bar: t.T("app.new.bar"), Title: t.T("app.new.joins", "Device", j.Name), Text: t.T("app.new.look"), Name: j.Name,
		Sub: joined(j.Model, j.OS, j.IP), Ask: t.T("app.new.same"), Words: j.Words, Note: t.T("app.new.yes_means"), Raced: j.Raced, Busy: a.busy[laneAnswer], Icon: "phone",
	}
	if j.Raced {
		v.Note = t.T("app.new.raced")
	}
	if a.fault != nil {
		v.Head, v.Fault = a.fault.Title, a.fault.Sentence
	}
	return v
}

// AnswerJoiner says Yes or No to the phone that has scanned the code. A Yes verifies the user again.
func (a *App) AnswerJoiner(yes bool) {
	a.mu.Lock()
	n := a.newPhone
	acc, _ := a.cfg.Core.State().Account(n.account)
	a.mu.Unlock()
	if n.joiner == nil {
		return
	}
	title := a.T("app.prompt.joiner", "Device", n.joiner.Name)
	p := platform.Prompt{Title: title, Subtitle: acc.Organisation, Reason: a.T("app.prompt.new_phone_reason")}
	a.verified(&question{title: title, subtitle: acc.Organisation, lane: laneAnswer}, a.T("app.busy.sending"), func(ctx context.Context) error {
		return a.cfg.Core.AnswerDuplicate(ctx, n.offer, *n.joiner, yes, p)
	}, func(err error) {
		a.change(func() {
			t := a.print
			switch {
			case a.newPhone.offer != n.offer, errors.Is(err, platform.ErrCanceled):
				return
			case err != nil:
				f := a.faultOf(err)
				f.Support = acc.Support
				a.failure = &f
			case yes:
				a.result = &Result{Title: t.T("app.new.done", "Device", n.joiner.Name), Text: t.T("app.new.done_text", "Organisation", acc.Organisation), Approved: true}
			default:
				a.result = &Result{Title: t.T("app.new.refused"), Text: t.T("app.new.refused_text", "Device", n.joiner.Name)}
			}
			a.newPhone.offer = nil // it is answered
			a.popIf(PageJoiner)
		})
		if err == nil && a.devicesAccount() == n.account {
			a.LoadDevices()
		}
	})
}
