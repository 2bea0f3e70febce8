package screen_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/mobile"
	"fyne.io/fyne/v2/test"

	"avow/internal/authn"
	"avow/internal/phone"
	"avow/internal/phone/keystore"
	"avow/internal/ui/model"
	"avow/internal/ui/model/modeltest"
	"avow/internal/ui/widgets"
)

func TestConnectByTaps(t *testing.T) {
	g := newStage(t, lightPhone, phone.State{})
	g.on(model.PageWelcome)
	g.tap("connect")
	g.on(model.PageScan)
	g.tap("type")
	for _, r := range modeltest.RegistrationLink() {
		g.win.Canvas().Focused().TypedRune(r)
	}
	g.tap("use-link")
	g.on(model.PageConnect)
	g.tap("connect")
	g.on(model.PageChoosePIN)
	for range 2 {
		for _, d := range "482913" {
			test.Tap(g.shell.Find("keypad").(interface{ Key(rune) fyne.Tappable }).Key(d))
		}
		g.settle()
	}
	g.on(model.PageWords)
	g.core.Tell(phone.Event{Kind: phone.AccountsChanged}, func(s *phone.State) { s.Accounts[0].Status = phone.Connected })
	g.settle()
	g.on(model.PageConnected)
	g.tap("done")
	g.on(model.PageHome)
}

// No has the keyboard, Enter and Space on it deny; Enter on Yes does nothing; Esc is Later.
func TestRequestByKeyboard(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.Open(modeltest.Request("r_1", authn.MatchTap)))
	if g.win.Canvas().Focused() != g.shell.Find("no").(fyne.Focusable) {
		t.Error("No does not have the keyboard")
	}
	g.win.Canvas().Focus(g.shell.Find("yes").(fyne.Focusable))
	g.key(fyne.KeyReturn)
	if g.core.Calls("Approve") != 0 {
		t.Error("Enter said Yes")
	}
	g.key(fyne.KeyEscape)
	g.on(model.PageHome)
	if g.core.Calls("Deny") != 0 {
		t.Error("Esc said No")
	}
	g.tap("answer")
	g.on(model.PageRequest)
	g.key(fyne.KeyReturn)
	g.on(model.PageResult)
	if g.core.Calls("Deny") != 1 {
		t.Error("Enter on No did not deny")
	}
}

// No and Yes are equally big.
func TestNoAndYesHaveTheSameSize(t *testing.T) {
	for _, l := range []look{lightPhone, largeDE, smallDE, desktop} {
		g := newStage(t, l, modeltest.Open(number("r_1")...))
		no, yes := g.shell.Find("no").Size(), g.shell.Find("yes").Size()
		if no != yes || no.Height < 48 {
			t.Errorf("%s: No is %v, Yes is %v", l.name, no, yes)
		}
	}
}

// A screen that arrives takes no tap for half a second, and another request in its place is a screen that arrives.
func TestATapMeantForTheScreenBefore(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.Open())
	first, second := modeltest.Request("r_1", authn.MatchTap), modeltest.Request("r_2", authn.MatchTap)
	drain := func() {
		for len(g.queue) > 0 {
			f := g.queue[0]
			g.queue = g.queue[1:]
			f()
		}
	}
	early := func(id authn.RequestID) {
		t.Helper()
		drain()
		g.on(model.PageRequest)
		test.Tap(g.shell.Find("yes").(fyne.Tappable))
		if n := g.core.Calls("Approve"); n != 0 {
			t.Errorf("%s was approved by a tap that came too early", id)
		}
		g.settle()
	}
	g.core.Tell(phone.Event{Kind: phone.RequestArrived}, func(s *phone.State) { s.Requests = []phone.Request{first, second} })
	early("r_1")
	g.model.Later()
	early("r_2")
	g.tap("yes")
	g.on(model.PageResult)
}

func TestNumberIsTypedOnKeyboardAndKeypad(t *testing.T) {
	var got phone.Match
	g := newStage(t, lightPhone, modeltest.Open(number("r_1")...))
	g.core.OnApprove = func(_ context.Context, id authn.RequestID, m phone.Match) (phone.Receipt, error) {
		got = m
		g.core.CloseRequest(id, authn.RequestApproved)
		return modeltest.Receipt(authn.Approve), nil
	}
	g.digits("482")
	g.key(fyne.KeyBackspace)
	g.tap("yes") // too early: nothing is sent
	if g.core.Calls("Approve") != 0 {
		t.Fatal("four digits were missing and it was sent")
	}
	for _, d := range "2913" {
		test.Tap(g.shell.Find("keypad").(interface{ Key(rune) fyne.Tappable }).Key(d))
	}
	g.tap("yes")
	g.on(model.PageResult)
	if got.Number != "482913" {
		t.Errorf("the number sent is %q", got.Number)
	}
}

func TestNumberIsStillThereAfterThePINWasLeft(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.Open(number("r_1")...))
	g.core.OnApprove = func(context.Context, authn.RequestID, phone.Match) (phone.Receipt, error) {
		return phone.Receipt{}, keystore.ErrPINRequired
	}
	g.digits("482913")
	g.tap("yes")
	g.on(model.PageAskPIN)
	g.key(fyne.KeyEscape)
	g.on(model.PageRequest)
	if got := g.shell.Find("number").(interface{ Value() string }).Value(); got != "482913" {
		t.Errorf("the field holds %q", got)
	}
}

func TestNotMeAsksOnceMore(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.Open(modeltest.Request("r_1", authn.MatchTap)))
	g.tap("not-me")
	g.menu(0) // "No, go back"
	g.on(model.PageRequest)
	if g.core.Calls("NotMe") != 0 {
		t.Fatal("it was reported")
	}
	g.tap("not-me")
	g.menu(1)
	g.on(model.PageResult)
	if g.core.Calls("NotMe") != 1 {
		t.Error("it was not reported")
	}
}

func TestLockByKeyboard(t *testing.T) {
	g := newStage(t, lightPhone, locked(modeltest.Open()))
	g.core.OnUnlock = func(context.Context) error { return keystore.ErrPINWrong.After(5 * time.Second) }
	g.digits("482913")
	g.on(model.PageLock)
	g.key(fyne.KeyEscape)
	g.on(model.PageLock)
	g.now = g.now.Add(time.Minute)
	g.core.OnUnlock = nil
	g.digits("482913")
	g.on(model.PageHome)
}

func TestSettingsByTaps(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.Open())
	g.model.GoTo(model.PageSettings)
	g.settle()
	g.tap("language")
	g.tap("language-de")
	if got := g.model.T("app.settings.title"); got != "Einstellungen" {
		t.Errorf("the title is %q", got)
	}
	g.key(fyne.KeyEscape)
	g.on(model.PageSettings)
	g.tap("text-size")
	g.tap("size-125")
	g.key(fyne.KeyEscape)
	g.tap("debug-log")
	g.tap("copy")
	g.tap("save")
	if g.files.copied == "" || g.files.saved != g.files.copied {
		t.Errorf("copied %q, saved %q", g.files.copied, g.files.saved)
	}
	g.tap("clear")
	if v := g.model.LogView(); !v.Empty || g.shell.Find("copy") != nil {
		t.Errorf("after clearing: %+v", v)
	}
	g.tap("undo")
	if v := g.model.LogView(); v.Empty || g.shell.Find("copy") == nil {
		t.Errorf("after that was undone: %+v", v)
	}
}

// Who uses the keyboard stays where she was when a screen is made anew.
func TestKeyboardStaysWhenAScreenIsMadeAnew(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.Open())
	g.model.Open(model.PageLanguage)
	g.settle()
	g.win.Canvas().Focus(g.shell.Find("language-de").(fyne.Focusable))
	g.key(fyne.KeySpace)
	if got := g.model.T("app.settings.title"); got != "Einstellungen" {
		t.Fatalf("the title is %q", got)
	}
	if g.win.Canvas().Focused() != g.shell.Find("language-de").(fyne.Focusable) {
		t.Error("the keyboard went away")
	}
}

func TestRemoveAsksFirst(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.Open())
	g.tap("menu")
	g.menu(7)
	g.menu(1) // Keep
	if g.core.Calls("RemoveAccount") != 0 {
		t.Fatal("it was removed")
	}
	g.tap("menu")
	g.menu(7)
	g.menu(0)
	g.on(model.PageWelcome)
}

func TestScanWays(t *testing.T) {
	g := newStage(t, lightPhone, phone.State{})
	chosen, pasted := 0, 0
	g.files.chosen, g.files.paste = func() { chosen++ }, func() { pasted++; g.model.Text("") }
	g.tap("connect")
	g.tap("picture")
	g.tap("paste")
	if chosen != 1 || pasted != 1 {
		t.Errorf("chosen %d, pasted %d", chosen, pasted)
	}
	g.key(fyne.KeyEscape)
	g.on(model.PageWelcome)
}

// The second proof by taps and keys alone: masked until the eye is tapped, Return sends it, what was wrong is said below and the keyboard stays.
func TestProofByPasswordOnScreen(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.Open())
	var given []string
	var answer error = errWrongPassword
	g.sent(authn.ProofPassword)
	g.core.OnConnect = func(_ context.Context, inv *phone.Invitation) (phone.Account, error) {
		given = append(given, string(inv.Proof))
		return modeltest.Account(), answer
	}
	g.model.Text(modeltest.RegistrationLink())
	g.settle()
	g.tap("connect")
	g.on(model.PageProof)
	field := g.shell.Find("password").(*widgets.Field)
	if k, ok := field.Focusable().(mobile.Keyboardable); !ok || k.Keyboard() != mobile.PasswordKeyboard || !field.Dots() {
		t.Error("the field is no password's")
	}
	g.tap("connect")
	if field.Wrong() != "Type it first" || given != nil {
		t.Errorf("nothing was typed: %q, sent %q", field.Wrong(), given)
	}
	g.digits("correct house")
	g.tap("eye")
	if field.Dots() || field.Focusable().(mobile.Keyboardable).Keyboard() != mobile.PasswordKeyboard {
		t.Error("the eye does not show it, or has the keyboard learn it")
	}
	g.tap("eye")
	if !field.Dots() || field.Text() != "correct house" {
		t.Errorf("hidden again: %v, %q", field.Dots(), field.Text())
	}
	for range 2 {
		g.tap("connect")
		g.on(model.PageProof)
		if words := field.Wrong(); words != g.model.Proof().Wrong || words == "" {
			t.Errorf("below the field stands %q", words)
		}
		g.key(fyne.KeyBackspace) // the field has the keyboard
		if field.Wrong() != "" {
			t.Error("the words stay while she types")
		}
	}
	answer = nil
	g.key(fyne.KeyReturn)
	g.on(model.PageConnected)
	if want := []string{"correct house", "correct hous", "correct hou"}; !slices.Equal(given, want) {
		t.Errorf("the core got %q", given)
	}
}

func TestProofByDigitsOnScreen(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.Open())
	var given string
	g.sent(authn.ProofCode)
	g.core.OnConnect = func(_ context.Context, inv *phone.Invitation) (phone.Account, error) {
		given = string(inv.Proof)
		return modeltest.Account(), nil
	}
	g.files.paste = func() { g.model.Text("Code 1234 5678.") }
	g.model.Text(modeltest.RegistrationLink())
	g.settle()
	g.tap("connect")
	g.on(model.PageProof)
	number := g.shell.Find("number").(*widgets.NumberField)
	for _, d := range "48" {
		test.Tap(g.shell.Find("keypad").(interface{ Key(rune) fyne.Tappable }).Key(d))
	}
	g.digits("29x1")
	g.key(fyne.KeyBackspace)
	if number.Value() != "4829" {
		t.Errorf("typed %q", number.Value())
	}
	g.key(fyne.KeyReturn)
	if number.Words() != "Type all eight digits first" || g.core.Calls("Connect") != 0 {
		t.Errorf("half of it: %q", number.Words())
	}
	g.files.paste() // as the key for it, and Ctrl+V
	g.settle()
	if number.Value() != "12345678" || number.Words() != "" {
		t.Errorf("pasted: %q, %q", number.Value(), number.Words())
	}
	g.key(fyne.KeyReturn)
	g.on(model.PageConnected)
	if given != "12345678" {
		t.Errorf("the core got %q", given)
	}
}

// The way back leads to the question, and from there to where she was.
func TestProofBack(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.Open())
	g.sent(authn.ProofPIN)
	g.model.Text(modeltest.RegistrationLink())
	g.settle()
	g.tap("connect")
	g.digits("4829")
	g.key(fyne.KeyEscape)
	g.on(model.PageConnect)
	g.key(fyne.KeyEscape)
	g.on(model.PageHome)
	if g.core.Calls("Forget") != 1 {
		t.Error("the invitation is not forgotten")
	}
}
