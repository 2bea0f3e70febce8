package server

import (
	"context"
	"net/http"
	"sync"
	"time"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/site"
)

// readyFor is how long one look at the database answers everybody: a check writes, and anybody may ask.
const readyFor = time.Second

// health answers GET /healthz and GET /readyz.
type health struct {
	site *site.Site
	mu   sync.Mutex
	at   time.Time
	err  error
}

func newHealth(s *site.Site) *health { return &health{site: s} }

var (
	errNotReady = authn.Fail(authn.Unavailable, "not_ready", "The server cannot use its database. The administrator finds the reason in the log.")
	errStopping = authn.Fail(authn.Unavailable, "stopping", "The server is stopping.")
)

// Routes registers the routes.
func (h *health) Routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { ok(w) })
	mux.Handle("GET /readyz", api.Handle(h.site.Log, func(w http.ResponseWriter, r *http.Request) error {
		select {
		case <-h.site.Live.Stopped():
			return errStopping
		default:
		}
		if err := h.check(context.WithoutCancel(r.Context())); err != nil {
			return errNotReady
		}
		ok(w)
		return nil
	}))
}

func ok(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
}

func (h *health) check(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.at.IsZero() && time.Since(h.at) < readyFor {
		return h.err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	h.err = h.site.Store.Check(ctx)
	h.at = time.Now()
	if h.err != nil {
		h.site.Log.ErrorContext(ctx, "not ready", "err", h.err)
	}
	return h.err
}
