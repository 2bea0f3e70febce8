package authn

import "testing"

// TestRestoreFor: of the policies of a user's groups the strictest holds, also where the default is stricter or laxer (D6).
func TestRestoreFor(t *testing.T) {
	p := Policy{Restore: RestoreAllowed, GroupRestore: map[string]RestorePolicy{
		"board": RestoreLimited, "vault": RestoreForbidden, "field": RestoreAutomatic, "future": "by_letter",
	}}
	for name, c := range map[string]struct {
		groups []string
		want   RestorePolicy
	}{
		"no group":         {nil, RestoreAllowed},
		"no group of ours": {[]string{"staff"}, RestoreAllowed},
		"stricter":         {[]string{"staff", "board"}, RestoreLimited},
		"strictest":        {[]string{"field", "vault", "board"}, RestoreForbidden},
		"laxer":            {[]string{"field"}, RestoreAutomatic},
		"unknown policy":   {[]string{"field", "future"}, RestoreForbidden},
	} {
		if got := p.RestoreFor(c.groups); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	if got := (Policy{}).RestoreFor(nil); got != RestoreForbidden {
		t.Errorf("nothing decided: %s", got)
	}
}

func TestPolicyValidatesRestore(t *testing.T) {
	good := Policy{Match: MatchNumber, UserVerification: UVEachApproval, SessionHours: 24, GrantDays: 14, GrantUses: 20}
	for name, c := range map[string]struct {
		change func(*Policy)
		want   string
	}{
		"as it was":          {func(*Policy) {}, ""},
		"restore":            {func(p *Policy) { p.Restore = "sometimes" }, "bad_restore"},
		"old device":         {func(p *Policy) { p.OldDevice = "burnt" }, "bad_old_device"},
		"delivery":           {func(p *Policy) { p.RestoreDelivery = "pigeon" }, "bad_restore_delivery"},
		"longest hold":       {func(p *Policy) { p.RestoreHold = 72 }, ""},
		"hold":               {func(p *Policy) { p.RestoreHold = 73 }, "bad_restore_hold"},
		"hold before":        {func(p *Policy) { p.RestoreHold = -1 }, "bad_restore_hold"},
		"probation":          {func(p *Policy) { p.ProbationHours = 73 }, "bad_probation"},
		"colleagues":         {func(p *Policy) { p.ColleaguesNeeded = 6 }, "bad_colleagues_needed"},
		"colleagues' hold":   {func(p *Policy) { p.ColleaguesHold = 73 }, "bad_colleagues_hold"},
		"group":              {func(p *Policy) { p.GroupRestore = map[string]RestorePolicy{"board": RestoreLimited} }, ""},
		"group's policy":     {func(p *Policy) { p.GroupRestore = map[string]RestorePolicy{"board": ""} }, "bad_restore"},
		"group's name":       {func(p *Policy) { p.GroupRestore = map[string]RestorePolicy{"a\nb": RestoreLimited} }, "bad_group"},
		"group with no name": {func(p *Policy) { p.GroupRestore = map[string]RestorePolicy{"": RestoreLimited} }, "bad_group"},
	} {
		p := good
		c.change(&p)
		if got := CodeOf(p.Validate()); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
