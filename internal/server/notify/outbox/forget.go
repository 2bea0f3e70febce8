package outbox

import (
	"context"
	"time"

	"avow/internal/store"
)

// kept is how long what became of a message can be looked up.
const kept = 90 * 24 * time.Hour

// Forget deletes messages of long ago that wait for nothing.
func (s *Service) Forget(ctx context.Context) error {
	return s.site.Store.Update(ctx, func(tx store.Tx) error {
		_, err := tx.DeleteMessages(s.site.Now().Add(-kept), 1000)
		return err
	})
}
