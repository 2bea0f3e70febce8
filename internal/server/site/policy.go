package site

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"

	"avow/internal/authn"
	"avow/internal/store"
)

const policySetting = "policy"

// Policy is what holds now: what administrators have decided, and for the rest the configuration.
func (s *Site) Policy() authn.Policy {
	d := s.Defaults
	p := undecided(d)
	if decided := s.policy.Load(); decided != nil {
		p = *decided
	}
	return authn.Policy{
		Match:            cmp.Or(p.Match, d.Match, s.Match, authn.MatchNumber),
		UserVerification: cmp.Or(p.UserVerification, d.UserVerification, authn.UVEachApproval),
		SessionHours:     cmp.Or(p.SessionHours, d.SessionHours, int(authn.SentLifetime.Hours())),
		SecondProof:      cmp.Or(p.SecondProof, d.SecondProof),
		Attestation:      cmp.Or(p.Attestation, d.Attestation, authn.AttestationNone),
		GrantDays:        cmp.Or(p.GrantDays, d.GrantDays, int(authn.GrantLifetime/(24*time.Hour))),
		GrantUses:        cmp.Or(p.GrantUses, d.GrantUses, authn.GrantUses),
		Restore:          cmp.Or(p.Restore, d.Restore, authn.RestoreAllowed),
		GroupRestore:     maps.Clone(p.GroupRestore),
		OldDevice:        cmp.Or(p.OldDevice, d.OldDevice, authn.OldDeviceAsked),
		RestoreHold:      p.RestoreHold,
		RestoreDelivery:  cmp.Or(p.RestoreDelivery, d.RestoreDelivery, authn.RestoreByMail),
		ProbationHours:   p.ProbationHours,
		ColleaguesNeeded: cmp.Or(p.ColleaguesNeeded, d.ColleaguesNeeded, authn.ColleaguesNeeded),
		ColleaguesHold:   cmp.Or(p.ColleaguesHold, d.ColleaguesHold, authn.ColleaguesHold),
		BackupEnrolls:    p.BackupEnrolls,
		LockSeconds:      cmp.Or(p.LockSeconds, d.LockSeconds),
		WrongPINs:        cmp.Or(p.WrongPINs, d.WrongPINs, authn.WrongPINWait),
		Telemetry:        cmp.Or(p.Telemetry, d.Telemetry, authn.TelemetryAsked),
	}
}

// undecided are the settings of which zero is a decision, as they are while nobody has decided, or has before they were there.
func undecided(d authn.Policy) authn.Policy {
	return authn.Policy{RestoreHold: d.RestoreHold, ProbationHours: cmp.Or(d.ProbationHours, authn.ProbationHours)}
}

// LoadPolicy reads what administrators have decided. The server calls it at start.
func (s *Site) LoadPolicy(ctx context.Context) error {
	var kept authn.Setting
	err := s.Store.View(ctx, func(r store.Reader) (err error) {
		kept, err = r.Setting(policySetting)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	p := undecided(s.Defaults)
	if err := json.Unmarshal([]byte(kept.Value), &p); err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	s.policy.Store(&p)
	return nil
}

// SetPolicy decides anew. a is the record of it, with who and why; what was changed is added. Errors: those of authn.Policy.Validate.
func (s *Site) SetPolicy(ctx context.Context, p authn.Policy, a authn.AuditRecord) error {
	if err := p.Validate(); err != nil {
		return err
	}
	value, err := json.Marshal(p)
	if err != nil {
		return err
	}
	was, err := json.Marshal(s.Policy())
	if err != nil {
		return err
	}
	a.Action, a.Subject, a.Facts = "policy.set", policySetting, map[string]string{"was": string(was), "is": string(value)}
	err = s.Store.Update(ctx, func(tx store.Tx) error {
		if err := tx.PutSetting(authn.Setting{Name: policySetting, Value: string(value), UpdatedAt: a.At, UpdatedBy: a.Actor}); err != nil {
			return err
		}
		return tx.AppendAudit(a)
	})
	if err == nil {
		s.policy.Store(&p)
	}
	return err
}

// PolicyDecided says when administrators last decided, and who; the zero time for never.
func (s *Site) PolicyDecided(ctx context.Context) (at time.Time, by string, err error) {
	err = s.Store.View(ctx, func(r store.Reader) error {
		kept, err := r.Setting(policySetting)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		at, by = kept.UpdatedAt, kept.UpdatedBy
		return err
	})
	return at, by, err
}
