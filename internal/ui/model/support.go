package model

import "avow/internal/phone"

// SupportView is the page that says who helps with the shown account.
type SupportView struct {
	Title, Organisation string
	Host                string
	Text                string // what the organisation says, or that it says nothing
	Contacts            []Contact
}

// Contact is a way to somebody who helps. Opens is an address for the system: tel:, mailto: or https:.
type Contact struct{ Icon, Name, Text, Opens string }

// SupportView is the view of PageSupport.
func (a *App) SupportView() SupportView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.print
	v := SupportView{Title: t.T("app.support.title"), Text: t.T("app.support.none")}
	acc, ok := a.shownAccount(a.cfg.Core.State())
	if !ok {
		return v
	}
	v.Organisation, v.Host = acc.Organisation, acc.Host
	if acc.Support != "" {
		v.Text = acc.Support
	}
	v.Contacts = contacts(acc)
	return v
}

func contacts(phone.Account) []Contact { return nil }
