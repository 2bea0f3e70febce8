package codes

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"slices"
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

// Collection is all of a person's codes. Its methods that change something change nothing in it: they return what is to be stored, and Apply takes
// it once that is done, so that it never says more than the vault. It is not safe for concurrent use.
type Collection struct {
	items  map[ID]*item
	stored map[string]Stored // all entries by id, also those that were deleted, or are of a newer app
	orders map[Order][]*item
	same   map[mark]ID // of every code; nil until it is asked for
	undo   map[ID]otp.Counter
}

type item struct {
	Entry
	text           string // what is looked through, folded
	title, account string // folded
}

// mark is a digest of what makes two codes the same.
type mark [sha256.Size]byte

// Read makes a collection of what the vault holds. An entry of a newer app is kept and not shown; for each there is an error.
func Read(entries []Stored) (*Collection, []error) {
	c := &Collection{items: make(map[ID]*item, len(entries)), stored: make(map[string]Stored, len(entries)), undo: map[ID]otp.Counter{}}
	var errs []error
	for _, s := range entries {
		if err := c.take(s); err != nil {
			errs = append(errs, err)
		}
	}
	c.orders = map[Order][]*item{}
	return c, errs
}

func (c *Collection) take(s Stored) error {
	c.stored[s.ID] = s
	delete(c.items, ID(s.ID))
	if s.Deleted {
		return nil
	}
	e, err := decode(s.Entry)
	if err != nil {
		return err
	}
	e.Uses, e.UsedAt = s.Uses, moment(s.UsedAt)
	it := &item{Entry: e, text: haystack(&e), account: fold(e.Code.Account)}
	v := e.view()
	it.title = fold(v.Title())
	c.items[e.ID] = it
	return nil
}

// Apply takes entries that were stored: what a method has returned, or what another phone has given.
func (c *Collection) Apply(list []Stored) {
	for _, s := range list {
		_ = c.take(s) // told by Read
	}
	c.orders, c.same = map[Order][]*item{}, nil
}

// Escrow are all entries as other phones and the escrow get them, by id: also those that were deleted, or are of a newer app. Their bytes are the
// collection's.
func (c *Collection) Escrow() []escrow.Entry {
	list := make([]escrow.Entry, 0, len(c.stored))
	for _, s := range c.stored {
		list = append(list, s.Entry)
	}
	slices.SortFunc(list, func(a, b escrow.Entry) int { return cmp.Compare(a.ID, b.ID) })
	return list
}

// Join returns what is to be stored so that entries which were merged with those of this phone take their places.
func (c *Collection) Join(merged []escrow.Entry) (out []Stored) {
	for _, e := range merged {
		was, had := c.stored[e.ID]
		if had && was.At == e.At && was.Deleted == e.Deleted && bytes.Equal(was.Body, e.Body) {
			continue
		}
		was.Entry = e
		out = append(out, was)
	}
	return out
}

// Wipe overwrites the secrets. The collection is empty afterwards.
func (c *Collection) Wipe() {
	for _, it := range c.items {
		it.Code.Secret.Wipe()
		it.Code.PIN.Wipe()
	}
	for _, s := range c.stored {
		clear(s.Body)
	}
	*c = Collection{orders: map[Order][]*item{}}
}

// Len counts the codes that are not in the trash.
func (c *Collection) Len() (n int) {
	for _, it := range c.items {
		if it.Trashed.IsZero() {
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
		views[i] = it.view()
	}
	return views
}

// View is one code without its secret.
func (c *Collection) View(id ID) (View, error) {
	it, err := c.find(id)
	if err != nil {
		return View{}, err
	}
	return it.view(), nil
}

// Entry is one code with its secret, which is the collection's: not to be changed, and gone with Wipe.
func (c *Collection) Entry(id ID) (Entry, error) {
	it, err := c.find(id)
	if err != nil {
		return Entry{}, err
	}
	return it.Entry, nil
}

// Groups are the names of all groups, by name. A group is there as long as a code is in it that is not in the trash.
func (c *Collection) Groups() []string {
	seen := map[string]string{}
	for _, it := range c.items {
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

func (c *Collection) find(id ID) (*item, error) {
	if it, ok := c.items[id]; ok {
		return it, nil
	}
	return nil, ErrNotFound
}

// Same finds a code with the same secret, kind and form, whatever its names and its counter, also in the trash.
func (c *Collection) Same(code otp.Code) (ID, bool) {
	if c.same == nil {
		c.same = make(map[mark]ID, len(c.items))
		for _, it := range c.listed(ByPlace) {
			m := markOf(it.Code)
			if had, ok := c.same[m]; !ok || !c.items[had].Trashed.IsZero() {
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
// there is; one that lies in the trash is put back as it is given. IDs and places are given to those that have none.
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
			if c.items[id].Trashed.IsZero() {
				ids = append(ids, id)
				continue
			}
			e.ID = id
		}
		if e.ID == "" {
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
	if len(c.stored)+len(out) > Max {
		return nil, nil, ErrTooMany
	}
	return ids, out, nil
}

func (c *Collection) lastPlace() int64 {
	var last int64
	for _, it := range c.items {
		last = max(last, it.Place)
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
	was, ok := c.stored[string(e.ID)]
	if !ok {
		was.ID = string(e.ID)
	}
	out := was
	if !bytes.Equal(was.Body, b) {
		out.Entry = was.Edit(b, now)
	}
	out.Uses, out.UsedAt = e.Uses, seconds(e.UsedAt)
	return out, nil
}

// change makes the entry of a code anew by fn.
func (c *Collection) change(id ID, now time.Time, fn func(*Entry) error) ([]Stored, error) {
	it, err := c.find(id)
	if err != nil {
		return nil, err
	}
	e := it.Entry
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
	it, err := c.find(id)
	if err != nil {
		return nil, err
	}
	return []Stored{{Entry: c.stored[string(it.ID)].Delete(now)}}, nil
}

// Purge deletes what has lain in the trash for TrashFor. A clock that was set back deletes nothing.
func (c *Collection) Purge(now time.Time) (out []Stored) {
	for _, it := range c.listed(ByPlace) {
		if !it.Trashed.IsZero() && now.Sub(it.Trashed) >= TrashFor {
			out = append(out, Stored{Entry: c.stored[string(it.ID)].Delete(now)})
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
	it, err := c.find(id)
	if err != nil {
		return false
	}
	was, ok := c.undo[id]
	return ok && it.Code.Counter == was+1
}

// Stepped notes that Advance was stored, or with back that UndoAdvance was.
func (c *Collection) Stepped(id ID, back bool) {
	it, err := c.find(id)
	if err != nil {
		return
	}
	if back {
		delete(c.undo, id)
		return
	}
	c.undo[id] = it.Code.Counter - 1
}

// Show is the code at now. That of HOTP is the one that Advance gave last, and empty if there was none since the collection was read, or it was
// taken back.
func (c *Collection) Show(id ID, now time.Time) (Shown, error) {
	it, err := c.find(id)
	if err != nil {
		return Shown{}, err
	}
	if !it.Trashed.IsZero() {
		return Shown{}, ErrInTrash
	}
	code := it.Code
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
	it, err := c.find(id)
	if err != nil {
		return nil, err
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
		low = list[at-1].Place
	}
	high := low + 2*gap
	if at < len(list) {
		high = list[at].Place
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
