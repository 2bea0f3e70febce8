package computer_test

import (
	"testing"

	"avow/internal/authn"
	"avow/internal/computer"
	"avow/internal/wire"
)

// what is decided without the server is a chain without gaps, across restarts, until the server has it.
func TestJournalIsAChain(t *testing.T) {
	r, p, g := ready(t)
	k, _ := r.refill(p, newPhone(t, "desk"))
	ch := r.challenge(anna)
	_, _ = r.verify(anna, ch, other(p.code(t, ch.Link, laptop)))
	if _, err := r.verify(anna, ch, p.code(t, ch.Link, laptop)); err != nil {
		t.Fatal(err)
	}
	r.reboot()
	if _, err := r.verify(anna, nil, list(k.Code(1))); err != nil {
		t.Fatal(err)
	}
	_, b := p.listKey(t, r.Pending().Batches[0], r.key.Key(), laptop, string(p.device), p.user)
	want := []wire.JournalEntry{ // a reboot takes a second here
		{Seq: 1, At: noon.Unix(), Kind: wire.JournalRefused, Login: anna},
		{Seq: 2, At: noon.Unix(), Kind: wire.JournalSignIn, Login: anna, Grant: g.ID, Method: authn.OfflineQR, Use: wire.ChallengeUse(ch.Link.Payload())},
		{Seq: 3, At: noon.Unix() + 1, Kind: wire.JournalSignIn, Login: anna, Grant: g.ID, Method: authn.OfflineList, Use: wire.ListUse(wire.ListPosition{Batch: b.ID, Index: 1})},
	}
	var prev authn.Hash
	got := r.Pending().Journal
	for i := range want {
		want[i].Prev = prev
		if i >= len(got) || got[i] != want[i] {
			t.Fatalf("entry %d of %+v, want %+v", i+1, got, want[i])
		}
		prev = want[i].Sum()
	}
	// What was handed out and confirmed goes; the chain goes on where it was.
	must(r, r.Take(r.wall, nil, nil, 2, authn.OfflineAllow))
	_, _ = r.verify(anna, nil, stranger(laptop, 0))
	got = r.Pending().Journal
	if len(got) != 2 || got[0].Seq != 3 || got[1].Seq != 4 || got[1].Prev != got[0].Sum() {
		t.Errorf("after the server has two: %+v", got)
	}
}

// A server cannot make the computer forget what it never sent.
func TestJournalIsNotForgottenUnsent(t *testing.T) {
	r, _, _ := ready(t)
	_, _ = r.verify(anna, nil, stranger(laptop, 0))
	must(r, r.Take(r.wall, nil, nil, 1<<40, authn.OfflineAllow))
	if n := len(r.Pending().Journal); n != 1 {
		t.Errorf("%d entries are left, want 1", n)
	}
}

// Evidence is not thrown away: with a full journal nobody is let in any more.
func TestFullJournal(t *testing.T) {
	r, p, _ := ready(t)
	r.seq = 1 << 20
	for i := 0; r.Status().Journal < 1000; i++ {
		q := newPhone(t, anna)
		g := r.grant(q)
		g.SignedInAt = noon.Unix() - int64(i)
		r.signedIn(g)
		for range 4 {
			_, _ = r.verify(anna, nil, stranger(laptop, 1))
		}
	}
	ch, err := r.Challenge(anna)
	wantError(t, "challenge", err, computer.ErrJournalFull)
	_, _ = ch, p
	n := len(r.Pending().Journal)
	if n != wire.MaxJournal {
		t.Errorf("one message has %d entries, want %d", n, wire.MaxJournal)
	}
}
