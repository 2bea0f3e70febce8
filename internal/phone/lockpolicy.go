package phone

import (
	"context"
	"time"

	"avow/internal/authn"
	"avow/internal/wire"
)

// LockAfter is how long the app stays unlocked without being used, unless its person or an organisation wants otherwise.
const LockAfter = time.Minute

// leastIdle is how long it stays unlocked in front of somebody who touches nothing, also if it is to lock at once: that is meant for leaving it.
const leastIdle = time.Minute

// LockState says how the app locks, and what wrong PINs have led to.
type LockState struct {
	After time.Duration // without being used; 0: as soon as it is left
	Most  time.Duration // the strictest bound that an organisation sets; 0: none does

	WrongPINs authn.WrongPINs // what follows authn.PINTries wrong PINs
	Wrong     int             // PINs since the last right one
	Wait      time.Duration   // before the next is looked at
	Blocked   bool            // no PIN is taken any more
}

// storedLock is what an account's organisation wants. Append fields, never rename.
type storedLock struct {
	Seconds   int             `json:"seconds,omitempty"`
	WrongPINs authn.WrongPINs `json:"wrong_pins,omitempty"`
}

// lockOf reads what a server says. A bound that makes no sense is none.
func lockOf(l *wire.DeviceLock) storedLock {
	if l == nil {
		return storedLock{}
	}
	s := storedLock{Seconds: max(0, l.Seconds)}
	if l.WrongPINs != authn.WrongPINWait && l.WrongPINs.Valid() {
		s.WrongPINs = l.WrongPINs
	}
	return s
}

// SetLockAfter sets how long the app stays unlocked without being used; 0 locks as soon as it is left. An organisation's bound holds beside it.
func (c *Core) SetLockAfter(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lockAfter = max(0, d)
}

// lockState is State.Lock; mu must be held.
func (c *Core) lockState() LockState {
	s := LockState{After: c.lockAfter, WrongPINs: authn.WrongPINWait, Blocked: c.cfg.Keys.PINBlocked()}
	s.Wrong, s.Wait = c.cfg.Keys.PINWait()
	for _, a := range c.accounts {
		if a.stored.Status.Status == Removed {
			continue
		}
		if most := time.Duration(a.stored.Lock.Seconds) * time.Second; most > 0 && (s.Most == 0 || most < s.Most) {
			s.Most = most
		}
		s.WrongPINs = s.WrongPINs.Stricter(a.stored.Lock.WrongPINs)
	}
	if s.Most > 0 {
		s.After = min(s.After, s.Most)
	}
	return s
}

// keepRule has the keystore keep the rule for wrong PINs, once a server has signed one or an account went. Not at a start: where the index is missing no account is known, and
// whoever took it away must gain nothing by that.
func (c *Core) keepRule(ctx context.Context) {
	c.mu.Lock()
	rule := c.lockState().WrongPINs
	c.mu.Unlock()
	if err := c.cfg.Keys.SetWrongPINs(ctx, rule); err != nil {
		c.cfg.Log.WarnContext(ctx, "could not store what follows wrong PINs", "err", err)
	}
}

// hearTime tells the keystore the time that a server signed a moment ago, by which it counts waits for wrong PINs.
func (c *Core) hearTime(ctx context.Context, st wire.Status) {
	if st.IssuedAt <= 0 {
		return
	}
	if err := c.cfg.Keys.NoteTime(ctx, time.Unix(st.IssuedAt, 0)); err != nil {
		c.cfg.Log.WarnContext(ctx, "could not store how long a wrong PIN has to be waited for", "err", err)
	}
}
