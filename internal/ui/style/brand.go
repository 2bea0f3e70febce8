package style

import (
	"encoding/hex"
	"fmt"
	"image/color"
	"strings"

	"avow/internal/wire"
)

// Brand is what an organization may replace of the look: the color of what can
// be done, and the welcome panel with the mark on it. Yes, No, status colors
// and everything else stay, so that a decision looks the same everywhere.
type Brand struct {
	Light, Dark BrandColors
}

// BrandColors are the colors of a brand in one appearance, all opaque.
type BrandColors struct {
	Primary, OnPrimary         color.NRGBA
	PrimarySoft, OnPrimarySoft color.NRGBA
	Panel, Mark, Mark2         color.NRGBA
}

// NewBrand makes a brand of colors as they are written, and checks it. An error says what is wrong: a color that is none, or two that can't be read on each other.
func NewBrand(light, dark wire.BrandColors) (*Brand, error) {
	var b Brand
	for _, half := range []struct {
		from wire.BrandColors
		to   *BrandColors
	}{{light, &b.Light}, {dark, &b.Dark}} {
		into := []*color.NRGBA{
			&half.to.Primary, &half.to.OnPrimary, &half.to.PrimarySoft, &half.to.OnPrimarySoft, &half.to.Panel, &half.to.Mark, &half.to.Mark2,
		}
		for i, c := range half.from.All() {
			var err error
			if *into[i], err = ParseColor(c.Value); err != nil {
				return nil, fmt.Errorf("brand: %s: %w", c.Name, err)
			}
		}
	}
	if err := b.Check(); err != nil {
		return nil, err
	}
	return &b, nil
}

// ParseColor reads a color in the form #RRGGBB.
func ParseColor(s string) (color.NRGBA, error) {
	digits, ok := strings.CutPrefix(s, "#")
	raw, err := hex.DecodeString(digits)
	if !ok || err != nil || len(raw) != 3 {
		return color.NRGBA{}, fmt.Errorf("color %q is not of the form #RRGGBB", s)
	}
	return color.NRGBA{R: raw[0], G: raw[1], B: raw[2], A: 0xFF}, nil
}

// Check tells whether every contrast pair in which the brand takes part still
// holds in both appearances; the error names the first pair that does not.
func (b Brand) Check() error {
	t := NewTheme(Options{Brand: &b})
	for _, p := range ContrastPairs {
		if !isBrand(p.Front) && !isBrand(p.Back) {
			continue
		}
		for _, v := range variants {
			front, back := t.shade(p.Front, v.is), t.shade(p.Back, v.is)
			if front.A != 0xFF || back.A != 0xFF {
				return fmt.Errorf("brand: %s on %s (%s) must be opaque", p.Front, p.Back, v.name)
			}
			if got := Contrast(front, back); got < p.Min {
				return fmt.Errorf("brand: contrast of %s on %s (%s) is %.2f, must be at least %.1f", p.Front, p.Back, v.name, got, p.Min)
			}
		}
	}
	return nil
}

func (b Brand) tokens() map[Token]shades {
	return map[Token]shades{
		Primary:       {b.Light.Primary, b.Dark.Primary},
		OnPrimary:     {b.Light.OnPrimary, b.Dark.OnPrimary},
		PrimarySoft:   {b.Light.PrimarySoft, b.Dark.PrimarySoft},
		OnPrimarySoft: {b.Light.OnPrimarySoft, b.Dark.OnPrimarySoft},
		BrandPanel:    {b.Light.Panel, b.Dark.Panel},
		BrandMark:     {b.Light.Mark, b.Dark.Mark},
		BrandMark2:    {b.Light.Mark2, b.Dark.Mark2},
	}
}

func isBrand(t Token) bool {
	_, ok := Brand{}.tokens()[t]
	return ok
}
