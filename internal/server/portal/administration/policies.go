package administration

import (
	"net/http"
	"strconv"
	"strings"

	"avow/assets/web"
	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/portal/page"
	"avow/internal/server/portal/signin"
)

func policyForm(p authn.Policy) web.PoliciesPage {
	c := web.PoliciesPage{
		Match: string(p.Match), Verification: string(p.UserVerification), SessionHours: p.SessionHours, GrantDays: p.GrantDays, GrantUses: p.GrantUses,
		Proof: web.SecondProof(p.SecondProof),
	}
	if p.SecondProof == "" {
		c.Proof = web.AutoProof
	}
	return c
}

func (s *Service) policies(v signin.Visitor) error {
	return s.policyPage(v, http.StatusOK, policyForm(s.Site.Policy()))
}

func (s *Service) policyPage(v signin.Visitor, status int, c web.PoliciesPage) error {
	decided, actor, err := s.Site.PolicyDecided(v.Context())
	if err != nil {
		return err
	}
	c.ChangedAt, c.ChangedBy = page.Local(decided), who(actor)
	return s.show(v, status, web.Policies, web.PoliciesSection, "", v.T("administration.rail.policies"), c)
}

// policyOf is what was chosen; what the page does not ask about stays as it is in was. What is no number, or no choice, is refused as a policy that
// cannot be.
func policyOf(v signin.Visitor, was authn.Policy) authn.Policy {
	number := func(name string) int {
		n, _ := strconv.Atoi(strings.TrimSpace(v.R.PostFormValue(name)))
		return n
	}
	p := was
	p.Match, p.UserVerification = authn.MatchMode(v.R.PostFormValue("match")), authn.UVPolicy(v.R.PostFormValue("verification"))
	p.SessionHours, p.SecondProof = number("session_hours"), authn.SecondProof(v.R.PostFormValue("proof"))
	p.GrantDays, p.GrantUses = number("grant_days"), number("grant_uses")
	switch p.SecondProof {
	case authn.SecondProof(web.AutoProof):
		p.SecondProof = ""
	case "":
		p.SecondProof = authn.ProofNone // nothing was chosen; no policy may be so
	}
	return p
}

// setPolicies saves the policy. To allow a Yes without a number is asked for once more.
func (s *Service) setPolicies(v signin.Visitor) error {
	p := policyOf(v, s.Site.Policy())
	why, err := reason(v)
	if err == nil {
		err = p.Validate()
	}
	if err == nil && p.Match == authn.MatchTap && s.Site.Policy().Match != authn.MatchTap && v.R.PostFormValue("sure") != "yes" {
		return s.askTap(v, why)
	}
	if err == nil {
		err = s.Site.SetPolicy(v.Context(), p, authn.AuditRecord{At: s.Site.Now(), Actor: v.Actor(), IP: api.ClientIP(v.Context()), Reason: why})
	}
	if err == nil {
		return v.Done("/admin/policies", web.Saved, "")
	}
	c := policyForm(p)
	c.Reason = typed(v, "reason", maxReason)
	if c.Wrong, err = wrong(v, err, "match", "verification", "session_hours=hours", "grant_days", "grant_uses", "proof", "reason"); err != nil {
		return err
	}
	return s.policyPage(v, http.StatusUnprocessableEntity, c)
}

func (s *Service) askTap(v signin.Visitor, why string) error {
	c := web.Confirm{Kind: web.AllowTap, Post: "/admin/policies", Back: "/admin/policies", Reason: why}
	for _, name := range []string{"match", "verification", "session_hours", "grant_days", "grant_uses", "proof"} {
		c.Fields = append(c.Fields, web.HiddenField{Name: name, Value: v.R.PostFormValue(name)})
	}
	c.Fields = append(c.Fields, web.HiddenField{Name: "sure", Value: "yes"})
	return s.ask(v, web.PoliciesSection, c, nil)
}
