package desk

import (
	"fmt"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"avow/assets/icons"
	"avow/assets/translations"
	"avow/internal/authn"
	"avow/internal/qr"
	"avow/internal/ui/style"
	w "avow/internal/ui/widgets"
	"avow/internal/wire"
)

// Screen is the desk on a window.
type Screen struct {
	desk  *Desk
	root  *fyne.Container
	sign  string
	tick  func()
	Names map[string]fyne.CanvasObject
}

// NewScreen makes the desk's screen; Sync brings it up to date.
func NewScreen(d *Desk) *Screen {
	s := &Screen{desk: d, root: w.Column(0)}
	s.Sync()
	return s
}

// Object is the screen.
func (s *Screen) Object() fyne.CanvasObject { return w.Middle(460, w.Pad(24, s.root)) }

// Sync makes the screen show the desk's state. It runs on the UI's thread.
func (s *Screen) Sync() {
	st := s.desk.State()
	sign := st
	sign.User, sign.Until = "", time.Time{}
	if sign := fmt.Sprintf("%+v", sign); sign != s.sign {
		s.sign, s.tick, s.Names = sign, nil, map[string]fyne.CanvasObject{}
		s.root.Objects = s.build(st)
		s.root.Refresh()
	}
	if s.tick != nil {
		s.tick()
	}
}

func (s *Screen) build(st State) []fyne.CanvasObject {
	t := s.desk.T
	what := t.T("desk.what")
	if st.NoNetwork {
		what = t.T("desk.what_unplugged")
	}
	head := w.Line(10, 1, w.NewTile(icons.Laptop, w.Brand), w.Column(0, w.NewTitle(st.Name()), w.NewMuted(what)))
	rows := []fyne.CanvasObject{head, w.Gap(20)}
	switch st.Mode {
	case Waiting:
		rows = append(rows, s.waiting(st)...)
	case Offline:
		rows = append(rows, s.offline(st)...)
	case SignedIn:
		rows = append(rows, s.signedIn(st)...)
	case Connect:
		rows = append(rows, s.connect(st)...)
	case Question:
		rows = append(rows, s.question(st)...)
	case Done:
		rows = append(rows, w.NewSlip(w.Column(12, w.Line(0, -1, w.NewStamp()), w.NewDisplay(t.T("desk.connected"))), w.NewLead(t.T("desk.connected_text"))),
			w.Gap(16), s.button("back", w.Main, t.T("desk.sign_in"), s.desk.Back))
	case Refused:
		rows = append(rows, w.NewNote(w.NoteSpec{Tone: w.Bad, Icon: icons.Prohibit.Fill(), Text: st.Fault}), w.Gap(16),
			s.button("back", w.Main, t.T("desk.again"), s.desk.Back))
	default:
		rows = append(rows, s.form(st)...)
	}
	if st.Mail != "" {
		rows = append(rows, w.Gap(16), w.NewNote(w.NoteSpec{Tone: w.Quiet, Icon: icons.Mail, Strong: t.T("desk.mail"), Text: st.Mail, Below: true}))
	}
	return rows
}

func (s *Screen) button(name string, k w.Kind, text string, f func()) *w.Button {
	b := w.NewButton(k, text, "", f)
	s.Names[name] = b
	return b
}

func (s *Screen) form(st State) []fyne.CanvasObject {
	t := s.desk.T
	user := w.NewField(w.FieldSpec{Icon: icons.User, Label: t.T("desk.user")})
	user.SetText(st.User)
	user.OnChanged = s.desk.SetUser
	password := w.NewField(w.FieldSpec{Icon: icons.Key, Label: t.T("desk.password"), Secret: true})
	password.SetText("correct horse")
	chosen := 0
	for i, m := range Methods {
		if m == st.Method {
			chosen = i
		}
	}
	method := w.NewSegmented(chosen, func(i int) { s.desk.Choose(Methods[i]) },
		w.Option{Icon: icons.Keyboard, Text: t.T("desk.number")}, w.Option{Icon: icons.Check, Text: t.T("desk.tap")}, w.Option{Icon: icons.Scan, Text: t.T("desk.scan")})
	s.Names["user"], s.Names["method"] = user, method
	signIn := s.button("sign-in", w.Main, t.T("desk.sign_in"), s.desk.SignIn)
	if st.Busy {
		signIn.SetBusy(t.T("desk.asking"))
	}
	rows := []fyne.CanvasObject{
		s.machines(st), w.Gap(16), user, w.Gap(12), password, w.Gap(4), w.NewCaption(t.T("desk.any_password")), w.Gap(16), w.NewCaption(t.T("desk.method")), w.Gap(4), method,
		w.Gap(20), signIn, w.Gap(12), s.button("connect", w.Outlined, t.T("desk.connect"), s.desk.OpenConnect),
	}
	if s.desk.NewPhone != nil {
		rows = append(rows, w.Gap(4), s.button("new-phone", w.Plain, t.T("desk.new_phone"), s.desk.NewPhone))
	}
	if st.Fault != "" {
		rows = append(rows, w.Gap(16), w.NewNote(w.NoteSpec{Tone: w.Warn, Icon: icons.Warning.Fill(), Text: st.Fault}))
	}
	return rows
}

// code draws a QR; the server made its text, so one that cannot be drawn is a fault of the program and stays empty.
func code(text string, least float32) fyne.CanvasObject {
	c, err := qr.Encode(text, qr.LevelM)
	if err != nil {
		return w.Gap(0)
	}
	return w.NewQR(c.Size(), c.Dark, least)
}

func (s *Screen) ring(st State, of time.Duration) *w.Ring {
	ring := w.NewRing()
	s.tick = func() {
		left := max(0, time.Until(st.Until))
		ring.Set(float32(left)/float32(of), s.desk.T.Left(left), left < 10*time.Second)
	}
	return ring
}

func (s *Screen) waiting(st State) []fyne.CanvasObject {
	t := s.desk.T
	ring := s.ring(st, 2*time.Minute)
	above := []fyne.CanvasObject{w.Line(10, 0, w.NewTitle(t.T("desk.signing_in")), ring)}
	if st.Number != "" {
		above = append(above, w.NewMuted(t.T("desk.type_number")),
			w.NewMono(style.TextCodeBig, st.Number[:3]+" "+st.Number[3:]))
	}
	below := []fyne.CanvasObject{}
	if st.QR != "" {
		below = append(below, w.NewMuted(t.T("desk.or_scan")), w.Center(code(st.QR, 260)))
	} else {
		below = append(below, w.NewMuted(t.T("desk.say_yes")))
	}
	return []fyne.CanvasObject{w.NewSlip(w.Column(10, above...), w.Column(10, below...)), w.Gap(16), s.button("cancel", w.Outlined, t.T("desk.cancel"), s.desk.Cancel)}
}

// by says how somebody was let in without the server.
var by = map[string]translations.Message{
	string(authn.OfflineQR): "desk.by_qr", string(authn.OfflineList): "desk.by_list", string(authn.OfflineDesk): "desk.by_desk",
}

func (s *Screen) signedIn(st State) []fyne.CanvasObject {
	t := s.desk.T
	facts := []w.Fact{{Label: "acr", Value: wire.ACROffline, Mono: true}, {Label: t.T("desk.by"), Value: t.T(by[st.How])}}
	got := t.T("desk.decided")
	if st.Token != nil {
		got = t.T("desk.got")
		facts = []w.Fact{
			{Label: "sub", Value: short(string(st.Token.Subject)), Mono: true},
			{Label: "acr", Value: st.Token.ACR, Mono: true},
			{Label: "amr", Value: strings.Join(st.Token.AMR, " "), Mono: true},
			{Label: "auth_time", Value: t.ClockSeconds(time.Unix(st.Token.AuthTime, 0)), Mono: true},
		}
	}
	slip := w.NewSlip(w.Column(10, w.NewDisplay(t.T("desk.signed_in")), w.NewStatus(w.Good, icons.SealCheck.Fill(), st.User)),
		w.Column(10, w.NewCaption(got), w.NewFacts(facts...)))
	return []fyne.CanvasObject{slip, w.Gap(16), s.button("back", w.Main, t.T("desk.sign_out"), s.desk.Back)}
}

func short(s string) string {
	if len(s) > 14 {
		return s[:14] + "…"
	}
	return s
}

func (s *Screen) connect(st State) []fyne.CanvasObject {
	t := s.desk.T
	ring := s.ring(st, 10*time.Minute)
	q := code(st.QR, 260)
	s.Names["qr"] = q
	slip := w.NewSlip(w.Center(q), w.Line(12, 1, ring, w.Column(2, w.NewStrong(t.T("desk.waiting_phone")), w.NewMuted(t.T("desk.open_scan")))))
	return []fyne.CanvasObject{w.NewHeading(t.T("desk.connect_title")), w.Gap(12), slip, w.Gap(16), s.button("back", w.Outlined, t.T("desk.cancel"), s.desk.Back)}
}

func (s *Screen) question(st State) []fyne.CanvasObject {
	t := s.desk.T
	words := w.Column(0, w.NewMuted(t.T("desk.phone_shows")), w.NewText(style.TextWords, style.Text, w.Run{Text: st.Words[0], Bold: true}),
		w.NewText(style.TextWords, style.Text, w.Run{Text: st.Words[1], Bold: true}))
	yesNo := w.NewYesNo(t.T("desk.no"), t.T("desk.yes"), w.NewGuard(s.desk.Now))
	yesNo.OnNo, yesNo.OnYes = func() { s.desk.Answer(false) }, func() { s.desk.Answer(true) }
	s.Names["no"], s.Names["yes"] = yesNo.No().(fyne.CanvasObject), yesNo.Yes().(fyne.CanvasObject)
	slip := w.NewSlip(w.Line(12, 1, w.NewTile(icons.Phone, w.Brand), w.NewTitle(st.Phone)), words)
	return []fyne.CanvasObject{w.NewHeading(t.T("desk.is_this_yours")), w.Gap(12), slip, w.Gap(12), yesNo}
}
