package style

import (
	"encoding/json"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	"fyne.io/fyne/v2/theme"
	"github.com/google/go-cmp/cmp"

	"avow/assets/look"
)

// tokens is what this package must agree with.
type tokens struct {
	Color map[string]struct {
		Light, Dark, Use string
		Fyne             []string
	}
	Type     map[string]struct{ Size float32 }
	FyneSize map[string]float32
	Motion   map[string]any
	Contrast struct {
		Pairs []struct {
			Fg, Bg           string
			Min, Light, Dark float64
		}
	}
	LineHeight, Space, Radius, Size, Icon, Stroke map[string]float32
}

func readTokens(t *testing.T) tokens {
	t.Helper()
	var got tokens
	if err := json.Unmarshal(look.Tokens, &got); err != nil {
		t.Fatalf("read tokens.json: %v", err)
	}
	return got
}

func parseHex(t *testing.T, s string) color.NRGBA {
	t.Helper()
	c, err := ParseColor(s[:7])
	if err != nil {
		t.Fatal(err)
	}
	if len(s) == 9 {
		a, err := ParseColor("#" + s[7:] + "0000")
		if err != nil {
			t.Fatal(err)
		}
		c.A = a.R
	}
	return c
}

func TestColorsAreThoseOfTokens(t *testing.T) {
	doc := readTokens(t)
	want := map[Token]shades{}
	for name, c := range doc.Color {
		want["avow."+Token(name)] = shades{parseHex(t, c.Light), parseHex(t, c.Dark)}
	}
	got := map[Token]shades{}
	for name, s := range colors {
		if name != HoverSurface {
			got[name] = s
		}
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(shades{})); diff != "" {
		t.Errorf("colors differ from tokens.json (-tokens +code):\n%s", diff)
	}
	for _, part := range []string{"#16221E0F light", "#FFFFFF0F dark"} {
		if !strings.Contains(doc.Color["hover"].Use, part) {
			t.Errorf("the use of hover no longer says %q: HoverSurface is out of date", part)
		}
	}
}

func TestFyneColorsAreThoseOfTokens(t *testing.T) {
	want := map[string]Token{}
	for name, c := range readTokens(t).Color {
		for _, f := range c.Fyne {
			want[fyneColorName(t, f)] = "avow." + Token(name)
		}
	}
	got := map[string]Token{}
	for f, token := range fyneColors {
		got[string(f)] = token
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Fyne's colors differ from tokens.json (-tokens +code):\n%s", diff)
	}
}

// fyneColorName turns the name of Fyne's constant into its value. Fyne derives
// one from the other by rule, with the exception of a few.
func fyneColorName(t *testing.T, constant string) string {
	t.Helper()
	short := strings.TrimPrefix(constant, "ColorName")
	values := map[string]fyne.ThemeColorName{
		"Background": theme.ColorNameBackground, "HeaderBackground": theme.ColorNameHeaderBackground,
		"OverlayBackground": theme.ColorNameOverlayBackground, "MenuBackground": theme.ColorNameMenuBackground,
		"InputBackground": theme.ColorNameInputBackground, "DisabledButton": theme.ColorNameDisabledButton,
		"Foreground": theme.ColorNameForeground, "PlaceHolder": theme.ColorNamePlaceHolder,
		"Disabled": theme.ColorNameDisabled, "Separator": theme.ColorNameSeparator,
		"InputBorder": theme.ColorNameInputBorder, "ScrollBar": theme.ColorNameScrollBar,
		"Primary": theme.ColorNamePrimary, "Hyperlink": theme.ColorNameHyperlink,
		"ForegroundOnPrimary": theme.ColorNameForegroundOnPrimary, "Button": theme.ColorNameButton,
		"Success": theme.ColorNameSuccess, "ForegroundOnSuccess": theme.ColorNameForegroundOnSuccess,
		"Error": theme.ColorNameError, "ForegroundOnError": theme.ColorNameForegroundOnError,
		"Warning": theme.ColorNameWarning, "ForegroundOnWarning": theme.ColorNameForegroundOnWarning,
		"Focus": theme.ColorNameFocus, "Shadow": theme.ColorNameShadow, "Hover": theme.ColorNameHover,
		"Pressed": theme.ColorNamePressed, "Selection": theme.ColorNameSelection,
	}
	v, ok := values[short]
	if !ok {
		t.Fatalf("tokens.json names %s, which this test does not know", constant)
	}
	return string(v)
}

func TestSizesAreThoseOfTokens(t *testing.T) {
	doc := readTokens(t)
	types := map[string]float32{}
	for name, v := range doc.Type {
		types["avow.text."+name] = v.Size
	}
	got := map[string]float32{}
	for name, v := range textSizes {
		got[string(name)] = v
	}
	if diff := cmp.Diff(types, got); diff != "" {
		t.Errorf("sizes of type (-tokens +code):\n%s", diff)
	}
	constants := []struct {
		name      string
		want, got map[string]float32
	}{
		{"line height", doc.LineHeight, map[string]float32{"body": LineHeightBody, "heading": LineHeightHeading, "code": LineHeightCode}},
		{"space", doc.Space, map[string]float32{
			"1": Space1, "2": Space2, "3": Space3, "4": Space4, "5": Space5, "6": Space6, "8": Space8, "10": Space10,
			"screenMargin": SpaceScreenMargin, "cardPadding": SpaceCardPadding, "slipPadding": SpaceSlipPadding,
			"betweenCards": SpaceBetweenCards, "aboveMainButton": SpaceAboveMainButton,
		}},
		{"radius", doc.Radius, map[string]float32{
			"notch": RadiusNotch, "small": RadiusSmall, "key": RadiusKey, "field": RadiusField, "chip": RadiusChip,
			"button": RadiusButton, "card": RadiusCard, "half": RadiusHalf, "slip": RadiusSlip, "sheet": RadiusSheet,
		}},
		{"size", doc.Size, map[string]float32{
			"minTarget": SizeMinTarget, "mainButton": SizeMainButton, "secondButton": SizeSecondButton, "smallButton": SizeSmallButton,
			"yesNo": SizeYesNo, "yesNoGap": SizeYesNoGap, "key": SizeKey, "digitBox": SizeDigitBox, "field": SizeField, "row": SizeRow,
			"tile": SizeTile, "avatar": SizeAvatar, "topBar": SizeTopBar, "tabBar": SizeTabBar, "scan": SizeScan, "scanMargin": SizeScanMargin,
			"ring": SizeRing, "ringSmall": SizeRingSmall, "ringStroke": SizeRingStroke, "statusBarTop": SizeStatusBarTop,
			"gestureBottom": SizeGestureBottom, "railWidth": SizeRailWidth, "paneMin": SizePaneMin, "requestMaxWidth": SizeRequestMaxWidth,
			"webMinWidth": SizeWebMinWidth,
		}},
		{"icon", doc.Icon, map[string]float32{
			"inline": IconInline, "button": IconButton, "row": IconRow, "tab": IconTab, "yesNo": IconYesNo, "scan": IconScan,
			"tile": IconTile, "hero": IconHero,
		}},
		{"stroke", doc.Stroke, map[string]float32{
			"separator": StrokeSeparator, "control": StrokeControl, "digit": StrokeDigit, "focus": StrokeFocus,
			"ringSmall": StrokeRingSmall, "ring": StrokeRing,
		}},
	}
	for _, c := range constants {
		if diff := cmp.Diff(c.want, c.got); diff != "" {
			t.Errorf("%s (-tokens +code):\n%s", c.name, diff)
		}
	}
}

func TestFyneSizesAreThoseOfTokens(t *testing.T) {
	// Fyne's constants can't be looked up by name: the test counts them and
	// checks each value through the theme for those that people see most.
	doc := readTokens(t)
	if got, want := len(fyneSizes), len(doc.FyneSize); got != want {
		t.Errorf("%d sizes for Fyne, tokens.json has %d", got, want)
	}
	th := NewTheme(Options{})
	for name, size := range map[string]fyne.ThemeSizeName{
		"SizeNameText": theme.SizeNameText, "SizeNameCaptionText": theme.SizeNameCaptionText,
		"SizeNameSubHeadingText": theme.SizeNameSubHeadingText, "SizeNameHeadingText": theme.SizeNameHeadingText,
		"SizeNamePadding": theme.SizeNamePadding, "SizeNameInnerPadding": theme.SizeNameInnerPadding,
		"SizeNameLineSpacing": theme.SizeNameLineSpacing, "SizeNameInlineIcon": theme.SizeNameInlineIcon,
		"SizeNameSeparatorThickness": theme.SizeNameSeparatorThickness, "SizeNameInputBorder": theme.SizeNameInputBorder,
		"SizeNameInputRadius": theme.SizeNameInputRadius, "SizeNameButtonRadius": theme.SizeNameButtonRadius,
		"SizeNameCardRadius": theme.SizeNameCardRadius, "SizeNameDialogRadius": theme.SizeNameDialogRadius,
		"SizeNamePopupRadius": theme.SizeNamePopupRadius, "SizeNameMenuRadius": theme.SizeNameMenuRadius,
		"SizeNameSelectionRadius": theme.SizeNameSelectionRadius, "SizeNameScrollBar": theme.SizeNameScrollBar,
		"SizeNameScrollBarSmall": theme.SizeNameScrollBarSmall, "SizeNameScrollBarRadius": theme.SizeNameScrollBarRadius,
		"SizeNameModalBlurRadius": theme.SizeNameModalBlurRadius,
	} {
		if got, want := th.Size(size), doc.FyneSize[name]; got != want {
			t.Errorf("%s is %v, tokens.json says %v", name, got, want)
		}
	}
}

func TestMotionIsThatOfTokens(t *testing.T) {
	got := map[string]time.Duration{
		"press": MotionPress, "fade": MotionFade, "move": MotionMove, "request": MotionRequest,
		"stamp": MotionStamp, "codeTick": MotionCodeTick,
	}
	want := map[string]time.Duration{}
	for name, v := range readTokens(t).Motion {
		if ms, ok := v.(float64); ok {
			want[name] = time.Duration(ms) * time.Millisecond
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("motion (-tokens +code):\n%s", diff)
	}
}

// WCAG 2.2 AA: each pair holds its minimum in both appearances, and the figures
// printed in tokens.json are the true ones.
func TestContrast(t *testing.T) {
	doc := readTokens(t)
	if got, want := len(ContrastPairs), len(doc.Contrast.Pairs); got != want {
		t.Fatalf("%d pairs, tokens.json has %d", got, want)
	}
	for i, p := range doc.Contrast.Pairs {
		if want := (Pair{"avow." + Token(p.Fg), "avow." + Token(p.Bg), p.Min}); ContrastPairs[i] != want {
			t.Errorf("pair %d is %v, tokens.json says %v", i, ContrastPairs[i], want)
		}
		front, back := colors[ContrastPairs[i].Front], colors[ContrastPairs[i].Back]
		for _, c := range []struct {
			name      string
			got, want float64
		}{{"light", Contrast(front.light, back.light), p.Light}, {"dark", Contrast(front.dark, back.dark), p.Dark}} {
			if c.got < p.Min {
				t.Errorf("%s on %s, %s: contrast %.2f is under %v", p.Fg, p.Bg, c.name, c.got, p.Min)
			}
			if math.Abs(c.got-c.want) > 0.01 {
				t.Errorf("%s on %s, %s: contrast is %.2f, tokens.json says %v", p.Fg, p.Bg, c.name, c.got, c.want)
			}
		}
	}
}

// No is as prominent as Yes; the fills have the same luminance within 5 %.
func TestR030YesAndNoAreEquallyBright(t *testing.T) {
	for _, c := range [][2]color.NRGBA{{colors[YesFill].light, colors[NoFill].light}, {colors[YesFill].dark, colors[NoFill].dark}} {
		if got := Contrast(c[0], c[1]); got > 1.05 {
			t.Errorf("contrast between Yes and No is %.3f, want at most 1.05", got)
		}
	}
	if colors[OnYes] != colors[OnNo] {
		t.Error("Yes and No have texts of different color")
	}
}

func TestAppearanceCanBeChosenAtRunTime(t *testing.T) {
	app := test.NewTempApp(t)
	cases := []struct {
		name string
		o    Options
		want color.NRGBA
		body float32
	}{
		{"light", Options{Appearance: Light}, colors[Background].light, 16},
		{"dark", Options{Appearance: Dark}, colors[Background].dark, 16},
		{"large", Options{Appearance: Dark, TextScale: Large}, colors[Background].dark, 20},
		{"twice", Options{Appearance: Light, TextScale: Largest}, colors[Background].light, 32},
		{"unknown", Options{Appearance: "blue", TextScale: 9}, colors[Background].light, 16},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			app.Settings().SetTheme(NewTheme(c.o))
			if got := Color(Background); got != c.want {
				t.Errorf("background is %v, want %v", got, c.want)
			}
			if got := theme.Color(theme.ColorNameBackground); got != c.want {
				t.Errorf("Fyne's background is %v, want %v", got, c.want)
			}
			if got := TextSize(TextBody); got != c.body {
				t.Errorf("body is %v, want %v", got, c.body)
			}
			if got := theme.TextSize(); got != c.body {
				t.Errorf("Fyne's text is %v, want %v", got, c.body)
			}
			if got := LargeText(); got != (c.body > 16) {
				t.Errorf("LargeText is %v", got)
			}
		})
	}
}

func TestSystemAppearanceFollowsTheVariant(t *testing.T) {
	th := NewTheme(Options{Appearance: System})
	if got := th.Color(Surface, theme.VariantDark); got != colors[Surface].dark {
		t.Errorf("dark variant gives %v", got)
	}
	if got := th.Color(Surface, theme.VariantLight); got != colors[Surface].light {
		t.Errorf("light variant gives %v", got)
	}
}

func TestFocusIsAnOverlayForFyneAndWholeForUs(t *testing.T) {
	th := NewTheme(Options{Appearance: Light})
	if got := th.Color(theme.ColorNameFocus, 0).(color.NRGBA).A; got != 0x40 {
		t.Errorf("Fyne's focus has alpha %d, want 64", got)
	}
	if got := th.Color(Focus, 0).(color.NRGBA).A; got != 0xFF {
		t.Errorf("our focus has alpha %d, want 255", got)
	}
}

func TestColorsWithoutOurTheme(t *testing.T) {
	test.NewTempApp(t)
	if got := Color(Surface); got != colors[Surface].light {
		t.Errorf("got %v, want the light surface", got)
	}
	if got := TextSize(TextLead); got != 17 {
		t.Errorf("got %v, want 17", got)
	}
}

func TestBrand(t *testing.T) {
	own := Brand{
		Light: BrandColors{
			colors[Primary].light, colors[OnPrimary].light, colors[PrimarySoft].light, colors[OnPrimarySoft].light,
			colors[BrandPanel].light, colors[BrandMark].light, colors[BrandMark2].light,
		},
		Dark: BrandColors{
			colors[Primary].dark, colors[OnPrimary].dark, colors[PrimarySoft].dark, colors[OnPrimarySoft].dark,
			colors[BrandPanel].dark, colors[BrandMark].dark, colors[BrandMark2].dark,
		},
	}
	navy, pale, clear := own, own, own
	navy.Light.Primary = rgba(0x1B3A6BFF)
	pale.Light.Primary = rgba(0x9FC0E0FF)
	clear.Dark.Mark.A = 0x80
	for _, c := range []struct {
		name  string
		brand Brand
		ok    bool
	}{{"Avow's own", own, true}, {"navy", navy, true}, {"too pale", pale, false}, {"not opaque", clear, false}} {
		if err := c.brand.Check(); (err == nil) != c.ok {
			t.Errorf("%s: Check says %v", c.name, err)
		}
	}
	th := NewTheme(Options{Appearance: Light, Brand: &navy})
	if got := th.Color(Primary, 0); got != navy.Light.Primary {
		t.Errorf("primary is %v, want the brand's", got)
	}
	if got := th.Color(YesFill, 0); got != colors[YesFill].light {
		t.Errorf("Yes is %v: a brand must not change it", got)
	}
}

func TestParseColor(t *testing.T) {
	for _, bad := range []string{"", "0F5247", "#0F524", "#0F52477", "#0F5247FF", "#GG5247"} {
		if _, err := ParseColor(bad); err == nil {
			t.Errorf("ParseColor(%q) has no error", bad)
		}
	}
	if got, err := ParseColor("#0F5247"); err != nil || got != colors[Primary].light {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestIconIsPaintedInTheColorOfNow(t *testing.T) {
	app := test.NewTempApp(t)
	svg := []byte(`<svg><path fill="#000000" d=""/></svg>`)
	app.Settings().SetTheme(NewTheme(Options{Appearance: Light}))
	light := Icon("a.svg", svg, Primary)
	app.Settings().SetTheme(NewTheme(Options{Appearance: Dark}))
	dark := Icon("a.svg", svg, Primary)
	if want := `<svg><path fill="#0F5247" d=""/></svg>`; string(light.Content()) != want {
		t.Errorf("light is %s", light.Content())
	}
	if want := `<svg><path fill="#86D3BC" d=""/></svg>`; string(dark.Content()) != want {
		t.Errorf("dark is %s", dark.Content())
	}
	if light.Name() == dark.Name() {
		t.Error("both have the same name, so the picture of one would be shown for the other")
	}
}

// What is read doubles; what is big grows by less; and bigger type stays bigger.
func TestTextSizesKeepTheirOrder(t *testing.T) {
	var at []float32
	for _, s := range textSizes {
		at = append(at, s)
	}
	slices.Sort(at)
	for _, f := range []TextScale{Normal, Large, Larger, Largest} {
		for i, s := range at {
			got := f.of(s)
			if s <= 18 && got != s*float32(f) || got < s || i > 0 && got < f.of(at[i-1]) {
				t.Errorf("%v at %v is %v", s, f, got)
			}
		}
	}
	if got := Largest.of(28); got < 45 || got > 52 {
		t.Errorf("a heading at 200 %% is %v", got)
	}
}
