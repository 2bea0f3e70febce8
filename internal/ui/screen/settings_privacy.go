package screen

import (
	"fyne.io/fyne/v2"

	"avow/assets/icons"
	"avow/internal/ui/model"
	"avow/internal/ui/style"
	w "avow/internal/ui/widgets"
)

// AskTelemetry asks once whether reports may be sent. Yes and No are of one weight: neither is what the app would like to hear.
func AskTelemetry(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.AskTelemetry()
	rows := []fyne.CanvasObject{
		w.Gap(style.SizeTopBar), w.Line(0, -1, w.NewBigTile(icons.Shield, w.Quiet, 72)), w.Gap(4), w.NewHeading(v.Title), w.NewLead(v.Text), w.NewCard(points(v.Points)),
		name(s, "show", w.NewButton(w.Plain, v.Show, icons.Eye, func() { a.ShowReport("") })),
	}
	if v.Words != "" {
		rows = append(rows, w.NewNote(w.NoteSpec{Tone: w.Bad, Icon: icons.Error.Fill(), Text: v.Words}))
	}
	foot := w.Halves(12, name(s, "no", w.NewButton(w.Outlined, v.No, "", func() { a.AnswerTelemetry(false) })),
		name(s, "yes", w.NewButton(w.Outlined, v.Yes, "", func() { a.AnswerTelemetry(true) })))
	s.Object, _ = f.page(w.Column(12, rows...), foot)
	return s
}

// Privacy has the switch for reports to each organisation, and says what is in them.
func Privacy(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Privacy()
	rows := []fyne.CanvasObject{w.TopBar(v.Title, a.Back), w.NewLead(v.Text)}
	for _, r := range v.Servers {
		head := w.RowSpec{Icon: icons.Server, Title: r.Organisation, Second: r.Host}
		if r.Off != "" {
			rows = append(rows, w.NewRows(w.NewRow(head)), w.NewMuted(r.Off))
			continue
		}
		last := r.Last
		if last == "" {
			last = a.T("app.privacy.never")
		}
		rows = append(rows, w.NewRows(
			name(s, "telemetry", w.NewSwitchRow(icons.Shield, a.T("app.privacy.report", "Organisation", r.Organisation), r.On, func(on bool) { a.SetTelemetry(r.Issuer, on) })),
			name(s, "report", w.NewRow(w.RowSpec{Icon: icons.Eye, Title: v.Show, Caret: true, OnTap: func() { a.ShowReport(r.Issuer) }})),
			w.NewRow(w.RowSpec{Icon: icons.Clock, Title: v.Last, Value: last}),
		))
	}
	if v.None != "" {
		rows = append(rows, w.NewNote(w.NoteSpec{Tone: w.Quiet, Icon: icons.Info.Fill(), Text: v.None}))
	}
	rows = append(rows, w.NewCard(points(v.Points)))
	if v.Words != "" {
		rows = append(rows, w.NewNote(w.NoteSpec{Tone: w.Bad, Icon: icons.Error.Fill(), Text: v.Words}))
	}
	s.Object, _ = f.page(w.Column(12, rows...), nil)
	return s
}

// Report shows what would be sent now, and what was sent last.
func Report(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Report()
	rows := []fyne.CanvasObject{w.TopBar(v.Title, a.Back), w.NewLead(v.Text)}
	show := func(r model.ReportText) {
		rows = append(rows, w.NewStrong(r.Head), w.NewCard(w.NewFacts(facts(r.Facts)...)),
			w.NewCard(w.Column(8, w.NewCaption(v.Raw), w.NewText(style.TextCaption, style.Text, w.Run{Text: r.Raw, Mono: true}))))
	}
	show(v.Next)
	if v.Last != nil {
		show(*v.Last)
	}
	if v.Forget != "" {
		rows = append(rows, name(s, "forget", w.NewButton(w.Plain, v.Forget, icons.Trash, a.ForgetReports)))
	}
	if v.Words != "" {
		rows = append(rows, w.NewNote(w.NoteSpec{Tone: w.Bad, Icon: icons.Error.Fill(), Text: v.Words}))
	}
	s.Object, _ = f.page(w.Column(12, rows...), nil)
	return s
}
