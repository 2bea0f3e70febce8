package screen_test

import (
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/phone"
	"avow/internal/ui/model"
	"avow/internal/ui/model/modeltest"
)

// locking is an open app, of which the lock stands so.
func locking(l phone.LockState) phone.State {
	s := modeltest.Open()
	s.Lock = l
	return s
}

// tested opens the page of notifications after a test that has ended so.
func tested(took time.Duration, err error) func(*stage) {
	return func(g *stage) {
		g.core.OnDelivery = func(phone.AccountID) (time.Duration, error) { return took, err }
		g.model.Open(model.PageNotifications)
		g.model.TestDelivery()
	}
}

// lockScenes are the pages Lock and Notifications, and a lock that takes no PIN.
func lockScenes() []scene {
	bound := phone.LockState{Most: time.Minute, WrongPINs: authn.WrongPINRestore}
	return []scene{
		{name: "16-lock", state: modeltest.Open(), look: system, act: open(model.PageLockRules)},
		{name: "16-lock-desktop", state: locking(bound), act: open(model.PageLockRules)},
		{name: "16-lock-empty", state: phone.State{}, act: open(model.PageLockRules)},
		{name: "16-lock-after", state: locking(bound), act: open(model.PageLockAfter)},
		{name: "16-clipboard-after", state: modeltest.Open(), act: open(model.PageClearAfter)},
		{name: "16-notifications", state: modeltest.Open(), look: system, act: tested(300*time.Millisecond, nil)},
		{name: "16-notifications-lost", state: modeltest.Open(), act: tested(0, phone.ErrNotDelivered)},
		{name: "16-notifications-empty", state: phone.State{}, look: system, act: open(model.PageNotifications)},
		{name: "02-lock-long", state: locked(locking(phone.LockState{Wrong: 11, Wait: 47 * time.Hour}))},
		{name: "02-lock-last-tries", state: locked(locking(phone.LockState{Wrong: 8, WrongPINs: authn.WrongPINRestore}))},
		{name: "02-lock-blocked", state: locked(locking(phone.LockState{Wrong: 10, WrongPINs: authn.WrongPINRestore, Blocked: true}))},
	}
}

// The page Lock does what it says, by its own switches and rows.
func TestLockPage(t *testing.T) {
	l := lightPhone
	system(&l)
	g := newStage(t, l, modeltest.Open())
	g.model.GoTo(model.PageSettings)
	g.settle()
	g.tap("screenshots")
	g.tap("lock")
	if g.shell.Page() != model.PageLockRules || !g.model.Choices().Screenshots {
		t.Fatalf("page %q, choices %+v", g.shell.Page(), g.model.Choices())
	}
	g.tap("hide-codes")
	g.tap("lock-after")
	g.tap("after-30s")
	g.tap("after-5m")
	g.model.Back()
	g.settle()
	g.tap("clear-after")
	g.tap("clear-15s")
	g.model.Back()
	g.settle()
	if c := g.model.Choices(); !c.HideCodes || c.Lock != model.LockMinutes || c.Clear != model.ClearQuarter || g.core.LockAfter != 5*time.Minute {
		t.Errorf("choices are %+v, it locks after %v", c, g.core.LockAfter)
	}
	g.tap("lock-now")
	if n := g.core.Calls("Lock"); n != 1 { // and the sensor opens it again
		t.Errorf("it was locked %d times", n)
	}
}

func TestNotificationsPage(t *testing.T) {
	l := lightPhone
	system(&l)
	g := newStage(t, l, modeltest.Open())
	g.model.GoTo(model.PageSettings)
	g.settle()
	g.tap("notifications")
	g.tap("banners")
	g.tap("test")
	if v := g.model.Notifications(); v.Rows[0].Tone != model.Good || v.Banners || g.core.Calls("TestDelivery") != 1 {
		t.Errorf("the page is %+v", v)
	}
}
