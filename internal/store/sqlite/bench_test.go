package sqlite

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/store"
)

const benchUsers = 1000

// benchStore has users with a device each, and a client.
func benchStore(b *testing.B) *Store {
	b.Helper()
	s := openNew(b)
	p, err := key.Generate()
	if err != nil {
		b.Fatal(err)
	}
	k := p.Key()
	err = s.Update(context.Background(), func(tx store.Tx) error {
		if err := tx.CreateClient(authn.Client{ID: "laptop", Key: k}); err != nil {
			return err
		}
		for i := range benchUsers {
			u := benchUser(i)
			if err := tx.CreateUser(authn.User{ID: u, Login: string(u), CreatedAt: time.Now()}); err != nil {
				return err
			}
			keys := authn.DeviceKeys{Device: k, Approval: k, Exchange: k}
			if err := tx.CreateDevice(authn.Device{ID: authn.DeviceID("d_" + u), User: u, Keys: keys, State: authn.DeviceActive, CreatedAt: time.Now()}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return s
}

func benchUser(i int) authn.UserID { return authn.UserID(fmt.Sprintf("u_%020d", i%benchUsers)) }

func benchRequest(user authn.UserID, authReq authn.Hash, now time.Time) authn.ApprovalRequest {
	return authn.ApprovalRequest{
		ID: authn.NewRequestID(), AuthReq: authReq, Handle: authReq, Number: authReq, User: user, Client: "laptop",
		Match: authn.MatchTap, Action: "sign_in", Message: "Sign in to LAPTOP-42", ACR: "urn:avow:tap",
		Origin:  authn.Origin{IP: "203.0.113.7", Place: "Lund, SE", Agent: "Linux console"},
		Devices: []authn.Delivery{{Device: authn.DeviceID("d_" + user), JWS: strings.Repeat("j", 900)}},
		State:   authn.RequestOpen, OpenedAt: now, Expires: now.Add(authn.RequestLifetime),
	}
}

// benchApproval is what one complete approval asks of the store: three updates and three views.
func benchApproval(ctx context.Context, s *Store, user authn.UserID) error {
	now := time.Now()
	r := benchRequest(user, authn.HashOf(key.NewSecret(20)), now)
	err := s.Update(ctx, func(tx store.Tx) error { // the client opens it
		open, err := tx.OpenApprovalRequests(user)
		if err != nil {
			return err
		}
		err = tx.UpdateGuard(user, func(g authn.Guard) (authn.Guard, error) { return g.Admit(open, r.Client, now) })
		if err != nil {
			return err
		}
		return tx.CreateApprovalRequest(r)
	})
	if err != nil {
		return err
	}
	err = s.View(ctx, func(rd store.Reader) error { // the phone fetches it
		if _, err := rd.Device(authn.DeviceID("d_" + user)); err != nil {
			return err
		}
		_, err := rd.OpenApprovalRequests(user)
		return err
	})
	if err != nil {
		return err
	}
	err = s.Update(ctx, func(tx store.Tx) error { // the phone decides
		d, err := tx.Device(authn.DeviceID("d_" + user))
		if err != nil {
			return err
		}
		err = tx.UpdateApprovalRequest(r.ID, func(v authn.ApprovalRequest) (authn.ApprovalRequest, error) {
			return v.Decide(authn.Verdict{Device: d.ID, Kind: authn.Approve, UV: authn.UVPIN, Proof: strings.Repeat("p", 700)}, now)
		})
		if err != nil {
			return err
		}
		return tx.UpdateGuard(user, func(g authn.Guard) (authn.Guard, error) { return g.Approved(), nil })
	})
	if err != nil {
		return err
	}
	for range 2 { // the client asks twice, and redeems
		err = s.View(ctx, func(rd store.Reader) error {
			_, err := rd.ApprovalRequestByAuthReq(r.AuthReq)
			return err
		})
		if err != nil {
			return err
		}
	}
	return s.Update(ctx, func(tx store.Tx) error {
		return tx.UpdateApprovalRequest(r.ID, func(v authn.ApprovalRequest) (authn.ApprovalRequest, error) { return v.Redeem(now) })
	})
}

// inParallel spreads b.N calls of fn over callers goroutines and reports the rate.
func inParallel(b *testing.B, callers int, fn func(i int) error) {
	b.Helper()
	var next atomic.Int64
	done := make(chan error, callers)
	b.ResetTimer()
	for range callers {
		go func() {
			for {
				i := int(next.Add(1))
				if i > b.N {
					done <- nil
					return
				}
				if err := fn(i); err != nil {
					done <- err
					return
				}
			}
		}()
	}
	for range callers {
		if err := <-done; err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "op/s")
}

func BenchmarkUpdate(b *testing.B) {
	for _, callers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s := benchStore(b)
			inParallel(b, callers, func(i int) error {
				return s.Update(context.Background(), func(tx store.Tx) error {
					return tx.UpdateGuard(benchUser(i), func(g authn.Guard) (authn.Guard, error) { g.WrongNumbers++; return g, nil })
				})
			})
		})
	}
}

func BenchmarkView(b *testing.B) {
	for _, callers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s := benchStore(b)
			inParallel(b, callers, func(i int) error {
				return s.View(context.Background(), func(r store.Reader) error {
					_, err := r.Device(authn.DeviceID("d_" + benchUser(i)))
					return err
				})
			})
		})
	}
}

func BenchmarkApproval(b *testing.B) {
	for _, callers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s := benchStore(b)
			inParallel(b, callers, func(i int) error { return benchApproval(context.Background(), s, benchUser(i)) })
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	for range b.N {
		s, err := Open(context.Background(), b.TempDir()+"/avow.db", Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := s.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAppendAudit is a record with what most have; ten in a transaction, so that the sync is not all that is seen.
func BenchmarkAppendAudit(b *testing.B) {
	const together = 10
	s := openNew(b)
	record := authn.AuditRecord{
		Actor: "admin:maja", Action: "session.add", Subject: "s_0123456789abcdefghijkl", IP: "192.0.2.7", Reason: "new phone",
		Facts: map[string]string{"user": "anna.lind", "mode": "first", "delivery": "shown"},
	}
	for b.Loop() {
		err := s.Update(context.Background(), func(tx store.Tx) error {
			for range together {
				record.At = time.Now()
				if err := tx.AppendAudit(record); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*together), "µs/record")
}
