package computer

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"avow/internal/authn"
	"avow/internal/wire"
)

const (
	keepOver   = 30 * 24 * time.Hour // a grant that is over, so that an older statement of it does not come back
	clockDrift = time.Minute         // less than that is not worth a write
	mostGrants = 2 * authn.MaxGrants
)

// Take believes an answer of the server: its time, also when it is earlier; grants, of each the highest seq; how far the phones are in
// their lists; up to where it has the journal; and the policy. The statements must have been verified (wire.VerifyGrant). A grant that was
// ended loses its lists; one that was renewed begins anew. Only what changed is written.
func (m *Machine) Take(serverTime time.Time, grants []wire.Grant, shown []wire.ListPosition, journalSeq uint64, offline authn.OfflinePolicy) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	next := m.state.clone()
	for _, g := range grants {
		renewed, err := next.put(g, m.cfg.ID)
		if err != nil {
			return err
		}
		if renewed {
			next.forgive(g.Login)
		}
	}
	for _, p := range shown {
		if l := next.list(p.Batch); l != nil {
			l.advance(p.Index)
		}
	}
	next.Journal.forget(min(journalSeq, m.handed)) // an entry that was never sent is not had, whatever the number says
	if next.Offline = offline; !offline.Valid() {
		next.Offline = authn.OfflineDeny
	}
	drift := serverTime.Sub(m.clock.now())
	m.clock.set(serverTime)
	next.prune(serverTime)
	if drift.Abs() < clockDrift && m.state.same(next) {
		return nil
	}
	return m.commit(next)
}

// SignedIn takes the grant of a sign-in that was approved online just now: its uses, and the wrong codes of its login,
// begin anew. A grant older than the one that is known changes nothing.
func (m *Machine) SignedIn(g wire.Grant, serverTime time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	next := m.state.clone()
	if have := next.grant(g.ID); have != nil && g.Seq < have.Seq {
		return nil
	}
	if _, err := next.put(g, m.cfg.ID); err != nil {
		return err
	}
	if g.State == authn.GrantActive {
		next.forgive(g.Login)
	}
	m.clock.set(serverTime)
	return m.commit(next)
}

// Stolen erases all grants and lists, since the server reported this computer stolen: nobody is let in offline until the server takes it
// back (Take). The journal stays.
func (m *Machine) Stolen() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	next := m.state.clone()
	next.Offline, next.Grants, next.Lists, next.People = authn.OfflineDeny, nil, nil, nil
	if m.state.same(next) {
		return nil
	}
	return m.obey(next)
}

// commit saves what the server said; m.mu is held. If the disk fails, what takes rights away counts all the same while this
// process lives, and the caller is told.
func (m *Machine) commit(next state) error {
	err := m.save(next)
	if err != nil {
		m.state.narrow(next)
	}
	m.endChallenges()
	return err
}

// obey is commit for what only takes away.
func (m *Machine) obey(next state) error {
	err := m.save(next)
	m.state = next
	m.endChallenges()
	return err
}

// narrow takes from next what ends rights: the policy and ended grants.
func (s *state) narrow(next state) {
	s.Offline = s.Offline.Stricter(next.Offline)
	*s = s.clone()
	for _, g := range next.Grants {
		if have := s.grant(g.ID); have != nil && g.State != authn.GrantActive {
			have.State = g.State
		}
	}
}

// put believes a grant if its seq is higher than what is known, and reports whether it was renewed by a sign-in.
func (s *state) put(g wire.Grant, computer authn.ClientID) (renewed bool, err error) {
	if g.Computer.ID != computer {
		return false, fmt.Errorf("grant %s is of computer %q", g.ID, g.Computer.ID)
	}
	if g.Login == "" || g.User == "" || g.ExchangeJWK.IsZero() || !g.State.Valid() {
		return false, fmt.Errorf("grant %s is not complete", g.ID)
	}
	have := s.grant(g.ID)
	switch {
	case have == nil:
		s.Grants = append(s.Grants, grant{Grant: g})
		renewed = g.State == authn.GrantActive
	case g.Seq <= have.Seq:
		return false, nil
	default:
		foreign := g.ExchangeJWK != have.ExchangeJWK || g.User != have.User
		if renewed = g.State == authn.GrantActive && g.SignedInAt > have.SignedInAt; renewed {
			have.Uses = 0
		}
		have.Grant = g
		if foreign {
			s.dropLists(g.ID)
		}
	}
	if g.State != authn.GrantActive {
		s.dropLists(g.ID)
	}
	return renewed, nil
}

func (s *state) dropLists(id authn.GrantID) {
	s.Lists = slices.DeleteFunc(s.Lists, func(l list) bool { return l.Grant == id })
}

// forgive forgets the wrong codes of a login.
func (s *state) forgive(login string) {
	p := s.person(login)
	p.Row, p.Total = 0, 0
	s.setPerson(p)
}

// prune forgets grants that were over long ago, the oldest if there are too many, and what belongs to nobody any more.
func (s *state) prune(now time.Time) {
	old := now.Add(-keepOver).Unix()
	s.Grants = slices.DeleteFunc(s.Grants, func(g grant) bool { return g.Expires < old })
	for len(s.Grants) > mostGrants {
		oldest := 0
		for i, g := range s.Grants {
			if g.SignedInAt < s.Grants[oldest].SignedInAt {
				oldest = i
			}
		}
		s.Grants = slices.Delete(s.Grants, oldest, oldest+1)
	}
	s.Lists = slices.DeleteFunc(s.Lists, func(l list) bool { return s.grant(l.Grant) == nil })
	s.People = slices.DeleteFunc(s.People, func(p person) bool {
		return !slices.ContainsFunc(s.Grants, func(g grant) bool { return loginKey(g.Login) == p.Login })
	})
}

// same reports whether two states differ in nothing but their clocks.
func (s state) same(other state) bool {
	s.HighWater, s.Uptime, other.HighWater, other.Uptime = 0, 0, 0, 0
	a, errA := s.encode()
	b, errB := other.encode()
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

// Pending is what the server should hear with the next contact: the oldest journal entries that it has not confirmed and the lists
// that it does not have, as many as one message carries. App is left to the caller.
func (m *Machine) Pending() wire.SyncComputer {
	m.mu.Lock()
	defer m.mu.Unlock()
	waiting := m.state.Journal.Waiting
	out := wire.SyncComputer{Journal: slices.Clone(waiting[:min(len(waiting), wire.MaxJournal)])}
	if n := len(out.Journal); n > 0 {
		m.handed = max(m.handed, out.Journal[n-1].Seq)
	}
	for _, l := range m.state.Lists {
		if l.Statement != "" && len(out.Batches) < wire.MaxBatches {
			out.Batches = append(out.Batches, l.Statement)
		}
	}
	return out
}

// BatchesSent notes that the server has these lists of Pending.
func (m *Machine) BatchesSent(statements []string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	next := m.state.clone()
	for i, l := range next.Lists {
		if slices.Contains(statements, l.Statement) {
			next.Lists[i].Statement = ""
		}
	}
	if m.state.same(next) {
		return nil
	}
	return m.save(next)
}
