// Package telemetry takes usage reports of apps whose users have said yes, adds them up, and forgets them (docs/protocol.md, section "Usage reports"). Routes: POST
// /v1/telemetry, which asks nobody who she is, and GET /v1/admin/telemetry. It keeps sums by week and nothing of a single report: no address, no time, not even which
// counters stood beside each other. An address is counted in memory to slow down those who send too many, and stands in no log.
package telemetry

import (
	"context"
	"errors"
	"net/http"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/proof"
	"avow/internal/server/site"
	"avow/internal/server/tries"
	"avow/internal/store"
	"avow/internal/wire"
)

// maxVersions is how many versions of the app a week's sums tell apart. Anybody can send reports, so the others are counted as one, and the database stays small.
const maxVersions = 32

// otherVersions stands for them.
const otherVersions = "other"

// Service takes reports. It is safe for concurrent use.
type Service struct {
	site   *site.Site
	proof  *proof.Checker
	limits *tries.Limiter
}

// New makes the service.
func New(s *site.Site, c *proof.Checker) *Service {
	return &Service{site: s, proof: c, limits: tries.New(tries.Limit{PerMinute: 30, Burst: 60})}
}

// Routes registers the routes.
func (s *Service) Routes(mux *http.ServeMux) {
	mux.Handle("POST "+wire.TelemetryPath, api.Handle(s.site.Log, s.take))
	mux.Handle("GET /v1/admin/telemetry", api.Handle(s.site.Log, s.show))
}

func (s *Service) take(w http.ResponseWriter, r *http.Request) error {
	now := s.site.Now()
	if err := s.limits.Take(api.ClientIP(r.Context()), now); err != nil {
		return err
	}
	if s.site.Policy().Telemetry == authn.TelemetryOff {
		return authn.ErrTelemetryOff
	}
	body, err := api.Body(w, r)
	if err != nil {
		return err
	}
	var t wire.Telemetry
	if err := api.Decode(body, &t); err != nil {
		return err
	}
	if err := t.Validate(); err != nil {
		return api.ErrBody.Because(err)
	}
	week := authn.TelemetryWeek(now)
	err = s.site.Store.Update(r.Context(), func(tx store.Tx) error {
		app, err := versionIn(tx, week, t.App)
		if err != nil {
			return err
		}
		sums := []authn.TelemetrySum{{Week: week, App: app, Family: t.Family, Reports: 1}}
		for _, c := range t.Counters {
			sums = append(sums, authn.TelemetrySum{Week: week, App: app, Family: t.Family, Counter: c.Name, Bucket: c.Times, Reports: 1})
		}
		for _, sum := range sums {
			if err := tx.AddTelemetry(sum); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// versionIn is the version under which a report is counted in a week.
func versionIn(r store.Reader, week, app string) (string, error) {
	sums, err := r.TelemetrySums(week)
	if err != nil {
		return "", err
	}
	known := map[string]bool{}
	for _, s := range sums {
		known[s.App] = true
	}
	if known[app] || len(known) < maxVersions {
		return app, nil
	}
	return otherVersions, nil
}

var errNotAdmin = authn.Fail(authn.Unauthorized, "not_an_administrator", "The server does not know this administrator's key. Use the credential that belongs to this server.")

func (s *Service) show(w http.ResponseWriter, r *http.Request) error {
	a, _, err := s.proof.Admin(w, r)
	if errors.Is(err, proof.ErrProof) {
		return errNotAdmin.Because(err)
	}
	if err != nil {
		return err
	}
	if err := a.May(authn.MaySee); err != nil {
		return err
	}
	sums, err := s.Sums(r.Context(), "")
	if err != nil {
		return err
	}
	out := wire.TelemetrySums{Policy: s.site.Policy().Telemetry, Sums: []wire.TelemetrySum{}}
	for _, x := range sums {
		out.Sums = append(out.Sums, wire.TelemetrySum{Week: x.Week, App: x.App, Family: x.Family, Counter: x.Counter, Times: x.Bucket, Reports: x.Reports})
	}
	w.Header().Set("Cache-Control", "no-store")
	return api.Write(w, http.StatusOK, out)
}

// Sums returns the sums of a week and later, the newest week first; "" for all.
func (s *Service) Sums(ctx context.Context, week string) (sums []authn.TelemetrySum, err error) {
	err = s.site.Store.View(ctx, func(r store.Reader) (err error) {
		sums, err = r.TelemetrySums(week)
		return err
	})
	return sums, err
}

// Forget forgets old sums.
func (s *Service) Forget(ctx context.Context) error {
	week := authn.TelemetryWeek(s.site.Now().Add(-authn.TelemetryKept))
	return s.site.Store.Update(ctx, func(tx store.Tx) error {
		_, err := tx.DeleteTelemetry(week)
		return err
	})
}
