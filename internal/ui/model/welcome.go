package model

// WelcomeView is the first page of an app without accounts.
type WelcomeView struct {
	Brand, Motto string // on the slip
	Title, Text  string
	Connect      string
	AddCode      string
	Restore      string // "I have a restore code"
	Note         string // what was done last: an account was removed
	Running      []RunningRestore
}

// Welcome is the view of PageWelcome.
func (a *App) Welcome() WelcomeView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.print
	return WelcomeView{
		Brand: t.T("app.welcome.brand"), Motto: t.T("app.welcome.motto"), Title: t.T("app.welcome.title"), Text: t.T("app.welcome.text"),
		Connect: t.T("app.welcome.connect"), AddCode: t.T("app.welcome.add_code"), Note: a.home.removed, Restore: t.T("app.welcome.restore"), Running: a.running(a.cfg.Core.State()),
	}
}
