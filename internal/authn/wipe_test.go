package authn

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"avow/internal/key"
)

// TestWipeIsHonest is R-113: in whatever order a wipe is asked for, fetched and confirmed, it is never said to be further than it is, its counter never falls, and the device stays
// removed.
func TestWipeIsHonest_R113(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := Device{ID: "d_1", State: DeviceActive}
		now := t0
		fetched, receipts := uint64(0), map[uint64]bool{}
		asked := false
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 20*24).Draw(t, "hours")) * time.Hour)
			before := d
			switch rapid.SampledFrom([]string{"account", "everything", "fetch", "confirm", "sealed", "old"}).Draw(t, "act") {
			case "account":
				d, asked = d.RequestWipe(WipeAccount, "command", "admin:maja", now), true
			case "everything":
				d, asked = d.RequestWipe(WipeEverything, "command", "device:d_2", now), true
			case "fetch":
				if d = d.DeliverWipe(now); d.Wipe.State != WipeNone {
					fetched = d.Wipe.Counter
				}
			case "confirm", "sealed":
				left := LeftNothing
				if rapid.Bool().Draw(t, "left") {
					left = LeftSealed
				}
				next, err := d.ConfirmWipe(fetched, "", left, "receipt", now)
				if err == nil {
					receipts[fetched] = true
				}
				d = next
			case "old":
				next, err := d.ConfirmWipe(d.Wipe.Counter+7, "", LeftNothing, "receipt", now)
				if !errors.Is(err, ErrWipeUnknown) || next != d {
					t.Fatalf("a receipt of another command: %v", err)
				}
			}
			if d.Wipe.Counter < before.Wipe.Counter {
				t.Fatalf("the counter fell from %d to %d", before.Wipe.Counter, d.Wipe.Counter)
			}
			if asked && d.State != DeviceRevoked {
				t.Fatalf("the device is %s", d.State)
			}
			switch d.Wipe.StateAt(now) {
			case WipeConfirmed:
				if !receipts[d.Wipe.Counter] || d.Wipe.Receipt == "" {
					t.Fatal("confirmed without a receipt")
				}
			case WipeDelivered:
				if fetched != d.Wipe.Counter {
					t.Fatal("delivered, and nobody has fetched it")
				}
			case WipeNeverSeen:
				if now.Sub(d.Wipe.RequestedAt) < NeverSeenAfter {
					t.Fatal("given up too early")
				}
			case WipeNone:
				if asked {
					t.Fatal("asked for, and nothing is said")
				}
			}
		}
	})
}

// TestDuplicateOnce is R-099: in whatever order many phones claim and the old one answers, at most one phone gets the account, and only after a Yes within the time.
func TestDuplicateOnce_R099(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := NewDuplicate("u_1", "d_1", Hash{1}, t0)
		now, claimed := t0, time.Time{}
		winner := ""
		for range rapid.IntRange(1, 20).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "seconds")) * time.Second)
			before := d
			switch rapid.SampledFrom([]string{"claim", "claim", "approve", "refuse"}).Draw(t, "act") {
			case "claim":
				who := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "phone")
				next, err := d.Claim(duplicateKeys[who], "statement of "+who, Hash{who[0]}, "192.0.2.1", now)
				if err == nil && winner != "" && who != winner {
					t.Fatalf("%s has it, and %s got it", winner, who)
				}
				if err == nil && winner == "" {
					if now.Sub(t0) >= DuplicateLifetime {
						t.Fatal("claimed too late")
					}
					winner, claimed = who, now
				}
				if errors.Is(err, ErrDuplicateClaimed) && (winner == "" || who == winner) {
					t.Fatalf("%s is told that another was first", who)
				}
				d = next
			case "approve":
				next, err := d.Approve("d_2", "bound", []byte("file"), Hash{2}, now)
				if err == nil && (winner == "" || now.Sub(claimed) >= DuplicateAnswerTime || d.State != DuplicateClaimed) {
					t.Fatalf("approved in state %s", d.StateAt(now))
				}
				d = next
			case "refuse":
				next, err := d.Refuse(now)
				if err != nil && d.State != DuplicateApproved {
					t.Fatalf("No was refused in state %s", d.StateAt(now))
				}
				d = next
			}
			if over := before.State == DuplicateApproved || before.State == DuplicateRefused; over && d.State != before.State {
				t.Fatalf("%s became %s", before.State, d.State)
			}
		}
	})
}

// TestProbationEnds: while it lasts a device signs in and rules over nothing.
func TestProbationEnds(t *testing.T) {
	d := Device{State: DeviceActive, ProbationUntil: t0}
	if err := d.MayApprove(); err != nil {
		t.Error(err)
	}
	if err := d.MayManage(t0.Add(-time.Minute)); !errors.Is(err, ErrProbation) || AsError(err).RetryAfter != time.Minute {
		t.Errorf("a minute before: %v", err)
	}
	if err := d.MayManage(t0); err != nil {
		t.Errorf("at its end: %v", err)
	}
	if err := d.Revoke(t0).MayManage(t0); !errors.Is(err, ErrDeviceRevoked) {
		t.Errorf("removed: %v", err)
	}
}

var duplicateKeys = func() map[string]key.Public {
	m := map[string]key.Public{}
	for _, name := range []string{"a", "b", "c"} {
		k, err := key.Generate()
		if err != nil {
			panic(err)
		}
		m[name] = k.Key()
	}
	return m
}()
