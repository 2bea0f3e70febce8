package template

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// plain writes a mail without markup for programs and people that want none.
type plain struct {
	out   []piece
	lines int  // line breaks that are due before the next text
	space bool // a space is
	link  []piece
	from  int   // where the text of the link begins
	items []int // numbers of the lists around; 0 for one without
}

var blocks = set(`p div h1 h2 h3 h4 h5 h6 ul ol table tr blockquote pre header footer main section article`)

// spaced blocks have an empty line around them.
var spaced = set(`p h1 h2 h3 h4 h5 h6 ul ol table blockquote`)

func (p *plain) start(element string, href []piece) {
	switch {
	case element == "br":
		p.lines++
	case element == "hr":
		p.breakLine(2)
		p.write(piece{text: "———"})
		p.breakLine(2)
	case element == "a":
		p.link, p.from = href, len(p.out)
	case element == "ul" || element == "ol":
		p.items = append(p.items, map[string]int{"ul": 0, "ol": 1}[element])
		p.block(element)
	case element == "li":
		p.breakLine(1)
		mark := "-"
		if n := len(p.items); n > 0 && p.items[n-1] > 0 {
			mark = strconv.Itoa(p.items[n-1]) + "."
			p.items[n-1]++
		}
		p.write(piece{text: mark})
		p.space = true
	case element == "td" || element == "th":
		p.space = true
	default:
		p.block(element)
	}
}

func (p *plain) end(element string) {
	switch element {
	case "a":
		if p.link != nil && !slices.Equal(p.out[min(p.from, len(p.out)):], p.link) && !p.same() {
			if len(p.out) > p.from {
				p.write(piece{text: ": "})
			}
			p.space = false
			for _, l := range p.link {
				p.write(l)
			}
		}
		p.link = nil
	case "ul", "ol":
		p.items = p.items[:max(len(p.items)-1, 0)]
		p.block(element)
	default:
		p.block(element)
	}
}

// same reports whether the text of the link says where it leads.
func (p *plain) same() bool {
	var text strings.Builder
	for _, o := range p.out[min(p.from, len(p.out)):] {
		text.WriteString(o.text + string(o.name))
	}
	var to strings.Builder
	for _, l := range p.link {
		to.WriteString(l.text + string(l.name))
	}
	return strings.TrimSpace(text.String()) == to.String()
}

func (p *plain) block(element string) {
	if spaced[element] {
		p.breakLine(2)
	} else if blocks[element] {
		p.breakLine(1)
	}
}

func (p *plain) breakLine(n int) { p.lines = max(p.lines, n) }

func (p *plain) text(ps []piece) {
	for _, t := range ps {
		switch t.name {
		case "":
			p.words(t.text)
		case EnrollQRCode: // a picture
		default:
			p.write(t)
		}
	}
}

// words adds text with its white space as HTML shows it (WHATWG HTML, section 15.3; CSS Text 3, section 4.1).
func (p *plain) words(s string) {
	first, _ := utf8.DecodeRuneInString(s)
	last, _ := utf8.DecodeLastRuneInString(s)
	p.space = p.space || unicode.IsSpace(first)
	for i, w := range strings.Fields(s) {
		p.space = p.space || i > 0
		p.write(piece{text: w})
	}
	p.space = p.space || unicode.IsSpace(last)
}

func (p *plain) write(t piece) {
	switch {
	case len(p.out) == 0:
	case p.lines > 0:
		p.out = append(p.out, piece{text: strings.Repeat("\n", min(p.lines, 2))})
	case p.space:
		p.out = append(p.out, piece{text: " "})
	}
	p.lines, p.space = 0, false
	p.out = append(p.out, t)
}

func (p *plain) pieces() []piece { return p.out }
