package model_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"avow/internal/authn"
	"avow/internal/phone"
	"avow/internal/ui/model"
	"avow/internal/ui/model/modeltest"
	"avow/internal/wire"
)

func computers() phone.State { return modeltest.WithComputers(modeltest.Computers()...) }

func TestComputersSayWhatTheyGive(t *testing.T) {
	g := newStage(t, computers())
	g.GoTo(model.PageComputers)
	g.on(model.PageComputers)
	type row struct {
		Name, Second, Status, Rest, Icon string
		Tone                             model.Tone
		Gives                            bool
	}
	var got []row
	for _, r := range g.Computers().Rows {
		got = append(got, row{r.Name, r.Second, r.Status, r.Rest, r.Icon, r.Tone, r.Gives})
	}
	want := []row{
		{"LAPTOP-42", "Signed in today 10:32", "37 codes left", "to 17\u00a0March", "laptop", model.Good, true},
		{"SALES-PC", "Signed in yesterday 16:05", "4 codes left. Sign in online", "", "computers", model.Wait, true},
		{"WAREHOUSE-3", "Signed in 24 February", "50 codes left", "to 10\u00a0March", "tower", model.Good, true},
		{"OLD-THINKPAD", "Signed in 2 February", "Too old. Sign in online once", "", "laptop", model.Quiet, false},
		{"FRONT-DESK", "Signed in 1 March", "Scan only", "", "computers", model.Quiet, true},
		{"LAPTOP-17", "Signed in 1 March", "Ended by your organisation", "", "laptop", model.Bad, false},
		{"NOTEBOOK-8", "Signed in 1 March", "Reported stolen: no codes", "", "laptop", model.Bad, false},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestComputersOfSeveralAccounts(t *testing.T) {
	s := computers()
	s.Accounts = append(s.Accounts, modeltest.SecondAccount())
	g := newStage(t, s)
	g.says(g.Computers().Rows[0].Second, "Signed in today 10:32\nanna.lind at Lund Energy")
	g.Text(modeltest.OfflineLink(authn.GrantID{1}))
	g.says(g.Offline().Organisation, "Lund Energy")
}

func TestTabOfComputersIsLeftByOtherTabsOnly(t *testing.T) {
	g := newStage(t, computers())
	g.GoTo(model.PageComputers)
	if active, shown := g.Tabs(); active != model.PageComputers || !shown {
		t.Errorf("the bar shows %q, %v", active, shown)
	}
	g.Back()
	g.on(model.PageComputers)
	g.GoTo(model.PageHome)
	g.on(model.PageHome)
}

// What the phone knows already is said without asking for a finger or the PIN.
func TestComputerThatGivesNoCode(t *testing.T) {
	for _, c := range []struct {
		grant     byte
		en, de    string
		hard      bool
		shortCode string
	}{
		{4, "Too old. Sign in to this computer once with a network.", "Zu alt. Melde dich einmal mit Netz an diesem Computer an.", false, model.ShortCode("grant_over")},
		{6, "Your organisation has ended sign-ins without a network to this computer.", "Deine Organisation hat Anmeldungen ohne Netz an diesem Computer beendet.", true, model.ShortCode("grant_revoked")},
		{7, "There are no codes for it. If you have it, tell the service desk.", "Es gibt keine Codes für ihn. Hast du ihn, melde es dem Servicedesk.", true, model.ShortCode("computer_reported_stolen")},
		{99, "This phone has no codes for this computer. Sign in to it once with a network.", "Dieses Gerät hat keine Codes für diesen Computer. Melde dich einmal mit Netz an ihm an.", false, model.ShortCode("grant_unknown")},
	} {
		g := newStage(t, computers())
		g.GoTo(model.PageComputers)
		g.ShowComputer(authn.GrantID{c.grant})
		g.on(model.PageError)
		f := g.Failure()
		if f.Sentence != c.en || f.Hard != c.hard || f.Code != c.shortCode || f.Support != "046-555 01 00" {
			t.Errorf("grant %d: %+v", c.grant, f)
		}
		g.calls("ListCode", 0)
		g.Done()
		g.on(model.PageComputers)
		g.Choose(func(c *model.Choices) { c.Language = "de" })
		g.ShowComputer(authn.GrantID{c.grant})
		g.says(g.Failure().Sentence, c.de)
	}
}

func TestComputerWithoutAListIsScanned(t *testing.T) {
	g := newStage(t, computers())
	g.GoTo(model.PageComputers)
	g.ShowComputer(authn.GrantID{5})
	g.on(model.PageScan)
	g.says(g.Scan().Above, "The code on the computer’s screen")
	g.Back()
	g.on(model.PageComputers)
}

func TestListCode(t *testing.T) {
	g := newStage(t, computers())
	verify := g.keys()
	g.core.OnList = func(ctx context.Context, id authn.GrantID) (phone.OfflineCode, error) {
		if id != (authn.GrantID{1}) {
			t.Errorf("asked for %v", id)
		}
		return modeltest.ListCode(modeltest.Computers()[0], 13), verify(ctx)
	}
	g.core.OnNext = func(ctx context.Context, _ authn.GrantID) (phone.OfflineCode, error) {
		return modeltest.ListCode(modeltest.Computers()[0], 14), verify(ctx)
	}
	g.GoTo(model.PageComputers)
	g.ShowComputer(authn.GrantID{1})
	g.on(model.PageAskPIN)
	g.says(g.PIN().Name, "Code for LAPTOP-42")
	g.Back() // she changed her mind
	g.on(model.PageComputers)
	g.ShowComputer(authn.GrantID{1})
	g.digits(modeltest.PIN)
	g.on(model.PageListCode)
	v := g.Offline()
	if v.Code != "7K QM2X RD4T" || v.Number != "Code 13 of 50" || v.Hint != "7K is LAPTOP-42" || v.Next == "" || v.Left != "60" || v.Clock != "" {
		t.Errorf("the page is %+v", v)
	}
	g.NextCode()
	g.on(model.PageAskPIN)
	g.digits(modeltest.PIN)
	v = g.Offline()
	if v.Code != "7K 3HN8 W0ZB" || v.Number != "Code 14 of 50" {
		t.Errorf("the next is %+v", v)
	}
	g.Back()
	g.on(model.PageComputers)
	g.hidden()
}

func TestTheLastCodeHasNoNext(t *testing.T) {
	g := newStage(t, computers())
	g.core.OnList = func(context.Context, authn.GrantID) (phone.OfflineCode, error) {
		return modeltest.ListCode(modeltest.Computers()[0], 50), nil
	}
	g.ShowComputer(authn.GrantID{1})
	if v := g.Offline(); v.Code == "" || v.Next != "" {
		t.Errorf("the page is %+v", v)
	}
}

func TestNoCodesAreLeft(t *testing.T) {
	g := newStage(t, computers())
	g.core.OnList = func(context.Context, authn.GrantID) (phone.OfflineCode, error) {
		return phone.OfflineCode{}, phone.ErrListEmpty
	}
	g.GoTo(model.PageComputers)
	g.ShowComputer(authn.GrantID{2})
	g.on(model.PageError)
	g.says(g.Failure().Title, "No codes are left")
	g.says(g.Failure().Code, model.ShortCode("list_empty"))
	g.Done()
	g.on(model.PageComputers)
}

func TestASecondTapOnAComputerDoesNothing(t *testing.T) {
	g := newStage(t, computers())
	g.GoTo(model.PageComputers)
	g.hold = true
	g.ShowComputer(authn.GrantID{1})
	g.ShowComputer(authn.GrantID{2})
	g.release()
	g.calls("ListCode", 1)
	g.Back()
	g.on(model.PageComputers)
}

func TestHomeSaysThatComputersStillWork(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*phone.State)
		want   bool
	}{
		{"connected", func(s *phone.State) { s.Accounts[0].Status = phone.Connected }, false},
		{"unreachable", func(*phone.State) {}, true},
		{"no computers", func(s *phone.State) { s.Computers = nil }, false},
		{"none that gives codes", func(s *phone.State) { s.Computers = modeltest.Computers()[5:] }, false},
		{"of another account", func(s *phone.State) {
			s.Computers = modeltest.Computers()[:1]
			s.Computers[0].Account = "d_2"
		}, false},
	} {
		s := computers()
		s.Accounts[0].Status, s.Accounts[0].Since = phone.Unreachable, modeltest.Now.Add(-time.Hour)
		c.change(&s)
		v := newStage(t, s).Home()
		if got := v.Computers != nil; got != c.want {
			t.Errorf("%s: says it %v", c.name, got)
		}
		if c.want && (v.Computers.Head != "Your computers still work." || v.Computers.Text != "Get an offline code") {
			t.Errorf("%s: %+v", c.name, v.Computers)
		}
	}
}

func TestNoticesOfComputers(t *testing.T) {
	for kind, want := range map[authn.NoticeKind]model.Note{
		authn.NoticeOfflineUnknown: {
			Tone: model.Bad, Head: "A sign-in to LAPTOP-42 that this phone knows nothing of.",
			Text: "It was today 10:02, without a network. If that was not you, tell the service desk now.",
		},
		authn.NoticeOfflineLocked: {
			Tone: model.Wait, Head: "Too many wrong codes at LAPTOP-42.",
			Text: "It takes no more codes since today 10:02. Sign in to it once with a network. If that was not you, tell the service desk.",
		},
		authn.NoticeDeskUnknown: {
			Tone: model.Bad, Head: "A code of the service desk on LAPTOP-42 that was not for now.",
			Text: "It was used today 10:02. If that was not you, tell the service desk now.",
		},
		authn.NoticeDeskCode: {
			Tone: model.Wait, Head: "The service desk gave out a code for LAPTOP-42.",
			Text: "That was today 10:02. If you did not ask for it, tell the service desk now.",
		},
	} {
		s := modeltest.Open()
		s.Accounts[0].Notices = []wire.Notice{{Kind: kind, At: modeltest.Now.Add(-30 * time.Minute).Unix(), Facts: map[string]string{"computer": "LAPTOP-42"}}}
		if diff := cmp.Diff([]model.Note{want}, newStage(t, s).Home().Notes); diff != "" {
			t.Errorf("%s (-want +got):\n%s", kind, diff)
		}
	}
}
