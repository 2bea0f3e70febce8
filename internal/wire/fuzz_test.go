package wire

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"avow/internal/authn"
	"avow/internal/key"
)

// fuzzVerify feeds one verifier with all statements and broken headers as seeds. Only the holder of the fixed keys can make what is accepted, so
// whatever is accepted must be one of the seeds, and encoding what was parsed must give the same bytes.
func fuzzVerify(f *testing.F, typ Type, verify func(raw string) error) {
	genuine := map[string]bool{}
	for _, s := range statements(f) {
		raw := s.sign(f)
		if s.typ == typ {
			genuine[raw] = true
			_, payload, _ := parts(f, raw)
			for _, header := range badHeaders(f, s) {
				f.Add(forge([]byte(header), payload, es256(f, s.signer)))
			}
			for _, text := range badJSON {
				f.Add(forge([]byte(`{"alg":"ES256","typ":"`+string(typ)+`"}`), []byte(text), es256(f, s.signer)))
			}
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		parsed, err := open(raw, typ)
		if err == nil {
			if again, err := parsed.jws.CompactSerialize(); err != nil || again != raw {
				t.Errorf("%q comes back as %q, %v", raw, again, err)
			}
		}
		if verify(raw) == nil && !genuine[raw] {
			t.Errorf("%q is accepted", raw)
		}
	})
}

// verifierOf finds the verifier of the first statement of a kind.
func verifierOf(f *testing.F, typ Type) func(string) error {
	f.Helper()
	all := statements(f)
	return all[slices.IndexFunc(all, func(s statement) bool { return s.typ == typ })].verify
}

func FuzzVerifyMetadata(f *testing.F) { fuzzVerify(f, TypeMetadata, verifierOf(f, TypeMetadata)) }

func FuzzVerifyRegistration(f *testing.F) {
	// Anybody may register keys of his own: only those of the vectors are looked at.
	fuzzVerify(f, TypeRegistration, verifierOf(f, TypeRegistration))
}

func FuzzVerifyBound(f *testing.F) { fuzzVerify(f, TypeBound, verifierOf(f, TypeBound)) }

func FuzzVerifyApprovalRequest(f *testing.F) { fuzzVerify(f, TypeRequest, verifierOf(f, TypeRequest)) }

func FuzzVerifyDecision(f *testing.F) { fuzzVerify(f, TypeDecision, verifierOf(f, TypeDecision)) }

func FuzzVerifyReceipt(f *testing.F) { fuzzVerify(f, TypeReceipt, verifierOf(f, TypeReceipt)) }

func FuzzVerifyStatus(f *testing.F) { fuzzVerify(f, TypeStatus, verifierOf(f, TypeStatus)) }

func FuzzVerifyGrant(f *testing.F) { fuzzVerify(f, TypeGrant, verifierOf(f, TypeGrant)) }

func FuzzVerifyBatch(f *testing.F) { fuzzVerify(f, TypeBatch, verifierOf(f, TypeBatch)) }

func FuzzVerifyIDToken(f *testing.F) { fuzzVerify(f, typeJWT, verifierOf(f, typeJWT)) }

// FuzzReceiptParts gives what a receipt is about, which comes from a file that a person hands in.
func FuzzReceiptParts(f *testing.F) {
	all := map[string]string{}
	for _, s := range statements(f) {
		all[s.name] = s.sign(f)
	}
	identity := keys["identity"].Key()
	f.Add(all["approval request"], all["decision: approve with number"])
	for _, name := range slices.Sorted(maps.Keys(all)) {
		f.Add(all["approval request"], all[name])
		f.Add(all[name], all["decision: deny"])
	}
	f.Fuzz(func(t *testing.T, request, decision string) {
		_, err := VerifyReceipt(all["receipt"], identity, request, decision)
		if err == nil && (request != all["approval request"] || decision != all["decision: approve with number"]) {
			t.Errorf("a receipt covers %q and %q", request, decision)
		}
		// A server that signs whatever it is given cannot make a story that its parts do not tell.
		raw, err := SignReceipt(keys["identity"], Receipt{RequestHash: HashText(request), DecisionHash: HashText(decision), Kind: authn.Approve})
		if err != nil {
			t.Fatal(err)
		}
		if r, err := VerifyReceipt(raw, identity, request, decision); err == nil && (r.Kind != authn.Approve || !strings.Contains(decision, ".")) {
			t.Errorf("got %+v", r)
		}
	})
}

func FuzzSessionSecret(f *testing.F) {
	f.Add(b64.EncodeToString(session))
	for _, text := range []string{"", "AAAAAAAAAAAAAAAAAAAAAB", "AAAAAAAAAAAAAAAAAAAAAA==", "AAAAAAAAAAAAAAAAAAAAAA\n", "AAAAAAAAAAAAAAAAAAAA\n\nAA", "+/AAAAAAAAAAAAAAAAAAAA"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var s SessionSecret
		if s.UnmarshalText([]byte(text)) != nil {
			return
		}
		out, err := s.MarshalText()
		if err != nil || string(out) != text || len(s.Secret) != 16 || !s.Equal(key.Secret(s.Secret)) {
			t.Errorf("%q comes back as %q, %v", text, out, err)
		}
	})
}
