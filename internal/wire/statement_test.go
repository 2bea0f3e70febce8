package wire

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"testing"

	"avow/internal/authn"
	"avow/internal/key"
)

// testKey is one of the fixed keys of the vectors. It signs by RFC 6979, without randomness, so that whoever implements the protocol can
// compare signatures byte for byte.
type testKey struct {
	key.Private
	scalar []byte
}

func (k testKey) Sign(_ io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	return k.Private.Sign(nil, digest, opts)
}

// keyNames are the parties of the vectors.
var keyNames = []string{"identity", "device", "approval", "exchange", "client", "admin", "stranger"}

var keys = func() map[string]testKey {
	m := map[string]testKey{}
	for _, name := range keyNames {
		scalar := sha256.Sum256([]byte("avow test vectors v1 " + name))
		k, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar[:])
		if err != nil {
			panic(err)
		}
		der, err := x509.MarshalPKCS8PrivateKey(k)
		if err != nil {
			panic(err)
		}
		p, err := key.ParsePEM(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
		if err != nil {
			panic(err)
		}
		m[name] = testKey{p, scalar[:]}
	}
	return m
}()

// The names and secrets of the vectors.
const (
	issuer    = "https://id.example.com"
	unix      = 1770000000
	userID    = authn.UserID("u_AAAAAAAAAAAAAAAAAAAAAA")
	deviceID  = authn.DeviceID("d_AQEBAQEBAQEBAQEBAQEBAQ")
	requestID = authn.RequestID("r_AgICAgICAgICAgICAgICAg")
	sessionID = authn.RegistrationID("s_AwMDAwMDAwMDAwMDAwMDAw")
	noticeID  = authn.NoticeID("n_BAQEBAQEBAQEBAQEBAQEBA")
	jti       = "BQUFBQUFBQUFBQUFBQUFBQ"
	challenge = "BgYGBgYGBgYGBgYGBgYGBg"
)

var (
	pageSecret = key.Secret("connect page ...")
	session    = authn.SessionSecret(pageSecret)
	handle     = key.Secret("handle of a code")
	proofBody  = []byte(`{"decision":"…"}`)
	deviceKeys = authn.DeviceKeys{Device: keys["device"].Key(), Approval: keys["approval"].Key(), Exchange: keys["exchange"].Key()}
)

// statement is one signed object with what its receiver checks.
type statement struct {
	name   string
	typ    Type
	signer string
	kid    string // of the header, when it has one
	jwk    bool   // the header brings the key
	claims any
	verify func(raw string) error
	// open claims are those whose value the verifier hands to its caller as it is; any other value of all others must be refused.
	open   []string
	strict bool // unknown claims are refused
}

func (s statement) sign(t testing.TB) string {
	t.Helper()
	var jwk *key.Public
	if s.jwk {
		pub := keys[s.signer].Key()
		jwk = &pub
	}
	raw, err := sign(keys[s.signer], s.typ, s.kid, jwk, s.claims)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func requestClaims() ApprovalRequest {
	return ApprovalRequest{
		Issuer: issuer, Device: deviceID, ID: requestID, IssuedAt: unix, Expires: unix + 120, User: userID, Login: "anna.lind",
		Client: RequestClient{ID: "laptop-42", Name: "LAPTOP-42", Kind: authn.ClientComputer, Known: true},
		Action: "sign_in", Message: "Sign in to LAPTOP-42",
		Origin: authn.Origin{IP: "203.0.113.7", Place: "Lund, SE", Agent: "Linux console"},
		Match:  authn.MatchNumber, Handle: authn.HashOf(handle), UV: "required",
	}
}

func registrationClaims() Registration {
	return Registration{
		Audience: issuer, RegistrationID: sessionID, Challenge: challenge, SessionHash: HashSession(session),
		DeviceJWK: keys["device"].Key(), ApprovalJWK: keys["approval"].Key(), ExchangeJWK: keys["exchange"].Key(),
		Device: authn.DeviceInfo{Name: "Anna's phone", Model: "Google Pixel 8", OS: "Android 16", App: "1.0.0"},
		Class:  key.StrongBox, UV: authn.UVBiometric,
	}
}

func grantClaims() Grant {
	return Grant{
		Issuer: issuer, Device: deviceID, IssuedAt: unix, Expires: unix + 14*24*3600, ID: authn.GrantID{7, 7, 7, 7, 7, 7, 7, 7}, Seq: 3,
		State: authn.GrantActive, Computer: ComputerName{ID: "laptop-42", Name: "LAPTOP-42"}, ComputerJWK: keys["client"].Key(),
		User: userID, Login: "anna.lind", ExchangeJWK: keys["exchange"].Key(), MaxUses: 20, SignedInAt: unix,
	}
}

// batchClaims is a list whose key C is the administrator's of the vectors: any key will do.
func batchClaims() Batch {
	return Batch{
		Computer: "laptop-42", Holder: string(deviceID), IssuedAt: unix + 5, Grant: grantClaims().ID, ID: authn.BatchID{8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8, 8},
		JWK: keys["admin"].Key(), Count: 50,
	}
}

func offlineLink(host string) OfflineLink {
	return OfflineLink{Host: host, Grant: grantClaims().ID, Ephemeral: keys["admin"].Key(), Time: unix}
}

func computerLink(host string) ComputerLink {
	return ComputerLink{Host: host, Token: session, Pin: keys["identity"].Key().Thumbprint().Pin()}
}

func decisionClaims(kind authn.DecisionKind, request string) Decision {
	d := Decision{
		Device: deviceID, Audience: issuer, ID: jti, IssuedAt: unix + 30, Request: requestID, RequestHash: HashText(request),
		Kind: kind, UV: authn.UVNone, Class: key.StrongBox,
	}
	if kind == authn.Approve {
		d.UV, d.Number = authn.UVBiometric, "482913"
	}
	return d
}

// statements builds one of each kind. They refer to each other as in a real exchange.
func statements(t testing.TB) []statement {
	t.Helper()
	identity := keys["identity"].Key()
	metadata := Metadata{
		Version: 1, Issuer: issuer, Organisation: "Example", Support: "+46 46 123 45", Identity: identity,
		TLSKeys: []TLSKey{TLSKey(HashText("SubjectPublicKeyInfo"))}, IssuedAt: unix, Expires: unix + 86400, Match: "number",
	}
	proof := Proof{
		Method: "POST", URL: issuer + "/v1/requests/" + string(requestID) + "/decision", IssuedAt: unix, ID: jti, Nonce: "nonce-1", BodyHash: bodyHash(proofBody),
	}
	verifyProof := func(pub key.Public) func(string) error {
		return func(raw string) error {
			r, err := ParseProof("Avow " + raw)
			if err != nil {
				return err
			}
			if embedded, ok := r.Embedded(); ok && embedded != pub {
				return fmt.Errorf("embedded key is another")
			}
			_, err = r.Verify(pub, "POST", proof.URL, proofBody)
			return err
		}
	}
	registration := statement{
		name: "registration", typ: TypeRegistration, signer: "approval", claims: registrationClaims(), strict: true,
		verify: func(raw string) error {
			r, err := VerifyRegistration(raw)
			if err == nil && r.ApprovalJWK != deviceKeys.Approval {
				err = fmt.Errorf("approval key is another")
			}
			return err
		},
		// Compared by the server with what it gave out, or only shown.
		open: []string{"aud", "registration_id", "challenge", "session_hash", "device.name", "device.model", "device.os", "device.app"},
	}
	attested, claims := registration, registrationClaims()
	claims.Attestation = &Attestation{Format: FormatAndroid, Chain: []Blob{[]byte("the leaf"), []byte("the root")}}
	attested.name, attested.claims = "registration with an attestation", claims
	attested.open = append([]string{"attestation.chain.0", "attestation.chain.1"}, registration.open...) // judged by the server's package attestation
	registrationJWS := registration.sign(t)
	request := statement{
		name: "approval request", typ: TypeRequest, signer: "identity", claims: requestClaims(),
		verify: func(raw string) error {
			_, err := VerifyApprovalRequest(raw, identity, issuer, deviceID, userID)
			return err
		},
		open: []string{
			"jti", "iat", "exp", "login", "client.id", "client.name", "client.kind", "client.known", "message", "origin.ip", "origin.place", "origin.agent",
			"handle_hash",
		},
	}
	requestJWS := request.sign(t)
	decision := func(name string, d Decision, signer string) statement {
		return statement{
			name: name, typ: TypeDecision, signer: signer, claims: d, strict: true,
			verify: func(raw string) error {
				_, err := VerifyDecision(raw, deviceKeys, issuer, deviceID, requestID, requestJWS)
				return err
			},
			open: []string{"jti", "iat", "number", "handle"}, // jti: another that is well formed; number and handle: judged by authn
		}
	}
	approve := decision("decision: approve with number", decisionClaims(authn.Approve, requestJWS), "approval")
	scanned := decisionClaims(authn.Approve, requestJWS)
	scanned.Number, scanned.Handle = "", &SessionSecret{handle}
	approveJWS := approve.sign(t)
	// The policies that ask for less (A4): what they change in each of the three.
	lax := func(policy authn.UVPolicy, uv authn.UserVerification) statement {
		s, c := registration, registrationClaims()
		c.Verifies, c.UV = policy, uv
		s.name, s.claims = "registration: verified by "+string(policy), c
		return s
	}
	unasked := request
	unaskedClaims := requestClaims()
	unaskedClaims.UV, unaskedClaims.Match = authn.UVUnneeded, authn.MatchTap
	unasked.name, unasked.claims = "approval request that wants no verification", unaskedClaims
	unaskedJWS := unasked.sign(t)
	tapped := decisionClaims(authn.Approve, unaskedJWS)
	tapped.Number, tapped.UV = "", authn.UVNone
	tap := decision("decision: approve without verification", tapped, "approval")
	tap.verify = func(raw string) error {
		_, err := VerifyDecision(raw, deviceKeys, issuer, deviceID, requestID, unaskedJWS)
		return err
	}
	jwks, err := NewJWKS(identity)
	if err != nil {
		t.Fatal(err)
	}
	return append([]statement{
		{
			name: "metadata", typ: TypeMetadata, signer: "identity", kid: identity.Thumbprint().String(), claims: metadata,
			verify: func(raw string) error {
				_, err := VerifyMetadata(raw, identity)
				_, err2 := VerifyPinnedMetadata(raw, identity.Thumbprint().Pin())
				if (err == nil) != (err2 == nil) {
					t.Errorf("by key: %v; by pin: %v", err, err2)
				}
				return err
			},
			// The issuer is compared with the link's host by the phone, the times are judged by who has a clock.
			open: []string{"iss", "organisation", "support", "tls_keys.0", "iat", "exp", "match"},
		},
		{
			name: "proof with kid", typ: TypeProof, signer: "device", kid: string(deviceID), claims: proof, strict: true,
			verify: verifyProof(keys["device"].Key()), open: []string{"iat", "jti", "nonce"},
		},
		{
			name: "proof with jwk", typ: TypeProof, signer: "device", jwk: true, claims: proof, strict: true,
			verify: verifyProof(keys["device"].Key()), open: []string{"iat", "jti", "nonce"},
		},
		registration,
		attested,
		{
			name: "bound", typ: TypeBound, signer: "identity",
			claims: Bound{
				Issuer: issuer, Device: deviceID, User: userID, Login: "anna.lind", Name: "Anna Lind", Organisation: "Example", State: authn.DevicePending,
				CheckWords: CheckWords(sessionID, registrationJWS), Registration: HashText(registrationJWS), IssuedAt: unix + 2,
			},
			verify: func(raw string) error {
				_, err := VerifyBound(raw, identity, registrationJWS)
				return err
			},
			open: []string{"iss", "aud", "sub", "login", "name", "organisation", "state", "iat"},
		},
		request,
		approve,
		decision("decision: approve with a scanned code", scanned, "approval"),
		decision("decision: deny", decisionClaims(authn.Deny, requestJWS), "device"),
		decision("decision: not me", decisionClaims(authn.NotMe, requestJWS), "device"),
		{
			name: "receipt", typ: TypeReceipt, signer: "identity",
			claims: Receipt{
				Issuer: issuer, Device: deviceID, Request: requestID, RequestHash: HashText(requestJWS), DecisionHash: HashText(approveJWS),
				Kind: authn.Approve, At: unix + 31,
			},
			verify: func(raw string) error {
				_, err := VerifyReceipt(raw, identity, requestJWS, approveJWS)
				return err
			},
			open: []string{"iss", "iat"},
		},
		{
			name: "status", typ: TypeStatus, signer: "identity",
			claims: Status{
				Issuer: issuer, Device: deviceID, User: userID, Login: "anna.lind", Name: "Anna Lind", Organisation: "Example",
				State: authn.DeviceActive, UserStatus: authn.UserActive, PasswordChangedAt: unix - 86400,
				Notices:  []Notice{{ID: noticeID, Kind: authn.NoticeDeviceRegistered, At: unix - 10, Facts: map[string]string{"device": "Anna's tablet"}}},
				IssuedAt: unix + 40,
			},
			verify: func(raw string) error {
				_, err := VerifyStatus(raw, identity, issuer, deviceID)
				return err
			},
			open: []string{
				"sub", "login", "name", "organisation", "state", "user_status", "password_changed_at", "iat", "notices.0.id", "notices.0.kind", "notices.0.at",
				"notices.0.facts.device",
			},
		},
		{
			name: "status with a password that expires", typ: TypeStatus, signer: "identity",
			claims: Status{
				Issuer: issuer, Device: deviceID, User: userID, Login: "anna.lind", Name: "Anna Lind", Organisation: "Example",
				State: authn.DeviceActive, UserStatus: authn.UserActive, PasswordChangedAt: unix - 86400, PasswordExpiresAt: unix + 89*86400,
				Notices: []Notice{}, IssuedAt: unix + 40,
			},
			verify: func(raw string) error {
				_, err := VerifyStatus(raw, identity, issuer, deviceID)
				return err
			},
			open: []string{"sub", "login", "name", "organisation", "state", "user_status", "password_changed_at", "password_expires_at", "iat"},
		},
		{
			name: "grant", typ: TypeGrant, signer: "identity", claims: grantClaims(),
			verify: func(raw string) error {
				_, err := VerifyGrant(raw, identity, issuer)
				return err
			},
			// Phone and computer compare them with their own, and judge the times.
			open: []string{
				"aud", "iat", "exp", "grant_id", "seq", "computer.id", "computer.name", "sub", "login", "max_uses", "signed_in_at",
			},
		},
		{
			name: "batch", typ: TypeBatch, signer: "client", claims: batchClaims(), strict: true,
			verify: func(raw string) error {
				_, err := VerifyBatch(raw, keys["client"].Key(), "laptop-42", string(deviceID))
				return err
			},
			open: []string{"iat", "grant_id", "batch_id", "count"},
		},
		{
			name: "ID token", typ: typeJWT, signer: "identity", kid: identity.Thumbprint().String(),
			claims: IDToken{
				Issuer: issuer, Subject: userID, Audience: Audience{"laptop-42"}, Expires: unix + 600, IssuedAt: unix, AuthTime: unix - 1,
				ACR: ACRNumber, AMR: []string{"mfa", "hwk", "user"}, AuthReqID: jti, Login: "anna.lind", Name: "Anna Lind",
			},
			verify: func(raw string) error {
				_, err := VerifyIDToken(raw, jwks, issuer, "laptop-42")
				return err
			},
			open: []string{
				"sub", "exp", "iat", "auth_time", "acr", "amr.0", "amr.1", "amr.2", "urn:openid:params:jwt:claim:auth_req_id", "preferred_username", "name",
			},
		},
		lax(authn.UVRegistration, authn.UVBiometric),
		lax(authn.UVOff, authn.UVNone),
		unasked,
		tap,
	}, append(restoreStatements(t), deviceStatements(t)...)...)
}

func TestStatementsVerify(t *testing.T) {
	for _, s := range statements(t) {
		if err := s.verify(s.sign(t)); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
	}
}

// claimsOf decodes the claims of a statement as other programs would.
func claimsOf(t testing.TB, s statement) map[string]any {
	t.Helper()
	b, err := json.Marshal(s.claims)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}
