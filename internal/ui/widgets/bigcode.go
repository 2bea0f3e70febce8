package widgets

import (
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/widget"

	"avow/internal/ui/style"
)

// BigCode is a code that is read here and typed elsewhere: its groups apart, as big as the width allows, on more lines only if it would get
// too small on one. It cannot be selected or copied.
type BigCode struct {
	widget.BaseWidget
	groups []string
	hidden bool
}

const (
	codeGap    = 22.0 / 56 // between two groups, of the size
	codeLeast  = 0.75      // of its size, before it goes to another line
	codeNarrow = 300       // of a slip in a window of 380, under which it is 52 instead of 56
)

// NewBigCode returns a code of the groups of text, which are separated by spaces.
func NewBigCode(text string) *BigCode {
	c := &BigCode{groups: strings.Fields(text)}
	c.ExtendBaseWidget(c)
	return c
}

// NewHiddenCode returns dots in the place of a code of groups with so many characters.
func NewHiddenCode(groups ...int) *BigCode {
	c := &BigCode{hidden: true}
	for _, n := range groups {
		c.groups = append(c.groups, strings.Repeat("•", n))
	}
	c.ExtendBaseWidget(c)
	return c
}

// String returns the code.
func (c *BigCode) String() string { return strings.Join(c.groups, " ") }

// fit is the size of the type and the groups of each line.
func (c *BigCode) fit(width float32) (size float32, lines [][]string) {
	want := style.TextSize(style.TextCodeBig)
	if width < codeNarrow {
		want *= 52.0 / 56
	}
	unit := measure("0", 100, monoText).Width / 100
	for n := 1; n <= len(c.groups); n++ {
		lines = inLines(c.groups, n)
		size = want
		for _, line := range lines {
			chars := 0
			for _, g := range line {
				chars += len([]rune(g))
			}
			size = min(size, (width-3)/(float32(chars)*unit+codeGap*float32(len(line)-1)))
		}
		if size >= want*codeLeast {
			break
		}
	}
	return size, lines
}

// inLines deals groups to n lines; the first is the shortest, since a list's code begins with its short group.
func inLines(groups []string, n int) (lines [][]string) {
	per := (len(groups) + n - 1) / n
	for end := len(groups); end > 0; end -= per {
		lines = append([][]string{groups[max(0, end-per):end]}, lines...)
	}
	return lines
}

// CreateRenderer makes the code.
func (c *BigCode) CreateRenderer() fyne.WidgetRenderer {
	texts := make([]*heavy, len(c.groups))
	v := &view{of: c}
	for i, g := range c.groups {
		texts[i] = newHeavy(g)
		texts[i].under.Hidden = c.hidden // a dot that is drawn twice is not round
		v.objects = append(v.objects, texts[i].objects()...)
	}
	v.layout = func(s fyne.Size) {
		size, lines := c.fit(s.Width)
		ink := style.Text
		if c.hidden {
			ink = style.OutlineStrong
		}
		h := size * style.LineHeightCode
		y := (s.Height - h*float32(len(lines))) / 2
		i := 0
		for _, line := range lines {
			whole := codeGap * size * float32(len(line)-1)
			for j := range line {
				texts[i+j].dress(size, ink)
				whole += texts[i+j].width()
			}
			x := (s.Width - whole) / 2
			for range line {
				w := texts[i].width()
				texts[i].middle(x, y, w, h)
				x += w + codeGap*size
				i++
			}
			y += h
		}
	}
	v.min = func() fyne.Size {
		width := c.Size().Width
		if width <= 0 {
			width = guessWidth
		}
		size, lines := c.fit(width)
		return fyne.NewSize(120, size*style.LineHeightCode*float32(len(lines)))
	}
	return v.ready()
}
