package testenv

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/platform/simulated"
	"avow/internal/phone/telemetry"
	"avow/internal/wire"
)

// DefaultPIN is the PIN that Ready chooses.
var DefaultPIN = key.Secret("493817")

// OpenPhone makes or opens a phone in o.Dir that may talk to any server.
func OpenPhone(ctx context.Context, o PhoneOptions, c client.Options, log *slog.Logger) (*Phone, error) {
	p := &Phone{
		Dir: o.Dir, Sensor: simulated.NewSensor(o.Now, o.Ask), Camera: &simulated.Camera{}, Screen: &simulated.Screen{},
		Links: &simulated.Links{}, PIN: DefaultPIN,
	}
	opt := keystore.Options{Dir: o.Dir, Verifier: p.Sensor, Now: o.Now, Boot: o.Boot, KDF: o.KDF}
	if opt.Boot == nil {
		opt.Boot = simulated.Boot(o.Now)
	}
	if err := phone.FinishErase(ctx, opt); err != nil {
		return nil, fmt.Errorf("finish an erasure: %w", err)
	}
	var err error
	p.Keys, err = keystore.Open(ctx, opt)
	if errors.Is(err, keystore.ErrNoKeystore) {
		p.Keys, err = keystore.Create(ctx, opt, key.Software)
	}
	if err != nil {
		return nil, fmt.Errorf("open the phone's keystore: %w", err)
	}
	if o.Telemetry {
		if p.Reports, err = telemetry.Open(o.Dir, "1.0.0", o.Now); err != nil {
			return nil, err
		}
	}
	p.Core, err = phone.Open(ctx, phone.Config{
		Telemetry: p.Reports,
		Dir:       o.Dir, Keys: p.Keys, Client: c, Now: o.Now, Log: log,
		Platform: platform.Platform{Verifier: p.Sensor, Camera: p.Camera, Lifecycle: p.Screen, Guard: p.Screen, Links: p.Links},
		Device:   authn.DeviceInfo{Name: o.Name, Model: "Simulated phone", OS: "Avow simulator", App: "test"},
	})
	if err != nil {
		return nil, fmt.Errorf("open the phone: %w", err)
	}
	return p, nil
}

// Ready chooses the PIN and turns the fingerprint on.
func (p *Phone) Ready(ctx context.Context) error {
	if err := p.SetPIN(ctx, p.PIN); err != nil {
		return err
	}
	return p.Keys.EnableBiometric(ctx, p.PIN, platform.Prompt{Title: "Turn on fingerprint"})
}

// Connect registers the phone by a session's link, as Invite and Connect do; the page has not said Yes yet.
func (p *Phone) Connect(ctx context.Context, link string) (phone.Account, error) {
	l, err := wire.ParseLink(link)
	if err != nil {
		return phone.Account{}, err
	}
	r, ok := l.(wire.RegistrationLink)
	if !ok {
		return phone.Account{}, errors.New("not a registration link")
	}
	inv, err := p.Invite(ctx, r)
	if err != nil {
		return phone.Account{}, err
	}
	return p.Core.Connect(ctx, inv, platform.Prompt{Title: "Connect work account"})
}

// Register makes a session for the user, connects the phone and says Yes on the page's behalf.
func (e *Env) Register(ctx context.Context, p *Phone, login string, mode authn.BindingMode) (phone.Account, error) {
	s, err := e.AddSession(ctx, login, mode)
	if err != nil {
		return phone.Account{}, err
	}
	a, err := p.Connect(ctx, s.Link)
	if err != nil {
		return phone.Account{}, err
	}
	if _, err := e.Admin.ConfirmSession(ctx, login, wire.ConfirmSession{CheckWords: a.CheckWords, Reason: "test"}); err != nil {
		return phone.Account{}, err
	}
	return a, p.Sync(ctx)
}

// Computer is a relying party with its key: what people sign in to.
type Computer struct {
	*client.RelyingParty
	ID   authn.ClientID
	Name string
}

// AddComputer registers a computer by way of the administrator.
func (e *Env) AddComputer(ctx context.Context, id authn.ClientID, name string, match authn.MatchMode) (*Computer, error) {
	k, err := key.Generate()
	if err != nil {
		return nil, err
	}
	_, err = e.Admin.AddClient(ctx, wire.AddClient{
		ID: id, Name: name, Kind: authn.ClientComputer, Key: k.Key(), Match: match, Known: true, Reason: "test",
	})
	if err != nil {
		return nil, err
	}
	return &Computer{RelyingParty: client.NewRelyingParty(e.ClientServer(), id, k, e.ClientOptions()), ID: id, Name: name}, nil
}
