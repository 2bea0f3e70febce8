package screen

import (
	"fmt"

	"fyne.io/fyne/v2"

	"avow/assets/icons"
	"avow/internal/ui/model"
	"avow/internal/ui/style"
	w "avow/internal/ui/widgets"
)

// statusIcons are the icons of how an account stands; the word stands beside them.
var statusIcons = map[model.Tone]icons.Name{model.Good: icons.SealCheck, model.Wait: icons.Clock, model.Bad: icons.Prohibit, model.Quiet: icons.Info}

// statusTokens color the word.
var statusTokens = map[model.Tone]style.Token{model.Good: style.Positive, model.Wait: style.Warning, model.Bad: style.Negative, model.Quiet: style.TextMuted}

// Home is the first tab: the account, what is open, what was last.
func Home(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Home()
	rows := []fyne.CanvasObject{homeHead(s, a, f, v)}
	for i, x := range v.Alerts { // what can be stopped comes before all else
		rows = append(rows, alertSlip(s, a, f, x, i+1))
	}
	open, tick := openRequests(s, a, v)
	if style.LargeText() { // what waits for an answer must not lie below the window
		rows = append(rows, open...)
	}
	rows = append(rows, statusCard(s, a, v))
	if v.Again {
		rows = append(rows, w.NewRows(
			name(s, "again-scan", w.NewRow(w.RowSpec{Icon: icons.Scan, Title: a.T("app.home.again_scan"), Caret: true, OnTap: a.OpenScan})),
			name(s, "again-code", w.NewRow(w.RowSpec{Icon: icons.Lifebuoy, Title: a.T("app.home.again_code"), Caret: true, OnTap: a.OpenRestoreFrom}))))
	}
	for i, r := range v.Running {
		rows = append(rows, runningNote(s, a, r, i+1))
	}
	for i, n := range v.Notes {
		spec := w.NoteSpec{Tone: tone(n.Tone), Icon: noteIcon(n.Tone), Strong: n.Head, Text: n.Text, Below: n.Head != ""}
		switch {
		case n.Ends:
			spec.OnTap = func() { askSilence(a, f) }
		case n.Opens != "":
			spec.OnTap = func() { a.Look(n) }
		}
		rows = append(rows, name(s, fmt.Sprint("note-", i+1), w.NewNote(spec)))
	}
	if n := v.Restore; n != nil {
		rows = append(rows, name(s, "restore", w.NewNote(w.NoteSpec{
			Tone: tone(n.Tone), Icon: icons.Lifebuoy, Strong: n.Head, Text: n.Text, Below: true, OnTap: a.OpenRestore,
		})))
	}
	if n := v.Computers; n != nil {
		rows = append(rows, name(s, "computers", w.NewNote(w.NoteSpec{
			Tone: tone(n.Tone), Icon: icons.Computers.Fill(), Strong: n.Head, Text: n.Text, Below: true, OnTap: func() { a.GoTo(model.PageComputers) },
		})))
	}
	if len(v.Requests) > 0 {
		rows = append(rows, w.Space())
		if !style.LargeText() {
			rows = append(rows, open...)
		}
	} else {
		if v.Tone != model.Bad && v.Computers == nil && len(v.Alerts) == 0 { // to an account that is blocked or gone nothing comes, and what to do now is on the note
			rows = append(rows, w.Space(), quiet(a))
		}
		rows = append(rows, w.Space())
		if v.Last != nil {
			icon := icons.Close
			if v.Last.Approved {
				icon = icons.Check
			}
			rows = append(rows, w.NewRows(w.NewRow(w.RowSpec{Icon: icon, Tile: true, Tone: w.Brand, Title: v.Last.Client, Second: v.Last.Sub})))
		}
	}
	column := w.Column(style.SpaceBetweenCards, rows...)
	s.Object = w.Scroll(w.Inset(f.Top+6, style.SpaceScreenMargin, f.Bottom+max(96, f.Scan+style.Space3), style.SpaceScreenMargin, column))
	check := s.Names["check-now"].(*w.Button)
	s.Update = func() {
		v := a.Home()
		for _, t := range tick {
			t(v)
		}
		check.SetBusy(v.Busy)
	}
	return s
}

// openRequests are the slips of what waits for an answer, under their head, and what keeps their rings going.
func openRequests(s *Screen, a *model.App, v model.HomeView) (rows []fyne.CanvasObject, tick []func(model.HomeView)) {
	if len(v.Requests) == 0 {
		return nil, nil
	}
	rows = append(rows, w.Line(8, 1, w.NewIcon(icons.Bell.Fill(), style.IconButton, style.Accent), w.NewStrong(v.RequestsHead)))
	for i, r := range v.Requests {
		ring := w.NewRing()
		ring.Set(float32(r.Part), r.Left, false)
		slip := w.NewSlip(w.Line(10, 1, w.NewBigTile(icons.Laptop, w.Brand, 52), w.Column(2, w.NewTitle(r.Client), w.NewMuted(r.Sub)), ring),
			name(s, "answer", w.NewMainButton(a.T("app.home.answer"), "", func() { a.Answer(r.ID) })))
		rows = append(rows, slip)
		tick = append(tick, func(v model.HomeView) {
			if i < len(v.Requests) {
				ring.Set(float32(v.Requests[i].Part), v.Requests[i].Left, false)
			}
		})
	}
	return rows, tick
}

// runningNote leads to a restore, or an account of another phone, that this phone waits for.
func runningNote(s *Screen, a *model.App, r model.RunningRestore, n int) fyne.CanvasObject {
	return name(s, fmt.Sprint("running-", n), w.NewNote(w.NoteSpec{
		Tone: tone(r.Note.Tone), Icon: icons.Lifebuoy, Strong: r.Note.Head, Text: r.Note.Text, Below: true, OnTap: func() { a.Continue(r) },
	}))
}

func noteIcon(t model.Tone) icons.Name {
	if t == model.Quiet {
		return icons.Info.Fill()
	}
	return icons.Warning.Fill()
}

func quiet(a *model.App) fyne.CanvasObject {
	return w.Column(8, w.Center(w.NewMark(72, style.Outline, style.Outline)), w.NewTitle(a.T("app.home.quiet")).Centered(),
		w.NewMuted(a.T("app.home.quiet_text")).Centered())
}

func homeHead(s *Screen, a *model.App, f Frame, v model.HomeView) fyne.CanvasObject {
	var accounts *w.AccountHead
	var choose func()
	if len(v.Accounts) > 1 {
		choose = func() {
			var items []w.MenuItem
			for _, x := range v.Accounts {
				items = append(items, w.MenuItem{Icon: icons.Building, Text: x.Organisation, OnTap: func() { a.ShowAccount(x.ID) }})
			}
			w.ShowMenu(f.Canvas, accounts, items...)
		}
	}
	accounts = name(s, "accounts", w.NewAccountHead(v.Initials, v.Name, v.Organisation, choose))
	var more *w.IconButton
	more = name(s, "menu", w.NewIconButton(icons.Dots, func() {
		w.ShowMenu(f.Canvas, more,
			w.MenuItem{Icon: icons.Plus, Text: a.T("app.menu.add"), OnTap: a.OpenScan},
			w.MenuItem{Icon: icons.Phone, Text: a.T("app.menu.devices"), OnTap: a.OpenDevices},
			w.MenuItem{Icon: icons.Lifebuoy, Text: a.T("app.menu.restore"), OnTap: a.OpenRestore},
			w.MenuItem{Icon: icons.History, Text: a.T("app.menu.activity"), OnTap: a.OpenActivity},
			w.MenuItem{Icon: icons.CheckCircle, Text: a.T("app.menu.practice"), OnTap: a.Practice},
			w.MenuItem{Icon: icons.Headset, Text: a.T("app.menu.support"), OnTap: func() { a.Open(model.PageSupport) }},
			w.MenuItem{Icon: icons.Lock, Text: a.T("app.menu.lock"), OnTap: a.LockNow},
			w.MenuItem{Icon: icons.Trash, Text: a.T("app.menu.remove"), Negative: true, OnTap: func() { askRemove(a, f) }},
		)
	}))
	return w.Line(8, 0, accounts, more)
}

// askSilence asks before requests are shown again; to stay quiet is the bigger button.
func askSilence(a *model.App, f Frame) {
	v := a.SilenceQuestion()
	var closeSheet func()
	keep := w.NewMainButton(v.No, "", func() { closeSheet() })
	end := w.NewButton(w.Outlined, v.Yes, icons.Bell, func() { closeSheet(); a.EndSilence() })
	closeSheet = w.ShowSheet(f.Canvas, w.Column(12, w.NewHeading(v.Title), w.NewBody(v.Text), w.Gap(4), end, keep), f.Bottom, func() {})
}

// askRemove asks before an account is taken off; the likelier answer is the bigger button.
func askRemove(a *model.App, f Frame) {
	title, text, yes, no := a.RemoveQuestion()
	var closeSheet func()
	keep := w.NewMainButton(no, "", func() { closeSheet() })
	remove := w.NewButton(w.Negative, yes, icons.Trash, func() { closeSheet(); a.RemoveAccount() })
	closeSheet = w.ShowSheet(f.Canvas, w.Column(12, w.NewHeading(title), w.NewBody(text), w.Gap(4), remove, keep), f.Bottom, func() {})
}

func statusCard(s *Screen, a *model.App, v model.HomeView) fyne.CanvasObject {
	words := w.Column(0, w.NewText(style.TextLead, statusTokens[v.Tone], w.Run{Text: v.Status, Bold: true}))
	if v.StatusSub != "" {
		words.Add(w.NewMuted(v.StatusSub))
	}
	icon := statusIcons[v.Tone]
	check := name(s, "check-now", w.NewButton(w.Soft, a.T("app.home.check"), "", a.CheckNow))
	rows := []fyne.CanvasObject{w.Line(12, 1, w.NewTile(icon, tone(v.Tone)), words, check)}
	if v.Tone != model.Good || style.LargeText() { // what is not well needs more words, and the width for them
		rows = []fyne.CanvasObject{w.Line(12, 1, w.NewTile(icon, tone(v.Tone)), words), check}
	}
	if len(v.Facts) > 0 {
		var facts []w.Fact
		for _, x := range v.Facts {
			facts = append(facts, w.Fact{Label: x.Label, Value: x.Value})
		}
		rows = append(rows, w.Hairline(), w.NewFacts(facts...))
	}
	return w.NewCard(w.Column(14, rows...))
}
