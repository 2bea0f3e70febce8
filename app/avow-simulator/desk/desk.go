// Package desk is the other side of the simulator: the page that connects a phone, and the computer that people sign in to. It speaks to the
// real server by the typed clients, as a browser and a computer would, and shows what they show. It holds no rule of the product.
package desk

import (
	"context"
	"errors"
	"sync"
	"time"

	"avow/assets/translations"
	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/testenv"
	"avow/internal/wire"
)

// Mode is what the desk shows.
type Mode string

// The modes.
const (
	Form     Mode = "form"      // user, password, method
	Waiting  Mode = "waiting"   // the number, the code, the time left
	SignedIn Mode = "signed-in" // what the computer got
	Refused  Mode = "refused"
	Connect  Mode = "connect"  // the QR for a phone
	Question Mode = "question" // "is this your phone?"
	Done     Mode = "done"     // it is connected
)

// Methods are the ways to tie a request to this screen, the one used last chosen.
var Methods = []authn.MatchMode{authn.MatchNumber, authn.MatchTap, authn.MatchQR}

var acr = map[authn.MatchMode]string{authn.MatchNumber: wire.ACRNumber, authn.MatchTap: wire.ACRTap, authn.MatchQR: wire.ACRQR}

// State is what the desk shows now; a value.
type State struct {
	Mode     Mode
	Method   authn.MatchMode
	User     string
	Computer string
	Number   string // six digits
	QR       string // of the request, or of the registration
	Page     string // address of the real page that shows the same
	Until    time.Time
	Phone    string
	Words    [2]string
	Token    wire.IDToken
	Fault    string
	Busy     bool
}

// Desk is the computer and the page.
type Desk struct {
	env      *testenv.Env
	computer *testenv.Computer
	changed  func()
	ctx      context.Context
	stop     context.CancelFunc
	T        *translations.Printer
	Now      func() time.Time // for the guard of a screen that has just arrived

	mu     sync.Mutex
	state  State
	cancel context.CancelFunc // of what waits
	asked  string             // auth_req_id
}

// New makes the desk of a computer. changed is called after every change, from any goroutine.
func New(env *testenv.Env, computer *testenv.Computer, user, lang string, changed func()) *Desk {
	d := &Desk{env: env, computer: computer, changed: changed, T: translations.New(lang), Now: time.Now}
	d.ctx, d.stop = context.WithCancel(context.Background())
	d.state = State{Mode: Form, Method: authn.MatchNumber, User: user, Computer: computer.Name}
	return d
}

// Close ends what waits.
func (d *Desk) Close() { d.stop() }

// State is what is shown.
func (d *Desk) State() State {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state
}

func (d *Desk) set(f func(*State)) {
	d.mu.Lock()
	f(&d.state)
	d.mu.Unlock()
	d.changed()
}

// begin ends what waited and starts f.
func (d *Desk) begin(f func(context.Context)) {
	d.mu.Lock()
	if d.cancel != nil {
		d.cancel()
	}
	ctx, cancel := context.WithCancel(d.ctx)
	d.cancel = cancel
	d.state.Busy, d.state.Fault = true, ""
	d.mu.Unlock()
	d.changed()
	go f(ctx)
}

// Choose chooses the method.
func (d *Desk) Choose(m authn.MatchMode) { d.set(func(s *State) { s.Method = m }) }

// SetUser takes the user's name.
func (d *Desk) SetUser(login string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.state.User = login
}

// SignIn asks the server for an approval and waits for it.
func (d *Desk) SignIn() {
	d.begin(func(ctx context.Context) {
		s := d.State()
		answer, err := d.computer.Authorize(ctx, client.Question{
			User: s.User, ACR: acr[s.Method], Message: d.T.T("desk.message", "Computer", s.Computer), Agent: "Avow simulator", IP: "203.0.113.7",
		})
		if err != nil {
			d.fail(ctx, err)
			return
		}
		d.mu.Lock()
		d.asked = answer.AuthReqID
		d.mu.Unlock()
		d.set(func(s *State) {
			s.Mode, s.Busy, s.Number, s.QR = Waiting, false, answer.Number, answer.QR
			s.Until = time.Now().Add(time.Duration(answer.ExpiresIn) * time.Second)
		})
		token, err := d.computer.Wait(ctx, answer)
		if err != nil {
			d.fail(ctx, err)
			return
		}
		d.set(func(s *State) { s.Mode, s.Token, s.Number, s.QR = SignedIn, token, "", "" })
	})
}

// fail shows why nobody was signed in.
func (d *Desk) fail(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	d.set(func(s *State) {
		s.Busy, s.Number, s.QR = false, "", ""
		var oauth *wire.OAuthError
		if errors.As(err, &oauth) {
			switch oauth.Code {
			case wire.ErrAccessDenied:
				s.Mode, s.Fault = Refused, d.T.T("desk.denied")
				return
			case wire.ErrExpiredToken:
				s.Mode, s.Fault = Refused, d.T.T("desk.expired")
				return
			}
			s.Mode, s.Fault = Form, oauth.Description
			return
		}
		s.Mode, s.Fault = Form, authn.AsError(err).Message
	})
}

// Cancel takes the request back.
func (d *Desk) Cancel() {
	d.mu.Lock()
	asked := d.asked
	d.mu.Unlock()
	d.begin(func(ctx context.Context) {
		err := d.computer.Cancel(ctx, asked)
		d.set(func(s *State) {
			s.Mode, s.Busy, s.Number, s.QR = Form, false, "", ""
			if err != nil {
				s.Fault = authn.AsError(err).Message
			}
		})
	})
}

// Back returns to the form.
func (d *Desk) Back() {
	d.mu.Lock()
	if d.cancel != nil {
		d.cancel()
	}
	d.mu.Unlock()
	d.set(func(s *State) {
		*s = State{Mode: Form, Method: s.Method, User: s.User, Computer: s.Computer}
	})
}

// OpenConnect makes a registration session, as an administrator does, and shows its QR until a phone has taken it.
func (d *Desk) OpenConnect() {
	d.begin(func(ctx context.Context) {
		added, err := d.env.Admin.AddSession(ctx, wire.AddSession{
			UserName: d.State().User, Mode: authn.BindAdditional, Force: true, Reason: "simulator",
		})
		if err != nil {
			d.fail(ctx, err)
			return
		}
		d.set(func(s *State) {
			s.Mode, s.Busy, s.QR, s.Page, s.Until = Connect, false, added.Link, added.Page, added.ExpiresAt
		})
		d.follow(ctx, added.ID)
	})
}

// follow reads the session until a phone waits, and the answer after that.
func (d *Desk) follow(ctx context.Context, id authn.RegistrationID) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		view, err := d.env.Server.Registration.Get(ctx, id)
		if err != nil {
			d.fail(ctx, err)
			return
		}
		switch view.State {
		case "waiting":
			d.set(func(s *State) {
				s.Mode, s.QR, s.Words, s.Phone = Question, "", view.CheckWords, view.Device.Info.Name
			})
		case "done":
			d.set(func(s *State) { s.Mode = Done })
			return
		case "refused", "revoked", "expired", "used":
			d.set(func(s *State) { s.Mode, s.Fault = Refused, d.T.T("desk.not_connected") })
			return
		}
	}
}

// Answer says on the page whether the waiting phone is the right one.
func (d *Desk) Answer(yes bool) {
	words := d.State().Words
	go func() {
		sessions, err := d.env.Admin.Sessions(d.ctx, d.State().User)
		if err != nil || len(sessions) == 0 {
			d.fail(d.ctx, err)
			return
		}
		if yes {
			_, err = d.env.Admin.ConfirmSession(d.ctx, sessions[0].ID, wire.ConfirmSession{CheckWords: words, Reason: "simulator"})
		} else {
			_, err = d.env.Admin.RevokeSession(d.ctx, sessions[0].ID, "simulator: not this phone")
		}
		if err != nil {
			d.fail(d.ctx, err)
		}
	}()
}
