package administration

import (
	"errors"
	"net/http"

	"avow/assets/web"
	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/portal/page"
	"avow/internal/server/portal/signin"
	"avow/internal/server/registration"
	"avow/internal/store"
)

func (s *Service) registrations(v signin.Visitor) error {
	c := web.RegistrationsPage{Query: query(v), State: v.R.URL.Query().Get("state")}
	switch store.SessionFilter(c.State) {
	case store.OpenSessions, store.DoneSessions, store.EndedSessions:
	default:
		c.State = ""
	}
	err := s.Site.Store.View(v.Context(), func(r store.Reader) error {
		sessions, n, err := r.FindRegistrationSessions(store.SessionQuery{
			Text: c.Query, Filter: store.SessionFilter(c.State), Now: s.Site.Now(), Offset: offset(v), Limit: perPage,
		})
		if err != nil {
			return err
		}
		for _, session := range sessions {
			u, err := r.User(session.User)
			if err != nil {
				return err
			}
			row, err := s.registrationRow(r, session, u)
			if err != nil {
				return err
			}
			c.Rows = append(c.Rows, row)
		}
		c.All, c.Open, c.Done, c.Ended = n.All, n.Open, n.Done, n.Ended
		total := map[string]int{"": n.All, "open": n.Open, "done": n.Done, "ended": n.Ended}[c.State]
		c.Paging = paging(v, len(c.Rows), total)
		return nil
	})
	if err != nil {
		return err
	}
	return s.show(v, http.StatusOK, web.Registrations, web.RegistrationsSection, "", v.T("administration.rail.registrations"), c)
}

// registrationRow is a session as lists show it.
func (s *Service) registrationRow(r store.Reader, session authn.RegistrationSession, u authn.User) (web.RegistrationRow, error) {
	seen, err := s.Registration.See(r, session, u)
	if err != nil {
		return web.RegistrationRow{}, err
	}
	row := web.RegistrationRow{
		ID: string(session.ID), Person: person(u), State: web.RegistrationState(seen.State), MadeBy: who(session.CreatedBy),
		MadeAt: page.Local(session.CreatedAt), Ends: page.Local(session.ExpiresAt), Proof: web.SecondProof(session.Proof),
	}
	row.MayRemove = row.State.Open()
	if session.Delivery != authn.DeliverySent {
		return row, nil
	}
	row.Message = web.Sent{State: web.MessageState(session.Notification), At: page.Local(session.NotifiedAt)}
	messages, err := r.MessagesOf(session.ID)
	if err != nil {
		return row, err
	}
	for _, m := range messages { // the newest first; old ones are forgotten
		if m.Kind == authn.MessageRegistration {
			row.Message = web.Sent{Channel: web.Channel(m.Channel), State: web.MessageState(m.State), At: page.Local(m.SentAt), Problem: m.Problem}
			break
		}
	}
	row.MayResend = session.Open(s.Site.Now()) && (row.Message.State == web.MessageNone || row.Message.State.MayRepeat())
	return row, nil
}

// registrationOf is the session in the address. store.ErrNotFound when there is none.
func (s *Service) registrationOf(v signin.Visitor) (registration.View, error) {
	seen, err := s.Registration.Get(v.Context(), authn.RegistrationID(v.R.PathValue("id")))
	if errors.Is(err, authn.ErrSessionUnknown) {
		err = store.ErrNotFound
	}
	return seen, err
}

func registrationQuestion(seen registration.View) web.Confirm {
	return web.Confirm{
		Kind: web.RemoveRegistration, Person: person(seen.User).Name, Post: "/admin/registrations/" + string(seen.Session.ID) + "/remove", Back: "/admin/registrations",
	}
}

func (s *Service) askRegistration(v signin.Visitor) error {
	seen, err := s.registrationOf(v)
	if err != nil {
		return err
	}
	return s.ask(v, web.RegistrationsSection, registrationQuestion(seen), nil)
}

func (s *Service) dropRegistration(v signin.Visitor) error {
	seen, err := s.registrationOf(v)
	if err != nil {
		return err
	}
	if err := s.People.MayTouch(v.Context(), v.Admin, seen.User.ID); err != nil {
		return err
	}
	why, err := reason(v)
	if err == nil {
		err = s.Registration.Revoke(v.Context(), seen.Session.ID, v.Actor(), why)
	}
	if err != nil {
		return s.ask(v, web.RegistrationsSection, registrationQuestion(seen), err)
	}
	return v.Done("/admin/registrations", web.RegistrationRemoved, person(seen.User).Name)
}

// sendRegistration sends the message of a session again, by the way that it went before.
func (s *Service) sendRegistration(v signin.Visitor) error {
	seen, err := s.registrationOf(v)
	if err != nil {
		return err
	}
	if err := s.People.MayTouch(v.Context(), v.Admin, seen.User.ID); err != nil {
		return err
	}
	var row web.RegistrationRow
	err = s.Site.Store.View(v.Context(), func(r store.Reader) error {
		row, err = s.registrationRow(r, seen.Session, seen.User)
		return err
	})
	if err != nil {
		return err
	}
	switch {
	case !seen.Session.Open(s.Site.Now()):
		err = registration.ErrNoSession
	default:
		_, err = s.Registration.Notify(v.Context(), seen.User.ID, authn.Channel(row.Message.Channel), v.Actor(), "sent again on the pages", api.ClientIP(v.Context()))
	}
	if err != nil {
		return s.stopped(v, err, "/admin/registrations")
	}
	return v.Done("/admin/registrations", web.RegistrationSent, person(seen.User).Name)
}
