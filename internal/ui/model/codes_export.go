package model

import (
	"context"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/codes"
	"avow/internal/phone/platform"
	"avow/internal/phone/transfer"
)

// exportState is an export from the choice of its form until it is saved or given up.
type exportState struct {
	format transfer.Format
	made   *transfer.Export
	at     int // the QR code that is shown
	stop   context.CancelFunc
	wrong  map[string]string
	tries  int
	saved  string // name of the file, once it is there
}

// forget wipes what was made.
func (s *exportState) forget() {
	if s.stop != nil {
		s.stop()
	}
	if s.made != nil {
		s.made.Wipe()
	}
	*s = exportState{}
}

// ExportForm is a way to take codes out.
type ExportForm struct {
	Format    transfer.Format
	Icon      string
	Title     string
	Text      string
	Protected bool
}

// ExportView is the page on which the form is chosen.
type ExportView struct {
	Title, Text string
	Forms       []ExportForm
	Words       string
}

// ExportStart is the view of PageExport.
func (a *App) ExportStart() ExportView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.print
	if !a.hasCodes() {
		return ExportView{Title: t.T("app.export.title"), Text: t.T("app.codes.none")}
	}
	v := ExportView{Title: t.T("app.export.title"), Text: t.T("app.export.text"), Forms: []ExportForm{
		{transfer.Age, "shield-check", t.T("app.export.sealed"), t.T("app.export.sealed_text"), true},
		{transfer.Aegis, "lock", t.T("app.export.aegis", "App", transfer.Aegis.App()), t.T("app.export.aegis_text"), true},
		{transfer.Google, "qr", t.T("app.export.google", "App", transfer.Google.App()), t.T("app.export.plain_text"), false},
		{transfer.OTPAuth, "link", t.T("app.export.links"), t.T("app.export.plain_text"), false},
	}}
	if a.fault != nil {
		v.Words = a.fault.Sentence
	}
	return v
}

// OpenExport opens it.
func (a *App) OpenExport() {
	a.change(func() { a.stack, a.fault, a.codes.bar = append(a.stack, PageExport), nil, nil })
}

// ChooseExport goes on to what protects the export, or to the warning that nothing does.
func (a *App) ChooseExport(f transfer.Format) {
	a.change(func() {
		a.exports.forget()
		a.exports.format, a.fault = f, nil
		page := PageExportPlain
		if f.Protected() {
			page = PageExportSeal
		}
		a.stack = append(a.stack, page)
	})
}

// SealView is the page on which the password of an export is chosen.
type SealView struct {
	Title, Text   string
	First, Second string // labels
	Note          string
	Go            string
	Wrong         map[string]string // "first", "second"
	Words         string
	Tries         int
}

// Seal is the view of PageExportSeal.
func (a *App) Seal() SealView {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.findCodes()
	t := a.print
	v := SealView{
		Title: t.T("app.export.seal_title"), Text: t.T("app.export.seal_text"), First: t.T("app.export.password"), Second: t.T("app.export.again"),
		Note: t.T("app.export.seal_note"), Go: t.T("app.export.start", "Count", a.codes.total), Wrong: a.exports.wrong, Tries: a.exports.tries,
	}
	if a.fault != nil {
		v.Words = a.fault.Sentence
	}
	return v
}

// SealExport makes an export that a password protects.
func (a *App) SealExport(first, second string) {
	wrong := map[string]string{}
	switch {
	case first == "":
		wrong["first"] = a.T("app.proof.empty")
	case utf8.RuneCountInString(first) < transfer.MinPassphrase:
		wrong["first"] = a.T("app.export.short", "Count", transfer.MinPassphrase)
	case first != second:
		wrong["second"] = a.T("app.export.differ")
	}
	if len(wrong) > 0 {
		a.exportWrong(wrong)
		return
	}
	a.makeExport(transfer.ExportOptions{Passphrase: key.Secret(first)})
}

func (a *App) exportWrong(wrong map[string]string) {
	a.change(func() {
		a.exports.wrong, a.fault = wrong, nil
		a.exports.tries++
	})
}

// PlainView is the page that warns of an export that nothing protects.
type PlainView struct {
	Title     string
	Head      string
	Text      string
	Type      string // what to type
	Phrase    string
	Go        string
	Wrong     string
	Words     string
	Tries     int
	Protected string // the way to one that is protected
}

// Plain is the view of PageExportPlain.
func (a *App) Plain() PlainView {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.findCodes()
	t := a.print
	phrase := t.T("app.export.phrase")
	v := PlainView{
		Title: t.T("app.export.plain_title"), Head: t.T("app.export.plain_head"), Text: t.T("app.export.plain_warning"), Phrase: phrase,
		Type: t.T("app.export.type", "Phrase", phrase), Go: t.T("app.export.start", "Count", a.codes.total), Wrong: a.exports.wrong["phrase"],
		Tries: a.exports.tries, Protected: t.T("app.export.rather"),
	}
	if a.fault != nil {
		v.Words = a.fault.Sentence
	}
	return v
}

// RatherSeal leads from the warning to an export that is protected.
func (a *App) RatherSeal() {
	a.change(func() { a.popIf(PageExportPlain) })
	a.ChooseExport(transfer.Age)
}

// PlainExport makes an export that nothing protects, once the words were typed.
func (a *App) PlainExport(typed string) {
	if !strings.EqualFold(strings.Join(strings.Fields(typed), " "), a.T("app.export.phrase")) {
		a.exportWrong(map[string]string{"phrase": a.T("app.export.phrase_wrong")})
		return
	}
	a.makeExport(transfer.ExportOptions{Typed: transfer.PlainPhrase})
}

// makeExport verifies the user and makes the export in memory. It has been read back and compared when it is shown as ready.
func (a *App) makeExport(o transfer.ExportOptions) {
	a.mu.Lock()
	format := a.exports.format
	a.exports.wrong = nil
	ctx, stop := context.WithCancel(a.ctx)
	a.exports.stop = stop
	a.mu.Unlock()
	title := a.T("app.prompt.export")
	p := platform.Prompt{Title: title, Reason: a.T("app.prompt.export_reason")}
	var made *transfer.Export
	a.verified(&question{title: title, lane: laneOther}, a.T("app.export.making"), func(verify context.Context) error {
		entries, err := a.cfg.Core.ExportCodes(verify, p)
		if err != nil {
			return err
		}
		defer wipeEntries(entries)
		made, err = transfer.MakeExport(ctx, format, transfer.Items(entries), o)
		return err
	}, func(err error) {
		if ctx.Err() != nil && made != nil { // the page was left
			made.Wipe()
			return
		}
		if err != nil && (errors.Is(err, platform.ErrCanceled) || ctx.Err() != nil) {
			return
		}
		a.change(func() {
			if err != nil {
				f := a.faultOf(err)
				a.fault = &f
				return
			}
			if top := a.top(); top != PageExportSeal && top != PageExportPlain || a.cfg.Core.State().Locked {
				made.Wipe()
				return
			}
			o.Passphrase.Wipe()
			a.popIf(a.top()) // back leads to the choice, not to the password
			a.exports.format, a.exports.made = format, made
			page := PageExportReady
			if format == transfer.Google {
				page = PageExportQR
			}
			a.stack = append(a.stack, page)
		})
	})
}

func wipeEntries(entries []codes.Entry) {
	for _, e := range entries {
		e.Code.Secret.Wipe()
		e.Code.PIN.Wipe()
	}
}

// ReadyView is the page of an export that waits to be saved, and of one that is.
type ReadyView struct {
	Title, Text string
	Save        string
	File        string // the name that is proposed
	Left        string // how many codes the form can't hold
	LeftRows    []PlanRow
	Saved       bool
	Words       string
	QR          string // the one that is shown
	Step        string // "2 of 3"
	Next        string // "" after the last one
	At          int
	Turn        int
}

var exportFiles = map[transfer.Format]string{transfer.Age: "avow-codes.age", transfer.Aegis: "avow-codes-aegis.json", transfer.OTPAuth: "avow-codes.txt"}

// Ready is the view of PageExportReady and PageExportQR.
func (a *App) Ready() ReadyView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, x := a.print, a.exports.made
	if x == nil {
		return ReadyView{}
	}
	v := ReadyView{
		Title: t.T("app.export.ready", "Count", x.Count), Text: t.T("app.export.ready_text"), Save: t.T("app.export.save"), File: exportFiles[x.Format],
		At: a.exports.at, Saved: a.exports.saved != "",
	}
	switch {
	case v.Saved:
		v.Title, v.Text = t.T("app.export.done", "Count", x.Count), t.T("app.export.done_text", "File", a.exports.saved)
		if !x.Format.Protected() {
			v.Text += " " + t.T("app.export.done_plain")
		}
	case !x.Format.Protected():
		v.Text = t.T("app.export.ready_plain")
	}
	if n := len(x.Left); n > 0 {
		v.Left = t.T("app.export.left", "Count", n)
		for _, u := range x.Left[:min(n, shownRows)] {
			v.LeftRows = append(v.LeftRows, PlanRow{Face: faceOf("", u.Where), Title: u.Where, Second: a.faultOf(u.Err).Sentence})
		}
	}
	if texts := x.Texts(); x.Format == transfer.Google && len(texts) > 0 {
		v.Title, v.Text = t.T("app.export.qr_title", "App", x.Format.App()), t.T("app.export.qr_text")
		v.QR, v.Step = string(texts[a.exports.at]), t.T("app.step", "Number", a.exports.at+1, "Total", len(texts))
		if a.exports.at+1 < len(texts) {
			v.Next = t.T("app.export.next")
		}
	}
	if a.fault != nil {
		v.Words = a.fault.Sentence
	}
	return v
}

// NextQR goes on to the next QR code of an export, or back.
func (a *App) NextQR(by int) {
	a.change(func() {
		if x := a.exports.made; x != nil {
			a.exports.at = max(0, min(a.exports.at+by, len(x.Texts())-1))
		}
	})
}

// ExportWriter hands out how the export is written, and how it is checked what was written; nil when there is none any more.
func (a *App) ExportWriter() (write func(io.Writer) error, check func(io.Reader) error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	x := a.exports.made
	if x == nil {
		return nil, nil
	}
	return func(w io.Writer) error { _, err := x.WriteTo(w); return err }, x.Check
}

// ExportSaved says that the file is there and was read back, or why it can't be relied on.
func (a *App) ExportSaved(name string, err error) {
	a.change(func() {
		if a.exports.made == nil {
			return
		}
		a.fault = nil
		if err != nil {
			f := a.faultOf(err)
			a.fault = &f
			return
		}
		a.exports.saved = name
		a.count(authn.CountExports)
	})
}

// DoneExport leads back to the codes.
func (a *App) DoneExport() { a.change(func() { a.showCodes() }) }
