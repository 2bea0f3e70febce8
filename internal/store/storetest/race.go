package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/store"
)

var raceCases = []Case{
	{"1000 claims of one session have one winner (R-002)", claimRace},
	{"1000 decisions of one request leave one (R-023)", decisionRace},
	{"1000 redemptions of one approval have one winner (R-130)", redeemRace},
	{"1000 uses of one enrollment token have one winner (D12)", enrollRace},
	{"1000 releases of the service desk's codes give out each once (D12)", releaseRace},
	{"1000 uses of one code of the service desk have one winner (D12)", deskRace},
	{"the device limit holds under 200 registrations", limitRace},
	{"no update is lost among readers and writers", lostUpdate},
	{"two values change together for every reader", together},
}

// many is how many tries race: a thousand, and a hundred under -short, which the race detector is given.
func many() int {
	if testing.Short() {
		return 100
	}
	return 1000
}

// parallel runs fn(0) to fn(n-1) at once.
func parallel(n int, fn func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			fn(i)
		})
	}
	close(start)
	wg.Wait()
}

// tally counts what became of many tries: won, lost to another, and anything else, of which the last is kept.
type tally struct {
	won, lost, failed atomic.Int32
	last              atomic.Value
}

// count counts a try; lost is the error of those who come too late.
func (c *tally) count(err, lost error) (won bool) {
	switch {
	case err == nil:
		c.won.Add(1)
	case errors.Is(err, lost):
		c.lost.Add(1)
	default:
		c.failed.Add(1)
		c.last.Store(err.Error())
	}
	return err == nil
}

func (c *tally) want(t *testing.T, won, lost int32) {
	t.Helper()
	if c.won.Load() != won || c.lost.Load() != lost {
		t.Errorf("got %d winners, %d losers and %d failed (last: %v); want %d winners and %d losers",
			c.won.Load(), c.lost.Load(), c.failed.Load(), c.last.Load(), won, lost)
	}
}

func claimRace(t *testing.T, s store.Store) {
	people(t, s)
	v, _ := authn.NewRegistrationSession("u_a", authn.BindFirst, "admin", noon)
	update(t, s, func(tx store.Tx) error { return tx.CreateRegistrationSession(v) })
	var tries tally
	var winner atomic.Value
	parallel(many(), func(i int) {
		mine := publicKey(i)
		err := s.Update(context.Background(), func(tx store.Tx) error {
			return tx.UpdateRegistrationSession(v.ID, func(old authn.RegistrationSession) (authn.RegistrationSession, error) {
				return old.Claim(mine, "192.0.2.1", noon)
			})
		})
		if tries.count(err, authn.ErrSessionClaimed) {
			winner.Store(mine)
		}
	})
	tries.want(t, 1, int32(many()-1))
	got := read(t, s, func(r store.Reader) (authn.RegistrationSession, error) { return r.RegistrationSession(v.ID) })
	if mine, ok := winner.Load().(key.Public); !ok || got.State != authn.SessionClaimed || got.ClaimKey != mine {
		t.Error("the session is not claimed by the key of the winner")
	}
}

// openRequest puts one open request for 10 devices into the store.
func openRequest(t *testing.T, s store.Store) authn.RequestID {
	t.Helper()
	people(t, s)
	var devices []authn.Delivery
	for i := range 10 {
		devices = append(devices, authn.Delivery{Device: authn.DeviceID(fmt.Sprint("d_", i)), JWS: "a.b.c"})
	}
	v := authn.ApprovalRequest{
		ID: authn.NewRequestID(), Devices: devices, AuthReq: authn.HashOf(key.NewSecret(16)), User: "u_a", Client: "laptop", Match: authn.MatchTap,
		State: authn.RequestOpen, OpenedAt: noon, Expires: noon.Add(authn.RequestLifetime),
	}
	update(t, s, func(tx store.Tx) error { return tx.CreateApprovalRequest(v) })
	return v.ID
}

func decisionRace(t *testing.T, s store.Store) {
	id := openRequest(t, s)
	var tries tally
	var winner, firstRead atomic.Value
	get := func() (v authn.ApprovalRequest) {
		return read(t, s, func(r store.Reader) (authn.ApprovalRequest, error) { return r.ApprovalRequest(id) })
	}
	parallel(many(), func(i int) {
		verdict := authn.Verdict{Device: authn.DeviceID(fmt.Sprint("d_", i%10)), Kind: authn.Approve, UV: authn.UVPIN, Proof: fmt.Sprint("proof ", i)}
		if i%2 == 1 {
			verdict.Kind = authn.Deny
		}
		err := s.Update(context.Background(), func(tx store.Tx) error {
			return tx.UpdateApprovalRequest(id, func(old authn.ApprovalRequest) (authn.ApprovalRequest, error) {
				return old.Decide(verdict, noon)
			})
		})
		if tries.count(err, authn.ErrDecided) {
			winner.Store(verdict.Proof)
		}
		// Whoever has an answer reads the same decision as everybody.
		got := get()
		if !firstRead.CompareAndSwap(nil, got.Proof) && firstRead.Load() != got.Proof {
			t.Errorf("read %q, another has read %q", got.Proof, firstRead.Load())
		}
	})
	tries.want(t, 1, int32(many()-1))
	got := get()
	if got.Proof != winner.Load() || (got.State == authn.RequestApproved) != (got.Decision == authn.Approve) {
		t.Errorf("kept %s %q of proof %q, want what the winner said, %q", got.State, got.Decision, got.Proof, winner.Load())
	}
}

func redeemRace(t *testing.T, s store.Store) {
	id := openRequest(t, s)
	change := func(fn func(authn.ApprovalRequest) (authn.ApprovalRequest, error)) error {
		return s.Update(context.Background(), func(tx store.Tx) error { return tx.UpdateApprovalRequest(id, fn) })
	}
	err := change(func(v authn.ApprovalRequest) (authn.ApprovalRequest, error) {
		return v.Decide(authn.Verdict{Device: "d_1", Kind: authn.Approve, UV: authn.UVPIN}, noon)
	})
	if err != nil {
		t.Fatalf("decide: %v", err)
	}
	var tries tally
	parallel(many(), func(int) {
		tries.count(change(func(v authn.ApprovalRequest) (authn.ApprovalRequest, error) { return v.Redeem(noon) }), authn.ErrDecided)
	})
	tries.want(t, 1, int32(many()-1))
}

// limitRace decides by a list that it reads: updates see each other's rows, also within one batch.
func limitRace(t *testing.T, s store.Store) {
	people(t, s)
	var tries tally
	parallel(200, func(i int) {
		tries.count(s.Update(context.Background(), func(tx store.Tx) error {
			devices, err := tx.DevicesOf("u_a")
			if err != nil {
				return err
			}
			if len(devices) >= authn.MaxDevices {
				return errOurs
			}
			return tx.CreateDevice(authn.Device{ID: authn.DeviceID(fmt.Sprint("d_", i)), User: "u_a", State: authn.DeviceActive})
		}), errOurs)
	})
	tries.want(t, authn.MaxDevices, 200-authn.MaxDevices)
	devices := read(t, s, func(r store.Reader) ([]authn.Device, error) { return r.DevicesOf("u_a") })
	if len(devices) != authn.MaxDevices {
		t.Errorf("got %d devices, want %d", len(devices), authn.MaxDevices)
	}
}

func lostUpdate(t *testing.T, s store.Store) {
	people(t, s)
	var added atomic.Int32
	parallel(32, func(i int) {
		for n := range 20 {
			ctx, cancel := context.WithCancel(context.Background())
			if (i+n)%5 == 0 {
				time.AfterFunc(time.Duration(n)*50*time.Microsecond, cancel) // some lose patience, at any moment
			}
			err := s.Update(ctx, func(tx store.Tx) error {
				err := tx.UpdateGuard("u_a", func(g authn.Guard) (authn.Guard, error) { g.WrongNumbers++; return g, nil })
				if err == nil && n%7 == 3 {
					return errOurs
				}
				return err
			})
			cancel()
			switch {
			case err == nil:
				added.Add(1)
			case !errors.Is(err, errOurs) && !errors.Is(err, context.Canceled):
				t.Errorf("update: %v", err)
			}
			view(t, s, func(r store.Reader) error { _, err := r.Guard("u_a"); return err })
		}
	})
	got := read(t, s, func(r store.Reader) (authn.Guard, error) { return r.Guard("u_a") })
	if got.WrongNumbers != int(added.Load()) {
		t.Errorf("got %d counted, want the %d that were acknowledged", got.WrongNumbers, added.Load())
	}
}

// together moves from one counter to another; the sum is the same in every view.
func together(t *testing.T, s store.Store) {
	people(t, s)
	add := func(tx store.Tx, user authn.UserID, n int) error {
		return tx.UpdateGuard(user, func(g authn.Guard) (authn.Guard, error) { g.WrongNumbers += n; return g, nil })
	}
	parallel(16, func(i int) {
		for range 20 {
			if i%2 == 0 {
				update(t, s, func(tx store.Tx) error { return errors.Join(add(tx, "u_a", 1), add(tx, "u_b", -1)) })
				continue
			}
			view(t, s, func(r store.Reader) error {
				a, err1 := r.Guard("u_a")
				b, err2 := r.Guard("u_b")
				if a.WrongNumbers+b.WrongNumbers != 0 {
					t.Errorf("read %d and %d, want a sum of 0", a.WrongNumbers, b.WrongNumbers)
				}
				return errors.Join(err1, err2)
			})
		}
	})
}

func enrollRace(t *testing.T, s store.Store) {
	c := authn.Computer{ID: "laptop-42", CreatedAt: noon}.Invite(authn.HashOf(key.NewSecret(16)), noon)
	update(t, s, func(tx store.Tx) error { return tx.CreateComputer(c) })
	var tries tally
	var winner atomic.Value
	parallel(many(), func(i int) {
		mine := publicKey(i)
		err := s.Update(context.Background(), func(tx store.Tx) error {
			found, err := tx.ComputerByToken(c.Token)
			if err != nil {
				return err
			}
			return tx.UpdateComputer(found.ID, func(old authn.Computer) (authn.Computer, error) { return old.Enroll(mine, noon) })
		})
		if tries.count(err, authn.ErrTokenUsed) {
			winner.Store(mine)
		}
	})
	tries.want(t, 1, int32(many()-1))
	got := read(t, s, func(r store.Reader) (authn.Computer, error) { return r.Computer(c.ID) })
	if mine, ok := winner.Load().(key.Public); !ok || got.State != authn.ComputerEnrolled || got.Key != mine {
		t.Error("the computer is not enrolled with the key of the winner")
	}
}

func releaseRace(t *testing.T, s store.Store) {
	people(t, s)
	update(t, s, machines)
	b := batch(1)
	b.Given, b.Used, b.Count = 0, 0, authn.DeskCount
	update(t, s, func(tx store.Tx) error { return tx.CreateBatch(b) })
	var tries tally
	var given [authn.DeskCount]atomic.Int32
	parallel(many(), func(int) {
		index := 0
		err := s.Update(context.Background(), func(tx store.Tx) error {
			return tx.UpdateBatch(b.ID, func(old authn.Batch) (authn.Batch, error) {
				var ok bool
				if index, ok = old.Next(); !ok {
					return old, errOurs
				}
				old.Given = index + 1
				return old, nil
			})
		})
		if tries.count(err, errOurs) {
			given[index].Add(1)
		}
	})
	tries.want(t, authn.DeskCount, int32(many()-authn.DeskCount))
	for i := range given {
		if n := given[i].Load(); n != 1 {
			t.Errorf("code %d was given out %d times", i, n)
		}
	}
}

func deskRace(t *testing.T, s store.Store) {
	people(t, s)
	update(t, s, machines)
	u, err := authn.OfflineUse{Computer: "c_a", Use: authn.HashOf(key.NewSecret(16)), CreatedAt: noon}.Release("admin:maja", "phone lost", noon)
	if err != nil {
		t.Fatal(err)
	}
	update(t, s, func(tx store.Tx) error { return tx.CreateOfflineUse(u) })
	var tries tally
	parallel(many(), func(int) {
		tries.count(s.Update(context.Background(), func(tx store.Tx) error {
			return tx.UpdateOfflineUse(u.Computer, u.Use, func(old authn.OfflineUse) (authn.OfflineUse, error) { return old.Take(noon) })
		}), authn.ErrDeskUsed)
	})
	tries.want(t, 1, int32(many()-1))
}
