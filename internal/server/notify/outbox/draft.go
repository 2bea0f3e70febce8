package outbox

import (
	"context"

	"avow/internal/authn"
	"avow/internal/store"
)

// draft is a message that was written before its turn. Pictures take as long to draw as the disk and the mail server take for a mail, so one
// is drawn while the others work.
type draft struct {
	message authn.Message
	plan    plan
	made    bool
	written written
	err     error
}

const draftsAhead = 4

// ahead writes messages in their order. What it cannot write is left to their turn. Call stop when no more are wanted.
func (s *Service) ahead(ctx context.Context, due []authn.Message) (<-chan draft, context.CancelFunc) {
	all := make([]draft, len(due))
	err := s.site.Store.View(ctx, func(r store.Reader) error {
		now := s.site.Now()
		for i, m := range due {
			p, err := s.plan(r, m, now)
			all[i] = draft{message: m, plan: p, made: err == nil}
		}
		return nil
	})
	if err != nil {
		for i, m := range due {
			all[i] = draft{message: m}
		}
	}
	ctx, stop := context.WithCancel(ctx)
	out := make(chan draft, draftsAhead)
	go func() {
		defer close(out)
		for _, d := range all {
			if d.made {
				d.written, d.err = s.render(d.plan)
			}
			select {
			case out <- d:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, stop
}
