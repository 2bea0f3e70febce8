package restore

import (
	"context"
	"errors"
	"net/http"
	"strings"
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

var errKeys = authn.Fail(authn.Invalid, "key_mismatch", "The phone's keys do not belong together. Update the app and begin again.")

// attempt is a statement that was verified, on its way to become a restore.
type attempt struct {
	stated wire.Restoration
	hash   authn.Hash
	proof  wire.RestoreProve
	ip     string
	now    time.Time
}

// prove takes the proof of the restore code, and is the first at which anybody is told of anything.
func (s *Service) prove(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	var p wire.RestoreProve
	pub, err := s.introduced(w, r, &p)
	if err != nil {
		return err
	}
	stated, err := wire.VerifyRestoration(p.Statement)
	if err != nil || stated.Audience != s.site.Issuer {
		return errStart.Because(err)
	}
	if stated.DeviceJWK != pub {
		return errKeys
	}
	a := attempt{stated: stated, hash: hashText(p.Statement), proof: p, ip: api.ClientIP(ctx), now: s.site.Now()}
	x, err := s.again(ctx, a)
	if errors.Is(err, store.ErrNotFound) {
		x, err = s.first(ctx, a)
	}
	if err != nil {
		return err
	}
	return s.proved(ctx, w, x)
}

// again finds the restore of a statement that was proved before, its answer lost perhaps. store.ErrNotFound for a new one.
func (s *Service) again(ctx context.Context, a attempt) (x authn.Restore, err error) {
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		x, err = r.Restore(a.stated.RestoreID)
		return err
	})
	if err == nil && x.Statement != a.hash {
		return x, errStart
	}
	return x, err
}

// first judges a proof. Whoever proves nothing learns nothing: not whether there is such a user, nor whether she has a code, nor how many tries are left.
func (s *Service) first(ctx context.Context, a attempt) (authn.Restore, error) {
	if !s.answers(a.stated, a.now) {
		return authn.Restore{}, authn.ErrRestoreExpired
	}
	give, err := s.wrong.Take(a.ip, a.now)
	if err != nil {
		return authn.Restore{}, err
	}
	var e authn.Escrow
	err = s.site.Store.View(ctx, func(r store.Reader) (err error) {
		e, err = r.EscrowState(a.stated.Account)
		return err
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		give()
		return authn.Restore{}, err
	}
	code := s.nobody
	if e.Active() {
		code = e.Proof
	}
	right := wire.VerifyCodeProof(a.proof.CodeProof, code, s.site.Issuer, a.stated.Account, a.proof.Statement) == nil
	x, err := s.judge(ctx, a, e, right)
	if !errors.Is(err, authn.ErrRestoreRefused) {
		give()
	}
	return x, err
}

// judge writes down what a proof comes to. The limit is looked at before the proof counts, in the same transaction.
func (s *Service) judge(ctx context.Context, a attempt, seen authn.Escrow, right bool) (x authn.Restore, err error) {
	if !seen.Active() {
		return x, authn.ErrRestoreRefused
	}
	var told error
	err = s.site.Store.Update(ctx, func(tx store.Tx) error {
		told = nil
		u, err := tx.User(a.stated.Account)
		if err != nil {
			return err
		}
		g, err := tx.RestoreGuard(u.ID)
		if err != nil {
			return err
		}
		e, err := tx.EscrowState(u.ID)
		if err != nil {
			return err
		}
		switch {
		case g.Locked(a.now):
			told = authn.ErrRestoreRefused
			return nil
		case !right || e.Proof != seen.Proof: // or the code was changed a moment ago
			told = authn.ErrRestoreRefused
			return s.failed(tx, u, a)
		}
		x, err = s.begin(tx, u, g, a)
		if errors.Is(err, store.ErrExists) { // the same statement at the same time
			x, err = tx.Restore(a.stated.RestoreID)
		}
		return err
	})
	if err == nil {
		err = told
	}
	if err != nil && told == nil {
		return x, err
	}
	s.wake(a.stated.Account)
	s.site.Live.Wake(live.Outbox)
	return x, err
}

// failed counts a proof that was wrong. The last that is counted locks, and is told to the user.
func (s *Service) failed(tx store.Tx, u authn.User, a attempt) error {
	var locked bool
	err := tx.UpdateRestoreGuard(u.ID, func(g authn.RestoreGuard) (authn.RestoreGuard, error) {
		g, locked = g.Failed(a.now)
		return g, nil
	})
	if err != nil {
		return err
	}
	if locked {
		if err := site.Notify(tx, u, authn.NoticeRestoreCodeWrong, "", map[string]string{"ip": a.ip}, a.now); err != nil {
			return err
		}
	}
	return tx.AppendAudit(authn.AuditRecord{
		At: a.now, Actor: "server", Action: "restore.refused", Subject: string(u.ID), IP: a.ip,
		Facts: map[string]string{"device_key": a.stated.DeviceJWK.Thumbprint().String()},
	})
}

// begin makes the restore. The code is proved: from here on the phone may be told why something is not possible.
func (s *Service) begin(tx store.Tx, u authn.User, g authn.RestoreGuard, a attempt) (authn.Restore, error) {
	policy := s.site.Policy()
	if err := u.Active(); err != nil {
		return authn.Restore{}, err
	}
	if err := g.May(policy.RestoreFor(u.Groups), a.now); err != nil {
		return authn.Restore{}, err
	}
	if policy.Attestation == authn.AttestationRequired { // a restore carries none
		return authn.Restore{}, authn.ErrAttestationRequired
	}
	if !a.stated.Verifies.NoLaxerThan(policy.UserVerification) {
		return authn.Restore{}, errStart
	}
	x := authn.NewRestore(a.stated.RestoreID, u.ID, authn.RestoreByCode, s.site.RestoreDelivery(u), a.now)
	x.Challenge, x.Statement = hashText(a.stated.Challenge), a.hash
	x.Keys = authn.DeviceKeys{Device: a.stated.DeviceJWK, Approval: a.stated.ApprovalJWK, Exchange: a.stated.ExchangeJWK}
	x.Info, x.Class, x.UV, x.Verifies, x.IP = a.stated.Device.Clean(), key.Software, a.stated.UV, a.stated.Verifies, a.ip
	if err := ownKeys(tx, x); err != nil {
		return authn.Restore{}, err
	}
	if err := tx.CreateRestore(x); err != nil {
		return authn.Restore{}, err
	}
	if err := s.endOthers(tx, x, a.now); err != nil {
		return authn.Restore{}, err
	}
	if err := s.sendCode(tx, u, x, a.now); err != nil {
		return authn.Restore{}, err
	}
	if err := site.Notify(tx, u, authn.NoticeRestoreStarted, "", facts(x), a.now); err != nil {
		return authn.Restore{}, err
	}
	rec := record(x, "restore.prove", "server", a.ip, "", a.now)
	rec.Facts["delivery"], rec.Facts["user_verification"] = string(x.Delivery), string(x.Verifies)
	return x, tx.AppendAudit(rec)
}

// ownKeys refuses keys that a device of the user has: each has its own.
func ownKeys(r store.Reader, x authn.Restore) error {
	devices, err := r.DevicesOf(x.User)
	for _, d := range devices {
		if d.Keys.Shares(x.Keys) {
			return errKeys
		}
	}
	return err
}

// endOthers ends the user's open restores but this one: there is one at a time.
func (s *Service) endOthers(tx store.Tx, x authn.Restore, now time.Time) error {
	open, err := tx.OpenRestores(x.User)
	if err != nil {
		return err
	}
	for _, o := range open {
		if o.ID == x.ID {
			continue
		}
		if err := keep(tx, o.Fail("server", now)); err != nil {
			return err
		}
		rec := record(o, "restore.end", "server", x.IP, "", now)
		rec.Facts["replaced_by"] = string(x.ID)
		if err := tx.AppendAudit(rec); err != nil {
			return err
		}
	}
	return nil
}

// proved answers a proof.
func (s *Service) proved(ctx context.Context, w http.ResponseWriter, x authn.Restore) error {
	var u authn.User
	err := s.site.Store.View(ctx, func(r store.Reader) (err error) {
		u, err = r.User(x.User)
		return err
	})
	if err != nil {
		return err
	}
	now := s.site.Now()
	out := wire.RestoreProved{State: x.StateAt(now), Delivery: x.Delivery, ExpiresAt: expires(x), ServerTime: now.Unix()}
	if x.Delivery == authn.RestoreByMail {
		out.MailMasked = maskMail(u.Mail)
	}
	return api.Write(w, http.StatusOK, out)
}

// maskMail shows enough of an address for its owner to know which mailbox to look into: a•••d@example.com.
func maskMail(address string) string {
	local, domain, ok := strings.Cut(address, "@")
	if !ok {
		return ""
	}
	first, _ := utf8.DecodeRuneInString(local)
	last, _ := utf8.DecodeLastRuneInString(local)
	if utf8.RuneCountInString(local) < 4 {
		return string(first) + "•••@" + domain
	}
	return string(first) + "•••" + string(last) + "@" + domain
}

func hashText(s string) authn.Hash { return authn.HashOf(key.Secret(s)) }
