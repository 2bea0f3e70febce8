package model

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"avow/assets/translations"
	"avow/internal/authn"
	"avow/internal/phone"
	"avow/internal/phone/platform"
	"avow/internal/wire"
)

// devicesState is the list of devices while its page is open.
type devicesState struct {
	account phone.AccountID
	list    *phone.DeviceList // nil until it came
	open    authn.DeviceID    // whose acts are shown
}

// DevicesView is the page of an account's devices: what waits to be looked at on top, then this one, then the others.
type DevicesView struct {
	Title, Text  string
	Organisation string
	Loading      bool
	Head, Words  string // why there is no list, or what went wrong
	Alerts       []Alert
	This         *DeviceRow
	Others       []DeviceRow
	Gone         []DeviceRow // were removed
	GoneHead     string
	Add          string // the button that adds a phone; "" when that cannot be done
	Again        string // asks for the list again
	Limit        string // why this phone can do little yet
}

// DeviceRow is one device.
type DeviceRow struct {
	ID     authn.DeviceID
	Icon   string
	Off    bool // is in use no more
	Name   string
	Second string // model and system, when it was connected or seen
	Tone   Tone
	Sign   string // icon of the status; "" without one
	Status string
	Open   bool // its acts are shown
	Acts   bool // something can be done with it
	Wipe   bool // it can be wiped, too
}

// OpenDevices opens the page and asks for the list.
func (a *App) OpenDevices() {
	a.change(func() {
		acc, ok := a.shownAccount(a.cfg.Core.State())
		if !ok {
			return
		}
		a.devices = devicesState{account: acc.ID}
		a.stack, a.fault = append(a.stack, PageDevices), nil
	})
	a.LoadDevices()
}

// LoadDevices asks the server for the list.
func (a *App) LoadDevices() {
	a.mu.Lock()
	id := a.devices.account
	a.mu.Unlock()
	var list phone.DeviceList
	a.do(laneOther, a.T("app.busy.asking"), func(ctx context.Context) error {
		var err error
		list, err = a.cfg.Core.Devices(ctx, id)
		return err
	}, func(err error) { a.devicesCame(id, list, err) })
}

func (a *App) devicesCame(id phone.AccountID, list phone.DeviceList, err error) {
	a.change(func() {
		switch {
		case a.devices.account != id:
		case err == nil:
			a.devices.list = &list
		default:
			f := a.faultOf(err)
			a.fault = &f
		}
	})
}

// devicesChanged asks again when the server tells that something about the devices has changed.
func (a *App) devicesChanged() {
	if a.Page() == PageDevices {
		a.LoadDevices()
	}
}

// Devices is the view of PageDevices.
func (a *App) Devices() DevicesView {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, t, now := a.cfg.Core.State(), a.print, a.cfg.Now()
	acc, _ := s.Account(a.devices.account)
	v := DevicesView{Title: t.T("app.devices.title"), Text: t.T("app.devices.text"), Organisation: acc.Organisation}
	if a.fault != nil {
		v.Head, v.Words, v.Again = a.fault.Title, a.fault.Sentence, t.T("app.devices.again")
	}
	if a.devices.list == nil {
		v.Loading = a.fault == nil
		return v
	}
	v.Add = t.T("app.devices.add")
	if now.Before(acc.ProbationUntil) {
		v.Add, v.Limit = "", t.T("app.devices.limit", "When", t.Soon(acc.ProbationUntil, now))
	}
	for _, r := range a.devices.list.Restores {
		v.Alerts = append(v.Alerts, a.restoreAlert(a.devices.account, r, now))
	}
	for _, d := range a.devices.list.Devices {
		row := a.deviceRow(d, now)
		row.Open = d.ID == a.devices.open
		switch {
		case d.State == authn.DeviceRevoked:
			v.Gone = append(v.Gone, row)
		case d.This:
			row.Acts = false
			v.This = &row
		case time.Unix(d.ProbationUntil, 0).After(now) && !a.cfg.Settings.Knows(knownDevice(d.ID)):
			v.Alerts = append(v.Alerts, a.deviceAlert(d, now))
		default:
			row.Acts = v.Limit == ""
			v.Others = append(v.Others, row)
		}
	}
	if len(v.Gone) > 0 {
		v.GoneHead = t.T("app.devices.gone")
	}
	return v
}

// deviceRow says what is known of a device; mu must be held.
func (a *App) deviceRow(d wire.DeviceEntry, now time.Time) DeviceRow {
	t := a.print
	v := DeviceRow{ID: d.ID, Icon: deviceIcon(d), Name: d.Name, Tone: Quiet, Wipe: true}
	what := modelAndSystem(d)
	v.Second = strings.TrimSpace(what + "\n" + t.T("app.devices.connected", "Day", t.Day(time.Unix(d.ConnectedAt, 0).In(now.Location()))))
	if !d.This {
		v.Second = joined(what, a.seen(unixTime(d.LastSeenAt), now))
	}
	until := unixTime(d.ProbationUntil)
	switch {
	case d.State == authn.DeviceRevoked:
		v.Icon, v.Off = "phone-slash", true
		v.Second = t.T("app.devices.removed", "When", t.When(unixTime(d.RemovedAt).In(now.Location()), now))
		if d.Wipe != nil {
			v.Tone, v.Sign, v.Status = a.wipeStatus(*d.Wipe, now)
		} else {
			v.Acts = true
		}
	case d.This:
		v.Tone, v.Sign, v.Status = Good, "check-circle-fill", t.T("app.devices.this")
		if until.After(now) {
			v.Tone, v.Sign, v.Status = Wait, "clock-fill", t.T("app.devices.this_probation", "When", t.Soon(until, now))
		}
	case d.State != authn.DeviceActive:
		v.Tone, v.Sign, v.Status = Wait, "clock-fill", t.T("app.devices.waiting")
	case until.After(now):
		v.Tone, v.Sign, v.Status = Wait, "clock-fill", t.T("app.devices.probation", "When", t.Soon(until, now))
	}
	return v
}

// wipeStatus says how far a wipe has come, and never more than is known; mu must be held.
func (a *App) wipeStatus(w wire.WipeEntry, now time.Time) (Tone, string, string) {
	t := a.print
	switch w.State {
	case authn.WipeConfirmed:
		if w.Left == authn.LeftSealed {
			return Good, "check-circle-fill", t.T("app.wipe.sealed")
		}
		return Good, "check-circle-fill", t.T("app.wipe.confirmed", "When", t.When(unixTime(w.ConfirmedAt).In(now.Location()), now))
	case authn.WipeDelivered:
		return Wait, "clock-fill", t.T("app.wipe.delivered", "When", t.When(unixTime(w.DeliveredAt).In(now.Location()), now))
	case authn.WipeNeverSeen:
		return Bad, "warning-fill", t.T("app.wipe.never_seen")
	}
	return Wait, "clock-fill", t.T("app.wipe.requested", "When", t.When(unixTime(w.RequestedAt).In(now.Location()), now))
}

func unixTime(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0)
}

// seen says when a device was heard of last; mu must be held.
func (a *App) seen(at, now time.Time) string {
	if at.IsZero() {
		return a.print.T("app.devices.never")
	}
	return a.print.T("app.devices.seen", "When", a.print.When(at.In(now.Location()), now))
}

func modelAndSystem(d wire.DeviceEntry) string { return joined(d.Model, d.OS) }

// joined puts a dot between what there is.
func joined(parts ...string) string {
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " · ")
}

// deviceIcon guesses from model and system what a device looks like.
func deviceIcon(d wire.DeviceEntry) string {
	system := strings.ToLower(d.OS + " " + d.Model)
	for _, desk := range []string{"linux", "windows", "macos", "laptop", "desktop", "thinkpad"} {
		if strings.Contains(system, desk) {
			return "laptop"
		}
	}
	return "phone"
}

// ToggleDevice shows what can be done with a device, or hides it again.
func (a *App) ToggleDevice(id authn.DeviceID) {
	a.change(func() {
		if a.devices.open == id {
			id = ""
		}
		a.devices.open = id
	})
}

// RemoveDeviceQuestion is asked before a device is removed.
func (a *App) RemoveDeviceQuestion(name string) (title, text, yes, no string) {
	return a.T("app.devices.remove_title", "Device", name), a.T("app.devices.remove_text"), a.T("app.devices.remove_yes"), a.T("app.devices.remove_no")
}

// WipeQuestion is asked before a device is wiped: what, and that nothing brings it back.
func (a *App) WipeQuestion(name string) (title, text, account, everything, no string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	acc, _ := a.cfg.Core.State().Account(a.devices.account)
	t := a.print
	return t.T("app.wipe.title", "Device", name), t.T("app.wipe.text"), t.T("app.wipe.account", "Organisation", acc.Organisation), t.T("app.wipe.everything"), t.T("app.wipe.no")
}

// RemoveDevice removes a device from the account.
func (a *App) RemoveDevice(id authn.DeviceID) {
	a.onDevice(a.devicesAccount(), id, "app.prompt.remove_device", a.cfg.Core.RemoveDevice, func() {})
}

// WipeDevice removes a device and asks it to delete what it has.
func (a *App) WipeDevice(id authn.DeviceID, scope authn.WipeScope) {
	a.onDevice(a.devicesAccount(), id, "app.prompt.wipe_device", func(ctx context.Context, acc phone.AccountID, id authn.DeviceID, p platform.Prompt) (phone.DeviceList, error) {
		return a.cfg.Core.WipeDevice(ctx, acc, id, scope, p)
	}, func() {})
}

func (a *App) devicesAccount() phone.AccountID {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.devices.account
}

// onDevice does something to a device after the user was verified, then well with mu held.
func (a *App) onDevice(acc phone.AccountID, id authn.DeviceID, title translations.Message,
	f func(context.Context, phone.AccountID, authn.DeviceID, platform.Prompt) (phone.DeviceList, error), well func(),
) {
	say := a.T(title)
	p := platform.Prompt{Title: say, Reason: a.T("app.prompt.device_reason")}
	var list phone.DeviceList
	a.verified(&question{title: say, lane: laneOther}, a.T("app.busy.removing"), func(ctx context.Context) error {
		var err error
		list, err = f(ctx, acc, id, p)
		return err
	}, func(err error) {
		a.change(func() {
			switch {
			case err == nil:
				a.devices.open = ""
				if a.devices.account == acc {
					a.devices.list = &list
				}
				well()
			case errors.Is(err, platform.ErrCanceled):
			default:
				f := a.faultOf(err)
				a.fault = &f
			}
		})
	})
}
