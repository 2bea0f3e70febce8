package authn

// MayTouch says whether an administrator may act on the account of another person: on what she signs in with, and on whether she may at all. Nobody may for one who may
// more than she herself, or a phone for an owner would make an owner of anybody. other is zero for somebody without a role. nil, "higher_role".
func (a Admin) MayTouch(other Admin) error {
	if other.Disabled {
		return nil
	}
	for _, p := range permissions[other.Role] {
		if a.May(p) != nil {
			return Fail(Forbidden, "higher_role", "This person may do more here than you. Ask an owner of this server.")
		}
	}
	return nil
}
