package agent

import (
	"context"
	"slices"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/computer"
	"avow/internal/server/servertest"
	"avow/internal/wire"
)

// enrolled is a computer of a real server, with the least that its lists may cost.
func enrolled(t *testing.T, e *servertest.Env) *Agent {
	t.Helper()
	m := e.Enroll(laptop, authn.OfflineAllow)
	mem, err := computer.Open(computer.Config{Dir: t.TempDir(), ID: laptop, Now: e.Now, Cost: computer.ListCost{Memory: 8, Time: 1, Lanes: 1}})
	if err != nil {
		t.Fatal(err)
	}
	return New(Config{Machine: mem, ID: laptop, Key: m.Key, Server: e.ClientServer(), Client: e.Options(), App: "avow-login test"})
}

// approveAt signs in with a network.
func approveAt(t *testing.T, a *Agent, p *servertest.Phone) Step {
	t.Helper()
	in := a.Begin(Ask{Login: anna})
	defer in.Cancel()
	if s, ok := in.Start(t.Context()).(Approve); !ok || s.Match != authn.MatchTap {
		t.Fatalf("start: %+v", s)
	}
	if err := p.Answer(authn.Approve, ""); err != nil {
		t.Fatal(err)
	}
	return in.Check(t.Context(), 20*time.Second)
}

// A sign-in brings the grant; the next contact makes the lists and passes them on, and one more changes nothing.
func TestContact(t *testing.T) {
	e := servertest.Start(t, servertest.Options{LongPoll: servertest.LongPoll})
	e.User(anna)
	p := e.Phone(anna)
	a := enrolled(t, e)
	if d, ok := approveAt(t, a, p).(Done); !ok || d.Token == nil || d.Token.Login != anna {
		t.Fatalf("%+v", d)
	}
	if len(a.errand) != 1 {
		t.Error("a sign-in does not wake the contact")
	}
	for range 2 {
		if err := a.Contact(t.Context()); err != nil {
			t.Fatal(err)
		}
		s := a.Status()
		if g := s.Machine.Grants; len(g) != 1 || g[0].CodesLeft != authn.ListCount || g[0].DeskLeft != authn.DeskCount || s.Machine.Unsent != 0 {
			t.Errorf("%+v", s.Machine)
		}
		if s.Problem != "" || s.ReachedAt.IsZero() || s.Name != "Computer laptop-42" {
			t.Errorf("%+v", s)
		}
	}
	if got := p.Call().Batches; len(got) != 1 {
		t.Errorf("the phone gets %d lists", len(got))
	}
}

// A computer that was taken away learns it at the next sign-in, from when on nobody gets in there without a network either.
func TestTakenAway(t *testing.T) {
	for _, state := range []authn.ComputerState{authn.ComputerStolen, authn.ComputerRemoved} {
		t.Run(string(state), func(t *testing.T) {
			e := servertest.Start(t, servertest.Options{LongPoll: servertest.LongPoll})
			e.User(anna)
			a := enrolled(t, e)
			if d, ok := approveAt(t, a, e.Phone(anna)).(Done); !ok {
				t.Fatalf("%+v", d)
			}
			if _, err := e.Admin.EndComputer(t.Context(), laptop, wire.EndComputer{State: state, Reason: "test"}); err != nil {
				t.Fatal(err)
			}
			<-a.errand // of the sign-in
			in := a.Begin(Ask{Login: anna})
			defer in.Cancel()
			if r, ok := in.Start(t.Context()).(Refused); !ok || !slices.Contains([]string{wire.ErrInvalidClient, wire.ErrUnauthorized}, r.Code) {
				t.Errorf("%+v", r)
			}
			if len(a.errand) != 1 {
				t.Fatal("the refusal does not wake the contact")
			}
			if err := a.Contact(context.Background()); err == nil {
				t.Error("contact went well")
			}
			if s := a.Status().Machine; len(s.Grants) != 0 || s.Offline != authn.OfflineDeny {
				t.Errorf("left: %+v", s)
			}
			refused(t, in.GoOffline(t.Context()), "offline_denied")
		})
	}
}

// Who chose to type a code reads of no server that does not answer, and of none that is back.
func TestChosen(t *testing.T) {
	e := servertest.Start(t, servertest.Options{LongPoll: servertest.LongPoll})
	e.User(anna)
	a := enrolled(t, e)
	if d, ok := approveAt(t, a, e.Phone(anna)).(Done); !ok {
		t.Fatalf("%+v", d)
	}
	if err := a.Contact(t.Context()); err != nil { // the policy comes with it
		t.Fatal(err)
	}
	in := a.Begin(Ask{Login: anna})
	defer in.Cancel()
	in.Start(t.Context())
	for what, s := range map[string]Step{"chosen": in.GoOffline(t.Context()), "after a code": in.Code(t.Context(), "hello")} {
		if o, ok := s.(Offline); !ok || o.Why != WhyChosen {
			t.Errorf("%s: %+v", what, s)
		}
	}
	if s, ok := in.Check(t.Context(), 0).(Approve); !ok || s.Back {
		t.Errorf("asked again: %+v", s)
	}
}
