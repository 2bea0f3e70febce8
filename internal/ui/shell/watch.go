package shell

import (
	"fmt"

	"fyne.io/fyne/v2"

	"avow/internal/ui/model"
)

// Seen says what is on the window, for who looks on: a test that drives the real window with a mouse finds there where to tap. It holds no words and
// nothing that is secret.
type Seen struct {
	Page     model.Page
	Language string // in force, as "de"
	// Places are the middles of what can be found by name.
	Places map[string]fyne.Position
}

// watch tells what is on the window, when that has changed.
func (s *Shell) watch() {
	if s.opt.Watch == nil {
		return
	}
	seen := Seen{Page: s.page, Language: s.model.Language(), Places: map[string]fyne.Position{}}
	driver := s.app.Driver()
	for name, o := range s.current.Names {
		if size := o.Size(); o.Visible() && !size.IsZero() {
			seen.Places[name] = driver.AbsolutePositionForObject(o).Add(fyne.NewDelta(size.Width/2, size.Height/2))
		}
	}
	if sign := fmt.Sprint(seen); sign != s.seen {
		s.seen = sign
		s.opt.Watch(seen)
	}
}
