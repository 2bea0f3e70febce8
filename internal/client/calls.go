package client

import (
	"context"
	"log/slog"
	"strings"
	"time"

	"avow/internal/wire"
)

// route is a path as it is logged: the words of the protocol, and "{}" for whatever names something.
type route string

// LogValue implements slog.LogValuer.
func (r route) LogValue() slog.Value {
	parts := strings.Split(string(r), "/")
	for i, p := range parts {
		if strings.Trim(p, "abcdefghijklmnopqrstuvwxyz-_") != "" && p != "v1" || strings.Contains(p, "_") {
			parts[i] = "{}"
		}
	}
	return slog.StringValue(strings.Join(parts, "/"))
}

// verb is a method of HTTP as it is logged.
type verb string

// LogValue implements slog.LogValuer.
func (v verb) LogValue() slog.Value { return slog.StringValue(string(v)) }

// note logs a call at debug level: what was asked and what came of it, and nothing of what was sent or answered.
func (o Options) note(ctx context.Context, method, path string, began time.Time, status int, err error) {
	if o.Log == nil || !o.Log.Enabled(ctx, slog.LevelDebug) {
		return
	}
	attrs := []any{"method", verb(method), "route", route(path), "took", time.Since(began).Round(time.Millisecond)}
	if status != 0 {
		attrs = append(attrs, "status", status)
	}
	if err != nil {
		attrs = append(attrs, "err", err)
	}
	o.Log.DebugContext(ctx, "call", attrs...)
}

// SendTelemetry sends a report. It opens a connection of its own, which carries nothing else, neither before nor after, and names nobody: no proof, no cookie, no name of
// the program. authn.ErrTelemetryOff where the organisation takes none.
func SendTelemetry(parent context.Context, s Server, t wire.Telemetry, o Options) error {
	o.Agent = ""
	p := prover{conn: newConn(s, o), limit: wire.MaxBody}
	defer p.Close()
	return p.plain(parent, wire.TelemetryPath, t, nil)
}
