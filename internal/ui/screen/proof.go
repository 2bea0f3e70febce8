package screen

import (
	"fyne.io/fyne/v2"

	"avow/assets/icons"
	"avow/internal/authn"
	"avow/internal/ui/model"
	"avow/internal/ui/style"
	w "avow/internal/ui/widgets"
)

// Proof asks for what is typed beside scanning: a password, or eight digits.
func Proof(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Proof()
	wrong := newProblem(w.Warn, icons.Warning)
	var field proofField
	connect := name(s, "connect", w.NewMainButton(a.T("app.connect.connect"), icons.Fingerprint, func() { field.submit() }).Guarded(f.Guard))
	if v.Kind == authn.ProofPassword {
		field = s.password(a, v)
	} else {
		field = s.digits(a, f, v)
	}
	head := w.Line(14, 1, w.NewTile(icons.Building, w.Brand), w.Column(2, w.NewTitle(v.Organisation), w.NewMuted(v.Account)))
	top := w.Column(12, head, w.Column(2, w.NewCaption(a.T("app.connect.address")), w.NewMono(style.TextLead, v.Host)))
	title := w.NewHeading(v.Title)
	if f.Small {
		title, top = w.NewTitle(v.Title), w.Column(2, w.NewStrong(v.Organisation), w.NewMono(style.TextBody, v.Host))
	}
	lead := w.Column(0, w.Gap(8), w.NewLead(v.Text))
	if f.Small && field.pad != nil {
		lead.Hide()
	}
	rows := []fyne.CanvasObject{w.TopBar("", a.Back), title, lead, w.Gap(12), w.NewSlip(top, field.object), w.Gap(12), wrong.note}
	if field.pad != nil {
		rows = append(rows, field.pad)
	}
	var refit func()
	s.Object, refit = f.page(w.Column(0, rows...), connect)
	field.onWords(func(some bool) {
		lead.Show()
		if field.pad != nil && (some || f.Small) {
			lead.Hide() // a keypad needs the room, and the words say what to do
		}
		refit()
	})
	tries := 0
	s.Update = func() {
		v := a.Proof()
		connect.SetBusy(a.Busy())
		field.take(v)
		if v.Tries != tries {
			if tries = v.Tries; v.Wrong != "" {
				field.wrong(v.Wrong)
				if field.focus != nil {
					f.Canvas.Focus(field.focus)
				}
			}
		}
		wrong.say(v.Head, v.Words, refit)
	}
	s.Shown = func() {
		s.Update()
		if field.focus != nil {
			f.Canvas.Focus(field.focus)
		}
	}
	return s
}

// proofField is what is typed into, whatever it is.
type proofField struct {
	object  fyne.CanvasObject
	pad     fyne.CanvasObject // a keypad; nil where the keyboard is the system's
	focus   fyne.Focusable
	submit  func()
	wrong   func(words string)
	take    func(model.ProofView)         // what came from elsewhere: the clipboard
	onWords func(changed func(some bool)) // of the words below
}

func (s *Screen) password(a *model.App, v model.ProofView) proofField {
	field := name(s, "password", w.NewField(w.FieldSpec{Icon: icons.Key, Label: v.Label, Secret: true}))
	s.Names["eye"] = field.Eye()
	field.OnSubmitted = a.SubmitProof
	return proofField{
		object: field, focus: field.Focusable(), wrong: field.SetWrong, take: func(model.ProofView) {},
		submit: func() { a.SubmitProof(field.Text()) },
		onWords: func(changed func(bool)) {
			field.OnWords = func() { changed(field.Wrong() != "") }
		},
	}
}

func (s *Screen) digits(a *model.App, f Frame, v model.ProofView) proofField {
	number, pad, submit := s.typeDigits(a, f, v.Digits, a.ProofTyped, a.SubmitProof)
	return proofField{
		object: number, pad: pad, submit: submit, wrong: number.SetWrong,
		take: func(v model.ProofView) {
			if v.Digits != number.Value() {
				number.Set(v.Digits)
			}
		},
		onWords: func(changed func(bool)) {
			some := false
			number.OnWords = func() {
				if now := number.Words() != ""; now != some {
					some = now
					changed(some)
				}
			}
		},
	}
}
