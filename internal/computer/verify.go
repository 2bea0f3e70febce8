package computer

import (
	"context"
	"crypto/subtle"
	"errors"

	"avow/internal/authn"
	"avow/internal/otp"
	"avow/internal/wire"
)

// SignIn is somebody who was let in without the server.
type SignIn struct {
	Login     string // as the grant has it
	User      authn.UserID
	Grant     authn.GrantID
	Method    authn.OfflineMethod
	UsesLeft  int // of the grant
	CodesLeft int // of the phone's newest list
}

// ErrNoServer is what a Confirm returns when the server does not answer.
var ErrNoServer = errors.New("the server does not answer")

// Confirm asks the server whether a code of the service desk was given out for now. Nil means yes, ErrNoServer that it cannot be asked; any
// other error refuses the code.
type Confirm func(context.Context, wire.UseDeskCode) error

// candidate is a code that is right.
type candidate struct {
	grant  authn.GrantID
	method authn.OfflineMethod
	use    string // for the journal
	at     wire.ListPosition
	code   otp.ListCode
}

// Verify decides on a typed code. When it returns nil, the use and its record are on disk and the login may be let in; with any
// error it must not be. A wrong code is on disk, too, before it is said to be wrong, so that ending the process gives no free tries. ch is the
// QR on the screen, nil without one; confirm may be nil, which means that there is no server.
//
// A code of another computer, one that was used, and what has the shape of no code cost no try.
func (m *Machine) Verify(ctx context.Context, login string, ch *Challenge, typed otp.Typed, confirm Confirm) (SignIn, error) {
	if err := shape(typed); err != nil {
		return SignIn{}, err
	}
	select {
	case m.trying <- struct{}{}:
		defer func() { <-m.trying }()
	case <-ctx.Done():
		return SignIn{}, ctx.Err()
	}
	found, err := m.look(ctx, login, ch, typed)
	if errors.Is(err, ErrWrong) {
		return SignIn{}, m.wrong(login)
	}
	if err != nil {
		return SignIn{}, err
	}
	if found.method == authn.OfflineDesk && confirm != nil {
		err := confirm(ctx, wire.UseDeskCode{Grant: found.grant, Batch: found.at.Batch, Index: found.at.Index})
		if err != nil && !errors.Is(err, ErrNoServer) {
			return SignIn{}, err
		}
	}
	if err := ctx.Err(); err != nil { // nobody is there any more: the code is not spent on it
		return SignIn{}, err
	}
	return m.letIn(login, ch, found)
}

// look finds out which code was typed. ErrWrong if it is none.
func (m *Machine) look(ctx context.Context, login string, ch *Challenge, typed otp.Typed) (candidate, error) {
	m.mu.Lock()
	grants, err := m.usable(login)
	if err != nil {
		m.mu.Unlock()
		return candidate{}, err
	}
	if typed.List == nil {
		defer m.mu.Unlock()
		return m.answer(login, ch, typed.Digits)
	}
	lists, err := m.listsFor(grants, *typed.List)
	m.mu.Unlock()
	if err != nil {
		return candidate{}, err
	}
	return m.search(ctx, lists, *typed.List)
}

// listsFor are the lists in which a code may stand; m.mu is held. Codes that need no search are refused here.
func (m *Machine) listsFor(grants []grant, code otp.ListCode) (lists []list, err error) {
	prefix := otp.ComputerPrefix(m.cfg.ID)
	if subtle.ConstantTimeCompare([]byte(code.Prefix), []byte(prefix)) != 1 {
		return nil, otherComputer(grants[0].Computer.Name)
	}
	used := usedHash(code)
	for _, l := range m.state.Lists {
		for _, g := range grants {
			if l.Grant != g.ID {
				continue
			}
			lists = append(lists, l)
			for _, u := range l.Used {
				if subtle.ConstantTimeCompare(u[:], used[:]) == 1 {
					return nil, ErrCodeUsed
				}
			}
		}
	}
	return lists, nil
}

// search compares a code with every one that is expected, the next and those within the window ahead of it, so that the time tells nothing of
// which it was.
func (m *Machine) search(ctx context.Context, lists []list, code otp.ListCode) (candidate, error) {
	found := candidate{}
	for _, l := range lists {
		for i, h := range l.Codes[:min(len(l.Codes), 1+authn.ListWindow)] {
			sum, err := m.stretch(ctx, code.Secret, h[:16], l.Cost)
			if err != nil {
				return candidate{}, err
			}
			if subtle.ConstantTimeCompare(sum, h[16:]) == 1 && found.use == "" {
				at := wire.ListPosition{Batch: l.ID, Index: l.Next + i}
				found = candidate{grant: l.Grant, method: l.Method, use: wire.ListUse(at), at: at, code: code}
			}
		}
	}
	if found.use == "" {
		return candidate{}, ErrWrong
	}
	return found, nil
}

// wrong counts a wrong code and says what it leads to.
func (m *Machine) wrong(login string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	next := m.state.clone()
	p := next.person(login)
	p.Row++
	p.Total++
	next.setPerson(p)
	entry := wire.JournalEntry{At: m.clock.now().Unix(), Kind: wire.JournalRefused, Login: login}
	next.Journal.add(entry)
	if p.Total == maxWrong {
		entry.Kind = wire.JournalLocked
		next.Journal.add(entry)
	}
	m.wrongAt[loginKey(login)] = m.clock.uptime()
	if err := m.obey(next); err != nil {
		return err // it is counted while this process lives
	}
	return wrongCode(p)
}

// letIn writes the use and lets in. Whatever happens, the challenge is over.
func (m *Machine) letIn(login string, ch *Challenge, c candidate) (SignIn, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if c.method == authn.OfflineQR {
		defer m.end(ch)
	}
	next := m.state.clone()
	g := next.grant(c.grant)
	if g == nil || next.gives(*g, m.clock.now()) != nil { // it ended while the code was looked at
		return SignIn{}, authn.ErrGrantRevoked
	}
	if c.method != authn.OfflineQR {
		l := next.list(c.at.Batch)
		if l == nil || c.at.Index < l.Next {
			return SignIn{}, ErrCodeUsed
		}
		l.use(c.at.Index, c.code)
		next.dropOlder(*l)
	}
	g.Uses++
	p := next.person(login)
	p.Row, p.Last = 0, c.method
	next.setPerson(p)
	next.Journal.add(wire.JournalEntry{
		At: m.clock.now().Unix(), Kind: wire.JournalSignIn, Login: g.Login, Grant: g.ID, Method: c.method, Use: c.use,
	})
	if err := m.save(next); err != nil {
		return SignIn{}, err
	}
	delete(m.wrongAt, loginKey(login))
	return SignIn{
		Login: g.Login, User: g.User, Grant: g.ID, Method: c.method, UsesLeft: g.MaxUses - g.Uses, CodesLeft: m.state.left(g.ID, authn.OfflineList),
	}, nil
}

// dropOlder ends the lists before one of which a code was used: its holder has the newer.
func (s *state) dropOlder(l list) {
	kept := make([]list, 0, len(s.Lists))
	seen := false
	for _, other := range s.Lists {
		seen = seen || other.ID == l.ID
		if seen || other.Grant != l.Grant || other.Method != l.Method {
			kept = append(kept, other)
		}
	}
	s.Lists = kept
}

// left counts the codes of a holder's newest list.
func (s state) left(id authn.GrantID, method authn.OfflineMethod) (n int) {
	for _, l := range s.Lists {
		if l.Grant == id && l.Method == method {
			n = len(l.Codes)
		}
	}
	return n
}
