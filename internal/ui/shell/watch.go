package shell

import (
	"fmt"
	"time"

	"fyne.io/fyne/v2"

	"avow/internal/ui/model"
)

// settleTime is how long things have to stay where they are to be told.
const settleTime = 200 * time.Millisecond

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
	sign := fmt.Sprint(seen)
	switch {
	case sign == s.seen:
	case sign != s.settling: // the driver lays a screen out when it paints it: what is told has stayed where it is
		s.settling = sign
		time.AfterFunc(settleTime, s.Changed)
	default:
		s.seen = sign
		s.opt.Watch(seen)
	}
}
