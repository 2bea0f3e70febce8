package phone

import (
	"context"

	"avow/internal/wire"
)

// SendDebugLog sends lines of the debug log, as their owner has seen them, with a line of her own to the service desk of an account.
func (c *Core) SendDebugLog(ctx context.Context, id AccountID, note, log string) (wire.SentDebugLog, error) {
	c.mu.Lock()
	a, err := c.find(id)
	c.mu.Unlock()
	if err != nil {
		return wire.SentDebugLog{}, err
	}
	return a.device.SendDebugLog(ctx, wire.SendDebugLog{Note: note, Log: log})
}
