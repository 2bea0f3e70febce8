package computer

import (
	"time"

	"avow/internal/authn"
)

// Status is a snapshot for people who look after a computer. It holds nothing secret.
type Status struct {
	Offline authn.OfflinePolicy `json:"offline"`
	Time    time.Time           `json:"time"`    // as this computer counts it
	Journal int                 `json:"journal"` // entries that the server does not have
	Unsent  int                 `json:"unsent"`  // lists that the server does not have
	Grants  []GrantStatus       `json:"grants"`
}

// GrantStatus is how a user may sign in without a network.
type GrantStatus struct {
	Login      string         `json:"login"`
	Device     authn.DeviceID `json:"device"`
	SignedInAt time.Time      `json:"signed_in_at"`
	Until      time.Time      `json:"until"`
	UsesLeft   int            `json:"uses_left"`
	CodesLeft  int            `json:"codes_left"`
	DeskLeft   int            `json:"desk_left"`
	Wrong      int            `json:"wrong"`         // codes since the last online sign-in
	Why        string         `json:"why,omitempty"` // code of the error that a sign-in gets; "" when it works
}

// Status says how things stand.
func (m *Machine) Status() Status {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock.now()
	s := Status{Offline: m.state.Offline, Time: now, Journal: len(m.state.Journal.Waiting), Grants: []GrantStatus{}}
	for _, l := range m.state.Lists {
		if l.Statement != "" {
			s.Unsent++
		}
	}
	for _, g := range m.state.Grants {
		why := m.state.gives(g, now)
		if why == nil {
			why = m.admit(g.Login)
		}
		s.Grants = append(s.Grants, GrantStatus{
			Login: g.Login, Device: g.Device, SignedInAt: time.Unix(g.SignedInAt, 0).UTC(), Until: time.Unix(g.Expires, 0).UTC(),
			UsesLeft: max(0, g.MaxUses-g.Uses), CodesLeft: m.state.left(g.ID, authn.OfflineList), DeskLeft: m.state.left(g.ID, authn.OfflineDesk),
			Wrong: m.state.person(g.Login).Total, Why: authn.CodeOf(why),
		})
	}
	return s
}
