package administration_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"avow/internal/authn"
	"avow/internal/server/portal/administration"
	"avow/internal/store"
)

// Who may open a route; nobody else may.
var (
	sees     = []string{"owner", "admin", "auditor"}
	changes  = []string{"owner", "admin"}
	appoints = []string{"owner"}
)

// allowed is every route of the administration.
var allowed = map[string][]string{
	"GET /admin":                                   sees,
	"GET /admin/users":                             sees,
	"GET /admin/users/new":                         changes,
	"POST /admin/users":                            changes,
	"GET /admin/users/{id}":                        sees,
	"GET /admin/users/{id}/edit":                   changes,
	"POST /admin/users/{id}/edit":                  changes,
	"GET /admin/users/{id}/block":                  changes,
	"POST /admin/users/{id}/block":                 changes,
	"GET /admin/users/{id}/unblock":                changes,
	"POST /admin/users/{id}/unblock":               changes,
	"POST /admin/users/{id}/role":                  appoints,
	"GET /admin/users/{id}/restore/{act}":          changes,
	"POST /admin/users/{id}/restore/{act}":         changes,
	"GET /admin/registrations":                     sees,
	"GET /admin/registrations/new":                 changes,
	"POST /admin/registrations":                    changes,
	"GET /admin/registrations/{id}/remove":         changes,
	"POST /admin/registrations/{id}/remove":        changes,
	"POST /admin/registrations/{id}/send":          changes,
	"GET /admin/requests":                          sees,
	"GET /admin/requests/{id}/stop":                changes,
	"POST /admin/requests/{id}/stop":               changes,
	"GET /admin/devices":                           sees,
	"GET /admin/devices/{id}/remove":               changes,
	"POST /admin/devices/{id}/remove":              changes,
	"GET /admin/devices/{id}/wipe":                 changes,
	"POST /admin/devices/{id}/wipe":                changes,
	"GET /admin/policies":                          sees,
	"POST /admin/policies":                         changes,
	"GET /admin/messages":                          sees,
	"POST /admin/messages/outbox/{id}/send":        changes,
	"GET /admin/messages/{channel}/{tag}":          sees,
	"POST /admin/messages/{channel}/{tag}":         changes,
	"GET /admin/messages/{channel}/{tag}/preview":  sees,
	"POST /admin/messages/{channel}/{tag}/preview": sees,
	"POST /admin/messages/{channel}/{tag}/test":    changes,
	"GET /admin/messages/{channel}/{tag}/reset":    changes,
	"POST /admin/messages/{channel}/{tag}/reset":   changes,
	"GET /admin/log":                               sees,
	"GET /admin/log.csv":                           sees,
	"GET /admin/log.json":                          sees,
}

// things are what routes are about: something of each kind is there.
func (o *office) things() *strings.Replacer {
	o.t.Helper()
	o.User("anna.lind")
	phone := o.Phone("anna.lind")
	session := o.invite("anna.lind", authn.ProofPIN)
	rp, _ := o.Computer("laptop-42", authn.MatchTap)
	request := o.ask(rp, "anna.lind")
	var message authn.Message
	o.view(func(r store.Reader) error {
		all, err := r.Messages(1)
		message = all[0]
		return err
	})
	return strings.NewReplacer(
		"users/{id}", "users/"+string(phone.User), "registrations/{id}", "registrations/"+string(session), "requests/{id}", "requests/"+string(request),
		"devices/{id}", "devices/"+string(phone.ID), "outbox/{id}", "outbox/"+string(message.ID), "{channel}", "mail", "{tag}", "de", "{act}", "allow",
	)
}

// TestWhoMayWhat goes by every route as every role: whoever may is let in, whoever may not gets 403, whoever is signed out is led to the sign-in; and no GET leaves
// a trace but the export's own.
func TestWhoMayWhat(t *testing.T) {
	patterns := administration.Patterns()
	slices.Sort(patterns)
	var known []string
	for p := range allowed {
		known = append(known, p)
	}
	slices.Sort(known)
	if d := cmp.Diff(known, patterns); d != "" {
		t.Fatalf("this test does not know all routes (-test +program):\n%s", d)
	}
	o := newOffice(t)
	fill := o.things()
	browsers := map[string]*browser{"signed out": {Browser: o.NewBrowser().Stay(), t: t}}
	for _, role := range []authn.AdminRole{authn.RoleOwner, authn.RoleAdmin, authn.RoleServiceDesk, authn.RoleAuditor, ""} {
		name := string(role)
		if role == "" {
			name = "nobody"
		}
		b := o.signIn(strings.ReplaceAll(name, "_", "."), role)
		b.tied()
		browsers[name] = b.stay()
	}
	for _, pattern := range patterns {
		method, path, _ := strings.Cut(fill.Replace(pattern), " ")
		for role, b := range browsers {
			before := len(o.Audit())
			var p page
			if method == http.MethodGet {
				p = b.get(path)
			} else {
				p = b.post(path, url.Values{"form": {b.form}}) // without a reason: what is allowed stops there
			}
			name := pattern + " as " + role
			may := slices.Contains(allowed[pattern], role)
			switch {
			case role == "signed out" && method == http.MethodGet:
				if p.Status != http.StatusSeeOther || !strings.HasPrefix(p.Head.Get("Location"), "/sign-in") {
					t.Errorf("%s: got %d to %q", name, p.Status, p.Head.Get("Location"))
				}
			case may && (p.Status == http.StatusForbidden || p.Status >= 500 || p.Status == http.StatusNotFound):
				t.Errorf("%s: got %d %q, want to be let in", name, p.Status, p.Title())
			case !may && p.Status != http.StatusForbidden:
				t.Errorf("%s: got %d %q, want 403", name, p.Status, p.Title())
			}
			grown := len(o.Audit()) - before
			export := strings.HasPrefix(pattern, "GET /admin/log.") && may
			if want := map[bool]int{true: 1}[export]; grown != want && (method == http.MethodGet || !may) {
				t.Errorf("%s: the log has grown by %d records, want %d", name, grown, want)
			}
		}
	}
}

// TestForms: no form of another page, of another person or of another site changes anything.
func TestForms(t *testing.T) {
	o := newOffice(t)
	fill := o.things()
	b, other := o.signIn("olga", authn.RoleOwner).stay(), o.signIn("adam", authn.RoleAdmin)
	own := b.tied("reason", "why", "role", "auditor", "sure", "yes", "login", "new.one", "name", "New").Get("form")
	foreign := other.tied().Get("form")
	fields := url.Values{"reason": {"why"}, "role": {"auditor"}, "sure": {"yes"}, "login": {"new.one"}, "name": {"New"}, "subject": {"x"}, "body": {"{{.EnrollUrl}}"}}
	before := len(o.Audit())
	for pattern := range allowed {
		method, path, _ := strings.Cut(fill.Replace(pattern), " ")
		if method != http.MethodPost {
			continue
		}
		for name, try := range map[string]struct {
			form string
			head map[string]string
		}{
			"without the field":       {"", nil},
			"with another's":          {foreign, nil},
			"from another site":       {own, map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}},
			"from a sibling's origin": {own, map[string]string{"Origin": "https://evil." + o.Site.Host}},
		} {
			form := url.Values{}
			for k, v := range fields {
				form[k] = v
			}
			if try.form != "" {
				form.Set("form", try.form)
			}
			if p := b.Do(method, path, form, try.head); p.Status != http.StatusForbidden {
				t.Errorf("%s %s: got %d %q, want 403", pattern, name, p.Status, p.Title())
			}
		}
	}
	if n := len(o.Audit()) - before; n != 0 {
		t.Errorf("%d records were written", n)
	}
}
