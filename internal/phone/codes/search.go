package codes

import (
	"cmp"
	"slices"
	"strings"
)

// Order is how codes are listed. It is stored and printed: append, never rename. Pinned ones come first in each.
type Order string

// The orders.
const (
	ByPlace Order = "place" // as the person has moved them
	ByName  Order = "name"  // by title, then account
	ByUse   Order = "use"   // the one used most lately first, then as they were moved
)

// Query says which codes are wanted.
type Query struct {
	Text  string // words, each of which stands anywhere in issuer, account, name, note or groups; "" for all
	Group string // "" for all
	Order Order  // "" is ByPlace
	Trash bool   // those in the trash, the one that was put there last first, and no others
}

// Search lists the codes that a query wants. With a text, and in the same order otherwise, those come first where it begins the title, then those
// where it begins a word, then the rest.
func (c *Collection) Search(q Query) []ID {
	words := strings.Fields(fold(q.Text))
	var found []hit
	for _, it := range c.listed(q.Order) {
		if it.Trashed.IsZero() == q.Trash || q.Group != "" && !slices.Contains(it.Groups, q.Group) {
			continue
		}
		if rank, ok := it.match(words); ok {
			found = append(found, hit{it, rank})
		}
	}
	switch {
	case q.Trash:
		slices.SortStableFunc(found, func(a, b hit) int { return b.Trashed.Compare(a.Trashed) })
	case len(words) > 0:
		slices.SortStableFunc(found, func(a, b hit) int { return cmp.Compare(a.rank, b.rank) })
	}
	ids := make([]ID, len(found))
	for i, h := range found {
		ids[i] = h.ID
	}
	return ids
}

type hit struct {
	*item
	rank int
}

// match reports whether all words stand in the item, and how well: 0 where the first begins the title, 1 where each begins a word, 2 otherwise.
func (it *item) match(words []string) (rank int, ok bool) {
	if len(words) > 0 {
		it.fold()
	}
	for i, w := range words {
		at := strings.Index(it.text, w)
		if at < 0 {
			return 0, false
		}
		switch {
		case i == 0 && at == 0:
		case at == 0 || it.text[at-1] == ' ' || it.text[at-1] == '\n' || strings.Contains(it.text, " "+w) || strings.Contains(it.text, "\n"+w):
			rank = max(rank, 1)
		default:
			rank = 2
		}
	}
	return rank, true
}

// fold makes the text that is compared, once: title, account, issuer, name, note and groups, one line each.
func (it *item) fold() {
	if it.text != "" {
		return
	}
	title := it.Title()
	lines := append(make([]string, 0, 8), title, it.Account)
	if it.Issuer != title {
		lines = append(lines, it.Issuer)
	}
	if it.Note != "" {
		lines = append(lines, it.Note)
	}
	it.text = fold(strings.Join(append(lines, it.Groups...), "\n"))
}

// parts are folded title and account; fold must have been called.
func (it *item) parts() (title, account string) {
	title, rest, _ := strings.Cut(it.text, "\n")
	account, _, _ = strings.Cut(rest, "\n")
	return title, account
}

// listed are the items in an order. The list is kept until something changes: it is not to be changed.
func (c *Collection) listed(o Order) []*item {
	if list := c.orders[o]; list != nil {
		return list
	}
	list := make([]*item, 0, len(c.slots))
	for _, s := range c.slots {
		if s.item != nil {
			list = append(list, s.item)
		}
	}
	by := byPlace
	switch o {
	case ByName:
		by = byName
		for _, it := range list {
			it.fold()
		}
	case ByUse:
		by = byUse
	}
	slices.SortFunc(list, func(a, b *item) int {
		if a.Pinned != b.Pinned {
			if a.Pinned {
				return -1
			}
			return 1
		}
		return by(a, b)
	})
	c.orders[o] = list
	return list
}

func byPlace(a, b *item) int { return cmp.Or(cmp.Compare(a.place, b.place), cmp.Compare(a.ID, b.ID)) }

func byName(a, b *item) int {
	aTitle, aAccount := a.parts()
	bTitle, bAccount := b.parts()
	if n := cmp.Or(cmp.Compare(aTitle, bTitle), cmp.Compare(aAccount, bAccount)); n != 0 {
		return n
	}
	return byPlace(a, b)
}

func byUse(a, b *item) int { return cmp.Or(b.UsedAt.Compare(a.UsedAt), byPlace(a, b)) }
