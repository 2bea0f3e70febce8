package authn

import (
	"errors"
	"testing"
	"time"

	"avow/internal/key"
)

func newComputerKey(t *testing.T) key.Public {
	t.Helper()
	k, err := key.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return k.Key()
}

// The link of a computer is used once, by one key, while it is good; the same key may come again.
func TestEnroll(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	first, other := newComputerKey(t), newComputerKey(t)
	invited := Computer{ID: "laptop-42", State: ComputerInvited, Token: Hash{1}, TokenExpires: now.Add(EnrollLifetime), JournalSeq: 9, JournalSum: Hash{2}}
	enrolled, err := invited.Enroll(first, now)
	if err != nil || enrolled.State != ComputerEnrolled || enrolled.Key != first || !enrolled.EnrolledAt.Equal(now) || enrolled.JournalSeq != 0 || !enrolled.JournalSum.IsZero() {
		t.Fatalf("%+v, %v", enrolled, err)
	}
	stolen := enrolled
	stolen.State = ComputerStolen
	for name, c := range map[string]struct {
		c    Computer
		k    key.Public
		at   time.Time
		want error
	}{
		"same key again":         {enrolled, first, now.Add(time.Hour), nil},
		"another key":            {enrolled, other, now, ErrTokenUsed},
		"a second before":        {invited, first, now.Add(EnrollLifetime - time.Second), nil},
		"too late":               {invited, first, now.Add(EnrollLifetime), ErrTokenExpired},
		"same key, but too late": {enrolled, first, now.Add(EnrollLifetime), ErrTokenExpired},
		"no link":                {Computer{State: ComputerInvited}, first, now, ErrTokenUnknown},
		"stolen since":           {stolen, first, now, ErrTokenUsed},
		"no key":                 {invited, key.Public{}, now, Fail(Invalid, "computer_key_missing", "")},
	} {
		if _, err := c.c.Enroll(c.k, c.at); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	for state, want := range map[ComputerState]error{ComputerEnrolled: nil, ComputerInvited: ErrComputerGone, ComputerRemoved: ErrComputerGone, ComputerStolen: ErrComputerStolen, "": ErrComputerGone} {
		if err := (Computer{State: state}).Usable(); !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%q: %v", state, err)
		}
	}
}

// a grant begins anew with each sign-in and ends for good; each change has a higher number.
func TestGrant(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	g := Grant{State: GrantActive, Seq: 3}
	renewed, err := g.Renew(now, GrantLifetime, GrantUses)
	if err != nil || renewed.Seq != 4 || !renewed.Expires.Equal(now.AddDate(0, 0, 14)) || renewed.MaxUses != 20 || !renewed.SignedInAt.Equal(now) {
		t.Errorf("%+v, %v", renewed, err)
	}
	revoked := renewed.End(GrantRevoked)
	stolen := revoked.End(GrantStolen)
	if revoked.Seq != 5 || revoked.State != GrantRevoked || stolen.Seq != 6 || stolen.State != GrantStolen {
		t.Errorf("%+v, %+v", revoked, stolen)
	}
	if again := stolen.End(GrantRevoked); again != stolen {
		t.Errorf("a stolen one became %+v", again)
	}
	if again := revoked.End(GrantRevoked); again != revoked {
		t.Errorf("ended twice: %+v", again)
	}
	for state, want := range map[GrantState]error{GrantRevoked: ErrGrantRevoked, GrantStolen: ErrGrantStolen, "": ErrGrantRevoked} {
		if _, err := (Grant{State: state}).Renew(now, GrantLifetime, 1); !errors.Is(err, want) {
			t.Errorf("%q renewed: %v", state, err)
		}
	}
}

func TestStricter(t *testing.T) {
	order := []OfflinePolicy{OfflineDeny, OfflineFallback, OfflineAllow}
	for i, a := range order {
		for j, b := range order {
			if got, want := a.Stricter(b), order[min(i, j)]; got != want {
				t.Errorf("%s and %s: %s, want %s", a, b, got, want)
			}
		}
		for _, unknown := range []OfflinePolicy{"", "Allow", "always"} {
			if a.Stricter(unknown) != OfflineDeny || unknown.Stricter(a) != OfflineDeny {
				t.Errorf("%s and %q: %s", a, unknown, a.Stricter(unknown))
			}
		}
	}
}

func TestIDTexts(t *testing.T) {
	g, b := NewGrantID(), NewBatchID()
	var g2 GrantID
	var b2 BatchID
	if err := errors.Join(g2.UnmarshalText([]byte(g.String())), b2.UnmarshalText([]byte(b.String()))); err != nil || g2 != g || b2 != b {
		t.Errorf("%v, %v, %v", g2, b2, err)
	}
	for _, text := range []string{"", "AAAAAAAAAAAA", "AAAAAAAAAAB", "AAAAAAAAAA\nA", "AAAAAAAAAA=", "AAAAAAAAAA+"} {
		if err := g2.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is a grant id", text)
		}
	}
}
