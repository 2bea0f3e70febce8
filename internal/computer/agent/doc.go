// Package agent signs people in to this computer: it asks the server and falls back to package computer when the server does not
// answer, keeps the two in step, and refills the lists of codes. It is the daemon of avow-login without its socket; docs/protocol.md, sections 7
// and 9, is what it follows (OpenID CIBA Core 1.0 towards the server). It shows nothing: a sign-in is a row of Steps for whoever has a screen.
package agent
