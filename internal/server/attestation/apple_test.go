package attestation

import (
	"bytes"
	"crypto/x509"
	"errors"
	"slices"
	"testing"
	"time"

	"avow/internal/key"
	"avow/internal/server/attestation/attestationtest"
)

func TestR015AppleAccepted(t *testing.T) {
	r := newRig(t)
	got, err := r.v.Apple(r.Apple(app, r.expect.Client, nil), r.expect)
	if err != nil || got != key.SecureEnclave {
		t.Errorf("got %q, %v", got, errors.Unwrap(err))
	}
}

// TestR015AppleRefused: one thing is wrong with each of these objects.
func TestR015AppleRefused(t *testing.T) {
	type O = attestationtest.Object
	said := func(change func(*O)) func(*rig) []byte {
		return func(r *rig) []byte { return r.Apple(app, r.expect.Client, change) }
	}
	chain := func(change func(r *rig, chain [][]byte) [][]byte) func(*rig) []byte {
		return func(r *rig) []byte {
			return r.Apple(app, r.expect.Client, func(o *O) { o.Chain = func(c [][]byte) [][]byte { return change(r, c) } })
		}
	}
	between := func(change func(*x509.Certificate)) func(*rig) []byte {
		return func(r *rig) []byte { r.Renew(change); return r.Apple(app, r.expect.Client, nil) }
	}
	encoded := func(change func([]byte) []byte) func(*rig) []byte {
		return func(r *rig) []byte { return change(r.Apple(app, r.expect.Client, nil)) }
	}
	nonce := func(change func([]byte) []byte) func(*rig) []byte {
		return said(func(o *O) { o.Nonce = change })
	}
	other := newKey(t).Key()
	for name, object := range map[string]func(*rig) []byte{
		"another registration":      said(func(o *O) { o.Client[0] ^= 1 }),
		"another app":               said(func(o *O) { o.App = "TEAM123456.com.example.evil" }),
		"used before":               said(func(o *O) { o.Counter = 1 }),
		"in development":            said(func(o *O) { o.AAGUID = "appattestdevelop" }),
		"no authenticator of Apple": said(func(o *O) { o.AAGUID = string(make([]byte, 16)) }),
		"another format":            said(func(o *O) { o.Format = "packed" }),
		"without a key":             said(func(o *O) { o.Flags = 0 }),
		"another key id":            said(func(o *O) { o.KeyID = bytes.Repeat([]byte{1}, 32) }),
		"key id too long":           said(func(o *O) { o.KeyID = append(o.KeyID, 0) }),
		"another key in the data":   said(func(o *O) { o.Key = other }),
		"another key certified":     said(func(o *O) { o.Leaf = other }),
		"no nonce":                  nonce(func([]byte) []byte { return nil }),
		"nonce without its tag":     nonce(func(n []byte) []byte { return attestationtest.Seq(attestationtest.Octets(n)) }),
		"nonce with one behind": nonce(func(n []byte) []byte {
			return attestationtest.Seq(attestationtest.Tagged(1, attestationtest.Octets(n)), attestationtest.Null())
		}),
		"nonce bare":                nonce(func(n []byte) []byte { return n }),
		"other order":               chain(func(_ *rig, c [][]byte) [][]byte { slices.Reverse(c); return c }),
		"leaf only":                 chain(func(_ *rig, c [][]byte) [][]byte { return c[:1] }),
		"no chain":                  chain(func(*rig, [][]byte) [][]byte { return nil }),
		"leaf twice":                chain(func(_ *rig, c [][]byte) [][]byte { return append([][]byte{c[0]}, c...) }),
		"something behind a leaf":   chain(func(_ *rig, c [][]byte) [][]byte { c[0] = append(bytes.Clone(c[0]), 0); return c }),
		"foreign intermediate":      chain(func(r *rig, c [][]byte) [][]byte { c[1] = attestationtest.New(r.t, noon).Between.Raw; return c }),
		"foreign root":              func(r *rig) []byte { return attestationtest.New(r.t, noon).Apple(app, r.expect.Client, nil) },
		"expired intermediate":      between(func(c *x509.Certificate) { c.NotAfter = noon.Add(-time.Second) }),
		"intermediate of tomorrow":  between(func(c *x509.Certificate) { c.NotBefore = noon.Add(time.Second) }),
		"intermediate no authority": between(func(c *x509.Certificate) { c.IsCA = false }),
		"keys in software":          func(r *rig) []byte { r.expect.Class = key.Software; return r.Apple(app, r.expect.Client, nil) },
		"keys of an Android":        func(r *rig) []byte { r.expect.Class = key.StrongBox; return r.Apple(app, r.expect.Client, nil) },
		"empty":                     func(*rig) []byte { return nil },
		"something behind":          encoded(func(b []byte) []byte { return append(b, 0) }),
		"cut":                       encoded(func(b []byte) []byte { return b[:len(b)-1] }),
		"a member more":             encoded(func(b []byte) []byte { return append(append([]byte{0xa4}, b[1:]...), 0x61, 'x', 0) }),
		"a member twice":            encoded(func(b []byte) []byte { return append(append([]byte{0xa4}, b[1:]...), 0x63, 'f', 'm', 't', 0x61, 'x') }),
		"length not told":           encoded(func(b []byte) []byte { return append(append([]byte{0xbf}, b[1:]...), 0xff) }),
		"tagged":                    encoded(func(b []byte) []byte { return append([]byte{0xd9, 0xd9, 0xf7}, b...) }),
		"in capitals":               encoded(func(b []byte) []byte { return bytes.Replace(b, []byte("fmt"), []byte("FMT"), 1) }),
		"too large": said(func(o *O) {
			o.Encode = func(format string, chain [][]byte, _, auth []byte) []byte {
				return attestationtest.EncodeObject(format, chain, make([]byte, 16<<10), auth)
			}
		}),
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			b := object(r)
			if got, err := r.v.Apple(b, r.expect); !errors.Is(err, ErrFailed) || got != "" {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}
