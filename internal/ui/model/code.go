package model

import (
	"errors"
	"strconv"
	"strings"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/scanner"
)

// codeEntry is a restore code while it is typed.
type codeEntry struct {
	groups [key.RestoreGroups]string
	wrong  string // what was said of the whole code, until it is changed
}

// CodeView is a restore code while it is typed: what stands in each group, and where it is wrong. Nothing leaves the phone for it.
type CodeView struct {
	Groups []string
	Wrong  []int  // groups to look at, from 0
	Words  string // what is wrong
	Good   string // instead: all is right
	Ready  bool
}

// set keeps what was typed, as it is written: an O becomes a zero under the finger.
func (e *codeEntry) set(groups []string) {
	for i := range e.groups {
		e.groups[i] = ""
		if i < len(groups) {
			e.groups[i] = key.CleanCrockford(groups[i])
		}
	}
	e.wrong = ""
}

func (e codeEntry) text() string { return strings.Join(e.groups[:], " ") }

// view says what is known of the code so far; mu must be held.
func (a *App) codeView(e codeEntry) CodeView {
	t := a.print
	v := CodeView{Groups: e.groups[:], Words: e.wrong}
	full := true
	for i, g := range e.groups {
		full = full && len(g) == groupLength
		if c := key.CheckTyped(g); c.Err != nil && c.Err.Fault == key.RestoreCodeCharacter {
			v.Wrong = append(v.Wrong, i)
		}
	}
	switch {
	case len(v.Wrong) > 0:
		v.Words = t.T("app.code.character", "Number", v.Wrong[0]+1)
	case full:
		whole := key.CheckTyped(e.text())
		if whole.Right() {
			v.Ready = true
			if e.wrong == "" {
				v.Good = t.T("app.code.right")
			}
			break
		}
		v.Wrong, v.Words = a.wrongGroups(whole.Err)
	}
	return v
}

const groupLength = 4

// wrongGroups says where a whole code is wrong, and what to compare; mu must be held.
func (a *App) wrongGroups(err *key.RestoreCodeError) (groups []int, words string) {
	t := a.print
	for _, g := range err.Groups {
		groups = append(groups, g-1)
	}
	switch {
	case err.Fault == key.RestoreCodeNewer:
		return groups, t.T("app.code.newer")
	case len(groups) == 1:
		return groups, t.T("app.code.group", "Number", err.Groups[0])
	case len(groups) == 2:
		return groups, t.T("app.code.two_groups", "First", err.Groups[0], "Second", err.Groups[1])
	}
	return groups, t.T("app.code.somewhere")
}

// pastedCode takes a restore code from the clipboard where one is typed, and reports whether the text was meant for that.
func (a *App) pastedCode(text string) bool {
	if a.Page() != PageRestoreType || scanner.Classify(text).Link != nil {
		return false
	}
	clean := key.CleanCrockford(text)
	if len(clean) != groupLength*key.RestoreGroups {
		a.change(func() { a.restore.typed.wrong = a.print.T("app.code.not_pasted") })
		return true
	}
	groups := make([]string, key.RestoreGroups)
	for i := range groups {
		groups[i] = clean[i*groupLength : (i+1)*groupLength]
	}
	a.change(func() { a.restore.typed.set(groups) })
	return true
}

// TypedCode keeps what was typed of a restore code.
func (a *App) TypedCode(groups []string) { a.change(func() { a.restore.typed.set(groups) }) }

// typedCode is the code that was typed, if it is one.
func (a *App) typedCode() (key.RestoreCode, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	c, err := key.ParseRestoreCode(a.restore.typed.text())
	if err == nil {
		return c, true
	}
	var wrong *key.RestoreCodeError
	if errors.As(err, &wrong) && wrong.Fault == key.RestoreCodeShort {
		a.restore.typed.wrong = a.print.T("app.code.all")
	}
	return key.RestoreCode{}, false
}

// askedGroup is the group that has to be typed to show that a code was noted. Which one follows from the code, so that it stays the same when the page is made anew.
func askedGroup(c key.RestoreCode) int { return int(c.Bytes()[1]) % key.RestoreGroups }

// Spelled is one group of a code as it is read out.
type Spelled struct {
	Number int
	Group  string
	Words  string // "four, Hotel, seven, Kilo"
}

// spell writes a code out so that it can be read to somebody, or by a screen reader; mu must be held.
func (a *App) spell(c key.RestoreCode) (out []Spelled) {
	for i, g := range c.Groups() {
		var words []string
		for _, r := range g {
			words = append(words, a.print.T(spelling[r]))
		}
		out = append(out, Spelled{Number: i + 1, Group: g, Words: strings.Join(words, ", ")})
	}
	return out
}

// codeFault is what is said below a code for an error that is about it; "" for one that is not.
func (a *App) codeFault(err error) string {
	switch authn.CodeOf(err) {
	case "restore_refused", "restore_code_other":
		return a.print.T("app.code.other")
	case "restore_not_here":
		return a.print.T("app.fault.not_here")
	}
	return ""
}

func number(i int) string { return strconv.Itoa(i) }
