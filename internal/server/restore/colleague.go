package restore

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/wire"
)

var (
	errColleagues       = authn.Fail(authn.Invalid, "bad_colleagues", "The list of colleagues cannot be verified. Update the app and try again.")
	errColleagueUnknown = authn.Fail(authn.NotFound, "colleague_unknown", "There is no user of one of these names here, or the account is blocked. Look at the names again.")
)

// colleagues tells a device whom its user has named.
func (s *Service) colleagues(w http.ResponseWriter, r *http.Request) error {
	d, _, err := s.proof.Device(w, r)
	if err == nil {
		err = d.MayApprove()
	}
	if err != nil {
		return err
	}
	return s.answerColleagues(r.Context(), w, d.User)
}

// nameColleagues takes whom a user has named. It needs her approval key: who may vouch for her decides over her account.
func (s *Service) nameColleagues(w http.ResponseWriter, r *http.Request) error {
	d, body, err := s.proof.Device(w, r)
	now := s.site.Now()
	if err == nil {
		err = d.MayManage(now)
	}
	if err != nil {
		return err
	}
	var q wire.ColleaguesCommand
	if err := api.Decode(body, &q); err != nil {
		return err
	}
	named, err := wire.VerifyColleagues(q.Statement, d.Keys.Approval, s.site.Issuer, d.ID)
	if err != nil {
		return errColleagues.Because(err)
	}
	ctx := r.Context()
	err = s.site.Store.Update(ctx, func(tx store.Tx) error { return s.name(tx, d.ID, named, api.ClientIP(ctx), now) })
	if err != nil {
		return err
	}
	s.wake(d.User)
	return s.answerColleagues(ctx, w, d.User)
}

func (s *Service) name(tx store.Tx, by authn.DeviceID, named wire.Colleagues, ip string, now time.Time) error {
	d, err := tx.Device(by)
	if err != nil {
		return err
	}
	if err := d.MayManage(now); err != nil { // removed a moment ago
		return err
	}
	u, err := tx.User(d.User)
	if err != nil {
		return err
	}
	policy := s.site.Policy()
	if policy.RestoreFor(u.Groups) == authn.RestoreForbidden && len(named.Logins) > 0 {
		return authn.ErrRestoreForbidden
	}
	switch err := tx.UseStatement(d.ID, named.ID, now); {
	case errors.Is(err, store.ErrExists):
		return errColleagues
	case err != nil:
		return err
	}
	users, err := resolve(tx, named.Logins)
	if err != nil {
		return err
	}
	ids := make([]authn.UserID, 0, len(users))
	for _, c := range users {
		ids = append(ids, c.ID)
	}
	var before []authn.UserID
	err = tx.UpdateRestoreGuard(u.ID, func(g authn.RestoreGuard) (authn.RestoreGuard, error) {
		before = g.Colleagues
		return g.NameColleagues(ids, named.Needed, policy.ColleaguesNeeded)
	})
	if err != nil {
		return err
	}
	told := map[string]string{"device": d.Info.Name, "model": d.Info.Model, "ip": ip, "colleagues": names(users)}
	if err := site.Notify(tx, u, authn.NoticeColleaguesNamed, d.ID, told, now); err != nil {
		return err
	}
	for _, c := range users {
		if has(before, c.ID) {
			continue
		}
		if err := site.Notify(tx, c, authn.NoticeNamedColleague, "", map[string]string{"name": u.Name, "login": u.Login}, now); err != nil {
			return err
		}
	}
	return tx.AppendAudit(authn.AuditRecord{
		At: now, Actor: "device:" + string(d.ID), Action: "colleagues.name", Subject: string(u.ID), IP: ip,
		Facts: map[string]string{"colleagues": strings.Join(named.Logins, " ")},
	})
}

func has(list []authn.UserID, id authn.UserID) bool {
	for _, x := range list {
		if x == id {
			return true
		}
	}
	return false
}

func resolve(r store.Reader, logins []string) (list []authn.User, err error) {
	for _, login := range logins {
		u, err := r.UserByLogin(login)
		if errors.Is(err, store.ErrNotFound) || err == nil && u.Active() != nil {
			return nil, errColleagueUnknown
		}
		if err != nil {
			return nil, err
		}
		list = append(list, u)
	}
	return list, nil
}

// names are what a notice says of people.
func names(users []authn.User) string {
	list := make([]string, 0, len(users))
	for _, u := range users {
		list = append(list, u.Name)
	}
	return strings.Join(list, ", ")
}

func (s *Service) answerColleagues(ctx context.Context, w http.ResponseWriter, user authn.UserID) error {
	policy := s.site.Policy()
	out := wire.ColleaguesAnswer{Colleagues: []wire.Colleague{}, Least: policy.ColleaguesNeeded, HoldHours: policy.ColleaguesHold}
	err := s.site.Store.View(ctx, func(r store.Reader) error {
		g, err := r.RestoreGuard(user)
		if err != nil {
			return err
		}
		out.Needed = g.Needed
		for _, id := range g.Colleagues {
			c, err := r.User(id)
			if errors.Is(err, store.ErrNotFound) {
				continue
			}
			if err != nil {
				return err
			}
			ready, err := reachable(r, c, s.site.Now())
			if err != nil {
				return err
			}
			out.Colleagues = append(out.Colleagues, wire.Colleague{Login: c.Login, Name: c.Name, Ready: ready})
		}
		return nil
	})
	if err != nil {
		return err
	}
	return api.Write(w, http.StatusOK, out)
}

// reachable reports whether a colleague has a phone whose Yes counts.
func reachable(r store.Reader, u authn.User, now time.Time) (bool, error) {
	if u.Active() != nil {
		return false, nil
	}
	devices, err := r.DevicesOf(u.ID)
	for _, d := range devices {
		if d.MayManage(now) == nil {
			return true, err
		}
	}
	return false, err
}
