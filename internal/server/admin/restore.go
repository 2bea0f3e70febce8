package admin

import (
	"context"
	"strconv"
	"time"

	"avow/internal/authn"
	"avow/internal/server/standing"
	"avow/internal/store"
	"avow/internal/wire"
)

// provenWithin is how old the proof of a restore code may be to count: a paper is lost in a year.
const provenWithin = 365 * 24 * time.Hour

// restore answers how restore stands for a user, or for all with the coverage.
func (s *Service) restore(c call) (any, error) {
	list := wire.AdminRestoreList{Restores: []wire.AdminRestore{}}
	if login := c.URL.Query().Get("user_name"); login != "" {
		u, err := s.user(c.Context(), login)
		if err != nil {
			return nil, err
		}
		one, err := s.restoreOf(c.Context(), u)
		list.Restores = append(list.Restores, one)
		return list, err
	}
	offset, _ := strconv.Atoi(c.URL.Query().Get("after")) // what is no number begins at the first
	now := s.site.Now()
	err := s.site.Store.View(c.Context(), func(r store.Reader) error {
		users, total, err := r.FindUsers(store.UserQuery{Now: now, Offset: offset, Limit: wire.MaxPage})
		if err != nil {
			return err
		}
		for _, u := range users {
			one, err := s.showRestore(r, u)
			if err != nil {
				return err
			}
			list.Restores = append(list.Restores, one)
		}
		if next := offset + len(users); next < total && len(users) > 0 {
			list.After = strconv.Itoa(next)
		}
		n, err := r.CountRestore(now, now.Add(-provenWithin))
		list.Coverage = &wire.RestoreCoverage{Users: total, On: n.On, Proven: n.Proven, Blocked: n.Blocked, Open: n.Open}
		return err
	})
	return list, err
}

func (s *Service) restoreOf(ctx context.Context, u authn.User) (a wire.AdminRestore, err error) {
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		a, err = s.showRestore(r, u)
		return err
	})
	return a, err
}

func (s *Service) showRestore(r store.Reader, u authn.User) (wire.AdminRestore, error) {
	now := s.site.Now()
	st, _, err := standing.Restore(r, s.site, u)
	if err != nil {
		return wire.AdminRestore{}, err
	}
	g, err := r.RestoreGuard(u.ID)
	if err != nil {
		return wire.AdminRestore{}, err
	}
	a := wire.AdminRestore{
		UserName: u.Login, State: st.State, Policy: st.Policy, CodeAt: unix(st.CodeAt), ProvenAt: unix(st.ProvenAt),
		BlockedAt: g.BlockedAt, BlockedBy: who(g.BlockedBy), Locked: g.Locked(now),
	}
	if now.Before(g.AllowedUntil) {
		a.AllowedUntil = g.AllowedUntil
	}
	open, err := r.OpenRestores(u.ID)
	for _, x := range open {
		if x.StateAt(now).Open() {
			a.Open = append(a.Open, wire.AdminRestoreUnderWay{
				ID: x.ID, Kind: x.Kind, State: x.State, Device: x.Info.Clean().Name, IP: x.IP, CreatedAt: x.CreatedAt, HeldUntil: x.HeldUntil,
			})
		}
	}
	return a, err
}

func unix(seconds int64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.Unix(seconds, 0)
}

// changer is what can be done about a user's restores.
type changer func(ctx context.Context, user authn.UserID, actor, reason string) error

func (s *Service) blockRestore(ctx context.Context, user authn.UserID, actor, reason string) error {
	return s.restores.Block(ctx, user, "", actor, reason)
}

// changeRestore does one of them to a user over whom the caller may.
func (s *Service) changeRestore(do changer) handler {
	return func(c call) (any, error) {
		var cmd wire.ChangeRestore
		if err := c.decode(&cmd, &cmd.Reason); err != nil {
			return nil, err
		}
		u, err := s.over(c, c.PathValue("user_name"))
		if err != nil {
			return nil, err
		}
		if err := do(c.Context(), u.ID, c.actor(), cmd.Reason); err != nil {
			return nil, err
		}
		return s.restoreOf(c.Context(), u)
	}
}
