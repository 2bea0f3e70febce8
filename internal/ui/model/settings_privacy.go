package model

import (
	"encoding/json"
	"errors"
	"regexp"
	"slices"

	"avow/assets/translations"
	"avow/internal/authn"
	"avow/internal/phone"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/telemetry"
	"avow/internal/wire"
)

// privacyState is what was opened on the pages of privacy.
type privacyState struct {
	issuer string // whose report is looked at
}

// asksTelemetry says whether the app should ask, in place of Home, and about which account's server: once, after some use, and while nothing else is going on; mu must be held.
func (a *App) asksTelemetry(s phone.State) (phone.Account, bool) {
	if a.tab != PageHome || a.cfg.Telemetry == nil || len(s.Requests) > 0 || len(a.busy) > 0 {
		return phone.Account{}, false
	}
	for _, acc := range s.Accounts {
		if acc.Status == phone.Connected && acc.Last != nil && a.cfg.Telemetry.ShouldAsk(acc.Issuer) {
			return acc, true
		}
	}
	return phone.Account{}, false
}

// AskTelemetryView is the view of PageTelemetry.
type AskTelemetryView struct {
	Title, Text   string
	Points        []Point // what is in a report, what is not, who gets it
	Show, No, Yes string
	Words         string
}

// reportPoints are what is in a report, what is not, and who gets it.
func reportPoints(what, not, where string) []Point {
	return []Point{{"check", what}, {"eye-slash", not}, {"server", where}}
}

// AskTelemetry is the view of PageTelemetry.
func (a *App) AskTelemetry() AskTelemetryView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.print
	acc, _ := a.asksTelemetry(a.cfg.Core.State())
	v := AskTelemetryView{
		Title: t.T("app.telemetry.title", "Organisation", acc.Organisation), Text: t.T("app.telemetry.text"),
		Points: reportPoints(t.T("app.telemetry.what"), t.T("app.telemetry.not"), t.T("app.telemetry.where", "Organisation", acc.Organisation, "Host", acc.Host)),
		Show:   t.T("app.telemetry.show"), No: t.T("app.telemetry.no"), Yes: t.T("app.telemetry.yes"),
	}
	if a.fault != nil {
		v.Words = a.fault.Sentence
	}
	return v
}

// AnswerTelemetry says yes or no to what PageTelemetry asks. It is not asked again.
func (a *App) AnswerTelemetry(yes bool) {
	a.mu.Lock()
	acc, ok := a.asksTelemetry(a.cfg.Core.State())
	a.mu.Unlock()
	if ok {
		a.SetTelemetry(acc.Issuer, yes)
	}
}

// SetTelemetry has reports sent to a server, or no more.
func (a *App) SetTelemetry(issuer string, on bool) {
	if a.cfg.Telemetry == nil {
		return
	}
	a.said(a.cfg.Telemetry.Say(issuer, on))
}

// ForgetReports forgets what was counted for a server, and the last report.
func (a *App) ForgetReports() {
	if a.cfg.Telemetry == nil {
		return
	}
	a.mu.Lock()
	issuer := a.privacy.issuer
	a.mu.Unlock()
	a.said(a.cfg.Telemetry.Forget(issuer))
}

// said shows what became of a change that is stored at once.
func (a *App) said(err error) {
	a.change(func() {
		a.fault = nil
		if err != nil {
			f := a.faultOf(err)
			a.fault = &f
		}
	})
}

// ServerReports is how it stands with the reports to one organisation.
type ServerReports struct {
	Issuer       string
	Organisation string
	Host         string
	On           bool
	Off          string // the organisation takes none: why there is no switch
	Last         string // when the last report was sent; "" for never
}

// PrivacyView is the view of PagePrivacy.
type PrivacyView struct {
	Title, Text string
	Points      []Point
	Servers     []ServerReports
	None        string // there is nobody to send a report to
	Last, Show  string
	Words       string
}

// Privacy is the view of PagePrivacy.
func (a *App) Privacy() PrivacyView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.print
	v := PrivacyView{
		Title: t.T("app.privacy.title"), Text: t.T("app.privacy.text"), Last: t.T("app.privacy.last"), Show: t.T("app.telemetry.show"),
		Points: reportPoints(t.T("app.telemetry.what"), t.T("app.telemetry.not"), t.T("app.privacy.where")),
	}
	for _, acc := range a.cfg.Core.State().Accounts {
		if slices.ContainsFunc(v.Servers, func(s ServerReports) bool { return s.Issuer == acc.Issuer }) {
			continue
		}
		r := a.cfg.Telemetry.View(acc.Issuer)
		s := ServerReports{Issuer: acc.Issuer, Organisation: acc.Organisation, Host: acc.Host, On: r.On()}
		switch {
		case r.Policy == authn.TelemetryOff:
			s.Off = t.T("app.privacy.off", "Organisation", acc.Organisation)
		case r.Policy != authn.TelemetryAsked:
			s.Off = t.T("app.privacy.unknown", "Organisation", acc.Organisation)
		}
		if r.Last != nil {
			s.Last = t.When(r.Last.At, a.cfg.Now())
		}
		v.Servers = append(v.Servers, s)
	}
	if len(v.Servers) == 0 {
		v.None = t.T("app.privacy.none")
	}
	if a.fault != nil {
		v.Words = a.fault.Sentence
	}
	return v
}

// ReportText is one report in words.
type ReportText struct {
	Head  string // "Next report", "Last report, today 10:32"
	Facts []Fact
	Raw   string // exactly what is sent, as JSON
}

// ReportView is the view of PageReport.
type ReportView struct {
	Title, Text string
	Raw         string // above what is sent
	Next        ReportText
	Last        *ReportText
	Forget      string // "" when there is nothing to forget
	Words       string
}

// ShowReport opens what would be sent to a server, and what was; without one, to the server that is asked about.
func (a *App) ShowReport(issuer string) {
	a.mu.Lock()
	if issuer == "" {
		acc, _ := a.asksTelemetry(a.cfg.Core.State())
		issuer = acc.Issuer
	}
	a.mu.Unlock()
	a.Open(PageReport)
	a.change(func() { a.privacy.issuer = issuer })
}

// Report is the view of PageReport.
func (a *App) Report() ReportView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.print
	r := a.cfg.Telemetry.View(a.privacy.issuer)
	v := ReportView{Title: t.T("app.report.title"), Text: t.T("app.report.text"), Raw: t.T("app.report.raw"), Next: a.reportText(t.T("app.report.next"), r.Next)}
	if r.Answer != telemetry.Yes {
		v.Text, v.Next = t.T("app.report.example"), a.reportText(t.T("app.report.next"), example(r.Next))
	}
	if r.Last != nil {
		last := a.reportText(t.T("app.report.last", "When", t.When(r.Last.At, a.cfg.Now())), r.Last.Report)
		v.Last = &last
	}
	if r.Last != nil || r.On() && len(r.Next.Counters) > 0 {
		v.Forget = t.T("app.report.forget")
	}
	if a.fault != nil {
		v.Words = a.fault.Sentence
	}
	return v
}

// example is a report with every counter, for who wants to see what may be in one.
func example(r wire.Telemetry) wire.Telemetry {
	r.Counters = nil
	for i, c := range authn.Counters {
		r.Counters = append(r.Counters, wire.TelemetryCounter{Name: c, Times: authn.Buckets[i%len(authn.Buckets)]})
	}
	return r
}

// counterNames are the counters in words.
var counterNames = map[authn.Counter]translations.Message{
	authn.CountStarts: "app.report.starts", authn.CountApprovals: "app.report.approvals", authn.CountDenials: "app.report.denials", authn.CountNotMe: "app.report.not_me",
	authn.CountMissed: "app.report.missed", authn.CountOfflineCodes: "app.report.offline_codes", authn.CountCodesCopied: "app.report.codes_copied",
	authn.CountImports: "app.report.imports", authn.CountExports: "app.report.exports", authn.CountRestores: "app.report.restores",
	authn.CountUnreachable: "app.report.unreachable", authn.CountFaults: "app.report.faults", authn.CountCrashes: "app.report.crashes",
}

// oneLine has a counter on one line.
var oneLine = regexp.MustCompile(`\{\s+"name": ("[^"]*"),\s+"times": ("[^"]*")\s+\}`)

// reportText says a report in words, its counters in an order that stays; mu must be held.
func (a *App) reportText(head string, r wire.Telemetry) ReportText {
	t := a.print
	out := ReportText{Head: head, Facts: []Fact{
		{Label: t.T("app.report.version"), Value: r.App}, {Label: t.T("app.report.system"), Value: string(r.Family)},
	}}
	sorted := slices.Clone(r.Counters)
	slices.SortFunc(sorted, func(x, y wire.TelemetryCounter) int {
		return slices.Index(authn.Counters, x.Name) - slices.Index(authn.Counters, y.Name)
	})
	for _, c := range sorted {
		out.Facts = append(out.Facts, Fact{Label: t.T(counterNames[c.Name]), Value: string(c.Times)})
	}
	r.Counters = sorted
	raw, err := json.MarshalIndent(r, "", "  ")
	if err == nil {
		out.Raw = oneLine.ReplaceAllString(string(raw), `{"name": $1, "times": $2}`)
	}
	return out
}

// privacyStructure is structure for the pages of privacy.
func (a *App) privacyStructure(p Page) any {
	switch p {
	case PageTelemetry:
		return a.AskTelemetry()
	case PagePrivacy:
		return a.Privacy()
	}
	v := a.Report()
	last := v.Last
	v.Last = nil
	return []any{v, pointed(last)}
}

// count counts something that belongs to no account, where reports are sent.
func (a *App) count(c authn.Counter) { a.cfg.Telemetry.CountApp(c) }

// countFault counts what went wrong, and not what a person has typed wrong or changed her mind about.
func (a *App) countFault(err error) {
	if err == nil || a.ctx.Err() != nil || errors.Is(err, platform.ErrCanceled) || errors.Is(err, keystore.ErrPINRequired) || errors.Is(err, keystore.ErrPINWrong) {
		return
	}
	a.count(authn.CountFaults)
}
