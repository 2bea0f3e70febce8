// Package platformtest is the conformance suite of package platform's interfaces. Every implementation runs it: the simulated one in
// this repository's tests, those of Android and Apple on a device or its emulator, with a person or a robot for the touches.
package platformtest

import (
	"context"
	"errors"
	"image"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/platform"
)

// VerifierFixture is a user verifier under test and the person in front of it.
type VerifierFixture struct {
	Verifier platform.UserVerifier
	Kind     authn.UserVerification // what Agree leads to

	// What the person does at the prompts that follow.
	Agree, Cancel func()

	// Enroll adds a finger or face in the OS, Remove takes all away.
	Enroll, Remove func()

	// Exhaust makes wrong tries until the OS locks out, which Pass ends.
	Exhaust func()
	Pass    func(time.Duration)
}

// RunVerifier runs the suite of platform.UserVerifier. make is called for each part.
func RunVerifier(t *testing.T, make func(*testing.T) *VerifierFixture) {
	for name, part := range map[string]func(*testing.T, *VerifierFixture){
		"verification lets the secret go": releases,
		"refusal lets nothing go":         refuses,
		"prompt limits the kinds":         limits,
		"new finger destroys the secret":  enrolls,
		"nothing enrolled":                removed,
		"wrong tries lock out":            locksOut,
		"forget destroys the secret":      forgets,
		"ended context ends the prompt":   ends,
	} {
		t.Run(name, func(t *testing.T) { part(t, make(t)) })
	}
}

var prompt = platform.Prompt{Title: "Test", Reason: "to test"}

func keep(t *testing.T, f *VerifierFixture) key.Secret {
	t.Helper()
	secret := key.NewSecret(32)
	f.Agree()
	if err := f.Verifier.Keep(t.Context(), prompt, secret); err != nil {
		t.Fatalf("keep: %v", err)
	}
	return append(key.Secret(nil), secret...)
}

func verify(t *testing.T, f *VerifierFixture, want key.Secret) {
	t.Helper()
	v, err := f.Verifier.Verify(t.Context(), prompt)
	if err != nil {
		t.Fatalf("verify: %v", err)
	}
	if !v.Released.Equal(want) {
		t.Error("another secret was released than was kept")
	}
	if v.Kind != f.Kind {
		t.Errorf("kind is %q, want %q", v.Kind, f.Kind)
	}
	v.Released.Wipe() // the caller's copy; the next release must not notice
}

func denied(t *testing.T, f *VerifierFixture, p platform.Prompt, want error) {
	t.Helper()
	v, err := f.Verifier.Verify(t.Context(), p)
	if err == nil || want != nil && !errors.Is(err, want) {
		t.Errorf("got %v, want %v", err, want)
	}
	if v.Released != nil || v.Kind != "" {
		t.Error("something was released together with an error")
	}
}

func releases(t *testing.T, f *VerifierFixture) {
	secret := keep(t, f)
	for range 3 {
		verify(t, f, secret)
	}
	other := keep(t, f)
	verify(t, f, other)
}

func refuses(t *testing.T, f *VerifierFixture) {
	secret := keep(t, f)
	f.Cancel()
	denied(t, f, prompt, platform.ErrCanceled)
	if err := f.Verifier.Keep(t.Context(), prompt, key.NewSecret(32)); err == nil {
		t.Log("this OS keeps a secret unasked")
	} else {
		f.Agree()
		verify(t, f, secret)
	}
}

func limits(t *testing.T, f *VerifierFixture) {
	keep(t, f)
	for _, kinds := range [][]authn.UserVerification{{authn.UVPIN}, {authn.UVNone}} {
		denied(t, f, platform.Prompt{Allowed: kinds}, nil)
	}
}

//
func enrolls(t *testing.T, f *VerifierFixture) {
	keep(t, f)
	f.Enroll()
	denied(t, f, prompt, platform.ErrInvalidated)
	verify(t, f, keep(t, f))
}

func removed(t *testing.T, f *VerifierFixture) {
	if len(f.Verifier.Kinds()) == 0 {
		t.Error("no kinds although something is enrolled")
	}
	f.Remove()
	if kinds := f.Verifier.Kinds(); kinds != nil {
		t.Errorf("kinds are %v although nothing is enrolled", kinds)
	}
	f.Agree()
	denied(t, f, prompt, platform.ErrNotEnrolled)
	if err := f.Verifier.Keep(t.Context(), prompt, key.NewSecret(32)); !errors.Is(err, platform.ErrNotEnrolled) {
		t.Errorf("keep: %v, want ErrNotEnrolled", err)
	}
}

func locksOut(t *testing.T, f *VerifierFixture) {
	secret := keep(t, f)
	f.Exhaust()
	f.Agree()
	_, err := f.Verifier.Verify(t.Context(), prompt)
	wait := authn.AsError(err).RetryAfter
	if !errors.Is(err, platform.ErrLockedOut) || wait <= 0 {
		t.Fatalf("got %v, wait %v, want ErrLockedOut with a wait", err, wait)
	}
	f.Pass(wait)
	verify(t, f, secret)
}

func forgets(t *testing.T, f *VerifierFixture) {
	secret := keep(t, f)
	for range 2 {
		if err := f.Verifier.Forget(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if v, err := f.Verifier.Verify(t.Context(), prompt); err == nil && v.Released.Equal(secret) {
		t.Error("a forgotten secret was released")
	}
}

func ends(t *testing.T, f *VerifierFixture) {
	keep(t, f)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if v, err := f.Verifier.Verify(ctx, prompt); !errors.Is(err, context.Canceled) || v.Released != nil {
		t.Errorf("got %v", err)
	}
}

// RunCamera runs the suite of platform.Camera. show makes the camera see a picture of that size, and may be called only
// while it runs.
func RunCamera(t *testing.T, make func(*testing.T) (c platform.Camera, show func(image.Image))) {
	t.Run("frames come until the end", func(t *testing.T) {
		c, show := make(t)
		for range 2 {
			ctx, cancel := context.WithCancel(t.Context())
			frames, err := c.Start(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for range 3 {
				show(image.NewGray(image.Rect(0, 0, 8, 8)))
				if img := <-frames; img.Bounds().Empty() {
					t.Error("empty frame")
				}
			}
			cancel()
			for range frames { // the channel must close, and the camera be free for the second round
			}
		}
	})
	t.Run("a slow reader gets the newest", func(t *testing.T) {
		c, show := make(t)
		frames, err := c.Start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for n := 1; n <= 20; n++ {
			show(image.NewGray(image.Rect(0, 0, n, 1)))
		}
		if img := <-frames; img.Bounds().Dx() < 19 {
			t.Errorf("frame %d of 20 came first", img.Bounds().Dx())
		}
	})
	t.Run("an ended context starts nothing", func(t *testing.T) {
		c, _ := make(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := c.Start(ctx); err == nil {
			t.Error("the camera started")
		}
	})
}

// RunLifecycle runs the suite of platform.Lifecycle. tell makes the OS send an event.
func RunLifecycle(t *testing.T, l platform.Lifecycle, tell func(platform.LifecycleEvent)) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	first, second := l.Events(ctx), l.Events(t.Context())
	want := []platform.LifecycleEvent{platform.Background, platform.ScreenOff, platform.Foreground}
	for range 20 { // none is dropped although nobody reads yet
		for _, e := range want {
			tell(e)
		}
	}
	for i := range 60 {
		for _, events := range []<-chan platform.LifecycleEvent{first, second} {
			if got := <-events; got != want[i%3] {
				t.Fatalf("event %d is %q, want %q", i, got, want[i%3])
			}
		}
	}
	cancel()
	for range first { // the channel must close
	}
	tell(platform.ScreenOff)
	if got := <-second; got != platform.ScreenOff {
		t.Errorf("after another listener left: %q", got)
	}
}

// RunGuard runs the suite of platform.ScreenGuard. guarded reports what a screenshot would show; nil where no one can tell.
func RunGuard(t *testing.T, g platform.ScreenGuard, guarded func() bool) {
	for _, on := range []bool{true, true, false, false, true} {
		err := g.Guard(on)
		if errors.Is(err, platform.ErrNoScreenGuard) {
			t.Skip("this system has none")
		}
		if err != nil {
			t.Fatal(err)
		}
		if guarded != nil && guarded() != on {
			t.Errorf("guarded is %v, want %v", guarded(), on)
		}
	}
}

// RunLinks runs the suite of platform.Links. open is a tap on a link.
func RunLinks(t *testing.T, l platform.Links, open func(string)) {
	open("avow://id.example.com/R#START") // starts the app: nobody listens yet
	ctx, cancel := context.WithCancel(t.Context())
	links := l.Links(ctx)
	if got := <-links; got != "avow://id.example.com/R#START" {
		t.Errorf("first link is %q", got)
	}
	for _, want := range []string{"avow://a/R#1", "https://b/R#2", "not a link"} {
		open(want)
		if got := <-links; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	open("avow://untaken/R#3")
	cancel()
	taken := 0
	for range links { // the channel must close
		taken++
	}
	links = l.Links(t.Context())
	open("avow://last/R#4")
	if taken == 0 {
		if got := <-links; got != "avow://untaken/R#3" {
			t.Errorf("a link that was not taken is lost, or came twice: got %q", got)
		}
	}
	if got := <-links; got != "avow://last/R#4" {
		t.Errorf("last link is %q", got)
	}
}
