package widgets

import (
	"strconv"
	"strings"
	"unicode"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/mobile"
	"fyne.io/fyne/v2/widget"

	"avow/assets/icons"
	"avow/internal/ui/style"
)

// GroupLength is how many characters a group of a long code has.
const GroupLength = 4

const (
	groupNumber = 22 // width of a group's number
	groupGapX   = 16
	groupGapY   = 8
)

// Groups shows a long code in numbered groups, two beside each other where the width allows. It cannot be selected or copied.
type Groups struct {
	widget.BaseWidget
	groups []string
	hidden bool
}

// NewGroups returns a code that is read and noted.
func NewGroups(groups ...string) *Groups {
	g := &Groups{groups: groups}
	g.ExtendBaseWidget(g)
	return g
}

// NewHiddenGroups returns dots in the place of a code of so many groups.
func NewHiddenGroups(count int) *Groups {
	g := &Groups{hidden: true}
	for range count {
		g.groups = append(g.groups, strings.Repeat("•", GroupLength))
	}
	g.ExtendBaseWidget(g)
	return g
}

// String returns the code.
func (g *Groups) String() string { return strings.Join(g.groups, " ") }

// columns says how many groups stand beside each other in a width.
func columns(width float32) int {
	if width < 2*groupLeast()+groupGapX {
		return 1
	}
	return 2
}

// groupLeast is the width of a group with its number.
func groupLeast() float32 {
	return groupNumber + measure(strings.Repeat("0", GroupLength), style.TextSize(style.TextCode), monoText).Width + style.Space2
}

// cells lays cells of a height out in as many columns as fit, and returns the height of all.
func cells(count int, width, height float32, at func(i int, x, y, w float32)) float32 {
	n := columns(width)
	w := (width - float32(n-1)*groupGapX) / float32(n)
	for i := range count {
		at(i, float32(i%n)*(w+groupGapX), float32(i/n)*(height+groupGapY), w)
	}
	rows := (count + n - 1) / n
	return float32(rows)*(height+groupGapY) - groupGapY
}

// widthOrGuess is the width that a widget has, or a likely one before it was laid out.
func widthOrGuess(w fyne.Widget) float32 {
	if width := w.Size().Width; width > 0 {
		return width
	}
	return guessWidth
}

// CreateRenderer makes the groups.
func (g *Groups) CreateRenderer() fyne.WidgetRenderer {
	v := &view{of: g}
	texts, numbers := make([]*heavy, len(g.groups)), make([]*canvas.Text, len(g.groups))
	for i, s := range g.groups {
		texts[i], numbers[i] = newHeavy(s), label(strconv.Itoa(i+1), fyne.TextStyle{})
		texts[i].under.Hidden = g.hidden // a dot that is drawn twice is not round
		v.objects = append(append(v.objects, numbers[i]), texts[i].objects()...)
	}
	v.paint = func() {
		ink := style.Text
		if g.hidden {
			ink = style.OutlineStrong
		}
		for i, t := range texts {
			t.dress(style.TextSize(style.TextCode), ink)
			dress(numbers[i], style.TextBody, style.TextMuted)
		}
	}
	const height = 48
	v.layout = func(s fyne.Size) {
		cells(len(texts), s.Width, height, func(i int, x, y, w float32) {
			middle(numbers[i], x, y, groupNumber, height)
			texts[i].middle(x+groupNumber, y, min(w-groupNumber, texts[i].width()), height)
		})
	}
	v.min = func() fyne.Size {
		return fyne.NewSize(groupLeast(), cells(len(texts), widthOrGuess(g), height, func(int, float32, float32, float32) {}))
	}
	return v.ready()
}

// GroupsField takes a long code, or one group of it, each in a box with its number. It shows what was typed and which boxes are wrong; what is right is not
// its business. A tap on a box goes on there, so that one group can be corrected.
type GroupsField struct {
	widget.BaseWidget
	// OnChanged gets the groups after each change.
	OnChanged func(groups []string)
	// OnWords is called when the words below may have changed, and with them the height.
	OnWords func()
	// OnSubmitted is called on Enter.
	OnSubmitted func()

	first   int // number of the first group
	groups  []string
	at      int // where the next character goes
	anew    bool
	wrong   []bool
	words   string
	good    string // words when all is right
	focused bool
}

var (
	_ fyne.Focusable      = (*GroupsField)(nil)
	_ mobile.Keyboardable = (*GroupsField)(nil)
)

// NewGroupsField returns an empty field for count groups, the first with a number.
func NewGroupsField(first, count int) *GroupsField {
	f := &GroupsField{first: first, groups: make([]string, count), wrong: make([]bool, count)}
	f.ExtendBaseWidget(f)
	return f
}

// Groups returns what is typed.
func (f *GroupsField) Groups() []string { return append([]string(nil), f.groups...) }

// String returns what is typed, in groups.
func (f *GroupsField) String() string { return strings.TrimSpace(strings.Join(f.groups, " ")) }

// Set shows groups that came from elsewhere, or are written as they should be; the place to go on stays if it still makes sense.
func (f *GroupsField) Set(groups []string) {
	for i := range f.groups {
		f.groups[i] = ""
		if i < len(groups) {
			f.groups[i] = groups[i]
		}
	}
	f.settle()
	f.Refresh()
}

// SetWrong marks groups, from 0, with words below; none and no words take all marks away.
func (f *GroupsField) SetWrong(words string, groups ...int) {
	f.words = words
	for i := range f.wrong {
		f.wrong[i] = false
	}
	for _, i := range groups {
		if i >= 0 && i < len(f.wrong) {
			f.wrong[i] = true
		}
	}
	f.good = ""
	f.Refresh()
	call(f.OnWords)
}

// SetGood says below that all is right; it takes all marks away.
func (f *GroupsField) SetGood(words string) {
	f.SetWrong("")
	f.good = words
	f.Refresh()
	call(f.OnWords)
}

// Words returns what stands below.
func (f *GroupsField) Words() string {
	if f.words != "" {
		return f.words
	}
	return f.good
}

// settle goes on to the next group that is not full.
func (f *GroupsField) settle() {
	if len([]rune(f.groups[f.at])) < GroupLength {
		return
	}
	for i := f.at + 1; i < len(f.groups); i++ {
		if len([]rune(f.groups[i])) < GroupLength {
			f.at, f.anew = i, false
			return
		}
	}
}

// Type adds a letter or a digit; anything else is ignored. In a box that was tapped when it was full it begins anew.
func (f *GroupsField) Type(r rune) {
	if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
		return
	}
	f.settle()
	g := []rune(f.groups[f.at])
	if f.anew {
		g = nil
	}
	if len(g) >= GroupLength {
		return
	}
	f.anew = false
	f.groups[f.at] = string(append(g, unicode.ToUpper(r)))
	f.settle()
	f.changed()
}

// Backspace takes the last character away.
func (f *GroupsField) Backspace() {
	f.anew = false
	if f.groups[f.at] == "" && f.at > 0 {
		f.at--
	}
	if g := []rune(f.groups[f.at]); len(g) > 0 {
		f.groups[f.at] = string(g[:len(g)-1])
	}
	f.changed()
}

func (f *GroupsField) changed() {
	f.Refresh()
	if f.OnChanged != nil {
		f.OnChanged(f.Groups())
	}
}

// GoTo has the next character go to a group, from 0.
func (f *GroupsField) GoTo(i int) {
	if i < 0 || i >= len(f.groups) {
		return
	}
	f.at, f.anew = i, len([]rune(f.groups[i])) >= GroupLength
	f.Refresh()
}

// FocusGained shows the ring around the box that is typed into.
func (f *GroupsField) FocusGained() {
	f.focused = true
	f.Refresh()
	reveal(f)
}

// FocusLost hides it.
func (f *GroupsField) FocusLost() {
	f.focused = false
	f.Refresh()
}

// TypedRune takes a character.
func (f *GroupsField) TypedRune(r rune) { f.Type(r) }

// TypedKey takes Backspace, Enter and the arrows.
func (f *GroupsField) TypedKey(e *fyne.KeyEvent) {
	switch e.Name {
	case fyne.KeyBackspace:
		f.Backspace()
	case fyne.KeyLeft:
		f.GoTo(f.at - 1)
	case fyne.KeyRight:
		f.GoTo(f.at + 1)
	case fyne.KeyReturn, fyne.KeyEnter:
		call(f.OnSubmitted)
	default:
		passOn(f, e)
	}
}

// Keyboard is one that suggests nothing and learns nothing: a code is a secret.
func (f *GroupsField) Keyboard() mobile.KeyboardType { return mobile.PasswordKeyboard }

// Tapped takes the keyboard to the box that was tapped.
func (f *GroupsField) Tapped(e *fyne.PointEvent) {
	cells(len(f.groups), f.Size().Width, style.SizeDigitBox, func(i int, x, y, w float32) {
		if p := e.Position; p.X >= x && p.X < x+w && p.Y >= y && p.Y < y+style.SizeDigitBox {
			f.GoTo(i)
		}
	})
	if c := fyne.CurrentApp().Driver().CanvasForObject(f); c != nil {
		c.Focus(f)
	}
}

// CreateRenderer makes the boxes.
func (f *GroupsField) CreateRenderer() fyne.WidgetRenderer {
	v := &view{of: f}
	n := len(f.groups)
	boxes, texts, numbers := make([]*canvas.Rectangle, n), make([]*heavy, n), make([]*canvas.Text, n)
	ring := rect(style.RadiusChip + ringGap)
	ring.StrokeWidth = style.StrokeFocus
	for i := range n {
		boxes[i], texts[i], numbers[i] = rect(style.RadiusChip), newHeavy(""), label(strconv.Itoa(f.first+i), fyne.TextStyle{})
		v.objects = append(append(v.objects, numbers[i], boxes[i]), texts[i].objects()...)
	}
	words, icon := NewStrong(""), newGlyph()
	v.objects = append(v.objects, ring, icon.Image, words)
	v.paint = func() {
		for i, b := range boxes {
			b.FillColor, b.StrokeColor, b.StrokeWidth = style.Color(style.Sunken), style.Color(style.OutlineStrong), style.StrokeControl
			switch {
			case f.wrong[i]:
				b.StrokeColor, b.StrokeWidth = style.Color(style.Negative), style.StrokeDigit
			case i == f.at && f.good == "":
				b.StrokeColor, b.StrokeWidth = style.Color(style.Primary), style.StrokeDigit
			case len([]rune(f.groups[i])) == GroupLength:
				b.StrokeColor, b.StrokeWidth = nil, 0
			}
			texts[i].set(f.groups[i])
			texts[i].dress(style.TextSize(style.TextKey), style.Text)
			ink := style.TextMuted
			if f.wrong[i] {
				ink = style.Negative
			}
			dress(numbers[i], style.TextBody, ink)
		}
		ring.StrokeColor = style.Color(style.Focus)
		ring.Hidden = !f.focused
		say := Run{Text: f.words, Bold: true, Color: style.Negative}
		name := icons.Error.Fill()
		if f.words == "" {
			say, name = Run{Text: f.good, Bold: true, Color: style.Positive}, icons.CheckCircle.Fill()
		}
		setOnce(words, say)
		words.Hidden = say.Text == ""
		if words.Hidden {
			name = ""
		}
		icon.set(name, say.Color)
	}
	v.layout = func(s fyne.Size) {
		h := cells(n, s.Width, style.SizeDigitBox, func(i int, x, y, w float32) {
			middle(numbers[i], x, y, groupNumber, style.SizeDigitBox)
			bx, bw := x+groupNumber, w-groupNumber
			e := float32(0)
			if boxes[i].StrokeWidth > 0 {
				boxes[i].StrokeWidth, e = edge(f, boxes[i].StrokeWidth)
			}
			place(boxes[i], bx+e, y+e, bw-2*e, style.SizeDigitBox-2*e)
			texts[i].middle(bx, y, bw, style.SizeDigitBox)
			if i == f.at {
				place(ring, bx-ringGap, y-ringGap, bw+2*ringGap, style.SizeDigitBox+2*ringGap)
			}
		})
		y := h + style.Space3
		const start = style.IconInline + style.Space2
		place(words, start, y, s.Width-start, heightAt(words, s.Width-start))
		place(icon.Image, 0, y, style.IconInline, style.IconInline)
	}
	v.min = func() fyne.Size {
		width := widthOrGuess(f)
		h := cells(n, width, style.SizeDigitBox, func(int, float32, float32, float32) {})
		if !words.Hidden {
			h += style.Space3 + words.MinSize().Height
		}
		return fyne.NewSize(groupLeast(), h)
	}
	return v.ready()
}
