package computer_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"avow/internal/atomicfile"
	"avow/internal/authn"
	"avow/internal/computer"
	"avow/internal/wire"
)

// benchRig is a machine on the real disk with the product's argon2id, at which nobody runs out of uses.
func benchRig(b *testing.B) (*rig, *phoneKeys) {
	r := &rig{
		t: b, id: laptop, fs: atomicfile.OS, dir: b.TempDir(), cost: computer.DefaultListCost, key: newKey(b), wall: noon, up: time.Hour,
		grants: map[authn.UserID]authn.GrantID{},
	}
	r.open()
	p := newPhone(b, anna)
	g := r.grant(p)
	g.MaxUses = 1 << 40
	must(r, r.Take(noon, []wire.Grant{g}, nil, 0, authn.OfflineAllow))
	return r, p
}

// BenchmarkChallenge is the computer's side of a code for a QR: made, and checked with the use on disk.
func BenchmarkChallenge(b *testing.B) {
	r, p := benchRig(b)
	b.Run("make", func(b *testing.B) {
		for b.Loop() {
			r.challenge(anna)
		}
	})
	b.Run("check", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			ch := r.challenge(anna)
			c := p.code(b, ch.Link, laptop)
			r.Pending()
			must(r, r.Take(r.wall, nil, nil, 1<<40, authn.OfflineAllow))
			b.StartTimer()
			if _, err := r.verify(anna, ch, c); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkListVerify is a code of the list: right, at the first and at the last place of the window, and wrong.
func BenchmarkListVerify(b *testing.B) {
	for _, ahead := range []int{0, authn.ListWindow} {
		b.Run(fmt.Sprintf("ahead=%d", ahead), func(b *testing.B) {
			r, p := benchRig(b)
			for b.Loop() {
				b.StopTimer()
				k, _ := r.refill(p, p)
				r.Pending()
				b.StartTimer()
				if _, err := r.verify(anna, nil, list(k.Code(ahead))); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				must(r, computer.Erase(r.config()))
				r.open()
				g := r.grant(p)
				must(r, r.Take(noon, []wire.Grant{g}, nil, 0, authn.OfflineAllow))
				b.StartTimer()
			}
		})
	}
}

// BenchmarkRefill makes both lists of a grant, sixty codes.
func BenchmarkRefill(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		r, p := benchRig(b)
		b.StartTimer()
		if err := r.Refill(context.Background(), r.key, issuer, p.public); err != nil {
			b.Fatal(err)
		}
	}
}
