package registration

import (
	"context"
	"time"

	"avow/internal/authn"
	"avow/internal/server/secondadmin"
	"avow/internal/store"
)

// SetSecond gives what asks second administrators. Call it before Routes.
func (s *Service) SetSecond(a *secondadmin.Service) { s.second = a }

// nobody stands in the audit log where a second administrator was needed and there was none.
const nobody = "nobody"

// action is what a second administrator agrees to.
func (q CreateRequest) action() secondadmin.Action {
	if q.Mode == "" {
		q.Mode = authn.BindFirst
	}
	return secondadmin.Action{Kind: secondadmin.Session, User: q.User, Mode: q.Mode, Sent: q.Sent, Channel: q.Notify}
}

func (q CreateRequest) actor() secondadmin.Actor { return secondadmin.Actor{Name: q.Actor, User: q.By} }

// AskSecond asks the phone of another administrator whether the session may be made, and waits for her answer: up to authn.RequestLifetime. The proof is for q as it is.
// Errors: those of secondadmin.Service.Ask.
func (s *Service) AskSecond(ctx context.Context, q CreateRequest, login string) (secondadmin.Proof, error) {
	var user authn.User
	err := s.site.Store.View(ctx, func(r store.Reader) (err error) {
		user, err = r.User(q.User)
		return err
	})
	if err != nil {
		return secondadmin.Proof{}, err
	}
	what := "Connect a phone: " + user.Login + " (" + string(q.action().Mode) + ")"
	if q.Sent {
		what += ", sent to " + sentTo(user, q.Notify)
	}
	return s.second.Ask(ctx, q.actor(), login, q.action(), what)
}

// sentTo is the address where the code goes, which is what a second administrator can compare.
func sentTo(u authn.User, by authn.Channel) string {
	if by == authn.ChannelText {
		return u.Phone
	}
	return u.Mail
}

// agreed takes the Yes of a second administrator where one is needed, and returns her login for the audit log. Where nobody else could agree, all addresses of administrators are
// told. secondadmin.ErrNeeded.
func (s *Service) agreed(tx store.Tx, q CreateRequest, user authn.User, now time.Time) (string, error) {
	needed, err := secondadmin.SessionNeeds(tx, user, q.Sent, now)
	if err != nil || !needed || q.Start {
		return "", err
	}
	if q.Second.Request != "" {
		second, err := secondadmin.Use(tx, q.Second, q.actor(), q.action(), now)
		return second.Login, err
	}
	alone, err := secondadmin.Alone(tx, q.actor(), q.action())
	if err != nil {
		return "", err
	}
	if !alone {
		return "", secondadmin.ErrNeeded
	}
	return nobody, s.site.NotifyAdmins(tx, authn.NoticeOneAdmin, "", map[string]string{"login": user.Login, "name": user.Name, "ip": q.IP}, now)
}
