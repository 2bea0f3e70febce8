package phone

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"avow/internal/authn"
	"avow/internal/phone/platform"
	"avow/internal/wire"
)

// ShowCodeFor is how long a code stays on the screen.
const ShowCodeFor = time.Minute

// warnOff is how far a computer's clock may be off before the person is warned.
const warnOff = 10 * time.Minute

// Challenge is what a scanned O code says, for the person to look at before there is a code: which computer it is, and what its
// clock says.
type Challenge struct {
	Computer Computer
	Link     wire.OfflineLink
	Clock    time.Time     // the computer's
	Off      time.Duration // the computer's clock less the best time that is known here
	Warn     bool          // it is off by more than ten minutes
}

// OfflineCode is a code to type at a computer. It redacts itself: only Text has the code.
type OfflineCode struct {
	Computer Computer
	Text     string `json:"-"` // "4821 9930" for a QR, "7K QM2X RD4T" from a list
	Method   authn.OfflineMethod
	Number   int       // from 1, of a list's code
	Left     int       // codes of the list that come after this one
	Until    time.Time // hide it then
}

// String keeps the code out of logs.
func (o OfflineCode) String() string {
	return fmt.Sprintf("offline code for %s [redacted]", o.Computer.ID)
}

// GoString keeps the code out of logs.
func (o OfflineCode) GoString() string { return o.String() }

// Format keeps the code out of logs.
func (o OfflineCode) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(o.String())) }

// LogValue keeps the code out of logs.
func (o OfflineCode) LogValue() slog.Value { return slog.StringValue(o.String()) }

// OfflineChallenge finds the computer of a scanned O code. It asks nobody. Errors: authn.ErrGrantUnknown, also for a host that is not the account's;
// authn.ErrGrantOver, authn.ErrGrantRevoked, authn.ErrGrantStolen.
func (c *Core) OfflineChallenge(link wire.OfflineLink) (Challenge, error) {
	return Challenge{}, authn.ErrGrantUnknown
}

// OfflineCode verifies the user, notes the code durably and makes it. The same challenge again gives the same code. Errors are those of
// OfflineChallenge, of keystore.Use and of storing.
func (c *Core) OfflineCode(ctx context.Context, ch Challenge, p platform.Prompt) (OfflineCode, error) {
	return OfflineCode{}, authn.ErrGrantUnknown
}

// ListCode verifies the user and shows the present code of a computer's list: the same one for listCodeFor, then the next. Errors are those of
// OfflineCode, and ErrListEmpty.
func (c *Core) ListCode(ctx context.Context, grant authn.GrantID, p platform.Prompt) (OfflineCode, error) {
	return OfflineCode{}, authn.ErrGrantUnknown
}

// NextListCode is ListCode for a person whose code did not work: it goes on to the next one at once.
func (c *Core) NextListCode(ctx context.Context, grant authn.GrantID, p platform.Prompt) (OfflineCode, error) {
	return OfflineCode{}, authn.ErrGrantUnknown
}

// ErrListEmpty means that no code of a computer's list is left, or that there is none.
var ErrListEmpty = authn.Fail(authn.Gone, "list_empty", "There are no more codes in this computer's list. Scan the code on its screen, or sign in to it once with a network.")
