package screen

import (
	"fmt"

	"fyne.io/fyne/v2"

	"avow/assets/icons"
	"avow/internal/authn"
	"avow/internal/qr"
	"avow/internal/ui/model"
	"avow/internal/ui/style"
	w "avow/internal/ui/widgets"
)

// alertSlip is something that can be stopped: who, where, until when, and Block.
func alertSlip(s *Screen, a *model.App, f Frame, x model.Alert, n int) fyne.CanvasObject {
	top := w.LineTop(14, 1, w.NewTile(icons.Name(x.Icon), tone(x.Tone)), w.Column(4, w.NewTitle(x.Title), w.NewStatus(tone(x.Tone), icons.Name(x.Sign), x.Status), w.NewMuted(x.Text)))
	block := name(s, fmt.Sprint("block-", n), w.NewButton(w.Block, x.Block, icons.Prohibit, func() { a.Block(x) }).Guarded(f.Guard))
	if x.Mine == "" {
		return w.NewSlip(top, block)
	}
	mine := name(s, fmt.Sprint("mine-", n), w.NewButton(w.Outlined, x.Mine, "", func() { a.ItsMine(x) }).Sized(style.SizeSmallButton).Guarded(f.Guard))
	if style.LargeText() || f.Small {
		return w.NewSlip(top, w.Column(8, block, mine))
	}
	return w.NewSlip(top, w.Spread(8, block, mine))
}

// Devices is everything that can say Yes for an account.
func Devices(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Devices()
	rows := []fyne.CanvasObject{w.TopBar(v.Title, a.Back), w.NewMuted(v.Text), w.Gap(12)}
	if v.Words != "" {
		rows = append(rows, w.NewNote(w.NoteSpec{Tone: w.Warn, Icon: icons.CloudSlash.Fill(), Strong: v.Head, Text: v.Words, Below: true}), w.Gap(12))
	}
	if v.Loading {
		rows = append(rows, w.Line(10, 1, w.NewSpinner(), w.NewMuted(a.T("app.busy.asking"))))
	}
	for i, x := range v.Alerts {
		rows = append(rows, alertSlip(s, a, f, x, i+1), w.Gap(12))
	}
	if v.Limit != "" {
		rows = append(rows, w.NewNote(w.NoteSpec{Tone: w.Quiet, Icon: icons.Info.Fill(), Text: v.Limit}), w.Gap(12))
	}
	if v.This != nil {
		rows = append(rows, w.NewRows(deviceRow(s, a, f, *v.This, "this")), w.Gap(10))
	}
	list := func(rows []model.DeviceRow, called string) []*w.Row {
		var out []*w.Row
		for i, d := range rows {
			out = append(out, deviceRow(s, a, f, d, fmt.Sprint(called, i+1)))
		}
		return out
	}
	if len(v.Others) > 0 {
		rows = append(rows, w.NewRows(list(v.Others, "device-")...), w.Gap(10))
	}
	if len(v.Gone) > 0 {
		rows = append(rows, w.NewCaption(v.GoneHead), w.Gap(4), w.NewRows(list(v.Gone, "gone-")...), w.Gap(10))
	}
	var main *w.Button
	switch {
	case v.Again != "" && v.Add == "":
		main = name(s, "again", w.NewMainButton(v.Again, icons.Refresh, a.LoadDevices))
	case v.Add != "":
		main = name(s, "add", w.NewMainButton(v.Add, icons.Qr, a.OpenNewPhone).Guarded(f.Guard))
	}
	var foot fyne.CanvasObject
	if main != nil {
		foot = main
	}
	s.Object, _ = f.page(w.Column(0, rows...), foot)
	s.Update = func() {
		if main != nil {
			main.SetBusy(a.Busy())
		}
	}
	s.Shown = s.Update
	return s
}

// deviceRow is a device, with its acts under it when it was tapped.
func deviceRow(s *Screen, a *model.App, f Frame, d model.DeviceRow, called string) *w.Row {
	spec := w.RowSpec{Icon: icons.Name(d.Icon), Tile: true, Tone: w.Brand, Title: d.Name, Second: d.Second, Caret: d.Acts}
	if d.Off {
		spec.Tone = w.Quiet
	}
	if d.Sign != "" {
		spec.Below = w.NewStatus(tone(d.Tone), icons.Name(d.Sign), d.Status)
	}
	if d.Acts {
		spec.OnTap = func() { a.ToggleDevice(d.ID) }
	}
	if d.Open {
		wipe := name(s, "wipe", w.NewButton(w.Negative, a.T("app.devices.wipe"), icons.Eraser, func() { askWipe(s, a, f, d) }).Sized(style.SizeSmallButton).Guarded(f.Guard))
		spec.Foot = wipe
		if !d.Off {
			remove := name(s, "remove", w.NewButton(w.Outlined, a.T("app.devices.remove"), icons.Trash, func() {
				askFirst(f, icons.Trash, func() { a.RemoveDevice(d.ID) }, func() (string, string, string, string) { return a.RemoveDeviceQuestion(d.Name) })
			}).Sized(style.SizeSmallButton).Guarded(f.Guard))
			spec.Foot = w.Halves(8, remove, wipe)
			if style.LargeText() {
				spec.Foot = w.Column(8, remove, wipe)
			}
		}
	}
	return name(s, called, w.NewRow(spec))
}

// askWipe asks what is to be deleted; the likelier answer is the bigger button.
func askWipe(s *Screen, a *model.App, f Frame, d model.DeviceRow) {
	title, text, account, everything, no := a.WipeQuestion(d.Name)
	var closeSheet func()
	wipe := func(called, words string, scope authn.WipeScope) *w.Button {
		return name(s, called, w.NewButton(w.Negative, words, icons.Eraser, func() { closeSheet(); a.WipeDevice(d.ID, scope) }))
	}
	keep := w.NewMainButton(no, "", func() { closeSheet() })
	closeSheet = w.ShowSheet(f.Canvas, w.Column(12, w.NewHeading(title), w.NewBody(text), w.Gap(4), wipe("wipe-account", account, authn.WipeAccount),
		wipe("wipe-everything", everything, authn.WipeEverything), keep), f.Bottom, func() {})
}

// NewPhone shows the code that the new phone scans.
func NewPhone(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.NewPhone()
	ring := w.NewRing()
	if f.Small {
		ring = ring.Sized(48)
	}
	title := w.NewHeading(v.Title)
	if f.Small {
		title = w.NewTitle(v.Title)
	}
	size := float32(288)
	if f.Small {
		size = 200
	}
	picture := w.Gap(size)
	switch {
	case v.QR != "":
		if code, err := qr.Encode(v.QR, qr.LevelM); err == nil {
			picture = w.Center(name(s, "qr", w.NewQR(code.Size(), code.Dark, size)))
		}
	case v.Over != "":
		picture = w.Column(12, w.Gap(size/4), w.Center(w.NewBigTile(icons.History, w.Quiet, 72)), w.NewTitle(v.Over).Centered(), w.Gap(size/4))
	case v.Words == "":
		picture = w.Column(0, w.Gap(size/2-12), w.Center(w.NewSpinner()), w.Gap(size/2-12))
	}
	waits := w.Column(0, w.NewStrong(v.Once))
	if v.Wait != "" {
		waits.Add(w.NewMuted(v.Wait))
	}
	slip := w.NewSlip(picture, w.Line(14, 1, ring, waits))
	if v.Over != "" { // how long it is good is of no use any more
		slip = w.NewSlip(picture, w.Gap(0))
	}
	foot := w.Column(10)
	foot.Add(name(s, "cancel", w.NewButton(w.Outlined, a.T("app.cancel"), "", a.Back).Sized(style.SizeMainButton)))
	if v.Over != "" {
		foot.Add(name(s, "again", w.NewMainButton(v.Again, icons.Qr, a.OfferPhone).Guarded(f.Guard)))
	}
	s.Object, _ = f.page(w.Column(0, w.TopBar(v.Bar, a.Back), title, w.Gap(4), w.NewLead(v.Text), w.Gap(14), slip, s.faultNote(v.Head, v.Words)), foot)
	s.Update = func() {
		v := a.NewPhone()
		if v.Over != "" {
			ring.End()
			return
		}
		ring.Set(float32(v.Part), v.Left, v.Urgent)
	}
	s.Shown = s.Update
	return s
}

// Joiner asks whether the phone that has scanned the code may join. No has the keyboard at first, and both halves weigh the same.
func Joiner(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Joiner()
	yesNo := w.NewYesNo(a.T("app.request.no"), a.T("app.request.yes"), f.Guard)
	yesNo.OnNo, yesNo.OnYes, yesNo.OnLater = func() { a.AnswerJoiner(false) }, func() { a.AnswerJoiner(true) }, a.Back
	s.Names["no"], s.Names["yes"] = yesNo.No().(fyne.CanvasObject), yesNo.Yes().(fyne.CanvasObject)
	head := w.Line(14, 1, w.NewBigTile(icons.Name(v.Icon), w.Brand, 56), w.Column(2, w.NewTitle(v.Name), w.NewMuted(v.Sub)))
	words := w.Column(0, w.NewMuted(v.Ask), w.Gap(4), w.NewText(style.TextWords, style.Text, w.Run{Text: v.Words[0], Bold: true}),
		w.NewText(style.TextWords, style.Text, w.Run{Text: v.Words[1], Bold: true}))
	note := w.NoteSpec{Tone: w.Quiet, Icon: icons.Info, Text: v.Note}
	if v.Raced {
		note.Tone, note.Icon = w.Bad, icons.Warning.Fill()
	}
	busy := w.NewCaption(" ").Centered()
	s.Object, _ = f.page(w.Column(0, w.TopBar(v.Bar, a.Back), w.NewHeading(v.Title), w.Gap(4), w.NewLead(v.Text), w.Gap(14), w.NewSlip(head, words), w.Gap(16), w.NewNote(note), s.faultNote(v.Head, v.Fault)),
		w.Column(4, yesNo, busy))
	s.Update = func() {
		words := a.Busy()
		if words == "" {
			words = " "
		}
		busy.SetText(words)
	}
	s.Shown = func() {
		s.Update()
		yesNo.FocusNo(f.Canvas)
	}
	return s
}

// Join asks before this phone takes an account from another one.
func Join(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Join()
	top := w.Column(12, w.Line(14, 1, w.NewTile(icons.Phone, w.Brand), w.Column(2, w.NewCaption(a.T("app.connect.address")), w.NewMono(style.TextLead, v.Host))))
	rows := []fyne.CanvasObject{w.TopBar("", a.Back), w.NewHeading(v.Title), w.Gap(8), w.NewLead(v.Text), w.Gap(14), w.NewSlip(top, points(v.Points))}
	if v.Warning != "" {
		rows = append(rows, w.Gap(12), w.NewNote(w.NoteSpec{Tone: w.Warn, Icon: icons.Warning.Fill(), Text: v.Warning}))
	}
	rows = append(rows, s.faultNote(v.Head, v.Words))
	add := name(s, "add", w.NewMainButton(a.T("app.join.add"), icons.Plus, a.ConfirmJoin).Guarded(f.Guard))
	cancel := name(s, "cancel", w.NewButton(w.Outlined, a.T("app.cancel"), "", a.Back).Sized(style.SizeMainButton))
	s.Object, _ = f.page(w.Column(0, rows...), f.pair(cancel, add))
	s.Update = func() { add.SetBusy(a.Busy()) }
	s.Shown = s.Update
	return s
}

// JoinWords shows the two words to compare with the other phone.
func JoinWords(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.JoinWords()
	words := w.Column(0, w.NewText(style.TextWords, style.Text, w.Run{Text: v.Words[0], Bold: true}), w.NewText(style.TextWords, style.Text, w.Run{Text: v.Words[1], Bold: true}))
	slip := w.NewSlip(w.Line(14, 1, w.NewTile(icons.Building, w.Brand), w.NewTitle(v.Organisation)), words)
	s.Object, _ = f.page(w.Column(0, w.Gap(style.SizeTopBar), w.NewHeading(v.Title), w.Gap(8), w.NewLead(v.Text), w.Gap(16), slip, w.Gap(16),
		w.Line(10, 1, w.NewSpinner(), w.NewMuted(v.Waiting))), name(s, "cancel", w.NewButton(w.Outlined, v.Cancel, "", a.Back)))
	return s
}
