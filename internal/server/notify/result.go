package notify

import "time"

// Outcome says what became of one message.
type Outcome byte

// The outcomes.
const (
	Again   Outcome = iota // not taken; later it may be
	Sent                   // taken by the mail server or the gateway
	Failed                 // refused, and would be again
	Unclear                // all was said, and there came no answer: it may have been taken
)

// Result is the outcome with its reason. Err is nil for Sent and holds no secret.
type Result struct {
	Outcome Outcome
	After   time.Duration // Again: not before this time is over, as the gateway asked; 0 when it did not
	Err     error
}

func again(err error) Result  { return Result{Outcome: Again, Err: err} }
func failed(err error) Result { return Result{Outcome: Failed, Err: err} }
