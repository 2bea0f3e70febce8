package signin

import (
	"context"
	"net/http"
	"strings"
	"time"

	"avow/assets/translations"
	"avow/assets/web"
	"avow/internal/authn"
	"avow/internal/server/portal/page"
	"avow/internal/server/site"
	"avow/internal/store"
)

// Restores is what ends restores; *restore.Service has it.
type Restores interface {
	Block(ctx context.Context, user authn.UserID, id authn.RestoreID, actor, reason string) error
}

// RestoreOf says how restore stands for a user, as all pages show it: never a code.
func RestoreOf(r store.Reader, s *site.Site, u authn.User) (web.Restore, error) {
	now := s.Now()
	kept, err := escrow(r, u.ID)
	if err != nil {
		return web.Restore{}, err
	}
	guard, err := r.RestoreGuard(u.ID)
	if err != nil {
		return web.Restore{}, err
	}
	c := web.Restore{
		State: web.RestoreOff, Policy: web.RestorePolicy(s.Policy().RestoreFor(u.Groups)), CodeAt: page.Local(kept.CodeAt), ProvenAt: page.Local(kept.ProvenAt),
		BlockedAt: page.Local(guard.BlockedAt), BlockedBy: actorName(guard.BlockedBy), Locked: guard.Locked(now),
	}
	switch {
	case !guard.BlockedAt.IsZero():
		c.State = web.RestoreIsBlocked
	case kept.Active():
		c.State = web.RestoreOn
	}
	if now.Before(guard.AllowedUntil) {
		c.AllowedUntil = page.Local(guard.AllowedUntil)
	}
	open, err := r.OpenRestores(u.ID)
	for _, x := range open {
		if x.StateAt(now).Open() {
			c.Open = append(c.Open, RestoreRow(x))
		}
	}
	return c, err
}

func escrow(r store.Reader, user authn.UserID) (authn.Escrow, error) {
	kept, err := r.EscrowState(user)
	if authn.CodeOf(err) == store.ErrNotFound.Code {
		return authn.Escrow{}, nil
	}
	return kept, err
}

// RestoreRow is a restore as lists show it. Name and facts are what the new phone says of itself.
func RestoreRow(x authn.Restore) web.RestoreRow {
	row := web.RestoreRow{
		ID: string(x.ID), State: web.OneRestore(x.State), Colleagues: x.Kind == authn.RestoreByColleagues, Place: x.IP, At: page.Local(x.CreatedAt),
		Needed: x.Needed, Approved: x.Approved(), DeskCode: x.State == authn.RestoreProved && x.Delivery == authn.RestoreByDesk,
	}
	row.Name, row.Facts = describe(x.Info)
	if x.State == authn.RestoreHeld {
		row.Until = page.Local(x.HeldUntil)
	}
	return row
}

// describe is what a device says of itself, each thing once.
func describe(i authn.DeviceInfo) (name, facts string) {
	info := i.Clean()
	var list []string
	for _, f := range []string{info.Model, info.OS, info.App} {
		if f != "" && f != info.Name {
			list = append(list, f)
		}
	}
	return info.Name, strings.Join(list, " · ")
}

// actorName is who did something, without the kind: "admin:maja" is maja. A device is told by its place in the lists.
func actorName(actor string) string {
	kind, name, ok := strings.Cut(actor, ":")
	if !ok || kind == "device" || kind == "mail" {
		return ""
	}
	return authn.CleanText(name, 128)
}

var origins = map[authn.DeviceOrigin]translations.Message{
	authn.OriginRestore: "portal.device.by_restore", authn.OriginDuplicate: "portal.device.by_duplicate", authn.OriginColleagues: "portal.device.by_colleagues",
}

// wiped is how far the wipe of a device has come, and since when.
func wiped(d authn.Device, now time.Time) (web.WipeState, time.Time) {
	w := d.Wipe
	state := web.WipeState(w.StateAt(now))
	switch {
	case w.State == authn.WipeConfirmed && w.Left == authn.LeftSealed:
		return web.WipeSealed, page.Local(w.ConfirmedAt)
	case w.State == authn.WipeConfirmed:
		return state, page.Local(w.ConfirmedAt)
	case w.State == authn.WipeDelivered:
		return state, page.Local(w.DeliveredAt)
	}
	return state, page.Local(w.RequestedAt)
}

// ownRestore finds an open restore of the visitor's own account; another's does not exist.
func (s *Service) ownRestore(v Visitor) (x authn.Restore, err error) {
	err = s.Site.Store.View(v.Context(), func(r store.Reader) error {
		open, err := r.OpenRestores(v.User.ID)
		for _, o := range open {
			if string(o.ID) == v.R.PathValue("id") {
				x = o
				return err
			}
		}
		if err == nil {
			err = store.ErrNotFound
		}
		return err
	})
	return x, err
}

func (s *Service) askRestore(v Visitor) error {
	x, err := s.ownRestore(v)
	if err != nil {
		return err
	}
	name, _ := describe(x.Info)
	return s.question(v, web.Confirm{Kind: web.BlockOwnRestore, Name: name})
}

func (s *Service) blockRestore(v Visitor) error {
	x, err := s.ownRestore(v)
	if err != nil {
		return err
	}
	if err := s.restores.Block(v.Context(), v.User.ID, x.ID, v.Actor(), "not hers, says her own page"); err != nil {
		return err
	}
	err = s.Site.Store.Update(v.Context(), func(tx store.Tx) error {
		facts := map[string]string{"login": v.User.Login, "name": v.User.Name, "device": x.Info.Name, "model": x.Info.Model, "ip": x.IP}
		return s.Site.NotifyAdmins(tx, authn.NoticeRestoreBlocked, "", facts, s.Site.Now())
	})
	if err != nil {
		return err
	}
	return v.Done("/me", web.OwnRestoreBlocked, "")
}

// askWipe asks what shall be wiped.
func (s *Service) askWipe(v Visitor) error {
	d, err := s.own(v)
	if err != nil {
		return err
	}
	return s.question(v, web.Confirm{Kind: web.WipeOwnDevice, Name: d.Info.Clean().Name, Choices: web.WipeChoices()})
}

func (s *Service) wipe(v Visitor) error {
	d, err := s.own(v)
	if err != nil {
		return err
	}
	scope := authn.WipeScope(v.R.PostFormValue("scope"))
	if !scope.Valid() {
		return page.ErrStale
	}
	if err := s.device.WipeOwn(v.Context(), v.User.ID, d.ID, scope, v.Actor(), "wiped on her own page"); err != nil {
		return err
	}
	return v.Done("/me", web.WipeAsked, d.Info.Clean().Name)
}

// question asks before something of the visitor's own is taken away.
func (s *Service) question(v Visitor, c web.Confirm) error {
	c.Person, c.Post, c.Back = v.User.Name, v.R.URL.EscapedPath(), "/me"
	return s.Render(v.Request, http.StatusOK, web.Question, s.FrameOf(v, v.T(c.Kind.Title(), "Name", c.Name, "Person", v.User.Name), "", c))
}
