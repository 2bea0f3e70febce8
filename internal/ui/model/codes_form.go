package model

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"avow/assets/translations"
	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/otp"
	"avow/internal/phone/codes"
)

// CodeForm is what is typed of a code, to add it or to change it.
type CodeForm struct {
	Issuer, Account string
	Name            string // the person's own
	Groups          string // with commas between
	Note            string
	Pinned          bool
	Key             string // base32; only to add
	Kind            int    // by time, by counter, Steam
	Digits          string
	Period          string
	Counter         string
	Method          int    // SHA-1, SHA-256, SHA-512
	PIN             string // of mOTP and Yandex
}

// formState is the form while it is open.
type formState struct {
	id    codes.ID // "" adds
	was   CodeForm
	now   CodeForm
	more  bool
	wrong map[string]string // what is wrong, by field
	words string            // what is wrong with all of it
	tries int
	pin   bool // a PIN is asked
	steps bool
}

// Fields of the form, as Wrong names them.
const (
	FieldIssuer  = "issuer"
	FieldName    = "name"
	FieldGroups  = "groups"
	FieldNote    = "note"
	FieldKey     = "key"
	FieldDigits  = "digits"
	FieldPeriod  = "period"
	FieldCounter = "counter"
	FieldPIN     = "pin"
)

var (
	formKinds   = []otp.Kind{otp.TOTP, otp.HOTP, otp.Steam}
	formMethods = []otp.Algorithm{otp.SHA1, otp.SHA256, otp.SHA512}
)

// FormView is the page on which a code is typed, or changed.
type FormView struct {
	Title   string
	Form    CodeForm
	Edit    bool
	More    bool // the technical fields are open
	ByTime  bool
	Steps   bool // by a counter
	Steam   bool
	AskPIN  bool
	Kinds   []string
	Methods []string
	Known   []string // groups that can be added by a tap
	Wrong   map[string]string
	Words   string
	Tries   int // changes each time when something is wrong
	Save    string
}

// Form is the view of PageCodeAdd and PageCodeEdit.
func (a *App) Form() FormView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, f := a.print, a.form
	v := FormView{
		Title: t.T("app.codes.type_title"), Form: f.now, Edit: f.id != "", More: f.more, AskPIN: f.pin, Wrong: f.wrong, Words: f.words, Tries: f.tries,
		Save: t.T("app.codes.add"), Steps: f.steps,
	}
	if v.Edit {
		v.Title, v.Save = t.T("app.codes.edit"), t.T("app.codes.save")
	} else {
		kind := formKinds[f.now.Kind]
		v.ByTime, v.Steps, v.Steam = kind == otp.TOTP, kind == otp.HOTP, kind == otp.Steam
	}
	for _, id := range []translations.Message{"app.codes.kind_time", "app.codes.kind_counter", "app.codes.kind_steam"} {
		v.Kinds = append(v.Kinds, t.T(id))
	}
	v.Methods = []string{"SHA-1", "SHA-256", "SHA-512"}
	in := splitGroups(f.now.Groups)
	for _, g := range a.cfg.Core.CodeGroups() {
		if !slices.Contains(in, g) {
			v.Known = append(v.Known, g)
		}
	}
	return v
}

// OpenAdd opens the page to type a code.
func (a *App) OpenAdd() {
	a.change(func() {
		a.form = formState{now: CodeForm{Digits: "6", Period: "30", Counter: "0"}}
		a.stack, a.fault = append(a.stack, PageCodeAdd), nil
	})
}

// OpenEdit opens the page that changes a code.
func (a *App) OpenEdit(id codes.ID) {
	v, err := a.cfg.Core.CodeView(id)
	if err != nil {
		return
	}
	a.change(func() {
		f := CodeForm{
			Issuer: v.Issuer, Account: v.Account, Name: v.Name, Groups: strings.Join(v.Groups, ", "), Note: v.Note, Pinned: v.Pinned,
			Counter: strconv.FormatUint(uint64(v.Counter), 10),
		}
		a.form = formState{id: id, was: f, now: f, pin: v.Kind.NeedsPIN(), steps: v.Kind == otp.HOTP}
		a.stack, a.fault = append(a.stack, PageCodeEdit), nil
	})
}

// FormTyped keeps what was typed. What is wrong stays until it is sent again.
func (a *App) FormTyped(change func(*CodeForm)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	change(&a.form.now)
}

// FormKind chooses by what a code moves on.
func (a *App) FormKind(i int) {
	a.change(func() { a.form.now.Kind, a.form.wrong, a.form.words = i, nil, "" })
}

// FormMethod chooses the method.
func (a *App) FormMethod(i int) { a.change(func() { a.form.now.Method = i }) }

// FormMore opens the technical fields.
func (a *App) FormMore() { a.change(func() { a.form.more = !a.form.more }) }

// FormGroup adds a group.
func (a *App) FormGroup(group string) {
	a.change(func() { a.form.now.Groups = strings.Join(append(splitGroups(a.form.now.Groups), group), ", ") })
}

// splitGroups reads groups as they are typed: with commas between, each once.
func splitGroups(text string) (out []string) {
	for g := range strings.SplitSeq(text, ",") {
		if g = strings.TrimSpace(g); g != "" && !slices.Contains(out, g) {
			out = append(out, g)
		}
	}
	return out
}

// SaveForm stores what was typed, or says what is wrong with it.
func (a *App) SaveForm() {
	a.mu.Lock()
	f := a.form
	a.mu.Unlock()
	if f.id == "" {
		a.addTyped(f.now)
		return
	}
	d, field, words := a.draft(f)
	if words != "" {
		a.formWrong(field, words)
		return
	}
	a.do(laneOther, a.T("app.busy.saving"), func(ctx context.Context) error { return a.cfg.Core.EditCode(ctx, f.id, d) }, func(err error) {
		if err != nil {
			a.formFault(err)
			return
		}
		a.change(func() { a.popIf(PageCodeEdit) })
	})
}

// draft reads the form that changes a code.
func (a *App) draft(f formState) (d codes.Draft, field, words string) {
	n := f.now
	groups := splitGroups(n.Groups)
	if n.Groups == f.was.Groups { // a comma in the name of a group that came from elsewhere parts nothing that was not touched
		if v, err := a.cfg.Core.CodeView(f.id); err == nil {
			groups = v.Groups
		}
	}
	d = codes.Draft{
		Issuer: strings.TrimSpace(n.Issuer), Account: strings.TrimSpace(n.Account), Name: strings.TrimSpace(n.Name), Groups: groups,
		Note: strings.TrimSpace(n.Note), Pinned: n.Pinned,
	}
	if f.steps {
		c, err := strconv.ParseUint(strings.TrimSpace(n.Counter), 10, 63)
		if err != nil {
			return d, FieldCounter, a.T("app.codes.counter_wrong")
		}
		d.Counter = otp.Counter(c)
	}
	if f.pin && n.PIN != "" {
		d.PIN = otp.Secret(n.PIN)
	}
	return d, "", ""
}

// addTyped adds what was typed.
func (a *App) addTyped(n CodeForm) {
	c, field, words := a.typed(n)
	if words != "" {
		a.formWrong(field, words)
		return
	}
	if err := c.Validate(); err != nil {
		a.formFault(err)
		return
	}
	a.addCode(PageCodeAdd, codes.Entry{Code: c}, a.formFault)
}

// typed reads the form that adds a code.
func (a *App) typed(n CodeForm) (c otp.Code, field, words string) {
	c = otp.Code{Kind: formKinds[n.Kind], Issuer: strings.TrimSpace(n.Issuer), Account: strings.TrimSpace(n.Account), Algorithm: formMethods[n.Method]}
	if c.Issuer == "" && c.Account == "" {
		return c, FieldIssuer, a.T("app.codes.no_name")
	}
	if strings.TrimSpace(n.Key) == "" {
		return c, FieldKey, a.T("app.codes.no_key")
	}
	read, err := otp.Parse("otpauth://totp/?secret=" + url.QueryEscape(n.Key))
	if err != nil {
		return c, FieldKey, a.T("app.codes.key_wrong")
	}
	c.Secret = read.Secret
	if c.Kind == otp.Steam {
		c.Algorithm, c.Digits, c.Period = otp.SHA1, otp.SteamDigits, otp.DefaultPeriod
		return c, "", ""
	}
	digits, err := strconv.Atoi(strings.TrimSpace(n.Digits))
	if err != nil {
		return c, FieldDigits, a.T("app.codes.digits_wrong")
	}
	c.Digits = otp.Digits(digits)
	if c.Kind == otp.HOTP {
		counter, err := strconv.ParseUint(strings.TrimSpace(n.Counter), 10, 63)
		if err != nil {
			return c, FieldCounter, a.T("app.codes.counter_wrong")
		}
		c.Counter = otp.Counter(counter)
		return c, "", ""
	}
	period, err := strconv.Atoi(strings.TrimSpace(n.Period))
	if err != nil {
		return c, FieldPeriod, a.T("app.codes.period_wrong")
	}
	c.Period = otp.Period(period)
	return c, "", ""
}

func (a *App) formWrong(field, words string) {
	a.change(func() {
		a.form.wrong, a.form.words = map[string]string{field: words}, ""
		a.form.tries++
		if field == FieldDigits || field == FieldPeriod || field == FieldCounter {
			a.form.more = true // else nobody sees what is wrong
		}
	})
}

// formFields are the fields that an error is about.
var formFields = map[string]string{
	"otp_secret_missing": FieldKey, "otp_secret_invalid": FieldKey, "otp_label_invalid": FieldIssuer, "otp_digits_invalid": FieldDigits,
	"otp_period_invalid": FieldPeriod, "otp_counter_invalid": FieldCounter, "otp_pin_invalid": FieldPIN, "code_name_invalid": FieldName,
	"code_note_invalid": FieldNote, "code_groups_invalid": FieldGroups,
}

func (a *App) formFault(err error) {
	a.mu.Lock()
	words := a.faultOf(err).Sentence
	a.mu.Unlock()
	if field := formFields[authn.CodeOf(err)]; field != "" {
		a.formWrong(field, words)
		return
	}
	a.change(func() {
		a.form.wrong, a.form.words = nil, words
		a.form.tries++
	})
}

// addCode stores a new code from a page, after a PIN was chosen where there is none yet, and shows it on the list.
func (a *App) addCode(from Page, e codes.Entry, failed func(error)) {
	_, inTrash := a.cfg.Core.SameCode(e.Code)
	a.withPINChosen(from, func(key.Secret) {
		var id codes.ID
		a.do(laneOther, a.T("app.busy.saving"), func(ctx context.Context) error {
			var err error
			id, err = a.cfg.Core.AddCode(ctx, e)
			return err
		}, func(err error) {
			if err != nil {
				failed(err)
				return
			}
			v, _ := a.cfg.Core.CodeView(id)
			added, back := []codes.ID{id}, []codes.ID(nil)
			if inTrash {
				added, back = nil, added
			}
			a.change(func() {
				a.showCodes()
				a.tell(a.print.T("app.codes.added", "Name", v.Title()), func(ctx context.Context) error { return a.cfg.Core.TakeBackCodes(ctx, added, back) })
			})
		})
	})
}

// showCodes leads to the tab with all codes; mu must be held.
func (a *App) showCodes() {
	for len(a.stack) > 0 {
		a.pop()
	}
	a.tab = PageCodes
	a.codes.text, a.codes.group, a.codes.asked, a.codes.sorted = "", "", false, false
	a.codes.turn++
}

// NewCodeView is the question whether a code that was scanned is to be added.
type NewCodeView struct {
	Title   string
	Face    Face
	Issuer  string
	Account string
	Facts   []Fact
	Same    string // it is there already
	Trash   string // it lies in the trash
	Weak    string
	Add     string // "" when there is nothing to add
	Words   string // what went wrong
}

// NewCode is the view of PageCodeNew.
func (a *App) NewCode() NewCodeView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.print
	if a.newCode == nil {
		return NewCodeView{}
	}
	c := a.newCode.Code
	title := codes.View{Issuer: c.Issuer, Account: c.Account}.Title()
	v := NewCodeView{Title: t.T("app.codes.add_question"), Face: faceOf(c.Issuer, title), Issuer: title, Account: c.Account, Add: t.T("app.codes.add")}
	if title == "" {
		v.Issuer = t.T("app.codes.nameless")
	}
	if v.Account == v.Issuer {
		v.Account = ""
	}
	v.Facts = append(v.Facts, Fact{Label: t.T("app.codes.form"), Value: a.formWords(c)})
	if c.Kind != otp.HOTP {
		v.Facts = append(v.Facts, Fact{Label: t.T("app.codes.changes"), Value: t.T("app.codes.every", "Count", int(c.Period))})
	} else {
		v.Facts = append(v.Facts, Fact{Label: t.T("app.codes.changes"), Value: t.T("app.codes.by_button")})
	}
	if c.Kind.NeedsPIN() && c.PIN == nil {
		v.Facts = append(v.Facts, Fact{Label: t.T("app.codes.pin"), Value: t.T("app.codes.pin_later")})
	}
	if len(c.Warnings()) > 0 {
		v.Weak = t.T("app.codes.weak")
	}
	if id, ok := a.cfg.Core.SameCode(c); ok {
		if have, err := a.cfg.Core.CodeView(id); err == nil && have.Trashed.IsZero() {
			v.Same, v.Add = t.T("app.codes.have", "Name", strings.TrimSpace(have.Title()+" "+have.Account)), ""
		} else if err == nil {
			v.Trash = t.T("app.codes.have_trash")
		}
	}
	if a.fault != nil {
		v.Words = a.fault.Sentence
	}
	return v
}

// formWords says what a code looks like; mu must be held.
func (a *App) formWords(c otp.Code) string {
	switch c.Kind {
	case otp.Steam:
		return a.print.T("app.codes.letters", "Count", int(c.Digits))
	case otp.Yandex:
		return a.print.T("app.codes.letters", "Count", int(c.Digits))
	}
	return a.print.T("app.codes.digits_count", "Count", int(c.Digits))
}

// AddNewCode adds the code that was scanned.
func (a *App) AddNewCode() {
	a.mu.Lock()
	item := a.newCode
	a.mu.Unlock()
	if item == nil {
		return
	}
	e := codes.Entry{Code: item.Code, Name: item.Name, Note: item.Note, Groups: item.Groups, Pinned: item.Pinned}.Clone()
	a.addCode(PageCodeNew, e, func(err error) {
		if errors.Is(err, codes.ErrSame) {
			a.cfg.Changed() // it is said on the page
			return
		}
		a.change(func() {
			f := a.faultOf(err)
			a.fault = &f
		})
	})
}
