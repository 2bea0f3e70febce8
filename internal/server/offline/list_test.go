package offline_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/store"
	"avow/internal/wire"
)

func question(login string) client.Question { return client.Question{User: login} }

// TestLists: a list reaches the phone of its grant, the newest two, and both sides hear how far the other has gone.
func TestLists(t *testing.T) {
	w := newWorld(t)
	g := w.grant()
	one, two, three := w.laptop.NewList(g), w.laptop.NewList(g), w.laptop.NewList(g)
	w.laptop.Contact(one)
	w.laptop.Contact(one, two) // told again: nothing new
	if d := cmp.Diff([]string{one.JWS, two.JWS}, w.phone.Call().Batches); d != "" {
		t.Errorf("lists of the phone (-want +got):\n%s", d)
	}
	w.laptop.Contact(three)
	a := w.phone.Call(
		wire.OfflineRecord{Grant: g.ID, At: w.Now().Unix(), Method: authn.OfflineList, Use: three.Use(4), List: &wire.ListPosition{Batch: three.Batch.ID, Index: 4}},
		wire.OfflineRecord{Grant: g.ID, At: w.Now().Unix(), Method: authn.OfflineList, Use: three.Use(2), List: &wire.ListPosition{Batch: three.Batch.ID, Index: 2}},
		wire.OfflineRecord{Grant: g.ID, At: w.Now().Unix(), Method: authn.OfflineList, Use: one.Use(9), List: &wire.ListPosition{Batch: one.Batch.ID, Index: 9}},
	)
	if d := cmp.Diff([]string{two.JWS, three.JWS}, a.Batches); d != "" || len(a.Used) != 0 {
		t.Errorf("lists of the phone after a third (-want +got):\n%s%+v", d, a.Used)
	}
	w.laptop.Write(wire.JournalSignIn, g, authn.OfflineList, three.Use(2))
	told := w.laptop.Contact()
	if d := cmp.Diff([]wire.ListPosition{{Batch: three.Batch.ID, Index: 4}}, told.Shown); d != "" {
		t.Errorf("shown (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]wire.ListPosition{{Batch: three.Batch.ID, Index: 2}}, w.phone.Call().Used); d != "" {
		t.Errorf("used (-want +got):\n%s", d)
	}
}

// lists that are not a computer's own, or not for the grant's phone, reach nobody, and their computer goes on.
func TestForeignListsR043(t *testing.T) {
	w := newWorld(t)
	g := w.grant()
	w.User("bo")
	bo := w.Phone("bo")
	other := w.Enroll("other", authn.OfflineAllow)
	theirs, ok := other.SignIn(bo, "bo")
	if !ok {
		t.Fatal("no grant")
	}
	forBo := g
	forBo.Device, forBo.ExchangeJWK = bo.ID, theirs.ExchangeJWK
	unknown := g
	unknown.ID = authn.NewGrantID()
	for name, l := range map[string]wire.Grant{"of a foreign grant": theirs, "for a foreign phone": forBo, "of an unknown grant": unknown} {
		w.laptop.Contact(w.laptop.NewList(l), w.laptop.NewDeskList(unknown))
		if a, b := w.phone.Call().Batches, bo.Call().Batches; len(a)+len(b) != 0 {
			t.Errorf("a list %s reached a phone", name)
		}
		w.view(func(r store.Reader) error {
			for _, id := range []authn.GrantID{g.ID, theirs.ID} {
				if kept, err := r.BatchesOf(id); err != nil || len(kept) > 0 {
					t.Errorf("a list %s was kept: %v", name, err)
				}
			}
			return nil
		})
	}
	mine := w.laptop.NewList(g)
	stolen := mine
	w.laptop.Contact(mine)
	foreign := other.NewList(theirs)
	foreign.Batch.ID = mine.Batch.ID // an id that is taken
	foreign.JWS, _ = wire.SignBatch(other.Key, foreign.Batch)
	other.Contact(foreign)
	if d := cmp.Diff([]string{mine.JWS}, w.phone.Call().Batches); d != "" {
		t.Errorf("the list was changed (-want +got):\n%s", d)
	}
	_, err := other.Tell(stolen)
	wantCode(t, "a list that another computer signed", err, "bad_batch")
	for name, raw := range map[string]string{"nothing": "", "a grant": w.laptop.Contact().Grants[0], "no JWS": "a.b.c"} {
		_, err := w.laptop.Sync(t.Context(), wire.SyncComputer{Journal: []wire.JournalEntry{}, Batches: []string{raw}})
		wantCode(t, name, err, "bad_batch")
	}
	// What the journal of one computer says of another's grant is nobody's sign-in, and an alert.
	other.Write(wire.JournalSignIn, g, authn.OfflineList, mine.Use(0))
	other.Contact()
	if a := w.phone.Call(); len(a.Used) != 0 {
		t.Error("another computer's journal moved the list on")
	}
	if user, admins := w.noticed(authn.NoticeOfflineUnknown); user != 0 || admins != 1 {
		t.Errorf("%d and %d notices of a sign-in by a foreign grant", user, admins)
	}
	// What a phone notes of another's grant changes nothing.
	bo.Call(wire.OfflineRecord{Grant: g.ID, At: 1, Method: authn.OfflineList, Use: mine.Use(3), List: &wire.ListPosition{Batch: mine.Batch.ID, Index: 3}})
	if told := w.laptop.Contact(); len(told.Shown) != 0 {
		t.Error("another phone's note moved the list on")
	}
	w.view(func(r store.Reader) error {
		uses, err := r.OfflineUsesOf("laptop-42", 10)
		if len(uses) != 0 {
			t.Errorf("kept %+v", uses)
		}
		return err
	})
}

// TestTooMuch: what is more than one message may hold is refused.
func TestTooMuch(t *testing.T) {
	w := newWorld(t)
	g := w.grant()
	for range wire.MaxJournal + 1 {
		w.laptop.Write(wire.JournalRefused, g, "", "")
	}
	_, err := w.laptop.Tell()
	wantCode(t, "journal", err, "bad_body")
	_, err = w.phone.Offline(context.Background(), wire.OfflineSync{Records: make([]wire.OfflineRecord, wire.MaxRecords+1)})
	wantCode(t, "records", err, "bad_body")
}
