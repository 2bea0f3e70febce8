package shell

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"
)

// used tells that the window is used, to who wants to know: the app locks when it is not.
func (s *Shell) used() {
	if s.opt.Used != nil {
		s.opt.Used()
	}
}

// typing is what has the keyboard, and how much is typed in it. A widget that has it gets the keys alone, so the shell looks at what has become of them.
type typing struct {
	in   fyne.Focusable
	many int
}

// noteTyping tells of what was typed, or reached by Tab, since the last look.
func (s *Shell) noteTyping() {
	if s.opt.Used == nil {
		return
	}
	now := typing{in: s.win.Canvas().Focused()}
	if f, ok := now.in.(interface{ Typed() int }); ok {
		now.many = f.Typed()
	}
	if now != s.typing && now.in != nil {
		s.used()
	}
	s.typing = now
}

// feeler lies below the screen and feels the pointer: wherever that goes, the driver asks each object under it for a cursor, from the bottom up, and takes the last.
type feeler struct {
	widget.BaseWidget
	felt func()
}

var _ desktop.Cursorable = (*feeler)(nil)

func newFeeler(felt func()) *feeler {
	f := &feeler{felt: felt}
	f.ExtendBaseWidget(f)
	return f
}

// Cursor implements desktop.Cursorable.
func (f *feeler) Cursor() desktop.Cursor {
	f.felt()
	return desktop.DefaultCursor
}

// CreateRenderer implements fyne.Widget.
func (f *feeler) CreateRenderer() fyne.WidgetRenderer {
	return widget.NewSimpleRenderer(canvas.NewRectangle(color.Transparent))
}
