package style

import (
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/theme"
)

// Pair is a color on another one and the contrast which must be kept between
// them: 4.5 for text, 3 for large text, icons and edges (WCAG 2.2, 1.4.3 and 1.4.11).
type Pair struct {
	Front, Back Token
	Min         float64
}

// variants are both appearances by name.
var variants = []struct {
	name string
	is   fyne.ThemeVariant
}{{"light", theme.VariantLight}, {"dark", theme.VariantDark}}

// Contrast returns the contrast ratio of two opaque colors, 1 to 21, as WCAG 2.2
// defines it (relative luminance of sRGB).
func Contrast(a, b color.NRGBA) float64 {
	high, low := luminance(a), luminance(b)
	if high < low {
		high, low = low, high
	}
	return (high + 0.05) / (low + 0.05)
}

func luminance(c color.NRGBA) float64 {
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

func linear(channel uint8) float64 {
	v := float64(channel) / 255
	if v <= 0.04045 {
		return v / 12.92
	}
	return math.Pow((v+0.055)/1.055, 2.4)
}

// ContrastPairs are all pairs that the app draws.
var ContrastPairs = []Pair{
	{Text, Background, 4.5},
	{Text, Surface, 4.5},
	{Text, SurfaceRaised, 4.5},
	{Text, Sunken, 4.5},
	{TextMuted, Background, 4.5},
	{TextMuted, Surface, 4.5},
	{TextMuted, SurfaceRaised, 4.5},
	{TextMuted, Sunken, 4.5},
	{OnPrimary, Primary, 4.5},
	{Primary, Background, 4.5},
	{Primary, Surface, 4.5},
	{Primary, Sunken, 4.5},
	{OnPrimarySoft, PrimarySoft, 4.5},
	{OnPositive, Positive, 4.5},
	{Positive, Background, 4.5},
	{Positive, Surface, 4.5},
	{OnPositiveSoft, PositiveSoft, 4.5},
	{OnNegative, Negative, 4.5},
	{Negative, Background, 4.5},
	{Negative, Surface, 4.5},
	{OnNegativeSoft, NegativeSoft, 4.5},
	{OnWarning, Warning, 4.5},
	{Warning, Background, 4.5},
	{Warning, Surface, 4.5},
	{OnWarningSoft, WarningSoft, 4.5},
	{OnYes, YesFill, 4.5},
	{OnNo, NoFill, 4.5},
	{YesFill, Background, 3},
	{NoFill, Background, 3},
	{NoFill, Surface, 3},
	{YesFill, Surface, 3},
	{Text, Rail, 4.5},
	{TextMuted, Rail, 4.5},
	{Primary, Rail, 4.5},
	{OnInverse, Inverse, 4.5},
	{OutlineStrong, Background, 3},
	{OutlineStrong, Surface, 3},
	{OutlineStrong, Sunken, 3},
	{Accent, Background, 3},
	{Accent, Surface, 3},
	{Focus, Background, 3},
	{Focus, Surface, 3},
	{Focus, Sunken, 3},
	{BrandMark, BrandPanel, 4.5},
	{BrandMark2, BrandPanel, 3},
	{Qr, QrPaper, 7},
	{Primary, PrimarySoft, 3},
	{TextMuted, PrimarySoft, 4.5},
	{Text, PrimarySoft, 4.5},
	{OnWarningSoft, Background, 4.5},
}
