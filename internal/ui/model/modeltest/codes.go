package modeltest

import (
	"context"
	"strconv"
	"time"

	"avow/internal/otp"
	"avow/internal/phone"
	"avow/internal/phone/codes"
	"avow/internal/phone/platform"
)

// CodesScript answers the calls about codes of other services with a real collection in memory; what is set fails or says something else.
type CodesScript struct {
	OnAddCodes func([]codes.Entry) error
	OnCodeURI  func(context.Context) error
	OnExport   func(context.Context) error
	Clock      func() time.Time // nil: Now
	ClockOff   time.Duration
	ClockKnown bool
	CodesFail  error // of every change
	collection *codes.Collection
}

// ServiceCodes are those of the pictures: nobody's keys.
func ServiceCodes() []codes.Entry {
	e := func(issuer, account string, groups ...string) codes.Entry {
		return codes.Entry{Groups: groups, Code: otp.Code{
			Kind: otp.TOTP, Issuer: issuer, Account: account, Secret: []byte("12345678901234567890" + issuer)[:20], Algorithm: otp.SHA1, Digits: 6, Period: 30,
		}}
	}
	list := []codes.Entry{
		e("GitHub", "anna-lind", "Work"), e("Lund VPN", "anna.lind", "Work"), e("AWS", "lundenergy-prod", "Work", "Servers"), e("Nextcloud", "anna", "Private"),
		e("Steam", "annalind", "Private"), e("Fastmail", "anna@lind.example", "Private"), e("Hetzner", "K1029384", "Servers"), e("Payroll", "4711", "Work"),
		e("Mastodon", "@anna@lund.example", "Private"), e("Malmö Harbour and Terminals Authority", "maximiliane-alexandra.von.hohenlohe@malmo-harbour-authority.example", "Work"),
		e("Sparbank", "6201-44", "Private"), e("Door of the archive", "anna", "Work"), e("Notes", "anna", "Private"), e("Router", "admin", "Servers"),
	}
	for i := range list {
		list[i].Code.Secret[0] = byte('A' + i) // each its own
	}
	list[4].Code.Kind, list[4].Code.Digits = otp.Steam, otp.SteamDigits
	list[5].Code.Digits = 8
	list[11].Code.Kind, list[11].Code.Period, list[11].Code.Counter = otp.HOTP, 0, 41
	list[12].Code.Kind, list[12].Code.Algorithm, list[12].Code.Digits, list[12].Code.Secret = otp.Yandex, otp.SHA256, otp.YandexDigits, list[12].Code.Secret[:otp.YandexSecret]
	list[13].Note = "In the cellar, behind the boxes.\nAsk Bo for the key."
	return list
}

// ManyCodes are n of them.
func ManyCodes(n int) []codes.Entry {
	list := make([]codes.Entry, n)
	for i := range list {
		list[i] = codes.Entry{Code: otp.Code{
			Kind: otp.TOTP, Issuer: "Service " + strconv.Itoa(i), Account: "anna", Secret: otp.Secret("key of service no. " + strconv.Itoa(i)), Algorithm: otp.SHA1, Digits: 6, Period: 30,
		}}
	}
	return list
}

// SetCodes replaces all codes, without an event.
func (c *Core) SetCodes(list ...codes.Entry) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.collection = nil
	all := c.all()
	_, out, err := all.Add(list, Now.Add(-time.Hour))
	if err != nil {
		panic(err)
	}
	all.Apply(out)
}

// all is the collection; mu must be held.
func (c *Core) all() *codes.Collection {
	if c.collection == nil {
		c.collection, _ = codes.Read(nil)
	}
	return c.collection
}

func (c *Core) clock() time.Time {
	if c.Clock != nil {
		return c.Clock()
	}
	return Now
}

// CodeView implements model.Core.
func (c *Core) CodeView(id codes.ID) (codes.View, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all().View(id)
}

// FindCodes implements model.Core.
func (c *Core) FindCodes(q codes.Query) []codes.ID {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls["FindCodes"]++
	return c.all().Search(q)
}

// CodeGroups implements model.Core.
func (c *Core) CodeGroups() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all().Groups()
}

// Codes implements model.Core.
func (c *Core) Codes() []codes.View {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all().Views()
}

// SameCode implements model.Core.
func (c *Core) SameCode(code otp.Code) (codes.ID, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all().Same(code)
}

// Code implements model.Core.
func (c *Core) Code(_ context.Context, id codes.ID, now time.Time) (codes.Shown, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls["Code"]++
	return c.all().Show(id, now)
}

// alter stores what fn returns and tells of it.
func (c *Core) alter(method string, fn func(*codes.Collection, time.Time) ([]codes.Stored, error)) error {
	c.called(method)
	if c.CodesFail != nil {
		return c.CodesFail
	}
	now := c.clock()
	c.mu.Lock()
	out, err := fn(c.all(), now)
	if err == nil {
		c.all().Apply(out)
	}
	c.mu.Unlock()
	if err == nil {
		c.Tell(phone.Event{Kind: phone.CodesChanged}, func(*phone.State) {})
	}
	return err
}

// AddCode implements model.Core.
func (c *Core) AddCode(ctx context.Context, e codes.Entry) (codes.ID, error) {
	c.called("AddCode")
	if id, ok := c.SameCode(e.Code); ok {
		if v, err := c.CodeView(id); err == nil && v.Trashed.IsZero() {
			return id, codes.ErrSame
		}
	}
	ids, err := c.AddCodes(ctx, []codes.Entry{e})
	if err != nil {
		return "", err
	}
	return ids[0], nil
}

// AddCodes implements model.Core.
func (c *Core) AddCodes(_ context.Context, list []codes.Entry) (ids []codes.ID, err error) {
	if c.OnAddCodes != nil {
		if err := c.OnAddCodes(list); err != nil {
			return nil, err
		}
	}
	err = c.alter("AddCodes", func(all *codes.Collection, now time.Time) (out []codes.Stored, err error) {
		ids, out, err = all.Add(list, now)
		return out, err
	})
	return ids, err
}

// TakeBackCodes implements model.Core.
func (c *Core) TakeBackCodes(_ context.Context, added, untrashed []codes.ID) error {
	return c.alter("TakeBackCodes", func(all *codes.Collection, now time.Time) (out []codes.Stored, err error) {
		for _, id := range added {
			s, err := all.Delete(id, now)
			if err != nil {
				return nil, err
			}
			out = append(out, s...)
		}
		for _, id := range untrashed {
			s, err := all.Trash(id, now)
			if err != nil {
				return nil, err
			}
			out = append(out, s...)
		}
		return out, nil
	})
}

// EditCode implements model.Core.
func (c *Core) EditCode(_ context.Context, id codes.ID, d codes.Draft) error {
	return c.alter("EditCode", func(all *codes.Collection, now time.Time) ([]codes.Stored, error) { return all.Edit(id, d, now) })
}

// PinCode implements model.Core.
func (c *Core) PinCode(_ context.Context, id codes.ID, pinned bool) error {
	return c.alter("PinCode", func(all *codes.Collection, now time.Time) ([]codes.Stored, error) { return all.Pin(id, pinned, now) })
}

// MoveCode implements model.Core.
func (c *Core) MoveCode(_ context.Context, id, before codes.ID) error {
	return c.alter("MoveCode", func(all *codes.Collection, now time.Time) ([]codes.Stored, error) { return all.Move(id, before, now) })
}

// TrashCode implements model.Core.
func (c *Core) TrashCode(_ context.Context, id codes.ID) error {
	return c.alter("TrashCode", func(all *codes.Collection, now time.Time) ([]codes.Stored, error) { return all.Trash(id, now) })
}

// UntrashCode implements model.Core.
func (c *Core) UntrashCode(_ context.Context, id codes.ID) error {
	return c.alter("UntrashCode", func(all *codes.Collection, now time.Time) ([]codes.Stored, error) { return all.Untrash(id, now) })
}

// DeleteCode implements model.Core.
func (c *Core) DeleteCode(_ context.Context, id codes.ID) error {
	return c.alter("DeleteCode", func(all *codes.Collection, now time.Time) ([]codes.Stored, error) { return all.Delete(id, now) })
}

// UsedCode implements model.Core.
func (c *Core) UsedCode(_ context.Context, id codes.ID) error {
	return c.alter("UsedCode", func(all *codes.Collection, now time.Time) ([]codes.Stored, error) { return all.Used(id, now) })
}

// AdvanceCode implements model.Core.
func (c *Core) AdvanceCode(_ context.Context, id codes.ID) (codes.Shown, error) {
	err := c.alter("AdvanceCode", func(all *codes.Collection, now time.Time) ([]codes.Stored, error) { return all.Advance(id, now) })
	if err != nil {
		return codes.Shown{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all().Stepped(id, false)
	return c.all().Show(id, Now)
}

// CanUndoAdvance implements model.Core.
func (c *Core) CanUndoAdvance(id codes.ID) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all().CanUndo(id)
}

// UndoAdvance implements model.Core.
func (c *Core) UndoAdvance(_ context.Context, id codes.ID) error {
	err := c.alter("UndoAdvance", func(all *codes.Collection, now time.Time) ([]codes.Stored, error) { return all.UndoAdvance(id, now) })
	if err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.all().Stepped(id, true)
	}
	return err
}

// CodeURI implements model.Core.
func (c *Core) CodeURI(ctx context.Context, id codes.ID, _ platform.Prompt) (otp.Secret, error) {
	c.called("CodeURI")
	if c.OnCodeURI != nil {
		if err := c.OnCodeURI(ctx); err != nil {
			return nil, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	e, err := c.all().Entry(id)
	if err != nil {
		return nil, err
	}
	return e.Code.Encode()
}

// ExportCodes implements model.Core.
func (c *Core) ExportCodes(ctx context.Context, _ platform.Prompt) (list []codes.Entry, err error) {
	c.called("ExportCodes")
	if c.OnExport != nil {
		if err := c.OnExport(ctx); err != nil {
			return nil, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range c.all().Search(codes.Query{}) {
		if e, err := c.all().Entry(id); err == nil {
			list = append(list, e.Clone())
		}
	}
	return list, nil
}

// Drift implements model.Core.
func (c *Core) Drift() (time.Duration, bool) { return c.ClockOff, c.ClockKnown }
