package screen

import (
	"runtime"

	"fyne.io/fyne/v2"

	"avow/assets/icons"
	"avow/internal/ui/model"
	"avow/internal/ui/style"
	w "avow/internal/ui/widgets"
)

// CommandKeys are the keys of the commands: the name of a key of Fyne, and whether the system's Ctrl is held with it.
var CommandKeys = map[model.Command]struct {
	Key  fyne.KeyName
	Ctrl bool
}{
	model.CommandHome:      {fyne.Key1, true},
	model.CommandCodes:     {fyne.Key2, true},
	model.CommandComputers: {fyne.Key3, true},
	model.CommandSettings:  {fyne.Key4, true},
	model.CommandSearch:    {fyne.KeyF, true},
	model.CommandAdd:       {fyne.KeyN, true},
	model.CommandLock:      {fyne.KeyL, true},
	model.CommandHelp:      {fyne.KeyF1, false},
}

// KeyWords says how a command is typed, in the app's language: "Ctrl+1".
func KeyWords(a *model.App) func(model.Command) string {
	return func(c model.Command) string {
		k, ok := CommandKeys[c]
		switch {
		case !ok:
			return ""
		case !k.Ctrl:
			return string(k.Key)
		case runtime.GOOS == "darwin":
			return "⌘" + string(k.Key)
		}
		return a.T("app.help.key_ctrl", "Key", string(k.Key))
	}
}

// helpRow leads to the help.
func helpRow(s *Screen, a *model.App) *w.Row {
	return name(s, "help", w.NewRow(w.RowSpec{Icon: icons.Lifebuoy, Title: a.T("app.command.help"), Caret: true, OnTap: func() { a.Open(model.PageHelp) }}))
}

// motionRow takes motion away.
func motionRow(s *Screen, a *model.App, v model.SettingsView) *w.Row {
	return name(s, "motion", w.NewSwitchRow(icons.Pulse, a.T("app.settings.motion"), v.Choices.LessMotion, func(on bool) {
		a.Choose(func(c *model.Choices) { c.LessMotion = on })
	}))
}

// Help says who helps, and on a desktop the keys.
func Help(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Help(KeyWords(a))
	rows := []fyne.CanvasObject{w.TopBar(a.T("app.command.help"), a.Back), w.NewNote(w.NoteSpec{Icon: icons.Flag, Text: v.Advice})}
	desk := w.Column(12)
	for _, x := range v.Support {
		desk.Add(w.Line(12, 1, w.NewIcon(icons.Headset, style.IconRow, style.Primary), w.Column(2, w.NewCaption(x.Keys), w.NewMono(style.TextSubheading, x.Text))))
	}
	desk.Add(w.NewMuted(v.Tell))
	rows = append(rows, w.NewCard(w.Column(12, w.NewStrong(a.T("app.help.support")), desk)))
	if f.Keys {
		keys := w.Column(14, w.NewStrong(a.T("app.help.keys")))
		for _, x := range v.Keys {
			keys.Add(w.Line(12, 0, w.NewBody(x.Text), w.NewMono(style.TextBody, x.Keys)))
		}
		rows = append(rows, w.NewCard(keys))
	}
	s.Object, _ = f.page(w.Column(12, rows...), nil)
	return s
}
