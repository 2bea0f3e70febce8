package registration

import (
	"context"
	"crypto/subtle"
	"errors"
	"strings"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/api"
	"avow/internal/store"
)

// proved checks the second proof of a session that was sent, before the phone is bound. A try is taken in the database before the proof is looked at, so
// that a thousand guesses at the same time are no more than five.
func (s *Service) proved(ctx context.Context, b binding, given key.Secret) error {
	session, user, err := s.looked(ctx, b)
	if err != nil || session.Proof == authn.ProofNone {
		return err
	}
	if len(given) == 0 {
		return authn.ErrProofMissing
	}
	if session, err = s.takeTry(ctx, b); err != nil {
		return err
	}
	err = s.compare(ctx, session, user, given)
	if err == nil {
		return nil
	}
	if authn.AsError(err).Kind == authn.Unavailable { // nobody has looked at it
		return errors.Join(err, s.giveBack(ctx, session))
	}
	if session.ProofTries < authn.ProofTries {
		return err
	}
	return s.endTries(ctx, session, user, b.now)
}

// looked finds the session of a binding that can still be finished, and its user.
func (s *Service) looked(ctx context.Context, b binding) (session authn.RegistrationSession, user authn.User, err error) {
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		if session, err = s.session(r, b); err != nil {
			return err
		}
		if _, err := session.Finish(b.pub, "", b.now); err != nil {
			return err
		}
		if user, err = r.User(session.User); err != nil {
			return err
		}
		return user.Active()
	})
	return session, user, err
}

func (s *Service) takeTry(ctx context.Context, b binding) (session authn.RegistrationSession, err error) {
	err = s.site.Store.Update(ctx, func(tx store.Tx) error {
		if session, err = s.session(tx, b); err != nil {
			return err
		}
		if _, err := session.Finish(b.pub, "", b.now); err != nil {
			return err
		}
		if session, err = session.TryProof(b.now); err != nil {
			return err
		}
		return keepTries(tx, session)
	})
	return session, err
}

func keepTries(tx store.Tx, session authn.RegistrationSession) error {
	return tx.UpdateRegistrationSession(session.ID, func(old authn.RegistrationSession) (authn.RegistrationSession, error) {
		old.ProofTries = session.ProofTries
		return old, nil
	})
}

// giveBack returns a try that was taken and not used.
func (s *Service) giveBack(ctx context.Context, session authn.RegistrationSession) error {
	return s.site.Store.Update(context.WithoutCancel(ctx), func(tx store.Tx) error {
		return tx.UpdateRegistrationSession(session.ID, func(old authn.RegistrationSession) (authn.RegistrationSession, error) {
			old.ProofTries = max(0, old.ProofTries-1)
			return old, nil
		})
	})
}

// compare looks at the proof.
func (s *Service) compare(ctx context.Context, session authn.RegistrationSession, user authn.User, given key.Secret) error {
	switch session.Proof {
	case authn.ProofPassword:
		if s.passwords == nil {
			return ErrNoPassword
		}
		return s.passwords.Bind(ctx, user, given)
	case authn.ProofPIN, authn.ProofCode:
		typed := strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(string(given))
		if subtle.ConstantTimeCompare([]byte(typed), []byte(s.ProofDigits(session.ID))) != 1 {
			return authn.ErrProofWrong
		}
		return nil
	}
	return authn.ErrProofWrong
}

// endTries ends a session after its last wrong proof, and tells the administrators: somebody has the code and not the proof.
func (s *Service) endTries(ctx context.Context, session authn.RegistrationSession, user authn.User, now time.Time) error {
	err := s.site.Store.Update(ctx, func(tx store.Tx) error {
		err := tx.UpdateRegistrationSession(session.ID, func(old authn.RegistrationSession) (authn.RegistrationSession, error) {
			return old.Revoke(now), nil
		})
		if err != nil {
			return err
		}
		facts := map[string]string{"login": user.Login, "name": user.Name, "session": string(session.ID), "ip": api.ClientIP(ctx)}
		if err := s.site.NotifyAdmins(tx, authn.NoticeProofFailed, "", facts, now); err != nil {
			return err
		}
		return tx.AppendAudit(authn.AuditRecord{
			At: now, Actor: "server", Action: "session.proof_failed", Subject: string(session.ID), IP: api.ClientIP(ctx),
			Facts: map[string]string{"user": string(user.ID), "second_proof": string(session.Proof)},
		})
	})
	if err != nil {
		return err
	}
	s.wake(session.ID, session.User)
	return authn.ErrProofTries
}
