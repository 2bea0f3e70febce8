package testenv_test

import (
	"context"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/computer"
	"avow/internal/computer/agent"
	"avow/internal/phone"
	"avow/internal/phone/platform"
	"avow/internal/testenv"
	"avow/internal/wire"
)

// desk is a phone and a computer that it has signed in to once.
func desk(b *testing.B, cost computer.ListCost) (context.Context, *testenv.Env, *testenv.Phone, *testenv.Laptop, <-chan phone.Event) {
	b.Helper()
	ctx := b.Context()
	check := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	env, err := testenv.Start(ctx, testenv.Options{Dir: b.TempDir()})
	check(err)
	b.Cleanup(func() { _ = env.Close() })
	_, err = env.AddUser(ctx, "anna.lind", "Anna Lind")
	check(err)
	p, err := env.OpenPhone(ctx, testenv.PhoneOptions{Name: "pixel", KDF: fastKDF})
	check(err)
	check(p.Ready(ctx))
	_, err = env.Register(ctx, p, "anna.lind", authn.BindFirst)
	check(err)
	events := make(chan phone.Event, 1000)
	cancel := p.Subscribe(func(e phone.Event) { events <- e })
	run, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); p.Run(run) }()
	b.Cleanup(func() { stop(); <-done; cancel(); p.Close() })
	l, err := env.Enroll(ctx, testenv.LaptopOptions{ID: "laptop-42", Name: "LAPTOP-42", Match: authn.MatchTap, Offline: authn.OfflineAllow, Cost: cost})
	check(err)
	b.Cleanup(l.Close)
	return ctx, env, p, l, events
}

// yes signs in with a network and an immediate Yes.
func yes(b *testing.B, ctx context.Context, p *testenv.Phone, l *testenv.Laptop, events <-chan phone.Event) {
	b.Helper()
	in := l.Begin(agent.Ask{Login: "anna.lind"})
	defer in.Cancel()
	if step, ok := in.Start(ctx).(agent.Approve); !ok {
		b.Fatalf("start: %+v", step)
	}
	for e := range events {
		if e.Kind == phone.RequestArrived {
			if _, err := p.Approve(ctx, e.Request, phone.Match{}, platform.Prompt{}); err != nil {
				b.Fatal(err)
			}
			break
		}
	}
	if step, ok := in.Check(ctx, 20*time.Second).(agent.Done); !ok {
		b.Fatalf("check: %+v", step)
	}
}

// BenchmarkComputerSignIn is a sign-in to a computer from the question to the end, with an immediate Yes: with a network, and by a QR without
// one. The phone's side is with its keystore, a simulated finger and its note on disk.
func BenchmarkComputerSignIn(b *testing.B) {
	b.Run("online", func(b *testing.B) {
		ctx, _, p, l, events := desk(b, testenv.FastList)
		for b.Loop() {
			yes(b, ctx, p, l, events)
		}
	})
	b.Run("offline", func(b *testing.B) {
		ctx, _, p, l, events := desk(b, testenv.FastList)
		yes(b, ctx, p, l, events)
		for l.Machine.Status().Grants[0].CodesLeft == 0 || len(p.State().Computers) == 0 {
			<-events
		}
		var phoneSide time.Duration
		left := authn.GrantUses
		for b.Loop() {
			b.StopTimer()
			if left--; left == 0 {
				time.Sleep(time.Second) // a sign-in of the same second renews nothing
				l.Network.SetDown(false)
				yes(b, ctx, p, l, events)
				left = authn.GrantUses - 1
			}
			l.Network.SetDown(true)
			for len(events) > 0 {
				<-events
			}
			b.StartTimer()
			in := l.Begin(agent.Ask{Login: "anna.lind"})
			first := in.Start(ctx)
			step, ok := first.(agent.Offline)
			if !ok {
				b.Fatalf("not offline: %+v", first)
			}
			began := time.Now()
			link, err := wire.ParseLink(step.Challenge)
			if err != nil {
				b.Fatal(err)
			}
			ch, err := p.OfflineChallenge(link.(wire.OfflineLink))
			if err != nil {
				b.Fatal(err)
			}
			code, err := p.OfflineCode(ctx, ch, platform.Prompt{})
			if err != nil {
				b.Fatal(err)
			}
			phoneSide += time.Since(began)
			if done, ok := in.Code(ctx, code.Text).(agent.Done); !ok {
				b.Fatalf("code: %+v", done)
			}
			in.Cancel()
		}
		b.ReportMetric(float64(phoneSide.Microseconds())/float64(b.N)/1000, "ms-phone/op")
	})
}
