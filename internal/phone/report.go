package phone

import (
	"context"
	"errors"
	"slices"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
)

// flushEvery is how often counters are written, and how late a report may be at most.
const flushEvery = 10 * time.Minute

// keepReports sends usage reports when they are due, to servers whose user has said yes, until ctx ends.
func (c *Core) keepReports(ctx context.Context) {
	if c.cfg.Telemetry == nil {
		return
	}
	c.cfg.Telemetry.CountApp(authn.CountStarts)
	for ctx.Err() == nil {
		c.SendReports(ctx)
		if err := c.cfg.Telemetry.Flush(); err != nil {
			c.cfg.Log.Info("counters could not be stored", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(flushEvery):
		}
	}
	_ = c.cfg.Telemetry.Flush() // a few counts are lost with it at worst
}

// SendReports sends the usage reports that are due. Each goes to the server of an account that is here, and to no other.
func (c *Core) SendReports(ctx context.Context) {
	due, _ := c.cfg.Telemetry.Due()
	if len(due) == 0 {
		return
	}
	servers := map[string]client.Server{}
	c.mu.Lock()
	for _, a := range c.accounts {
		if a.stored.Status.Status != Removed {
			servers[a.stored.Server.Issuer] = a.stored.Server
		}
	}
	c.mu.Unlock()
	for issuer, report := range due {
		s, ok := servers[issuer]
		if !ok {
			c.cfg.Telemetry.Remove(issuer)
			continue
		}
		err := client.SendTelemetry(ctx, s, report, c.cfg.Client)
		switch {
		case err == nil:
			c.cfg.Telemetry.Took(issuer, report)
		case ctx.Err() != nil:
			return
		default:
			c.cfg.Telemetry.Failed(issuer, errors.Is(err, authn.ErrTelemetryOff))
		}
	}
}

// answerCounts are the counters of answers to requests.
var answerCounts = map[authn.DecisionKind]authn.Counter{authn.Approve: authn.CountApprovals, authn.Deny: authn.CountDenials, authn.NotMe: authn.CountNotMe}

// counted counts something for the server of an account, where its user has said yes.
func (c *Core) counted(a *account, what authn.Counter) {
	c.cfg.Telemetry.Count(a.stored.Server.Issuer, what)
}

// forgetReports forgets what was counted for a server of which no account is left.
func (c *Core) forgetReports(issuer string) {
	c.mu.Lock()
	left := slices.ContainsFunc(c.accounts, func(a *account) bool { return a.stored.Server.Issuer == issuer })
	c.mu.Unlock()
	if !left {
		c.cfg.Telemetry.Remove(issuer)
	}
}
