package authn

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"avow/internal/key"
)

// t0 is when every test begins.
var t0 = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

// sessionSecretVector is the SHA-256 of the session secret of the page "0123456789abcdef", worked out by another program.
const sessionSecretVector = "dqbss3Ksd2HcwxQhsCYl97OQBhpSbf2jUTPg5u6WVJY"

func someKey(t testing.TB) key.Public {
	t.Helper()
	k, err := key.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return k.Key()
}

func TestNewRegistrationSession_R001_R005(t *testing.T) {
	seen := map[string]bool{}
	for range 200 {
		s, page := NewRegistrationSession("u_a", BindFirst, "maja", t0)
		session := SessionSecret(page)
		if len(page) != 16 || len(session) != 16 {
			t.Fatalf("secrets have %d and %d bytes, want 128 bits each", len(page), len(session))
		}
		if seen[string(page)] || seen[string(session)] {
			t.Fatal("a secret was drawn twice")
		}
		seen[string(page)], seen[string(session)] = true, true
		if s.Secret != HashOf(session) || s.Page != HashOf(page) || s.Secret == s.Page {
			t.Fatal("the session does not keep the hashes of its secrets")
		}
		if s.State != SessionActive || !ValidID("s_", string(s.ID)) {
			t.Fatalf("session is %+v", s)
		}
		if life := s.ExpiresAt.Sub(s.CreatedAt); life > 10*time.Minute || life <= 0 {
			t.Fatalf("an interactive session lives %v", life)
		}
	}

	// The value that is stored holds the secrets in no field and no form.
	s, page := NewRegistrationSession("u_a", BindFirst, "maja", t0)
	dump := fmt.Sprintf("%#v %v %s", s, s, reflect.ValueOf(s))
	for _, secret := range []key.Secret{page, SessionSecret(page)} {
		for _, shape := range []string{
			string(secret), fmt.Sprintf("%x", []byte(secret)), base64.RawURLEncoding.EncodeToString(secret), strings.Trim(fmt.Sprint([]byte(secret)), "[]"),
		} {
			if strings.Contains(dump, shape) {
				t.Errorf("the stored session shows its secret: %s", dump)
			}
		}
	}
}

func TestSessionExpiry_R004(t *testing.T) {
	phone := someKey(t)
	fresh, _ := NewRegistrationSession("u_a", BindFirst, "maja", t0)
	claimed, err := fresh.Claim(phone, "203.0.113.7", t0)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		at   time.Time
		want string
	}{
		{"at once", t0, ""},
		{"a nanosecond before", fresh.ExpiresAt.Add(-1), ""},
		{"on the second", fresh.ExpiresAt, "session_expired"},
		{"a second after", fresh.ExpiresAt.Add(time.Second), "session_expired"},
		{"ten years after", fresh.ExpiresAt.AddDate(10, 0, 0), "session_expired"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := fresh.Claim(phone, "", tt.at); CodeOf(err) != tt.want {
				t.Errorf("claim: %v, want %q", err, tt.want)
			}
			if _, err := claimed.Claim(phone, "", tt.at); CodeOf(err) != tt.want {
				t.Errorf("claim by the same phone: %v, want %q", err, tt.want)
			}
			if _, err := claimed.Finish(phone, "d_a", tt.at); CodeOf(err) != tt.want {
				t.Errorf("finish: %v, want %q", err, tt.want)
			}
			if fresh.Open(tt.at) != (tt.want == "") {
				t.Errorf("Open says %v", fresh.Open(tt.at))
			}
		})
	}
}

func TestSessionClaim_R002_R003(t *testing.T) {
	a, b := someKey(t), someKey(t)
	s, _ := NewRegistrationSession("u_a", BindFirst, "maja", t0)
	if _, err := s.Claim(key.Public{}, "", t0); CodeOf(err) != "device_key_missing" {
		t.Errorf("claim without a key: %v", err)
	}
	for _, k := range []key.Public{a, {}} {
		if _, err := s.Finish(k, "d_a", t0); err == nil {
			t.Error("finish without a claim is accepted")
		}
	}
	claimed, err := s.Claim(a, "203.0.113.7", t0)
	if err != nil || claimed.State != SessionClaimed || len(claimed.Challenge) != 22 || claimed.ClaimIP != "203.0.113.7" {
		t.Fatalf("got %+v, %v", claimed, err)
	}
	again, err := claimed.Claim(a, "198.51.100.1", t0.Add(time.Minute))
	if err != nil || again != claimed {
		t.Errorf("the same phone does not resume: %+v, %v", again, err)
	}
	if got, err := claimed.Claim(b, "", t0); CodeOf(err) != "session_claimed" || got != claimed {
		t.Errorf("another phone: %v", err)
	}
	if _, err := claimed.Finish(b, "d_b", t0); CodeOf(err) != "session_claimed" {
		t.Errorf("finish by another phone: %v", err)
	}
	done, err := claimed.Finish(a, "d_a", t0.Add(time.Minute))
	if err != nil || done.State != SessionConsumed || done.Device != "d_a" || done.EndedAt.IsZero() {
		t.Fatalf("got %+v, %v", done, err)
	}
	for _, at := range []time.Time{t0, done.ExpiresAt.Add(time.Hour), t0.AddDate(5, 0, 0)} {
		if _, err := done.Claim(a, "", at); CodeOf(err) != "session_used" {
			t.Errorf("claim of a used session at %v: %v", at, err)
		}
		if _, err := done.Finish(a, "d_x", at); CodeOf(err) != "session_used" {
			t.Errorf("finish of a used session at %v: %v", at, err)
		}
	}
	if done.Forgettable(done.ExpiresAt.Add(TombstoneLifetime)) || !done.Forgettable(done.ExpiresAt.Add(TombstoneLifetime+1)) {
		t.Error("the tombstone is not kept for 30 days after expiry")
	}
	if done.Revoke(t0) != done {
		t.Error("a used session can be revoked, which forgets that it was used")
	}
	if got := claimed.Revoke(t0); CodeOf(second(got.Claim(a, "", t0))) != "session_revoked" {
		t.Errorf("a revoked session is %+v", got)
	}
}

func second[T any](_ T, err error) error { return err }

// TestSessionNeverReopens runs random histories against a model of three facts: who holds the session, whether it has ended, how.
func TestSessionNeverReopens_R003(t *testing.T) {
	phones := []key.Public{someKey(t), someKey(t), someKey(t)}
	rapid.Check(t, func(t *rapid.T) {
		s, _ := NewRegistrationSession("u_a", BindFirst, "maja", t0)
		now, holder, end := t0, -1, ""
		t.Repeat(map[string]func(*rapid.T){
			"wait": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(0, 400).Draw(t, "seconds")) * time.Second)
			},
			"claim": func(t *rapid.T) {
				p := rapid.IntRange(0, 2).Draw(t, "phone")
				next, err := s.Claim(phones[p], "", now)
				want := end
				switch {
				case want != "":
				case !now.Before(s.ExpiresAt):
					want = "session_expired"
				case holder >= 0 && holder != p:
					want = "session_claimed"
				}
				if CodeOf(err) != want {
					t.Fatalf("claim by %d: %v, want %q", p, err, want)
				}
				if err == nil {
					s, holder = next, p
				} else if next != s {
					t.Fatalf("a refused claim changed the session")
				}
			},
			"finish": func(t *rapid.T) {
				p := rapid.IntRange(0, 2).Draw(t, "phone")
				next, err := s.Finish(phones[p], "d_x", now)
				allowed := end == "" && now.Before(s.ExpiresAt) && holder == p
				if (err == nil) != allowed {
					t.Fatalf("finish by %d: %v", p, err)
				}
				if err == nil {
					s, end = next, "session_used"
				} else if next != s {
					t.Fatalf("a refused finish changed the session")
				}
			},
			"revoke": func(*rapid.T) {
				s = s.Revoke(now)
				if end == "" {
					end = "session_revoked"
				}
			},
			"": func(t *rapid.T) {
				if end != "" && s.Open(now) {
					t.Fatalf("open again after %s: %+v", end, s)
				}
				if end != "" && s.Open(t0) {
					t.Fatalf("open again after %s with the clock set back", end)
				}
			},
		})
	})
}
