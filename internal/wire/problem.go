package wire

import (
	"time"

	"avow/internal/authn"
)

// ProblemType is the media type of errors (RFC 9457).
const ProblemType = "application/problem+json"

// Problem is an error as it is sent.
type Problem struct {
	Status     int        `json:"status"`
	Kind       authn.Kind `json:"kind"`
	Code       string     `json:"code"`
	Title      string     `json:"title"`                 // the sentence for people
	RetryAfter int        `json:"retry_after,omitempty"` // seconds
	TriesLeft  int        `json:"tries_left,omitempty"`
}

// NewProblem turns an error into what may be sent of it.
func NewProblem(err error) Problem {
	e := authn.AsError(err)
	return Problem{
		Status: statusOf(e.Kind), Kind: e.Kind, Code: e.Code, Title: e.Message, TriesLeft: e.Left,
		RetryAfter: int((e.RetryAfter + time.Second - 1) / time.Second),
	}
}

// maxRetryAfter bounds, in seconds, what a server can make us wait; more would overflow a Duration and mean "at once".
const maxRetryAfter = 24 * 60 * 60

// Err turns a received problem back into an error, its texts cleaned.
func (p Problem) Err() error {
	wait := min(max(p.RetryAfter, 0), maxRetryAfter)
	return &authn.Error{
		Kind: p.Kind, Code: authn.CleanText(p.Code, 64), Message: authn.CleanText(p.Title, 300), Left: max(0, p.TriesLeft), RetryAfter: time.Duration(wait) * time.Second,
	}
}

func statusOf(k authn.Kind) int {
	switch k {
	case authn.Invalid:
		return 400
	case authn.Unauthorized:
		return 401
	case authn.Forbidden:
		return 403
	case authn.NotFound:
		return 404
	case authn.Conflict:
		return 409
	case authn.Gone:
		return 410
	case authn.TooMany:
		return 429
	case authn.Unavailable:
		return 503
	}
	return 500
}
