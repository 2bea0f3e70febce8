package web

import (
	"html/template"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Frame is what every page shows around its content.
type Frame struct {
	Language     string // a tag of translations.Languages
	Path         string // of this page, without query: the choice of a language leads back to it
	Title        string // of the window; the organisation is added
	Organisation string
	Host         string    // as it stands in the address
	Support      string    // a phone number or the like; may be empty
	Person       string    // whose account it is about; empty where nobody is known
	Poll         bool      // without script, the page loads itself again every few seconds
	Now          time.Time // in the zone of the server; pages with dates need it
	Signed       *Signed   // who looks; nil where nobody is signed in
	Notice       *Notice   // what was just done; may be nil
	Content      any
}

// StartPage is the content of the page at "/".
type StartPage struct{}

// CodeForm asks for the page code.
type CodeForm struct {
	Wrong string // a sentence, when what was sent is no code
}

// Live makes a page follow the state of its session: the script listens at Events and loads the page's content again when the state is
// no longer State.
type Live struct {
	State  string
	Events string
}

// ConnectPhone shows the QR and waits. Once a phone has the code, the QR goes.
type ConnectPhone struct {
	Live
	QR        template.HTML // an SVG element, one unit a module with its quiet zone
	Modules   int           // of the QR on a side, with its quiet zone
	App       template.URL  // avow://…, the same link for the phone itself
	Until     time.Time
	Left      time.Duration // of Lifetime
	Lifetime  time.Duration
	Form      string    // ties the forms to the cookie
	ScannedAt time.Time // zero until a phone has the code
}

// Size is the QR's width in pixels: whole pixels a module, as near to the pictures as they go.
func (c ConnectPhone) Size() int {
	if c.Modules <= 0 {
		return 0
	}
	return max(3, 369/c.Modules) * c.Modules
}

// Scanned says whether a phone has the code.
func (c ConnectPhone) Scanned() bool { return !c.ScannedAt.IsZero() }

// Phone is a device as a page shows it.
type Phone struct {
	Name        string
	Facts       string // model, system, address
	Words       [2]string
	ScannedAt   time.Time
	TappedAt    time.Time
	ConnectedAt time.Time
}

// AskPhone is "is this your phone?".
type AskPhone struct {
	Live
	Phone Phone
	Form  string
	Tells bool // No tells the service desk, since it gave the server an address
}

// DonePhone says that the phone is connected.
type DonePhone struct {
	Phone Phone
}

// ActPage says what a security mail told of, and what can be done about it. POST /act/block: code.
type ActPage struct {
	Code     string
	Happened string // a sentence or two
	Facts    []Fact
	At       time.Time
	Device   bool // the button blocks the phone, and restore with it; otherwise restore alone
	Done     bool // nothing is left to do
}

// OpenApp leads a phone that opened a code's address in its browser to the app. The script adds the secret to Link; the server
// never sees it.
type OpenApp struct {
	Link template.URL // avow://HOST/R
	Code string       // what was scanned: R, A, D or K, as in wire.Link
}

// Tone is how a message is meant; its icon says so as well as its color.
type Tone string

// The tones.
const (
	Good Tone = "good"
	Warn Tone = "warn"
	Bad  Tone = "bad"
	Calm Tone = "calm"
)

// OneMessage is a page with one thing to say.
type OneMessage struct {
	Tone Tone
	Icon string
	Text string
	// What can be done: a form that is sent, or a link. Empty: nothing but what the text says.
	Action string // label
	Post   string // address of the form
	Form   string
	Link   string
}

// newRing gives the circle of the time left: its length is 1000 units.
func newRing(left, of time.Duration) struct{ Left, Seconds int } {
	r := struct{ Left, Seconds int }{Seconds: int((max(left, 0) + time.Second - 1) / time.Second)}
	if of > 0 {
		r.Left = int(1000 * min(max(left, 0), of) / of)
	}
	return r
}

// Step is one of the numbered steps.
type Step struct {
	Number int
	State  string // was, now, next
	What   string
	More   string
	At     time.Time // shown in place of More
}

func newStep(number, current int, what string, more any) Step {
	s := Step{Number: number, What: what, State: "next"}
	switch {
	case number < current:
		s.State = "was"
	case number == current:
		s.State = "now"
	}
	switch m := more.(type) {
	case time.Time:
		s.At = m
	case string:
		s.More = m
	}
	return s
}

// initials are the first letters of the first and the last word of a name.
func initials(name string) string {
	words := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) && !unicode.IsMark(r) })
	if len(words) == 0 {
		return "?"
	}
	first, _ := utf8.DecodeRuneInString(words[0])
	out := string(unicode.ToUpper(first))
	if len(words) > 1 {
		last, _ := utf8.DecodeRuneInString(words[len(words)-1])
		out += string(unicode.ToUpper(last))
	}
	return out
}
