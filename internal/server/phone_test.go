package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"testing"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/approval"
	"avow/internal/server/registration"
	"avow/internal/store"
	"avow/internal/wire"
)

// phone is a device with its keys in memory that says whatever a test wants.
type phone struct {
	r        *rig
	device   key.Private
	approval key.Private
	exchange key.Private
	id       authn.DeviceID
	user     authn.User
	bound    wire.Bound

	mu    sync.Mutex
	nonce string
}

func (r *rig) newPhone() *phone {
	return &phone{r: r, device: newKey(r.t), approval: newKey(r.t), exchange: newKey(r.t)}
}

// answered is an HTTP answer.
type answered struct {
	status int
	head   http.Header
	body   []byte
}

func (a answered) code() string {
	var p wire.Problem
	_ = json.Unmarshal(a.body, &p)
	return p.Code
}

func (a answered) title() string {
	var p wire.Problem
	_ = json.Unmarshal(a.body, &p)
	return p.Title
}

// send makes one HTTP request as it is.
func (r *rig) send(method, path, auth string, body []byte) answered {
	r.t.Helper()
	a, err := r.try(method, path, auth, body)
	if err != nil {
		r.t.Fatal(err)
	}
	return a
}

func (r *rig) try(method, path, auth string, body []byte) (answered, error) {
	req, err := http.NewRequest(method, r.Site.Issuer+path, bytes.NewReader(body))
	if err != nil {
		return answered{}, err
	}
	if auth != "" {
		req.Header.Set("Authorization", auth)
	}
	resp, err := r.http.Do(req)
	if err != nil {
		return answered{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	_, _ = r.traffic.Write(b)
	return answered{resp.StatusCode, resp.Header, b}, err
}

// proof signs for a request with the newest nonce.
func (p *phone) proof(method, path string, body []byte) string {
	p.mu.Lock()
	nonce := p.nonce
	p.mu.Unlock()
	claims := wire.NewProof(method, p.r.Site.Issuer+path, nonce, body, p.r.clock.Now().Unix())
	var auth string
	var err error
	if p.id == "" {
		auth, err = claims.SignNew(p.device)
	} else {
		auth, err = claims.Sign(p.device, string(p.id))
	}
	if err != nil {
		p.r.t.Fatal(err)
	}
	return auth
}

// call makes a proved request, and once more with a fresh nonce if the server wants that.
func (p *phone) call(method, path string, body []byte) answered {
	p.r.t.Helper()
	for try := 0; ; try++ {
		a, err := p.r.try(method, path, p.proof(method, path, body), body)
		if err != nil {
			p.r.t.Error(err)
			return a
		}
		p.mu.Lock()
		p.nonce = a.head.Get(wire.NonceHeader)
		p.mu.Unlock()
		if try > 0 || a.code() != "use_nonce" {
			return a
		}
	}
}

func (p *phone) post(path string, v any) answered {
	p.r.t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		p.r.t.Fatal(err)
	}
	return p.call(http.MethodPost, path, b)
}

func (p *phone) claim(l wire.RegistrationLink) answered {
	p.r.t.Helper()
	return p.post("/v1/registration/claim", wire.Claim{Session: wire.SessionSecret{Secret: l.Session}, DeviceJWK: p.device.Key()})
}

// statement is the registration that an honest phone signs.
func (p *phone) statement(l wire.RegistrationLink, c wire.Claimed) wire.Registration {
	return wire.Registration{
		Audience: p.r.Site.Issuer, RegistrationID: c.RegistrationID, Challenge: c.Challenge, SessionHash: wire.HashSession(l.Session),
		DeviceJWK: p.device.Key(), ApprovalJWK: p.approval.Key(), ExchangeJWK: p.exchange.Key(),
		Device: authn.DeviceInfo{Name: "Anna's phone", Model: "Pixel 8", OS: "Android 16", App: "1.0.0"}, Class: key.StrongBox, UV: authn.UVBiometric,
	}
}

func (p *phone) sign(reg wire.Registration) string {
	p.r.t.Helper()
	raw, err := wire.SignRegistration(p.approval, reg)
	if err != nil {
		p.r.t.Fatal(err)
	}
	return raw
}

func (p *phone) finish(raw string) answered {
	p.r.t.Helper()
	return p.post("/v1/registration/finish", wire.Finish{Registration: raw})
}

// register goes through claim and finish; the device is pending then.
func (p *phone) register(c registration.Created) {
	p.r.t.Helper()
	claimed := decode[wire.Claimed](p.r.t, p.claim(c.Link), http.StatusOK)
	raw := p.sign(p.statement(c.Link, claimed))
	p.adopt(p.finish(raw), raw)
}

func (p *phone) adopt(a answered, raw string) {
	p.r.t.Helper()
	f := decode[wire.Finished](p.r.t, a, http.StatusOK)
	b, err := wire.VerifyBound(f.Bound, p.r.identity.Key(), raw)
	if err != nil {
		p.r.t.Fatal(err)
	}
	p.bound, p.id = b, b.Device
	p.r.view(func(rd store.Reader) (err error) { p.user, err = rd.User(b.User); return err })
}

// connect registers a phone and says Yes.
func (r *rig) connect(u authn.User, mode authn.BindingMode) *phone {
	r.t.Helper()
	p := r.newPhone()
	c := r.session(u, mode)
	p.register(c)
	if err := r.Registration.Confirm(context.Background(), c.Session.ID, "page:"+string(c.Session.ID), "", nil); err != nil {
		r.t.Fatal(err)
	}
	return p
}

// enroll writes an active device into the database without the ceremony, for tests that need more than a user may have.
func (r *rig) enroll(u authn.User) *phone {
	r.t.Helper()
	p := r.newPhone()
	p.id, p.user = authn.NewDeviceID(), u
	r.update(func(tx store.Tx) error {
		return tx.CreateDevice(authn.Device{
			ID: p.id, User: u.ID, State: authn.DeviceActive, CreatedAt: r.clock.Now(), LastSeenAt: r.clock.Now(), Class: key.Software,
			Keys: authn.DeviceKeys{Device: p.device.Key(), Approval: p.approval.Key(), Exchange: p.exchange.Key()},
		})
	})
	return p
}

// requests fetches what waits for the phone.
func (p *phone) requests() []string {
	p.r.t.Helper()
	return decode[wire.RequestList](p.r.t, p.call(http.MethodGet, "/v1/requests", nil), http.StatusOK).Requests
}

// request finds one request as it was signed for the phone.
func (p *phone) request(id authn.RequestID) string {
	p.r.t.Helper()
	for _, raw := range p.requests() {
		q, err := wire.VerifyApprovalRequest(raw, p.r.identity.Key(), p.r.Site.Issuer, p.id, p.user.ID)
		if err != nil {
			p.r.t.Fatal(err)
		}
		if q.ID == id {
			return raw
		}
	}
	p.r.t.Fatalf("request %s is not there", id)
	return ""
}

// answer is the decision that an honest phone signs.
func (p *phone) answer(kind authn.DecisionKind, id authn.RequestID, jws, number string) wire.Decision {
	d := wire.Decision{
		Device: p.id, Audience: p.r.Site.Issuer, ID: key.RandomID(16), IssuedAt: p.r.clock.Now().Unix(), Request: id, RequestHash: wire.HashText(jws),
		Kind: kind, Number: number, UV: authn.UVBiometric, Class: key.StrongBox,
	}
	if kind != authn.Approve {
		d.UV = authn.UVNone
	}
	return d
}

func (p *phone) signDecision(d wire.Decision) string {
	k := p.device
	if d.Kind == authn.Approve {
		k = p.approval
	}
	raw, err := wire.SignDecision(k, d)
	if err != nil {
		p.r.t.Fatal(err)
	}
	return raw
}

func (p *phone) submit(id authn.RequestID, raw string) answered {
	p.r.t.Helper()
	return p.post("/v1/requests/"+string(id)+"/decision", wire.DecisionCommand{Decision: raw})
}

// decide fetches a request and answers it.
func (p *phone) decide(kind authn.DecisionKind, o approval.Opened, number string) answered {
	p.r.t.Helper()
	id := o.Request.ID
	return p.submit(id, p.signDecision(p.answer(kind, id, p.request(id), number)))
}

func (p *phone) status() wire.Status {
	p.r.t.Helper()
	a := decode[wire.StatusAnswer](p.r.t, p.call(http.MethodGet, "/v1/device", nil), http.StatusOK)
	st, err := wire.VerifyStatus(a.Status, p.r.identity.Key(), p.r.Site.Issuer, p.id)
	if err != nil {
		p.r.t.Fatal(err)
	}
	return st
}

// decode reads an answer that must have the status.
func decode[T any](t testing.TB, a answered, status int) (v T) {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// wantProblem checks status and code of a refusal.
func wantProblem(t testing.TB, what string, a answered, status int, code string) {
	t.Helper()
	if a.status != status || a.code() != code {
		t.Errorf("%s: status %d code %q, want %d %q: %s", what, a.status, a.code(), status, code, a.body)
	}
}

func (r *rig) block(u authn.User) {
	r.t.Helper()
	r.update(func(tx store.Tx) error {
		return tx.UpdateUser(u.ID, func(u authn.User) (authn.User, error) { u.Status = authn.UserDisabled; return u, nil })
	})
}
