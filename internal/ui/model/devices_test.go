package model_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/phone"
	"avow/internal/phone/platform/simulated"
	"avow/internal/ui/model"
	"avow/internal/ui/model/modeltest"
	"avow/internal/wire"
)

func (g *stage) listed(list ...wire.DeviceEntry) {
	g.core.OnDevices = func() (phone.DeviceList, error) {
		return phone.DeviceList{Devices: append(modeltest.Devices(), list...), At: g.now}, nil
	}
}

func TestDevices(t *testing.T) {
	g := newStage(t, modeltest.Open())
	g.core.OnDevices = func() (phone.DeviceList, error) { return phone.DeviceList{}, client.ErrUnreachable }
	g.OpenDevices()
	g.on(model.PageDevices)
	if v := g.Devices(); v.Words == "" || v.Again == "" || v.Loading || v.Add != "" {
		t.Errorf("without a server: %+v", v)
	}
	g.listed(modeltest.NewDevice())
	g.LoadDevices()
	v := g.Devices()
	if v.This == nil || v.This.Name != "Pixel 8" || len(v.Others) != 2 || len(v.Alerts) != 1 || v.Alerts[0].Title != "Pixel 9" || v.Words != "" {
		t.Fatalf("%+v", v)
	}
	g.says(v.Others[0].Second, "Linux · seen today 08:12")
	g.says(v.Alerts[0].Text, "Connected yesterday 18:20. Works fully after today 18:20.")
	g.ToggleDevice("d_3")
	if !g.Devices().Others[1].Open || g.Devices().Others[0].Open {
		t.Error("the acts of the wrong device are shown")
	}
	g.listed() // the server has the list of its own
	g.RemoveDevice("d_3")
	g.calls("RemoveDevice", 1)
	if v := g.Devices(); len(v.Gone) != 1 || v.Gone[0].ID != "d_3" || v.Gone[0].Status != "" {
		t.Errorf("removed: %+v", v.Gone)
	}
	g.Back()
	g.on(model.PageHome)
}

// a wipe says what is known of it, never more.
func TestWipeIsHonest(t *testing.T) {
	g := newStage(t, modeltest.Open())
	g.listed(modeltest.WipedDevices()...)
	g.OpenDevices()
	for i, want := range []struct {
		tone model.Tone
		part string
	}{
		{model.Wait, "not seen since"}, {model.Wait, "not confirmed yet"}, {model.Good, "it confirmed that"}, {model.Good, "The rest goes when it is unlocked"}, {model.Bad, "take it that nothing was deleted"},
	} {
		if d := g.Devices().Gone[i]; d.Tone != want.tone || !strings.Contains(d.Status, want.part) || d.Acts {
			t.Errorf("%s: %s %q", d.Name, d.Tone, d.Status)
		}
	}
	var scope authn.WipeScope
	g.core.OnCommand = func(_ context.Context, act wire.DeviceAct, id authn.DeviceID, s authn.WipeScope) error {
		if act == wire.ActWipe && id == "d_2" {
			scope = s
		}
		return nil
	}
	g.listed()
	g.WipeDevice("d_2", authn.WipeEverything)
	if scope != authn.WipeEverything || !strings.Contains(g.Devices().Gone[0].Status, "Asked today 10:32") {
		t.Errorf("%q: %+v", scope, g.Devices().Gone)
	}
}

// A device that is hers is asked about once; one that is not is blocked after the user was verified.
func TestNewDevice(t *testing.T) {
	g := newStage(t, modeltest.Open())
	verify := g.keys()
	g.core.OnCommand = func(ctx context.Context, act wire.DeviceAct, _ authn.DeviceID, _ authn.WipeScope) error {
		if act != wire.ActBlock {
			t.Errorf("it was asked to %s", act)
		}
		return verify(ctx)
	}
	g.listed(modeltest.NewDevice())
	g.OpenDevices()
	g.Block(g.Devices().Alerts[0])
	g.on(model.PageAskPIN)
	g.digits(modeltest.PIN)
	g.on(model.PageResult)
	g.Done()
	g.on(model.PageDevices)
	g.ItsMine(g.Devices().Alerts[0])
	if v := g.Devices(); len(v.Alerts) != 0 || len(v.Others) != 3 || v.Others[2].Status == "" {
		t.Errorf("%+v", v)
	}
	g.Back()
	g.OpenDevices()
	if len(g.Devices().Alerts) != 0 {
		t.Error("it is asked again")
	}
}

// A phone that is new itself can do little, and says until when.
func TestDevicesOnProbation(t *testing.T) {
	s := modeltest.Open()
	s.Accounts[0].ProbationUntil = modeltest.Now.Add(8 * time.Hour)
	g := newStage(t, s)
	g.OpenDevices()
	v := g.Devices()
	if v.Add != "" || !strings.Contains(v.Limit, "today 18:32") || v.Others[0].Acts {
		t.Errorf("%+v", v)
	}
}

// the code is shown after user verification only, kept out of screenshots, and gone when the page is left.
func TestNewPhoneCode(t *testing.T) {
	screen := &simulated.Screen{}
	g := newStage(t, modeltest.Open(), func(c *model.Config) { c.Guard = screen })
	verify := g.keys()
	g.core.OnOffer = func(ctx context.Context) (*phone.Offer, error) {
		if err := verify(ctx); err != nil {
			return nil, err
		}
		o := modeltest.Offer()
		o.Expires = g.now.Add(authn.DuplicateLifetime)
		return o, nil
	}
	g.OpenNewPhone()
	g.on(model.PageAskPIN)
	g.CancelPIN()
	g.on(model.PageHome)
	g.OpenNewPhone()
	if g.NewPhone().QR != "" {
		t.Error("it is shown before the user was verified")
	}
	g.digits(modeltest.PIN)
	g.on(model.PageNewPhone)
	v := g.NewPhone()
	if v.QR == "" || v.Left != "2:00" || v.Part != 1 || !screen.Guarded() {
		t.Errorf("%+v, guarded %v", v, screen.Guarded())
	}
	if strings.Contains(g.Signature(model.PageNewPhone), v.QR) {
		t.Error("the code is in the signature of the page")
	}
	g.now = g.now.Add(2 * time.Minute)
	if v := g.NewPhone(); v.QR != "" || v.Over == "" {
		t.Errorf("after two minutes: %+v", v)
	}
	g.Back()
	g.on(model.PageHome)
	g.calls("CancelDuplicate", 1)
	if screen.Guarded() || g.NewPhone().QR != "" {
		t.Error("it is still there")
	}
}

func TestNewPhoneIsAnswered(t *testing.T) {
	for _, yes := range []bool{true, false} {
		g := newStage(t, modeltest.Open())
		var said []bool
		g.core.OnAwait = func(context.Context) (phone.Joiner, error) { return modeltest.Joiner(), nil }
		g.core.OnAnswer = func(_ context.Context, yes bool) error { said = append(said, yes); return nil }
		g.OpenNewPhone()
		g.on(model.PageJoiner)
		if v := g.Joiner(); v.Words != [2]string{"amber", "canal"} || v.Title != "Pixel 9 wants to join" {
			t.Errorf("%+v", v)
		}
		g.AnswerJoiner(yes)
		g.on(model.PageResult)
		if len(said) != 1 || said[0] != yes || g.ResultView().Approved != yes {
			t.Errorf("said %v, %+v", said, g.ResultView())
		}
		g.Done()
		g.on(model.PageHome)
		g.calls("CancelDuplicate", 0)
	}
}

// A second phone that has tried the code, and keys that were swapped on the way, are told; leaving the question takes the code back.
func TestNewPhoneIsRaced(t *testing.T) {
	g := newStage(t, modeltest.Open())
	g.core.OnAwait = func(context.Context) (phone.Joiner, error) {
		j := modeltest.Joiner()
		j.Raced = true
		return j, nil
	}
	g.OpenNewPhone()
	if v := g.Joiner(); !v.Raced || !strings.Contains(v.Note, "second phone") {
		t.Errorf("%+v", v)
	}
	g.Back()
	g.on(model.PageHome)
	g.calls("AnswerDuplicate", 0)
	g.calls("CancelDuplicate", 1)
	g.core.OnAwait = func(context.Context) (phone.Joiner, error) { return phone.Joiner{}, phone.ErrForgedClaim }
	g.OpenNewPhone()
	g.on(model.PageNewPhone)
	if v := g.NewPhone(); v.Words == "" || v.QR != "" {
		t.Errorf("%+v", v)
	}
}

// a code that is scanned only ever adds an account to this phone, after a question; it never has this phone add another one.
func TestScannedDuplicateAsksFirst(t *testing.T) {
	link := modeltest.DuplicateLink()
	g := newStage(t, modeltest.Open())
	g.OpenScan()
	g.Text(link.Encode())
	g.on(model.PageJoin)
	if v := g.Join(); v.Warning == "" || v.Host != "id.lundenergy.example" {
		t.Errorf("%+v", v)
	}
	g.calls("ClaimDuplicate", 0)
	g.Back()
	g.on(model.PageHome)
	for _, call := range []string{"ClaimDuplicate", "OfferDuplicate", "AnswerDuplicate", "AwaitJoin"} {
		g.calls(call, 0)
	}
}

func TestJoin(t *testing.T) {
	link := modeltest.DuplicateLink()
	g := newStage(t, phone.State{})
	g.Text(link.Encode())
	g.on(model.PageJoin)
	g.ConfirmJoin()
	g.on(model.PageChoosePIN)
	g.digits(modeltest.PIN)
	g.digits(modeltest.PIN)
	g.on(model.PageJoinWords)
	if v := g.JoinWords(); v.Words != [2]string{"amber", "canal"} {
		t.Errorf("%+v", v)
	}
	g.Back()
	g.on(model.PageWelcome)
	g.calls("CancelJoin", 1)
	g.core.OnAwaitJoin = func(context.Context) (phone.Account, error) {
		a := modeltest.Account()
		a.ProbationUntil = g.now.Add(24 * time.Hour)
		return a, nil
	}
	g.Text(link.Encode())
	g.ConfirmJoin()
	g.on(model.PageConnected)
	if v := g.ConnectedView(); !strings.Contains(v.Waiting, "tomorrow 10:32") {
		t.Errorf("%+v", v)
	}
	g.FinishConnect()
	g.on(model.PageHome)
}

func TestJoinFails(t *testing.T) {
	link := modeltest.DuplicateLink()
	for err, title := range map[error]string{
		authn.ErrDuplicateClaimed: "Another phone was first", authn.ErrDuplicateExpired: "This code is too old", client.ErrPinMismatch: "This is not the right server",
	} {
		g := newStage(t, phone.State{HasPIN: true})
		g.core.OnClaim = func(context.Context) (*phone.Joining, error) { return nil, err }
		g.Text(link.Encode())
		g.ConfirmJoin()
		g.on(model.PageError)
		g.says(g.Failure().Title, title)
		g.Done()
		g.on(model.PageWelcome)
	}
	for err, title := range map[error]string{
		authn.ErrDuplicateRefused: "The other phone said No", phone.ErrForgedHandover: "This is not your other phone",
	} {
		g := newStage(t, phone.State{HasPIN: true})
		g.core.OnAwaitJoin = func(context.Context) (phone.Account, error) { return phone.Account{}, err }
		g.Text(link.Encode())
		g.ConfirmJoin()
		g.on(model.PageError)
		g.says(g.Failure().Title, title)
	}
}

// An account of another phone is still waited for after the app was closed.
func TestJoinAfterARestart(t *testing.T) {
	g := newStage(t, phone.State{HasPIN: true, Joining: []phone.Joining{{Organisation: "Lund Energy", Words: [2]string{"amber", "canal"}, Expires: modeltest.Now.Add(time.Minute)}}})
	run := g.Welcome().Running
	if len(run) != 1 {
		t.Fatal("Welcome does not know of it")
	}
	g.core.OnAwaitJoin = func(context.Context) (phone.Account, error) { return modeltest.Account(), nil }
	g.Continue(run[0])
	g.on(model.PageConnected)
}

// what was wiped says so, wherever the person was.
func TestWipedAccountSaysSo(t *testing.T) {
	g := newStage(t, modeltest.Open())
	g.on(model.PageHome)
	g.OpenDevices()
	g.core.Tell(phone.Event{Kind: phone.Wiped, Account: "d_1"}, func(s *phone.State) { s.Accounts = nil })
	g.on(model.PageWelcome)
	g.says(g.Welcome().Note, "Lund Energy was wiped from this phone, as was asked for.")
}
