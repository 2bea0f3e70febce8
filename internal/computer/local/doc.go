// Package local is what the parts of avow-login say to each other on one machine: the PAM module and its helper in frames over the
// helper's standard input and output, the helper and the daemon in JSON over a Unix socket. Both are strict: what the other side would
// not have written ends the conversation, and an end without "let in" lets nobody in.
//
// It decides nothing. Who may ask the daemon is told by the kernel (SO_PEERCRED), never by what is sent.
package local
