package phone

import (
	"context"
	"crypto"
	"errors"
	"io"
	"maps"
	"slices"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/phone/keystore"
	"avow/internal/wire"
)

// Waits between tries to reach a server that does not answer.
const (
	firstWait      = time.Second
	lastWait       = 30 * time.Second
	lastErrandWait = 10 * time.Minute
)

// addAccount makes the running half of a stored account; mu must be held (or nobody else know c yet). An account whose device key is
// missing is kept and says so: it must not vanish from the vault without a word.
func (c *Core) addAccount(ctx context.Context, s storedAccount) *account {
	a := &account{stored: s, offers: make(chan struct{}, 1)}
	// The signer lives as long as the account, not as long as the call that made it.
	signer, err := keystore.Signer(context.Background(), c.cfg.Keys, s.Keys.Device)
	if err != nil {
		c.cfg.Log.ErrorContext(ctx, "the device key of an account is missing", "account", s.ID, "err", err)
		a.lost, a.trouble, a.since = true, authn.AsError(err), c.cfg.Now()
		signer = noSigner{err}
	}
	a.device = client.NewDevice(s.Server, s.ID, signer, c.cfg.Client)
	a.device.OnServer(func(server client.Server) {
		c.mu.Lock()
		a.stored.Server = server
		c.mu.Unlock()
		if err := c.save(context.Background()); err != nil {
			c.cfg.Log.Warn("could not store what is new about a server", "err", err)
		}
	})
	c.accounts = append(c.accounts, a)
	return a
}

// noSigner stands in for a device key that is missing.
type noSigner struct{ err error }

func (noSigner) Public() crypto.PublicKey { return nil }

func (n noSigner) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return nil, n.err }

// follow starts the account's stream; mu must be held and Run be running.
func (c *Core) follow(a *account) {
	if a.stop != nil || a.lost || a.stored.Status.Status == Removed {
		return
	}
	ctx, cancel := context.WithCancel(c.streams)
	a.stop = cancel
	c.wait.Add(1)
	go func() {
		defer c.wait.Done()
		c.stream(ctx, a)
	}()
}

// stream keeps one account in touch: everything once, then what the server tells, again after each break.
func (c *Core) stream(ctx context.Context, a *account) {
	wait := firstWait
	for ctx.Err() == nil {
		began := c.cfg.Now()
		err := c.listen(ctx, a)
		if ctx.Err() != nil {
			return
		}
		if gone(err) {
			c.removedByServer(ctx, a)
			return
		}
		if errors.Is(err, errStreamEnded) { // it worked and the server closed it, as at a restart
			wait = firstWait
		} else {
			c.setTroubleOf(a, err)
		}
		if c.cfg.Now().Sub(began) > lastWait {
			wait = firstWait
		}
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
		wait = min(2*wait, lastWait)
	}
}

var errStreamEnded = errors.New("event stream ended")

// listen opens the stream first and then fetches everything, so that nothing is missed in between.
func (c *Core) listen(ctx context.Context, a *account) error {
	events, err := a.device.Events(ctx)
	if err != nil {
		return err
	}
	defer events.Close()
	c.listens(a, true)
	defer c.listens(a, false)
	if err := c.fetch(ctx, a); err != nil {
		return err
	}
	for {
		e, err := events.Next()
		if err != nil {
			if gone(err) {
				return err
			}
			return errors.Join(errStreamEnded, err)
		}
		switch {
		case e.Request != "":
			c.arrive(ctx, a, e.Request)
		case e.Closed != nil:
			c.closedBy(*e.Closed)
		case e.Status != nil:
			c.setStatus(ctx, a, *e.Status)
		case e.Computers:
			c.computersChanged(ctx, a)
		case e.Test != "":
			c.testArrived(e.Test)
		case e.Duplicate:
			select {
			case a.offers <- struct{}{}:
			default: // woken already
			}
		}
	}
}

// Sync asks all servers now ("Check now") and returns the first failure.
func (c *Core) Sync(ctx context.Context) error {
	c.mu.Lock()
	accounts := append([]*account(nil), c.accounts...)
	c.mu.Unlock()
	c.resume(ctx)
	c.tellRemovals(ctx)
	c.checkRestores(ctx)
	defer c.saveEscrows(ctx)
	defer func() {
		c.askWipes(ctx)
		c.tellWipes(ctx)
	}()
	var first error
	for _, a := range accounts {
		err := c.fetch(ctx, a)
		switch {
		case gone(err):
			c.removedByServer(ctx, a)
		case err != nil && ctx.Err() != nil: // who asked went away: that says nothing about the server
			return err
		case err != nil:
			c.setTroubleOf(a, err)
			if first == nil {
				first = err
			}
		}
	}
	return first
}

// fetch takes status and open requests from the server.
func (c *Core) fetch(ctx context.Context, a *account) error {
	st, err := a.device.Status(ctx)
	if err != nil {
		return err
	}
	c.hearTime(ctx, st)
	before := c.State().Requests // what comes by the stream meanwhile may be younger than the list
	list, err := a.device.Requests(ctx)
	if err != nil {
		return err
	}
	c.mu.Lock()
	a.offsetAt = c.cfg.Now()
	a.offset = time.Unix(list.ServerTime, 0).Sub(a.offsetAt)
	c.mu.Unlock()
	c.setStatus(ctx, a, st)
	open := map[authn.RequestID]bool{}
	for _, jws := range list.Requests {
		if id := c.arrive(ctx, a, jws); id != "" {
			open[id] = true
		}
	}
	for _, r := range before {
		if r.Account == a.stored.ID && !open[r.ID] {
			c.closeRequest(r.ID, authn.RequestExpired)
		}
	}
	c.hearOfComputers(ctx, a)
	c.lookAtServer(ctx, a)
	return nil
}

// serverNews is how often a server is asked who it is: its name, its service desk and its look may change.
const serverNews = 12 * time.Hour

// lookAtServer asks an account's server who it is, if that is long ago. A failure says nothing about the account.
func (c *Core) lookAtServer(ctx context.Context, a *account) {
	now := c.cfg.Now()
	c.mu.Lock()
	age := now.Sub(a.looked)
	due := a.looked.IsZero() || age < 0 || age > serverNews
	if due {
		a.looked = now
	}
	c.mu.Unlock()
	if !due {
		return
	}
	if err := a.device.Refresh(ctx); err != nil {
		c.cfg.Log.DebugContext(ctx, "could not ask a server who it is", "account", a.stored.ID, "err", err)
		return
	}
	c.emit(Event{Kind: AccountsChanged, Account: a.stored.ID})
}

// computersChanged has the server asked about computers; requests do not wait for that. News that come while a call waits for its turn are the
// same call's.
func (c *Core) computersChanged(ctx context.Context, a *account) {
	c.mu.Lock()
	waits := a.waiting
	a.waiting = true
	c.mu.Unlock()
	if !waits {
		c.wait.Go(func() { c.hearOfComputers(ctx, a) })
	}
}

// hearOfComputers asks the server about computers. A failure says nothing about the account: it is tried again.
func (c *Core) hearOfComputers(ctx context.Context, a *account) {
	if err := c.askComputers(ctx, a); err != nil && ctx.Err() == nil {
		c.cfg.Log.WarnContext(ctx, "could not ask about computers", "account", a.stored.ID, "err", err)
		c.nudge()
	}
}

func (c *Core) setStatus(ctx context.Context, a *account, st wire.Status) {
	if st.State == authn.DeviceRevoked {
		c.removedByServer(ctx, a)
		return
	}
	now := c.cfg.Now()
	status := statusOf(st.State, st.UserStatus)
	c.cfg.Telemetry.Policy(st.Issuer, st.Telemetry)
	c.mu.Lock()
	if a.stored.Status.Status == Removed { // for good: this answer is older than the news
		c.mu.Unlock()
		return
	}
	a.trouble, a.checkedAt = nil, now
	a.muted, a.probation = unix(st.MutedUntil), unix(st.ProbationUntil)
	news := slices.ContainsFunc(st.Notices, func(n wire.Notice) bool {
		return !slices.ContainsFunc(a.notices, func(old wire.Notice) bool { return old.ID == n.ID })
	})
	a.notices = st.Notices
	old := a.stored
	told := c.doc != nil && a.tellNotices()
	heard := a.hear(st.Restore, st.Restores)
	a.stored.Lock = lockOf(st.Lock)
	a.stored.Name, a.stored.Login = st.Name, st.Login
	a.stored.Status.PasswordChangedAt, a.stored.Status.PasswordExpiresAt = unix(st.PasswordChangedAt), unix(st.PasswordExpiresAt)
	if a.stored.Status.Status != status {
		a.stored.Status.Status, a.stored.Status.Since = status, now
	}
	if status != Waiting {
		a.stored.Status.CheckWords = [2]string{}
	}
	changed := told || old.Lock != a.stored.Lock || old.Status.Status != status || old.Name != st.Name || old.Login != st.Login ||
		!old.Status.PasswordChangedAt.Equal(a.stored.Status.PasswordChangedAt) || !old.Status.PasswordExpiresAt.Equal(a.stored.Status.PasswordExpiresAt)
	c.mu.Unlock()
	if changed || heard {
		if err := c.save(ctx); err != nil {
			c.cfg.Log.WarnContext(ctx, "could not store the account's state", "err", err)
		}
	}
	c.keepRule(ctx)
	c.emit(Event{Kind: AccountsChanged, Account: a.stored.ID})
	if heard {
		c.changed()
		c.emit(Event{Kind: RestoreChanged, Account: a.stored.ID})
	}
	if news {
		c.emit(Event{Kind: NoticeArrived, Account: a.stored.ID})
	}
}

func statusOf(d authn.DeviceState, u authn.UserStatus) AccountStatus {
	switch {
	case d == authn.DeviceRevoked:
		return Removed
	case u == authn.UserDisabled:
		return Blocked
	case d == authn.DevicePending:
		return Waiting
	}
	return Connected
}

func (c *Core) setTroubleOf(a *account, err error) {
	e := authn.AsError(err)
	blocked := false
	c.mu.Lock()
	switch {
	case a.stored.Status.Status == Removed:
		c.mu.Unlock()
		return
	case e.Code == "user_disabled":
		if blocked = a.stored.Status.Status != Blocked; blocked {
			a.stored.Status.Status, a.stored.Status.Since = Blocked, c.cfg.Now()
		}
		a.trouble = nil
	default:
		if a.trouble == nil {
			a.since = c.cfg.Now()
			defer c.counted(a, authn.CountUnreachable)
		}
		a.trouble = e
	}
	c.mu.Unlock()
	if blocked {
		if err := c.save(context.Background()); err != nil {
			c.cfg.Log.Warn("could not store the account's state", "err", err)
		}
	}
	c.emit(Event{Kind: AccountsChanged, Account: a.stored.ID})
}

// removedByServer keeps the account visible, as removed, until the person takes it away. It is for good.
func (c *Core) removedByServer(ctx context.Context, a *account) {
	c.mu.Lock()
	was := a.stored.Status.Status
	if was != Removed {
		a.stored.Status.Status, a.stored.Status.Since = Removed, c.cfg.Now()
	}
	a.stored.Status.CheckWords, a.trouble = [2]string{}, nil
	if a.stop != nil {
		a.stop()
	}
	c.mu.Unlock()
	for _, r := range c.State().Requests {
		if r.Account == a.stored.ID {
			c.closeRequest(r.ID, authn.RequestCancelled)
		}
	}
	if was != Removed {
		if err := c.save(ctx); err != nil {
			c.cfg.Log.WarnContext(ctx, "could not store the account's state", "err", err)
		}
		c.keepRule(ctx)
		c.emit(Event{Kind: AccountsChanged, Account: a.stored.ID})
		c.emit(Event{Kind: ComputersChanged, Account: a.stored.ID})
		c.nudge() // whether it is to be wiped, too
	}
}

// arrive checks a request and keeps it. "" if it is not for us, or over.
func (c *Core) arrive(ctx context.Context, a *account, jws string) authn.RequestID {
	c.mu.Lock()
	s, offset := a.stored, a.offset
	c.mu.Unlock()
	r, err := wire.VerifyApprovalRequest(jws, s.Server.Identity, s.Server.Issuer, s.ID, s.User)
	if err != nil {
		c.cfg.Log.WarnContext(ctx, "a request was not accepted", "account", s.ID, "err", err)
		return ""
	}
	open, err := c.opens(s.Keys.Approval)
	if err != nil { // Approve says so, too
		c.cfg.Log.WarnContext(ctx, "the approval key of an account is missing", "account", s.ID, "err", err)
	}
	req := Request{
		ApprovalRequest: r, Account: s.ID, Deadline: time.Unix(r.Expires, 0).Add(-offset), Unasked: open && r.UV == authn.UVUnneeded, jws: jws,
	}
	left := req.Deadline.Sub(c.cfg.Now())
	if left <= 0 {
		return ""
	}
	c.mu.Lock()
	_, over := c.closed[r.ID]
	if b, err := c.find(s.ID); over || err != nil || b != a || a.stored.Status.Status == Removed {
		c.mu.Unlock()
		return ""
	}
	had := c.keepRequest(req, left)
	c.mu.Unlock()
	if !had {
		c.emit(Event{Kind: RequestArrived, Account: s.ID, Request: r.ID})
	}
	return r.ID
}

// keepRequest keeps a request until its time is over, and reports whether it was there. Its time may have changed, its words never. mu must be
// held.
func (c *Core) keepRequest(r Request, left time.Duration) (had bool) {
	old, had := c.requests[r.ID]
	if had {
		r.jws, r.Number = old.jws, old.Number
		c.timers[r.ID].Stop()
	}
	c.requests[r.ID] = r
	c.timers[r.ID] = time.AfterFunc(left, func() { c.expireRequest(r.ID, r.Deadline) })
	return had
}

// expireRequest closes a request whose time is over, unless its time was changed while the timer fired. It may come back if the server says
// that it is open still.
func (c *Core) expireRequest(id authn.RequestID, deadline time.Time) {
	c.mu.Lock()
	r, ok := c.requests[id]
	ok = ok && r.Deadline.Equal(deadline)
	if ok {
		delete(c.requests, id)
		delete(c.timers, id)
	}
	a, err := c.find(r.Account)
	c.mu.Unlock()
	if ok && err == nil {
		c.counted(a, authn.CountMissed)
	}
	if ok {
		c.emit(Event{Kind: RequestClosed, Account: r.Account, Request: id, State: authn.RequestExpired})
	}
}

// closeRequest closes a request for good: a list that was fetched before does not bring it back.
func (c *Core) closeRequest(id authn.RequestID, state authn.RequestState) {
	c.closedBy(wire.RequestClosed{ID: id, State: state})
}

// closedBy is closeRequest with what the server says of who has answered.
func (c *Core) closedBy(closed wire.RequestClosed) {
	id := closed.ID
	now := c.cfg.Now()
	c.mu.Lock()
	r, ok := c.requests[id]
	if ok {
		c.timers[id].Stop()
		delete(c.timers, id)
		delete(c.requests, id)
	}
	maps.DeleteFunc(c.closed, func(_ authn.RequestID, until time.Time) bool { return now.After(until) })
	c.closed[id] = now.Add(authn.MaxRequestLifetime)
	c.mu.Unlock()
	if ok {
		c.emit(Event{
			Kind: RequestClosed, Account: r.Account, Request: id, State: closed.State, Answer: closed.Device, By: authn.CleanText(closed.Name, 64),
		})
	}
}

func unix(s int64) time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(s, 0)
}
