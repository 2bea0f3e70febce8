package key

import (
	"fmt"
	"strings"
)

// RestoreCodeFault says in which way a typed restore code is none.
type RestoreCodeFault string

// The faults.
const (
	RestoreCodeCharacter RestoreCodeFault = "character" // has one that is in no code
	RestoreCodeShort     RestoreCodeFault = "short"
	RestoreCodeLong      RestoreCodeFault = "long"
	RestoreCodeWrong     RestoreCodeFault = "wrong" // the check symbols say that characters are wrong or changed places
	RestoreCodeNewer     RestoreCodeFault = "newer" // of a version that this program does not know
)

// RestoreCodeError is the error of ParseRestoreCode. It tells nothing of the code.
type RestoreCodeError struct {
	Fault  RestoreCodeFault
	Groups []int // where to look, from 1 to 7, ascending; empty where it can't be told
	Count  int   // characters that were typed
}

// Error is a sentence that says what to do.
func (e *RestoreCodeError) Error() string {
	switch e.Fault {
	case RestoreCodeCharacter:
		return "The restore code has a character that is never in one. Look at " + groupNames(e.Groups) + "."
	case RestoreCodeShort, RestoreCodeLong:
		return fmt.Sprintf("The restore code has %d characters, and %d were typed. Compare it with your sheet.", restoreSymbols, e.Count)
	case RestoreCodeNewer:
		return "This restore code is of a newer version of the app. Update the app."
	}
	if len(e.Groups) == 0 {
		return "The restore code has wrong characters. Compare it with your sheet, group by group."
	}
	return "The restore code has a wrong character, probably in " + groupNames(e.Groups) + "."
}

func groupNames(groups []int) string {
	if len(groups) == 1 {
		return fmt.Sprintf("group %d", groups[0])
	}
	return "groups " + strings.Trim(strings.ReplaceAll(fmt.Sprint(groups), " ", ", "), "[]")
}

// TypedRestoreCode is what can be said of a restore code while it is typed. It holds nothing of the code.
type TypedRestoreCode struct {
	Count int               // characters so far, without spaces and dashes
	Err   *RestoreCodeError // nil while all is well: also for a code that is not complete
}

// Complete reports whether all characters are there, right or wrong.
func (t TypedRestoreCode) Complete() bool { return t.Count >= restoreSymbols }

// Right reports whether it is a restore code.
func (t TypedRestoreCode) Right() bool { return t.Complete() && t.Err == nil }

// Group is the group from 1 to 7 that the next character belongs to; 7 behind the end.
func (t TypedRestoreCode) Group() int { return min(t.Count/restoreGroup+1, RestoreGroups) }

// Wrong reports whether group, from 1 to 7, is one to look at.
func (t TypedRestoreCode) Wrong(group int) bool {
	if t.Err != nil {
		for _, g := range t.Err.Groups {
			if g == group {
				return true
			}
		}
	}
	return false
}

// CheckTyped looks at a code after each character: one that is in no code is told at once with its group; when 28 are there, whether it is right, and
// where not. Nothing leaves the device for it.
func CheckTyped(text string) TypedRestoreCode {
	_, count, err := readRestoreCode(text)
	if err != nil && err.Fault == RestoreCodeShort {
		err = nil
	}
	return TypedRestoreCode{count, err}
}

// ParseRestoreCode reads what a person typed: in either case, with spaces and dashes anywhere, O for 0, I and L for 1. The error is a *RestoreCodeError.
func ParseRestoreCode(text string) (RestoreCode, error) {
	c, _, err := readRestoreCode(text)
	if err != nil {
		return RestoreCode{}, err
	}
	return c, nil
}

func readRestoreCode(text string) (RestoreCode, int, *RestoreCodeError) {
	var symbols [restoreSymbols]byte
	var bad []int // positions
	count := 0
	for _, r := range CleanCrockford(text) {
		s := strings.IndexRune(CrockfordDigits, r)
		switch {
		case count >= restoreSymbols:
		case s < 0:
			bad = append(bad, count)
		default:
			symbols[count] = byte(s)
		}
		count++
	}
	fail := func(f RestoreCodeFault, at []int) (RestoreCode, int, *RestoreCodeError) {
		return RestoreCode{}, count, &RestoreCodeError{f, groupsOf(at), count}
	}
	switch {
	case bad != nil:
		return fail(RestoreCodeCharacter, bad)
	case count < restoreSymbols:
		return fail(RestoreCodeShort, nil)
	case count > restoreSymbols:
		return fail(RestoreCodeLong, nil)
	}
	if s0, s1 := syndromes(&symbols); s0 != 0 || s1 != 0 {
		return fail(RestoreCodeWrong, suspects(&symbols, s0, s1))
	}
	version, secret := restoreDecode(symbols)
	if version != 0 {
		return fail(RestoreCodeNewer, nil)
	}
	return hide(secret), count, nil
}

// groupsOf names the groups of positions, which ascend.
func groupsOf(at []int) (groups []int) {
	for _, i := range at {
		if g := i/restoreGroup + 1; len(groups) == 0 || groups[len(groups)-1] != g {
			groups = append(groups, g)
		}
	}
	return groups
}
