package shell

import (
	"runtime"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"avow/internal/ui/model"
	"avow/internal/ui/screen"
	"avow/internal/ui/widgets"
)

// hasKeyboard tells whether keys are worth a word.
func hasKeyboard() bool { return !fyne.CurrentDevice().IsMobile() }

// shortcut is the key of a command as Fyne hears it; nil for one that is typed without Ctrl.
func shortcut(c model.Command) fyne.Shortcut {
	k := screen.CommandKeys[c]
	if !k.Ctrl {
		return nil
	}
	return &desktop.CustomShortcut{KeyName: k.Key, Modifier: fyne.KeyModifierShortcutDefault}
}

// listen has the window hear the keys of all commands.
func (s *Shell) listen() {
	for _, x := range s.model.Commands() {
		if key := shortcut(x.Command); key != nil {
			s.win.Canvas().AddShortcut(key, s.Shortcut)
		}
	}
}

// Shortcut is what the window hears when a key is typed with Ctrl.
func (s *Shell) Shortcut(typed fyne.Shortcut) {
	for c := range screen.CommandKeys {
		if key := shortcut(c); key != nil && key.ShortcutName() == typed.ShortcutName() {
			s.run(c)
			return
		}
	}
}

// run runs a command. A menu or sheet that is open belongs to the page, and goes with it.
func (s *Shell) run(c model.Command) {
	if s.win.Canvas().Overlays().Top() != nil && c != model.CommandLock {
		return // it asks something: its own buttons and Esc lead on
	}
	if s.model.Run(c) && c == model.CommandSearch {
		s.wanted = "search"
		s.Changed()
	}
}

// command runs what a key without Ctrl stands for, and tells whether it was one.
func (s *Shell) command(name fyne.KeyName) bool {
	if name == fyne.KeyF10 {
		s.showMenu()
		return true
	}
	for c, k := range screen.CommandKeys {
		if !k.Ctrl && k.Key == name {
			s.run(c)
			return true
		}
	}
	return false
}

// showMenu opens the menu of all commands under the app's name, or in the corner where that does not stand.
func (s *Shell) showMenu() {
	if s.win.Canvas().Overlays().Top() != nil {
		return
	}
	var items []widgets.MenuItem
	words := screen.KeyWords(s.model)
	for _, x := range s.model.Commands() {
		if x.Can {
			items = append(items, widgets.MenuItem{Text: x.Text, End: words(x.Command), OnTap: func() { s.run(x.Command) }})
		}
	}
	if len(items) == 0 {
		return
	}
	anchor := s.menuAnchor
	if anchor == nil {
		anchor = s.root
	}
	widgets.ShowMenu(s.win.Canvas(), anchor, items...)
}

// mainMenu gives the system's own menu bar to a window, where the system has one. Elsewhere it would be a second row of buttons over the
// app's own; there F10 and the app's name open the menu.
func (s *Shell) mainMenu() {
	if runtime.GOOS != "darwin" {
		return
	}
	menu := &fyne.Menu{Label: s.model.Name()}
	for _, x := range s.model.Commands() {
		menu.Items = append(menu.Items, &fyne.MenuItem{Label: x.Text, Shortcut: shortcut(x.Command), Disabled: !x.Can, Action: func() { s.run(x.Command) }})
	}
	s.win.SetMainMenu(fyne.NewMainMenu(menu))
}
