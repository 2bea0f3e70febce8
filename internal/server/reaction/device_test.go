package reaction_test

import (
	"context"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/server/servertest"
	"avow/internal/store"
	"avow/internal/wire"
)

// scene is Anna with a phone on which restore is set up, and somebody who has her code.
type scene struct {
	*servertest.Env
	t     *testing.T
	phone *servertest.Phone
	thief *servertest.Restorer
}

func newScene(t *testing.T) *scene {
	t.Helper()
	s := &scene{Env: servertest.Start(t, servertest.Options{CanMail: true}), t: t}
	s.User("anna")
	s.phone = s.Phone("anna")
	s.thief = s.Restorer("anna", s.phone.SetUpRestore())
	return s
}

// enter lets the thief's phone in.
func (s *scene) enter() *servertest.Phone {
	s.t.Helper()
	if _, err := s.thief.Confirm(s.Digits(s.thief.Started.RestoreID)); err != nil {
		s.t.Fatal(err)
	}
	_, p, err := s.thief.Take()
	if err != nil {
		s.t.Fatal(err)
	}
	return p
}

// told is the newest notice of a kind that a phone shows.
func (s *scene) told(p *servertest.Phone, kind authn.NoticeKind) (id authn.NoticeID) {
	s.t.Helper()
	st, err := p.Status(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	for _, n := range st.Notices {
		if n.Kind == kind {
			id = n.ID
		}
	}
	if id == "" {
		s.t.Fatalf("the phone is not told of %s: %+v", kind, st.Notices)
	}
	return id
}

func (s *scene) stands() (blocked bool, states map[authn.DeviceID]authn.DeviceState) {
	s.t.Helper()
	states = map[authn.DeviceID]authn.DeviceState{}
	err := s.Site.Store.View(context.Background(), func(r store.Reader) error {
		g, err := r.RestoreGuard(s.phone.User)
		if err != nil {
			return err
		}
		blocked = !g.BlockedAt.IsZero()
		all, err := r.DevicesOf(s.phone.User)
		for _, d := range all {
			states[d.ID] = d.State
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return blocked, states
}

// the phone that is there blocks a restore with its device key, and nobody else's does.
func TestDeviceBlocksRestoreR094(t *testing.T) {
	s := newScene(t)
	s.User("bo")
	bo := s.Phone("bo")
	id := s.told(s.phone, authn.NoticeRestoreStarted)
	for name, err := range map[string]error{
		"another user's phone": bo.React(t.Context(), id, ""), "no notice": s.phone.React(t.Context(), authn.NewNoticeID(), ""), "no id": s.phone.React(t.Context(), "n_1/..", ""),
	} {
		if authn.CodeOf(err) != authn.ErrNoticeUnknown.Code {
			t.Errorf("%s: %v", name, err)
		}
	}
	if blocked, _ := s.stands(); blocked {
		t.Fatal("blocked by nobody who may")
	}
	for range 2 {
		if err := s.phone.React(t.Context(), id, ""); err != nil {
			t.Fatal(err)
		}
	}
	if blocked, _ := s.stands(); !blocked {
		t.Error("it is not blocked")
	}
	if _, err := s.thief.Confirm(s.Digits(s.thief.Started.RestoreID)); authn.CodeOf(err) != "restore_blocked" {
		t.Errorf("the restore goes on: %v", err)
	}
}

// a phone that came by a restore is blocked from the one that was there, with its user verified; it cannot do the same to the other by the same notice.
func TestDeviceBlocksDeviceR094(t *testing.T) {
	s := newScene(t)
	thief := s.enter()
	id := s.told(s.phone, authn.NoticeRestoreFinished)
	for name, c := range map[string]struct {
		statement, want string
	}{
		"nothing signed":      {"", "bad_command"},
		"only removed":        {s.phone.Command(wire.ActRemove, thief.ID), "bad_command"},
		"another device":      {s.phone.Command(wire.ActBlock, authn.NewDeviceID()), "bad_command"},
		"signed by the thief": {thief.Command(wire.ActBlock, s.phone.ID), "bad_command"},
	} {
		if err := s.phone.React(t.Context(), id, c.statement); authn.CodeOf(err) != c.want {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := thief.React(t.Context(), id, thief.Command(wire.ActBlock, s.phone.ID)); authn.CodeOf(err) != authn.ErrNoticeUnknown.Code {
		t.Errorf("who caused it reacts: %v", err)
	}
	if blocked, states := s.stands(); blocked || states[thief.ID] != authn.DeviceActive || states[s.phone.ID] != authn.DeviceActive {
		t.Fatalf("something was blocked: %v %v", blocked, states)
	}
	statement := s.phone.Command(wire.ActBlock, thief.ID)
	if err := s.phone.React(t.Context(), id, statement); err != nil {
		t.Fatal(err)
	}
	if blocked, states := s.stands(); !blocked || states[thief.ID] != authn.DeviceRevoked || states[s.phone.ID] != authn.DeviceActive {
		t.Errorf("blocked %v, devices %v", blocked, states)
	}
	if err := s.phone.React(t.Context(), id, statement); authn.CodeOf(err) != "statement_used" {
		t.Errorf("the same statement again: %v", err)
	}
	if err := s.phone.React(t.Context(), id, s.phone.Command(wire.ActBlock, thief.ID)); err != nil {
		t.Errorf("once more: %v", err)
	}
}

// TestReactionsEnd: a notice is no key for ever, and most have none.
func TestReactionsEnd(t *testing.T) {
	s := newScene(t)
	id := s.told(s.phone, authn.NoticeRestoreStarted)
	if err := s.Server.Restore.Block(t.Context(), s.phone.User, "", "admin:maja", "test"); err != nil {
		t.Fatal(err)
	}
	if err := s.phone.React(t.Context(), s.told(s.phone, authn.NoticeRestoreBlocked), ""); authn.CodeOf(err) != "reaction_none" {
		t.Errorf("nothing to do: %v", err)
	}
	s.Advance(31 * 24 * time.Hour)
	if err := s.phone.React(t.Context(), id, ""); authn.CodeOf(err) != "reaction_old" {
		t.Errorf("after a month: %v", err)
	}
}
