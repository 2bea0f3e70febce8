package transfer

import (
	"testing"
	"time"

	"avow/internal/otp"
	"avow/internal/phone/codes"
)

// TestBeside: what is there is the same, what lies in the trash comes out of it, another secret of the same name is told.
func TestBeside(t *testing.T) {
	ids := map[string]codes.ID{string(fixtureTOTP.Secret): "code/1", string(fixtureHOTP.Secret): "code/2"}
	same := func(c otp.Code) (codes.ID, bool) { id, ok := ids[string(c.Secret)]; return id, ok }
	have := Beside([]codes.View{
		{ID: "code/1", Issuer: fixtureTOTP.Issuer, Account: fixtureTOTP.Account},
		{ID: "code/2", Issuer: "Counter", Account: "anna", Trashed: time.Unix(1, 0)},
		{ID: "code/3"},
	}, same)
	for name, tt := range map[string]struct {
		code otp.Code
		want Likeness
	}{
		"there":                 {fixtureTOTP, Same},
		"in the trash":          {fixtureHOTP, New},
		"not there":             {fixtureLong, New},
		"no name, as another":   {with(fixtureLong, func(c *otp.Code) { c.Issuer, c.Account = "", "" }), New},
		"another secret":        {with(fixtureTOTP, func(c *otp.Code) { c.Secret, c.Account = otp.Secret("another"), "ANNA@example.com" }), Different},
		"as one in the trash":   {with(fixtureHOTP, func(c *otp.Code) { c.Secret = otp.Secret("another") }), New},
		"same name and no more": {with(fixtureTOTP, func(c *otp.Code) { c.Secret, c.Account = otp.Secret("another"), "x" }), New},
	} {
		if got := have(tt.code); got != tt.want {
			t.Errorf("%s: got %d, want %d", name, got, tt.want)
		}
	}
}

// TestItemsAndEntries: there and back everything stays, and the trash stays where it is.
func TestItemsAndEntries(t *testing.T) {
	entries := Entries(exportItems())
	for _, e := range entries {
		if err := e.Validate(); err != nil {
			t.Errorf("%s: %v", e.Code.Issuer, err)
		}
	}
	if err := compareExport(exportItems(), Found{Items: Items(entries)}, func(i Item) Item { return i }); err != nil {
		t.Error(err)
	}
	entries[0].Trashed = time.Unix(1, 0)
	if got := Items(entries); len(got) != len(entries)-1 {
		t.Errorf("%d of %d, one of them in the trash", len(got), len(entries))
	}
}
