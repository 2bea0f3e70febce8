package screen

import (
	"fmt"

	"fyne.io/fyne/v2"

	"avow/assets/icons"
	"avow/internal/phone/codes"
	"avow/internal/qr"
	"avow/internal/ui/model"
	"avow/internal/ui/style"
	w "avow/internal/ui/widgets"
)

// Codes is the tab of the codes of other services.
func Codes(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Codes()
	head := codesHead(s, a, f, v)
	bar := name(s, "undo-bar", w.NewUndoBar(v.UndoWord, a.UndoCodes))
	s.Names["undo"] = bar.Undo()
	if v.Empty != "" && v.Text == "" {
		s.noCodes(a, f, v, head, bar)
		return s
	}
	search := name(s, "search", w.NewField(w.FieldSpec{Icon: icons.Search, Placeholder: v.Search}))
	search.SetText(v.Text)
	search.OnChanged = a.SearchCodes
	top := w.Column(12, head, search)
	drift := w.NewNote(w.NoteSpec{Tone: w.Warn, Icon: icons.Clock.Fill(), Text: " "})
	driftBox := w.Column(12, drift, w.Gap(0))
	none, noneText := w.NewTitle(" ").Centered(), w.NewMuted(v.EmptyText).Centered()
	noneBox := w.Column(8, w.Gap(40), none, noneText)
	rows := w.Column(0, driftBox, noneBox)
	var chips *w.Chips
	if len(v.Groups) > 0 {
		chips = name(s, "groups", w.NewChips(v.Group, a.ChooseGroup, v.Groups...))
		if f.Small || style.LargeText() { // there the room is needed for codes
			rows = w.Column(0, chips, w.Gap(8), driftBox, noneBox)
		} else {
			top.Add(chips)
		}
	}
	list := name(s, "list", newCodeList(a, f, rows))
	s.Object = w.Listing(w.Inset(f.Top+4, style.SpaceScreenMargin, 12, style.SpaceScreenMargin, top),
		list, w.Inset(0, style.SpaceScreenMargin, f.Bottom+f.Scan+8, style.SpaceScreenMargin, bar))
	text, said := v.Text, ""
	s.Update = func() {
		if a.Away() {
			return
		}
		v := a.Codes()
		if search.Text() != v.Text {
			search.SetText(v.Text)
		}
		search.SetPlaceholder(v.Search)
		if chips != nil {
			chips.Choose(v.Group)
		}
		if bar.Set(v.Undo, v.CanUndo) {
			s.Object.Refresh() // it has another height
		}
		if words := v.DriftHead + v.Empty; words != said {
			said = words
			driftBox.Hidden, noneBox.Hidden = v.DriftHead == "", v.Empty == ""
			drift.Set(w.NoteSpec{Tone: w.Warn, Icon: icons.Clock.Fill(), Strong: v.DriftHead, Text: v.DriftText})
			none.SetText(v.Empty)
			noneText.SetText(v.EmptyText)
			list.Refit()
		}
		list.Update(v.Count)
		if v.Text != text {
			text = v.Text
			list.Top()
		}
	}
	driftBox.Hide()
	noneBox.Hide()
	s.Shown = s.Update
	return s
}

func codesHead(s *Screen, a *model.App, f Frame, v model.CodesView) fyne.CanvasObject {
	var add, more *w.IconButton
	add = name(s, "add", w.NewIconButton(icons.Plus, func() {
		w.ShowMenu(f.Canvas, add,
			w.MenuItem{Icon: icons.Scan, Text: a.T("app.codes.menu_scan"), OnTap: a.OpenScan},
			w.MenuItem{Icon: icons.Keyboard, Text: a.T("app.codes.menu_type"), OnTap: a.OpenAdd},
			w.MenuItem{Icon: icons.Import, Text: a.T("app.codes.menu_import"), OnTap: a.OpenImport})
	}))
	more = name(s, "menu", w.NewIconButton(icons.Dots, func() {
		var items []w.MenuItem
		if v.Exportable {
			items = append(items, w.MenuItem{Icon: icons.Sort, Text: a.T("app.codes.sort"), OnTap: a.OpenSort})
		}
		items = append(items, w.MenuItem{Icon: icons.Trash, Text: a.T("app.codes.trash"), OnTap: a.OpenTrash},
			w.MenuItem{Icon: icons.Import, Text: a.T("app.import.title"), OnTap: a.OpenImport})
		if v.Exportable {
			items = append(items, w.MenuItem{Icon: icons.Export, Text: a.T("app.export.title"), OnTap: a.OpenExport})
		}
		w.ShowMenu(f.Canvas, more, items...)
	}))
	return w.Line(4, 0, w.NewHeading(v.Title), add, w.Inset(0, -12, 0, 0, more))
}

// noCodes is the tab while there is nothing on it.
func (s *Screen) noCodes(a *model.App, f Frame, v model.CodesView, head fyne.CanvasObject, bar *w.UndoBar) {
	body := w.Column(0, head, w.Space(), w.Center(w.NewBigTile(icons.Codes, w.Brand, 72)), w.Gap(16), w.NewTitle(v.Empty).Centered(), w.Gap(8),
		w.NewMuted(v.EmptyText).Centered(), w.Gap(20),
		name(s, "type", w.NewButton(w.Outlined, a.T("app.codes.menu_type"), icons.Keyboard, a.OpenAdd)), w.Gap(8),
		name(s, "import", w.NewButton(w.Plain, a.T("app.codes.menu_import"), icons.Import, a.OpenImport)), w.Space())
	page, _ := w.NewPage(w.Inset(f.Top+4, style.SpaceScreenMargin, style.Space2, style.SpaceScreenMargin, body), w.Gap(f.Bottom+f.Scan))
	s.Object = w.Listing(w.Gap(0), page, w.Inset(0, style.SpaceScreenMargin, f.Bottom+f.Scan+8, style.SpaceScreenMargin, bar))
	s.Update = func() {
		v := a.Codes()
		if bar.Set(v.Undo, v.CanUndo) {
			s.Object.Refresh()
		}
	}
	s.Shown = s.Update
}

func newCodeList(a *model.App, f Frame, header fyne.CanvasObject) *w.LongList {
	var list *w.LongList
	list = w.NewLongList(w.LongListSpec{
		Header: header, Side: style.SpaceScreenMargin, Tail: f.Bottom + f.Scan + style.Space6,
		Make: func() fyne.CanvasObject { return w.NewCodeRow(w.CodeSpec{Code: " "}) },
		Show: func(i int, o fyne.CanvasObject) {
			row, v := o.(*w.CodeRow), a.CodeRow(i)
			id := v.ID
			row.OnMenu = func() { codeMenu(a, f, row, id) }
			row.OnKey = func(e *fyne.KeyEvent) bool { return list.Key(i, e) }
			spec := w.CodeSpec{
				Letter: v.Face.Letter, Icon: icons.Name(v.Face.Icon), Tone: w.Tone(v.Face.Tone), Issuer: v.Title, Name: v.Account, Pinned: v.Pinned,
				Code: v.Code, Hidden: v.Hidden, Left: float32(v.Left), Seconds: v.Seconds, Late: v.Late, NextWord: v.NextWord, Next: v.Next,
				Below: v.Below, Copied: v.Copied, CopiedIn: v.CopiedIn, OnTap: func() { a.TapCode(id, f.Files.CopySecret) },
			}
			if v.Steps {
				spec.OnStep = func() { a.NextHOTP(id) }
			}
			row.Set(spec)
		},
	})
	return list
}

// codeMenu is what can be done with a code.
func codeMenu(a *model.App, f Frame, anchor fyne.CanvasObject, id codes.ID) {
	m, ok := a.CodeMenu(id)
	if !ok {
		return
	}
	var items []w.MenuItem
	if m.Copy {
		items = append(items, w.MenuItem{Icon: icons.Copy, Text: a.T("app.copy"), OnTap: func() { a.CopyCode(id, f.Files.CopySecret) }})
	}
	if m.Undo {
		items = append(items, w.MenuItem{Icon: icons.Undo, Text: a.T("app.codes.undo_step"), OnTap: func() { a.UndoStep(id) }})
	}
	pin := a.T("app.codes.pin_up")
	if m.Pinned {
		pin = a.T("app.codes.unpin")
	}
	items = append(items,
		w.MenuItem{Icon: icons.Pencil, Text: a.T("app.codes.edit"), OnTap: func() { a.OpenEdit(id) }},
		w.MenuItem{Icon: icons.Pin, Text: pin, OnTap: func() { a.PinCode(id, !m.Pinned) }},
		w.MenuItem{Icon: icons.Sort, Text: a.T("app.codes.move"), OnTap: a.OpenSort},
		w.MenuItem{Icon: icons.Qr, Text: a.T("app.codes.show_qr"), OnTap: func() { a.ShowCodeQR(id) }},
		w.MenuItem{Icon: icons.Trash, Text: a.T("app.codes.delete"), Negative: true, OnTap: func() { a.TrashCode(id) }})
	w.ShowMenu(f.Canvas, anchor, items...)
}

// CodesSort orders the codes: by hand, by name, by use.
func CodesSort(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Sort()
	chosen := 0
	for i := range v.Orders {
		if []codes.Order{codes.ByPlace, codes.ByName, codes.ByUse}[i] == v.Order {
			chosen = i
		}
	}
	order := choice(s, f, "order", chosen, a.SortBy, v.Orders)
	acts := func(i int) []w.EntryAct {
		if !v.ByHand {
			return []w.EntryAct{{Icon: icons.Dots}}
		}
		return []w.EntryAct{
			{Icon: icons.CaretUp, Off: i == 0, OnTap: func() { a.MoveCode(i, false) }},
			{Icon: icons.CaretDown, Off: i == a.Sort().Count-1, OnTap: func() { a.MoveCode(i, true) }},
		}
	}
	top := w.Column(12, w.TopBar(v.Title, a.Back), order, w.NewMuted(v.Text))
	header := w.Column(0)
	if style.LargeText() || f.Small { // the choice is high then: it scrolls away
		top, header = w.Column(0, w.TopBar(v.Title, a.Back)), w.Column(12, order, w.NewMuted(v.Text), w.Gap(0))
	}
	var list *w.LongList
	list = name(s, "list", w.NewLongList(w.LongListSpec{
		Header: header, Side: style.SpaceScreenMargin, Tail: f.Bottom + style.Space6,
		Make: func() fyne.CanvasObject { return w.NewEntryRow(w.EntrySpec{Lines: 2, Acts: acts(1)}) },
		Show: func(i int, o fyne.CanvasObject) {
			row, v := o.(*w.EntryRow), a.CodeRow(i)
			menu := func() { codeMenu(a, f, row, v.ID) }
			row.OnMenu, row.OnKey = menu, func(e *fyne.KeyEvent) bool { return list.Key(i, e) }
			x := acts(i)
			if len(x) == 1 {
				x[0].OnTap = menu
			}
			row.Set(w.EntrySpec{
				Letter: v.Face.Letter, Icon: icons.Name(v.Face.Icon), Tone: w.Tone(v.Face.Tone), Title: v.Title, Pinned: v.Pinned, Second: v.Account, Lines: 2,
				OnTap: menu, Acts: x,
			})
		},
	}))
	s.list(f, top, list, func() int { return a.Sort().Count })
	return s
}

// list lays a list out below a head that stays.
func (s *Screen) list(f Frame, head fyne.CanvasObject, list *w.LongList, count func() int) {
	page := w.Listing(w.Inset(f.Top, style.SpaceScreenMargin, 12, style.SpaceScreenMargin, head),
		list, nil)
	if f.Wide {
		page = w.Middle(style.SizeRequestMaxWidth, page)
	}
	s.Object = page
	s.Update = func() { list.Update(count()) }
	s.Shown = s.Update
}

// CodesTrash is what was deleted, for a month.
func CodesTrash(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Trash()
	if v.Count == 0 {
		s.Object, _ = f.page(w.Column(0, w.TopBar(v.Title, a.Back), w.Space(), w.Center(w.NewBigTile(icons.Trash, w.Quiet, 72)), w.Gap(16),
			w.NewTitle(v.Empty).Centered(), w.Gap(8), w.NewMuted(v.Text).Centered(), w.Space()), nil)
		return s
	}
	var list *w.LongList
	list = name(s, "list", w.NewLongList(w.LongListSpec{
		Side: style.SpaceScreenMargin, Tail: f.Bottom + style.Space6,
		Make: func() fyne.CanvasObject {
			return w.NewEntryRow(w.EntrySpec{Lines: 3, Acts: []w.EntryAct{{Icon: icons.Dots}}})
		},
		Show: func(i int, o fyne.CanvasObject) {
			row, v := o.(*w.EntryRow), a.TrashRow(i)
			menu := func() {
				w.ShowMenu(f.Canvas, row,
					w.MenuItem{Icon: icons.Undo, Text: a.T("app.codes.put_back"), OnTap: func() { a.UntrashCode(v.ID) }},
					w.MenuItem{Icon: icons.Trash, Text: a.T("app.codes.delete_yes"), Negative: true, OnTap: func() {
						askFirst(f, icons.Trash, func() { a.DeleteCode(v.ID) }, func() (string, string, string, string) { return a.DeleteCodeQuestion(v.Title) })
					}})
			}
			row.OnMenu, row.OnKey = menu, func(e *fyne.KeyEvent) bool { return list.Key(i, e) }
			row.Set(w.EntrySpec{
				Letter: v.Face.Letter, Icon: icons.Name(v.Face.Icon), Tone: w.Tone(v.Face.Tone), Title: v.Title, Second: v.Account, Third: v.Goes, Lines: 3,
				OnTap: menu, Acts: []w.EntryAct{{Icon: icons.Dots, OnTap: menu}},
			})
		},
	}))
	s.list(f, w.Column(8, w.TopBar(v.Title, a.Back), w.NewMuted(v.Text)), list, func() int { return a.Trash().Count })
	return s
}

// CodeNew asks whether a code that was scanned is to be added.
func CodeNew(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.NewCode()
	who := w.Column(2, w.NewTitle(v.Issuer))
	if v.Account != "" {
		who.Add(w.NewMuted(v.Account))
	}
	var facts []w.Fact
	for _, x := range v.Facts {
		facts = append(facts, w.Fact{Label: x.Label, Value: x.Value})
	}
	slip := w.NewSlip(w.Line(14, 1, faceTile(v.Face), who), w.NewFacts(facts...))
	rows := []fyne.CanvasObject{w.TopBar("", a.Back), w.NewHeading(v.Title), w.Gap(12), slip}
	note := func(tone w.Tone, icon icons.Name, text string) {
		if text != "" {
			rows = append(rows, w.Gap(12), w.NewNote(w.NoteSpec{Tone: tone, Icon: icon, Text: text}))
		}
	}
	note(w.Good, icons.CheckCircle.Fill(), v.Same)
	note(w.Quiet, icons.Trash, v.Trash)
	note(w.Warn, icons.Warning.Fill(), v.Weak)
	note(w.Bad, icons.Error.Fill(), v.Words)
	if v.Add == "" {
		s.Object, _ = f.page(w.Column(0, rows...), name(s, "done", w.NewMainButton(a.T("app.done"), "", a.Back)))
		return s
	}
	add := name(s, "add", w.NewMainButton(v.Add, icons.Plus, a.AddNewCode).Guarded(f.Guard))
	cancel := name(s, "cancel", w.NewButton(w.Outlined, a.T("app.cancel"), "", a.Back).Sized(style.SizeMainButton))
	s.Object, _ = f.page(w.Column(0, rows...), f.pair(cancel, add))
	s.Update = func() { add.SetBusy(a.Busy()) }
	s.Shown = s.Update
	return s
}

// faceTile is the picture before a name, in the size of a row's.
func faceTile(x model.Face) fyne.CanvasObject {
	if x.Icon != "" {
		return w.NewTile(icons.Name(x.Icon), w.Tone(x.Tone))
	}
	return w.NewLetterTile(x.Letter, w.Tone(x.Tone), style.SizeTile)
}

// CodeQR shows the QR from which another phone takes a code.
func CodeQR(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.CodeQR()
	rows := []fyne.CanvasObject{w.TopBar(v.Title, a.Back), w.NewLead(v.Text), w.Gap(14)}
	rows = append(rows, w.NewSlip(qrPicture(s, f, v.QR, 288), w.NewBody(v.Warning)))
	s.Object, _ = f.page(w.Column(0, rows...), name(s, "done", w.NewMainButton(a.T("app.done"), "", a.Back)))
	return s
}

// qrPicture is a QR code as big as there is room; empty space for no text.
func qrPicture(s *Screen, f Frame, text string, size float32) fyne.CanvasObject {
	if f.Small {
		size = min(size, 220)
	}
	if text != "" {
		if code, err := qr.Encode(text, qr.LevelM); err == nil {
			return w.Center(name(s, "qr", w.NewQR(code.Size(), code.Dark, size)))
		}
	}
	return w.Gap(size)
}

// CodeForm is the page on which a code is typed, or changed.
func CodeForm(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Form()
	fields := map[string]*w.Field{}
	var order []string
	rows := w.Column(14, w.TopBar(v.Title, a.Back))
	field := func(key string, spec w.FieldSpec, text string, typed func(*model.CodeForm, string)) {
		x := name(s, key, w.NewField(spec))
		x.SetText(text)
		x.OnChanged = func(t string) { a.FormTyped(func(n *model.CodeForm) { typed(n, t) }) }
		if spec.Secret {
			s.Names[key+"-eye"] = x.Eye()
		}
		fields[key], order = x, append(order, key)
		rows.Add(x)
	}
	if v.Edit {
		field(model.FieldName, w.FieldSpec{Label: a.T("app.codes.name"), Placeholder: v.Form.Issuer}, v.Form.Name, func(n *model.CodeForm, t string) { n.Name = t })
	}
	field(model.FieldIssuer, w.FieldSpec{Label: a.T("app.codes.issuer"), Placeholder: a.T("app.codes.issuer_hint")}, v.Form.Issuer, func(n *model.CodeForm, t string) { n.Issuer = t })
	field("account", w.FieldSpec{Label: a.T("app.codes.account")}, v.Form.Account, func(n *model.CodeForm, t string) { n.Account = t })
	if v.Edit {
		s.editFields(a, v, rows, field)
	} else {
		s.addFields(a, f, v, rows, field)
	}
	wrong := newProblem(w.Bad, icons.Error)
	rows.Add(wrong.note)
	save := name(s, "save", w.NewMainButton(v.Save, icons.Check, a.SaveForm))
	var refit func()
	s.Object, refit = f.page(rows, save)
	for i, key := range order {
		fields[key].OnWords = func() { refit() }
		fields[key].OnSubmitted = func(string) {
			if i+1 < len(order) {
				f.Canvas.Focus(fields[order[i+1]].Focusable())
				return
			}
			a.SaveForm()
		}
	}
	tries := v.Tries
	s.Update = func() {
		v := a.Form()
		save.SetBusy(a.Busy())
		wrong.say("", v.Words, refit)
		if v.Tries == tries {
			return
		}
		tries = v.Tries
		first := true
		for _, key := range order {
			if fields[key].Wrong() != v.Wrong[key] {
				fields[key].SetWrong(v.Wrong[key])
			}
			if v.Wrong[key] != "" && first {
				first = false
				f.Canvas.Focus(fields[key].Focusable())
			}
		}
	}
	if v.Tries > 0 { // it was made anew to show what is wrong
		tries = -1
	}
	s.Shown = func() {
		s.Update()
		if !v.Edit && v.Tries == 0 && v.Form == (model.CodeForm{Digits: "6", Period: "30", Counter: "0"}) {
			f.Canvas.Focus(fields[model.FieldIssuer].Focusable())
		}
	}
	return s
}

type addField func(key string, spec w.FieldSpec, text string, typed func(*model.CodeForm, string))

func (s *Screen) editFields(a *model.App, v model.FormView, rows *fyne.Container, field addField) {
	field(model.FieldGroups, w.FieldSpec{Label: a.T("app.codes.groups"), Placeholder: a.T("app.codes.groups_hint")}, v.Form.Groups, func(n *model.CodeForm, t string) { n.Groups = t })
	if len(v.Known) > 0 {
		rows.Add(name(s, "known", w.NewChips(-1, func(i int) { a.FormGroup(v.Known[i]) }, v.Known...)))
	}
	if v.Steps {
		field(model.FieldCounter, w.FieldSpec{Label: a.T("app.codes.counter"), Mono: true}, v.Form.Counter, func(n *model.CodeForm, t string) { n.Counter = t })
	}
	if v.AskPIN {
		field(model.FieldPIN, w.FieldSpec{Label: a.T("app.codes.pin_label"), Secret: true}, v.Form.PIN, func(n *model.CodeForm, t string) { n.PIN = t })
	}
	field(model.FieldNote, w.FieldSpec{Label: a.T("app.codes.note"), Lines: 3}, v.Form.Note, func(n *model.CodeForm, t string) { n.Note = t })
	rows.Add(w.NewRows(name(s, "pinned", w.NewSwitchRow(icons.Pin, a.T("app.codes.pin_up"), v.Form.Pinned, func(on bool) {
		a.FormTyped(func(n *model.CodeForm) { n.Pinned = on })
	}))))
}

func (s *Screen) addFields(a *model.App, f Frame, v model.FormView, rows *fyne.Container, field addField) {
	field(model.FieldKey, w.FieldSpec{Icon: icons.Key, Label: a.T("app.codes.key"), Mono: true, Secret: true}, v.Form.Key, func(n *model.CodeForm, t string) { n.Key = t })
	rows.Add(w.NewCaption(a.T("app.codes.key_hint")))
	more := a.T("app.codes.more")
	icon := icons.CaretDown
	if v.More {
		more, icon = a.T("app.codes.less"), icons.CaretUp
	}
	rows.Add(name(s, "more", w.NewButton(w.Plain, more, icon, a.FormMore)))
	if !v.More {
		return
	}
	rows.Add(w.NewCaption(a.T("app.codes.kind")))
	rows.Add(choice(s, f, "kind", v.Form.Kind, a.FormKind, v.Kinds))
	if v.Steam {
		return
	}
	field(model.FieldDigits, w.FieldSpec{Label: a.T("app.codes.digits"), Mono: true}, v.Form.Digits, func(n *model.CodeForm, t string) { n.Digits = t })
	if v.ByTime {
		field(model.FieldPeriod, w.FieldSpec{Label: a.T("app.codes.period"), Mono: true}, v.Form.Period, func(n *model.CodeForm, t string) { n.Period = t })
	} else {
		field(model.FieldCounter, w.FieldSpec{Label: a.T("app.codes.counter"), Mono: true}, v.Form.Counter, func(n *model.CodeForm, t string) { n.Counter = t })
	}
	rows.Add(w.NewCaption(a.T("app.codes.method")))
	rows.Add(choice(s, f, "method", v.Form.Method, a.FormMethod, v.Methods))
}

// choice is one of three things beside each other, or below each other where there is little room.
func choice(s *Screen, f Frame, called string, chosen int, onChosen func(int), texts []string) fyne.CanvasObject {
	if style.LargeText() || f.Small {
		var rows []*w.Row
		for i, t := range texts {
			spec := w.RowSpec{Title: t, OnTap: func() { onChosen(i) }}
			if i == chosen {
				spec.End = w.NewIcon(icons.Check, style.IconRow, style.Primary)
			}
			rows = append(rows, name(s, fmt.Sprint(called, "-", i+1), w.NewRow(spec)))
		}
		return w.NewRows(rows...)
	}
	var options []w.Option
	for _, t := range texts {
		options = append(options, w.Option{Text: t})
	}
	return name(s, called, w.NewSegmented(chosen, onChosen, options...))
}
