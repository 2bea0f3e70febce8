// Package desk is the other side of the simulator: the page that connects a phone, and the computers that people sign in to. It speaks to the
// real server as a browser and as the daemon of avow-login would, and shows what they show. It holds no rule of the product.
package desk

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"avow/assets/translations"
	"avow/internal/authn"
	"avow/internal/computer/agent"
	"avow/internal/testenv"
	"avow/internal/wire"
)

// Mode is what the desk shows.
type Mode string

// The modes.
const (
	Form     Mode = "form"      // user, password, method
	Waiting  Mode = "waiting"   // the number, the code, the time left
	Offline  Mode = "offline"   // the QR and the field for a code
	SignedIn Mode = "signed-in" // what the computer got
	Refused  Mode = "refused"
	Connect  Mode = "connect"  // the QR for a phone
	Question Mode = "question" // "is this your phone?"
	Done     Mode = "done"     // it is connected
)

// Methods are the ways to tie a request to this screen, the one used last chosen.
var Methods = []authn.MatchMode{authn.MatchNumber, authn.MatchTap, authn.MatchQR}

// State is what the desk shows now; a value.
type State struct {
	Mode      Mode
	Method    authn.MatchMode
	User      string
	Computer  int // which of Computers is shown
	Computers []string
	NoNetwork bool   // its plug is pulled
	Number    string // six digits
	QR        string // of the request, of an offline challenge, or of the registration
	Prefix    string // of the list codes for this computer
	Notice    string // what became of the code that was typed
	NoTry     bool   // it cost no try
	Page      string // address of the real page that shows the same
	Until     time.Time
	Phone     string
	Words     [2]string
	Token     *wire.IDToken // of a sign-in with a network
	How       string        // agent.HowApproved, or an authn.OfflineMethod
	Fault     string
	Busy      bool
	Mail      string // the newest mail to the user, with its digits
}

// Name is the name of the computer that is shown.
func (s State) Name() string { return s.Computers[s.Computer] }

// Desk is the computers and the page.
type Desk struct {
	env       *testenv.Env
	computers []*testenv.Laptop
	changed   func()
	ctx       context.Context
	stop      context.CancelFunc
	T         *translations.Printer
	Now       func() time.Time // for the guard of a screen that has just arrived
	NewPhone  func()           // takes another phone into the hand; nil: there is no button for it

	mu     sync.Mutex
	state  State
	cancel context.CancelFunc // of what waits
	signIn agent.SignIn
}

// New makes the desk of some computers, the first of which is shown. changed is called after every change, from any goroutine.
func New(env *testenv.Env, computers []*testenv.Laptop, user, lang string, changed func()) *Desk {
	d := &Desk{env: env, computers: computers, changed: changed, T: translations.New(lang), Now: time.Now}
	d.ctx, d.stop = context.WithCancel(context.Background())
	d.state = State{Mode: Form, Method: authn.MatchNumber, User: user}
	for _, c := range computers {
		d.state.Computers = append(d.state.Computers, c.Name)
	}
	return d
}

// Close ends what waits.
func (d *Desk) Close() {
	d.end()
	d.stop()
}

// State is what is shown.
func (d *Desk) State() State {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.state
}

// SetMail shows what came by mail.
func (d *Desk) SetMail(text string) { d.set(func(s *State) { s.Mail = text }) }

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

// end takes back what was asked.
func (d *Desk) end() {
	d.mu.Lock()
	signIn := d.signIn
	d.signIn = nil
	if d.cancel != nil {
		d.cancel()
	}
	d.mu.Unlock()
	if signIn != nil {
		signIn.Cancel()
	}
}

// Choose chooses the method.
func (d *Desk) Choose(m authn.MatchMode) { d.set(func(s *State) { s.Method = m }) }

// ShowComputer sits down at another computer.
func (d *Desk) ShowComputer(i int) {
	d.end()
	d.set(func(s *State) {
		s.Computer, s.NoNetwork = i, d.computers[i].Network.Down()
		s.reset()
	})
}

// Unplug pulls the computer's network plug, or puts it back.
func (d *Desk) Unplug(on bool) {
	d.computer().Network.SetDown(on)
	d.set(func(s *State) { s.NoNetwork = on })
}

func (d *Desk) computer() *testenv.Laptop { return d.computers[d.State().Computer] }

// SetUser takes the user's name.
func (d *Desk) SetUser(login string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.state.User = login
}

// pollTime is for how long one look at the answer may take.
const pollTime = 20 * time.Second

// SignIn begins a sign-in at the computer and waits for the answer on the phone, or for a code when there is no network.
func (d *Desk) SignIn() {
	d.end()
	s := d.State()
	signIn := d.computer().Begin(agent.Ask{Login: s.User, Service: "simulator", Match: s.Method})
	d.mu.Lock()
	d.signIn = signIn
	d.mu.Unlock()
	d.begin(func(ctx context.Context) {
		step := signIn.Start(ctx)
		for ctx.Err() == nil {
			d.show(step)
			if _, waits := step.(agent.Approve); !waits {
				return
			}
			step = signIn.Check(ctx, pollTime)
		}
	})
}

// Type tries a code that was typed.
func (d *Desk) Type(code string) {
	d.step(func(ctx context.Context, s agent.SignIn) agent.Step { return s.Code(ctx, code) })
}

// Again looks whether the server is back, and makes a new code if it is not.
func (d *Desk) Again() {
	d.step(func(ctx context.Context, s agent.SignIn) agent.Step { return s.Check(ctx, 0) })
}

func (d *Desk) step(f func(context.Context, agent.SignIn) agent.Step) {
	d.mu.Lock()
	signIn := d.signIn
	d.mu.Unlock()
	if signIn == nil {
		return
	}
	d.begin(func(ctx context.Context) {
		step := f(ctx, signIn)
		for ctx.Err() == nil {
			d.show(step)
			if _, waits := step.(agent.Approve); !waits {
				return
			}
			step = signIn.Check(ctx, pollTime)
		}
	})
}

// show puts a step of the sign-in on the screen.
func (d *Desk) show(step agent.Step) {
	d.set(func(s *State) {
		s.Busy, s.Notice, s.NoTry = false, "", false
		switch x := step.(type) {
		case agent.Approve:
			s.Mode, s.Number, s.QR, s.Until = Waiting, x.Number, x.QR, time.Now().Add(x.Left)
		case agent.Offline:
			s.Mode, s.Number, s.QR, s.Prefix, s.Until = Offline, "", x.Challenge, x.Prefix, time.Now().Add(x.Left)
			if x.Notice != nil {
				s.Notice, s.NoTry = x.Notice.Text, x.Notice.Left == 0 && x.Notice.After == 0
			}
		case agent.Done:
			s.Mode, s.Token, s.How, s.Number, s.QR = SignedIn, x.Token, x.How, "", ""
		case agent.Refused:
			s.Mode, s.Fault, s.Number, s.QR = Refused, x.Text, "", ""
			switch x.Code {
			case wire.ErrAccessDenied:
				s.Fault = d.T.T("desk.denied")
			case wire.ErrExpiredToken:
				s.Fault = d.T.T("desk.expired")
			}
		}
	})
}

// fail shows why the page cannot go on.
func (d *Desk) fail(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return
	}
	d.set(func(s *State) {
		var oauth *wire.OAuthError
		s.Mode, s.Busy, s.Number, s.QR, s.Fault = Form, false, "", "", authn.AsError(err).Message
		if errors.As(err, &oauth) {
			s.Fault = cmp.Or(oauth.Description, s.Fault)
		}
	})
}

// Cancel takes the request back.
func (d *Desk) Cancel() {
	d.end()
	d.set((*State).reset)
}

// Back returns to the form.
func (d *Desk) Back() { d.Cancel() }

// reset is the form as it was left.
func (s *State) reset() {
	*s = State{Mode: Form, Method: s.Method, User: s.User, Computer: s.Computer, Computers: s.Computers, NoNetwork: s.NoNetwork}
}
