package server_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/attestation"
	"avow/internal/server/attestation/attestationtest"
	"avow/internal/store"
	"avow/internal/wire"
)

const appleApp = "TEAM123456.com.example.avow"

// attestingRig believes the maker of phones that it returns.
func attestingRig(t *testing.T, policy authn.AttestationPolicy) (*rig, *attestationtest.Maker) {
	t.Helper()
	m := attestationtest.New(t, noon)
	status := filepath.Join(t.TempDir(), "status.json")
	if err := os.WriteFile(status, []byte(`{"entries":{}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(r *rig) {
		v, err := attestation.New(attestation.Options{
			GoogleRoots: m.Roots(), AppleRoots: m.Roots(), StatusFile: status, AppleApps: []string{appleApp}, Now: r.clock.Now,
		})
		if err != nil {
			t.Fatal(err)
		}
		r.config.Attestation = v
	})
	r.Site.Defaults.Attestation = policy
	return r, m
}

func android(m *attestationtest.Maker, g wire.Registration, change func(*attestationtest.Description)) *wire.Attestation {
	a := &wire.Attestation{Format: wire.FormatAndroid}
	for _, c := range m.Android(wire.AttestationChallenge(g), g.ApprovalJWK, change) {
		a.Chain = append(a.Chain, c)
	}
	return a
}

func apple(m *attestationtest.Maker, g wire.Registration) *wire.Attestation {
	return &wire.Attestation{Format: wire.FormatApple, Statement: m.Apple(appleApp, wire.AppAttestHash(g), nil)}
}

// begin claims a session for a new phone and returns what it would sign.
func (r *rig) begin() (*phone, wire.Registration) {
	r.t.Helper()
	u := r.user("anna.lind")
	c := r.session(u, authn.BindFirst)
	p := r.newPhone()
	claimed := decode[wire.Claimed](r.t, p.claim(c.Link), http.StatusOK)
	if claimed.Policy.Attestation != r.Site.Policy().Attestation {
		r.t.Errorf("the phone is told %+v", claimed.Policy)
	}
	return p, p.statement(c.Link, claimed)
}

func (r *rig) device(id authn.DeviceID) (d authn.Device) {
	r.t.Helper()
	r.view(func(rd store.Reader) (err error) { d, err = rd.Device(id); return err })
	return d
}

// recordOf finds the record of what happened to a subject.
func (r *rig) recordOf(action, subject string) authn.AuditRecord {
	r.t.Helper()
	for _, rec := range r.audit() {
		if rec.Action == action && rec.Subject == subject {
			return rec
		}
	}
	r.t.Fatalf("no record of %s", action)
	return authn.AuditRecord{}
}

// TestR015ClassStored: what is stored is what was proved, and a claim is only a fact in the record.
func TestR015ClassStored(t *testing.T) {
	type attest func(*attestationtest.Maker, wire.Registration) *wire.Attestation
	strong := func(m *attestationtest.Maker, g wire.Registration) *wire.Attestation {
		return android(m, g, func(d *attestationtest.Description) { d.Level, d.KeyMint = 2, 2 })
	}
	tee := func(m *attestationtest.Maker, g wire.Registration) *wire.Attestation { return android(m, g, nil) }
	for name, c := range map[string]struct {
		policy  authn.AttestationPolicy
		claimed key.Class
		attest  attest
		want    key.Class
		proof   string
	}{
		"claims StrongBox":           {authn.AttestationNone, key.StrongBox, nil, key.Software, "none"},
		"claims a Secure Enclave":    {authn.AttestationNone, key.SecureEnclave, nil, key.Software, "none"},
		"claims a keyring":           {authn.AttestationNone, key.Keyring, nil, key.Software, "none"},
		"claims software":            {authn.AttestationNone, key.Software, nil, key.Software, "none"},
		"proves a TEE":               {authn.AttestationNone, key.StrongBox, tee, key.TEE, wire.FormatAndroid},
		"proves StrongBox":           {authn.AttestationNone, key.Software, strong, key.StrongBox, wire.FormatAndroid},
		"proves a Secure Enclave":    {authn.AttestationNone, key.SecureEnclave, apple, key.SecureEnclave, wire.FormatApple},
		"must prove, proves a TEE":   {authn.AttestationRequired, key.TEE, tee, key.TEE, wire.FormatAndroid},
		"must prove, proves Apple's": {authn.AttestationRequired, key.SecureEnclave, apple, key.SecureEnclave, wire.FormatApple},
	} {
		t.Run(name, func(t *testing.T) {
			r, m := attestingRig(t, c.policy)
			p, g := r.begin()
			if g.Class = c.claimed; c.attest != nil {
				g.Attestation = c.attest(m, g)
			}
			raw := p.sign(g)
			p.adopt(p.finish(raw), raw)
			rec := r.recordOf("device.register", string(p.id))
			if got := r.device(p.id).Class; got != c.want || rec.Facts["key_class"] != string(c.want) {
				t.Errorf("stored as %q, recorded as %q, want %q", got, rec.Facts["key_class"], c.want)
			}
			if rec.Facts["key_class_claimed"] != string(c.claimed) || rec.Facts["attestation"] != c.proof {
				t.Errorf("record: %v", rec.Facts)
			}
		})
	}
}

// TestR015Refused: a phone that must prove and does not, and one that proves something false, is not connected; with a good proof the same session still connects it.
func TestR015Refused(t *testing.T) {
	none := func(*attestationtest.Maker, wire.Registration) *wire.Attestation { return nil }
	software := func(m *attestationtest.Maker, g wire.Registration) *wire.Attestation {
		return android(m, g, func(d *attestationtest.Description) { d.Level, d.KeyMint = 0, 0 })
	}
	of := func(change func(*wire.Registration), proof func(*attestationtest.Maker, wire.Registration) *wire.Attestation) func(*attestationtest.Maker, wire.Registration) *wire.Attestation {
		return func(m *attestationtest.Maker, g wire.Registration) *wire.Attestation { change(&g); return proof(m, g) }
	}
	tee := func(m *attestationtest.Maker, g wire.Registration) *wire.Attestation { return android(m, g, nil) }
	for name, c := range map[string]struct {
		policy authn.AttestationPolicy
		attest func(*attestationtest.Maker, wire.Registration) *wire.Attestation
		code   string
	}{
		"none":                         {authn.AttestationRequired, none, "attestation_required"},
		"software":                     {authn.AttestationRequired, software, "attestation_failed"},
		"software, not needed":         {authn.AttestationNone, software, "attestation_failed"},
		"of another session":           {authn.AttestationRequired, of(func(g *wire.Registration) { g.RegistrationID += "A" }, tee), "attestation_failed"},
		"of another challenge":         {authn.AttestationRequired, of(func(g *wire.Registration) { g.Challenge = key.RandomID(16) }, tee), "attestation_failed"},
		"of another server":            {authn.AttestationRequired, of(func(g *wire.Registration) { g.Audience = "https://id.example.org" }, tee), "attestation_failed"},
		"of another device key":        {authn.AttestationRequired, of(func(g *wire.Registration) { g.DeviceJWK = newKey(t).Key() }, tee), "attestation_failed"},
		"of another approval key":      {authn.AttestationRequired, of(func(g *wire.Registration) { g.ApprovalJWK = newKey(t).Key() }, tee), "attestation_failed"},
		"Apple, other approval key":    {authn.AttestationRequired, of(func(g *wire.Registration) { g.ApprovalJWK = newKey(t).Key() }, apple), "attestation_failed"},
		"Apple, attested as StrongBox": {authn.AttestationRequired, of(func(g *wire.Registration) { g.Class = key.SecureEnclave }, apple), "attestation_failed"},
		"of a foreign maker": {authn.AttestationRequired, func(_ *attestationtest.Maker, g wire.Registration) *wire.Attestation {
			return android(attestationtest.New(t, noon), g, nil)
		}, "attestation_failed"},
	} {
		t.Run(name, func(t *testing.T) {
			r, m := attestingRig(t, c.policy)
			p, g := r.begin()
			g.Attestation = c.attest(m, g)
			a := p.finish(p.sign(g))
			wantProblem(t, name, a, http.StatusBadRequest, c.code)
			if !strings.HasSuffix(strings.TrimSpace(string(a.body)), "}") || !strings.Contains(string(a.body), "service desk") {
				t.Errorf("it says %s", a.body)
			}
			var devices []authn.Device
			r.view(func(rd store.Reader) (err error) {
				u, err := rd.UserByLogin("anna.lind")
				if err != nil {
					return err
				}
				devices, err = rd.DevicesOf(u.ID)
				return err
			})
			if len(devices) != 0 {
				t.Errorf("devices: %+v", devices)
			}
			g.Attestation = android(m, g, nil)
			raw := p.sign(g)
			p.adopt(p.finish(raw), raw)
		})
	}
}

// TestR015NotChecked: a server that can check nothing connects phones as software, or none at all.
func TestR015NotChecked(t *testing.T) {
	for _, policy := range []authn.AttestationPolicy{authn.AttestationNone, authn.AttestationRequired} {
		r := newRig(t)
		r.Site.Defaults.Attestation = policy
		p, g := r.begin()
		g.Attestation = android(attestationtest.New(t, noon), g, nil)
		raw := p.sign(g)
		a := p.finish(raw)
		if policy == authn.AttestationRequired {
			wantProblem(t, "nothing can be checked", a, http.StatusServiceUnavailable, "attestation_unchecked")
			continue
		}
		p.adopt(a, raw)
		if d := r.device(p.id); d.Class != key.Software || r.recordOf("device.register", string(p.id)).Facts["attestation"] != "not_checked" {
			t.Errorf("connected as %q", d.Class)
		}
	}
}

// TestR015DecisionUpgradesNothing: a phone that was taken for software says StrongBox in each decision; it stays software, and the record says both.
func TestR015DecisionUpgradesNothing(t *testing.T) {
	r := newRig(t)
	u, c := r.user("anna.lind"), r.client("laptop-42", authn.MatchTap)
	p := r.connect(u, authn.BindFirst)
	o := r.open(u, c)
	jws := p.request(o.Request.ID)
	dec := p.answer(authn.Approve, o.Request.ID, jws, "")
	dec.Class = key.StrongBox
	decode[wire.DecisionAnswer](t, p.submit(o.Request.ID, p.signDecision(dec)), http.StatusOK)
	facts := r.recordOf("request.approve", string(o.Request.ID)).Facts
	if got := r.device(p.id).Class; got != key.Software || facts["key_class"] != "software" || facts["key_class_claimed"] != "strongbox" {
		t.Errorf("stored as %q, recorded %v", got, facts)
	}
}
