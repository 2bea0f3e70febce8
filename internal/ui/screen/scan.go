package screen

import (
	"image"

	"fyne.io/fyne/v2"

	"avow/assets/icons"
	"avow/internal/ui/model"
	"avow/internal/ui/style"
	w "avow/internal/ui/widgets"
)

// Scan is the scanner with the ways around a camera below it; without a camera, these alone.
func Scan(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Scan()
	link := w.NewField(w.FieldSpec{Icon: icons.Link, Placeholder: "avow://… · otpauth://…", Mono: true})
	link.OnSubmitted = a.Text
	name(s, "link", link)
	below := w.Column(12)
	if v.UseParts != "" {
		below.Add(name(s, "use-parts", w.NewButton(w.Outlined, v.UseParts, icons.ArrowRight, a.UseParts)))
	}
	if v.Camera && !v.Typing {
		below.Add(w.NewMuted(a.T("app.scan.no_camera")))
	}
	if v.Typing {
		below.Add(w.NewMuted(a.T("app.scan.type_link")))
		below.Add(link)
		below.Add(name(s, "use-link", w.NewMainButton(a.T("app.scan.use"), "", func() { a.Text(link.Text()) })))
	} else {
		tiles := []fyne.CanvasObject{
			name(s, "picture", w.NewTileButton(icons.Image, a.T("app.scan.picture"), f.Files.ChoosePicture)),
			name(s, "paste", w.NewTileButton(icons.Clipboard, a.T("app.scan.paste"), f.Files.Paste)),
		}
		if v.Displays {
			tiles = append(tiles, name(s, "screen", w.NewTileButton(icons.Laptop, a.T("app.scan.screen"), a.ScanDisplays)))
		}
		below.Add(w.Halves(8, append(tiles, name(s, "type", w.NewTileButton(icons.Keyboard, a.T("app.scan.type"), a.Typing)))...))
	}
	if v.Camera {
		s.withCamera(a, f, v, below)
	} else {
		s.withoutCamera(a, f, v, below)
	}
	update := s.Update
	s.Shown = func() {
		update()
		if v.Typing {
			f.Canvas.Focus(link.Focusable())
		}
	}
	return s
}

func (s *Screen) withCamera(a *model.App, f Frame, v model.ScanView, below fyne.CanvasObject) {
	above := w.NewText(style.TextBody, style.BrandMark, w.Run{Text: v.Above}).Centered()
	bar := w.Inset(f.Top, 8, 0, 8, w.Column(8, w.ScanBar(v.Title, a.CloseScan), above))
	view := w.NewScanner(bar.MinSize().Height + style.Space4)
	s.Object = w.Over(view, bar, w.NewDrawer(below, f.Bottom))
	var last image.Image
	s.Update = func() {
		v := a.Scan()
		if v.Frame != nil && v.Frame != last {
			last = v.Frame
			view.SetPicture(v.Frame)
		}
		view.SetHint(scanWords(a, v))
	}
}

func (s *Screen) withoutCamera(a *model.App, f Frame, v model.ScanView, below fyne.CanvasObject) {
	note := w.NewNote(w.NoteSpec{Tone: w.Quiet, Icon: icons.Info.Fill(), Text: " "})
	note.Hide()
	body := w.Column(0, w.CloseBar("", a.CloseScan), w.NewHeading(v.Title), w.Gap(8), w.NewLead(v.WithoutCamera), w.Gap(20), below, w.Gap(16), note)
	var refit func()
	s.Object, refit = f.page(body, nil)
	said := ""
	s.Update = func() {
		v := a.Scan()
		icon, words := scanWords(a, v)
		if words == said {
			return
		}
		said = words
		spec := w.NoteSpec{Tone: w.Quiet, Icon: icon, Text: words}
		if v.Wrong {
			spec.Tone, spec.Icon = w.Warn, icons.Warning.Fill()
		}
		note.Set(spec)
		note.Show()
		if words == "" {
			note.Hide()
		}
		refit()
		if words != "" {
			w.Reveal(note)
		}
	}
}

// scanWords is what the scanner has to say, and its sign.
func scanWords(a *model.App, v model.ScanView) (icons.Name, string) {
	switch busy := a.Busy(); {
	case busy != "":
		return icons.Clock, busy
	case v.Wrong:
		return icons.Warning, v.Hint
	}
	return icons.Search, v.Hint
}
