package computer_test

import (
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/computer"
)

// five wrong codes, then waits of 1, 2, 4 … 60 minutes; after twenty nothing until online. Reboot and clocks change nothing of it.
func TestLockout(t *testing.T) {
	for name, meanwhile := range map[string]func(*rig){
		"same run":    func(*rig) {},
		"restarted":   func(r *rig) { r.open() },
		"rebooted":    func(r *rig) { r.reboot() },
		"clock ahead": func(r *rig) { r.wall = r.wall.Add(time.Hour) },
		"clock back":  func(r *rig) { r.wall = time.Unix(0, 0) },
	} {
		t.Run(name, func(t *testing.T) {
			r, p, g := ready(t)
			waits := []time.Duration{1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60, 60, 60, 60}
			for i := range 20 {
				ch := r.challenge(anna)
				_, err := r.verify(anna, ch, other(p.code(t, ch.Link, laptop)))
				if i == 19 {
					wantError(t, "twentieth", err, computer.ErrLocked)
					break
				}
				wantError(t, "wrong code", err, computer.ErrWrong)
				if left := authn.AsError(err).Left; left != max(0, 4-i) {
					t.Errorf("after %d wrong codes %d are left", i+1, left)
				}
				if i < 4 {
					continue
				}
				meanwhile(r)
				wait := waits[i-4] * time.Minute
				r.pass(wait - time.Second)
				_, err = r.Challenge(anna)
				wantError(t, "a second too early", err, computer.ErrWait)
				if after := authn.AsError(err).RetryAfter; after <= 0 || after > time.Second {
					t.Errorf("after %d wrong codes it says to wait %s more", i+1, after)
				}
				_, err = r.verify(anna, nil, stranger(laptop, byte(i)))
				wantError(t, "not looked at", err, computer.ErrWait)
				r.pass(time.Second)
			}
			meanwhile(r)
			r.pass(24 * time.Hour)
			_, err := r.Challenge(anna)
			wantError(t, "after twenty", err, computer.ErrLocked)
			kinds := map[string]int{}
			for _, e := range r.Pending().Journal {
				kinds[string(e.Kind)]++
			}
			if kinds["refused"] != 20 || kinds["locked"] != 1 {
				t.Errorf("journal has %v", kinds)
			}
			r.wall = noon.Add(48 * time.Hour)
			g.Seq, g.SignedInAt, g.Expires = g.Seq+1, r.wall.Unix(), r.wall.Add(authn.GrantLifetime).Unix()
			r.signedIn(g)
			ch := r.challenge(anna)
			if _, err := r.verify(anna, ch, p.code(t, ch.Link, laptop)); err != nil {
				t.Errorf("after an online sign-in: %v", err)
			}
		})
	}
}

// A right code ends the row, and not the count of all.
func TestRightCodeEndsTheRow(t *testing.T) {
	r, p, _ := ready(t)
	for round := range 5 {
		for range 4 {
			ch := r.challenge(anna)
			_, err := r.verify(anna, ch, other(p.code(t, ch.Link, laptop)))
			if round == 4 && authn.CodeOf(err) == authn.CodeOf(computer.ErrLocked) {
				return
			}
			wantError(t, "wrong", err, computer.ErrWrong)
		}
		ch := r.challenge(anna)
		if _, err := r.verify(anna, ch, p.code(t, ch.Link, laptop)); err != nil {
			t.Fatal(err)
		}
	}
	t.Error("twenty wrong codes between right ones did not lock")
}

// One person's wrong codes are not another's.
func TestLockoutIsPersonal(t *testing.T) {
	r, p, _ := ready(t)
	bob := newPhone(t, "bob")
	r.signedIn(r.grant(bob))
	for i := range 5 {
		_, _ = r.verify(anna, nil, stranger(laptop, byte(i)))
	}
	_, err := r.Challenge(anna)
	wantError(t, "anna", err, computer.ErrWait)
	ch := r.challenge("bob")
	if _, err := r.verify("bob", ch, bob.code(t, ch.Link, laptop)); err != nil {
		t.Errorf("bob: %v", err)
	}
	_ = p
}
