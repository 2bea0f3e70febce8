package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/widget"

	"avow/internal/ui/style"
)

// LongList is a card of rows of one height that scrolls, however many there are: only those that are seen exist. What a row shows is asked for when it
// comes into view and on Update.
type LongList struct {
	widget.BaseWidget
	// Made counts the rows that were ever made.
	Made int

	spec   LongListSpec
	count  int
	scroll *container.Scroll
	frame  fyne.CanvasObject
	body   *listBody
	height float32 // of a row
	rows   map[int]fyne.CanvasObject
	spare  []fyne.CanvasObject
	shown  listShape
}

// listShape is what the card around the rows depends on.
type listShape struct {
	count              int
	top, width, height float32 // where the rows begin, and of one
}

// LongListSpec says what a list is made of.
type LongListSpec struct {
	Header fyne.CanvasObject // scrolls with the rows, above the card; may be nil
	Side   float32           // kept free at both sides; the scroll bar stands there
	Tail   float32           // kept free below the last row
	Make   func() fyne.CanvasObject
	Show   func(i int, row fyne.CanvasObject) // has a row show the i-th entry
}

// NewLongList returns an empty list.
func NewLongList(spec LongListSpec) *LongList {
	l := &LongList{spec: spec, rows: map[int]fyne.CanvasObject{}}
	l.body = &listBody{list: l}
	l.body.ExtendBaseWidget(l.body)
	l.scroll = newVScroll(l.body)
	l.scroll.OnScrolled = func(fyne.Position) { l.arrange(false) }
	l.frame = l.scroll
	l.ExtendBaseWidget(l)
	return l
}

// Update shows so many rows, all of them anew.
func (l *LongList) Update(count int) {
	changed := count != l.count
	l.count = count
	if changed {
		l.scroll.Refresh()
		l.scroll.ScrollToOffset(fyne.NewPos(0, min(l.scroll.Offset.Y, max(0, l.body.MinSize().Height-l.scroll.Size().Height))))
	}
	l.arrange(true)
}

// Refit lays the list out again after words in its header have changed.
func (l *LongList) Refit() {
	l.scroll.Refresh()
	l.body.Refresh()
}

// Top scrolls back to the first row.
func (l *LongList) Top() { l.scroll.ScrollToTop() }

// Count returns how many entries the list has.
func (l *LongList) Count() int { return l.count }

// Row returns the row of the i-th entry; nil if it is not in view.
func (l *LongList) Row(i int) fyne.CanvasObject { return l.rows[i] }

// Key moves the keyboard from the i-th row by the arrows, by pages, to the first and the last; true if it has.
func (l *LongList) Key(i int, e *fyne.KeyEvent) bool {
	page := max(1, int(l.scroll.Size().Height/l.rowHeight())-1)
	switch e.Name {
	case fyne.KeyDown:
		i++
	case fyne.KeyUp:
		i--
	case fyne.KeyPageDown:
		i += page
	case fyne.KeyPageUp:
		i -= page
	case fyne.KeyHome:
		i = 0
	case fyne.KeyEnd:
		i = l.count - 1
	default:
		return false
	}
	l.Focus(max(0, min(i, l.count-1)))
	return true
}

// Focus has the i-th row in view, with the keyboard.
func (l *LongList) Focus(i int) {
	top := l.headerHeight() + float32(i)*l.rowHeight()
	offset, view := l.scroll.Offset.Y, l.scroll.Size().Height-l.spec.Tail
	switch {
	case top < offset:
		l.scroll.ScrollToOffset(fyne.NewPos(0, top))
	case top+l.rowHeight() > offset+view:
		l.scroll.ScrollToOffset(fyne.NewPos(0, top+l.rowHeight()-view))
	}
	l.arrange(false)
	if f, ok := l.rows[i].(fyne.Focusable); ok {
		if c := fyne.CurrentApp().Driver().CanvasForObject(l); c != nil {
			c.Focus(f)
		}
	}
}

func (l *LongList) rowHeight() float32 {
	if l.height == 0 {
		o := l.take()
		l.height = o.MinSize().Height
		l.spare = append(l.spare, o)
	}
	return l.height
}

func (l *LongList) take() fyne.CanvasObject {
	if n := len(l.spare); n > 0 {
		o := l.spare[n-1]
		l.spare = l.spare[:n-1]
		return o
	}
	l.Made++
	return l.spec.Make()
}

func (l *LongList) headerHeight() float32 {
	if l.spec.Header == nil || !l.spec.Header.Visible() {
		return 0
	}
	return heightAt(l.spec.Header, l.scroll.Size().Width-2*l.spec.Side)
}

// arrange has a row for what is seen and no other; with all, each shows its entry anew.
func (l *LongList) arrange(all bool) {
	w, view := l.scroll.Size().Width-2*l.spec.Side, l.scroll.Size().Height
	if w <= 0 || view <= 0 {
		return
	}
	top, h, offset := l.headerHeight(), l.rowHeight(), l.scroll.Offset.Y
	first := max(0, int((offset-top)/h))
	last := min(l.count-1, int((offset+view-top)/h))
	if offset+view < top {
		last = -1
	}
	changed := false
	for i, o := range l.rows {
		if i < first || i > last {
			l.unfocus(o)
			delete(l.rows, i)
			l.spare = append(l.spare, o)
			changed = true
		}
	}
	for i := first; i <= last; i++ {
		o, ok := l.rows[i]
		if !ok {
			o = l.take()
			l.rows[i] = o
			changed = true
		}
		if !ok || all {
			l.spec.Show(i, o)
		}
		place(o, l.spec.Side, top+float32(i)*h, w, h)
	}
	if now := (listShape{l.count, top, w, h}); changed || now != l.shown {
		l.shown = now
		l.body.Refresh()
	}
}

func (l *LongList) unfocus(o fyne.CanvasObject) {
	if c := fyne.CurrentApp().Driver().CanvasForObject(o); c != nil {
		if f, ok := o.(fyne.Focusable); ok && c.Focused() == f {
			c.Unfocus()
		}
	}
}

// CreateRenderer makes the list.
func (l *LongList) CreateRenderer() fyne.WidgetRenderer {
	v := &view{of: l, objects: []fyne.CanvasObject{l.frame}}
	v.layout = func(s fyne.Size) {
		place(l.frame, 0, 0, s.Width, s.Height)
		l.arrange(false)
	}
	v.min = func() fyne.Size { return fyne.NewSize(200, 120) }
	v.paint = func() {
		if h := l.height; h != 0 { // the text size may have changed
			l.height = 0
			if l.rowHeight() != h {
				l.arrange(true)
			}
		}
	}
	return v.ready()
}

// listBody is what is scrolled.
type listBody struct {
	widget.BaseWidget
	list *LongList
}

func (b *listBody) CreateRenderer() fyne.WidgetRenderer {
	l := b.list
	back := rect(style.RadiusCard)
	var lines []*canvas.Rectangle
	v := &view{of: b}
	gather := func() {
		v.objects = v.objects[:0]
		if l.spec.Header != nil {
			v.objects = append(v.objects, l.spec.Header)
		}
		v.objects = append(v.objects, back)
		n := 0
		for i := 0; n < len(l.rows) && i < l.count; i++ {
			if i == 0 && len(l.rows) > 0 {
				i = l.firstRow()
			}
			o, ok := l.rows[i]
			if !ok {
				break
			}
			n++
			v.objects = append(v.objects, o)
			if n > len(lines) {
				lines = append(lines, &canvas.Rectangle{})
			}
			line := lines[n-1]
			line.FillColor = style.Color(style.Outline)
			line.Hidden = i == l.count-1
			place(line, l.spec.Side+codeStart, o.Position().Y+o.Size().Height-style.StrokeSeparator, o.Size().Width-codeStart-style.SpaceSlipPadding, style.StrokeSeparator)
			v.objects = append(v.objects, line)
		}
	}
	v.paint = func() {
		back.FillColor = style.Color(style.Surface)
		back.Hidden = l.count == 0
		gather()
	}
	v.layout = func(s fyne.Size) {
		top := l.headerHeight()
		if l.spec.Header != nil {
			place(l.spec.Header, l.spec.Side, 0, s.Width-2*l.spec.Side, top)
		}
		place(back, l.spec.Side, top, s.Width-2*l.spec.Side, float32(l.count)*l.rowHeight())
	}
	v.min = func() fyne.Size {
		return fyne.NewSize(0, l.headerHeight()+float32(l.count)*l.rowHeight()+l.spec.Tail)
	}
	return v.ready()
}

// firstRow is the first entry that has a row.
func (l *LongList) firstRow() int {
	first := l.count
	for i := range l.rows {
		first = min(first, i)
	}
	return first
}
