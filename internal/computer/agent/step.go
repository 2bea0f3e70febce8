package agent

import (
	"context"
	"time"

	"avow/internal/authn"
	"avow/internal/wire"
)

// Ask is a sign-in that a host wants to be decided. Nothing in it is trusted: it says what to ask and what to show.
type Ask struct {
	Login   string              // who signs in, as typed
	Service string              // sudo, sshd
	TTY     string              // pts/3; may be empty
	RHost   string              // from where; may be empty
	Offline authn.OfflinePolicy // of the host; the narrower of this and the server's counts; "" is no wish
	Match   authn.MatchMode     // how the question is to be tied to the screen; "" leaves it to the server, which never takes less than its policy
	Timeout time.Duration       // how long the host waits for an answer; 0 leaves it to the server
}

// Step is where a sign-in stands: Approve, Offline, Done or Refused. After Done and Refused there is nothing more to do.
type Step interface{ step() }

// Approve waits for a Yes on the phone.
type Approve struct {
	Computer string          `json:"computer"`
	Match    authn.MatchMode `json:"match"`
	Number   string          `json:"number,omitempty"` // six digits to type on the phone
	QR       string          `json:"qr"`               // an ApprovalLink, for who would rather scan
	Left     time.Duration   `json:"left"`
	Offline  bool            `json:"offline,omitempty"` // GoOffline is allowed though the server answers
	Back     bool            `json:"back,omitempty"`    // the server did not answer before
}

// Offline waits for a typed code.
type Offline struct {
	Computer  string              `json:"computer"`
	Challenge string              `json:"challenge,omitempty"` // an OfflineLink to show as a QR; "" while there is none
	Prefix    string              `json:"prefix"`              // with which the codes of a list for this computer begin
	First     authn.OfflineMethod `json:"first,omitempty"`     // by which this user signed in last
	Left      time.Duration       `json:"left"`                // of the challenge
	Why       string              `json:"why"`                 // WhyServer or WhyChosen
	Notice    *Notice             `json:"notice,omitempty"`    // what became of the code that was typed
}

// Why a sign-in went offline.
const (
	WhyServer = "server" // it does not answer
	WhyChosen = "chosen"
)

// Notice says why a typed code did not let in and that another may.
type Notice struct {
	Code  string        `json:"code"` // of an authn.Error
	Text  string        `json:"text"` // its sentence
	Left  int           `json:"left,omitempty"`
	After time.Duration `json:"after,omitempty"` // before that every code is refused
}

// Done lets the user in. It is the only step that does.
type Done struct {
	Login string `json:"login"` // as asked
	How   string `json:"how"`   // HowApproved, or an authn.OfflineMethod
	// Token is what the server says of a sign-in that was approved; nil without a network, and to helpers.
	Token *wire.IDToken `json:"-"`
}

// HowApproved is a Yes on the phone.
const HowApproved = "approved"

// Refused lets nobody in.
type Refused struct {
	Kind  authn.Kind    `json:"kind"`
	Code  string        `json:"code"` // of an authn.Error
	Text  string        `json:"text"` // its sentence
	After time.Duration `json:"after,omitempty"`
}

func (Approve) step() {}
func (Offline) step() {}
func (Done) step()    {}
func (Refused) step() {}

// RefusedFor is the step for an error; one that is not an authn.Error becomes "internal", and its text stays here.
func RefusedFor(err error) Refused {
	e := authn.AsError(err)
	text := e.Message
	if e.Kind == authn.Internal {
		text = "Something went wrong on this computer. Try again; if it stays, tell the service desk."
	}
	return Refused{Kind: e.Kind, Code: e.Code, Text: text, After: e.RetryAfter}
}

// SignIn is one sign-in, in this process or behind a socket. Its methods are called one after the other, Start first. An error of any kind
// is a Refused.
type SignIn interface {
	Start(ctx context.Context) Step
	// Check returns as soon as something is decided, or after wait. Offline it tries whether the server is back.
	Check(ctx context.Context, wait time.Duration) Step
	// GoOffline takes the open question back; it is refused unless the policy is allow.
	GoOffline(ctx context.Context) Step
	// Code tries a typed code.
	Code(ctx context.Context, typed string) Step
	// Cancel ends the sign-in and takes an open question back. It may be called at any time, also twice.
	Cancel()
}
