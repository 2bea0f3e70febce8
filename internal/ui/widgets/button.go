package widgets

import (
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"avow/assets/icons"
	"avow/internal/ui/style"
)

// Kind is the rank of a button on its screen.
type Kind int

// The kinds of button. A screen has one Main at most; it stands at the bottom.
const (
	Main          Kind = iota // filled, 60 high
	Soft                      // second, on a soft fill, 48 high
	Outlined                  // second, with an edge, 56 high
	Negative                  // takes something away, with an edge, 56 high
	Plain                     // words only, 48 high
	PlainNegative             // words only: It's not me
	Block                     // filled, takes something away at once, 48 high
)

// buttonLook is how a kind of button looks.
type buttonLook struct {
	height               float32
	fill, edge, ink      style.Token
	size                 style.TextToken
	radius, padding, gap float32
}

var buttonLooks = map[Kind]buttonLook{
	Main:          {style.SizeMainButton, style.Primary, "", style.OnPrimary, style.TextButton, style.RadiusButton, 20, 10},
	Soft:          {style.SizeSmallButton, style.PrimarySoft, "", style.OnPrimarySoft, style.TextBody, style.RadiusButton, 14, 8},
	Outlined:      {style.SizeSecondButton, "", style.OutlineStrong, style.Text, style.TextBody, style.RadiusButton, 16, 8},
	Negative:      {style.SizeSecondButton, "", style.Negative, style.Negative, style.TextBody, style.RadiusButton, 16, 8},
	Plain:         {style.SizeSmallButton, "", "", style.Primary, style.TextBody, style.RadiusButton, 12, 8},
	PlainNegative: {style.SizeSmallButton, "", "", style.Negative, style.TextBody, style.RadiusButton, 12, 8},
	Block:         {style.SizeSmallButton, style.NoFill, "", style.OnNo, style.TextBody, style.RadiusButton, 16, 8},
}

// Button is a button of any kind. OnTap is called for a tap, Space and Enter,
// but not while the button is busy or not to be used yet.
type Button struct {
	control
	kind    Kind
	text    string
	icon    icons.Name
	busy    string
	missing string
	notYet  bool
	height  float32
	time    string // at the end, with a ring
	left    float32

	spin *spinner
}

// NewButton makes a button; an empty icon shows none. The icon is drawn bold.
func NewButton(k Kind, text string, icon icons.Name, onTap func()) *Button {
	b := &Button{kind: k, text: text, icon: icon, height: buttonLooks[k].height}
	b.tap = onTap
	b.filled = buttonLooks[k].fill != ""
	b.ExtendBaseWidget(b)
	return b
}

// NewMainButton makes the main button of a screen.
func NewMainButton(text string, icon icons.Name, onTap func()) *Button {
	return NewButton(Main, text, icon, onTap)
}

// Sized changes the height, at least 48, and returns the button.
func (b *Button) Sized(height float32) *Button {
	b.height = max(height, style.SizeMinTarget)
	return b
}

// Guarded makes the button wait for a guard and returns it.
func (b *Button) Guarded(g *Guard) *Button {
	b.guard = g
	return b
}

// SetText replaces the words.
func (b *Button) SetText(text string) {
	if b.text != text {
		b.text = text
		b.Refresh()
	}
}

// Text returns the words that are shown.
func (b *Button) Text() string {
	if b.busy != "" {
		return b.busy
	}
	return b.text
}

// SetBusy shows a turning arc and the words ("Connecting…") and takes no more
// taps; an empty text ends that. The button keeps its width.
func (b *Button) SetBusy(text string) {
	if b.busy != text {
		b.busy = text
		b.settle()
	}
}

// SetNotYet shows that the button can't be used yet, with a line above it that
// says what is missing; it may be empty if the screen says it elsewhere.
func (b *Button) SetNotYet(missing string) {
	if !b.notYet || b.missing != missing {
		b.notYet, b.missing = true, missing
		b.settle()
	}
}

// SetReady ends SetNotYet.
func (b *Button) SetReady() {
	if b.notYet {
		b.notYet, b.missing = false, ""
		b.settle()
	}
}

// SetTime shows at the end of the button how long it can be used: a text and a
// ring of which a part (1 to 0) is left. The words then stand at the beginning.
func (b *Button) SetTime(text string, left float32) {
	if b.time != text || b.left != left {
		b.time, b.left = text, left
		b.Refresh()
	}
}

func (b *Button) settle() {
	b.asleep = b.busy != "" || b.notYet
	b.Refresh()
}

// CreateRenderer makes the button.
func (b *Button) CreateRenderer() fyne.WidgetRenderer {
	look := buttonLooks[b.kind]
	b.furnish(look.radius)
	back := rect(look.radius)
	text := label(b.text, boldText)
	lines := NewText(look.size, look.ink, Run{Text: b.text, Bold: true}).Centered() // in place of text where that is too long
	icon := newGlyph()
	missing := NewMuted("").Centered()
	b.spin = newSpinner()
	clock, ring := newHeavy(""), NewQuietRing(look.ink)
	v := &view{of: b}
	v.objects = []fyne.CanvasObject{back, b.overlay, b.spin.track, b.spin.arc, icon.Image, text, lines, clock.under, clock.over, ring, missing, b.ring}
	v.paint = func() {
		ink := look.ink
		back.FillColor, back.StrokeColor, back.StrokeWidth = nil, nil, 0
		if look.fill != "" {
			back.FillColor = style.Color(look.fill)
		}
		if look.edge != "" {
			back.StrokeColor, back.StrokeWidth = style.Color(look.edge), style.StrokeControl
		}
		if b.notYet {
			ink = style.TextMuted
			back.FillColor = style.Color(style.Sunken)
			back.StrokeColor, back.StrokeWidth = style.Color(style.OutlineStrong), style.StrokeControl
		}
		text.Text = b.Text()
		dress(text, look.size, ink)
		lines.color = ink
		setOnce(lines, Run{Text: text.Text, Bold: true})
		b.spin.show(b.busy != "", ink)
		if b.busy != "" || b.icon == "" {
			icon.set("", "")
		} else {
			icon.set(b.icon.Bold(), ink)
		}
		if missing.String() != b.missing {
			missing.SetText(b.missing)
		}
		missing.Hidden = b.missing == ""
		clock.set(b.time)
		clock.dress(style.TextSize(style.TextLead), ink)
		ring.Hidden = b.time == ""
		if b.time != "" {
			ring.Set(b.left, "", false)
		}
		b.shade()
	}
	v.layout = func(s fyne.Size) {
		y := float32(0)
		if b.missing != "" {
			mh := heightAt(missing, s.Width)
			place(missing, 0, 0, s.Width, mh)
			y = mh + style.Space2
		}
		h := s.Height - y
		e := float32(0)
		if back.StrokeWidth > 0 {
			back.StrokeWidth, e = edge(b, style.StrokeControl)
		}
		place(back, e, y+e, s.Width-2*e, h-2*e)
		b.frame(0, y, s.Width, h)
		tw := text.MinSize().Width
		iw := b.iconWidth()
		if iw > 0 && b.busy == "" && tw+iw > s.Width-style.Space2 { // large text on a narrow phone: the words count
			iw = 0
			icon.set("", "")
		}
		text.Hidden = b.wraps(s.Width, tw)
		lines.Hidden = !text.Hidden
		if text.Hidden {
			w := s.Width - 2*style.Space2
			lh := heightAt(lines, w)
			place(lines, style.Space2, y+(h-lh)/2, w, lh)
			b.spin.place(-spinnerSize, 0, 0) // the words say it
			return
		}
		x := (s.Width - tw - iw) / 2
		if b.time != "" {
			x = look.padding
			end := s.Width - look.padding - quietRing
			place(ring, end, y+(h-quietRing)/2, quietRing, quietRing)
			own := clock.width()
			clock.middle(end-style.Space3-own, y, own, h)
		}
		if iw > 0 {
			d := iw - look.gap
			place(icon.Image, x, y+(h-d)/2, d, d)
			b.spin.place(x, y+(h-d)/2, d)
			x += iw
		}
		middle(text, x, y, tw, h)
	}
	v.min = func() fyne.Size {
		size := style.TextSize(look.size)
		w := b.NaturalWidth()
		h := max(b.height, size*style.LineHeightBody+24)
		if s := b.Size(); b.wraps(s.Width, measure(b.Text(), size, boldText).Width) {
			h = max(h, heightAt(lines, s.Width-2*style.Space2)+24)
		}
		if style.LargeText() { // it wraps at words
			w = min(w, longestWord(b.text, size, boldText)+2*style.Space2)
		}
		if b.missing != "" {
			h += missing.MinSize().Height + style.Space2
		}
		return fyne.NewSize(max(w+1, style.SizeMinTarget), h)
	}
	v.destroy = b.spin.stop
	return v.ready()
}

// wraps tells whether words of a width need more than one line in the width of the button.
func (b *Button) wraps(width, words float32) bool {
	return b.time == "" && width > 0 && words > width-2*style.Space2+1
}

// NaturalWidth is the width for the words on one line.
func (b *Button) NaturalWidth() float32 {
	look := buttonLooks[b.kind]
	size := style.TextSize(look.size)
	w := max(measure(b.text, size, boldText).Width, measure(b.busy, size, boldText).Width) + b.iconWidth() + 2*look.padding
	if b.time != "" {
		w += measure(b.time, style.TextSize(style.TextLead), monoText).Width + 1 + quietRing + 2*style.Space3
	}
	return max(w, style.SizeMinTarget) - 1 // widthOf adds it
}

// iconWidth is the width of the icon or the turning arc with its gap.
func (b *Button) iconWidth() float32 {
	switch {
	case b.busy != "":
		return spinnerSize + buttonLooks[b.kind].gap
	case b.icon != "":
		return style.IconButton + buttonLooks[b.kind].gap
	}
	return 0
}

// spinner is an arc that turns while something goes on.
type spinner struct {
	track, arc *canvas.Arc
	anim       *fyne.Animation
}

const (
	spinnerSize   = 24
	spinnerStroke = 3
)

func newSpinner() *spinner {
	ratio := float32(1 - 2*spinnerStroke/float32(spinnerSize))
	s := &spinner{track: canvas.NewArc(0, 360, ratio, nil), arc: canvas.NewArc(0, 270, ratio, nil)}
	s.arc.CornerRadius = spinnerStroke / 2.0
	s.track.Hide()
	s.arc.Hide()
	return s
}

func (s *spinner) place(x, y, d float32) {
	place(s.track, x, y, d, d)
	place(s.arc, x, y, d, d)
}

// show shows the arc in a color and turns it, unless motion is reduced.
func (s *spinner) show(on bool, ink style.Token) {
	s.track.Hidden, s.arc.Hidden = !on, !on
	if !on {
		s.stop()
		return
	}
	s.arc.FillColor = style.Color(ink)
	s.track.FillColor = faint(style.Color(ink))
	if s.anim != nil || style.ReducedMotion() {
		return
	}
	s.anim = &fyne.Animation{
		Duration: spinnerTurn, RepeatCount: fyne.AnimationRepeatForever, Curve: fyne.AnimationLinear,
		Tick: func(f float32) {
			s.arc.StartAngle, s.arc.EndAngle = 360*f, 360*f+270
			s.arc.Refresh()
		},
	}
	s.anim.Start()
}

func (s *spinner) stop() {
	if s.anim != nil {
		s.anim.Stop()
		s.anim = nil
	}
}

const spinnerTurn = time.Second

// faint is a color at a quarter of its strength.
func faint(c color.Color) color.Color {
	n := toNRGBA(c)
	n.A /= 4
	return n
}
