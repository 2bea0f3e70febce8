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
	found := make([]hit, 0, len(c.items))
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

// haystack is what is looked through: title first, one line each.
func haystack(e *Entry) string {
	v := e.view()
	parts := append([]string{v.Title(), e.Code.Issuer, e.Code.Account, e.Name, e.Note}, e.Groups...)
	return fold(strings.Join(parts, "\n"))
}

// listed are the items in an order. The list is kept until something changes: it is not to be changed.
func (c *Collection) listed(o Order) []*item {
	if list := c.orders[o]; list != nil {
		return list
	}
	list := make([]*item, 0, len(c.items))
	for _, it := range c.items {
		list = append(list, it)
	}
	by := byPlace
	switch o {
	case ByName:
		by = byName
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

func byPlace(a, b *item) int { return cmp.Or(cmp.Compare(a.Place, b.Place), cmp.Compare(a.ID, b.ID)) }

func byName(a, b *item) int {
	return cmp.Or(cmp.Compare(a.title, b.title), cmp.Compare(a.account, b.account), byPlace(a, b))
}

func byUse(a, b *item) int { return cmp.Or(b.UsedAt.Compare(a.UsedAt), byPlace(a, b)) }
