package transfer

import (
	"strings"

	"avow/internal/otp"
	"avow/internal/phone/codes"
)

// Entries makes of items what the collection takes. They share the secrets.
func Entries(items []Item) []codes.Entry {
	out := make([]codes.Entry, len(items))
	for i, item := range items {
		out[i] = codes.Entry{Code: item.Code, Name: item.Name, Note: item.Note, Groups: item.Groups, Pinned: item.Pinned}
	}
	return out
}

// Items makes of the collection's entries what is exported; those in the trash stay there. They share the secrets.
func Items(entries []codes.Entry) []Item {
	var out []Item
	for _, e := range entries {
		if e.Trashed.IsZero() {
			out = append(out, Item{Code: e.Code, Name: e.Name, Note: e.Note, Groups: e.Groups, Pinned: e.Pinned})
		}
	}
	return out
}

// Beside makes the question of [Compare] out of what a locked-away collection tells: its views, which have no secrets, and which of them is the
// same code. One that lies in the trash is New: adding it takes it out.
func Beside(views []codes.View, same func(otp.Code) (codes.ID, bool)) func(otp.Code) Likeness {
	trashed, labels := map[codes.ID]bool{}, map[string]bool{}
	for _, v := range views {
		if !v.Trashed.IsZero() {
			trashed[v.ID] = true
		} else if v.Issuer != "" || v.Account != "" {
			labels[viewLabel(v.Issuer, v.Account)] = true
		}
	}
	return func(c otp.Code) Likeness {
		id, known := same(c)
		switch {
		case known && trashed[id]:
			return New
		case known:
			return Same
		case labels[viewLabel(c.Issuer, c.Account)]:
			return Different
		}
		return New
	}
}

func viewLabel(issuer, account string) string {
	return strings.ToLower(issuer) + "\x00" + strings.ToLower(account)
}
