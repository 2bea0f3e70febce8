package wire

import (
	"errors"
	"strings"
	"testing"

	"avow/internal/key"
)

const proofURL = issuer + "/v1/requests"

func signedProof(t testing.TB, change func(*Proof)) string {
	t.Helper()
	p := NewProof("POST", proofURL, "nonce-1", proofBody, unix)
	if change != nil {
		change(&p)
	}
	header, err := p.Sign(keys["device"], string(deviceID))
	if err != nil {
		t.Fatal(err)
	}
	return header
}

// badAuthorizations are header values that carry no proof of ours; they seed the fuzzer too. True means ErrNoProof.
func badAuthorizations(t testing.TB) map[string]struct {
	text string
	none bool
} {
	type bad = struct {
		text string
		none bool
	}
	good := signedProof(t, nil)
	raw := strings.TrimPrefix(good, "Avow ")
	return map[string]bad{
		"empty":           {"", true},
		"scheme only":     {"Avow", true},
		"bearer":          {"Bearer " + raw, true},
		"DPoP":            {"DPoP " + raw, true},
		"no scheme":       {raw, true},
		"other case":      {"avow " + raw, true},
		"scheme, nothing": {"Avow ", false},
		"two spaces":      {"Avow  " + raw, false},
		"two proofs":      {good + ", " + good, false},
		"parameters":      {good + ", realm=x", false},
		"no JWS":          {"Avow secret", false},
	}
}

func TestProof_R040(t *testing.T) {
	pub := keys["device"].Key()
	r, err := ParseProof(signedProof(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	if _, embedded := r.Embedded(); embedded || r.Kid() != string(deviceID) {
		t.Errorf("kid is %q, embedded %v", r.Kid(), embedded)
	}
	p, err := r.Verify(pub, "POST", proofURL, proofBody)
	if err != nil || p.Nonce != "nonce-1" || p.IssuedAt != unix {
		t.Errorf("got %+v, %v", p, err)
	}
	for name, err := range map[string]error{
		"another method":       second(r.Verify(pub, "GET", proofURL, proofBody)),
		"method in small":      second(r.Verify(pub, "post", proofURL, proofBody)),
		"another path":         second(r.Verify(pub, "POST", proofURL+"/x", proofBody)),
		"a slash more":         second(r.Verify(pub, "POST", proofURL+"/", proofBody)),
		"a query":              second(r.Verify(pub, "POST", proofURL+"?user=eve", proofBody)),
		"another host":         second(r.Verify(pub, "POST", "https://id.example.org/v1/requests", proofBody)),
		"plain HTTP":           second(r.Verify(pub, "POST", "http://id.example.com/v1/requests", proofBody)),
		"host in capitals":     second(r.Verify(pub, "POST", "https://ID.EXAMPLE.COM/v1/requests", proofBody)),
		"another body":         second(r.Verify(pub, "POST", proofURL, []byte(`{"decision":"x"}`))),
		"no body":              second(r.Verify(pub, "POST", proofURL, nil)),
		"another device":       second(r.Verify(keys["stranger"].Key(), "POST", proofURL, proofBody)),
		"the approval key":     second(r.Verify(keys["approval"].Key(), "POST", proofURL, proofBody)),
		"no key":               second(r.Verify(key.Public{}, "POST", proofURL, proofBody)),
		"a proof never parsed": second(ParseProof("")),
	} {
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for name, change := range map[string]func(*Proof){
		"no htm":           func(p *Proof) { p.Method = "" },
		"no htu":           func(p *Proof) { p.URL = "" },
		"no bh":            func(p *Proof) { p.BodyHash = "" },
		"bh padded":        func(p *Proof) { p.BodyHash += "=" },
		"no jti":           func(p *Proof) { p.ID = "" },
		"jti of 126 bits":  func(p *Proof) { p.ID = p.ID[:21] },
		"jti without end":  func(p *Proof) { p.ID = strings.Repeat("A", 65) },
		"jti of controls":  func(p *Proof) { p.ID = strings.Repeat("\n", 22) },
		"jti beyond ASCII": func(p *Proof) { p.ID = strings.Repeat("ä", 11) },
	} {
		r, err := ParseProof(signedProof(t, change))
		if err == nil {
			_, err = r.Verify(pub, "POST", proofURL, proofBody)
		}
		if err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	for name, bad := range badAuthorizations(t) {
		if _, err := ParseProof(bad.text); err == nil || errors.Is(err, ErrNoProof) != bad.none {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestProofThatBringsItsKey_R040(t *testing.T) {
	header, err := NewProof("POST", proofURL, "nonce-1", proofBody, unix).SignNew(keys["device"])
	if err != nil {
		t.Fatal(err)
	}
	r, err := ParseProof(header)
	if err != nil {
		t.Fatal(err)
	}
	pub, ok := r.Embedded()
	if !ok || pub != keys["device"].Key() || r.Kid() != "" {
		t.Fatalf("embedded %v, kid %q", ok, r.Kid())
	}
	if _, err := r.Verify(pub, "POST", proofURL, proofBody); err != nil {
		t.Error(err)
	}
	if _, err := r.Verify(keys["stranger"].Key(), "POST", proofURL, proofBody); err == nil {
		t.Error("verifies with a key that it does not bring")
	}
}

func TestNewProofIsFresh(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		p := NewProof("GET", proofURL, "", nil, unix)
		if seen[p.ID] || !jtiForm.MatchString(p.ID) {
			t.Fatalf("jti %q", p.ID)
		}
		seen[p.ID] = true
	}
	// SHA-256 of nothing.
	if p := NewProof("GET", proofURL, "", nil, unix); p.BodyHash != "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU" {
		t.Errorf("bh of no body is %s", p.BodyHash)
	}
}

func FuzzParseProof(f *testing.F) {
	for _, s := range statements(f) {
		f.Add("Avow " + s.sign(f))
		if s.typ == TypeProof {
			_, payload, _ := parts(f, s.sign(f))
			for _, header := range badHeaders(f, s) {
				f.Add("Avow " + forge([]byte(header), payload, es256(f, s.signer)))
			}
		}
	}
	for _, bad := range badAuthorizations(f) {
		f.Add(bad.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		r, err := ParseProof(text)
		if err != nil {
			return
		}
		again, err := r.t.jws.CompactSerialize()
		if err != nil || "Avow "+again != text {
			t.Errorf("%q comes back as %q, %v", text, again, err)
		}
		pub, embedded := r.Embedded()
		if embedded == (r.Kid() != "") || embedded && pub.ECDSA() == nil || !embedded && !kidForm.MatchString(r.Kid()) {
			t.Errorf("%q gives kid %q, embedded %v", text, r.Kid(), embedded)
		}
	})
}
