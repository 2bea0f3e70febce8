package restore

import (
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/api"
	"avow/internal/server/live"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/wire"
)

// Digits are the eight digits of a restore's newest one-time code, for the message that carries them.
func (s *Service) Digits(x authn.Restore) string {
	return authn.RestoreDigits(s.oneTimes, x.ID, x.OTPSends)
}

// sendCode queues the mail with the newest one-time code, where it goes by mail.
func (s *Service) sendCode(tx store.Tx, u authn.User, x authn.Restore, now time.Time) error {
	if x.Delivery != authn.RestoreByMail {
		return nil
	}
	err := tx.UpdateRestoreGuard(u.ID, func(g authn.RestoreGuard) (authn.RestoreGuard, error) { return g.MailOTP(now) })
	if err != nil {
		return err
	}
	return s.site.Send(tx, u, authn.Message{Kind: authn.MessageRestoreCode, Channel: authn.ChannelMail, Restore: x.ID, CreatedBy: "server"}, now)
}

// resend makes a new one-time code.
func (s *Service) resend(w http.ResponseWriter, r *http.Request) error {
	var q wire.RestoreName
	pub, err := s.introduced(w, r, &q)
	if err != nil {
		return err
	}
	if _, ok := s.decoys.of(q.RestoreID, pub); ok {
		return authn.ErrRestoreState
	}
	ctx, now := r.Context(), s.site.Now()
	x, err := s.step(ctx, q.RestoreID, pub, func(tx store.Tx, x authn.Restore, u authn.User) (authn.Restore, error) {
		if x.Kind == authn.RestoreByColleagues || x.Delivery != authn.RestoreByMail && x.State == authn.RestoreProved {
			return x, authn.ErrRestoreState
		}
		x, err := x.Send(now)
		if err != nil {
			return x, err
		}
		if err := s.sendCode(tx, u, x, now); err != nil {
			return x, err
		}
		return x, tx.AppendAudit(record(x, "restore.resend", "server", api.ClientIP(ctx), "", now))
	})
	if err = quiet(x, err, authn.ErrRestoreState); err != nil {
		return err
	}
	s.site.Live.Wake(live.Outbox)
	return api.Write(w, http.StatusOK, s.status(x))
}

// code takes the one-time code. A try is taken in the database before the code is looked at, so that a thousand guesses at the same time are no more than
// five.
func (s *Service) code(w http.ResponseWriter, r *http.Request) error {
	var q wire.RestoreCode
	pub, err := s.introduced(w, r, &q)
	if err != nil {
		return err
	}
	if _, ok := s.decoys.of(q.RestoreID, pub); ok {
		return authn.ErrOTPWrong
	}
	ctx, now := r.Context(), s.site.Now()
	x, err := s.tried(ctx, q.RestoreID, pub, now)
	if err == nil && x.State == authn.RestoreProved { // else this very phone was right before, and its answer was lost
		x, err = s.confirm(ctx, x, q.Code.Secret, now)
	}
	if err = quiet(x, err, authn.ErrOTPWrong); err != nil {
		return err
	}
	return api.Write(w, http.StatusOK, s.status(x))
}

// confirm compares the code and goes on: into the hold, or to the colleagues.
func (s *Service) confirm(ctx context.Context, x authn.Restore, typed key.Secret, now time.Time) (authn.Restore, error) {
	switch {
	case !s.right(x, typed):
		return x, s.wrongCode(ctx, x, now)
	case x.Kind == authn.RestoreByColleagues:
		return s.ask(ctx, x, now)
	}
	return s.hold(ctx, x, now)
}

// tried takes a try, or returns a restore that needs no code any more.
func (s *Service) tried(ctx context.Context, id authn.RestoreID, pub key.Public, now time.Time) (authn.Restore, error) {
	var told error
	x, err := s.step(ctx, id, pub, func(_ store.Tx, x authn.Restore, _ authn.User) (authn.Restore, error) {
		told = nil
		if at := x.StateAt(now); at == authn.RestoreHeld || at == authn.RestoreAsking || at == authn.RestoreReleased {
			return x, nil
		}
		next, err := x.TryOTP(now)
		if errors.Is(err, authn.ErrRestoreFailed) && x.State.Open() {
			told, err = err, nil
		}
		return next, err
	})
	if err == nil {
		err = told
	}
	return x, err
}

func (s *Service) right(x authn.Restore, typed key.Secret) bool {
	plain := strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(string(typed))
	return subtle.ConstantTimeCompare([]byte(plain), []byte(s.Digits(x))) == 1
}

// wrongCode answers a wrong one-time code, and ends the restore with the last. Its user knows of it since it began.
func (s *Service) wrongCode(ctx context.Context, x authn.Restore, now time.Time) error {
	if left := authn.OTPTries - x.OTPTries; left > 0 {
		return authn.ErrOTPWrong.WithLeft(left)
	}
	err := s.site.Store.Update(ctx, func(tx store.Tx) error {
		x, err := tx.Restore(x.ID)
		if err != nil || !x.State.Open() {
			return err
		}
		x = x.Fail("server", now)
		if err := keep(tx, x); err != nil {
			return err
		}
		return tx.AppendAudit(record(x, "restore.code_wrong", "server", api.ClientIP(ctx), "", now))
	})
	if err != nil {
		return err
	}
	s.wake(x.User)
	return authn.ErrRestoreFailed
}

// hold begins the hold of a restore whose two factors were proved.
func (s *Service) hold(ctx context.Context, x authn.Restore, now time.Time) (authn.Restore, error) {
	wait := time.Duration(s.site.Policy().RestoreHold) * time.Hour
	return s.step(ctx, x.ID, x.Keys.Device, func(tx store.Tx, x authn.Restore, u authn.User) (authn.Restore, error) {
		if x.State == authn.RestoreHeld { // somebody typed the right code twice at the same time
			return x, nil
		}
		return held(tx, x, u, wait, api.ClientIP(ctx), now)
	})
}

// held puts a restore into its hold and tells everybody who can block it.
func held(tx store.Tx, x authn.Restore, u authn.User, wait time.Duration, ip string, now time.Time) (authn.Restore, error) {
	x, err := x.Hold(wait, u.ReachChangedAt, now)
	if err != nil {
		return x, err
	}
	if x.HeldUntil.After(now) {
		told := facts(x)
		told["until"] = x.HeldUntil.UTC().Format(time.RFC3339)
		if err := site.Notify(tx, u, authn.NoticeRestoreHeld, "", told, now); err != nil {
			return x, err
		}
	}
	rec := record(x, "restore.hold", "server", ip, "", now)
	rec.Facts["until"] = x.HeldUntil.UTC().Format(time.RFC3339)
	return x, tx.AppendAudit(rec)
}

// DeskCode gives the service desk the one-time code of a restore whose user is to hear it from the desk: it made sure who asks. It is good for
// authn.OTPLifetime, and the one before is worth nothing. Errors: store.ErrNotFound, authn.ErrRestoreState, authn.ErrOTPResends and those of a restore that is
// over.
func (s *Service) DeskCode(ctx context.Context, id authn.RestoreID, actor, reason string) (digits string, until time.Time, err error) {
	now := s.site.Now()
	var x authn.Restore
	err = s.site.Store.Update(ctx, func(tx store.Tx) error {
		if x, err = tx.Restore(id); err != nil {
			return err
		}
		u, err := tx.User(x.User)
		if err != nil {
			return err
		}
		if err := u.Active(); err != nil {
			return err
		}
		if x.Delivery != authn.RestoreByDesk {
			return authn.ErrRestoreState
		}
		if x, err = x.Send(now); err != nil {
			return err
		}
		if err := keep(tx, x); err != nil {
			return err
		}
		return tx.AppendAudit(record(x, "restore.desk_code", actor, api.ClientIP(ctx), reason, now))
	})
	if err != nil {
		return "", time.Time{}, err
	}
	s.wake(x.User)
	return s.Digits(x), x.OTPExpires, nil
}
