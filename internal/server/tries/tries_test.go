package tries

import (
	"testing"
	"time"

	"avow/internal/authn"
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

func TestWindow(t *testing.T) {
	w := NewWindow(2, time.Hour)
	if _, err := w.Take("a", noon); err != nil {
		t.Fatal(err)
	}
	give, err := w.Take("a", noon.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Take("a", noon.Add(2*time.Minute)); authn.CodeOf(err) != "too_many_tries" || authn.AsError(err).RetryAfter != 58*time.Minute {
		t.Errorf("the third: %v", err)
	}
	if _, err := w.Take("b", noon.Add(2*time.Minute)); err != nil {
		t.Errorf("another name: %v", err)
	}
	give()
	for i, want := range []bool{true, false} {
		if _, err := w.Take("a", noon.Add(3*time.Minute)); (err == nil) != want {
			t.Errorf("%d after one was given back: %v", i, err)
		}
	}
	if _, err := w.Take("a", noon.Add(time.Hour)); err != nil {
		t.Errorf("an hour later: %v", err)
	}
}
