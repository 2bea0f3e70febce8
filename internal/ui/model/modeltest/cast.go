package modeltest

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/platform/simulated"
	"avow/internal/ui/model"
	"avow/internal/wire"
)

// Now is the time in all pictures.
var Now = time.Date(2026, time.March, 3, 10, 32, 0, 0, time.Local)

// Account is Anna Lind's at Lund Energy.
func Account() phone.Account {
	return phone.Account{
		ID: "d_1", Issuer: "https://id.lundenergy.example", Host: "id.lundenergy.example", Organisation: "Lund Energy", Support: "046-555 01 00",
		Login: "anna.lind", Name: "Anna Lind", Status: phone.Connected, Since: Now.Add(-time.Hour), CheckedAt: Now.Add(-10 * time.Second),
		PasswordChangedAt: time.Date(2026, time.January, 12, 9, 0, 0, 0, time.Local),
		Last:              &phone.LastAnswer{Request: "r_0", Client: "LAPTOP-42", Kind: authn.Approve, At: Now},
	}
}

// SecondAccount is hers at another organization.
func SecondAccount() phone.Account {
	a := Account()
	a.ID, a.Issuer, a.Host, a.Organisation, a.Support = "d_2", "https://id.malmo.example", "id.malmo.example", "Malmö Harbour", ""
	a.Login, a.Last = "lind", nil
	return a
}

// Request asks for Anna, from Lund, with 1:34 left.
func Request(id authn.RequestID, match authn.MatchMode) phone.Request {
	deadline := Now.Add(94 * time.Second)
	return phone.Request{
		Account: "d_1", Deadline: deadline,
		ApprovalRequest: wire.ApprovalRequest{
			Issuer: "https://id.lundenergy.example", Device: "d_1", ID: id, IssuedAt: deadline.Unix() - 120, Expires: deadline.Unix(), User: "u_1",
			Login: "anna.lind", Client: wire.RequestClient{ID: "c_1", Name: "LAPTOP-42", Kind: authn.ClientComputer, Known: true}, Action: "sign_in",
			Origin: authn.Origin{IP: "203.0.113.7", Place: "Lund, Sweden"}, Match: match, Handle: authn.HashOf(Handle()), UV: "required",
		},
	}
}

// Handle is what the code on the screen that asks holds.
func Handle() key.Secret { return key.Secret("0123456789abcdef") }

// ApprovalLink is that code.
func ApprovalLink() string {
	return wire.ApprovalLink{Host: "id.lundenergy.example", Handle: Handle()}.Encode()
}

// RegistrationLink connects an account.
func RegistrationLink() string {
	return wire.RegistrationLink{Host: "id.lundenergy.example", Session: key.Secret("fedcba9876543210")}.Encode()
}

// Invitation is what that link leads to.
func Invitation() *phone.Invitation {
	return &phone.Invitation{
		Organisation: "Lund Energy", Host: "id.lundenergy.example", Support: "046-555 01 00", LoginMasked: "a•••a.lind", GoodUntil: Now.Add(10 * time.Minute),
	}
}

// Receipt is the proof of an answer.
func Receipt(kind authn.DecisionKind) phone.Receipt {
	return phone.Receipt{At: Now.Add(41 * time.Second), Client: "LAPTOP-42", Kind: kind, Receipt: "proof"}
}

// Open is the state of an app that is connected and unlocked, with requests.
func Open(requests ...phone.Request) phone.State {
	return phone.State{HasPIN: true, Accounts: []phone.Account{Account()}, Requests: requests}
}

// PIN is the one that Keys take.
const PIN = "482913"

// Keys makes a keystore in dir that takes PIN; its verify is what a command does that verifies the user.
func Keys(ctx context.Context, dir string, now func() time.Time) (verify func(context.Context) error, err error) {
	keys, err := keystore.Create(ctx, keystore.Options{Dir: dir, Now: now, Boot: simulated.Boot(now), KDF: keystore.MinKDF}, key.Software)
	if err != nil {
		return nil, err
	}
	if err := keys.SetPIN(ctx, key.Secret(PIN)); err != nil {
		return nil, err
	}
	if _, err := keys.Create(ctx, "approval", keystore.Approval); err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		use, err := keys.Use(ctx, "approval", platform.Prompt{Title: "Test"})
		if err == nil {
			use.Close()
		}
		return err
	}, nil
}

// Settings opens settings in dir that hold choices.
func Settings(dir string, c model.Choices) (*model.Settings, error) {
	data, err := json.Marshal(c)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "settings.json"), data, 0o600); err != nil {
		return nil, err
	}
	return model.OpenSettings(dir)
}

// Sensor is a fingerprint reader that is there and, if On, in use.
type Sensor struct{ On bool }

var _ model.Biometrics = (*Sensor)(nil)

// BiometricEnabled implements model.Biometrics.
func (s *Sensor) BiometricEnabled() bool { return s.On }

// EnableBiometric implements model.Biometrics.
func (s *Sensor) EnableBiometric(context.Context, key.Secret, platform.Prompt) error {
	s.On = true
	return nil
}

// DisableBiometric implements model.Biometrics.
func (s *Sensor) DisableBiometric(context.Context) error {
	s.On = false
	return nil
}
