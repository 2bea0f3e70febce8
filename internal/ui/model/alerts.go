package model

import (
	"context"
	"errors"
	"time"

	"avow/internal/authn"
	"avow/internal/phone"
	"avow/internal/phone/platform"
	"avow/internal/wire"
)

// Alert is something about the account that a person should look at, and can stop: a restore that runs, a device that is new.
type Alert struct {
	Account      phone.AccountID
	Restore      authn.RestoreID // that Block stops
	Device       authn.DeviceID  // that Block removes
	Icon         string
	Title        string
	Tone         Tone
	Sign, Status string
	Text         string
	Block        string
	Mine         string // the button that says that it was she; "" where only the person with the other phone could know
	known        string // under which Mine is remembered
}

// restoreAlert is a restore of the account that runs somewhere; mu must be held.
func (a *App) restoreAlert(account phone.AccountID, r wire.RestoreEntry, now time.Time) Alert {
	t := a.print
	v := Alert{
		Account: account, Restore: r.ID, Icon: "lifebuoy", Title: t.T("app.alert.restore"), Tone: Bad, Sign: "warning-fill",
		Status: orUnknown(t.T("app.alert.unknown_device"), r.Device), Block: t.T("app.alert.block"),
	}
	when := t.When(unixTime(r.At).In(now.Location()), now)
	v.Text = t.T("app.alert.restore_text", "When", when, "Address", orUnknown(t.T("app.request.address_unknown"), r.IP))
	if until := unixTime(r.HeldUntil); until.After(now) {
		v.Text += " " + t.T("app.alert.restore_until", "When", t.Soon(until, now))
	}
	return v
}

// deviceAlert is a device that another one has added a short time ago; mu must be held.
func (a *App) deviceAlert(d wire.DeviceEntry, now time.Time) Alert {
	t := a.print
	return Alert{
		Account: a.devices.account, Device: d.ID, Icon: deviceIcon(d), Title: d.Name, Tone: Wait, Sign: "warning-fill", Status: t.T("app.alert.new"),
		Text:  t.T("app.alert.new_text", "When", t.When(unixTime(d.ConnectedAt).In(now.Location()), now), "Until", t.Soon(unixTime(d.ProbationUntil), now)),
		Block: t.T("app.alert.not_mine"), Mine: t.T("app.alert.mine"), known: knownDevice(d.ID),
	}
}

func knownDevice(id authn.DeviceID) string { return "device:" + string(id) }

// Block stops what an alert tells of. A restore is stopped at once and by anybody who holds the phone; a device is removed by its user only.
func (a *App) Block(x Alert) {
	if x.Restore != "" {
		a.do(laneAnswer, a.T("app.busy.blocking"), func(ctx context.Context) error { return a.cfg.Core.BlockRestore(ctx, x.Account, x.Restore) }, func(err error) {
			a.blocked(x, err)
		})
		return
	}
	title := a.T("app.prompt.block_device", "Device", x.Title)
	p := platform.Prompt{Title: title, Reason: a.T("app.prompt.device_reason")}
	a.verified(&question{title: title, lane: laneOther}, a.T("app.busy.blocking"), func(ctx context.Context) error {
		_, err := a.cfg.Core.BlockDevice(ctx, x.Account, x.Device, p)
		return err
	}, func(err error) { a.blocked(x, err) })
}

// blocked says what became of it.
func (a *App) blocked(x Alert, err error) {
	switch {
	case errors.Is(err, platform.ErrCanceled):
		return
	case err != nil:
		a.fail(err)
		return
	}
	a.change(func() {
		t := a.print
		a.result = &Result{Title: t.T("app.alert.blocked"), Text: t.T("app.alert.blocked_text", "Device", x.Title), Stopped: true}
		if x.Restore != "" {
			a.result.Text = t.T("app.alert.blocked_restore")
		}
	})
	if a.devicesAccount() == x.Account {
		a.LoadDevices()
	}
}

// ItsMine remembers that a device is hers, so that nobody asks again.
func (a *App) ItsMine(x Alert) {
	if err := a.cfg.Settings.Know(x.known); err != nil {
		a.note("could not keep that a device is known", err)
	}
	a.cfg.Changed()
}

// alerts are what runs against an account; mu must be held.
func (a *App) alerts(acc phone.Account, now time.Time) (out []Alert) {
	if acc.Status == phone.Removed {
		return nil
	}
	for _, r := range acc.Restores {
		if r.State.Open() {
			out = append(out, a.restoreAlert(acc.ID, r, now))
		}
	}
	return out
}

// restoreNotice says what happened to the account elsewhere that has to do with restore and with other devices; false for other notices. mu must be held.
func (a *App) restoreNotice(n wire.Notice, when string) (Note, bool) {
	t, device := a.print, orUnknown(a.print.T("app.alert.unknown_device"), n.Facts["device"])
	var note Note
	switch n.Kind {
	case authn.NoticeRestoreStarted, authn.NoticeRestoreHeld, authn.NoticeColleaguesAsked: // while it runs it stands on top, with Block
		note = newNote(Bad, t.T("app.notice.restore", "Device", device), t.T("app.notice.restore_text", "When", when))
	case authn.NoticeRestoreCodeWrong:
		note = newNote(Bad, t.T("app.notice.restore_wrong"), t.T("app.notice.restore_wrong_text", "When", when))
	case authn.NoticeRestoreFinished:
		note = newNote(Bad, t.T("app.notice.restored", "Device", device), t.T("app.notice.look_text", "When", when))
	case authn.NoticeRestoreBlocked:
		note = newNote(Wait, t.T("app.notice.restore_blocked"), t.T("app.notice.restore_blocked_text", "When", when))
	case authn.NoticeRestoreCodeNew:
		note = newNote(Wait, t.T("app.notice.code_new", "Device", device), t.T("app.notice.code_new_text", "When", when))
	case authn.NoticeDeviceDuplicated:
		note = newNote(Wait, t.T("app.notice.device", "Device", device), t.T("app.notice.look_text", "When", when))
	case authn.NoticeDuplicateRaced:
		note = newNote(Bad, t.T("app.notice.raced"), t.T("app.notice.raced_text", "When", when))
	case authn.NoticeDeviceWiped:
		note = newNote(Wait, t.T("app.notice.wiped", "Device", device), t.T("app.notice.look_text", "When", when))
	case authn.NoticeColleaguesNamed:
		note = newNote(Wait, t.T("app.notice.colleagues"), t.T("app.notice.colleagues_text", "When", when))
	case authn.NoticeBackupNew: // what there is to do is to be done on the server's pages
		return newNote(Wait, t.T("app.notice.backup_new"), t.T("app.notice.backup_text", "When", when)), true
	case authn.NoticeBackupUsed:
		return newNote(Bad, t.T("app.notice.backup_used"), t.T("app.notice.backup_text", "When", when)), true
	case authn.NoticeNamedColleague:
		return newNote(Quiet, t.T("app.notice.counts_on_you", "Name", authn.CleanText(n.Facts["name"], 64)), t.T("app.notice.counts_on_you_text", "When", when)), true
	default:
		return Note{}, false
	}
	note.Opens = PageDevices
	return note, true
}

// Look opens what can be done about a note.
func (a *App) Look(n Note) {
	switch n.Opens {
	case PageDevices:
		a.OpenDevices()
	case PageRestore:
		a.OpenRestore()
	}
}

// note writes a line to the debug log.
func (a *App) note(what string, err error) {
	if a.cfg.Log != nil {
		a.cfg.Log.Note(what, err)
	}
}
