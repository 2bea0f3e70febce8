package approval

import (
	"context"
	"errors"
	"net/http"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/api"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/wire"
)

var errDecision = authn.Fail(authn.Invalid, "bad_decision", "The answer cannot be verified. Update the app and try again.")

// list answers GET /v1/requests: what waits for this device, exactly as signed.
func (s *Service) list(w http.ResponseWriter, r *http.Request) error {
	d, _, err := s.proof.Device(w, r)
	if err != nil {
		return err
	}
	now := s.site.Now()
	answer := wire.RequestList{Requests: []string{}, ServerTime: now.Unix()}
	if d.MayApprove() == nil {
		err = s.site.Store.View(r.Context(), func(rd store.Reader) error {
			open, err := rd.OpenApprovalRequests(d.User)
			for _, o := range open {
				if jws, ok := o.OpenFor(d.ID, now); ok {
					answer.Requests = append(answer.Requests, jws)
				}
			}
			return err
		})
	}
	if err != nil {
		return err
	}
	return api.Write(w, http.StatusOK, answer)
}

// decide answers POST /v1/requests/{id}/decision.
func (s *Service) decide(w http.ResponseWriter, r *http.Request) error {
	d, body, err := s.proof.Device(w, r)
	if err != nil {
		return err
	}
	var c wire.DecisionCommand
	if err := api.Decode(body, &c); err != nil {
		return err
	}
	id := authn.RequestID(r.PathValue("id"))
	if !authn.ValidID("r_", string(id)) {
		return authn.ErrRequestUnknown
	}
	if err := d.MayApprove(); err != nil {
		return err
	}
	jws, err := s.delivered(r.Context(), id, d.ID)
	if err != nil {
		return err
	}
	dec, err := wire.VerifyDecision(c.Decision, d.Keys, s.site.Issuer, d.ID, id, jws)
	if err != nil {
		return errDecision.Because(err)
	}
	decided, err := s.settle(r.Context(), d.ID, dec, c.Decision)
	if err != nil {
		return err
	}
	receipt, err := wire.SignReceipt(s.site.Identity, wire.Receipt{
		Issuer: s.site.Issuer, Device: d.ID, Request: id, RequestHash: wire.HashText(jws), DecisionHash: wire.HashText(c.Decision),
		Kind: dec.Kind, At: decided.DecidedAt.Unix(),
	})
	if err != nil {
		return err
	}
	return api.Write(w, http.StatusOK, wire.DecisionAnswer{State: decided.State, Receipt: receipt})
}

// delivered is the request exactly as it was signed for the device. To a device that was not asked the request does not exist.
func (s *Service) delivered(ctx context.Context, id authn.RequestID, device authn.DeviceID) (jws string, err error) {
	err = s.site.Store.View(ctx, func(rd store.Reader) error {
		r, err := rd.ApprovalRequest(id)
		if err != nil {
			return err
		}
		for _, del := range r.Devices {
			if del.Device == device {
				jws = del.JWS
				return nil
			}
		}
		return store.ErrNotFound
	})
	if errors.Is(err, store.ErrNotFound) {
		err = authn.ErrRequestUnknown
	}
	return jws, err
}

// settle writes a verified decision. A wrong number is written too, so its error comes after the transaction, not out of it.
func (s *Service) settle(ctx context.Context, device authn.DeviceID, dec wire.Decision, raw string) (decided authn.ApprovalRequest, err error) {
	v := authn.Verdict{Device: device, Kind: dec.Kind, UV: dec.UV, Proof: raw}
	if dec.Number != "" {
		v.Number = authn.NumberMAC(s.pepper, dec.Request, dec.Number)
	}
	if dec.Handle != nil {
		v.Handle = authn.HashOf(dec.Handle.Secret)
	}
	c := context.WithoutCancel(ctx) // a phone that hangs up has decided all the same
	t := turn{service: s, now: s.site.Now(), ip: api.ClientIP(ctx), verdict: v, claimed: dec.Class}
	var refused error
	var after func()
	err = s.site.Store.Update(c, func(tx store.Tx) (err error) {
		decided, refused, err = t.take(tx, dec.Request)
		if watch := s.watchers[decided.Client]; err == nil && refused == nil && watch != nil {
			after, err = watch(tx, decided, t.now)
		}
		return err
	})
	if err != nil {
		return decided, err
	}
	if decided.State != authn.RequestOpen {
		s.wake(decided)
	}
	if after != nil {
		after()
	}
	return decided, refused
}

// turn is one decision on its way into the database.
type turn struct {
	service *Service
	now     time.Time
	ip      string
	verdict authn.Verdict
	claimed key.Class // as the phone says
	class   key.Class // as was attested when it was connected
}

// take runs in the transaction. What it returns as refused was counted and is on disk; err undoes everything.
func (t turn) take(tx store.Tx, id authn.RequestID) (r authn.ApprovalRequest, refused, err error) {
	d, err := tx.Device(t.verdict.Device)
	if err != nil {
		return r, nil, err
	}
	t.class = d.Class
	if err := d.MayApprove(); err != nil { // as of now, not as of when it was shown
		return r, nil, err
	}
	u, err := tx.User(d.User)
	if err != nil {
		return r, nil, err
	}
	if err := u.Active(); err != nil {
		return r, nil, err
	}
	if t.verdict.Kind == authn.Approve {
		if err := t.mayRule(tx, d, id); err != nil {
			return r, nil, err
		}
	}
	wrong := false
	err = tx.UpdateApprovalRequest(id, func(old authn.ApprovalRequest) (authn.ApprovalRequest, error) {
		r, err = old.Decide(t.verdict, t.now)
		if wrong = errors.Is(err, authn.ErrWrongNumber); wrong {
			return old, nil
		}
		return r, err
	})
	if err != nil {
		return r, nil, err
	}
	if wrong {
		return t.wrong(tx, r)
	}
	if err := t.record(tx, "request."+string(r.Decision), r); err != nil {
		return r, nil, err
	}
	if practice(r) {
		return r, nil, nil
	}
	if r.Decision == authn.Approve {
		return r, nil, tx.UpdateGuard(u.ID, func(g authn.Guard) (authn.Guard, error) { return g.Approved(), nil })
	}
	return r, nil, t.refuse(tx, u, d, r)
}

// mayRule refuses a Yes of a device on probation where it would let somebody with a role into the pages, or agree as a second administrator: whoever has got a phone into
// such an account must not rule before its owner had time to notice.
func (t turn) mayRule(tx store.Tx, d authn.Device, id authn.RequestID) error {
	if !d.OnProbation(t.now) {
		return nil
	}
	r, err := tx.ApprovalRequest(id)
	if err != nil || r.Client != authn.PagesClient && r.Client != authn.SecondAdminClient {
		return err
	}
	role, err := tx.AdminByUser(d.User)
	if errors.Is(err, store.ErrNotFound) || err == nil && role.Disabled {
		return nil
	}
	if err != nil {
		return err
	}
	return authn.ErrProbation.After(d.ProbationUntil.Sub(t.now))
}

// wrong counts a wrong number; the last one ends the request.
func (t turn) wrong(tx store.Tx, r authn.ApprovalRequest) (_ authn.ApprovalRequest, refused, err error) {
	if practice(r) {
		return r, authn.ErrWrongNumber, nil
	}
	left := 0
	err = tx.UpdateGuard(r.User, func(g authn.Guard) (authn.Guard, error) {
		g, left = g.WrongNumber()
		return g, nil
	})
	if err != nil {
		return r, nil, err
	}
	refused = wrongNumber(left)
	if left == 0 {
		r = r.Fail(t.now)
		if err := replace(tx, r); err != nil {
			return r, nil, err
		}
	}
	return r, refused, t.record(tx, "request.wrong_number", r)
}

func wrongNumber(left int) error {
	e := *authn.ErrWrongNumber
	switch left {
	case 0:
		return authn.ErrRequestFailed
	case 1:
		e.Message = "Not this number. Look at the screen again. One try left."
	default:
		e.Message = "Not this number. Look at the screen again. Two tries left."
	}
	return e.WithLeft(left)
}

// refuse counts a No; too many mute the phones, and "it's not me" is an alarm.
func (t turn) refuse(tx store.Tx, u authn.User, d authn.Device, r authn.ApprovalRequest) error {
	muted := false
	err := tx.UpdateGuard(u.ID, func(g authn.Guard) (authn.Guard, error) {
		g, muted = g.Refused(r.Decision, t.now)
		return g, nil
	})
	if err != nil {
		return err
	}
	facts := map[string]string{"client": string(r.Client), "ip": r.Origin.IP, "place": r.Origin.Place}
	if muted {
		if err := site.Notify(tx, u, authn.NoticeMuted, d.ID, facts, t.now); err != nil {
			return err
		}
	}
	if r.Decision != authn.NotMe {
		return nil
	}
	facts = map[string]string{
		"login": u.Login, "name": u.Name, "device": d.Info.Name, "client": string(r.Client), "ip": r.Origin.IP, "place": r.Origin.Place,
	}
	return t.service.site.NotifyAdmins(tx, authn.NoticeNotMe, d.ID, facts, t.now)
}

func (t turn) record(tx store.Tx, action string, r authn.ApprovalRequest) error {
	return tx.AppendAudit(authn.AuditRecord{
		At: t.now, Actor: "device:" + string(t.verdict.Device), Action: action, Subject: string(r.ID), IP: t.ip,
		Facts: map[string]string{
			"client": string(r.Client), "uv": string(t.verdict.UV), "key_class": string(t.class), "key_class_claimed": string(t.claimed), "matched_by": string(r.MatchedBy),
		},
	})
}
