package screen

import (
	"fyne.io/fyne/v2"

	"avow/assets/icons"
	"avow/internal/ui/model"
	"avow/internal/ui/style"
	w "avow/internal/ui/widgets"
)

// Connect asks "Connect work account?".
func Connect(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Connect()
	head := w.Line(14, 1, w.NewTile(icons.Building, w.Brand), w.Column(2, w.NewTitle(v.Organisation), w.NewMuted(v.Account)))
	top := w.Column(12, head, w.Column(2, w.NewCaption(a.T("app.connect.address")), w.NewMono(style.TextLead, v.Host)),
		w.NewStatus(w.Good, icons.SealCheck.Fill(), a.T("app.connect.vouched")))
	var points []fyne.CanvasObject
	for _, p := range v.Points {
		points = append(points, w.Point(icons.Name(p.Icon), style.Primary, p.Text))
	}
	rows := []fyne.CanvasObject{
		w.TopBar("", a.CancelConnect), w.NewHeading(a.T("app.connect.title")), w.Gap(12), w.NewSlip(top, w.Column(14, points...)), w.Gap(14),
		w.Line(8, 1, w.NewIcon(icons.Clock, style.IconInline, style.TextMuted), w.NewMuted(v.GoodUntil)),
	}
	if v.Warning != "" {
		rows = append(rows, w.Gap(12), w.NewNote(w.NoteSpec{Tone: w.Warn, Icon: icons.Warning.Fill(), Text: v.Warning}))
	}
	rows = append(rows, s.faultNote(v.Head, v.Words))
	text, icon := a.T("app.connect.connect"), icons.Fingerprint
	if v.More {
		text, icon = a.T("app.connect.go_on"), icons.ArrowRight
	}
	connect := name(s, "connect", w.NewMainButton(text, icon, a.ConfirmConnect).Guarded(f.Guard))
	cancel := name(s, "cancel", w.NewButton(w.Outlined, a.T("app.cancel"), "", a.CancelConnect).Sized(style.SizeMainButton))
	s.Object, _ = f.page(w.Column(0, rows...), f.pair(cancel, connect))
	s.Update = func() { connect.SetBusy(a.Busy()) }
	s.Shown = s.Update
	return s
}

// CheckWords shows the two words to compare with the page.
func CheckWords(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.CheckWords()
	words := w.Column(0, w.NewText(style.TextWords, style.Text, w.Run{Text: v.Words[0], Bold: true}),
		w.NewText(style.TextWords, style.Text, w.Run{Text: v.Words[1], Bold: true}))
	slip := w.NewSlip(w.Line(14, 1, w.NewTile(icons.Building, w.Brand), w.NewTitle(v.Organisation)), words)
	s.Object, _ = f.page(w.Column(0, w.Gap(style.SizeTopBar), w.NewHeading(v.Title), w.Gap(8), w.NewLead(v.Text), w.Gap(16), slip, w.Gap(16),
		w.Line(10, 1, w.NewSpinner(), w.NewMuted(v.Waiting))),
		name(s, "later", w.NewButton(w.Outlined, a.T("app.words.later"), "", a.FinishConnect)))
	return s
}

// Connected says that all is done.
func Connected(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.ConnectedView()
	stamp := w.NewStamp()
	slip := w.NewSlip(w.Column(0, w.Gap(12), w.Line(0, -1, stamp), w.Gap(16), w.NewDisplay(v.Title)), w.NewLead(v.Text))
	rows := []fyne.CanvasObject{w.Gap(28), slip}
	if v.Waiting != "" {
		rows = append(rows, w.Gap(12), w.NewNote(w.NoteSpec{Tone: w.Quiet, Icon: icons.Info.Fill(), Text: v.Waiting}))
	}
	practice := name(s, "practice", w.NewButton(w.Plain, a.T("app.connected.practice"), "", a.Practice))
	s.Object, _ = f.page(w.Column(0, rows...), w.Column(4, practice, name(s, "done", w.NewMainButton(a.T("app.done"), "", a.FinishConnect))))
	s.Update = func() { practice.SetBusy(a.Busy()) }
	s.Shown = stamp.Arrive
	return s
}
