package authn

import "testing"

// TestMayTouch: who could make herself mightier by another's phone may not touch it.
func TestMayTouch(t *testing.T) {
	may := map[AdminRole][]AdminRole{
		RoleOwner: {RoleOwner, RoleAdmin, RoleServiceDesk, RoleAuditor, ""}, RoleAdmin: {RoleAdmin, RoleServiceDesk, RoleAuditor, ""},
		RoleServiceDesk: {RoleServiceDesk, ""}, RoleAuditor: {RoleAuditor, ""}, "": {""},
	}
	for _, a := range append(Roles, "") {
		for _, other := range append(Roles, "") {
			want := false
			for _, r := range may[a] {
				want = want || r == other
			}
			if got := (Admin{Role: a}).MayTouch(Admin{Role: other}) == nil; got != want {
				t.Errorf("%q over %q: %v, want %v", a, other, got, want)
			}
			if err := (Admin{Role: a}).MayTouch(Admin{Role: other, Disabled: true}); err != nil {
				t.Errorf("%q over one whose role was taken: %v", a, err)
			}
			if err := (Admin{Role: RoleOwner, Disabled: true}).MayTouch(Admin{Role: RoleAuditor}); err == nil {
				t.Error("whose role was taken is over others")
			}
		}
	}
}
