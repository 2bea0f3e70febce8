package screen

import (
	"fyne.io/fyne/v2"

	"avow/assets/icons"
	"avow/internal/ui/model"
	"avow/internal/ui/style"
	w "avow/internal/ui/widgets"
)

// Failure says what happened, what to do, and a code to tell the service desk.
func Failure(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Failure()
	toned, icon := w.Warn, icons.Warning
	if v.Hard {
		toned, icon = w.Bad, icons.Prohibit
	}
	if v.Calm {
		toned, icon = w.Quiet, icons.Info
	}
	if v.Away != nil || v.Retry {
		icon = icons.CloudSlash
	}
	rows := []fyne.CanvasObject{w.TopBar("", a.Done), w.Line(0, -1, w.NewBigTile(icon, toned, 72)), w.Gap(16), w.NewHeading(v.Title), w.Gap(8), w.NewLead(v.Sentence)}
	switch {
	case v.Away != nil && len(v.Away.Checks) > 0 && (f.Small || style.LargeText()): // a slip's margins are wider than a card's
		rows = append(rows, w.Gap(20), w.NewCard(checks(v.Away.Checks)), w.Gap(12), serviceDesk(s, a, f, v.Code))
	case v.Away != nil && len(v.Away.Checks) > 0:
		rows = append(rows, w.Gap(20), w.NewSlip(checks(v.Away.Checks), tellCode(s, a, f, v.Code)))
	case v.Code != "":
		rows = append(rows, w.Gap(20), serviceDesk(s, a, f, v.Code))
	}
	if v.Support != "" {
		rows = append(rows, w.Gap(16), w.Line(10, 1, w.NewIcon(icons.Headset, style.IconRow, style.TextMuted), w.NewBody(a.T("app.fault.support", "Support", v.Support))))
	}
	foot := w.Column(12)
	if v.Devices {
		foot.Add(name(s, "devices", w.NewButton(w.Outlined, a.T("app.closed.devices"), icons.Phone, a.LookAtDevices)))
	}
	if v.Offline {
		foot.Add(name(s, "offline", w.NewButton(w.Outlined, a.T("app.unsent.offline"), icons.Computers, a.GetOfflineCode)))
	}
	switch {
	case v.Retry:
		foot.Add(name(s, "retry", w.NewMainButton(a.T("app.unsent.again"), icons.Refresh, a.SendAgain)))
	case v.Away != nil && v.Away.Computers:
		foot.Add(name(s, "done", w.NewButton(w.Outlined, a.T("app.done"), "", a.Done)))
		foot.Add(name(s, "offline", w.NewMainButton(a.T("app.away.offline"), icons.Computers, a.OfflineInstead)))
	case v.Again:
		foot.Add(name(s, "done", w.NewButton(w.Outlined, a.T("app.done"), "", a.Done)))
		foot.Add(name(s, "again", w.NewMainButton(a.T("app.fault.again"), icons.Scan, a.ScanAgain)))
	default:
		foot.Add(name(s, "done", w.NewMainButton(a.T("app.done"), "", a.Done)))
	}
	s.Object, _ = f.page(w.Column(0, rows...), foot)
	return s
}

func serviceDesk(s *Screen, a *model.App, f Frame, code string) fyne.CanvasObject {
	return w.NewCard(tellCode(s, a, f, code))
}

// tellCode is the code of a fault, and a button that copies it.
func tellCode(s *Screen, a *model.App, f Frame, code string) fyne.CanvasObject {
	copyIt := name(s, "copy", w.NewButton(w.Soft, a.T("app.copy"), icons.Copy, func() { f.Files.Copy(code) }))
	return w.Line(12, 0, w.Column(2, w.NewCaption(a.T("app.fault.tell")), w.NewMono(style.TextSubheading, code)), copyIt)
}

// checkIcons are those of what was looked at.
var checkIcons = map[model.Tone]icons.Name{model.Good: icons.CheckCircle, model.Bad: icons.XCircle, model.Wait: icons.Warning}

// checks are lines of what was looked at and what was found. A host name wraps, and is never cut.
func checks(list []model.Check) fyne.CanvasObject {
	rows := w.Column(14)
	for _, c := range list {
		icon, ink := icons.Clock, style.TextMuted
		if i, ok := checkIcons[c.Tone]; ok {
			icon, ink = i.Fill(), statusTokens[c.Tone]
		}
		rows.Add(w.Line(12, 1, w.NewIcon(icon, style.IconRow, ink), w.Column(0, w.NewStrong(c.Text), w.NewMuted(c.Value))))
	}
	return rows
}

// Trouble asks what to do with a vault that is damaged or older than it should be.
func Trouble(a *model.App, f Frame) *Screen {
	s, v := newScreen(), a.Trouble()
	rows := []fyne.CanvasObject{
		w.Gap(style.SizeTopBar), w.Line(0, -1, w.NewBigTile(icons.Warning, w.Warn, 72)), w.Gap(16), w.NewHeading(v.Title), w.Gap(8), w.NewLead(v.Text), w.Gap(20),
		serviceDesk(s, a, f, v.Code),
	}
	var foot fyne.CanvasObject
	if v.GoOn != "" {
		foot = name(s, "go-on", w.NewButton(w.Outlined, v.GoOn, "", a.GoOn))
	}
	s.Object, _ = f.page(w.Column(0, rows...), foot)
	return s
}

// problem is a note that stands below what is typed while the answer to it is no.
type problem struct {
	note *w.Note
	tone w.Tone
	icon icons.Name
	said string
}

func newProblem(tone w.Tone, icon icons.Name) *problem {
	p := &problem{note: w.NewNote(w.NoteSpec{Tone: tone, Icon: icon.Fill(), Text: " "}), tone: tone, icon: icon}
	p.note.Hide()
	return p
}

// say shows the words, or nothing for none; when they are others than before, the page has to fit itself anew.
func (p *problem) say(head, words string, refit func()) {
	if words == p.said {
		return
	}
	p.said = words
	p.note.Set(w.NoteSpec{Tone: p.tone, Icon: p.icon.Fill(), Strong: head, Text: words, Below: true})
	p.note.Show()
	if words == "" {
		p.note.Hide()
	}
	refit()
	if words != "" {
		w.Reveal(p.note)
	}
}
