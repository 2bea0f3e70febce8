package computer

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"avow/internal/authn"
)

// loginKey is the form in which logins are the same: without regard to case, as at the server.
func loginKey(login string) string { return strings.ToLower(login) }

// gives says why a grant lets nobody in, nil if it does.
func (s state) gives(g grant, now time.Time) error {
	switch {
	case s.Offline == authn.OfflineDeny || !s.Offline.Valid():
		return ErrDenied
	case g.State == authn.GrantStolen:
		return authn.ErrGrantStolen
	case g.State != authn.GrantActive:
		return authn.ErrGrantRevoked
	case !now.Before(time.Unix(g.Expires, 0)):
		return authn.ErrGrantOver
	case g.Uses >= g.MaxUses:
		return ErrUsesSpent
	}
	return nil
}

// usable are the grants by which a login may sign in now, the newest online sign-in first; m.mu is held. There is at least one, or the
// error says why not.
func (m *Machine) usable(login string) ([]grant, error) {
	if m.state.Offline == authn.OfflineDeny || !m.state.Offline.Valid() {
		return nil, ErrDenied
	}
	now := m.clock.now()
	var good []grant
	var why error
	all := slices.Clone(m.state.Grants)
	slices.SortStableFunc(all, func(a, b grant) int { return cmp.Compare(b.SignedInAt, a.SignedInAt) })
	for _, g := range all {
		if loginKey(g.Login) != loginKey(login) {
			continue
		}
		if err := m.state.gives(g, now); err == nil {
			good = append(good, g)
		} else if why == nil {
			why = err
		}
	}
	switch {
	case len(good) == 0 && why == nil:
		return nil, ErrNoGrant
	case len(good) == 0:
		return nil, why
	case len(m.state.Journal.Waiting) >= maxJournal:
		return nil, ErrJournalFull
	}
	return good, m.admit(login)
}

// Policy is when this computer takes offline codes, as the server said last.
func (m *Machine) Policy() authn.OfflinePolicy {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state.Offline
}

// Last is by what the login signed in last without a network; "" if it never did.
func (m *Machine) Last(login string) authn.OfflineMethod {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state.person(login).Last
}
