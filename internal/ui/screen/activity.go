package screen

import (
	"fmt"

	"fyne.io/fyne/v2"

	"avow/assets/icons"
	"avow/internal/ui/model"
	"avow/internal/ui/style"
	w "avow/internal/ui/widgets"
)

// Activity shows what happened to an account, the newest first, each answer with its proof.
func Activity(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Activity()
	rows := []fyne.CanvasObject{w.TopBar(a.T("app.activity.title"), a.Back)}
	if v.Organisation != "" {
		rows = append(rows, w.NewMuted(v.Organisation))
	}
	switch {
	case v.Words != "":
		rows = append(rows, w.NewNote(w.NoteSpec{Tone: w.Warn, Icon: icons.Warning.Fill(), Strong: v.Head, Text: v.Words, Below: true}))
	case v.Busy != "":
		rows = append(rows, w.Line(10, 1, w.NewSpinner(), w.NewMuted(v.Busy)))
	default:
		if n := v.Proof; n != nil {
			icon := icons.SealCheck.Fill()
			if n.Tone == model.Bad {
				icon = icons.Warning.Fill()
			}
			rows = append(rows, name(s, "proofs", w.NewNote(w.NoteSpec{Tone: tone(n.Tone), Icon: icon, Strong: n.Head, Text: n.Text, Below: true})))
		}
		rows = append(rows, name(s, "filter", w.NewChips(v.Chosen, a.FilterActivity, v.Filters...)))
	}
	line := 0
	for _, d := range v.Days {
		var list []*w.Row
		for _, x := range d.Lines {
			line++
			spec := w.RowSpec{
				Icon: icons.Name(x.Icon), Tile: true, Tone: tone(x.Tone), Title: x.Title, Second: x.Second, OnTap: func() { a.OpenEntry(x.ID) },
			}
			if x.Third != "" {
				spec.Below = w.NewMuted(x.Third)
			}
			switch x.Proof {
			case model.Good:
				spec.End = w.NewIcon(icons.SealCheck.Fill(), style.IconRow, style.Positive)
			case model.Bad:
				spec.End = w.NewIcon(icons.Warning.Fill(), style.IconRow, style.Negative)
			default:
				spec.Caret = true
			}
			list = append(list, name(s, fmt.Sprint("entry-", line), w.NewRow(spec)))
		}
		rows = append(rows, w.NewCaption(d.Heading), w.NewRows(list...))
	}
	if v.Empty != "" {
		rows = append(rows, w.Gap(40), w.NewTitle(v.Empty).Centered())
	}
	s.Object, _ = f.page(w.Column(style.SpaceBetweenCards, rows...), nil)
	return s
}

// Entry shows one thing that happened in full, with its proof to be saved.
func Entry(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Entry()
	top := []fyne.CanvasObject{w.Line(0, -1, w.NewBigTile(icons.Name(v.Icon), tone(v.Tone), 72)), w.NewDisplay(v.Title)}
	if v.Sub != "" {
		top = append(top, w.NewLead(v.Sub))
	}
	switch v.Proof {
	case model.Good:
		top = append(top, w.NewStatus(w.Good, icons.SealCheck.Fill(), v.Sign))
	case model.Bad:
		top = append(top, w.NewStatus(w.Bad, icons.Warning.Fill(), v.Sign))
	default:
		if v.Sign != "" {
			top = append(top, w.NewMuted(v.Sign))
		}
	}
	var facts []w.Fact
	for _, x := range v.Facts {
		fact := w.Fact{Icon: icons.Name(x.Icon), Label: x.Label, Value: x.Value} // with icons they stand below each other: what was signed has room
		if x.Icon == "receipt" {
			fact.Icon, fact.Mono = icons.SealCheck, true
		}
		facts = append(facts, fact)
	}
	rows := []fyne.CanvasObject{w.TopBar("", a.Back), w.NewSlip(w.Column(8, top...), w.NewFacts(facts...))}
	var foot fyne.CanvasObject
	if v.Save != "" {
		foot = name(s, "save", w.NewButton(w.Outlined, v.Save, icons.Export, func() {
			if text := a.Receipt(); text != "" {
				f.Files.Save(v.File, text)
			}
		}))
	}
	s.Object, _ = f.page(w.Column(12, rows...), foot)
	return s
}
