// Package codes is the collection of a person's codes of other services: what there is, in which order, what is found by a word, what lies in
// the trash, and which change makes which entry of the vault. It has no file, no clock but one handed in, and draws nothing; package phone stores
// what it makes. The form of an entry is docs/vault.md, section "Codes".
package codes

import (
	"crypto/rand"
	"encoding/base32"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"avow/internal/authn"
	"avow/internal/otp"
)

// ID names a code on all phones of its person: "code/" and 16 characters of base32.
type ID string

const idPrefix = "code/"

// NewID makes a random one.
func NewID() ID {
	b := make([]byte, 10)
	rand.Read(b)
	return ID(idPrefix + base32.StdEncoding.EncodeToString(b))
}

// Entry is a code with all that its person has made of it. It holds the secret.
type Entry struct {
	ID      ID
	Code    otp.Code
	Name    string    // the person's own name for it; "" shows the issuer
	Note    string    // at most MaxNote characters
	Groups  []string  // at most MaxGroups, each of at most MaxGroup characters, none twice
	Pinned  bool      // above all others, in every order
	Place   int64     // order by hand, with gaps between
	Added   time.Time // in seconds
	Trashed time.Time // in seconds; zero: not in the trash

	// How often it was used on this phone, and when last. This stays on the phone.
	Uses   int
	UsedAt time.Time
}

// The limits of what a person can make of a code, in characters.
const (
	MaxName   = 256
	MaxNote   = 2000
	MaxGroups = 8
	MaxGroup  = 40
)

// TrashFor is how long a code lies in the trash before it goes for good.
const TrashFor = 30 * 24 * time.Hour

// View is a code without its secret.
type View struct {
	ID        ID
	Kind      otp.Kind
	Issuer    string
	Account   string
	Name      string
	Note      string
	Groups    []string // not to be changed
	Pinned    bool
	Algorithm otp.Algorithm
	Digits    otp.Digits
	Period    otp.Period  // 0 for HOTP
	Counter   otp.Counter // HOTP: the next one to be used
	Added     time.Time
	Trashed   time.Time // zero: not in the trash
	Uses      int
	UsedAt    time.Time
	Weak      bool // the secret is under 80 bits
	NeedsPIN  bool // it can't be made before its PIN was typed: Draft.PIN
}

// Title is the name to show on top: the person's own, else the issuer, else the account.
func (v View) Title() string {
	switch {
	case v.Name != "":
		return v.Name
	case v.Issuer != "":
		return v.Issuer
	}
	return v.Account
}

// PurgeAt is when a code in the trash goes for good; zero for one that is not there.
func (v View) PurgeAt() time.Time {
	if v.Trashed.IsZero() {
		return time.Time{}
	}
	return v.Trashed.Add(TrashFor)
}

// Draft is what a person can change of a code.
type Draft struct {
	Issuer  string
	Account string
	Name    string
	Note    string
	Groups  []string
	Pinned  bool
	Counter otp.Counter // HOTP only
	PIN     otp.Secret  // mOTP and Yandex; nil keeps the one that there is
}

// Draft begins a change of the code.
func (v View) Draft() Draft {
	return Draft{Issuer: v.Issuer, Account: v.Account, Name: v.Name, Note: v.Note, Groups: v.Groups, Pinned: v.Pinned, Counter: v.Counter}
}

// Shown is a code as it is read. The times of a TOTP code are of the clock that was handed in; HOTP has none, and no Next.
type Shown struct {
	Text  string
	Next  string
	From  time.Time
	Until time.Time
}

// What the collection says. Compare with errors.Is.
var (
	ErrNotFound = authn.Fail(authn.NotFound, "code_unknown", "This code is not on this phone. Another phone of yours may have deleted it.")
	ErrSame     = authn.Fail(authn.Conflict, "code_exists", "You have this code already.")
	ErrName     = authn.Fail(authn.Invalid, "code_name_invalid", "The name is too long, or has characters that can't be shown. Choose a shorter one.")
	ErrNote     = authn.Fail(authn.Invalid, "code_note_invalid", "The note is too long. Notes have at most 2000 characters.")
	ErrGroups   = authn.Fail(authn.Invalid, "code_groups_invalid", "A code can be in 8 groups at most, whose names have 40 characters at most.")
	ErrNotHOTP  = authn.Fail(authn.Invalid, "code_no_counter", "This code changes with the time. There is no next one to ask for.")
	ErrNoUndo   = authn.Fail(authn.Conflict, "code_no_undo", "There is no step to take back.")
	ErrTooMany  = authn.Fail(authn.Invalid, "too_many_codes", "There are more codes than this app keeps. Delete some that you no longer use, also from the trash.")
	ErrInTrash  = authn.Fail(authn.Conflict, "code_in_trash", "This code lies in the trash. Put it back first.")
	// ErrDamaged: the vault holds something that is no entry at all.
	ErrDamaged = authn.Fail(authn.Internal, "codes_damaged", "The file with your codes is damaged. Open the backup from before the last change, or use your restore code.")
	// ErrNewer: an entry that this version can't read. It is kept as it is.
	ErrNewer = authn.Fail(authn.Invalid, "code_newer", "One of your codes was stored by a newer version of the app. Update the app to see it.")
)

// Max is how many codes there can be, with those that were deleted: what an escrow holds.
const Max = 20_000

// Validate says what is wrong with an entry.
func (e Entry) Validate() error {
	if err := e.Code.Validate(); err != nil {
		return err
	}
	return validateTexts(e.Name, e.Note, e.Groups)
}

func validateTexts(name, note string, groups []string) error {
	if !shows(name, MaxName) {
		return ErrName
	}
	if note != "" && utf8.RuneCountInString(note) > MaxNote || !utf8.ValidString(note) || strings.ContainsFunc(note, hidden) {
		return ErrNote
	}
	if len(groups) > MaxGroups {
		return ErrGroups
	}
	for i, g := range groups {
		if g == "" || !shows(g, MaxGroup) {
			return ErrGroups
		}
		for _, other := range groups[:i] {
			if other == g {
				return ErrGroups
			}
		}
	}
	return nil
}

// shows reports whether a text of one line can be shown as it is.
func shows(text string, most int) bool {
	return text == "" || utf8.RuneCountInString(text) <= most && utf8.ValidString(text) && strings.TrimSpace(text) == text &&
		!strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || hidden(r) })
}

// hidden tells what would make a screen lie: control characters, but for line ends and tabs, and those that turn the direction of writing.
func hidden(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r)
}

func (e Entry) view() View {
	v := View{
		ID: e.ID, Name: e.Name, Note: e.Note, Groups: e.Groups, Pinned: e.Pinned, Added: e.Added, Trashed: e.Trashed, Uses: e.Uses, UsedAt: e.UsedAt,
	}
	v.setCode(e.Code)
	return v
}

// setCode takes what may be seen of a code.
func (v *View) setCode(c otp.Code) {
	v.Kind, v.Issuer, v.Account, v.Algorithm, v.Digits, v.Period, v.Counter = c.Kind, c.Issuer, c.Account, c.Algorithm, c.Digits, c.Period, c.Counter
	v.Weak, v.NeedsPIN = len(c.Warnings()) > 0, c.Kind.NeedsPIN() && c.PIN == nil
}

// Clone is a copy that shares no secret.
func (e Entry) Clone() Entry {
	e.Code.Secret = slices.Clone(e.Code.Secret)
	e.Code.PIN = slices.Clone(e.Code.PIN)
	e.Groups = slices.Clone(e.Groups)
	return e
}
