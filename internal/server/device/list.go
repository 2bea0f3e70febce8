package device

import (
	"context"
	"net/http"
	"slices"
	"time"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/standing"
	"avow/internal/store"
	"avow/internal/wire"
)

// What a list tells of devices that were removed.
const (
	removedTime = 90 * 24 * time.Hour
	maxRemoved  = 12 // the newest; a statement has at most 32 KiB
)

// devices answers GET /v1/devices.
func (s *Service) devices(w http.ResponseWriter, r *http.Request) error {
	d, _, err := s.proof.Device(w, r)
	if err != nil {
		return err
	}
	if err := d.MayApprove(); err != nil { // a phone that was not confirmed is told nothing of the others
		return err
	}
	return s.answerList(w, r.Context(), d)
}

func (s *Service) answerList(w http.ResponseWriter, ctx context.Context, d authn.Device) error {
	var l wire.UserDevices
	err := s.site.Store.View(ctx, func(r store.Reader) (err error) {
		l, err = s.listFor(r, d)
		return err
	})
	if err != nil {
		return err
	}
	jws, err := wire.SignUserDevices(s.site.Identity, l)
	if err != nil {
		return err
	}
	return api.Write(w, http.StatusOK, wire.DevicesAnswer{Devices: jws})
}

func (s *Service) listFor(r store.Reader, asks authn.Device) (wire.UserDevices, error) {
	now := s.site.Now()
	l := wire.UserDevices{Issuer: s.site.Issuer, Device: asks.ID, IssuedAt: now.Unix(), Devices: []wire.DeviceEntry{}, Restores: []wire.RestoreEntry{}}
	devices, err := r.DevicesOf(asks.User)
	if err != nil {
		return l, err
	}
	var removed []authn.Device
	for _, d := range devices {
		switch {
		case d.State != authn.DeviceRevoked:
			l.Devices = append(l.Devices, entry(d, asks.ID, now))
		case now.Sub(d.RevokedAt) < removedTime || d.Wipe.State == authn.WipeRequested || d.Wipe.State == authn.WipeDelivered:
			removed = append(removed, d)
		}
	}
	slices.SortStableFunc(removed, func(a, b authn.Device) int { return b.RevokedAt.Compare(a.RevokedAt) })
	for _, d := range removed[:min(len(removed), maxRemoved)] {
		l.Devices = append(l.Devices, entry(d, asks.ID, now))
	}
	open, err := r.OpenRestores(asks.User)
	l.Restores = append(l.Restores, standing.Restores(open, now)...)
	return l, err
}

func entry(d authn.Device, asks authn.DeviceID, now time.Time) wire.DeviceEntry {
	e := wire.DeviceEntry{
		ID: d.ID, Name: d.Info.Name, Model: d.Info.Model, OS: d.Info.OS, App: d.Info.App, State: d.State, This: d.ID == asks,
		Origin: d.Origin, ConnectedAt: d.CreatedAt.Unix(), LastSeenAt: unix(d.LastSeenAt), RemovedAt: unix(d.RevokedAt),
	}
	if d.OnProbation(now) {
		e.ProbationUntil = d.ProbationUntil.Unix()
	}
	if w := d.Wipe; w.State != authn.WipeNone {
		e.Wipe = &wire.WipeEntry{
			State: w.StateAt(now), Scope: w.Scope, Left: w.Left,
			RequestedAt: unix(w.RequestedAt), DeliveredAt: unix(w.DeliveredAt), ConfirmedAt: unix(w.ConfirmedAt),
		}
	}
	return e
}

func unix(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}
