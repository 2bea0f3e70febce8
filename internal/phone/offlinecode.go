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
// authn.ErrGrantOver, authn.ErrGrantRevoked, authn.ErrGrantStolen; ErrChallenge for a link without a point.
func (c *Core) OfflineChallenge(link wire.OfflineLink) (Challenge, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if link.Ephemeral.IsZero() { // ParseLink reads none, but who calls may have made it
		return Challenge{}, ErrChallenge
	}
	a, g, err := c.grantOf(link.Grant, link.Host)
	if err != nil {
		return Challenge{}, err
	}
	now := c.cfg.Now()
	clock := time.Unix(int64(link.Time), 0)
	off := clock.Sub(a.stored.Clock.best(now))
	return Challenge{Computer: a.computer(g, now), Link: link, Clock: clock, Off: off, Warn: off.Abs() > warnOff}, nil
}

// grantOf finds a grant that gives codes now, and its account, of a host or of any ("" for a screen that is too small for it); mu must be held. A
// server that gives out the id of another's grant does not get in its way.
func (c *Core) grantOf(id authn.GrantID, host string) (*account, storedGrant, error) {
	refused := error(authn.ErrGrantUnknown)
	for _, a := range c.accounts {
		g := a.stored.Offline.grant(id)
		if g == nil || host != "" && host != a.stored.Server.Host() {
			continue
		}
		err := a.usable(*g, c.cfg.Now())
		if err == nil {
			return a, *g, nil
		}
		refused = err
	}
	return nil, storedGrant{}, refused
}

// OfflineCode verifies the user, notes the code durably and makes it. The same challenge again gives the same code. Errors are those of
// OfflineChallenge, of keystore.Use and of storing.
func (c *Core) OfflineCode(ctx context.Context, ch Challenge, p platform.Prompt) (OfflineCode, error) {
	if _, err := c.OfflineChallenge(ch.Link); err != nil {
		return OfflineCode{}, err
	}
	m, err := c.maker(ctx, ch.Link.Grant, ch.Link.Host, p)
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
	return c.shown(ctx, m, code, func(o *storedOffline, g *storedGrant, now time.Time) error {
		if g.LastUse == use || o.noted(use) {
			return nil
		}
		g.LastUse = use
		return o.note(wire.OfflineRecord{Grant: g.Grant.ID, At: m.at(now), Method: authn.OfflineQR, Use: use})
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
	_, g, err := c.grantOf(id, "")
	if _, ok := choose(g, c.cfg.Now()); err == nil && !ok {
		err = ErrListEmpty
	}
	c.mu.Unlock()
	if err != nil {
		return OfflineCode{}, err
	}
	m, err := c.maker(ctx, id, "", p)
	if err != nil {
		return OfflineCode{}, err
	}
	defer m.Close()
	var chosen storedBatch
	code, err := c.shown(ctx, m, OfflineCode{Method: authn.OfflineList}, func(o *storedOffline, g *storedGrant, now time.Time) error {
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
		return o.note(wire.OfflineRecord{Grant: g.Grant.ID, At: m.at(now), Method: authn.OfflineList, Use: wire.ListUse(pos), List: &pos})
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
	account *account
	grant   authn.GrantID
	parties otp.Parties
}

// maker verifies the user by the use of the exchange key.
func (c *Core) maker(ctx context.Context, id authn.GrantID, host string, p platform.Prompt) (maker, error) {
	c.mu.Lock()
	a, g, err := c.grantOf(id, host)
	c.mu.Unlock()
	if err != nil {
		return maker{}, err
	}
	use, err := c.cfg.Keys.Use(ctx, a.stored.Keys.Exchange, p)
	if err != nil {
		return maker{}, err
	}
	return maker{use, a, g.Grant.ID, otp.Parties{Exchange: g.Grant.ExchangeJWK, Computer: g.Grant.Computer.ID, User: g.Grant.User}}, nil
}

// at is the time of a record: a phone whose clock is off by years still says when it was. mu must be held.
func (m maker) at(now time.Time) int64 { return m.account.stored.Clock.best(now).Unix() }

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
func (c *Core) shown(ctx context.Context, m maker, code OfflineCode, change func(*storedOffline, *storedGrant, time.Time) error) (OfflineCode, error) {
	c.saving.Lock()
	defer c.saving.Unlock()
	code, err := c.change(m, code, change)
	if err != nil {
		return OfflineCode{}, err
	}
	if err := c.saveBoth(ctx); err != nil { // also for a code that was noted: nobody knows whether that was written
		return OfflineCode{}, err
	}
	c.mu.Lock()
	a, err := c.find(code.Computer.Account)
	c.mu.Unlock()
	if err == nil {
		c.counted(a, authn.CountOfflineCodes)
	}
	c.emit(Event{Kind: ComputersChanged, Account: code.Computer.Account})
	c.nudge() // tell the server
	return code, nil
}

// change is shown's work in memory; saving must be held.
func (c *Core) change(m maker, code OfflineCode, change func(*storedOffline, *storedGrant, time.Time) error) (OfflineCode, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.cfg.Now()
	a, err := c.find(m.account.stored.ID) // account and grant may have ended while the user was asked
	if err != nil {
		return OfflineCode{}, authn.ErrGrantUnknown
	}
	o := a.stored.Offline.clone()
	g := o.grant(m.grant)
	if g == nil {
		return OfflineCode{}, authn.ErrGrantUnknown
	}
	if err := a.usable(*g, now); err != nil {
		return OfflineCode{}, err
	}
	if err := change(&o, g, now); err != nil {
		return OfflineCode{}, err
	}
	if o.Noted > a.stored.Offline.Noted {
		a.stored.Offline.Noted = o.Noted
		a.codeMade(*g, code.Method, now)
	}
	a.stored.Offline = o
	code.Computer, code.Until = a.computer(*g, now), now.Add(ShowCodeFor)
	return code, nil
}

// ErrChallenge means that a scanned O code has no key in it.
var ErrChallenge = authn.Fail(authn.Invalid, "bad_challenge", "This code can't be read. Scan the code on the computer's screen again.")

// ErrTooManyCodes means that the notes of codes which the server does not have yet are too many.
var ErrTooManyCodes = authn.Fail(authn.TooMany, "too_many_codes", "This phone has made very many codes without a network. Connect it to one before you make more.")

// ErrListEmpty means that no code of a computer's list is left, or that there is none.
var ErrListEmpty = authn.Fail(authn.Gone, "list_empty", "There are no more codes in this computer's list. Scan the code on its screen, or sign in to it once with a network.")
