package screen_test

import (
	"context"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	driver "fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"avow/internal/phone"
	"avow/internal/phone/codes"
	"avow/internal/phone/keystore"
	"avow/internal/phone/transfer"
	"avow/internal/ui/model"
	"avow/internal/ui/model/modeltest"
	"avow/internal/ui/widgets"
)

const (
	newLink  = "otpauth://totp/Malm%C3%B6%20Library:anna?secret=JBSWY3DPEHPK3PXPJBSWY3DP&issuer=Malm%C3%B6%20Library"
	weakLink = "otpauth://hotp/Old%20door?secret=JBSWY3DP&counter=5"
)

// withCodes puts the codes of the pictures on the phone, or others.
func withCodes(g *stage, list ...codes.Entry) {
	if list == nil {
		list = modeltest.ServiceCodes()
	}
	g.core.SetCodes(list...)
	g.core.Tell(phone.Event{Kind: phone.CodesChanged}, func(*phone.State) {})
	g.model.GoTo(model.PageCodes)
	g.settle()
}

// export is a file of another app: lines, some of which are here already, differ, or can't be read.
const export = "otpauth://totp/Malm%C3%B6%20Library:anna?secret=JBSWY3DPEHPK3PXPJBSWY3DP\n" +
	"otpauth://totp/Ferry:anna?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ\n" +
	"otpauth://totp/GitHub:anna-lind?secret=MFRGGZDFMZTWQ2LKMFRGGZDFMZTWQ2LK\n" +
	"otpauth://totp/Broken:anna?secret=1111\n"

func (g *stage) imports(text string) {
	g.model.OpenImport()
	g.settle()
	g.files.file = func() { g.model.ImportFile(io.NopCloser(strings.NewReader(text))) }
	g.tap("choose")
	g.settle()
}

func codeScenes() []scene {
	tab := func(g *stage) { withCodes(g) }
	at := func(seconds int, also func(*stage)) func(*stage) {
		return func(g *stage) {
			g.now = modeltest.Now.Truncate(30 * time.Second).Add(time.Duration(seconds-1) * time.Second)
			withCodes(g)
			if also != nil {
				also(g)
			}
		}
	}
	menu := func(g *stage) { tab(g); g.codeRow(1).OnMenu() }
	made := func(f transfer.Format) func(*stage) {
		return func(g *stage) {
			withCodes(g)
			g.model.OpenExport()
			g.model.ChooseExport(f)
			g.model.PlainExport(g.model.T("app.export.phrase"))
		}
	}
	open := modeltest.Open()
	return []scene{
		{name: "09-codes", state: open, act: at(9, func(g *stage) { test.Tap(g.codeRow(1)); g.settle(); g.now = g.now.Add(2 * time.Second) })},
		{name: "09-codes-next", state: open, act: at(26, nil)},
		{name: "09-codes-hidden", picture: true, state: open, act: at(9, func(g *stage) {
			g.model.Choose(func(c *model.Choices) { c.HideCodes = true })
			g.settle()
			test.Tap(g.codeRow(1))
		})},
		{name: "09-codes-empty", state: open, act: func(g *stage) { g.model.GoTo(model.PageCodes) }},
		{name: "09-codes-search", picture: true, state: open, act: at(9, func(g *stage) { g.model.SearchCodes("anna") })},
		{name: "09-codes-nothing", state: open, act: at(9, func(g *stage) { g.model.SearchCodes("zeppelin") })},
		{name: "09-codes-group", picture: true, state: open, act: at(9, func(g *stage) { g.model.ChooseGroup(2) })},
		{name: "09-codes-end", state: open, act: at(9, func(g *stage) {
			list := g.list()
			list.Focus(11)
			g.settle()
			list.Row(11).(*widgets.CodeRow).Step().Tapped(nil)
			list.Focus(list.Count() - 1)
		})},
		{name: "09-codes-clock", state: open, act: at(9, func(g *stage) { g.core.ClockOff, g.core.ClockKnown = 3*time.Minute, true })},
		{name: "09-codes-add", state: open, act: func(g *stage) { tab(g); g.tap("add") }},
		{name: "09-codes-more", picture: true, state: open, act: func(g *stage) { tab(g); g.tap("menu") }},
		{name: "09-codes-menu", state: open, act: menu},
		{name: "09-codes-undo", state: open, act: at(9, func(g *stage) { g.codeRow(0).OnMenu(); g.settle(); g.menu(5) })},
		{name: "09-code-edit", state: open, act: func(g *stage) { menu(g); g.menu(1) }},
		{name: "09-code-edit-long", state: open, act: func(g *stage) { tab(g); g.model.OpenEdit(g.core.Codes()[9].ID) }},
		{name: "09-code-edit-counter", picture: true, state: open, act: func(g *stage) { tab(g); g.model.OpenEdit(g.core.Codes()[11].ID) }},
		{name: "09-code-edit-pin", picture: true, state: open, act: func(g *stage) { tab(g); g.model.OpenEdit(g.core.Codes()[12].ID) }},
		{name: "09-code-qr", state: open, act: func(g *stage) { tab(g); g.model.ShowCodeQR(g.core.Codes()[0].ID) }},
		{name: "09-codes-sort", state: open, act: func(g *stage) { tab(g); g.model.OpenSort() }},
		{name: "09-codes-sort-name", picture: true, state: open, act: func(g *stage) { tab(g); g.model.OpenSort(); g.model.SortBy(1) }},
		{name: "09-codes-trash", state: open, act: func(g *stage) {
			tab(g)
			for _, v := range g.core.Codes()[:3] {
				g.model.TrashCode(v.ID)
			}
			g.model.OpenTrash()
		}},
		{name: "09-codes-trash-empty", picture: true, state: open, act: func(g *stage) { tab(g); g.model.OpenTrash() }},
		{name: "09-code-new", state: open, act: func(g *stage) { tab(g); g.model.OpenScan(); g.model.Text(newLink) }},
		{name: "09-code-new-weak", state: open, act: func(g *stage) { tab(g); g.model.OpenScan(); g.model.Text(weakLink) }},
		{name: "09-code-new-same", picture: true, state: open, act: func(g *stage) {
			tab(g)
			g.model.Text(newLink)
			g.model.AddNewCode()
			g.model.Text(newLink)
		}},
		{name: "09-code-type", state: open, act: func(g *stage) { tab(g); g.model.OpenAdd() }},
		{name: "09-code-type-more", state: open, act: func(g *stage) { tab(g); g.model.OpenAdd(); g.model.FormMore() }},
		{name: "09-code-type-wrong", state: open, act: func(g *stage) {
			tab(g)
			g.model.OpenAdd()
			g.model.FormTyped(func(f *model.CodeForm) { f.Issuer, f.Key = "Library", "JBSW-1111" })
			g.settle()
			g.tap("save")
		}},
		{name: "09-import", state: open, act: func(g *stage) { tab(g); g.model.OpenImport() }},
		{name: "09-import-wrong", state: open, act: func(g *stage) { tab(g); g.imports("this is a letter, not an export") }},
		{name: "09-import-password", state: open, act: func(g *stage) { tab(g); g.imports(sealed); g.model.OpenFile("wrong password") }},
		{name: "09-import-plan", state: open, act: func(g *stage) { tab(g); g.imports(export) }},
		{name: "09-import-done", picture: true, state: open, act: func(g *stage) { tab(g); g.imports(export); g.tap("import") }},
		{name: "09-import-parts", state: open, act: func(g *stage) { tab(g); g.model.OpenScan(); g.model.Text(part(0)) }},
		{name: "09-import-missing", state: open, act: func(g *stage) { tab(g); g.model.OpenScan(); g.model.Text(part(0)); g.model.UseParts() }},
		{name: "09-export", state: open, act: func(g *stage) { tab(g); g.model.OpenExport() }},
		{name: "09-export-password", state: open, act: func(g *stage) {
			tab(g)
			g.model.OpenExport()
			g.model.ChooseExport(transfer.Age)
			g.settle()
			g.model.SealExport("correct horse", "correct house")
		}},
		{name: "09-export-plain", state: open, act: func(g *stage) { tab(g); g.model.OpenExport(); g.model.ChooseExport(transfer.OTPAuth) }},
		{name: "09-export-ready", state: open, act: made(transfer.OTPAuth)},
		{name: "09-export-saved", picture: true, state: open, act: func(g *stage) { made(transfer.OTPAuth)(g); g.settle(); g.tap("save") }},
		{name: "09-export-qr", state: open, act: made(transfer.Google)},
		{name: "20-desktop-home-codes", state: open, look: func(l *look) {}, act: func(g *stage) { withCodes(g); g.model.GoTo(model.PageHome) }},
	}
}

// part is a QR code of an export of two.
func part(i int) string {
	list, err := modelParts()
	if err != nil {
		panic(err)
	}
	return list[i]
}

// modelParts has so many codes exported that they need several QR codes.
func modelParts() ([]string, error) {
	var items []transfer.Item
	for _, e := range modeltest.ManyCodes(14) {
		items = append(items, transfer.Item{Code: e.Code})
	}
	x, err := transfer.MakeExport(context.Background(), transfer.Google, items, transfer.ExportOptions{Typed: transfer.PlainPhrase})
	if err != nil {
		return nil, err
	}
	var out []string
	for _, t := range x.Texts() {
		out = append(out, string(t))
	}
	return out, nil
}

// sealed is a file that wants a password.
const sealed = "age-encryption.org/v1\n-> scrypt 6xTtyQP/RW1mIGDBH6xUAQ 2\nK7ZdqmCGbE6LNX3BJ+FZRP9nSlTxxAEIpJ1vBqzNIZE\n--- 0000000000000000000000000000000000000000000\n0123456789abcdef"

func (g *stage) list() *widgets.LongList {
	g.t.Helper()
	l, ok := g.shell.Find("list").(*widgets.LongList)
	if !ok {
		g.t.Fatalf("there is no list on page %q", g.shell.Page())
	}
	return l
}

func (g *stage) codeRow(i int) *widgets.CodeRow {
	g.t.Helper()
	if g.list().Row(i) == nil { // the text is large
		g.list().Focus(i)
	}
	r, ok := g.list().Row(i).(*widgets.CodeRow)
	if !ok {
		g.t.Fatalf("row %d is not in view", i)
	}
	return r
}

// a tap copies; after 30 s the clipboard is cleared, but not what was copied meanwhile.
func TestCopyByTap(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.Open())
	withCodes(g)
	test.Tap(g.codeRow(0))
	g.settle()
	code := g.files.copied
	if len(code) != 6 || strings.ReplaceAll(g.codeRow(0).Spec().Code, " ", "") != code {
		t.Fatalf("copied %q, shown %q", code, g.codeRow(0).Spec().Code)
	}
	if got := g.codeRow(0).Spec().Copied; !strings.HasPrefix(got, "Copied, cleared in 2") {
		t.Errorf("below the code stands %q", got)
	}
	g.now = g.now.Add(25 * time.Second)
	g.settle()
	if g.files.copied == "" {
		t.Error("the clipboard was cleared too early")
	}
	g.model.GoTo(model.PageHome) // on whatever page
	g.now = g.now.Add(5 * time.Second)
	g.settle()
	if g.files.copied != "" {
		t.Error("the code is still on the clipboard")
	}
	g.model.GoTo(model.PageCodes)
	g.settle()
	test.Tap(g.codeRow(1))
	g.files.copied = "something else"
	g.now = g.now.Add(31 * time.Second)
	g.settle()
	if g.files.copied != "something else" {
		t.Error("what was copied later is gone")
	}
}

// with the setting, no digit of a code is on the window before it is tapped.
func TestHiddenCodesByTap(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.Open())
	g.model.Choose(func(c *model.Choices) { c.HideCodes = true })
	withCodes(g)
	shown := func() (n int) {
		for _, s := range allTexts(g.win.Canvas().Content()) {
			for _, v := range g.core.Codes() {
				if c, err := g.core.Code(context.Background(), v.ID, g.now); err == nil && c.Text != "" && strings.ReplaceAll(s, " ", "") == c.Text {
					n++
				}
			}
		}
		return n
	}
	if n := shown(); n != 0 {
		t.Fatalf("%d codes are on the window", n)
	}
	test.Tap(g.codeRow(1))
	g.settle()
	if n := shown(); n != 2 || g.files.copied != "" { // a code is drawn twice, for its weight
		t.Errorf("after a tap: %d texts, copied %q", n, g.files.copied)
	}
	test.Tap(g.codeRow(1))
	if g.files.copied == "" {
		t.Error("the second tap did not copy")
	}
	g.now = g.now.Add(31 * time.Second)
	g.settle()
	if n := shown(); n != 0 {
		t.Error("it is still there half a minute later")
	}
}

func TestCodesBySearchAndGroup(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.Open())
	withCodes(g)
	search := g.shell.Find("search").(*widgets.Field)
	g.win.Canvas().Focus(search.Focusable())
	g.digits("malmo") // without its dots above
	if n := g.list().Count(); n != 1 || g.win.Canvas().Focused() != search.Focusable() {
		t.Errorf("%d rows; the keyboard is on the field: %v", n, g.win.Canvas().Focused() == search.Focusable())
	}
	g.digits("x")
	if texts := strings.Join(allTexts(g.win.Canvas().Content()), " "); !strings.Contains(texts, "Nothing found for “malmox”") {
		t.Errorf("it is not said that nothing was found: %s", texts)
	}
	for range "malmox" {
		g.key(fyne.KeyBackspace)
	}
	g.model.ChooseGroup(2) // Servers
	g.settle()
	if n := g.list().Count(); n != 3 {
		t.Errorf("%d rows in the group, want 3", n)
	}
}

// Ten thousand codes: only the rows in view exist, and a tick works out only their codes.
func TestManyCodesBuildOnlyWhatIsSeen(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.Open())
	withCodes(g, modeltest.ManyCodes(10_000)...)
	list := g.list()
	if list.Count() != 10_000 || list.Made > 10 {
		t.Fatalf("%d entries, %d rows were made", list.Count(), list.Made)
	}
	before, asked := g.core.Calls("Code"), g.core.Calls("FindCodes")
	g.settle()
	if n := g.core.Calls("Code") - before; n > 10 {
		t.Errorf("a tick worked out %d codes", n)
	}
	if n := g.core.Calls("FindCodes") - asked; n != 0 {
		t.Errorf("a tick searched %d times", n)
	}
	for _, i := range []int{9_999, 5_000, 0, 7_777} {
		list.Focus(i)
		g.settle()
		if list.Row(i) == nil || g.win.Canvas().Focused() != list.Row(i).(fyne.Focusable) {
			t.Errorf("row %d is not in view with the keyboard", i)
		}
	}
	if list.Made > 12 {
		t.Errorf("%d rows were made by scrolling", list.Made)
	}
	g.model.GoTo(model.PageHome)
	g.settle()
	before = g.core.Calls("Code")
	g.settle()
	if g.core.Calls("Code") != before {
		t.Error("codes are worked out that nobody sees")
	}
}

func TestCodesByKeyboard(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.Open())
	withCodes(g)
	g.list().Focus(0)
	g.key(fyne.KeyDown)
	g.key(fyne.KeyEnd)
	if want := g.list().Count() - 1; g.win.Canvas().Focused() != g.list().Row(want).(fyne.Focusable) {
		t.Error("End does not lead to the last one")
	}
	g.key(fyne.KeyHome)
	g.key(fyne.KeyReturn)
	if g.files.copied == "" {
		t.Error("Return did not copy")
	}
	g.key(driver.KeyMenu)
	g.menu(1)
	g.on(model.PageCodeEdit)
	g.key(fyne.KeyEscape)
	g.on(model.PageCodes)
}

// A row that is tapped later is the one that was looked at: no height changes with what stands below a code.
func TestRowsOfCodesDoNotMove(t *testing.T) {
	for _, l := range []look{lightPhone, largeDE} {
		g := newStage(t, l, modeltest.Open())
		g.now = modeltest.Now.Truncate(30 * time.Second).Add(20 * time.Second)
		withCodes(g)
		at := g.codeRow(2).Position()
		g.now = g.now.Add(6 * time.Second)
		test.Tap(g.codeRow(0))
		g.settle()
		if g.codeRow(1).Spec().Next == "" || g.codeRow(0).Spec().Copied == "" {
			t.Fatal("nothing stands below the codes")
		}
		if g.codeRow(2).Position() != at {
			t.Errorf("%s: a row moved", l.name)
		}
	}
}

func TestStepOfACounterByTaps(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.Open())
	withCodes(g, modeltest.ServiceCodes()[11])
	if got := g.codeRow(0).Spec(); !got.Hidden || got.Below == "" {
		t.Fatalf("before the first step: %+v", got)
	}
	test.Tap(g.codeRow(0).Step())
	g.settle()
	first := g.codeRow(0).Spec().Code
	if g.codeRow(0).Spec().Hidden || len(first) != 7 {
		t.Fatalf("after it: %q", first)
	}
	g.tap("undo")
	if v := g.core.Codes()[0]; v.Counter != 41 {
		t.Errorf("taken back the counter is %d", v.Counter)
	}
	if g.shell.Find("undo-bar").Visible() {
		t.Error("the bar is still there")
	}
}

func TestDeleteUndoAndTrashByTaps(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.Open())
	withCodes(g)
	g.codeRow(0).OnMenu()
	g.menu(5)
	if n := g.list().Count(); n != 13 {
		t.Fatalf("%d rows", n)
	}
	g.tap("undo")
	if n := g.list().Count(); n != 14 {
		t.Fatalf("taken back: %d rows", n)
	}
	g.codeRow(0).OnMenu()
	g.menu(5)
	g.tap("menu")
	g.menu(1)
	g.on(model.PageCodesTrash)
	row := g.list().Row(0).(*widgets.EntryRow)
	if got := row.Spec(); got.Title != "GitHub" || !strings.HasPrefix(got.Third, "Here until") {
		t.Errorf("the row says %+v", got)
	}
	test.Tap(row)
	g.settle()
	g.menu(1)
	g.menu(1) // Keep it
	g.calls("DeleteCode", 0)
	test.Tap(g.list().Row(0).(*widgets.EntryRow))
	g.settle()
	g.menu(1)
	g.menu(0)
	g.calls("DeleteCode", 1)
	if g.shell.Find("list") != nil {
		t.Error("the trash is not empty")
	}
}

func TestTypeACodeByKeys(t *testing.T) {
	g := newStage(t, lightPhone, phone.State{}) // nothing is connected, and there is no PIN
	g.tap("add-code")
	g.on(model.PageCodes)
	g.tap("type")
	g.on(model.PageCodeAdd)
	g.tap("save")
	if words := g.shell.Find("issuer").(*widgets.Field).Wrong(); words != "Type the service first" {
		t.Errorf("below the service stands %q", words)
	}
	g.digits("Library")
	g.key(fyne.KeyReturn)
	g.digits("anna")
	g.key(fyne.KeyReturn)
	g.digits("jbsw y3dp ehpk 3pxp 11")
	g.key(fyne.KeyReturn)
	if words := g.shell.Find("key").(*widgets.Field).Wrong(); !strings.Contains(words, "A to Z") {
		t.Errorf("below the key stands %q", words)
	}
	for range " 11" {
		g.key(fyne.KeyBackspace)
	}
	g.key(fyne.KeyReturn)
	g.on(model.PageChoosePIN)
	g.digits("482913")
	g.digits("482913")
	g.on(model.PageCodes)
	if g.list().Count() != 1 || g.codeRow(0).Spec().Issuer != "Library" {
		t.Error("the code is not there")
	}
	tab(g, 0)
	g.on(model.PageWelcome)
	tab(g, 1)
	g.on(model.PageCodes)
}

func TestScannedCodeByTaps(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.Open())
	withCodes(g)
	g.tap("scan")
	g.model.Text(newLink)
	g.settle()
	g.on(model.PageCodeNew)
	g.tap("cancel")
	g.on(model.PageCodes)
	g.calls("AddCode", 0)
	g.model.Text(newLink)
	g.settle()
	g.tap("add")
	g.on(model.PageCodes)
	g.calls("AddCode", 1)
	g.model.Text(newLink)
	g.settle()
	if g.shell.Find("add") != nil {
		t.Error("it can be added twice")
	}
	g.tap("done")
	g.tap("undo")
	if n := g.list().Count(); n != 14 {
		t.Errorf("taken back: %d codes", n)
	}
}

// Nothing is stored before the button with the number was tapped, and one tap takes it back.
func TestImportByTaps(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.Open())
	withCodes(g)
	g.imports(export)
	g.on(model.PageImportPlan)
	g.calls("AddCodes", 0)
	seen := strings.Join(allTexts(g.win.Canvas().Content()), "|")
	for _, want := range []string{"2 new codes", "1 that differs", "1 that can’t be read", "Broken: anna", "Import 3 codes"} {
		if !strings.Contains(seen, want) {
			t.Errorf("%q is not on the screen: %s", want, seen)
		}
	}
	g.tap("also")
	if got := g.shell.Find("import").(*widgets.Button).Text(); got != "Import 2 codes" {
		t.Errorf("the button says %q", got)
	}
	g.tap("import")
	g.on(model.PageCodes)
	if n := g.list().Count(); n != 16 {
		t.Errorf("%d codes, want 16", n)
	}
	g.tap("undo")
	if n := g.list().Count(); n != 14 {
		t.Errorf("taken back: %d codes", n)
	}
}

func TestImportGivenUp(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.Open())
	withCodes(g)
	g.imports("")
	g.on(model.PageImport)
	if v := g.model.ImportStart(); v.Words == "" {
		t.Error("it is not said what is wrong with an empty file")
	}
	g.imports(export)
	g.tap("cancel")
	g.on(model.PageImport)
	g.core.Lock()
	g.settle()
	g.on(model.PageLock)
	if g.core.Calls("AddCodes") != 0 {
		t.Error("something was stored")
	}
}

// without protection nothing leaves before the words were typed and the user was verified.
func TestPlainExportByTaps(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.Open())
	withCodes(g)
	verified := false
	g.core.OnExport = func(ctx context.Context) error {
		if !verified {
			return keystore.ErrPINRequired
		}
		return nil
	}
	g.tap("menu")
	g.menu(3)
	g.on(model.PageExport)
	g.tap("form-4")
	g.on(model.PageExportPlain)
	g.tap("export")
	g.calls("ExportCodes", 0)
	g.digits("anybody may read this")
	g.key(fyne.KeyReturn)
	g.calls("ExportCodes", 0)
	for range "may read this" {
		g.key(fyne.KeyBackspace)
	}
	g.digits("can read this")
	g.key(fyne.KeyReturn)
	g.on(model.PageAskPIN)
	verified = true
	g.digits("493817")
	g.on(model.PageExportReady)
	g.files.spoil = true
	g.tap("save")
	g.on(model.PageExportReady)
	if v := g.model.Ready(); v.Saved || v.Words == "" {
		t.Errorf("a damaged file is called done: %+v", v)
	}
	g.files.spoil = false
	g.tap("save")
	if v := g.model.Ready(); !v.Saved || !strings.HasPrefix(g.files.saved, "otpauth://") {
		t.Errorf("saved: %v, %.20q", v.Saved, g.files.saved)
	}
	g.tap("done")
	g.on(model.PageCodes)
}

func TestCodeQRByTaps(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.Open())
	withCodes(g)
	asked := false
	g.core.OnCodeURI = func(context.Context) error {
		if !asked {
			asked = true
			return keystore.ErrPINRequired
		}
		return nil
	}
	g.codeRow(0).OnMenu()
	g.settle()
	g.menu(4)
	g.on(model.PageAskPIN)
	g.digits("493817")
	g.on(model.PageCodeQR)
	if g.shell.Find("qr") == nil {
		t.Error("there is no QR")
	}
	g.core.Lock()
	g.settle()
	if g.model.CodeQR().QR != "" {
		t.Error("the key is still in the app")
	}
	g.on(model.PageLock)
}

func TestSortByTaps(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.Open())
	withCodes(g)
	names := func() string {
		var out []string
		for i := range 4 {
			out = append(out, g.list().Row(i).(*widgets.EntryRow).Spec().Title)
		}
		return strings.Join(out, ", ")
	}
	g.tap("menu")
	g.menu(0)
	g.on(model.PageCodesSort)
	test.Tap(g.list().Row(0).(*widgets.EntryRow).Act(1))
	g.settle()
	test.Tap(g.list().Row(3).(*widgets.EntryRow).Act(0))
	g.settle()
	if got := names(); got != "Lund VPN, GitHub, Nextcloud, AWS" {
		t.Errorf("the order is %s", got)
	}
	g.model.SortBy(1)
	g.settle()
	if got := names(); got != "AWS, Door of the archive, Fastmail, GitHub" {
		t.Errorf("by name it is %s", got)
	}
}

// Where there is room the codes stand beside Home.
func TestCodesBesideHome(t *testing.T) {
	g := newStage(t, desktop1100, modeltest.Open())
	if g.shell.Find("list") != nil {
		t.Error("there are no codes, but a pane for them")
	}
	withCodes(g)
	g.model.GoTo(model.PageHome)
	g.settle()
	g.on(model.PageHome)
	test.Tap(g.codeRow(0))
	g.settle()
	if g.files.copied == "" || g.shell.Find("check-now") == nil {
		t.Error("the two panes do not both work")
	}
}

// All that can be tapped on the pages of codes is big enough for a finger.
func TestTargetsOfCodes(t *testing.T) {
	wanted := []string{"09-codes", "09-codes-empty", "09-code-edit", "09-code-new", "09-code-type", "09-import", "09-import-plan", "09-export", "09-export-plain", "09-export-qr"}
	for _, s := range codeScenes() {
		if !slices.Contains(wanted, s.name) {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			g := s.play(t, narrow)
			overflow(t, g.win.Canvas().Content(), fyne.NewPos(0, 0), g.win.Canvas().Size())
			for _, name := range []string{"add", "menu", "save", "cancel", "done", "import", "choose", "open", "export", "rather", "next", "type", "more", "form-1", "also"} {
				if o := g.shell.Find(name); o != nil && (o.Size().Height < 48 || o.Size().Width < 48) {
					t.Errorf("%s is %v", name, o.Size())
				}
			}
		})
	}
}
