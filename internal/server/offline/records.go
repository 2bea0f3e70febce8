package offline

import (
	"errors"
	"net/http"
	"time"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/live"
	"avow/internal/store"
	"avow/internal/wire"
)

// patience is how long before a phone's call a sign-in must have been told of to be missed: the note of a code that is shown right now
// may be on its way.
const patience = time.Minute

// records takes a phone's notes and answers with all that it may use. It is for devices of blocked users too: they have to hear that
// their grants have ended.
func (s *Service) records(w http.ResponseWriter, r *http.Request) error {
	d, body, err := s.proof.AnyDevice(w, r)
	if err != nil {
		return err
	}
	var cmd wire.OfflineSync
	if err := api.Decode(body, &cmd); err != nil {
		return err
	}
	if len(cmd.Records) > wire.MaxRecords {
		return api.ErrBody.Because(errors.New("too many records"))
	}
	notes, err := readRecords(cmd.Records)
	if err != nil {
		return err
	}
	now := s.site.Now()
	missed := false
	if len(notes) > 0 || s.due(r, d.ID, now) {
		err = s.site.Store.Update(r.Context(), func(tx store.Tx) (err error) {
			for _, n := range notes {
				if err := addNote(tx, d, n, now); err != nil {
					return err
				}
			}
			if missed = false; len(notes) == wire.MaxRecords { // there may be more
				return nil
			}
			missed, err = s.miss(tx, d, now)
			return err
		})
		if err != nil {
			return err
		}
	}
	if missed {
		s.site.Live.Wake(live.User(string(d.User)))
	}
	answer, err := s.answer(r, d)
	if err != nil {
		return err
	}
	return api.Write(w, http.StatusOK, answer)
}

// due reports whether there may be sign-ins that this phone does not know: most calls bring nothing and find nothing, and write nothing.
func (s *Service) due(r *http.Request, d authn.DeviceID, now time.Time) bool {
	unknown := false
	err := s.site.Store.View(r.Context(), func(rd store.Reader) error {
		list, err := rd.UnknownUses(d, now.Add(-patience))
		unknown = len(list) > 0
		return err
	})
	return unknown || err != nil // the update tells what is wrong
}

// note is a record that is fit to be kept.
type note struct {
	wire.OfflineRecord
	use authn.Hash
}

var errRecord = authn.Fail(authn.Invalid, "bad_record", "The app's notes of its codes cannot be read. Update the app.")

func readRecords(records []wire.OfflineRecord) ([]note, error) {
	notes := make([]note, 0, len(records))
	for _, rec := range records {
		n := note{OfflineRecord: rec}
		switch {
		case rec.Method != authn.OfflineQR && rec.Method != authn.OfflineList, !goodTime(rec.At), n.use.UnmarshalText([]byte(rec.Use)) != nil:
			return nil, errRecord
		case rec.List != nil && (rec.Method != authn.OfflineList || rec.List.Index < 0 || rec.List.Index > 1<<16 || wire.ListUse(*rec.List) != rec.Use):
			return nil, errRecord
		}
		notes = append(notes, n)
	}
	return notes, nil
}

// addNote keeps a note about one of the device's own grants.
func addNote(tx store.Tx, d authn.Device, n note, now time.Time) error {
	g, err := tx.Grant(n.Grant)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil || g.Device != d.ID {
		return err
	}
	told := func(u authn.OfflineUse) (authn.OfflineUse, error) {
		if u.RecordedAt.IsZero() {
			u.PhoneAt, u.RecordedAt = time.Unix(n.At, 0).UTC(), now
		}
		return u, nil
	}
	err = tx.UpdateOfflineUse(g.Computer, n.use, told)
	if errors.Is(err, store.ErrNotFound) {
		u, _ := told(authn.OfflineUse{
			Computer: g.Computer, Use: n.use, Grant: g.ID, Device: g.Device, User: g.User, Method: n.Method, CreatedAt: now,
		})
		err = tx.CreateOfflineUse(u)
	}
	if err != nil || n.List == nil {
		return err
	}
	b, err := tx.Batch(n.List.Batch)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil || b.Grant != g.ID || b.Holder != d.ID || n.List.Index >= b.Count {
		return err
	}
	return tx.UpdateBatch(b.ID, func(b authn.Batch) (authn.Batch, error) {
		b.Shown = max(b.Shown, n.List.Index+1)
		return b, nil
	})
}

// miss finds the sign-ins with codes of this phone that it knows nothing of, and tells people, once for each computer.
func (s *Service) miss(tx store.Tx, d authn.Device, now time.Time) (bool, error) {
	unknown, err := tx.UnknownUses(d.ID, now.Add(-patience))
	if err != nil {
		return false, err
	}
	told := map[authn.ClientID]bool{}
	for _, u := range unknown {
		err := tx.UpdateOfflineUse(u.Computer, u.Use, func(u authn.OfflineUse) (authn.OfflineUse, error) {
			u.AlertedAt = now
			return u, nil
		})
		if err != nil {
			return false, err
		}
		if told[u.Computer] {
			continue
		}
		told[u.Computer] = true
		c, err := tx.Computer(u.Computer)
		if err != nil {
			return false, err
		}
		facts := map[string]string{"device": d.Info.Name, "model": d.Info.Model, "what": "phone"}
		if err := s.alarm(tx, authn.NoticeOfflineUnknown, c, u.User, facts, now); err != nil {
			return false, err
		}
	}
	return len(told) > 0, nil
}

// answer is all that a device may use, and what it may not use any more.
func (s *Service) answer(r *http.Request, d authn.Device) (wire.OfflineAnswer, error) {
	now := s.site.Now()
	var all teller
	err := s.site.Store.View(r.Context(), func(rd store.Reader) error {
		grants, err := rd.GrantsOfDevice(d.ID, now.Add(-longOver))
		if err != nil {
			return err
		}
		all, err = gather(rd, grants)
		return err
	})
	if err != nil {
		return wire.OfflineAnswer{}, err
	}
	a := wire.OfflineAnswer{Batches: []string{}, Used: []wire.ListPosition{}, ServerTime: now.Unix()}
	for _, b := range all.batches {
		if b.Holder != d.ID {
			continue
		}
		a.Batches = append(a.Batches, b.JWS)
		if b.Used > 0 {
			a.Used = append(a.Used, wire.ListPosition{Batch: b.ID, Index: b.Used - 1})
		}
	}
	a.Grants, err = all.sign(s)
	return a, err
}
