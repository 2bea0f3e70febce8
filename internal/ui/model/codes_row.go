package model

import (
	"context"
	"fmt"
	"hash/fnv"
	"strings"
	"time"
	"unicode"

	"avow/internal/authn"
	"avow/internal/otp"
	"avow/internal/phone/codes"
)

// CodeRow is one row of the list.
type CodeRow struct {
	ID       codes.ID
	Face     Face
	Title    string
	Account  string
	Pinned   bool
	Code     string // in groups; dots while it is hidden
	Hidden   bool
	Left     float64 // part of the time
	Seconds  string
	Late     bool
	NextWord string
	Next     string // the code that follows, in the last seconds
	Below    string // what to do, where there is no code yet
	Copied   string // "Copied, cleared in 27 s"
	CopiedIn string // "Copied, 27 s"
	Steps    bool   // by a counter: a button in place of the ring
}

// Face is the picture before a name: an icon of our own, or a letter, on a color of its own.
type Face struct {
	Icon   string
	Letter string
	Tone   int // 0 to 4
}

// faceOf chooses the picture of a service.
func faceOf(issuer, title string) Face {
	f := Face{Icon: iconOf(issuer)}
	h := fnv.New32a()
	_, _ = h.Write([]byte(strings.ToLower(title)))
	f.Tone = int(h.Sum32() % 5)
	for _, r := range title {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			f.Letter = string(unicode.ToUpper(r))
			break
		}
	}
	return f
}

// CodeRow is the i-th row of the list, as it is now; an empty one if there is none.
func (a *App) CodeRow(i int) CodeRow {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.findCodes()
	if i < 0 || i >= len(a.codes.ids) {
		return CodeRow{}
	}
	id := a.codes.ids[i]
	v, err := a.cfg.Core.CodeView(id)
	if err != nil {
		return CodeRow{ID: id}
	}
	r := CodeRow{ID: id, Title: v.Title(), Account: v.Account, Pinned: v.Pinned, Face: faceOf(v.Issuer, v.Title()), Steps: v.Kind == otp.HOTP}
	if r.Account == r.Title {
		r.Account = ""
	}
	a.fillCode(&r, v)
	return r
}

// fillCode works out the code of a row; mu must be held.
func (a *App) fillCode(r *CodeRow, v codes.View) {
	t, now := a.print, a.cfg.Now()
	r.Code, r.Hidden = dots(v), true
	if a.codes.away {
		return
	}
	if v.NeedsPIN {
		r.Below = t.T("app.codes.needs_pin")
		return
	}
	s, err := a.cfg.Core.Code(a.ctx, v.ID, now)
	if err != nil {
		r.Below = a.faultOf(err).Sentence
		return
	}
	if !s.Until.IsZero() {
		left := s.Until.Sub(now)
		seconds := int((left + time.Second - 1) / time.Second)
		r.Left, r.Late, r.Seconds = min(1, left.Seconds()/max(1, s.Until.Sub(s.From).Seconds())), left <= nextIn, fmt.Sprint(seconds)
		if seconds > 99 {
			r.Seconds = fmt.Sprint((seconds+59)/60) + "′"
		}
	}
	if s.Text != "" && !a.masked(v.ID, now) {
		r.Code, r.Hidden = grouped(s.Text), false
		if r.Late && s.Next != "" {
			r.NextWord, r.Next = t.T("app.codes.next"), grouped(s.Next)
		}
	}
	if s.Text == "" {
		r.Below = t.T("app.codes.press_next")
	}
	if c := a.codes.copied; c.id == v.ID && now.Before(c.until) {
		left := int((c.until.Sub(now) + time.Second - 1) / time.Second)
		r.Copied, r.CopiedIn = t.T("app.codes.copied", "Count", left), t.T("app.codes.copied_short", "Count", left)
	}
}

// masked tells whether a code is to be hidden; mu must be held.
func (a *App) masked(id codes.ID, now time.Time) bool {
	return a.cfg.Settings.Get().HideCodes && !now.Before(a.codes.revealed[id])
}

func dots(v codes.View) string {
	n := int(v.Digits)
	if n <= 0 {
		n = otp.MinDigits
	}
	return grouped(strings.Repeat("•", n))
}

// grouped sets a code in groups of three, and in equal halves where that is nearer: 204 118, 1234 5678, 204 1184.
func grouped(code string) string {
	r := []rune(code)
	var parts []int
	switch len(r) {
	case 7:
		parts = []int{3, 4}
	case 8:
		parts = []int{4, 4}
	case 10:
		parts = []int{3, 3, 4}
	case 5:
		return code
	default:
		for left := len(r); left > 0; left -= 3 {
			parts = append(parts, min(3, left))
		}
	}
	var out []string
	for _, n := range parts {
		out = append(out, string(r[:n]))
		r = r[n:]
	}
	return strings.Join(out, " ")
}

// TapCode is the tap on a row: a hidden code is shown, a shown one copied by put. One that needs its PIN leads to where that is typed.
func (a *App) TapCode(id codes.ID, put func(text string)) {
	v, err := a.cfg.Core.CodeView(id)
	if err != nil {
		return
	}
	if v.NeedsPIN {
		a.OpenEdit(id)
		return
	}
	a.mu.Lock()
	now := a.cfg.Now()
	hidden := a.masked(id, now)
	if hidden {
		if a.codes.revealed == nil {
			a.codes.revealed = map[codes.ID]time.Time{}
		}
		a.codes.revealed[id] = now.Add(revealFor)
	}
	a.mu.Unlock()
	if hidden {
		a.used(id)
		a.cfg.Changed()
		return
	}
	a.CopyCode(id, put)
}

// CopyCode copies a code by put, hidden or not, and has it cleared later.
func (a *App) CopyCode(id codes.ID, put func(text string)) {
	now := a.cfg.Now()
	s, err := a.cfg.Core.Code(a.ctx, id, now)
	if err != nil || s.Text == "" {
		return
	}
	put(s.Text)
	a.change(func() { a.codes.copied = copiedCode{id, s.Text, now.Add(a.cfg.Settings.Get().Clear.Duration())} })
	a.count(authn.CountCodesCopied)
	a.used(id)
}

// used counts a use; that it could not be stored is of no account.
func (a *App) used(id codes.ID) {
	a.cfg.Go(func() {
		if err := a.cfg.Core.UsedCode(a.ctx, id); err != nil && a.cfg.Log != nil {
			a.cfg.Log.Note("a use of a code was not counted", err)
		}
	})
}

// Uncopy is the code that is to leave the clipboard now, if it still is there; with all, also one whose time is not over. It is given once.
func (a *App) Uncopy(all bool) (text string, due bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.codes.copied
	if c.text == "" || !all && a.cfg.Now().Before(c.until) {
		return "", false
	}
	a.codes.copied = copiedCode{}
	return c.text, true
}

// NextHOTP goes on to the next code of one with a counter.
func (a *App) NextHOTP(id codes.ID) {
	a.do(laneOther, a.T("app.busy.saving"), func(ctx context.Context) error {
		_, err := a.cfg.Core.AdvanceCode(ctx, id)
		return err
	}, func(err error) {
		if err != nil {
			a.fail(err)
			return
		}
		a.change(func() {
			if a.codes.revealed == nil {
				a.codes.revealed = map[codes.ID]time.Time{}
			}
			a.codes.revealed[id] = a.cfg.Now().Add(revealFor) // who asks for it wants to see it
			a.tell(a.print.T("app.codes.stepped"), func(ctx context.Context) error { return a.cfg.Core.UndoAdvance(ctx, id) })
		})
	})
}
