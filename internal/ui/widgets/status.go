package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"avow/assets/icons"
	"avow/internal/ui/style"
)

// Status is a state as an icon and words in one color; the words wrap.
type Status struct {
	widget.BaseWidget
	tone Tone
	icon icons.Name
	text string
	rest string
	body *Text
}

// NewStatus returns a status. The icon is one that is filled, by its plain name
// with Fill, or any other.
func NewStatus(t Tone, icon icons.Name, text string) *Status {
	s := &Status{tone: t, icon: icon, text: text, body: NewStrong("")}
	s.ExtendBaseWidget(s)
	return s
}

// With adds words that are no part of the state itself, muted, and returns the status.
func (s *Status) With(rest string) *Status {
	s.rest = rest
	s.Refresh()
	return s
}

// Set shows another state.
func (s *Status) Set(t Tone, icon icons.Name, text string) {
	s.tone, s.icon, s.text = t, icon, text
	s.Refresh()
}

// String returns the words.
func (s *Status) String() string {
	if s.rest == "" {
		return s.text
	}
	return s.text + " " + s.rest
}

// say puts the words into the text, once.
func (s *Status) say() {
	head := Run{Text: s.text, Bold: true, Color: s.tone.ink()}
	if s.rest == "" {
		setOnce(s.body, head)
		return
	}
	head.Text += " "
	rest := Run{Text: s.rest, Color: style.TextMuted}
	if r := s.body.runs; len(r) != 2 || r[0] != head || r[1] != rest {
		s.body.SetRuns(head, rest)
	}
}

// NaturalWidth is the width on one line.
func (s *Status) NaturalWidth() float32 {
	s.say()
	return statusGap + style.IconInline + s.body.NaturalWidth()
}

const statusGap = 6

// CreateRenderer makes the status.
func (s *Status) CreateRenderer() fyne.WidgetRenderer {
	icon := newGlyph()
	v := &view{of: s, objects: []fyne.CanvasObject{icon.Image, s.body}}
	v.paint = func() {
		icon.set(s.icon, s.tone.ink())
		s.say()
	}
	const start = style.IconInline + statusGap
	v.layout = func(size fyne.Size) {
		place(icon.Image, 0, (s.body.lineHeight()-style.IconInline)/2, style.IconInline, style.IconInline)
		h := heightAt(s.body, size.Width-start)
		place(s.body, start, 0, size.Width-start, h)
	}
	v.min = func() fyne.Size {
		m := s.body.MinSize()
		return fyne.NewSize(m.Width+start, max(m.Height, style.IconInline))
	}
	return v.ready()
}

// Point is a line of a list of facts: icon and words that wrap.
func Point(icon icons.Name, t style.Token, text string) fyne.CanvasObject {
	return LineTop(style.Space3, 1, NewIcon(icon, style.IconRow, t), Inset(1, 0, 0, 0, NewBody(text)))
}

// Note is a colored box with an icon and a sentence, its first words in bold.
// With OnTap it has a caret and is a button.
type Note struct {
	control
	spec NoteSpec
}

// NoteSpec is what a note says.
type NoteSpec struct {
	Tone   Tone
	Icon   icons.Name
	Strong string // first words
	Text   string
	Below  bool // Text stands below Strong instead of after it
	OnTap  func()
}

// NewNote returns a note.
func NewNote(spec NoteSpec) *Note {
	n := &Note{spec: spec}
	n.tap, n.asleep = spec.OnTap, spec.OnTap == nil
	if spec.OnTap == nil {
		n.guard = nil
	}
	n.ExtendBaseWidget(n)
	return n
}

// Set says something else.
func (n *Note) Set(spec NoteSpec) {
	n.spec = spec
	n.tap, n.asleep = spec.OnTap, spec.OnTap == nil
	n.Refresh()
}

func (n *Note) runs() []Run {
	if n.spec.Strong == "" {
		return []Run{{Text: n.spec.Text}}
	}
	if n.spec.Text == "" {
		return []Run{{Text: n.spec.Strong, Bold: true}}
	}
	between := " "
	if n.spec.Below {
		between = "\n"
	}
	return []Run{{Text: n.spec.Strong, Bold: true}, {Text: between + n.spec.Text}}
}

// CreateRenderer makes the note.
func (n *Note) CreateRenderer() fyne.WidgetRenderer {
	n.furnish(style.RadiusButton)
	back, icon, caret := rect(style.RadiusButton), newGlyph(), newGlyph()
	text := NewText(style.TextBody, style.Text)
	var shown NoteSpec
	v := &view{of: n, objects: []fyne.CanvasObject{back, n.overlay, icon.Image, text, caret.Image, n.ring}}
	v.paint = func() {
		fill, ink := n.spec.Tone.soft()
		back.FillColor = style.Color(fill)
		icon.set(n.spec.Icon, ink)
		text.color = ink
		if now := n.spec; now.Strong != shown.Strong || now.Text != shown.Text || now.Below != shown.Below {
			shown = now
			text.SetRuns(n.runs()...)
		} else {
			text.Refresh()
		}
		name := icons.Name("")
		if n.spec.OnTap != nil {
			name = icons.CaretRight.Bold()
		}
		caret.set(name, ink)
		n.shade()
	}
	const start, pad = 52, 14
	room := func(w float32) float32 {
		if n.spec.OnTap != nil {
			return w - start - 2*style.SpaceCardPadding - style.IconInline
		}
		return w - start - style.SpaceCardPadding
	}
	v.layout = func(s fyne.Size) {
		place(back, 0, 0, s.Width, s.Height)
		n.frame(0, 0, s.Width, s.Height)
		w := room(s.Width)
		h := heightAt(text, w)
		place(text, start, (s.Height-h)/2, w, h)
		y := (s.Height - h) / 2
		if n.spec.OnTap != nil {
			y = (s.Height - style.IconRow) / 2
		} else {
			y += (text.lineHeight() - style.IconRow) / 2
		}
		place(icon.Image, style.SpaceCardPadding, y, style.IconRow, style.IconRow)
		place(caret.Image, s.Width-style.SpaceCardPadding-style.IconInline, (s.Height-style.IconInline)/2, style.IconInline, style.IconInline)
	}
	v.min = func() fyne.Size {
		m := text.MinSize()
		return fyne.NewSize(m.Width+start+style.SpaceCardPadding, max(m.Height+2*pad, style.SizeMinTarget))
	}
	return v.ready()
}

// Fact is a value with its label above, and an icon before both if there is one.
type Fact struct {
	Icon  icons.Name
	Label string
	Value string
	Mono  bool // the value is compared or typed
}

// NewFact returns a fact; the value wraps and is never shortened.
func NewFact(f Fact) fyne.CanvasObject {
	value := NewStrong(f.Value)
	if f.Mono {
		value = NewMono(style.TextCodeSmall, f.Value)
	}
	both := Column(0, NewCaption(f.Label), value)
	if f.Icon == "" {
		return both
	}
	return Line(14, 1, NewIcon(f.Icon, style.IconRow, style.TextMuted), both)
}

// NewFacts returns facts: with icons in one column, else in two, or in one
// if the text is large.
func NewFacts(facts ...Fact) fyne.CanvasObject {
	objects := make([]fyne.CanvasObject, len(facts))
	columns := 2
	for i, f := range facts {
		objects[i] = NewFact(f)
		if f.Icon != "" {
			columns = 1
		}
	}
	if style.LargeText() || len(facts) == 1 {
		columns = 1
	}
	gap := float32(10)
	if columns == 1 {
		gap = 16
	}
	return Grid(columns, style.Space4, gap, objects...)
}
