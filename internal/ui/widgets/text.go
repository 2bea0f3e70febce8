package widgets

import (
	"image/color"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"avow/internal/authn"
	"avow/internal/ui/style"
)

// Run is a piece of text in one style. A zero Color is the color of the text.
type Run struct {
	Text       string
	Bold, Mono bool
	Color      style.Token
}

// Text is text that wraps at words in the width it is given, each line a fixed
// factor of its size high. A word that is too long breaks after a dot, slash,
// hyphen or @, else anywhere: nothing is ever cut off or shortened.
type Text struct {
	widget.BaseWidget
	size  style.TextToken
	color style.Token
	runs  []Run
	align fyne.TextAlign
	ink   color.Color // in place of color, on a picture

	lines []textLine
	key   layoutKey
	drawn float32 // size of the type in lines
	whole bool    // rather whole words than large type, as in a heading
	short bool    // one line, in smaller type if there is no room for it
}

type layoutKey struct {
	width, size float32
}

type textLine struct {
	pieces []Run
	width  float32
}

// NewText returns a text of a size and color.
func NewText(size style.TextToken, c style.Token, runs ...Run) *Text {
	t := &Text{size: size, color: c, runs: visible(runs)}
	t.ExtendBaseWidget(t)
	return t
}

// visible takes away what nobody can see, but which would turn a line around or hide a word. Who brings a text from outside has cleaned it before;
// this is the last door.
func visible(runs []Run) []Run {
	for i := range runs {
		runs[i].Text = authn.VisibleText(runs[i].Text)
	}
	return runs
}

// NewHeading returns the question of a screen.
func NewHeading(text string) *Text {
	return NewText(style.TextHeading, style.Text, Run{Text: text, Bold: true})
}

// NewDisplay returns the biggest text: welcome, result, name of a computer.
func NewDisplay(text string) *Text {
	return NewText(style.TextDisplay, style.Text, Run{Text: text, Bold: true})
}

// NewTitle returns the name on a slip.
func NewTitle(text string) *Text {
	return NewText(style.TextYesNo, style.Text, Run{Text: text, Bold: true})
}

// NewLead returns the sentence under a heading.
func NewLead(text string) *Text { return NewText(style.TextLead, style.TextMuted, Run{Text: text}) }

// NewBody returns text to be read.
func NewBody(text string) *Text { return NewText(style.TextBody, style.Text, Run{Text: text}) }

// NewStrong returns text to be read, in bold.
func NewStrong(text string) *Text {
	return NewText(style.TextBody, style.Text, Run{Text: text, Bold: true})
}

// NewMuted returns text of second rank.
func NewMuted(text string) *Text { return NewText(style.TextBody, style.TextMuted, Run{Text: text}) }

// NewCaption returns the label above a value.
func NewCaption(text string) *Text {
	return NewText(style.TextCaption, style.TextMuted, Run{Text: text})
}

// NewMono returns text to be compared or typed: a host name, a code, a receipt.
func NewMono(size style.TextToken, text string) *Text {
	return NewText(size, style.Text, Run{Text: text, Bold: true, Mono: true})
}

// Centered puts each line in the middle and returns the text.
func (t *Text) Centered() *Text {
	t.align = fyne.TextAlignCenter
	return t
}

// Colored changes the color and returns the text.
func (t *Text) Colored(c style.Token) *Text {
	t.color = c
	t.Refresh()
	return t
}

// SetText replaces the words and keeps the style of the first run.
func (t *Text) SetText(text string) {
	r := Run{}
	if len(t.runs) > 0 {
		r = t.runs[0]
	}
	r.Text = text
	t.SetRuns(r)
}

// SetRuns replaces all runs.
func (t *Text) SetRuns(runs ...Run) {
	if runs = visible(runs); slices.Equal(runs, t.runs) {
		return
	}
	t.runs = runs
	t.key = layoutKey{}
	t.Refresh()
}

// String returns the words, as they are read.
func (t *Text) String() string {
	var b strings.Builder
	for _, r := range t.runs {
		b.WriteString(r.Text)
	}
	return b.String()
}

func (t *Text) lineHeight() float32 {
	size := t.sizeNow()
	switch t.size {
	case style.TextHeading, style.TextDisplay, style.TextYesNo, style.TextWords, style.TextSubheading:
		return size * style.LineHeightHeading
	case style.TextCode, style.TextCodeBig, style.TextCodeSmall, style.TextKey:
		return size * style.LineHeightCode
	}
	return size * style.LineHeightBody
}

// guessWidth is what a text that was not laid out yet reckons with.
const guessWidth = 310

// CreateRenderer makes the lines.
func (t *Text) CreateRenderer() fyne.WidgetRenderer {
	v := &view{of: t}
	v.layout = func(s fyne.Size) {
		t.wrap(s.Width)
		v.objects = t.draw(v.objects, s.Width)
	}
	v.min = func() fyne.Size {
		width := t.Size().Width
		if width <= 0 {
			width = guessWidth
		}
		t.wrap(width)
		return fyne.NewSize(t.minWidth(), float32(len(t.lines))*t.lineHeight())
	}
	return v
}

// minWidth is 0 for what can wrap; a single line of short words asks for
// its longest word.
func (t *Text) minWidth() float32 {
	w := float32(0)
	size := style.TextSize(t.size)
	for _, r := range t.runs {
		for word := range strings.FieldsSeq(r.Text) {
			w = max(w, measure(word, size, r.style()).Width)
		}
	}
	return min(w, 120)
}

// longestWord is the width of the longest word.
func longestWord(text string, size float32, s fyne.TextStyle) float32 {
	w := float32(0)
	for word := range strings.FieldsSeq(text) {
		w = max(w, measure(word, size, s).Width)
	}
	return w
}

// NaturalWidth is the width that the text needs to stand on one line, or on
// the lines into which it is broken by \n.
func (t *Text) NaturalWidth() float32 {
	size := style.TextSize(t.size)
	w, line := float32(0), float32(0)
	for _, r := range t.runs {
		for i, part := range strings.Split(r.Text, "\n") {
			if i > 0 {
				line = 0
			}
			line += measure(part, size, r.style()).Width
			w = max(w, line)
		}
	}
	return w
}

func (r Run) style() fyne.TextStyle { return fyne.TextStyle{Bold: r.Bold, Monospace: r.Mono} }

func (t *Text) draw(objects []fyne.CanvasObject, width float32) []fyne.CanvasObject {
	size, lh := t.sizeNow(), t.lineHeight()
	n := 0
	add := func(p Run, x, y float32) *canvas.Text {
		if n == len(objects) {
			objects = append(objects, &canvas.Text{})
		}
		c := objects[n].(*canvas.Text)
		n++
		token := p.Color
		if token == "" {
			token = t.color
		}
		c.Text, c.TextSize, c.TextStyle, c.Color = p.Text, size, p.style(), style.Color(token)
		if t.ink != nil {
			c.Color = t.ink
		}
		m := c.MinSize()
		place(c, x, y+(lh-m.Height)/2-lift(size, c.TextStyle), m.Width, m.Height)
		return c
	}
	for i, line := range t.lines {
		x := float32(0)
		if t.align == fyne.TextAlignCenter {
			x = (width - line.width) / 2
		}
		for _, p := range line.pieces {
			y := float32(i) * lh
			c := add(p, x, y)
			if p.Bold && p.Mono { // see heavy
				add(p, x+apart(t, size), y)
			}
			x += c.MinSize().Width
		}
	}
	return objects[:n]
}

// sizeNow is the size of the type as it was laid out, which may be less than the person chose: see fitted.
func (t *Text) sizeNow() float32 {
	if t.drawn > 0 && t.key.size == style.TextSize(t.size) {
		return t.drawn
	}
	return style.TextSize(t.size)
}

// fitted makes type so small that the longest word stays whole, but not smaller than it is in normal text, and hardly smaller where that is what the person
// chose: half a word in big type is harder to read than a whole one in smaller type.
func (t *Text) fitted(size, width float32) float32 {
	normal := style.NormalSize(t.size)
	if t.short {
		if own := t.NaturalWidth(); own > width {
			return size * width / own * 0.92
		}
		return size
	}
	longest := float32(0)
	for _, r := range t.runs {
		longest = max(longest, longestPart(r.Text, size, width, r.style()))
	}
	if longest <= width {
		return size
	}
	least, read := normal, normal <= style.TextMostRead && !t.whole && !t.bold()
	if size <= normal {
		least = size * leastFitted
	}
	if read {
		least = max(least, size*leastChosen)
	}
	switch fit := size * width / longest * 0.94; {
	case fit >= least:
		return fit
	case read:
		return size // who chose large text needs it more than whole words
	}
	return least
}

// bold reports whether all of the text is: it is a label then, and short.
func (t *Text) bold() bool {
	return !slices.ContainsFunc(t.runs, func(r Run) bool { return !r.Bold })
}

const (
	leastFitted = 0.85 // of normal type so much is kept where a word is too long for it
	leastChosen = 0.66 // and what is read, so much of the size that the person chose
)

// longestPart is the width of the longest part of a text that is not to be broken; 0 where it is plain that each is less than a width.
func longestPart(text string, size, width float32, s fyne.TextStyle) float32 {
	w := float32(0)
	for part := range strings.FieldsFuncSeq(text, func(r rune) bool { return r == ' ' || r == '\n' || strings.ContainsRune(breaksAt, r) }) {
		if float32(utf8.RuneCountInString(part))*size > width { // hardly a letter is wider than high
			w = max(w, measure(part, size, s).Width)
		}
	}
	return w
}

// breaksAt are the marks after which a word that is too long is broken.
const breaksAt = "./-@:_"

func (t *Text) wrap(width float32) {
	key := layoutKey{width, style.TextSize(t.size)}
	if key == t.key {
		return
	}
	t.key = key
	t.drawn = t.fitted(key.size, width)
	w := wrapper{limit: width, size: t.drawn}
	if t.short {
		w.limit = 10 * width // it fits, but for what rounding makes of its words
	}
	for _, r := range t.runs {
		for i, part := range strings.Split(r.Text, "\n") {
			if i > 0 {
				w.breakLine()
			}
			for _, word := range splitWords(part) {
				w.add(r, word)
			}
		}
	}
	w.breakLine()
	t.lines = w.lines
}

// splitWords cuts text into words, each with the spaces that follow it.
func splitWords(s string) []string {
	var out []string
	for s != "" {
		end := strings.IndexByte(s, ' ')
		if end < 0 {
			return append(out, s)
		}
		for end < len(s) && s[end] == ' ' {
			end++
		}
		out = append(out, s[:end])
		s = s[end:]
	}
	return out
}

type wrapper struct {
	limit, size float32
	lines       []textLine
	line        textLine
	end         float32 // width of the spaces at the end of the line
}

// breakLine ends the line, without the spaces at its end.
func (w *wrapper) breakLine() {
	if n := len(w.line.pieces); n > 0 {
		last := &w.line.pieces[n-1]
		last.Text = strings.TrimRight(last.Text, " ")
		w.line.width -= w.end
	}
	w.lines = append(w.lines, w.line)
	w.line, w.end = textLine{}, 0
}

func (w *wrapper) width(r Run, s string) float32 { return measure(s, w.size, r.style()).Width }

func (w *wrapper) add(r Run, word string) {
	bare := w.width(r, strings.TrimRight(word, " "))
	const slack = 0.5
	if w.line.width+bare > w.limit+slack && len(w.line.pieces) > 0 {
		w.breakLine()
	}
	for bare > w.limit+slack {
		head := w.fitting(r, word)
		if head == len(word) {
			break
		}
		w.put(r, word[:head], w.width(r, word[:head]))
		w.breakLine()
		word = word[head:]
		bare = w.width(r, strings.TrimRight(word, " "))
	}
	w.put(r, word, bare)
}

// fitting is how many bytes of a word fit on a line, cut at a good place if
// there is one; at least one rune.
func (w *wrapper) fitting(r Run, word string) int {
	var ends []int // of each letter
	var before []rune
	for i, c := range word {
		if i > 0 && !authn.Joins(before, c) {
			ends = append(ends, i)
		}
		before = append(before, c)
	}
	ends = append(ends, len(word))
	fit := ends[max(0, sort.Search(len(ends), func(i int) bool { return w.width(r, word[:ends[i]]) > w.limit })-1)]
	if good := strings.LastIndexAny(word[:fit], breaksAt); good >= 0 {
		return good + 1
	}
	return fit
}

// put adds a word of a width, which is that without the spaces after it. Words are measured one by one: each is known from the line before or the screen
// before, and a whole line is not. What two words are closer to each other than each with its space is lost; it is less than a pixel.
func (w *wrapper) put(r Run, s string, bare float32) {
	w.end = float32(len(s)-len(strings.TrimRight(s, " "))) * w.width(r, " ")
	w.line.width += bare + w.end
	if n := len(w.line.pieces); n > 0 {
		if last := &w.line.pieces[n-1]; last.Bold == r.Bold && last.Mono == r.Mono && last.Color == r.Color {
			last.Text += s
			return
		}
	}
	piece := r
	piece.Text = s
	w.line.pieces = append(w.line.pieces, piece)
}
