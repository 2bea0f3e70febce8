// Package restore gives an account back to somebody whose phones are gone, and keeps what she has left for that day (docs/protocol.md, section 11;
// NIST SP 800-63B-4, section 4.2). Routes of a phone that the server does not know yet, in their order: POST /v1/restore/start, /prove, /code, /resend,
// /state, /finish. Of the account's devices: POST /v1/restore/block, GET and PUT /v1/escrow, POST /v1/escrow/proven, POST /v1/escrow/delete,
// GET and POST /v1/colleagues. Without a code: POST /v1/restore/colleagues in place of /prove, /ask.
//
// A restore needs the restore code, and then a one-time code; no mail is sent before the first was proved. What a proof of the code did not show
// is told to nobody: a wrong code, an unknown user and one without restore get the same answer. Every step is one transaction, and each can be asked for
// again, so that a crash on either side loses nothing.
package restore
