package widgets

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/widget"

	"avow/assets/icons"
	"avow/assets/look"
	"avow/internal/authn"
	"avow/internal/ui/style"
)

// Icon is an icon in the color of a token.
type Icon struct {
	widget.BaseWidget
	name  icons.Name
	token style.Token
	size  float32
}

// NewIcon returns an icon of a size.
func NewIcon(name icons.Name, size float32, t style.Token) *Icon {
	i := &Icon{name: name, token: t, size: size}
	i.ExtendBaseWidget(i)
	return i
}

// Set shows another icon or color.
func (i *Icon) Set(name icons.Name, t style.Token) {
	i.name, i.token = name, t
	i.Refresh()
}

// CreateRenderer makes the icon.
func (i *Icon) CreateRenderer() fyne.WidgetRenderer {
	g := newGlyph()
	v := &view{of: i, objects: []fyne.CanvasObject{g.Image}}
	v.paint = func() { g.set(i.name, i.token) }
	v.layout = func(s fyne.Size) { place(g.Image, (s.Width-i.size)/2, (s.Height-i.size)/2, i.size, i.size) }
	v.min = func() fyne.Size { return fyne.NewSquareSize(i.size) }
	return v.ready()
}

// Tone is what a colored thing says beside its words and icon.
type Tone int

// The tones.
const (
	Quiet Tone = iota // nothing to do
	Brand             // a thing, a place
	Good
	Warn
	Bad
)

// ink is the color of words and icons of a tone on the page.
func (t Tone) ink() style.Token {
	return [...]style.Token{style.TextMuted, style.Primary, style.Positive, style.Warning, style.Negative}[t]
}

// soft is the fill of a tone and the color of what stands on it.
func (t Tone) soft() (fill, ink style.Token) {
	pairs := [...][2]style.Token{
		{style.Sunken, style.Text},
		{style.PrimarySoft, style.OnPrimarySoft},
		{style.PositiveSoft, style.OnPositiveSoft},
		{style.WarningSoft, style.OnWarningSoft},
		{style.NegativeSoft, style.OnNegativeSoft},
	}
	return pairs[t][0], pairs[t][1]
}

// Tile is a rounded square with an icon or a letter in it.
type Tile struct {
	widget.BaseWidget
	name   icons.Name
	letter string
	tone   Tone
	size   float32
}

// NewTile returns the tile of a row: 48, icon 26.
func NewTile(name icons.Name, t Tone) *Tile { return NewBigTile(name, t, style.SizeTile) }

// NewBigTile returns a tile of another size, up to 72 for a hero.
func NewBigTile(name icons.Name, t Tone, size float32) *Tile {
	tile := &Tile{name: name, tone: t, size: size}
	tile.ExtendBaseWidget(tile)
	return tile
}

// NewLetterTile returns a tile with the first letter of a name.
func NewLetterTile(letter string, t Tone, size float32) *Tile {
	tile := &Tile{letter: letter, tone: t, size: size}
	tile.ExtendBaseWidget(tile)
	return tile
}

// Set shows another icon and tone.
func (t *Tile) Set(name icons.Name, tone Tone) {
	t.name, t.tone = name, tone
	t.Refresh()
}

// show shows an icon, or a letter where there is none.
func (t *Tile) show(name icons.Name, letter string, tone Tone) {
	if name != "" {
		letter = ""
	}
	if t.name != name || t.letter != letter || t.tone != tone {
		t.name, t.letter, t.tone = name, letter, tone
		t.Refresh()
	}
}

// CreateRenderer makes the tile.
func (t *Tile) CreateRenderer() fyne.WidgetRenderer {
	back, g, text := rect(style.RadiusKey), newGlyph(), label(t.letter, boldText)
	v := &view{of: t, objects: []fyne.CanvasObject{back, g.Image, text}}
	v.paint = func() {
		fill, ink := t.tone.soft()
		back.FillColor = style.Color(fill)
		back.CornerRadius = max(style.RadiusKey, t.size/4.5)
		g.set(t.name, ink)
		text.Text = authn.VisibleText(t.letter)
		dress(text, style.TextSubheading, ink)
	}
	v.layout = func(s fyne.Size) {
		x, y := (s.Width-t.size)/2, (s.Height-t.size)/2
		place(back, x, y, t.size, t.size)
		d := style.IconTile
		if t.size > 60 {
			d = style.IconHero
		}
		place(g.Image, x+(t.size-d)/2, y+(t.size-d)/2, d, d)
		w := text.MinSize().Width
		middle(text, x+(t.size-w)/2, y, w, t.size)
	}
	v.min = func() fyne.Size { return fyne.NewSquareSize(t.size) }
	return v.ready()
}

// Mark is Avow's mark, in two colors or in one.
type Mark struct {
	widget.BaseWidget
	size           float32
	fingers, check style.Token
}

// NewMark returns the mark, size high, at least 24.
func NewMark(size float32, fingers, check style.Token) *Mark {
	m := &Mark{size: size, fingers: fingers, check: check}
	m.ExtendBaseWidget(m)
	return m
}

// CreateRenderer makes the mark.
func (m *Mark) CreateRenderer() fyne.WidgetRenderer {
	fingers, check := newGlyph(), newGlyph()
	fingers.Hidden, check.Hidden = false, false
	v := &view{of: m, objects: []fyne.CanvasObject{fingers.Image, check.Image}}
	v.paint = func() {
		fingers.paint("mark-fingers", look.MarkFingers, m.fingers)
		check.paint("mark-check", look.MarkCheck, m.check)
	}
	v.layout = func(s fyne.Size) {
		d := min(s.Width, s.Height, m.size)
		place(fingers.Image, (s.Width-d)/2, (s.Height-d)/2, d, d)
		place(check.Image, (s.Width-d)/2, (s.Height-d)/2, d, d)
	}
	v.min = func() fyne.Size { return fyne.NewSquareSize(m.size) }
	return v.ready()
}

// Avatar is the picture of an account: its initials on a disc.
type Avatar struct {
	widget.BaseWidget
	initials string
	size     float32
}

// NewAvatar returns an avatar of a diameter.
func NewAvatar(initials string, size float32) *Avatar {
	a := &Avatar{initials: initials, size: size}
	a.ExtendBaseWidget(a)
	return a
}

// SetInitials shows another account.
func (a *Avatar) SetInitials(s string) {
	a.initials = s
	a.Refresh()
}

// CreateRenderer makes the avatar.
func (a *Avatar) CreateRenderer() fyne.WidgetRenderer {
	disc, text := canvas.NewCircle(nil), label("", boldText)
	v := &view{of: a, objects: []fyne.CanvasObject{disc, text}}
	v.paint = func() {
		disc.FillColor = style.Color(style.Primary)
		text.Text = authn.VisibleText(a.initials)
		text.Color = style.Color(style.OnPrimary)
		text.TextSize = a.size * 0.37
	}
	v.layout = func(s fyne.Size) {
		x, y := (s.Width-a.size)/2, (s.Height-a.size)/2
		place(disc, x, y, a.size, a.size)
		w := text.MinSize().Width
		middle(text, x+(a.size-w)/2, y, w, a.size)
	}
	v.min = func() fyne.Size { return fyne.NewSquareSize(a.size) }
	return v.ready()
}

// IconButton is an icon that can be tapped, 48 x 48: close, back, more.
type IconButton struct {
	control
	name  icons.Name
	token style.Token
	size  float32
	label string // what is said of it, if not what its icon stands for
}

// NewIconButton returns an icon of 24 px in the color of text that can be tapped.
func NewIconButton(name icons.Name, onTap func()) *IconButton {
	b := &IconButton{name: name, token: style.Text, size: style.IconTab}
	b.tap = onTap
	b.ExtendBaseWidget(b)
	return b
}

// Colored changes the color and returns the button.
func (b *IconButton) Colored(t style.Token) *IconButton {
	b.token = t
	b.Refresh()
	return b
}

// CreateRenderer makes the button.
func (b *IconButton) CreateRenderer() fyne.WidgetRenderer {
	b.furnish(style.RadiusKey)
	g := newGlyph()
	v := &view{of: b, objects: []fyne.CanvasObject{b.overlay, g.Image, b.ring}}
	v.paint = func() {
		g.set(b.name.Bold(), b.token)
		b.shade()
	}
	v.layout = func(s fyne.Size) {
		b.frame(0, 0, s.Width, s.Height)
		place(g.Image, (s.Width-b.size)/2, (s.Height-b.size)/2, b.size, b.size)
	}
	v.min = func() fyne.Size { return fyne.NewSquareSize(style.SizeMinTarget) }
	return v.ready()
}
