package offline

import (
	"errors"
	"net/http"
	"time"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/live"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/wire"
)

// sync takes what a computer has to tell, and answers with what it has to know.
func (s *Service) sync(w http.ResponseWriter, r *http.Request) error {
	c, body, err := s.proof.Computer(w, r)
	if err != nil {
		return err
	}
	var cmd wire.SyncComputer
	if err := api.Decode(body, &cmd); err != nil {
		return err
	}
	if len(cmd.Journal) > wire.MaxJournal || len(cmd.Batches) > wire.MaxBatches {
		return api.ErrBody.Because(errors.New("too many entries or batches"))
	}
	lines, err := readJournal(cmd.Journal)
	if err != nil {
		return err
	}
	lists, err := s.readBatches(c, cmd.Batches)
	if err != nil {
		return err
	}
	var t *contact
	err = s.site.Store.Update(r.Context(), func(tx store.Tx) error {
		t = &contact{service: s, tx: tx, now: s.site.Now(), computer: c, woken: map[authn.DeviceID]bool{}, alerts: map[alert]bool{}, users: map[authn.UserID]bool{}}
		return t.take(lines, lists, authn.CleanText(cmd.App, 32))
	})
	if err != nil {
		return err
	}
	s.wake(t.woken)
	for u := range t.users {
		s.site.Live.Wake(live.User(string(u)))
	}
	answer, err := s.synced(r, t.computer)
	if err != nil {
		return err
	}
	return api.Write(w, http.StatusOK, answer)
}

// contact is one sync of a computer in its transaction.
type contact struct {
	service  *Service
	tx       store.Tx
	now      time.Time
	computer authn.Computer
	woken    map[authn.DeviceID]bool // whose grants or lists have changed
	users    map[authn.UserID]bool   // who has a new notice
	alerts   map[alert]bool          // who was told of what: once in a contact
}

// take works through all that was told. The computer is read anew: it may have been reported stolen since its proof was checked.
func (t *contact) take(lines []line, lists []list, app string) error {
	c, err := t.tx.Computer(t.computer.ID)
	if err != nil {
		return err
	}
	if err := c.Usable(); err != nil {
		return err
	}
	if c.Key != t.computer.Key {
		return authn.ErrComputerGone
	}
	t.computer = c
	for _, l := range lists {
		if err := t.addList(l); err != nil {
			return err
		}
	}
	for _, l := range lines {
		if err := t.addLine(l); err != nil {
			return err
		}
	}
	if t.computer.App = app; len(lines) < wire.MaxJournal { // it has told everything
		t.computer.LastSeenAt = t.now
	}
	return t.tx.UpdateComputer(c.ID, func(authn.Computer) (authn.Computer, error) { return t.computer, nil })
}

// synced is the answer to a sync.
func (s *Service) synced(r *http.Request, c authn.Computer) (wire.SyncedComputer, error) {
	now := s.site.Now()
	var all teller
	shown := []wire.ListPosition{}
	err := s.site.Store.View(r.Context(), func(rd store.Reader) error {
		grants, err := rd.GrantsOfComputer(c.ID, now.Add(-longOver))
		if err != nil {
			return err
		}
		if all, err = gather(rd, grants); err != nil {
			return err
		}
		shown, err = positions(rd, c.ID, all.batches, now)
		return err
	})
	if err != nil {
		return wire.SyncedComputer{}, err
	}
	signed, err := all.sign(s)
	return wire.SyncedComputer{ComputerSettings: s.settings(c), Grants: signed, Shown: shown, JournalSeq: c.JournalSeq}, err
}

// positions says how far lists have been gone through elsewhere: by the phones, and by the service desk in so far as its two minutes are over.
func positions(r store.Reader, c authn.ClientID, batches []authn.Batch, now time.Time) ([]wire.ListPosition, error) {
	shown := []wire.ListPosition{}
	for _, b := range batches {
		last := b.Shown
		if b.Holder == "" {
			for last = b.Given; last > 0; last-- {
				u, err := r.OfflineUse(c, listUse(b.ID, last-1))
				if errors.Is(err, store.ErrNotFound) {
					break
				}
				if err != nil {
					return nil, err
				}
				if !u.UsedAt.IsZero() || !now.Before(u.ReleaseExpires) {
					break
				}
			}
		}
		if last > 0 {
			shown = append(shown, wire.ListPosition{Batch: b.ID, Index: last - 1})
		}
	}
	return shown, nil
}

// list is a batch whose signature was checked.
type list struct {
	wire.Batch
	raw    string
	holder authn.DeviceID // "" is the service desk
}

var errBatch = authn.Fail(authn.Invalid, "bad_batch", "A list of codes cannot be read. Update avow-login.")

// readBatches checks signatures before the transaction, where they would hold everybody up.
func (s *Service) readBatches(c authn.Computer, raw []string) ([]list, error) {
	lists := make([]list, 0, len(raw))
	for _, text := range raw {
		_, holder, err := wire.PeekBatch(text)
		if err != nil {
			return nil, errBatch.Because(err)
		}
		b, err := wire.VerifyBatch(text, c.Key, c.ID, holder)
		if err != nil {
			return nil, errBatch.Because(err)
		}
		l := list{Batch: b, raw: text}
		if holder != s.site.Issuer {
			l.holder = authn.DeviceID(holder)
		}
		if holder == "" {
			return nil, errBatch.Because(errors.New("nobody holds it"))
		}
		lists = append(lists, l)
	}
	return lists, nil
}

// kept is how many lists of one grant and holder there are: the new one, and the old one until the first code of the new one is used.
const kept = 2

// addList keeps a list for the phone, or the service desk, of one of the computer's own grants.
func (t *contact) addList(l list) error {
	g, err := t.tx.Grant(l.Grant)
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil || g.Computer != t.computer.ID || g.State != authn.GrantActive || l.holder != "" && l.holder != g.Device {
		return err
	}
	err = t.tx.CreateBatch(authn.Batch{ID: l.ID, Grant: g.ID, Holder: l.holder, JWS: l.raw, Key: l.JWK, Count: l.Count, CreatedAt: t.now})
	if errors.Is(err, store.ErrExists) { // told again, or an id that somebody else has
		return nil
	}
	if err != nil {
		return err
	}
	if l.holder != "" {
		t.woken[g.Device] = true
	}
	all, err := t.tx.BatchesOf(g.ID)
	if err != nil {
		return err
	}
	n := 0
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Holder != l.holder {
			continue
		}
		if n++; n > kept {
			if err := t.tx.DeleteBatch(all[i].ID); err != nil {
				return err
			}
		}
	}
	return nil
}

// alert is who is told of what at which computer.
type alert struct {
	kind authn.NoticeKind
	user authn.UserID
}

// tell queues the notices of an alert: to the administrators, and to the user if there is one; each kind once in a contact.
func (t *contact) tell(kind authn.NoticeKind, user authn.UserID, facts map[string]string) error {
	if t.alerts[alert{kind, user}] {
		return nil
	}
	t.alerts[alert{kind, user}] = true
	t.users[user] = true
	return t.service.alarm(t.tx, kind, t.computer, user, facts, t.now)
}

// alarm tells the administrators, and the user if there is one. The phones of the user are told too, all of them.
func (s *Service) alarm(tx store.Tx, kind authn.NoticeKind, c authn.Computer, user authn.UserID, facts map[string]string, now time.Time) error {
	all := map[string]string{"computer": c.Name, "computer_id": string(c.ID)}
	for k, v := range facts {
		all[k] = v
	}
	if user != "" {
		u, err := tx.User(user)
		if err != nil {
			return err
		}
		all["login"], all["name"] = u.Login, u.Name
		if err := site.Notify(tx, u, kind, "", all, now); err != nil {
			return err
		}
	}
	if err := s.site.NotifyAdmins(tx, kind, "", all, now); err != nil {
		return err
	}
	return tx.AppendAudit(authn.AuditRecord{
		At: now, Actor: "server", Action: "computer." + string(kind), Subject: string(c.ID), Facts: map[string]string{"user": string(user), "what": facts["what"]},
	})
}
