package restore

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"time"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/approval"
	"avow/internal/server/session"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/wire"
)

// Approvals has colleagues asked by a, and hears what they say. Call it before the first request.
func (s *Service) Approvals(a *approval.Service) {
	s.approval = a
	a.Watch(session.ColleaguesID, s.answered)
}

// number is the six digits that the new phone shows and each colleague types: who says Yes has spoken to her. It is the same for all of them and for the whole
// restore, and known to nobody but its phone.
func (s *Service) number(id authn.RestoreID) string {
	h := hmac.New(sha256.New, s.numbers)
	h.Write([]byte(id))
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(h.Sum(nil))%1_000_000)
}

// ask begins to ask the colleagues once the one-time code was right, and tells everybody who can block it.
func (s *Service) ask(ctx context.Context, x authn.Restore, now time.Time) (authn.Restore, error) {
	ip := api.ClientIP(ctx)
	x, err := s.step(ctx, x.ID, x.Keys.Device, func(tx store.Tx, x authn.Restore, u authn.User) (authn.Restore, error) {
		if x.State != authn.RestoreProved { // somebody typed the right code twice at the same time
			return x, x.Ended(now)
		}
		g, err := tx.RestoreGuard(u.ID)
		if err != nil {
			return x, err
		}
		if err := g.May(s.site.Policy().RestoreFor(u.Groups), now); err != nil {
			return x, err
		}
		next, err := x.Ask(g.Colleagues, s.needed(g), now)
		if err != nil {
			return x, err
		}
		return next, s.announce(tx, next, u, ip, now)
	})
	if err != nil {
		return x, err
	}
	return s.askEach(ctx, x)
}

// announce ends the user's other restores by colleagues and tells user and service desk.
func (s *Service) announce(tx store.Tx, x authn.Restore, u authn.User, ip string, now time.Time) error {
	open, err := tx.OpenRestores(u.ID)
	if err != nil {
		return err
	}
	for _, o := range open {
		if o.ID == x.ID || o.Kind != authn.RestoreByColleagues {
			continue
		}
		if err := keep(tx, o.Fail("server", now)); err != nil {
			return err
		}
		if err := tx.AppendAudit(record(o, "restore.end", "server", ip, "", now)); err != nil {
			return err
		}
	}
	told, err := s.tells(tx, x, u)
	if err != nil {
		return err
	}
	if err := site.Notify(tx, u, authn.NoticeColleaguesAsked, "", told, now); err != nil {
		return err
	}
	if err := s.site.NotifyAdmins(tx, authn.NoticeColleaguesAsked, "", told, now); err != nil {
		return err
	}
	return tx.AppendAudit(record(x, "restore.ask", "server", ip, "", now))
}

// tells are the facts of a notice about a restore by colleagues.
func (s *Service) tells(r store.Reader, x authn.Restore, u authn.User) (map[string]string, error) {
	told := facts(x)
	told["name"], told["login"] = u.Name, u.Login
	var asked []authn.User
	for _, a := range x.Answers {
		c, err := r.User(a.User)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		asked = append(asked, c)
	}
	told["colleagues"] = names(asked)
	return told, nil
}

// askAgain asks those whose time to answer is over.
func (s *Service) askAgain(w http.ResponseWriter, r *http.Request) error {
	var q wire.RestoreName
	pub, err := s.introduced(w, r, &q)
	if err != nil {
		return err
	}
	if _, ok := s.decoys.of(q.RestoreID, pub); ok {
		return authn.ErrRestoreState
	}
	ctx, now := r.Context(), s.site.Now()
	var x authn.Restore
	err = s.site.Store.View(ctx, func(rd store.Reader) error {
		if x, err = of(rd, q.RestoreID, pub); err != nil {
			return err
		}
		if err := x.Ended(now); err != nil {
			return err
		}
		if x.State != authn.RestoreAsking {
			return authn.ErrRestoreState
		}
		return nil
	})
	if err = quiet(x, err, authn.ErrRestoreState); err != nil {
		return err
	}
	if x, err = s.askEach(ctx, x); err != nil {
		return err
	}
	return api.Write(w, http.StatusOK, s.status(x))
}

// askEach asks the colleagues who have not answered and have no open question. One who can't be asked now, having no phone or too many questions, is asked the
// next time.
func (s *Service) askEach(ctx context.Context, x authn.Restore) (authn.Restore, error) {
	if x.State != authn.RestoreAsking {
		return x, nil
	}
	var u authn.User
	var client authn.Client
	var waiting []authn.UserID
	now := s.site.Now()
	err := s.site.Store.Update(ctx, func(tx store.Tx) (err error) {
		if u, err = tx.User(x.User); err != nil {
			return err
		}
		if client, err = session.Client(tx, session.ColleaguesID, s.site.Organisation, now); err != nil {
			return err
		}
		waiting, err = unasked(tx, x, now)
		return err
	})
	if err != nil {
		return x, err
	}
	asked := map[authn.UserID]authn.RequestID{}
	for _, c := range waiting {
		o, err := s.approval.Open(ctx, approval.Question{
			Client: client, User: c, Match: authn.MatchNumber, Action: authn.ActionConnectPhone, Message: u.Name + " (" + u.Login + ")", Nonce: string(x.ID),
			Origin: authn.Origin{IP: x.IP, Agent: x.Info.Name}, Lifetime: authn.MaxRequestLifetime, Verify: true, Number: s.number(x.ID),
		})
		if err != nil {
			if k := authn.AsError(err).Kind; k == authn.Internal || k == authn.Unavailable {
				return x, err
			}
			s.site.Log.InfoContext(ctx, "a colleague could not be asked", "restore", string(x.ID), "colleague", string(c), "code", authn.CodeOf(err))
			continue
		}
		asked[c] = o.Request.ID
	}
	if len(asked) == 0 {
		return x, nil
	}
	return s.step(ctx, x.ID, x.Keys.Device, func(_ store.Tx, x authn.Restore, _ authn.User) (authn.Restore, error) {
		for c, r := range asked {
			x = x.Asked(c, r)
		}
		return x, nil
	})
}

// unasked are the colleagues of a restore who have neither answered nor an open question.
func unasked(r store.Reader, x authn.Restore, now time.Time) (list []authn.UserID, err error) {
	for _, a := range x.Answers {
		if a.Answered {
			continue
		}
		if a.Request != "" {
			q, err := r.ApprovalRequest(a.Request)
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return nil, err
			}
			if err == nil && q.StateAt(now) == authn.RequestOpen {
				continue
			}
		}
		list = append(list, a.User)
	}
	return list, nil
}

// answered takes what a colleague has said, in the transaction that writes it: so each Yes counts once, and none counts for a restore that was blocked in
// between. A Yes by a phone on probation is refused, so that who took over one account does not take over the next with it.
func (s *Service) answered(tx store.Tx, r authn.ApprovalRequest, now time.Time) (after func(), err error) {
	yes := r.Decision == authn.Approve
	x, err := tx.Restore(authn.RestoreID(r.Nonce))
	if errors.Is(err, store.ErrNotFound) {
		err = authn.ErrRestoreUnknown
	}
	if err != nil {
		return nil, err
	}
	if yes {
		d, err := tx.Device(r.DecidedBy)
		if err != nil {
			return nil, err
		}
		if err := d.MayManage(now); err != nil {
			return nil, err
		}
	}
	next, err := x.Asked(r.User, r.ID).Answer(r.User, r.ID, yes, now) // a user has one open question of ours at a time, so this is the one that counts
	if err != nil {
		if yes {
			return nil, err
		}
		return nil, nil // a No to what is over is a No all the same
	}
	u, err := tx.User(x.User)
	if err != nil {
		return nil, err
	}
	rec := record(next, "restore.colleague", "device:"+string(r.DecidedBy), "", "", now)
	rec.Facts["colleague"], rec.Facts["answer"] = string(r.User), string(r.Decision)
	if err := tx.AppendAudit(rec); err != nil {
		return nil, err
	}
	if next, err = s.counted(tx, next, u, r, now); err != nil {
		return nil, err
	}
	return func() { s.wake(u.ID) }, keep(tx, next)
}

// counted goes on with a restore that has one answer more.
func (s *Service) counted(tx store.Tx, x authn.Restore, u authn.User, r authn.ApprovalRequest, now time.Time) (authn.Restore, error) {
	switch {
	case r.Decision == authn.NotMe, x.Hopeless():
		x = x.Fail("device:"+string(r.DecidedBy), now)
		return x, tx.AppendAudit(record(x, "restore.end", "device:"+string(r.DecidedBy), "", "", now))
	case x.Approved() < x.Needed:
		return x, nil
	}
	x, err := held(tx, x, u, time.Duration(s.site.Policy().ColleaguesHold)*time.Hour, "", now)
	if err != nil {
		return x, err
	}
	told, err := s.tells(tx, x, u)
	if err != nil {
		return x, err
	}
	told["until"] = x.HeldUntil.UTC().Format(time.RFC3339)
	return x, s.site.NotifyAdmins(tx, authn.NoticeRestoreHeld, "", told, now)
}
