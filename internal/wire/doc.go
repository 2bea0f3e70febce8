// Package wire holds everything that crosses a QR, the network or a signature: links, metadata, registration, device
// request proofs, approval requests and decisions, and the administrator's messages. For each it encodes, parses strictly, signs and verifies; it
// refuses what it would not have written. It opens no connection and has no clock. docs/protocol.md describes the
// bytes; testdata holds the vectors. Standards: JWS (RFC 7515), JWK (RFC 7517), DPoP's shape (RFC 9449), problem
// details (RFC 9457), CIBA Core 1.0.
package wire
