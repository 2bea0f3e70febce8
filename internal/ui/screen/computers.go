package screen

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"

	"avow/assets/icons"
	"avow/internal/ui/model"
	"avow/internal/ui/style"
	w "avow/internal/ui/widgets"
)

// Computers is the tab of the computers that give a code without a network.
func Computers(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Computers()
	info := name(s, "info", w.NewIconButton(icons.Info, func() { explainComputers(a, f) }))
	body := w.Column(0, w.Line(8, 0, w.NewHeading(v.Title), w.Inset(0, -10, 0, 0, info)))
	if len(v.Rows) == 0 {
		for _, o := range []fyne.CanvasObject{
			w.Space(), w.Center(w.NewBigTile(icons.Computers, w.Brand, 72)), w.Gap(16), w.NewTitle(v.EmptyTitle).Centered(), w.Gap(8),
			w.NewMuted(v.EmptyText).Centered(), w.Space(),
		} {
			body.Add(o)
		}
	} else {
		body.Add(w.NewMuted(v.Text))
		body.Add(w.Gap(14))
		body.Add(computerRows(s, a, v))
	}
	var foot fyne.CanvasObject
	if f.Wide { // Scan is far away, at the foot of the side bar
		foot = w.Inset(style.Space1, style.SpaceScreenMargin, f.Bottom+style.Space4, style.SpaceScreenMargin,
			name(s, "scan-computer", w.NewButton(w.Outlined, v.Scan, icons.Scan, a.OpenScan)))
	} else {
		foot = w.Inset(style.Space2, style.SpaceScreenMargin, f.Bottom+f.Scan+style.Space1, style.SpaceScreenMargin, w.NewStrong(v.Scan).Centered())
	}
	s.Object, _ = w.NewPage(w.Inset(f.Top+4, style.SpaceScreenMargin, style.Space2, style.SpaceScreenMargin, body), foot)
	return s
}

func computerRows(s *Screen, a *model.App, v model.ComputersView) fyne.CanvasObject {
	var rows []*w.Row
	for i, c := range v.Rows {
		tile := w.Quiet
		if c.Gives {
			tile = w.Brand
		}
		rows = append(rows, name(s, fmt.Sprint("computer-", i+1), w.NewRow(w.RowSpec{
			Icon: icons.Name(c.Icon), Tile: true, Tone: tile, Title: c.Name, Second: c.Second,
			Below: w.NewStatus(tone(c.Tone), icons.Name(c.Sign), c.Status).With(c.Rest), OnTap: func() { a.ShowComputer(c.Grant) },
		})))
	}
	return w.NewRows(rows...)
}

// explainComputers says what the codes are for.
func explainComputers(a *model.App, f Frame) {
	var closeSheet func()
	done := w.NewMainButton(a.T("app.computers.info_close"), "", func() { closeSheet() })
	closeSheet = w.ShowSheet(f.Canvas, w.Column(14, w.NewHeading(a.T("app.computers.info_title")), w.NewBody(a.T("app.computers.info_text")),
		w.Point(icons.Scan, style.Primary, a.T("app.computers.info_scan")), w.Point(icons.Keyboard, style.Primary, a.T("app.computers.info_list")),
		w.Point(icons.Cloud, style.Primary, a.T("app.computers.info_online")), w.Gap(2), done), f.Bottom, func() {})
}

// OfflineCode is the page of a code for a computer, for its QR or from its list: the question, the code, and its place when it is hidden again.
func OfflineCode(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Offline()
	ring := w.NewCodeRing()
	if f.Small {
		ring = ring.Sized(48)
	}
	below := w.NewMuted(v.Below).Centered()
	code := w.NewHiddenCode(v.Groups...)
	if v.Code != "" {
		code = name(s, "code", w.NewBigCode(v.Code))
	}
	lower := w.Column(8, w.Line(12, 0, w.NewBody(v.Type), ring), code, below)
	if v.Hint != "" {
		lower.Add(w.NewCaption(v.Hint).Centered())
	}
	slip := w.NewSlip(offlineHead(f, v), lower)
	note := w.NewNote(w.NoteSpec{Tone: w.Warn, Icon: icons.Warning.Fill(), Strong: v.NoteHead, Text: v.NoteText})
	foot, busy := offlineFoot(s, a, f, v)
	var refit func()
	s.Object, refit = f.page(w.Column(0, w.TopBar(v.Title, a.Back), w.Gap(8), slip, w.Gap(16), note), foot)
	s.Update = func() {
		v := a.Offline()
		switch {
		case v.Code != "":
			ring.Set(float32(v.Part), v.Left, v.Urgent)
		case v.Over:
			ring.End()
		default:
			ring.Set(1, v.Left, false) // no time runs yet
		}
		if below.String() != v.Below {
			below.SetText(v.Below)
			refit()
		}
		busy.SetBusy(a.Busy())
	}
	s.Shown = s.Update
	return s
}

// offlineHead is what the code is for, and what can be seen of the computer before there is one.
func offlineHead(f Frame, v model.OfflineView) fyne.CanvasObject {
	rows := []fyne.CanvasObject{w.Line(0, -1, w.NewBigTile(icons.Name(v.Icon), w.Brand, 56)), w.Gap(4), w.NewTitle(v.Question)}
	if f.Small || f.Wide {
		rows = []fyne.CanvasObject{w.Line(14, 1, w.NewTile(icons.Name(v.Icon), w.Brand), w.NewTitle(v.Question))}
	}
	if v.Organisation != "" {
		rows = append(rows, w.NewMuted(v.Organisation))
	}
	if v.Clock != "" {
		rows = append(rows, w.Line(6, 1, w.NewIcon(icons.Clock, style.IconInline, style.TextMuted), clockLine(v)),
			w.NewStatus(w.Good, icons.CheckCircle.Fill(), v.Same))
	}
	if v.Warning != "" {
		rows = append(rows, w.NewStatus(w.Warn, icons.Warning.Fill(), v.Warning))
	}
	if v.Number != "" {
		rows = append(rows, w.NewMuted(v.Number))
	}
	return w.Column(6, rows...)
}

// clockLine has the time in bold: it is what is compared.
func clockLine(v model.OfflineView) fyne.CanvasObject {
	before, after, _ := strings.Cut(v.Clock, v.Time)
	return w.NewText(style.TextBody, style.Text, w.Run{Text: before}, w.Run{Text: v.Time, Bold: true}, w.Run{Text: after})
}

// offlineFoot is what can be done; with a clock that is wrong the likely act is to go back.
func offlineFoot(s *Screen, a *model.App, f Frame, v model.OfflineView) (foot fyne.CanvasObject, busy *w.Button) {
	button := func(called string, k w.Kind, text string, icon icons.Name, do func()) *w.Button {
		return name(s, called, w.NewButton(k, text, icon, do).Guarded(f.Guard))
	}
	next := func() *w.Button { return button("next", w.Outlined, v.Next, icons.ArrowRight, a.NextCode) }
	show := func(k w.Kind) *w.Button { return button("show", k, v.Show, icons.Fingerprint, a.ShowCode) }
	cancel := func(k w.Kind) *w.Button { return button("cancel", k, a.T("app.cancel"), "", a.Back) }
	switch {
	case v.Code != "":
		foot := w.Column(10)
		done := button("done", w.Main, a.T("app.done"), "", a.Back)
		busy = done
		if v.Next != "" {
			busy = next()
			foot.Add(busy)
		}
		foot.Add(done)
		return foot, busy
	case v.Warning != "":
		busy = show(w.Outlined)
		return w.Column(10, busy, cancel(w.Main)), busy
	case v.Over && v.Next != "": // the arrow leads back
		busy = show(w.Main)
		return w.Column(10, next(), busy), busy
	}
	busy = show(w.Main)
	if style.LargeText() {
		return w.Column(10, cancel(w.Outlined), busy), busy
	}
	return w.Line(12, 1, cancel(w.Outlined).Sized(style.SizeMainButton), busy), busy
}
