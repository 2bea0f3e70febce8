package screen

import (
	"fyne.io/fyne/v2"

	"avow/assets/icons"
	"avow/internal/ui/model"
	"avow/internal/ui/style"
	w "avow/internal/ui/widgets"
)

// Forgot is for who does not know the PIN any more: what is lost, then the ways.
func Forgot(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Forgot()
	rows := []fyne.CanvasObject{w.TopBar("", a.Back), w.NewHeading(v.Title), w.Gap(8), w.NewLead(v.Text), w.Gap(16)}
	if len(v.Lost) > 0 {
		rows = append(rows, w.NewCard(points(v.Lost)), w.Gap(12))
	}
	desk := w.NewRow(w.RowSpec{Icon: icons.Headset, Tile: true, Tone: w.Brand, Title: v.Desk, Second: v.DeskText})
	list := []*w.Row{name(s, "start-over", w.NewRow(w.RowSpec{
		Icon: icons.Lifebuoy, Tile: true, Tone: w.Brand, Title: v.Code, Second: v.CodeText, Caret: true,
		OnTap: func() { askFirst(f, icons.Trash, a.StartOver, a.EraseQuestion) },
	})), desk}
	rows = append(rows, w.NewRows(list...), s.faultNote(v.Head, v.Words))
	var foot fyne.CanvasObject
	if v.Finger != "" {
		foot = w.Column(6, w.NewMuted(v.FingerText).Centered(), name(s, "reset", w.NewMainButton(v.Finger, icons.Fingerprint, a.OpenResetPIN).Guarded(f.Guard)))
	}
	s.Object, _ = f.page(w.Column(0, rows...), foot)
	return s
}

// Erased says that nothing is left in the app.
func Erased(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Erased()
	var foot fyne.CanvasObject
	if v.Start != "" {
		foot = name(s, "start", w.NewMainButton(v.Start, icons.ArrowRight, a.StartAnew).Guarded(f.Guard))
	}
	s.Object, _ = f.page(w.Column(0, w.Gap(style.SizeTopBar), w.Line(0, -1, w.NewBigTile(icons.Eraser, w.Quiet, 72)), w.Gap(16), w.NewHeading(v.Title), w.Gap(8), w.NewLead(v.Text)), foot)
	return s
}
