package authn

import "slices"

// MayTouch says whether an administrator may act on the account of another person: the devices, sessions and state of somebody who has a role are for those whose role is no
// lower, so that nobody takes over an account that can do more than her own. other is zero for somebody without a role.
func (a Admin) MayTouch(other Admin) error {
	if other.ID == "" || other.Disabled || slices.Index(Roles, a.Role) <= slices.Index(Roles, other.Role) {
		return nil
	}
	return Fail(Forbidden, "higher_role", "This person's role is higher than yours. Ask an owner of this server.")
}
