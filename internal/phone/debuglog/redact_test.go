package debuglog_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/debuglog"
	"avow/internal/phone/debuglog/debuglogtest"
	"avow/internal/wire"
)

type stringer string

func (s stringer) String() string { return string(s) }

type jsoner struct{ Secret string }

func (j jsoner) MarshalJSON() ([]byte, error) { return json.Marshal(j.Secret) }

type failing string

func (f failing) Error() string { return string(f) }

// TestSecretsNeverInTheLog_R124: 60 shapes, each in every way in which a value can be handed to the log, with details on: none is in it.
func TestSecretsNeverInTheLog_R124(t *testing.T) {
	b := debuglog.Open(debuglog.Options{Lines: 100_000})
	b.Detail(time.Now().Add(time.Hour))
	log := slog.New(b)
	corpus := debuglogtest.Corpus(t)
	for _, s := range corpus {
		plain := errors.New(s)
		for _, v := range []any{
			s, []byte(s), &s,
			[]string{s},
			map[string]string{s: s},
			struct{ S string }{s},
			stringer(s),
			jsoner{s},
			json.RawMessage(`"` + s + `"`),
			plain, failing(s), fmt.Errorf("it says %q", s), fmt.Errorf("it says %s: %w", s, plain), errors.Join(plain, plain),
			authn.Fail(authn.Invalid, s, s), authn.Fail(authn.Invalid, "bad_link", s).Because(plain),
			wire.Problem{Code: s, Title: s},
			&fs.PathError{Op: s, Path: s, Err: plain}, &url.Error{Op: s, URL: s, Err: plain}, &net.OpError{Op: s, Net: s, Err: plain},
			&net.DNSError{Err: s, Name: s, Server: s}, &json.UnmarshalTypeError{Value: s, Field: s},
			authn.DeviceID(s), authn.RequestID(s), authn.RestoreID(s), authn.RegistrationID(s), authn.DuplicateID(s), authn.UserID(s), authn.RequestState(s), authn.DecisionKind(s),
			key.Secret(s),
			wire.Claim{Session: wire.SessionSecret{Secret: key.Secret(s)}},
			phone.Request{},
			phone.Account{Login: s, Name: s, Host: s, Issuer: s, Organisation: s},
			slog.GroupValue(slog.String("in", s), slog.Any("err", plain)),
		} {
			log.Debug("a value", "v", v)
			log.With("before", v).WithGroup("g").Info("with", "v", v)
		}
		b.Note("a note", fmt.Errorf("said %s", s))
		func() {
			defer func() { b.Crash("it broke", debuglog.Crashed(recover(), "0.1.0", time.Now())) }()
			panic(s)
		}()
		func() {
			defer func() { b.Crash("it broke", debuglog.Crashed(recover(), "0.1.0", time.Now())) }()
			panic(plain)
		}()
	}
	text := b.Text()
	if len(text) < 10_000 {
		t.Fatalf("the log has %d bytes only: nothing to look through", len(text))
	}
	if found := debuglogtest.Find(corpus, text); len(found) > 0 {
		t.Errorf("in the log: %q", found)
	}
	if strings.Contains(text, "forged") || strings.ContainsAny(text, "\x1b\u202e\r") {
		t.Error("a text from outside breaks the log's lines")
	}
}

// TestWhatIsWritten: the log says what the program itself knows, or it would be of no use.
func TestWhatIsWritten(t *testing.T) {
	device := authn.NewDeviceID()
	for want, v := range map[string]any{
		"3":              3,
		"true":           true,
		"1.5s":           1500 * time.Millisecond,
		string(device):   device,
		"request_closed": phone.RequestClosed,
		"approved":       authn.RequestApproved,
		"[text]":         "anything",
		"[hidden]":       struct{ A int }{1},
		"[redacted]":     key.NewSecret(8),
		"device_revoked": authn.ErrDeviceRevoked,
		"not_found: connect: connection refused": authn.Fail(authn.NotFound, "not_found", "No.").Because(
			&net.OpError{Op: "dial", Net: "tcp", Err: fmt.Errorf("x: %w", syscall.ECONNREFUSED)}),
		"context deadline exceeded":       fmt.Errorf("asking: %w", context.DeadlineExceeded),
		"open: no such file or directory": &fs.PathError{Op: "open", Path: "/home/anna", Err: syscall.ENOENT},
		"[errors.errorString]":            errors.New("anything"),
	} {
		b := debuglog.Open(debuglog.Options{})
		slog.New(b).Warn("it", "v", v)
		if want == "not_found: connect: connection refused" {
			want = "not_found: dial: connection refused"
		}
		text := b.Text()
		if !strings.Contains(text, "v="+want+" at=redact_test.go:") {
			t.Errorf("want %q in %q", want, text)
		}
	}
}
