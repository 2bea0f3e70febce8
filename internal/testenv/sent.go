package testenv

import (
	"context"
	"errors"
	"sync"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/registration"
	"avow/internal/store"
)

// SentOptions say what session is sent. The zero value is for a user's first phone, with the best second proof that she has.
type SentOptions struct {
	Mode  authn.BindingMode
	Proof authn.SecondProof
	Hours int
	Force bool
}

// SentSession is a session that is sent, with what nobody but its user would know.
type SentSession struct {
	ID    authn.RegistrationID
	Proof authn.SecondProof
	Link  string // as the mail carries it
	App   string // the same for a tap: avow://…
	Text  string // the eight digits that are its second proof, when that is a pin or a code
}

// AddSentSession makes a session that is sent, and reads what its messages say: the link, and the pin or code.
func (e *Env) AddSentSession(ctx context.Context, login string, o SentOptions) (SentSession, error) {
	user, err := e.user(ctx, login)
	if err != nil {
		return SentSession{}, err
	}
	made, err := e.Server.Registration.Create(ctx, registration.CreateRequest{
		User: user.ID, Mode: o.Mode, Force: o.Force, Sent: true, Hours: o.Hours, Proof: o.Proof, Actor: "admin:" + AdminName, Reason: "test",
	})
	if err != nil {
		return SentSession{}, err
	}
	link, ok := e.Server.Registration.SentLink(made.Session)
	if !ok {
		return SentSession{}, errors.New("the session that was made is not open")
	}
	s := SentSession{ID: made.Session.ID, Proof: made.Session.Proof, Link: link.Encode(), App: link.App()}
	if s.Proof == authn.ProofPIN || s.Proof == authn.ProofCode {
		s.Text = e.Server.Registration.ProofDigits(made.Session.ID)
	}
	return s, nil
}

func (e *Env) user(ctx context.Context, login string) (u authn.User, err error) {
	err = e.Site.Store.View(ctx, func(r store.Reader) error {
		u, err = r.UserByLogin(login)
		return err
	})
	return u, err
}

// MakeDirectoryUser gives a user a password that a directory knows, and a phone number.
func (e *Env) MakeDirectoryUser(ctx context.Context, login, password, number string) error {
	u, err := e.user(ctx, login)
	if err != nil {
		return err
	}
	e.Passwords.set(u.ID, key.Secret(password))
	return e.Site.Store.Update(ctx, func(tx store.Tx) error {
		return tx.UpdateUser(u.ID, func(u authn.User) (authn.User, error) {
			u.Source, u.Phone = authn.UserDirectory, number
			return u, nil
		})
	})
}

// Passwords stands for a directory that knows its users' passwords.
type Passwords struct {
	mu    sync.Mutex
	right map[authn.UserID]key.Secret
	fails error
}

var _ registration.Passwords = (*Passwords)(nil)

func (p *Passwords) set(user authn.UserID, password key.Secret) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.right == nil {
		p.right = map[authn.UserID]key.Secret{}
	}
	p.right[user] = password
}

// Fail has the directory answer every password with err, until it is nil.
func (p *Passwords) Fail(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.fails = err
}

// What a directory says of a password.
var (
	ErrWrongPassword = authn.Fail(authn.Forbidden, "wrong_password", "This is not the password. Type it again.")
	ErrDirectoryAway = authn.Fail(authn.Unavailable, "directory_unreachable", "The organisation's directory can't be reached. Try again in a while.")
)

// Bind implements registration.Passwords.
func (p *Passwords) Bind(_ context.Context, user authn.User, password key.Secret) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch right, ok := p.right[user.ID]; {
	case p.fails != nil:
		return p.fails
	case ok && right.Equal(password):
		return nil
	}
	return ErrWrongPassword
}
