package approval

import (
	"context"
	"time"

	"avow/internal/authn"
	"avow/internal/store"
)

const (
	batch = 200
	keep  = 30 * 24 * time.Hour // how long what was asked and answered can be looked up
)

// Expire closes the requests that nobody answered in time and wakes who waits for them. Their time was over without it: this makes the
// state on disk the true one.
func (s *Service) Expire(ctx context.Context) error {
	for {
		now := s.site.Now()
		late, err := s.late(ctx, now)
		if err != nil || len(late) == 0 {
			return err
		}
		var closed []authn.ApprovalRequest
		err = s.site.Store.Update(ctx, func(tx store.Tx) error {
			closed = closed[:0]
			for _, r := range late {
				open := false
				err := tx.UpdateApprovalRequest(r.ID, func(old authn.ApprovalRequest) (authn.ApprovalRequest, error) {
					if open = old.State == authn.RequestOpen; open {
						old.State = authn.RequestExpired
					}
					return old, nil
				})
				if err != nil {
					return err
				}
				if !open {
					continue
				}
				closed = append(closed, r)
				if err := tx.AppendAudit(expired(r, now)); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, r := range closed {
			s.wake(r)
		}
		if len(late) < batch {
			return nil
		}
	}
}

func expired(r authn.ApprovalRequest, now time.Time) authn.AuditRecord {
	return authn.AuditRecord{At: now, Actor: "server", Action: "request.expire", Subject: string(r.ID), Facts: map[string]string{"client": string(r.Client)}}
}

func (s *Service) late(ctx context.Context, now time.Time) (late []authn.ApprovalRequest, err error) {
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		late, err = r.LateApprovalRequests(now, batch)
		return err
	})
	return late, err
}

// Forget deletes the requests of more than thirty days ago.
func (s *Service) Forget(ctx context.Context) error {
	before := s.site.Now().Add(-keep)
	for {
		n := 0
		err := s.site.Store.Update(ctx, func(tx store.Tx) (err error) {
			n, err = tx.DeleteApprovalRequests(before, batch)
			return err
		})
		if err != nil || n < batch {
			return err
		}
	}
}
