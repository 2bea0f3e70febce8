package servertest

import (
	"context"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/wire"
)

// Phone is a device with its three keys in memory.
type Phone struct {
	*client.Device
	ID    authn.DeviceID
	User  authn.UserID
	Bound wire.Bound

	env                        *Env
	device, approval, exchange key.Private
}

// Connect registers a new phone by a session's link; nobody has said Yes yet.
func (e *Env) Connect(link string) *Phone {
	e.T.Helper()
	p, err := e.Claimed(link)()
	e.must(err)
	return p
}

// Claimed claims a session's link for a new phone; what it returns finishes the registration.
func (e *Env) Claimed(link string) (finish func() (*Phone, error)) {
	e.T.Helper()
	ctx := context.Background()
	l, err := wire.ParseLink(link)
	e.must(err)
	r := l.(wire.RegistrationLink)
	s, err := client.Discover(ctx, r, e.Options())
	e.must(err)
	p := &Phone{env: e, device: e.Key(), approval: e.Key(), exchange: e.Key()}
	d := client.NewDevice(s, "", p.device, e.Options())
	defer d.Close()
	claimed, err := d.Claim(ctx, wire.Claim{Session: wire.SessionSecret{Secret: r.Session}, DeviceJWK: p.device.Key()})
	e.must(err)
	uv, policy := authn.UVPIN, claimed.Policy.UserVerification
	if policy == authn.UVOff {
		uv = authn.UVNone
	}
	raw, err := wire.SignRegistration(p.approval, wire.Registration{
		Audience: s.Issuer, RegistrationID: claimed.RegistrationID, Challenge: claimed.Challenge, SessionHash: wire.HashSession(r.Session),
		DeviceJWK: p.device.Key(), ApprovalJWK: p.approval.Key(), ExchangeJWK: p.exchange.Key(),
		Device: authn.DeviceInfo{Name: "Test phone", Model: "Model 1", OS: "Test OS", App: "1"}, Class: key.Software, UV: uv, Verifies: policy,
	})
	e.must(err)
	return func() (*Phone, error) {
		d := client.NewDevice(s, "", p.device, e.Options())
		defer d.Close()
		if p.Bound, err = d.Finish(ctx, raw); err != nil {
			return nil, err
		}
		p.ID, p.User = p.Bound.Device, p.Bound.User
		p.Device = client.NewDevice(s, p.ID, p.device, e.Options())
		e.T.Cleanup(p.Close)
		return p, nil
	}
}

// Verify sets the policy for user verification.
func (e *Env) Verify(policy authn.UVPolicy) {
	e.T.Helper()
	p := e.Site.Policy()
	p.UserVerification = policy
	e.must(e.Site.SetPolicy(context.Background(), p, authn.AuditRecord{At: e.Now(), Actor: "admin:test"}))
}

// Phone makes a user's first phone and says Yes for it.
func (e *Env) Phone(login string) *Phone {
	e.T.Helper()
	ctx := context.Background()
	s, err := e.Admin.AddSession(ctx, wire.AddSession{UserName: login, Mode: authn.BindFirst, Reason: "test"})
	e.must(err)
	p := e.Connect(s.Link)
	_, err = e.Admin.ConfirmSession(ctx, login, wire.ConfirmSession{CheckWords: p.Bound.CheckWords, Reason: "test"})
	e.must(err)
	return p
}

// Open returns the one open request, as received and as read.
func (p *Phone) Open() (raw string, r wire.ApprovalRequest) {
	p.env.T.Helper()
	list, err := p.Requests(context.Background())
	p.env.must(err)
	if len(list.Requests) != 1 {
		p.env.T.Fatalf("%d open requests, want 1", len(list.Requests))
	}
	s := p.Server()
	r, err = wire.VerifyApprovalRequest(list.Requests[0], s.Identity, s.Issuer, p.ID, p.User)
	p.env.must(err)
	return list.Requests[0], r
}

// Answer decides the one open request. number is what was typed, "" when nothing was.
func (p *Phone) Answer(kind authn.DecisionKind, number string) error {
	p.env.T.Helper()
	return p.decide(kind, number, true)
}

// AnswerUnverified says Yes without verifying anybody, whatever the request wants.
func (p *Phone) AnswerUnverified(number string) error {
	p.env.T.Helper()
	return p.decide(authn.Approve, number, false)
}

func (p *Phone) decide(kind authn.DecisionKind, number string, verify bool) error {
	p.env.T.Helper()
	return p.prepare(kind, number, verify)(context.Background())
}

// Prepared is an answer to the one open request that is signed, to be sent at the right moment, and as often as a test wants.
func (p *Phone) Prepared(kind authn.DecisionKind, number string) (send func(context.Context) error) {
	p.env.T.Helper()
	return p.prepare(kind, number, true)
}

func (p *Phone) prepare(kind authn.DecisionKind, number string, verify bool) (send func(context.Context) error) {
	p.env.T.Helper()
	raw, r := p.Open()
	d := wire.Decision{
		Device: p.ID, Audience: r.Issuer, ID: key.RandomID(16), IssuedAt: p.env.Now().Unix(), Request: r.ID,
		RequestHash: wire.HashText(raw), Kind: kind, Number: number, UV: authn.UVNone, Class: key.Software,
	}
	signer := p.device
	if kind == authn.Approve {
		if signer = p.approval; verify && r.UV != authn.UVUnneeded {
			d.UV = authn.UVPIN
		}
	}
	signed, err := wire.SignDecision(signer, d)
	p.env.must(err)
	return func(ctx context.Context) error {
		a, err := p.Decide(ctx, r.ID, signed)
		if err == nil {
			_, err = wire.VerifyReceipt(a.Receipt, p.Server().Identity, raw, signed)
		}
		return err
	}
}
