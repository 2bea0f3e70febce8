package escrow

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
)

// Edit returns the entry with a new body. Its time is now, or just after the last change where a clock is behind: who changes what he sees wins over it.
func (e Entry) Edit(body json.RawMessage, now time.Time) Entry {
	var one bytes.Buffer // written in one way, so that equal bodies are equal bytes
	if json.Compact(&one, body) == nil {
		body = one.Bytes()
	}
	return Entry{ID: e.ID, At: max(now.UnixMilli(), e.At+1), Body: body}
}

// Delete returns what is left of the entry, so that a phone which still has it learns that it went.
func (e Entry) Delete(now time.Time) Entry {
	return Entry{ID: e.ID, At: max(now.UnixMilli(), e.At+1), Deleted: true}
}

// compare orders versions of one entry: the later change, then the deletion, then the greater body, so that every phone chooses the same.
func compare(a, b Entry) int {
	return cmp.Or(cmp.Compare(a.At, b.At), compareBool(a.Deleted, b.Deleted), bytes.Compare(a.Body, b.Body))
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// Merge joins what two phones of one user have, entry by entry, the last change of each. In whichever order and however often phones merge,
// they come to the same document. The generation is the greater one; who uploads the result gives it the next. The result shares the entries' bytes.
func Merge(a, b Document) (Document, error) {
	if a.User != b.User || a.Account.ID != b.Account.ID {
		return Document{}, errors.New("escrows of two users can't be merged")
	}
	out := Document{V: Version, User: a.User, Generation: max(a.Generation, b.Generation), Account: latest(a.Account, b.Account)}
	out.Codes = join(a.Codes, b.Codes, func(e Entry) string { return e.ID }, latest)
	out.Devices = join(a.Devices, b.Devices, func(m Member) authn.DeviceID { return m.ID }, joinMember)
	return out, nil
}

func latest(a, b Entry) Entry {
	if compare(a, b) >= 0 {
		return a
	}
	return b
}

// joinMember: removed is for good. A device has one exchange key for life; if there are two, every phone chooses the same.
func joinMember(a, b Member) Member {
	if bytes.Compare(a.Exchange.Bytes(), b.Exchange.Bytes()) < 0 {
		a.Exchange = b.Exchange
	}
	a.Removed = a.Removed || b.Removed
	return a
}

// MergeEntries is Merge for codes alone: what one phone has and what another gives it. It refuses entries that Edit and Delete do not make.
func MergeEntries(a, b []Entry) ([]Entry, error) {
	for _, list := range [][]Entry{a, b} {
		for _, e := range list {
			if err := e.validate(); err != nil {
				return nil, err
			}
		}
	}
	return join(a, b, func(e Entry) string { return e.ID }, latest), nil
}

// join merges two lists by id and sorts.
func join[T any, K cmp.Ordered](a, b []T, id func(T) K, both func(a, b T) T) []T {
	byID := make(map[K]T, len(a)+len(b))
	for _, list := range [][]T{a, b} {
		for _, e := range list {
			if was, ok := byID[id(e)]; ok {
				e = both(was, e)
			}
			byID[id(e)] = e
		}
	}
	out := make([]T, 0, len(byID))
	for _, e := range byID {
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b T) int { return cmp.Compare(id(a), id(b)) })
	return out
}

// Admit adds a phone whose exchange key the caller has verified. A phone that was removed stays so.
func (d *Document) Admit(id authn.DeviceID, exchange key.Public) {
	m := Member{ID: id, Exchange: exchange}
	d.Devices = join(d.Devices, []Member{m}, func(m Member) authn.DeviceID { return m.ID }, joinMember)
}

// Expel takes a phone away for good: what is sealed from now on it can't read by its own key.
func (d *Document) Expel(id authn.DeviceID) {
	d.Devices = slices.Clone(d.Devices)
	for i := range d.Devices {
		if d.Devices[i].ID == id {
			d.Devices[i].Removed = true
		}
	}
}
