package desk

import (
	"context"
	"crypto/subtle"
	"errors"
	"strings"

	"avow/internal/authn"
	"avow/internal/server/approval"
	"avow/internal/server/live"
	"avow/internal/server/session"
	"avow/internal/store"
)

// Check is a check of who calls, with what the desk needs to see of it.
type Check struct {
	authn.CallerCheck
	Number  string     // to be said, while it is open and asks a phone
	Vouches authn.User // who is asked, of authn.CheckManager
	Topic   live.Topic // wakes when it changes
}

// Begin is how a check begins.
type Begin struct {
	User    authn.UserID
	Method  authn.CheckMethod
	Channel authn.Channel // of authn.CheckCode
	Manager string        // login of who is asked, of authn.CheckManager
}

// Errors of Start.
var (
	errManagerUnknown = authn.Fail(authn.NotFound, "manager_unknown", "There is no user of this name who could vouch.")
	errManagerSelf    = authn.Fail(authn.Invalid, "manager_self", "Neither the caller nor you can vouch. Name somebody who knows the caller.")
)

// Start begins a check, in place of one that is open. Errors: authn.ErrNotAllowed, "own_account", "higher_role", store.ErrNotFound, "user_disabled" of who is asked,
// approval.ErrNoDevice, too many requests, site.ErrNoMail, site.ErrNoPhone, "manager_unknown", "manager_self", "bad_method".
func (s *Service) Start(ctx context.Context, by session.Person, b Begin) (authn.CallerCheck, error) {
	now := s.site.Now()
	c := authn.CallerCheck{
		ID: authn.NewCallerCheckID(), User: b.User, By: by.Actor(), Method: b.Method, State: authn.CheckOpen, CreatedAt: now, ExpiresAt: now.Add(lifetime(b.Method)),
	}
	caller, err := s.caller(ctx, by, b.User)
	if err != nil {
		return c, err
	}
	if err := s.stopOpen(ctx, by, b.User); err != nil {
		return c, err
	}
	switch b.Method {
	case authn.CheckDevice:
		return s.ask(ctx, by, c, caller, approval.Question{Action: authn.ActionVerifyCaller, User: caller.ID, Message: by.User.Name})
	case authn.CheckManager:
		m, err := s.manager(ctx, by, caller, b.Manager)
		if err != nil {
			return c, err
		}
		c.Asked = m.ID
		return s.ask(ctx, by, c, caller, approval.Question{Action: authn.ActionVouch, User: m.ID, Message: caller.Name + " (" + caller.Login + ")"})
	case authn.CheckCode:
		c.Channel = b.Channel
		return s.send(ctx, by, c, caller)
	}
	return c, authn.Fail(authn.Invalid, "bad_method", "The caller is checked by device, code or manager.")
}

func (s *Service) caller(ctx context.Context, by session.Person, user authn.UserID) (u authn.User, err error) {
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		if u, err = r.User(user); err != nil {
			return err
		}
		return touch(r, by, user)
	})
	return u, err
}

func (s *Service) manager(ctx context.Context, by session.Person, caller authn.User, login string) (m authn.User, err error) {
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		m, err = r.UserByLogin(login)
		return err
	})
	switch {
	case errors.Is(err, store.ErrNotFound):
		return m, errManagerUnknown
	case err == nil && (m.ID == caller.ID || m.ID == by.User.ID):
		return m, errManagerSelf
	}
	return m, err
}

// ask asks a phone. The number is said over the telephone: so who has the phone also hears the desk.
func (s *Service) ask(ctx context.Context, by session.Person, c authn.CallerCheck, caller authn.User, q approval.Question) (authn.CallerCheck, error) {
	q.Client, q.Origin = s.client, authn.Origin{Agent: by.User.Name}
	o, err := s.approval.Open(ctx, q)
	if err != nil {
		return c, err
	}
	c.Request = o.Request.ID
	s.remember(c.ID, o.Number)
	return c, s.create(ctx, by, c, caller, nil)
}

func (s *Service) send(ctx context.Context, by session.Person, c authn.CallerCheck, caller authn.User) (authn.CallerCheck, error) {
	err := s.create(ctx, by, c, caller, func(tx store.Tx) error {
		return s.site.Send(tx, caller, authn.Message{Kind: authn.MessageCallerCode, Channel: c.Channel, Check: c.ID, CreatedBy: by.Actor()}, c.CreatedAt)
	})
	if err == nil {
		s.site.Live.Wake(live.Outbox)
	}
	return c, err
}

func (s *Service) create(ctx context.Context, by session.Person, c authn.CallerCheck, caller authn.User, also func(store.Tx) error) error {
	return s.site.Store.Update(ctx, func(tx store.Tx) error {
		if err := tx.CreateCallerCheck(c); err != nil {
			return err
		}
		if also != nil {
			if err := also(tx); err != nil {
				return err
			}
		}
		facts := map[string]string{"login": caller.Login, "method": string(c.Method), "asked": string(c.Asked)}
		return tx.AppendAudit(s.record(ctx, by, "caller.check", string(c.User), "", facts))
	})
}

// Latest is the newest check that somebody at the desk made of a user; false when there is none that matters any more. What the phone has answered since is taken into it.
func (s *Service) Latest(ctx context.Context, by session.Person, user authn.UserID) (c Check, ok bool, err error) {
	now := s.site.Now()
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		all, err := r.CallerChecksOf(user, now.Add(-authn.CheckLifetime-authn.CheckGood))
		for _, old := range all {
			if old.By != by.Actor() {
				continue
			}
			c, ok = Check{CallerCheck: old}, true
			if old.Asked != "" {
				if c.Vouches, err = r.User(old.Asked); err != nil {
					return err
				}
			}
			return nil
		}
		return err
	})
	if err != nil || !ok {
		return c, ok, err
	}
	if c.CallerCheck, err = s.settle(ctx, by, c.CallerCheck); err != nil {
		return c, ok, err
	}
	return s.shown(c), true, nil
}

func (s *Service) shown(c Check) Check {
	c.Topic = live.Topic("caller:" + string(c.ID))
	if c.Request != "" {
		c.Topic = live.Request(string(c.Request))
		if c.State == authn.CheckOpen {
			c.Number = s.number(c.ID)
		}
	}
	return c
}

// settle takes what the phone has answered into the check. A Yes counts once: the question is used up in the same transaction.
func (s *Service) settle(ctx context.Context, by session.Person, c authn.CallerCheck) (authn.CallerCheck, error) {
	if c.Request == "" || !c.Open(s.site.Now()) {
		return c, nil
	}
	var r authn.ApprovalRequest
	err := s.site.Store.View(ctx, func(rd store.Reader) (err error) {
		r, err = rd.ApprovalRequest(c.Request)
		return err
	})
	if err != nil {
		return c, err
	}
	switch r.StateAt(s.site.Now()) {
	case authn.RequestOpen, authn.RequestRedeemed:
		return c, nil
	case authn.RequestApproved:
		_, _, err = s.approval.Redeem(ctx, r.AuthReq, ClientID, func(tx store.Tx, _ authn.Device, _ authn.User) error {
			c, err = s.decide(ctx, tx, by, c.ID, true)
			return err
		})
		if err == nil || authn.AsError(err).Kind == authn.Internal || authn.AsError(err).Kind == authn.Unavailable {
			return c, err
		}
	}
	err = s.site.Store.Update(ctx, func(tx store.Tx) error {
		c, err = s.decide(ctx, tx, by, c.ID, false)
		return err
	})
	if errors.Is(err, authn.ErrCheckOver) {
		err = nil
	}
	return c, err
}

// decide ends a check within a transaction.
func (s *Service) decide(ctx context.Context, tx store.Tx, by session.Person, id authn.CallerCheckID, passed bool) (authn.CallerCheck, error) {
	c, err := tx.CallerCheck(id)
	if err != nil {
		return c, err
	}
	if c, err = c.Decide(passed, s.site.Now()); err != nil {
		return c, err
	}
	if err := replace(tx, c); err != nil {
		return c, err
	}
	action := map[bool]string{true: "caller.passed", false: "caller.failed"}[passed]
	return c, tx.AppendAudit(s.record(ctx, by, action, string(c.User), "", map[string]string{"method": string(c.Method)}))
}

// Code tries the code that the caller has read out. authn.ErrCheckWrong, authn.ErrCheckOver; after the last wrong one the check has failed and the error is nil.
func (s *Service) Code(ctx context.Context, by session.Person, id authn.CallerCheckID, typed string) error {
	typed = strings.NewReplacer(" ", "", "-", "").Replace(typed)
	right := subtle.ConstantTimeCompare([]byte(typed), []byte(authn.CallerDigits(s.digits, id))) == 1
	var wrong error
	err := s.site.Store.Update(ctx, func(tx store.Tx) error {
		c, err := s.mine(tx, by, id)
		if err != nil {
			return err
		}
		if c.Method != authn.CheckCode {
			return authn.ErrCheckOver
		}
		next, err := c.Try(right, s.site.Now())
		if wrong = err; err != nil && !errors.Is(err, authn.ErrCheckWrong) {
			return err
		}
		if err := replace(tx, next); err != nil {
			return err
		}
		if next.State == authn.CheckOpen {
			return nil
		}
		action := map[bool]string{true: "caller.passed", false: "caller.failed"}[next.State == authn.CheckPassed]
		return tx.AppendAudit(s.record(ctx, by, action, string(c.User), "", map[string]string{"method": string(c.Method)}))
	})
	if err != nil {
		return err
	}
	return wrong // the try is counted all the same
}

// mine finds a check of the person herself; another's does not exist.
func (s *Service) mine(r store.Reader, by session.Person, id authn.CallerCheckID) (authn.CallerCheck, error) {
	c, err := r.CallerCheck(id)
	if errors.Is(err, store.ErrNotFound) || err == nil && c.By != by.Actor() {
		return c, authn.ErrCheckOver
	}
	return c, err
}

// Stop ends an open check; nothing follows from it.
func (s *Service) Stop(ctx context.Context, by session.Person, user authn.UserID) error {
	return s.stopOpen(ctx, by, user)
}

func (s *Service) stopOpen(ctx context.Context, by session.Person, user authn.UserID) error {
	c, ok, err := s.Latest(ctx, by, user)
	if err != nil || !ok || !c.CallerCheck.Open(s.site.Now()) {
		return err
	}
	var r authn.ApprovalRequest
	err = s.site.Store.Update(ctx, func(tx store.Tx) error {
		if c.Request != "" {
			if r, err = tx.ApprovalRequest(c.Request); err != nil {
				return err
			}
		}
		_, err := s.decide(ctx, tx, by, c.ID, false)
		return err
	})
	if err != nil || r.ID == "" {
		return err
	}
	err = s.approval.Cancel(ctx, r.AuthReq, ClientID)
	if errors.Is(err, authn.ErrDecided) || errors.Is(err, authn.ErrRequestUnknown) {
		err = nil
	}
	return err
}
