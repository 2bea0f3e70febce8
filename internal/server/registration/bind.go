package registration

import (
	"context"
	"time"

	"avow/internal/authn"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/wire"
)

// bind consumes the session and makes the device in one transaction, with notices to everybody else and the binding's
// record. What is signed for the phone is signed before, so that the writer does not wait for it.
func (s *Service) bind(ctx context.Context, b binding) (session authn.RegistrationSession, err error) {
	var user authn.User
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		if session, err = s.session(r, b); err != nil {
			return err
		}
		if user, err = r.User(session.User); err != nil {
			return err
		}
		if _, err := session.Finish(b.pub, "", b.now); err != nil {
			return err
		}
		return user.Active()
	})
	if err != nil {
		return session, err
	}
	class, how, err := s.attested(b.reg)
	if err != nil {
		return session, err
	}
	d := authn.Device{
		ID: authn.NewDeviceID(), User: user.ID, Info: b.reg.Device.Clean(), Class: class, Verifies: b.reg.Verifies, State: authn.DevicePending,
		Keys:         authn.DeviceKeys{Device: b.reg.DeviceJWK, Approval: b.reg.ApprovalJWK, Exchange: b.reg.ExchangeJWK},
		Registration: session.ID, CreatedBy: session.CreatedBy, CreatedIP: b.ip, CreatedAt: b.now, LastSeenAt: b.now,
		Origin: authn.OriginRegistration,
	}
	if session.Delivery == authn.DeliverySent { // the second proof says what the page would ask
		d.State, d.ConfirmedAt = authn.DeviceActive, b.now
	}
	if session.Probation {
		d.ProbationUntil = b.now.Add(time.Duration(s.site.Policy().ProbationHours) * time.Hour)
	}
	words := wire.CheckWords(session.ID, b.raw)
	bound, err := wire.SignBound(s.site.Identity, wire.Bound{
		Issuer: s.site.Issuer, Device: d.ID, User: user.ID, Login: user.Login, Name: user.Name, Organisation: s.site.Organisation,
		State: d.State, CheckWords: words, Registration: b.hash, IssuedAt: b.now.Unix(),
	})
	if err != nil {
		return session, err
	}
	err = s.site.Store.Update(ctx, func(tx store.Tx) error {
		if session, err = s.session(tx, b); err != nil {
			return err
		}
		if user, err = tx.User(session.User); err != nil {
			return err
		}
		if err := user.Active(); err != nil {
			return err
		}
		next, err := session.Finish(b.pub, d.ID, b.now)
		if err != nil {
			return err
		}
		if err := room(tx, user.ID, session.Mode); err != nil {
			return err
		}
		next.CheckWords, next.Registration, next.Bound = words, b.hash, bound
		session = next
		return record(tx, next, d, user, map[string]string{
			"user": string(user.ID), "session": string(session.ID), "created_by": session.CreatedBy, "second_proof": string(session.Proof),
			"key_class": string(d.Class), "key_class_claimed": string(b.reg.Class), "attestation": how, "user_verification": string(d.Verifies),
		})
	})
	return session, err
}

func record(tx store.Tx, session authn.RegistrationSession, d authn.Device, user authn.User, facts map[string]string) error {
	if err := tx.CreateDevice(d); err != nil {
		return err
	}
	err := tx.UpdateRegistrationSession(session.ID, func(authn.RegistrationSession) (authn.RegistrationSession, error) { return session, nil })
	if err != nil {
		return err
	}
	if d.State == authn.DeviceActive && session.Mode == authn.BindReplace {
		if err := revokeOthers(tx, user, d.ID, change{actor: "device:" + string(d.ID), ip: d.CreatedIP, now: d.CreatedAt}); err != nil {
			return err
		}
	}
	told := map[string]string{"device": d.Info.Name, "model": d.Info.Model, "ip": d.CreatedIP}
	if err := site.Notify(tx, user, authn.NoticeDeviceRegistered, d.ID, told, d.CreatedAt); err != nil {
		return err
	}
	return tx.AppendAudit(authn.AuditRecord{
		At: d.CreatedAt, Actor: "device:" + string(d.ID), Action: "device.register", Subject: string(d.ID), IP: d.CreatedIP, Facts: facts,
	})
}
