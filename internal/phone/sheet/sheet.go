// Package sheet prints the restore sheet: one page of paper with everything that a user needs who has no phone left. It makes a PDF that depends on nothing
// else; fonts and the picture of the code are in it. The sheet is as secret as the code: it goes to a printer, never to a server.
package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"avow/assets/translations"
	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/qr"
	"avow/internal/wire"
)

// Sheet is what stands on the paper.
type Sheet struct {
	Organisation string
	Login        string
	Support      string    // may be empty
	At           time.Time // when the code was made, in the zone in which it is shown
	Link         wire.RestoreLink
}

// Size of the page and the part that is printed on, in millimeters: A4, with the lower part left empty so that it fits on Letter too.
const (
	pageWidth = 210
	left      = 20
	width     = pageWidth - 2*left
	bottom    = 279 - 12 // of Letter
	picture   = 54       // the QR, with its quiet zone
)

type ink struct{ r, g, b int }

var (
	black = ink{20, 30, 27}
	gray  = ink{90, 100, 96}
	brand = ink{14, 82, 69}
	line  = ink{190, 198, 194}
)

// PDF draws the sheet in the printer's language.
func (s Sheet) PDF(p *translations.Printer) ([]byte, error) {
	if !authn.ValidID("u_", string(s.Link.User)) || s.Link.Code.IsZero() || wire.ValidateHost(s.Link.Host) != nil {
		return nil, errors.New("restore sheet: no user, code or host")
	}
	code, err := qr.Encode(s.Link.Encode(), qr.LevelQ) // paper gets folded
	if err != nil {
		return nil, fmt.Errorf("restore sheet: %w", err)
	}
	png, err := code.PNG(12)
	if err != nil {
		return nil, fmt.Errorf("restore sheet: %w", err)
	}
	for _, scale := range []float64{1, 0.93, 0.87} { // a language of long words says it in smaller letters
		d := s.draw(p, png, scale)
		if d.pdf.GetY() > bottom {
			continue
		}
		var out bytes.Buffer
		if err := d.pdf.Output(&out); err != nil {
			return nil, fmt.Errorf("restore sheet: %w", err)
		}
		return out.Bytes(), nil
	}
	return nil, errors.New("restore sheet: does not fit on one page")
}

// draw draws the page, with the letters of its lists so much smaller.
func (s Sheet) draw(p *translations.Printer, png []byte, scale float64) *drawing {
	d := newDrawing(p, s.At)
	d.scale = scale
	d.head(p.T("sheet.title"), p.T("sheet.lead", "Organisation", s.Organisation))
	top := d.pdf.GetY()
	d.picture(png, p.T("sheet.picture"), top)
	d.facts([]fact{
		{p.T("sheet.organisation"), s.Organisation, false},
		{p.T("sheet.host"), s.Link.Host, true},
		{p.T("sheet.login"), s.Login, true},
		{p.T("sheet.made"), p.Day(s.At), false},
		{p.T("sheet.support"), s.Support, false},
	}, width-picture-6)
	d.pdf.SetY(max(d.pdf.GetY(), top+picture) + 8)
	d.code(p.T("sheet.code"), s.Link.Code.Groups(), p.T("sheet.letters"))
	d.list(p.T("sheet.use.title"), true, []string{
		p.T("sheet.use.install"), p.T("sheet.use.scan"), p.T("sheet.use.mail"), p.T("sheet.use.wait"), p.T("sheet.use.new"),
	})
	d.list(p.T("sheet.keep.title"), false, []string{
		p.T("sheet.keep.place"), p.T("sheet.keep.ask"), p.T("sheet.keep.lost"), p.T("sheet.keep.none"),
	})
	return d
}

type fact struct {
	name, value string
	typed       bool // by the user, one day: it must not be cut
}

// head is the title with the lead below it.
func (d *drawing) head(title, lead string) {
	d.pdf.SetXY(left, 17)
	d.font(bold, 24, brand)
	d.pdf.CellFormat(width-30, 11, d.clean(title), "", 0, "L", false, 0, "")
	d.font(bold, 13, brand)
	d.pdf.CellFormat(30, 11, "Avow", "", 1, "R", false, 0, "")
	d.font(regular, 11, black)
	d.paragraph(left, width, 5.5, lead, 2)
	d.pdf.SetY(d.pdf.GetY() + 5)
}

func (d *drawing) picture(png []byte, caption string, top float64) {
	x := float64(left + width - picture)
	kind := fpdf.ImageOptions{ImageType: "PNG"}
	d.pdf.RegisterImageOptionsReader("code", kind, bytes.NewReader(png))
	d.pdf.ImageOptions("code", x, top-4, picture, picture, false, kind, 0, "")
	d.font(regular, 8, gray)
	d.pdf.SetXY(x, top+picture-5.5)
	d.pdf.CellFormat(picture, 4, d.fit(caption, picture), "", 0, "C", false, 0, "")
	d.pdf.SetXY(left, top)
}

// facts are names with their values below; one without a value is left out.
func (d *drawing) facts(list []fact, w float64) {
	for _, f := range list {
		if f.value == "" {
			continue
		}
		d.font(regular, 8.5, gray)
		d.pdf.SetX(left)
		d.pdf.CellFormat(w, 4, d.clean(f.name), "", 1, "L", false, 0, "")
		d.value(f, w)
		d.pdf.SetY(d.pdf.GetY() + 1)
	}
}

// code is the seven groups with their numbers, four in a row.
func (d *drawing) code(title string, groups [key.RestoreGroups]string, note string) {
	const perRow, rowHeight, height = 4, 13.0, 46.0
	top := d.pdf.GetY()
	d.pdf.SetDrawColor(line.r, line.g, line.b)
	d.pdf.SetLineWidth(0.4)
	d.pdf.RoundedRect(left, top, width, height, 4, "1234", "D")
	d.font(bold, 11, brand)
	d.pdf.SetXY(left+6, top+4)
	d.pdf.CellFormat(width-12, 6, d.clean(title), "", 0, "L", false, 0, "")
	cell := (float64(width) - 12) / perRow
	for i, g := range groups {
		x, y := left+6+cell*float64(i%perRow), top+11+rowHeight*float64(i/perRow)
		d.font(regular, 9, gray)
		d.pdf.SetXY(x, y)
		d.pdf.CellFormat(6, rowHeight, strconv.Itoa(i+1), "", 0, "L", false, 0, "")
		d.font(mono, 23, black)
		d.pdf.CellFormat(cell-6, rowHeight, g, "", 0, "L", false, 0, "")
	}
	d.font(regular, 9, gray)
	d.pdf.SetXY(left+6, top+height-8)
	d.pdf.CellFormat(width-12, 5, d.clean(note), "", 0, "L", false, 0, "")
	d.pdf.SetY(top + height + 7)
}

// list is a heading with points below it, numbered where their order counts.
func (d *drawing) list(title string, numbered bool, points []string) {
	d.font(bold, 13, brand)
	d.pdf.SetX(left)
	d.pdf.CellFormat(width, 7, d.clean(title), "", 1, "L", false, 0, "")
	for i, point := range points {
		mark := "•"
		if numbered {
			mark = strconv.Itoa(i + 1)
		}
		size, height := 10.5*d.scale, 5.2*d.scale
		d.font(bold, size, brand)
		d.pdf.SetX(left)
		d.pdf.CellFormat(7, height, mark, "", 0, "L", false, 0, "")
		d.font(regular, size, black)
		d.paragraph(left+7, width-7, height, point, 3)
		d.pdf.SetY(d.pdf.GetY() + 1)
	}
	d.pdf.SetY(d.pdf.GetY() + 4)
}
