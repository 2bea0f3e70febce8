package offline_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/otp"
	"avow/internal/server/servertest"
	"avow/internal/wire"
)

// deskWorld has a grant and a list for the service desk.
func deskWorld(t *testing.T) (*world, wire.Grant, servertest.List) {
	w := newWorld(t)
	g := w.grant()
	l := w.laptop.NewDeskList(g)
	w.laptop.Contact(l)
	return w, g, l
}

func (w *world) code() (wire.DeskCode, error) {
	return w.Admin.DeskCode(context.Background(), "laptop-42", wire.AddDeskCode{UserName: "anna", Reason: "phone forgotten"})
}

func (w *world) release() wire.DeskCode {
	w.T.Helper()
	c, err := w.code()
	if err != nil {
		w.T.Fatal(err)
	}
	return c
}

func useOf(g wire.Grant, l servertest.List, index int) wire.UseDeskCode {
	return wire.UseDeskCode{Grant: g.ID, Batch: l.Batch.ID, Index: index}
}

// TestDeskCode: the desk gets what the computer expects, one after the other, and the user is told.
func TestDeskCode(t *testing.T) {
	w, g, l := deskWorld(t)
	if n := len(w.phone.Call().Batches); n != 0 {
		t.Errorf("the phone got %d lists of the desk", n)
	}
	for i := range authn.DeskCount {
		c := w.release()
		if c.Code != l.Key.Code(i).Text() || c.Number != i+1 || c.Left != authn.DeskCount-1-i || c.Computer != "Computer laptop-42" || c.UserName != "anna" {
			t.Errorf("code %d is %+v", i, struct {
				Number, Left int
				Computer     string
			}{c.Number, c.Left, c.Computer})
		}
		if d := c.ExpiresAt.Sub(w.Now()); d > 2*time.Minute || d < time.Minute {
			t.Errorf("good for %s", d)
		}
	}
	_, err := w.code()
	wantCode(t, "one too many", err, "no_desk_codes")
	if user, admins := w.noticed(authn.NoticeDeskCode); user != authn.DeskCount || admins != 0 {
		t.Errorf("%d and %d notices", user, admins)
	}
	fresh := w.laptop.NewDeskList(g)
	w.laptop.Contact(fresh)
	if c := w.release(); c.Code != fresh.Key.Code(0).Text() {
		t.Error("the first code of a new list is another")
	}
	n := 0
	for _, r := range w.Audit() {
		if r.Action == "computer.code" && r.Actor == "admin:maja" && r.Reason == "phone forgotten" && r.Subject == "laptop-42" && r.Facts["login"] == "anna" {
			n++
		}
	}
	if n != authn.DeskCount+1 {
		t.Errorf("%d records of codes", n)
	}
}

// TestUseDeskCode: yes once, within two minutes, to the right computer.
func TestUseDeskCode(t *testing.T) {
	w, g, l := deskWorld(t)
	other := w.Enroll("other", authn.OfflineAllow)
	err := w.laptop.UseDeskCode(t.Context(), useOf(g, l, 0))
	wantCode(t, "not given out", err, "desk_code_not_given")
	w.release()
	for name, c := range map[string]struct {
		m    *servertest.Machine
		use  wire.UseDeskCode
		code string
	}{
		"another computer": {other, useOf(g, l, 0), "grant_unknown"},
		"another index":    {w.laptop, useOf(g, l, 1), "desk_code_not_given"},
		"minus":            {w.laptop, useOf(g, l, -1), "desk_code_not_given"},
		"another list":     {w.laptop, wire.UseDeskCode{Grant: g.ID, Batch: authn.NewBatchID()}, "desk_code_not_given"},
		"another grant":    {w.laptop, wire.UseDeskCode{Grant: authn.NewGrantID(), Batch: l.Batch.ID}, "grant_unknown"},
	} {
		wantCode(t, name, c.m.UseDeskCode(t.Context(), c.use), c.code)
	}
	if err := w.laptop.UseDeskCode(t.Context(), useOf(g, l, 0)); err != nil {
		t.Errorf("the right computer: %v", err)
	}
	wantCode(t, "again", w.laptop.UseDeskCode(t.Context(), useOf(g, l, 0)), "desk_code_used")
	w.release()
	w.Advance(authn.DeskLifetime)
	wantCode(t, "after two minutes", w.laptop.UseDeskCode(t.Context(), useOf(g, l, 1)), "desk_code_over")
	// The computer hears which codes are over, so that none is good later.
	if told := w.laptop.Contact(); len(told.Shown) != 1 || told.Shown[0] != (wire.ListPosition{Batch: l.Batch.ID, Index: 1}) {
		t.Errorf("positions %+v", told.Shown)
	}
	w.release()
	if told := w.laptop.Contact(); len(told.Shown) != 1 || told.Shown[0].Index != 1 {
		t.Errorf("positions while a code is good: %+v", told.Shown)
	}
	if _, err := w.Admin.RevokeDevice(t.Context(), w.phone.ID, "lost"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "after the grant has ended", w.laptop.UseDeskCode(t.Context(), useOf(g, l, 2)), "grant_revoked")
}

// TestUseDeskCodeRace is D12 through HTTP: of many uses of one code at the same time one is told yes. The store's own suite has a thousand.
func TestUseDeskCodeRace(t *testing.T) {
	w, g, l := deskWorld(t)
	w.release()
	var won, lost atomic.Int32
	var work sync.WaitGroup
	const tries = 200
	slots := make(chan struct{}, 16) // connections at a time
	for range tries {
		work.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			switch err := w.laptop.UseDeskCode(context.Background(), useOf(g, l, 0)); authn.CodeOf(err) {
			case "":
				won.Add(1)
			case "desk_code_used":
				lost.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	work.Wait()
	if won.Load() != 1 || lost.Load() != tries-1 {
		t.Errorf("%d were told yes, %d came too late", won.Load(), lost.Load())
	}
}

// TestNoDeskCode: each reason has its own words.
func TestNoDeskCode(t *testing.T) {
	ask := func(w *world, computer authn.ClientID, user string) error {
		_, err := w.Admin.DeskCode(context.Background(), computer, wire.AddDeskCode{UserName: user, Reason: "test"})
		return err
	}
	w, _, _ := deskWorld(t)
	w.User("bo")
	wantCode(t, "never signed in", ask(w, "laptop-42", "bo"), "never_signed_in")
	wantCode(t, "unknown user", ask(w, "laptop-42", "nobody"), "user_unknown")
	wantCode(t, "unknown computer", ask(w, "laptop-43", "anna"), "computer_unknown")
	w.invite("desk-1", false)
	wantCode(t, "not enrolled", ask(w, "desk-1", "anna"), "computer_not_enrolled")
	bare := w.Enroll("bare", authn.OfflineAllow)
	bare.SignIn(w.phone, "anna")
	wantCode(t, "no list yet", ask(w, "bare", "anna"), "no_desk_codes")
	w.Advance(authn.GrantLifetime)
	wantCode(t, "too long ago", ask(w, "laptop-42", "anna"), "desk_grant_over")
	if _, err := w.Admin.RevokeDevice(t.Context(), w.phone.ID, "lost"); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "ended", ask(w, "laptop-42", "anna"), "desk_grant_ended")
	if _, err := w.Admin.EndComputer(t.Context(), "laptop-42", wire.EndComputer{State: authn.ComputerStolen, Reason: "stolen"}); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "stolen", ask(w, "laptop-42", "anna"), "computer_stolen")
	if _, err := w.Admin.SetUserStatus(t.Context(), "anna", wire.SetUserStatus{Status: authn.UserDisabled, Reason: "left"}); err != nil {
		t.Fatal(err)
	}
	wantCode(t, "blocked", ask(w, "bare", "anna"), "user_disabled")
}

// a sign-in by a code of the desk that was not given out, or was over and known to be, is an alert; one that was given out is none.
func TestDeskSignInR079(t *testing.T) {
	for name, c := range map[string]struct {
		do     func(w *world, g wire.Grant, l servertest.List)
		alerts int
		state  authn.OfflineUseState
	}{
		"given out": {func(w *world, g wire.Grant, l servertest.List) {
			w.release()
			w.laptop.Write(wire.JournalSignIn, g, authn.OfflineDesk, l.Use(0))
		}, 0, authn.UseMatched},
		"given out, and the server was asked": {func(w *world, g wire.Grant, l servertest.List) {
			w.release()
			if err := w.laptop.UseDeskCode(context.Background(), useOf(g, l, 0)); err != nil {
				t.Error(err)
			}
			w.Advance(time.Hour)
			w.laptop.Contact()
			w.laptop.Write(wire.JournalSignIn, g, authn.OfflineDesk, l.Use(0))
		}, 0, authn.UseMatched},
		"not given out": {func(w *world, g wire.Grant, l servertest.List) {
			w.laptop.Write(wire.JournalSignIn, g, authn.OfflineDesk, l.Use(0))
		}, 1, authn.UseUnknown},
		"another was given out": {func(w *world, g wire.Grant, l servertest.List) {
			w.release()
			w.laptop.Write(wire.JournalSignIn, g, authn.OfflineDesk, l.Use(1))
		}, 1, authn.UseUnknown},
		"over, and the computer has not called since": {func(w *world, g wire.Grant, l servertest.List) {
			w.release()
			w.Advance(24 * time.Hour)
			w.laptop.Write(wire.JournalSignIn, g, authn.OfflineDesk, l.Use(0))
		}, 0, authn.UseMatched},
		"over, and the computer has called since": {func(w *world, g wire.Grant, l servertest.List) {
			w.release()
			w.Advance(24 * time.Hour)
			w.laptop.Contact()
			w.laptop.Write(wire.JournalSignIn, g, authn.OfflineDesk, l.Use(0))
		}, 1, authn.UseUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			w, g, l := deskWorld(t)
			c.do(w, g, l)
			w.laptop.Contact()
			w.laptop.Contact()
			if user, admins := w.noticed(authn.NoticeDeskUnknown); user != c.alerts || admins != c.alerts {
				t.Errorf("%d and %d notices, want %d", user, admins, c.alerts)
			}
			uses, err := w.Admin.OfflineUses(t.Context(), "laptop-42")
			if err != nil || len(uses) == 0 || uses[0].State != string(c.state) {
				t.Errorf("uses %+v, %v; want %s", uses, err, c.state)
			}
		})
	}
}

// TestUsedBeforeGiven: a code that was used without the desk is not given out afterwards.
func TestUsedBeforeGiven(t *testing.T) {
	w, g, l := deskWorld(t)
	w.laptop.Write(wire.JournalSignIn, g, authn.OfflineDesk, l.Use(2))
	w.laptop.Contact()
	if c := w.release(); c.Number != 4 {
		t.Errorf("code %d was given out, want 4", c.Number)
	}
}

// a code of the desk for one computer and user is another than for any other, also from the same keys.
func TestDeskCodesDifferR071(t *testing.T) {
	w, g, l := deskWorld(t)
	mine := w.release().Code
	if mine != l.Key.Code(0).Text() {
		t.Fatal("the computer expects another code")
	}
	shared := make([]byte, 32)
	codes := map[string]string{}
	for _, p := range []otp.Parties{
		{Exchange: g.ExchangeJWK, Computer: "laptop-42", User: g.User},
		{Exchange: g.ExchangeJWK, Computer: "laptop-43", User: g.User},
		{Exchange: g.ExchangeJWK, Computer: "laptop-42", User: "u_other"},
		{Exchange: w.laptop.Settings.DeskJWK, Computer: "laptop-42", User: g.User},
	} {
		k, err := otp.NewListKey(shared, l.Batch.ID, l.Batch.JWK, p)
		if err != nil {
			t.Fatal(err)
		}
		code := k.Code(0)
		if who, twice := codes[code.Secret]; twice {
			t.Errorf("%s and %v have one code", who, p.Computer)
		}
		codes[code.Secret] = string(p.Computer)
	}
	// The server does not take a list of one computer for another, nor its code for another user.
	w.User("bo")
	other := w.Enroll("other", authn.OfflineAllow)
	theirs, _ := other.SignIn(w.Phone("bo"), "bo")
	list := other.NewDeskList(theirs)
	other.Contact(list)
	c, err := w.Admin.DeskCode(t.Context(), "other", wire.AddDeskCode{UserName: "bo", Reason: "test"})
	if err != nil || c.Code == mine || c.Code != list.Key.Code(0).Text() || strings.HasPrefix(c.Code, mine[:2]+" ") != (otp.ComputerPrefix("other") == otp.ComputerPrefix("laptop-42")) {
		t.Errorf("the other computer's code is wrong: %v", err)
	}
	_, err = w.Admin.DeskCode(t.Context(), "other", wire.AddDeskCode{UserName: "anna", Reason: "test"})
	wantCode(t, "a user who was never there", err, "never_signed_in")
}
