package approval

import (
	"net/http"
	"time"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/store"
)

// practice tells a request that counts for nothing: no limit, no alarm, no success. Who holds a phone must not be able to clear what was counted against
// somebody else, nor to disturb anybody by it.
func practice(r authn.ApprovalRequest) bool { return r.Action == authn.ActionPractice }

// admitPractice writes a practice request in place of one that is open on the same device.
func (s *Service) admitPractice(tx store.Tx, r authn.ApprovalRequest, open []authn.ApprovalRequest, now time.Time) error {
	for _, old := range open {
		if !practice(old) || old.StateAt(now) != authn.RequestOpen || old.Devices[0].Device != r.Devices[0].Device {
			continue
		}
		gone, err := old.Cancel(now)
		if err != nil {
			return err
		}
		if err := replace(tx, gone); err != nil {
			return err
		}
	}
	return tx.CreateApprovalRequest(r)
}

// unmute answers POST /v1/requests/unmute: the user ends the silence after "it's not me", or after too many a No, before its time. It needs no user
// verification: all that it does is to let questions come.
func (s *Service) unmute(w http.ResponseWriter, r *http.Request) error {
	d, body, err := s.proof.Device(w, r)
	if err != nil {
		return err
	}
	if err := api.Decode(body, &struct{}{}); err != nil {
		return err
	}
	now := s.site.Now()
	err = s.site.Store.Update(r.Context(), func(tx store.Tx) error {
		muted := false
		err := tx.UpdateGuard(d.User, func(g authn.Guard) (authn.Guard, error) {
			muted = g.Muted(now)
			return g.Unmuted(), nil
		})
		if err != nil || !muted {
			return err
		}
		return tx.AppendAudit(authn.AuditRecord{
			At: now, Actor: "device:" + string(d.ID), Action: "request.unmute", Subject: string(d.User), IP: api.ClientIP(r.Context()),
		})
	})
	if err != nil {
		return err
	}
	s.wake(authn.ApprovalRequest{User: d.User})
	return api.Write(w, http.StatusOK, struct{}{})
}
