package wire

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"avow/internal/key"
)

// The suite of what must fail: for each kind of statement, every claim, every header member and every byte is changed, once
// without the right to sign and once with it.

var b64 = base64.RawURLEncoding

// forge puts a JWS together from any header and payload; by signs what stands before the second dot.
func forge(header, payload []byte, by func(input []byte) []byte) string {
	input := b64.EncodeToString(header) + "." + b64.EncodeToString(payload)
	return input + "." + b64.EncodeToString(by([]byte(input)))
}

func es256(t testing.TB, signer string) func([]byte) []byte {
	return func(input []byte) []byte {
		sig, err := key.Sign(keys[signer], input)
		if err != nil {
			t.Fatal(err)
		}
		return sig
	}
}

// parts takes a compact JWS apart.
func parts(t testing.TB, raw string) (header, payload, signature []byte) {
	t.Helper()
	p := strings.Split(raw, ".")
	var out [3][]byte
	for i := range p {
		b, err := b64.DecodeString(p[i])
		if err != nil {
			t.Fatal(err)
		}
		out[i] = b
	}
	return out[0], out[1], out[2]
}

// leaf is one value in a tree of claims that is no object and no array.
type leaf struct {
	path string
	get  any
	set  func(v any)
}

func leaves(v any, path string, set func(any)) (out []leaf) {
	switch v := v.(type) {
	case map[string]any:
		for name, child := range v {
			out = append(out, leaves(child, strings.TrimPrefix(path+"."+name, "."), func(n any) { v[name] = n })...)
		}
	case []any:
		for i, child := range v {
			out = append(out, leaves(child, path+"."+strconv.Itoa(i), func(n any) { v[i] = n })...)
		}
	default:
		out = append(out, leaf{path, v, set})
	}
	return out
}

// flip returns v changed by one bit, in the middle of a text where every character counts.
func flip(v any) any {
	switch v := v.(type) {
	case string:
		b := []byte(v)
		i := len(b) / 2
		for b[i] == '_' || b[i] == '@' || b[i] == '`' { // stay within the alphabet of ids
			i++
		}
		b[i] ^= 1
		if b[i] == '`' || b[i] == '@' || b[i] < ' ' {
			b[i] ^= 3
		}
		return string(b)
	case float64:
		return v + 1
	case bool:
		return !v
	}
	return "null no more"
}

// TestClaimsChanged_R011_R021: one bit of any claim changed under the old signature must be noticed.
func TestClaimsChanged_R011_R021(t *testing.T) {
	for _, s := range statements(t) {
		t.Run(s.name, func(t *testing.T) {
			header, payload, signature := parts(t, s.sign(t))
			keep := func([]byte) []byte { return signature }
			for i := range claimPaths(t, s) {
				m := claimsOf(t, s)
				l := sortedLeaves(m)[i]
				l.set(flip(l.get))
				changed, err := json.Marshal(m)
				if err != nil {
					t.Fatal(err)
				}
				if err := s.verify(forge(header, changed, keep)); err == nil {
					t.Errorf("%s changed to %v: accepted", l.path, flip(l.get))
				}
			}
			// Each bit of the payload's bytes, in place.
			for i := range payload {
				changed := bytes.Clone(payload)
				changed[i] ^= 1 << (i % 8)
				if err := s.verify(forge(header, changed, keep)); err == nil {
					t.Errorf("bit %d of byte %d of the payload flipped: accepted", i%8, i)
				}
			}
			// The signature's.
			for i := range signature {
				changed := bytes.Clone(signature)
				changed[i] ^= 1 << (i % 8)
				if err := s.verify(forge(header, payload, func([]byte) []byte { return changed })); err == nil {
					t.Errorf("bit %d of byte %d of the signature flipped: accepted", i%8, i)
				}
			}
		})
	}
}

func sortedLeaves(m map[string]any) []leaf {
	l := leaves(m, "", nil)
	slices.SortFunc(l, func(a, b leaf) int { return strings.Compare(a.path, b.path) })
	return l
}

func claimPaths(t testing.TB, s statement) []leaf {
	t.Helper()
	return sortedLeaves(claimsOf(t, s))
}

// TestClaimsSignedWrong: who may sign still cannot make a statement say what its receiver must refuse; what the receiver leaves to its
// caller is listed with the statement, so that a check that is lost is noticed.
func TestClaimsSignedWrong_R021_R022(t *testing.T) {
	for _, s := range statements(t) {
		t.Run(s.name, func(t *testing.T) {
			header, _, _ := parts(t, s.sign(t))
			by := es256(t, s.signer)
			resigned := func(m map[string]any) error {
				payload, err := json.Marshal(m)
				if err != nil {
					t.Fatal(err)
				}
				return s.verify(forge(header, payload, by))
			}
			if err := resigned(claimsOf(t, s)); err != nil {
				t.Fatalf("the suite cannot sign: %v", err)
			}
			for i, l := range claimPaths(t, s) {
				m := claimsOf(t, s)
				sortedLeaves(m)[i].set(flip(l.get))
				err := resigned(m)
				if isOpen := slices.Contains(s.open, l.path); (err == nil) != isOpen {
					t.Errorf("%s = %v, signed: %v; left to the caller: %v", l.path, flip(l.get), err, isOpen)
				}
				m = claimsOf(t, s)
				sortedLeaves(m)[i].set(map[string]any{"a": 1})
				if err := resigned(m); err == nil && !strings.Contains(l.path, "facts") {
					t.Errorf("%s is an object: accepted", l.path)
				}
			}
			for name := range claimsOf(t, s) {
				m := claimsOf(t, s)
				m[strings.ToUpper(name)] = m[name]
				if err := resigned(m); err == nil {
					t.Errorf("%s also in capitals: accepted", name)
				}
				delete(m, name)
				if err := resigned(m); err == nil {
					t.Errorf("%s in capitals: accepted", name)
				}
				payload := marshal(t, claimsOf(t, s))
				twice := append(marshal(t, map[string]any{name: claimsOf(t, s)[name]}), payload...)
				twice = bytes.Replace(twice, []byte("}{"), []byte(","), 1)
				if err := s.verify(forge(header, twice, by)); err == nil {
					t.Errorf("%s twice: accepted", name)
				}
			}
			m := claimsOf(t, s)
			m["unknown_claim"] = "x"
			if err := resigned(m); (err != nil) != s.strict {
				t.Errorf("unknown claim: %v", err)
			}
			for name, payload := range map[string][]byte{
				"nothing": nil, "null": []byte("null"), "array": []byte("[]"), "no claims": []byte("{}"), "text": []byte(`"x"`),
				"something behind": append(marshal(t, claimsOf(t, s)), '1'), "invalid UTF-8": []byte("{\"iss\":\"\xff\"}"),
				"deep": []byte(strings.Repeat("[", 1000)),
			} {
				if err := s.verify(forge(header, payload, by)); err == nil {
					t.Errorf("payload is %s: accepted", name)
				}
			}
		})
	}
}

func marshal(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// badHeaders returns headers for a statement that no receiver may take, though the right key signs them.
func badHeaders(t testing.TB, s statement) map[string]string {
	good, _, _ := parts(t, s.sign(t))
	h := string(good)
	with := func(member string) string { return strings.Replace(h, "{", "{"+member+",", 1) }
	behind := func(member string) string { return strings.TrimSuffix(h, "}") + "," + member + "}" }
	jwk := string(marshal(t, keys[s.signer].Key()))
	out := map[string]string{
		"empty":             ``,
		"null":              `null`,
		"no members":        `{}`,
		"alg none":          strings.Replace(h, "ES256", "none", 1),
		"alg None":          strings.Replace(h, "ES256", "None", 1),
		"alg HS256":         strings.Replace(h, "ES256", "HS256", 1),
		"alg ES384":         strings.Replace(h, "ES256", "ES384", 1),
		"alg RS256":         strings.Replace(h, "ES256", "RS256", 1),
		"alg es256":         strings.Replace(h, "ES256", "es256", 1),
		"alg empty":         strings.Replace(h, "ES256", "", 1),
		"alg missing":       strings.Replace(h, `"alg":"ES256",`, "", 1),
		"alg twice":         behind(`"alg":"none"`),
		"alg twice, before": with(`"alg":"none"`),
		"Alg beside alg":    behind(`"Alg":"none"`),
		"alg escaped twice": behind(`"\u0061lg":"none"`),
		"alg escaped":       strings.Replace(h, `"alg"`, `"\u0061lg"`, 1),
		"value escaped":     strings.Replace(h, `"ES256"`, `"\u0045S256"`, 1),
		"typ missing":       strings.Replace(h, `,"typ":"`+string(s.typ)+`"`, "", 1),
		"typ in other case": strings.Replace(h, string(s.typ), strings.ToUpper(string(s.typ[:1]))+strings.ToLower(string(s.typ[1:])), 1),
		"typ with a prefix": strings.Replace(h, string(s.typ), "application/"+string(s.typ), 1),
		"jku":               with(`"jku":"https://evil.example/keys"`),
		"x5u":               with(`"x5u":"https://evil.example/cert"`),
		"x5c":               with(`"x5c":["AA=="]`),
		"x5t#S256":          with(`"x5t#S256":"AA"`),
		"crit":              with(`"crit":["exp"]`),
		"b64":               with(`"b64":false,"crit":["b64"]`),
		"cty":               with(`"cty":"JWT"`),
		"nonce":             with(`"nonce":"x"`),
		"zip":               with(`"zip":"DEF"`),
		"space":             strings.Replace(h, ",", ", ", 1),
		"line end":          h + "\n",
		"something behind":  h + "{}",
		"other order":       `{"typ":"` + string(s.typ) + `",` + strings.Replace(h, `,"typ":"`+string(s.typ)+`"`, "", 1)[1:],
		"jwk null":          behind(`"jwk":null`),
	}
	for _, typ := range []Type{TypeMetadata, TypeProof, TypeRegistration, TypeBound, TypeRequest, TypeDecision, TypeReceipt, TypeStatus, typeJWT, "jwt", ""} {
		if typ != s.typ {
			out["typ "+string(typ)] = strings.Replace(h, string(s.typ), string(typ), 1)
		}
	}
	if !s.jwk {
		out["jwk"] = strings.Replace(h, `"alg":"ES256",`, `"alg":"ES256","jwk":`+jwk+`,`, 1)
		out["private jwk"] = strings.Replace(out["jwk"], `{"crv"`, `{"d":"`+b64.EncodeToString(keys[s.signer].scalar)+`","crv"`, 1)
	}
	if s.kid == "" {
		out["kid"] = strings.Replace(h, `,"typ"`, `,"kid":"`+string(deviceID)+`","typ"`, 1)
	} else {
		if s.typ != TypeProof { // there the kid says whose key is looked up
			out["kid of another key"] = strings.Replace(h, s.kid, keys["stranger"].Key().Thumbprint().String(), 1)
		}
		out["kid missing"] = strings.Replace(h, `"kid":"`+s.kid+`",`, "", 1)
		out["kid empty"] = strings.Replace(h, s.kid, "", 1)
		out["kid with a line break"] = strings.Replace(h, s.kid, `d_\n`, 1)
		out["kid of a path"] = strings.Replace(h, s.kid, `../../etc/passwd`, 1)
		out["kid too long"] = strings.Replace(h, s.kid, strings.Repeat("k", 65), 1)
		out["kid of a number"] = strings.Replace(h, `"`+s.kid+`"`, `7`, 1)
	}
	return out
}

// TestHeaders_R040 gives every receiver headers that name another algorithm, another key or another kind. All are signed by the right key.
func TestHeaders_R040(t *testing.T) {
	for _, s := range statements(t) {
		t.Run(s.name, func(t *testing.T) {
			raw := s.sign(t)
			good, payload, signature := parts(t, raw)
			for name, header := range badHeaders(t, s) {
				if header == string(good) {
					t.Fatalf("%s: the suite did not change the header %s", name, header)
				}
				if err := s.verify(forge([]byte(header), payload, es256(t, s.signer))); err == nil {
					t.Errorf("%s: %s is accepted", name, header)
				}
			}
			for i := range good {
				changed := bytes.Clone(good)
				changed[i] ^= 1 << (i % 8)
				if err := s.verify(forge(changed, payload, func([]byte) []byte { return signature })); err == nil {
					t.Errorf("bit %d of byte %d of the header flipped: accepted", i%8, i)
				}
			}
		})
	}
}

// TestAlgorithmConfusion_R040 signs with what an attacker has: nothing, or the public key as a shared secret.
func TestAlgorithmConfusion_R040(t *testing.T) {
	for _, s := range statements(t) {
		t.Run(s.name, func(t *testing.T) {
			header, payload, _ := parts(t, s.sign(t))
			pub := keys[s.signer].Key()
			spki, err := x509.MarshalPKIXPublicKey(pub.ECDSA())
			if err != nil {
				t.Fatal(err)
			}
			jwk := marshal(t, pub)
			p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			mac := func(secret []byte) func([]byte) []byte {
				return func(input []byte) []byte {
					h := hmac.New(sha256.New, secret)
					h.Write(input)
					return h.Sum(nil)
				}
			}
			der := func(input []byte) []byte {
				digest := sha256.Sum256(input)
				sig, err := keys[s.signer].Sign(nil, digest[:], crypto.SHA256)
				if err != nil {
					t.Fatal(err)
				}
				return sig
			}
			es384 := func(input []byte) []byte {
				digest := sha512.Sum384(input)
				r, ss, err := ecdsa.Sign(rand.Reader, p384, digest[:])
				if err != nil {
					t.Fatal(err)
				}
				return append(r.FillBytes(make([]byte, 48)), ss.FillBytes(make([]byte, 48))...)
			}
			for name, by := range map[string]func([]byte) []byte{
				"no signature":             func([]byte) []byte { return nil },
				"HMAC with the point":      mac(pub.Bytes()),
				"HMAC with the compressed": mac(pub.Compressed()),
				"HMAC with the SPKI":       mac(spki),
				"HMAC with the PEM":        mac(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: spki})),
				"HMAC with the JWK":        mac(jwk),
				"HMAC with nothing":        mac(nil),
				"zeros":                    func([]byte) []byte { return make([]byte, 64) },
				"DER":                      der,
				"ES384":                    es384,
			} {
				for _, alg := range []string{"none", "HS256", "ES256", "ES384", ""} {
					h := strings.Replace(string(header), "ES256", alg, 1)
					if err := s.verify(forge([]byte(h), payload, by)); err == nil {
						t.Errorf("alg %q, %s: accepted", alg, name)
					}
				}
			}
		})
	}
}

// TestWrongSigner gives each statement to its receiver signed by everybody else's key.
func TestWrongSigner(t *testing.T) {
	for _, s := range statements(t) {
		header, payload, _ := parts(t, s.sign(t))
		for _, name := range keyNames {
			err := s.verify(forge(header, payload, es256(t, name)))
			if (err == nil) != (name == s.signer) {
				t.Errorf("%s signed by %s: %v", s.name, name, err)
			}
		}
	}
}

// TestWrongKind gives each statement to every other receiver.
func TestWrongKind(t *testing.T) {
	all := statements(t)
	for _, s := range all {
		for _, other := range all {
			if other.typ != s.typ {
				if err := other.verify(s.sign(t)); err == nil {
					t.Errorf("%s passes as %s", s.name, other.name)
				}
			}
		}
	}
}

// TestEncodings changes the text of a JWS but not what it decodes to, or cuts and joins it.
func TestEncodings(t *testing.T) {
	for _, s := range statements(t) {
		t.Run(s.name, func(t *testing.T) {
			raw := s.sign(t)
			p := strings.Split(raw, ".")
			bad := map[string]string{
				"empty": "", "dots": "..", "space before": " " + raw, "space behind": raw + " ", "line end": raw + "\n",
				"four parts": raw + ".", "two parts": p[0] + "." + p[1], "detached": p[0] + ".." + p[2], "no header": "." + p[1] + "." + p[2],
				"padded": raw + "==", "twice": raw + raw, "too long": raw + strings.Repeat("A", maxJWS),
				"JSON serialization": fmt.Sprintf(`{"payload":%q,"protected":%q,"signature":%q}`, p[1], p[0], p[2]),
				"scheme in front":    "Avow " + raw,
			}
			for i, part := range p {
				spelled := slices.Clone(p)
				spelled[i] = part[:4] + "\n" + part[4:]
				bad[fmt.Sprintf("line break in part %d", i)] = strings.Join(spelled, ".")
				if len(part)%4 != 0 { // the last character has bits to spare
					last := strings.IndexByte(alphabet, part[len(part)-1])
					spelled[i] = part[:len(part)-1] + string(alphabet[last^1])
					bad[fmt.Sprintf("trailing bits in part %d", i)] = strings.Join(spelled, ".")
				}
				spelled[i] = strings.NewReplacer("-", "+", "_", "/").Replace(part)
				if spelled[i] != part {
					bad[fmt.Sprintf("standard alphabet in part %d", i)] = strings.Join(spelled, ".")
				}
			}
			for name, text := range bad {
				if err := s.verify(text); err == nil {
					t.Errorf("%s: accepted", name)
				}
			}
			for i := range raw { // cut anywhere
				if err := s.verify(raw[:i]); err == nil {
					t.Errorf("cut after %d characters: accepted", i)
				}
			}
		})
	}
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
