package tour

import (
	"errors"

	"avow/assets/brand/examples"
	"avow/internal/ui/model"
)

// brands shows the app as the own one of two organizations.
func (t *tour) brands() error {
	hers := t.handset
	for _, name := range examples.Names {
		own := examples.Brand(name)
		if err := t.do("an app of its own: "+own.Name, func() error {
			if err := t.takeOf(own.Name, own); err != nil {
				return err
			}
			if err := t.shot("brand-" + name); err != nil {
				return err
			}
			t.model.Open(model.PageSupport)
			return errors.Join(t.page(model.PageSupport), t.shot("brand-"+name+"-support"))
		}); err != nil {
			return err
		}
	}
	t.hand(hers)
	return t.page(model.PageHome)
}
