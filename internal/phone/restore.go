package phone

import (
	"context"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/platform"
)

type pendingRestore struct{}

// FindRestore asks a server for an account and makes sure that it is the server that the restore code was made for (client.ErrPinMismatch otherwise). A code
// of another account is told here and costs no try: ErrCodeOther.
func (c *Core) FindRestore(ctx context.Context, from RestoreFrom) (*RestoreOffer, error) {
	return nil, errNotBuilt
}

// ProveRestore makes the new phone's keys and proves the code. It needs a PIN to be set and the app to be unlocked. The restore survives a restart.
func (c *Core) ProveRestore(ctx context.Context, o *RestoreOffer, p platform.Prompt) (Restoring, error) {
	return Restoring{}, errNotBuilt
}

// ConfirmRestore sends the one-time code: eight digits, spaces do no harm.
func (c *Core) ConfirmRestore(ctx context.Context, id authn.RestoreID, digits string) (Restoring, error) {
	return Restoring{}, errNotBuilt
}

// ResendRestore has a new one-time code made.
func (c *Core) ResendRestore(ctx context.Context, id authn.RestoreID) (Restoring, error) {
	return Restoring{}, errNotBuilt
}

// CheckRestore asks the server how the restore stands.
func (c *Core) CheckRestore(ctx context.Context, id authn.RestoreID) (Restoring, error) {
	return Restoring{}, errNotBuilt
}

// CancelRestore forgets a restore on this phone. The server's ends by itself.
func (c *Core) CancelRestore(ctx context.Context, id authn.RestoreID) error { return errNotBuilt }

// FinishRestore takes the account and what was kept for it, draws a new restore code and stores it with the server. RestoreView.Unnoted is true then, until
// NoteRestoreCode. The user is asked more than once: for the code that opens what was kept, and for the approval key.
func (c *Core) FinishRestore(ctx context.Context, id authn.RestoreID, p platform.Prompt) (Account, []OldDevice, error) {
	return Account{}, nil, errNotBuilt
}

// ActivateRestore sets restore up with a code that the person has noted, or replaces the code. The user is verified by the approval key.
func (c *Core) ActivateRestore(ctx context.Context, id AccountID, code key.RestoreCode, p platform.Prompt) error {
	return errNotBuilt
}

// NoteRestoreCode says that the person has noted the code that this phone has drawn after a restore.
func (c *Core) NoteRestoreCode(ctx context.Context, id AccountID) error { return errNotBuilt }

// ShowRestoreCode returns the code after the user was verified. ErrNoRestoreCode where this device does not know it.
func (c *Core) ShowRestoreCode(ctx context.Context, id AccountID, p platform.Prompt) (key.RestoreCode, error) {
	return key.RestoreCode{}, errNotBuilt
}

// JoinRestore has this device take part in a restore that another one has set up: with its code.
func (c *Core) JoinRestore(ctx context.Context, id AccountID, code key.RestoreCode, p platform.Prompt) error {
	return errNotBuilt
}

// DeactivateRestore switches restore off, here and at the server.
func (c *Core) DeactivateRestore(ctx context.Context, id AccountID, p platform.Prompt) error {
	return errNotBuilt
}

// SkipRestore is "not now": the prompt comes back at the fourth Yes from now.
func (c *Core) SkipRestore(ctx context.Context, id AccountID) error { return errNotBuilt }

// DrillRestore proves that a code opens what the server keeps, in memory, and tells the server so.
func (c *Core) DrillRestore(ctx context.Context, id AccountID, code key.RestoreCode, p platform.Prompt) (Drill, error) {
	return Drill{}, errNotBuilt
}

// RestoreSheet is what is printed of a code.
func (c *Core) RestoreSheet(id AccountID, code key.RestoreCode) (Sheet, error) {
	return Sheet{}, errNotBuilt
}

// BlockRestore ends a restore of the account that is under way on some other phone. It asks nobody and works while the app is locked.
func (c *Core) BlockRestore(ctx context.Context, id AccountID, restore authn.RestoreID) error {
	return errNotBuilt
}

var errNotBuilt = authn.Fail(authn.Internal, "not_built", "This is not built yet.")
