package proof

import (
	"testing"
	"time"

	"avow/internal/authn"
)

func TestNonce(t *testing.T) {
	n := newNonces()
	const made = 10 * time.Minute
	good := n.seal("d_a", made)
	for _, c := range []struct {
		what, text, name string
		age              time.Duration
		want             bool
	}{
		{"at once", good, "d_a", made, true},
		{"at the end", good, "d_a", made + nonceLifetime, true},
		{"too late", good, "d_a", made + nonceLifetime + 1, false},
		{"clock set back", good, "d_a", made - 1, false},
		{"of another", good, "d_b", made, false},
		{"of another process", newNonces().seal("d_a", made), "d_a", made, false},
		{"empty", "", "d_a", made, false},
		{"cut", good[:len(good)-1], "d_a", made, false},
		{"line break", good + "\n", "d_a", made, false},
		{"long", good + good + good, "d_a", made, false},
	} {
		if got := n.good(c.text, c.name, c.age); got != c.want {
			t.Errorf("%s: %v", c.what, got)
		}
	}
	if again := n.seal("d_a", made); again == good {
		t.Error("two nonces are the same")
	}
}

// TestUsed: a jti counts once for ten minutes at least, and memory is given back.
func TestUsed(t *testing.T) {
	var u used
	for _, c := range []struct {
		age  time.Duration
		name string
		jti  string
		want bool
	}{
		{0, "d_a", "1", true},
		{0, "d_a", "1", false},
		{0, "d_b", "1", true},
		{9 * time.Minute, "d_a", "2", true},
		{10 * time.Minute, "d_a", "1", false},
		{10 * time.Minute, "d_a", "2", false},
		{19*time.Minute + 59*time.Second, "d_a", "2", false},
		{21 * time.Minute, "d_a", "1", true},
		{21 * time.Minute, "d_a", "3", true},
		{60 * time.Minute, "d_a", "3", true},
	} {
		if err := u.use(c.name, c.jti, c.age); (err == nil) != c.want {
			t.Errorf("%s %s at %s: %v", c.name, c.jti, c.age, err)
		}
	}
	if n := len(u.young) + len(u.old); n > 1 {
		t.Errorf("%d proofs are remembered", n)
	}
}

func TestUsedIsBounded(t *testing.T) {
	u := used{young: map[[16]byte]struct{}{}}
	for i := range maxUsed {
		u.young[[16]byte{byte(i), byte(i >> 8), byte(i >> 16), 1}] = struct{}{}
	}
	if err := u.use("d_a", "1", 0); authn.CodeOf(err) != "busy" {
		t.Errorf("full: %v", err)
	}
	if err := u.use("d_a", "1", jtiLifetime); err != nil {
		t.Errorf("later: %v", err)
	}
}
