package shell

import (
	"fmt"

	"fyne.io/fyne/v2"

	"avow/internal/ui/model"
)

// Tray shows what is open beside the system's clock. Its functions are called on the UI's thread.
type Tray struct {
	// Set gets the menu each time it changes, and how many requests are open.
	Set func(menu *fyne.Menu, open int)
	// Show brings the window to the front.
	Show func()
	// Quit ends the app.
	Quit func()
}

// tray hands the menu over when it has changed.
func (s *Shell) tray() {
	t := s.opt.Tray
	if t == nil {
		return
	}
	v := s.model.Tray()
	sign := fmt.Sprintf("%+v", v)
	if sign == s.traySign {
		return
	}
	s.traySign = sign
	t.Set(s.trayMenu(v), v.Open)
}

func (s *Shell) trayMenu(v model.TrayView) *fyne.Menu {
	show := func() { s.opt.Tray.Show() }
	title := fyne.NewMenuItem(v.Title, show)
	title.Disabled = v.Open == 0
	items := []*fyne.MenuItem{title}
	for _, r := range v.Requests {
		items = append(items, fyne.NewMenuItem(r.Text, func() { // it is shown, never answered: the question stands in the window
			s.model.Answer(r.ID)
			show()
		}))
	}
	items = append(items, fyne.NewMenuItemSeparator(), fyne.NewMenuItem(v.Show, show))
	if v.Lock != "" {
		items = append(items, fyne.NewMenuItem(v.Lock, func() { s.model.Run(model.CommandLock) }))
	}
	quit := fyne.NewMenuItem(v.Quit, func() { s.opt.Tray.Quit() })
	quit.IsQuit = true
	return fyne.NewMenu(s.model.Name(), append(items, quit)...)
}
