package screen

import (
	"fmt"

	"fyne.io/fyne/v2"

	"avow/assets/icons"
	"avow/internal/ui/model"
	"avow/internal/ui/style"
	w "avow/internal/ui/widgets"
)

// Support says who helps with the account, and how to reach them.
func Support(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.SupportView()
	rows := []fyne.CanvasObject{w.TopBar(v.Title, a.Back)}
	if v.Organisation != "" {
		who := w.Line(14, 1, w.NewTile(icons.Building, w.Brand), w.Column(2, w.NewTitle(v.Organisation), w.NewMono(style.TextBody, v.Host)))
		rows = append(rows, w.NewCard(w.Column(12, who, w.NewBody(v.Text))))
	} else {
		rows = append(rows, w.NewCard(w.NewBody(v.Text)))
	}
	var list []*w.Row
	for i, c := range v.Contacts {
		list = append(list, name(s, fmt.Sprint("contact-", i+1), w.NewRow(w.RowSpec{
			Icon: icons.Name(c.Icon), Tile: true, Tone: w.Brand, Title: c.Name, Second: c.Text, Caret: true, OnTap: func() { f.Files.OpenURL(c.Opens) },
		})))
	}
	if len(list) > 0 {
		rows = append(rows, w.NewRows(list...))
	}
	s.Object, _ = f.page(w.Column(style.SpaceBetweenCards, rows...), nil)
	return s
}
