package wire

import (
	"errors"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"avow/internal/authn"
	"avow/internal/key"
)

// signed signs any claims as one kind of statement of the server.
func signed(t testing.TB, typ Type, claims any) string {
	t.Helper()
	kid := ""
	if typ == TypeMetadata {
		kid = keys["identity"].Key().Thumbprint().String()
	}
	raw, err := sign(keys["identity"], typ, kid, nil, claims)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func verifyRequest(t testing.TB, r ApprovalRequest) (ApprovalRequest, error) {
	t.Helper()
	return VerifyApprovalRequest(signed(t, TypeRequest, r), keys["identity"].Key(), issuer, deviceID, userID)
}

func TestRequestRefused_R020_R029(t *testing.T) {
	for name, change := range map[string]func(*ApprovalRequest){
		"of another server R-021":    func(r *ApprovalRequest) { r.Issuer = "https://id.example.org" },
		"issuer with a slash":        func(r *ApprovalRequest) { r.Issuer += "/" },
		"for another device":         func(r *ApprovalRequest) { r.Device = "d_AQEBAQEBAQEBAQEBAQEBAg" },
		"for another user":           func(r *ApprovalRequest) { r.User = "u_AAAAAAAAAAAAAAAAAAAAAQ" },
		"without an id":              func(r *ApprovalRequest) { r.ID = "" },
		"id of another kind":         func(r *ApprovalRequest) { r.ID = "s" + r.ID[1:] },
		"id of 120 bits":             func(r *ApprovalRequest) { r.ID = r.ID[:22] },
		"a match that nobody knows":  func(r *ApprovalRequest) { r.Match = "wink" },
		"no match":                   func(r *ApprovalRequest) { r.Match = "" },
		"an action that nobody knew": func(r *ApprovalRequest) { r.Action = "pay" },
		"no action":                  func(r *ApprovalRequest) { r.Action = "" },
		"uv that nobody knows":       func(r *ApprovalRequest) { r.UV = "whatever" },
		"no uv":                      func(r *ApprovalRequest) { r.UV = "" },
		"no client":                  func(r *ApprovalRequest) { r.Client.ID = "" },
		"client with markup":         func(r *ApprovalRequest) { r.Client.ID = "<b>" },
		"601 seconds":                func(r *ApprovalRequest) { r.Expires = r.IssuedAt + 601 },
		"no seconds":                 func(r *ApprovalRequest) { r.Expires = r.IssuedAt },
		"ends before it begins":      func(r *ApprovalRequest) { r.Expires = r.IssuedAt - 1 },
		"lifetime overflows":         func(r *ApprovalRequest) { r.IssuedAt, r.Expires = math.MinInt64+10, math.MaxInt64-10 },
		"lifetime overflows to one":  func(r *ApprovalRequest) { r.IssuedAt, r.Expires = -math.MaxInt64, math.MaxInt64 },
		"no time":                    func(r *ApprovalRequest) { r.IssuedAt = 0 },
	} {
		r := requestClaims()
		change(&r)
		if got, err := verifyRequest(t, r); err == nil {
			t.Errorf("%s: %+v is accepted", name, got)
		}
	}
	r := requestClaims()
	r.Expires = r.IssuedAt + 600
	if _, err := verifyRequest(t, r); err != nil {
		t.Errorf("600 seconds: %v", err)
	}
}

func TestRequestTexts_R029(t *testing.T) {
	dirty := "<b>\u202eIT\r\n\x1b[31mdesk\u200b</b>" + strings.Repeat("!", 1000)
	r := requestClaims()
	r.Client.Name, r.Message, r.Login, r.Origin = dirty, dirty, dirty, authn.Origin{IP: dirty, Place: dirty, Agent: dirty}
	got, err := verifyRequest(t, r)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"client": got.Client.Name, "message": got.Message, "login": got.Login, "ip": got.Origin.IP, "place": got.Origin.Place, "agent": got.Origin.Agent,
	} {
		if !strings.HasPrefix(text, "bIT [31mdesk/b!") || utf8.RuneCountInString(text) > 128 {
			t.Errorf("%s is shown as %+q", name, text)
		}
	}
	r.Client.Name = "\u200b"
	if got, err = verifyRequest(t, r); err != nil || got.Client.Name != "laptop-42" {
		t.Errorf("a client without a name is shown as %q, %v", got.Client.Name, err)
	}
}

// TestShownTexts_R029: whatever a phone shows comes clean out of the verifier, also before the person has said that she trusts the server.
func TestShownTexts_R029(t *testing.T) {
	const dirty, clean = "\u202eEx\nample<i>", "Ex amplei"
	identity := keys["identity"].Key()
	m := Metadata{Version: 1, Issuer: issuer, Organisation: dirty, Support: dirty, Identity: identity}
	meta, err := VerifyPinnedMetadata(signed(t, TypeMetadata, m), identity.Thumbprint().Pin())
	if err != nil || meta.Organisation != clean || meta.Support != clean {
		t.Errorf("metadata: %+v, %v", meta, err)
	}
	all := map[Type]statement{}
	for _, s := range statements(t) {
		if _, ok := all[s.typ]; !ok { // the others refer to the first
			all[s.typ] = s
		}
	}
	registration := all[TypeRegistration].sign(t)
	b, ok := all[TypeBound].claims.(Bound)
	if !ok {
		t.Fatal("no bound statement")
	}
	b.Login, b.Name, b.Organisation = dirty, dirty, dirty
	bound, err := VerifyBound(signed(t, TypeBound, b), identity, registration)
	if err != nil || bound.Login != clean || bound.Name != clean || bound.Organisation != clean {
		t.Errorf("bound: %+v, %v", bound, err)
	}
	st := Status{
		Issuer: issuer, Device: deviceID, Login: dirty, Name: dirty, Organisation: dirty,
		Notices: []Notice{{ID: noticeID, Facts: map[string]string{"device": dirty}}},
	}
	status, err := VerifyStatus(signed(t, TypeStatus, st), identity, issuer, deviceID)
	if err != nil || status.Login != clean || status.Name != clean || status.Organisation != clean || status.Notices[0].Facts["device"] != clean {
		t.Errorf("status: %+v, %v", status, err)
	}
}

func TestMetadataRefused(t *testing.T) {
	identity := keys["identity"].Key()
	good := Metadata{Version: 1, Issuer: issuer, Organisation: "Example", Identity: identity}
	for name, change := range map[string]func(*Metadata){
		"version 2":               func(m *Metadata) { m.Version = 2 },
		"no version":              func(m *Metadata) { m.Version = 0 },
		"no issuer":               func(m *Metadata) { m.Issuer = "" },
		"plain HTTP":              func(m *Metadata) { m.Issuer = "http://id.example.com" },
		"plain HTTP to a network": func(m *Metadata) { m.Issuer = "http://192.168.1.1:8080" },
		"plain HTTP by a name":    func(m *Metadata) { m.Issuer = "http://127.0.0.1.evil.example:80" },
		"loopback with a path":    func(m *Metadata) { m.Issuer = "http://127.0.0.1:8080/x" },
		"loopback spelled oddly":  func(m *Metadata) { m.Issuer = "http://127.0.0.1:08080" },
		"issuer with a path":      func(m *Metadata) { m.Issuer += "/avow" },
		"issuer with a slash":     func(m *Metadata) { m.Issuer += "/" },
		"issuer with a user":      func(m *Metadata) { m.Issuer = "https://id.example.com@evil.example" },
		"issuer in capitals":      func(m *Metadata) { m.Issuer = "https://ID.EXAMPLE.COM" },
		"no organisation":         func(m *Metadata) { m.Organisation = "" },
		"blank organisation":      func(m *Metadata) { m.Organisation = " \u200b\u3164" },
		"no identity R-009":       func(m *Metadata) { m.Identity = key.Public{} },
		"another identity R-009":  func(m *Metadata) { m.Identity = keys["stranger"].Key() },
		"identity of the signer?": func(m *Metadata) { m.Identity = keys["device"].Key() },
	} {
		m := good
		change(&m)
		raw := signed(t, TypeMetadata, m)
		if got, err := VerifyMetadata(raw, identity); err == nil {
			t.Errorf("%s: %+v is accepted by key", name, got)
		}
		if got, err := VerifyPinnedMetadata(raw, identity.Thumbprint().Pin()); err == nil {
			t.Errorf("%s: %+v is accepted by pin", name, got)
		}
	}
	if _, err := VerifyMetadata(signed(t, TypeMetadata, good), keys["stranger"].Key()); !errors.Is(err, ErrPinMismatch) {
		t.Errorf("another identity than the known one: %v, want the hard stop", err)
	}
	for _, issuer := range []string{"https://192.0.2.1:8443", "http://127.0.0.1:8080", "http://[::1]:8080"} {
		m := good
		m.Issuer = issuer
		if _, err := VerifyMetadata(signed(t, TypeMetadata, m), identity); err != nil {
			t.Errorf("issuer %s: %v", issuer, err)
		}
	}
	// A server that signs its own metadata well but is not the one of the QR.
	m := good
	m.Identity = keys["stranger"].Key()
	raw, err := SignMetadata(keys["stranger"], m)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 128 {
		pin := m.Identity.Thumbprint().Pin()
		pin[i/8] ^= 1 << (i % 8)
		if _, err := VerifyPinnedMetadata(raw, pin); !errors.Is(err, ErrPinMismatch) {
			t.Errorf("pin with bit %d flipped: %v", i, err)
		}
	}
	if _, err := VerifyPinnedMetadata(raw, m.Identity.Thumbprint().Pin()); err != nil {
		t.Errorf("right pin: %v", err)
	}
}

func TestRegistrationRefused_R011(t *testing.T) {
	for name, change := range map[string]func(*Registration){
		"no device key":              func(r *Registration) { r.DeviceJWK = key.Public{} },
		"no approval key":            func(r *Registration) { r.ApprovalJWK = key.Public{} },
		"no exchange key":            func(r *Registration) { r.ExchangeJWK = key.Public{} },
		"device key approves":        func(r *Registration) { r.DeviceJWK = r.ApprovalJWK },
		"exchange key approves":      func(r *Registration) { r.ExchangeJWK = r.ApprovalJWK },
		"device key exchanges":       func(r *Registration) { r.ExchangeJWK = r.DeviceJWK },
		"another approval key":       func(r *Registration) { r.ApprovalJWK = keys["stranger"].Key() },
		"key class that nobody knew": func(r *Registration) { r.Class = "hsm" },
		"no key class":               func(r *Registration) { r.Class = "" },
		"uv that nobody knows":       func(r *Registration) { r.UV = "face" },
		"no uv":                      func(r *Registration) { r.UV = "" },
		"attestation of no format":   func(r *Registration) { r.Attestation = &Attestation{Chain: chainOf(2, 1)} },
		"attestation of other form":  func(r *Registration) { r.Attestation = &Attestation{Format: "packed", Chain: chainOf(2, 1)} },
		"android without chain":      func(r *Registration) { r.Attestation = &Attestation{Format: FormatAndroid} },
		"android of one certificate": func(r *Registration) { r.Attestation = &Attestation{Format: FormatAndroid, Chain: chainOf(1, 1)} },
		"android of nine":            func(r *Registration) { r.Attestation = &Attestation{Format: FormatAndroid, Chain: chainOf(9, 1)} },
		"android, one is empty":      func(r *Registration) { r.Attestation = &Attestation{Format: FormatAndroid, Chain: chainOf(2, 0)} },
		"android, too large":         func(r *Registration) { r.Attestation = &Attestation{Format: FormatAndroid, Chain: chainOf(2, 8<<10+1)} },
		"android with a statement":   func(r *Registration) { r.Attestation = &Attestation{FormatAndroid, chainOf(2, 1), Blob("x")} },
		"apple without a statement":  func(r *Registration) { r.Attestation = &Attestation{Format: FormatApple} },
		"apple with a chain":         func(r *Registration) { r.Attestation = &Attestation{FormatApple, chainOf(2, 1), Blob("x")} },
		"apple, too large": func(r *Registration) {
			r.Attestation = &Attestation{Format: FormatApple, Statement: make(Blob, 16<<10+1)}
		},
	} {
		r := registrationClaims()
		change(&r)
		raw, err := SignRegistration(keys["approval"], r)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := VerifyRegistration(raw); err == nil {
			t.Errorf("%s: %+v is accepted", name, got)
		}
	}
}

func chainOf(n, size int) (chain []Blob) {
	for range n {
		chain = append(chain, make(Blob, size))
	}
	return chain
}

// TestAttestationHashes_R015: each claim that an attestation stands for changes what is attested.
func TestAttestationHashes_R015(t *testing.T) {
	type change struct {
		change         func(*Registration)
		android, apple bool
	}
	good := registrationClaims()
	for name, c := range map[string]change{
		"audience":        {func(r *Registration) { r.Audience += "x" }, true, true},
		"registration id": {func(r *Registration) { r.RegistrationID += "x" }, true, true},
		"challenge":       {func(r *Registration) { r.Challenge += "x" }, true, true},
		"moved a letter": {func(r *Registration) {
			id := string(r.RegistrationID)
			r.RegistrationID, r.Challenge = authn.RegistrationID(id[:len(id)-1]), id[len(id)-1:]+r.Challenge
		}, true, true},
		"device key":   {func(r *Registration) { r.DeviceJWK = keys["stranger"].Key() }, true, true},
		"approval key": {func(r *Registration) { r.ApprovalJWK = keys["stranger"].Key() }, false, true},
		"exchange key": {func(r *Registration) { r.ExchangeJWK = keys["stranger"].Key() }, false, true},
		"class":        {func(r *Registration) { r.Class = key.SecureEnclave }, false, true},
		"uv":           {func(r *Registration) { r.UV = authn.UVDevice }, false, true},
		"name":         {func(r *Registration) { r.Device.Name = "x" }, false, false},
	} {
		r := registrationClaims()
		c.change(&r)
		if got := AttestationChallenge(r) != AttestationChallenge(good); got != c.android {
			t.Errorf("%s: Android's challenge changes: %v", name, got)
		}
		if got := AppAttestHash(r) != AppAttestHash(good); got != c.apple {
			t.Errorf("%s: Apple's hash changes: %v", name, got)
		}
	}
}

func TestBoundRefused(t *testing.T) {
	identity := keys["identity"].Key()
	var good Bound
	var registration string
	for _, s := range statements(t) {
		if b, ok := s.claims.(Bound); ok {
			good = b
		}
		if s.name == "registration" {
			registration = s.sign(t)
		}
	}
	other := registrationClaims()
	other.Device.Name = "Eve's phone"
	otherRaw, err := SignRegistration(keys["approval"], other)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Bound){
		"of another registration": func(b *Bound) { b.Registration = HashText(otherRaw) },
		"words of another":        func(b *Bound) { b.CheckWords = CheckWords(sessionID, otherRaw) },
		"one word changed":        func(b *Bound) { b.CheckWords[1] = "pwned" },
		"no words":                func(b *Bound) { b.CheckWords = [2]string{} },
		"no device":               func(b *Bound) { b.Device = "" },
		"device of another kind":  func(b *Bound) { b.Device = "u" + b.Device[1:] },
		"no user":                 func(b *Bound) { b.User = "" },
	} {
		b := good
		change(&b)
		if got, err := VerifyBound(signed(t, TypeBound, b), identity, registration); err == nil {
			t.Errorf("%s: %+v is accepted", name, got)
		}
	}
	if _, err := VerifyBound(signed(t, TypeBound, good), identity, otherRaw); err == nil {
		t.Error("accepted for another registration")
	}
}

func TestDecisionRefused_R021_R022(t *testing.T) {
	requestA := signed(t, TypeRequest, requestClaims())
	// Request B: same user, same client, same second; only its id differs.
	claimsB := requestClaims()
	claimsB.ID = "r_AgICAgICAgICAgICAgICAw"
	requestB := signed(t, TypeRequest, claimsB)
	// A request with A's id and other words.
	claimsA2 := requestClaims()
	claimsA2.Message = "Pay 9000 EUR"
	requestA2 := signed(t, TypeRequest, claimsA2)

	tests := []struct {
		name    string
		kind    authn.DecisionKind
		signer  string
		id      authn.RequestID
		request string
		change  func(*Decision)
		ok      bool
	}{
		{"approve", authn.Approve, "approval", requestID, requestA, nil, true},
		{"deny", authn.Deny, "device", requestID, requestA, nil, true},
		{"not me", authn.NotMe, "device", requestID, requestA, nil, true},
		{"approve by the device key", authn.Approve, "device", requestID, requestA, nil, false},
		{"deny by the approval key", authn.Deny, "approval", requestID, requestA, nil, false},
		{"approve by the exchange key", authn.Approve, "exchange", requestID, requestA, nil, false},
		{"approve by the server", authn.Approve, "identity", requestID, requestA, nil, false},
		{"yes to A for B R-022", authn.Approve, "approval", claimsB.ID, requestB, nil, false},
		{"yes to A for B, B's id", authn.Approve, "approval", claimsB.ID, requestB, func(d *Decision) { d.Request = claimsB.ID }, false},
		{"yes to A for A with other words", authn.Approve, "approval", requestID, requestA2, nil, false},
		{"no hash", authn.Approve, "approval", requestID, requestA, func(d *Decision) { d.RequestHash = "" }, false},
		{"another device", authn.Approve, "approval", requestID, requestA, func(d *Decision) { d.Device = "d_AQEBAQEBAQEBAQEBAQEBAg" }, false},
		{"another server", authn.Approve, "approval", requestID, requestA, func(d *Decision) { d.Audience = "https://id.example.org" }, false},
		{"a kind that nobody knows", "maybe", "device", requestID, requestA, nil, false},
		{"no kind", "", "device", requestID, requestA, nil, false},
		{"a uv that nobody knows", authn.Approve, "approval", requestID, requestA, func(d *Decision) { d.UV = "face" }, false},
		{"a class that nobody knows", authn.Approve, "approval", requestID, requestA, func(d *Decision) { d.Class = "hsm" }, false},
		{"jti of 126 bits", authn.Approve, "approval", requestID, requestA, func(d *Decision) { d.ID = d.ID[:21] }, false},
		{"jti with a line break", authn.Approve, "approval", requestID, requestA, func(d *Decision) { d.ID += "\n" }, false},
		{"jti without end", authn.Approve, "approval", requestID, requestA, func(d *Decision) { d.ID = strings.Repeat("A", 65) }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := decisionClaims(tt.kind, requestA)
			if tt.change != nil {
				tt.change(&d)
			}
			raw, err := SignDecision(keys[tt.signer], d)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := VerifyDecision(raw, deviceKeys, issuer, deviceID, tt.id, tt.request); (err == nil) != tt.ok {
				t.Errorf("got %v", err)
			}
			if _, err := VerifyDecision(raw, authn.DeviceKeys{}, issuer, deviceID, tt.id, tt.request); err == nil {
				t.Error("accepted without keys")
			}
		})
	}
}

func TestReceiptRefused(t *testing.T) {
	identity := keys["identity"].Key()
	request := signed(t, TypeRequest, requestClaims())
	decision, err := SignDecision(keys["device"], decisionClaims(authn.Deny, request))
	if err != nil {
		t.Fatal(err)
	}
	good := Receipt{
		Issuer: issuer, Device: deviceID, Request: requestID, RequestHash: HashText(request), DecisionHash: HashText(decision), Kind: authn.Deny, At: unix,
	}
	if _, err := VerifyReceipt(signed(t, TypeReceipt, good), identity, request, decision); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*Receipt){
		"a No turned into a Yes": func(r *Receipt) { r.Kind = authn.Approve },
		"another device":         func(r *Receipt) { r.Device = "d_AQEBAQEBAQEBAQEBAQEBAg" },
		"another request":        func(r *Receipt) { r.Request = "r_AgICAgICAgICAgICAgICAw" },
		"another request's hash": func(r *Receipt) { r.RequestHash = HashText("x") },
		"another decision":       func(r *Receipt) { r.DecisionHash = HashText("x") },
	} {
		r := good
		change(&r)
		if _, err := VerifyReceipt(signed(t, TypeReceipt, r), identity, request, decision); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if r := (Receipt{RequestHash: HashText(""), DecisionHash: HashText("")}); second(VerifyReceipt(signed(t, TypeReceipt, r), identity, "", "")) == nil {
		t.Error("a receipt about nothing is accepted")
	}
}

func second[T any](_ T, err error) error { return err }

// TestSignRefusesWhatNobodyReads: a statement past the limit fails where it is made, not on the phone.
func TestSignRefusesWhatNobodyReads(t *testing.T) {
	st := Status{Issuer: issuer, Device: deviceID, Name: strings.Repeat("a", maxJWS)}
	if _, err := SignStatus(keys["identity"], st); err == nil {
		t.Error("signed more than any phone reads")
	}
	// And who signs it elsewhere is not read.
	r := requestClaims()
	r.Message = strings.Repeat("a", maxJWS)
	header := []byte(`{"alg":"ES256","typ":"` + string(TypeRequest) + `"}`)
	raw := forge(header, marshal(t, r), es256(t, "identity"))
	if _, err := VerifyApprovalRequest(raw, keys["identity"].Key(), issuer, deviceID, userID); err == nil {
		t.Errorf("a statement of %d bytes is read", len(raw))
	}
}

func TestIDTokenRefused(t *testing.T) {
	jwks, err := NewJWKS(keys["identity"].Key())
	if err != nil {
		t.Fatal(err)
	}
	good := IDToken{Issuer: issuer, Subject: userID, Audience: Audience{"laptop-42"}, Expires: unix + 600, IssuedAt: unix}
	for name, change := range map[string]func(*IDToken){
		"":                 func(*IDToken) {},
		"another issuer":   func(i *IDToken) { i.Issuer = "https://id.example.org" },
		"another client":   func(i *IDToken) { i.Audience = Audience{"laptop-43"} },
		"two clients":      func(i *IDToken) { i.Audience = Audience{"laptop-42", "laptop-43"} },
		"no client":        func(i *IDToken) { i.Audience = nil },
		"no subject":       func(i *IDToken) { i.Subject = "" },
		"no expiry":        func(i *IDToken) { i.Expires = 0 },
		"no time of issue": func(i *IDToken) { i.IssuedAt = 0 },
	} {
		token := good
		change(&token)
		raw, err := SignIDToken(keys["identity"], token)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := VerifyIDToken(raw, jwks, issuer, "laptop-42"); (err == nil) != (name == "") {
			t.Errorf("%q: %v", name, err)
		}
		if _, err := VerifyIDToken(raw, JWKS{}, issuer, "laptop-42"); err == nil {
			t.Errorf("%q: accepted without keys", name)
		}
	}
}
