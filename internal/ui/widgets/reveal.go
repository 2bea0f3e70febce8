package widgets

import (
	"slices"
	"weak"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// scrollers are all that can be scrolled up and down on the pages that are shown. Fyne tells no object what it lies in, so whoever gets the keyboard looks
// here. UI's thread only.
var scrollers []weak.Pointer[container.Scroll]

// newVScroll is a scroller that moves what gets the keyboard into view.
func newVScroll(content fyne.CanvasObject) *container.Scroll {
	s := container.NewVScroll(content)
	scrollers = append(scrollers, weak.Make(s))
	return s
}

// LeavePage forgets what could be scrolled on a canvas: to be called before another page is put there, of which nothing is made yet.
func LeavePage(c fyne.Canvas) {
	driver := fyne.CurrentApp().Driver()
	scrollers = slices.DeleteFunc(scrollers, func(p weak.Pointer[container.Scroll]) bool {
		s := p.Value()
		return s == nil || driver.CanvasForObject(s) == c
	})
}

// reveal scrolls what has just got the keyboard into the middle, if it does not stand there wholly: the edges may lie under a bar.
func reveal(o fyne.CanvasObject) {
	if o == nil {
		return
	}
	driver := fyne.CurrentApp().Driver()
	c := driver.CanvasForObject(o)
	if c == nil {
		return
	}
	live := scrollers[:0]
	for _, p := range scrollers {
		s := p.Value()
		if s == nil {
			continue
		}
		live = append(live, p)
		if s.Content.Size().Height > s.Size().Height && driver.CanvasForObject(s) == c {
			revealIn(s, o, driver.AbsolutePositionForObject)
		}
	}
	clear(scrollers[len(live):])
	scrollers = live
}

// Reveal scrolls something into view.
func Reveal(o fyne.CanvasObject) { reveal(o) }

// revealIn does it for one scroller. What stands beside the scroller may have a place over or under its window, too: only what moves with it lies in it.
func revealIn(s *container.Scroll, o fyne.CanvasObject, where func(fyne.CanvasObject) fyne.Position) {
	at, pos, size := where(s), where(o), o.Size()
	view, whole := s.Size(), s.Content.Size()
	top, middle := pos.Y-at.Y+s.Offset.Y, pos.X+size.Width/2 // in what is scrolled
	if middle < at.X || middle > at.X+view.Width || top < 0 || top+size.Height > whole.Height {
		return
	}
	if edge := view.Height / 5; pos.Y-at.Y >= edge && pos.Y-at.Y+size.Height <= view.Height-edge {
		return
	}
	y := max(0, min(top-(view.Height-size.Height)/2, whole.Height-view.Height))
	before := s.Offset
	if y == before.Y {
		return
	}
	s.ScrollToOffset(fyne.NewPos(before.X, y))
	if where(o).Y == pos.Y {
		s.ScrollToOffset(before)
	}
}

// passOn hands a key that a widget has no use for to the window: Esc leads back wherever the keyboard is.
func passOn(o fyne.CanvasObject, e *fyne.KeyEvent) {
	if o == nil {
		return
	}
	if c := fyne.CurrentApp().Driver().CanvasForObject(o); c != nil && c.OnTypedKey() != nil {
		c.OnTypedKey()(e)
	}
}

// passOnRune does the same for a character: a digit is one of the PIN also while a button has the keyboard.
func passOnRune(o fyne.CanvasObject, r rune) {
	if o == nil {
		return
	}
	if c := fyne.CurrentApp().Driver().CanvasForObject(o); c != nil && c.OnTypedRune() != nil {
		c.OnTypedRune()(r)
	}
}
