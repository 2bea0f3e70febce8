package wire

import (
	"crypto"
	"fmt"

	"avow/internal/authn"
	"avow/internal/key"
)

// Colleagues says who may bring the account back together; it is signed by a device's approval key. No login takes it back.
type Colleagues struct {
	Audience string                 `json:"aud"` // the server's issuer
	Device   authn.DeviceID         `json:"iss"`
	ID       string                 `json:"jti"`
	IssuedAt int64                  `json:"iat"`
	Logins   []string               `json:"logins"`
	Needed   int                    `json:"needed"` // how many of them have to say Yes
	UV       authn.UserVerification `json:"uv"`
}

// ColleaguesCommand carries it (POST /v1/colleagues).
type ColleaguesCommand struct {
	Statement string `json:"statement"` // JWS
}

// ColleaguesAnswer answers GET and POST /v1/colleagues.
type ColleaguesAnswer struct {
	Colleagues []Colleague `json:"colleagues"`
	Needed     int         `json:"needed"`
	Least      int         `json:"least"`      // by policy
	HoldHours  int         `json:"hold_hours"` // after the last Yes
}

// Colleague is one who was named.
type Colleague struct {
	Login string `json:"login"`
	Name  string `json:"name"`
	Ready bool   `json:"ready"` // has a phone that can be asked
}

// SignColleagues signs with the approval key.
func SignColleagues(s crypto.Signer, c Colleagues) (string, error) {
	return sign(s, TypeColleagues, "", nil, c)
}

// VerifyColleagues checks that the device's approval key has signed for this server.
func VerifyColleagues(raw string, approval key.Public, issuer string, device authn.DeviceID) (Colleagues, error) {
	t, err := open(raw, TypeColleagues)
	if err != nil {
		return Colleagues{}, err
	}
	var c Colleagues
	if err := t.verify(approval, true, &c); err != nil {
		return Colleagues{}, err
	}
	switch {
	case c.Audience != issuer || c.Device != device:
		return Colleagues{}, fmt.Errorf("%s: is for someone else", TypeColleagues)
	case !c.UV.Happened():
		return Colleagues{}, fmt.Errorf("%s: the user was not verified", TypeColleagues)
	case !jtiForm.MatchString(c.ID):
		return Colleagues{}, fmt.Errorf("%s: jti %.64q", TypeColleagues, c.ID)
	case len(c.Logins) > authn.MaxColleagues:
		return Colleagues{}, authn.ErrColleaguesMany
	}
	return c, nil
}

// RestoreAsk begins a restore by colleagues (POST /v1/restore/colleagues): a Restoration, without any proof.
type RestoreAsk struct {
	Statement string `json:"statement"` // JWS
}

// RestoreAsked answers it, in the same way for an account that nobody has and for one that has no colleagues: if there is one, a one-time code is on its way.
type RestoreAsked struct {
	State      authn.RestoreState `json:"state"`
	ExpiresAt  int64              `json:"expires_at"`
	ServerTime int64              `json:"server_time"`
}
