package model

import (
	"context"
	"strings"

	"avow/internal/phone"
	"avow/internal/wire"
)

// NoCodeView is the page for who has no phone and no code: what will be lost is said before anything is done.
type NoCodeView struct {
	Title, Text string
	Lost        []Point
	Ways        []Point
	Ask         string // the button that asks colleagues; "" while it is not known where the account is
}

// OpenNoCode is the tap on "I have no code".
func (a *App) OpenNoCode() {
	a.change(func() { a.stack, a.fault = append(a.stack, PageNoCode), nil })
}

// NoCode is the view of PageNoCode.
func (a *App) NoCode() NoCodeView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.print
	return NoCodeView{
		Title: t.T("app.no_code.title"), Text: t.T("app.no_code.text"),
		Lost: []Point{{"codes", t.T("app.no_code.lost_codes")}, {"computers", t.T("app.no_code.lost_computers")}},
		Ways: []Point{{"headset", t.T("app.no_code.desk")}, {"scan", t.T("app.no_code.scan")}, {"users", t.T("app.no_code.colleagues")}},
		Ask:  t.T("app.colleagues.ask"),
	}
}

// AskColleagues goes on to colleagues who were named before. Server and user name have to be known for that.
func (a *App) AskColleagues() {
	a.mu.Lock()
	r := a.restoring
	a.mu.Unlock()
	host, err := hostOf(r.host)
	if err != nil || strings.TrimSpace(r.login) == "" {
		a.change(func() {
			a.popIf(PageNoCode)
			a.popIf(PageRestoreType)
			a.restoring.wrongHost, a.restoring.wrongLogin = "", ""
			if err != nil {
				a.restoring.wrongHost = a.print.T("app.use.wrong_host")
			}
			if strings.TrimSpace(r.login) == "" {
				a.restoring.wrongLogin = a.print.T("app.use.wrong_login")
			}
		})
		return
	}
	a.mu.Lock()
	a.restoring.asks = true
	a.mu.Unlock()
	a.find(func(ctx context.Context) (*phone.RestoreOffer, error) {
		return a.cfg.Core.FindRestore(ctx, phone.RestoreFrom{Host: host, Login: strings.TrimSpace(r.login)})
	})
}

// hostOf is the server's name as people write it.
func hostOf(typed string) (string, error) {
	host := strings.ToLower(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(typed), "https://"), "/"))
	return host, wire.ValidateHost(host)
}

// RemindColleagues asks those again who have not answered.
func (a *App) RemindColleagues() {
	a.restoringCall("app.busy.sending", a.cfg.Core.RemindColleagues, a.showRestoring)
}
