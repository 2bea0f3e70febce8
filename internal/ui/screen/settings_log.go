package screen

import (
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"avow/assets/icons"
	"avow/internal/authn"
	"avow/internal/ui/model"
	"avow/internal/ui/style"
	w "avow/internal/ui/widgets"
)

// DebugLog shows what the app noted, newest last; secrets are never in it. What is copied and saved is all that fits, also beyond what is shown.
func DebugLog(a *model.App, f Frame) *Screen {
	s := newScreen()
	v := a.LogView()
	filter := name(s, "filter", w.NewField(w.FieldSpec{Icon: icons.Search, Placeholder: a.T("app.log.filter")}))
	filter.SetText(v.Filter)
	level := v.Level
	text := w.NewText(style.TextCaption, style.Text, w.Run{Text: v.Text, Mono: !v.Empty})
	count := w.NewMuted(v.Count)
	var refit func()
	show := func() {
		a.FilterLog(filter.Text(), level)
		v := a.LogView()
		text.SetRuns(w.Run{Text: v.Text, Mono: !v.Empty})
		count.SetText(v.Count)
		refit()
	}
	filter.OnChanged = func(string) { show() }
	levels := name(s, "level", w.NewChips(slices.Index(model.LogLevels, level), func(i int) { level = model.LogLevels[i]; show() }, a.T("app.log.all"), a.T("app.log.warnings"), a.T("app.log.errors")))
	rows := []fyne.CanvasObject{w.TopBar(a.T("app.settings.debug_log"), a.Back), filter, levels}
	if v.Send {
		rows = append(rows, w.NewRows(name(s, "send", w.NewRow(w.RowSpec{Icon: icons.Headset, Title: a.T("app.log.send"), Caret: true, OnTap: a.OpenSendLog}))))
	}
	if !v.Empty || v.Filter != "" || level != model.LogAll {
		buttons := w.Halves(8, name(s, "copy", w.NewButton(w.Soft, a.T("app.copy"), icons.Copy, func() { f.Files.Copy(a.LogText()) })),
			name(s, "save", w.NewButton(w.Soft, a.T("app.log.save"), icons.Export, func() { f.Files.Save("avow-log.txt", a.LogText()) })))
		rows = append(rows, count, w.NewCard(text), buttons)
	} else {
		rows = append(rows, w.NewCard(text))
	}
	if v.Undo {
		bar := name(s, "undo-bar", w.NewUndoBar(a.T("app.log.undo"), a.UnclearLog))
		bar.Set(a.T("app.log.cleared"), true)
		s.Names["undo"] = bar.Undo()
		rows = append(rows, bar)
	} else if !v.Empty {
		rows = append(rows, name(s, "clear", w.NewButton(w.Plain, a.T("app.log.clear"), icons.Trash, a.ClearLog)))
	}
	details := a.T("app.log.detailed_text")
	if v.Detailed {
		details = v.Until
	}
	rows = append(rows, w.NewRows(name(s, "detailed", w.NewSwitchRow(icons.Log, a.T("app.log.detailed"), v.Detailed, a.SetDetailed))), w.NewMuted(details))
	s.Object, refit = f.page(w.Column(12, rows...), nil)
	return s
}

// SendLog shows exactly what goes to the service desk, before it goes.
func SendLog(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.SendLogView()
	rows := []fyne.CanvasObject{w.TopBar(v.Title, a.Back)}
	if v.Sent != "" {
		rows = append(rows, w.Gap(8), w.Line(0, -1, w.NewBigTile(icons.Check, w.Good, 72)), w.Gap(4), w.NewLead(v.Sent))
		s.Object, _ = f.page(w.Column(12, rows...), name(s, "done", w.NewMainButton(a.T("app.done"), "", a.Back)))
		return s
	}
	if v.Wrong != "" {
		rows = append(rows, w.NewNote(w.NoteSpec{Tone: w.Bad, Icon: icons.Error.Fill(), Strong: v.Wrong, Text: v.Help, Below: true}))
	}
	note := name(s, "note", w.NewField(w.FieldSpec{Placeholder: v.Hint}))
	note.SetText(v.Note)
	rows = append(rows, w.NewLead(v.Text), w.NewStrong(v.Label), note, w.NewStrong(v.Head), w.NewCard(w.NewText(style.TextCaption, style.Text, w.Run{Text: strings.TrimSpace(v.Preview), Mono: true})))
	send := name(s, "send", w.NewMainButton(v.Send, icons.Send, func() { a.SendLog(authn.CleanText(note.Text(), authn.MaxDebugNote)) }))
	s.Update = func() { send.SetBusy(a.SendLogView().Busy) }
	s.Update()
	s.Object, _ = f.page(w.Column(12, rows...), send)
	return s
}
