package config

import (
	"fmt"
	"strings"

	"avow/internal/authn"
	"avow/internal/wire"
)

// Wire is the brand as phones get it.
func (b Brand) Wire() wire.Brand {
	w := wire.Brand{Phone: b.Phone, Mail: b.Mail}
	for _, l := range b.Links {
		w.Links = append(w.Links, brandLink(l))
	}
	if light, dark := wire.BrandColors(b.Light), wire.BrandColors(b.Dark); light != (wire.BrandColors{}) {
		w.Light, w.Dark = &light, &dark
	}
	return w
}

// brandLink splits a link at its last space.
func brandLink(s string) wire.BrandLink {
	i := strings.LastIndexByte(s, ' ')
	if i < 0 {
		return wire.BrandLink{URL: s}
	}
	return wire.BrandLink{Text: strings.TrimSpace(s[:i]), URL: s[i+1:]}
}

func (b Brand) check(fs *Faults) {
	if b.Phone != "" && !wire.ValidPhone(b.Phone) {
		fs.add("brand.phone", fmt.Sprintf("%.60q is not a telephone number", b.Phone), `Write digits and spaces, for instance "046-555 01 00"`)
	}
	if b.Mail != "" && !wire.ValidMail(b.Mail) {
		fs.add("brand.mail", fmt.Sprintf("%.100q is not a mail address", b.Mail), `Write it alone, for instance "desk@example.com"`)
	}
	if len(b.Links) > wire.MaxBrandLinks {
		fs.add("brand.links", fmt.Sprintf("There are %d links", len(b.Links)), fmt.Sprintf("Keep the %d that help most", wire.MaxBrandLinks))
	}
	for _, l := range b.Links {
		if x := brandLink(l); !x.Valid() || authn.CleanText(x.Text, 64) != x.Text {
			fs.add("brand.links", fmt.Sprintf("%.120q is not a text and an address", l), `Write for instance "First steps https://help.example.com/avow"`)
		}
	}
	none := BrandColors{}
	if b.Light == none && b.Dark == none {
		return
	}
	for _, table := range []struct {
		name   string
		colors BrandColors
	}{{"light", b.Light}, {"dark", b.Dark}} {
		for _, c := range wire.BrandColors(table.colors).All() {
			if !wire.ValidColor(c.Value) {
				fs.add("brand."+table.name+"."+c.Name, fmt.Sprintf("%.20q is not a color", c.Value), `Write all seven colors of both tables as "#RRGGBB", or none of them`)
			}
		}
	}
}
