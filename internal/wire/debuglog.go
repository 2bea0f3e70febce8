package wire

import (
	"time"

	"avow/internal/authn"
)

// DebugLogPath takes a SendDebugLog (POST), proved by the device's key.
const DebugLogPath = "/v1/device/log"

// SendDebugLog is a debug log for the service desk, as its user saw it before she sent it.
type SendDebugLog struct {
	Note string `json:"note,omitempty"` // at most authn.MaxDebugNote characters
	Log  string `json:"log"`            // at most authn.MaxDebugLog bytes
}

// SentDebugLog answers it.
type SentDebugLog struct {
	ID    authn.DebugLogID `json:"id"`
	Until int64            `json:"until"` // unix seconds; forgotten then
}

// DebugLogList answers GET /v1/admin/debug-logs: the newest first, without their text.
type DebugLogList struct {
	Logs []DebugLogEntry `json:"logs"`
}

// DebugLogEntry is a log that somebody has sent.
type DebugLogEntry struct {
	ID       authn.DebugLogID `json:"id"`
	UserName string           `json:"user_name"`
	Device   authn.DeviceID   `json:"device"`
	Name     string           `json:"name"` // of the device
	At       time.Time        `json:"at"`
	Until    time.Time        `json:"until"`
	Bytes    int              `json:"bytes"`
	Note     string           `json:"note,omitempty"`
	Log      string           `json:"log,omitempty"` // of GET /v1/admin/debug-logs/{id} only
}
