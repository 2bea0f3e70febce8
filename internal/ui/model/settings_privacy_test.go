package model_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/phone"
	"avow/internal/phone/debuglog"
	"avow/internal/phone/telemetry"
	"avow/internal/ui/model"
	"avow/internal/ui/model/modeltest"
	"avow/internal/wire"
)

// recorder counts as it does after some days of use.
func recorder(t *testing.T, g **stage, days int) *telemetry.Recorder {
	t.Helper()
	at := modeltest.Now.AddDate(0, 0, -days)
	r, err := telemetry.Open(t.TempDir(), "1.0.0", func() time.Time {
		if *g != nil {
			return (*g).now
		}
		return at
	})
	if err != nil {
		t.Fatal(err)
	}
	for ; days > 0; days-- {
		r.Used()
		at = at.AddDate(0, 0, 1)
	}
	return r
}

func used() phone.State {
	s := modeltest.Open()
	s.Accounts[0].Last = &phone.LastAnswer{Client: "LAPTOP-42", Kind: authn.Approve, At: modeltest.Now.Add(-time.Hour)}
	return s
}

// TestTelemetryIsAskedOnce: after some use, in place of Home, in plain words, and never again after an answer; the way back is a no.
func TestTelemetryIsAskedOnce(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(*stage)
		on     bool
	}{
		"yes":  {func(g *stage) { g.AnswerTelemetry(true) }, true},
		"no":   {func(g *stage) { g.AnswerTelemetry(false) }, false},
		"back": {func(g *stage) { g.Back() }, false},
	} {
		t.Run(name, func(t *testing.T) {
			var g *stage
			r := recorder(t, &g, telemetry.UseDays)
			issuer := used().Accounts[0].Issuer
			r.Policy(issuer, authn.TelemetryAsked)
			g = newStage(t, used(), func(c *model.Config) { c.Telemetry = r })
			g.on(model.PageTelemetry)
			v := g.AskTelemetry()
			if !strings.Contains(v.Title, used().Accounts[0].Organisation) || len(v.Points) != 3 || !strings.Contains(v.Points[2].Text, used().Accounts[0].Host) {
				t.Errorf("it asks %+v", v)
			}
			g.ShowReport("")
			g.on(model.PageReport)
			if report := g.Report(); len(report.Next.Facts) != 2+len(authn.Counters) || !strings.Contains(report.Next.Raw, `"app": "1.0.0"`) || report.Forget != "" {
				t.Errorf("before the answer it shows %+v", report)
			}
			g.Back()
			g.on(model.PageTelemetry)
			c.answer(g)
			g.on(model.PageHome)
			if got := g.Privacy().Servers; len(got) != 1 || got[0].On != c.on || got[0].Last != "" {
				t.Errorf("then the privacy page has %+v", got)
			}
			if r.ShouldAsk(issuer) {
				t.Error("it would ask again")
			}
		})
	}
}

// TestTelemetryIsNotAsked: not at first, not in a flow, not before an account answered anything, and not where the organisation wants none.
func TestTelemetryIsNotAsked(t *testing.T) {
	issuer := used().Accounts[0].Issuer
	for name, c := range map[string]struct {
		state  phone.State
		days   int
		policy authn.TelemetryPolicy
	}{
		"at first":                 {used(), telemetry.UseDays - 1, authn.TelemetryAsked},
		"nothing answered yet":     {modeltest.Open(), telemetry.UseDays, authn.TelemetryAsked},
		"switched off":             {used(), telemetry.UseDays, authn.TelemetryOff},
		"a server that knows none": {used(), telemetry.UseDays, ""},
		"no account":               {phone.State{}, telemetry.UseDays, authn.TelemetryAsked},
	} {
		if name == "nothing answered yet" {
			c.state.Accounts[0].Last = nil
		}
		var g *stage
		r := recorder(t, &g, c.days)
		r.Policy(issuer, c.policy)
		g = newStage(t, c.state, func(c *model.Config) { c.Telemetry = r })
		if p := g.Page(); p == model.PageTelemetry {
			t.Errorf("%s: it asks", name)
		}
		g.Close()
	}
	var g *stage
	r := recorder(t, &g, telemetry.UseDays)
	r.Policy(issuer, authn.TelemetryAsked)
	g = newStage(t, used(), func(c *model.Config) { c.Telemetry = r })
	g.Open(model.PageLanguage)
	g.on(model.PageLanguage)
	g.GoTo(model.PageSettings)
	g.on(model.PageSettings)
	g.core.Tell(phone.Event{Kind: phone.RequestArrived}, func(s *phone.State) { s.Requests = []phone.Request{modeltest.Request("r_1", authn.MatchTap)} })
	g.GoTo(model.PageHome)
	g.on(model.PageRequest)
}

// TestPrivacy: the switch, the report in words and as it is sent, what was sent last, and forgetting it.
func TestPrivacy(t *testing.T) {
	var g *stage
	r := recorder(t, &g, 1)
	issuer := used().Accounts[0].Issuer
	r.Policy(issuer, authn.TelemetryAsked)
	g = newStage(t, used(), func(c *model.Config) { c.Telemetry = r })
	g.SetTelemetry(issuer, true)
	for range 3 {
		r.Count(issuer, authn.CountApprovals)
	}
	g.ShowReport(issuer)
	v := g.Report()
	if want := (model.Fact{Label: "Said Yes", Value: "2-5"}); len(v.Next.Facts) != 3 || v.Next.Facts[2] != want || v.Last != nil || v.Forget == "" {
		t.Errorf("the next report is %+v", v)
	}
	_, next := r.Due()
	g.now = next
	due, _ := r.Due()
	r.Took(issuer, due[issuer])
	if v = g.Report(); v.Last == nil || len(v.Last.Facts) != 3 || len(v.Next.Facts) != 2 || !strings.Contains(v.Last.Raw, `"approvals"`) {
		t.Errorf("after it was sent: %+v", v)
	}
	if s := g.Privacy().Servers[0]; s.Last == "" || !s.On {
		t.Errorf("the privacy page has %+v", s)
	}
	g.ForgetReports()
	if v = g.Report(); v.Last != nil || v.Forget != "" {
		t.Errorf("after it was forgotten: %+v", v)
	}
	r.Policy(issuer, authn.TelemetryOff)
	if s := g.Privacy().Servers[0]; s.On || s.Off == "" {
		t.Errorf("switched off by the organisation: %+v", s)
	}
}

// TestSendLog: what is sent is what was shown, also when lines come meanwhile.
func TestSendLog(t *testing.T) {
	log := model.NewLogBook(500)
	log.Note("the server can't be reached", errors.New("x"))
	g := newStage(t, modeltest.Open(), func(c *model.Config) { c.Log = log })
	var note, text string
	g.core.OnSendLog = func(_ context.Context, n, l string) (wire.SentDebugLog, error) {
		note, text = n, l
		return wire.SentDebugLog{}, client.ErrUnreachable
	}
	g.Open(model.PageDebugLog)
	g.OpenSendLog()
	g.on(model.PageSendLog)
	shown := g.SendLogView().Preview
	log.Note("something else", errors.New("x"))
	g.SendLog("no request came")
	if v := g.SendLogView(); v.Wrong == "" || v.Sent != "" || v.Note != "no request came" || v.Preview != shown {
		t.Errorf("when it could not be sent: %+v", v)
	}
	if note != "no request came" || text != shown || !strings.Contains(shown, "the server can't be reached") || strings.Contains(shown, "something else") {
		t.Errorf("sent %q and %q, shown %q", note, text, shown)
	}
	g.core.OnSendLog = nil
	g.SendLog("no request came")
	if v := g.SendLogView(); v.Sent == "" || v.Wrong != "" {
		t.Errorf("when it was sent: %+v", v)
	}
	g.Back()
	g.OpenSendLog()
	if v := g.SendLogView(); v.Sent != "" || v.Note != "" || !strings.Contains(v.Preview, "something else") {
		t.Errorf("opened again: %+v", v)
	}
}

// TestDebugLogPage: levels, search, clear with a way back, details for a day.
func TestDebugLogPage(t *testing.T) {
	var g *stage
	log := debuglog.Open(debuglog.Options{Now: func() time.Time {
		if g == nil {
			return modeltest.Now
		}
		return g.now
	}})
	log.Note("careful", errors.New("x"))
	log.Crash("broken", debuglog.Crash{})
	g = newStage(t, modeltest.Open(), func(c *model.Config) { c.Log = log })
	g.Open(model.PageDebugLog)
	if v := g.LogView(); v.Empty || v.Count != "2 lines" || v.Undo || v.Detailed || !v.Send {
		t.Errorf("at first: %+v", v)
	}
	g.FilterLog("", model.LogErrors)
	if v := g.LogView(); v.Count != "1 line" || strings.Contains(g.LogText(), "careful") {
		t.Errorf("errors: %+v", v)
	}
	g.FilterLog("CAREFUL", model.LogAll)
	if v := g.LogView(); v.Count != "1 line" || !strings.Contains(v.Text, "careful") {
		t.Errorf("found: %+v", v)
	}
	g.FilterLog("", model.LogAll)
	g.ClearLog()
	if v := g.LogView(); !v.Empty || !v.Undo {
		t.Errorf("cleared: %+v", v)
	}
	g.UnclearLog()
	if v := g.LogView(); v.Count != "2 lines" || v.Undo {
		t.Errorf("brought back: %+v", v)
	}
	g.SetDetailed(true)
	g.GoTo(model.PageSettings)
	g.on(model.PageSettings)
	if v := g.LogView(); !v.Detailed || v.Until == "" || !strings.Contains(v.Text, "DEBUG page page=settings") {
		t.Errorf("with details: %+v", v)
	}
	g.now = g.now.Add(debuglog.Detailed)
	if v := g.LogView(); v.Detailed {
		t.Errorf("a day later: %+v", v)
	}
	g.Open(model.PageLanguage)
	g.on(model.PageLanguage)
	if strings.Contains(log.Text(), "page=language") {
		t.Error("details are written still")
	}
}

func TestLicences(t *testing.T) {
	g := newStage(t, modeltest.Open())
	all := g.Licences("")
	found := g.Licences(" FYNE.io/fyne ")
	if len(all) < 50 || len(found) != 1 {
		t.Fatalf("%d modules, found %+v", len(all), found)
	}
	g.OpenLicence(found[0].Path)
	g.on(model.PageLicence)
	if v := g.Licence(); !strings.Contains(v.Text, "BSD 3-Clause") || v.Sub == "" {
		t.Errorf("the licence is %.100q, %q", v.Text, v.Sub)
	}
}
