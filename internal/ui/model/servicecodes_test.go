package model_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/phone"
	"avow/internal/phone/codes"
	"avow/internal/phone/platform"
	"avow/internal/phone/transfer"
	"avow/internal/ui/model"
	"avow/internal/ui/model/modeltest"
)

const library = "otpauth://totp/Library:anna?secret=JBSWY3DPEHPK3PXPJBSWY3DP&issuer=Library"

func codesStage(t *testing.T, list ...codes.Entry) *stage {
	t.Helper()
	g := newStage(t, modeltest.Open())
	if list == nil {
		list = modeltest.ServiceCodes()
	}
	g.core.Clock = func() time.Time { return g.now }
	g.core.SetCodes(list...)
	g.core.Tell(phone.Event{Kind: phone.CodesChanged}, func(*phone.State) {})
	g.GoTo(model.PageCodes)
	return g
}

func (g *stage) titles() []string {
	var out []string
	for i := range g.Codes().Count {
		out = append(out, g.CodeRow(i).Title)
	}
	return out
}

func (g *stage) row(title string) model.CodeRow {
	g.t.Helper()
	for i := range g.Codes().Count {
		if r := g.CodeRow(i); r.Title == title {
			return r
		}
	}
	g.t.Fatalf("there is no row %q", title)
	return model.CodeRow{}
}

func TestCodeOfARow(t *testing.T) {
	g := codesStage(t)
	g.now = modeltest.Now.Truncate(30 * time.Second).Add(9 * time.Second)
	r := g.row("GitHub")
	if len(r.Code) != 7 || r.Code[3] != ' ' || r.Seconds != "21" || r.Late || r.Next != "" || r.Left < 0.69 || r.Left > 0.71 || r.Face.Icon != "branch" {
		t.Errorf("with 21 seconds left the row is %+v", r)
	}
	g.now = g.now.Add(16 * time.Second)
	late := g.row("GitHub")
	if !late.Late || late.Seconds != "5" || late.NextWord != "Next" || len(late.Next) != 7 {
		t.Errorf("with 5 seconds left it is %+v", late)
	}
	g.now = g.now.Add(5 * time.Second)
	if got := g.row("GitHub").Code; got != late.Next {
		t.Errorf("the next one was %q, and is %q", late.Next, got)
	}
	for title, want := range map[string]int{"Steam": 5, "Fastmail": 9} { // 3904 3302
		if got := g.row(title).Code; len(got) != want {
			t.Errorf("%s shows %q", title, got)
		}
	}
	if r := g.row("Notes"); !r.Hidden || r.Below != "Type its PIN once" {
		t.Errorf("without its PIN: %+v", r)
	}
}

//
func TestHiddenUntilTapped(t *testing.T) {
	g := codesStage(t)
	g.Choose(func(c *model.Choices) { c.HideCodes = true })
	put := ""
	tap := func() { g.TapCode(g.row("GitHub").ID, func(s string) { put = s }) }
	if r := g.row("GitHub"); !r.Hidden || r.Code != "••• •••" || r.Next != "" {
		t.Fatalf("before the tap: %+v", r)
	}
	tap()
	if g.row("GitHub").Hidden || !g.row("AWS").Hidden || put != "" {
		t.Error("the first tap does more or less than to show this code")
	}
	tap()
	if put == "" {
		t.Error("the second tap does not copy")
	}
	g.GoTo(model.PageHome)
	g.GoTo(model.PageCodes)
	if !g.row("GitHub").Hidden {
		t.Error("it is shown when the tab is opened again")
	}
	tap()
	g.Hide() // out of sight
	if !g.row("GitHub").Hidden {
		t.Error("it is shown when the app comes back")
	}
}

// lifecycle sends what it is told.
type lifecycle chan platform.LifecycleEvent

func (l lifecycle) Events(context.Context) <-chan platform.LifecycleEvent { return l }

func TestNothingIsWorkedOutWhileNobodySees(t *testing.T) {
	life := make(lifecycle)
	g := newStage(t, modeltest.Open(), func(c *model.Config) { c.Lifecycle = life })
	g.core.SetCodes(modeltest.ServiceCodes()...)
	g.GoTo(model.PageCodes)
	life <- platform.Background
	life <- platform.Background // the first one is done with
	n := g.core.Calls("Code")
	if r := g.row("GitHub"); !r.Hidden || g.core.Calls("Code") != n || !g.Away() {
		t.Errorf("in the background the row is %+v", r)
	}
	life <- platform.Foreground
	life <- platform.Foreground
	if g.row("GitHub").Hidden {
		t.Error("back again it is still hidden")
	}
	close(life)
}

// the text that leaves the clipboard is given once, when its time is over.
func TestUncopy(t *testing.T) {
	g := codesStage(t)
	var put string
	g.TapCode(g.row("GitHub").ID, func(s string) { put = s })
	if _, due := g.Uncopy(false); due || put == "" {
		t.Fatalf("copied %q, due at once: %v", put, due)
	}
	if got := g.row("GitHub").Copied; got != "Copied, cleared in 30 s" {
		t.Errorf("said %q", got)
	}
	g.now = g.now.Add(model.ClearHalf.Duration() - time.Second)
	if _, due := g.Uncopy(false); due {
		t.Error("due too early")
	}
	g.now = g.now.Add(time.Second)
	if text, due := g.Uncopy(false); !due || text != put {
		t.Errorf("after 30 s: %q, %v", text, due)
	}
	if _, due := g.Uncopy(true); due {
		t.Error("it is given twice")
	}
	g.TapCode(g.row("AWS").ID, func(string) {})
	if _, due := g.Uncopy(true); !due {
		t.Error("when the app ends it stays")
	}
}

// What is used does not jump up while one looks at it.
func TestOrderByUseWaits(t *testing.T) {
	g := codesStage(t)
	g.OrderCodes(codes.ByUse)
	before := g.titles()
	g.now = g.now.Add(time.Minute)
	g.TapCode(g.row("Router").ID, func(string) {})
	if got := g.titles(); !slices.Equal(got, before) {
		t.Errorf("the rows moved: %v", got)
	}
	g.GoTo(model.PageHome)
	g.GoTo(model.PageCodes)
	if got := g.titles(); got[0] != "Router" {
		t.Errorf("opened again, the first one is %s", got[0])
	}
}

func TestClockThatIsWrongIsSaid(t *testing.T) {
	for off, want := range map[time.Duration]string{
		0: "", 10 * time.Second: "", 90 * time.Second: "This phone’s clock is 90 seconds fast.", -40 * time.Second: "This phone’s clock is 40 seconds slow.",
	} {
		g := codesStage(t)
		g.core.ClockOff, g.core.ClockKnown = off, true
		if got := g.Codes().DriftHead; got != want {
			t.Errorf("%v off: %q", off, got)
		}
		g.core.ClockKnown = false
		if g.Codes().DriftHead != "" {
			t.Error("it is said though nobody knows")
		}
	}
}

func TestTypedServiceCode(t *testing.T) {
	for name, c := range map[string]struct {
		form  model.CodeForm
		field string
	}{
		"nothing":       {model.CodeForm{}, model.FieldIssuer},
		"no key":        {model.CodeForm{Issuer: "Library"}, model.FieldKey},
		"digits in it":  {model.CodeForm{Issuer: "Library", Key: "JBSW 0189"}, model.FieldKey},
		"digits":        {model.CodeForm{Issuer: "Library", Key: "JBSWY3DPEHPK3PXP", Digits: "4", Period: "30"}, model.FieldDigits},
		"no digits":     {model.CodeForm{Issuer: "Library", Key: "JBSWY3DPEHPK3PXP", Digits: "six", Period: "30"}, model.FieldDigits},
		"period":        {model.CodeForm{Issuer: "Library", Key: "JBSWY3DPEHPK3PXP", Digits: "6", Period: "1"}, model.FieldPeriod},
		"counter":       {model.CodeForm{Issuer: "Library", Key: "JBSWY3DPEHPK3PXP", Digits: "6", Kind: 1, Counter: "-1"}, model.FieldCounter},
		"long":          {model.CodeForm{Issuer: strings.Repeat("L", 300), Key: "JBSWY3DPEHPK3PXP", Digits: "6", Period: "30"}, model.FieldIssuer},
		"right":         {model.CodeForm{Issuer: "Library", Key: "jbsw y3dp-ehpk3pxp==", Digits: "8", Period: " 60 ", Method: 2}, ""},
		"right counter": {model.CodeForm{Account: "anna", Key: "JBSWY3DPEHPK3PXP", Digits: "6", Kind: 1, Counter: "7"}, ""},
		"Steam":         {model.CodeForm{Issuer: "Steam", Key: "JBSWY3DPEHPK3PXP", Kind: 2}, ""},
	} {
		g := codesStage(t, modeltest.ServiceCodes()[0])
		g.OpenAdd()
		g.FormTyped(func(f *model.CodeForm) { *f = c.form })
		g.SaveForm()
		v := g.Form()
		if c.field == "" {
			if g.Page() != model.PageCodes || g.Codes().Count != 2 {
				t.Errorf("%s: on page %q, %d codes, %v %q", name, g.Page(), g.Codes().Count, v.Wrong, v.Words)
			}
			continue
		}
		if g.Page() != model.PageCodeAdd || v.Wrong[c.field] == "" || len(v.Wrong) != 1 || g.core.Calls("AddCodes") != 0 {
			t.Errorf("%s: said %v %q", name, v.Wrong, v.Words)
		}
	}
	g := codesStage(t)
	g.OpenAdd()
	g.FormTyped(func(f *model.CodeForm) { f.Issuer, f.Key = "Again", "IEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" }) // A2345…: GitHub's
	g.SaveForm()
	g.says(g.Form().Words, "You have this code already.")
}

func TestEditCode(t *testing.T) {
	g := codesStage(t)
	id := g.row("Router").ID
	g.OpenEdit(id)
	if v := g.Form(); !v.Edit || v.Form.Issuer != "Router" || v.Form.Groups != "Servers" || !slices.Equal(v.Known, []string{"Private", "Work"}) {
		t.Fatalf("the form is %+v", v)
	}
	g.FormGroup("Work")
	g.FormTyped(func(f *model.CodeForm) { f.Name, f.Pinned, f.Note = " Box in the cellar ", true, "two\nlines" })
	g.SaveForm()
	g.on(model.PageCodes)
	v, err := g.core.CodeView(id)
	if err != nil || v.Name != "Box in the cellar" || !v.Pinned || !slices.Equal(v.Groups, []string{"Servers", "Work"}) || v.Note != "two\nlines" {
		t.Errorf("stored %+v, %v", v, err)
	}
	if got := g.titles()[0]; got != "Box in the cellar" {
		t.Errorf("%s is on top", got)
	}
	g.OpenEdit(id)
	g.FormTyped(func(f *model.CodeForm) { f.Groups = strings.Repeat("g", 41) })
	g.SaveForm()
	if g.Form().Wrong[model.FieldGroups] == "" {
		t.Error("a group of 41 characters was taken")
	}
	g.Back()
	g.OpenEdit(g.row("Notes").ID)
	g.FormTyped(func(f *model.CodeForm) { f.PIN = "4711" })
	g.SaveForm()
	if r := g.row("Notes"); r.Hidden || len(r.Code) != 9 {
		t.Errorf("with its PIN: %+v", r)
	}
}

func TestScannedCodeIsAskedAbout(t *testing.T) {
	g := codesStage(t)
	g.OpenScan()
	g.Text(library)
	g.on(model.PageCodeNew)
	v := g.NewCode()
	if v.Issuer != "Library" || v.Account != "anna" || v.Same != "" || v.Weak != "" || len(v.Facts) != 2 || v.Facts[0].Value != "6 digits" {
		t.Errorf("the question is %+v", v)
	}
	g.calls("AddCode", 0)
	g.AddNewCode()
	g.on(model.PageCodes)
	g.says(g.Codes().Undo, "Library was added.")
	g.Text(library)
	if v := g.NewCode(); v.Same != "You have this code already: Library anna" || v.Add != "" {
		t.Errorf("the second time: %+v", v)
	}
	g.Back()
	id := g.row("Library").ID
	g.TrashCode(id)
	g.Text(library)
	if v := g.NewCode(); v.Trash == "" || v.Add == "" {
		t.Errorf("from the trash: %+v", v)
	}
	g.AddNewCode()
	g.UndoCodes()
	if v, err := g.core.CodeView(id); err != nil || v.Trashed.IsZero() {
		t.Errorf("taken back it is not in the trash: %+v, %v", v, err)
	}
	g.OpenScan()
	g.Text("otpauth://totp/x?secret=")
	g.on(model.PageScan)
	g.says(g.Scan().Hint, "There is no key in it. Have the service show a new QR code.")
}

// parts are the QR codes of an export of another app.
func parts(t *testing.T, n int) []string {
	t.Helper()
	var items []transfer.Item
	for _, e := range modeltest.ManyCodes(n) {
		items = append(items, transfer.Item{Code: e.Code})
	}
	x, err := transfer.MakeExport(t.Context(), transfer.Google, items, transfer.ExportOptions{Typed: transfer.PlainPhrase})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, s := range x.Texts() {
		out = append(out, string(s))
	}
	return out
}

func TestPartsOfAnExportInAnyOrder(t *testing.T) {
	list := parts(t, 25)
	if len(list) != 3 {
		t.Fatalf("%d parts", len(list))
	}
	g := codesStage(t)
	g.OpenScan()
	g.Text(list[2])
	g.on(model.PageScan)
	g.says(g.Scan().Hint, "1 of 3 scanned. Show the next QR code.")
	g.Text(list[2]) // again
	g.Text(list[0])
	g.says(g.Scan().Hint, "2 of 3 scanned. Show the next QR code.")
	g.UseParts()
	g.on(model.PageImportPlan)
	if v := g.Plan(); v.Missing != "2 of 3 QR codes were scanned. Missing: 2. Go back to scan them." {
		t.Errorf("said %q", v.Missing)
	}
	g.Back()
	g.OpenScan()
	for _, i := range []int{1, 0, 2} {
		g.Text(list[i])
	}
	g.on(model.PageImportPlan)
	if v := g.Plan(); v.Missing != "" || v.Import != "Import 25 codes" || v.Parts[0].More != "and 5 more" {
		t.Errorf("the plan is %+v", v)
	}
	g.calls("AddCodes", 0)
	g.ImportNow()
	g.on(model.PageCodes)
	if n := g.Codes().Count; n != 39 {
		t.Errorf("%d codes", n)
	}
	g.UndoCodes()
	if n := g.Codes().Count; n != 14 {
		t.Errorf("taken back: %d codes", n)
	}
}

func TestPastedLinksAreAPlan(t *testing.T) {
	g := codesStage(t)
	g.OpenScan()
	g.Text(library + "\n" + "otpauth://totp/Ferry:anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n")
	g.on(model.PageImportPlan)
	if v := g.Plan(); v.Import != "Import 2 codes" {
		t.Errorf("the plan is %+v", v)
	}
	g.Back()
	g.OpenScan()
	g.Text("one line\nand another") // no links
	g.on(model.PageScan)
}

// file is one that knows whether it was closed.
type file struct {
	io.Reader
	closed bool
}

func (f *file) Close() error { f.closed = true; return nil }

func TestImportFileWithPassword(t *testing.T) {
	x, err := transfer.MakeExport(t.Context(), transfer.Aegis, transfer.Items(modeltest.ServiceCodes()[:4]), transfer.ExportOptions{Passphrase: []byte("correct horse")})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if _, err := x.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	g := codesStage(t, modeltest.ServiceCodes()[:2]...)
	g.OpenImport()
	f := &file{Reader: strings.NewReader(b.String())}
	g.ImportFile(f)
	g.on(model.PageImportPassword)
	if !f.closed {
		t.Error("the file is left open")
	}
	g.OpenFile("")
	g.says(g.ImportPassword().Wrong, "Type it first")
	g.OpenFile("wrong")
	g.says(g.ImportPassword().Wrong, "This password does not open the file. Type the one that you chose when you exported it.")
	g.OpenFile("correct horse")
	g.on(model.PageImportPlan)
	v := g.Plan()
	if v.Text != "An export of Aegis. Nothing is stored yet." || v.Import != "Import 2 codes" || len(v.Parts) != 2 || v.Parts[1].Head != "2 that you have" {
		t.Errorf("the plan is %+v", v)
	}
	g.core.CodesFail = errBroken
	g.ImportNow()
	g.on(model.PageImportPlan)
	if g.Plan().Words == "" {
		t.Error("it is not said that nothing was stored")
	}
	g.core.CodesFail = nil
	g.ImportNow()
	g.on(model.PageCodes)
	if n := g.Codes().Count; n != 4 {
		t.Errorf("%d codes", n)
	}
}

func TestImportRefusesInWords(t *testing.T) {
	for text, want := range map[string]string{"": "This file is empty.", "a letter": "This is not an export that Avow knows.", `{"version":1`: "The end of this file is missing."} {
		g := codesStage(t)
		g.OpenImport()
		g.ImportFile(io.NopCloser(strings.NewReader(text)))
		g.on(model.PageImport)
		if got := g.ImportStart().Words; !strings.HasPrefix(got, want) {
			t.Errorf("%q: said %q", text, got)
		}
	}
	g := codesStage(t)
	g.OpenImport()
	g.NoImport(errors.New("no such file"))
	if g.ImportStart().Words == "" {
		t.Error("a file that can't be opened is not spoken of")
	}
}

// Whoever leaves while a file is read finds nothing there later.
func TestImportLeft(t *testing.T) {
	g := codesStage(t)
	g.OpenImport()
	g.hold = true
	g.ImportFile(io.NopCloser(strings.NewReader(library)))
	g.Back()
	g.hold = false
	g.release()
	g.on(model.PageCodes)
	if g.Plan().Title != "" {
		t.Error("a plan is left")
	}
}

//
func TestExportIsSealedAndRead(t *testing.T) {
	g := codesStage(t, modeltest.ServiceCodes()[:3]...)
	g.OpenExport()
	g.ChooseExport(transfer.Aegis)
	for _, c := range []struct{ first, second, field string }{{"", "", "first"}, {"short", "short", "first"}, {"correct horse", "correct house", "second"}} {
		g.SealExport(c.first, c.second)
		if g.Seal().Wrong[c.field] == "" {
			t.Errorf("%+v was taken", c)
		}
	}
	g.calls("ExportCodes", 0)
	g.SealExport("correct horse", "correct horse")
	g.on(model.PageExportReady)
	g.says(g.Ready().Title, "3 codes are ready")
	write, check := g.ExportWriter()
	var b strings.Builder
	if err := write(&b); err != nil || strings.Contains(b.String(), "GitHub") {
		t.Fatalf("written: %v", err)
	}
	if err := check(strings.NewReader(b.String())); err != nil {
		t.Errorf("what was written does not pass: %v", err)
	}
	g.ExportSaved("", check(strings.NewReader(b.String()[1:])))
	if v := g.Ready(); v.Saved || v.Words == "" {
		t.Error("a damaged file is called done")
	}
	g.ExportSaved("codes.json", nil)
	if v := g.Ready(); !v.Saved || v.Title != "3 codes exported" {
		t.Errorf("saved: %+v", v)
	}
	g.DoneExport()
	g.on(model.PageCodes)
	if w, _ := g.ExportWriter(); w != nil {
		t.Error("the export is still in memory")
	}
}

func TestExportWithoutProtectionIsTypedFor(t *testing.T) {
	g := codesStage(t, modeltest.ServiceCodes()[:12]...)
	g.OpenExport()
	g.ChooseExport(transfer.Google)
	g.PlainExport("yes")
	g.calls("ExportCodes", 0)
	if g.Plain().Wrong == "" {
		t.Error("nothing is said")
	}
	g.core.OnExport = func(context.Context) error { return platform.ErrCanceled }
	g.PlainExport("Anybody can  read this")
	g.on(model.PageExportPlain)
	g.core.OnExport = nil
	g.PlainExport("anybody can read this")
	g.on(model.PageExportQR)
	v := g.Ready()
	if v.Step != "1 of 2" || v.Next == "" || v.Left == "" { // Steam's
		t.Errorf("the first one: %+v", v)
	}
	g.NextQR(1)
	if w := g.Ready(); w.Step != "2 of 2" || w.Next != "" || w.QR == v.QR {
		t.Errorf("the second one: %+v", w)
	}
	g.NextQR(1)
	g.NextQR(-1)
	if g.Ready().QR != v.QR {
		t.Error("back does not lead to the first one")
	}
}

// Nothing of a key outlives the lock, the way back, or another tab.
func TestKeysAreForgotten(t *testing.T) {
	leave := map[string]func(*stage){
		"lock": func(g *stage) { g.core.Lock() }, "back": func(g *stage) { g.Back() }, "tab": func(g *stage) { g.GoTo(model.PageHome) },
	}
	enter := map[string]func(*stage){
		"qr":    func(g *stage) { g.ShowCodeQR(g.row("GitHub").ID) },
		"new":   func(g *stage) { g.Text(library) },
		"typed": func(g *stage) { g.OpenAdd(); g.FormTyped(func(f *model.CodeForm) { f.Key = "JBSWY3DPEHPK3PXP" }) },
		"plan":  func(g *stage) { g.OpenImport(); g.ImportFile(io.NopCloser(strings.NewReader(library))) },
		"export": func(g *stage) {
			g.OpenExport()
			g.ChooseExport(transfer.OTPAuth)
			g.PlainExport("anybody can read this")
		},
		"parts": func(g *stage) { g.OpenScan(); g.Text(parts(t, 14)[0]) },
	}
	for in, f := range enter {
		for out, l := range leave {
			g := codesStage(t, modeltest.ServiceCodes()[:3]...)
			f(g)
			if g.Page() == model.PageCodes {
				t.Fatalf("%s is not open", in)
			}
			l(g)
			if out == "back" && in == "plan" {
				g.Back() // and from the choice of the file
			}
			write, _ := g.ExportWriter()
			if g.CodeQR().QR != "" || g.NewCode().Issuer != "" || g.Form().Form.Key != "" || g.Plan().Title != "" || write != nil || g.Scan().Parts != "" {
				t.Errorf("%s, %s: something is left", in, out)
			}
			if out == "lock" {
				g.on(model.PageLock)
			}
		}
	}
}

func TestCodesGuardTheWindow(t *testing.T) {
	guard := &screenGuard{}
	g := newStage(t, modeltest.Open(), func(c *model.Config) { c.Guard = guard })
	for _, p := range []model.Page{model.PageCodes, model.PageHome, model.PageCodes, model.PageSettings} {
		g.GoTo(p)
		g.Page()
		if n := len(guard.told); n == 0 || guard.told[n-1] != (p == model.PageCodes) {
			t.Errorf("on page %s the guard was told %v", p, guard.told)
		}
	}
}

// What goes wrong is said in the person's language: no error of a code, an import or an export keeps the sentence it came with.
func TestFaultsOfCodesAreTranslated(t *testing.T) {
	g := newStage(t, modeltest.Open())
	g.Choose(func(c *model.Choices) { c.Language = "de" })
	for _, err := range []*authn.Error{
		codes.ErrNotFound, codes.ErrSame, codes.ErrName, codes.ErrNote, codes.ErrGroups, codes.ErrNotHOTP, codes.ErrNoUndo, codes.ErrTooMany, codes.ErrInTrash,
		codes.ErrNewer, transfer.ErrPasswordNeeded, transfer.ErrIdentityNeeded, transfer.ErrPasswordWrong, transfer.ErrDamaged, transfer.ErrTruncated, transfer.ErrEmpty,
		transfer.ErrTooLarge, transfer.ErrTooMany, transfer.ErrTooHard, transfer.ErrUnknownFormat, transfer.ErrVersion, transfer.ErrOtherAccount,
		transfer.ErrNoPassword, transfer.ErrNothing, transfer.ErrMixedParts, transfer.ErrPassphraseShort, transfer.ErrDiffers,
	} {
		g.OpenImport()
		g.NoImport(fmt.Errorf("read: %w", err))
		if got := g.ImportStart().Words; got == err.Message || got == "" {
			t.Errorf("%s: said %q", err.Code, got)
		}
		g.Back()
	}
}

// A choice, a step and a deletion that can't be stored are said, and change nothing.
func TestCodesThatCannotBeStored(t *testing.T) {
	g := codesStage(t)
	id := g.row("Door of the archive").ID
	g.core.CodesFail = errBroken
	for name, f := range map[string]func(){
		"trash": func() { g.TrashCode(id) }, "pin": func() { g.PinCode(id, true) }, "step": func() { g.NextHOTP(id) }, "move": func() { g.OpenSort(); g.MoveCode(3, true) },
	} {
		f()
		if g.Page() != model.PageError {
			t.Errorf("%s: nothing is said", name)
		}
		g.Done()
	}
	g.GoTo(model.PageCodes)
	if g.Codes().Count != 14 || g.Codes().Undo != "" {
		t.Error("something changed")
	}
}

func TestMoveCodes(t *testing.T) {
	g := codesStage(t, modeltest.ServiceCodes()[:4]...)
	g.OpenSort()
	for _, c := range []struct {
		i    int
		down bool
		want string
	}{
		{0, true, "Lund VPN GitHub AWS Nextcloud"},
		{3, false, "Lund VPN GitHub Nextcloud AWS"},
		{2, true, "Lund VPN GitHub AWS Nextcloud"},
		{0, false, "Lund VPN GitHub AWS Nextcloud"},
		{3, true, "Lund VPN GitHub AWS Nextcloud"},
	} {
		g.MoveCode(c.i, c.down)
		if got := strings.Join(g.titles(), " "); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
	g.PinCode(g.row("AWS").ID, true)
	g.MoveCode(1, false) // the first of those that are not pinned
	if got := strings.Join(g.titles(), " "); got != "AWS Lund VPN GitHub Nextcloud" {
		t.Errorf("past a pinned one: %s", got)
	}
}
