package style

import (
	"strings"
	"testing"

	"avow/assets/brand/examples"
)

// TestExampleBrands: the two examples can be read; a color that can't makes the whole brand one that is not shown.
func TestExampleBrands(t *testing.T) {
	for _, name := range examples.Names {
		b := examples.Brand(name)
		made, err := NewBrand(*b.Light, *b.Dark)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if th := NewTheme(Options{Appearance: Dark, Brand: made}); th.shade(Primary, th.variant(0)) != made.Dark.Primary || th.shade(YesFill, th.variant(0)) != colors[YesFill].dark {
			t.Errorf("%s: the theme does not show it", name)
		}
	}
	pale := *examples.Brand("clinic").Light
	pale.OnPrimary = "#B06A98"
	if _, err := NewBrand(pale, *examples.Brand("clinic").Dark); err == nil || !strings.Contains(err.Error(), "contrast of") {
		t.Errorf("colors that can't be read: %v", err)
	}
	pale.OnPrimary = "white"
	if _, err := NewBrand(pale, pale); err == nil || !strings.Contains(err.Error(), "on_primary") {
		t.Errorf("a color that is none: %v", err)
	}
}
