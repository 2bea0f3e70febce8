package testenv_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/debuglog"
	"avow/internal/phone/debuglog/debuglogtest"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/platform/simulated"
	"avow/internal/phone/telemetry"
	"avow/internal/store"
	"avow/internal/testenv"
	"avow/internal/ui/model"
	"avow/internal/wire"
)

// TestReports: not a byte goes to the server before a yes, after a no, and where the organization wants none; after a yes one report a week does, which names nobody.
func TestReports(t *testing.T) {
	ctx, env := start(t)
	m := between(t, env)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	var passed atomic.Int64
	o := testenv.PhoneOptions{
		Name: "pixel", Dir: t.TempDir(), KDF: fastKDF, Ask: simulated.Always(simulated.Touch), Telemetry: true,
		Now: func() time.Time { return time.Now().Add(time.Duration(passed.Load())) },
	}
	p := must(testenv.OpenPhone(ctx, o, m.options(), slog.New(slog.DiscardHandler)))(t)
	defer p.Close()
	if err := p.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	a := must(env.Register(ctx, p, "anna.lind", authn.BindFirst))(t)
	var seen atomic.Int32
	m.intercept(func(_ http.ResponseWriter, r *http.Request) bool {
		if strings.HasPrefix(r.URL.Path, wire.TelemetryPath) {
			seen.Add(1)
			if r.Header.Get("Authorization") != "" || len(r.Cookies()) > 0 || r.Header.Get("User-Agent") != "" {
				t.Errorf("the report comes with %v", r.Header)
			}
		}
		return false
	})
	wait := func(d time.Duration) { passed.Add(int64(d)) }
	send := func(when string, want int32) {
		t.Helper()
		p.SendReports(ctx)
		if n := seen.Swap(0); n != want {
			t.Errorf("%s the server sees %d reports, want %d", when, n, want)
		}
	}
	const month = 30 * 24 * time.Hour
	signIn(t, ctx, env, p)
	wait(month)
	send("before anybody was asked", 0)
	if err := p.Reports.Say(env.Issuer, false); err != nil {
		t.Fatal(err)
	}
	signIn(t, ctx, env, p)
	wait(month)
	send("after a no", 0)
	if v := p.Reports.View(env.Issuer); len(v.Next.Counters) != 0 {
		t.Errorf("without a yes it counted %+v", v.Next)
	}
	if err := p.Reports.Say(env.Issuer, true); err != nil {
		t.Fatal(err)
	}
	signIn(t, ctx, env, p)
	signIn(t, ctx, env, p)
	send("at once after a yes", 0)
	wait(telemetry.Every + 49*time.Hour)
	send("after a week", 1)
	send("at once again", 0)
	last := p.Reports.View(env.Issuer).Last
	want := wire.Telemetry{Version: 1, App: "1.0.0", Family: last.Report.Family, Counters: []wire.TelemetryCounter{{Name: authn.CountApprovals, Times: "2-5"}}}
	if fmt.Sprint(last.Report) != fmt.Sprint(want) {
		t.Errorf("sent %+v, want %+v", last.Report, want)
	}
	body := must(json.Marshal(last.Report))(t)
	_, recorded, ok := bytes.Cut(m.recorded(), []byte("POST "+wire.TelemetryPath))
	recorded = recorded[:min(len(recorded), 2000)]
	if !ok || !bytes.Contains(recorded, body) {
		t.Errorf("what went is %q", recorded)
	}
	request, _, _ := bytes.Cut(recorded, body)
	for name, secret := range map[string]string{"device": string(a.ID), "login": "anna", "name": "pixel"} {
		if bytes.Contains(request, []byte(secret)) || bytes.Contains(body, []byte(secret)) {
			t.Errorf("the report has the %s", name)
		}
	}
	var sums []authn.TelemetrySum
	if err := env.Site.Store.View(ctx, func(r store.Reader) (err error) { sums, err = r.TelemetrySums(""); return err }); err != nil || len(sums) != 2 {
		t.Errorf("the server has %+v, %v", sums, err)
	}

	policy := env.Site.Policy()
	policy.Telemetry = authn.TelemetryOff
	if err := env.Site.SetPolicy(ctx, policy, authn.AuditRecord{At: env.Site.Now(), Actor: "admin:test"}); err != nil {
		t.Fatal(err)
	}
	wait(month)
	send("before the phone heard that the organization wants none", 1)
	wait(month)
	send("after it was told so", 0)
	if err := p.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	wait(month)
	send("once the status says so", 0)
	policy.Telemetry = authn.TelemetryAsked
	if err := env.Site.SetPolicy(ctx, policy, authn.AuditRecord{At: env.Site.Now(), Actor: "admin:test"}); err != nil {
		t.Fatal(err)
	}
	if err := p.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	if err := p.Reports.Say(env.Issuer, false); err != nil {
		t.Fatal(err)
	}
	wait(month)
	send("after the yes was taken back", 0)
	must(p.RemoveAccount(keystore.WithPIN(ctx, p.PIN), a.ID))(t)
	if left := p.Reports.Issuers(); len(left) != 0 {
		t.Errorf("after the account was removed the phone knows %v", left)
	}
}

// TestSecretsNeverInTheAppsLog_R124: 60 shapes go through what the app takes from people and from servers, with details on; the log on disk has none of them.
func TestSecretsNeverInTheAppsLog_R124(t *testing.T) {
	ctx, env := start(t)
	m := between(t, env)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	dir := t.TempDir()
	book := debuglog.Open(debuglog.Options{Dir: dir})
	defer book.Close()
	book.Detail(time.Now().Add(time.Hour))
	o := testenv.PhoneOptions{Name: "pixel", Dir: filepath.Join(dir, "app"), KDF: fastKDF, Now: time.Now, Ask: simulated.Always(simulated.Touch)}
	p := must(testenv.OpenPhone(ctx, o, m.options(), slog.New(book)))(t)
	defer p.Close()
	if err := p.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	a := must(env.Register(ctx, p, "anna.lind", authn.BindFirst))(t)
	signIn(t, ctx, env, p)
	settings := must(model.OpenSettings(dir))(t)
	app := model.New(model.Config{Core: p.Core, Settings: settings, Biometrics: p.Keys, Log: book, Version: "1.0.0", Go: func(f func()) { f() }})
	defer app.Close()
	app.SetDetailed(true)
	corpus := debuglogtest.Corpus(t)
	var shape atomic.Pointer[string]
	m.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		s := *shape.Load()
		quoted, _ := json.Marshal(s)
		switch r.URL.Path {
		case "/v1/device":
			w.Header().Set("Content-Type", wire.ProblemType)
			w.WriteHeader(http.StatusConflict)
			_, _ = fmt.Fprintf(w, `{"type":"about:blank","status":409,"code":%s,"title":%s,"detail":%s}`, quoted, quoted, quoted)
		case "/v1/devices":
			w.Header().Set("Content-Type", "text/"+strings.ReplaceAll(strings.ReplaceAll(s, "\r", ""), "\n", ""))
			_, _ = w.Write([]byte(s))
		default:
			w.Header().Set("Content-Type", "application/json")
			_, _ = fmt.Fprintf(w, `{"devices":%s,"command":%s,"requests":[%s],"escrow":%s}`, quoted, quoted, quoted, quoted)
		}
		return true
	})
	ended, end := context.WithCancel(ctx)
	end()
	for _, s := range corpus {
		shape.Store(&s)
		_ = p.Sync(ctx)
		_, _ = p.Devices(ctx, a.ID)
		_, _ = p.SendDebugLog(ctx, a.ID, s, s)
		_, _ = p.Deny(ctx, authn.RequestID(s))
		_, _ = p.Approve(ctx, authn.RequestID(s), phone.Match{Number: s}, platform.Prompt{Title: s})
		_, _ = p.FindRestore(ended, phone.RestoreFrom{Host: s, Login: s})
		_ = p.ChangePIN(ctx, key.Secret(s), key.Secret(s))
		app.Text(s) // as scanned, pasted, or from a link
		app.GoTo(model.PageHome)
		app.SearchCodes(s)
		app.FilterLog(s, model.LogAll)
		app.GoTo(model.PageSettings)
	}
	text := book.Text()
	for _, want := range []string{"DEBUG call", "DEBUG event", "DEBUG page", "route=/v1/device"} {
		if !strings.Contains(text, want) {
			t.Errorf("the log has no %q: the paths were not taken", want)
		}
	}
	if found := debuglogtest.Find(corpus, text); len(found) > 0 {
		t.Errorf("in the log: %q", found)
	}
}
