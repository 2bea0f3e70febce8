package screen

import (
	"fyne.io/fyne/v2"

	"avow/assets/icons"
	"avow/internal/ui/model"
	"avow/internal/ui/style"
	w "avow/internal/ui/widgets"
)

// Failure says what happened, what to do, and a code to tell the service desk.
func Failure(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Failure()
	toned, icon := w.Warn, icons.Warning
	if v.Hard {
		toned, icon = w.Bad, icons.Prohibit
	}
	rows := []fyne.CanvasObject{w.TopBar("", a.Done), w.Line(0, -1, w.NewBigTile(icon, toned, 72)), w.Gap(16), w.NewHeading(v.Title), w.Gap(8), w.NewLead(v.Sentence)}
	if v.Code != "" {
		rows = append(rows, w.Gap(20), serviceDesk(s, a, f, v.Code))
	}
	rows = append(rows, w.Space(), name(s, "done", w.NewMainButton(a.T("app.done"), "", a.Done)))
	s.Object = f.page(w.Column(0, rows...))
	return s
}

func serviceDesk(s *Screen, a *model.App, f Frame, code string) fyne.CanvasObject {
	copyIt := name(s, "copy", w.NewButton(w.Soft, a.T("app.copy"), icons.Copy, func() { f.Files.Copy(code) }))
	return w.NewCard(w.Line(12, 0, w.Column(2, w.NewCaption(a.T("app.fault.tell")), w.NewMono(style.TextSubheading, code)), copyIt))
}

// Trouble asks what to do with a vault that is damaged or older than it should be.
func Trouble(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Trouble()
	rows := []fyne.CanvasObject{
		w.Gap(style.SizeTopBar), w.Line(0, -1, w.NewBigTile(icons.Warning, w.Warn, 72)), w.Gap(16), w.NewHeading(v.Title), w.Gap(8), w.NewLead(v.Text), w.Gap(20),
		serviceDesk(s, a, f, v.Code), w.Space(),
	}
	if v.GoOn != "" {
		rows = append(rows, name(s, "go-on", w.NewButton(w.Outlined, v.GoOn, "", a.GoOn)))
	}
	s.Object = f.page(w.Column(0, rows...))
	return s
}
