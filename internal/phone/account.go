package phone

import (
	"slices"
	"sync"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/phone/keystore"
	"avow/internal/wire"
)

// storedAccount is an account as the vault and its index keep it. Append fields, never rename.
type storedAccount struct {
	ID       AccountID     `json:"id"`
	Server   client.Server `json:"server"`
	User     authn.UserID  `json:"user"`
	Login    string        `json:"login"`
	Name     string        `json:"name"`
	Keys     keyIDs        `json:"keys"`
	AddedAt  time.Time     `json:"added_at"`
	Status   storedStatus  `json:"status"`
	Receipts []Receipt     `json:"receipts,omitempty"` // in the index: those that the vault does not have yet
	Offline  storedOffline `json:"offline,omitzero"`
	Clock    storedClock   `json:"clock,omitzero"`
	Restore  storedRestore `json:"restore,omitzero"`
	Lock     storedLock    `json:"lock,omitzero"`
	Sealed   sealedRestore `json:"sealed,omitzero"`   // in the vault only, and while it is open
	History  []happening   `json:"history,omitempty"` // oldest first; in the index: those that the vault does not have yet
}

// storedStatus is what was known last, to be shown while the server cannot be asked.
type storedStatus struct {
	Status            AccountStatus `json:"status"`
	Since             time.Time     `json:"since"`
	PasswordChangedAt time.Time     `json:"password_changed_at,omitzero"`
	PasswordExpiresAt time.Time     `json:"password_expires_at,omitzero"`
	CheckWords        [2]string     `json:"check_words"`
	Last              *LastAnswer   `json:"last,omitempty"`
}

// keyIDs name the three keys of an account in the keystore.
type keyIDs struct {
	Device   keystore.ID `json:"device"`
	Approval keystore.ID `json:"approval"`
	Exchange keystore.ID `json:"exchange"`
}

func newKeyIDs() keyIDs {
	base := randomKeyBase()
	return keyIDs{
		Device: keystore.ID(base + "/device"), Approval: keystore.ID(base + "/approval"), Exchange: keystore.ID(base + "/exchange"),
	}
}

func (k keyIDs) all() []keystore.ID { return []keystore.ID{k.Device, k.Approval, k.Exchange} }

// Receipt is the proof of one decision: what was asked, what was said, and the server's countersignature.
type Receipt struct {
	At       time.Time          `json:"at"`
	Client   string             `json:"client"`
	Kind     authn.DecisionKind `json:"decision"`
	Request  string             `json:"request"`      // JWS
	Decision string             `json:"decision_jws"` // JWS
	Receipt  string             `json:"receipt"`      // JWS
}

// account is an account while the app runs. Its fields are guarded by Core.mu.
type account struct {
	stored    storedAccount
	device    *client.Device
	listens   bool // its stream is open
	trouble   error
	since     time.Time // when the server stopped answering
	checkedAt time.Time
	muted     time.Time
	offset    time.Duration // server's clock less ours
	offsetAt  time.Time     // when that was found
	notices   []wire.Notice
	stop      func()        // ends its stream
	looked    time.Time     // when the server was asked who it is
	lost      bool          // its device key is missing: nothing can be said to its server
	asking    sync.Mutex    // one call about computers at a time; taken before Core.saving
	stale     bool          // what is known of computers may be old: the server has to be asked
	waiting   bool          // a call about computers waits for its turn
	offers    chan struct{} // wakes who waits for what becomes of an offer
	probation time.Time     // until then this device changes nothing about the account
	kept      int           // how many of stored.Receipts, from the first, the vault holds
	told      int           // and how many of stored.History

	keeping  sync.Mutex          // one exchange about the escrow at a time; taken before Core.saving
	restores []wire.RestoreEntry // of the account, under way on other phones
}

// maxReceipts is how many receipts of an account are kept, the newest: the vault is written anew with each one, and must never outgrow
// what it reads.
const maxReceipts = 500

// addReceipt appends and lets the oldest go; Core.saving and Core.mu must be held.
func (a *account) addReceipt(r Receipt) {
	a.stored.Receipts = append(a.stored.Receipts, r)
	if over := len(a.stored.Receipts) - maxReceipts; over > 0 {
		a.stored.Receipts = slices.Clone(a.stored.Receipts[over:])
		a.kept = max(0, a.kept-over)
	}
}

// mergeReceipts gives the vault's receipts and those that only the index has: a crash between the two files leaves some in both.
func mergeReceipts(inVault, inIndex []Receipt) []Receipt {
	all := slices.Clone(inVault)
	for _, r := range inIndex {
		if !slices.ContainsFunc(inVault, func(v Receipt) bool { return v.Decision == r.Decision }) {
			all = append(all, r)
		}
	}
	return all
}

func (a *account) public() Account {
	s := a.stored
	p := Account{
		ID: s.ID, Issuer: s.Server.Issuer, Host: s.Server.Host(), Organisation: s.Server.Organisation, Support: s.Server.Support, Brand: s.Server.Brand,
		Login: s.Login, Name: s.Name, Status: s.Status.Status, Since: s.Status.Since, CheckedAt: a.checkedAt, Trouble: a.trouble,
		PasswordChangedAt: s.Status.PasswordChangedAt, PasswordExpiresAt: s.Status.PasswordExpiresAt, CheckWords: s.Status.CheckWords, MutedUntil: a.muted, ProbationUntil: a.probation,
		Notices: a.notices, Last: s.Status.Last, Restore: s.restoreView(), Restores: a.restores,
	}
	if a.trouble != nil && p.Status != Removed {
		p.Status, p.Since = Unreachable, a.since
	}
	return p
}
