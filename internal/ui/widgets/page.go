package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// Stretchy is what takes height that is left in a Column, up to a limit, before Space gets the rest.
type Stretchy interface{ MaxHeight() float32 }

// NewPage stands a foot below a body: the act is always in reach, and the body scrolls when there is no room for all of it. The body
// is at least as high as its place, so that Space works in it. What is spare, a picture, goes where there is no room for it, the first of them first. Where
// the body goes on, it fades out above the foot. refit lays the body out again after words in it have changed.
func NewPage(body, foot fyne.CanvasObject, spare ...fyne.CanvasObject) (page fyne.CanvasObject, refit func()) {
	scroll := newVScroll(yielding(body))
	if foot == nil {
		foot = Gap(0)
	}
	l := &pageLayout{scroll: scroll, body: body, spare: spare, fade: newFade()}
	scroll.OnScrolled = func(fyne.Position) { l.fadeOut() }
	return container.New(l, scroll, foot, l.fade), l.refit
}

type pageLayout struct {
	scroll *container.Scroll
	body   fyne.CanvasObject
	spare  []fyne.CanvasObject
	fade   *fade
}

func (l *pageLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	h := heightAt(objects[1], s.Width)
	place(objects[1], 0, s.Height-h, s.Width, h)
	l.save(s.Width, s.Height-h) // what wraps needs its width before the scroller asks for its height
	place(objects[0], 0, 0, s.Width, max(0, s.Height-h))
	place(objects[2], 0, s.Height-h-fadeHeight, s.Width, fadeHeight)
	l.refit()
}

// save does without what is spare as long as the body is too high.
func (l *pageLayout) save(width, most float32) {
	for _, o := range l.spare {
		o.Show()
	}
	for _, o := range l.spare {
		if heightAt(l.body, width) <= most {
			return
		}
		o.Hide()
	}
	heightAt(l.body, width)
}

func (l *pageLayout) refit() {
	l.scroll.Refresh()
	l.body.Refresh()
	l.fadeOut()
}

func (l *pageLayout) fadeOut() {
	below := l.body.MinSize().Height - l.scroll.Size().Height - l.scroll.Offset.Y
	l.fade.set(below > 1)
}

// MinSize is small: a page scrolls.
func (l *pageLayout) MinSize(objects []fyne.CanvasObject) fyne.Size {
	m := objects[1].MinSize()
	return fyne.NewSize(max(m.Width, 240), m.Height+120)
}

// Over stands a drawer at the foot of what lies behind it; that ends a little under the drawer's round corners.
func Over(behind, front, drawer fyne.CanvasObject) fyne.CanvasObject {
	return container.New(&drawn{}, behind, front, drawer)
}

type drawn struct{}

func (*drawn) Layout(o []fyne.CanvasObject, s fyne.Size) {
	h := heightAt(o[2], s.Width)
	place(o[2], 0, s.Height-h, s.Width, h)
	place(o[0], 0, 0, s.Width, max(0, s.Height-h+drawerLap))
	place(o[1], 0, 0, s.Width, heightAt(o[1], s.Width))
}

func (*drawn) MinSize(o []fyne.CanvasObject) fyne.Size {
	return o[2].MinSize().Add(fyne.NewSize(0, o[0].MinSize().Height))
}

// Listing stands a list below a head that stays, down to the foot of the window, and a bar over its end; the bar may be nil.
func Listing(head, list, bar fyne.CanvasObject) fyne.CanvasObject {
	if bar == nil {
		return container.New(&listing{}, head, list)
	}
	return container.New(&listing{}, head, list, bar)
}

type listing struct{}

func (*listing) Layout(o []fyne.CanvasObject, s fyne.Size) {
	h := heightAt(o[0], s.Width)
	place(o[0], 0, 0, s.Width, h)
	place(o[1], 0, h, s.Width, max(0, s.Height-h))
	if len(o) > 2 {
		b := heightAt(o[2], s.Width)
		place(o[2], 0, s.Height-b, s.Width, b)
	}
}

func (*listing) MinSize(o []fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(240, o[0].MinSize().Height+120)
}
