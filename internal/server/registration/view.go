package registration

import (
	"context"
	"errors"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/store"
)

// State is how a session stands, for pages and administrators. Append, never rename.
type State string

// The states.
const (
	Active  State = "active"  // shows the QR
	Claimed State = "claimed" // a phone has scanned it and is making its keys
	Waiting State = "waiting" // "is this your phone?"
	Done    State = "done"    // the device is active
	Refused State = "refused" // the page said No
	Used    State = "used"    // the device that came of it is gone
	Revoked State = "revoked" // an administrator ended it
	Expired State = "expired"
)

// View is a session as a page or an administrator sees it.
type View struct {
	Session    authn.RegistrationSession
	User       authn.User
	Device     *authn.Device // from Waiting on
	CheckWords [2]string     // from Waiting on
	State      State
}

func stateOf(session authn.RegistrationSession, d *authn.Device, now time.Time) State {
	switch {
	case d != nil && d.State == authn.DevicePending:
		return Waiting
	case d != nil && d.State == authn.DeviceActive:
		return Done
	case session.Answered && (d == nil || d.ConfirmedAt.IsZero()):
		return Refused
	case d != nil && !d.ConfirmedAt.IsZero():
		return Used
	case d != nil, session.State == authn.SessionRevoked:
		return Revoked
	case !session.Open(now):
		return Expired
	case session.State == authn.SessionClaimed:
		return Claimed
	}
	return Active
}

// ByPage finds the session of a connect page. authn.ErrSessionUnknown when there is none. Of a session that the tombstones know and the
// database does not, the state is Used.
func (s *Service) ByPage(ctx context.Context, page key.Secret) (View, error) {
	h := authn.HashOf(page)
	return s.view(ctx, func(r store.Reader) (authn.RegistrationSession, error) { return r.RegistrationSessionByPage(h) })
}

// Get finds a session. authn.ErrSessionUnknown when there is none.
func (s *Service) Get(ctx context.Context, id authn.RegistrationID) (View, error) {
	return s.view(ctx, func(r store.Reader) (authn.RegistrationSession, error) { return r.RegistrationSession(id) })
}

func (s *Service) view(ctx context.Context, get func(store.Reader) (authn.RegistrationSession, error)) (v View, err error) {
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		session, err := get(r)
		if errors.Is(err, store.ErrNotFound) {
			return authn.ErrSessionUnknown
		}
		if err != nil {
			return err
		}
		v, err = s.complete(r, session)
		return err
	})
	return v, err
}

// See completes a session that was read, within the same transaction. user is its user.
func (s *Service) See(r store.Reader, session authn.RegistrationSession, user authn.User) (View, error) {
	d, err := deviceOf(r, session)
	if err != nil {
		return View{}, err
	}
	v := View{Session: session, User: user, Device: d, CheckWords: session.CheckWords, State: stateOf(session, d, s.site.Now())}
	if d == nil && s.used.Has(session.Secret) { // the database is older than the truth
		v.State = Used
	}
	return v, nil
}

func (s *Service) complete(r store.Reader, session authn.RegistrationSession) (View, error) {
	user, err := r.User(session.User)
	if err != nil {
		return View{}, err
	}
	return s.See(r, session, user)
}

// List returns a user's sessions, newest first.
func (s *Service) List(ctx context.Context, user authn.UserID) ([]View, error) {
	return s.list(ctx, func(r store.Reader) ([]authn.RegistrationSession, error) { return r.RegistrationSessionsOf(user) })
}

// Page returns up to max sessions of all users, newest first, that come after the named one; from the newest for "".
func (s *Service) Page(ctx context.Context, after authn.RegistrationID, max int) ([]View, error) {
	return s.list(ctx, func(r store.Reader) ([]authn.RegistrationSession, error) {
		return r.RegistrationSessionsAfter(after, max)
	})
}

func (s *Service) list(ctx context.Context, read func(store.Reader) ([]authn.RegistrationSession, error)) (list []View, err error) {
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		sessions, err := read(r)
		if err != nil {
			return err
		}
		list = make([]View, 0, len(sessions))
		for _, session := range sessions {
			v, err := s.complete(r, session)
			if err != nil {
				return err
			}
			list = append(list, v)
		}
		return nil
	})
	return list, err
}
