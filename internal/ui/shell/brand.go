package shell

import (
	"avow/internal/ui/style"
	"avow/internal/wire"
)

// brandLook is the brand that is shown, as it was asked for.
type brandLook struct {
	light, dark wire.BrandColors
	made        *style.Brand
}

// brandLook gives the colors of the organization whose account is shown. Those that can't be read on each other are left out: then Avow's are shown.
func (s *Shell) brandLook() *style.Brand {
	light, dark := s.model.Colors()
	if light == nil || dark == nil {
		return nil
	}
	if s.brand.light != *light || s.brand.dark != *dark {
		made, _ := style.NewBrand(*light, *dark) // what is wrong is the organization's to mend, and docs/branding.md says how it finds that
		s.brand = brandLook{*light, *dark, made}
	}
	return s.brand.made
}
