package authn

import (
	"errors"
	"time"
)

// Kind says what sort of failure an Error is; transports map it to a status. It is sent: append, never rename.
type Kind string

// The kinds.
const (
	Invalid      Kind = "invalid"      // the input is wrong and stays wrong
	Unauthorized Kind = "unauthorized" // who asks is not known or proved nothing
	Forbidden    Kind = "forbidden"    // known, but not allowed
	NotFound     Kind = "not_found"    // nothing there, or nothing of the one who asks
	Conflict     Kind = "conflict"     // someone was first
	Gone         Kind = "gone"         // it was there and never comes back
	TooMany      Kind = "too_many"     // later
	Unavailable  Kind = "unavailable"  // not now, through no fault of the caller
	Internal     Kind = "internal"     // ours; details only in the log
)

// Error is the one error type of Avow: a kind and a stable code for programs, a sentence for people that says what to do.
type Error struct {
	Kind       Kind
	Code       string        // snake_case, stable, e.g. session_claimed
	Message    string        // a sentence for people
	RetryAfter time.Duration // 0 when waiting does not help
	Left       int           // tries that are left; 0 when there is nothing to count
	Err        error         // what went wrong underneath; for logs only, never sent
}

// Error gives the code and the cause, for logs.
func (e *Error) Error() string {
	if e.Err != nil {
		return e.Code + ": " + e.Err.Error()
	}
	return e.Code + ": " + e.Message
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is makes two errors of one code the same to errors.Is.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Fail makes an error for people.
func Fail(kind Kind, code, message string) *Error {
	return &Error{Kind: kind, Code: code, Message: message}
}

// Because returns a copy with a cause for the log.
func (e *Error) Because(err error) *Error {
	c := *e
	c.Err = err
	return &c
}

// After returns a copy that says when to try again.
func (e *Error) After(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// WithLeft returns a copy that says how many tries are left.
func (e *Error) WithLeft(n int) *Error {
	c := *e
	c.Left = n
	return &c
}

// AsError finds the Error in err; anything else becomes "internal" with err as its cause, so nothing leaks.
func AsError(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{
		Kind: Internal, Code: "internal", Err: err,
		Message: "Something went wrong on the server. Try again; if it stays, tell the service desk.",
	}
}

// CodeOf returns the code of err, "" for nil and "internal" for errors of other types.
func CodeOf(err error) string {
	if err == nil {
		return ""
	}
	return AsError(err).Code
}
