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
	Grant       string `json:"avow_grant,omitempty"` // for an enrolled computer: a Grant as JWS
}

// Discovery is what a relying party has to know (OpenID Connect Discovery 1.0, section 3; CIBA Core 1.0, section 4).
type Discovery struct {
	Issuer               string   `json:"issuer"`
	JWKSURI              string   `json:"jwks_uri"`
	TokenEndpoint        string   `json:"token_endpoint"`
	BackchannelEndpoint  string   `json:"backchannel_authentication_endpoint"`
	CancelEndpoint       string   `json:"avow_cancel_endpoint"`
	DeliveryModes        []string `json:"backchannel_token_delivery_modes_supported"`
	UserCode             bool     `json:"backchannel_user_code_parameter_supported"`
	GrantTypes           []string `json:"grant_types_supported"`
	ResponseTypes        []string `json:"response_types_supported"` // none: there is no authorization endpoint
	SubjectTypes         []string `json:"subject_types_supported"`
	IDTokenAlgs          []string `json:"id_token_signing_alg_values_supported"`
	TokenAuthMethods     []string `json:"token_endpoint_auth_methods_supported"`
	TokenAuthAlgs        []string `json:"token_endpoint_auth_signing_alg_values_supported"`
	Scopes               []string `json:"scopes_supported"`
	Claims               []string `json:"claims_supported"`
	ACRs                 []string `json:"acr_values_supported"`
	RequestParameter     bool     `json:"request_parameter_supported"`
	RequestURIParameter  bool     `json:"request_uri_parameter_supported"` // true where it is not said
	ClaimsParameter      bool     `json:"claims_parameter_supported"`
	ServiceDocumentation string   `json:"service_documentation,omitempty"`
}

// DiscoveryPath is where Discovery is found.
const DiscoveryPath = "/.well-known/openid-configuration"

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
	ACROffline          = "urn:avow:offline" // decided by the computer alone; in no ID token
	ParamAgent          = "avow_agent"       // what runs on the client: Linux console
	ParamIP             = "avow_ip"          // where the person sits, as the client sees it
	ParamSameDevice     = "avow_same_device" // true: the sign-in runs on the phone itself, which CIBA is not for
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
	ErrInvalidScope     = "invalid_scope"
	ErrBindingMessage   = "invalid_binding_message"
	ErrTemporarily      = "temporarily_unavailable"
	ErrServer           = "server_error"
)
