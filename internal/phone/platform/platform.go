// Package platform says what only the operating system can do for the phone, one small interface each: verify its user,
// show the camera, tell of background and foreground, keep the window out of screenshots, hand over links. It decides
// nothing, and draws nothing. Package simulated implements all of it without hardware; platformtest is the conformance
// suite that each implementation runs.
//
// Clipboard and picture files are Fyne's matter, keys are package keystore's.
package platform

import (
	"context"
	"image"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
)

// Prompt is what the OS shows while it verifies the user. The texts are finished: translated, clean, one line each.
type Prompt struct {
	Title    string // Approve sign-in
	Subtitle string // LAPTOP-42, anna at Example AB
	Reason   string // why, for systems that show one sentence: "to approve the sign-in to LAPTOP-42"

	// Allowed limits the kinds; empty allows all that the device has.
	Allowed []authn.UserVerification

	// Fresh makes a verification of a moment ago not good enough.
	Fresh bool
}

// Allows reports whether the prompt may be answered by kind.
func (p Prompt) Allows(kind authn.UserVerification) bool {
	if len(p.Allowed) == 0 {
		return kind.Happened()
	}
	for _, k := range p.Allowed {
		if k == kind {
			return kind.Happened()
		}
	}
	return false
}

// Verification is the outcome of a successful user verification.
type Verification struct {
	Kind authn.UserVerification

	// Released is the secret that was given to Keep, let go by this verification and no other way. The keystore opens
	// keys with it, so that a verifier that is made to say yes without it opens nothing.
	Released key.Secret
}

// UserVerifier asks the OS to make sure that the owner of the device is there: fingerprint, face, or the device's own
// lock. The PIN of the app is not its matter; package keystore checks that.
type UserVerifier interface {
	// Kinds lists what can verify the user now, preferred first; nil if nothing is enrolled.
	Kinds() []authn.UserVerification

	// Keep hands the OS the secret that only a later Verify gives back, in place of an earlier one. It asks the user when the
	// OS wants that. Enrolling another finger or face afterwards destroys the secret.
	Keep(ctx context.Context, p Prompt, secret key.Secret) error

	// Forget destroys the secret. Nothing to destroy is no error.
	Forget(ctx context.Context) error

	// Verify asks the user now and each time it is called. Errors: ErrCanceled, ErrNotEnrolled, ErrLockedOut (with
	// RetryAfter), ErrInvalidated, ErrUsePIN, or that of ctx.
	Verify(ctx context.Context, p Prompt) (Verification, error)
}

// What a UserVerifier says instead of yes. Compare with errors.Is.
var (
	ErrCanceled    = authn.Fail(authn.Forbidden, "user_verification_canceled", "You canceled. Nothing was done.")
	ErrNotEnrolled = authn.Fail(authn.Unavailable, "user_verification_not_enrolled", "No fingerprint or face is set up on this device. Set one up in the system's settings, or use your PIN.")
	ErrLockedOut   = authn.Fail(authn.TooMany, "user_verification_locked_out", "Too many tries. Wait a while, or use your PIN.")
	ErrInvalidated = authn.Fail(authn.Gone, "user_verification_invalidated", "The fingerprints or faces on this device have changed. Use your PIN, then turn biometrics on again in the settings.")
	ErrUsePIN      = authn.Fail(authn.Forbidden, "user_verification_use_pin", "Type your PIN.") // the user chose "Use PIN"
)

// Camera shows what the device sees.
type Camera interface {
	// Start asks for permission if needed and sends frames until ctx ends; then it releases the camera and closes the
	// channel. A frame that nobody takes is dropped for a newer one, so the reader is never behind. If the channel closes
	// before ctx ends, the camera was lost. A frame is not changed after it was sent. Errors: ErrNoCamera,
	// ErrCameraDenied, ErrCameraBusy.
	Start(ctx context.Context) (<-chan image.Image, error)
}

// What a Camera says instead of frames. Compare with errors.Is.
var (
	ErrNoCamera     = authn.Fail(authn.Unavailable, "camera_missing", "There is no camera. Open a picture of the code, or paste the link.")
	ErrCameraDenied = authn.Fail(authn.Forbidden, "camera_denied", "Avow may not use the camera. Allow it in the system's settings, open a picture of the code, or paste the link.")
	ErrCameraBusy   = authn.Fail(authn.Unavailable, "camera_busy", "Another app uses the camera. Close it and try again, or open a picture of the code.")
)

// Displays shows what stands on the computer's displays, for a code that is on one of them.
type Displays interface {
	// Shots takes a picture of the region, in pixels from the corner of the first display, or one of each display if it is empty. The OS may
	// ask the person first. Nothing is kept. Errors: ErrNoScreen, or that of ctx.
	Shots(ctx context.Context, region image.Rectangle) ([]image.Image, error)
}

// ErrNoScreen is the answer of a system that shows no app what stands on its displays. Compare with errors.Is.
var ErrNoScreen = authn.Fail(authn.Unavailable, "screen_picture_missing", "Avow can't see the screen here. Take a screenshot and open it as a picture, or paste the link.")

// LifecycleEvent is what happened to the app.
type LifecycleEvent string

// The events.
const (
	Foreground LifecycleEvent = "foreground" // the app is seen and used
	Background LifecycleEvent = "background" // another app is in front
	ScreenOff  LifecycleEvent = "screen_off" // the screen went dark or the session was locked: lock at once
	Used       LifecycleEvent = "used"       // a key, a click or a move of the pointer in the app's window, some seconds after the last one; a system that tells none has no idle time
)

// Lifecycle tells when the app is used.
type Lifecycle interface {
	// Events sends each event from now on, in order, until ctx ends, and then closes the channel. No event is dropped: a
	// missed ScreenOff would leave the app open.
	Events(ctx context.Context) <-chan LifecycleEvent
}

// ScreenGuard keeps the window out of screenshots, screen recordings and the list of recent apps.
type ScreenGuard interface {
	// Guard turns it on or off. ErrNoScreenGuard where the OS has no such thing.
	Guard(on bool) error
}

// ErrNoScreenGuard is the answer of a system that can't keep a window out of screenshots. Compare with errors.Is.
var ErrNoScreenGuard = authn.Fail(authn.Unavailable, "screen_guard_missing", "This system can't hide the window in screenshots.")

// Links hands over the links that open the app: the one that started it first, then those that come while it runs.
type Links interface {
	// Links sends each link exactly once, over all calls, until ctx ends, and then closes the channel. The text is from
	// outside: nobody checked it.
	Links(ctx context.Context) <-chan string
}

// Platform is what one device has. A nil field is something that it can't do.
type Platform struct {
	Verifier  UserVerifier
	Camera    Camera
	Displays  Displays
	Lifecycle Lifecycle
	Guard     ScreenGuard
	Links     Links
}

// LockedOut makes an ErrLockedOut that says how long.
func LockedOut(wait time.Duration) error { return ErrLockedOut.After(wait) }
