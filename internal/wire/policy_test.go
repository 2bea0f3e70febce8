package wire

import (
	"testing"

	"avow/internal/authn"
)

// TestRegistrationSaysWhatItsKeyDemands: only a key whose policy is "off" may be registered without a verification (A4).
func TestRegistrationSaysWhatItsKeyDemands(t *testing.T) {
	for _, tt := range []struct {
		policy, want authn.UVPolicy
		uv           authn.UserVerification
	}{
		{"", authn.UVEachApproval, authn.UVPIN},
		{"", "", authn.UVNone},
		{authn.UVEachApproval, authn.UVEachApproval, authn.UVPIN},
		{authn.UVEachApproval, "", authn.UVNone},
		{authn.UVRegistration, authn.UVRegistration, authn.UVBiometric},
		{authn.UVRegistration, "", authn.UVNone},
		{authn.UVOff, authn.UVOff, authn.UVNone},
		{authn.UVOff, authn.UVOff, authn.UVDevice},
		{authn.UVOff, "", ""},
		{"never", "", authn.UVPIN},
	} {
		c := registrationClaims()
		c.Verifies, c.UV = tt.policy, tt.uv
		raw, err := SignRegistration(keys["approval"], c)
		if err != nil {
			t.Fatal(err)
		}
		got, err := VerifyRegistration(raw)
		if (err == nil) != (tt.want != "") || got.Verifies != tt.want {
			t.Errorf("policy %q, uv %q: %q, %v; want %q", tt.policy, tt.uv, got.Verifies, err, tt.want)
		}
	}
}

// TestRequestDemands: a phone takes the three words and no other.
func TestRequestDemands(t *testing.T) {
	for word, ok := range map[authn.UVDemand]bool{authn.UVRequired: true, authn.UVPreferred: true, authn.UVUnneeded: true, "": false, "None": false, "off": false} {
		c := requestClaims()
		c.UV = word
		raw, err := SignApprovalRequest(keys["identity"], c)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := VerifyApprovalRequest(raw, keys["identity"].Key(), issuer, deviceID, userID); (err == nil) != ok {
			t.Errorf("uv %q: %v", word, err)
		}
	}
}
