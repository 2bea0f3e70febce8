package restore

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/wire"
)

var (
	errMatch  = authn.Fail(authn.Invalid, "if_match", "The request does not say what it replaces. Update the app and try again.")
	errSigned = authn.Fail(authn.Invalid, "bad_escrow", "The restore code or what it protects cannot be verified. Update the app and try again.")
)

// getEscrow gives a device of the user what is kept for her.
func (s *Service) getEscrow(w http.ResponseWriter, r *http.Request) error {
	d, _, err := s.proof.Device(w, r)
	if err == nil {
		err = d.MayApprove()
	}
	if err != nil {
		return err
	}
	var e authn.Escrow
	err = s.site.Store.View(r.Context(), func(rd store.Reader) (err error) {
		e, err = rd.Escrow(d.User)
		return err
	})
	if errors.Is(err, store.ErrNotFound) || err == nil && !e.Active() {
		return authn.ErrNoEscrow
	}
	if err != nil {
		return err
	}
	out := wire.EscrowAnswer{
		EscrowCopy: wire.EscrowCopy{Generation: e.Generation, File: e.File, Tag: e.Tag}, ProofJWK: e.Proof, ExchangeJWK: e.Exchange,
		By: e.By, CodeAt: e.CodeAt.Unix(), UpdatedAt: e.UpdatedAt.Unix(), ProvenBy: e.ProvenBy,
	}
	if !e.ProvenAt.IsZero() {
		out.ProvenAt = e.ProvenAt.Unix()
	}
	return api.Write(w, http.StatusOK, out)
}

// ifMatch reads the generation that a PUT replaces.
func ifMatch(r *http.Request) (uint64, error) {
	values := r.Header.Values("If-Match")
	if len(values) != 1 {
		return 0, errMatch
	}
	n, err := strconv.ParseUint(strings.TrimSuffix(strings.TrimPrefix(values[0], `"`), `"`), 10, 53)
	if err != nil {
		return 0, errMatch
	}
	return n, nil
}

// putEscrow stores a file, under a new code, which the approval key has signed for, or under the one that is there.
func (s *Service) putEscrow(w http.ResponseWriter, r *http.Request) error {
	d, body, err := s.proof.DeviceLarge(w, r)
	if err == nil {
		err = d.MayApprove()
	}
	if err != nil {
		return err
	}
	var p wire.EscrowPut
	if err := api.DecodeLarge(body, &p); err != nil {
		return err
	}
	replaces, err := ifMatch(r)
	if err != nil {
		return err
	}
	if len(p.File) > authn.MaxEscrowFile {
		return authn.ErrEscrowTooLarge
	}
	var e authn.Escrow
	ctx, now := r.Context(), s.site.Now()
	switch {
	case p.Statement != "" && p.Tag == nil && p.Generation == 0:
		e, err = s.newCode(ctx, d, p, replaces, now)
	case p.Statement == "" && p.Tag != nil:
		e, err = s.change(ctx, d, func(_ store.Tx, old authn.Escrow) (authn.Escrow, error) {
			return old.NewFile(replaces, p.Generation, p.File, *p.Tag, d.ID, now)
		})
	default:
		return errSigned
	}
	if err != nil {
		return err
	}
	s.wake(d.User)
	return api.Write(w, http.StatusOK, wire.EscrowStored{Generation: e.Generation, UpdatedAt: e.UpdatedAt.Unix()})
}

// change runs fn on the escrow of a device's user, who is active, by a device that is.
func (s *Service) change(ctx context.Context, d authn.Device, fn func(store.Tx, authn.Escrow) (authn.Escrow, error)) (e authn.Escrow, err error) {
	err = s.site.Store.Update(ctx, func(tx store.Tx) error {
		now, err := tx.Device(d.ID)
		if err != nil {
			return err
		}
		if err := now.MayApprove(); err != nil { // removed a moment ago
			return err
		}
		return tx.UpdateEscrow(d.User, func(old authn.Escrow) (authn.Escrow, error) {
			e, err = fn(tx, old)
			return e, err
		})
	})
	return e, err
}

// newCode makes a new restore code the one that counts. What was held against the old one is forgotten, and a restore that was begun with it ends.
func (s *Service) newCode(ctx context.Context, d authn.Device, p wire.EscrowPut, replaces uint64, now time.Time) (authn.Escrow, error) {
	if err := d.MayManage(now); err != nil {
		return authn.Escrow{}, err
	}
	c, err := wire.VerifyEscrowCode(p.Statement, d.Keys.Approval, s.site.Issuer, d.ID, p.File)
	if err != nil {
		return authn.Escrow{}, errSigned.Because(err)
	}
	next := authn.Escrow{
		Proof: c.ProofJWK, Exchange: c.ExchangeJWK, Vouch: c.Vouch, Generation: c.Generation, File: p.File, Tag: c.Tag, By: d.ID,
	}
	e, err := s.change(ctx, d, func(tx store.Tx, old authn.Escrow) (authn.Escrow, error) {
		e, err := old.NewCode(replaces, next, now)
		if err != nil {
			return e, err
		}
		if err := s.mayKeep(tx, d.User); err != nil {
			return e, err
		}
		return e, s.changedCode(tx, d, c.ID, authn.NoticeRestoreCodeNew, "escrow.code", api.ClientIP(ctx), now)
	})
	return e, err
}

// mayKeep refuses a code where the organisation forbids restores.
func (s *Service) mayKeep(r store.Reader, user authn.UserID) error {
	u, err := r.User(user)
	if err == nil && s.site.Policy().RestoreFor(u.Groups) == authn.RestoreForbidden {
		err = authn.ErrRestoreForbidden
	}
	return err
}

// changedCode does what goes with a code that is new, or gone.
func (s *Service) changedCode(tx store.Tx, d authn.Device, statement string, kind authn.NoticeKind, action, ip string, now time.Time) error {
	switch err := tx.UseStatement(d.ID, statement, now); {
	case errors.Is(err, store.ErrExists):
		return authn.ErrEscrowChanged
	case err != nil:
		return err
	}
	u, err := tx.User(d.User)
	if err != nil {
		return err
	}
	open, err := tx.OpenRestores(u.ID)
	if err != nil {
		return err
	}
	for _, x := range open {
		if x.Kind != authn.RestoreByCode {
			continue
		}
		if err := keep(tx, x.Fail("device:"+string(d.ID), now)); err != nil {
			return err
		}
		if err := tx.AppendAudit(record(x, "restore.end", "device:"+string(d.ID), ip, "", now)); err != nil {
			return err
		}
	}
	if kind != "" {
		err := tx.UpdateRestoreGuard(u.ID, func(g authn.RestoreGuard) (authn.RestoreGuard, error) { return g.NewCode(), nil })
		if err != nil {
			return err
		}
		told := map[string]string{"device": d.Info.Name, "model": d.Info.Model, "ip": ip}
		if err := site.Notify(tx, u, kind, d.ID, told, now); err != nil {
			return err
		}
	}
	return tx.AppendAudit(authn.AuditRecord{
		At: now, Actor: "device:" + string(d.ID), Action: action, Subject: string(u.ID), IP: ip,
	})
}

// provenEscrow notes a drill.
func (s *Service) provenEscrow(w http.ResponseWriter, r *http.Request) error {
	d, body, err := s.proof.Device(w, r)
	if err == nil {
		err = d.MayApprove()
	}
	if err != nil {
		return err
	}
	var q wire.EscrowProven
	if err := api.Decode(body, &q); err != nil {
		return err
	}
	ctx, now := r.Context(), s.site.Now()
	_, err = s.change(ctx, d, func(tx store.Tx, e authn.Escrow) (authn.Escrow, error) {
		e, err := e.Prove(q.Generation, d.ID, now)
		if err != nil {
			return e, err
		}
		return e, tx.AppendAudit(authn.AuditRecord{At: now, Actor: "device:" + string(d.ID), Action: "escrow.proven", Subject: string(d.User), IP: api.ClientIP(ctx)})
	})
	if err != nil {
		return err
	}
	s.wake(d.User)
	return api.Write(w, http.StatusOK, struct{}{})
}

// deleteEscrow switches restore off.
func (s *Service) deleteEscrow(w http.ResponseWriter, r *http.Request) error {
	d, body, err := s.proof.Device(w, r)
	now := s.site.Now()
	if err == nil {
		err = d.MayManage(now)
	}
	if err != nil {
		return err
	}
	var q wire.EscrowDelete
	if err := api.Decode(body, &q); err != nil {
		return err
	}
	o, err := wire.VerifyEscrowOff(q.Statement, d.Keys.Approval, s.site.Issuer, d.ID)
	if err != nil {
		return errSigned.Because(err)
	}
	ctx := r.Context()
	_, err = s.change(ctx, d, func(tx store.Tx, e authn.Escrow) (authn.Escrow, error) {
		e, err := e.SwitchOff(o.Generation, d.ID, now)
		if err != nil {
			return e, err
		}
		return e, s.changedCode(tx, d, o.ID, "", "escrow.off", api.ClientIP(ctx), now)
	})
	if err != nil {
		return err
	}
	s.wake(d.User)
	return api.Write(w, http.StatusOK, struct{}{})
}
