package telemetry_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/phone/telemetry"
)

const (
	lund  = "https://id.lundenergy.example"
	malmo = "https://id.malmo.example"
)

type fixture struct {
	*telemetry.Recorder
	t   *testing.T
	dir string
	now time.Time
}

func open(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t: t, dir: t.TempDir(), now: time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)}
	f.again()
	return f
}

func (f *fixture) again() {
	f.t.Helper()
	var err error
	if f.Recorder, err = telemetry.Open(f.dir, "1.2.0", func() time.Time { return f.now }); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) yes(issuer string) {
	f.t.Helper()
	f.Policy(issuer, authn.TelemetryAsked)
	if err := f.Say(issuer, true); err != nil {
		f.t.Fatal(err)
	}
}

// TestEachServerByItself: what was done with one organization's account is not told to another; what belongs to no account is told to each that asked.
func TestEachServerByItself(t *testing.T) {
	f := open(t)
	f.yes(lund)
	f.Policy(malmo, authn.TelemetryAsked)
	f.Count(lund, authn.CountApprovals)
	f.Count(malmo, authn.CountApprovals)
	f.CountApp(authn.CountStarts)
	f.Count("https://unknown.example", authn.CountDenials)
	f.Count(lund, "a secret")
	f.CountApp("anna.lind")
	if n := len(f.View(lund).Next.Counters); n != 2 {
		t.Errorf("Lund gets %+v", f.View(lund).Next)
	}
	if n := len(f.View(malmo).Next.Counters); n != 0 {
		t.Errorf("Malmö, which nobody said yes to, gets %+v", f.View(malmo).Next)
	}
	if f.ShouldAsk(lund) || f.ShouldAsk(malmo) {
		t.Error("it asks on the first day")
	}
	for range 2 * telemetry.UseDays {
		f.Used()
	}
	if f.ShouldAsk(malmo) {
		t.Error("six starts on one day are taken for days")
	}
	for range telemetry.UseDays {
		f.now = f.now.AddDate(0, 0, 1)
		f.Used()
	}
	if f.ShouldAsk(lund) || !f.ShouldAsk(malmo) {
		t.Error("after some days it asks about the wrong one")
	}
}

// TestKept: answers and counters survive a restart; a file that is damaged is nobody's yes.
func TestKept(t *testing.T) {
	f := open(t)
	f.yes(lund)
	f.Count(lund, authn.CountApprovals)
	if err := f.Flush(); err != nil {
		t.Fatal(err)
	}
	f.again()
	if v := f.View(lund); !v.On() || len(v.Next.Counters) != 1 {
		t.Errorf("after a restart: %+v", v)
	}
	path := filepath.Join(f.dir, "telemetry.json")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file: %v, %v", info.Mode(), err)
	}
	for _, damaged := range []string{"{", `{"servers":{"` + lund + `":null}}`, ""} {
		if err := os.WriteFile(path, []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		f.Recorder, _ = telemetry.Open(f.dir, "1.2.0", nil)
		f.Count(lund, authn.CountApprovals)
		if f.View(lund).On() {
			t.Errorf("%q is taken for a yes", damaged)
		}
	}
	f = open(t)
	f.yes(lund)
	if err := f.Erase(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(f.dir, "telemetry.json")); err == nil || f.View(lund).On() {
		t.Error("something is left")
	}
}

// TestDue: at most once a week, later after a failure, and also when the clock was turned.
func TestDue(t *testing.T) {
	f := open(t)
	due := func() bool { d, _ := f.Due(); _, ok := d[lund]; return ok }
	f.yes(lund)
	f.now = f.now.Add(telemetry.Every - time.Minute)
	if due() {
		t.Error("it is due within the week")
	}
	f.now = f.now.Add(49 * time.Hour)
	if !due() {
		t.Error("it is not due after nine days")
	}
	f.Failed(lund, false)
	if due() {
		t.Error("it is tried again at once")
	}
	f.now = f.now.Add(55 * time.Hour)
	if d, _ := f.Due(); d == nil {
		t.Error("it is not tried again")
	} else {
		f.Took(lund, d[lund])
	}
	if due() || f.View(lund).Last == nil {
		t.Error("what was taken is due again")
	}
	f.now = f.now.AddDate(-1, 0, 0) // the clock is set back
	if due() {
		t.Error("it is due in the past")
	}
	f.now = f.now.Add(telemetry.Every + 49*time.Hour)
	if !due() {
		t.Error("a clock that was wrong keeps reports back for a year")
	}
	if d, _ := f.Due(); d != nil {
		if err := f.Say(lund, false); err != nil { // while it is on its way
			t.Fatal(err)
		}
		f.Took(lund, d[lund])
	}
	if v := f.View(lund); v.On() || due() {
		t.Errorf("a no that came meanwhile: %+v", v)
	}
	f.yes(lund)
	f.now = f.now.Add(telemetry.Every + 49*time.Hour)
	f.Failed(lund, true)
	f.now = f.now.Add(telemetry.Every + 49*time.Hour)
	if due() {
		t.Error("it is sent where the organization has refused it")
	}
}

// TestOrderSaysNothing: the counters stand in another order now and then.
func TestOrderSaysNothing(t *testing.T) {
	f := open(t)
	f.yes(lund)
	for _, c := range authn.Counters {
		f.Count(lund, c)
	}
	orders := map[string]bool{}
	for range 20 {
		var names []string
		r := f.View(lund).Next
		for _, c := range r.Counters {
			names = append(names, string(c.Name))
		}
		if err := r.Validate(); err != nil {
			t.Fatal(err)
		}
		orders[strings.Join(names, " ")] = true
	}
	if len(orders) < 2 {
		t.Error("the order is always the same")
	}
}

// TestNobodyCounts: an app without a recorder counts nothing and does not fail.
func TestNobodyCounts(t *testing.T) {
	var r *telemetry.Recorder
	r.Used()
	r.Count(lund, authn.CountApprovals)
	r.CountApp(authn.CountStarts)
	r.Policy(lund, authn.TelemetryAsked)
	r.Remove(lund)
	if d, next := r.Due(); d != nil || !next.IsZero() || r.ShouldAsk(lund) || r.View(lund).On() || r.Issuers() != nil || r.Flush() != nil || r.Erase() != nil {
		t.Error("it does something")
	}
}
