package model_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/phone"
	"avow/internal/ui/model"
	"avow/internal/ui/model/modeltest"
)

// stage is the app's screens around a scripted core. What goes on in the background is done at once, or when held work is released.
type stage struct {
	*model.App
	t    *testing.T
	core *modeltest.Core
	now  time.Time
	hold bool
	held []func()
}

func newStage(t *testing.T, s phone.State, change ...func(*model.Config)) *stage {
	t.Helper()
	settings, err := modeltest.Settings(t.TempDir(), model.Choices{Appearance: model.Light, Language: "en", LockChoices: model.LockChoices{Screenshots: true}}) // so that what pages hide by themselves is seen
	if err != nil {
		t.Fatal(err)
	}
	g := &stage{t: t, core: modeltest.NewCore(s), now: modeltest.Now}
	cfg := model.Config{Core: g.core, Settings: settings, Log: model.NewLogBook(50), Version: "1", Now: func() time.Time { return g.now }}
	cfg.Go = func(f func()) {
		if g.hold {
			g.held = append(g.held, f)
			return
		}
		f()
	}
	for _, f := range change {
		f(&cfg)
	}
	g.App = model.New(cfg)
	t.Cleanup(g.Close)
	return g
}

// release does what was held, in order.
func (g *stage) release() {
	for len(g.held) > 0 {
		f := g.held[0]
		g.held = g.held[1:]
		f()
	}
}

func (g *stage) on(want model.Page) {
	g.t.Helper()
	if got := g.Page(); got != want {
		g.t.Fatalf("page %q is shown, want %q", got, want)
	}
}

func (g *stage) digits(s string) {
	g.t.Helper()
	for _, r := range s {
		g.Digit(r)
	}
}

func (g *stage) says(got string, want string) {
	g.t.Helper()
	if got != want {
		g.t.Errorf("said %q, want %q", got, want)
	}
}

func (g *stage) calls(method string, want int) {
	g.t.Helper()
	if got := g.core.Calls(method); got != want {
		g.t.Errorf("%s was called %d times, want %d", method, got, want)
	}
}

// keys makes a real keystore that takes modeltest.PIN, on the stage's clock.
func (g *stage) keys() func(context.Context) error {
	g.t.Helper()
	verify, err := modeltest.Keys(context.Background(), g.t.TempDir(), func() time.Time { return g.now })
	if err != nil {
		g.t.Fatal(err)
	}
	return verify
}

// look is what a shell does: it makes the view of the page that is shown.
func (g *stage) look() model.RequestView {
	v, _ := g.Request()
	return v
}

var errBroken = errors.New("broken on purpose")

func number(ids ...authn.RequestID) phone.State {
	var out []phone.Request
	for _, id := range ids {
		out = append(out, modeltest.Request(id, authn.MatchNumber))
	}
	return modeltest.Open(out...)
}

// approveWith has approvals verify the user with a keystore.
func (g *stage) approveWith(verify func(context.Context) error) {
	g.core.OnApprove = func(ctx context.Context, id authn.RequestID, _ phone.Match) (phone.Receipt, error) {
		if err := verify(ctx); err != nil {
			return phone.Receipt{}, err
		}
		g.core.CloseRequest(id, authn.RequestApproved)
		return modeltest.Receipt(authn.Approve), nil
	}
}
