package registration

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"net/http"
	"time"
	"unicode/utf8"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/api"
	"avow/internal/server/live"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/wire"
)

var (
	errKeys         = authn.Fail(authn.Invalid, "key_mismatch", "The phone's keys do not belong together. Update the app and try again.")
	errRegistration = authn.Fail(authn.Invalid, "bad_registration", "The phone's keys cannot be verified. Update the app and try again with a new code.")
)

// claim gives a session to the first phone that asks.
func (s *Service) claim(w http.ResponseWriter, r *http.Request) error {
	ctx, now := r.Context(), s.site.Now()
	if err := s.limits.Take(api.ClientIP(ctx), now); err != nil {
		return err
	}
	pub, body, err := s.proof.NewKey(w, r)
	if err != nil {
		return err
	}
	var c wire.Claim
	if err := api.Decode(body, &c); err != nil {
		return err
	}
	if c.DeviceJWK != pub {
		return errKeys
	}
	hash := authn.HashOf(c.Session.Secret)
	if s.used.Has(hash) {
		return authn.ErrSessionUsed
	}
	session, user, err := s.claimed(ctx, hash, pub, now)
	if errors.Is(err, authn.ErrSessionClaimed) {
		s.secondPhone(ctx, session, user, now)
	}
	if err != nil {
		return err
	}
	policy := s.site.Policy()
	return api.Write(w, http.StatusOK, wire.Claimed{
		RegistrationID: session.ID, Challenge: session.Challenge, LoginMasked: mask(user.Login), SecondProof: session.Proof,
		ExpiresAt: session.ExpiresAt.Unix(), ServerTime: now.Unix(),
		Policy: wire.RegistrationPolicy{UserVerification: cmp.Or(session.Verifies, authn.UVEachApproval), Attestation: policy.Attestation},
	})
}

// claimed looks first and writes only if there is something to write: a thousand phones that come too late cost no transaction.
func (s *Service) claimed(ctx context.Context, hash authn.Hash, pub key.Public, now time.Time) (session authn.RegistrationSession, user authn.User, err error) {
	ip := api.ClientIP(ctx)
	try := func(r store.Reader) (next authn.RegistrationSession, err error) {
		session, err = r.RegistrationSessionBySecret(hash)
		if errors.Is(err, store.ErrNotFound) {
			return next, authn.ErrSessionUnknown
		}
		if err != nil {
			return next, err
		}
		if user, err = r.User(session.User); err != nil {
			return next, err
		}
		if next, err = session.Claim(pub, ip, now); err != nil {
			return next, err
		}
		if session.State == authn.SessionActive { // a phone that asks again is told what it was told before
			next.Verifies = s.site.Policy().UserVerification
		}
		return next, user.Active()
	}
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		_, err := try(r)
		return err
	})
	if err != nil || session.State == authn.SessionClaimed { // the same phone again
		return session, user, err
	}
	err = s.site.Store.Update(ctx, func(tx store.Tx) error {
		next, err := try(tx)
		if err != nil || session.State == authn.SessionClaimed {
			return err
		}
		session = next
		err = tx.UpdateRegistrationSession(session.ID, func(authn.RegistrationSession) (authn.RegistrationSession, error) { return next, nil })
		if err != nil {
			return err
		}
		if session.Proof == authn.ProofCode {
			if err := s.sendProof(tx, session, user, now); err != nil {
				return err
			}
		}
		return tx.AppendAudit(authn.AuditRecord{
			At: now, Actor: "server", Action: "session.claim", Subject: string(session.ID), IP: ip,
			Facts: map[string]string{
				"user": string(session.User), "device_key": pub.Thumbprint().String(), "user_verification": string(session.Verifies),
			},
		})
	})
	if err == nil {
		s.wake(session.ID, session.User)
		s.site.Live.Wake(live.Outbox)
	}
	return session, user, err
}

// secondPhone tells the user, once a session, that another phone tried her code.
func (s *Service) secondPhone(ctx context.Context, session authn.RegistrationSession, user authn.User, now time.Time) {
	told := func(r store.Reader) (bool, error) {
		notices, err := r.NoticesOf(user.ID, session.CreatedAt)
		for _, n := range notices {
			if n.Kind == authn.NoticeClaimRefused && n.Facts["session"] == string(session.ID) {
				return true, nil
			}
		}
		return false, err
	}
	var already bool
	err := s.site.Store.View(ctx, func(r store.Reader) (err error) {
		already, err = told(r)
		return err
	})
	if already {
		return
	}
	if err == nil {
		err = s.site.Store.Update(ctx, func(tx store.Tx) error {
			if already, err := told(tx); already || err != nil {
				return err
			}
			facts := map[string]string{"session": string(session.ID), "ip": api.ClientIP(ctx)}
			if err := site.Notify(tx, user, authn.NoticeClaimRefused, "", facts, now); err != nil {
				return err
			}
			return tx.AppendAudit(authn.AuditRecord{
				At: now, Actor: "server", Action: "session.claim_refused", Subject: string(session.ID), IP: api.ClientIP(ctx),
				Facts: map[string]string{"user": string(user.ID)},
			})
		})
	}
	if err != nil { // the phone is refused all the same
		s.site.Log.ErrorContext(ctx, "notice of a second phone", "err", err)
		return
	}
	s.wake(session.ID, user.ID)
}

// mask shows the ends of a login, so that who holds the phone recognizes her own and nobody learns another's.
func mask(login string) string {
	first, _ := utf8.DecodeRuneInString(login)
	last, _ := utf8.DecodeLastRuneInString(login)
	if utf8.RuneCountInString(login) < 4 {
		return string(first) + "•••"
	}
	return string(first) + "•••" + string(last)
}

// finish binds the phone's keys. The answer to a registration that was lost on its way is given again.
func (s *Service) finish(w http.ResponseWriter, r *http.Request) error {
	ctx, now := r.Context(), s.site.Now()
	if err := s.limits.Take(api.ClientIP(ctx), now); err != nil {
		return err
	}
	pub, body, err := s.proof.NewKey(w, r)
	if err != nil {
		return err
	}
	var f wire.Finish
	if err := api.Decode(body, &f); err != nil {
		return err
	}
	reg, err := wire.VerifyRegistration(f.Registration)
	if err != nil || reg.Audience != s.site.Issuer || !authn.ValidID("s_", string(reg.RegistrationID)) {
		return errRegistration.Because(err)
	}
	if reg.DeviceJWK != pub {
		return errKeys
	}
	b := binding{reg: reg, raw: f.Registration, hash: wire.HashText(f.Registration), pub: pub, ip: api.ClientIP(ctx), now: now}
	err = s.proved(ctx, b, f.SecondProof.Secret)
	var session authn.RegistrationSession
	if err == nil {
		session, err = s.bind(ctx, b)
	}
	if errors.Is(err, authn.ErrSessionUsed) { // by this very phone, perhaps, a moment ago
		session, err = s.again(ctx, b)
	}
	if err != nil {
		return err
	}
	if err := s.used.Add(session.Secret, session.ExpiresAt); err != nil {
		return err
	}
	s.wake(session.ID, session.User)
	return api.Write(w, http.StatusOK, wire.Finished{Bound: session.Bound})
}

// binding is a verified registration on its way into the database.
type binding struct {
	reg  wire.Registration
	raw  string
	hash string
	pub  key.Public
	ip   string
	now  time.Time
}

// session finds the session of a binding and checks that the phone knows its secret and its challenge, and that its approval key demands what the
// policy did when it was claimed.
func (s *Service) session(r store.Reader, b binding) (authn.RegistrationSession, error) {
	session, err := r.RegistrationSession(b.reg.RegistrationID)
	if errors.Is(err, store.ErrNotFound) {
		return session, s.unknown(b)
	}
	if err != nil {
		return session, err
	}
	if subtle.ConstantTimeCompare([]byte(b.reg.SessionHash), []byte(session.Secret.String())) != 1 {
		return session, authn.ErrSessionUnknown
	}
	if s.used.Has(session.Secret) && session.State != authn.SessionConsumed { // the database is older than the truth
		return session, authn.ErrSessionUsed
	}
	if session.Challenge != "" && subtle.ConstantTimeCompare([]byte(b.reg.Challenge), []byte(session.Challenge)) != 1 {
		return session, errRegistration
	}
	if !b.reg.Verifies.NoLaxerThan(session.Verifies) { // an app that knows one policy only may keep to the strictest
		return session, errRegistration
	}
	return session, nil
}

// unknown tells a used session from one that never was: a database put back may not know the newest.
func (s *Service) unknown(b binding) error {
	var h authn.Hash
	if h.UnmarshalText([]byte(b.reg.SessionHash)) == nil && s.used.Has(h) {
		return authn.ErrSessionUsed
	}
	return authn.ErrSessionUnknown
}

// again returns the session that this same registration has consumed; ErrSessionUsed if it was another.
func (s *Service) again(ctx context.Context, b binding) (session authn.RegistrationSession, err error) {
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		if session, err = s.session(r, b); err != nil {
			return err
		}
		if session.State != authn.SessionConsumed || session.ClaimKey != b.pub || session.Registration != b.hash {
			return authn.ErrSessionUsed
		}
		d, err := r.Device(session.Device)
		if err != nil {
			return err
		}
		return d.Usable()
	})
	return session, err
}
