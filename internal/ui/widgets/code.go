package widgets

import (
	"reflect"
	"slices"
	"unicode/utf8"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"

	"avow/assets/icons"
	"avow/internal/authn"
	"avow/internal/ui/style"
)

// CodeRow is a row of the list of codes: tile with a letter or icon, issuer and name, the code in groups, a ring with the time left. A tap announces;
// what is copied is not the widget's business. Its height is the same in each state, so that no row moves under a finger.
type CodeRow struct {
	control
	// OnMenu is called for a long press, the other mouse button and the menu key.
	OnMenu func()
	// OnKey sees keys first; true: done with it.
	OnKey func(*fyne.KeyEvent) bool

	spec CodeSpec
	ring *Ring
	step *IconButton
}

// CodeSpec is what a row of codes shows, all of it ready to be read.
type CodeSpec struct {
	Letter   string
	Icon     icons.Name // in place of the letter
	Tone     Tone       // of the tile
	Issuer   string
	Name     string
	Pinned   bool
	Code     string  // with its groups apart, "204 118"
	Hidden   bool    // dots in its place
	Left     float32 // part of the time left, 1 to 0
	Seconds  string
	Late     bool
	NextWord string // with Next: "Next", "318 442" in the last seconds
	Next     string
	Below    string // words where there is no code yet
	Copied   string // words after a copy, instead of the next code
	CopiedIn string // fewer words, where there is no room for those
	OnTap    func()
	OnStep   func() // goes on to the next code: a button in place of the ring
}

// NewCodeRow returns a row.
func NewCodeRow(spec CodeSpec) *CodeRow {
	r := &CodeRow{ring: NewSmallRing()}
	r.step = NewIconButton(icons.ArrowRight, func() { call(r.spec.OnStep) }).Colored(style.Primary)
	r.control.key = func(e *fyne.KeyEvent) bool {
		if r.OnKey != nil && r.OnKey(e) {
			return true
		}
		if e.Name == desktop.KeyMenu && r.OnMenu != nil {
			r.OnMenu()
			return true
		}
		return false
	}
	r.ExtendBaseWidget(r)
	r.Set(spec)
	return r
}

// Set shows another state, once a second.
func (r *CodeRow) Set(spec CodeSpec) {
	old := r.spec
	r.spec = spec
	r.tap = spec.OnTap
	if !spec.looksLike(old) {
		r.ring.Set(spec.Left, spec.Seconds, spec.Late)
		r.Refresh()
	}
}

// looksLike reports whether two specs are painted the same.
func (s CodeSpec) looksLike(o CodeSpec) bool {
	steps := (s.OnStep == nil) == (o.OnStep == nil)
	s.OnTap, s.OnStep, o.OnTap, o.OnStep = nil, nil, nil, nil
	return steps && reflect.DeepEqual(s, o)
}

// Spec returns what the row shows.
func (r *CodeRow) Spec() CodeSpec { return r.spec }

// Step is the button that goes on to the next code.
func (r *CodeRow) Step() *IconButton { return r.step }

// TappedSecondary opens the menu.
func (r *CodeRow) TappedSecondary(*fyne.PointEvent) { call(r.OnMenu) }

// CreateRenderer makes the row.
func (r *CodeRow) CreateRenderer() fyne.WidgetRenderer {
	r.furnish(style.RadiusKey)
	tile := NewLetterTile("", Quiet, style.SizeAvatar)
	head := newHeadLine()
	below := NewText(style.TextBody, style.TextMuted)
	below.short = true
	code := newHeavy("")
	check := newGlyph()
	v := &view{of: r, objects: []fyne.CanvasObject{
		r.overlay, tile, head.title, head.rest, head.pin.Image, code.under, code.over, check.Image, below, r.ring, r.step, r.control.ring,
	}}
	var said [3]string
	v.paint = func() {
		tile.show(r.spec.Icon, r.spec.Letter, r.spec.Tone)
		head.set(r.spec.Issuer, r.spec.Name, r.spec.Pinned)
		code.set(r.spec.Code)
		ink := style.Text
		if r.spec.Hidden {
			ink = style.TextMuted
		}
		code.dress(style.TextSize(style.TextCode), ink)
		code.under.Hidden = r.spec.Hidden // a dot that is drawn twice is not round
		name, words := icons.Name(""), [3]string{r.spec.Copied, r.spec.Next, r.spec.Below}
		below.Hidden = words == [3]string{}
		if words != said {
			said = words
			switch {
			case r.spec.Copied != "":
				words := r.spec.Copied
				room := r.Size().Width - codeStart - style.IconInline - statusGap - 4
				if room > 0 && measure(words, style.TextSize(style.TextBody), boldText).Width > room {
					words = r.spec.CopiedIn
				}
				below.SetRuns(Run{Text: words, Bold: true, Color: style.Positive})
			case r.spec.Next != "":
				below.SetRuns(Run{Text: r.spec.NextWord + " "}, Run{Text: r.spec.Next, Mono: true, Bold: true, Color: style.Text})
			default:
				below.SetRuns(Run{Text: r.spec.Below})
			}
		}
		if r.spec.Copied != "" {
			name = icons.Check.Bold()
		}
		check.set(name, style.Positive)
		r.ring.Hidden = r.spec.OnStep != nil || r.spec.Seconds == ""
		r.step.Hidden = r.spec.OnStep == nil
		r.shade()
	}
	v.layout = func(s fyne.Size) {
		r.frame(0, 0, s.Width, s.Height)
		place(tile, style.SpaceCardPadding, (s.Height-style.SizeAvatar)/2, style.SizeAvatar, style.SizeAvatar)
		end := s.Width - style.SpaceCardPadding - style.SizeRingSmall
		place(r.ring, end, (s.Height-style.SizeRingSmall)/2, style.SizeRingSmall, style.SizeRingSmall)
		place(r.step, s.Width-style.SpaceCardPadding/2-style.SizeMinTarget, (s.Height-style.SizeMinTarget)/2, style.SizeMinTarget, style.SizeMinTarget)
		w := end - codeStart - style.Space2
		lines := head.height() + codeLine()
		if !below.Hidden {
			lines += below.lineHeight()
		}
		y := (s.Height - lines) / 2
		head.place(codeStart, y, w)
		y += head.height()
		size := style.TextSize(style.TextCode)
		code.dress(size, style.Text)
		if own := code.width(); own > w { // ten digits on a small screen
			size *= w / own
		}
		ink := style.Text
		if r.spec.Hidden {
			ink = style.TextMuted
		}
		code.dress(size, ink)
		code.middle(codeStart, y, code.width(), codeLine())
		y += codeLine()
		x := float32(codeStart)
		if r.spec.Copied != "" {
			place(check.Image, x, y, style.IconInline, style.IconInline)
			x += style.IconInline + statusGap
		}
		place(below, x, y, s.Width-x-4, below.lineHeight())
	}
	v.min = func() fyne.Size {
		h := head.height() + codeLine() + below.lineHeight() + 2*codePad
		return fyne.NewSize(codeStart+120+style.SizeRingSmall+2*style.SpaceCardPadding, h)
	}
	return v.ready()
}

const (
	codeStart = 74
	codePad   = 8
)

// codeLine is the height of the line with the code.
func codeLine() float32 { return style.TextSize(style.TextCode) * 1.16 }

// headLine is a title in bold and words after it, on one line. What does not fit is shortened: rows of a long list have one height. The whole of it is
// seen where the entry is opened.
type headLine struct {
	title, rest *canvas.Text
	pin         *glyph
	full        [2]string
}

func newHeadLine() *headLine {
	return &headLine{title: label("", boldText), rest: label("", fyne.TextStyle{}), pin: newGlyph()}
}

func (h *headLine) set(title, rest string, pinned bool) {
	h.full = [2]string{title, rest}
	dress(h.title, style.TextBody, style.Text)
	dress(h.rest, style.TextBody, style.TextMuted)
	name := icons.Name("")
	if pinned {
		name = icons.Pin
	}
	h.pin.set(name, style.TextMuted)
}

func (h *headLine) height() float32 { return style.TextSize(style.TextBody) * style.LineHeightBody }

func (h *headLine) place(x, y, w float32) {
	const gap, sign = 8, 18
	if !h.pin.Hidden {
		w -= sign + 4
	}
	size := style.TextSize(style.TextBody)
	h.title.Text = shorten(h.full[0], w, size, boldText)
	tw := measure(h.title.Text, size, boldText).Width
	h.rest.Text = ""
	end := x + tw
	if room := w - tw - gap; h.full[1] != "" && room > size*2 {
		h.rest.Text = shorten(h.full[1], room, size, fyne.TextStyle{})
		rw := measure(h.rest.Text, size, fyne.TextStyle{}).Width
		middle(h.rest, end+gap, y, rw, h.height())
		end += gap + rw
	}
	middle(h.title, x, y, tw, h.height())
	place(h.pin.Image, end+4, y+(h.height()-sign)/2, sign, sign)
}

// shorten cuts a text that is too wide and ends it with an ellipsis.
func shorten(text string, width, size float32, s fyne.TextStyle) string {
	text = authn.VisibleText(text)
	if measure(text, size, s).Width <= width {
		return text
	}
	low, high := 0, utf8.RuneCountInString(text)
	r := []rune(text)
	for low < high {
		n := (low + high + 1) / 2
		if measure(string(r[:n])+"…", size, s).Width <= width {
			low = n
		} else {
			high = n - 1
		}
	}
	for low > 0 && low < len(r) && authn.Joins(r[:low], r[low]) { // not within a letter as people see it
		low--
	}
	return string(r[:low]) + "…"
}

// EntryRow is a row of a long list that shows no code: what is sorted, what lies in the trash. Each of its lines is one, shortened if it must be.
type EntryRow struct {
	control
	// OnMenu is called for a long press and the other mouse button.
	OnMenu func()
	// OnKey sees keys first; true: done with it.
	OnKey func(*fyne.KeyEvent) bool

	spec EntrySpec
	acts []*IconButton
}

// EntrySpec is what it shows.
type EntrySpec struct {
	Letter string
	Icon   icons.Name
	Tone   Tone
	Title  string
	Pinned bool
	Second string
	Third  string
	Lines  int // of words, for the height: 1 to 3
	OnTap  func()
	Acts   []EntryAct // buttons at the end; the number of them must stay the same
}

// EntryAct is a button at the end of a row.
type EntryAct struct {
	Icon  icons.Name
	Off   bool
	OnTap func()
}

// NewEntryRow returns a row.
func NewEntryRow(spec EntrySpec) *EntryRow {
	r := &EntryRow{}
	for i := range spec.Acts {
		r.acts = append(r.acts, NewIconButton(spec.Acts[i].Icon, func() { call(r.spec.Acts[i].OnTap) }).Colored(style.Primary))
	}
	r.control.key = func(e *fyne.KeyEvent) bool { return r.OnKey != nil && r.OnKey(e) }
	r.ExtendBaseWidget(r)
	r.Set(spec)
	return r
}

// Set shows another entry.
func (r *EntryRow) Set(spec EntrySpec) {
	old := r.spec
	r.spec, r.tap, r.asleep = spec, spec.OnTap, spec.OnTap == nil
	if spec.looksLike(old) {
		return
	}
	for i, a := range spec.Acts {
		b := r.acts[i]
		b.asleep = a.Off
		ink := style.Primary
		if a.Off {
			ink = style.OutlineStrong
		}
		b.Colored(ink)
	}
	r.Refresh()
}

// looksLike reports whether two specs are painted the same.
func (s EntrySpec) looksLike(o EntrySpec) bool {
	same := slices.EqualFunc(s.Acts, o.Acts, func(a, b EntryAct) bool { return a.Icon == b.Icon && a.Off == b.Off })
	s.Acts, o.Acts, s.OnTap, o.OnTap = nil, nil, nil, nil
	return same && reflect.DeepEqual(s, o)
}

// Spec returns what the row shows.
func (r *EntryRow) Spec() EntrySpec { return r.spec }

// Act is the i-th button at the end.
func (r *EntryRow) Act(i int) *IconButton { return r.acts[i] }

// TappedSecondary opens the menu.
func (r *EntryRow) TappedSecondary(*fyne.PointEvent) { call(r.OnMenu) }

// CreateRenderer makes the row.
func (r *EntryRow) CreateRenderer() fyne.WidgetRenderer {
	r.furnish(style.RadiusKey)
	tile := NewLetterTile("", Quiet, style.SizeAvatar)
	head := newHeadLine()
	second, third := label("", fyne.TextStyle{}), label("", fyne.TextStyle{})
	v := &view{of: r, objects: []fyne.CanvasObject{r.overlay, tile, head.title, head.rest, head.pin.Image, second, third}}
	for _, b := range r.acts {
		v.objects = append(v.objects, b)
	}
	v.objects = append(v.objects, r.ring)
	v.paint = func() {
		tile.show(r.spec.Icon, r.spec.Letter, r.spec.Tone)
		head.set(r.spec.Title, "", r.spec.Pinned)
		dress(second, style.TextBody, style.TextMuted)
		dress(third, style.TextBody, style.TextMuted)
		r.shade()
	}
	v.layout = func(s fyne.Size) {
		r.frame(0, 0, s.Width, s.Height)
		place(tile, style.SpaceCardPadding, (s.Height-style.SizeAvatar)/2, style.SizeAvatar, style.SizeAvatar)
		end := s.Width - 4
		for i := len(r.acts) - 1; i >= 0; i-- {
			end -= style.SizeMinTarget
			place(r.acts[i], end, (s.Height-style.SizeMinTarget)/2, style.SizeMinTarget, style.SizeMinTarget)
		}
		if len(r.acts) == 0 {
			end -= style.SpaceCardPadding - 4
		}
		w, lh, size := end-codeStart-4, head.height(), style.TextSize(style.TextBody)
		y := s.Height - lh
		for _, words := range []string{r.spec.Second, r.spec.Third} {
			if words != "" {
				y -= lh
			}
		}
		y /= 2
		head.place(codeStart, y, w)
		for _, x := range []struct {
			line  *canvas.Text
			words string
		}{{second, r.spec.Second}, {third, r.spec.Third}} {
			x.line.Text = ""
			if x.line == third { // it stands below the buttons
				w = s.Width - codeStart - style.SpaceCardPadding
			}
			if x.words != "" {
				y += lh
				x.line.Text = shorten(x.words, w, size, fyne.TextStyle{})
				middle(x.line, codeStart, y, x.line.MinSize().Width, lh)
			}
		}
	}
	v.min = func() fyne.Size {
		h := head.height()*float32(max(1, r.spec.Lines)) + 20
		return fyne.NewSize(codeStart+80+float32(len(r.acts))*style.SizeMinTarget, max(style.SizeRow, h))
	}
	return v.ready()
}
