//go:build unix

package testenv_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/wire"
)

// These are figures of docs/performance.md: the server in a process of its own, computers and phones in this one, HTTPS on loopback,
// SQLite with synchronous=FULL. Phones are handsets.

// scene is a running server with people who listen and computers that ask.
type scene struct {
	server    *child
	people    []someone
	ears      []*ear
	computers []*client.RelyingParty
}

// benchScene starts one. The first listening people have an open stream.
func benchScene(b *testing.B, people, listening, computers int) *scene {
	b.Helper()
	w, credential, rps := found(b, computers, authn.MatchNumber)
	s := &scene{people: w.settle(b, credential.Server, people), computers: rps}
	s.server, _ = w.startServer(b)
	b.Cleanup(func() { _ = s.server.kill() })
	for _, p := range s.people[:listening] {
		s.ears = append(s.ears, listenTo(b, p.handsets[0]))
	}
	for _, c := range rps {
		b.Cleanup(c.Close)
	}
	return s
}

// approve is one approval of person i at computer c.
func (s *scene) approve(ctx context.Context, c, i int) (times, error) {
	return approveOnce(ctx, s.computers[c], s.people[i].Login, s.people[i].handsets[0], s.ears[i])
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
func approveOnce(ctx context.Context, c *client.RelyingParty, login string, h *handset, e *ear) (t times, err error) {
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
	const people = 20
	s := benchScene(b, people, people, 1)
	var list []times
	for i := range 2 * people { // connections are open and statements prepared from here on
		if _, err := s.approve(b.Context(), 0, i%people); err != nil {
			b.Fatal(err)
		}
	}
	for n := 0; b.Loop(); n++ {
		t, err := s.approve(b.Context(), 0, n%people)
		if err != nil {
			b.Fatal(err)
		}
		list = append(list, t)
	}
	reportTimes(b, list)
}

// BenchmarkApprovals is how many complete approvals a second there are when many people sign in at the same time, each at a computer
// that four of them share.
func BenchmarkApprovals(b *testing.B) {
	for _, parallel := range []int{8, 32, 64} {
		b.Run(fmt.Sprintf("parallel=%d", parallel), func(b *testing.B) { benchApprovals(b, parallel, parallel) })
	}
}

// BenchmarkApprovalsOneApplication is the same with one client for all, as a web application with many users is.
func BenchmarkApprovalsOneApplication(b *testing.B) { benchApprovals(b, 64, 1) }

func benchApprovals(b *testing.B, parallel, computers int) {
	const each = 4 // people at one computer, one after the other
	s := benchScene(b, parallel*each, parallel*each, computers)
	lists := make([][]times, parallel)
	run := func(n int) {
		var next atomic.Int64
		failed := make(chan error, parallel)
		for w := range parallel {
			go func() {
				for i := 0; next.Add(1) <= int64(n); i++ {
					t, err := s.approve(b.Context(), w%computers, w*each+i%each)
					if err != nil {
						failed <- err
						return
					}
					lists[w] = append(lists[w], t)
				}
				failed <- nil
			}()
		}
		for range parallel {
			if err := <-failed; err != nil {
				b.Error(err)
			}
		}
	}
	run(2 * len(s.people))
	clear(lists)
	clients, server := cpuTime(b), s.server.cpuTime(b)
	b.ResetTimer()
	run(b.N)
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "approvals/s")
	// What else runs on the machine lengthens the times, but not so much these.
	b.ReportMetric(perOp(b, s.server.cpuTime(b)-server), "cpu-ms-server/op")
	b.ReportMetric(perOp(b, cpuTime(b)-clients), "cpu-ms-clients/op")
	reportTimes(b, slices.Concat(lists...))
}

func perOp(b *testing.B, d time.Duration) float64 {
	return float64(d.Microseconds()) / 1000 / float64(b.N)
}

// BenchmarkServerMemory is the memory of a server with 1000 users and a phone of each, 200 of which hold a stream open, after 10000
// approvals: what the kernel counts, and the heap that is in use after a collection.
func BenchmarkServerMemory(b *testing.B) {
	const people, listening, approvals, parallel = 1000, 200, 10_000, 20
	for range b.N {
		s := benchScene(b, people, listening, parallel)
		b.ReportMetric(s.server.memory(b, "VmRSS"), "MiB-rss-begin")
		failed := make(chan error, parallel)
		for w := range parallel {
			go func() {
				for i := range approvals / parallel {
					if _, err := s.approve(b.Context(), w, w*(listening/parallel)+i%(listening/parallel)); err != nil {
						failed <- err
						return
					}
				}
				failed <- nil
			}()
		}
		for range parallel {
			if err := <-failed; err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(s.server.memory(b, "VmRSS"), "MiB-rss-end")
		b.ReportMetric(s.server.memory(b, "VmHWM"), "MiB-rss-most")
		b.ReportMetric(s.server.heap(b), "MiB-heap-end")
		for _, e := range s.ears {
			e.stream.Close()
		}
		_ = s.server.kill()
	}
}

// heap asks the server for what it has in use.
func (c *child) heap(b *testing.B) float64 {
	b.Helper()
	if _, err := io.WriteString(c.in, "memory\n"); err != nil {
		b.Fatal(err)
	}
	var n float64
	if _, err := fmt.Sscanf(<-c.lines, "memory %g", &n); err != nil {
		b.Fatal(err)
	}
	return n / (1 << 20)
}

// memory reads a line of the kernel's account of a process, in MiB.
func (c *child) memory(b *testing.B, name string) float64 {
	b.Helper()
	return processMemory(b, strconv.Itoa(c.cmd.Process.Pid), name)
}

func processMemory(b *testing.B, pid, name string) float64 {
	b.Helper()
	text, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		b.Skip("memory is read from Linux' /proc")
	}
	for line := range strings.Lines(string(text)) {
		var kib float64
		if _, err := fmt.Sscanf(line, name+": %g kB", &kib); err == nil {
			return kib / 1024
		}
	}
	b.Fatalf("no %s in /proc", name)
	return 0
}

// cpuTime is what the process has used so far, of all cores; 0 where there is no /proc.
func (c *child) cpuTime(b *testing.B) time.Duration {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	f := strings.Fields(rest)
	ticks := 0
	for _, i := range []int{11, 12} { // utime and stime of proc_pid_stat(5), counted from the state
		n, err := strconv.Atoi(f[i])
		if err != nil {
			b.Fatal(err)
		}
		ticks += n
	}
	return time.Duration(ticks) * time.Second / 100
}

// BenchmarkAppMemory is the memory of the app's core without screens: a keystore, an open vault with ten accounts, each with a stream.
func BenchmarkAppMemory(b *testing.B) {
	ctx := b.Context()
	for range b.N {
		w, credential, _ := found(b, 0, authn.MatchTap)
		srv, _ := w.startServer(b)
		folder := b.TempDir()
		admin := client.NewAdmin(credential, client.Options{})
		for i := range 10 {
			if _, err := admin.AddUser(ctx, wire.AddUser{UserName: fmt.Sprintf("user%d", i), Name: "User", Reason: "bench"}); err != nil {
				b.Fatal(err)
			}
		}
		var links []string
		for i := range 10 {
			s, err := admin.AddSession(ctx, wire.AddSession{UserName: fmt.Sprintf("user%d", i), Mode: authn.BindFirst, Reason: "bench"})
			if err != nil {
				b.Fatal(err)
			}
			links = append(links, s.Link)
		}
		c := startChild(b, "app", folder)
		if _, err := io.WriteString(c.in, strings.Join(links, "\n")+"\n\n"); err != nil {
			b.Fatal(err)
		}
		if line := <-c.lines; line != "ready" {
			b.Fatalf("the app says %q: %s", line, c.wrong)
		}
		b.ReportMetric(c.heap(b), "MiB-heap")
		b.ReportMetric(c.memory(b, "VmRSS"), "MiB-rss")
		b.ReportMetric(c.memory(b, "VmHWM"), "MiB-rss-most")
		_, _ = c.kill(), srv.kill()
	}
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
