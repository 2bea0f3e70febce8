package model

import (
	"context"
	"errors"

	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/platform"
	"avow/internal/wire"
)

// joinState is an account on its way from another phone to this one.
type joinState struct {
	link    *wire.DuplicateLink
	joining *phone.Joining
	stop    func() // ends the wait for the other phone
}

// JoinView is the question before this phone takes an account from another one.
type JoinView struct {
	Title, Text string
	Host        string
	Points      []Point
	Warning     string // this phone has accounts already
	Head, Words string
}

// askJoin asks before anything is done with a scanned D code. It only ever adds the account to this phone: no code makes this phone add another one.
func (a *App) askJoin(link wire.DuplicateLink) {
	a.change(func() {
		a.popIf(PageScan)
		if a.top() == PageJoinWords { // one at a time
			return
		}
		a.join = joinState{link: &link}
		if a.top() != PageJoin {
			a.stack = append(a.stack, PageJoin)
		}
		a.fault = nil
	})
}

// Join is the view of PageJoin.
func (a *App) Join() JoinView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t := a.print
	if a.join.link == nil {
		return JoinView{}
	}
	v := JoinView{
		Title: t.T("app.join.title"), Text: t.T("app.join.text"), Host: a.join.link.Host,
		Points: []Point{
			{"phone", t.T("app.join.adds")}, {"eye", t.T("app.join.compare")}, {"bell", t.T("app.join.told")},
		},
	}
	if len(a.cfg.Core.State().Accounts) > 0 {
		v.Warning = t.T("app.join.warning")
	}
	if a.fault != nil {
		v.Head, v.Words = a.fault.Title, a.fault.Sentence
	}
	return v
}

// ConfirmJoin is the tap on "Add the account": without a PIN that is chosen first.
func (a *App) ConfirmJoin() { a.withPINChosen(PageJoin, a.claim) }

func (a *App) claim(pin key.Secret) {
	a.mu.Lock()
	link := a.join.link
	a.mu.Unlock()
	if link == nil {
		return
	}
	title := a.T("app.prompt.join")
	p := platform.Prompt{Title: title, Subtitle: link.Host, Reason: a.T("app.prompt.connect_reason")}
	var j *phone.Joining
	a.verified(&question{title: title, subtitle: link.Host, lane: laneOther}, a.T("app.busy.asking"), func(ctx context.Context) error {
		var err error
		j, err = a.cfg.Core.ClaimDuplicate(once(ctx, &pin), *link, p)
		return err
	}, func(err error) {
		var wait func()
		a.change(func() {
			switch {
			case err == nil && a.join.link == link:
				ctx, stop := context.WithCancel(a.ctx)
				a.join.joining, a.join.stop = j, stop
				a.stack[len(a.stack)-1] = PageJoinWords
				wait = func() { a.awaitJoin(ctx, j) }
			case err == nil, errors.Is(err, platform.ErrCanceled):
			default:
				a.joinFailed(err)
			}
		})
		if wait != nil {
			a.cfg.Go(wait)
		}
	})
}

// resumeJoin waits again for an answer on the other phone, after the app was closed meanwhile.
func (a *App) resumeJoin(j *phone.Joining) {
	ctx, stop := context.WithCancel(a.ctx)
	a.change(func() {
		a.join = joinState{joining: j, stop: stop}
		a.stack, a.fault = append(a.stack, PageJoinWords), nil
	})
	a.cfg.Go(func() { a.awaitJoin(ctx, j) })
}

// joinFailed shows why the account did not come; mu must be held.
func (a *App) joinFailed(err error) {
	f := a.faultOf(err)
	a.failure, a.join = &f, joinState{} // what has ended needs not be given up
	a.popIf(PageJoin)
	a.popIf(PageJoinWords)
}

// awaitJoin waits for the answer on the other phone. What verifies the user again is asked then.
func (a *App) awaitJoin(ctx context.Context, j *phone.Joining) {
	title := a.T("app.prompt.connect", "Organisation", j.Organisation)
	p := platform.Prompt{Title: title, Subtitle: j.Host, Reason: a.T("app.prompt.connect_reason")}
	var acc phone.Account
	wait := func(ctx context.Context) error {
		var err error
		acc, err = a.cfg.Core.AwaitJoin(ctx, j, p)
		return err
	}
	done := func(err error) {
		a.change(func() {
			switch {
			case ctx.Err() != nil || errors.Is(err, context.Canceled) || a.join.joining != j:
			case err == nil:
				a.stack = []Page{PageConnected}
				a.tab, a.account = PageHome, acc.ID
				a.connect, a.join = connectState{account: acc, joined: true}, joinState{}
			case errors.Is(err, platform.ErrCanceled):
				a.popIf(PageJoinWords)
				a.join = joinState{}
			default:
				a.joinFailed(err)
			}
		})
	}
	err := wait(ctx)
	if needsPIN(err) {
		a.askPIN(&question{title: title, subtitle: j.Host, lane: laneOther, done: done, again: func(ctx context.Context, _ key.Secret) error { return wait(ctx) }})
		return
	}
	done(err)
}

// JoinWordsView is the page with the words that both phones show.
type JoinWordsView struct {
	Title, Text  string
	Words        [2]string
	Organisation string
	Waiting      string
	Cancel       string
}

// JoinWords is the view of PageJoinWords.
func (a *App) JoinWords() JoinWordsView {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, j := a.print, a.join.joining
	if j == nil {
		return JoinWordsView{}
	}
	return JoinWordsView{
		Title: t.T("app.words.title"), Text: t.T("app.join.words"), Words: j.Words, Organisation: j.Organisation, Waiting: t.T("app.join.waiting"),
		Cancel: t.T("app.cancel"),
	}
}

// leaveJoin gives up what was scanned; mu must be held.
func (a *App) leaveJoin() {
	j := a.join
	a.join = joinState{}
	if j.stop != nil {
		j.stop()
	}
	if j.joining != nil {
		a.cfg.Go(func() {
			if err := a.cfg.Core.CancelJoin(a.ctx, j.joining); err != nil {
				a.note("could not give up an account of another phone", err)
			}
		})
	}
}
