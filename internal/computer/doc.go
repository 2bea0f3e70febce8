// Package computer decides who may sign in to a computer while its server cannot be asked: by a code that a phone computes
// for a QR on the screen, by the next code of a phone's list, or by one that the service desk reads out (docs/protocol.md,
// section 7). It holds public keys and hashes only, so that nobody who reads its disk can make a code. It talks to nobody: what the
// server says is verified by the caller and handed in, what the server should know is handed out.
package computer
