package authn

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestAsError(t *testing.T) {
	cause := errors.New("disk on fire at /var/lib/avow, pin 1234")
	wrapped := fmt.Errorf("claim: %w", ErrSessionClaimed.Because(cause))
	tests := []struct {
		name string
		err  error
		kind Kind
		code string
	}{
		{"ours", ErrSessionClaimed, Conflict, "session_claimed"},
		{"ours, wrapped, with a cause", wrapped, Conflict, "session_claimed"},
		{"foreign", cause, Internal, "internal"},
		{"foreign, wrapped", fmt.Errorf("save: %w", cause), Internal, "internal"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := AsError(tt.err)
			if e.Kind != tt.kind || e.Code != tt.code || CodeOf(tt.err) != tt.code {
				t.Errorf("got kind %q, code %q", e.Kind, e.Code)
			}
			if strings.Contains(e.Message, "disk") || strings.Contains(e.Message, "1234") {
				t.Errorf("the cause is in the message for people: %q", e.Message)
			}
		})
	}
	if CodeOf(nil) != "" {
		t.Errorf("CodeOf(nil) = %q", CodeOf(nil))
	}
	if !errors.Is(wrapped, ErrSessionClaimed) || !errors.Is(wrapped, cause) || errors.Is(wrapped, ErrSessionUsed) {
		t.Error("errors.Is goes by something else than the code and the cause")
	}
	if ErrSessionClaimed.Err != nil || ErrSessionClaimed.After(time.Second).RetryAfter != time.Second || ErrSessionClaimed.RetryAfter != 0 {
		t.Error("Because or After change the shared value")
	}
	if got := wrapped.Error(); !strings.Contains(got, "session_claimed") || !strings.Contains(got, "disk on fire") {
		t.Errorf("the log gets %q", got)
	}
}
