package screen

import (
	"cmp"
	"unicode"

	"fyne.io/fyne/v2"

	"avow/assets/icons"
	"avow/internal/authn"
	"avow/internal/ui/model"
	"avow/internal/ui/style"
	w "avow/internal/ui/widgets"
)

// Request asks "Is it you signing in?". No has the keyboard at first.
func Request(a *model.App, f Frame) *Screen {
	s := newScreen()
	v, ok := a.Request()
	if !ok {
		s.Object = w.Gap(1)
		return s
	}
	ring := w.NewRing()
	if f.Small {
		ring = ring.Sized(48)
	}
	number := w.NewNumberField()
	yesNo := w.NewYesNo(a.T("app.request.no"), a.T("app.request.yes"), f.Guard)
	yesNo.OnNo, yesNo.OnLater = a.No, a.Later
	yesNo.OnYes = func() {
		if v.Match == authn.MatchNumber && !number.Complete() {
			number.Shake(a.T("app.request.all_digits"))
			return
		}
		a.Yes(number.Value())
	}
	s.Names["no"], s.Names["yes"] = yesNo.No().(fyne.CanvasObject), yesNo.Yes().(fyne.CanvasObject)
	title := w.NewHeading(v.Title)
	if f.Small {
		title = w.NewTitle(v.Title)
	}
	typeIt := w.NewBody(v.MatchText)
	match := w.Column(8, typeIt)
	if v.Shows != "" {
		match.Add(w.NewMono(style.TextSubheading, v.Shows))
	}
	if v.Match == authn.MatchNumber {
		match.Add(name(s, "number", number))
	}
	var head fyne.CanvasObject = title
	if v.Queue != "" {
		head = w.Column(0, title, w.NewMuted(v.Queue))
	}
	rows := []fyne.CanvasObject{w.Line(8, 0, head, ring), w.Gap(4), requestSlip(f, v, match), w.Gap(14)}
	digit := func(r rune) {
		if unicode.IsDigit(r) {
			number.Type(r)
		}
	}
	if v.Match == authn.MatchNumber {
		for _, r := range v.Number {
			number.Type(r)
		}
		pad := w.NewKeypad(w.KeySmall, w.Corner{Icon: icons.Scan, Text: a.T("app.request.scan_instead"), OnTap: func() { a.ScanInstead(v.ID) }},
			w.Corner{Icon: icons.Backspace, OnTap: number.Backspace}, number.Type).Guarded(f.Guard).UpTo(style.SizeKey)
		name(s, "keypad", pad)
		rows = append(rows, pad)
		yesNo.OnRune = digit
		yesNo.OnKey = func(e *fyne.KeyEvent) bool {
			if e.Name == fyne.KeyBackspace {
				number.Backspace()
				return true
			}
			return false
		}
		s.Rune = digit
	}
	rows = append(rows, w.Space())
	if v.Match == authn.MatchTap {
		rows = append(rows, w.NewMuted(v.Advice).Centered(), w.Gap(12))
	}
	notMe := name(s, "not-me", w.NewButton(w.PlainNegative, a.T("app.request.not_me"), icons.Flag, func() { askNotMe(a, f) }).Guarded(f.Guard))
	hint := w.NewCaption(v.Hint).Centered()
	var refit func()
	foot := w.Column(4, yesNo, w.Line(8, 1, notMe, hint))
	if f.Small && style.LargeText() { // the room is for what is asked
		rows, foot = append(rows, notMe, hint), w.Column(0, yesNo)
	}
	s.Object, refit = f.page(w.Column(0, rows...), foot)
	said, below := "", ""
	s.Update = func() {
		v, ok := a.Request()
		if !ok {
			return
		}
		ring.Set(float32(v.Part), v.Left, v.Urgent)
		if v.Wrong != said { // said once: what is typed after it clears the words
			said = v.Wrong
			if said != "" {
				number.SetWrong(said)
			}
		}
		hint.SetText(cmp.Or(v.Busy, v.Hint))
	}
	number.OnWords = func() {
		if words := number.Words(); words != below {
			below = words
			typeIt.Show()
			if words != "" {
				typeIt.Hide() // the words say where to look
			}
			match.Refresh() // also when the slip stays as high as it was
			refit()
		}
	}
	s.Shown = func() {
		s.Update()
		yesNo.FocusNo(f.Canvas)
	}
	s.Key = func(e *fyne.KeyEvent) {
		if e.Name == fyne.KeyEscape {
			a.Later()
		}
	}
	return s
}

// requestSlip is what is signed, in full: who asks, for whom, from where.
func requestSlip(f Frame, v model.RequestView, match fyne.CanvasObject) fyne.CanvasObject {
	icon := icons.Globe
	if v.Computer {
		icon = icons.Laptop
	}
	sub, subIcon := w.Good, icons.SealCheck.Fill()
	if !v.Known {
		sub, subIcon = w.Warn, icons.Warning.Fill()
	}
	who := w.Column(2, w.NewTitle(v.Client), w.NewStatus(sub, subIcon, v.Sub))
	var facts []w.Fact
	for _, x := range v.Facts {
		fact := w.Fact{Label: x.Label, Value: x.Value}
		if v.Match == authn.MatchTap {
			fact.Icon = icons.Name(x.Icon)
		}
		facts = append(facts, fact)
	}
	if v.Match == authn.MatchTap {
		top := []fyne.CanvasObject{w.Line(0, -1, w.NewBigTile(icon, w.Brand, 72)), w.NewDisplay(v.Client)}
		if v.Wants != "" {
			top = append(top, w.NewBody(v.Wants))
		}
		top = append(top, w.NewStatus(sub, subIcon, v.Sub))
		if v.Message != "" {
			top = append(top, w.NewBody(v.Message))
		}
		return w.NewSlip(w.Column(8, top...), w.NewFacts(facts...))
	}
	top := []fyne.CanvasObject{w.Line(14, 1, w.NewTile(icon, w.Brand), who)}
	if v.Message != "" {
		top = append(top, w.NewMuted(v.Message))
	}
	if f.Small || f.Wide { // one after the other, each still in full
		var line []w.Run
		for i, x := range v.Facts {
			if i > 0 {
				line = append(line, w.Run{Text: " · ", Color: style.TextMuted})
			}
			line = append(line, w.Run{Text: x.Value, Bold: true})
		}
		top = append(top, w.NewText(style.TextBody, style.Text, line...))
	} else {
		top = append(top, w.NewFacts(facts...))
	}
	return w.NewSlip(w.Column(16, top...), match)
}

// askNotMe asks once more, with No first, before the administrators are told.
func askNotMe(a *model.App, f Frame) {
	var closeSheet func()
	keep := w.NewMainButton(a.T("app.not_me.no"), "", func() { closeSheet(); a.KeepAsking() })
	report := w.NewButton(w.Negative, a.T("app.not_me.yes"), icons.Flag, func() { closeSheet(); a.ReallyNotMe() })
	closeSheet = w.ShowSheet(f.Canvas, w.Column(12, w.NewHeading(a.T("app.not_me.title")), w.NewBody(a.T("app.not_me.text")), w.Gap(4), keep, report),
		f.Bottom, a.KeepAsking)
}

// Result shows what an answer led to, with its proof.
func Result(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.ResultView()
	stamp := w.NewStamp()
	var head fyne.CanvasObject = w.NewBigTile(icons.Close, w.Quiet, 96)
	switch {
	case v.Approved:
		head = stamp
		s.Shown = stamp.Arrive
	case v.Stopped:
		head = w.NewBigTile(icons.Prohibit, w.Bad, 96)
	}
	var facts []w.Fact
	for _, x := range v.Facts {
		facts = append(facts, w.Fact{Label: x.Label, Value: x.Value, Mono: x.Icon == "receipt"})
	}
	if v.Practice && v.Approved { // the stamp is for what the server let somebody in by
		head, s.Shown = w.NewBigTile(icons.Check, w.Good, 96), nil
	}
	slip := w.NewSlip(w.Column(0, w.Gap(12), w.Line(0, -1, head), w.Gap(16), w.NewDisplay(v.Title), w.Gap(4), w.NewLead(v.Text)), w.NewFacts(facts...))
	if len(facts) == 0 {
		slip = w.NewSlip(w.Column(0, w.Gap(12), w.Line(0, -1, head), w.Gap(16), w.NewDisplay(v.Title)), w.NewLead(v.Text))
	}
	rows := []fyne.CanvasObject{w.Gap(28), slip}
	s.Object, _ = f.page(w.Column(0, rows...), name(s, "done", w.NewMainButton(a.T("app.done"), "", a.Done)))
	return s
}
