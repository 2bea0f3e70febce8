package tour

import (
	"errors"
	"slices"

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
			return errors.Join(t.page(model.PageSupport), t.shot("brand-"+name+"-support"), t.putDown())
		}); err != nil {
			return err
		}
	}
	theme(t.app) // the windows share it: hers does not know that another one had changed it
	t.hand(hers)
	return t.page(model.PageHome)
}

// putDown closes the phone that was taken last: the walk goes on without it.
func (t *tour) putDown() error {
	t.drain()
	h := t.handset
	t.handsets = slices.DeleteFunc(t.handsets, func(x *handset) bool { return x == h })
	h.shell.Close()
	h.model.Close()
	h.stop()
	t.drain()
	return nil
}
