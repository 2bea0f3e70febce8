package server_test

import (
	"context"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/server/approval"
	"avow/internal/wire"
)

// BenchmarkRequestToPhone measures from the question to the event at the phone, over HTTPS on loopback with synchronous=FULL.
func BenchmarkRequestToPhone(b *testing.B) {
	o := newOffice(b, authn.MatchTap)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s := o.phone.stream(ctx)
	var times []time.Duration
	for b.Loop() {
		b.StopTimer()
		o.clear()
		b.StartTimer()
		begun := time.Now()
		o.ask()
		s.wait(wire.EventRequest)
		times = append(times, time.Since(begun))
	}
	percentiles(b, times)
}

// BenchmarkDecision measures the phone's answer over HTTPS.
func BenchmarkDecision(b *testing.B) {
	o := newOffice(b, authn.MatchTap)
	var times []time.Duration
	for b.Loop() {
		b.StopTimer()
		o.clear()
		q := o.ask()
		id := q.Request.ID
		raw := o.phone.signDecision(o.phone.answer(authn.Approve, id, q.Request.Devices[0].JWS, ""))
		b.StartTimer()
		begun := time.Now()
		decode[wire.DecisionAnswer](b, o.phone.submit(id, raw), http.StatusOK)
		times = append(times, time.Since(begun))
	}
	percentiles(b, times)
}

func percentiles(b *testing.B, times []time.Duration) {
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "p99-ms")
}

// BenchmarkApprovals measures whole approvals a second: asked, decided over HTTPS, redeemed; 64 users at the same time. The phones'
// signatures and TLS run on the same cores.
func BenchmarkApprovals(b *testing.B) {
	r := newRig(b)
	c := r.client("laptop-42", authn.MatchTap)
	const users = 64
	var phones []*phone
	for i := range users {
		phones = append(phones, r.enroll(r.user("user"+string(rune('a'+i/26))+string(rune('a'+i%26)))))
	}
	var next atomic.Int64
	work := make(chan *phone, users)
	for _, p := range phones {
		work <- p
	}
	b.SetParallelism(users / 2)
	b.ResetTimer()
	begun := time.Now()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			p := <-work
			q, err := r.Approval.Open(context.Background(), question(p.user, c))
			if err != nil {
				b.Error(err)
				return
			}
			raw := p.signDecision(p.answer(authn.Approve, q.Request.ID, q.Request.Devices[0].JWS, ""))
			if a := p.submit(q.Request.ID, raw); a.status != http.StatusOK {
				b.Errorf("%d %s", a.status, a.body)
				return
			}
			if _, _, err := r.Approval.Redeem(context.Background(), approval.HashAuthReqID(q.AuthReqID.Text()), c.ID); err != nil {
				b.Error(err)
				return
			}
			next.Add(1)
			work <- p
		}
	})
	b.ReportMetric(float64(next.Load())/time.Since(begun).Seconds(), "approvals/s")
}
