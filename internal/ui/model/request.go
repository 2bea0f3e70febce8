package model

import (
	"context"
	"errors"
	"strings"
	"time"

	"avow/assets/translations"
	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/platform"
)

// requestState is what was done on the request that is shown.
type requestState struct {
	id      authn.RequestID // what the person looks at: an answer is for this one, whatever arrives meanwhile
	asked   phone.Request   // the same in full, to speak of it when it is gone
	number  string          // what was typed, kept while the PIN is asked
	handle  key.Secret      // of the code that was scanned for it
	wrong   string          // "Not this number. …"
	sending bool            // this phone's answer is on its way
	notMe   bool            // the question "Really not you?" is open
}

// RequestView is the full-screen question "Is it you signing in?". Its texts come from the signed request only.
type RequestView struct {
	Wants     string // "wants to sign you in", under the name where there is room; ""
	ID        authn.RequestID
	Title     string
	Client    string
	Computer  bool // else a web application
	Sub       string
	Known     bool
	Facts     []Fact
	Message   string
	Match     authn.MatchMode
	MatchText string  // "Type the number you see on LAPTOP-42"
	Number    string  // what was typed before the PIN was asked
	Left      string  // 1:34
	Part      float64 // of the time that is left, 1 to 0
	Urgent    bool    // the last ten seconds
	Advice    string
	Hint      string // "Yes asks for your fingerprint"; "" when it asks for nothing
	Wrong     string
	Busy      string
	NotMe     bool   // the second question is open
	More      int    // further open requests
	Queue     string // "1 of 2"; "" for a single one
	Practice  string // what stands on top of one that signs in to nothing; "" for a real one
	Shows     string // of practice: the number that a screen would show, 482 913
}

// Fact is a label and its value.
type Fact struct{ Icon, Label, Value string }

// Request is the view of PageRequest.
func (a *App) Request() (RequestView, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s := a.cfg.Core.State()
	r := a.currentRequest(s)
	if r == nil {
		return RequestView{}, false
	}
	if a.request.id != r.ID {
		a.request = requestState{id: r.ID}
	}
	a.request.asked = *r
	return a.requestView(s, *r), true
}

func (a *App) requestView(s phone.State, r phone.Request) RequestView {
	t, now := a.print, a.cfg.Now()
	left := timeLeft(r, now)
	acc, _ := s.Account(r.Account)
	v := RequestView{
		ID: r.ID, Title: t.T(asks(r).title), Client: r.Client.Name, Computer: r.Client.Kind == authn.ClientComputer, Known: r.Client.Known,
		Message: news(r), Match: r.Match, Left: t.Left(left), Urgent: left <= 10*time.Second, Wrong: a.request.wrong, Busy: a.busy[laneAnswer], Number: a.request.number,
		Part: left.Seconds() / float64(r.Expires-r.IssuedAt), NotMe: a.request.notMe, More: a.waiting(s) - 1,
		Hint: t.T("app.request.hint_pin"), Advice: t.T(asks(r).advice, "Organisation", acc.Organisation),
	}
	v.Part = min(1, v.Part)
	if v.More > 0 {
		v.Queue = t.T("app.request.queue", "At", 1, "Of", v.More+1)
	}
	if isPractice(r) {
		v.Client, v.Computer, v.Practice, v.Shows = t.T("app.practice.computer"), true, t.T("app.practice.note"), practiceNumber(r)
	}
	switch {
	case r.Unasked:
		v.Hint = ""
	case a.hasBiometric():
		v.Hint = t.T("app.request.hint_finger")
	}
	switch {
	case isPractice(r):
		v.Sub = t.T("app.practice.sub")
	case r.Client.Known && v.Computer:
		v.Sub = t.T("app.request.your_computer")
	case r.Client.Known:
		v.Sub = t.T("app.request.known")
	default:
		v.Sub = t.T("app.request.unknown")
	}
	account := r.Login
	if len(s.Accounts) > 1 || r.Match == authn.MatchTap { // with nothing to type there is room for it
		account = t.T("app.request.account_at", "Login", r.Login, "Organisation", acc.Organisation)
	}
	asked := r.Deadline.Add(-time.Duration(r.Expires-r.IssuedAt) * time.Second)
	when := t.Clock(asked)
	if now.Sub(asked) < time.Minute {
		when = t.T("app.request.just_now", "Clock", when)
	}
	v.Facts = []Fact{{"user", t.T("app.request.account"), account}, {"clock", t.T("app.request.time"), when}}
	if isPractice(r) { // it comes from nowhere
		v.MatchText = t.T(asks(r).number)
		return v
	}
	v.Facts = append(v.Facts, Fact{"map-pin", t.T("app.request.place"), orUnknown(t.T("app.request.place_unknown"), r.Origin.Place)})
	v.Facts = append(v.Facts, Fact{"globe", t.T("app.request.address"), orUnknown(t.T("app.request.address_unknown"), r.Origin.IP)})
	if a.request.handle != nil {
		v.Match, v.Advice = authn.MatchTap, t.T("app.request.scanned", "Client", r.Client.Name)
		return v
	}
	switch r.Match {
	case authn.MatchTap:
		v.Facts = append(append(v.Facts[:1:1], v.Facts[2:]...), v.Facts[1]) // who and from where; the time is now
		if r.Action == authn.ActionSignIn {
			v.Wants = t.T("app.request.wants")
		}
	case authn.MatchNumber:
		v.MatchText = t.T(asks(r).number, "Client", r.Client.Name)
	case authn.MatchQR:
		v.MatchText, v.Hint = t.T("app.request.scan", "Client", r.Client.Name), t.T("app.request.hint_scan")
	}
	return v
}

// words are those of a question, by what a Yes to it means.
type words struct{ title, advice, number, prompt, yes translations.Message }

var actions = map[authn.RequestAction]words{
	authn.ActionSignIn:       {"app.request.title", "app.request.advice", "app.request.type_number", "app.prompt.approve", "app.result.yes_text"},
	authn.ActionVerifyCaller: {"app.request.title_caller", "app.request.advice_caller", "app.request.number_caller", "app.prompt.caller", "app.result.yes_caller"},
	authn.ActionVouch:        {"app.request.title_vouch", "app.request.advice_vouch", "app.request.number_vouch", "app.prompt.vouch", "app.result.yes_vouch"},
	authn.ActionConnectPhone: {"app.request.title_colleague", "app.request.advice_colleague", "app.request.number_colleague", "app.prompt.colleague", "app.result.yes_colleague"},
	authn.ActionPractice:     {"app.practice.title", "app.practice.advice", "app.practice.type_number", "app.prompt.practice", "app.practice.yes"},
	authn.ActionAgree:        {"app.request.title_agree", "app.request.advice_agree", "app.request.number_agree", "app.prompt.agree", "app.result.yes_agree"},
}

func asks(r phone.Request) words { return actions[r.Action] }

// news is what the client says, unless that is only what the screen says anyway: "Sign in to LAPTOP-42" under the name.
func news(r phone.Request) string {
	if !strings.Contains(r.Message, r.Client.Name) {
		return r.Message // and no language's texts are read to find that out
	}
	for _, l := range translations.Languages() {
		if r.Message == translations.New(l.Tag).T("app.prompt.approve", "Client", r.Client.Name) {
			return ""
		}
	}
	return r.Message
}

// timeLeft is never more than the request had: a clock that is a second behind must not show 2:01.
func timeLeft(r phone.Request, now time.Time) time.Duration {
	return min(max(0, r.Deadline.Sub(now)), time.Duration(r.Expires-r.IssuedAt)*time.Second)
}

func orUnknown(unknown, value string) string {
	if value == "" {
		return unknown
	}
	return value
}

// currentRequest is the one that is asked now: the one that is looked at, else the first that was not put off. One that arrives later
// and ends sooner must not slip under the finger. mu must be held.
func (a *App) currentRequest(s phone.State) *phone.Request {
	if r, ok := s.Request(a.request.id); ok && !a.later[r.ID] {
		return &r
	}
	for _, r := range s.Requests {
		if !a.later[r.ID] {
			return &r
		}
	}
	return nil
}

func (a *App) isOpen(s phone.State, id authn.RequestID) bool {
	_, ok := s.Request(id)
	return ok
}

func (a *App) waiting(s phone.State) int {
	n := 0
	for _, r := range s.Requests {
		if !a.later[r.ID] {
			n++
		}
	}
	return n
}

// Later puts the request off; it stays open on Home.
func (a *App) Later() {
	a.change(func() {
		if r := a.currentRequest(a.cfg.Core.State()); r != nil {
			a.later[r.ID], a.request = true, requestState{}
		}
	})
}

// Answer opens a request that was put off.
func (a *App) Answer(id authn.RequestID) { a.change(func() { delete(a.later, id) }) }

// Yes approves the request that is shown. number is what was typed; the page shakes its field when digits are missing, so here
// that is an error like any other.
func (a *App) Yes(number string) {
	a.mu.Lock()
	r, ok := a.looked()
	a.request.number = number
	handle := a.request.handle
	s := a.cfg.Core.State()
	locked := ok && s.HasPIN && s.Locked && r.Unasked
	a.mu.Unlock()
	switch {
	case !ok:
	case locked: // a Yes that asks for nobody is only her own once she has unlocked the app
		a.change(func() { a.unlockFirst = true })
	case handle != nil:
		a.approve(r, phone.Match{Handle: handle})
	case r.Match == authn.MatchQR:
		a.ScanInstead(r.ID)
	default:
		a.approve(r, phone.Match{Number: number})
	}
}

// looked is the request on the screen, if it is still open; mu must be held.
func (a *App) looked() (phone.Request, bool) {
	r, ok := a.cfg.Core.State().Request(a.request.id)
	return r, ok && !a.later[r.ID]
}

func (a *App) approve(r phone.Request, m phone.Match) {
	a.mu.Lock()
	client := a.clientName(r)
	a.mu.Unlock()
	title := a.T(asks(r).prompt, "Client", client)
	p := platform.Prompt{Title: title, Subtitle: r.Login, Reason: a.T("app.prompt.approve_reason", "Client", client)}
	var receipt phone.Receipt
	a.change(func() { a.request.wrong = "" })
	q := &question{title: title, subtitle: r.Login, lane: laneAnswer, request: r.ID}
	a.verified(q, a.T("app.busy.sending"), func(ctx context.Context) error {
		var err error
		a.sending(r.ID, true)
		receipt, err = a.cfg.Core.Approve(ctx, r.ID, m, p)
		if needsPIN(err) {
			a.sending(r.ID, false) // nothing was sent: it may end while the PIN is asked
		}
		return err
	}, func(err error) { a.answered(r, authn.Approve, m, receipt, err) })
}

// No denies the request that is shown.
func (a *App) No() { a.refuse(authn.Deny) }

// AskNotMe opens the second question; ReallyNotMe answers it with Yes, KeepAsking with No.
func (a *App) AskNotMe() { a.change(func() { a.request.notMe = true }) }

// KeepAsking closes the second question.
func (a *App) KeepAsking() { a.change(func() { a.request.notMe = false }) }

// ReallyNotMe says "it's not me": the request is denied and the administrators are told.
func (a *App) ReallyNotMe() { a.refuse(authn.NotMe) }

func (a *App) refuse(kind authn.DecisionKind) {
	a.mu.Lock()
	r, ok := a.looked()
	a.mu.Unlock()
	if !ok {
		return
	}
	say := a.cfg.Core.Deny
	if kind == authn.NotMe {
		say = a.cfg.Core.NotMe
	}
	var receipt phone.Receipt
	a.do(laneAnswer, a.T("app.busy.sending"), func(ctx context.Context) error {
		var err error
		a.sending(r.ID, true)
		receipt, err = say(ctx, r.ID)
		return err
	}, func(err error) { a.answered(r, kind, phone.Match{}, receipt, err) })
}

// sending notes that this phone itself closes a request now.
func (a *App) sending(id authn.RequestID, on bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.request.id == id {
		a.request.sending = on
	}
}

// answered shows what became of an answer.
func (a *App) answered(r phone.Request, kind authn.DecisionKind, match phone.Match, receipt phone.Receipt, err error) {
	a.sending(r.ID, false)
	switch {
	case err == nil:
		a.change(func() {
			a.request, a.unsent = requestState{}, nil
			a.result = a.resultOf(r, kind, receipt)
		})
	case errors.Is(err, authn.ErrWrongNumber):
		a.change(func() { a.sayWrong(r, a.wrongNumber(r, err)) })
	case errors.Is(err, phone.ErrNumberMissing):
		a.change(func() { a.sayWrong(r, a.print.T("app.request.all_digits")) })
	case errors.Is(err, platform.ErrCanceled):
		a.change(func() {})
	case authn.AsError(err).Kind == authn.Unavailable && a.isOpen(a.cfg.Core.State(), r.ID):
		a.change(func() { a.notSent(r, kind, match, err) })
	default:
		var again bool
		a.change(func() {
			again, a.unsent, a.request = a.unsent != nil && a.unsent.request.ID == r.ID, nil, requestState{}
		})
		if again && errors.Is(err, authn.ErrDecided) {
			err = errAnsweredBefore
		}
		a.fail(err)
	}
}

func (a *App) sayWrong(r phone.Request, words string) {
	if a.request.id == r.ID {
		a.request.wrong = words
	}
}

// wrongNumber says how many tries are left when the server said so.
func (a *App) wrongNumber(r phone.Request, err error) string {
	if left := authn.AsError(err).Left; left > 0 {
		return a.print.T("app.request.wrong_left", "Client", r.Client.Name, "Count", left)
	}
	return a.print.T("app.request.wrong", "Client", r.Client.Name)
}

// requestClosed shows why the request on the screen went away, unless this phone answered it.
func (a *App) requestClosed(e phone.Event) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.later, e.Request)
	if a.request.id != e.Request || a.request.sending {
		return
	}
	asked := a.request.asked
	a.request, a.unsent, a.unlockFirst = requestState{}, nil, false
	if a.ask != nil && a.ask.request == e.Request {
		a.ask, a.pin = nil, pinEntry{}
	}
	if a.scan.forRequest == e.Request {
		a.popIf(PageScan)
	}
	f := a.closedFault(asked, e)
	a.failure = &f
}

// Result is the page after an answer.
type Result struct {
	Title, Text string
	Approved    bool
	Stopped     bool // something was blocked
	Practice    bool // it signed in to nothing
	Facts       []Fact
	Receipt     string // the proof's first digits, as two groups: 8F2C 91D0
}

// ResultView is the view of PageResult.
func (a *App) ResultView() Result {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.result == nil {
		return Result{}
	}
	return *a.result
}

func (a *App) resultOf(r phone.Request, kind authn.DecisionKind, receipt phone.Receipt) *Result {
	t := a.print
	v := &Result{Approved: kind == authn.Approve, Receipt: receiptDigits(receipt)}
	switch kind {
	case authn.Approve:
		v.Title, v.Text = t.T("app.result.yes"), t.T(asks(r).yes, "Client", r.Client.Name)
	case authn.NotMe:
		v.Title, v.Text = t.T("app.result.not_me"), t.T("app.result.not_me_text")
	default:
		v.Title, v.Text = t.T("app.result.no"), t.T("app.result.no_text", "Client", r.Client.Name)
	}
	if isPractice(r) {
		v.Practice, v.Text = true, a.practiceResult(kind)
		return v // nothing has happened that could be looked up
	}
	v.Facts = []Fact{
		{"clock", t.T("app.request.time"), t.ClockSeconds(receipt.At)},
		{"map-pin", t.T("app.request.place"), orUnknown(t.T("app.request.place_unknown"), r.Origin.Place)},
		{"receipt", t.T("app.result.receipt"), v.Receipt},
	}
	return v
}
