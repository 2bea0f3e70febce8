// Package client is the typed HTTP client of an Avow server, for each of the three who talk to it: Device (a phone), Admin
// (the administrator's interface) and RelyingParty (OpenID CIBA Core 1.0, poll mode). It finds out whom it talks to before
// it says anything: the server's identity key is pinned by a QR or a credential, and the TLS key must be trusted by the
// WebPKI or be listed in metadata that the identity key signed (docs/protocol.md, section 2). It keeps nothing on disk, and
// it decides nothing: what a phone does with a request is package phone's.
//
// Every call ends within Options.Timeout, refuses answers that are too large, and fails with an *authn.Error whose sentence
// says what to do.
package client
