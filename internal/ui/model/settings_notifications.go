package model

import (
	"context"
	"errors"
	"time"

	"avow/internal/client"
	"avow/internal/phone"
)

// LockCore is what the screens need of how the app locks and of how requests arrive.
type LockCore interface {
	SetLockAfter(time.Duration)
	TestDelivery(ctx context.Context, id phone.AccountID, giveUp <-chan time.Time) (time.Duration, error)
}

// deliverWait is how long a test may be on its way.
const deliverWait = 10 * time.Second

// deliveryState is what the last test has found, by account.
type deliveryState struct {
	found map[phone.AccountID]delivered
}

type delivered struct {
	took time.Duration
	err  error
}

// DeliveryRow is how requests of one account arrive.
type DeliveryRow struct {
	Name  string // of the organisation
	State string // a word or two
	Text  string // how long a test took, or what is in the way
	Tone  Tone
}

// NotificationsView is the page Notifications.
type NotificationsView struct {
	Open, Closed string // what arrives how, while the app runs and while it does not
	Rows         []DeliveryRow
	CanNotify    bool // the system shows notifications of the app
	Banners      bool // and is asked to
	BannersText  string
	Test         string // the button; "" without an account
	Busy         string
}

// Notifications is the view of PageNotifications.
func (a *App) Notifications() NotificationsView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.print
	v := NotificationsView{
		Open: t.T("app.notify.open"), Closed: t.T("app.notify.closed"), CanNotify: a.cfg.Notify != nil, Banners: !a.cfg.Settings.Get().Quiet,
		BannersText: t.T("app.notify.banners_text"), Busy: a.busy[laneCheck],
	}
	if !v.CanNotify {
		v.BannersText = t.T("app.notify.no_banners")
	}
	for _, acc := range a.cfg.Core.State().Accounts {
		if acc.Status == phone.Removed {
			continue
		}
		v.Rows = append(v.Rows, a.deliveryRow(acc))
		v.Test = t.T("app.notify.test")
	}
	return v
}

// deliveryRow says what the last test has found, or without one how the account stands; mu must be held.
func (a *App) deliveryRow(acc phone.Account) DeliveryRow {
	t := a.print
	r := DeliveryRow{Name: acc.Organisation, State: t.T("app.notify.untested")}
	found, tested := a.delivery.found[acc.ID]
	if tested {
		r.State, r.Tone = t.T("app.notify.works"), Good
	}
	switch {
	case tested && found.err == nil && found.took < time.Second:
		r.Text = t.T("app.notify.came_at_once")
	case tested && found.err == nil:
		r.Text = t.T("app.notify.came", "Wait", t.Wait(found.took))
	case errors.Is(found.err, phone.ErrNotListening):
		r.Text = t.T("app.notify.not_listening")
	case errors.Is(found.err, phone.ErrNotDelivered):
		r.Text = t.T("app.notify.lost")
	case errors.Is(found.err, client.ErrUnreachable), !tested && acc.Status == phone.Unreachable:
		r.Text = t.T("app.notify.no_server")
	case tested:
		r.Text = a.faultOf(found.err).Sentence
	}
	if r.Text != "" && (!tested || found.err != nil) {
		r.State, r.Tone = t.T("app.notify.broken"), Bad
	}
	return r
}

// TestDelivery has each account's server send a test, and a notification shown when one came.
func (a *App) TestDelivery() {
	found := map[phone.AccountID]delivered{}
	a.do(laneCheck, a.T("app.notify.testing"), func(ctx context.Context) error {
		for _, acc := range a.cfg.Core.State().Accounts {
			if acc.Status != phone.Removed {
				found[acc.ID] = a.testOne(ctx, acc.ID)
			}
		}
		return ctx.Err()
	}, func(err error) {
		if err != nil {
			return
		}
		came := false
		for _, d := range found {
			came = came || d.err == nil
		}
		a.change(func() { a.delivery.found = found })
		if came && a.cfg.Notify != nil && !a.Choices().Quiet {
			a.cfg.Notify(a.T("app.notify.test_title"), a.T("app.notify.test_text"))
		}
	})
}

func (a *App) testOne(ctx context.Context, id phone.AccountID) delivered {
	took, err := a.cfg.Core.TestDelivery(ctx, id, time.After(deliverWait))
	return delivered{took, err}
}

// notifyRequest has the system say that somebody asks. Who asks and for what stands in the app only: such a notification is read by whoever sees the screen.
func (a *App) notifyRequest() {
	if a.cfg.Notify == nil || a.Choices().Quiet || a.cfg.Front != nil && a.cfg.Front() {
		return
	}
	a.react(func() { a.cfg.Notify(a.T("app.notify.banner_title"), a.T("app.notify.banner_text")) })
}
