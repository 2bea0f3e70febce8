package phone

import (
	"context"
	"time"

	"avow/internal/phone/codes"
)

// TakeBackCodes takes back what AddCodes has done, in one save: added ones are deleted for good, and those that it took out of the trash go back
// there. One that is gone meanwhile is passed over. Errors: ErrLocked.
func (c *Core) TakeBackCodes(ctx context.Context, added, untrashed []codes.ID) error {
	return c.changeCodes(ctx, func(all *codes.Collection, now time.Time) (out []codes.Stored, err error) {
		for _, step := range []struct {
			ids []codes.ID
			do  func(codes.ID, time.Time) ([]codes.Stored, error)
		}{{added, all.Delete}, {untrashed, all.Trash}} {
			for _, id := range step.ids {
				if s, err := step.do(id, now); err == nil {
					out = append(out, s...)
				}
			}
		}
		return out, nil
	})
}
