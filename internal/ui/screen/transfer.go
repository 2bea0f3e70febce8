package screen

import (
	"fmt"

	"fyne.io/fyne/v2"

	"avow/assets/icons"
	"avow/internal/ui/model"
	"avow/internal/ui/style"
	w "avow/internal/ui/widgets"
)

// Import is the page on which the file of another app is chosen.
func Import(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.ImportStart()
	rows := []fyne.CanvasObject{w.TopBar(v.Title, a.Back), w.NewLead(v.Text), w.Gap(16), w.NewCard(w.Column(4, w.NewCaption(a.T("app.import.apps")), w.NewBody(v.Apps))), s.faultNote(v.Head, v.Words), w.Gap(8)}
	choose := name(s, "choose", w.NewMainButton(v.Choose, icons.Import, f.Files.ChooseFile))
	s.Object, _ = f.page(w.Column(0, rows...), w.Column(8, name(s, "scan-codes", w.NewButton(w.Outlined, v.Scan, icons.Scan, a.OpenScan)), choose))
	s.Update = func() { choose.SetBusy(a.Busy()) }
	s.Shown = s.Update
	return s
}

// ImportPassword asks for the password of a file.
func ImportPassword(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.ImportPassword()
	field := name(s, "password", w.NewField(w.FieldSpec{Icon: icons.Key, Label: v.Label, Secret: true}))
	s.Names["eye"] = field.Eye()
	field.OnSubmitted = a.OpenFile
	open := name(s, "open", w.NewMainButton(v.Open, icons.Lock, func() { a.OpenFile(field.Text()) }))
	var refit func()
	s.Object, refit = f.page(w.Column(0, w.TopBar("", a.Back), w.NewHeading(v.Title), w.Gap(8), w.NewLead(v.Text), w.Gap(16), field), open)
	field.OnWords = func() { refit() }
	tries := 0
	s.Update = func() {
		v := a.ImportPassword()
		open.SetBusy(a.Busy())
		if v.Tries != tries {
			tries = v.Tries
			field.SetWrong(v.Wrong)
			f.Canvas.Focus(field.Focusable())
		}
	}
	s.Shown = func() {
		s.Update()
		f.Canvas.Focus(field.Focusable())
	}
	return s
}

// ImportPlan shows what would be stored.
func ImportPlan(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Plan()
	rows := []fyne.CanvasObject{w.TopBar("", a.Back), w.NewHeading(v.Title), w.Gap(4), w.NewLead(v.Text), w.Gap(14)}
	if v.Missing != "" {
		rows = append(rows, w.NewNote(w.NoteSpec{Tone: w.Warn, Icon: icons.Qr, Text: v.Missing}), w.Gap(12))
	}
	for _, p := range v.Parts {
		rows = append(rows, planPart(s, p), w.Gap(12))
		if p.Kind == "different" {
			rows = append(rows, w.NewRows(name(s, "also", w.NewSwitchRow(icons.Plus, v.Also, v.AlsoOn, a.ImportAlso))), w.Gap(12))
		}
	}
	rows = append(rows, s.faultNote("", v.Words))
	if v.Import == "" {
		s.Object, _ = f.page(w.Column(0, rows...), name(s, "done", w.NewMainButton(a.T("app.done"), "", a.Back)))
		return s
	}
	goOn := name(s, "import", w.NewMainButton(v.Import, icons.Import, a.ImportNow).Guarded(f.Guard))
	cancel := name(s, "cancel", w.NewButton(w.Outlined, a.T("app.cancel"), "", a.Back).Sized(style.SizeMainButton))
	s.Object, _ = f.page(w.Column(0, rows...), f.pair(cancel, goOn))
	s.Update = func() { goOn.SetBusy(a.Busy()) }
	s.Shown = s.Update
	return s
}

// planSigns are the icons of the parts; the words stand beside them.
var planSigns = map[string]icons.Name{
	"new": icons.Plus, "different": icons.Warning.Fill(), "same": icons.CheckCircle.Fill(), "unreadable": icons.XCircle.Fill(),
}

// planPart is one part of what was found, a row for each code of it.
func planPart(s *Screen, p model.PlanPart) fyne.CanvasObject {
	card := w.Column(10, name(s, p.Kind, w.NewStatus(tone(p.Tone), planSigns[p.Kind], p.Head)))
	if p.Text != "" {
		card.Add(w.NewMuted(p.Text))
	}
	for _, r := range p.Rows {
		card.Add(planRow(r))
	}
	if p.More != "" {
		card.Add(w.NewMuted(p.More))
	}
	return w.NewCard(card)
}

func planRow(r model.PlanRow) fyne.CanvasObject {
	words := w.Column(0, w.NewStrong(r.Title))
	if r.Second != "" {
		words.Add(w.NewMuted(r.Second))
	}
	return w.Line(12, 1, faceTile(r.Face), words)
}

// Export is the page on which the form of an export is chosen.
func Export(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.ExportStart()
	var safe, plain []*w.Row
	for i, x := range v.Forms {
		row := name(s, fmt.Sprint("form-", i+1), w.NewRow(w.RowSpec{
			Icon: icons.Name(x.Icon), Tile: true, Tone: w.Good, Title: x.Title, Second: x.Text, Caret: true, OnTap: func() { a.ChooseExport(x.Format) },
		}))
		if x.Protected {
			safe = append(safe, row)
			continue
		}
		spec := row.Spec()
		spec.Tone = w.Warn
		row.Set(spec)
		plain = append(plain, row)
	}
	rows := w.Column(12, w.TopBar(v.Title, a.Back), w.NewLead(v.Text))
	for _, list := range [][]*w.Row{safe, plain} {
		if len(list) > 0 {
			rows.Add(w.NewRows(list...))
		}
	}
	rows.Add(s.faultNote("", v.Words))
	s.Object, _ = f.page(rows, nil)
	return s
}

// ExportSeal is the page on which the password of an export is chosen.
func ExportSeal(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Seal()
	first := name(s, "first", w.NewField(w.FieldSpec{Icon: icons.Key, Label: v.First, Secret: true}))
	second := name(s, "second", w.NewField(w.FieldSpec{Icon: icons.Key, Label: v.Second, Secret: true}))
	s.Names["first-eye"], s.Names["second-eye"] = first.Eye(), second.Eye()
	send := func() { a.SealExport(first.Text(), second.Text()) }
	first.OnSubmitted = func(string) { f.Canvas.Focus(second.Focusable()) }
	second.OnSubmitted = func(string) { send() }
	goOn := name(s, "export", w.NewMainButton(v.Go, icons.Fingerprint, send).Guarded(f.Guard))
	wrong := newProblem(w.Bad, icons.Error)
	var refit func()
	s.Object, refit = f.page(w.Column(0, w.TopBar("", a.Back), w.NewHeading(v.Title), w.Gap(8), w.NewLead(v.Text), w.Gap(16), first, w.Gap(14), second, w.Gap(16),
		w.NewNote(w.NoteSpec{Tone: w.Warn, Icon: icons.Warning.Fill(), Text: v.Note}), w.Gap(12), wrong.note), goOn)
	first.OnWords, second.OnWords = func() { refit() }, func() { refit() }
	tries := v.Tries
	s.Update = func() {
		v := a.Seal()
		goOn.SetBusy(a.Busy())
		wrong.say("", v.Words, refit)
		if v.Tries == tries {
			return
		}
		tries = v.Tries
		first.SetWrong(v.Wrong["first"])
		second.SetWrong(v.Wrong["second"])
		if v.Wrong["first"] != "" {
			f.Canvas.Focus(first.Focusable())
		} else {
			f.Canvas.Focus(second.Focusable())
		}
	}
	s.Shown = func() {
		s.Update()
		f.Canvas.Focus(first.Focusable())
	}
	return s
}

// ExportPlain warns of an export that nothing protects, and has the words for it typed.
func ExportPlain(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Plain()
	field := name(s, "phrase", w.NewField(w.FieldSpec{Label: v.Type}))
	field.OnSubmitted = a.PlainExport
	goOn := name(s, "export", w.NewButton(w.Negative, v.Go, icons.Fingerprint, func() { a.PlainExport(field.Text()) }).Guarded(f.Guard))
	wrong := newProblem(w.Bad, icons.Error)
	var refit func()
	s.Object, refit = f.page(w.Column(0, w.TopBar("", a.Back), w.NewHeading(v.Title), w.Gap(12),
		w.NewNote(w.NoteSpec{Tone: w.Bad, Icon: icons.Warning.Fill(), Strong: v.Head, Text: v.Text}), w.Gap(16), field, w.Gap(12), wrong.note),
		w.Column(10, goOn, name(s, "rather", w.NewMainButton(v.Protected, icons.Shield, a.RatherSeal))))
	field.OnWords = func() { refit() }
	tries := v.Tries
	s.Update = func() {
		v := a.Plain()
		goOn.SetBusy(a.Busy())
		wrong.say("", v.Words, refit)
		if v.Tries != tries {
			tries = v.Tries
			field.SetWrong(v.Wrong)
			f.Canvas.Focus(field.Focusable())
		}
	}
	s.Shown = s.Update
	return s
}

// ExportReady is an export that waits to be saved, or is.
func ExportReady(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Ready()
	stamp := w.NewStamp()
	var head fyne.CanvasObject = w.NewBigTile(icons.Export, w.Brand, 72)
	if v.Saved {
		head = stamp
		s.Shown = stamp.Arrive
	}
	rows := []fyne.CanvasObject{w.TopBar("", a.Back), w.NewSlip(w.Column(0, w.Gap(8), w.Line(0, -1, head), w.Gap(16), w.NewHeading(v.Title)), w.NewLead(v.Text))}
	rows = append(rows, leftOut(v)...)
	rows = append(rows, s.faultNote("", v.Words))
	foot := name(s, "save", w.NewMainButton(v.Save, icons.Export, func() {
		if write, check := a.ExportWriter(); write != nil {
			f.Files.SaveChecked(v.File, write, check, a.ExportSaved)
		}
	}))
	if v.Saved {
		foot = name(s, "done", w.NewMainButton(a.T("app.done"), "", a.DoneExport))
	}
	s.Object, _ = f.page(w.Column(0, rows...), foot)
	return s
}

// leftOut says which codes a form of export can't hold.
func leftOut(v model.ReadyView) []fyne.CanvasObject {
	if v.Left == "" {
		return nil
	}
	card := w.Column(10, w.NewStatus(w.Warn, icons.Warning.Fill(), v.Left))
	for _, r := range v.LeftRows {
		card.Add(planRow(r))
	}
	return []fyne.CanvasObject{w.Gap(12), w.NewCard(card)}
}

// ExportQR shows an export as QR codes, one after the other.
func ExportQR(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Ready()
	rows := []fyne.CanvasObject{w.TopBar(v.Title, a.Back, w.NewMuted(v.Step)), w.NewLead(v.Text), w.Gap(14), qrPicture(s, f, v.QR, 350)}
	rows = append(rows, leftOut(v)...)
	var buttons []fyne.CanvasObject
	if v.At > 0 {
		buttons = append(buttons, name(s, "previous", w.NewButton(w.Outlined, a.T("app.export.previous"), icons.ArrowLeft, func() { a.NextQR(-1) }).Sized(style.SizeMainButton)))
	}
	if v.Next != "" {
		buttons = append(buttons, name(s, "next", w.NewMainButton(v.Next, icons.ArrowRight, func() { a.NextQR(1) })))
	} else {
		buttons = append(buttons, name(s, "done", w.NewMainButton(a.T("app.done"), "", a.DoneExport)))
	}
	s.Object, _ = f.page(w.Column(0, rows...), w.Halves(10, buttons...))
	return s
}
