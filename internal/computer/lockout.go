package computer

import (
	"time"

	"avow/internal/authn"
)

// Limits against guessing. A guess of eight digits hits once in a hundred million, so twenty are harmless.
const (
	freeTries = 5  // wrong codes in a row without a wait
	maxWrong  = 20 // since the last online sign-in; then offline is off until the next
	maxWait   = 60 * time.Minute
)

// person is what is kept of everybody who signs in here, by login.
type person struct {
	Login string              `json:"login"` // its loginKey
	Row   int                 `json:"row"`   // wrong codes since the last right one
	Total int                 `json:"total"` // wrong codes since the last online sign-in
	Last  authn.OfflineMethod `json:"last,omitempty"`
}

// waitAfter is how long the next try waits after that many wrong codes in a row.
func waitAfter(row int) time.Duration {
	if row < freeTries {
		return 0
	}
	return min(time.Minute<<min(row-freeTries, 6), maxWait)
}

// admit says whether a code may be tried now. The wait is measured by the uptime from the last wrong code, or from when this
// process began, so that neither a clock nor a restart shortens it.
func (m *Machine) admit(login string) error {
	p := m.state.person(login)
	if p.Total >= maxWrong {
		return ErrLocked
	}
	wait := waitAfter(p.Row)
	if wait == 0 {
		return nil
	}
	since, ok := m.wrongAt[loginKey(login)]
	if !ok {
		since = m.began
	}
	if left := since + wait - m.clock.uptime(); left > 0 {
		return waitFor(left)
	}
	return nil
}
