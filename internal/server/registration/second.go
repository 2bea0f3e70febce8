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
func (q CreateRequest) action(u authn.User) secondadmin.Action {
	if q.Mode == "" {
		q.Mode = authn.BindFirst
	}
	a := secondadmin.Action{Kind: secondadmin.Session, User: q.User, Mode: q.Mode, Sent: q.Sent, Channel: q.Notify}
	if q.Sent {
		a.To = u.Mail
		if q.Notify == authn.ChannelText {
			a.To = u.Phone
		}
	}
	return a
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
	a := q.action(user)
	what := "Connect a phone: " + user.Login + " (" + string(a.Mode) + ")"
	if a.To != "" {
		what += ", sent to " + a.To
	}
	return s.second.Ask(ctx, q.actor(), login, a, what)
}

// agreed takes the Yes of a second administrator where one is needed, and returns her login for the audit log. Where nobody else could agree, all addresses of administrators are
// told. secondadmin.ErrNeeded.
func (s *Service) agreed(tx store.Tx, q CreateRequest, user authn.User, now time.Time) (string, error) {
	needed, err := secondadmin.SessionNeeds(tx, user, q.Sent, now)
	if err != nil || !needed || q.Start || q.Own {
		return "", err
	}
	if q.Second.Request != "" {
		second, err := secondadmin.Use(tx, q.Second, q.actor(), q.action(user), now)
		return second.Login, err
	}
	alone, err := secondadmin.Alone(tx, q.actor(), q.action(user))
	if err != nil {
		return "", err
	}
	if !alone {
		return "", secondadmin.ErrNeeded
	}
	return nobody, s.site.NotifyAdmins(tx, authn.NoticeOneAdmin, "", map[string]string{"login": user.Login, "name": user.Name, "ip": q.IP}, now)
}
