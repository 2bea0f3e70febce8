// Package device tells a device how it stands, lists a user's devices, ends and wipes them (docs/protocol.md, section 8, "Devices"). Routes: GET /v1/device, POST
// /v1/device/remove, GET /v1/devices, POST /v1/devices/command, GET /v1/wipe, POST /v1/wipe/receipt.
package device

import (
	"context"
	"net/http"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/api"
	"avow/internal/server/proof"
	"avow/internal/server/site"
	"avow/internal/server/standing"
	"avow/internal/server/tries"
	"avow/internal/store"
	"avow/internal/wire"
)

// What a status tells of the past.
const (
	noticeTime = 30 * 24 * time.Hour
	maxNotices = 50 // the newest; a statement has at most 32 KiB
)

// Service is the flow of devices. It is safe for concurrent use.
type Service struct {
	site   *site.Site
	proof  *proof.Checker
	block  Blocker
	limits *tries.Limiter
	nobody key.Public // verifies receipts of devices that do not exist, so that they cost the same time
}

// Blocker lets nobody restore a user's account until that is allowed again, within a transaction.
type Blocker func(tx store.Tx, u authn.User, actor, reason string, now time.Time) error

// New makes the service.
func New(s *site.Site, c *proof.Checker) *Service {
	nobody, err := key.Generate()
	if err != nil {
		panic("generating a P-256 key cannot fail: " + err.Error())
	}
	return &Service{site: s, proof: c, limits: tries.New(tries.Limit{}), nobody: nobody.Key(), block: func(store.Tx, authn.User, string, string, time.Time) error { return nil }}
}

// SetBlocker gives what blocks the restore of an account. Call it before Routes.
func (s *Service) SetBlocker(b Blocker) { s.block = b }

// Routes registers the phone's routes.
func (s *Service) Routes(mux *http.ServeMux) {
	mux.Handle("GET /v1/device", api.Handle(s.site.Log, s.status))
	mux.Handle("POST /v1/device/remove", api.Handle(s.site.Log, s.remove))
	mux.Handle("GET /v1/devices", api.Handle(s.site.Log, s.devices))
	mux.Handle("POST /v1/devices/command", api.Handle(s.site.Log, s.command))
	mux.Handle("GET /v1/wipe", api.Handle(s.site.Log, s.wipe))
	mux.Handle("POST /v1/wipe/receipt", api.Handle(s.site.Log, s.receipt))
}

func (s *Service) status(w http.ResponseWriter, r *http.Request) error {
	d, _, err := s.proof.AnyDevice(w, r)
	if err != nil {
		return err
	}
	var st wire.Status
	err = s.site.Store.View(r.Context(), func(rd store.Reader) (err error) {
		st, err = s.Status(rd, d.ID)
		return err
	})
	if err != nil {
		return err
	}
	answer, err := s.Sign(st)
	if err != nil {
		return err
	}
	return api.Write(w, http.StatusOK, answer)
}

// Status says how a device stands: its account, and what other devices and the administrators did since it is there. IssuedAt is
// left to Sign. store.ErrNotFound for an unknown device.
func (s *Service) Status(r store.Reader, id authn.DeviceID) (wire.Status, error) {
	now := s.site.Now()
	d, err := r.Device(id)
	if err != nil {
		return wire.Status{}, err
	}
	u, err := r.User(d.User)
	if err != nil {
		return wire.Status{}, err
	}
	g, err := r.Guard(u.ID)
	if err != nil {
		return wire.Status{}, err
	}
	since := now.Add(-noticeTime)
	if d.CreatedAt.After(since) {
		since = d.CreatedAt
	}
	notices, err := r.NoticesOf(u.ID, since)
	if err != nil {
		return wire.Status{}, err
	}
	st := wire.Status{
		Issuer: s.site.Issuer, Device: d.ID, User: u.ID, Login: u.Login, Name: u.Name, Organisation: s.site.Organisation,
		State: d.State, UserStatus: u.Status, Notices: []wire.Notice{}, Telemetry: s.site.Policy().Telemetry,
	}
	if !u.PasswordChangedAt.IsZero() {
		st.PasswordChangedAt = u.PasswordChangedAt.Unix()
	}
	if !u.PasswordExpiresAt.IsZero() {
		st.PasswordExpiresAt = u.PasswordExpiresAt.Unix()
	}
	if d.OnProbation(now) {
		st.ProbationUntil = d.ProbationUntil.Unix()
	}
	if st.Restore, st.Restores, err = standing.Restore(r, s.site, u); err != nil {
		return wire.Status{}, err
	}
	p := s.site.Policy()
	st.Lock = &wire.DeviceLock{Seconds: p.LockSeconds, WrongPINs: p.WrongPINs}
	if g.Muted(now) {
		st.MutedUntil = g.MutedUntil.Unix()
	}
	for _, n := range notices {
		if n.Cause == d.ID {
			continue
		}
		st.Notices = append(st.Notices, wire.Notice{ID: n.ID, Kind: n.Kind, At: n.At.Unix(), Facts: n.Facts})
	}
	if extra := len(st.Notices) - maxNotices; extra > 0 {
		st.Notices = st.Notices[extra:]
	}
	return st, nil
}

// Sign dates and signs a status.
func (s *Service) Sign(st wire.Status) (wire.StatusAnswer, error) {
	st.IssuedAt = s.site.Now().Unix()
	jws, err := wire.SignStatus(s.site.Identity, st)
	return wire.StatusAnswer{Status: jws}, err
}

// remove ends the device that asks.
func (s *Service) remove(w http.ResponseWriter, r *http.Request) error {
	d, body, err := s.proof.AnyDevice(w, r)
	if err != nil {
		return err
	}
	if err := api.Decode(body, &struct{}{}); err != nil {
		return err
	}
	if err := s.Revoke(r.Context(), d.ID, "device:"+string(d.ID), ""); err != nil {
		return err
	}
	return api.Write(w, http.StatusOK, struct{}{})
}

// Owned is a device with its user.
type Owned struct {
	Device authn.Device
	User   authn.User
}

// List returns a user's devices, oldest first, revoked ones too; those of all users for "".
func (s *Service) List(ctx context.Context, user authn.UserID) (list []Owned, err error) {
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		var devices []authn.Device
		var err error
		if user == "" {
			devices, err = r.Devices()
		} else {
			devices, err = r.DevicesOf(user)
		}
		if err != nil {
			return err
		}
		users := map[authn.UserID]authn.User{}
		list = make([]Owned, 0, len(devices))
		for _, d := range devices {
			u, ok := users[d.User]
			if !ok {
				if u, err = r.User(d.User); err != nil {
					return err
				}
				users[d.User] = u
			}
			list = append(list, Owned{Device: d, User: u})
		}
		return nil
	})
	return list, err
}
