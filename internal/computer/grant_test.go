package computer_test

import (
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/computer"
	"avow/internal/key"
	"avow/internal/wire"
)

// R-075, D9: a grant ends after 14 days or 20 uses, and no clock stretches it.
func TestGrantEnds(t *testing.T) {
	day := 24 * time.Hour
	for name, c := range map[string]struct {
		do   func(r *rig, p *phoneKeys)
		want error
	}{
		"on the last day":                   {func(r *rig, _ *phoneKeys) { r.pass(14*day - time.Second) }, nil},
		"after fourteen days":               {func(r *rig, _ *phoneKeys) { r.pass(14 * day) }, authn.ErrGrantOver},
		"fourteen days with the clock back": {func(r *rig, _ *phoneKeys) { r.up += 14 * day; r.wall = noon.Add(-time.Hour) }, authn.ErrGrantOver},
		"the clock in 1970":                 {func(r *rig, _ *phoneKeys) { r.wall = time.Unix(0, 0) }, nil},
		"seen the day after, then 1970":     {func(r *rig, _ *phoneKeys) { r.pass(14 * day); r.save(); r.wall = time.Unix(0, 0); r.reboot() }, authn.ErrGrantOver},
		"the clock in 2099":                 {func(r *rig, _ *phoneKeys) { r.wall = noon.AddDate(73, 0, 0) }, authn.ErrGrantOver},
		"2099, and back by hand":            {func(r *rig, _ *phoneKeys) { r.wall = noon.AddDate(73, 0, 0); r.save(); r.wall = noon }, authn.ErrGrantOver},
		"2099, and back by the server":      {func(r *rig, _ *phoneKeys) { r.wall = noon.AddDate(73, 0, 0); r.save(); r.wall = noon; r.take() }, nil},
		"nineteen uses":                     {func(r *rig, p *phoneKeys) { uses(r, p, 19) }, nil},
		"twenty uses":                       {func(r *rig, p *phoneKeys) { uses(r, p, 20) }, computer.ErrUsesSpent},
		"twenty uses and a reboot":          {func(r *rig, p *phoneKeys) { uses(r, p, 20); r.reboot() }, computer.ErrUsesSpent},
		"policy deny":                       {func(r *rig, _ *phoneKeys) { must(r, r.Take(r.wall, nil, nil, 0, authn.OfflineDeny)) }, computer.ErrDenied},
		"a policy that is not known":        {func(r *rig, _ *phoneKeys) { must(r, r.Take(r.wall, nil, nil, 0, "perhaps")) }, computer.ErrDenied},
		"only when offline is not ours":     {func(r *rig, _ *phoneKeys) { must(r, r.Take(r.wall, nil, nil, 0, authn.OfflineFallback)) }, nil},
		"nobody knows the login":            {func(r *rig, p *phoneKeys) { p.login = "eve" }, computer.ErrNoGrant},
		"computer stolen":                   {func(r *rig, _ *phoneKeys) { must(r, r.Stolen()) }, computer.ErrDenied},
		"computer stolen, and a reboot":     {func(r *rig, _ *phoneKeys) { must(r, r.Stolen()); r.reboot() }, computer.ErrDenied},
	} {
		t.Run(name, func(t *testing.T) {
			r, p, _ := ready(t)
			c.do(r, p)
			ch, err := r.Challenge(p.login)
			if c.want != nil {
				wantError(t, "challenge", err, c.want)
				_, err = r.verify(p.login, nil, stranger(laptop, 0))
				wantError(t, "list code", err, c.want)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.verify(p.login, ch, p.code(t, ch.Link, laptop)); err != nil {
				t.Error(err)
			}
		})
	}
}

// save writes something, so that the time that was seen is on disk.
func (r *rig) save() {
	r.t.Helper()
	r.up += time.Hour
	must(r, r.Tick())
}

func uses(r *rig, p *phoneKeys, n int) {
	r.t.Helper()
	for range n {
		ch := r.challenge(p.login)
		if _, err := r.verify(p.login, ch, p.code(r.t, ch.Link, laptop)); err != nil {
			r.t.Fatal(err)
		}
	}
}

// R-076, the computer's share: the highest seq counts; what was ended does not come back with an older statement.
func TestSeq(t *testing.T) {
	r, p, g := ready(t)
	r.refill(p, newPhone(t, "desk"))
	ended := g
	ended.Seq, ended.State = g.Seq+1, authn.GrantRevoked
	ch := r.challenge(anna)
	r.take(ended)
	_, err := r.verify(anna, ch, p.code(t, ch.Link, laptop))
	wantError(t, "challenge of an ended grant", err, authn.ErrGrantRevoked)
	r.take(g)
	r.signedIn(g)
	_, err = r.Challenge(anna)
	wantError(t, "older statement", err, authn.ErrGrantRevoked)
	r.reboot()
	_, err = r.Challenge(anna)
	wantError(t, "after a reboot", err, authn.ErrGrantRevoked)
	if s := r.Status().Grants[0]; s.CodesLeft != 0 || s.DeskLeft != 0 {
		t.Errorf("lists are left: %+v", s)
	}
	stolen := ended
	stolen.Seq, stolen.State = ended.Seq+1, authn.GrantStolen
	r.take(stolen)
	_, err = r.Challenge(anna)
	wantError(t, "stolen", err, authn.ErrGrantStolen)
}

// A renewal begins the uses anew, a repetition of the statement does not.
func TestRenewal(t *testing.T) {
	r, p, g := ready(t)
	uses(r, p, 20)
	r.take(g)
	_, err := r.Challenge(anna)
	wantError(t, "same statement", err, computer.ErrUsesSpent)
	r.pass(time.Hour)
	g.Seq, g.SignedInAt = g.Seq+1, r.wall.Unix()
	r.take(g)
	uses(r, p, 1)
}

// Statements of another computer, or with holes, are refused whole.
func TestTakeRefuses(t *testing.T) {
	for name, change := range map[string]func(*wire.Grant){
		"another computer": func(g *wire.Grant) { g.Computer.ID = "sales-pc" },
		"no login":         func(g *wire.Grant) { g.Login = "" },
		"no user":          func(g *wire.Grant) { g.User = "" },
		"no key":           func(g *wire.Grant) { g.ExchangeJWK = key.Public{} },
		"strange state":    func(g *wire.Grant) { g.State = "perhaps" },
	} {
		r, p, _ := ready(t)
		g := r.grant(p)
		change(&g)
		if err := r.Take(r.wall, []wire.Grant{g}, nil, 0, authn.OfflineAllow); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
