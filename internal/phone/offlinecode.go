package phone

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"avow/internal/authn"
	"avow/internal/otp"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/wire"
)

// ShowCodeFor is how long a code stays on the screen.
const ShowCodeFor = time.Minute

// warnOff is how far a computer's clock may be off before the person is warned.
const warnOff = 10 * time.Minute

// Challenge is what a scanned O code says, for the person to look at before there is a code: which computer it is, and what its
// clock says.
type Challenge struct {
	Computer Computer
	Link     wire.OfflineLink
	Clock    time.Time     // the computer's
	Off      time.Duration // the computer's clock less the best time that is known here
	Warn     bool          // it is off by more than ten minutes
}

// OfflineCode is a code to type at a computer. It redacts itself: only Text has the code.
type OfflineCode struct {
	Computer Computer
	Text     string `json:"-"` // "4821 9930" for a QR, "7K QM2X RD4T" from a list
	Method   authn.OfflineMethod
	Number   int       // from 1, of a list's code
	Left     int       // codes of the list that come after this one
	Until    time.Time // hide it then
}

// String keeps the code out of logs.
func (o OfflineCode) String() string {
	return fmt.Sprintf("offline code for %s [redacted]", o.Computer.ID)
}

// GoString keeps the code out of logs.
func (o OfflineCode) GoString() string { return o.String() }

// Format keeps the code out of logs.
func (o OfflineCode) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(o.String())) }

// LogValue keeps the code out of logs.
func (o OfflineCode) LogValue() slog.Value { return slog.StringValue(o.String()) }

// OfflineChallenge finds the computer of a scanned O code. It asks nobody. Errors: authn.ErrGrantUnknown, also for a host that is not the account's;
// authn.ErrGrantOver, authn.ErrGrantRevoked, authn.ErrGrantStolen.
func (c *Core) OfflineChallenge(link wire.OfflineLink) (Challenge, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	a, g, err := c.grantOf(link.Grant)
	if err == nil && link.Host != "" && link.Host != a.stored.Server.Host() {
		err = authn.ErrGrantUnknown
	}
	if err != nil {
		return Challenge{}, err
	}
	now := c.cfg.Now()
	clock := time.Unix(int64(link.Time), 0)
	off := clock.Sub(a.stored.Clock.best(now))
	return Challenge{Computer: a.computer(g, now), Link: link, Clock: clock, Off: off, Warn: off.Abs() > warnOff}, nil
}

// grantOf finds a grant that gives codes now, and its account; mu must be held.
func (c *Core) grantOf(id authn.GrantID) (*account, storedGrant, error) {
	for _, a := range c.accounts {
		if g := a.stored.Offline.grant(id); g != nil {
			return a, *g, a.usable(*g, c.cfg.Now())
		}
	}
	return nil, storedGrant{}, authn.ErrGrantUnknown
}

// OfflineCode verifies the user, notes the code durably and makes it. The same challenge again gives the same code. Errors are those of
// OfflineChallenge, of keystore.Use and of storing.
func (c *Core) OfflineCode(ctx context.Context, ch Challenge, p platform.Prompt) (OfflineCode, error) {
	if _, err := c.OfflineChallenge(ch.Link); err != nil {
		return OfflineCode{}, err
	}
	m, err := c.maker(ctx, ch.Link.Grant, p)
	if err != nil {
		return OfflineCode{}, err
	}
	defer m.Close()
	shared, err := m.ECDH(ch.Link.Ephemeral.ECDH())
	if err != nil {
		return OfflineCode{}, fmt.Errorf("offline code: %w", err)
	}
	defer clear(shared)
	payload := ch.Link.Payload()
	text, err := otp.ChallengeCode(shared, payload, m.parties)
	if err != nil {
		return OfflineCode{}, fmt.Errorf("offline code: %w", err)
	}
	use := wire.ChallengeUse(payload)
	code := OfflineCode{Text: text[:4] + " " + text[4:], Method: authn.OfflineQR}
	return c.shown(ctx, ch.Link.Grant, code, func(o *storedOffline, g *storedGrant, now time.Time) error {
		if g.LastUse == use || o.noted(use) {
			return nil
		}
		g.LastUse = use
		return o.note(wire.OfflineRecord{Grant: g.Grant.ID, At: now.Unix(), Method: authn.OfflineQR, Use: use})
	})
}

// ListCode verifies the user and shows the present code of a computer's list: the same one for listCodeFor, then the next. Errors are those of
// OfflineCode, and ErrListEmpty.
func (c *Core) ListCode(ctx context.Context, grant authn.GrantID, p platform.Prompt) (OfflineCode, error) {
	return c.listCode(ctx, grant, p, storedGrant.present)
}

// NextListCode is ListCode for a person whose code did not work: it goes on to the next one at once.
func (c *Core) NextListCode(ctx context.Context, grant authn.GrantID, p platform.Prompt) (OfflineCode, error) {
	return c.listCode(ctx, grant, p, func(g storedGrant, _ time.Time) (place, bool) { return g.next() })
}

func (c *Core) listCode(ctx context.Context, id authn.GrantID, p platform.Prompt, choose func(storedGrant, time.Time) (place, bool)) (OfflineCode, error) {
	c.mu.Lock()
	_, g, err := c.grantOf(id)
	if _, ok := choose(g, c.cfg.Now()); err == nil && !ok {
		err = ErrListEmpty
	}
	c.mu.Unlock()
	if err != nil {
		return OfflineCode{}, err
	}
	m, err := c.maker(ctx, id, p)
	if err != nil {
		return OfflineCode{}, err
	}
	defer m.Close()
	var chosen storedBatch
	code, err := c.shown(ctx, id, OfflineCode{Method: authn.OfflineList}, func(o *storedOffline, g *storedGrant, now time.Time) error {
		at, ok := choose(*g, now)
		if !ok {
			return ErrListEmpty
		}
		g.show(at, now)
		chosen = g.Batches[at.batch]
		if at.again {
			return nil
		}
		pos := wire.ListPosition{Batch: chosen.ID, Index: at.code}
		return o.note(wire.OfflineRecord{Grant: g.Grant.ID, At: now.Unix(), Method: authn.OfflineList, Use: wire.ListUse(pos), List: &pos})
	})
	if err != nil {
		return OfflineCode{}, err
	}
	code.Number, code.Left = chosen.Next+1, chosen.Count-chosen.Next-1
	code.Text, err = m.listCode(chosen)
	return code, err
}

// maker is the exchange key of an account for one code, the user verified.
type maker struct {
	keystore.Use
	parties otp.Parties
}

// maker verifies the user by the use of the exchange key.
func (c *Core) maker(ctx context.Context, id authn.GrantID, p platform.Prompt) (maker, error) {
	c.mu.Lock()
	a, g, err := c.grantOf(id)
	c.mu.Unlock()
	if err != nil {
		return maker{}, err
	}
	use, err := c.cfg.Keys.Use(ctx, a.stored.Keys.Exchange, p)
	if err != nil {
		return maker{}, err
	}
	return maker{use, otp.Parties{Exchange: g.Grant.ExchangeJWK, Computer: g.Grant.Computer.ID, User: g.Grant.User}}, nil
}

// listCode makes the code that is shown of a list.
func (m maker) listCode(b storedBatch) (string, error) {
	shared, err := m.ECDH(b.JWK.ECDH())
	if err != nil {
		return "", fmt.Errorf("list code: %w", err)
	}
	defer clear(shared)
	k, err := otp.NewListKey(shared, b.ID, b.JWK, m.parties)
	if err != nil {
		return "", fmt.Errorf("list code: %w", err)
	}
	defer k.Wipe()
	return k.Code(b.Next).Text(), nil
}

// shown notes a code by change and writes that down before the code may be seen: what the computer says of it later can be compared then.
func (c *Core) shown(ctx context.Context, id authn.GrantID, code OfflineCode, change func(*storedOffline, *storedGrant, time.Time) error) (OfflineCode, error) {
	c.saving.Lock()
	defer c.saving.Unlock()
	c.mu.Lock()
	now := c.cfg.Now()
	a, _, err := c.grantOf(id) // it may have ended while the user was asked
	if err != nil {
		c.mu.Unlock()
		return OfflineCode{}, err
	}
	o := a.stored.Offline.clone()
	g := o.grant(id)
	if err := change(&o, g, now); err != nil {
		c.mu.Unlock()
		return OfflineCode{}, err
	}
	a.stored.Offline = o
	code.Computer, code.Until = a.computer(*g, now), now.Add(ShowCodeFor)
	c.mu.Unlock()
	if err := c.saveBoth(ctx); err != nil {
		return OfflineCode{}, err
	}
	c.emit(Event{Kind: ComputersChanged, Account: a.stored.ID})
	c.nudge() // tell the server
	return code, nil
}

// ErrTooManyCodes means that the notes of codes which the server does not have yet are too many.
var ErrTooManyCodes = authn.Fail(authn.TooMany, "too_many_codes", "This phone has made very many codes without a network. Connect it to one before you make more.")

// ErrListEmpty means that no code of a computer's list is left, or that there is none.
var ErrListEmpty = authn.Fail(authn.Gone, "list_empty", "There are no more codes in this computer's list. Scan the code on its screen, or sign in to it once with a network.")
