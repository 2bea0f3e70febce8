package screen

import (
	"unicode"

	"fyne.io/fyne/v2"

	"avow/assets/icons"
	"avow/internal/ui/model"
	"avow/internal/ui/style"
	w "avow/internal/ui/widgets"
)

// typeDigits is a field for the digits of a code that was sent, and the keys for them: those on the screen, those of a keyboard, and what lies on the clipboard.
// typed hears of each change; submit hands all of the digits on, or shows that some are missing.
func (s *Screen) typeDigits(a *model.App, f Frame, digits string, typed, send func(string)) (number *w.NumberField, pad fyne.CanvasObject, submit func()) {
	number = name(s, "number", w.NewDigitsField(model.ProofDigits))
	number.Set(digits)
	number.OnChanged = typed
	submit = func() {
		if !number.Complete() {
			number.Shake(a.T("app.proof.all_digits"))
			return
		}
		send(number.Value())
	}
	number.OnKey = func(e *fyne.KeyEvent) bool {
		if e.Name == fyne.KeyReturn || e.Name == fyne.KeyEnter {
			submit()
			return true
		}
		return false
	}
	s.Rune = func(r rune) {
		if unicode.IsDigit(r) {
			number.Type(r)
		}
	}
	s.Key = func(e *fyne.KeyEvent) { number.TypedKey(e) }
	paste := w.Corner{Icon: icons.Clipboard, Text: a.T("app.proof.paste"), OnTap: f.Files.Paste}
	if f.Small || style.LargeText() {
		paste.Text = "" // the key is too narrow for the word
	}
	pad = name(s, "keypad", w.NewKeypad(w.KeySmall, paste, w.Corner{Icon: icons.Backspace, OnTap: number.Backspace}, number.Type).Guarded(f.Guard).UpTo(style.SizeKey))
	return number, pad, submit
}
