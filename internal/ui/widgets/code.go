package widgets

import (
	"fyne.io/fyne/v2"

	"avow/assets/icons"
	"avow/internal/ui/style"
)

// CodeRow is a row of the list of codes: tile with a letter, issuer and name,
// the code in groups, a ring with the time left. A tap announces; what is
// copied is not the widget's business.
type CodeRow struct {
	control
	spec CodeSpec
	ring *Ring
}

// CodeSpec is what a row of codes shows, all of it ready to be read.
type CodeSpec struct {
	Letter   string
	Tone     Tone // of the tile
	Issuer   string
	Name     string
	Code     string  // with its groups apart, "204 118"
	Left     float32 // part of the time left, 1 to 0
	Seconds  string
	Late     bool
	NextWord string // with Next: "Next", "318 442" in the last seconds
	Next     string
	Copied   string // words after a copy, instead of the next code
	OnTap    func()
}

// NewCodeRow returns a row.
func NewCodeRow(spec CodeSpec) *CodeRow {
	r := &CodeRow{ring: NewSmallRing()}
	r.Set(spec)
	r.ExtendBaseWidget(r)
	return r
}

// Set shows another state, once a second.
func (r *CodeRow) Set(spec CodeSpec) {
	r.spec = spec
	r.tap = spec.OnTap
	r.ring.Set(spec.Left, spec.Seconds, spec.Late)
	r.Refresh()
}

// CreateRenderer makes the row.
func (r *CodeRow) CreateRenderer() fyne.WidgetRenderer {
	r.furnish(style.RadiusKey)
	tile := NewLetterTile("", Quiet, style.SizeAvatar)
	head, below := NewText(style.TextBody, style.Text), NewText(style.TextBody, style.TextMuted)
	code := newHeavy("")
	check := newGlyph()
	v := &view{of: r, objects: []fyne.CanvasObject{r.overlay, tile, head, code.under, code.over, check.Image, below, r.ring, r.control.ring}}
	v.paint = func() {
		if tile.letter != r.spec.Letter || tile.tone != r.spec.Tone {
			tile.letter, tile.tone = r.spec.Letter, r.spec.Tone
			tile.Refresh()
		}
		head.SetRuns(Run{Text: r.spec.Issuer, Bold: true}, Run{Text: "  " + r.spec.Name, Color: style.TextMuted})
		code.set(r.spec.Code)
		code.dress(style.TextSize(style.TextCode), style.Text)
		name := icons.Name("")
		below.Hidden = false
		switch {
		case r.spec.Copied != "":
			name = icons.Check.Bold()
			below.SetRuns(Run{Text: r.spec.Copied, Bold: true, Color: style.Positive})
		case r.spec.Next != "":
			below.SetRuns(Run{Text: r.spec.NextWord + " "}, Run{Text: r.spec.Next, Mono: true, Bold: true, Color: style.Text})
		default:
			below.Hidden = true
		}
		check.set(name, style.Positive)
		r.shade()
	}
	const start, pad = 74, 10
	v.layout = func(s fyne.Size) {
		r.frame(0, 0, s.Width, s.Height)
		place(tile, style.SpaceCardPadding, (s.Height-style.SizeAvatar)/2, style.SizeAvatar, style.SizeAvatar)
		end := s.Width - style.SpaceCardPadding - style.SizeRingSmall
		place(r.ring, end, (s.Height-style.SizeRingSmall)/2, style.SizeRingSmall, style.SizeRingSmall)
		w := end - start - style.Space3
		y := float32(pad)
		h := heightAt(head, w)
		place(head, start, y, w, h)
		y += h
		ch := code.over.TextSize * style.LineHeightCode
		code.middle(start, y, code.width(), ch)
		y += ch
		x := float32(start)
		if r.spec.Copied != "" {
			place(check.Image, x, y, style.IconInline, style.IconInline)
			x += style.IconInline + statusGap
		}
		w = s.Width - style.SpaceCardPadding - x
		place(below, x, y, w, heightAt(below, w))
	}
	v.min = func() fyne.Size {
		h := head.MinSize().Height + style.TextSize(style.TextCode)*style.LineHeightCode + 2*pad
		if !below.Hidden {
			h += below.MinSize().Height
		}
		return fyne.NewSize(start+120+style.SizeRingSmall+2*style.SpaceCardPadding, h)
	}
	return v.ready()
}
