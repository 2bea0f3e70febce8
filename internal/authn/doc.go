// Package authn is the domain of Avow: users, devices, registration sessions, approval requests, clients, policies, and
// when each is valid. It does no I/O and has no clock: every rule takes the time as an argument and returns the new value
// or an *Error. Stores keep these types; package wire says how they travel. Terms follow NIST SP 800-63B-4 and OpenID
// CIBA Core 1.0 by the glossary in docs/glossary.md.
package authn
