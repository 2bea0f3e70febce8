package keystore

import (
	"context"
	"time"

	"avow/internal/authn"
)

// tries counts wrong PINs, and how much of the wait after the last one is over. Both survive a restart.
//
// The clock of the device is left out of it, since anybody can turn it. A wait is counted by what nobody can: the time since the device was started, and a
// time that a server has signed. After a restart of the device only the latter knows how long it was off; without it the wait goes on where it was noted last.
type tries struct {
	Wrong  int           `json:"wrong"`
	Last   time.Time     `json:"last,omitzero"`   // of version 1; not read
	Waited time.Duration `json:"waited,omitzero"` // was over at the stamp
	Stamp  stamp         `json:"stamp,omitzero"`
}

// stamp is a moment, by what cannot be turned.
type stamp struct {
	Boot  string        `json:"boot,omitempty"`
	Since time.Duration `json:"since,omitempty"` // of that boot
	Told  int64         `json:"told,omitempty"`  // unix seconds, signed by a server; 0: nobody told
}

// to is how much has passed at least from s to t: by the clock of the boot that both are of, or by what was told.
func (s stamp) to(t stamp) (passed time.Duration) {
	if s.Boot == t.Boot {
		passed = max(0, t.Since-s.Since)
	}
	if s.Told != 0 && t.Told != 0 {
		passed = max(passed, time.Duration(t.Told-s.Told)*time.Second)
	}
	return passed
}

// told is what was told at s, carried on by what has passed; rounded up, so that what is measured from it is never longer.
func (s stamp) told(passed time.Duration) int64 {
	if s.Told == 0 {
		return 0
	}
	return s.Told + int64((passed+time.Second-1)/time.Second)
}

// waits is how long the next try has to wait after that many wrong ones. From authn.PINTries on it is a day, and twice as long after each.
var waits = [authn.PINTries]time.Duration{
	0, time.Second, 2 * time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute,
}

const (
	firstLongWait = 24 * time.Hour
	lastDoubling  = 5 // 32 days stand for all that follow
)

func waitAfter(wrong int) time.Duration {
	if wrong < len(waits) {
		return waits[wrong]
	}
	return firstLongWait << min(wrong-len(waits), lastDoubling)
}

// at is t as it stands at a later moment.
func (t tries) at(now stamp) tries {
	passed := t.Stamp.to(now)
	now.Told = max(now.Told, t.Stamp.told(passed)) // never less than was counted: else many small steps would gain their roundings
	t.Waited, t.Stamp = t.Waited+passed, now
	return t
}

// left says how long to wait still.
func (t tries) left(now stamp) time.Duration { return max(0, waitAfter(t.Wrong)-t.at(now).Waited) }

// blocked reports whether no PIN is taken any more.
func (b body) blocked() bool {
	return b.Rule == authn.WrongPINRestore && b.Tries.Wrong >= authn.PINTries
}

// now is this moment. What a server told is carried on by the time since the device was started; mu must be held.
func (f *File) now() stamp {
	var s stamp
	s.Boot, s.Since = f.opt.Boot()
	if f.heard.Boot == s.Boot {
		s.Told = f.heard.told(f.heard.to(s))
	}
	return s
}

// PINWait implements PINs.
func (f *File) PINWait() (wrong int, wait time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.body.Tries.Wrong, f.body.Tries.left(f.now())
}

// PINBlocked implements PINs.
func (f *File) PINBlocked() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.body.blocked()
}

// SetWrongPINs implements PINs.
func (f *File) SetWrongPINs(_ context.Context, r authn.WrongPINs) error {
	f.mu.Lock()
	same := f.body.Rule.Stricter("") == r.Stricter("")
	f.mu.Unlock()
	if same {
		return nil
	}
	return f.commit(keys, func(b *body) error { // in the backup too, or that would be laxer
		b.Rule = r.Stricter("")
		return nil
	})
}

// NoteTime implements PINs.
func (f *File) NoteTime(_ context.Context, t time.Time) error {
	f.mu.Lock()
	now := f.now()
	if t.Unix() > now.Told { // never back: an answer may have been on its way for a while
		f.heard = stamp{now.Boot, now.Since, t.Unix()}
	}
	f.mu.Unlock()
	return f.noteWait(false)
}

// saveWait notes how much of a wait is over before the device may be shut down. Without it the wait is longer, never shorter.
func (f *File) saveWait() { _ = f.noteWait(true) }

// resumeWait goes on with a wait after a start: of the app, by the same boot; of the device, where it was noted.
func (f *File) resumeWait() {
	f.body.Tries = f.body.Tries.at(f.now())
}

// noteStep is how much of a wait has to be over for it to be worth writing.
const noteStep = time.Minute

// noteWait writes how a wait stands, if that has changed by a step, or if a trusted time is known for the first time.
func (f *File) noteWait(anyway bool) error {
	f.mu.Lock()
	t, now := f.body.Tries, f.now()
	next := t.at(now)
	news := next.Waited-t.Waited >= noteStep || t.Stamp.Told == 0 && next.Stamp.Told != 0 || anyway && next.Waited-t.Waited >= time.Second
	running := t.Wrong > 0 && t.left(t.Stamp) > 0 && !f.body.blocked() && !f.gone
	f.mu.Unlock()
	if !running || !news {
		return nil
	}
	return f.commit(counters, func(b *body) error {
		b.Tries = b.Tries.at(f.now())
		return nil
	})
}

// countTry refuses a try that comes too early, or counts it.
func (f *File) countTry() (before tries, err error) {
	what := counters
	if wrong, _ := f.PINWait(); wrong+1 >= authn.PINTries {
		what = keys // in the backup too, which must not be a way around a block
	}
	err = f.commit(what, func(b *body) error {
		if b.blocked() {
			return ErrPINBlocked
		}
		now := f.now()
		before = b.Tries
		if left := b.Tries.left(now); left > 0 {
			return ErrPINWait.After(left)
		}
		b.Tries = tries{Wrong: b.Tries.Wrong + 1, Stamp: now}
		return nil
	})
	return before, err
}

// wrongPIN is the answer to a PIN that was counted and was wrong.
func (f *File) wrongPIN() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.body.blocked() {
		return ErrPINBlocked
	}
	return ErrPINWrong.After(waitAfter(f.body.Tries.Wrong))
}

// setTries sets the count after a try that was no wrong PIN. If the disk does not take it, memory does: the next start
// then counts one try too many, never one too few.
func (f *File) setTries(t tries) {
	err := f.commit(counters, func(b *body) error {
		b.Tries = t
		return nil
	})
	if err != nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.body.Tries = t
	}
}
