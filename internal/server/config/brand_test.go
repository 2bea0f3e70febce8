package config

import (
	"slices"
	"testing"

	"avow/internal/wire"
)

func TestBrandFaults(t *testing.T) {
	for name, c := range map[string]struct {
		brand Brand
		keys  []string
	}{
		"none":  {},
		"good":  {Brand{Phone: "+46 46 555 01 00", Mail: "desk@example.com", Light: brandColors, Dark: brandColors}, nil},
		"phone": {Brand{Phone: "ask Maja"}, []string{"brand.phone"}},
		"mail":  {Brand{Mail: "Desk <desk@example.com>"}, []string{"brand.mail"}},
		"links": {Brand{Links: []string{"Help http://example.com", "https://example.com", "Bad https://user@example.com/"}}, []string{"brand.links", "brand.links", "brand.links"}},
		"many":  {Brand{Links: slices.Repeat([]string{"Help https://example.com"}, 5)}, []string{"brand.links"}},
		"half":  {Brand{Light: brandColors}, slices.Repeat([]string{"brand.dark"}, 7)},
	} {
		var fs Faults
		c.brand.check(&fs)
		var keys []string
		for _, f := range fs {
			key := f.Key
			if len(key) > 10 && key[:10] == "brand.dark" {
				key = "brand.dark"
			}
			keys = append(keys, key)
		}
		if !slices.Equal(keys, c.keys) {
			t.Errorf("%s: faults at %q, want %q", name, keys, c.keys)
		}
	}
	w := Brand{Links: []string{"First steps https://help.example.com/avow"}, Light: brandColors, Dark: brandColors}.Wire()
	if w.Light == nil || w.Links[0] != (wire.BrandLink{Text: "First steps", URL: "https://help.example.com/avow"}) {
		t.Errorf("phones get %+v", w)
	}
}
