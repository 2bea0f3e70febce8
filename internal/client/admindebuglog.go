package client

import (
	"context"
	"net/http"

	"avow/internal/authn"
	"avow/internal/wire"
)

// DebugLogs lists the debug logs that a user has sent, that all have with an empty login, without their text.
func (a *Admin) DebugLogs(ctx context.Context, login string) ([]wire.DebugLogEntry, error) {
	var out wire.DebugLogList
	err := a.list(ctx, "debug-logs", login, &out)
	return out.Logs, err
}

// DebugLog fetches one, which the server's audit log tells. authn.ErrDebugLogUnknown when there is none, or no more.
func (a *Admin) DebugLog(ctx context.Context, id authn.DebugLogID) (wire.DebugLogEntry, error) {
	var out wire.DebugLogEntry
	if !authn.ValidID("l_", string(id)) {
		return out, authn.ErrDebugLogUnknown
	}
	err := a.prove(ctx, http.MethodGet, "/v1/admin/debug-logs/"+string(id), "", nil, &out, a.kid)
	return out, err
}

// Telemetry fetches what the usage reports add up to.
func (a *Admin) Telemetry(ctx context.Context) (wire.TelemetrySums, error) {
	var out wire.TelemetrySums
	err := a.prove(ctx, http.MethodGet, "/v1/admin/telemetry", "", nil, &out, a.kid)
	return out, err
}
