package desk

import (
	"fyne.io/fyne/v2"

	"avow/assets/icons"
	"avow/internal/authn"
	w "avow/internal/ui/widgets"
)

// machines are the computers that one can sit down at, and the network plug of the one that is shown.
func (s *Screen) machines(st State) fyne.CanvasObject {
	t := s.desk.T
	var options []w.Option
	for _, name := range st.Computers {
		options = append(options, w.Option{Icon: icons.Laptop, Text: name})
	}
	choose := w.NewSegmented(st.Computer, s.desk.ShowComputer, options...)
	plug := w.NewSwitchRow(icons.CloudSlash, t.T("desk.no_network"), st.NoNetwork, s.desk.Unplug)
	s.Names["computer"], s.Names["no-network"] = choose, plug
	return w.Column(8, choose, plug)
}

// offline is what a computer shows that cannot reach its server.
func (s *Screen) offline(st State) []fyne.CanvasObject {
	t := s.desk.T
	ring := s.ring(st, authn.ChallengeLifetime)
	above := []fyne.CanvasObject{w.Line(10, 0, w.Column(2, w.NewTitle(t.T("desk.offline", "Computer", st.Name())), w.NewMuted(t.T("desk.offline_scan"))), ring)}
	if st.QR != "" {
		q := code(st.QR, 200)
		s.Names["qr"] = q
		above = append(above, w.Center(q))
	}
	field := w.NewField(w.FieldSpec{Icon: icons.Key, Label: t.T("desk.offline_code")})
	field.OnSubmitted = s.desk.Type
	s.Names["code"] = field
	hint := fyne.CanvasObject(w.NewMuted(t.T("desk.offline_list", "Computer", st.Name(), "Prefix", st.Prefix)))
	if st.Notice != "" { // in place of the hint: the window is full
		text := st.Notice
		if st.NoTry {
			text += " " + t.T("desk.no_try")
		}
		hint = w.NewNote(w.NoteSpec{Tone: w.Warn, Icon: icons.Warning.Fill(), Text: text})
	}
	below := []fyne.CanvasObject{hint, field}
	enter := s.button("enter", w.Main, t.T("desk.sign_in"), func() { s.desk.Type(field.Text()) })
	if st.Busy {
		enter.SetBusy(t.T("desk.checking"))
	}
	return []fyne.CanvasObject{
		w.NewSlip(w.Column(10, above...), w.Column(10, below...)), w.Gap(12), enter, w.Gap(4),
		w.Line(8, 0, s.button("again", w.Plain, t.T("desk.offline_again"), s.desk.Again), s.button("cancel", w.Plain, t.T("desk.cancel"), s.desk.Cancel)),
	}
}
