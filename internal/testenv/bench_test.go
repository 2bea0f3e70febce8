//go:build unix

package testenv_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/testenv"
	"avow/internal/wire"
)

// These are figures of docs/performance.md: server, computers and phones in one process on loopback, over HTTPS, on SQLite with
// synchronous=FULL. Phones are handsets.

func benchEnv(b *testing.B) *testenv.Env {
	b.Helper()
	env, err := testenv.Start(b.Context(), testenv.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := env.Close(); err != nil {
			b.Error(err)
		}
	})
	return env
}

func benchComputer(b *testing.B, env *testenv.Env, n int) *testenv.Computer {
	b.Helper()
	c, err := env.AddComputer(b.Context(), authn.ClientID(fmt.Sprintf("computer-%d", n)), fmt.Sprintf("COMPUTER-%d", n), authn.MatchNumber)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(c.Close)
	return c
}

// ear is an open event stream, whose requests come out of a channel with the time of their arrival.
type ear struct {
	stream   *client.Stream
	requests chan heard
}

type heard struct {
	raw string
	at  time.Time
}

func listenTo(b *testing.B, h *handset) *ear {
	b.Helper()
	s, err := h.Events(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	e := &ear{stream: s, requests: make(chan heard, 8)}
	go func() {
		defer close(e.requests)
		for {
			ev, err := s.Next()
			if err != nil {
				return
			}
			if ev.Request != "" {
				e.requests <- heard{ev.Request, time.Now()}
			}
		}
	}()
	b.Cleanup(s.Close)
	return e
}

// times are what one approval took, each from the moment at which the computer asked.
type times struct{ reached, decided, whole time.Duration }

// approveOnce is one complete approval: the computer asks, the phone hears it, the person says Yes with the number of the screen, the
// computer gets its ID token.
func approveOnce(ctx context.Context, c *testenv.Computer, login string, h *handset, e *ear) (t times, err error) {
	began := time.Now()
	ask, err := c.Authorize(ctx, client.Question{User: login, Message: "Sign in to LAPTOP-42", Agent: "Linux console", IP: "203.0.113.7"})
	if err != nil {
		return t, fmt.Errorf("authorize: %w", err)
	}
	r, ok := <-e.requests
	if !ok {
		return t, errors.New("the phone's stream has ended")
	}
	t.reached = r.at.Sub(began)
	if _, err := h.decide(ctx, r.raw, authn.Approve, ask.Number); err != nil {
		return t, fmt.Errorf("decide: %w", err)
	}
	t.decided = time.Since(began)
	id, err := c.Token(ctx, ask.AuthReqID)
	if err != nil {
		return t, fmt.Errorf("token: %w", err)
	}
	if id.ACR != wire.ACRNumber {
		return t, fmt.Errorf("acr is %q", id.ACR)
	}
	t.whole = time.Since(began)
	return t, nil
}

// reportTimes reports p50 and p99 in milliseconds.
func reportTimes(b *testing.B, list []times) {
	b.Helper()
	for _, f := range []struct {
		name string
		of   func(times) time.Duration
	}{
		{"reached", func(t times) time.Duration { return t.reached }},
		{"decided", func(t times) time.Duration { return t.decided }},
		{"whole", func(t times) time.Duration { return t.whole }},
	} {
		var ds []time.Duration
		for _, t := range list {
			ds = append(ds, f.of(t))
		}
		slices.Sort(ds)
		for _, p := range []int{50, 99} {
			b.ReportMetric(float64(ds[min(len(ds)*p/100, len(ds)-1)].Microseconds())/1000, fmt.Sprintf("ms-%s-p%d", f.name, p))
		}
	}
}

// BenchmarkApprovalLatency is one approval after the other: how long until the phone has the request, until it is decided, and until
// the computer has its token. Nobody thinks in between.
func BenchmarkApprovalLatency(b *testing.B) {
	env := benchEnv(b)
	people := inhabitants(b, env, 20, 1)
	c := benchComputer(b, env, 0)
	var ears []*ear
	for _, p := range people {
		ears = append(ears, listenTo(b, p.handsets[0]))
	}
	var list []times
	for i := range 2 * len(people) { // connections are open and statements prepared from here on
		if _, err := approveOnce(b.Context(), c, people[i%len(people)].Login, people[i%len(people)].handsets[0], ears[i%len(people)]); err != nil {
			b.Fatal(err)
		}
	}
	for n := 0; b.Loop(); n++ {
		p := people[n%len(people)]
		t, err := approveOnce(b.Context(), c, p.Login, p.handsets[0], ears[n%len(people)])
		if err != nil {
			b.Fatal(err)
		}
		list = append(list, t)
	}
	reportTimes(b, list)
}

// BenchmarkApprovals is how many complete approvals a second there are when many people sign in at the same time.
func BenchmarkApprovals(b *testing.B) {
	for _, parallel := range []int{8, 32, 64} {
		b.Run(fmt.Sprintf("parallel=%d", parallel), func(b *testing.B) { benchApprovals(b, parallel) })
	}
}

func benchApprovals(b *testing.B, parallel int) {
	const each = 4 // people at one computer, one after the other
	env := benchEnv(b)
	people := inhabitants(b, env, parallel*each, 1)
	computers := make([]*testenv.Computer, parallel)
	ears := make([]*ear, len(people))
	for i := range computers {
		computers[i] = benchComputer(b, env, i)
	}
	for i, p := range people {
		ears[i] = listenTo(b, p.handsets[0])
	}
	lists := make([][]times, parallel)
	run := func(n int) {
		var next atomic.Int64
		failed := make(chan error, parallel)
		for w, c := range computers {
			go func() {
				for i := w * each; next.Add(1) <= int64(n); i = w*each + (i+1)%each {
					t, err := approveOnce(b.Context(), c, people[i].Login, people[i].handsets[0], ears[i])
					if err != nil {
						failed <- err
						return
					}
					lists[w] = append(lists[w], t)
				}
				failed <- nil
			}()
		}
		for range computers {
			if err := <-failed; err != nil {
				b.Error(err)
			}
		}
	}
	run(2 * len(people))
	clear(lists)
	before := cpuTime(b)
	b.ResetTimer()
	run(b.N)
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "approvals/s")
	// What else runs on the machine lengthens the times, but not so much this: computers, phones and server together.
	b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/1000/float64(b.N), "cpu-ms/op")
	reportTimes(b, slices.Concat(lists...))
}

// cpuTime is what the process has used so far, of all cores.
func cpuTime(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
