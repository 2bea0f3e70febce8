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

// bar is the head of a page, with the step of a set-up at its end.
func bar(title, step string, back func()) fyne.CanvasObject {
	if step == "" {
		return w.TopBar(title, back)
	}
	return w.TopBar(title, back, w.NewMuted(step))
}

// faultNote says on a page what went wrong; nil when nothing did.
func (s *Screen) faultNote(head, words string) fyne.CanvasObject {
	if words == "" {
		return w.Gap(0)
	}
	note := w.NewNote(w.NoteSpec{Tone: w.Bad, Icon: icons.Error.Fill(), Strong: head, Text: words, Below: true})
	s.Fault = note
	return w.Column(0, w.Gap(12), note)
}

func points(list []model.Point) fyne.CanvasObject {
	var rows []fyne.CanvasObject
	for _, p := range list {
		rows = append(rows, w.Point(icons.Name(p.Icon), style.Primary, p.Text))
	}
	return w.Column(14, rows...)
}

// RestoreWhy says what a restore code is for; it is also the offer in place of Home.
func RestoreWhy(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.RestoreWhy()
	top := w.Gap(style.SizeTopBar)
	if v.NotNow == "" {
		top = bar(v.Bar, v.Step, a.Back)
	}
	rows := []fyne.CanvasObject{
		top, w.NewHeading(v.Title), w.Gap(8), w.NewLead(v.Text), w.Gap(16), w.NewSlip(w.Line(0, -1, w.NewBigTile(icons.Lifebuoy, w.Brand, 72)), points(v.Points)), w.Gap(8),
	}
	foot := w.Column(8)
	if v.NotNow != "" {
		foot.Add(name(s, "not-now", w.NewButton(w.Plain, v.NotNow, "", a.NotNow).Guarded(f.Guard)))
	}
	foot.Add(name(s, "make", w.NewMainButton(v.Go, icons.Key, a.MakeCode).Guarded(f.Guard)))
	s.Object, _ = f.page(w.Column(0, rows...), foot)
	return s
}

// RestoreCode shows the code in its groups.
func RestoreCode(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.RestoreCode()
	var code fyne.CanvasObject = w.NewHiddenGroups(7)
	if !v.Hidden {
		code = name(s, "code", w.NewGroups(v.Groups...))
	}
	slip := w.NewSlip(code, w.Line(12, 1, w.NewIcon(icons.Info, style.IconRow, style.Primary), letters(v)))
	rows := []fyne.CanvasObject{bar(v.Bar, v.Step, a.Back), w.NewHeading(v.Title), w.Gap(4), w.NewLead(v.Text), w.Gap(14), slip}
	if !v.Hidden {
		rows = append(rows, w.Gap(12), w.Halves(8,
			name(s, "print", w.NewButton(w.Soft, a.T("app.restore.print"), icons.Printer, func() { printSheet(a, f) })),
			name(s, "read-out", w.NewButton(w.Soft, a.T("app.restore.read_out"), icons.Speaker, func() { a.Open(model.PageRestoreSpelled) }))))
	}
	if v.Saved != "" {
		rows = append(rows, w.Gap(12), w.NewNote(w.NoteSpec{Tone: w.Warn, Icon: icons.Printer, Text: v.Saved}))
	}
	rows = append(rows, w.Gap(8))
	icon := icons.Name("")
	switch {
	case v.Hidden:
		icon = icons.Eye
	case v.Fresh:
		icon = icons.Pencil
	}
	button := name(s, "noted", w.NewMainButton(v.Button, icon, a.GoOnWithCode).Guarded(f.Guard))
	foot := w.Column(8)
	if v.Next != "" {
		foot.Add(w.NewMuted(v.Next).Centered())
	}
	foot.Add(button)
	s.Object, _ = f.page(w.Column(0, rows...), foot)
	s.Update = func() { button.SetBusy(a.Busy()) }
	s.Shown = s.Update
	return s
}

// letters says which characters a code has, with the zero as it looks there.
func letters(v model.CodePageView) fyne.CanvasObject {
	before, after, _ := strings.Cut(v.Note, v.Zero)
	return w.NewText(style.TextBody, style.Text, w.Run{Text: before}, w.Run{Text: v.Zero, Bold: true, Mono: true}, w.Run{Text: after})
}

// printSheet lets the person choose where the sheet goes, to be printed from there.
func printSheet(a *model.App, f Frame) {
	if name, pdf := a.Sheet(); pdf != nil {
		f.Files.SaveFile(name, pdf, a.SheetSaved)
	}
}

// RestoreSpelled has the code as it is read out.
func RestoreSpelled(a *model.App, f Frame) *Screen {
	s := newScreen()
	rows := []fyne.CanvasObject{w.TopBar(a.T("app.restore.spelled"), a.Back), w.NewMuted(a.T("app.restore.spelled_text")), w.Gap(4)}
	for _, g := range a.Spelled() {
		rows = append(rows, w.NewCard(w.Column(2, w.Line(10, -1, w.NewMuted(fmt.Sprint(g.Number)), w.NewMono(style.TextKey, g.Group)), w.NewBody(g.Words))))
	}
	s.Object, _ = f.page(w.Column(8, rows...), nil)
	return s
}

// RestoreNoted asks for one group of the code.
func RestoreNoted(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.RestoreNoted()
	group := name(s, "group", w.NewGroupsField(max(1, v.Number), 1))
	group.OnChanged = func(g []string) { a.TypedGroup(g[0]) }
	group.OnSubmitted = a.SubmitGroup
	finish := name(s, "finish", w.NewMainButton(v.Button, icons.Fingerprint, a.SubmitGroup).Guarded(f.Guard))
	wrong := newProblem(w.Bad, icons.Error)
	var refit func()
	s.Object, refit = f.page(w.Column(0, bar(v.Bar, v.Step, a.Back), w.NewHeading(v.Title), w.Gap(4), w.NewLead(v.Text), w.Gap(16), w.NewCard(group), w.Gap(12), wrong.note), finish)
	group.OnWords = func() { refit() }
	tries := 0
	s.Update = func() {
		v := a.RestoreNoted()
		finish.SetBusy(a.Busy())
		if v.Tries != tries {
			tries = v.Tries
			group.SetWrong(v.Wrong, 0)
			f.Canvas.Focus(group)
		} else if v.Wrong == "" && group.Words() != "" {
			group.SetWrong("")
		}
		wrong.say(v.Head, v.Words, refit)
	}
	s.Shown = func() {
		s.Update()
		f.Canvas.Focus(group)
	}
	return s
}

// RestoreReady says that restore is set up.
func RestoreReady(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.RestoreReady()
	stamp := w.NewStamp()
	rows := []fyne.CanvasObject{w.Gap(28), w.NewSlip(w.Column(0, w.Gap(12), w.Line(0, -1, stamp), w.Gap(16), w.NewDisplay(v.Title)), w.NewLead(v.Text))}
	if v.Waits != "" {
		rows = append(rows, w.Gap(12), w.NewNote(w.NoteSpec{Tone: w.Warn, Icon: icons.Clock.Fill(), Text: v.Waits}))
	}
	s.Object, _ = f.page(w.Column(0, rows...), name(s, "done", w.NewMainButton(a.T("app.done"), "", a.CloseRestore)))
	s.Shown = stamp.Arrive
	return s
}

// RestorePage is what there is to say and to do about the restore code of an account.
func RestorePage(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.RestorePage()
	rows := []fyne.CanvasObject{w.TopBar(v.Title, a.Back)}
	if v.Organisation != "" {
		rows = append(rows, w.NewMuted(v.Organisation), w.Gap(8))
	}
	words := w.Column(0, w.NewText(style.TextLead, statusTokens[v.Tone], w.Run{Text: v.Status, Bold: true}), w.NewMuted(v.Sub))
	card := []fyne.CanvasObject{w.LineTop(12, 1, w.NewTile(icons.Lifebuoy, tone(v.Tone)), words)}
	if len(v.Facts) > 0 {
		var facts []w.Fact
		for _, x := range v.Facts {
			facts = append(facts, w.Fact{Label: x.Label, Value: x.Value})
		}
		card = append(card, w.Hairline(), w.NewFacts(facts...))
	}
	rows = append(rows, w.NewCard(w.Column(14, card...)))
	var acts []*w.Row
	act := func(on bool, called string, icon icons.Name, text string, do func()) {
		if on {
			acts = append(acts, name(s, called, w.NewRow(w.RowSpec{Icon: icon, Title: text, Caret: true, OnTap: do})))
		}
	}
	act(v.Show, "show", icons.Eye, a.T("app.restore.show"), a.ShowRestoreCode)
	act(v.Drill, "drill", icons.SealCheck, a.T("app.restore.drill"), a.OpenDrill)
	renews := v.Join == "" && v.Note == "" && !v.Show // making a code is what there is to do
	ask := func() { askFirst(f, icons.Key, a.MakeCode, a.NewCodeQuestion) }
	act(v.New != "" && !renews, "new", icons.Key, v.New, ask)
	act(v.Colleagues != "", "colleagues", icons.Users, v.Colleagues, a.OpenColleagues)
	act(v.Off, "off", icons.Close, a.T("app.restore.turn_off"), func() { askFirst(f, icons.Close, a.TurnRestoreOff, a.OffQuestion) })
	if len(acts) > 0 {
		rows = append(rows, w.Gap(12), w.NewRows(acts...))
	}
	rows = append(rows, s.faultNote(v.Head, v.Words))
	var main *w.Button
	switch {
	case v.Note != "":
		main = name(s, "note-code", w.NewMainButton(v.Note, icons.Pencil, a.NoteNewCode))
	case v.Join != "":
		main = name(s, "join", w.NewMainButton(v.Join, icons.Keyboard, a.OpenJoin))
	case v.New != "" && renews:
		main = name(s, "make", w.NewMainButton(v.New, icons.Key, a.MakeCode))
	}
	var foot fyne.CanvasObject
	if main != nil {
		foot = main.Guarded(f.Guard)
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

// askFirst asks before something is taken away; the likelier answer is the bigger button.
func askFirst(f Frame, icon icons.Name, do func(), question func() (title, text, yes, no string)) {
	title, text, yes, no := question()
	var closeSheet func()
	keep := w.NewMainButton(no, "", func() { closeSheet() })
	act := w.NewButton(w.Negative, yes, icon, func() { closeSheet(); do() })
	closeSheet = w.ShowSheet(f.Canvas, w.Column(12, w.NewHeading(title), w.NewBody(text), w.Gap(4), act, keep), f.Bottom, func() {})
}

// RestoreType is the page on which a whole code is typed.
func RestoreType(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.RestoreType()
	code := name(s, "code", w.NewGroupsField(1, len(v.Code.Groups)))
	code.Set(v.Code.Groups)
	code.OnChanged = a.TypedCode
	code.OnSubmitted = a.SubmitCode
	goOn := name(s, "go-on", w.NewMainButton(v.Button, icons.ArrowRight, a.SubmitCode).Guarded(f.Guard))
	wrong := newProblem(w.Bad, icons.Error)
	title := w.NewHeading(v.Title)
	if f.Small {
		title = w.NewTitle(v.Title)
	}
	rows := []fyne.CanvasObject{w.TopBar(v.Bar, a.Back), title, w.Gap(4), w.NewLead(v.Text), w.Gap(14), w.NewCard(code), w.Gap(12), wrong.note}
	foot := w.Column(8)
	if v.Scan {
		foot.Add(otherWays(s, a))
	} else {
		foot.Add(name(s, "scan-sheet", w.NewButton(w.Plain, a.T("app.use.scan"), icons.Scan, a.OpenScan)))
	}
	foot.Add(goOn)
	var refit func()
	s.Object, refit = f.page(w.Column(0, rows...), foot)
	code.OnWords = func() { refit() }
	shown := ""
	show := func(v model.CodeView) {
		if now := fmt.Sprintf("%q %v %s|%s", v.Groups, v.Wrong, v.Words, v.Good); now != shown {
			shown = now
			if fmt.Sprint(code.Groups()) != fmt.Sprint(v.Groups) {
				code.Set(v.Groups)
			}
			if v.Good != "" {
				code.SetGood(v.Good)
			} else {
				code.SetWrong(v.Words, v.Wrong...)
			}
		}
	}
	s.Update = func() {
		v := a.RestoreType()
		goOn.SetBusy(a.Busy())
		show(v.Code)
		wrong.say(v.Head, v.Words, refit)
	}
	s.Shown = func() {
		s.Update()
		f.Canvas.Focus(code)
	}
	return s
}

// RestoreDrill says what a drill has shown.
func RestoreDrill(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.RestoreDrill()
	stamp := w.NewStamp()
	var head fyne.CanvasObject = w.NewBigTile(icons.Warning, w.Warn, 96)
	if v.Good {
		head = stamp
		s.Shown = stamp.Arrive
	}
	var facts []w.Fact
	for _, x := range v.Facts {
		facts = append(facts, w.Fact{Label: x.Label, Value: x.Value})
	}
	slip := w.NewSlip(w.Column(0, w.Gap(12), w.Line(0, -1, head), w.Gap(16), w.NewDisplay(v.Title), w.Gap(4), w.NewLead(v.Text)), w.NewFacts(facts...))
	s.Object, _ = f.page(w.Column(0, w.Gap(28), slip), name(s, "done", w.NewMainButton(a.T("app.done"), "", a.CloseRestore)))
	return s
}
