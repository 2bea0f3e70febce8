// Package reaction is what a person does about a security notice that tells of something which was not she: she blocks the restore of her account, or the
// phone that the notice is about. From a mail she does it with the code of its link and without signing in, on the page of package portal/act; from one of her
// devices by POST /v1/notices/{id}/react, a route of this package (docs/notices.md). It decides who may react to what; package restore blocks restores,
// package device ends devices.
package reaction

import (
	"context"
	"errors"
	"time"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/proof"
	"avow/internal/server/site"
	"avow/internal/store"
)

// Lifetime is for how long after the event somebody can react to its notice.
const Lifetime = 30 * 24 * time.Hour

// Errors of reactions.
var (
	ErrUnknown = authn.Fail(authn.NotFound, "reaction_unknown", "This code is not known here. Copy the whole link from the mail.")
	ErrOld     = authn.Fail(authn.Gone, "reaction_old", "This mail is older than 30 days. Tell the service desk.")
	ErrNothing = authn.Fail(authn.Conflict, "reaction_none", "There is nothing to do about this notice. Tell the service desk if it was not you.")
)

// Devices ends devices; *device.Service has it.
type Devices interface {
	Revoke(ctx context.Context, id authn.DeviceID, actor, reason string) error
}

// Restores blocks restores; *restore.Service has it.
type Restores interface {
	// Block ends what restores the user's account now, and lets nobody restore it until somebody allows it. Doing it again does nothing.
	Block(ctx context.Context, user authn.UserID, id authn.RestoreID, actor, reason string) error
	// Blocked reports whether nobody may restore the user's account.
	Blocked(r store.Reader, user authn.UserID) (bool, error)
}

// Service is the reactions. It is safe for concurrent use.
type Service struct {
	*Codes
	site     *site.Site
	proof    *proof.Checker
	devices  Devices
	restores Restores
}

// New makes the service.
func New(s *site.Site, codes *Codes, c *proof.Checker, d Devices, r Restores) *Service {
	return &Service{Codes: codes, site: s, proof: c, devices: d, restores: r}
}

// Seen is a notice with what can be done about it.
type Seen struct {
	Notice   authn.Notice
	User     authn.User
	Reaction authn.Reaction
	Done     bool // all that it would do is so already
}

// See says what a code from a mail stands for; it changes nothing. ErrUnknown, ErrOld.
func (s *Service) See(ctx context.Context, code string) (Seen, error) {
	id, ok := s.parse(code)
	if !ok {
		return Seen{}, ErrUnknown
	}
	return s.seen(ctx, id)
}

func (s *Service) seen(ctx context.Context, id authn.NoticeID) (v Seen, err error) {
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		v, err = s.look(r, id)
		return err
	})
	return v, err
}

func (s *Service) look(r store.Reader, id authn.NoticeID) (v Seen, err error) {
	v.Notice, err = r.Notice(id)
	if errors.Is(err, store.ErrNotFound) || err == nil && v.Notice.User == "" {
		return v, ErrUnknown
	}
	if err != nil {
		return v, err
	}
	if v.Reaction = v.Notice.Kind.Reaction(); v.Reaction == authn.ReactionNone {
		return v, ErrNothing
	}
	if s.site.Now().Sub(v.Notice.At) > Lifetime {
		return v, ErrOld
	}
	if v.User, err = r.User(v.Notice.User); err != nil {
		return v, err
	}
	blocked, err := s.restores.Blocked(r, v.User.ID)
	if err != nil {
		return v, err
	}
	v.Done = blocked
	if v.Reaction == authn.ReactionBlockDevice && v.Done {
		d, err := cause(r, v)
		if err != nil {
			return v, err
		}
		v.Done = d.ID == "" || d.State == authn.DeviceRevoked
	}
	return v, nil
}

// cause is the device that a notice is about; zero when it is not one of the user's.
func cause(r store.Reader, v Seen) (authn.Device, error) {
	d, err := r.Device(v.Notice.Cause)
	if errors.Is(err, store.ErrNotFound) || err == nil && d.User != v.User.ID {
		return authn.Device{}, nil
	}
	return d, err
}

// React does what can be done about the notice of a code from a mail. Doing it again does nothing more. ErrUnknown, ErrOld.
func (s *Service) React(ctx context.Context, code string) (Seen, error) {
	v, err := s.See(ctx, code)
	if err != nil || v.Done {
		return v, err
	}
	if err := s.do(ctx, v, "mail:"+string(v.Notice.ID), "not me, says the owner of the mailbox"); err != nil {
		return v, err
	}
	v.Done = true
	return v, nil
}

// do blocks. The device goes first: it is what could undo the rest.
func (s *Service) do(ctx context.Context, v Seen, actor, reason string) error {
	var d authn.Device
	err := s.site.Store.View(ctx, func(r store.Reader) (err error) {
		d, err = cause(r, v)
		return err
	})
	if err != nil {
		return err
	}
	if v.Reaction == authn.ReactionBlockDevice && d.ID != "" {
		if err := s.devices.Revoke(ctx, d.ID, actor, reason); err != nil {
			return err
		}
	}
	if err := s.restores.Block(ctx, v.User.ID, "", actor, reason); err != nil {
		return err
	}
	now := s.site.Now()
	return s.site.Store.Update(ctx, func(tx store.Tx) error {
		facts := map[string]string{"login": v.User.Login, "name": v.User.Name, "device": v.Notice.Facts["device"], "ip": api.ClientIP(ctx)}
		if err := s.site.NotifyAdmins(tx, authn.NoticeRestoreBlocked, v.Notice.Cause, facts, now); err != nil {
			return err
		}
		return tx.AppendAudit(authn.AuditRecord{
			At: now, Actor: actor, Action: "reaction.done", Subject: string(v.Notice.ID), IP: api.ClientIP(ctx), Reason: reason,
			Facts: map[string]string{"user": string(v.User.ID), "kind": string(v.Notice.Kind), "reaction": string(v.Reaction), "device": string(d.ID)},
		})
	})
}
