package screen

import (
	"fmt"

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
	rows := []fyne.CanvasObject{
		w.NewHeading(a.T("app.settings.title")), w.Gap(4),
		w.NewCard(w.Column(12, w.Line(12, 1, w.NewIcon(icons.Palette, style.IconRow, style.Primary), w.NewBody(a.T("app.settings.appearance"))), look)),
		w.NewRows(
			name(s, "text-size", w.NewRow(w.RowSpec{Icon: icons.TextSize, Title: a.T("app.settings.text_size"), Value: a.T(sizeWords[v.Choices.TextSize]), Caret: true, OnTap: func() { a.Open(model.PageTextSize) }})),
			name(s, "language", w.NewRow(w.RowSpec{Icon: icons.Language, Title: a.T("app.settings.language"), Value: v.Language, Caret: true, OnTap: func() { a.Open(model.PageLanguage) }})),
			motionRow(s, a, v),
		),
	}
	rows = append(rows, w.NewRows(lockRows(s, a, v)...), w.NewRows(
		notificationsRow(s, a, v),
		name(s, "import", w.NewRow(w.RowSpec{Icon: icons.Import, Title: a.T("app.import.title"), Caret: true, OnTap: a.OpenImport})),
		name(s, "export", w.NewRow(w.RowSpec{Icon: icons.Export, Title: a.T("app.export.title"), Caret: true, OnTap: a.OpenExport})),
	))
	rows = append(rows, aboutRows(s, a, v))
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

// sizeWords are the names of the text sizes; 0 is the first of them.
var sizeWords = map[model.TextSize]translations.Message{
	0: "app.settings.size_normal", model.TextNormal: "app.settings.size_normal", model.TextLarge: "app.settings.size_large",
	model.TextLarger: "app.settings.size_larger", model.TextLargest: "app.settings.size_largest",
}

// TextSize lets a person choose the size of all text.
func TextSize(a *model.App, f Frame) *Screen {
	chosen := 0
	var options []w.RowSpec
	var names []string
	for i, size := range model.TextSizes() {
		if size == a.SettingsView().Choices.TextSize {
			chosen = i
		}
		options = append(options, w.RowSpec{
			Icon: icons.TextSize, Title: a.T(sizeWords[size]), OnTap: func() { a.Choose(func(c *model.Choices) { c.TextSize = size }) },
		})
		names = append(names, fmt.Sprintf("size-%d", size))
	}
	return chooser(a, f, a.T("app.settings.text_size"), options, names, chosen)
}
