package model

import (
	"context"
	"slices"

	"avow/assets/translations"
	"avow/internal/phone/codes"
)

// SortView is the page that orders the codes.
type SortView struct {
	Title  string
	Text   string
	Order  codes.Order
	Orders []string
	Count  int
	Turn   int
	ByHand bool
}

// codeOrders in the order of the choice.
var codeOrders = []codes.Order{codes.ByPlace, codes.ByName, codes.ByUse}

// Sort is the view of PageCodesSort. It lists all codes.
func (a *App) Sort() SortView {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.findCodes()
	t, order := a.print, a.cfg.Settings.Get().CodeOrder
	if order == "" {
		order = codes.ByPlace
	}
	v := SortView{Title: t.T("app.codes.sort"), Order: order, Count: len(a.codes.ids), Turn: a.codes.turn, ByHand: order == codes.ByPlace}
	for _, id := range []translations.Message{"app.codes.by_hand", "app.codes.by_name", "app.codes.by_use"} {
		v.Orders = append(v.Orders, t.T(id))
	}
	switch order {
	case codes.ByPlace:
		v.Text = t.T("app.codes.by_hand_text")
	case codes.ByName:
		v.Text = t.T("app.codes.by_name_text")
	default:
		v.Text = t.T("app.codes.by_use_text")
	}
	return v
}

// OpenSort opens the page that orders all codes.
func (a *App) OpenSort() {
	a.change(func() {
		a.codes.text, a.codes.group, a.codes.asked, a.codes.sorted, a.codes.bar = "", "", false, false, nil
		a.stack = append(a.stack, PageCodesSort)
	})
}

// SortBy chooses the i-th order.
func (a *App) SortBy(i int) { a.OrderCodes(codeOrders[i]) }

// MoveCode moves the i-th code of the list up or down by one; pinned ones stay among themselves.
func (a *App) MoveCode(i int, down bool) {
	a.mu.Lock()
	a.findCodes()
	ids := slices.Clone(a.codes.ids)
	a.mu.Unlock()
	to := i - 1
	if down {
		to = i + 1
	}
	if i < 0 || to < 0 || i >= len(ids) || to >= len(ids) {
		return
	}
	me, err := a.cfg.Core.CodeView(ids[i])
	other, otherErr := a.cfg.Core.CodeView(ids[to])
	if err != nil || otherErr != nil || me.Pinned != other.Pinned {
		return
	}
	before := ids[to]
	if down {
		before = ""
		if to+1 < len(ids) {
			before = ids[to+1]
		}
		if next, err := a.cfg.Core.CodeView(before); err != nil || next.Pinned != me.Pinned {
			before = "" // the last of its kind
		}
	}
	a.store(func(ctx context.Context) error { return a.cfg.Core.MoveCode(ctx, ids[i], before) }, nil)
}
