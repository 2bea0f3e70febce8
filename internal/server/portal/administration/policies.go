package administration

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
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
		Proof: web.SecondProof(p.SecondProof), Restore: web.RestorePolicy(p.Restore), OldDevice: string(p.OldDevice), RestoreDelivery: string(p.RestoreDelivery),
		RestoreHold: p.RestoreHold, ProbationHours: p.ProbationHours, ColleaguesNeeded: p.ColleaguesNeeded, ColleaguesHold: p.ColleaguesHold,
		BackupEnrolls: p.BackupEnrolls, TelemetryOff: p.Telemetry == authn.TelemetryOff, LockSeconds: p.LockSeconds, WrongPINs: string(p.WrongPINs),
	}
	for _, name := range slices.Sorted(maps.Keys(p.GroupRestore)) {
		c.Groups = append(c.Groups, web.GroupPolicy{Group: name, Policy: web.RestorePolicy(p.GroupRestore[name])})
	}
	c.Groups = append(c.Groups, web.GroupPolicy{}) // for one more
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
		n, err := strconv.Atoi(strings.TrimSpace(v.R.PostFormValue(name)))
		if err != nil {
			return -1 // no setting may be so, but 0 some
		}
		return n
	}
	chosen := func(name string) string { return cmp.Or(v.R.PostFormValue(name), "-") } // "" would be what the configuration says
	p := was
	p.Match, p.UserVerification = authn.MatchMode(v.R.PostFormValue("match")), authn.UVPolicy(v.R.PostFormValue("verification"))
	p.SessionHours, p.SecondProof = number("session_hours"), authn.SecondProof(v.R.PostFormValue("proof"))
	p.GrantDays, p.GrantUses = number("grant_days"), number("grant_uses")
	p.Restore, p.OldDevice = authn.RestorePolicy(chosen("restore")), authn.OldDevicePolicy(chosen("old_device"))
	p.RestoreDelivery, p.RestoreHold = authn.RestoreDelivery(chosen("restore_delivery")), number("restore_hold")
	p.ProbationHours, p.ColleaguesNeeded, p.ColleaguesHold = number("probation_hours"), number("colleagues_needed"), number("colleagues_hold")
	if p.ColleaguesNeeded == 0 {
		p.ColleaguesNeeded = -1
	}
	if p.ColleaguesHold == 0 {
		p.ColleaguesHold = -1
	}
	p.BackupEnrolls = v.R.PostFormValue("backup_enrolls") == "yes"
	p.Telemetry = authn.TelemetryAsked
	if v.R.PostFormValue("telemetry_off") == "yes" {
		p.Telemetry = authn.TelemetryOff
	}
	p.LockSeconds, p.WrongPINs = number("lock_seconds"), authn.WrongPINs(chosen("wrong_pins"))
	p.GroupRestore = groupsOf(v)
	switch p.SecondProof {
	case authn.SecondProof(web.AutoProof):
		p.SecondProof = ""
	case "":
		p.SecondProof = authn.ProofNone // nothing was chosen; no policy may be so
	}
	return p
}

// groupsOf are the groups that were given a policy of their own. A row without a name, and one without a policy, is none; a name that stands twice, or a policy without a
// name, is kept under a name that no group has, and so refused.
func groupsOf(v signin.Visitor) map[string]authn.RestorePolicy {
	names, policies := v.R.PostForm["group_name"], v.R.PostForm["group_policy"]
	groups := map[string]authn.RestorePolicy{}
	for i, policy := range policies {
		name := ""
		if i < len(names) {
			name = strings.TrimSpace(names[i])
		}
		if policy == "" {
			continue
		}
		if _, twice := groups[name]; twice {
			name = ""
		}
		groups[name] = authn.RestorePolicy(policy)
	}
	return groups
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
	for _, n := range []*int{&c.SessionHours, &c.GrantDays, &c.GrantUses, &c.RestoreHold, &c.ProbationHours, &c.ColleaguesNeeded, &c.ColleaguesHold} {
		*n = max(0, *n)
	}
	c.Reason = typed(v, "reason", maxReason)
	if c.Wrong, err = wrong(v, err, "match", "verification", "session_hours=hours", "grant_days", "grant_uses", "proof", "restore", "groups", "old_device", "restore_delivery",
		"restore_hold", "probation_hours", "colleagues_needed", "colleagues_hold", "lock_seconds", "wrong_pins", "reason"); err != nil {
		return err
	}
	return s.policyPage(v, http.StatusUnprocessableEntity, c)
}

// askTap asks once more, and carries along all that was typed.
func (s *Service) askTap(v signin.Visitor, why string) error {
	c := web.Confirm{Kind: web.AllowTap, Post: "/admin/policies", Back: "/admin/policies", Reason: why}
	for _, name := range slices.Sorted(maps.Keys(v.R.PostForm)) {
		if name == "form" || name == "reason" || name == "sure" {
			continue
		}
		for _, value := range v.R.PostForm[name] { // rows of groups stay in their order
			c.Fields = append(c.Fields, web.HiddenField{Name: name, Value: value})
		}
	}
	c.Fields = append(c.Fields, web.HiddenField{Name: "sure", Value: "yes"})
	return s.ask(v, web.PoliciesSection, c, nil)
}
