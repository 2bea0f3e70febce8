// Package modeltest holds a core that does what a test tells it, and the people, requests and screens that tests of the app share. It is no part
// of the app: it checks nothing and keeps nothing.
package modeltest

import (
	"context"
	"sync"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/platform"
	"avow/internal/ui/model"
	"avow/internal/wire"
)

// Core is a scripted model.Core: each call is counted and answered by the field of its name, if that is set.
type Core struct {
	OnSetPIN    func(pin string) error
	OnChangePIN func(old, pin string) error
	OnUnlock    func(context.Context) error
	OnBackup    func(context.Context) error
	OnOld       func(context.Context) error
	OnInvite    func(wire.RegistrationLink) (*phone.Invitation, error)
	OnConnect   func(context.Context, *phone.Invitation) (phone.Account, error)
	OnForget    func(*phone.Invitation) error
	OnSync      func(context.Context) error
	OnApprove   func(context.Context, authn.RequestID, phone.Match) (phone.Receipt, error)
	OnDeny      func(authn.RequestID) (phone.Receipt, error)
	OnNotMe     func(authn.RequestID) (phone.Receipt, error)
	OnRemove    func(context.Context, phone.AccountID) (bool, error)
	OnSendLog   func(ctx context.Context, note, log string) (wire.SentDebugLog, error)

	OnDelivery func(phone.AccountID) (time.Duration, error)
	LockAfter  time.Duration // as it was set last

	OnChallenge func(wire.OfflineLink) (phone.Challenge, error)
	OnCode      func(context.Context, phone.Challenge) (phone.OfflineCode, error)
	OnList      func(context.Context, authn.GrantID) (phone.OfflineCode, error)
	OnNext      func(context.Context, authn.GrantID) (phone.OfflineCode, error)

	RestoreScript
	DevicesScript
	CodesScript
	RequestsScript

	mu        sync.Mutex
	state     phone.State
	calls     map[string]int
	listeners []func(phone.Event)
}

var _ model.Core = (*Core)(nil)

// NewCore makes a core in a state.
func NewCore(s phone.State) *Core { return &Core{state: s, calls: map[string]int{}} }

// State implements model.Core.
func (c *Core) State() phone.State {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state
}

// Alter changes the state without an event.
func (c *Core) Alter(f func(*phone.State)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f(&c.state)
}

// Tell changes the state and tells of it.
func (c *Core) Tell(e phone.Event, f func(*phone.State)) {
	c.Alter(f)
	c.mu.Lock()
	listeners := c.listeners
	c.mu.Unlock()
	for _, l := range listeners {
		l(e)
	}
}

// CloseRequest takes a request away and says why.
func (c *Core) CloseRequest(id authn.RequestID, why authn.RequestState) {
	c.Tell(phone.Event{Kind: phone.RequestClosed, Request: id, State: why}, func(s *phone.State) {
		var left []phone.Request
		for _, r := range s.Requests {
			if r.ID != id {
				left = append(left, r)
			}
		}
		s.Requests = left
	})
}

// Calls says how often a method was called.
func (c *Core) Calls(method string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls[method]
}

func (c *Core) called(method string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls[method]++
}

// Subscribe implements model.Core.
func (c *Core) Subscribe(f func(phone.Event)) func() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.listeners = append(c.listeners, f)
	return func() {}
}

// SetPIN implements model.Core.
func (c *Core) SetPIN(_ context.Context, pin key.Secret) error {
	c.called("SetPIN")
	if c.OnSetPIN != nil {
		if err := c.OnSetPIN(string(pin)); err != nil {
			return err
		}
	}
	c.Alter(func(s *phone.State) { s.HasPIN, s.Locked = true, false })
	return nil
}

// ChangePIN implements model.Core.
func (c *Core) ChangePIN(_ context.Context, old, pin key.Secret) error {
	c.called("ChangePIN")
	if c.OnChangePIN != nil {
		return c.OnChangePIN(string(old), string(pin))
	}
	return nil
}

// Unlock implements model.Core.
func (c *Core) Unlock(ctx context.Context, _ platform.Prompt) error {
	c.called("Unlock")
	return c.open(ctx, c.OnUnlock)
}

// UnlockBackup implements model.Core.
func (c *Core) UnlockBackup(ctx context.Context, _ platform.Prompt) error {
	c.called("UnlockBackup")
	return c.open(ctx, c.OnBackup)
}

// UnlockOld implements model.Core.
func (c *Core) UnlockOld(ctx context.Context, _ platform.Prompt) error {
	c.called("UnlockOld")
	return c.open(ctx, c.OnOld)
}

func (c *Core) open(ctx context.Context, f func(context.Context) error) error {
	if f != nil {
		if err := f(ctx); err != nil {
			return err
		}
	}
	c.Tell(phone.Event{Kind: phone.LockChanged}, func(s *phone.State) { s.Locked, s.Trouble = false, nil })
	return nil
}

// Lock implements model.Core.
func (c *Core) Lock() {
	c.called("Lock")
	c.Tell(phone.Event{Kind: phone.LockChanged}, func(s *phone.State) { s.Locked = true })
}

// SetLockAfter implements model.Core.
func (c *Core) SetLockAfter(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.LockAfter = d
}

// TestDelivery implements model.Core.
func (c *Core) TestDelivery(_ context.Context, id phone.AccountID, _ <-chan time.Time) (time.Duration, error) {
	c.called("TestDelivery")
	if c.OnDelivery != nil {
		return c.OnDelivery(id)
	}
	return 300 * time.Millisecond, nil
}

// Invite implements model.Core.
func (c *Core) Invite(_ context.Context, l wire.RegistrationLink) (*phone.Invitation, error) {
	c.called("Invite")
	if c.OnInvite != nil {
		return c.OnInvite(l)
	}
	return Invitation(), nil
}

// Connect implements model.Core.
func (c *Core) Connect(ctx context.Context, inv *phone.Invitation, _ platform.Prompt) (phone.Account, error) {
	c.called("Connect")
	if c.OnConnect != nil {
		return c.OnConnect(ctx, inv)
	}
	a := Account()
	a.Status, a.CheckWords = phone.Waiting, [2]string{"amber", "canal"}
	c.Alter(func(s *phone.State) { s.Accounts = append(s.Accounts, a) })
	return a, nil
}

// Forget implements model.Core.
func (c *Core) Forget(_ context.Context, inv *phone.Invitation) error {
	c.called("Forget")
	if c.OnForget != nil {
		return c.OnForget(inv)
	}
	return nil
}

// Sync implements model.Core.
func (c *Core) Sync(ctx context.Context) error {
	c.called("Sync")
	if c.OnSync != nil {
		return c.OnSync(ctx)
	}
	return nil
}

// Approve implements model.Core.
func (c *Core) Approve(ctx context.Context, id authn.RequestID, m phone.Match, _ platform.Prompt) (phone.Receipt, error) {
	c.called("Approve")
	if c.OnApprove != nil {
		return c.OnApprove(ctx, id, m)
	}
	c.CloseRequest(id, authn.RequestApproved)
	return Receipt(authn.Approve), nil
}

// Deny implements model.Core.
func (c *Core) Deny(_ context.Context, id authn.RequestID) (phone.Receipt, error) {
	c.called("Deny")
	if c.OnDeny != nil {
		return c.OnDeny(id)
	}
	c.CloseRequest(id, authn.RequestDenied)
	return Receipt(authn.Deny), nil
}

// NotMe implements model.Core.
func (c *Core) NotMe(_ context.Context, id authn.RequestID) (phone.Receipt, error) {
	c.called("NotMe")
	if c.OnNotMe != nil {
		return c.OnNotMe(id)
	}
	c.CloseRequest(id, authn.RequestDenied)
	return Receipt(authn.NotMe), nil
}

// ByHandle implements model.Core.
func (c *Core) ByHandle(l wire.ApprovalLink) (phone.Request, error) {
	c.called("ByHandle")
	for _, r := range c.State().Requests {
		if r.Handle == authn.HashOf(l.Handle) {
			return r, nil
		}
	}
	return phone.Request{}, authn.ErrRequestUnknown
}

// RemoveAccount implements model.Core.
func (c *Core) RemoveAccount(ctx context.Context, id phone.AccountID) (bool, error) {
	c.called("RemoveAccount")
	told := true
	if c.OnRemove != nil {
		var err error
		if told, err = c.OnRemove(ctx, id); err != nil {
			return false, err
		}
	}
	c.Tell(phone.Event{Kind: phone.AccountsChanged}, func(s *phone.State) {
		var left []phone.Account
		for _, a := range s.Accounts {
			if a.ID != id {
				left = append(left, a)
			}
		}
		s.Accounts = left
	})
	return told, nil
}

// OfflineChallenge implements model.Core. Without a script the link is of the first computer, whose clock is right.
func (c *Core) OfflineChallenge(l wire.OfflineLink) (phone.Challenge, error) {
	c.called("OfflineChallenge")
	if c.OnChallenge != nil {
		return c.OnChallenge(l)
	}
	if s := c.State(); len(s.Computers) > 0 {
		return Challenge(s.Computers[0], 0), nil
	}
	return phone.Challenge{}, authn.ErrGrantUnknown
}

// OfflineCode implements model.Core.
func (c *Core) OfflineCode(ctx context.Context, ch phone.Challenge, _ platform.Prompt) (phone.OfflineCode, error) {
	c.called("OfflineCode")
	if c.OnCode != nil {
		return c.OnCode(ctx, ch)
	}
	return OfflineCode(ch.Computer), nil
}

// ListCode implements model.Core.
func (c *Core) ListCode(ctx context.Context, id authn.GrantID, _ platform.Prompt) (phone.OfflineCode, error) {
	c.called("ListCode")
	return c.list(ctx, id, c.OnList, 13)
}

// NextListCode implements model.Core.
func (c *Core) NextListCode(ctx context.Context, id authn.GrantID, _ platform.Prompt) (phone.OfflineCode, error) {
	c.called("NextListCode")
	return c.list(ctx, id, c.OnNext, 14)
}

func (c *Core) list(ctx context.Context, id authn.GrantID, on func(context.Context, authn.GrantID) (phone.OfflineCode, error), number int) (phone.OfflineCode, error) {
	if on != nil {
		return on(ctx, id)
	}
	for _, x := range c.State().Computers {
		if x.Grant == id {
			return ListCode(x, number), nil
		}
	}
	return phone.OfflineCode{}, authn.ErrGrantUnknown
}

// SendDebugLog implements model.Core.
func (c *Core) SendDebugLog(ctx context.Context, _ phone.AccountID, note, log string) (wire.SentDebugLog, error) {
	c.called("SendDebugLog")
	if c.OnSendLog != nil {
		return c.OnSendLog(ctx, note, log)
	}
	return wire.SentDebugLog{ID: "l_AAAAAAAAAAAAAAAAAAAAAA", Until: Now.Add(authn.DebugLogKept).Unix()}, nil
}
