package computer_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"avow/internal/authn"
	"avow/internal/computer"
	"avow/internal/key"
	"avow/internal/otp"
	"avow/internal/wire"
)

// TestModel plays with a machine as people and thieves would, and compares each answer with a model of a page: docs/protocol.md,
// section 7, without disk, argon2 and keys..
func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := newModel(t, rt)
		rt.Repeat(map[string]func(*rapid.T){
			"list code":      m.listCode,
			"wrong code":     m.wrongCode,
			"right qr":       func(*rapid.T) { m.qr(true) },
			"wrong qr":       func(*rapid.T) { m.qr(false) },
			"time":           m.time,
			"clock back":     m.clockBack,
			"reboot":         m.reboot,
			"online sign-in": func(*rapid.T) { m.online() },
			"refill":         func(*rapid.T) { m.refill() },
			"shown":          m.shown,
			"":               m.check,
		})
	})
}

// modelList is a list as the protocol has it.
type modelList struct {
	key    otp.ListKey
	id     authn.BatchID
	method authn.OfflineMethod
	count  int
	next   int
	used   map[int]bool
}

type model struct {
	rt    *rapid.T
	r     *rig
	phone *phoneKeys
	desk  *phoneKeys
	grant wire.Grant

	real    time.Time // as the server has it
	expires time.Time
	uses    int
	row     int
	total   int
	free    time.Duration // uptime from which a code is looked at
	lists   []*modelList  // of each holder the older first
	ended   []*modelList
}

func newModel(t *testing.T, rt *rapid.T) *model {
	m := &model{rt: rt, r: newRig(t, laptop), phone: newPhone(t, anna), desk: newPhone(t, "desk"), real: noon}
	m.grant = m.r.grant(m.phone)
	m.grant.Seq = 0
	m.online()
	m.refill()
	return m
}

// online is an approved sign-in: all begins anew, and the clock is the server's.
func (m *model) online() {
	m.r.wall = m.real
	m.grant.Seq++
	m.grant.SignedInAt, m.grant.Expires = m.real.Unix(), m.real.Add(authn.GrantLifetime).Unix()
	m.r.pass(time.Second) // two sign-ins do not happen within one second
	m.real = m.real.Add(time.Second)
	m.r.signedIn(m.grant)
	m.expires = time.Unix(m.grant.Expires, 0)
	m.uses, m.row, m.total, m.free = 0, 0, 0, 0
}

// barred is why no code is looked at, nil if one is.
func (m *model) barred() error {
	switch {
	case !m.real.Before(m.expires):
		return authn.ErrGrantOver
	case m.uses >= authn.GrantUses:
		return computer.ErrUsesSpent
	case m.total >= 20:
		return computer.ErrLocked
	case m.r.up < m.free:
		return computer.ErrWait
	}
	return nil
}

func (m *model) wait() time.Duration {
	if m.row < 5 {
		return 0
	}
	return min(time.Minute<<min(m.row-5, 10), time.Hour)
}

func (m *model) wrong() error {
	m.row++
	m.total++
	m.free = m.r.up + m.wait()
	if m.total >= 20 {
		return computer.ErrLocked
	}
	return computer.ErrWrong
}

func (m *model) right() {
	m.uses++
	m.row, m.free = 0, 0
}

func (m *model) same(what string, got, want error) {
	m.rt.Helper()
	if (got == nil) != (want == nil) || want != nil && !errors.Is(got, want) {
		m.rt.Fatalf("%s: got %v, want %v; uses %d, row %d, total %d", what, got, want, m.uses, m.row, m.total)
	}
}

// listCode types a code of any list, mostly one near the next.
func (m *model) listCode(rt *rapid.T) {
	l := rapid.SampledFrom(slices.Concat(m.lists, m.ended)).Draw(rt, "list")
	i := max(0, min(l.next+rapid.IntRange(-3, 8).Draw(rt, "ahead"), l.count-1))
	in, err := m.r.verify(anna, nil, list(l.key.Code(i)))
	want := m.barred()
	if want == nil {
		switch {
		case slices.Contains(m.ended, l):
			want = m.wrong()
		case l.used[i]:
			want = computer.ErrCodeUsed
		case i < l.next || i > l.next+5:
			want = m.wrong()
		default:
			l.used[i], l.next = true, i+1
			m.dropBefore(l)
			m.right()
		}
	}
	m.same("list code", err, want)
	if err == nil && (in.Method != l.method || in.Grant != m.grant.ID || in.User != m.phone.user || in.UsesLeft != authn.GrantUses-m.uses) {
		rt.Fatalf("got %+v", in)
	}
}

func (m *model) wrongCode(rt *rapid.T) {
	_, err := m.r.verify(anna, nil, stranger(laptop, rapid.Byte().Draw(rt, "code")))
	want := m.barred()
	if want == nil {
		want = m.wrong()
	}
	m.same("wrong code", err, want)
}

// qr makes a challenge and answers it.
func (m *model) qr(right bool) {
	ch, err := m.r.Challenge(anna)
	want := m.barred()
	m.same("challenge", err, want)
	if want != nil {
		return
	}
	code := m.phone.code(m.r.t, ch.Link, laptop)
	if !right {
		code = other(code)
	}
	_, err = m.r.verify(anna, ch, code)
	if right {
		m.right()
	} else {
		want = m.wrong()
	}
	m.same("qr", err, want)
}

func (m *model) time(rt *rapid.T) {
	d := rapid.SampledFrom([]time.Duration{time.Second, 30 * time.Second, time.Minute, 5 * time.Minute, time.Hour, 8 * 24 * time.Hour}).Draw(rt, "time")
	m.r.pass(d)
	m.real = m.real.Add(d)
}

// clockBack sets the wall clock back, once the machine has seen the time; the model takes no notice.
func (m *model) clockBack(rt *rapid.T) {
	m.r.Status()
	m.r.wall = rapid.SampledFrom([]time.Time{time.Unix(0, 0), noon, m.real.Add(-time.Hour)}).Draw(rt, "wall")
}

// reboot ends the machine at any time. Its clock is right afterwards, which is all that ends a grant in time.
func (m *model) reboot(*rapid.T) {
	m.r.wall = m.real
	m.r.reboot()
	m.free = m.r.up + m.wait()
}

func (m *model) newestOf(method authn.OfflineMethod) *modelList {
	var found *modelList
	for _, l := range m.lists {
		if l.method == method {
			found = l
		}
	}
	return found
}

// refill makes the lists that are missing, if the grant is of any use.
func (m *model) refill() {
	m.rt.Helper()
	if err := m.r.Refill(m.rt.Context(), m.r.key, issuer, m.desk.public); err != nil {
		m.rt.Fatal(err)
	}
	batches := m.r.Pending().Batches
	for _, h := range []struct {
		method authn.OfflineMethod
		holder string
		keys   *phoneKeys
		count  int
		least  int
	}{
		{authn.OfflineList, string(m.phone.device), m.phone, authn.ListCount, authn.ListRefill},
		{authn.OfflineDesk, issuer, m.desk, authn.DeskCount, 5},
	} {
		have := m.newestOf(h.method)
		wants := m.real.Before(m.expires) && m.uses < authn.GrantUses && (have == nil || have.count-have.next < h.least)
		made := 0
		for _, s := range batches {
			if _, err := wire.VerifyBatch(s, m.r.key.Key(), laptop, h.holder); err != nil {
				continue
			}
			made++
			k, b := h.keys.listKey(m.r.t, s, m.r.key.Key(), laptop, h.holder, m.phone.user)
			m.lists = append(m.lists, &modelList{key: k, id: b.ID, method: h.method, count: b.Count, used: map[int]bool{}})
			m.keepTwo(h.method)
			if b.Count != h.count || b.Grant != m.grant.ID || b.JWK == (key.Public{}) {
				m.rt.Fatalf("got %+v", b)
			}
		}
		if (made == 1) != wants || made > 1 {
			m.rt.Fatalf("%d lists by %s were made, want one: %v", made, h.method, wants)
		}
	}
	if err := m.r.BatchesSent(batches); err != nil {
		m.rt.Fatal(err)
	}
}

// dropBefore ends the lists of the holder before one of which a code was used.
func (m *model) dropBefore(l *modelList) {
	var kept []*modelList
	seen := false
	for _, o := range m.lists {
		seen = seen || o == l
		if seen || o.method != l.method {
			kept = append(kept, o)
		} else {
			m.ended = append(m.ended, o)
		}
	}
	m.lists = kept
}

func (m *model) keepTwo(method authn.OfflineMethod) {
	for n, i := 0, len(m.lists)-1; i >= 0; i-- {
		if m.lists[i].method != method {
			continue
		}
		if n++; n > 2 {
			m.ended = append(m.ended, m.lists[i])
			m.lists = append(m.lists[:i:i], m.lists[i+1:]...)
		}
	}
}

// shown is what a phone told the server, which passes it on with its time: never back.
func (m *model) shown(rt *rapid.T) {
	l := rapid.SampledFrom(m.lists).Draw(rt, "list")
	i := rapid.IntRange(-1, l.count+1).Draw(rt, "index")
	m.r.wall = m.real
	if err := m.r.Take(m.real, []wire.Grant{m.grant}, []wire.ListPosition{{Batch: l.id, Index: i}}, m.last(), authn.OfflineAllow); err != nil {
		rt.Fatal(err)
	}
	l.next = max(l.next, min(i, l.count))
	m.refill() // as after each contact
}

// last is the end of the journal that was fetched.
func (m *model) last() uint64 {
	p := m.r.Pending().Journal
	if len(p) == 0 {
		return 0
	}
	return p[len(p)-1].Seq
}

// check compares what the machine says of itself.
func (m *model) check(rt *rapid.T) {
	s := m.r.Status()
	if len(s.Grants) != 1 {
		rt.Fatalf("%d grants", len(s.Grants))
	}
	got := s.Grants[0]
	phone := m.newestOf(authn.OfflineList)
	left, codes := authn.GrantUses-m.uses, phone.count-phone.next
	if got.UsesLeft != left || got.Wrong != m.total || got.CodesLeft != codes {
		rt.Fatalf("%d uses left, %d wrong, %d codes left, want %d, %d, %d", got.UsesLeft, got.Wrong, got.CodesLeft, left, m.total, codes)
	}
}
