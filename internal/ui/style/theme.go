package style

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Appearance is what a person chose: light, dark, or what the system has.
type Appearance string

// The appearances, as they are kept in the settings.
const (
	System Appearance = "system"
	Light  Appearance = "light"
	Dark   Appearance = "dark"
)

// TextScale is the factor by which all type grows.
type TextScale float32

// The text sizes that can be chosen.
const (
	Normal  TextScale = 1
	Large   TextScale = 1.25
	Larger  TextScale = 1.5
	Largest TextScale = 2
)

// What is read grows by the whole factor, up to TextMostRead; what is big already grows by less, so that a heading still fits on a small phone, but
// never below what was smaller than it. Systems for phones scale type in the same way.
const (
	TextMostRead float32 = 18
	leastAt      float32 = 56
	leastShare   float32 = 0.25
)

// of returns the size of type that has this size at Normal.
func (f TextScale) of(size float32) float32 {
	share := float32(1)
	if size > TextMostRead {
		share = max(leastShare, 1-(1-leastShare)*(size-TextMostRead)/(leastAt-TextMostRead))
	}
	return size * (1 + (float32(f)-1)*share)
}

// Options is what a theme is made of. The zero value is the system's
// appearance, Normal text, full motion and Avow's own brand.
type Options struct {
	Appearance    Appearance
	TextScale     TextScale
	ReducedMotion bool
	Brand         *Brand // checked by Brand.Check before
}

// Theme is the look as a Fyne theme. It does not change: to change the look,
// make another one and hand it to the app's settings, which repaints everything.
type Theme struct {
	options       Options
	appearance    Appearance
	textScale     TextScale
	reducedMotion bool
	brand         map[Token]shades
	base          fyne.Theme
}

var _ fyne.Theme = (*Theme)(nil)

// NewTheme makes a theme. An appearance or text size that it does not know
// counts as System and Normal.
func NewTheme(o Options) *Theme {
	t := &Theme{options: o, appearance: o.Appearance, textScale: o.TextScale, reducedMotion: o.ReducedMotion, base: theme.DefaultTheme()}
	switch t.textScale {
	case Large, Larger, Largest:
	default:
		t.textScale = Normal
	}
	if o.Brand != nil {
		t.brand = o.Brand.tokens()
	}
	return t
}

// Options are what the theme was made of.
func (t *Theme) Options() Options { return t.options }

// Color returns the color of a token or of one of Fyne's names. Fyne lays its
// focus color over a widget, so it gets ours at a quarter of its strength.
func (t *Theme) Color(name fyne.ThemeColorName, v fyne.ThemeVariant) color.Color {
	v = t.variant(v)
	if name == theme.ColorNameShadow {
		// A scroller draws a shadow where it goes on, and ours does not. To take it away by a theme of its own around each scroller has Fyne forget all
		// it measured and drew, once for every widget in it, with every screen.
		return color.NRGBA{}
	}
	if name == theme.ColorNameScrollBar || name == theme.ColorNameScrollBarBackground { // as in the pictures: what goes on is cut at the edge
		return color.NRGBA{}
	}
	if token, ok := fyneColors[name]; ok {
		c := t.shade(token, v)
		if name == theme.ColorNameFocus {
			c.A = 0x40
		}
		return c
	}
	if _, ok := colors[name]; ok {
		return t.shade(name, v)
	}
	return t.base.Color(name, v)
}

// Font returns the fonts that come with Fyne: Noto Sans and DejaVu Sans Mono.
func (t *Theme) Font(s fyne.TextStyle) fyne.Resource { return t.base.Font(s) }

// Icon returns Fyne's icon for what Fyne's own widgets draw.
func (t *Theme) Icon(n fyne.ThemeIconName) fyne.Resource { return t.base.Icon(n) }

// Size returns a size of type with the text size applied, or one of Fyne's sizes.
func (t *Theme) Size(name fyne.ThemeSizeName) float32 {
	if s, ok := textSizes[name]; ok {
		return t.textScale.of(s)
	}
	if s, ok := fyneSizes[name]; ok {
		if fyneTexts[name] {
			s = t.textScale.of(s)
		}
		return s
	}
	return t.base.Size(name)
}

func (t *Theme) variant(v fyne.ThemeVariant) fyne.ThemeVariant {
	switch t.appearance {
	case Light:
		return theme.VariantLight
	case Dark:
		return theme.VariantDark
	}
	return v
}

func (t *Theme) shade(token Token, v fyne.ThemeVariant) color.NRGBA {
	s, ok := t.brand[token]
	if !ok {
		s = colors[token]
	}
	if v == theme.VariantDark {
		return s.dark
	}
	return s.light
}
