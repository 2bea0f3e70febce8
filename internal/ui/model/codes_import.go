package model

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/codes"
	"avow/internal/phone/transfer"
)

// importState is an import from the choice of a file until it is stored or given up.
type importState struct {
	data  []byte // of a file that wants a password
	stop  context.CancelFunc
	found transfer.Found
	plan  *transfer.Plan
	also  bool // those that differ are taken, too
	wrong string
	key   bool // the file is sealed for a key, not by a password
	tries int
}

// forget wipes what was read.
func (s *importState) forget() {
	if s.stop != nil {
		s.stop()
	}
	clear(s.data)
	s.found.Wipe()
	*s = importState{}
}

// ImportView is the page on which a file is chosen.
type ImportView struct {
	Title, Text string
	Choose      string
	Scan        string
	Apps        string // whose files can be read
	Head, Words string // what was wrong with the last one
}

// ImportStart is the view of PageImport.
func (a *App) ImportStart() ImportView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.print
	v := ImportView{
		Title: t.T("app.import.title"), Text: t.T("app.import.text"), Choose: t.T("app.import.choose"), Scan: t.T("app.import.scan"),
	}
	var apps []string
	for _, f := range transfer.Formats() {
		if f != transfer.OTPAuth && f != transfer.Age && f.App() != "" {
			apps = append(apps, f.App())
		}
	}
	v.Apps = t.List(apps...)
	if a.fault != nil {
		v.Head, v.Words = a.fault.Title, a.fault.Sentence
	}
	return v
}

// OpenImport opens it.
func (a *App) OpenImport() {
	a.change(func() { a.stack, a.fault, a.codes.bar = append(a.stack, PageImport), nil, nil })
}

// ImportFile reads the file that was chosen, and closes it. Nothing is stored.
func (a *App) ImportFile(r io.ReadCloser) {
	a.mu.Lock()
	a.imports.forget()
	ctx, stop := context.WithCancel(a.ctx)
	a.imports.stop = stop
	a.mu.Unlock()
	var data []byte
	var found transfer.Found
	begun := a.do(laneOther, a.T("app.busy.reading"), func(context.Context) error {
		defer func() { _ = r.Close() }()
		var err error
		if data, err = io.ReadAll(io.LimitReader(r, transfer.MaxFile+1)); err != nil {
			return err
		}
		found, err = transfer.Read(ctx, bytes.NewReader(data), transfer.Options{})
		return err
	}, func(err error) {
		if ctx.Err() != nil {
			found.Wipe()
			clear(data)
			return
		}
		switch {
		case errors.Is(err, transfer.ErrPasswordNeeded), errors.Is(err, transfer.ErrIdentityNeeded):
			a.change(func() {
				a.imports.data, a.imports.key, a.fault = data, errors.Is(err, transfer.ErrIdentityNeeded), nil
				a.showImport()
				a.stack = append(a.stack, PageImportPassword)
			})
		case err != nil:
			clear(data)
			a.importFault(err)
		default:
			clear(data)
			a.planned(found, true)
		}
	})
	if !begun {
		_ = r.Close()
	}
}

// NoImport says that a file could not be opened.
func (a *App) NoImport(err error) { a.importFault(err) }

func (a *App) importFault(err error) {
	a.change(func() {
		f := a.faultOf(err)
		a.fault = &f
		a.showImport()
	})
}

// showImport has the page of the choice on top; mu must be held.
func (a *App) showImport() {
	if a.top() != PageImport {
		a.stack = append(a.stack, PageImport)
	}
}

// ImportPasswordView is the page that asks for the password of a file.
type ImportPasswordView struct {
	Title, Text, Label string
	Open               string
	Wrong              string
	Tries              int
}

// ImportPassword is the view of PageImportPassword.
func (a *App) ImportPassword() ImportPasswordView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.print
	v := ImportPasswordView{
		Title: t.T("app.import.password_title"), Text: t.T("app.import.password_text"), Label: t.T("app.import.password"), Open: t.T("app.import.open"),
		Wrong: a.imports.wrong, Tries: a.imports.tries,
	}
	if a.imports.key {
		v.Title, v.Text, v.Label = t.T("app.import.key_title"), t.T("app.import.key_text"), t.T("app.import.key")
	}
	return v
}

// OpenFile tries a password on the file.
func (a *App) OpenFile(password string) {
	if password == "" {
		a.change(func() { a.imports.wrong = a.print.T("app.proof.empty"); a.imports.tries++ })
		return
	}
	a.mu.Lock()
	data := a.imports.data
	ctx, stop := context.WithCancel(a.ctx)
	a.imports.stop, a.imports.wrong = stop, ""
	a.mu.Unlock()
	if data == nil {
		stop()
		return
	}
	copied := bytes.Clone(data) // it is wiped when the page is left
	secret := key.Secret(password)
	var found transfer.Found
	begun := a.do(laneOther, a.T("app.import.opening"), func(context.Context) error {
		defer clear(copied)
		defer secret.Wipe()
		var err error
		found, err = transfer.Read(ctx, bytes.NewReader(copied), transfer.Options{Password: secret})
		return err
	}, func(err error) {
		switch {
		case ctx.Err() != nil:
			found.Wipe()
		case err != nil:
			a.change(func() {
				a.imports.wrong = a.faultOf(err).Sentence
				a.imports.tries++
			})
		default:
			a.change(func() {
				clear(a.imports.data)
				a.imports.data = nil
				a.popIf(PageImportPassword)
			})
			a.planned(found, true)
		}
	})
	if !begun {
		stop()
	}
}

// planned compares what was found with what is there, and shows it. Nothing is stored.
func (a *App) planned(found transfer.Found, fromFile bool) {
	plan := transfer.Compare(found, transfer.Beside(a.cfg.Core.Codes(), a.cfg.Core.SameCode))
	a.change(func() {
		if fromFile && a.top() != PageImport { // the person has left meanwhile
			found.Wipe()
			return
		}
		a.imports.found, a.imports.plan, a.imports.also, a.fault = found, &plan, true, nil
		a.stack = append(a.stack, PageImportPlan)
	})
}

// PlanView is what would be stored, before it is.
type PlanView struct {
	Title, Text string
	Parts       []PlanPart
	Missing     string // parts of an export that were not scanned
	Also        string // the switch for those that differ; "" without any
	AlsoOn      bool
	Import      string // the button; "" when there is nothing to store
	Words       string
}

// PlanPart is one group of what was found.
type PlanPart struct {
	Kind  string // new, different, same, unreadable
	Head  string // "14 new"
	Text  string
	Tone  Tone
	Rows  []PlanRow
	More  string // "and 200 more"
	Count int
}

// PlanRow is one code, or one entry that can't be read.
type PlanRow struct {
	Face   Face
	Title  string
	Second string
}

// shownRows is how many rows of a part are shown by name.
const shownRows = 20

// Plan is the view of PageImportPlan.
func (a *App) Plan() PlanView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, p := a.print, a.imports.plan
	if p == nil {
		return PlanView{}
	}
	v := PlanView{Title: t.T("app.import.plan_title"), Text: t.T("app.import.plan_text", "App", p.Format.App()), AlsoOn: a.imports.also}
	if p.Format == transfer.OTPAuth || p.Format.App() == "" {
		v.Text = t.T("app.import.plan_links")
	}
	part := func(kind, head, text string, tone Tone, items []transfer.Item) {
		if len(items) == 0 {
			return
		}
		x := PlanPart{Kind: kind, Head: head, Text: text, Tone: tone, Count: len(items)}
		for _, it := range items[:min(len(items), shownRows)] {
			title := codes.View{Issuer: it.Code.Issuer, Account: it.Code.Account, Name: it.Name}.Title()
			row := PlanRow{Face: faceOf(it.Code.Issuer, title), Title: title}
			if it.Code.Account != title {
				row.Second = it.Code.Account
			}
			if row.Title == "" {
				row.Title = t.T("app.codes.nameless")
			}
			x.Rows = append(x.Rows, row)
		}
		if left := len(items) - len(x.Rows); left > 0 {
			x.More = t.T("app.import.more", "Count", left)
		}
		v.Parts = append(v.Parts, x)
	}
	part("new", t.T("app.import.new", "Count", len(p.New)), "", Good, p.New)
	part("different", t.T("app.import.different", "Count", len(p.Different)), t.T("app.import.different_text"), Wait, p.Different)
	part("same", t.T("app.import.same", "Count", len(p.Same)), t.T("app.import.same_text"), Quiet, p.Same)
	if n := len(p.Unreadable); n > 0 {
		x := PlanPart{Kind: "unreadable", Head: t.T("app.import.unreadable", "Count", n), Text: t.T("app.import.unreadable_text"), Tone: Bad, Count: n}
		for _, u := range p.Unreadable[:min(n, shownRows)] {
			x.Rows = append(x.Rows, PlanRow{Face: faceOf("", u.Where), Title: u.Where, Second: a.faultOf(u.Err).Sentence})
		}
		if left := n - len(x.Rows); left > 0 {
			x.More = t.T("app.import.more", "Count", left)
		}
		v.Parts = append(v.Parts, x)
	}
	if len(p.Missing) > 0 {
		v.Missing = t.T("app.import.missing", "Have", p.Parts-len(p.Missing), "Total", p.Parts, "List", a.list(p.Missing))
	}
	if len(p.Different) > 0 {
		v.Also = t.T("app.import.also")
	}
	n := len(p.New)
	if a.imports.also {
		n += len(p.Different)
	}
	if n > 0 {
		v.Import = t.T("app.import.start", "Count", n)
	}
	if a.fault != nil {
		v.Words = a.fault.Sentence
	}
	return v
}

// list writes numbers as they are read; mu must be held.
func (a *App) list(numbers []int) string {
	var out []string
	for i, n := range numbers {
		if i == 10 {
			return strings.Join(append(out, "…"), ", ")
		}
		out = append(out, number(n))
	}
	return a.print.List(out...)
}

// toImport are the codes that would be stored; mu must be held.
func (a *App) toImport() []transfer.Item {
	p := a.imports.plan
	if p == nil {
		return nil
	}
	if !a.imports.also {
		return p.New
	}
	return append(append([]transfer.Item(nil), p.New...), p.Different...)
}

// ImportAlso chooses whether those that differ are taken, too.
func (a *App) ImportAlso(on bool) { a.change(func() { a.imports.also = on }) }

// ImportNow stores what the plan shows, all of it or nothing.
func (a *App) ImportNow() {
	a.mu.Lock()
	list := transfer.Entries(a.toImport())
	back := make([]bool, len(list)) // it lies in the trash
	for i := range list {
		_, back[i] = a.cfg.Core.SameCode(list[i].Code)
		list[i] = list[i].Clone() // what was read is wiped with its page
	}
	a.mu.Unlock()
	if len(list) == 0 {
		return
	}
	a.withPINChosen(PageImportPlan, func(key.Secret) {
		var ids []codes.ID
		a.do(laneOther, a.T("app.import.storing"), func(ctx context.Context) error {
			var err error
			ids, err = a.cfg.Core.AddCodes(ctx, list)
			return err
		}, func(err error) {
			if err != nil {
				a.change(func() {
					f := a.faultOf(err)
					a.fault = &f
				})
				return
			}
			a.count(authn.CountImports)
			var added, untrashed []codes.ID
			for i, id := range ids {
				if back[i] {
					untrashed = append(untrashed, id)
				} else {
					added = append(added, id)
				}
			}
			a.change(func() {
				a.showCodes()
				a.tell(a.print.T("app.import.done", "Count", len(ids)), func(ctx context.Context) error { return a.cfg.Core.TakeBackCodes(ctx, added, untrashed) })
			})
		})
	})
}
