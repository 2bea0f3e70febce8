package offline_test

import (
	"crypto/rand"
	"slices"
	"strings"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/store"
	"avow/internal/wire"
)

// use is a code for a QR that nobody else has.
func use() string {
	var b [47]byte
	_, _ = rand.Read(b[:])
	return wire.ChallengeUse(b[:])
}

func note(g wire.Grant, use string) wire.OfflineRecord {
	return wire.OfflineRecord{Grant: g.ID, At: 1, Method: authn.OfflineQR, Use: use}
}

// a journal that goes on where it ended is taken; a gap, a fork, and a tail that was lost are alerts, once, and the journal goes on
// from there.
func TestJournalR079(t *testing.T) {
	type step func(w *world, g wire.Grant)
	write := func(n int) step {
		return func(w *world, g wire.Grant) {
			for range n {
				w.laptop.Write(wire.JournalRefused, g, authn.OfflineQR, "")
			}
		}
	}
	tell := func(w *world, _ wire.Grant) { w.laptop.Contact() }
	cut := func(keep int) step { // what a disk that was put back from a copy does
		return func(w *world, _ wire.Grant) { w.laptop.Journal = w.laptop.Journal[:keep] }
	}
	drop := func(i int) step {
		return func(w *world, _ wire.Grant) {
			w.laptop.Journal = append(w.laptop.Journal[:i:i], w.laptop.Journal[i+1:]...)
		}
	}
	change := func(i int) step {
		return func(w *world, _ wire.Grant) { w.laptop.Journal[i].Login = "somebody.else" }
	}
	later := func(w *world, _ wire.Grant) { w.Advance(time.Minute) }
	for name, c := range map[string]struct {
		steps  []step
		alerts []string
		seq    uint64
	}{
		"nothing":                {[]step{tell}, nil, 0},
		"in order":               {[]step{write(2), tell, write(3), tell}, nil, 5},
		"the answer was lost":    {[]step{write(2), tell, tell, tell}, nil, 2},
		"repeated with more":     {[]step{write(2), tell, write(1), tell}, nil, 3},
		"gap at the beginning":   {[]step{write(3), drop(0), tell}, []string{"gap"}, 3},
		"gap":                    {[]step{write(2), tell, write(3), drop(2), tell}, []string{"gap"}, 5},
		"gap within one message": {[]step{write(5), drop(2), tell}, []string{"gap"}, 5},
		"a gap is told once":     {[]step{write(3), drop(1), tell, tell}, []string{"gap"}, 3},
		"fork":                   {[]step{write(3), tell, later, cut(2), write(1), tell}, []string{"fork"}, 3},
		"lost tail":              {[]step{write(5), tell, later, cut(2), write(1), tell}, []string{"fork"}, 3},
		"lost tail, told again":  {[]step{write(5), tell, later, cut(2), write(1), tell, tell}, []string{"fork"}, 3},
		"all lost":               {[]step{write(5), tell, later, cut(0), write(1), tell}, []string{"fork"}, 1},
		"goes on after a fork":   {[]step{write(5), tell, later, cut(2), write(1), tell, write(4), tell}, []string{"fork"}, 7},
		"two forks":              {[]step{write(5), tell, later, cut(2), write(1), tell, later, cut(1), write(1), tell}, []string{"fork", "fork"}, 2},
		"an old entry changed":   {[]step{write(3), tell, change(1), tell}, []string{"fork"}, 3},
		"the last entry changed": {[]step{write(3), tell, change(2), tell}, []string{"fork"}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			g := w.grant()
			for _, s := range c.steps {
				s(w, g)
			}
			var what []string
			w.view(func(r store.Reader) error {
				list, err := r.NoticesOf("", time.Time{})
				for _, n := range list {
					if n.Kind == authn.NoticeJournalBroken {
						what = append(what, n.Facts["what"])
					}
				}
				return err
			})
			if user, _ := w.noticed(authn.NoticeJournalBroken); user != 0 || !slices.Equal(what, c.alerts) {
				t.Errorf("%d notices to the user, %q to the administrators; want 0 and %q", user, what, c.alerts)
			}
			w.laptop.Journal = nil
			if a := w.laptop.Contact(); a.JournalSeq != c.seq {
				t.Errorf("the server goes on from %d, want %d", a.JournalSeq, c.seq)
			}
		})
	}
}

// a sign-in of which its phone knows nothing when it calls is an alert to the user and the administrators, once.
func TestMissingRecordR079(t *testing.T) {
	for name, c := range map[string]struct {
		do     func(w *world, g wire.Grant)
		alerts int
		state  authn.OfflineUseState
	}{
		"the phone has told before": {func(w *world, g wire.Grant) {
			u := use()
			w.phone.Call(note(g, u))
			w.laptop.Write(wire.JournalSignIn, g, authn.OfflineQR, u)
			w.laptop.Contact()
			w.Advance(time.Hour)
			w.phone.Call()
		}, 0, authn.UseMatched},
		"the phone tells when it calls": {func(w *world, g wire.Grant) {
			u := use()
			w.laptop.Write(wire.JournalSignIn, g, authn.OfflineQR, u)
			w.laptop.Contact()
			w.Advance(time.Hour)
			w.phone.Call(note(g, u))
			w.phone.Call()
		}, 0, authn.UseMatched},
		"the phone has not called yet": {func(w *world, g wire.Grant) {
			w.laptop.Write(wire.JournalSignIn, g, authn.OfflineQR, use())
			w.laptop.Contact()
			w.Advance(time.Hour)
		}, 0, authn.UseWaiting},
		"the phone calls within a minute": {func(w *world, g wire.Grant) {
			w.laptop.Write(wire.JournalSignIn, g, authn.OfflineQR, use())
			w.laptop.Contact()
			w.Advance(50 * time.Second)
			w.phone.Call()
		}, 0, authn.UseWaiting},
		"a code for a QR that the phone does not know": {func(w *world, g wire.Grant) {
			w.laptop.Write(wire.JournalSignIn, g, authn.OfflineQR, use())
			w.laptop.Contact()
			w.Advance(61 * time.Second)
			w.phone.Call()
			w.phone.Call()
			w.laptop.Contact()
			w.phone.Call()
		}, 1, authn.UseUnknown},
		"a code of a list that the phone does not know": {func(w *world, g wire.Grant) {
			l := w.laptop.NewList(g)
			w.laptop.Write(wire.JournalSignIn, g, authn.OfflineList, l.Use(0))
			w.laptop.Contact(l)
			w.Advance(61 * time.Second)
			w.phone.Call(note(g, use()))
		}, 1, authn.UseUnknown},
		"the phone has more to tell": {func(w *world, g wire.Grant) {
			w.laptop.Write(wire.JournalSignIn, g, authn.OfflineQR, use())
			w.laptop.Contact()
			w.Advance(time.Hour)
			all := make([]wire.OfflineRecord, wire.MaxRecords)
			for i := range all {
				all[i] = note(g, use())
			}
			w.phone.Call(all...)
		}, 0, authn.UseWaiting},
		"two at a time are one mail": {func(w *world, g wire.Grant) {
			w.laptop.Write(wire.JournalSignIn, g, authn.OfflineQR, use())
			w.laptop.Write(wire.JournalSignIn, g, authn.OfflineQR, use())
			w.laptop.Contact()
			w.Advance(61 * time.Second)
			w.phone.Call()
		}, 1, authn.UseUnknown},
		"the same code twice": {func(w *world, g wire.Grant) {
			u := use()
			w.phone.Call(note(g, u))
			w.laptop.Write(wire.JournalSignIn, g, authn.OfflineQR, u)
			w.laptop.Contact()
			w.laptop.Write(wire.JournalSignIn, g, authn.OfflineQR, u)
			w.laptop.Contact()
		}, 1, authn.UseUnknown},
		"only the phone knows of it": {func(w *world, g wire.Grant) {
			w.phone.Call(note(g, use()))
			w.Advance(time.Hour)
			w.laptop.Contact()
			w.phone.Call()
		}, 0, authn.UseShown},
		"a wrong code": {func(w *world, g wire.Grant) {
			w.laptop.Write(wire.JournalRefused, g, authn.OfflineQR, "")
			w.laptop.Contact()
			w.Advance(time.Hour)
			w.phone.Call()
		}, 0, authn.UseRefused},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c.do(w, w.grant())
			if user, admins := w.noticed(authn.NoticeOfflineUnknown); user != c.alerts || admins != c.alerts {
				t.Errorf("%d notices to the user, %d to the administrators; want %d", user, admins, c.alerts)
			}
			uses, err := w.Admin.OfflineUses(t.Context(), "laptop-42")
			if err != nil {
				t.Fatal(err)
			}
			states := map[string]int{}
			for _, u := range uses {
				if states[u.State]++; u.UserName != "anna" {
					t.Errorf("use %+v is not anna's", u)
				}
			}
			if states[string(c.state)] == 0 {
				t.Errorf("uses are %v, want one to be %s", states, c.state)
			}
			if c.alerts > 0 { // on the phone too
				if st, err := w.phone.Status(t.Context()); err != nil || len(st.Notices) != 1 || st.Notices[0].Facts["computer"] != "Computer laptop-42" {
					t.Errorf("status %+v, %v", st.Notices, err)
				}
			}
		})
	}
}

// TestLocked: too many wrong codes are told to the user and the administrators.
func TestLocked(t *testing.T) {
	w := newWorld(t)
	g := w.grant()
	w.laptop.Write(wire.JournalLocked, g, "", "")
	w.laptop.Contact()
	w.laptop.Contact()
	if user, admins := w.noticed(authn.NoticeOfflineLocked); user != 1 || admins != 1 {
		t.Errorf("%d and %d notices, want one each", user, admins)
	}
	w.laptop.Write(wire.JournalLocked, wire.Grant{Login: "stranger"}, "", "")
	w.laptop.Contact()
	if user, admins := w.noticed(authn.NoticeOfflineLocked); user != 1 || admins != 2 {
		t.Errorf("%d and %d notices after that of somebody without a grant", user, admins)
	}
}

// TestBadJournal: an entry that says nothing clear is refused, with all that came along.
func TestBadJournal(t *testing.T) {
	w := newWorld(t)
	g := w.grant()
	good := w.laptop.Write(wire.JournalSignIn, g, authn.OfflineQR, use())
	for name, change := range map[string]func(*wire.JournalEntry){
		"no seq":         func(e *wire.JournalEntry) { e.Seq = 0 },
		"huge seq":       func(e *wire.JournalEntry) { e.Seq = 1 << 62 },
		"unknown kind":   func(e *wire.JournalEntry) { e.Kind = "opened" },
		"no kind":        func(e *wire.JournalEntry) { e.Kind = "" },
		"no method":      func(e *wire.JournalEntry) { e.Method = "" },
		"unknown method": func(e *wire.JournalEntry) { e.Method = "smoke" },
		"no use":         func(e *wire.JournalEntry) { e.Use = "" },
		"long use":       func(e *wire.JournalEntry) { e.Use += "A" },
		"use of words":   func(e *wire.JournalEntry) { e.Use = strings.Repeat("*", 43) },
		"before 1970":    func(e *wire.JournalEntry) { e.At = -1 },
		"far future":     func(e *wire.JournalEntry) { e.At = 1 << 60 },
	} {
		e := good
		change(&e)
		_, err := w.laptop.Sync(t.Context(), wire.SyncComputer{Journal: []wire.JournalEntry{e}, Batches: []string{}})
		wantCode(t, name, err, "bad_journal")
	}
	for name, change := range map[string]func(*wire.OfflineRecord){
		"desk":          func(r *wire.OfflineRecord) { r.Method = authn.OfflineDesk },
		"no use":        func(r *wire.OfflineRecord) { r.Use = "" },
		"before 1970":   func(r *wire.OfflineRecord) { r.At = -1 },
		"another place": func(r *wire.OfflineRecord) { r.Method, r.List = authn.OfflineList, &wire.ListPosition{Index: 3} },
		"place of a QR": func(r *wire.OfflineRecord) { r.List = &wire.ListPosition{} },
		"minus": func(r *wire.OfflineRecord) {
			p := wire.ListPosition{Index: -1}
			r.Method, r.List, r.Use = authn.OfflineList, &p, wire.ListUse(p)
		},
	} {
		r := note(g, use())
		change(&r)
		_, err := w.phone.Offline(t.Context(), wire.OfflineSync{Records: []wire.OfflineRecord{r}})
		wantCode(t, "record with "+name, err, "bad_record")
	}
	if a := w.laptop.Contact(); a.JournalSeq != 1 {
		t.Errorf("the journal is at %d", a.JournalSeq)
	}
}
