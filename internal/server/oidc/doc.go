// Package oidc is the relying party's side of the server: OpenID Connect CIBA Core 1.0 in poll mode, with clients that prove
// themselves by private_key_jwt (OpenID Connect Core 1.0, section 9; RFC 7523) and nothing else. There is no authorization
// endpoint, no client secret and no refresh token. Asking people is package approval's; this package is its HTTP for clients.
//
// Routes: GET /.well-known/openid-configuration, GET /oidc/jwks, POST /oidc/bc-authorize, POST /oidc/token, POST /oidc/bc-cancel
// (ours: takes an open request back).
//
// Beyond the standard: the parameters avow_agent, avow_ip, avow_same_device and nonce of /oidc/bc-authorize, and the members avow_match,
// avow_number and avow_qr of its answer, which a login screen has to show; avow_grant of the answer of
// /oidc/token, which package offline makes for an enrolled computer. A client that ignores them works when its policy
// is tap, or when it shows the binding of its own page in another way.
//
// Who cannot be asked - a name that nobody has, a blocked user, one without a phone - gets one answer for all three,
// unknown_user_id: it tells an authenticated client all that it needs, and nothing about who exists.
package oidc
