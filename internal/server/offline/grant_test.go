package offline_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/servertest"
	"avow/internal/store"
	"avow/internal/wire"
)

var sameKey = cmp.Comparer(func(a, b key.Public) bool { return a == b })

// phoneGrants reads the grants of a phone's answer by id.
func (w *world) phoneGrants(p *servertest.Phone) map[authn.GrantID]wire.Grant {
	w.T.Helper()
	all := map[authn.GrantID]wire.Grant{}
	for _, raw := range p.Call().Grants {
		g := w.laptop.Grant(raw)
		all[g.ID] = g
	}
	return all
}

// TestGrant: with each sign-in comes the grant, with a higher seq; phone and computer hold the same statement.
func TestGrant(t *testing.T) {
	w := newWorld(t)
	before := w.Now()
	g := w.grant()
	want := wire.Grant{
		Issuer: w.Site.Issuer, Device: w.phone.ID, IssuedAt: g.SignedInAt, Expires: g.SignedInAt + 14*24*3600, ID: g.ID, Seq: 1, State: authn.GrantActive,
		Computer: wire.ComputerName{ID: "laptop-42", Name: "Computer laptop-42"}, ComputerJWK: w.laptop.Key.Key(), User: w.phone.User, Login: "anna",
		ExchangeJWK: w.phone.ExchangeKey().Key(), MaxUses: 20, SignedInAt: g.SignedInAt,
	}
	if d := cmp.Diff(want, g, sameKey); d != "" {
		t.Errorf("grant (-want +got):\n%s", d)
	}
	if at := time.Unix(g.SignedInAt, 0); at.Before(before.Add(-time.Minute)) || at.After(w.Now()) {
		t.Errorf("signed in at %s", at)
	}
	w.Advance(24 * time.Hour)
	next := w.grant()
	if next.ID != g.ID || next.Seq != 2 || next.Expires < g.Expires+24*3600 || next.SignedInAt < g.SignedInAt+24*3600 {
		t.Errorf("renewed: %+v", next)
	}
	w.Advance(time.Hour)
	computer, phone := w.laptop.Contact().Grants, w.phone.Call().Grants
	if len(computer) != 1 || len(phone) != 1 {
		t.Fatalf("the computer has %d grants, the phone %d", len(computer), len(phone))
	}
	for who, raw := range map[string]string{"computer": computer[0], "phone": phone[0]} {
		if d := cmp.Diff(next, w.laptop.Grant(raw), sameKey); d != "" {
			t.Errorf("the %s has another statement (-want +got):\n%s", who, d)
		}
	}
}

// TestNoGrant: who is no enrolled computer, and whose policy is deny, gets none.
func TestNoGrant(t *testing.T) {
	w := newWorld(t)
	strict := w.Enroll("strict", authn.OfflineDeny)
	if _, ok := strict.SignIn(w.phone, "anna"); ok {
		t.Error("a grant for a computer whose policy is deny")
	}
	_, k := w.Computer("other", authn.MatchTap)
	if _, ok := w.Machine("other", k).SignIn(w.phone, "anna"); ok {
		t.Error("a grant for a client that is no enrolled computer")
	}
	if n := len(w.phoneGrants(w.phone)); n != 0 {
		t.Errorf("the phone has %d grants", n)
	}
}

// TestMaxGrants: one more than a device may have ends the one of the oldest sign-in.
func TestMaxGrants(t *testing.T) {
	w := newWorld(t)
	now := w.Now()
	err := w.Site.Store.Update(context.Background(), func(tx store.Tx) error {
		errs := []error{tx.CreateGrant(authn.Grant{ // one that has ended does not count
			ID: authn.GrantID{0, 2}, Computer: "laptop-42", Device: w.phone.ID, User: w.phone.User, Seq: 7, State: authn.GrantRevoked, CreatedAt: now,
			SignedInAt: now, Expires: now.Add(time.Hour),
		})}
		for i := range authn.MaxGrants {
			id := authn.ClientID(fmt.Sprint("c", i))
			errs = append(errs,
				tx.CreateComputer(authn.Computer{ID: id, Name: string(id), State: authn.ComputerEnrolled, Key: w.laptop.Key.Key(), CreatedAt: now}),
				tx.CreateGrant(authn.Grant{
					ID: authn.GrantID{byte(i), 1}, Computer: id, Device: w.phone.ID, User: w.phone.User, Seq: 1, State: authn.GrantActive, CreatedAt: now,
					SignedInAt: now.Add(time.Duration(i-1000) * time.Second), Expires: now.Add(time.Hour),
				}))
		}
		return errors.Join(errs...)
	})
	if err != nil {
		t.Fatal(err)
	}
	g := w.grant()
	active := 0
	for id, got := range w.phoneGrants(w.phone) {
		if got.State == authn.GrantActive {
			active++
		} else if id != (authn.GrantID{0, 2}) && (id != authn.GrantID{0, 1} || got.Seq != 2) {
			t.Errorf("grant %v has ended: %+v", id, got)
		}
	}
	if active != authn.MaxGrants || w.phoneGrants(w.phone)[g.ID].State != authn.GrantActive {
		t.Errorf("%d active grants, want %d with the new one among them", active, authn.MaxGrants)
	}
}

// whatever ends a grant reaches the phone with a higher seq, also when the computer never calls again; and the computer if it calls.
func TestEndedGrantReachesThePhoneR076(t *testing.T) {
	for name, c := range map[string]struct {
		end      func(*world) error
		state    authn.GrantState
		phone    string // the code of the phone's refusal; "" when it gets the grant
		computer string
	}{
		"computer stolen": {func(w *world) error {
			_, err := w.Admin.EndComputer(context.Background(), "laptop-42", wire.EndComputer{State: authn.ComputerStolen, Reason: "left in a train"})
			return err
		}, authn.GrantStolen, "", "computer_stolen"},
		"computer removed": {func(w *world) error {
			_, err := w.Admin.EndComputer(context.Background(), "laptop-42", wire.EndComputer{State: authn.ComputerRemoved, Reason: "sold"})
			return err
		}, authn.GrantRevoked, "", "computer_removed"},
		"removed, then stolen": {func(w *world) error {
			_, err1 := w.Admin.EndComputer(context.Background(), "laptop-42", wire.EndComputer{State: authn.ComputerRemoved, Reason: "sold"})
			_, err2 := w.Admin.EndComputer(context.Background(), "laptop-42", wire.EndComputer{State: authn.ComputerStolen, Reason: "no, stolen"})
			return errors.Join(err1, err2)
		}, authn.GrantStolen, "", "computer_stolen"},
		"user blocked": {func(w *world) error {
			_, err := w.Admin.SetUserStatus(context.Background(), "anna", wire.SetUserStatus{Status: authn.UserDisabled, Reason: "left"})
			return err
		}, authn.GrantRevoked, "", ""},
		"user blocked and let in again": {func(w *world) error {
			_, err1 := w.Admin.SetUserStatus(context.Background(), "anna", wire.SetUserStatus{Status: authn.UserDisabled, Reason: "left"})
			_, err2 := w.Admin.SetUserStatus(context.Background(), "anna", wire.SetUserStatus{Status: authn.UserActive, Reason: "back"})
			return errors.Join(err1, err2)
		}, authn.GrantRevoked, "", ""},
		"device revoked": {func(w *world) error {
			_, err := w.Admin.RevokeDevice(context.Background(), w.phone.ID, "lost")
			return err
		}, authn.GrantRevoked, "device_revoked", ""},
		"device removed by its owner": {func(w *world) error { return w.phone.Remove(context.Background()) }, authn.GrantRevoked, "device_revoked", ""},
		"device replaced": {func(w *world) error {
			s, err := w.Admin.AddSession(context.Background(), wire.AddSession{UserName: "anna", Mode: authn.BindReplace, Reason: "new phone"})
			if err != nil {
				return err
			}
			p := w.Connect(s.Link)
			_, err = w.Admin.ConfirmSession(context.Background(), s.UserName, wire.ConfirmSession{CheckWords: p.Bound.CheckWords, Reason: "new phone"})
			return err
		}, authn.GrantRevoked, "device_revoked", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.grant()
			old := w.grant()
			list := w.laptop.NewList(old)
			w.laptop.Contact(list)
			if err := c.end(w); err != nil {
				t.Fatal(err)
			}
			a, err := w.phone.Offline(t.Context(), wire.OfflineSync{Records: []wire.OfflineRecord{}})
			wantCode(t, "phone", err, c.phone)
			if c.phone == "" {
				if len(a.Grants) != 1 || len(a.Batches) != 0 {
					t.Fatalf("answer %+v", a)
				}
				if g := w.laptop.Grant(a.Grants[0]); g.ID != old.ID || g.State != c.state || g.Seq <= old.Seq {
					t.Errorf("the phone has %+v", g)
				}
			}
			told, err := w.laptop.Tell()
			wantCode(t, "computer", err, c.computer)
			if c.computer == "" {
				if g := w.laptop.Grant(told.Grants[0]); g.ID != old.ID || g.State != c.state || g.Seq <= old.Seq {
					t.Errorf("the computer has %+v", g)
				}
			}
			w.view(func(r store.Reader) error {
				g, err := r.Grant(old.ID)
				if g.State != c.state || g.Seq <= old.Seq {
					t.Errorf("kept %+v", g)
				}
				return err
			})
		})
	}
}

// TestStolenComputerAsksNobody: its client is disabled; what its people have approved already is not given out.
func TestStolenComputerAsksNobody(t *testing.T) {
	w := newWorld(t)
	asked, err := w.laptop.Client.Authorize(t.Context(), question("anna"))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.phone.Answer(authn.Approve, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Admin.EndComputer(t.Context(), "laptop-42", wire.EndComputer{State: authn.ComputerStolen, Reason: "stolen"}); err != nil {
		t.Fatal(err)
	}
	_, _, err = w.laptop.Client.Redeem(t.Context(), asked.AuthReqID)
	wantCode(t, "redeem", err, wire.ErrInvalidClient)
	_, err = w.laptop.Client.Authorize(t.Context(), question("anna"))
	wantCode(t, "ask", err, wire.ErrInvalidClient)
	_, err = w.Admin.EndComputer(t.Context(), "laptop-42", wire.EndComputer{State: authn.ComputerRemoved, Reason: "gone"})
	wantCode(t, "remove a stolen one", err, "computer_stays_stolen")
	_, err = w.Admin.EndComputer(t.Context(), "laptop-42", wire.EndComputer{State: authn.ComputerEnrolled, Reason: "back"})
	wantCode(t, "another state", err, "bad_computer_state")
	_, err = w.Admin.EndComputer(t.Context(), "laptop-43", wire.EndComputer{State: authn.ComputerStolen, Reason: "gone"})
	wantCode(t, "no computer", err, "computer_unknown")
}

// TestOldGrants: what is over for 30 days is told of no more.
func TestOldGrants(t *testing.T) {
	w := newWorld(t)
	w.grant()
	w.Advance(authn.GrantLifetime + 30*24*time.Hour - time.Minute)
	if n := len(w.phone.Call().Grants); n != 1 {
		t.Errorf("%d grants, want the one that is over", n)
	}
	w.Advance(2 * time.Minute)
	if n, m := len(w.phone.Call().Grants), len(w.laptop.Contact().Grants); n != 0 || m != 0 {
		t.Errorf("%d and %d grants that are long over", n, m)
	}
}
