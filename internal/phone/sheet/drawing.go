package sheet

import (
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomonobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"

	"avow/assets/translations"
)

// drawing is a page that is drawn from top to bottom.
type drawing struct {
	pdf    *fpdf.Fpdf
	glyphs sfnt.Font
	buf    sfnt.Buffer
	scale  float64 // of the letters of its lists
}

// face is one of the fonts that are put into the file.
type face struct{ family, style string }

var (
	regular = face{"go", ""}
	bold    = face{"go", "B"}
	mono    = face{"gomono", "B"}
)

func newDrawing(p *translations.Printer, at time.Time) *drawing {
	d := &drawing{pdf: fpdf.New("P", "mm", "A4", "")}
	d.pdf.SetAutoPageBreak(false, 0)
	d.pdf.SetMargins(left, left, left)
	d.pdf.SetCellMargin(0)
	d.pdf.SetTitle(p.T("sheet.title"), true)
	d.pdf.SetLang(p.Language())
	d.pdf.SetCreator("Avow", true)
	d.pdf.SetCreationDate(at)
	d.pdf.SetModificationDate(at)
	d.pdf.SetCatalogSort(true)
	d.pdf.AddUTF8FontFromBytes(regular.family, regular.style, goregular.TTF)
	d.pdf.AddUTF8FontFromBytes(bold.family, bold.style, gobold.TTF)
	d.pdf.AddUTF8FontFromBytes(mono.family, mono.style, gomonobold.TTF)
	if f, err := sfnt.Parse(goregular.TTF); err == nil { // bold has the same characters
		d.glyphs = *f
	}
	d.pdf.AddPage()
	return d
}

func (d *drawing) font(f face, size float64, c ink) {
	d.pdf.SetFont(f.family, f.style, size)
	d.pdf.SetTextColor(c.r, c.g, c.b)
}

// clean puts a box in place of characters that the font has not, and a space that does not break in place of the narrow one.
func (d *drawing) clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\u202f' {
			r = '\u00a0'
		}
		if i, err := d.glyphs.GlyphIndex(&d.buf, r); r > 0xffff || err != nil || i == 0 {
			return '□'
		}
		return r
	}, text)
}

// fit cuts a text that is wider than w.
func (d *drawing) fit(text string, w float64) string {
	text = d.clean(text)
	if d.pdf.GetStringWidth(text) <= w {
		return text
	}
	runes := []rune(text)
	for len(runes) > 0 && d.pdf.GetStringWidth(string(runes)+"…") > w {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}

// value writes a fact; what has to be typed in smaller letters rather than cut, and if need be in two lines.
func (d *drawing) value(f fact, w float64) {
	text, size := d.clean(f.value), 12.0
	d.font(bold, size, black)
	if !f.typed {
		text = d.fit(text, w)
	}
	for d.font(bold, size, black); size > 8 && d.pdf.GetStringWidth(text) > w; d.font(bold, size, black) {
		size--
	}
	first := []rune(text)
	for len(first) > 1 && d.pdf.GetStringWidth(string(first)) > w {
		first = first[:len(first)-1]
	}
	d.pdf.SetX(left)
	d.pdf.CellFormat(w, 6, string(first), "", 1, "L", false, 0, "")
	if rest := text[len(string(first)):]; rest != "" {
		d.pdf.SetX(left)
		d.pdf.CellFormat(w, 4, d.fit(rest, w), "", 1, "L", false, 0, "")
	}
}

// paragraph breaks a text into lines, most of them at most.
func (d *drawing) paragraph(x, w, height float64, text string, most int) {
	lines := d.pdf.SplitText(d.clean(text), w)
	for i, l := range lines[:min(most, len(lines))] {
		if i == most-1 && len(lines) > most {
			l = d.fit(l+" …", w)
		}
		d.pdf.SetX(x)
		d.pdf.CellFormat(w, height, l, "", 1, "L", false, 0, "")
	}
}
