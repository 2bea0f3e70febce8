package server_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/store"
	"avow/internal/wire"
)

func (o *office) report(body string) (status int, answer string) {
	o.t.Helper()
	resp, err := o.http.Post(o.Site.Issuer+wire.TelemetryPath, "application/json", strings.NewReader(body))
	if err != nil {
		o.t.Fatal(err)
	}
	defer resp.Body.Close()
	var b bytes.Buffer
	_, _ = b.ReadFrom(resp.Body)
	if len(resp.Cookies()) > 0 {
		o.t.Error("the answer sets a cookie")
	}
	return resp.StatusCode, b.String()
}

func reportOf(t *testing.T, r wire.Telemetry) string {
	t.Helper()
	data, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func (o *office) sums() (sums []authn.TelemetrySum) {
	o.view(func(r store.Reader) (err error) { sums, err = r.TelemetrySums(""); return err })
	return sums
}

// TestTelemetryAddsUp: reports become sums of their week; nothing of who sent one, or from where, is kept or logged.
func TestTelemetryAddsUp(t *testing.T) {
	o := newOffice(t, authn.MatchNumber)
	report := wire.Telemetry{Version: 1, App: "1.2.0", Family: "android", Counters: []wire.TelemetryCounter{
		{Name: authn.CountApprovals, Times: "6-20"}, {Name: authn.CountOfflineCodes, Times: "1"},
	}}
	for range 2 {
		if status, answer := o.report(reportOf(t, report)); status != http.StatusNoContent || answer != "" {
			t.Fatalf("answered %d %s", status, answer)
		}
	}
	week := authn.TelemetryWeek(o.clock.Now())
	want := map[string]int64{"/": 2, "approvals/6-20": 2, "offline_codes/1": 2}
	for _, s := range o.sums() {
		name := string(s.Counter) + "/" + string(s.Bucket)
		if s.Week != week || s.App != "1.2.0" || s.Family != "android" || s.Reports != want[name] {
			t.Errorf("sum %+v", s)
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("missing %v in %+v", want, o.sums())
	}
	lines := 0
	for line := range strings.Lines(o.log.String()) {
		if strings.Contains(line, wire.TelemetryPath) {
			lines++
			if strings.Contains(line, "127.0.0.1") || strings.Contains(line, " ip=") {
				t.Errorf("the log has the address: %s", line)
			}
		}
	}
	if lines != 2 {
		t.Errorf("%d lines of the log are about reports", lines)
	}
	o.clock.pass(authn.TelemetryKept + 8*24*time.Hour)
	if err := o.Telemetry.Forget(t.Context()); err != nil || len(o.sums()) != 0 {
		t.Errorf("after two years %+v, %v", o.sums(), err)
	}
}

// TestTelemetryIsStrict: a report can say nothing but what is on the lists.
func TestTelemetryIsStrict(t *testing.T) {
	o := newOffice(t, authn.MatchNumber)
	for name, body := range map[string]string{
		"free text":      `{"v":1,"app":"anna.lind","family":"linux","counters":[]}`,
		"a host":         `{"v":1,"app":"1.0.0","family":"laptop-42","counters":[]}`,
		"another field":  `{"v":1,"app":"1.0.0","family":"linux","counters":[],"device":"d_1"}`,
		"a counter":      `{"v":1,"app":"1.0.0","family":"linux","counters":[{"name":"logins","times":"1"}]}`,
		"a number":       `{"v":1,"app":"1.0.0","family":"linux","counters":[{"name":"approvals","times":"17"}]}`,
		"twice":          `{"v":1,"app":"1.0.0","family":"linux","counters":[{"name":"approvals","times":"1"},{"name":"approvals","times":"2-5"}]}`,
		"a long version": `{"v":1,"app":"1.0.20261126","family":"linux","counters":[]}`,
		"a newer form":   `{"v":2,"app":"1.0.0","family":"linux","counters":[]}`,
		"no JSON":        `counters`,
	} {
		if status, answer := o.report(body); status != http.StatusBadRequest && status != http.StatusUnprocessableEntity {
			t.Errorf("%s: answered %d %s", name, status, answer)
		}
	}
	if sums := o.sums(); len(sums) != 0 {
		t.Errorf("kept %+v", sums)
	}
}

// TestTelemetryIsBounded: whoever sends many reports, or invents versions, fills no database.
func TestTelemetryIsBounded(t *testing.T) {
	o := newOffice(t, authn.MatchNumber)
	refused := 0
	for i := range 80 {
		r := wire.Telemetry{Version: 1, App: "9.9." + string(rune('0'+i/10)) + string(rune('0'+i%10)), Family: "linux", Counters: []wire.TelemetryCounter{}}
		if status, _ := o.report(reportOf(t, r)); status == http.StatusTooManyRequests {
			refused++
		}
	}
	versions := map[string]bool{}
	for _, s := range o.sums() {
		versions[s.App] = true
	}
	if refused == 0 || len(versions) != 33 || !versions["other"] {
		t.Errorf("%d were refused, %d versions are kept", refused, len(versions))
	}
}

// TestTelemetryOffByPolicy: where the organization wants none the devices are told so, and no report is taken.
func TestTelemetryOffByPolicy(t *testing.T) {
	o := newOffice(t, authn.MatchNumber)
	told := func() authn.TelemetryPolicy {
		t.Helper()
		a := decode[wire.StatusAnswer](t, o.phone.call(http.MethodGet, "/v1/device", nil), http.StatusOK)
		st, err := wire.VerifyStatus(a.Status, o.identity.Key(), o.Site.Issuer, o.phone.id)
		if err != nil {
			t.Fatal(err)
		}
		return st.Telemetry
	}
	if p := told(); p != authn.TelemetryAsked {
		t.Errorf("at first a device is told %q", p)
	}
	p := o.Site.Policy()
	p.Telemetry = authn.TelemetryOff
	if err := o.Site.SetPolicy(t.Context(), p, authn.AuditRecord{At: o.clock.Now(), Actor: "admin:maja"}); err != nil {
		t.Fatal(err)
	}
	if p := told(); p != authn.TelemetryOff {
		t.Errorf("then a device is told %q", p)
	}
	status, answer := o.report(reportOf(t, wire.Telemetry{Version: 1, App: "1.0.0", Family: "linux", Counters: []wire.TelemetryCounter{}}))
	if status != http.StatusForbidden || !strings.Contains(answer, "telemetry_off") || len(o.sums()) != 0 {
		t.Errorf("answered %d %s, kept %+v", status, answer, o.sums())
	}
	p.Telemetry = "sometimes"
	if err := p.Validate(); authn.CodeOf(err) != "bad_telemetry" {
		t.Errorf("another policy: %v", err)
	}
}

// TestDebugLogIsKept: a device sends what its user has seen; it is cleaned, bounded, kept for 14 days and then gone, and the audit log tells of it.
func TestDebugLogIsKept(t *testing.T) {
	o := newOffice(t, authn.MatchNumber)
	send := func(note, log string) answered {
		t.Helper()
		body, err := json.Marshal(wire.SendDebugLog{Note: note, Log: log})
		if err != nil {
			t.Fatal(err)
		}
		return o.phone.call(http.MethodPost, wire.DebugLogPath, body)
	}
	for name, c := range map[string]struct{ log, code string }{
		"nothing": {" \n\x00\n", "log_blank"}, "too much": {strings.Repeat("a line\n", authn.MaxDebugLog/7+1), "log_too_long"},
	} {
		if a := send("", c.log); a.code() != c.code {
			t.Errorf("%s: %d %s", name, a.status, a.body)
		}
	}
	sent := decode[wire.SentDebugLog](t, send("no request\u202e came", "2026-11-26T09:00:00.000Z WARN one\r\n\x1b[31mtwo\n"), http.StatusOK)
	got, err := o.DebugLogs.Open(t.Context(), sent.ID, "admin:kim", "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	if got.Note != "no request came" || got.Text != "2026-11-26T09:00:00.000Z WARN one\n[31mtwo\n" || got.Owner.Login != "anna.lind" || got.Device != o.phone.id {
		t.Errorf("kept %+v", got)
	}
	actions := map[string]string{}
	o.view(func(r store.Reader) error {
		records, err := r.Audit(10)
		for _, a := range records {
			if a.Subject == string(o.phone.id) {
				actions[a.Action] = a.Actor
			}
		}
		return err
	})
	if actions["device.debug_log"] != "device:"+string(o.phone.id) || actions["device.debug_log_read"] != "admin:kim" {
		t.Errorf("the audit log has %v", actions)
	}
	for range authn.MaxDebugLogs - 1 {
		decode[wire.SentDebugLog](t, send("", "again\n"), http.StatusOK)
	}
	if a := send("", "once more\n"); a.status != http.StatusTooManyRequests {
		t.Errorf("the eleventh on a day: %d %s", a.status, a.body)
	}
	o.clock.pass(25 * time.Hour)
	decode[wire.SentDebugLog](t, send("", "a day later\n"), http.StatusOK)
	list, err := o.DebugLogs.List(t.Context(), o.anna.ID)
	if err != nil || len(list) != authn.MaxDebugLogs || list[0].Size != len("a day later\n") || list[0].Text != "" {
		t.Errorf("%d logs are listed, %v", len(list), err)
	}
	if _, err := o.DebugLogs.Open(t.Context(), sent.ID, "admin:kim", ""); authn.CodeOf(err) != "log_unknown" {
		t.Errorf("the oldest one made no room: %v", err)
	}
	o.clock.pass(authn.DebugLogKept + time.Second)
	if list, err := o.DebugLogs.List(t.Context(), ""); err != nil || len(list) != 0 {
		t.Errorf("after 14 days %d are listed, %v", len(list), err)
	}
	if err := o.DebugLogs.Forget(t.Context()); err != nil {
		t.Fatal(err)
	}
	o.view(func(r store.Reader) error {
		left, err := r.DebugLogs("", 99)
		if len(left) != 0 {
			t.Errorf("%d are in the database still", len(left))
		}
		return err
	})
}
