package screen

import (
	"strings"

	"fyne.io/fyne/v2"

	"avow/assets/icons"
	"avow/internal/ui/model"
	"avow/internal/ui/style"
	w "avow/internal/ui/widgets"
)

// aboutRows are the last rows of the settings: what the app tells of itself, and of its user.
func aboutRows(s *Screen, a *model.App, v model.SettingsView) fyne.CanvasObject {
	row := func(called string, icon icons.Name, title, value string, p model.Page) *w.Row {
		return name(s, called, w.NewRow(w.RowSpec{Icon: icon, Title: title, Value: value, Caret: true, OnTap: func() { a.Open(p) }}))
	}
	return w.NewRows(
		row("privacy", icons.Shield, a.T("app.privacy.title"), "", model.PagePrivacy),
		row("about", icons.Info, a.T("app.settings.about"), v.Version, model.PageAbout),
		helpRow(s, a),
		row("debug-log", icons.Log, a.T("app.settings.debug_log"), "", model.PageDebugLog),
	)
}

// About says which version this is and whose work is in it.
func About(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.About()
	body := w.Column(16, w.TopBar(v.Title, a.Back), w.Center(w.NewMark(96, style.Primary, style.Primary)),
		w.Column(2, w.NewTitle(a.Name()).Centered(), w.NewMuted(v.Version).Centered()))
	if len(v.Facts) > 0 {
		body.Add(w.NewCard(w.NewFacts(facts(v.Facts)...)))
	}
	if v.Keys != "" {
		body.Add(w.NewCard(w.Column(4, w.NewCaption(a.T("app.about.keys")), w.NewBody(v.Keys))))
	}
	body.Add(w.NewCard(w.Column(12, w.NewBody(v.Licence), w.NewMuted(v.Parts))))
	body.Add(w.NewRows(name(s, "licences", w.NewRow(w.RowSpec{Icon: icons.Log, Title: v.Show, Caret: true, OnTap: func() { a.Open(model.PageLicences) }}))))
	s.Object, _ = f.page(body, nil)
	return s
}

func facts(list []model.Fact) (out []w.Fact) {
	for _, x := range list {
		out = append(out, w.Fact{Label: x.Label, Value: x.Value})
	}
	return out
}

// Licences lists whose work is in Avow; a tap shows the text of the licence.
func Licences(a *model.App, f Frame) *Screen {
	s := newScreen()
	search := name(s, "search", w.NewField(w.FieldSpec{Icon: icons.Search, Placeholder: a.T("app.licences.find")}))
	list := w.Column(0)
	show := func() {
		var rows []*w.Row
		for _, r := range a.Licences(search.Text()) {
			rows = append(rows, w.NewRow(w.RowSpec{Title: r.Path, Second: strings.TrimSpace(r.Version + "  " + r.Licence), Caret: true, OnTap: func() { a.OpenLicence(r.Path) }}))
		}
		list.Objects = nil
		if len(rows) > 0 {
			list.Objects = []fyne.CanvasObject{w.NewRows(rows...)}
		}
	}
	show()
	var refit func()
	s.Object, refit = f.page(w.Column(12, w.TopBar(a.T("app.licences.title"), a.Back), search, list), nil)
	search.OnChanged = func(string) { show(); refit() }
	return s
}

// Licence shows the whole text of a licence.
func Licence(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Licence()
	s.Object, _ = f.page(w.Column(12, w.TopBar(a.T("app.licences.one"), a.Back), w.NewStrong(v.Title), w.NewMuted(v.Sub),
		w.NewCard(w.NewText(style.TextCaption, style.Text, w.Run{Text: v.Text}))), nil)
	return s
}
