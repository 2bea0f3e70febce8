// Package proof finds out who makes a request: a device, a computer, an administrator, or a phone or computer that introduces its key. A proof is shaped as a
// DPoP proof (RFC 9449, section 4.2) with the body bound too (docs/protocol.md, section 5). The package knows no flow and changes
// nothing in the store, but for the time at which a device was last seen.
package proof

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/api"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/wire"
)

// Checker checks proofs. It is safe for concurrent use.
type Checker struct {
	site   *site.Site
	base   time.Time // ages are counted from here by the monotonic clock, so that a clock set back revives nothing
	nonces nonces
	used   used
	seen   seen
	nobody key.Public // verifies for those who do not exist, so that they cost the same time
}

// New makes a checker with fresh keys for its nonces, so that no proof from before a restart is good.
func New(s *site.Site) *Checker {
	nobody, err := key.Generate()
	if err != nil {
		panic("generating a P-256 key cannot fail: " + err.Error())
	}
	return &Checker{site: s, base: s.Now(), nonces: newNonces(), nobody: nobody.Key()}
}

// Errors of a proof.
var (
	ErrProof = authn.Fail(authn.Unauthorized, "bad_proof", "The server does not know this device. Connect it again with a new code from your organisation.")
	ErrNonce = authn.Fail(authn.Unauthorized, "use_nonce", "The request is too old. Try again.")
	ErrTwice = authn.Fail(authn.Unauthorized, "proof_used", "The request arrived twice. Try again.")
	errBusy  = authn.Fail(authn.Unavailable, "busy", "The server has too much to do. Try again in a minute.").After(time.Minute)
)

// Device returns the device that made the request, and the request's body. The user is active and the device not revoked; it may be
// pending. It sets Avow-Nonce. Errors: authn.Unauthorized with code "use_nonce" (try again with the nonce of this answer), "bad_proof"
// (the same for an unknown device and for a wrong key) or "proof_used", authn.ErrDeviceRevoked, "user_disabled", "bad_body".
func (c *Checker) Device(w http.ResponseWriter, r *http.Request) (authn.Device, []byte, error) {
	return c.activeDevice(w, r, api.Body)
}

// DeviceLarge is Device for the few routes that take a file; decode the body with api.DecodeLarge.
func (c *Checker) DeviceLarge(w http.ResponseWriter, r *http.Request) (authn.Device, []byte, error) {
	return c.activeDevice(w, r, api.LargeBody)
}

func (c *Checker) activeDevice(w http.ResponseWriter, r *http.Request, read reader) (authn.Device, []byte, error) {
	d, u, body, err := c.device(w, r, read, authn.Device.Usable)
	if err == nil {
		err = u.Active()
	}
	if err != nil {
		return authn.Device{}, nil, err
	}
	return d, body, nil
}

// AnyDevice is Device for what a person may do even while the organisation has blocked the account: look how it stands, and
// remove the device.
func (c *Checker) AnyDevice(w http.ResponseWriter, r *http.Request) (authn.Device, []byte, error) {
	d, _, body, err := c.device(w, r, api.Body, authn.Device.Usable)
	return d, body, err
}

// EvenRemoved is AnyDevice for what also a device that was removed is told: to delete what it has.
func (c *Checker) EvenRemoved(w http.ResponseWriter, r *http.Request) (authn.Device, error) {
	d, _, _, err := c.device(w, r, api.Body, func(authn.Device) error { return nil })
	return d, err
}

// reader reads a body up to a limit.
type reader func(http.ResponseWriter, *http.Request) ([]byte, error)

func (c *Checker) device(w http.ResponseWriter, r *http.Request, read reader, may func(authn.Device) error) (d authn.Device, u authn.User, body []byte, err error) {
	p, body, err := received(w, r, read)
	if err != nil {
		return d, u, nil, err
	}
	known := false
	if id := authn.DeviceID(p.Kid()); authn.ValidID("d_", p.Kid()) {
		err = c.site.Store.View(r.Context(), func(rd store.Reader) (err error) {
			if d, err = rd.Device(id); err == nil {
				u, err = rd.User(d.User)
			}
			return err
		})
		if known, err = found(err); err != nil {
			return authn.Device{}, u, nil, err
		}
	}
	pub := c.nobody
	if known {
		pub = d.Keys.Device
	}
	if err = c.check(w, r, p, p.Kid(), pub, body); err == nil {
		err = may(d)
	}
	if err != nil {
		return authn.Device{}, authn.User{}, nil, err
	}
	c.seen.mark(d, c.site.Now())
	return d, u, body, nil
}

// Admin returns the administrator who made the request, and the request's body. Errors as for Device; a disabled administrator
// looks like an unknown one.
func (c *Checker) Admin(w http.ResponseWriter, r *http.Request) (authn.Admin, []byte, error) {
	p, body, err := received(w, r, api.Body)
	if err != nil {
		return authn.Admin{}, nil, err
	}
	var a authn.Admin
	known := false
	if authn.ValidID("a_", p.Kid()) {
		err = c.site.Store.View(r.Context(), func(rd store.Reader) (err error) {
			a, err = rd.Admin(authn.AdminID(p.Kid()))
			return err
		})
		if known, err = found(err); err != nil {
			return authn.Admin{}, nil, err
		}
	}
	pub := c.nobody
	if known && !a.Disabled {
		pub = a.Key
	}
	if err := c.check(w, r, p, p.Kid(), pub, body); err != nil {
		return authn.Admin{}, nil, err
	}
	return a, body, nil
}

// Computer returns the computer that made the request, and the request's body. Errors as for Device, and authn.ErrComputerStolen and
// authn.ErrComputerGone for one that is out of use and holds its key.
func (c *Checker) Computer(w http.ResponseWriter, r *http.Request) (authn.Computer, []byte, error) {
	p, body, err := received(w, r, api.Body)
	if err != nil {
		return authn.Computer{}, nil, err
	}
	var m authn.Computer
	known := false
	if id, ok := strings.CutPrefix(p.Kid(), wire.ComputerKid("")); ok {
		err = c.site.Store.View(r.Context(), func(rd store.Reader) (err error) {
			m, err = rd.Computer(authn.ClientID(id))
			return err
		})
		if known, err = found(err); err != nil {
			return authn.Computer{}, nil, err
		}
	}
	pub := c.nobody
	if known && !m.Key.IsZero() {
		pub = m.Key
	}
	if err = c.check(w, r, p, p.Kid(), pub, body); err == nil {
		err = m.Usable()
	}
	if err != nil {
		return authn.Computer{}, nil, err
	}
	return m, body, nil
}

// NewKey returns the key that is embedded in the proof, and the request's body: for a phone that the server does not know yet.
// Errors: "use_nonce", "bad_proof", "proof_used", "bad_body".
func (c *Checker) NewKey(w http.ResponseWriter, r *http.Request) (key.Public, []byte, error) {
	p, body, err := received(w, r, api.Body)
	if err != nil {
		return key.Public{}, nil, err
	}
	pub, ok := p.Embedded()
	if !ok {
		return key.Public{}, nil, ErrProof
	}
	if err := c.check(w, r, p, pub.Thumbprint().String(), pub, body); err != nil {
		return key.Public{}, nil, err
	}
	return pub, body, nil
}

func received(w http.ResponseWriter, r *http.Request, read reader) (wire.ReceivedProof, []byte, error) {
	body, err := read(w, r)
	if err != nil {
		return wire.ReceivedProof{}, nil, err
	}
	auth := r.Header.Values("Authorization")
	if len(auth) != 1 {
		return wire.ReceivedProof{}, nil, ErrProof
	}
	p, err := wire.ParseProof(auth[0])
	if err != nil {
		return wire.ReceivedProof{}, nil, ErrProof.Because(err)
	}
	return p, body, nil
}

// found tells "not there" from "cannot look".
func found(err error) (bool, error) {
	if errors.Is(err, store.ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// check verifies the signature first: what follows is told only to who holds the key. name is what the nonce was sealed for.
func (c *Checker) check(w http.ResponseWriter, r *http.Request, p wire.ReceivedProof, name string, pub key.Public, body []byte) error {
	age := c.site.Now().Sub(c.base)
	w.Header().Set(wire.NonceHeader, c.nonces.seal(name, age))
	claims, err := p.Verify(pub, r.Method, c.site.Issuer+r.URL.EscapedPath(), body)
	if err != nil {
		return ErrProof.Because(err)
	}
	if !c.nonces.good(claims.Nonce, name, age) {
		return ErrNonce
	}
	return c.used.use(name, claims.ID, age)
}

// FlushSeen writes when devices were last seen, for each of them at most once a minute. The server calls it now and then, and
// when it ends.
func (c *Checker) FlushSeen(ctx context.Context) error {
	batch := c.seen.take()
	if len(batch) == 0 {
		return nil
	}
	return c.site.Store.Update(ctx, func(tx store.Tx) error {
		for id, at := range batch {
			err := tx.UpdateDevice(id, func(d authn.Device) (authn.Device, error) {
				if d.State != authn.DeviceRevoked && at.Sub(d.LastSeenAt) >= seenEvery {
					d.LastSeenAt = at
				}
				return d, nil
			})
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
		}
		return nil
	})
}
