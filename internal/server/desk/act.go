package desk

import (
	"context"
	"errors"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/offline"
	"avow/internal/server/registration"
	"avow/internal/server/session"
	"avow/internal/store"
)

// checked says whether somebody at the desk may act for a caller now: she made a check, it was passed, and that was not long ago.
func (s *Service) checked(ctx context.Context, by session.Person, user authn.UserID) (u authn.User, err error) {
	if u, err = s.caller(ctx, by, user); err != nil {
		return u, err
	}
	c, ok, err := s.Latest(ctx, by, user)
	if err != nil {
		return u, err
	}
	if !ok || !c.Good(by.Actor(), user, s.site.Now()) {
		return u, authn.ErrCheckNeeded
	}
	return u, nil
}

// Register sends a new registration to a caller who was checked: in place of what is open, beside her devices. The desk sees neither QR nor link; where the second
// proof is a PIN, it says that to her now. Errors: authn.ErrCheckNeeded, those of registration.Create.
func (s *Service) Register(ctx context.Context, by session.Person, user authn.UserID, ch authn.Channel, reason string) (registration.Created, error) {
	u, err := s.checked(ctx, by, user)
	if err != nil {
		return registration.Created{}, err
	}
	mode, err := s.mode(ctx, user)
	if err != nil {
		return registration.Created{}, err
	}
	made, err := s.registration.Create(ctx, registration.CreateRequest{
		User: u.ID, Mode: mode, Force: true, Actor: by.Actor(), By: by.User.ID, Reason: reason, IP: api.ClientIP(ctx), Sent: true, Notify: ch,
	})
	return made, err
}

func (s *Service) mode(ctx context.Context, user authn.UserID) (mode authn.BindingMode, err error) {
	mode = authn.BindFirst
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		devices, err := r.DevicesOf(user)
		for _, d := range devices {
			if d.State != authn.DeviceRevoked {
				mode = authn.BindAdditional
			}
		}
		return err
	})
	return mode, err
}

// OfflineCode gives one code for a computer to a caller who was checked. Errors: authn.ErrCheckNeeded, those of offline.Release.
func (s *Service) OfflineCode(ctx context.Context, by session.Person, user authn.UserID, computer authn.ClientID, reason string) (offline.Released, error) {
	u, err := s.checked(ctx, by, user)
	if err != nil {
		return offline.Released{}, err
	}
	return s.offline.Release(ctx, offline.Order{Computer: computer, User: u, Actor: by.Actor(), Reason: reason})
}

// Unpair removes a device of a caller who was checked. Errors: authn.ErrCheckNeeded, store.ErrNotFound for a device that is not hers.
func (s *Service) Unpair(ctx context.Context, by session.Person, user authn.UserID, id authn.DeviceID, reason string) (authn.Device, error) {
	if _, err := s.checked(ctx, by, user); err != nil {
		return authn.Device{}, err
	}
	var d authn.Device
	err := s.site.Store.View(ctx, func(r store.Reader) (err error) {
		if d, err = r.Device(id); err == nil && d.User != user {
			err = store.ErrNotFound
		}
		return err
	})
	if err != nil {
		return d, err
	}
	return d, s.device.Revoke(ctx, id, by.Actor(), reason)
}

// Computers are those at which a user may get a code of the desk: she has signed in there with a network.
func (s *Service) Computers(ctx context.Context, user authn.UserID) (list []authn.Computer, err error) {
	now := s.site.Now()
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		devices, err := r.DevicesOf(user)
		if err != nil {
			return err
		}
		seen := map[authn.ClientID]bool{}
		for _, d := range devices {
			grants, err := r.GrantsOfDevice(d.ID, now)
			if err != nil {
				return err
			}
			for _, g := range grants {
				if g.State != authn.GrantActive || seen[g.Computer] {
					continue
				}
				seen[g.Computer] = true
				c, err := r.Computer(g.Computer)
				if errors.Is(err, store.ErrNotFound) {
					continue
				}
				if err != nil {
					return err
				}
				list = append(list, c)
			}
		}
		return nil
	})
	return list, err
}
