package administration

import (
	"cmp"
	"errors"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

	"avow/assets/web"
	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/people"
	"avow/internal/server/portal/page"
	"avow/internal/server/portal/signin"
	"avow/internal/server/registration"
	"avow/internal/store"
	"avow/internal/wire"
)

// registrationForm is the form for a user with what suits her.
func (s *Service) registrationForm(u authn.User, devices []authn.Device, open bool) web.NewRegistration {
	p := s.Site.Policy()
	c := web.NewRegistration{
		How: web.ShowHere, Hours: p.SessionHours, Mode: web.First, Proof: cmp.Or(web.SecondProof(p.SecondProof), web.AutoProof), HasOpen: open,
		Proofs: []web.SecondProof{web.AutoProof, web.PasswordProof, web.CodeProof, web.PINProof},
	}
	if u.ID == "" {
		return c
	}
	c.Person, c.HasDevices, c.Proofs = person(u), phones(devices) > 0, c.Proofs[:1:1]
	for _, proof := range s.Registration.Proofs(u) {
		c.Proofs = append(c.Proofs, web.SecondProof(proof))
	}
	mail, text := s.Site.Reach(u)
	if text {
		c.Phone, c.How = u.Phone, web.ByText
	}
	if mail {
		c.Mail, c.How = authn.CleanText(u.Mail, 254), web.ByMail
	}
	if c.HasDevices {
		c.Mode = web.Additional
	}
	return c
}

// formOf makes the form for a user who is there; u.ID is "" for nobody.
func (s *Service) formOf(v signin.Visitor, u authn.User) (c web.NewRegistration, err error) {
	if u.ID == "" {
		return s.registrationForm(u, nil, false), nil
	}
	err = s.Site.Store.View(v.Context(), func(r store.Reader) error {
		devices, err := r.DevicesOf(u.ID)
		if err != nil {
			return err
		}
		sessions, err := r.RegistrationSessionsOf(u.ID)
		if err != nil {
			return err
		}
		open := false
		for _, session := range sessions {
			seen, err := s.Registration.See(r, session, u)
			if err != nil {
				return err
			}
			open = open || web.RegistrationState(seen.State).Open()
		}
		c = s.registrationForm(u, devices, open)
		return nil
	})
	return c, err
}

// named finds the user of a form or an address: by id, or by login. people.ErrUnknown when there is none.
func (s *Service) named(v signin.Visitor, id, login string) (u authn.User, err error) {
	err = s.Site.Store.View(v.Context(), func(r store.Reader) error {
		if id != "" {
			u, err = r.User(authn.UserID(id))
		} else {
			u, err = r.UserByLogin(login)
		}
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		err = people.ErrUnknown
	}
	return u, err
}

func (s *Service) newRegistration(v signin.Visitor) error {
	var u authn.User
	if id := v.R.URL.Query().Get("user"); id != "" {
		var err error
		if u, err = s.named(v, id, ""); err != nil {
			return err
		}
	}
	c, err := s.formOf(v, u)
	if err != nil {
		return err
	}
	return s.show(v, http.StatusOK, web.Register, web.RegistrationsSection, "", v.T("administration.register.title"), c)
}

// order is what was chosen in the form.
type order struct {
	how    web.How
	hours  int
	mode   web.Mode
	proof  web.SecondProof
	force  bool
	second string // login of an administrator who agrees
	reason string
}

func orderOf(v signin.Visitor) order {
	hours, err := strconv.Atoi(strings.TrimSpace(v.R.PostFormValue("hours")))
	if err != nil || hours == 0 {
		hours = -1 // 0 would take what the policy says; this was no number
	}
	return order{
		how: oneOf(v, "how", web.ShowHere, web.ByMail, web.ByText), hours: hours, mode: oneOf(v, "mode", web.First, web.Additional, web.Replace),
		proof: oneOf(v, "proof", web.AutoProof, web.PasswordProof, web.PINProof, web.CodeProof), force: v.R.PostFormValue("force") == "yes", second: typed(v, "second", 128),
		reason: typed(v, "reason", maxReason),
	}
}

// request is the order to the service. What is shown needs no hours and no proof.
func (o order) request(v signin.Visitor, u authn.User) registration.CreateRequest {
	q := registration.CreateRequest{
		User: u.ID, Mode: authn.BindingMode(o.mode), Force: o.force, Actor: v.Actor(), By: v.User.ID, Reason: o.reason, IP: api.ClientIP(v.Context()), Sent: o.how != web.ShowHere,
	}
	if q.Sent {
		q.Hours, q.Notify = o.hours, map[web.How]authn.Channel{web.ByMail: authn.ChannelMail, web.ByText: authn.ChannelText}[o.how]
	}
	if q.Sent && o.proof != web.AutoProof {
		q.Proof = authn.SecondProof(o.proof)
	}
	return q
}

// create makes the session; where a second administrator is named it waits for her Yes first.
func (s *Service) create(v signin.Visitor, q registration.CreateRequest, second string) (made registration.Created, err error) {
	if second != "" {
		_ = http.NewResponseController(v.W).SetWriteDeadline(time.Now().Add(authn.RequestLifetime + 30*time.Second)) // a recorder in a test has none
		if q.Second, err = s.Registration.AskSecond(v.Context(), q, second); err != nil {
			return made, err
		}
	}
	return s.Registration.Create(v.Context(), q)
}

func (s *Service) register(v signin.Visitor) error {
	o, login := orderOf(v), typed(v, "login", 128)
	u, err := s.named(v, v.R.PostFormValue("user"), login)
	if err == nil {
		if err := s.People.MayTouch(v.Context(), v.Admin, u.ID); err != nil {
			return err
		}
		_, err = reason(v)
	}
	var made registration.Created
	if err == nil {
		made, err = s.create(v, o.request(v, u), o.second)
	}
	if err != nil {
		return s.wrongRegistration(v, u, o, login, err)
	}
	c := web.MadeRegistration{
		Person: person(u), How: o.how, Ends: page.Local(made.Session.ExpiresAt), Back: "/admin/users/" + string(u.ID), Another: "/admin/registrations/new",
	}
	title := v.T("administration.made.sent_title")
	switch o.how {
	case web.ShowHere:
		code := wire.PageCode(made.Page)
		c.Open, c.Code, title = template.URL(wire.ConnectPath+"#"+code), grouped(code, 5), v.T("administration.made.shown_title")
	case web.ByMail:
		c.To = authn.CleanText(u.Mail, 254)
	case web.ByText:
		c.To = u.Phone
	}
	if o.how != web.ShowHere {
		c.Proof, c.PIN = web.SecondProof(made.Session.Proof), grouped(made.PIN, 4)
	}
	return s.show(v, http.StatusOK, web.Registered, web.RegistrationsSection, "/admin/registrations", title, c)
}

// wrongRegistration shows the form again.
func (s *Service) wrongRegistration(v signin.Visitor, u authn.User, o order, login string, cause error) error {
	said, err := wrong(v, cause, "login", "how", "hours", "mode", "proof", "force", "second", "reason")
	if err != nil {
		return err
	}
	c, err := s.formOf(v, u)
	if err != nil {
		return err
	}
	c.Login, c.How, c.Proof, c.Force, c.Second, c.Reason, c.Wrong = login, o.how, o.proof, o.force, o.second, o.reason, said
	if o.hours > 0 {
		c.Hours = o.hours
	}
	if c.HasDevices && o.mode != web.First {
		c.Mode = o.mode
	}
	path := "/admin/registrations/new"
	if u.ID != "" {
		path = "/admin/users/" + string(u.ID)
	}
	return s.show(v, http.StatusUnprocessableEntity, web.Register, web.RegistrationsSection, path, v.T("administration.register.title"), c)
}

// grouped parts a code so that it can be read out.
func grouped(code string, n int) string {
	var b strings.Builder
	for i, r := range code {
		if i > 0 && i%n == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}
