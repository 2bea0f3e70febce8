package wire

import "avow/internal/authn"

// BackchannelAnswer answers /bc-authorize (CIBA Core 1.0, section 7.3) with what the login screen has to show.
type BackchannelAnswer struct {
	AuthReqID string          `json:"auth_req_id"`
	ExpiresIn int             `json:"expires_in"` // seconds
	Interval  int             `json:"interval"`   // seconds
	Match     authn.MatchMode `json:"avow_match"`
	Number    string          `json:"avow_number,omitempty"` // six digits
	QR        string          `json:"avow_qr"`               // an ApprovalLink
}

// TokenAnswer answers /token (OpenID Connect Core 1.0, section 3.1.3.3).
type TokenAnswer struct {
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"`
	IDToken     string `json:"id_token"`
}

// OAuthError is an error of the relying party's side (RFC 6749, section 5.2; CIBA, sections 11 and 13).
type OAuthError struct {
	Code        string `json:"error"`
	Description string `json:"error_description,omitempty"`
}

// Error gives code and description.
func (e *OAuthError) Error() string { return e.Code + ": " + e.Description }

// Names of CIBA's and RFC 7523's parameters.
const (
	GrantCIBA           = "urn:openid:params:grant-type:ciba"
	AssertionJWT        = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	ClaimAuthReqID      = "urn:openid:params:jwt:claim:auth_req_id"
	ACRNumber           = "urn:avow:number"
	ACRQR               = "urn:avow:qr"
	ACRTap              = "urn:avow:tap"
	ParamAgent          = "avow_agent" // what runs on the client: Linux console
	ParamIP             = "avow_ip"    // where the person sits, as the client sees it
	ErrAuthPending      = "authorization_pending"
	ErrSlowDown         = "slow_down"
	ErrAccessDenied     = "access_denied"
	ErrExpiredToken     = "expired_token"
	ErrInvalidGrant     = "invalid_grant"
	ErrInvalidClient    = "invalid_client"
	ErrInvalidRequest   = "invalid_request"
	ErrUnknownUser      = "unknown_user_id"
	ErrUnauthorized     = "unauthorized_client"
	ErrUnsupportedGrant = "unsupported_grant_type"
)
