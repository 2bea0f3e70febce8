package agent

import (
	"cmp"
	"context"
	"errors"
	"net/netip"
	"strings"
	"sync"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/computer"
	"avow/internal/otp"
	"avow/internal/wire"
)

// silence is for how long a server may not answer before the computer goes on without it. A person waits three seconds at most; the rest
// is for host, module and helper.
const silence = 2500 * time.Millisecond

// signIn is one sign-in.
type signIn struct {
	agent *Agent
	ask   Ask

	mu        sync.Mutex
	asked     *question           // open at the server; nil without one
	challenge *computer.Challenge // on the screen; nil without one
	why       string              // it went offline last; "" if it never did
	over      bool
}

// question is open at the server. Its answer is fetched by one goroutine that nobody cancels in the middle: an answer is given once, and one that
// got lost on the way would be a Yes for nothing.
type question struct {
	wire.BackchannelAnswer
	until time.Time
	stop  context.CancelFunc // ends the poll
	done  chan struct{}      // closed when step is set
	step  Step
}

// Begin makes a sign-in; Start begins it.
func (a *Agent) Begin(ask Ask) SignIn { return &signIn{agent: a, ask: ask} }

// Start asks the server, or goes on without it.
func (s *signIn) Start(ctx context.Context) Step { return s.start(ctx, false) }

func (s *signIn) start(ctx context.Context, back bool) Step {
	err := s.question(ctx)
	switch {
	case err == nil:
		return s.approve(back)
	case ctx.Err() != nil:
		return RefusedFor(client.ErrCancelled.Because(ctx.Err()))
	case !away(err):
		if code := authn.CodeOf(err); code == wire.ErrInvalidClient || code == wire.ErrUnauthorized {
			s.agent.nudge() // removed or stolen: what is known for times without a server goes now, not in an hour
		}
		return RefusedFor(err)
	case s.policy() == authn.OfflineDeny:
		return RefusedFor(err)
	}
	s.agent.nudge() // it is noticed when the server is back
	return s.offline(WhyServer, nil)
}

// question opens a question at the server within silence.
func (s *signIn) question(ctx context.Context) error {
	bounded, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	s.agent.clear(bounded, s.ask.Login)
	answer, err := s.agent.authorize(bounded, client.Question{
		User: s.ask.Login, Message: "Sign in to " + s.agent.Name(), ACR: acr[s.ask.Match], Agent: s.ask.where(), IP: s.ask.ip(), Lifetime: s.ask.lifetime(),
	})
	if err != nil && bounded.Err() != nil && ctx.Err() == nil {
		err = client.ErrUnreachable.Because(err)
	}
	if err != nil {
		return err
	}
	q := &question{BackchannelAnswer: answer, until: time.Now().Add(time.Duration(answer.ExpiresIn) * time.Second), done: make(chan struct{})}
	polling, stop := context.WithCancel(context.Background())
	q.stop = stop
	s.mu.Lock()
	over := s.over
	if !over {
		s.asked = q
	}
	s.mu.Unlock()
	if over {
		stop()
		s.agent.takeBack(s.ask.Login, answer.AuthReqID)
		return client.ErrCancelled
	}
	go s.poll(polling, q)
	return nil
}

// authorize asks again when the server says that it will answer in a moment: it does so in the second in which it starts.
func (a *Agent) authorize(ctx context.Context, q client.Question) (wire.BackchannelAnswer, error) {
	for {
		answer, err := a.client.Authorize(ctx, q)
		e := authn.AsError(err)
		if err == nil || e.Kind != authn.Unavailable || e.RetryAfter <= 0 || e.RetryAfter >= silence {
			return answer, err
		}
		select {
		case <-time.After(e.RetryAfter):
		case <-ctx.Done():
			return answer, err
		}
	}
}

var acr = map[authn.MatchMode]string{authn.MatchNumber: wire.ACRNumber, authn.MatchQR: wire.ACRQR, authn.MatchTap: wire.ACRTap}

// where says to the person what is signed in to: "sudo, pts/3".
func (a Ask) where() string {
	text := a.Service
	if a.TTY != "" {
		text += ", " + strings.TrimPrefix(a.TTY, "/dev/")
	}
	return authn.CleanText(text, 64)
}

// ip is from where somebody signs in over the network; the server knows the computer's own.
func (a Ask) ip() string {
	if ip, err := netip.ParseAddr(a.RHost); err == nil {
		return ip.String()
	}
	return ""
}

func (a Ask) lifetime() time.Duration {
	if a.Timeout <= 0 {
		return 0
	}
	return min(max(a.Timeout, 10*time.Second), authn.MaxRequestLifetime).Truncate(time.Second)
}

// poll fetches the answer.
func (s *signIn) poll(ctx context.Context, q *question) {
	defer close(q.done)
	defer q.stop()
	pace := time.Duration(max(q.Interval, 1)) * time.Second
	for {
		began := time.Now()
		token, grant, err := s.agent.client.Redeem(ctx, q.AuthReqID)
		switch code := authn.CodeOf(err); {
		case err == nil:
			q.step = s.approved(token, grant)
			return
		case ctx.Err() != nil:
			q.step = RefusedFor(client.ErrCancelled)
			return
		case code == wire.ErrSlowDown:
			pace += 5 * time.Second // CIBA Core 1.0, section 11
		case code == wire.ErrAuthPending, away(err):
		default:
			q.step = RefusedFor(err)
			return
		}
		if time.Now().After(q.until.Add(silence)) {
			q.step = RefusedFor(authn.Fail(authn.Gone, wire.ErrExpiredToken, "Nobody answered in time. Sign in again."))
			return
		}
		select {
		case <-time.After(pace - time.Since(began)):
		case <-ctx.Done():
		}
	}
}

// approved checks whom the server let in, and keeps the grant that came with it.
func (s *signIn) approved(token wire.IDToken, statement string) Step {
	if !strings.EqualFold(token.Login, s.ask.Login) {
		return RefusedFor(client.ErrNonsense.Because(errors.New("the server let somebody else in")))
	}
	if statement != "" {
		g, err := s.agent.verify(statement)
		if err == nil && g.User != token.Subject { // one of two signed words is wrong
			return RefusedFor(client.ErrNonsense.Because(errors.New("grant is for another user")))
		}
		if err == nil {
			err = s.agent.cfg.Machine.SignedIn(g, time.Unix(g.IssuedAt, 0))
		}
		if err != nil { // the Yes stands: a full disk must not keep out who comes to clear it
			s.agent.cfg.Log.Warn("a grant was not kept", "err", err)
		}
	}
	s.agent.nudge()
	return Done{Login: s.ask.Login, How: HowApproved, Token: &token}
}

func (s *signIn) approve(back bool) Step {
	q := s.open()
	return Approve{
		Computer: s.agent.Name(), Match: q.Match, Number: q.Number, QR: q.QR, Left: max(0, time.Until(q.until)),
		Offline: s.policy() == authn.OfflineAllow, Back: back,
	}
}

func (s *signIn) open() *question {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

// policy is the narrower of the server's and the host's.
func (s *signIn) policy() authn.OfflinePolicy {
	p := s.agent.cfg.Machine.Policy()
	if s.ask.Offline != "" {
		p = p.Stricter(s.ask.Offline)
	}
	return p
}

// Check waits for the answer; offline it looks whether the server is back.
func (s *signIn) Check(ctx context.Context, wait time.Duration) Step {
	q := s.open()
	if q == nil {
		if s.agent.answers(ctx) {
			return s.start(ctx, s.whyOffline() == WhyServer)
		}
		return s.offline(WhyServer, nil)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	lost := make(chan struct{})
	go func() {
		if !s.agent.answers(ctx) && ctx.Err() == nil {
			close(lost)
		}
	}()
	select {
	case <-q.done:
		return q.step
	case <-timer.C:
		return s.approve(false)
	case <-ctx.Done():
		return RefusedFor(client.ErrCancelled.Because(ctx.Err()))
	case <-lost:
	}
	select {
	case <-q.done: // it had come in the meantime
		return q.step
	default:
	}
	if s.policy() == authn.OfflineDeny {
		return RefusedFor(client.ErrUnreachable)
	}
	s.close()
	return s.offline(WhyServer, nil)
}

// answers reports whether the server answers within silence, and is the right one.
func (a *Agent) answers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	_, err := a.computer.Server().Refresh(ctx, a.cfg.Client)
	return err == nil
}

// GoOffline goes over to codes although the server answers.
func (s *signIn) GoOffline(context.Context) Step {
	if s.policy() != authn.OfflineAllow {
		return RefusedFor(computer.ErrDenied)
	}
	s.close()
	return s.offline(WhyChosen, nil)
}

// offline shows a QR, the same one as long as it lives.
func (s *signIn) offline(why string, notice *Notice) Step {
	m := s.agent.cfg.Machine
	if s.policy() == authn.OfflineDeny {
		return RefusedFor(computer.ErrDenied)
	}
	s.mu.Lock()
	s.why = why
	ch := s.challenge
	s.mu.Unlock()
	if m.Left(ch) == 0 {
		var err error
		if ch, err = m.Challenge(s.ask.Login); err != nil {
			return RefusedFor(err)
		}
		s.mu.Lock()
		s.challenge = ch
		s.mu.Unlock()
	}
	return Offline{
		Computer: s.agent.Name(), Challenge: ch.Link.Encode(), Prefix: otp.ComputerPrefix(s.agent.cfg.ID), First: m.Last(s.ask.Login),
		Left: m.Left(ch), Why: why, Notice: notice,
	}
}

// again are the errors after which another code may be typed.
var again = []error{
	otp.ErrTyped, computer.ErrOtherComputer, computer.ErrCodeUsed, computer.ErrChallengeOver, computer.ErrNoChallenge,
}

// whyOffline is why it went offline last.
func (s *signIn) whyOffline() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return cmp.Or(s.why, WhyServer)
}

// Code tries a code. Where codes are for times without a server only, the server is looked for first.
func (s *signIn) Code(ctx context.Context, typed string) Step {
	if s.open() != nil {
		return s.approve(false)
	}
	if s.policy() == authn.OfflineFallback && s.agent.answers(ctx) {
		return s.start(ctx, true)
	}
	s.mu.Lock()
	ch := s.challenge
	s.mu.Unlock()
	code, err := otp.ParseTyped(typed)
	var in computer.SignIn
	if err == nil {
		in, err = s.agent.cfg.Machine.Verify(ctx, s.ask.Login, ch, code, s.agent.confirm)
	}
	e := authn.AsError(err)
	switch {
	case err == nil:
		s.agent.nudge()
		return Done{Login: s.ask.Login, How: string(in.Method)}
	case errors.Is(err, computer.ErrWrong) && e.RetryAfter == 0, isOneOf(err, again):
		return s.offline(s.whyOffline(), &Notice{Code: e.Code, Text: e.Message, Left: e.Left})
	case e.Kind == authn.Gone && e.Code != computer.ErrUsesSpent.Code && !errors.Is(err, authn.ErrGrantOver): // the desk's two minutes
		return s.offline(s.whyOffline(), &Notice{Code: e.Code, Text: e.Message})
	}
	return RefusedFor(err)
}

func isOneOf(err error, list []error) bool {
	for _, e := range list {
		if errors.Is(err, e) {
			return true
		}
	}
	return false
}

// confirm asks the server about a code of the service desk.
func (a *Agent) confirm(ctx context.Context, u wire.UseDeskCode) error {
	bounded, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	err := a.computer.UseDeskCode(bounded, u)
	if err != nil && ctx.Err() == nil && (away(err) || bounded.Err() != nil) {
		return computer.ErrNoServer
	}
	return err
}

// Cancel ends the sign-in and takes an open question back.
func (s *signIn) Cancel() {
	s.mu.Lock()
	s.over = true
	ch := s.challenge
	s.mu.Unlock()
	s.close()
	s.agent.cfg.Machine.Drop(ch)
}

// close takes the open question back, if there is one that nobody answered.
func (s *signIn) close() {
	s.mu.Lock()
	q := s.asked
	s.asked = nil
	s.mu.Unlock()
	if q == nil {
		return
	}
	select {
	case <-q.done:
	default:
		q.stop()
		s.agent.takeBack(s.ask.Login, q.AuthReqID)
	}
}

// away reports whether an error means that the right server did not answer: nobody there, a portal of a hotel in between, a proxy without a
// server behind it.
func away(err error) bool {
	e := authn.AsError(err)
	return e.Kind == authn.Unavailable || errors.Is(err, client.ErrUntrusted) || errors.Is(err, client.ErrNonsense) || e.Code == wire.ErrServer
}
