package authn

import (
	"time"

	"avow/internal/key"
)

// DebugLogID names a debug log that a user has sent: l_…
type DebugLogID string

// NewDebugLogID draws 128 random bits.
func NewDebugLogID() DebugLogID { return DebugLogID("l_" + key.RandomID(16)) }

// DebugLog is the debug log of an app, which its user has looked at and sent to the service desk. The app has left secrets out; the server takes it for text from outside.
type DebugLog struct {
	ID     DebugLogID
	Device DeviceID
	User   UserID
	At     time.Time
	Note   string // what the user wrote to it, at most MaxDebugNote characters; ""
	Text   string // lines, at most MaxDebugLog bytes
	Size   int    // bytes of Text, as the database counts them
}

// Limits of debug logs.
const (
	MaxDebugLog   = 256 << 10           // bytes
	MaxDebugNote  = 200                 // characters
	DebugLogKept  = 14 * 24 * time.Hour // then the server forgets it
	MaxDebugLogs  = 10                  // of one device at a time; the oldest goes
	DebugLogsADay = 10                  // of one device
)

// ErrDebugLogUnknown is answered when there is no such log, or no more.
var ErrDebugLogUnknown = Fail(NotFound, "log_unknown", "There is no debug log of this name. They are kept for 14 days.")
