package screen

import (
	"fmt"

	"fyne.io/fyne/v2"

	"avow/assets/icons"
	"avow/internal/ui/model"
	"avow/internal/ui/style"
	w "avow/internal/ui/widgets"
)

// lockRows are the rows of Settings that lead to the lock, and the switches that most people look for.
func lockRows(s *Screen, a *model.App, v model.SettingsView) []*w.Row {
	var rows []*w.Row
	rows = append(rows, name(s, "lock", w.NewRow(w.RowSpec{
		Icon: icons.Lock, Title: a.T("app.lock.title"), Value: v.Lock.After, Caret: true, OnTap: func() { a.Open(model.PageLockRules) },
	})))
	if v.HasPIN && v.HasSensor {
		rows = append(rows, fingerprintRow(s, a, v.Biometric))
	}
	if v.Lock.CanGuard {
		rows = append(rows, screenshotsRow(s, a, v.Lock.Hides))
	}
	return rows
}

func fingerprintRow(s *Screen, a *model.App, on bool) *w.Row {
	return name(s, "fingerprint", w.NewSwitchRow(icons.Fingerprint, a.T("app.settings.fingerprint"), on, a.SetBiometric))
}

func screenshotsRow(s *Screen, a *model.App, on bool) *w.Row {
	return name(s, "screenshots", w.NewSwitchRow(icons.EyeSlash, a.T("app.lock.screenshots"), on, func(on bool) {
		a.Choose(func(c *model.Choices) { c.Screenshots = !on })
	}))
}

// notificationsRow is the row of Settings that leads to them.
func notificationsRow(s *Screen, a *model.App, v model.SettingsView) *w.Row {
	return name(s, "notifications", w.NewRow(w.RowSpec{
		Icon: icons.Bell, Title: a.T("app.notify.title"), Value: v.Lock.Delivery, Caret: true, OnTap: func() { a.Open(model.PageNotifications) },
	}))
}

// LockRules is the page Lock: what opens the app, when it locks, and what others can see of it.
func LockRules(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.LockRules()
	body := w.Column(12, w.TopBar(a.T("app.lock.title"), a.Back))
	if v.HasPIN {
		rows := []*w.Row{name(s, "lock-after", w.NewRow(f.valued(w.RowSpec{
			Icon: icons.Clock, Title: a.T("app.lock.after_title"), Value: v.Row.After, Caret: true, OnTap: func() { a.Open(model.PageLockAfter) },
		}))), name(s, "change-pin", w.NewRow(w.RowSpec{
			Icon: icons.Key, Title: a.T("app.settings.change_pin"), Caret: true, OnTap: func() { a.Open(model.PageChangePIN) },
		}))}
		if v.HasSensor {
			rows = append(rows, fingerprintRow(s, a, v.Biometric))
		}
		body.Add(w.NewRows(append(rows, name(s, "lock-now", w.NewRow(w.RowSpec{Icon: icons.Lock, Title: a.T("app.menu.lock"), OnTap: a.LockNow})))...))
		body.Add(w.NewMuted(v.Always))
		body.Add(w.NewMuted(v.WrongPINs))
	}
	hide := name(s, "hide-codes", w.NewSwitchRow(icons.Eye, a.T("app.settings.hide_codes"), v.Hide, func(on bool) {
		a.Choose(func(c *model.Choices) { c.HideCodes = on })
	}))
	seen := []*w.Row{hide}
	if v.Row.CanGuard {
		seen = append(seen, screenshotsRow(s, a, v.Row.Hides))
	}
	body.Add(w.NewRows(append(seen, name(s, "clear-after", w.NewRow(f.valued(w.RowSpec{
		Icon: icons.Clipboard, Title: a.T("app.lock.clear_title"), Value: v.Clear, Caret: true, OnTap: func() { a.Open(model.PageClearAfter) },
	}))))...))
	body.Add(w.NewMuted(v.Guard))
	if v.Words != "" {
		body.Add(w.NewNote(w.NoteSpec{Tone: w.Bad, Icon: icons.Error.Fill(), Text: v.Words}))
	}
	s.Object, _ = f.page(body, nil)
	return s
}

// valued puts a row's value below its title where both have no room beside each other.
func (f Frame) valued(r w.RowSpec) w.RowSpec {
	if style.LargeText() || f.Small {
		r.Second, r.Value = r.Value, ""
	}
	return r
}

// picks is a page of one choice with words below it. What the organisation does not allow is there, and can't be chosen.
func picks(a *model.App, f Frame, icon icons.Name, title, below string, list []model.Pick, choose func(name string)) *Screen {
	s := newScreen()
	var rows []*w.Row
	for _, p := range list {
		spec := w.RowSpec{Icon: icon, Title: p.Text, OnTap: func() { choose(p.Name) }}
		if p.Chosen {
			spec.End = w.NewIcon(icons.Check, style.IconRow, style.Primary)
		}
		if p.Off {
			spec.OnTap, spec.End = nil, w.NewIcon(icons.Prohibit, style.IconRow, style.TextMuted)
		}
		rows = append(rows, name(s, p.Name, w.NewRow(spec)))
	}
	s.Object, _ = f.page(w.Column(12, w.TopBar(title, a.Back), w.NewRows(rows...), w.NewMuted(below)), nil)
	return s
}

// LockAfter lets a person choose when the app locks by itself.
func LockAfter(a *model.App, f Frame) *Screen {
	v := a.LockRules()
	return picks(a, f, icons.Clock, a.T("app.lock.after_title"), v.AfterText, v.Afters, a.PickLock)
}

// ClearAfter lets a person choose when a copied code leaves the clipboard.
func ClearAfter(a *model.App, f Frame) *Screen {
	v := a.LockRules()
	return picks(a, f, icons.Clipboard, a.T("app.lock.clear_title"), v.ClearText, v.Clears, a.PickClear)
}

// deliveryIcons say how a test went, beside the words.
var deliveryIcons = map[model.Tone]icons.Name{model.Good: icons.CheckCircle.Fill(), model.Bad: icons.Error.Fill()}

// Notifications says what arrives how, and tests it.
func Notifications(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Notifications()
	body := w.Column(12, w.TopBar(a.T("app.notify.title"), a.Back), w.NewBody(v.Open), w.NewMuted(v.Closed))
	if v.CanNotify {
		body.Add(w.NewRows(name(s, "banners", w.NewSwitchRow(icons.Bell, a.T("app.notify.banners"), v.Banners, func(on bool) {
			a.Choose(func(c *model.Choices) { c.Quiet = !on })
		}))))
	}
	body.Add(w.NewMuted(v.BannersText))
	var rows []*w.Row
	for i, r := range v.Rows {
		icon := icons.Building
		if found, ok := deliveryIcons[r.Tone]; ok {
			icon = found
		}
		spec := w.RowSpec{Icon: icon, Tone: tone(r.Tone), Title: r.Name, Second: r.State, SecondTone: tone(r.Tone)}
		if r.Text != "" {
			spec.Below = w.NewMuted(r.Text)
		}
		rows = append(rows, name(s, fmt.Sprint("delivery-", i+1), w.NewRow(spec)))
	}
	if len(rows) > 0 {
		body.Add(w.NewRows(rows...))
	}
	var foot fyne.CanvasObject
	if v.Test != "" {
		test := name(s, "test", w.NewMainButton(v.Test, icons.Send, a.TestDelivery).Guarded(f.Guard))
		s.Update = func() { test.SetBusy(a.Notifications().Busy) }
		foot = test
	}
	s.Object, _ = f.page(body, foot)
	if s.Update != nil {
		s.Shown = s.Update
	}
	return s
}
