// Package api is the small layer between HTTP and the flows: handlers that return an error, bodies read strictly, answers and
// problems written in one way. It knows no flow.
package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strconv"

	"avow/internal/authn"
	"avow/internal/wire"
)

// Handler answers a request or returns an error, which becomes a problem (RFC 9457).
type Handler func(w http.ResponseWriter, r *http.Request) error

// Handle adapts h for a mux. Internal errors are logged with their cause; everything else is the caller's mistake and
// is logged at debug level by its code only. The route's pattern is logged and never the path: a path is written by who asks (R-124,
//
func Handle(log *slog.Logger, h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil {
			return
		}
		e := authn.AsError(err)
		switch {
		case errors.Is(err, context.Canceled):
			log.DebugContext(r.Context(), "client went away", "route", r.Pattern)
		case e.Kind == authn.Internal:
			log.ErrorContext(r.Context(), "request failed", "route", r.Pattern, "err", err)
		default:
			log.DebugContext(r.Context(), "request refused", "route", r.Pattern, "code", e.Code)
		}
		Problem(w, err)
	})
}

// Problem writes an error as problem details.
func Problem(w http.ResponseWriter, err error) {
	p := wire.NewProblem(err)
	if p.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(p.RetryAfter))
	}
	w.Header().Set("Content-Type", wire.ProblemType)
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the client went away: nobody to tell
}

// Write answers with JSON.
func Write(w http.ResponseWriter, status int, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b)
	return nil
}

// ErrBody is answered to a body that is too large or cannot be read.
var ErrBody = authn.Fail(authn.Invalid, "bad_body", "The request cannot be read. Update the app and try again.")

// Body reads at most wire.MaxBody bytes.
func Body(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	return readBody(w, r, wire.MaxBody)
}

// LargeBody reads at most wire.MaxLargeBody bytes, for the few routes that take a file.
func LargeBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	return readBody(w, r, wire.MaxLargeBody)
}

func readBody(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if err != nil {
		return nil, ErrBody.Because(err)
	}
	return b, nil
}

// Decode reads a command strictly.
func Decode(body []byte, into any) error { return decoded(wire.DecodeCommand(body, into)) }

// DecodeLarge reads a command of LargeBody strictly.
func DecodeLarge(body []byte, into any) error { return decoded(wire.DecodeLargeCommand(body, into)) }

func decoded(err error) error {
	if err != nil {
		return ErrBody.Because(err)
	}
	return nil
}
