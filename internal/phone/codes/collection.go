package codes

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"avow/internal/otp"
	"avow/internal/phone/escrow"
)

// Stored is an entry as a phone's vault has it: with what stays on this phone.
type Stored struct {
	escrow.Entry
	Uses   int   `json:"uses,omitempty"`
	UsedAt int64 `json:"used_at,omitempty"` // unix seconds
}

// Encode writes an entry as the vault keeps it. The body stays byte for byte what it is, since phones compare them.
func (s Stored) Encode() (json.RawMessage, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return nil, errors.New("encode code: not JSON") // the cause could quote it
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// Collection is all of a person's codes. Its methods that change something change nothing in it: they return what is to be stored, and Apply takes
// it once that is done, so that it never says more than the vault. It is not safe for concurrent use.
type Collection struct {
	slots  []slot         // in the vault's order
	at     map[string]int // slot of an id
	orders map[Order][]*item
	same   map[mark]ID // of every code; nil until it is asked for
	undo   map[ID]otp.Counter
	sum    *escrow.Sum // of all entries; nil until it is asked for
}

// slot is one entry.
type slot struct {
	Stored
	item *item // nil if it was deleted, or is of a newer app
}

// item is a code as it is listed; its secret stays in the entry.
type item struct {
	View
	place int64

	text string // see fold; "" until it is asked for
}

// mark is a digest of what makes two codes the same.
type mark [sha256.Size]byte

// Read makes a collection of the entries of a vault, whose bytes it shares. An entry of a newer app is kept and not shown; for each there is an error.
// One that is no entry at all is refused with all others: then the first error is ErrDamaged.
func Read(entries []json.RawMessage) (*Collection, []error) {
	c := &Collection{slots: make([]slot, len(entries)), at: make(map[string]int, len(entries)), orders: map[Order][]*item{}, undo: map[ID]otp.Counter{}}
	items := make([]item, len(entries))
	var errs []error
	for i, raw := range entries {
		it := &items[i]
		var ok bool
		if c.slots[i].Stored, it.View, it.place, ok = scanStored(raw); !ok {
			var s Stored
			if err := json.Unmarshal(raw, &s); err != nil || s.ID == "" {
				return nil, []error{ErrDamaged}
			}
			var err error
			if c.slots[i], err = makeSlot(s); err != nil {
				errs = append(errs, err)
			}
		} else if !c.slots[i].Deleted {
			c.slots[i].item = it
		}
		if _, twice := c.at[c.slots[i].ID]; twice {
			return nil, []error{ErrDamaged}
		}
		c.at[c.slots[i].ID] = i
	}
	return c, errs
}

func makeSlot(s Stored) (slot, error) {
	if s.Deleted {
		return slot{Stored: s}, nil
	}
	e, err := decode(s)
	if err != nil {
		return slot{Stored: s}, err
	}
	it := &item{View: e.view(), place: e.Place}
	e.Code.Secret.Wipe()
	e.Code.PIN.Wipe()
	return slot{Stored: s, item: it}, nil
}

// Apply takes entries that were stored: what a method has returned, or what another phone has given. New ones follow the others in the vault's order.
func (c *Collection) Apply(list []Stored) {
	for _, s := range list {
		made, _ := makeSlot(s) // told by Read
		i, had := c.at[s.ID]
		if !had {
			i = len(c.slots)
			c.at[s.ID] = i
			c.slots = append(c.slots, slot{})
		}
		if c.sum != nil {
			if had {
				c.sum.Sub(c.slots[i].Entry)
			}
			c.sum.Add(s.Entry)
		}
		c.slots[i] = made
	}
	c.orders, c.same = map[Order][]*item{}, nil
}

// Index is where in the vault's order the entry of an id stands.
func (c *Collection) Index(id string) (int, bool) {
	i, ok := c.at[id]
	return i, ok
}

// Sum is the same for two collections that hold the same entries.
func (c *Collection) Sum() escrow.Sum {
	if c.sum == nil {
		c.sum = &escrow.Sum{}
		for i := range c.slots {
			c.sum.Add(c.slots[i].Entry)
		}
	}
	return *c.sum
}

// Escrow are all entries as other phones and the escrow get them, by id: also those that were deleted, or are of a newer app. They share no bytes with
// the collection.
func (c *Collection) Escrow() []escrow.Entry {
	list, size := make([]escrow.Entry, len(c.slots)), 0
	for i := range c.slots {
		list[i] = c.slots[i].Entry
		size += len(list[i].Body)
	}
	all := make([]byte, 0, size)
	for i := range list {
		if list[i].Body != nil {
			all = append(all, list[i].Body...)
			list[i].Body = json.RawMessage(all[len(all)-len(list[i].Body) : len(all) : len(all)])
		}
	}
	slices.SortFunc(list, func(a, b escrow.Entry) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// Join returns what is to be stored so that entries which were merged with those of this phone take their places.
func (c *Collection) Join(merged []escrow.Entry) (out []Stored) {
	for _, e := range merged {
		var was Stored
		if i, had := c.at[e.ID]; had {
			was = c.slots[i].Stored
			if was.At == e.At && was.Deleted == e.Deleted && bytes.Equal(was.Body, e.Body) {
				continue
			}
		}
		was.Entry = e
		out = append(out, was)
	}
	return out
}

// Wipe overwrites the entries. The collection is empty afterwards.
func (c *Collection) Wipe() {
	for i := range c.slots {
		clear(c.slots[i].Body)
	}
	*c = Collection{orders: map[Order][]*item{}}
}

// Len counts the codes that are not in the trash.
func (c *Collection) Len() (n int) {
	for i := range c.slots {
		if it := c.slots[i].item; it != nil && it.Trashed.IsZero() {
			n++
		}
	}
	return n
}

// Views are all codes without their secrets, in the order by hand, with those in the trash.
func (c *Collection) Views() []View {
	list := c.listed(ByPlace)
	views := make([]View, len(list))
	for i, it := range list {
		views[i] = it.View
	}
	return views
}

// View is one code without its secret.
func (c *Collection) View(id ID) (View, error) {
	s, err := c.find(id)
	if err != nil {
		return View{}, err
	}
	return s.item.View, nil
}

// Entry is one code with its secret, which is the caller's to wipe.
func (c *Collection) Entry(id ID) (Entry, error) {
	s, err := c.find(id)
	if err != nil {
		return Entry{}, err
	}
	return decode(s.Stored)
}

// Groups are the names of all groups, by name. A group is there as long as a code is in it that is not in the trash.
func (c *Collection) Groups() []string {
	seen := map[string]string{}
	for _, it := range c.listed(ByPlace) {
		if it.Trashed.IsZero() {
			for _, g := range it.Groups {
				seen[g] = fold(g)
			}
		}
	}
	list := make([]string, 0, len(seen))
	for g := range seen {
		list = append(list, g)
	}
	slices.SortFunc(list, func(a, b string) int { return cmp.Or(cmp.Compare(seen[a], seen[b]), cmp.Compare(a, b)) })
	return list
}

func (c *Collection) find(id ID) (*slot, error) {
	if i, ok := c.at[string(id)]; ok && c.slots[i].item != nil {
		return &c.slots[i], nil
	}
	return nil, ErrNotFound
}

// Same finds a code with the same secret, kind and form, whatever its names and its counter, also in the trash.
func (c *Collection) Same(code otp.Code) (ID, bool) {
	if c.same == nil {
		c.same = make(map[mark]ID, len(c.slots))
		for _, it := range c.listed(ByPlace) {
			e, err := c.Entry(it.ID)
			if err != nil {
				continue
			}
			m := markOf(e.Code)
			e.Code.Secret.Wipe()
			if _, ok := c.same[m]; !ok || it.Trashed.IsZero() {
				c.same[m] = it.ID
			}
		}
	}
	id, ok := c.same[markOf(code)]
	return id, ok
}

func markOf(c otp.Code) (m mark) {
	h := sha256.New()
	for _, part := range []string{string(c.Kind), string(c.Algorithm), string(rune(c.Digits)), string(rune(c.Period))} {
		h.Write([]byte(part))
		h.Write([]byte{0})
	}
	h.Write(c.Secret)
	h.Sum(m[:0])
	return m
}

// gap is the distance of two places, so that many codes can be moved between two others before all get new ones.
const gap = 1 << 20

// Add returns what is to be stored so that codes are added, and their ids. One that is there already is left out and has the id of the one that
// there is; one that lies in the trash is put back as it is given. All get new places at the end; an id is kept if it is one and free.
func (c *Collection) Add(list []Entry, now time.Time) (ids []ID, out []Stored, err error) {
	last := c.lastPlace()
	fresh := map[mark]ID{}
	for _, e := range list {
		m := markOf(e.Code)
		if id, ok := fresh[m]; ok {
			ids = append(ids, id)
			continue
		}
		if id, ok := c.Same(e.Code); ok {
			if v, err := c.View(id); err == nil && v.Trashed.IsZero() {
				ids = append(ids, id)
				continue
			}
			e.ID = id
		} else if _, taken := c.at[string(e.ID)]; taken || !strings.HasPrefix(string(e.ID), idPrefix) || len(e.ID) != len(idPrefix)+16 {
			e.ID = NewID()
		}
		ids = append(ids, e.ID)
		last += gap
		e.Place, e.Trashed = last, time.Time{}
		if e.Added.IsZero() {
			e.Added = now
		}
		s, err := c.put(e, now)
		if err != nil {
			return nil, nil, err
		}
		fresh[m] = e.ID
		out = append(out, s)
	}
	if len(c.slots)+len(out) > Max {
		return nil, nil, ErrTooMany
	}
	return ids, out, nil
}

func (c *Collection) lastPlace() int64 {
	var last int64
	for _, it := range c.listed(ByPlace) {
		last = max(last, it.place)
	}
	return last
}

// put makes the entry that stores e.
func (c *Collection) put(e Entry, now time.Time) (Stored, error) {
	if err := e.Validate(); err != nil {
		return Stored{}, err
	}
	b, err := encode(e)
	if err != nil {
		return Stored{}, err
	}
	was := Stored{Entry: escrow.Entry{ID: string(e.ID)}}
	if i, ok := c.at[was.ID]; ok {
		was = c.slots[i].Stored
	}
	out := was
	if bytes.Equal(was.Body, b) {
		out.Body = b // the vault wipes the bytes that are replaced
	} else {
		out.Entry = was.Edit(b, now)
	}
	out.Uses, out.UsedAt = e.Uses, seconds(e.UsedAt)
	return out, nil
}

// change makes the entry of a code anew by fn.
func (c *Collection) change(id ID, now time.Time, fn func(*Entry) error) ([]Stored, error) {
	e, err := c.Entry(id)
	if err != nil {
		return nil, err
	}
	secret := e.Code.Secret
	defer secret.Wipe()
	if err := fn(&e); err != nil {
		return nil, err
	}
	s, err := c.put(e, now)
	if err != nil {
		return nil, err
	}
	return []Stored{s}, nil
}

// Edit changes what a person can change.
func (c *Collection) Edit(id ID, d Draft, now time.Time) ([]Stored, error) {
	return c.change(id, now, func(e *Entry) error {
		e.Code.Issuer, e.Code.Account, e.Name, e.Note, e.Groups, e.Pinned = d.Issuer, d.Account, d.Name, d.Note, d.Groups, d.Pinned
		if e.Code.Kind == otp.HOTP {
			e.Code.Counter = d.Counter
		}
		if d.PIN != nil {
			e.Code.PIN = d.PIN
		}
		return nil
	})
}

// Pin puts a code above the others, or back.
func (c *Collection) Pin(id ID, pinned bool, now time.Time) ([]Stored, error) {
	return c.change(id, now, func(e *Entry) error { e.Pinned = pinned; return nil })
}

// Trash puts a code into the trash, where it stays for TrashFor.
func (c *Collection) Trash(id ID, now time.Time) ([]Stored, error) {
	return c.change(id, now, func(e *Entry) error {
		if e.Trashed.IsZero() {
			e.Trashed = now
		}
		return nil
	})
}

// Untrash takes a code out of the trash.
func (c *Collection) Untrash(id ID, now time.Time) ([]Stored, error) {
	return c.change(id, now, func(e *Entry) error { e.Trashed = time.Time{}; return nil })
}

// Delete deletes a code for good. What is left tells other phones that it went.
func (c *Collection) Delete(id ID, now time.Time) ([]Stored, error) {
	s, err := c.find(id)
	if err != nil {
		return nil, err
	}
	return []Stored{{Entry: s.Entry.Delete(now)}}, nil
}

// Purge deletes what has lain in the trash for TrashFor. A clock that was set back deletes nothing.
func (c *Collection) Purge(now time.Time) (out []Stored) {
	for _, it := range c.listed(ByPlace) {
		if !it.Trashed.IsZero() && now.Sub(it.Trashed) >= TrashFor {
			out = append(out, Stored{Entry: c.slots[c.at[string(it.ID)]].Entry.Delete(now)})
		}
	}
	return out
}

// Used counts a use.
func (c *Collection) Used(id ID, now time.Time) ([]Stored, error) {
	return c.change(id, now, func(e *Entry) error {
		e.Uses++
		e.UsedAt = now
		return nil
	})
}

// Advance is the next step of an HOTP code: the counter moves on. The code to show is that of the counter before, as [Collection.Show] gives it once
// the change was applied.
func (c *Collection) Advance(id ID, now time.Time) ([]Stored, error) {
	return c.change(id, now, func(e *Entry) error {
		switch {
		case e.Code.Kind != otp.HOTP:
			return ErrNotHOTP
		case !e.Trashed.IsZero():
			return ErrInTrash
		case e.Code.Counter >= otp.MaxCounter:
			return ErrTooMany
		}
		e.Code.Counter++
		e.Uses++
		e.UsedAt = now
		return nil
	})
}

// UndoAdvance takes the last step back, for who has pressed too often. ErrNoUndo if it was not the last thing that happened to the counter since the
// collection was read.
func (c *Collection) UndoAdvance(id ID, now time.Time) ([]Stored, error) {
	return c.change(id, now, func(e *Entry) error {
		if e.Code.Kind != otp.HOTP {
			return ErrNotHOTP
		}
		if !c.CanUndo(id) {
			return ErrNoUndo
		}
		e.Code.Counter--
		return nil
	})
}

// CanUndo reports whether UndoAdvance works.
func (c *Collection) CanUndo(id ID) bool {
	v, err := c.View(id)
	if err != nil {
		return false
	}
	was, ok := c.undo[id]
	return ok && v.Counter == was+1
}

// Stepped notes that Advance was stored, or with back that UndoAdvance was.
func (c *Collection) Stepped(id ID, back bool) {
	v, err := c.View(id)
	if err != nil {
		return
	}
	if back {
		delete(c.undo, id)
		return
	}
	c.undo[id] = v.Counter - 1
}

// Show is the code at now. That of HOTP is the one that Advance gave last, and empty if there was none since the collection was read, or it was
// taken back.
func (c *Collection) Show(id ID, now time.Time) (Shown, error) {
	e, err := c.Entry(id)
	if err != nil {
		return Shown{}, err
	}
	code := e.Code
	defer code.Secret.Wipe()
	if !e.Trashed.IsZero() {
		return Shown{}, ErrInTrash
	}
	if code.Kind == otp.HOTP {
		if !c.CanUndo(id) {
			return Shown{}, nil
		}
		code.Counter--
		text, err := code.Generate(now)
		return Shown{Text: text}, err
	}
	var s Shown
	if s.Until, err = code.Until(now); err != nil {
		return Shown{}, err
	}
	s.From = s.Until.Add(-time.Duration(code.Period) * time.Second)
	if s.Text, err = code.Generate(now); err != nil {
		return Shown{}, err
	}
	s.Next, err = code.Generate(s.Until)
	return s, err
}

// Move places a code before another one in the order by hand; "" is the end.
func (c *Collection) Move(id, before ID, now time.Time) ([]Stored, error) {
	s, err := c.find(id)
	if err != nil {
		return nil, err
	}
	it := s.item
	if before == id {
		return nil, nil
	}
	list := slices.DeleteFunc(slices.Clone(c.listed(ByPlace)), func(o *item) bool { return o == it })
	slices.SortFunc(list, byPlace)
	at := len(list)
	if before != "" {
		if at = slices.IndexFunc(list, func(o *item) bool { return o.ID == before }); at < 0 {
			return nil, ErrNotFound
		}
	}
	var low int64
	if at > 0 {
		low = list[at-1].place
	}
	high := low + 2*gap
	if at < len(list) {
		high = list[at].place
	}
	if high-low > 1 {
		return c.change(id, now, func(e *Entry) error { e.Place = low + (high-low)/2; return nil })
	}
	var out []Stored
	for i, o := range slices.Insert(list, at, it) {
		s, err := c.change(o.ID, now, func(e *Entry) error { e.Place = int64(i+1) * gap; return nil })
		if err != nil {
			return nil, err
		}
		out = append(out, s...)
	}
	return out, nil
}

// RenameGroup renames a group in every code; "" takes the codes out of it. Where a code is in both, it stays in the new one once.
func (c *Collection) RenameGroup(group, name string, now time.Time) (out []Stored, err error) {
	for _, it := range c.listed(ByPlace) {
		if !slices.Contains(it.Groups, group) {
			continue
		}
		s, err := c.change(it.ID, now, func(e *Entry) error { e.Groups = renamed(e.Groups, group, name); return nil })
		if err != nil {
			return nil, err
		}
		out = append(out, s...)
	}
	return out, nil
}

func renamed(groups []string, group, name string) (out []string) {
	for _, g := range groups {
		if g == group {
			g = name
		}
		if g != "" && !slices.Contains(out, g) {
			out = append(out, g)
		}
	}
	return out
}
