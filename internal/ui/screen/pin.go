package screen

import (
	"fyne.io/fyne/v2"

	"avow/assets/icons"
	"avow/internal/ui/model"
	"avow/internal/ui/style"
	w "avow/internal/ui/widgets"
)

// PIN is every screen that asks for a PIN: the lock, a question before an act, the first choice and the change.
func PIN(p model.Page, a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.PIN()
	dots := w.NewPinDots(v.Length)
	ask := w.NewBody(v.Ask).Centered()
	words := w.NewMuted(v.Words).Centered()
	left := w.Corner{}
	if v.Biometric {
		left = w.Corner{Icon: icons.Fingerprint, Soft: true, OnTap: a.UseBiometric}
	}
	pad := name(s, "keypad", w.NewKeypad(w.KeySmall, left, w.Corner{Icon: icons.Backspace, OnTap: a.Backspace}, a.Digit).UpTo(w.KeyHigh))
	var head fyne.CanvasObject = w.NewBigTile(icons.Lock, w.Brand, 72)
	if v.Initials != "" {
		head = w.NewAvatar(v.Initials, 72)
	}
	name1, below := w.NewTitle(v.Name).Centered(), w.NewMuted(v.Below).Centered()
	face, place := w.Column(0, w.Gap(4), w.Center(head), w.Gap(14)), w.Column(0, w.Gap(2), below)
	top := w.Gap(style.SizeTopBar)
	spare := []fyne.CanvasObject{face, place, top}
	if v.Back {
		top = w.TopBar("", a.Back)
		spare = spare[:2]
	}
	var refit func()
	who := []fyne.CanvasObject{top, face, name1, place, w.Space()}
	if len(v.Alerts) > 0 {
		who = []fyne.CanvasObject{w.Gap(8)}
		for i, x := range v.Alerts {
			who = append(who, alertSlip(s, a, f, x, i+1), w.Gap(12))
		}
		who = append(who, w.Space())
	}
	var foot fyne.CanvasObject
	if v.Blocked && !v.Biometric { // no key does anything any more
		s.Object, _ = f.page(w.Column(0, append(who, w.NewTitle(v.Ask).Centered(), w.Gap(8), w.NewLead(v.Words).Centered(), w.Space())...),
			name(s, "forgot", w.NewMainButton(v.Forgot, icons.Lifebuoy, a.OpenForgot).Guarded(f.Guard)))
		return s
	}
	if v.Forgot != "" {
		foot = name(s, "forgot", w.NewButton(w.Plain, v.Forgot, "", a.OpenForgot))
	}
	s.Object, refit = f.page(w.Column(0, append(who, ask, w.Gap(16), w.Center(dots), w.Gap(12), words, w.Gap(20), pad, w.Gap(8))...), foot, spare...)
	s.Update = func() {
		v := a.PIN()
		dots.Set(v.Filled, v.Wrong)
		say := v.Words
		if busy := a.Busy(); busy != "" {
			say = busy
		}
		if words.String() != say || ask.String() != v.Ask {
			words.SetText(say)
			ask.SetText(v.Ask)
			refit()
		}
	}
	s.Rune = a.Digit
	s.Key = func(e *fyne.KeyEvent) {
		if e.Name == fyne.KeyBackspace {
			a.Backspace()
		}
	}
	s.Shown = func() {
		s.Update()
		if p == model.PageLock && v.Biometric {
			a.UseBiometric() // the lock asks the sensor at once
		}
	}
	return s
}
