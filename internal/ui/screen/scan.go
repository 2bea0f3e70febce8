package screen

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"avow/assets/icons"
	"avow/internal/ui/model"
	"avow/internal/ui/style"
	w "avow/internal/ui/widgets"
)

// Scan is the scanner with the ways around a camera below it.
func Scan(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Scan()
	view := w.NewScanner(f.Top + style.SizeTopBar + 44)
	above := w.NewText(style.TextBody, style.BrandMark, w.Run{Text: v.Above}).Centered()
	link := w.NewField(w.FieldSpec{Icon: icons.Link, Placeholder: "avow://…", Mono: true})
	link.OnSubmitted = a.Text
	name(s, "link", link)
	use := name(s, "use-link", w.NewMainButton(a.T("app.scan.use"), "", func() { a.Text(link.Text()) }))
	var below fyne.CanvasObject
	if v.Typing {
		below = w.Column(12, w.NewMuted(a.T("app.scan.type_link")), link, use)
	} else {
		below = w.Column(12, w.NewMuted(a.T("app.scan.no_camera")), w.Halves(8,
			name(s, "picture", w.NewTileButton(icons.Image, a.T("app.scan.picture"), f.Files.ChoosePicture)),
			name(s, "paste", w.NewTileButton(icons.Clipboard, a.T("app.scan.paste"), f.Files.Paste)),
			name(s, "type", w.NewTileButton(icons.Keyboard, a.T("app.scan.type"), a.Typing)),
		))
	}
	drawer := w.NewDrawer(below, f.Bottom)
	bar := w.Inset(f.Top, 8, 0, 8, w.Column(8, w.ScanBar(v.Title, a.CloseScan), above))
	s.Object = container.NewStack(view, w.Column(0, bar, w.Space(), drawer))
	last := v.Frame
	s.Update = func() {
		v := a.Scan()
		if v.Frame != nil && v.Frame != last {
			last = v.Frame
			view.SetPicture(v.Frame)
		}
		icon := icons.Search
		if v.Wrong {
			icon = icons.Warning
		}
		words := v.Hint
		if busy := a.Busy(); busy != "" {
			icon, words = icons.Clock, busy
		}
		view.SetHint(icon, words)
	}
	s.Shown = func() {
		if v.Frame != nil {
			view.SetPicture(v.Frame)
		}
		s.Update()
		if v.Typing {
			f.Canvas.Focus(link.Focusable())
		}
	}
	return s
}
