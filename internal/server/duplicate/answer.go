package duplicate

import (
	"context"
	"net/http"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/api"
	"avow/internal/server/registration"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/wire"
)

// answer takes what the user said on the old phone. Yes makes the new device and keeps what is handed over, in one transaction.
func (s *Service) answer(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	me, body, err := s.proof.DeviceLarge(w, r)
	if err != nil {
		return err
	}
	var c wire.DuplicateAnswerCommand
	if err := api.DecodeLarge(body, &c); err != nil {
		return err
	}
	d, err := s.offered(ctx, c.DuplicateID, me.ID)
	if err != nil {
		return err
	}
	a, err := wire.VerifyDuplicateAnswer(c.Statement, me.Keys, s.site.Issuer, me.ID, d.ID, d.Statement)
	if err != nil {
		return errAnswer.Because(err)
	}
	answered := wire.DuplicateAnswered{State: authn.DuplicateRefused}
	if a.Answer == wire.DuplicateRefuse {
		err = s.refuse(ctx, me, d.ID)
	} else {
		answered.State = authn.DuplicateApproved
		answered.Device, err = s.approve(ctx, me, d, a, c)
	}
	if err != nil {
		return err
	}
	s.wake(d.User)
	return api.Write(w, http.StatusOK, answered)
}

func (s *Service) refuse(ctx context.Context, me authn.Device, id authn.DuplicateID) error {
	now := s.site.Now()
	return s.site.Store.Update(ctx, func(tx store.Tx) error {
		d, err := of(tx, id, me.ID)
		if err != nil || d.State == authn.DuplicateRefused {
			return err
		}
		if err := tx.UpdateDuplicate(id, func(d authn.Duplicate) (authn.Duplicate, error) { return d.Refuse(now) }); err != nil {
			return err
		}
		return tx.AppendAudit(authn.AuditRecord{
			At: now, Actor: "device:" + string(me.ID), Action: "duplicate.refuse", Subject: string(id), IP: api.ClientIP(ctx),
			Facts: map[string]string{"user": string(me.User), "claimed": string(d.State)},
		})
	})
}

func (s *Service) approve(ctx context.Context, me authn.Device, d authn.Duplicate, a wire.DuplicateAnswer, c wire.DuplicateAnswerCommand) (authn.DeviceID, error) {
	if len(c.Handover) == 0 || len(c.Handover) > wire.MaxFile || c.MAC.IsZero() {
		return "", errAnswer
	}
	claim, err := wire.VerifyDuplicateClaim(d.Statement, s.site.Issuer, d.Secret)
	if err != nil {
		return "", errAnswer.Because(err)
	}
	now := s.site.Now()
	made := authn.Device{
		ID: authn.NewDeviceID(), User: me.User, Info: claim.Device, Keys: claim.Keys(), Class: key.Software, Verifies: claim.Verifies,
		State: authn.DeviceActive, CreatedBy: "device:" + string(me.ID), CreatedIP: d.ClaimIP, CreatedAt: now, ConfirmedAt: now, LastSeenAt: now,
		Origin: authn.OriginDuplicate, From: me.ID,
	}
	if hours := s.site.Policy().ProbationHours; hours > 0 {
		made.ProbationUntil = now.Add(time.Duration(hours) * time.Hour)
	}
	return made.ID, s.site.Store.Update(ctx, func(tx store.Tx) error {
		u, err := mayManage(tx, me.ID, now)
		if err != nil {
			return err
		}
		bound, err := wire.SignBound(s.site.Identity, wire.Bound{
			Issuer: s.site.Issuer, Device: made.ID, User: u.ID, Login: u.Login, Name: u.Name, Organisation: s.site.Organisation,
			State: made.State, Registration: a.ClaimHash, IssuedAt: now.Unix(),
		})
		if err != nil {
			return err
		}
		err = tx.UpdateDuplicate(d.ID, func(is authn.Duplicate) (authn.Duplicate, error) {
			if is.Statement != d.Statement { // what was verified above is what is approved
				return is, errAnswer
			}
			return is.Approve(made.ID, bound, c.Handover, c.MAC, now)
		})
		if err != nil {
			return err
		}
		if err := s.free(tx, made); err != nil {
			return err
		}
		if err := tx.CreateDevice(made); err != nil {
			return err
		}
		facts := map[string]string{"device": made.Info.Name, "model": made.Info.Model, "ip": d.ClaimIP}
		if err := site.Notify(tx, u, authn.NoticeDeviceDuplicated, made.ID, facts, now); err != nil {
			return err
		}
		return tx.AppendAudit(authn.AuditRecord{
			At: now, Actor: "device:" + string(me.ID), Action: "device.duplicate", Subject: string(made.ID), IP: api.ClientIP(ctx),
			Facts: map[string]string{
				"user": string(u.ID), "duplicate": string(d.ID), "claimed_from": d.ClaimIP, "key_class": string(made.Class), "key_class_claimed": string(claim.Class),
				"user_verification": string(a.UV),
			},
		})
	})
}

// free says whether the user may have the device: she has not too many, and none of hers, now or ever, has a key of it.
func (s *Service) free(tx store.Tx, made authn.Device) error {
	if err := registration.Room(tx, made.User); err != nil {
		return err
	}
	devices, err := tx.DevicesOf(made.User)
	if err != nil {
		return err
	}
	for _, d := range devices {
		if d.Keys.Shares(made.Keys) {
			return errKeys
		}
	}
	return nil
}
