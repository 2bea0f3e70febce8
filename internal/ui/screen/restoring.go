package screen

import (
	"fmt"

	"fyne.io/fyne/v2"

	"avow/assets/icons"
	"avow/internal/ui/model"
	"avow/internal/ui/style"
	w "avow/internal/ui/widgets"
)

// RestoreFrom asks where the account is: server and user name.
func RestoreFrom(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.RestoreFrom()
	host := name(s, "host", w.NewField(w.FieldSpec{Icon: icons.Globe, Label: a.T("app.use.address"), Placeholder: "id.example.com", Mono: true}))
	login := name(s, "login", w.NewField(w.FieldSpec{Icon: icons.User, Label: a.T("app.use.login")}))
	host.SetText(v.Host)
	login.SetText(v.Login)
	typed := func(string) { a.RestoreFromTyped(host.Text(), login.Text()) }
	host.OnChanged, login.OnChanged = typed, typed
	host.OnSubmitted = func(string) { f.Canvas.Focus(login.Focusable()) }
	next := func() {
		typed("")
		a.RestoreFromNext()
	}
	login.OnSubmitted = func(string) { next() }
	rows := []fyne.CanvasObject{
		w.TopBar(a.T("app.use.title"), a.Back), w.NewHeading(v.Title), w.Gap(8), w.NewLead(v.Text), w.Gap(16), host, w.Gap(14), login, s.faultNote(v.Head, v.Words),
	}
	foot := w.Column(8, otherWays(s, a),
		name(s, "next", w.NewMainButton(a.T("app.code.go_on"), icons.ArrowRight, next).Guarded(f.Guard)))
	var refit func()
	s.Object, refit = f.page(w.Column(0, rows...), foot)
	host.OnWords, login.OnWords = func() { refit() }, func() { refit() }
	s.Update = func() {
		v := a.RestoreFrom()
		for _, x := range []struct {
			field *w.Field
			words string
		}{{host, v.WrongHost}, {login, v.WrongLogin}} {
			if x.words != x.field.Wrong() {
				x.field.SetWrong(x.words)
			}
		}
	}
	s.Shown = func() {
		s.Update()
		f.Canvas.Focus(host.Focusable())
	}
	return s
}

// otherWays are those around typing a code.
func otherWays(s *Screen, a *model.App) fyne.CanvasObject {
	scan := name(s, "scan-sheet", w.NewButton(w.Plain, a.T("app.use.scan"), icons.Scan, a.OpenScan))
	none := name(s, "no-code", w.NewButton(w.Plain, a.T("app.use.no_code"), "", a.OpenNoCode))
	if style.LargeText() {
		return w.Column(0, scan, none)
	}
	return w.Halves(8, scan, none)
}

// RestoreConfirm asks "Restore this account?".
func RestoreConfirm(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.RestoreConfirm()
	who := w.Column(2, w.NewTitle(v.Organisation))
	if v.Account != "" {
		who.Add(w.NewMuted(v.Account))
	}
	top := w.Column(12, w.Line(14, 1, w.NewTile(icons.Building, w.Brand), who), w.Column(2, w.NewCaption(a.T("app.connect.address")), w.NewMono(style.TextLead, v.Host)))
	if v.Vouched != "" {
		top.Add(w.NewStatus(w.Good, icons.SealCheck.Fill(), v.Vouched))
	}
	goOn := name(s, "restore", w.NewMainButton(v.Go, icons.Lifebuoy, a.ProveRestore).Guarded(f.Guard))
	cancel := name(s, "cancel", w.NewButton(w.Outlined, a.T("app.cancel"), "", a.Back).Sized(style.SizeMainButton))
	s.Object, _ = f.page(w.Column(0, w.TopBar("", a.Back), w.NewHeading(v.Title), w.Gap(12), w.NewSlip(top, points(v.Points)), s.faultNote(v.Head, v.Words)), f.pair(cancel, goOn))
	s.Update = func() { goOn.SetBusy(a.Busy()) }
	s.Shown = s.Update
	return s
}

// pair puts what gives up beside what goes on; one above the other where there is little room.
func (f Frame) pair(cancel, goOn fyne.CanvasObject) fyne.CanvasObject {
	if style.LargeText() || f.Small {
		return w.Column(10, cancel, goOn)
	}
	return w.Line(12, 1, cancel, goOn)
}

// RestoreDigits asks for the one-time code.
func RestoreDigits(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.RestoreDigits()
	number, pad, submit := s.typeDigits(a, f, v.Digits, a.RestoreDigitsTyped, a.SubmitRestoreDigits)
	ring := w.NewRing()
	if f.Small {
		ring = ring.Sized(48)
	}
	title := w.NewHeading(v.Title)
	if f.Small {
		title = w.NewTitle(v.Title)
	}
	head := w.Line(8, 0, title)
	if v.Left != "" {
		head = w.Line(8, 0, title, ring)
	}
	wrong := newProblem(w.Warn, icons.Warning)
	goOn := name(s, "go-on", w.NewMainButton(a.T("app.code.go_on"), icons.ArrowRight, submit).Guarded(f.Guard))
	foot := w.Column(4)
	if v.Resend != "" {
		foot.Add(name(s, "resend", w.NewButton(w.Plain, v.Resend, icons.Mail, a.ResendDigits)))
	}
	foot.Add(goOn)
	var refit func()
	s.Object, refit = f.page(w.Column(0, w.TopBar(v.Organisation, a.Back), head, w.Gap(4), w.NewLead(v.Text), w.Gap(14), w.NewCard(number), w.Gap(12), wrong.note, w.Space(), pad, w.Gap(4)), foot)
	number.OnWords = func() { refit() }
	tries := v.Tries
	s.Update = func() {
		v := a.RestoreDigits()
		goOn.SetBusy(a.Busy())
		ring.Set(float32(v.Part), v.Left, v.Part < 0.1)
		if v.Digits != number.Value() && v.Wrong == "" {
			number.Set(v.Digits)
		}
		if v.Tries != tries {
			if tries = v.Tries; v.Wrong != "" {
				number.SetWrong(v.Wrong)
			}
		}
		wrong.say(v.Head, v.Words, refit)
	}
	s.Shown = s.Update
	return s
}

// RestoreWait is the page of a restore that waits, or has ended.
func RestoreWait(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.RestoreWait()
	rows := []fyne.CanvasObject{w.TopBar(v.Organisation, a.Back), w.Line(0, -1, w.NewBigTile(icons.Name(v.Icon), tone(v.Tone), 72)), w.Gap(16), w.NewHeading(v.Title), w.Gap(8), w.NewLead(v.Text), w.Gap(16)}
	if v.Number != "" {
		rows = append(rows, w.NewCard(w.Column(4, w.NewMuted(v.NumberText), name(s, "number", w.NewBigCode(v.Number)))), w.Gap(12))
	}
	var left *w.Text
	if len(v.Facts) > 0 {
		var facts []fyne.CanvasObject
		for i, x := range v.Facts {
			value := w.NewStrong(x.Value)
			if i == 1 {
				left = value
			}
			facts = append(facts, w.Column(0, w.NewCaption(x.Label), value))
		}
		columns := 2
		if style.LargeText() {
			columns = 1
		}
		if len(v.Points) > 0 {
			rows = append(rows, w.NewSlip(w.Grid(columns, style.Space4, 10, facts...), w.Column(12, w.NewCaption(a.T("app.wait.stop")), points(v.Points))))
		} else {
			rows = append(rows, w.NewCard(w.Grid(columns, style.Space4, 10, facts...)))
		}
	}
	rows = append(rows, s.faultNote(v.Head, v.Words))
	foot := w.Column(8)
	giveUp := func() { askFirst(f, icons.Trash, a.GiveUpRestore, a.GiveUpQuestion) }
	var main *w.Button
	switch {
	case v.Over:
		main = w.NewMainButton(a.T("app.done"), "", a.GiveUpRestore)
	case v.Finish:
		main = w.NewMainButton(a.T("app.wait.finish"), icons.Fingerprint, a.FinishRestore)
	default:
		stop := name(s, "give-up", w.NewButton(w.Plain, a.T("app.wait.give_up"), "", giveUp))
		if v.Remind != "" {
			foot.Add(name(s, "remind", w.NewButton(w.Plain, v.Remind, icons.Bell, a.RemindColleagues)))
		}
		foot.Add(stop)
		main = w.NewMainButton(a.T("app.wait.check"), icons.Refresh, a.CheckRestoring)
	}
	foot.Add(name(s, "go-on", main.Guarded(f.Guard)))
	s.Object, _ = f.page(w.Column(0, rows...), foot)
	s.Update = func() {
		v := a.RestoreWait()
		main.SetBusy(a.Busy())
		if left != nil && len(v.Facts) > 1 && left.String() != v.Facts[1].Value {
			left.SetText(v.Facts[1].Value)
		}
	}
	s.Shown = s.Update
	return s
}

// Restored says that the account is back, and that there is a new code to be noted.
func Restored(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Restored()
	stamp := w.NewStamp()
	slip := w.NewSlip(w.Column(0, w.Gap(12), w.Line(0, -1, stamp), w.Gap(16), w.NewDisplay(v.Title)), w.NewLead(v.Text))
	s.Object, _ = f.page(w.Column(0, w.Gap(28), slip), name(s, "note-code", w.NewMainButton(v.Next, icons.Pencil, a.NoteNewCode).Guarded(f.Guard)))
	s.Shown = stamp.Arrive
	return s
}

// OldDevices asks which of the devices that were there before are gone.
func OldDevices(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.OldDevices()
	rows := []fyne.CanvasObject{w.Gap(style.SizeTopBar), w.NewHeading(v.Title), w.Gap(8), w.NewLead(v.Text), w.Gap(16)}
	var list []*w.Row
	for i, d := range v.Rows {
		remove := name(s, fmt.Sprint("remove-", i+1), w.NewButton(w.Negative, a.T("app.devices.remove"), icons.Trash, func() { a.RemoveOld(d.ID) }).Sized(style.SizeSmallButton).Guarded(f.Guard))
		list = append(list, w.NewRow(w.RowSpec{Icon: icons.Name(d.Icon), Tile: true, Tone: w.Brand, Title: d.Name, Second: d.Second, Foot: remove}))
	}
	rows = append(rows, w.NewRows(list...), s.faultNote(v.Head, v.Words))
	s.Object, _ = f.page(w.Column(0, rows...), name(s, "keep", w.NewMainButton(v.Done, "", a.KeepOld).Guarded(f.Guard)))
	return s
}

// NoCode is for who has no phone and no code.
func NoCode(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.NoCode()
	foot := w.Column(8, name(s, "ask", w.NewButton(w.Outlined, v.Ask, icons.Users, a.AskColleagues).Guarded(f.Guard)),
		name(s, "scan-code", w.NewMainButton(a.T("app.tab.scan"), icons.Scan, a.OpenScan)))
	s.Object, _ = f.page(w.Column(0, w.TopBar(a.T("app.use.title"), a.Back), w.NewHeading(v.Title), w.Gap(8), w.NewLead(v.Text), w.Gap(16),
		w.NewSlip(w.Column(12, w.NewCaption(a.T("app.no_code.lost")), points(v.Lost)), w.Column(12, w.NewCaption(a.T("app.no_code.ways")), points(v.Ways)))), foot)
	return s
}
