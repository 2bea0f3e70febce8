package phone

import (
	"slices"
	"strconv"
	"time"

	"avow/internal/authn"
)

// happening is what happened to an account beside its answers, whose receipts tell of them. Append fields, never rename.
type happening struct {
	ID    string            `json:"id"` // the notice's, or one of our own: nothing is kept twice
	At    time.Time         `json:"at"`
	What  string            `json:"what"` // one of the whats, or what a notice of the server is about
	Facts map[string]string `json:"facts,omitempty"`
}

// What this phone itself knows of; all other whats are kinds of authn.NoticeKind.
const (
	whatOffline = "offline" // a code for a computer was shown: computer, method
	whatDrill   = "drill"   // the restore code was proved
)

// maxHistory is how many are kept of an account, the newest: the vault is written anew with each change.
const maxHistory = 300

// happened adds to the history and lets the oldest go; Core.mu must be held, and Core.saving by who stores it.
func (a *account) happened(h happening) (news bool) {
	if slices.ContainsFunc(a.stored.History, func(x happening) bool { return x.ID == h.ID }) {
		return false
	}
	a.stored.History = append(a.stored.History, h)
	if over := len(a.stored.History) - maxHistory; over > 0 {
		a.stored.History = slices.Clone(a.stored.History[over:])
		a.told = max(0, a.told-over)
	}
	return true
}

// tellNotices takes what the server tells now into the history; the server forgets it after a month. Only while the vault is open, or the same would
// be added each time that the app is opened. mu must be held.
func (a *account) tellNotices() (news bool) {
	for _, n := range a.notices {
		news = a.happened(happening{ID: string(n.ID), At: time.Unix(n.At, 0), What: string(n.Kind), Facts: n.Facts}) || news
	}
	return news
}

// takeHistory joins what the vault has with what only the index has; mu must be held.
func (a *account) takeHistory(inVault []happening) {
	inIndex := a.stored.History
	a.stored.History, a.told = slices.Clone(inVault), len(inVault)
	for _, h := range inIndex {
		a.happened(h)
	}
	a.tellNotices()
}

// codeMade notes that a code for a computer was shown; mu must be held.
func (a *account) codeMade(g storedGrant, method authn.OfflineMethod, now time.Time) {
	a.happened(happening{
		ID: "offline " + strconv.FormatUint(a.stored.Offline.Noted, 10), At: now, What: whatOffline,
		Facts: map[string]string{"computer": g.Grant.Computer.Name, "method": string(method)},
	})
}
