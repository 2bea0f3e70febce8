package transfer

import (
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"avow/internal/otp"
)

func TestCompare(t *testing.T) {
	change := func(item Item, do func(*Item)) Item {
		do(&item)
		return item
	}
	newSecret := change(bank, func(i *Item) { i.Code.Secret = otp.Secret(secretA) })
	newForm := change(mail, func(i *Item) { i.Code.Digits = 6 })
	renamed := change(mail, func(i *Item) { i.Code.Issuer, i.Code.Account = "Mail", "a" })
	counted := change(bank, func(i *Item) { i.Code.Counter = 99 })
	nameless := change(bank, func(i *Item) { i.Code.Issuer, i.Code.Account = "", "" })
	upperCase := change(newSecret, func(i *Item) { i.Code.Issuer = "BANK" })
	have := Against([]otp.Code{mail.Code, bank.Code, {Kind: otp.TOTP, Secret: otp.Secret("another"), Algorithm: otp.SHA1, Digits: 6, Period: 30}})
	unreadable := []Unreadable{{"#4", errEntry}}
	for _, tt := range []struct {
		name  string
		items []Item
		want  Plan
	}{
		{"nothing like it", []Item{steam}, Plan{New: []Item{steam}}},
		{"the same", []Item{mail, bank}, Plan{Same: []Item{mail, bank}}},
		{"the same under another name", []Item{renamed}, Plan{Same: []Item{renamed}}},
		{"the same, counted on", []Item{counted}, Plan{Same: []Item{counted}}},
		{"another secret", []Item{newSecret}, Plan{Different: []Item{newSecret}}},
		{"another secret, name in upper case", []Item{upperCase}, Plan{Different: []Item{upperCase}}},
		{"another form", []Item{newForm}, Plan{Different: []Item{newForm}}},
		{"no name: not one of the others without a name", []Item{change(nameless, func(i *Item) { i.Code.Secret = otp.Secret(secretC) })}, Plan{
			New: []Item{change(nameless, func(i *Item) { i.Code.Secret = otp.Secret(secretC) })},
		}},
		{"twice in the file", []Item{steam, steam}, Plan{New: []Item{steam}, Same: []Item{steam}}},
		{"another secret, twice in the file", []Item{newSecret, newSecret}, Plan{Different: []Item{newSecret}, Same: []Item{newSecret}}},
	} {
		tt.want.Format, tt.want.Unreadable, tt.want.Missing, tt.want.Parts = Google, unreadable, []int{2}, 3
		got := Compare(Found{Format: Google, Items: tt.items, Unreadable: unreadable, Missing: []int{2}, Parts: 3}, have)
		if !gocmp.Equal(got, tt.want, cmpopts.EquateEmpty()) {
			t.Errorf("%s: %s", tt.name, gocmp.Diff(tt.want, got))
		}
	}
}
