package offline

import (
	"errors"
	"fmt"
	"time"

	"avow/internal/authn"
	"avow/internal/store"
	"avow/internal/wire"
)

// line is an entry of a journal that is fit to be kept.
type line struct {
	wire.JournalEntry
	sum authn.Hash
	use authn.Hash // of a sign-in
}

var errJournal = authn.Fail(authn.Invalid, "bad_journal", "The computer's journal cannot be read. Update avow-login.")

// maxSeq is what every JSON reader keeps exact.
const maxSeq = 1 << 53

// readJournal checks what an entry says of itself; whether it fits to the others is seen in the transaction.
func readJournal(entries []wire.JournalEntry) ([]line, error) {
	lines := make([]line, 0, len(entries))
	for _, e := range entries {
		l := line{JournalEntry: e, sum: e.Sum()}
		bad := func(what string) error { return errJournal.Because(fmt.Errorf("entry %d: %s", e.Seq, what)) }
		switch e.Kind {
		case wire.JournalSignIn:
			if !e.Method.Valid() || l.use.UnmarshalText([]byte(e.Use)) != nil {
				return nil, bad("a sign-in without method or use")
			}
		case wire.JournalRefused, wire.JournalLocked:
			if e.Method != "" && !e.Method.Valid() {
				return nil, bad("unknown method")
			}
		default:
			return nil, bad("unknown kind")
		}
		if e.Seq == 0 || e.Seq > maxSeq || !goodTime(e.At) {
			return nil, bad("seq or time out of bounds")
		}
		lines = append(lines, l)
	}
	return lines, nil
}

// goodTime reports whether the database can keep a time: a clock of 1970 is wrong and fine.
func goodTime(unix int64) bool { return unix >= 0 && unix < 1<<33 } // until 2242

// addLine puts one entry behind the journal's end, if it is new. One that does not fit is an alert, and the journal goes on from it.
func (t *contact) addLine(l line) error {
	c := &t.computer
	if l.Seq <= c.JournalSeq {
		_, err := t.tx.OfflineUseByLine(c.ID, l.sum)
		if err == nil { // told again: its sum holds all that was before it
			return nil
		}
		if !errors.Is(err, store.ErrNotFound) {
			return err
		}
	}
	what := ""
	switch {
	case l.Seq > c.JournalSeq+1:
		what = "gap"
	case l.Seq <= c.JournalSeq, l.Prev != c.JournalSum:
		what = "fork"
	}
	if what != "" {
		facts := map[string]string{"what": what, "seq": fmt.Sprint(l.Seq), "expected": fmt.Sprint(c.JournalSeq + 1)}
		if err := t.tell(authn.NoticeJournalBroken, "", facts); err != nil {
			return err
		}
	}
	c.JournalSeq, c.JournalSum = l.Seq, l.sum
	g, err := t.grantOf(l)
	if err != nil {
		return err
	}
	if l.Kind == wire.JournalSignIn {
		return t.signIn(l, g)
	}
	if l.Kind == wire.JournalLocked {
		if err := t.tell(authn.NoticeOfflineLocked, g.User, map[string]string{"login": authn.CleanText(l.Login, 128)}); err != nil {
			return err
		}
	}
	return t.keep(t.written(authn.OfflineUse{Use: l.sum}, l, g))
}

// grantOf finds the grant of an entry among the computer's own; the zero value for another's or none.
func (t *contact) grantOf(l line) (authn.Grant, error) {
	g, err := t.tx.Grant(l.Grant)
	if errors.Is(err, store.ErrNotFound) || err == nil && g.Computer != t.computer.ID {
		return authn.Grant{}, nil
	}
	return g, err
}

// written is a use with what the journal says of it.
func (t *contact) written(u authn.OfflineUse, l line, g authn.Grant) authn.OfflineUse {
	if u.CreatedAt.IsZero() {
		u.Computer, u.Grant, u.Device, u.User, u.CreatedAt = t.computer.ID, l.Grant, g.Device, g.User, t.now
	}
	if u.Method == "" {
		u.Method = l.Method
	}
	u.Kind, u.Login, u.Seq, u.Sum = string(l.Kind), authn.CleanText(l.Login, 128), l.Seq, l.sum
	u.ComputerAt, u.ReceivedAt = time.Unix(l.At, 0).UTC(), t.now
	return u
}

// keep writes a use that is new, or one that was there before.
func (t *contact) keep(u authn.OfflineUse) error {
	err := t.tx.CreateOfflineUse(u)
	if !errors.Is(err, store.ErrExists) {
		return err
	}
	return t.tx.UpdateOfflineUse(u.Computer, u.Use, func(authn.OfflineUse) (authn.OfflineUse, error) { return u, nil })
}

// signIn keeps a sign-in and holds it against what the phone and the service desk have told. Whether the phone knows of it is seen when the
// phone calls next.
func (t *contact) signIn(l line, g authn.Grant) error {
	known, err := t.tx.OfflineUse(t.computer.ID, l.use)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	if known.Kind != "" { // the code was used before: a computer takes each once
		known = authn.OfflineUse{Use: l.sum, AlertedAt: t.now}
		if err := t.tell(authn.NoticeOfflineUnknown, g.User, map[string]string{"what": "twice"}); err != nil {
			return err
		}
		return t.keep(t.written(known, l, g))
	}
	known.Use = l.use
	u := t.written(known, l, g)
	kind, what := authn.NoticeKind(""), ""
	switch {
	case g.ID == authn.GrantID{}:
		kind, what = authn.NoticeOfflineUnknown, "grant"
	case l.Method == authn.OfflineDesk && u.ReleasedAt.IsZero():
		kind, what = authn.NoticeDeskUnknown, "not given out"
	case l.Method == authn.OfflineDesk && u.UsedAt.IsZero() && t.computer.LastSeenAt.After(u.ReleaseExpires):
		kind, what = authn.NoticeDeskUnknown, "too late" // it had called in between, and knew that the code was over
	}
	if kind != "" {
		u.AlertedAt = t.now
		if err := t.tell(kind, g.User, map[string]string{"what": what}); err != nil {
			return err
		}
	}
	if err := t.keep(u); err != nil {
		return err
	}
	return t.advance(l, g)
}

// advance finds the list's code that was used, so that the phone goes on behind it. An entry names it by its hash only.
func (t *contact) advance(l line, g authn.Grant) error {
	if l.Method == authn.OfflineQR || g.State != authn.GrantActive {
		return nil
	}
	lists, err := t.tx.BatchesOf(g.ID)
	if err != nil {
		return err
	}
	for _, b := range lists {
		if (b.Holder == "") != (l.Method == authn.OfflineDesk) {
			continue
		}
		for i := range b.Count {
			if listUse(b.ID, i) != l.use {
				continue
			}
			t.woken[g.Device] = true
			return t.tx.UpdateBatch(b.ID, func(b authn.Batch) (authn.Batch, error) {
				b.Used = max(b.Used, i+1)
				return b, nil
			})
		}
	}
	return nil
}
