package model

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"avow/assets/translations"
	"avow/internal/authn"
	"avow/internal/phone"
	"avow/internal/phone/platform"
	"avow/internal/wire"
)

// homeState is what Home remembers between redraws.
type homeState struct {
	removed string // what the removal of an account said
}

// Tone says how a state feels; the word says it too.
type Tone string

// The tones.
const (
	Good  Tone = "good"
	Wait  Tone = "wait"
	Bad   Tone = "bad"
	Quiet Tone = "quiet"
)

// HomeView is the first tab.
type HomeView struct {
	Initials     string
	Name         string
	Organisation string
	Accounts     []AccountLine // of the switcher, with the one that is shown
	Status       string
	StatusSub    string
	Tone         Tone
	Facts        []Fact
	CheckWords   string // while it waits for the page
	Requests     []RequestCard
	RequestsHead string // "1 open request"
	Quiet        bool   // nothing is open
	Last         *RequestCard
	Notes        []Note
	Computers    *Note // the server can't be reached, but codes for computers can be had
	Alerts       []Alert
	Restore      *Note // restore needs to be looked at
	Running      []RunningRestore
	Again        bool // this phone has no part in the account any more: it can be connected again, or restored
	Busy         string
	Support      string
}

// AccountLine is one account of the switcher.
type AccountLine struct {
	ID                 phone.AccountID
	Name, Organisation string
	Shown              bool
}

// RequestCard is a request on Home.
type RequestCard struct {
	ID       authn.RequestID
	Client   string
	Sub      string
	Left     string
	Part     float64
	Approved bool // of the last answer
}

// Note is something the person should know.
type Note struct {
	Tone  Tone
	Head  string
	Text  string
	Opens Page // what can be done about it; "" where a tap does nothing
	Ends  bool // a tap asks whether the silence is to end
}

func newNote(t Tone, head, text string) Note { return Note{Tone: t, Head: head, Text: text} }

// Home is the view of PageHome.
func (a *App) Home() HomeView {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, t, now := a.cfg.Core.State(), a.print, a.cfg.Now()
	acc, ok := a.shownAccount(s)
	if !ok {
		return HomeView{Quiet: true, Busy: a.busyOn(PageHome)}
	}
	v := HomeView{
		Initials: initials(acc.Name), Name: acc.Name, Organisation: acc.Organisation, Busy: a.busyOn(PageHome), Support: acc.Support, Quiet: len(s.Requests) == 0,
	}
	for _, x := range s.Accounts {
		v.Accounts = append(v.Accounts, AccountLine{ID: x.ID, Name: x.Name, Organisation: x.Organisation, Shown: x.ID == acc.ID})
	}
	a.status(&v, acc)
	if !acc.PasswordChangedAt.IsZero() {
		v.Facts = append(v.Facts, Fact{Label: t.T("app.home.password"), Value: t.Day(acc.PasswordChangedAt)})
	}
	if f, ok := a.restoreFact(acc); ok {
		v.Facts = append(v.Facts, f)
	}
	v.Alerts, v.Restore, v.Running, v.Again = a.alerts(acc, now), a.restoreNote(acc), a.running(s), acc.Status == phone.Removed
	for _, r := range s.Requests {
		left := timeLeft(r, now)
		sub := t.T("app.home.sign_in")
		if isPractice(r) {
			sub = t.T("app.practice.sub")
		}
		if r.Origin.Place != "" {
			sub += " · " + r.Origin.Place
		}
		v.Requests = append(v.Requests, RequestCard{
			ID: r.ID, Client: a.clientName(r), Sub: sub, Left: t.Left(left), Part: min(1, left.Seconds()/float64(r.Expires-r.IssuedAt)),
		})
	}
	v.RequestsHead = t.T("app.home.requests", "Count", len(v.Requests))
	if l := acc.Last; l != nil {
		word := t.T("app.home.last_no")
		if l.Kind == authn.Approve {
			word = t.T("app.home.last_yes")
		}
		v.Last = &RequestCard{Client: word, Sub: l.Client + ", " + t.When(l.At, now), Approved: l.Kind == authn.Approve}
	}
	v.Notes = a.notes(acc, now)
	for _, c := range s.Computers {
		if acc.Status == phone.Unreachable && c.Account == acc.ID && c.Gives() {
			v.Computers = &Note{Tone: Good, Head: t.T("app.home.computers"), Text: t.T("app.home.computers_text")}
		}
	}
	return v
}

func (a *App) status(v *HomeView, acc phone.Account) {
	t, now := a.print, a.cfg.Now()
	switch acc.Status {
	case phone.Connected:
		v.Status, v.Tone = t.T("app.home.connected"), Good
	case phone.Waiting:
		v.Status, v.Tone = t.T("app.home.waiting"), Wait
		v.CheckWords = acc.CheckWords[0] + " / " + acc.CheckWords[1]
		v.StatusSub = t.T("app.home.waiting_sub", "Words", v.CheckWords)
	case phone.Blocked:
		v.Status, v.Tone = t.T("app.home.blocked"), Bad
		v.StatusSub = t.T("app.home.blocked_sub", "Support", acc.Support)
	case phone.Removed:
		v.Status, v.Tone, v.StatusSub = t.T("app.home.removed"), Bad, t.T("app.home.removed_sub")
	case phone.Unreachable:
		v.Status, v.Tone = t.T("app.home.unreachable", "Clock", t.When(acc.Since, now)), Wait
		v.StatusSub = t.T("app.home.unreachable_sub")
	}
	if v.StatusSub == "" && !acc.CheckedAt.IsZero() {
		if now.Sub(acc.CheckedAt) < time.Minute {
			v.StatusSub = t.T("app.home.checked_now")
		} else {
			v.StatusSub = t.T("app.home.checked", "When", t.When(acc.CheckedAt, now))
		}
	}
}

// notes are what happened to the account elsewhere, and what was said to the person on this page.
func (a *App) notes(acc phone.Account, now time.Time) []Note {
	t := a.print
	var notes []Note
	if a.home.removed != "" {
		notes = append(notes, Note{Tone: Quiet, Text: a.home.removed})
	}
	if now.Before(acc.MutedUntil) {
		notes = append(notes, Note{Tone: Bad, Head: t.T("app.notice.muted"), Text: t.T("app.notice.muted_text", "Clock", t.Clock(acc.MutedUntil)), Ends: true})
	}
	if n, ok := a.passwordNote(acc, now); ok {
		notes = append(notes, n)
	}
	const recent = 72 * time.Hour
	for i := len(acc.Notices) - 1; i >= 0; i-- {
		n := acc.Notices[i]
		at := time.Unix(n.At, 0)
		if now.Sub(at) > recent {
			continue
		}
		note, ok := a.noticeNote(n, t.When(at, now))
		switch {
		case !ok:
		case isRestoreNotice(n.Kind):
			if !said(notes, note) && (len(acc.Restores) == 0 || n.Kind.Reaction() != authn.ReactionBlockRestore) { // what runs stands above, with Block
				notes = append(notes, note)
			}
		default:
			notes = append(notes, note)
		}
	}
	return notes
}

// noticeNote says what the server told; ok is false for what the app has no words for. mu must be held.
func (a *App) noticeNote(n wire.Notice, when string) (note Note, ok bool) {
	if note, ok := a.restoreNotice(n, when); ok {
		return note, true
	}
	t, device, computer := a.print, n.Facts["device"], n.Facts["computer"]
	switch n.Kind {
	case authn.NoticeDeviceRegistered:
		note := newNote(Wait, t.T("app.notice.device", "Device", device), t.T("app.notice.device_text", "When", when))
		note.Opens = PageDevices
		return note, true
	case authn.NoticeDeviceRevoked:
		return newNote(Wait, t.T("app.notice.revoked", "Device", device), t.T("app.notice.when", "When", when)), true
	case authn.NoticeClaimRefused:
		return newNote(Bad, t.T("app.notice.claim"), t.T("app.notice.claim_text", "When", when)), true
	case authn.NoticeTooManyRequests:
		return newNote(Wait, t.T("app.notice.many"), t.T("app.notice.many_text", "When", when)), true
	case authn.NoticeOfflineUnknown:
		return newNote(Bad, t.T("app.notice.offline", "Computer", computer), t.T("app.notice.offline_text", "When", when)), true
	case authn.NoticeOfflineLocked:
		return newNote(Wait, t.T("app.notice.locked", "Computer", computer), t.T("app.notice.locked_text", "When", when)), true
	case authn.NoticeDeskUnknown:
		return newNote(Bad, t.T("app.notice.desk_wrong", "Computer", computer), t.T("app.notice.desk_wrong_text", "When", when)), true
	case authn.NoticeDeskCode:
		return newNote(Wait, t.T("app.notice.desk", "Computer", computer), t.T("app.notice.desk_text", "When", when)), true
	}
	return Note{}, false
}

// isRestoreNotice tells what restoreNotice has words for: of those the same may be told more than once.
func isRestoreNotice(k authn.NoticeKind) bool {
	switch k {
	case authn.NoticeDeviceRegistered, authn.NoticeDeviceRevoked, authn.NoticeClaimRefused, authn.NoticeTooManyRequests, authn.NoticeOfflineUnknown, authn.NoticeOfflineLocked,
		authn.NoticeDeskUnknown, authn.NoticeDeskCode:
		return false
	}
	return true
}

// said tells whether a newer note says the same: a restore is told of when it begins and when it waits.
func said(notes []Note, n Note) bool {
	return slices.ContainsFunc(notes, func(x Note) bool { return x.Head == n.Head })
}

// passwordSoon is for how many days before it expires a password is spoken of.
const passwordSoon = 14

// passwordNote warns of a password that expires: by the day, on the last day by the clock. To an account that is blocked or gone it is of no use.
func (a *App) passwordNote(acc phone.Account, now time.Time) (Note, bool) {
	t, at := a.print, acc.PasswordExpiresAt
	if at.IsZero() || acc.Status == phone.Blocked || acc.Status == phone.Removed {
		return Note{}, false
	}
	at = at.In(now.Location())
	switch days := translations.DaysBetween(now, at); {
	case !now.Before(at):
		return newNote(Bad, t.T("app.password.over"), t.T("app.password.over_text", "When", t.When(at, now))), true
	case days == 0:
		return newNote(Wait, t.T("app.password.today", "Clock", t.Clock(at)), t.T("app.password.today_text")), true
	case days <= passwordSoon:
		return newNote(Wait, t.T("app.password.soon", "Day", t.Day(at)), t.T("app.password.soon_text", "Count", days)), true
	}
	return Note{}, false
}

// shownAccount is the one that the switcher chose, or the first; mu must be held.
func (a *App) shownAccount(s phone.State) (phone.Account, bool) {
	if acc, ok := s.Account(a.account); ok {
		return acc, true
	}
	if len(s.Accounts) == 0 {
		return phone.Account{}, false
	}
	return s.Accounts[0], true
}

// ShowAccount switches to an account.
func (a *App) ShowAccount(id phone.AccountID) {
	a.change(func() { a.account, a.home.removed = id, "" })
}

// CheckNow asks all servers.
func (a *App) CheckNow() {
	a.do(laneCheck, a.T("app.busy.checking"), a.cfg.Core.Sync, func(error) {}) // the status line says it
}

// RemoveQuestion is what is asked before an account is removed.
func (a *App) RemoveQuestion() (title, text, yes, no string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	acc, ok := a.shownAccount(a.cfg.Core.State())
	if !ok {
		return "", "", "", ""
	}
	t := a.print
	return t.T("app.remove.title", "Organisation", acc.Organisation), t.T("app.remove.text"), t.T("app.remove.yes"), t.T("app.remove.no")
}

// RemoveAccount takes the shown account off this device.
func (a *App) RemoveAccount() {
	a.mu.Lock()
	acc, ok := a.shownAccount(a.cfg.Core.State())
	a.mu.Unlock()
	if !ok {
		return
	}
	var told bool
	title := a.T("app.prompt.remove", "Organisation", acc.Organisation)
	a.verified(&question{title: title, lane: laneOther}, a.T("app.busy.removing"), func(ctx context.Context) error {
		var err error
		told, err = a.cfg.Core.RemoveAccount(ctx, acc.ID)
		return err
	}, func(err error) {
		switch {
		case err == nil:
			a.change(func() {
				a.home.removed = a.print.T("app.remove.done", "Organisation", acc.Organisation)
				if !told {
					a.home.removed = a.print.T("app.remove.queued", "Organisation", acc.Organisation)
				}
			})
		case !errors.Is(err, platform.ErrCanceled):
			a.fail(err)
		}
	})
}

// initials are up to two letters of a name.
func initials(name string) string {
	words := strings.Fields(name)
	if len(words) == 0 {
		return "?"
	}
	first := []rune(words[0])[:1]
	if len(words) == 1 {
		return strings.ToUpper(string(first))
	}
	return strings.ToUpper(string(first) + string([]rune(words[len(words)-1])[:1]))
}

// receiptDigits are the first digits of a proof, for people who compare.
func receiptDigits(r phone.Receipt) string {
	h := sha256.Sum256([]byte(r.Receipt))
	return fmt.Sprintf("%X %X", h[:2], h[2:4])
}
