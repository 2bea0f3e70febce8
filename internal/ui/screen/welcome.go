package screen

import (
	"avow/assets/icons"
	"avow/internal/ui/model"
	"avow/internal/ui/style"
	w "avow/internal/ui/widgets"
)

// Welcome is the first screen of an app without accounts.
func Welcome(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Welcome()
	mark := float32(190)
	if f.Small {
		mark = 120
	}
	slip := w.NewBrandSlip(w.Column(0, w.Gap(30), w.Center(w.NewMark(mark, style.BrandMark2, style.BrandMark)), w.Gap(20)),
		w.Line(8, -1, w.NewText(style.TextYesNo, style.BrandMark, w.Run{Text: v.Brand, Bold: true}), w.Space(),
			w.NewText(style.TextBody, style.BrandMark, w.Run{Text: v.Motto})))
	picture := w.Column(0, w.Gap(8), slip, w.Gap(24))
	body := w.Column(0, picture, w.NewDisplay(v.Title), w.Gap(8), w.NewLead(v.Text))
	for i, r := range v.Running {
		body.Add(w.Gap(16))
		body.Add(runningNote(s, a, r, i+1))
	}
	if v.Note != "" {
		body.Add(w.Gap(16))
		body.Add(w.NewNote(w.NoteSpec{Tone: w.Quiet, Icon: icons.Info.Fill(), Text: v.Note}))
	}
	settings := name(s, "settings", w.NewIconButton(icons.Gear, func() { a.GoTo(model.PageSettings) }))
	restore := name(s, "restore", w.NewButton(w.Plain, v.Restore, icons.Lifebuoy, a.OpenRestoreFrom))
	add := name(s, "add-code", w.NewButton(w.Outlined, v.AddCode, icons.Codes, func() { a.GoTo(model.PageCodes) }))
	s.Object, _ = f.page(body, w.Column(4, w.Line(4, 0, restore, settings), add, w.Gap(2), name(s, "connect", w.NewMainButton(v.Connect, icons.Scan, a.OpenScan))), picture)
	return s
}
