package tour

import (
	"io"
	"testing"
	"time"

	"avow/internal/ui/model"
)

// TestFirstRun walks from an app that was never opened to a connected account, on real screens and with a real server. The rule: at most four taps and
// one scan. The PIN is typed, and digits that are typed are no taps; what somebody does on the page in the browser is not done on the phone.
func TestFirstRun(t *testing.T) {
	tr := &tour{ctx: t.Context(), opt: Options{Out: io.Discard, Began: time.Now()}, queue: make(chan func(), 1024)}
	t.Cleanup(func() {
		if err := tr.close(); err != nil {
			t.Error(err)
		}
	})
	if err := tr.open(); err != nil {
		t.Fatal(err)
	}
	if tr.taps != 0 {
		t.Fatalf("%d taps before it began", tr.taps)
	}
	scans := 0
	steps := []func() error{
		tr.showQR, // in the browser
		func() error { return tr.tap("connect") },
		func() error { return tr.page(model.PageScan) },
		func() error {
			scans++
			return tr.pointStill(model.PageConnect)
		},
		tr.choosePIN, // taps Connect
		func() error { return tr.await("the question on the page", tr.asked) },
		func() error { return tr.tapDesk("yes") },
		func() error { return tr.page(model.PageConnected) },
		func() error { return tr.tap("done") },
		func() error { return tr.page(model.PageHome) },
	}
	for i, step := range steps {
		if err := step(); err != nil {
			t.Fatalf("step %d: %v", i+1, err)
		}
	}
	if h := tr.model.Home(); h.Tone != model.Good {
		t.Errorf("Home says %q", h.Status)
	}
	if tr.taps > 4 || scans != 1 {
		t.Errorf("it took %d taps and %d scans", tr.taps, scans)
	}
	t.Logf("%d taps, %d scan", tr.taps, scans)
}
