package administration

import (
	"time"

	"avow/assets/web"
	"avow/internal/authn"
	"avow/internal/server/portal/signin"
	"avow/internal/store"
)

// restoreActs are what can be done about restore, by the last part of the address.
var restoreActs = map[string]struct {
	kind web.ConfirmKind
	done web.NoticeKind
}{
	"allow":   {web.AllowRestore, web.RestoreWasAllowed},
	"block":   {web.BlockRestore, web.RestoreWasBlocked},
	"unblock": {web.UnblockRestore, web.RestoreWasUnblocked},
}

// restoreQuestion asks whether restore of the user in the address shall be allowed, blocked or unblocked.
func (s *Service) restoreQuestion(v signin.Visitor) (u authn.User, c web.Confirm, err error) {
	act, ok := restoreActs[v.R.PathValue("act")]
	if !ok {
		return u, c, store.ErrNotFound
	}
	if u, err = s.userOf(v); err != nil {
		return u, c, err
	}
	c = web.Confirm{Kind: act.kind, Person: person(u).Name, Post: v.R.URL.EscapedPath(), Back: "/admin/users/" + string(u.ID)}
	return u, c, s.People.MayTouch(v.Context(), v.Admin, u.ID)
}

func (s *Service) askRestore(v signin.Visitor) error {
	_, c, err := s.restoreQuestion(v)
	if err != nil {
		return err
	}
	return s.ask(v, web.UsersSection, c, nil)
}

func (s *Service) setRestore(v signin.Visitor) error {
	u, c, err := s.restoreQuestion(v)
	if err != nil {
		return err
	}
	why, err := reason(v)
	if err == nil {
		switch c.Kind {
		case web.AllowRestore:
			err = s.Restores.Allow(v.Context(), u.ID, v.Actor(), why)
		case web.UnblockRestore:
			err = s.Restores.Unblock(v.Context(), u.ID, v.Actor(), why)
		default:
			err = s.Restores.Block(v.Context(), u.ID, "", v.Actor(), why)
		}
	}
	if err != nil {
		return s.ask(v, web.UsersSection, c, err)
	}
	return v.Done(c.Back, restoreActs[v.R.PathValue("act")].done, c.Person)
}

// provenWithin is how old the proof of a restore code may be to count: a paper is lost in a year.
const provenWithin = 365 * 24 * time.Hour

// coverage counts for how many restore is set up and proven.
func coverage(r store.Reader, users int, now time.Time) (web.RestoreCoverage, error) {
	n, err := r.CountRestore(now, now.Add(-provenWithin))
	return web.RestoreCoverage{Users: users, On: n.On, Proven: n.Proven, Blocked: n.Blocked, Open: n.Open}, err
}
