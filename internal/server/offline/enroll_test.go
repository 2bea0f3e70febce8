package offline_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/server/servertest"
	"avow/internal/store"
	"avow/internal/wire"
)

func wantCode(t *testing.T, what string, err error, want string) {
	t.Helper()
	if got := authn.CodeOf(err); got != want {
		t.Errorf("%s: code %q (%v), want %q", what, got, err, want)
	}
}

// world is a server with a user, her phone and an enrolled computer.
type world struct {
	*servertest.Env
	phone  *servertest.Phone
	laptop *servertest.Machine
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Env: servertest.Start(t, servertest.Options{})}
	w.User("anna")
	w.phone = w.Phone("anna")
	w.laptop = w.Enroll("laptop-42", authn.OfflineAllow)
	return w
}

// grant signs in with a network.
func (w *world) grant() wire.Grant {
	w.T.Helper()
	g, ok := w.laptop.SignIn(w.phone, "anna")
	if !ok {
		w.T.Fatal("no grant came with the sign-in")
	}
	return g
}

func (w *world) view(fn func(store.Reader) error) {
	w.T.Helper()
	if err := w.Site.Store.View(context.Background(), fn); err != nil {
		w.T.Fatal(err)
	}
}

// noticed counts the notices of a kind: to the user, and to the administrators.
func (w *world) noticed(kind authn.NoticeKind) (user, admins int) {
	w.T.Helper()
	w.view(func(r store.Reader) error {
		for id, n := range map[authn.UserID]*int{w.phone.User: &user, "": &admins} {
			list, err := r.NoticesOf(id, time.Time{})
			if err != nil {
				return err
			}
			for _, x := range list {
				if x.Kind == kind {
					*n++
				}
			}
		}
		return nil
	})
	return user, admins
}

func (w *world) invite(id authn.ClientID, replace bool) wire.AddedComputer {
	w.T.Helper()
	a, err := w.Admin.AddComputer(context.Background(), wire.AddComputer{ID: id, Replace: replace, Reason: "test"})
	if err != nil {
		w.T.Fatal(err)
	}
	return a
}

func TestEnroll(t *testing.T) {
	w := newWorld(t)
	if s := w.laptop.Settings; s.ID != "laptop-42" || s.Name != "Computer laptop-42" || s.Offline != authn.OfflineAllow || s.DeskJWK.IsZero() {
		t.Errorf("settings %+v", s)
	}
	added := w.invite("desk-1", false)
	if added.Offline != authn.OfflineFallback || added.Match != authn.MatchNumber || added.Name != "desk-1" || added.State != authn.ComputerInvited {
		t.Errorf("added %+v", added.AdminComputer)
	}
	m := w.Machine("desk-1", w.Key())
	_, err := m.Tell()
	wantCode(t, "before it is enrolled", err, "bad_proof")
	if _, err := m.Use(added.Link); err != nil {
		t.Fatal(err)
	}
	if s, err := m.Use(added.Link); err != nil || s.ID != "desk-1" {
		t.Errorf("the same key again: %+v, %v", s, err)
	}
	_, err = w.Machine("desk-1", w.Key()).Use(added.Link)
	wantCode(t, "another key", err, "enroll_token_used")
	unknown := wire.ComputerLink{Host: w.Site.Host, Token: make([]byte, 16), Pin: w.Site.Identity.Key().Thumbprint().Pin()}
	_, err = m.Use(unknown.Encode())
	wantCode(t, "another token", err, "enroll_token_unknown")
	late := w.invite("desk-2", false)
	w.Advance(authn.EnrollLifetime)
	_, err = w.Machine("desk-2", w.Key()).Use(late.Link)
	wantCode(t, "after a day", err, "enroll_token_expired")
	_, err = w.Machine("desk-1", m.Key).Use(added.Link)
	wantCode(t, "the same key after a day", err, "enroll_token_expired")
	m.Contact()
	w.view(func(r store.Reader) error {
		c, err := r.Client("desk-1")
		if c.Kind != authn.ClientComputer || c.Key != m.Key.Key() || !c.Known || c.Disabled || c.Match != authn.MatchNumber {
			t.Errorf("client %+v", c)
		}
		return err
	})
}

// TestAdd: an id is one computer's or one client's.
func TestAdd(t *testing.T) {
	w := newWorld(t)
	w.Computer("other", authn.MatchTap)
	add := func(c wire.AddComputer) error {
		c.Reason = "test"
		_, err := w.Admin.AddComputer(t.Context(), c)
		return err
	}
	for name, c := range map[string]struct {
		cmd  wire.AddComputer
		code string
	}{
		"twice":           {wire.AddComputer{ID: "laptop-42"}, "computer_exists"},
		"of a client":     {wire.AddComputer{ID: "other"}, "client_exists"},
		"replace nothing": {wire.AddComputer{ID: "nothing", Replace: true}, "computer_unknown"},
		"bad id":          {wire.AddComputer{ID: "Laptop"}, "bad_computer_id"},
		"long id":         {wire.AddComputer{ID: "a123456789b123456789c123456789d123456789e123456789"}, "bad_computer_id"},
		"bad name":        {wire.AddComputer{ID: "desk", Name: "a\nb"}, "bad_computer_name"},
		"bad policy":      {wire.AddComputer{ID: "desk", Offline: "sometimes"}, "bad_offline"},
		"bad match":       {wire.AddComputer{ID: "desk", Match: "guess"}, "bad_match"},
	} {
		wantCode(t, name, add(c.cmd), c.code)
	}
	w.invite("desk-3", false)
	_, err := w.Admin.AddClient(t.Context(), wire.AddClient{ID: "desk-3", Key: w.Key().Key(), Reason: "test"})
	wantCode(t, "client of an invited computer", err, "client_exists")
}

// TestReplace: a computer goes on with its old key until the new link is used; then the key and its grants are over.
func TestReplace(t *testing.T) {
	w := newWorld(t)
	g := w.grant()
	link := w.invite("laptop-42", true).Link
	w.laptop.Contact()
	w.grant()
	fresh := w.Machine("laptop-42", w.Key())
	if _, err := fresh.Use(link); err != nil {
		t.Fatal(err)
	}
	_, err := w.laptop.Tell()
	wantCode(t, "the old key", err, "bad_proof")
	if got := fresh.Grant(fresh.Contact().Grants[0]); got.ID != g.ID || got.State != authn.GrantRevoked || got.Seq != 3 {
		t.Errorf("the old grant is %+v", got)
	}
	next, ok := fresh.SignIn(w.phone, "anna")
	if !ok || next.ID == g.ID || next.Seq != 1 || next.ComputerJWK != fresh.Key.Key() {
		t.Errorf("the next grant is %+v", next)
	}
	// A stolen one comes back by a new link as well.
	if _, err := w.Admin.EndComputer(t.Context(), "laptop-42", wire.EndComputer{State: authn.ComputerStolen, Reason: "stolen"}); err != nil {
		t.Fatal(err)
	}
	link = w.invite("laptop-42", true).Link
	_, err = fresh.Tell()
	wantCode(t, "before the link is used", err, "computer_removed")
	if _, err := fresh.Use(link); err != nil {
		t.Fatal(err)
	}
	if _, ok := fresh.SignIn(w.phone, "anna"); !ok {
		t.Error("no grant after the computer came back")
	}
}

// TestEnrollRace is D12 through HTTP: of many keys that use one token at the same time one is enrolled, and it is the one that was told so. The store's own
// suite has a thousand.
func TestEnrollRace(t *testing.T) {
	w := newWorld(t)
	link := w.invite("desk-1", false).Link
	const tries = 200
	var won, lost atomic.Int32
	var winner atomic.Value
	var work sync.WaitGroup
	slots := make(chan struct{}, 16) // connections at a time
	for range tries {
		work.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			m := w.Machine("desk-1", w.Key())
			_, err := m.Use(link)
			m.Close()
			switch authn.CodeOf(err) {
			case "":
				won.Add(1)
				winner.Store(m.Key.Key())
			case "enroll_token_used":
				lost.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	work.Wait()
	if won.Load() != 1 || lost.Load() != tries-1 {
		t.Errorf("%d were enrolled, %d came too late", won.Load(), lost.Load())
	}
	w.view(func(r store.Reader) error {
		c, err := r.Computer("desk-1")
		if c.Key != winner.Load() {
			t.Error("another key was kept")
		}
		return err
	})
}
