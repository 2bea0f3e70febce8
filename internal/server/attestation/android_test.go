package attestation

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/attestation/attestationtest"
)

var noon = time.Date(2026, 10, 12, 12, 0, 0, 0, time.UTC)

// rig is a maker of phones and a verifier that believes it.
type rig struct {
	*attestationtest.Maker
	t      testing.TB
	v      *Verifier
	status string
	key    key.Private
	expect Expect
}

const app = "TEAM123456.com.example.avow"

func newRig(t testing.TB) *rig {
	t.Helper()
	r := &rig{t: t, Maker: attestationtest.New(t, noon), status: filepath.Join(t.TempDir(), "status.json"), key: newKey(t)}
	r.revoke(t)
	v, err := New(Options{
		GoogleRoots: r.Roots(), AppleRoots: r.Roots(), StatusFile: r.status, AppleApps: []string{"TEAM123456.other", app}, Now: func() time.Time { return noon },
	})
	if err != nil {
		t.Fatal(err)
	}
	r.v = v
	r.expect = Expect{
		Challenge: sha256.Sum256([]byte("challenge")), Client: sha256.Sum256([]byte("client")), Key: r.key.Key(), Class: key.SecureEnclave, UV: authn.UVBiometric,
	}
	return r
}

func newKey(t testing.TB) key.Private {
	t.Helper()
	k, err := key.Generate()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// revoke writes Google's list with the serial numbers given.
func (r *rig) revoke(t testing.TB, serials ...string) {
	t.Helper()
	entries := map[string]any{"1234567890": map[string]string{"status": "REVOKED", "reason": "KEY_COMPROMISE"}}
	for _, s := range serials {
		entries[s] = map[string]string{"status": "SUSPENDED", "reason": "SOFTWARE_FLAW", "comment": "of the test"}
	}
	b, err := json.Marshal(map[string]any{"entries": entries})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(r.status, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (r *rig) android(change func(*attestationtest.Description)) [][]byte {
	return r.Android(r.expect.Challenge, r.key.Key(), change)
}

func TestR015AndroidAccepted(t *testing.T) {
	type D = attestationtest.Description
	old := func(r *rig) [][]byte { // an older, even expired, certificate of the pinned key
		root := r.RenewRoot(func(c *x509.Certificate) { c.NotAfter = noon.Add(-time.Hour) })
		return append(r.android(nil)[:2], root.Raw)
	}
	for name, c := range map[string]struct {
		chain func(*rig) [][]byte
		uv    authn.UserVerification
		want  key.Class
	}{
		"TEE":                 {func(r *rig) [][]byte { return r.android(nil) }, authn.UVBiometric, key.TEE},
		"by the phone's lock": {func(r *rig) [][]byte { return r.android(nil) }, authn.UVDevice, key.TEE},
		"StrongBox": {func(r *rig) [][]byte {
			return r.android(func(d *D) { d.Level, d.KeyMint = 2, 2 })
		}, authn.UVBiometric, key.StrongBox},
		"without rollback resistance": {func(r *rig) [][]byte {
			return r.android(func(d *D) { delete(d.Hardware, 303) })
		}, authn.UVBiometric, key.TEE},
		"Keymaster 4":               {func(r *rig) [][]byte { return r.android(func(d *D) { d.Version, d.KeyMintVersion = 3, 4 }) }, authn.UVBiometric, key.TEE},
		"a field that came later":   {func(r *rig) [][]byte { return r.android(func(d *D) { d.Hardware[800] = attestationtest.Null() }) }, authn.UVBiometric, key.TEE},
		"without the root":          {func(r *rig) [][]byte { return r.android(nil)[:2] }, authn.UVBiometric, key.TEE},
		"an older root of that key": {old, authn.UVBiometric, key.TEE},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.expect.UV = c.uv
			got, err := r.v.Android(c.chain(r), r.expect)
			if err != nil || got != c.want {
				t.Errorf("got %q, %v, want %q", got, errors.Unwrap(err), c.want)
			}
		})
	}
}

// TestR015AndroidRefused: one thing is wrong with each of these phones.
func TestR015AndroidRefused(t *testing.T) {
	type D = attestationtest.Description
	said := func(change func(*D)) func(*rig) [][]byte {
		return func(r *rig) [][]byte { return r.android(change) }
	}
	hardware := func(tag int, der []byte) func(*rig) [][]byte {
		return said(func(d *D) { d.Hardware[tag] = der })
	}
	without := func(tag int) func(*rig) [][]byte { return said(func(d *D) { delete(d.Hardware, tag) }) }
	leaf := func(change func(*x509.Certificate)) func(*rig) [][]byte {
		return func(r *rig) [][]byte {
			return r.Chain(r.Leaf(r.key.Key(), change, attestationtest.Good(r.expect.Challenge).Extension()))
		}
	}
	between := func(change func(*x509.Certificate)) func(*rig) [][]byte {
		return func(r *rig) [][]byte { r.Renew(change); return r.android(nil) }
	}
	Int, Set, Null, bootKey := attestationtest.Int, attestationtest.Set, attestationtest.Null, bytes.Repeat([]byte{7}, 32)
	for name, chain := range map[string]func(*rig) [][]byte{
		"another challenge":           said(func(d *D) { d.Challenge[0] ^= 1 }),
		"challenge cut":               said(func(d *D) { d.Challenge = d.Challenge[:31] }),
		"no challenge":                said(func(d *D) { d.Challenge = nil }),
		"another key":                 func(r *rig) [][]byte { r.expect.Key = newKey(r.t).Key(); return r.android(nil) },
		"level software":              said(func(d *D) { d.Level, d.KeyMint = 0, 0 }),
		"key in software":             said(func(d *D) { d.KeyMint = 0 }),
		"attested in software":        said(func(d *D) { d.Level = 0 }),
		"levels differ":               said(func(d *D) { d.KeyMint = 2 }),
		"a level that nobody knows":   said(func(d *D) { d.Level, d.KeyMint = 3, 3 }),
		"version 2":                   said(func(d *D) { d.Version = 2 }),
		"a version that nobody knows": said(func(d *D) { d.Version = 301 }),
		"purpose verify too":          hardware(1, Set(Int(2), Int(3))),
		"purpose attest":              hardware(1, Set(Int(7))),
		"no purpose":                  without(1),
		"purpose twice":               hardware(1, Set(Int(2), Int(2))),
		"purpose in software only":    said(func(d *D) { d.Software[1] = d.Hardware[1]; delete(d.Hardware, 1) }),
		"RSA":                         hardware(2, Int(1)),
		"no algorithm":                without(2),
		"384 bits":                    hardware(3, Int(384)),
		"no size":                     without(3),
		"no digest":                   without(5),
		"digests out of order":        hardware(5, Set(Int(4), Int(2))),
		"root of trust with more": hardware(704, attestationtest.Seq(append(
			[][]byte{attestationtest.Octets(bootKey), attestationtest.Bool(true), attestationtest.Enum(0), attestationtest.Octets(bootKey)}, Null())...)),
		"digest SHA-1":                 hardware(5, Set(Int(2))),
		"another curve":                hardware(10, Int(2)),
		"no curve":                     without(10),
		"no user":                      hardware(503, Null()),
		"no user, says the software":   said(func(d *D) { d.Software[503] = Null() }),
		"no kind of user":              without(504),
		"user in software only":        said(func(d *D) { d.Software[504] = d.Hardware[504]; delete(d.Hardware, 504) }),
		"user of kind 0":               hardware(504, Int(0)),
		"user of any kind":             hardware(504, Int(0xffffffff)),
		"user by lock, not by finger":  hardware(504, Int(1)),
		"user for a minute":            hardware(505, Int(60)),
		"user while on body":           hardware(506, Null()),
		"every app":                    hardware(600, Null()),
		"every app, says the software": said(func(d *D) { d.Software[600] = Null() }),
		"imported":                     hardware(702, Int(2)),
		"no origin":                    without(702),
		"origin in software only":      said(func(d *D) { d.Software[702] = d.Hardware[702]; delete(d.Hardware, 702) }),
		"unlocked":                     hardware(704, attestationtest.RootOfTrust(bootKey, false, 0)),
		"own system":                   hardware(704, attestationtest.RootOfTrust(bootKey, true, 1)),
		"unverified system":            hardware(704, attestationtest.RootOfTrust(bootKey, true, 2)),
		"failed system":                hardware(704, attestationtest.RootOfTrust(bootKey, true, 3)),
		"boot key of zeros":            hardware(704, attestationtest.RootOfTrust(make([]byte, 32), true, 0)),
		"no root of trust":             without(704),
		"root of trust in software":    said(func(d *D) { d.Software[704] = d.Hardware[704]; delete(d.Hardware, 704) }),
		"a field twice":                said(func(d *D) { d.Order = []int{1, 1, 2, 3, 5, 10, 504, 702, 704} }),
		"fields out of order":          said(func(d *D) { d.Order = []int{1, 2, 3, 5, 10, 702, 504, 704} }),
		"a field behind the last":      said(func(d *D) { d.Behind = Null() }),
		"something behind a number":    hardware(3, append(Int(256), Null()...)),
		"a number of another type":     hardware(3, attestationtest.Octets([]byte{1, 0})),
		"not described":                func(r *rig) [][]byte { return r.Chain(r.Leaf(r.key.Key(), nil)) },
		"expired leaf":                 leaf(func(c *x509.Certificate) { c.NotAfter = noon.Add(-time.Second) }),
		"leaf of tomorrow":             leaf(func(c *x509.Certificate) { c.NotBefore = noon.Add(time.Second) }),
		"leaf is an authority":         leaf(func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }),
		"expired intermediate":         between(func(c *x509.Certificate) { c.NotAfter = noon.Add(-time.Second) }),
		"intermediate of tomorrow":     between(func(c *x509.Certificate) { c.NotBefore = noon.Add(time.Second) }),
		"intermediate is no authority": between(func(c *x509.Certificate) { c.IsCA = false }),
		"intermediate is not to sign":  between(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageDigitalSignature }),
		"foreign root": func(r *rig) [][]byte {
			return attestationtest.New(r.t, noon).Android(r.expect.Challenge, r.key.Key(), nil)
		},
		"foreign root, ours beside": func(r *rig) [][]byte {
			return append(attestationtest.New(r.t, noon).Android(r.expect.Challenge, r.key.Key(), nil)[:2], r.Root.Raw)
		},
		"other order":               func(r *rig) [][]byte { c := r.android(nil); c[0], c[1] = c[1], c[0]; return c },
		"root before intermediate":  func(r *rig) [][]byte { c := r.android(nil); c[1], c[2] = c[2], c[1]; return c },
		"intermediate missing":      func(r *rig) [][]byte { c := r.android(nil); return [][]byte{c[0], c[2]} },
		"intermediate twice":        func(r *rig) [][]byte { c := r.android(nil); return [][]byte{c[0], c[1], c[1], c[2]} },
		"leaf only":                 func(r *rig) [][]byte { return r.android(nil)[:1] },
		"nothing":                   func(*rig) [][]byte { return nil },
		"an empty certificate":      func(r *rig) [][]byte { return append(r.android(nil), nil) },
		"something behind the leaf": func(r *rig) [][]byte { c := r.android(nil); c[0] = append(bytes.Clone(c[0]), 0); return c },
		"nine certificates":         func(r *rig) [][]byte { return slices.Repeat(r.android(nil), 3) },
		"too large": leaf(func(c *x509.Certificate) {
			c.DNSNames = slices.Repeat([]string{string(bytes.Repeat([]byte("x"), 60)) + ".example"}, 300)
		}),
		"revoked leaf": func(r *rig) [][]byte {
			c := r.android(nil)
			parsed, err := x509.ParseCertificate(c[0])
			if err != nil {
				return nil
			}
			r.revoke(r.t, parsed.SerialNumber.Text(16))
			return c
		},
		"revoked intermediate": func(r *rig) [][]byte { r.revoke(r.t, r.Between.SerialNumber.Text(16)); return r.android(nil) },
		"revoked in capitals and with zeros": func(r *rig) [][]byte {
			r.revoke(r.t, fmt.Sprintf("00%X", r.Between.SerialNumber))
			return r.android(nil)
		},
		"revoked root": func(r *rig) [][]byte { r.revoke(r.t, r.Root.SerialNumber.Text(16)); return r.android(nil) },
		"revoked, old root": func(r *rig) [][]byte {
			root := r.RenewRoot(func(*x509.Certificate) {})
			r.revoke(r.t, root.SerialNumber.Text(16))
			return append(r.android(nil)[:2], root.Raw)
		},
		// A phone with a good key of its own certifies a software key, saying what it likes.
		"certified by an attested key": func(r *rig) [][]byte {
			owner := newKey(r.t)
			good := r.Leaf(owner.Key(), func(c *x509.Certificate) {
				c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
			}, attestationtest.Good(r.expect.Challenge).Extension())
			fake := r.Under(good, owner, r.key.Key(), attestationtest.Good(r.expect.Challenge).Extension())
			return append([][]byte{fake.Raw}, r.Chain(good)...)
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			if got, err := r.v.Android(chain(r), r.expect); !errors.Is(err, ErrFailed) || got != "" {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

// TestChainOfNine: how much is looked at does not depend on what is wrong with it.
func TestChainOfNine(t *testing.T) {
	r := newRig(t)
	one := r.android(nil)[1:2]
	if _, err := parseChain(slices.Repeat(one, maxChain)); err != nil {
		t.Errorf("%d certificates: %v", maxChain, err)
	}
	if _, err := parseChain(slices.Repeat(one, maxChain+1)); err == nil {
		t.Errorf("%d certificates are read", maxChain+1)
	}
}
