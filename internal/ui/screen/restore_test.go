package screen_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/keystore"
	"avow/internal/ui/model"
	"avow/internal/ui/model/modeltest"
	"avow/internal/ui/widgets"
	"avow/internal/wire"
)

// restoreOff is restore that the organization offers and nobody has set up.
func restoreOff() phone.RestoreView {
	return phone.RestoreView{Policy: authn.RestoreAllowed, State: phone.RestoreOff}
}

// page is restore as it stands in a state.
func restorePage(change func(*phone.RestoreView)) (phone.State, func(*stage)) {
	v := modeltest.RestoreOn()
	change(&v)
	return modeltest.WithRestore(v), func(g *stage) { g.model.OpenRestore() }
}

// typeCode types a code into the field that has the keyboard.
func (g *stage) typeCode(text string) {
	g.t.Helper()
	g.digits(text)
}

// setUp are the pages of a code that is made, shown, tried out and turned off.
func restoreScenes() []scene {
	off, offered := modeltest.WithRestore(restoreOff()), modeltest.WithRestore(restoreOff())
	offered.Accounts[0].Restore.Offer = true
	on := modeltest.WithRestore(modeltest.RestoreOn())
	show := func(g *stage) { g.model.OpenRestore(); g.settle(); g.tap("show") }
	first := func(g *stage) { g.model.OpenRestore(); g.settle(); g.tap("make") }
	noted := func(g *stage) { first(g); g.tap("noted") }
	drill := func(g *stage) { g.model.OpenRestore(); g.settle(); g.tap("drill") }
	scenes := []scene{
		{name: "05-home-restore-off", state: off},
		{name: "19-home-restore-on", state: on},
		{name: "13-restore-offer", state: offered},
		{name: "13-restore-why", state: off, act: func(g *stage) { g.tap("restore") }},
		{name: "13-restore-set-up", state: off, act: first},
		{name: "13-restore-printed", state: off, act: func(g *stage) { first(g); g.tap("print") }},
		{name: "13-restore-hidden", state: off, act: func(g *stage) { first(g); g.model.Hide() }},
		{name: "13-restore-spelled", state: on, act: func(g *stage) { show(g); g.tap("read-out") }},
		{name: "13-restore-noted", state: off, act: func(g *stage) { noted(g); g.typeCode("4h7") }},
		{name: "13-restore-noted-wrong", state: off, act: func(g *stage) { noted(g); g.typeCode("4h7k"); g.tap("finish") }},
		{name: "13-restore-noted-away", state: off, act: func(g *stage) {
			g.core.OnActivate = func(context.Context, key.RestoreCode) error { return client.ErrUnreachable }
			noted(g)
			g.typeCode(g.asked())
			g.tap("finish")
		}},
		{name: "13-restore-ready", state: off, act: func(g *stage) { noted(g); g.typeCode(g.asked()); g.tap("finish") }},
		{name: "13-restore-shown", state: on, act: show},
		{name: "13-restore-off-question", state: on, act: func(g *stage) { g.model.OpenRestore(); g.settle(); g.tap("off") }},
		{name: "13-restore-new-question", state: on, act: func(g *stage) { g.model.OpenRestore(); g.settle(); g.tap("new") }},
		{name: "13-restore-drill-empty", state: on, act: drill},
		{name: "13-restore-drill-character", state: on, act: func(g *stage) { drill(g); g.typeCode("45u7") }},
		{name: "13-restore-drill-wrong", state: on, act: func(g *stage) { drill(g); g.typeCode(wrongCode()) }},
		{name: "13-restore-drill-right", state: on, act: func(g *stage) { drill(g); g.typeCode(modeltest.RestoreCode().Text()) }},
		{name: "13-restore-drill-done", state: on, act: func(g *stage) { drill(g); g.typeCode(modeltest.RestoreCode().Text()); g.tap("go-on") }},
		{name: "13-restore-drill-older", state: on, act: func(g *stage) {
			g.core.OnDrill = func(context.Context, key.RestoreCode) (phone.Drill, error) {
				return phone.Drill{At: g.now, Accounts: 1, Codes: 11}, nil
			}
			drill(g)
			g.typeCode(modeltest.RestoreCode().Text())
			g.tap("go-on")
		}},
	}
	for _, x := range []struct {
		name   string
		change func(*phone.RestoreView)
	}{
		{"on", func(*phone.RestoreView) {}},
		{"pending", func(v *phone.RestoreView) { v.Pending = true }},
		{"renew", func(v *phone.RestoreView) { v.State = phone.RestoreRenew }},
		{"unnoted", func(v *phone.RestoreView) { v.State, v.Unnoted = phone.RestoreRenew, true }},
		{"elsewhere", func(v *phone.RestoreView) { v.State = phone.RestoreElsewhere }},
		{"blocked", func(v *phone.RestoreView) { v.State = phone.RestoreIsBlocked }},
		{"forbidden", func(v *phone.RestoreView) { v.Policy = authn.RestoreForbidden }},
	} {
		state, act := restorePage(x.change)
		scenes = append(scenes, scene{name: "13-restore-page-" + x.name, state: state, act: act})
	}
	return scenes
}

// asked is the group that the page asks for.
func (g *stage) asked() string {
	g.t.Helper()
	g.model.Back()
	g.settle()
	group := g.model.RestoreCode().Groups
	g.tap("noted")
	return group[g.model.RestoreNoted().Number-1]
}

// wrongCode is the code of the pictures with one wrong character in group 4.
func wrongCode() string {
	g := modeltest.RestoreCode().Groups()
	if g[3][0] == 'W' {
		g[3] = "X" + g[3][1:]
	} else {
		g[3] = "W" + g[3][1:]
	}
	return strings.Join(g[:], " ")
}

// using are the pages of a restore on a new phone.
func using() []scene {
	asking := modeltest.Restoring(authn.RestoreAsking)
	asking.Kind, asking.Number = authn.RestoreByColleagues, "482913"
	held, ready := modeltest.Restoring(authn.RestoreHeld), modeltest.Restoring(authn.RestoreHeld)
	ready.HeldUntil = modeltest.Now
	desk := modeltest.Restoring(authn.RestoreProved)
	desk.Delivery = authn.RestoreByDesk
	from := func(g *stage) { g.tap("restore") }
	code := func(g *stage) {
		from(g)
		g.digits("id.lundenergy.example")
		g.key(fyne.KeyReturn)
		g.digits("anna.lind")
		g.key(fyne.KeyReturn)
	}
	confirm := func(g *stage) { code(g); g.typeCode(modeltest.RestoreCode().Text()); g.tap("go-on") }
	running := func(r phone.Restoring) scene {
		return scene{state: modeltest.WithRestoring(r), act: func(g *stage) { g.tap("running-1") }}
	}
	named := func(name string, s scene, more ...func(*stage)) scene {
		s.name = name
		if act := s.act; len(more) > 0 {
			s.act = func(g *stage) { act(g); more[0](g) }
		}
		return s
	}
	finished := func(g *stage) { g.tap("go-on") }
	withPIN := phone.State{HasPIN: true}
	return []scene{
		{name: "01-welcome-restoring", state: modeltest.WithRestoring(held)},
		{name: "13-use-from", state: phone.State{}, act: from},
		{name: "13-use-from-wrong", state: phone.State{}, act: func(g *stage) { from(g); g.digits("lund energy"); g.tap("next") }},
		{name: "13-use-code", state: phone.State{}, act: code},
		{name: "13-use-code-half", state: phone.State{}, act: func(g *stage) { code(g); g.typeCode("4h7k 9mpd 2xq"); g.tap("go-on") }},
		{name: "13-use-code-other", state: phone.State{}, act: func(g *stage) {
			g.core.OnFind = func(phone.RestoreFrom) (*phone.RestoreOffer, error) { return nil, authn.ErrRestoreRefused }
			confirm(g)
		}},
		{name: "13-use-code-away", state: phone.State{}, act: func(g *stage) {
			g.core.OnFind = func(phone.RestoreFrom) (*phone.RestoreOffer, error) { return nil, client.ErrUnreachable }
			confirm(g)
		}},
		{name: "13-use-confirm", state: phone.State{}, act: confirm},
		{name: "13-use-sheet", state: phone.State{}, act: func(g *stage) { g.model.OpenScan(); g.model.Text(modeltest.RestoreLink()) }},
		{name: "13-use-refused", state: withPIN, act: func(g *stage) {
			g.core.OnProve = func(context.Context, *phone.RestoreOffer) (phone.Restoring, error) {
				return phone.Restoring{}, authn.ErrRestoreRefused
			}
			confirm(g)
			g.tap("restore")
		}},
		{name: "13-use-digits", state: withPIN, act: func(g *stage) { confirm(g); g.tap("restore"); g.digits("4821") }},
		{name: "13-use-digits-wrong", state: withPIN, act: func(g *stage) {
			g.core.OnConfirm = func(string) (phone.Restoring, error) {
				e := *authn.ErrOTPWrong
				e.Left = 4
				return phone.Restoring{}, &e
			}
			confirm(g)
			g.tap("restore")
			g.digits("48219930")
			g.tap("go-on")
		}},
		named("13-use-digits-desk", running(desk)),
		named("13-use-waiting", running(held)),
		named("13-use-give-up", running(held), func(g *stage) { g.tap("give-up") }),
		named("13-use-asking", running(asking)),
		named("13-use-ask", scene{state: withPIN, act: func(g *stage) {
			from(g)
			g.digits("id.lundenergy.example")
			g.key(fyne.KeyReturn)
			g.digits("anna.lind")
			g.tap("no-code")
			g.tap("ask")
		}}),
		named("13-colleagues", scene{state: modeltest.WithRestore(modeltest.RestoreOn()), act: func(g *stage) {
			g.model.OpenRestore()
			g.settle()
			g.tap("colleagues")
			g.model.AddColleague("maximiliane-alexandra.von.hohenlohe")
		}}),
		named("13-use-ready", running(ready)),
		named("13-use-blocked", running(modeltest.Restoring(authn.RestoreBlocked))),
		named("13-use-expired", running(modeltest.Restoring(authn.RestoreExpired))),
		named("13-use-failed", running(modeltest.Restoring(authn.RestoreFailed))),
		named("13-use-restored", running(ready), finished),
		named("13-use-new-code", running(ready), func(g *stage) { finished(g); g.tap("note-code") }),
		named("13-use-old-devices", running(ready), func(g *stage) {
			finished(g)
			g.tap("note-code")
			g.tap("noted")
			g.typeCode(g.asked())
			g.tap("finish")
		}),
		{name: "13-use-no-code", state: phone.State{}, act: func(g *stage) { from(g); g.tap("no-code") }},
		{name: "02-lock-forgot", state: locked(modeltest.Open()), act: func(g *stage) { g.tap("forgot") }},
		{name: "02-lock-forgot-finger", state: locked(modeltest.Open()), look: sensor, act: func(g *stage) {
			g.core.OnUnlock = func(context.Context) error { return keystore.ErrPINRequired }
			g.core.Alter(func(s *phone.State) { s.Locked = true })
			g.settle()
			g.tap("forgot")
		}},
		{name: "02-lock-erase", state: locked(modeltest.Open()), act: func(g *stage) { g.tap("forgot"); g.tap("start-over") }},
		{name: "02-erased", state: phone.State{Erased: true}},
	}
}

// devices are the pages of devices and of a new phone.
func devices() []scene {
	all := func(list ...wire.DeviceEntry) func(*stage) {
		return func(g *stage) {
			g.core.OnDevices = func() (phone.DeviceList, error) {
				return phone.DeviceList{Devices: append(modeltest.Devices(), list...), At: g.now}, nil
			}
			g.model.OpenDevices()
		}
	}
	running := modeltest.Open()
	running.Accounts[0].Restores = []wire.RestoreEntry{modeltest.Running()}
	young := modeltest.Open()
	young.Accounts[0].ProbationUntil = modeltest.Now.Add(8 * time.Hour)
	opened := func(name string) func(*stage) { return func(g *stage) { all()(g); g.settle(); g.tap(name) } }
	joiner := func(change func(*phone.Joiner)) func(*stage) {
		return func(g *stage) {
			g.core.OnAwait = func(context.Context) (phone.Joiner, error) {
				j := modeltest.Joiner()
				change(&j)
				return j, nil
			}
			g.model.OpenNewPhone()
		}
	}
	link := func(g *stage) { d := modeltest.DuplicateLink(); g.model.Text(d.Encode()) }
	withPIN := phone.State{HasPIN: true}
	return []scene{
		{name: "12-devices", state: modeltest.Open(), act: func(g *stage) { all(modeltest.NewDevice())(g); g.settle(); g.tap("device-2") }},
		{name: "12-devices-wiped", state: modeltest.Open(), act: all(modeltest.WipedDevices()...)},
		{name: "12-devices-restore", state: running, act: func(g *stage) {
			g.core.OnDevices = func() (phone.DeviceList, error) {
				return phone.DeviceList{Devices: modeltest.Devices()[:1], Restores: []wire.RestoreEntry{modeltest.Running()}, At: g.now}, nil
			}
			g.model.OpenDevices()
		}},
		{name: "12-devices-young", state: young, act: all()},
		{name: "12-devices-away", state: modeltest.Open(), act: func(g *stage) {
			g.core.OnDevices = func() (phone.DeviceList, error) { return phone.DeviceList{}, client.ErrUnreachable }
			g.model.OpenDevices()
		}},
		{name: "12-devices-remove", state: modeltest.Open(), act: func(g *stage) { opened("device-1")(g); g.tap("remove") }},
		{name: "12-devices-wipe", state: modeltest.Open(), act: func(g *stage) { opened("device-1")(g); g.tap("wipe") }},
		{name: "05-home-restore-runs", state: running},
		{name: "02-lock-restore-runs", state: locked(running)},
		{name: "05-home-restore-blocked", state: running, act: func(g *stage) { g.tap("block-1") }},
		{name: "14-new-phone-qr", state: modeltest.Open(), act: func(g *stage) { g.model.OpenNewPhone() }},
		{name: "14-new-phone-over", state: modeltest.Open(), act: func(g *stage) { g.model.OpenNewPhone(); g.now = g.now.Add(3 * time.Minute) }},
		{name: "15-new-phone-words", state: modeltest.Open(), act: joiner(func(*phone.Joiner) {})},
		{name: "15-new-phone-raced", state: modeltest.Open(), act: joiner(func(j *phone.Joiner) { j.Name, j.Model, j.Raced = "Nokia X30", "Nokia X30", true })},
		{name: "15-new-phone-yes", state: modeltest.Open(), act: func(g *stage) { joiner(func(*phone.Joiner) {})(g); g.settle(); g.tap("yes") }},
		{name: "15-new-phone-no", state: modeltest.Open(), act: func(g *stage) { joiner(func(*phone.Joiner) {})(g); g.settle(); g.tap("no") }},
		{name: "15-join", state: phone.State{}, act: link},
		{name: "15-join-second", state: modeltest.Open(), act: link},
		{name: "15-join-words", state: withPIN, act: func(g *stage) { link(g); g.settle(); g.tap("add") }},
		{name: "15-join-raced", state: withPIN, act: func(g *stage) {
			g.core.OnClaim = func(context.Context) (*phone.Joining, error) { return nil, authn.ErrDuplicateClaimed }
			link(g)
			g.settle()
			g.tap("add")
		}},
		{name: "15-join-refused", state: withPIN, act: func(g *stage) {
			g.core.OnAwaitJoin = func(context.Context) (phone.Account, error) { return phone.Account{}, authn.ErrDuplicateRefused }
			link(g)
			g.settle()
			g.tap("add")
		}},
		{name: "15-joined", state: withPIN, act: func(g *stage) {
			g.core.OnAwaitJoin = func(context.Context) (phone.Account, error) {
				a := modeltest.Account()
				a.ProbationUntil = modeltest.Now.Add(24 * time.Hour)
				return a, nil
			}
			link(g)
			g.settle()
			g.tap("add")
		}},
	}
}

// The three steps by taps and keys alone: the code is typed as it stands on paper, and only then it is in force.
func TestRestoreIsSetUpByTaps(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.WithRestore(restoreOff()))
	g.tap("menu")
	g.menu(2)
	g.on(model.PageRestoreWhy)
	g.tap("make")
	g.on(model.PageRestoreCode)
	code := g.shell.Find("code").(*widgets.Groups).String()
	if strings.Join(g.model.RestoreCode().Groups, " ") != code {
		t.Errorf("the screen shows %q", code)
	}
	g.tap("print")
	if g.files.saved != "avow-restore-code.pdf %PDF" {
		t.Errorf("printed %q", g.files.saved)
	}
	g.tap("read-out")
	g.on(model.PageRestoreSpelled)
	g.key(fyne.KeyEscape)
	g.tap("noted")
	g.on(model.PageRestoreNoted)
	field := g.shell.Find("group").(*widgets.GroupsField)
	g.typeCode("0000")
	g.key(fyne.KeyReturn)
	if field.Words() == "" {
		t.Error("a wrong group is not said")
	}
	for range 4 {
		g.key(fyne.KeyBackspace)
	}
	if field.Words() != "" {
		t.Error("the words stay while she types")
	}
	g.typeCode(strings.ToLower(strings.Fields(code)[g.model.RestoreNoted().Number-1]))
	g.key(fyne.KeyReturn)
	g.on(model.PageRestoreReady)
	g.tap("done")
	g.on(model.PageHome)
	g.calls("ActivateRestore", 1)
}

// the group that is wrong is marked while the whole code stands on the screen, and corrected alone.
func TestWrongGroupIsCorrected(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.WithRestore(modeltest.RestoreOn()))
	g.model.OpenRestore()
	g.settle()
	g.tap("drill")
	field := g.shell.Find("code").(*widgets.GroupsField)
	g.typeCode(wrongCode())
	if !strings.Contains(field.Words(), "group 4") {
		t.Fatalf("says %q", field.Words())
	}
	g.tap("go-on")
	g.calls("DrillRestore", 0)
	g.win.Canvas().Focus(field)
	field.GoTo(3)
	g.typeCode(modeltest.RestoreCode().Groups()[3])
	if field.String() != modeltest.RestoreCode().Text() || field.Words() != "All seven groups fit together" {
		t.Errorf("%q: %q", field.String(), field.Words())
	}
	g.key(fyne.KeyReturn)
	g.on(model.PageRestoreDrill)
}

func TestRestoreOnANewPhoneByTaps(t *testing.T) {
	g := newStage(t, lightPhone, phone.State{HasPIN: true})
	g.core.OnConfirm = func(string) (phone.Restoring, error) {
		r := modeltest.Restoring(authn.RestoreHeld)
		r.HeldUntil = modeltest.Now
		return r, nil
	}
	g.tap("restore")
	g.digits("id.lundenergy.example")
	g.key(fyne.KeyReturn)
	g.digits("anna.lind")
	g.key(fyne.KeyReturn)
	g.on(model.PageRestoreType)
	g.typeCode(modeltest.RestoreCode().Text())
	g.tap("go-on")
	g.on(model.PageRestoreConfirm)
	g.tap("restore")
	g.on(model.PageRestoreDigits)
	for _, d := range "48219930" {
		test.Tap(g.shell.Find("keypad").(interface{ Key(rune) fyne.Tappable }).Key(d))
	}
	g.tap("go-on")
	g.on(model.PageRestored)
	g.tap("note-code")
	g.tap("noted")
	g.typeCode(g.asked())
	g.tap("finish")
	g.on(model.PageOldDevices)
	g.tap("remove-1")
	g.tap("keep")
	g.on(model.PageHome)
	g.calls("RemoveDevice", 1)
}

// Remove and Wipe ask first; the way back is the big button.
func TestDevicesByTaps(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.Open())
	g.tap("menu")
	g.menu(1)
	g.on(model.PageDevices)
	g.tap("device-1")
	g.tap("remove")
	g.menu(1) // Keep it
	g.calls("RemoveDevice", 0)
	g.tap("wipe")
	g.menu(2) // Keep it
	g.calls("WipeDevice", 0)
	var scope authn.WipeScope
	g.core.OnCommand = func(_ context.Context, _ wire.DeviceAct, _ authn.DeviceID, s authn.WipeScope) error {
		scope = s
		return nil
	}
	g.tap("wipe")
	g.menu(0)
	if scope != authn.WipeAccount {
		t.Errorf("wiped %q", scope)
	}
	g.tap("device-1")
	g.tap("remove")
	g.menu(0)
	g.calls("RemoveDevice", 1)
}

// No and Yes to a new phone weigh the same, No has the keyboard, and Enter is not Yes.
func TestJoinerByKeyboard(t *testing.T) {
	g := newStage(t, lightPhone, modeltest.Open())
	g.core.OnAwait = func(context.Context) (phone.Joiner, error) { return modeltest.Joiner(), nil }
	var said []bool
	g.core.OnAnswer = func(_ context.Context, yes bool) error { said = append(said, yes); return nil }
	g.model.OpenNewPhone()
	g.settle()
	g.on(model.PageJoiner)
	no, yes := g.shell.Find("no"), g.shell.Find("yes")
	if no.Size() != yes.Size() || g.win.Canvas().Focused() != no.(fyne.Focusable) {
		t.Errorf("No is %v, Yes is %v", no.Size(), yes.Size())
	}
	g.win.Canvas().Focus(yes.(fyne.Focusable))
	g.key(fyne.KeyReturn)
	if said != nil {
		t.Fatal("Enter said Yes")
	}
	g.tap("no")
	g.on(model.PageResult)
	if len(said) != 1 || said[0] {
		t.Errorf("said %v", said)
	}
}

func TestForgottenPINByTaps(t *testing.T) {
	g := newStage(t, lightPhone, locked(modeltest.Open()))
	g.tap("forgot")
	g.on(model.PageForgot)
	g.tap("start-over")
	g.menu(1) // Keep it
	g.calls("EraseApp", 0)
	g.tap("start-over")
	g.menu(0)
	g.on(model.PageErased)
}
