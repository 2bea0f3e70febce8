package qr

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"rsc.io/qr/coding"
)

// Level is how much damage a code survives (ISO/IEC 18004, 6.5.1): L about 7 %, M 15 %, Q 25 %, H 30 % of its area.
type Level byte

// The four levels. M is the right one for a screen.
const (
	LevelL Level = 'L'
	LevelM Level = 'M'
	LevelQ Level = 'Q'
	LevelH Level = 'H'
)

// QuietZone is the width of the light border around a code, in modules (ISO/IEC 18004, 5.3.8).
const QuietZone = 4

// Code is a QR code as a square of dark and light modules. The zero Code is empty and draws nothing.
type Code struct {
	size    int
	version int
	level   Level
	mask    int
	dark    []bool
}

// Encode makes the smallest code that holds text at the level. Upper case, digits and `$%*+-./: ` take 5.5 bits each,
// all else a byte, in segments, so that the one '#' of a link does not cost the rest its short form. Text outside
// ASCII is marked as UTF-8 (ECI 26).
//
// It fails if text is empty, not UTF-8, or too long for version 40 (at level M 2331 bytes, 3391 upper-case characters).
func Encode(text string, level Level) (Code, error) {
	if text == "" {
		return Code{}, errors.New("encode QR code: no text")
	}
	if !utf8.ValidString(text) {
		return Code{}, errors.New("encode QR code: text is not UTF-8")
	}
	codingLevel, err := level.coding()
	if err != nil {
		return Code{}, err
	}
	for v := coding.Version(coding.MinVersion); v <= coding.MaxVersion; v++ {
		segments := split(text, v)
		if bitLength(segments, v) <= v.DataBytes(codingLevel)*8 {
			return drawBest(segments, v, codingLevel, level)
		}
	}
	return Code{}, fmt.Errorf("encode QR code: %d bytes of text are too many for level %c", len(text), level)
}

// drawBest tries the eight masks and keeps the one that is easiest to read.
func drawBest(segments []coding.Encoding, v coding.Version, codingLevel coding.Level, level Level) (Code, error) {
	var best Code
	bestPenalty := -1
	for mask := range 8 {
		c, err := drawMasked(segments, v, codingLevel, mask)
		if err != nil {
			return Code{}, fmt.Errorf("encode QR code: %w", err)
		}
		if p := c.penalty(); bestPenalty < 0 || p < bestPenalty {
			best, bestPenalty = c, p
		}
	}
	best.level = level
	return best, nil
}

func drawMasked(segments []coding.Encoding, v coding.Version, level coding.Level, mask int) (Code, error) {
	plan, err := coding.NewPlan(v, level, coding.Mask(mask))
	if err != nil {
		return Code{}, err
	}
	drawn, err := plan.Encode(segments...)
	if err != nil {
		return Code{}, err
	}
	c := Code{size: drawn.Size, version: int(v), mask: mask, dark: make([]bool, drawn.Size*drawn.Size)}
	for y := range c.size {
		for x := range c.size {
			c.dark[y*c.size+x] = drawn.Black(x, y)
		}
	}
	return c, nil
}

// Size is the number of modules on a side, without the quiet zone: 17 + 4 × version.
func (c Code) Size() int { return c.size }

// Version is the code's version, 1 to 40.
func (c Code) Version() int { return c.version }

// Level is the level that the code was made with.
func (c Code) Level() Level { return c.level }

// Dark says whether the module in column x of row y is dark. Everything outside the code is light.
func (c Code) Dark(x, y int) bool {
	return 0 <= x && x < c.size && 0 <= y && y < c.size && c.dark[y*c.size+x]
}

func (l Level) coding() (coding.Level, error) {
	switch l {
	case LevelL:
		return coding.L, nil
	case LevelM:
		return coding.M, nil
	case LevelQ:
		return coding.Q, nil
	case LevelH:
		return coding.H, nil
	}
	return 0, fmt.Errorf("encode QR code: unknown level %q", rune(l))
}
