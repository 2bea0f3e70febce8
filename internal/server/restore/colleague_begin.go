package restore

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/api"
	"avow/internal/server/live"
	"avow/internal/store"
	"avow/internal/wire"
)

// BeginsByAddress is how many restores by colleagues one address may begin in an hour.
const BeginsByAddress = 20

// maxUnproved is how many restores of one user may wait for their first one-time code: whoever has proved nothing ends nobody else's.
const maxUnproved = 3

// decoys are restores that were asked for where none is possible: of users who do not exist, have named nobody, or may not. They behave like those that wait
// for their one-time code, so that nobody learns which it is. They are in memory only, and bounded: a restart tells no more than that there was one.
type decoys struct {
	mu  sync.Mutex
	now map[authn.RestoreID]decoy
}

type decoy struct {
	key       key.Public
	statement authn.Hash
	at        time.Time
}

const maxDecoys = 4096

func (d *decoys) add(id authn.RestoreID, x decoy) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.now) >= maxDecoys {
		for old, y := range d.now {
			if x.at.Sub(y.at) >= authn.DeskTime {
				delete(d.now, old)
			}
		}
	}
	if len(d.now) >= maxDecoys || d.now == nil {
		d.now = map[authn.RestoreID]decoy{}
	}
	d.now[id] = x
}

// of finds the decoy of a phone's key.
func (d *decoys) of(id authn.RestoreID, pub key.Public) (decoy, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	x, ok := d.now[id]
	return x, ok && x.key == pub
}

// beginColleagues begins a restore for somebody who has no code. Whatever the account, its answer is the same.
func (s *Service) beginColleagues(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	var q wire.RestoreAsk
	pub, err := s.introduced(w, r, &q)
	if err != nil {
		return err
	}
	stated, err := wire.VerifyRestoration(q.Statement)
	if err != nil || stated.Audience != s.site.Issuer {
		return errStart.Because(err)
	}
	if stated.DeviceJWK != pub {
		return errKeys
	}
	a := attempt{stated: stated, hash: hashText(q.Statement), ip: api.ClientIP(ctx), now: s.site.Now()}
	at, err := s.begun(ctx, a)
	if errors.Is(err, store.ErrNotFound) {
		at, err = a.now, s.beginFirst(ctx, a)
	}
	if err != nil {
		return err
	}
	return api.Write(w, http.StatusOK, wire.RestoreAsked{State: authn.RestoreProved, ExpiresAt: at.Add(authn.DeskTime).Unix(), ServerTime: a.now.Unix()})
}

// begun finds when the same statement was sent before, its answer lost perhaps. store.ErrNotFound for a new one.
func (s *Service) begun(ctx context.Context, a attempt) (time.Time, error) {
	if x, ok := s.decoys.of(a.stated.RestoreID, a.stated.DeviceJWK); ok {
		if x.statement != a.hash {
			return x.at, errStart
		}
		return x.at, nil
	}
	x, err := s.again(ctx, a)
	if err == nil && x.Kind != authn.RestoreByColleagues {
		err = errStart
	}
	return x.CreatedAt, err
}

func (s *Service) beginFirst(ctx context.Context, a attempt) error {
	if !s.answers(a.stated, a.now) {
		return authn.ErrRestoreExpired
	}
	policy := s.site.Policy()
	if policy.Attestation == authn.AttestationRequired {
		return authn.ErrAttestationRequired
	}
	if !a.stated.Verifies.NoLaxerThan(policy.UserVerification) {
		return errStart
	}
	if _, err := s.begins.Take(a.ip, a.now); err != nil {
		return err
	}
	why := ""
	err := s.site.Store.Update(ctx, func(tx store.Tx) (err error) {
		if why, err = s.mayAsk(tx, a); err != nil {
			return err
		}
		if why == "" {
			return s.beginWith(tx, a)
		}
		return tx.AppendAudit(authn.AuditRecord{
			At: a.now, Actor: "server", Action: "restore.colleagues_refused", Subject: string(a.stated.Account), IP: a.ip, Facts: map[string]string{"why": why},
		})
	})
	if err != nil {
		return err
	}
	if why != "" {
		s.decoys.add(a.stated.RestoreID, decoy{a.stated.DeviceJWK, a.hash, a.now})
	}
	s.wake(a.stated.Account)
	s.site.Live.Wake(live.Outbox)
	return nil
}

// mayAsk says why nobody can be asked for an account; "" if they can.
func (s *Service) mayAsk(tx store.Tx, a attempt) (why string, err error) {
	u, err := tx.User(a.stated.Account)
	if errors.Is(err, store.ErrNotFound) {
		return "user_unknown", nil
	}
	if err != nil {
		return "", err
	}
	if err := u.Active(); err != nil {
		return authn.CodeOf(err), nil
	}
	g, err := tx.RestoreGuard(u.ID)
	if err != nil {
		return "", err
	}
	if err := g.May(s.site.Policy().RestoreFor(u.Groups), a.now); err != nil {
		return authn.CodeOf(err), nil
	}
	if needed := s.needed(g); needed > len(g.Colleagues) {
		return "too_few_colleagues", nil
	}
	open, err := tx.OpenRestores(u.ID)
	if err != nil {
		return "", err
	}
	unproved := 0
	for _, x := range open {
		if x.Unproved() && x.StateAt(a.now) == authn.RestoreProved {
			unproved++
		}
	}
	if unproved >= maxUnproved {
		return "too_many_open", nil
	}
	if err := ownKeys(tx, a.restore(u, authn.RestoreByMail)); err != nil {
		if errors.Is(err, errKeys) {
			return authn.CodeOf(err), nil
		}
		return "", err
	}
	if g, err = g.MailUnproved(a.now); err != nil {
		return "too_many_codes", nil
	}
	return "", tx.UpdateRestoreGuard(u.ID, func(authn.RestoreGuard) (authn.RestoreGuard, error) { return g, nil })
}

// needed is how many colleagues have to say Yes: as many as she wanted, and as the organisation wants now.
func (s *Service) needed(g authn.RestoreGuard) int {
	return max(g.Needed, s.site.Policy().ColleaguesNeeded, 1)
}

// restore is what an attempt becomes.
func (a attempt) restore(u authn.User, by authn.RestoreDelivery) authn.Restore {
	x := authn.NewRestore(a.stated.RestoreID, u.ID, authn.RestoreByColleagues, by, a.now)
	x.Challenge, x.Statement = hashText(a.stated.Challenge), a.hash
	x.Keys = authn.DeviceKeys{Device: a.stated.DeviceJWK, Approval: a.stated.ApprovalJWK, Exchange: a.stated.ExchangeJWK}
	x.Info, x.Class, x.UV, x.Verifies, x.IP = a.stated.Device.Clean(), key.Software, a.stated.UV, a.stated.Verifies, a.ip
	return x
}

// beginWith makes the restore and sends its one-time code. That mail is all that anybody hears until the code came back.
func (s *Service) beginWith(tx store.Tx, a attempt) error {
	u, err := tx.User(a.stated.Account)
	if err != nil {
		return err
	}
	x := a.restore(u, s.site.RestoreDelivery(u))
	if err := tx.CreateRestore(x); err != nil {
		return err
	}
	if x.Delivery == authn.RestoreByMail {
		m := authn.Message{Kind: authn.MessageColleagueCode, Channel: authn.ChannelMail, Restore: x.ID, CreatedBy: "server"}
		if err := s.site.Send(tx, u, m, a.now); err != nil {
			return err
		}
	}
	rec := record(x, "restore.colleagues", "server", a.ip, "", a.now)
	rec.Facts["delivery"] = string(x.Delivery)
	return tx.AppendAudit(rec)
}

// unproved is the one state of every restore by colleagues, and of every decoy, until its one-time code came back.
func (s *Service) unproved(at time.Time) wire.RestoreStatus {
	now := s.site.Now()
	end := at.Add(authn.DeskTime)
	out := wire.RestoreStatus{State: authn.RestoreProved, Kind: authn.RestoreByColleagues, ExpiresAt: end.Unix(), ServerTime: now.Unix()}
	if !now.Before(end) {
		out.State, out.ExpiresAt, out.Reason = authn.RestoreExpired, 0, authn.ErrRestoreExpired.Code
	}
	return out
}

// quiet replaces an error that would tell of the account before anything was proved.
func quiet(x authn.Restore, err error, with *authn.Error) error {
	if err == nil || !x.Unproved() {
		return err
	}
	if k := authn.AsError(err).Kind; k == authn.Internal || k == authn.Unavailable {
		return err
	}
	return with
}
