package wire

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"avow/internal/authn"
	"avow/internal/key"
)

// The vectors of docs/protocol.md, written by `go test ./internal/wire -run Vectors -update`. What was published is never changed: files, and
// entries behind the others, are added. Signatures are by RFC 6979, so that every implementation can make the same bytes.
var update = flag.Bool("update", false, "write testdata anew")

type keyVector struct {
	Name       string     `json:"name"`
	D          string     `json:"d"` // hex of the private scalar
	JWK        key.Public `json:"jwk"`
	Thumbprint string     `json:"thumbprint"` // RFC 7638
	Pin        string     `json:"pin"`        // hex
}

type linkVector struct {
	Kind   string `json:"kind"`
	Host   string `json:"host"`
	Secret string `json:"secret"` // hex: session of R, handle of A
	Pin    string `json:"pin,omitempty"`
	QR     string `json:"qr"`
	App    string `json:"app"`
}

type statementVector struct {
	Name   string          `json:"name"`
	Signer string          `json:"signer"` // a key of keys.json
	Header json.RawMessage `json:"header"`
	Claims json.RawMessage `json:"claims"`
	JWS    string          `json:"jws"`
}

type proofVector struct {
	statementVector
	Authorization string `json:"authorization"`
	Method        string `json:"method"`
	URL           string `json:"url"`
	Body          string `json:"body"`
}

type derivedVector struct {
	Page           string    `json:"page"`            // hex, the secret of a connect page
	PageCode       string    `json:"page_code"`       // as a person types it
	Session        string    `json:"session"`         // hex, HMAC-SHA256 of the page
	SessionHash    string    `json:"session_hash"`    // in a registration
	Handle         string    `json:"handle"`          // hex, of an A code
	HandleHash     string    `json:"handle_hash"`     // in a request
	RegistrationID string    `json:"registration_id"` // of the check words
	Registration   string    `json:"registration"`    // the JWS of the check words
	CheckWords     [2]string `json:"check_words"`
}

type attestationVector struct {
	Registration string `json:"registration"`     // the JWS whose claims are hashed
	Challenge    string `json:"challenge"`        // hex, attestationChallenge of the approval key on Android
	Client       string `json:"client_data_hash"` // hex, of App Attest
}

func TestVectors(t *testing.T) {
	files := map[string]any{}
	var keyList []keyVector
	for _, name := range keyNames {
		k := keys[name]
		tp := k.Key().Thumbprint()
		pin := tp.Pin()
		keyList = append(keyList, keyVector{name, hex.EncodeToString(k.scalar), k.Key(), tp.String(), hex.EncodeToString(pin[:])})
	}
	files["keys.json"] = keyList

	var links []linkVector
	for _, host := range []string{"id.example.com", "192.0.2.1:8443"} {
		r, a := registrationLink(host), ApprovalLink{Host: host, Handle: handle}
		links = append(
			links,
			linkVector{"R", host, hex.EncodeToString(r.Session), hex.EncodeToString(r.Pin[:]), r.Encode(), r.App()},
			linkVector{"A", host, hex.EncodeToString(a.Handle), "", a.Encode(), a.App()},
		)
	}
	files["links.json"] = links

	byKind := map[Type][]statementVector{}
	registration := ""
	for _, s := range statements(t) {
		raw := s.sign(t)
		header, claims, _ := parts(t, raw)
		if s.name == "registration with an attestation" { // came later: the older files stay as they are
			files["registration_attested.json"] = []statementVector{{s.name, s.signer, header, claims, raw}}
			continue
		}
		byKind[s.typ] = append(byKind[s.typ], statementVector{s.name, s.signer, header, claims, raw})
		if s.typ == TypeRegistration && registration == "" {
			registration = raw
		}
	}
	for name, typ := range map[string]Type{
		"metadata.json": TypeMetadata, "registration.json": TypeRegistration, "bound.json": TypeBound, "request.json": TypeRequest,
		"decision.json": TypeDecision, "receipt.json": TypeReceipt, "status.json": TypeStatus, "id_token.json": typeJWT,
		"grant.json": TypeGrant, "batch.json": TypeBatch, "restore.json": TypeRestore, "code_proof.json": TypeCodeProof, "escrow.json": TypeEscrow,
		"escrow_off.json": TypeEscrowOff, "colleagues.json": TypeColleagues,
		"devices.json": TypeDevices, "device_command.json": TypeDeviceCommand, "wipe.json": TypeWipe, "wipe_receipt.json": TypeWipeReceipt,
		"duplicate_offer.json": TypeDuplicateOffer, "duplicate_claim.json": TypeDuplicateClaim, "duplicate_answer.json": TypeDuplicateAnswer,
	} {
		files[name] = byKind[typ]
	}
	var proofs []proofVector
	for _, v := range byKind[TypeProof] {
		proofs = append(proofs, proofVector{v, "Avow " + v.JWS, "POST", issuer + "/v1/requests/" + string(requestID) + "/decision", string(proofBody)})
	}
	files["proof.json"] = proofs
	files["derived.json"] = derivedVector{
		Page: hex.EncodeToString(pageSecret), PageCode: PageCode(pageSecret), Session: hex.EncodeToString(session), SessionHash: HashSession(session),
		Handle: hex.EncodeToString(handle), HandleHash: authn.HashOf(handle).String(),
		RegistrationID: string(sessionID), Registration: registration, CheckWords: CheckWords(sessionID, registration),
	}
	challenge, client := AttestationChallenge(registrationClaims()), AppAttestHash(registrationClaims())
	files["attestation.json"] = attestationVector{registration, hex.EncodeToString(challenge[:]), hex.EncodeToString(client[:])}

	files["offline.json"] = offlineVectors(t)
	files["restore_links.json"] = restoreLinkVectors()
	files["duplicate.json"] = duplicateVectors()

	for name, v := range files {
		file := filepath.Join("testdata", name)
		var got bytes.Buffer
		enc := json.NewEncoder(&got)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", "  ")
		if err := enc.Encode(v); err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.MkdirAll("testdata", 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s: this program writes other bytes than the published vectors:\n%s", file, firstDifference(got.String(), string(want)))
		}
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return "got  " + g[i] + "\nwant " + w[i]
		}
	}
	return "one is longer"
}

// TestVectorsRead takes the files as another program would: what stands in them must be accepted.
func TestVectorsRead(t *testing.T) {
	var links []linkVector
	readVectors(t, "links.json", &links)
	for _, v := range links {
		for _, text := range []string{v.QR, v.App} {
			l, err := ParseLink(text)
			if err != nil {
				t.Errorf("%s: %v", text, err)
				continue
			}
			secret := ""
			switch l := l.(type) {
			case RegistrationLink:
				secret = hex.EncodeToString(l.Session)
				if hex.EncodeToString(l.Pin[:]) != v.Pin || l.Host != v.Host {
					t.Errorf("%s: pin %x, host %s", text, l.Pin, l.Host)
				}
			case ApprovalLink:
				secret = hex.EncodeToString(l.Handle)
			}
			if secret != v.Secret {
				t.Errorf("%s: secret %s, want %s", text, secret, v.Secret)
			}
		}
	}
	all := map[string]statement{}
	for _, s := range statements(t) {
		all[s.name] = s
	}
	n := 0
	for _, name := range []string{"metadata", "proof", "registration", "registration_attested", "bound", "request", "decision", "receipt", "status", "id_token", "grant", "batch", "restore", "code_proof", "escrow", "escrow_off", "colleagues", "devices", "device_command", "wipe", "wipe_receipt", "duplicate_offer", "duplicate_claim", "duplicate_answer"} {
		var list []statementVector
		readVectors(t, name+".json", &list)
		for _, v := range list {
			n++
			if err := all[v.Name].verify(v.JWS); err != nil {
				t.Errorf("%s: %v", v.Name, err)
			}
			if got := strings.Split(v.JWS, "."); got[0] != b64.EncodeToString(compact(t, v.Header)) || got[1] != b64.EncodeToString(compact(t, v.Claims)) {
				t.Errorf("%s: header and claims are not those of the JWS", v.Name)
			}
		}
	}
	if n != len(all) {
		t.Errorf("%d vectors for %d statements", n, len(all))
	}
	var d derivedVector
	readVectors(t, "derived.json", &d)
	if CheckWords(authn.RegistrationID(d.RegistrationID), d.Registration) != d.CheckWords {
		t.Errorf("check words are not %v", d.CheckWords)
	}
}

func compact(t *testing.T, raw json.RawMessage) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, raw); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func readVectors(t *testing.T, name string, into any) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}
