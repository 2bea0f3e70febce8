package testenv_test

import (
	"context"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/phone"
	"avow/internal/phone/platform"
	"avow/internal/testenv"
)

// BenchmarkWipe is a wipe that one phone of a user asks for of another that is connected: how long until the other one knows that it was removed, and until its receipt is with the
// server. Server and phones are in one process, over HTTPS on loopback, with files and SQLite on this machine's disk.
func BenchmarkWipe(b *testing.B) {
	ctx, cancel := context.WithTimeout(b.Context(), 5*time.Minute)
	defer cancel()
	env, err := testenv.Start(ctx, testenv.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer env.Close()
	ready := func(name string) *testenv.Phone {
		p, err := env.OpenPhone(ctx, testenv.PhoneOptions{Name: name, KDF: fastKDF})
		if err == nil {
			err = p.Ready(ctx)
		}
		if err != nil {
			b.Fatal(err)
		}
		return p
	}
	if _, err := env.AddUser(ctx, "anna.lind", "Anna Lind"); err != nil {
		b.Fatal(err)
	}
	mine, lost := ready("mine"), ready("lost")
	a, err := env.Register(ctx, mine, "anna.lind", authn.BindFirst)
	if err != nil {
		b.Fatal(err)
	}
	wiped := make(chan struct{}, 1)
	lost.Subscribe(func(e phone.Event) {
		if e.Kind == phone.Wiped {
			wiped <- struct{}{}
		}
	})
	run, stop := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() { defer close(done); lost.Run(run) }()
	defer func() { stop(); <-done }()
	var gone, confirmed time.Duration
	for b.Loop() {
		b.StopTimer()
		other, err := env.Register(ctx, lost, "anna.lind", authn.BindAdditional)
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		began := time.Now()
		if _, err := mine.WipeDevice(ctx, a.ID, other.ID, authn.WipeAccount, platform.Prompt{}); err != nil {
			b.Fatal(err)
		}
		<-wiped
		gone += time.Since(began)
		for {
			l, err := mine.Devices(ctx, a.ID)
			if err != nil {
				b.Fatal(err)
			}
			if w := l.Devices[1].Wipe; w != nil && l.Devices[1].ID == other.ID && w.State == authn.WipeConfirmed && w.Left == authn.LeftNothing {
				break
			}
		}
		confirmed += time.Since(began)
	}
	b.ReportMetric(float64(gone.Microseconds())/1000/float64(b.N), "ms-gone")
	b.ReportMetric(float64(confirmed.Microseconds())/1000/float64(b.N), "ms-confirmed")
}
