package storetest

import (
	"context"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/store"
)

var telemetryCases = []Case{
	{"debug logs", debugLogs},
	{"telemetry adds up", telemetry},
}

func debugLog(seed int) authn.DebugLog {
	l := filled[authn.DebugLog](seed)
	l.Device, l.User, l.Size = "d_a", "u_a", len(l.Text)
	return l
}

func debugLogs(t *testing.T, s store.Store) {
	people(t, s)
	update(t, s, machines)
	one, two := debugLog(1), debugLog(2)
	update(t, s, func(tx store.Tx) error {
		if err := tx.CreateDebugLog(two); err != nil {
			return err
		}
		return tx.CreateDebugLog(one)
	})
	get := func(id authn.DebugLogID) func(store.Reader) (authn.DebugLog, error) {
		return func(r store.Reader) (authn.DebugLog, error) { return r.DebugLog(id) }
	}
	diff(t, "one", read(t, s, get(one.ID)), one)
	short := func(list ...authn.DebugLog) (out []authn.DebugLog) {
		for _, l := range list {
			l.Text = ""
			out = append(out, l)
		}
		return out
	}
	for name, c := range map[string]struct {
		list func(store.Reader) ([]authn.DebugLog, error)
		want []authn.DebugLog
	}{
		"all":            {func(r store.Reader) ([]authn.DebugLog, error) { return r.DebugLogs("", 9) }, short(two, one)},
		"the newest":     {func(r store.Reader) ([]authn.DebugLog, error) { return r.DebugLogs("", 1) }, short(two)},
		"hers":           {func(r store.Reader) ([]authn.DebugLog, error) { return r.DebugLogs("u_a", 9) }, short(two, one)},
		"another's":      {func(r store.Reader) ([]authn.DebugLog, error) { return r.DebugLogs("u_b", 9) }, nil},
		"of the device":  {func(r store.Reader) ([]authn.DebugLog, error) { return r.DebugLogsOf("d_a", 9) }, short(two, one)},
		"of another one": {func(r store.Reader) ([]authn.DebugLog, error) { return r.DebugLogsOf("d_b", 9) }, nil},
	} {
		diff(t, name, read(t, s, c.list), c.want)
	}
	err := s.Update(context.Background(), func(tx store.Tx) error {
		l := debugLog(3)
		l.Device = "d_no"
		return tx.CreateDebugLog(l)
	})
	wantErr(t, "of a device that does not exist", err, store.ErrNotFound)
	wantErr(t, "the same again", s.Update(context.Background(), func(tx store.Tx) error { return tx.CreateDebugLog(one) }), store.ErrExists)
	update(t, s, func(tx store.Tx) error {
		if n, err := tx.DeleteDebugLogs(two.At.Add(time.Hour), 1); n != 1 || err != nil {
			t.Errorf("forgotten %d, %v", n, err)
		}
		if n, err := tx.DeleteDebugLogs(two.At, 9); n != 0 || err != nil {
			t.Errorf("forgotten that is not older: %d, %v", n, err)
		}
		return tx.DeleteDebugLog(two.ID)
	})
	wantErr(t, "deleted", s.View(context.Background(), func(r store.Reader) error { _, err := r.DebugLog(two.ID); return err }), store.ErrNotFound)
	wantErr(t, "deleted again", s.Update(context.Background(), func(tx store.Tx) error { return tx.DeleteDebugLog(two.ID) }), store.ErrNotFound)
}

func telemetry(t *testing.T, s store.Store) {
	sum := func(week string, c authn.Counter, b authn.Bucket, n int64) authn.TelemetrySum {
		return authn.TelemetrySum{Week: week, App: "1.0.0", Family: "linux", Counter: c, Bucket: b, Reports: n}
	}
	for _, x := range []authn.TelemetrySum{
		sum("2026-W47", "", "", 1), sum("2026-W48", authn.CountApprovals, "2-5", 1), sum("2026-W48", "", "", 1), sum("2026-W48", authn.CountApprovals, "2-5", 2),
	} {
		update(t, s, func(tx store.Tx) error { return tx.AddTelemetry(x) })
	}
	from := func(week string) []authn.TelemetrySum {
		return read(t, s, func(r store.Reader) ([]authn.TelemetrySum, error) { return r.TelemetrySums(week) })
	}
	diff(t, "all", from(""), []authn.TelemetrySum{sum("2026-W48", "", "", 1), sum("2026-W48", authn.CountApprovals, "2-5", 3), sum("2026-W47", "", "", 1)})
	diff(t, "of one week", from("2026-W48"), []authn.TelemetrySum{sum("2026-W48", "", "", 1), sum("2026-W48", authn.CountApprovals, "2-5", 3)})
	update(t, s, func(tx store.Tx) error {
		n, err := tx.DeleteTelemetry("2026-W48")
		if n != 1 {
			t.Errorf("forgotten %d", n)
		}
		return err
	})
	if left := from(""); len(left) != 2 {
		t.Errorf("left %+v", left)
	}
}
