package phone

import (
	"cmp"
	"slices"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/wire"
)

// storedOffline is what an account knows of computers, as vault and index keep it. Nothing in it is secret: codes are made with the
// exchange key. It is written only with Core.saving held, and replaced as a whole: who reads it may keep its slices.
type storedOffline struct {
	Grants  []storedGrant  `json:"grants,omitempty"`
	Records []storedRecord `json:"records,omitempty"` // those that the server does not have, oldest first
	Noted   uint64         `json:"noted,omitempty"`   // number of the last record ever written
	Told    uint64         `json:"told,omitempty"`    // the server has those up to this number
}

// storedGrant is a grant with its lists.
type storedGrant struct {
	Grant   wire.Grant    `json:"grant"`             // was verified
	Batches []storedBatch `json:"batches,omitempty"` // newest last, at most maxBatches
	LastUse string        `json:"last_use,omitempty"`
}

// storedRecord is a note of a code that was made.
type storedRecord struct {
	N uint64 `json:"n"`
	wire.OfflineRecord
}

const (
	maxBatches = 2                   // of a grant: the one in use, and the one that follows it
	maxKept    = 4 * authn.MaxGrants // grants of an account, ended ones too
	maxUntold  = 1000                // records: the files must never outgrow what they are read with
)

func (o storedOffline) clone() storedOffline {
	o.Grants = slices.Clone(o.Grants)
	for i := range o.Grants {
		o.Grants[i].Batches = slices.Clone(o.Grants[i].Batches)
	}
	o.Records = slices.Clone(o.Records)
	return o
}

// grant returns the grant with an id, nil if there is none.
func (o *storedOffline) grant(id authn.GrantID) *storedGrant {
	for i := range o.Grants {
		if o.Grants[i].Grant.ID == id {
			return &o.Grants[i]
		}
	}
	return nil
}

// takeGrant believes a verified grant if it is newer than what is known, and reports whether that changed anything. What has ended stays so,
// whatever comes later: a stolen computer gets no codes for ever.
func (o *storedOffline) takeGrant(g wire.Grant) bool {
	known := o.grant(g.ID)
	if known == nil {
		o.Grants = append(o.Grants, storedGrant{Grant: g})
		o.dropOldest()
		return true
	}
	if !replaces(g, known.Grant) {
		return false
	}
	if g.ComputerJWK != known.Grant.ComputerJWK { // its lists were another key's
		known.Batches = nil
	}
	known.Grant = g
	return true
}

func replaces(g, known wire.Grant) bool {
	if g.Seq <= known.Seq {
		return false
	}
	switch known.State {
	case authn.GrantActive:
		return true
	case authn.GrantRevoked:
		return g.State == authn.GrantStolen
	}
	return false
}

// dropOldest lets the grant go that is over longest, if there are more than a server ever has. One that tells of a theft goes last.
func (o *storedOffline) dropOldest() {
	if len(o.Grants) <= maxKept {
		return
	}
	oldest := slices.MinFunc(o.Grants, func(a, b storedGrant) int {
		rank := func(g storedGrant) int {
			if g.Grant.State == authn.GrantStolen {
				return 1
			}
			return 0
		}
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Grant.Expires, b.Grant.Expires))
	})
	o.Grants = slices.DeleteFunc(o.Grants, func(g storedGrant) bool { return g.Grant.ID == oldest.Grant.ID })
}

// note appends a record; ErrTooManyCodes if there is no room.
func (o *storedOffline) note(r wire.OfflineRecord) error {
	if len(o.Records) >= maxUntold {
		return ErrTooManyCodes
	}
	o.Noted++
	o.Records = append(o.Records, storedRecord{N: o.Noted, OfflineRecord: r})
	return nil
}

// noted reports whether a code was noted that the server does not know.
func (o *storedOffline) noted(use string) bool {
	return slices.ContainsFunc(o.Records, func(r storedRecord) bool { return r.Use == use })
}

// untold returns the oldest records that the server does not have, and the number of the last of them.
func (o *storedOffline) untold() (records []wire.OfflineRecord, last uint64) {
	records = []wire.OfflineRecord{} // not null
	for _, r := range o.Records[:min(len(o.Records), wire.MaxRecords)] {
		records, last = append(records, r.OfflineRecord), r.N
	}
	return records, last
}

// acknowledge forgets the records up to a number, which the server has, and reports whether there were any.
func (o *storedOffline) acknowledge(last uint64) bool {
	before := len(o.Records)
	o.Told = max(o.Told, last)
	o.Records = slices.DeleteFunc(o.Records, func(r storedRecord) bool { return r.N <= last })
	return len(o.Records) < before
}

// mergeOffline joins what the index knows with what the vault knows. Either may be behind after a crash between the two files, or after one of them
// was put back: the one that has gone further counts, so that nothing that has ended comes back and no code is shown twice.
func mergeOffline(inIndex, inVault storedOffline) storedOffline {
	o := inIndex.clone()
	for _, v := range inVault.Grants {
		o.takeGrant(v.Grant)
		g := o.grant(v.Grant.ID)
		switch {
		case g == nil:
		case len(g.Batches) == 0 && g.Grant.ComputerJWK == v.Grant.ComputerJWK:
			g.Batches, g.LastUse = slices.Clone(v.Batches), cmp.Or(g.LastUse, v.LastUse)
		default:
			for _, b := range v.Batches {
				g.advance(b)
			}
		}
	}
	for _, r := range inVault.Records {
		if r.N > inIndex.Noted {
			o.Records = append(o.Records, r)
		}
	}
	o.Noted = max(inIndex.Noted, inVault.Noted)
	o.acknowledge(max(inIndex.Told, inVault.Told))
	return o
}

// storedClock compares this device's clock with a server's.
type storedClock struct {
	Offset time.Duration `json:"offset_ns"` // the server's less ours
	Seen   time.Time     `json:"seen"`      // what the server's said last
}

// clockNews is how much an offset has to change to be stored anew for its own sake.
const clockNews = time.Minute

// note takes the server's time, and reports whether that is worth storing.
func (k *storedClock) note(now, server time.Time) bool {
	was := *k
	*k = storedClock{Offset: server.Sub(now.Round(0)), Seen: server}
	return (k.Offset-was.Offset).Abs() > clockNews || k.Seen.Sub(was.Seen) > 24*time.Hour
}

// best is the best guess at the server's time. This device's clock may be off by years, as it was when the server was asked, or may have been
// set right since: of the two, the earlier one that is not before the server's last word. It never goes back before that.
func (k storedClock) best(now time.Time) time.Time {
	now = now.Round(0)
	if k.Seen.IsZero() {
		return now
	}
	best := k.Seen
	for _, t := range []time.Time{now, now.Add(k.Offset)} {
		if t.After(k.Seen) && (best.Equal(k.Seen) || t.Before(best)) {
			best = t
		}
	}
	return best
}

// newBatch is a list as a computer has announced it.
func newBatch(b wire.Batch) storedBatch { return storedBatch{ID: b.ID, JWK: b.JWK, Count: b.Count} }

// storedBatch is a list of codes and how far it was shown.
type storedBatch struct {
	ID    authn.BatchID `json:"batch_id"`
	JWK   key.Public    `json:"batch_jwk"`
	Count int           `json:"count"`
	Next  int           `json:"next"`           // index of the code that is shown, or comes next
	Shown time.Time     `json:"shown,omitzero"` // by this device's clock: when Next was first shown; zero before
}
