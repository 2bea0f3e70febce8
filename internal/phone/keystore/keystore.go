// Package keystore keeps the phone's private keys and lets them be used, never seen: the device, approval, exchange and
// vault keys of docs/protocol.md, section 1, all on P-256. User verification is bound to the use of a key: the keystore can
// open an approval, exchange or vault key only with what the verification itself yields, a PIN or a secret that the OS
// lets go, never because some code said yes (OWASP MASVS-AUTH, R-053).
//
// The File in this package seals keys in a file, under a secret in the desktop's keyring or beside it. Keystores of Android
// and Apple implement the same interface; keystoretest is the suite that all of them run. It knows no accounts and no
// network, and draws no dialogs.
package keystore

import (
	"context"
	"crypto"
	"crypto/ecdh"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/platform"
)

// Window is how long one user verification is good for exchange and vault keys, unless the prompt wants a fresh one. Approval keys need a fresh
// one each time.
const Window = 30 * time.Second

// ID names a key within its keystore. The caller chooses it: 1 to 64 characters of a-z, A-Z, 0-9, and . _ - /
// It is stored sealed, but an OS keystore may show it: no names of people or servers in it.
type ID string

// Purpose says what a key is for and so what opens it. It is stored: append, never rename.
type Purpose string

// The purposes.
const (
	Device       Purpose = "device"        // signs; no user verification
	Approval     Purpose = "approval"      // signs; user verification for each use
	ApprovalOpen Purpose = "approval_open" // signs; no user verification: where the organisation's policy asks for none at each approval (A4)
	Exchange     Purpose = "exchange"      // ECDH; user verification within Window
	Vault        Purpose = "vault"         // ECDH; user verification within Window
)

// Valid reports whether p is one of the known purposes.
func (p Purpose) Valid() bool { return p.Signs() || p.Exchanges() }

// Signs reports whether keys for p make signatures.
func (p Purpose) Signs() bool { return p == Device || p == Approval || p == ApprovalOpen }

// Exchanges reports whether keys for p do ECDH.
func (p Purpose) Exchanges() bool { return p == Exchange || p == Vault }

// NeedsUser reports whether using a key for p needs user verification.
func (p Purpose) NeedsUser() bool { return p != Device && p != ApprovalOpen }

// once reports whether a use of a key for p ends with its first signature.
func (p Purpose) once() bool { return p == Approval || p == ApprovalOpen }

// Info describes a key.
type Info struct {
	ID      ID
	Purpose Purpose
	Public  key.Public
}

// Keystore keeps keys. It is safe for concurrent use; a prompt that waits for the user holds up no other call.
type Keystore interface {
	// Class says where the private keys live; it travels in every decision, so it must be true.
	Class() key.Class

	// Create makes a new key. It needs no user verification. Errors: ErrKeyExists, ErrPINNotSet where the keystore needs a
	// PIN before it can seal the key, ErrStorage.
	Create(ctx context.Context, id ID, purpose Purpose) (key.Public, error)

	// Public returns the public half; ErrKeyNotFound if there is no such key.
	Public(id ID) (key.Public, error)

	// List returns all keys, ordered by ID.
	List() []Info

	// Delete destroys a key for ever. A missing key is no error: a wipe that was cut short is done again.
	Delete(ctx context.Context, id ID) error

	// Use verifies the user as the key's purpose demands and opens the key. Errors: ErrKeyNotFound, ErrKeyInvalidated, those
	// of platform.UserVerifier, and those of PINs.
	Use(ctx context.Context, id ID, p platform.Prompt) (Use, error)

	// Seal encrypts and authenticates text so that only this keystore can Unseal it, without user verification. The
	// label, which is not secret, must be the same for both; it keeps apart what is sealed for different ends.
	Seal(ctx context.Context, label string, text []byte) ([]byte, error)

	// Unseal opens what Seal made; ErrSealBroken if it was not made by this keystore with this label, or was changed.
	Unseal(ctx context.Context, label string, sealed []byte) ([]byte, error)

	// Mark returns the high-water mark of that name, 0 if it was never raised.
	Mark(ctx context.Context, name string) (uint64, error)

	// RaiseMark raises the mark to n, durably; it never lowers it: a lower n changes nothing.
	RaiseMark(ctx context.Context, name string, n uint64) error

	// Destroy deletes every key, mark and secret, for ever and as far as the storage allows. The keystore is of no use
	// afterwards. It can be repeated after a crash.
	Destroy(ctx context.Context) error

	// Lock forgets a user verification that is still good for exchange and vault keys, so that the next use asks. Where a wrong PIN has to be waited for it notes
	// how much of that is over.
	Lock()
}

// Use is a key that may be used now. It is a crypto.Signer for device and approval keys, whose Sign takes a SHA-256 digest and returns
// ASN.1 DER, and an ecdh.KeyExchanger for exchange and vault keys. An approval key makes one signature, within Window of the
// verification if it needs one; exchange and vault keys work until Window is over; a device key until Close. Then the error is ErrSpent.
//
// Its kind of user verification is known before it signs, so that it can stand in what is signed.
type Use interface {
	crypto.Signer
	ecdh.KeyExchanger

	// UserVerification is how the user was verified for this use.
	UserVerification() authn.UserVerification

	// Close forgets the key.
	Close()
}

// PINs is a keystore whose keys are opened by a PIN of the app's own, and by what the OS releases if the user turns
// that on. The PIN for one call is handed over with WithPIN.
type PINs interface {
	// HasPIN reports whether a PIN was set.
	HasPIN() bool

	// SetPIN sets the first PIN. Errors: ErrPINSet, ErrPINWeak, ErrStorage.
	SetPIN(ctx context.Context, pin key.Secret) error

	// ChangePIN replaces the PIN; a crash leaves the old or the new one good. Errors: ErrPINWrong, ErrPINWait, ErrPINBlocked, ErrPINWeak,
	// ErrStorage.
	ChangePIN(ctx context.Context, old, pin key.Secret) error

	// ResetPIN replaces a PIN that was forgotten: the OS's verification opens the keys in its place, and it asks the user now. The count of wrong PINs begins anew.
	// Errors: ErrPINWeak, ErrPINNotSet, ErrPINRequired where no biometric is enabled, those of platform.UserVerifier, ErrStorage.
	ResetPIN(ctx context.Context, pin key.Secret, p platform.Prompt) error

	// CheckPIN opens nothing but counts like every try. Errors: ErrPINWrong, ErrPINWait, ErrPINBlocked.
	CheckPIN(ctx context.Context, pin key.Secret) error

	// PINWait says how many wrong tries there were since the last right one, and how long the next has to wait.
	PINWait() (wrong int, wait time.Duration)

	// PINBlocked reports whether no PIN is taken any more: PINTries were wrong, and the rule is authn.WrongPINRestore.
	PINBlocked() bool

	// SetWrongPINs sets the rule for what follows PINTries wrong PINs; the keystore keeps it, and begins with authn.WrongPINWait. Errors: ErrStorage.
	SetWrongPINs(context.Context, authn.WrongPINs) error

	// NoteTime tells a time that somebody signed who is trusted, a moment ago. A wait is counted by it across a restart of the device; the clock of the
	// device, which anybody can turn, counts for nothing. Errors: ErrStorage.
	NoteTime(context.Context, time.Time) error

	// EnableBiometric lets the OS's verification open keys as the PIN does. It needs the PIN, and the OS asks the user too.
	EnableBiometric(ctx context.Context, pin key.Secret, p platform.Prompt) error

	// DisableBiometric ends that. It needs no PIN: it only takes away.
	DisableBiometric(ctx context.Context) error

	// BiometricEnabled reports whether the OS's verification opens keys.
	BiometricEnabled() bool
}

// What a keystore says. Compare with errors.Is.
var (
	ErrKeyExists      = authn.Fail(authn.Conflict, "key_exists", "This key exists already.")
	ErrKeyNotFound    = authn.Fail(authn.NotFound, "key_not_found", "A key of this account is missing on this device. Remove the account and connect it again.")
	ErrKeyInvalidated = authn.Fail(authn.Gone, "key_invalidated", "The device's fingerprints or its lock have changed, and its keys are gone with that. Use your restore code or another device.")
	ErrKeyPurpose     = authn.Fail(authn.Invalid, "key_purpose", "This key is not made for that.")
	ErrSpent          = authn.Fail(authn.Forbidden, "key_use_spent", "Confirm with your fingerprint or PIN again.")
	ErrSealBroken     = authn.Fail(authn.Invalid, "seal_broken", "A file of the app is damaged, or belongs to another installation.")
	ErrStorage        = authn.Fail(authn.Unavailable, "storage_failed", "The device's storage can't be read or written. Make some space free and try again; nothing was lost.")

	ErrPINRequired = authn.Fail(authn.Forbidden, "pin_required", "Type your PIN.")
	ErrPINNotSet   = authn.Fail(authn.Forbidden, "pin_not_set", "Choose a PIN first.")
	ErrPINSet      = authn.Fail(authn.Conflict, "pin_set", "A PIN is set already. Change it in the settings.")
	ErrPINWeak     = authn.Fail(authn.Invalid, "pin_weak", "This PIN is too easy to guess. Choose at least 6 digits, and no simple row like 123456 or 111111.")
	ErrPINWrong    = authn.Fail(authn.Forbidden, "pin_wrong", "That PIN is wrong.")      // RetryAfter: until the next try
	ErrPINWait     = authn.Fail(authn.TooMany, "pin_wait", "Too many wrong PINs. Wait.") // RetryAfter: how long; this try was not looked at
	ErrPINBlocked  = authn.Fail(authn.Forbidden, "pin_blocked", "Too many wrong PINs: your organisation lets none open Avow any more. Use your restore code or another device.")

	ErrNoKeystore         = authn.Fail(authn.NotFound, "keystore_missing", "There are no keys on this device yet.")
	ErrKeystoreExists     = authn.Fail(authn.Conflict, "keystore_exists", "There are keys on this device already.")
	ErrKeystoreDamaged    = authn.Fail(authn.Internal, "keystore_damaged", "The file with this device's keys is damaged. Open its backup, or use your restore code or another device.")
	ErrKeystoreNewer      = authn.Fail(authn.Invalid, "keystore_newer", "The file with this device's keys was written by a newer version of the app. Update the app.")
	ErrKeyringUnavailable = authn.Fail(authn.Unavailable, "keyring_unavailable", "The keyring of your desktop can't be opened. Unlock it, or sign in to your desktop again, and try again.")
	ErrKeyringLost        = authn.Fail(authn.Gone, "keyring_secret_lost", "The secret that opens this device's keys is no longer in your desktop's keyring. Bring the keyring back, or use your restore code or another device.")
)

type pinKey struct{}

// WithPIN hands the PIN that a screen or a command has asked for to the one call that ctx is given to. A PIN is always
// checked, also while an earlier verification would still be good.
func WithPIN(ctx context.Context, pin key.Secret) context.Context {
	return context.WithValue(ctx, pinKey{}, pin)
}

func pinOf(ctx context.Context) (key.Secret, bool) {
	pin, ok := ctx.Value(pinKey{}).(key.Secret)
	return pin, ok
}
