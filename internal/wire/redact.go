package wire

import (
	"fmt"
	"log/slog"
)

// Messages that carry a secret which must be sent: JSON has it, so that the other side gets it; prints and logs say only what the
// message is. slog asks LogValue before it makes JSON; fmt asks Format before it walks the fields.

func redact(f fmt.State, what string) { _, _ = f.Write([]byte(what + " [redacted]")) }

// LogValue keeps the session out of logs.
func (Claim) LogValue() slog.Value { return slog.StringValue("claim [redacted]") }

// Format keeps the session out of prints.
func (Claim) Format(f fmt.State, _ rune) { redact(f, "claim") }

// LogValue keeps number and handle out of logs.
func (d Decision) LogValue() slog.Value { return slog.StringValue(d.title() + " [redacted]") }

// Format keeps number and handle out of prints.
func (d Decision) Format(f fmt.State, _ rune) { redact(f, d.title()) }

func (d Decision) title() string { return fmt.Sprintf("decision on %q", string(d.Request)) }

// LogValue keeps link and page out of logs.
func (s AddedSession) LogValue() slog.Value { return slog.StringValue(s.title() + " [redacted]") }

// Format keeps link and page out of prints.
func (s AddedSession) Format(f fmt.State, _ rune) { redact(f, s.title()) }

func (s AddedSession) title() string { return fmt.Sprintf("session %q", string(s.ID)) }

// LogValue keeps auth_req_id, number and QR out of logs.
func (BackchannelAnswer) LogValue() slog.Value {
	return slog.StringValue("bc-authorize answer [redacted]")
}

// Format keeps auth_req_id, number and QR out of prints.
func (BackchannelAnswer) Format(f fmt.State, _ rune) { redact(f, "bc-authorize answer") }

// LogValue keeps the tokens out of logs.
func (TokenAnswer) LogValue() slog.Value { return slog.StringValue("token answer [redacted]") }

// Format keeps the tokens out of prints.
func (TokenAnswer) Format(f fmt.State, _ rune) { redact(f, "token answer") }

// LogValue keeps the token out of logs.
func (EnrollComputer) LogValue() slog.Value { return slog.StringValue("enroll [redacted]") }

// Format keeps the token out of prints.
func (EnrollComputer) Format(f fmt.State, _ rune) { redact(f, "enroll") }

// LogValue keeps the link out of logs.
func (c AddedComputer) LogValue() slog.Value { return slog.StringValue(c.title() + " [redacted]") }

// Format keeps the link out of prints.
func (c AddedComputer) Format(f fmt.State, _ rune) { redact(f, c.title()) }

func (c AddedComputer) title() string { return fmt.Sprintf("computer %q", string(c.ID)) }

// LogValue keeps the code out of logs.
func (DeskCode) LogValue() slog.Value { return slog.StringValue("service desk code [redacted]") }

// Format keeps the code out of prints.
func (DeskCode) Format(f fmt.State, _ rune) { redact(f, "service desk code") }
