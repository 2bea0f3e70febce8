package model

import (
	"context"
	"slices"
	"time"

	"avow/internal/otp"
	"avow/internal/phone/codes"
	"avow/internal/phone/platform"
)

// CodesCore is what the screens need of the codes of other services.
type CodesCore interface {
	CodeView(codes.ID) (codes.View, error)
	FindCodes(codes.Query) []codes.ID
	CodeGroups() []string
	Codes() []codes.View
	SameCode(otp.Code) (codes.ID, bool)
	Code(ctx context.Context, id codes.ID, now time.Time) (codes.Shown, error)
	AddCode(context.Context, codes.Entry) (codes.ID, error)
	AddCodes(context.Context, []codes.Entry) ([]codes.ID, error)
	TakeBackCodes(ctx context.Context, added, untrashed []codes.ID) error
	EditCode(context.Context, codes.ID, codes.Draft) error
	PinCode(ctx context.Context, id codes.ID, pinned bool) error
	MoveCode(ctx context.Context, id, before codes.ID) error
	TrashCode(context.Context, codes.ID) error
	UntrashCode(context.Context, codes.ID) error
	DeleteCode(context.Context, codes.ID) error
	UsedCode(context.Context, codes.ID) error
	AdvanceCode(context.Context, codes.ID) (codes.Shown, error)
	CanUndoAdvance(codes.ID) bool
	UndoAdvance(context.Context, codes.ID) error
	CodeURI(context.Context, codes.ID, platform.Prompt) (otp.Secret, error)
	ExportCodes(context.Context, platform.Prompt) ([]codes.Entry, error)
	Drift() (d time.Duration, known bool)
}

const (
	// nextIn is how long before its end a code shows the one that follows.
	nextIn = 5 * time.Second
	// revealFor is how long a code is seen that was hidden.
	revealFor = 30 * time.Second
	// undoFor is how long something can be taken back by the bar that tells of it.
	undoFor = 10 * time.Second
	// driftFrom is from when on the phone's clock makes codes that services may refuse: they take the code before and the one after, too.
	driftFrom = 20 * time.Second
)

// codesState is what the tab of the codes remembers between redraws.
type codesState struct {
	turn   int  // changes with what is listed
	asked  bool // ids and what follows are of the query
	sorted bool // by a query that is still the same: what was used just now does not jump up under the finger
	ids    []codes.ID
	total  int
	trash  int
	groups []string

	text     string
	group    string
	revealed map[codes.ID]time.Time // until when
	copied   copiedCode
	bar      *undoBar
	away     bool // nobody sees the app: nothing is worked out
	guarded  bool
}

// copiedCode is a code on the clipboard.
type copiedCode struct {
	id    codes.ID
	text  string
	until time.Time
}

// undoBar tells of what was done, and takes it back.
type undoBar struct {
	words string
	until time.Time
	undo  func(context.Context) error // nil: it can't be taken back
}

// CodesView is the tab of the codes, without its rows: of those there may be many.
type CodesView struct {
	Title      string
	Search     string // "Search 14 codes"
	Text       string // what is searched
	Groups     []string
	Group      int // the chosen one
	Count      int // rows
	Turn       int // changes with what is listed
	Empty      string
	EmptyText  string
	Add        string
	DriftHead  string // the phone's clock is wrong
	DriftText  string
	Undo       string // what was done, with a way back; "" for nothing
	UndoWord   string
	CanUndo    bool
	Trash      int
	Exportable bool
}

// Codes is the view of PageCodes.
func (a *App) Codes() CodesView {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.findCodes()
	t, c := a.print, &a.codes
	v := CodesView{
		Title: t.T("app.codes.title"), Search: t.T("app.codes.search", "Count", c.total), Text: c.text, Count: len(c.ids), Turn: c.turn, Trash: c.trash,
		Add: t.T("app.codes.add"), Exportable: c.total > 0, UndoWord: t.T("app.codes.undo"),
	}
	if len(c.groups) > 0 {
		v.Groups = append([]string{t.T("app.codes.all")}, c.groups...)
		v.Group = max(0, slices.Index(c.groups, c.group)+1)
	}
	switch {
	case c.total == 0:
		v.Empty, v.EmptyText = t.T("app.codes.none"), t.T("app.codes.none_text")
	case len(c.ids) == 0 && c.text != "":
		v.Empty, v.EmptyText = t.T("app.codes.not_found", "Text", c.text), t.T("app.codes.not_found_text")
	}
	if d, known := a.cfg.Core.Drift(); known && d.Abs() >= driftFrom && c.total > 0 {
		v.DriftHead, v.DriftText = t.T("app.codes.fast", "Wait", t.Wait(d.Abs())), t.T("app.codes.drift")
		if d < 0 {
			v.DriftHead = t.T("app.codes.slow", "Wait", t.Wait(d.Abs()))
		}
	}
	if b := c.bar; b != nil && a.cfg.Now().Before(b.until) {
		v.Undo, v.CanUndo = b.words, b.undo != nil
	}
	return v
}

// findCodes asks for what is listed, if it may have changed; mu must be held.
func (a *App) findCodes() {
	c := &a.codes
	if c.asked {
		return
	}
	order := a.cfg.Settings.Get().CodeOrder
	c.groups = a.cfg.Core.CodeGroups()
	if !slices.Contains(c.groups, c.group) {
		c.group = ""
	}
	found := a.cfg.Core.FindCodes(codes.Query{Text: c.text, Group: c.group, Order: order})
	if c.sorted && order == codes.ByUse && sameSet(found, c.ids) {
		found = c.ids
	}
	if !slices.Equal(found, c.ids) {
		c.turn++
	}
	c.ids, c.asked, c.sorted = found, true, true
	c.total = len(found)
	if c.text != "" || c.group != "" {
		c.total = len(a.cfg.Core.FindCodes(codes.Query{}))
	}
	c.trash = len(a.cfg.Core.FindCodes(codes.Query{Trash: true}))
}

func sameSet(a, b []codes.ID) bool {
	if len(a) != len(b) {
		return false
	}
	in := make(map[codes.ID]bool, len(a))
	for _, id := range a {
		in[id] = true
	}
	return !slices.ContainsFunc(b, func(id codes.ID) bool { return !in[id] })
}

// codesChanged has the list asked for again; mu must be held.
func (a *App) codesChanged() {
	a.codes.asked = false
	a.codes.turn++
}

// hasCodes tells whether there are any; mu must be held.
func (a *App) hasCodes() bool {
	a.findCodes()
	return a.codes.total > 0
}

// HasCodes tells whether there are any.
func (a *App) HasCodes() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.hasCodes()
}

// SearchCodes lists what a text finds.
func (a *App) SearchCodes(text string) {
	a.change(func() { a.codes.text, a.codes.asked, a.codes.sorted = text, false, false })
}

// ChooseGroup lists one group; 0 is all.
func (a *App) ChooseGroup(i int) {
	a.change(func() {
		a.codes.group = ""
		if i > 0 && i <= len(a.codes.groups) {
			a.codes.group = a.codes.groups[i-1]
		}
		a.codes.asked, a.codes.sorted = false, false
	})
}

// OrderCodes lists in another order from now on.
func (a *App) OrderCodes(o codes.Order) {
	a.Choose(func(c *Choices) { c.CodeOrder = o })
	a.change(func() { a.codesChanged(); a.codes.sorted = false })
}

// tell shows a bar with what was done and a way back; mu must be held.
func (a *App) tell(words string, undo func(context.Context) error) {
	a.codes.bar = &undoBar{words, a.cfg.Now().Add(undoFor), undo}
}

// UndoCodes takes back what the bar tells of.
func (a *App) UndoCodes() {
	a.mu.Lock()
	b := a.codes.bar
	a.mu.Unlock()
	if b == nil || b.undo == nil {
		return
	}
	a.do(laneOther, a.T("app.busy.saving"), b.undo, func(err error) {
		a.change(func() {
			if a.codes.bar == b {
				a.codes.bar = nil
			}
		})
		if err != nil {
			a.fail(err)
		}
	})
}

// CodeMenu is what can be done with a code.
type CodeMenu struct {
	ID     codes.ID
	Title  string
	Pinned bool
	Undo   bool // the last step of its counter can be taken back
	Copy   bool
}

// CodeMenu is the menu of a code; ok is false if it is gone.
func (a *App) CodeMenu(id codes.ID) (m CodeMenu, ok bool) {
	v, err := a.cfg.Core.CodeView(id)
	if err != nil {
		return CodeMenu{}, false
	}
	undo := a.cfg.Core.CanUndoAdvance(id)
	return CodeMenu{ID: id, Title: v.Title(), Pinned: v.Pinned, Undo: undo, Copy: !v.NeedsPIN && (v.Kind != otp.HOTP || undo)}, true
}

// store stores a change of one code and says what went wrong.
func (a *App) store(f func(context.Context) error, done func()) {
	a.do(laneOther, a.T("app.busy.saving"), f, func(err error) {
		if err != nil {
			a.fail(err)
			return
		}
		if done != nil {
			a.change(done)
		}
	})
}

// PinCode puts a code above the others, or back.
func (a *App) PinCode(id codes.ID, pinned bool) {
	a.store(func(ctx context.Context) error { return a.cfg.Core.PinCode(ctx, id, pinned) }, nil)
}

// UndoStep takes the last step of a counter back.
func (a *App) UndoStep(id codes.ID) {
	a.store(func(ctx context.Context) error { return a.cfg.Core.UndoAdvance(ctx, id) }, nil)
}

// TrashCode puts a code into the trash, with a way back.
func (a *App) TrashCode(id codes.ID) {
	v, err := a.cfg.Core.CodeView(id)
	if err != nil {
		return
	}
	a.store(func(ctx context.Context) error { return a.cfg.Core.TrashCode(ctx, id) }, func() {
		a.tell(a.print.T("app.codes.trashed", "Name", v.Title()), func(ctx context.Context) error { return a.cfg.Core.UntrashCode(ctx, id) })
	})
}

// Away tells that nobody sees the app, so that nothing has to be worked out.
func (a *App) Away() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.codes.away
}

// guardedPages must not be in a screenshot while they are shown.
var guardedPages = []Page{PageCodes, PageCodeQR, PageCodeAdd, PageExportQR}

// guardCodes keeps the window out of screenshots while codes or keys are on it; mu must be held.
func (a *App) guardCodes(p Page) {
	if on := slices.Contains(guardedPages, p); on != a.codes.guarded {
		a.codes.guarded = on
		a.guard(on)
	}
}

// codesPages hold keys, or lead to them: they are closed when the app locks.
var codesPages = []Page{
	PageCodeNew, PageCodeAdd, PageCodeEdit, PageCodeQR, PageImport, PageImportPassword, PageImportPlan, PageExport, PageExportSeal, PageExportPlain,
	PageExportReady, PageExportQR,
}

// leftCodes forgets what belongs to pages that are open no more; mu must be held.
func (a *App) leftCodes(open func(...Page) bool) {
	if !open(PageCodeNew) {
		a.forgetNewCode()
	}
	if !open(PageCodeAdd, PageCodeEdit) {
		a.form = formState{}
	}
	if !open(PageScan) {
		a.forgetParts()
	}
	if !open(PageCodeQR) {
		a.forgetQR()
	}
	if !open(PageImport, PageImportPassword, PageImportPlan) {
		a.imports.forget()
	}
	if !open(PageExportSeal, PageExportPlain, PageExportReady, PageExportQR) {
		a.exports.forget()
	}
}

// lockCodes closes what holds keys when the app locks; mu must be held.
func (a *App) lockCodes() {
	a.stack = slices.DeleteFunc(a.stack, func(p Page) bool { return slices.Contains(codesPages, p) })
	a.codes.bar, a.codes.revealed, a.codes.text = nil, nil, ""
	a.left()
}
