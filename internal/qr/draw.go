package qr

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"strconv"
	"strings"
)

// Image draws the code with its quiet zone, scale pixels a module (at least 1), in two colours.
func (c Code) Image(scale int) *image.Paletted {
	scale = max(scale, 1)
	side := c.side() * scale
	img := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y := range c.size {
		for x := range c.size {
			if c.Dark(x, y) {
				fill(img, (x+QuietZone)*scale, (y+QuietZone)*scale, scale)
			}
		}
	}
	return img
}

func fill(img *image.Paletted, x0, y0, side int) {
	for y := y0; y < y0+side; y++ {
		row := img.Pix[y*img.Stride+x0:]
		for x := range side {
			row[x] = 1
		}
	}
}

// PNG is [Code.Image] as a PNG file.
func (c Code) PNG(scale int) ([]byte, error) {
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&out, c.Image(scale)); err != nil {
		return nil, fmt.Errorf("draw QR code as PNG: %w", err)
	}
	return out.Bytes(), nil
}

// SVG draws the code with its quiet zone as an SVG element for a page: one unit a module, crisp at every size, black on
// white whatever the page's colours, with no script, style, identifier or text in it. It is safe to put into a page
// unescaped: nothing in it comes from the encoded text but the places of the modules.
func (c Code) SVG() string {
	side := strconv.Itoa(c.side())
	var out strings.Builder
	out.WriteString(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ` + side + ` ` + side +
		`" shape-rendering="crispEdges" role="img"><path fill="#fff" d="M0 0h` + side + `v` + side + `H0z"/><path fill="#000" d="`)
	for y := range c.size {
		for x := 0; x < c.size; x++ {
			if !c.Dark(x, y) {
				continue
			}
			start := x
			for c.Dark(x, y) {
				x++
			}
			run := strconv.Itoa(x - start)
			out.WriteString("M" + strconv.Itoa(start+QuietZone) + " " + strconv.Itoa(y+QuietZone) + "h" + run + "v1h-" + run + "z")
		}
	}
	out.WriteString(`"/></svg>`)
	return out.String()
}

// Polarity is how a terminal shows its text. Readers want dark modules on a light ground, so the blocks stand for the
// light modules on a dark terminal and for the dark ones on a light terminal.
type Polarity byte

// The polarities of a terminal.
const (
	DarkTerminal  Polarity = 'd' // light text on a dark ground
	LightTerminal Polarity = 'l' // dark text on a light ground
)

// Text draws the code with its quiet zone in half blocks for a terminal: two rows of modules a line, each line ended by
// a newline. A version 5 code takes 45 columns and 23 lines, so it fits a console of 80x24.
func (c Code) Text(p Polarity) string {
	if c.size == 0 {
		return ""
	}
	blocks := [2][2]string{{" ", "▄"}, {"▀", "█"}} // by upper and lower half
	ink := func(x, y int) int {
		inside := y < c.side() // the line below the last row of an odd height is no part of the code
		if inside && c.Dark(x-QuietZone, y-QuietZone) == (p == LightTerminal) {
			return 1
		}
		return 0
	}
	var out strings.Builder
	for y := 0; y < c.side(); y += 2 {
		for x := range c.side() {
			out.WriteString(blocks[ink(x, y)][ink(x, y+1)])
		}
		out.WriteByte('\n')
	}
	return out.String()
}

// side is the number of modules on a side with the quiet zone; the zero Code has none.
func (c Code) side() int {
	if c.size == 0 {
		return 0
	}
	return c.size + 2*QuietZone
}
