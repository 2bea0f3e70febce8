package model

import (
	"cmp"
	"strings"

	"avow/internal/wire"
)

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
	own := a.cfg.Brand
	v := SupportView{Title: t.T("app.support.title"), Text: cmp.Or(own.Support, t.T("app.support.none")), Contacts: a.contacts(own.Wire())}
	if acc, ok := a.shownAccount(a.cfg.Core.State()); ok {
		v.Organisation, v.Host = acc.Organisation, acc.Host
		v.Text, v.Contacts = cmp.Or(acc.Support, v.Text), a.contacts(acc.Brand)
	}
	return v
}

// contacts are the ways to somebody who helps.
func (a *App) contacts(b wire.Brand) (list []Contact) {
	t := a.print
	if b.Phone != "" {
		digits := strings.Map(func(r rune) rune {
			if r == '+' || r >= '0' && r <= '9' {
				return r
			}
			return -1
		}, b.Phone)
		list = append(list, Contact{"headset", t.T("app.support.call"), b.Phone, "tel:" + digits})
	}
	if b.Mail != "" {
		list = append(list, Contact{"mail", t.T("app.support.mail"), b.Mail, "mailto:" + b.Mail})
	}
	for _, l := range b.Links {
		_, host, _ := strings.Cut(l.URL, "://")
		host, _, _ = strings.Cut(host, "/")
		list = append(list, Contact{"globe", l.Text, host, l.URL})
	}
	return list
}
