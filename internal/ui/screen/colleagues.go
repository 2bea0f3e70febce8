package screen

import (
	"fmt"

	"fyne.io/fyne/v2"

	"avow/assets/icons"
	"avow/internal/ui/model"
	"avow/internal/ui/style"
	w "avow/internal/ui/widgets"
)

// Colleagues is the page of who may bring the account back together.
func Colleagues(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Colleagues()
	rows := []fyne.CanvasObject{w.TopBar(v.Title, a.Back), w.NewMuted(v.Text), w.Gap(12)}
	if v.Loading {
		rows = append(rows, w.Line(10, 1, w.NewSpinner(), w.NewMuted(a.T("app.busy.asking"))))
	}
	var list []*w.Row
	for i, x := range v.Rows {
		drop := name(s, fmt.Sprint("drop-", i+1), w.NewIconButton(icons.Trash, func() { a.DropColleague(x.Login) }))
		list = append(list, w.NewRow(w.RowSpec{
			Icon: icons.User, Tile: true, Tone: w.Brand, Title: x.Name, Below: w.NewStatus(tone(x.Tone), icons.Name(x.Sign), x.Status), End: drop,
		}))
	}
	if len(list) > 0 {
		rows = append(rows, w.NewRows(list...), w.Gap(12))
	}
	if v.Needed != "" {
		needed := []fyne.CanvasObject{w.NewStrong(v.Needed)}
		if v.Fewer {
			needed = append(needed, name(s, "fewer", w.NewIconButton(icons.Minus, func() { a.NeedColleagues(-1) })))
		}
		if v.More {
			needed = append(needed, name(s, "more", w.NewIconButton(icons.Plus, func() { a.NeedColleagues(1) })))
		}
		rows = append(rows, w.NewCard(w.Column(8, w.Line(8, 0, needed...), w.NewMuted(v.Hold))), w.Gap(12))
	}
	rows = append(rows, s.faultNote(v.Head, v.Words))
	field := name(s, "login", w.NewField(w.FieldSpec{Icon: icons.User, Label: a.T("app.colleagues.login")}))
	add := func(login string) {
		a.AddColleague(login)
	}
	field.OnSubmitted = add
	if !v.Loading {
		rows = append(rows, field, w.Gap(8), name(s, "add", w.NewButton(w.Soft, a.T("app.colleagues.add"), icons.Plus, func() { add(field.Text()) })))
	}
	var foot fyne.CanvasObject
	var save *w.Button
	if v.Save != "" {
		save = name(s, "save", w.NewMainButton(v.Save, icons.Fingerprint, a.SaveColleagues).Guarded(f.Guard))
		foot = save
	}
	var refit func()
	s.Object, refit = f.page(w.Column(0, append(rows, w.Gap(style.Space2))...), foot)
	field.OnWords = func() { refit() }
	s.Update = func() {
		if v := a.Colleagues(); v.Wrong != field.Wrong() {
			field.SetWrong(v.Wrong)
		}
		if save != nil {
			save.SetBusy(a.Busy())
		}
	}
	s.Shown = s.Update
	return s
}
