package qr

import (
	"bytes"
	"encoding/xml"
	"image"
	"image/color"
	"image/png"
	"strconv"
	"strings"
	"testing"

	"rsc.io/qr/coding"
)

const (
	registerLink = "HTTPS://ID.EXAMPLE.COM/R#041061050R3GG28A1C60T3GF208H44RM2MB1E60S38DHR78Z3D1P9"
	offlineLink  = "AVOW:O#0C50A2G0YR7X1KF28JNN4K6C0E2QX7WB53VJ9ZP0T1HD8QMSR4G6YA5VCT2K7EF8W1X0QB3M9JDH"
)

func TestEncodeVersion(t *testing.T) {
	tests := []struct {
		name, text string
		level      Level
		version    int
	}{
		// The sizes that the protocol promises: R for ID.EXAMPLE.COM is 78 characters in version 4-M, O fits version 5.
		{"register", registerLink, LevelM, 4},
		{"offline", offlineLink, LevelM, 4},
		{"offline with a host", "HTTPS://ID.EXAMPLE.COM/O#" + offlineLink[7:], LevelM, 5},
		// Capacities of ISO/IEC 18004, table 7.
		{"version 1 numeric full", strings.Repeat("7", 34), LevelM, 1},
		{"version 1 numeric over", strings.Repeat("7", 35), LevelM, 2},
		{"version 1 alphanumeric full", strings.Repeat("A", 20), LevelM, 1},
		{"version 1 alphanumeric over", strings.Repeat("A", 21), LevelM, 2},
		{"version 1 bytes full", strings.Repeat("a", 14), LevelM, 1},
		{"version 1 bytes over", strings.Repeat("a", 15), LevelM, 2},
		{"version 40 bytes full", strings.Repeat("a", 2331), LevelM, 40},
		{"version 40 low", strings.Repeat("a", 2953), LevelL, 40},
		{"version 40 alphanumeric full", strings.Repeat("A", 3391), LevelM, 40},
		{"high", "AVOW", LevelH, 1},
		{"quartile", "AVOW", LevelQ, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Encode(tt.text, tt.level)
			if err != nil {
				t.Fatal(err)
			}
			if c.Version() != tt.version || c.Size() != 17+4*tt.version || c.Level() != tt.level {
				t.Errorf("got version %d-%c, %d modules, want version %d-%c", c.Version(), c.Level(), c.Size(), tt.version, tt.level)
			}
		})
	}
	if len(registerLink) != 78 {
		t.Errorf("the link has %d characters, want 78", len(registerLink))
	}
}

func TestEncodeRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":  "",
		"too long": strings.Repeat("a", 2332),
		"no UTF-8": "a\xff",
	} {
		if c, err := Encode(text, LevelM); err == nil {
			t.Errorf("%s: got a code of version %d, want an error", name, c.Version())
		}
	}
	if _, err := Encode("A", 'X'); err == nil {
		t.Error("level X: got a code, want an error")
	}
}

// Text outside ASCII says that it is UTF-8: readers guess otherwise.
func TestEncodeDeclaresUTF8(t *testing.T) {
	if segments := split("Füße", 1); segments[0] != (utf8ECI{}) {
		t.Errorf("got %v, want the declaration first", segments)
	}
	if segments := split("Fuss", 1); len(segments) != 1 {
		t.Errorf("got %v, want one segment", segments)
	}
}

func TestMaskIsTheBestOfEight(t *testing.T) {
	masks := map[int]bool{}
	for i := range 20 {
		text := "AVOW " + strings.Repeat(strconv.Itoa(i), 20)
		c := encode(t, text)
		masks[c.mask] = true
		for mask := range 8 {
			other, err := drawMasked(split(text, coding.Version(c.version)), coding.Version(c.version), coding.M, mask)
			if err != nil {
				t.Fatal(err)
			}
			if other.penalty() < c.penalty() {
				t.Errorf("%q has mask %d with penalty %d, but mask %d has %d", text, c.mask, c.penalty(), mask, other.penalty())
			}
		}
	}
	if len(masks) < 3 {
		t.Errorf("got masks %v for 20 texts, want more variety", masks)
	}
}

func TestPenalty(t *testing.T) {
	if got := runPenalty([]bool{true, true, true, true, true, true, false}); got != 4 {
		t.Errorf("run of six: got %d, want 4", got)
	}
	finder := []bool{true, false, true, true, true, false, true, false, false, false, false}
	if got := finderPenalty(finder); got != 40 {
		t.Errorf("finder at the edge: got %d, want 40", got)
	}
	square := Code{size: 2, dark: []bool{true, true, true, true}}
	if got := square.blockPenalty(); got != 3 {
		t.Errorf("block: got %d, want 3", got)
	}
	if got := square.sharePenalty(); got != 100 {
		t.Errorf("all dark: got %d, want 100", got)
	}
}

func TestImageHasQuietZone(t *testing.T) {
	c := encode(t, registerLink)
	img := c.Image(3)
	if want := (33 + 8) * 3; img.Bounds() != image.Rect(0, 0, want, want) {
		t.Fatalf("got bounds %v, want a side of %d", img.Bounds(), want)
	}
	for i := range img.Bounds().Dx() {
		for edge := range 4 * 3 {
			if img.ColorIndexAt(i, edge) != 0 || img.ColorIndexAt(edge, i) != 0 {
				t.Fatalf("the quiet zone is dark at %d, %d", i, edge)
			}
		}
	}
	if img.ColorIndexAt(4*3, 4*3) != 1 {
		t.Error("the first module is light, want the corner of a finder pattern")
	}
	if got := (Code{}).Image(0).Bounds(); !got.Empty() {
		t.Errorf("the zero Code has bounds %v, want none", got)
	}
}

func TestPNG(t *testing.T) {
	data, err := encode(t, registerLink).PNG(4)
	if err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	reads(t, img, registerLink)
}

func TestTextReadsInBothPolarities(t *testing.T) {
	c := encode(t, registerLink)
	for _, tt := range []struct {
		polarity Polarity
		ink      uint8
		paper    uint8
	}{{DarkTerminal, 255, 0}, {LightTerminal, 0, 255}} {
		lines := strings.Split(strings.TrimSuffix(c.Text(tt.polarity), "\n"), "\n")
		if len(lines) != 21 {
			t.Fatalf("got %d lines, want 21", len(lines))
		}
		// The reader takes both, so it can't tell: what is light is drawn on a dark terminal and left out on a light one.
		if first := []rune(lines[0])[0]; (first == '█') != (tt.polarity == DarkTerminal) {
			t.Errorf("the quiet zone is drawn as %q", first)
		}
		const scale = 5
		img := image.NewGray(image.Rect(0, 0, 60*scale, 60*scale))
		for i := range img.Pix {
			img.Pix[i] = tt.paper
		}
		dot := func(x, y int) {
			for dy := range scale {
				for dx := range scale {
					img.SetGray((x+5)*scale+dx, (y+5)*scale+dy, color.Gray{Y: tt.ink})
				}
			}
		}
		for y, line := range lines {
			if n := len([]rune(line)); n != 41 {
				t.Fatalf("line %d has %d columns, want 41", y, n)
			}
			for x, r := range []rune(line) {
				if r == '▀' || r == '█' {
					dot(x, 2*y)
				}
				if r == '▄' || r == '█' {
					dot(x, 2*y+1)
				}
			}
		}
		reads(t, img, registerLink)
	}
}

func TestTextOfVersion5FitsConsole(t *testing.T) {
	text := encode(t, "HTTPS://ID.EXAMPLE.COM/O#"+offlineLink[7:]).Text(DarkTerminal)
	lines := strings.Count(text, "\n")
	columns := len([]rune(text[:strings.Index(text, "\n")]))
	if lines > 24 || columns > 80 {
		t.Errorf("got %d columns and %d lines, want at most 80 and 24", columns, lines)
	}
}

func TestSVG(t *testing.T) {
	c := encode(t, registerLink)
	svg := c.SVG()
	var root struct {
		XMLName xml.Name
		ViewBox string `xml:"viewBox,attr"`
		Path    []struct {
			D string `xml:"d,attr"`
		} `xml:"path"`
	}
	if err := xml.Unmarshal([]byte(svg), &root); err != nil {
		t.Fatal(err)
	}
	if root.ViewBox != "0 0 41 41" || len(root.Path) != 2 {
		t.Fatalf("got view box %q and %d paths", root.ViewBox, len(root.Path))
	}
	drawn := map[[2]int]bool{}
	for _, run := range strings.Split(strings.TrimSuffix(root.Path[1].D, "z"), "z") {
		var x, y, width int
		numbers := strings.FieldsFunc(run, func(r rune) bool { return strings.ContainsRune("M hv-", r) })
		for i, p := range []*int{&x, &y, &width} {
			n, err := strconv.Atoi(numbers[i])
			if err != nil {
				t.Fatal(err)
			}
			*p = n
		}
		for i := range width {
			drawn[[2]int{x + i - QuietZone, y - QuietZone}] = true
		}
	}
	for y := range c.Size() {
		for x := range c.Size() {
			if drawn[[2]int{x, y}] != c.Dark(x, y) {
				t.Fatalf("module %d, %d: drawn %v, want %v", x, y, drawn[[2]int{x, y}], c.Dark(x, y))
			}
		}
	}
	for _, never := range []string{"script", "style", "href", "EXAMPLE"} {
		if strings.Contains(svg, never) {
			t.Errorf("%q is in the SVG", never)
		}
	}
}

func encode(t testing.TB, text string) Code {
	t.Helper()
	c, err := Encode(text, LevelM)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func reads(t testing.TB, img image.Image, want string) {
	t.Helper()
	got, err := Decode(t.Context(), img, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got[0].Text != want {
		t.Errorf("got %q, want %q", got[0].Text, want)
	}
}
