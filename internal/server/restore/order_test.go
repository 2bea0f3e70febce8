package restore_test

import (
	"context"
	"flag"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/servertest"
	"avow/internal/store"
)

// person is one of two users, whose phones call in any order.
type person struct {
	login   string
	id      authn.UserID
	code    key.RestoreCode
	active  []*servertest.Phone
	revoked []*servertest.Phone
	new     []*servertest.Restorer
}

func (p *person) has(id authn.DeviceID) bool {
	return slices.ContainsFunc(slices.Concat(p.active, p.revoked), func(q *servertest.Phone) bool { return q.ID == id })
}

// TestNoOrderOfCallsTouchesAnother: whatever one user's phones say, in whatever order, with whatever ids and codes, nothing of another user changes; and a device
// that was removed never again has an effect.
func TestNoOrderOfCallsTouchesAnother(t *testing.T) {
	r := newRig(t)
	r.Server.Restore.SetLimit(limitless, 1<<30)
	r.User("bo")
	all := []*person{
		{login: "anna", id: r.anna.User, code: r.code, active: []*servertest.Phone{r.anna}},
		{login: "bo", code: key.NewRestoreCode()},
	}
	bo := r.Phone("bo")
	all[1].id, all[1].active = bo.User, []*servertest.Phone{bo}
	r.must(bo.Keep(all[1].code, file, 0))
	if f := flag.Lookup("rapid.checks"); f.Value.String() == f.DefValue { // each is a dozen calls over TLS; more by -rapid.checks
		r.must(f.Value.Set("40"))
	}
	rapid.Check(t, func(t *rapid.T) {
		for range rapid.IntRange(1, 12).Draw(t, "calls") {
			who := rapid.IntRange(0, 1).Draw(t, "who")
			me, other := all[who], all[1-who]
			before := r.everything(other.id)
			r.call(t, me, other)
			if after := r.everything(other.id); after != before {
				t.Fatalf("a call of %s changed %s:\n%s\n%s", me.login, other.login, before, after)
			}
		}
	})
}

// call makes one call of a user, often with what belongs to the other.
func (r *rig) call(t *rapid.T, me, other *person) {
	ctx := context.Background()
	mine := rapid.Bool().Draw(t, "mine")
	whose := me
	if !mine {
		whose = other
	}
	switch kind := rapid.IntRange(0, 8).Draw(t, "kind"); {
	case kind == 0: // a new phone, with one's own code
		p := r.NewRestorer()
		p.Begin(me.login)
		proof := p.Proof(p.Restoration(), me.code)
		p.Statement = proof.Statement
		if _, err := p.ProveRestore(ctx, proof); err == nil {
			me.new = append(me.new, p)
		}
	case kind == 1 && len(me.new) > 0: // its one-time code, for any restore
		p := rapid.SampledFrom(me.new).Draw(t, "phone")
		id := p.Started.RestoreID
		if !mine && len(other.new) > 0 {
			id = other.new[len(other.new)-1].Started.RestoreID
		}
		_, err := p.ConfirmRestore(ctx, id, key.Secret(r.Digits(id)))
		if err == nil && id != p.Started.RestoreID {
			t.Fatal("a phone confirmed another's restore")
		}
	case kind == 2 && len(me.new) > 0:
		p := rapid.SampledFrom(me.new).Draw(t, "phone")
		if !mine && len(other.new) > 0 {
			stolen := *p
			stolen.Started = other.new[len(other.new)-1].Started
			if _, _, err := stolen.Take(); err == nil {
				t.Fatal("a phone took another's restore")
			}
			return
		}
		if _, phone, err := p.Take(); err == nil && !me.has(phone.ID) { // taking twice is the same as once
			me.active = append(me.active, phone)
		}
	case kind == 3:
		for _, p := range me.active {
			if len(whose.new) > 0 {
				_ = p.BlockRestore(ctx, whose.new[len(whose.new)-1].Started.RestoreID)
			}
		}
		r.must(r.Server.Restore.Allow(ctx, me.id, "admin:maja", "test"))
		r.Advance(3 * time.Hour)
	case kind == 4 && len(me.active) > 0:
		p := rapid.SampledFrom(me.active).Draw(t, "phone")
		e, err := p.Escrow(ctx)
		if err != nil {
			return
		}
		r.must(p.Update(me.code, []byte(rapid.StringN(1, 20, 40).Draw(t, "file")), e.Generation))
	case kind == 5 && len(me.active) > 1:
		p := me.active[len(me.active)-1]
		r.must(p.Remove(ctx))
		me.active, me.revoked = me.active[:len(me.active)-1], append(me.revoked, p)
	case kind == 6 && len(me.revoked) > 0: // it tries everything
		p := rapid.SampledFrom(me.revoked).Draw(t, "phone")
		before := r.everything(me.id)
		_, e1 := p.Escrow(ctx)
		e2 := p.Update(me.code, file, 1)
		e3 := p.Keep(key.NewRestoreCode(), file, 1)
		e4 := p.ProvenEscrow(ctx, 1)
		e5 := error(nil)
		if len(me.new) > 0 {
			e5 = p.BlockRestore(ctx, me.new[0].Started.RestoreID)
		} else {
			e5 = p.BlockRestore(ctx, authn.NewRestoreID())
		}
		for _, err := range []error{e1, e2, e3, e4, e5} {
			if err == nil {
				t.Fatal("a removed device was accepted")
			}
		}
		if after := r.everything(me.id); after != before {
			t.Fatalf("a removed device changed something:\n%s\n%s", before, after)
		}
	case kind == 7: // somebody else's code
		p := r.NewRestorer()
		p.Begin(me.login)
		if _, err := p.ProveRestore(ctx, p.Proof(p.Restoration(), other.code)); err == nil {
			t.Fatal("another user's code was accepted")
		}
		r.must(r.Server.Restore.Allow(ctx, me.id, "admin:maja", "test"))
	case kind == 8: // a whole restore
		p := r.NewRestorer()
		if _, err := p.Prove(me.login, me.code); err != nil {
			return
		}
		if _, err := p.Confirm(r.Digits(p.Started.RestoreID)); err != nil {
			return
		}
		if _, phone, err := p.Take(); err == nil {
			me.active = append(me.active, phone)
		}
		r.Advance(3 * time.Hour)
	}
}

// everything is what the database has of a user that calls could change, as text.
func (r *rig) everything(user authn.UserID) string {
	var text string
	r.view(func(rd store.Reader) error {
		devices, err := rd.DevicesOf(user)
		for i := range devices {
			devices[i].LastSeenAt = time.Time{}
		}
		e, err2 := rd.Escrow(user)
		g, err3 := rd.RestoreGuard(user)
		xs, err4 := rd.RestoresOf(user)
		n, err5 := rd.NoticesOf(user, time.Unix(0, 0))
		text = fmt.Sprintf("%+v\n%+v\n%+v\n%+v\n%d notices %v", devices, e, g, xs, len(n), []error{err, err2, err3, err4, err5})
		return nil
	})
	return text
}
