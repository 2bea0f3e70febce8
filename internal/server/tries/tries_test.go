package tries

import (
	"testing"
	"time"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestLimits(t *testing.T) {
	l := New(Limit{PerMinute: 60, Burst: 3})
	take := func(address string, now time.Time) bool { return l.Take(address, now) == nil }
	for i := range 5 {
		if got, want := take("a", noon), i < 3; got != want {
			t.Errorf("try %d: %v", i, got)
		}
	}
	if !take("b", noon) {
		t.Error("another address is refused")
	}
	if !take("a", noon.Add(time.Second)) || take("a", noon.Add(time.Second)) {
		t.Error("one a second")
	}
	for i := range 3 * maxAddresses { // memory is bounded
		take(string(rune('A'+i%50))+string(rune(i)), noon)
	}
	if len(l.young)+len(l.old) > 2*maxAddresses {
		t.Errorf("%d addresses are kept", len(l.young)+len(l.old))
	}
}
