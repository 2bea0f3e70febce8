package phone

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"avow/internal/authn"
	"avow/internal/wire"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func grantWith(seq uint64, state authn.GrantState) wire.Grant {
	return wire.Grant{ID: authn.GrantID{1}, Seq: seq, State: state, Expires: noon.AddDate(0, 0, 14).Unix()}
}

// the highest seq counts, and what has ended stays so, whatever comes later.
func TestTakeGrant(t *testing.T) {
	type said struct {
		seq   uint64
		state authn.GrantState
	}
	for name, c := range map[string]struct {
		said []said
		want said
	}{
		"renewed":                     {[]said{{1, authn.GrantActive}, {2, authn.GrantActive}}, said{2, authn.GrantActive}},
		"an older one":                {[]said{{2, authn.GrantActive}, {1, authn.GrantActive}}, said{2, authn.GrantActive}},
		"the same one, ended":         {[]said{{2, authn.GrantActive}, {2, authn.GrantRevoked}}, said{2, authn.GrantActive}},
		"ended":                       {[]said{{1, authn.GrantActive}, {2, authn.GrantRevoked}}, said{2, authn.GrantRevoked}},
		"ended, then an older active": {[]said{{1, authn.GrantActive}, {3, authn.GrantStolen}, {2, authn.GrantActive}}, said{3, authn.GrantStolen}},
		"stolen, then a newer active": {[]said{{1, authn.GrantActive}, {2, authn.GrantStolen}, {3, authn.GrantActive}}, said{2, authn.GrantStolen}},
		"revoked, then stolen":        {[]said{{1, authn.GrantRevoked}, {2, authn.GrantStolen}}, said{2, authn.GrantStolen}},
		"stolen, then revoked":        {[]said{{1, authn.GrantStolen}, {2, authn.GrantRevoked}}, said{1, authn.GrantStolen}},
		"known only as ended":         {[]said{{5, authn.GrantRevoked}, {6, authn.GrantActive}}, said{5, authn.GrantRevoked}},
	} {
		var o storedOffline
		for _, s := range c.said {
			o.takeGrant(grantWith(s.seq, s.state))
		}
		if g := o.Grants[0].Grant; len(o.Grants) != 1 || g.Seq != c.want.seq || g.State != c.want.state {
			t.Errorf("%s: %+v", name, g)
		}
	}
}

func batch(id byte, count int) wire.Batch { return wire.Batch{ID: authn.BatchID{id}, Count: count} }

// A code is shown for five minutes and is done with then; the server's word moves a list on and never back; the newest list is used.
func TestListPositions(t *testing.T) {
	g := storedGrant{Grant: grantWith(1, authn.GrantActive)}
	show := func(at time.Time) int {
		t.Helper()
		p, ok := g.present(at)
		if !ok {
			return -1
		}
		g.show(p, at)
		return g.Batches[p.batch].Next
	}
	if show(noon) != -1 {
		t.Error("a code without a list")
	}
	g.takeBatches([]wire.Batch{batch(1, 4)})
	for i, c := range []struct {
		at   time.Duration
		used int // the server says that this one was used; -1 nothing
		want int
	}{
		{0, -1, 0},
		{listCodeFor - 1, -1, 0},
		{listCodeFor, -1, 1},
		{listCodeFor, 0, 1}, // known already
		{listCodeFor, 1, 2}, // the one that is shown was used
		{-time.Hour, -1, 3}, // a clock that was set back shows no code for longer
	} {
		if c.used >= 0 {
			g.used(wire.ListPosition{Batch: authn.BatchID{1}, Index: c.used})
		}
		if got := show(noon.Add(c.at)); got != c.want {
			t.Errorf("%d: code %d, want %d", i, got, c.want)
		}
	}
	if got := show(noon.Add(time.Hour)); got != -1 {
		t.Errorf("a fifth code of four: %d", got)
	}
	g.takeBatches([]wire.Batch{batch(1, 4), batch(2, 3)})
	if got := show(noon.Add(time.Hour)); got != 0 || g.Batches[1].ID != (authn.BatchID{2}) {
		t.Errorf("first of the new list: %d of %+v", got, g.Batches)
	}
	g.takeBatches([]wire.Batch{batch(2, 3), batch(3, 3)})
	if len(g.Batches) != maxBatches || g.Batches[0].ID != (authn.BatchID{2}) || g.Batches[0].Next != 0 || g.Batches[0].Shown.IsZero() {
		t.Errorf("a known list lost its place: %+v", g.Batches)
	}
	for _, p := range []wire.ListPosition{{Batch: authn.BatchID{9}, Index: 1}, {Batch: authn.BatchID{2}, Index: -5}} {
		if g.used(p) {
			t.Errorf("%+v moved something", p)
		}
	}
	g.used(wire.ListPosition{Batch: authn.BatchID{2}, Index: 1 << 40})
	if g.Batches[0].Next > g.Batches[0].Count {
		t.Errorf("nonsense moved a list beyond its end: %+v", g.Batches[0])
	}
}

// Index and vault may each be behind after a crash: what has gone further counts.
func TestMergeOffline(t *testing.T) {
	older := storedOffline{
		Grants:  []storedGrant{{Grant: grantWith(1, authn.GrantActive), Batches: []storedBatch{{ID: authn.BatchID{1}, Count: 50, Next: 3}}}},
		Records: []storedRecord{{N: 1}, {N: 2}}, Noted: 2,
	}
	newer := storedOffline{
		Grants:  []storedGrant{{Grant: grantWith(2, authn.GrantRevoked), Batches: []storedBatch{{ID: authn.BatchID{1}, Count: 50, Next: 7}}}},
		Records: []storedRecord{{N: 2}, {N: 3}}, Noted: 3, Told: 1,
	}
	for name, got := range map[string]storedOffline{"index ahead": mergeOffline(newer, older), "vault ahead": mergeOffline(older, newer)} {
		numbers := []uint64{}
		for _, r := range got.Records {
			numbers = append(numbers, r.N)
		}
		if g := got.Grants[0]; g.Grant.State != authn.GrantRevoked || g.Batches[0].Next != 7 || got.Noted != 3 || got.Told != 1 {
			t.Errorf("%s: %+v", name, got)
		}
		if diff := cmp.Diff([]uint64{2, 3}, numbers); diff != "" {
			t.Errorf("%s: records %s", name, diff)
		}
	}
}

// The notes are bounded, and go only when the server has them.
func TestNotes(t *testing.T) {
	var o storedOffline
	for i := range maxUntold {
		if err := o.note(wire.OfflineRecord{Use: fmt.Sprint(i)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := o.note(wire.OfflineRecord{}); err == nil {
		t.Error("too many notes")
	}
	for told := 0; len(o.Records) > 0; {
		records, last := o.untold()
		if len(records) > wire.MaxRecords || records[0].Use != fmt.Sprint(told) {
			t.Fatalf("%d notes from %s, %d were told", len(records), records[0].Use, told)
		}
		told += len(records)
		if !o.acknowledge(last) || o.acknowledge(last) {
			t.Fatal("acknowledged twice, or not at all")
		}
	}
}

// The best clock is the earlier of ours and the corrected one that is not before the server's last word.
func TestBestClock(t *testing.T) {
	year := 365 * 24 * time.Hour
	for name, c := range map[string]struct {
		offset time.Duration // when the server was asked
		now    time.Duration // of our clock, after noon
		want   time.Duration
	}{
		"a right clock":                   {0, time.Hour, time.Hour},
		"years behind":                    {10 * year, time.Hour - 10*year, time.Hour},
		"years ahead":                     {-10 * year, time.Hour + 10*year, time.Hour},
		"was years behind, was set right": {10 * year, time.Hour, time.Hour},
		"was set back since":              {0, -time.Hour, 0},
	} {
		k := storedClock{Offset: c.offset, Seen: noon}
		if got := k.best(noon.Add(c.now)).Sub(noon); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if got := (storedClock{}).best(noon); !got.Equal(noon) {
		t.Errorf("never asked: %s", got)
	}
}

// Codes are in no print and no JSON.
func TestCodesRedactThemselves(t *testing.T) {
	c := OfflineCode{Text: "4821 9930", Computer: Computer{ID: "laptop-42"}}
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{fmt.Sprintf("%v %+v %#v %s %q", c, c, c, c, c), c.LogValue().String(), string(b)} {
		if strings.Contains(s, "4821") || strings.Contains(s, "9930") {
			t.Errorf("a code is in %s", s)
		}
	}
}
