package escrow_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/escrow"
)

var exchangeKeys = func() (out []key.Public) {
	for range 3 {
		k, err := key.Generate()
		if err != nil {
			panic(err)
		}
		out = append(out, k.Key())
	}
	return out
}()

// entries draws versions that collide: few ids, few times, few bodies.
func entries(id string) *rapid.Generator[escrow.Entry] {
	return rapid.Custom(func(t *rapid.T) escrow.Entry {
		e := escrow.Entry{ID: id, At: rapid.Int64Range(0, 3).Draw(t, "at"), Deleted: rapid.Bool().Draw(t, "deleted")}
		if id == "account" {
			e.Deleted = false
		}
		if !e.Deleted {
			e.Body = json.RawMessage(fmt.Sprintf(`{"n":%d}`, rapid.IntRange(0, 2).Draw(t, "n")))
		}
		return e
	})
}

var documents = rapid.Custom(func(t *rapid.T) escrow.Document {
	d := escrow.Document{V: escrow.Version, User: anna, Generation: rapid.Uint64Range(1, 4).Draw(t, "generation"), Account: entries("account").Draw(t, "account")}
	for i := range 4 {
		if rapid.Bool().Draw(t, "has") {
			d.Codes = append(d.Codes, entries(fmt.Sprintf("c%d", i)).Draw(t, "code"))
		}
		if rapid.Bool().Draw(t, "member") {
			d.Devices = append(d.Devices, escrow.Member{
				ID: deviceID(byte(i)), Exchange: rapid.SampledFrom(exchangeKeys).Draw(t, "key"), Removed: rapid.Bool().Draw(t, "removed"),
			})
		}
	}
	d.Sort()
	return d
})

func merged(t *rapid.T, a, b escrow.Document) escrow.Document {
	m, err := escrow.Merge(a, b)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func text(t *rapid.T, d escrow.Document) string {
	b, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// Phones that merge in whatever order, and however often, have the same.
func TestMergeAlgebra(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := documents.Draw(t, "a"), documents.Draw(t, "b"), documents.Draw(t, "c")
		ab := merged(t, a, b)
		if x, y := text(t, ab), text(t, merged(t, b, a)); x != y {
			t.Fatalf("not commutative:\n%s\n%s", x, y)
		}
		if x, y := text(t, merged(t, ab, c)), text(t, merged(t, a, merged(t, b, c))); x != y {
			t.Fatalf("not associative:\n%s\n%s", x, y)
		}
		for _, again := range []escrow.Document{a, b, ab} {
			if x, y := text(t, ab), text(t, merged(t, ab, again)); x != y {
				t.Fatalf("not idempotent:\n%s\n%s", x, y)
			}
		}
	})
}

// Nothing is made up and nothing gets lost; of each entry the latest change is there, a deletion before an edit of the same time; who was removed stays so.
func TestMergeKeepsTheLatest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := documents.Draw(t, "a"), documents.Draw(t, "b")
		m := merged(t, a, b)
		found := map[string]escrow.Entry{}
		for _, e := range append([]escrow.Entry{m.Account}, m.Codes...) {
			found[e.ID] = e
		}
		n := map[string]bool{}
		for _, d := range []escrow.Document{a, b} {
			for _, e := range append([]escrow.Entry{d.Account}, d.Codes...) {
				n[e.ID] = true
				got, ok := found[e.ID]
				switch {
				case !ok, got.At < e.At:
					t.Fatalf("%v of %d is gone", e, e.At)
				case got.At == e.At && e.Deleted && !got.Deleted:
					t.Fatalf("%v was deleted and is back", e)
				}
			}
			for _, x := range d.Devices {
				for _, y := range m.Devices {
					if x.ID == y.ID && x.Removed && !y.Removed {
						t.Fatalf("%s was removed and is back", x.ID)
					}
				}
			}
		}
		if len(n) != len(found) {
			t.Fatalf("%d entries of %d", len(found), len(n))
		}
		if _, err := escrow.Seal(m, someCode, nil); err != nil {
			t.Fatalf("what was merged can't be sealed: %v", err)
		}
	})
}

var someCode = key.NewRestoreCode()

// Two phones, one deletes what the other edits: whoever did it later wins, also where the clocks disagree, if he saw the other's change.
func TestEditAndDelete(t *testing.T) {
	first := escrow.Entry{ID: "c1"}.Edit([]byte(`{ "n" : 1 }`), now)
	if string(first.Body) != `{"n":1}` || first.At != now.UnixMilli() {
		t.Errorf("edited: %s at %d", first.Body, first.At)
	}
	join := func(a, b escrow.Entry) escrow.Entry {
		t.Helper()
		x, y := document(0), document(0)
		x.Codes, y.Codes = []escrow.Entry{a}, []escrow.Entry{b}
		m, err := escrow.Merge(x, y)
		if err != nil || len(m.Codes) != 1 {
			t.Fatal(err)
		}
		return m.Codes[0]
	}
	gone := first.Delete(now.Add(time.Second))
	later := first.Edit([]byte(`{"n":2}`), now.Add(2*time.Second))
	behind := first.Delete(now.Add(-time.Hour)) // by a phone whose clock is an hour late
	if !join(first, gone).Deleted || !join(gone, first).Deleted {
		t.Error("a deletion was undone by what it deleted")
	}
	if got := join(gone, later); got.Deleted || string(got.Body) != `{"n":2}` {
		t.Error("a later edit lost to a deletion")
	}
	if !join(first, behind).Deleted {
		t.Error("a deletion by a late clock lost to what it deleted")
	}
	if got := gone.Edit([]byte(`{"n":3}`), now); got.Deleted || join(gone, got).Deleted {
		t.Error("what was deleted can't be entered again")
	}
}

func TestMergeRefusesAnother(t *testing.T) {
	a, b := document(1), document(1)
	b.User = "u_AQIDBAUGBwgJCgsMDQ4PEQ"
	if _, err := escrow.Merge(a, b); err == nil {
		t.Error("escrows of two users were merged")
	}
}

func TestAdmitAndExpel(t *testing.T) {
	d := document(0)
	for _, i := range []byte{2, 0, 1} {
		d.Admit(deviceID(i), exchangeKeys[i])
	}
	before := d
	d.Expel(deviceID(1))
	if before.Devices[1].Removed {
		t.Error("Expel changed another document")
	}
	d.Admit(deviceID(1), exchangeKeys[1])
	var left []authn.DeviceID
	for _, m := range d.Devices {
		if !m.Removed {
			left = append(left, m.ID)
		}
	}
	if fmt.Sprint(left) != fmt.Sprint([]authn.DeviceID{deviceID(0), deviceID(2)}) {
		t.Errorf("left: %v", left)
	}
}
