package shell

import (
	"avow/assets/icons"
	"avow/assets/translations"
	"avow/internal/ui/widgets"
)

// iconTexts are what a screen reader says of an icon that stands alone.
var iconTexts = map[icons.Name]translations.Message{
	icons.ArrowLeft:   "app.icon.back",
	icons.ArrowRight:  "app.icon.next",
	icons.Backspace:   "app.icon.delete",
	icons.CaretDown:   "app.icon.down",
	icons.CaretUp:     "app.icon.up",
	icons.Close:       "app.icon.close",
	icons.Dots:        "app.icon.more",
	icons.Eye:         "app.icon.show",
	icons.EyeSlash:    "app.icon.hide",
	icons.Fingerprint: "app.icon.fingerprint",
	icons.Gear:        "app.tab.settings",
	icons.Info:        "app.icon.info",
	icons.Keyboard:    "app.icon.typed",
	icons.Minus:       "app.icon.fewer",
	icons.Pin:         "app.icon.pin",
	icons.Plus:        "app.icon.add",
	icons.Scan:        "app.tab.scan",
	icons.Search:      "app.command.search",
	icons.Trash:       "app.icon.remove",
	icons.Undo:        "app.icon.bring_back",
}

// stateTexts are what it says of a state, and of a picture.
var stateTexts = map[widgets.Word]translations.Message{
	widgets.WordOn:     "app.icon.on",
	widgets.WordOff:    "app.icon.off",
	widgets.WordChosen: "app.icon.chosen",
	widgets.WordBusy:   "app.icon.busy",
	widgets.WordHidden: "app.icon.hidden",
	widgets.WordCode:   "app.icon.code",
	widgets.WordCamera: "app.icon.camera",
}

// speak has the widgets say what has no words in the app's language.
func (s *Shell) speak() {
	say := func(id translations.Message) string {
		if id == "" {
			return ""
		}
		return s.model.T(id)
	}
	widgets.SetIconWords(func(n icons.Name) string { return say(iconTexts[n]) }, func(w widgets.Word) string { return say(stateTexts[w]) })
}
