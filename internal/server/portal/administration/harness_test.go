package administration_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/server/registration"
	"avow/internal/server/servertest"
	"avow/internal/store"
)

// office is a real server with its pages, on which people sign in with their phones.
type office struct {
	*servertest.Env
	t *testing.T
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{servertest.Start(t, servertest.Options{}), t}
	o.Site.CanMail, o.Site.CanText, o.Site.Support = true, true, "046-555 01 00"
	return o
}

func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) update(fn func(store.Tx) error) {
	o.t.Helper()
	o.must(o.Site.Store.Update(o.t.Context(), fn))
}

func (o *office) view(fn func(store.Reader) error) {
	o.t.Helper()
	o.must(o.Site.Store.View(o.t.Context(), fn))
}

func (o *office) user(login string) (u authn.User) {
	o.t.Helper()
	o.view(func(r store.Reader) (err error) { u, err = r.UserByLogin(login); return err })
	return u
}

// last is the newest record of an action.
func (o *office) last(action string) authn.AuditRecord {
	o.t.Helper()
	all := o.Audit()
	i := slices.IndexFunc(all, func(a authn.AuditRecord) bool { return a.Action == action })
	if i < 0 {
		o.t.Fatalf("the log has no %q", action)
	}
	return all[i]
}

// signIn makes a person with a role, "" for none, and a phone, and signs her in.
func (o *office) signIn(login string, role authn.AdminRole) *browser {
	o.t.Helper()
	b, _ := o.Colleague(login, role)
	return &browser{Browser: b, t: o.t}
}

// enter signs a person in by her phone.
func (o *office) enter(login string, phone *servertest.Phone) *browser {
	o.t.Helper()
	b, _ := o.SignIn(phone, login)
	return &browser{Browser: b, t: o.t}
}

// browser is somebody in front of the pages.
type browser struct {
	*servertest.Browser
	t    *testing.T
	form string // of the sign-in
}

// stay makes the browser show redirects instead of following them.
func (b *browser) stay() *browser { return &browser{b.Stay(), b.t, b.form} }

// page is an answer that was read.
type page struct{ servertest.Page }

func (b *browser) get(path string) page { b.t.Helper(); return page{b.Get(path)} }

// post sends a form as it is.
func (b *browser) post(path string, form url.Values) page {
	b.t.Helper()
	return page{b.Do(http.MethodPost, path, form, nil)}
}

// send sends the fields, names and values one after the other, with what ties the form to the sign-in.
func (b *browser) send(path string, pairs ...string) page {
	b.t.Helper()
	return b.post(path, b.tied(pairs...))
}

func (b *browser) tied(pairs ...string) url.Values {
	b.t.Helper()
	if b.form == "" {
		b.form = b.Get("/me").Form("/sign-out").Get("form")
	}
	form := url.Values{"form": {b.form}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return form
}

// want fails unless the page has a status and some texts.
func (p page) want(t *testing.T, status int, texts ...string) page {
	t.Helper()
	if p.Status != status || !p.Has(texts...) {
		_, main, _ := strings.Cut(p.Body, "<main")
		t.Errorf("%s: got %d %q, want %d with %q\n%s", p.Path, p.Status, p.Title(), status, texts, main)
	}
	return p
}

// invite sends a user a session by mail and gives its id.
func (o *office) invite(login string, proof authn.SecondProof) authn.RegistrationID {
	o.t.Helper()
	made, err := o.Server.Registration.Create(o.t.Context(), registration.CreateRequest{
		User: o.user(login).ID, Mode: authn.BindAdditional, Force: true, Actor: "admin:" + servertest.AdminName, Reason: "test", Sent: true, Hours: 24, Proof: proof,
		Notify: authn.ChannelMail, Start: true, // or for some a second administrator is needed
	})
	o.must(err)
	return made.Session.ID
}

// ask asks a user's phones and gives the id of the request.
func (o *office) ask(rp *client.RelyingParty, login string) authn.RequestID {
	o.t.Helper()
	_, err := rp.Authorize(o.t.Context(), client.Question{User: login})
	o.must(err)
	var open []authn.ApprovalRequest
	o.view(func(r store.Reader) (err error) { open, err = r.OpenApprovalRequests(o.user(login).ID); return err })
	return open[len(open)-1].ID
}
