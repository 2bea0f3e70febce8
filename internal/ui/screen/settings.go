package screen

import (
	"fyne.io/fyne/v2"

	"avow/assets/icons"
	"avow/assets/translations"
	"avow/internal/ui/model"
	"avow/internal/ui/style"
	w "avow/internal/ui/widgets"
)

var appearances = []model.Appearance{model.FollowSystem, model.Light, model.Dark}

// Settings is the last tab.
func Settings(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.SettingsView()
	chosen := 0
	for i, x := range appearances {
		if x == v.Choices.Appearance {
			chosen = i
		}
	}
	icon := func(n icons.Name) icons.Name {
		if style.LargeText() || f.Small { // three words beside each other need the room
			return ""
		}
		return n
	}
	look := name(s, "appearance", w.NewSegmented(chosen, func(i int) { a.Choose(func(c *model.Choices) { c.Appearance = appearances[i] }) },
		w.Option{Icon: icon(icons.Phone), Text: a.T("app.settings.system")}, w.Option{Icon: icon(icons.Sun), Text: a.T("app.settings.light")}, w.Option{Icon: icon(icons.Moon), Text: a.T("app.settings.dark")}))
	size := a.T("app.settings.size_normal")
	if v.Choices.LargeText {
		size = a.T("app.settings.size_large")
	}
	rows := []fyne.CanvasObject{
		w.NewHeading(a.T("app.settings.title")), w.Gap(4),
		w.NewCard(w.Column(12, w.Line(12, 1, w.NewIcon(icons.Palette, style.IconRow, style.Primary), w.NewBody(a.T("app.settings.appearance"))), look)),
		w.NewRows(
			name(s, "text-size", w.NewRow(w.RowSpec{Icon: icons.TextSize, Title: a.T("app.settings.text_size"), Value: size, Caret: true, OnTap: func() { a.Open(model.PageTextSize) }})),
			name(s, "language", w.NewRow(w.RowSpec{Icon: icons.Language, Title: a.T("app.settings.language"), Value: v.Language, Caret: true, OnTap: func() { a.Open(model.PageLanguage) }})),
			motionRow(s, a, v),
		),
	}
	if v.HasPIN {
		lock := []*w.Row{name(s, "change-pin", w.NewRow(w.RowSpec{Icon: icons.Lock, Title: a.T("app.settings.change_pin"), Caret: true, OnTap: func() { a.Open(model.PageChangePIN) }}))}
		if v.HasSensor {
			lock = append(lock, name(s, "fingerprint", w.NewSwitchRow(icons.Fingerprint, a.T("app.settings.fingerprint"), v.Biometric, a.SetBiometric)))
		}
		rows = append(rows, w.NewRows(lock...))
	}
	rows = append(rows, w.NewRows(
		name(s, "hide-codes", w.NewSwitchRow(icons.EyeSlash, a.T("app.settings.hide_codes"), v.Choices.HideCodes, func(on bool) {
			a.Choose(func(c *model.Choices) { c.HideCodes = on })
		})),
		name(s, "import", w.NewRow(w.RowSpec{Icon: icons.Import, Title: a.T("app.import.title"), Caret: true, OnTap: a.OpenImport})),
		name(s, "export", w.NewRow(w.RowSpec{Icon: icons.Export, Title: a.T("app.export.title"), Caret: true, OnTap: a.OpenExport})),
	))
	rows = append(rows, w.NewRows(
		name(s, "about", w.NewRow(w.RowSpec{Icon: icons.Info, Title: a.T("app.settings.about"), Value: v.Version, Caret: true, OnTap: func() { a.Open(model.PageAbout) }})),
		helpRow(s, a),
		name(s, "debug-log", w.NewRow(w.RowSpec{Icon: icons.Log, Title: a.T("app.settings.debug_log"), Caret: true, OnTap: func() { a.Open(model.PageDebugLog) }})),
	))
	if v.Words != "" {
		rows = append(rows, w.NewNote(w.NoteSpec{Tone: w.Bad, Icon: icons.Error.Fill(), Text: v.Words}))
	}
	s.Object = w.Scroll(w.Inset(f.Top+12, style.SpaceScreenMargin, f.Bottom+24, style.SpaceScreenMargin, w.Column(style.SpaceBetweenCards, rows...)))
	return s
}

// chooser is a page of one choice.
func chooser(a *model.App, f Frame, title string, options []w.RowSpec, names []string, chosen int) *Screen {
	s := newScreen()
	var rows []*w.Row
	for i, o := range options {
		if i == chosen {
			o.End = w.NewIcon(icons.Check, style.IconRow, style.Primary)
		}
		rows = append(rows, name(s, names[i], w.NewRow(o)))
	}
	s.Object, _ = f.page(w.Column(12, w.TopBar(title, a.Back), w.NewRows(rows...)), nil)
	return s
}

// Language lets a person choose the language; it changes at once.
func Language(a *model.App, f Frame) *Screen {
	v := a.SettingsView()
	set := func(tag string) func() { return func() { a.Choose(func(c *model.Choices) { c.Language = tag }) } }
	options := []w.RowSpec{{Icon: icons.Phone, Title: a.T("app.settings.language_system"), OnTap: set("")}}
	names, chosen := []string{"language-system"}, 0
	for i, l := range translations.Languages() {
		options = append(options, w.RowSpec{Icon: icons.Language, Title: l.Name, OnTap: set(l.Tag)})
		names = append(names, "language-"+l.Tag)
		if l.Tag == v.Choices.Language {
			chosen = i + 1
		}
	}
	return chooser(a, f, a.T("app.settings.language"), options, names, chosen)
}

// TextSize lets a person choose the size of all text.
func TextSize(a *model.App, f Frame) *Screen {
	chosen := 0
	if a.SettingsView().Choices.LargeText {
		chosen = 1
	}
	set := func(large bool) func() { return func() { a.Choose(func(c *model.Choices) { c.LargeText = large }) } }
	return chooser(a, f, a.T("app.settings.text_size"), []w.RowSpec{
		{Icon: icons.TextSize, Title: a.T("app.settings.size_normal"), OnTap: set(false)},
		{Icon: icons.TextSize, Title: a.T("app.settings.size_large"), OnTap: set(true)},
	}, []string{"size-normal", "size-large"}, chosen)
}

// About says which version this is and whose work is in it.
func About(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.SettingsView()
	body := w.Column(16, w.TopBar(a.T("app.settings.about"), a.Back), w.Center(w.NewMark(96, style.Primary, style.Primary)),
		w.Column(2, w.NewTitle("Avow").Centered(), w.NewMuted(v.Version).Centered()))
	if v.Keys != "" {
		body.Add(w.NewCard(w.Column(4, w.NewCaption(a.T("app.about.keys")), w.NewBody(v.Keys))))
	}
	body.Add(w.NewCard(w.Column(12, w.NewBody(a.T("app.about.licence")), w.NewMuted(a.T("app.about.parts")))))
	s.Object, _ = f.page(body, nil)
	return s
}

// DebugLog shows what the app noted, newest last; secrets are never in it. What is copied and saved is what is shown.
func DebugLog(a *model.App, f Frame) *Screen {
	s := newScreen()
	filter := name(s, "filter", w.NewField(w.FieldSpec{Icon: icons.Search, Placeholder: a.T("app.log.filter")}))
	text := w.NewText(style.TextCaption, style.Text, w.Run{Text: a.LogText(""), Mono: true})
	var refit func()
	show := func() { text.SetText(a.LogText(filter.Text())); refit() }
	filter.OnChanged = func(string) { show() }
	buttons := w.Halves(8, name(s, "copy", w.NewButton(w.Soft, a.T("app.copy"), icons.Copy, func() { f.Files.Copy(text.String()) })),
		name(s, "save", w.NewButton(w.Soft, a.T("app.log.save"), icons.Export, func() { f.Files.Save("avow-log.txt", text.String()) })))
	forget := name(s, "clear", w.NewButton(w.Plain, a.T("app.log.clear"), icons.Trash, func() { a.ClearLog(); show() }))
	s.Object, refit = f.page(w.Column(12, w.TopBar(a.T("app.settings.debug_log"), a.Back), filter, buttons, w.NewCard(text), forget), nil)
	return s
}
