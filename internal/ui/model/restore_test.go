package model_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/escrow"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/platform/simulated"
	"avow/internal/ui/model"
	"avow/internal/ui/model/modeltest"
	"avow/internal/wire"
)

func restoreOff() phone.RestoreView {
	return phone.RestoreView{Policy: authn.RestoreAllowed, State: phone.RestoreOff}
}

// group types the group that is asked.
func (g *stage) group() {
	g.t.Helper()
	g.Back()
	groups := g.RestoreCode().Groups
	g.GoOnWithCode()
	g.on(model.PageRestoreNoted)
	g.TypedGroup(strings.ToLower(groups[g.RestoreNoted().Number-1]))
}

// A code is in force only once a group of it was typed from the paper.
func TestRestoreIsSetUp(t *testing.T) {
	screen := &simulated.Screen{}
	g := newStage(t, modeltest.WithRestore(restoreOff()), func(c *model.Config) { c.Guard = screen })
	var got key.RestoreCode
	g.core.OnActivate = func(_ context.Context, c key.RestoreCode) error {
		got, _ = key.RestoreCodeOf(c.Bytes())
		return nil
	}
	if n := g.Home().Restore; n == nil || n.Tone != model.Wait {
		t.Fatalf("Home says %+v", n)
	}
	g.OpenRestore()
	g.on(model.PageRestoreWhy)
	g.MakeCode()
	g.on(model.PageRestoreCode)
	if !screen.Guarded() {
		t.Error("the code can be in a screenshot")
	}
	code := strings.Join(g.RestoreCode().Groups, " ")
	g.GoOnWithCode()
	g.on(model.PageRestoreNoted)
	for _, typed := range []string{"", "4h", "0000"} {
		g.TypedGroup(typed)
		g.SubmitGroup()
		if g.RestoreNoted().Wrong == "" || g.core.Calls("ActivateRestore") != 0 {
			t.Fatalf("%q was taken", typed)
		}
	}
	g.group()
	g.SubmitGroup()
	g.on(model.PageRestoreReady)
	if got.IsZero() || got.Text() != code {
		t.Error("another code is in force than the one that was shown")
	}
	if screen.Guarded() {
		t.Error("the window is still kept out of screenshots")
	}
	g.CloseRestore()
	g.on(model.PageHome)
	if n, f := g.Home().Restore, g.Home().Facts; n != nil || !slices.ContainsFunc(f, func(f model.Fact) bool { return f.Label == "Restore" && f.Value == "Set up" }) {
		t.Errorf("Home says %+v, %v", n, f)
	}
}

// What was noted is not lost when the server is away: the same group is typed, the same code is sent.
func TestRestoreIsSetUpAfterAFault(t *testing.T) {
	g := newStage(t, modeltest.WithRestore(restoreOff()))
	var codes []string
	away := true
	g.core.OnActivate = func(_ context.Context, c key.RestoreCode) error {
		codes = append(codes, c.Text())
		if away {
			return client.ErrUnreachable
		}
		return nil
	}
	g.OpenRestore()
	g.MakeCode()
	g.GoOnWithCode()
	g.group()
	g.SubmitGroup()
	g.on(model.PageRestoreNoted)
	if g.RestoreNoted().Words == "" {
		t.Error("nothing is said")
	}
	away = false
	g.SubmitGroup()
	g.on(model.PageRestoreReady)
	if len(codes) != 2 || codes[0] != codes[1] {
		t.Errorf("%d codes were sent, or different ones", len(codes))
	}
}

func TestRestoreAsksForThePIN(t *testing.T) {
	g := newStage(t, modeltest.WithRestore(restoreOff()))
	verify := g.keys()
	g.core.OnActivate = func(ctx context.Context, _ key.RestoreCode) error { return verify(ctx) }
	g.OpenRestore()
	g.MakeCode()
	g.GoOnWithCode()
	g.group()
	g.SubmitGroup()
	g.on(model.PageAskPIN)
	g.digits(modeltest.PIN)
	g.on(model.PageRestoreReady)
}

// The offer stands in place of Home, never over a request; "Not now" is kept by the core.
func TestRestoreIsOffered(t *testing.T) {
	v := restoreOff()
	v.Offer = true
	g := newStage(t, modeltest.WithRestore(v))
	g.on(model.PageRestoreOffer)
	if g.RestoreWhy().NotNow == "" {
		t.Error("there is no way around it")
	}
	g.core.Tell(phone.Event{Kind: phone.RequestArrived}, func(s *phone.State) { s.Requests = []phone.Request{modeltest.Request("r_1", authn.MatchTap)} })
	g.on(model.PageRequest)
	g.Later()
	g.on(model.PageRestoreOffer)
	g.Back()
	g.on(model.PageHome)
	g.calls("SkipRestore", 1)
}

// A code that is looked at is hidden when the app is not seen, and shown again only to whoever is verified.
func TestRestoreCodeIsHidden(t *testing.T) {
	g := newStage(t, modeltest.WithRestore(modeltest.RestoreOn()))
	g.OpenRestore()
	g.on(model.PageRestore)
	g.ShowRestoreCode()
	g.on(model.PageRestoreCode)
	if got := strings.Join(g.RestoreCode().Groups, " "); got != modeltest.RestoreCode().Text() {
		t.Errorf("shows %q", got)
	}
	if strings.Contains(g.Signature(model.PageRestoreCode), modeltest.RestoreCode().Groups()[2]) {
		t.Error("the code is in the signature of the page")
	}
	g.Open(model.PageRestoreSpelled)
	if s := g.Spelled(); len(s) != 7 || s[0].Words != "four, Hotel, seven, Kilo" {
		t.Errorf("spelled %+v", s)
	}
	g.Hide()
	g.on(model.PageRestoreCode)
	if v := g.RestoreCode(); !v.Hidden || v.Groups != nil || g.Spelled() != nil {
		t.Error("it is still shown")
	}
	if name, pdf := g.Sheet(); pdf != nil || name != "" {
		t.Error("it can be printed while it is hidden")
	}
	g.core.OnShowCode = func(context.Context) (key.RestoreCode, error) { return key.RestoreCode{}, platform.ErrCanceled }
	g.GoOnWithCode()
	if !g.RestoreCode().Hidden {
		t.Error("shown to whoever cancels")
	}
	g.core.OnShowCode = nil
	g.GoOnWithCode()
	if g.RestoreCode().Hidden {
		t.Error("not shown again")
	}
	if name, pdf := g.Sheet(); name != "avow-restore-code.pdf" || !strings.HasPrefix(string(pdf), "%PDF") {
		t.Errorf("the sheet is %q, %d bytes", name, len(pdf))
	}
	g.GoOnWithCode()
	g.on(model.PageRestore)
}

// where a code is wrong is said on the phone, and nothing is asked of anybody for it.
func TestTypedCode(t *testing.T) {
	code := modeltest.RestoreCode().Groups()
	wrong := code
	wrong[3] = "X" + wrong[3][1:]
	for _, c := range []struct {
		name, text string
		wrong      []int
		words      string
		ready      bool
	}{
		{name: "empty"},
		{name: "half", text: "4h7k 9mpd"},
		{name: "in another group a character of no code", text: "4h7k 9mpu", wrong: []int{1}, words: "Group 2 has a character that is in no code. Compare it with your paper."},
		{name: "O and I", text: strings.NewReplacer("0", "o", "1", "l").Replace(strings.Join(code[:], " ")), ready: true},
		{name: "one wrong", text: strings.Join(wrong[:], " "), wrong: []int{3}, words: "Something is not right, probably in group 4. Compare it with your paper."},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := newStage(t, modeltest.WithRestore(modeltest.RestoreOn()))
			g.OpenRestore()
			g.OpenDrill()
			g.TypedCode(strings.Fields(c.text))
			v := g.RestoreType().Code
			if !slices.Equal(v.Wrong, c.wrong) || v.Words != c.words || v.Ready != c.ready || (v.Good != "") != c.ready {
				t.Errorf("wrong %v, %q, ready %v, good %q", v.Wrong, v.Words, v.Ready, v.Good)
			}
			g.SubmitCode()
			want := 0
			if c.ready {
				want = 1
			}
			g.calls("DrillRestore", want)
		})
	}
}

// A drill says what it has shown; the sheet can be scanned instead of typing, and a code can be pasted.
func TestDrill(t *testing.T) {
	g := newStage(t, modeltest.WithRestore(modeltest.RestoreOn()))
	var typed string
	g.core.OnDrill = func(_ context.Context, c key.RestoreCode) (phone.Drill, error) {
		typed = c.Text()
		return phone.Drill{At: g.now, Accounts: 1, Codes: 12, Computers: 3, Same: true}, nil
	}
	g.OpenRestore()
	g.OpenDrill()
	g.Text("not a code")
	if g.RestoreType().Code.Words == "" {
		t.Error("a text that is no code was passed over")
	}
	g.Text(modeltest.RestoreCode().Text())
	if !g.RestoreType().Code.Ready {
		t.Fatal("the pasted code is not there")
	}
	g.TypedCode(nil)
	g.OpenScan()
	g.Text(modeltest.RestoreLink())
	g.on(model.PageRestoreType)
	g.SubmitCode()
	g.on(model.PageRestoreDrill)
	if v := g.RestoreDrill(); !v.Good || typed != modeltest.RestoreCode().Text() || v.Facts[1].Value != "12" {
		t.Errorf("%+v, tried %q", v, typed)
	}
	g.calls("FindRestore", 0)
	g.Back()
	g.on(model.PageHome)
}

func TestRestorePageInEachState(t *testing.T) {
	for _, c := range []struct {
		name            string
		change          func(*phone.RestoreView)
		tone            model.Tone
		show, off, note bool
		join, makes     bool
	}{
		{name: "on", change: func(*phone.RestoreView) {}, tone: model.Good, show: true, off: true, makes: true},
		{name: "waits for the server", change: func(v *phone.RestoreView) { v.Pending = true }, tone: model.Wait, show: true, off: true, makes: true},
		{name: "renew", change: func(v *phone.RestoreView) { v.State = phone.RestoreRenew }, tone: model.Wait, show: true, off: true, makes: true},
		{name: "not noted", change: func(v *phone.RestoreView) { v.State, v.Unnoted = phone.RestoreRenew, true }, tone: model.Wait, off: true, note: true},
		{name: "elsewhere", change: func(v *phone.RestoreView) { v.State = phone.RestoreElsewhere }, tone: model.Wait, join: true, makes: true},
		{name: "blocked", change: func(v *phone.RestoreView) { v.State = phone.RestoreIsBlocked }, tone: model.Bad, makes: true},
		{name: "forbidden", change: func(v *phone.RestoreView) { v.Policy = authn.RestoreForbidden }, tone: model.Quiet},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := modeltest.RestoreOn()
			c.change(&r)
			g := newStage(t, modeltest.WithRestore(r))
			g.OpenRestore()
			g.on(model.PageRestore)
			v := g.RestorePage()
			if v.Tone != c.tone || v.Show != c.show || v.Off != c.off || (v.Note != "") != c.note || (v.Join != "") != c.join || (v.New != "") != c.makes || v.Status == "" {
				t.Errorf("%+v", v)
			}
			if n := g.Home().Restore; (n == nil) != (r.State == phone.RestoreOn || c.name == "forbidden") {
				t.Errorf("Home says %+v", n)
			}
		})
	}
}

func TestRestoreIsTurnedOffAndJoined(t *testing.T) {
	g := newStage(t, modeltest.WithRestore(modeltest.RestoreOn()))
	g.OpenRestore()
	g.TurnRestoreOff()
	if v := g.RestorePage(); v.Tone != model.Wait || v.Show {
		t.Errorf("after it was turned off: %+v", v)
	}
	v := modeltest.RestoreOn()
	v.State = phone.RestoreElsewhere
	g = newStage(t, modeltest.WithRestore(v))
	g.OpenRestore()
	g.OpenJoin()
	g.core.OnJoin = func(context.Context, key.RestoreCode) error { return authn.ErrRestoreRefused }
	g.Text(modeltest.RestoreCode().Text())
	g.SubmitCode()
	if c := g.RestoreType().Code; c.Words == "" || c.Good != "" {
		t.Errorf("a code of another account: %+v", c)
	}
	g.core.OnJoin = nil
	g.SubmitCode()
	g.on(model.PageRestore)
	if g.RestorePage().Tone != model.Good {
		t.Error("it has not joined")
	}
}

// typeFrom goes from Welcome to the code.
func (g *stage) typeFrom(host, login string) {
	g.t.Helper()
	g.OpenRestoreFrom()
	g.on(model.PageRestoreFrom)
	g.RestoreFromTyped(host, login)
	g.RestoreFromNext()
}

// from the sheet to the account, the new code and the old devices.
func TestRestoreOnANewPhone(t *testing.T) {
	g := newStage(t, phone.State{})
	var from phone.RestoreFrom
	g.core.OnFind = func(f phone.RestoreFrom) (*phone.RestoreOffer, error) {
		from = f
		return &phone.RestoreOffer{Organisation: "Lund Energy", Host: f.Host, Login: f.Login}, nil
	}
	g.typeFrom("lund energy", "")
	if v := g.RestoreFrom(); v.WrongHost == "" || v.WrongLogin == "" {
		t.Errorf("%+v", v)
	}
	g.RestoreFromTyped(" https://ID.lundenergy.example/ ", " anna.lind ")
	g.RestoreFromNext()
	g.on(model.PageRestoreType)
	g.TypedCode(strings.Fields(modeltest.RestoreCode().Text()))
	g.SubmitCode()
	g.on(model.PageRestoreConfirm)
	if from.Host != "id.lundenergy.example" || from.Login != "anna.lind" || !from.Code.Equal(modeltest.RestoreCode()) {
		t.Errorf("asked for %q, %q", from.Host, from.Login)
	}
	g.ProveRestore()
	g.on(model.PageChoosePIN)
	g.digits(modeltest.PIN)
	g.digits(modeltest.PIN)
	g.on(model.PageRestoreDigits)
	g.SubmitRestoreDigits("4821")
	if g.RestoreDigits().Wrong == "" || g.core.Calls("ConfirmRestore") != 0 {
		t.Error("half of the digits were sent")
	}
	g.core.OnConfirm = func(string) (phone.Restoring, error) {
		e := *authn.ErrOTPWrong
		e.Left = 1
		return phone.Restoring{}, &e
	}
	g.Text("Code: 1234 5678")
	g.SubmitRestoreDigits(g.RestoreDigits().Digits)
	g.says(g.RestoreDigits().Wrong, "Not these digits. 1 try left.")
	g.core.OnConfirm = nil
	g.SubmitRestoreDigits("48219930")
	g.on(model.PageRestoreWait)
	if v := g.RestoreWait(); v.Finish || len(v.Points) != 3 || v.Facts[0].Value != "Tomorrow 09:32" {
		t.Errorf("%+v", v)
	}
	g.Back()
	g.on(model.PageWelcome) // it goes on by itself
	run := g.Welcome().Running
	if len(run) != 1 {
		t.Fatal("Welcome does not know of it")
	}
	g.now = modeltest.Now.Add(24 * time.Hour)
	g.Continue(run[0])
	if !g.RestoreWait().Finish {
		t.Fatal("it cannot be finished")
	}
	g.FinishRestore()
	g.on(model.PageRestored)
	g.NoteNewCode()
	g.on(model.PageRestoreCode)
	if v := g.RestoreCode(); !v.Fresh || v.Hidden {
		t.Errorf("%+v", v)
	}
	g.GoOnWithCode()
	g.group()
	g.SubmitGroup()
	g.calls("ActivateRestore", 0) // it is in force already
	g.calls("NoteRestoreCode", 1)
	g.on(model.PageOldDevices)
	g.RemoveOld("d_8")
	g.calls("RemoveDevice", 1)
	if v := g.OldDevices(); len(v.Rows) != 1 || v.Rows[0].ID != "d_9" {
		t.Errorf("left are %+v", v.Rows)
	}
	g.KeepOld()
	g.on(model.PageHome)
}

// Where nobody has to wait, the account comes at once; a policy that asks nothing about old devices asks nothing.
func TestRestoreWithoutAHold(t *testing.T) {
	g := newStage(t, phone.State{HasPIN: true})
	g.core.OnConfirm = func(string) (phone.Restoring, error) {
		r := modeltest.Restoring(authn.RestoreHeld)
		r.HeldUntil = g.now
		return r, nil
	}
	g.core.OnFinish = func(context.Context) (phone.Account, []phone.OldDevice, error) {
		return modeltest.Account(), []phone.OldDevice{{ID: "d_8", Name: "Pixel 8"}}, nil
	}
	g.Text(modeltest.RestoreLink()) // a sheet that was scanned
	g.on(model.PageRestoreConfirm)
	g.ProveRestore()
	g.on(model.PageRestoreDigits)
	g.SubmitRestoreDigits("48219930")
	g.on(model.PageRestored)
	g.NoteNewCode()
	g.GoOnWithCode()
	g.group()
	g.SubmitGroup()
	g.on(model.PageHome)
}

// where the phone could not draw a new code by itself, the person is shown one all the same, and it is in force once it was noted.
func TestRestoreDrawsACodeAfterwards(t *testing.T) {
	ready := modeltest.Restoring(authn.RestoreHeld)
	ready.HeldUntil = modeltest.Now
	g := newStage(t, modeltest.WithRestoring(ready))
	g.Continue(g.Welcome().Running[0])
	g.FinishRestore()
	g.core.Tell(phone.Event{Kind: phone.RestoreChanged}, func(s *phone.State) { s.Accounts[0].Restore.Unnoted = false })
	g.on(model.PageRestored)
	g.NoteNewCode()
	g.on(model.PageRestoreCode)
	g.GoOnWithCode()
	g.group()
	g.SubmitGroup()
	g.calls("ActivateRestore", 1)
	g.calls("NoteRestoreCode", 0)
	g.on(model.PageOldDevices)
}

// an account whose kept part was changed is there all the same, and the page says so.
func TestRestoredWithoutWhatWasKept(t *testing.T) {
	ready := modeltest.Restoring(authn.RestoreReleased)
	g := newStage(t, modeltest.WithRestoring(ready))
	g.core.OnFinish = func(context.Context) (phone.Account, []phone.OldDevice, error) {
		return modeltest.Account(), nil, escrow.ErrNotOurs
	}
	g.Continue(g.Welcome().Running[0])
	g.FinishRestore()
	g.on(model.PageRestored)
	if v := g.Restored(); !strings.Contains(v.Text, "Nothing of it was taken") {
		t.Errorf("%+v", v)
	}
}

// Who has no code asks colleagues: the number is read out to them, nothing that only the code opens comes back, and that is said before.
func TestRestoreByColleagues(t *testing.T) {
	g := newStage(t, phone.State{HasPIN: true})
	g.OpenRestoreFrom()
	g.OpenNoCode()
	g.AskColleagues()
	g.on(model.PageRestoreFrom) // it is not known yet where the account is
	if v := g.RestoreFrom(); v.WrongHost == "" || v.WrongLogin == "" {
		t.Errorf("%+v", v)
	}
	g.RestoreFromTyped("id.lundenergy.example", "anna.lind")
	g.OpenNoCode()
	var from phone.RestoreFrom
	g.core.OnFind = func(f phone.RestoreFrom) (*phone.RestoreOffer, error) {
		from = f
		return &phone.RestoreOffer{Organisation: "Lund Energy", Host: f.Host, Login: f.Login}, nil
	}
	g.AskColleagues()
	g.on(model.PageRestoreConfirm)
	if v := g.RestoreConfirm(); v.Vouched != "" || !from.Code.IsZero() || !strings.Contains(v.Points[3].Text, "does not come back") {
		t.Errorf("%+v", v)
	}
	g.ProveRestore()
	g.calls("ProveRestore", 0)
	g.calls("AskColleagues", 1)
	g.on(model.PageRestoreDigits)
	if g.RestoreDigits().Resend != "" {
		t.Error("another mail is offered")
	}
	g.core.OnConfirm = func(string) (phone.Restoring, error) {
		r := modeltest.Restoring(authn.RestoreAsking)
		r.Kind, r.Number = authn.RestoreByColleagues, "482913"
		return r, nil
	}
	g.SubmitRestoreDigits("48219930")
	g.on(model.PageRestoreWait)
	if v := g.RestoreWait(); v.Number != "482 913" || v.Facts[0].Value != "1 of 2" {
		t.Errorf("%+v", v)
	}
	g.RemindColleagues()
	g.calls("RemindColleagues", 1)
	ready := modeltest.Restoring(authn.RestoreReleased)
	ready.Kind = authn.RestoreByColleagues
	g.core.Tell(phone.Event{Kind: phone.RestoreChanged}, func(s *phone.State) { s.Restores = []phone.Restoring{ready} })
	g.core.OnFinish = func(context.Context) (phone.Account, []phone.OldDevice, error) { return modeltest.Account(), nil, nil }
	g.FinishRestore()
	g.on(model.PageRestored)
	g.NoteNewCode()
	g.on(model.PageHome)
	g.calls("ShowRestoreCode", 0)
}

func TestColleaguesAreNamed(t *testing.T) {
	g := newStage(t, modeltest.WithRestore(modeltest.RestoreOn()))
	var logins []string
	needed := 0
	g.core.OnName = func(_ context.Context, l []string, n int) (phone.ColleagueList, error) {
		logins, needed = l, n
		return modeltest.Colleagues(), nil
	}
	g.OpenRestore()
	g.OpenColleagues()
	g.on(model.PageColleagues)
	if v := g.Colleagues(); len(v.Rows) != 3 || v.Rows[2].Tone != model.Wait || v.Save != "" || v.Needed != "2 of 3 have to say yes" || v.Fewer {
		t.Fatalf("%+v", v)
	}
	g.AddColleague("bo.ek")
	if g.Colleagues().Wrong == "" {
		t.Error("the same twice")
	}
	g.AddColleague(" per.holm ")
	g.DropColleague("ola.nyman")
	g.NeedColleagues(1)
	if v := g.Colleagues(); v.Save == "" || v.Needed != "3 of 3 have to say yes" || v.More {
		t.Errorf("%+v", v)
	}
	g.SaveColleagues()
	if !slices.Equal(logins, []string{"bo.ek", "eva.dahl", "per.holm"}) || needed != 3 {
		t.Errorf("named %v, %d of them", logins, needed)
	}
	if g.Colleagues().Save != "" {
		t.Error("it can be saved again")
	}
}

// What the server or the code says against a restore stands where it can be mended.
func TestRestoreRefused(t *testing.T) {
	g := newStage(t, phone.State{HasPIN: true})
	g.core.OnFind = func(phone.RestoreFrom) (*phone.RestoreOffer, error) { return nil, authn.ErrRestoreRefused }
	g.typeFrom("id.lundenergy.example", "anna.lind")
	g.TypedCode(strings.Fields(modeltest.RestoreCode().Text()))
	g.SubmitCode()
	g.on(model.PageRestoreType)
	if g.RestoreType().Code.Words == "" {
		t.Error("nothing is said of a code of another account")
	}
	g.core.OnFind = nil
	g.SubmitCode()
	g.on(model.PageRestoreConfirm)
	g.core.OnProve = func(context.Context, *phone.RestoreOffer) (phone.Restoring, error) {
		return phone.Restoring{}, authn.ErrRestoreIsBlocked
	}
	g.ProveRestore()
	g.on(model.PageRestoreConfirm)
	g.says(g.RestoreConfirm().Head, "Restore is blocked")
}

// a restore that somebody has blocked says so, whatever page it is on.
func TestRestoreIsBlockedMeanwhile(t *testing.T) {
	g := newStage(t, modeltest.WithRestoring(modeltest.Restoring(authn.RestoreProved)))
	g.Continue(g.Welcome().Running[0])
	g.on(model.PageRestoreDigits)
	g.core.Tell(phone.Event{Kind: phone.RestoreChanged}, func(s *phone.State) {
		s.Restores = []phone.Restoring{modeltest.Restoring(authn.RestoreBlocked)}
	})
	g.on(model.PageRestoreWait)
	if v := g.RestoreWait(); !v.Over || v.Tone != model.Bad {
		t.Errorf("%+v", v)
	}
	g.GiveUpRestore()
	g.calls("CancelRestore", 1)
	g.on(model.PageWelcome)
}

// every device can block, also while it is locked, and is asked for nothing.
func TestRestoreIsBlockedFromADevice(t *testing.T) {
	s := modeltest.WithRestore(modeltest.RestoreOn())
	s.Accounts[0].Restores = append(s.Accounts[0].Restores, modeltest.Running())
	g := newStage(t, s)
	alerts := g.Home().Alerts
	if len(alerts) != 1 || !strings.Contains(alerts[0].Text, "198.51.100.23") || !strings.Contains(alerts[0].Text, "tomorrow 10:12") {
		t.Fatalf("%+v", alerts)
	}
	g.core.Tell(phone.Event{Kind: phone.LockChanged}, func(s *phone.State) { s.Locked = true })
	g.on(model.PageLock)
	if a := g.PIN().Alerts; len(a) != 1 || a[0].Account != "d_1" {
		t.Fatalf("on the lock: %+v", a)
	}
	var blocked authn.RestoreID
	g.core.OnBlock = func(id authn.RestoreID) error { blocked = id; return nil }
	g.Block(g.PIN().Alerts[0])
	g.on(model.PageResult)
	if blocked != "x_9" || !g.ResultView().Stopped {
		t.Errorf("blocked %q", blocked)
	}
}

// what happened is told once, newest first; while a restore runs it stands on top with its Block, not among what is over.
func TestNoticesOfARestore(t *testing.T) {
	s := modeltest.WithRestore(modeltest.RestoreOn())
	at := func(minutes int) int64 { return modeltest.Now.Add(time.Duration(minutes-60) * time.Minute).Unix() }
	facts := map[string]string{"device": "Galaxy S24"}
	s.Accounts[0].Notices = []wire.Notice{
		{Kind: authn.NoticeRestoreCodeWrong, At: at(0)}, {Kind: authn.NoticeRestoreStarted, At: at(1), Facts: facts}, {Kind: authn.NoticeRestoreHeld, At: at(2), Facts: facts},
	}
	s.Accounts[0].Restores = []wire.RestoreEntry{modeltest.Running()}
	g := newStage(t, s)
	if v := g.Home(); len(v.Notes) != 0 || len(v.Alerts) != 1 {
		t.Errorf("while it runs: %+v", v.Notes)
	}
	g.core.Tell(phone.Event{Kind: phone.NoticeArrived}, func(s *phone.State) {
		s.Accounts[0].Restores = nil
		s.Accounts[0].Notices = append(s.Accounts[0].Notices, wire.Notice{Kind: authn.NoticeRestoreBlocked, At: at(3)})
	})
	notes := g.Home().Notes
	if len(notes) != 3 || notes[0].Head != "A restore was blocked." || !strings.Contains(notes[1].Head, "Galaxy S24") {
		t.Fatalf("afterwards: %+v", notes)
	}
	g.Look(notes[1])
	g.on(model.PageDevices)
}

// A PIN that was forgotten: the fingerprint takes its place, or everything is deleted after a question.
func TestForgottenPIN(t *testing.T) {
	locked := modeltest.Open()
	locked.Locked = true
	g := newStage(t, locked)
	g.OpenForgot()
	g.on(model.PageForgot)
	if v := g.Forgot(); v.Finger != "" || len(v.Lost) != 2 {
		t.Errorf("without a fingerprint: %+v", v)
	}
	g.Back()
	g.on(model.PageLock)
	g = newStage(t, locked, func(c *model.Config) { c.Biometrics = &modeltest.Sensor{On: true} })
	var set string
	g.core.OnReset = func(pin string) error {
		if pin == "111111" {
			return keystore.ErrPINWeak
		}
		set = pin
		return nil
	}
	g.OpenForgot()
	if v := g.Forgot(); v.Finger == "" || v.Lost != nil {
		t.Errorf("with a fingerprint: %+v", v)
	}
	g.OpenResetPIN()
	g.on(model.PageResetPIN)
	g.digits("111111")
	g.digits("111111")
	if g.PIN().Words == "" {
		t.Error("a weak PIN was taken")
	}
	g.digits("820641")
	g.digits("820642")
	g.digits("820641")
	g.digits("820641")
	g.on(model.PageHome)
	if set != "820641" {
		t.Errorf("the PIN is %q", set)
	}
}

func TestStartOver(t *testing.T) {
	s := modeltest.Open()
	s.Locked = true
	began := 0
	g := newStage(t, s, func(c *model.Config) { c.StartAnew = func() { began++ } })
	g.OpenForgot()
	g.core.OnErase = func() error { return keystore.ErrStorage }
	g.StartOver()
	g.on(model.PageForgot)
	if g.Forgot().Words == "" {
		t.Error("nothing is said")
	}
	g.core.OnErase = nil
	g.StartOver()
	g.on(model.PageErased)
	g.StartAnew()
	if began != 1 || g.Erased().Start == "" {
		t.Error("there is no way to begin anew")
	}
}
