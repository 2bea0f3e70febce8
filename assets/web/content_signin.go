package web

import (
	"html/template"
	"time"

	"avow/assets/translations"
)

// SignInForm asks who signs in. GET /sign-in; POST /sign-in: form, login, next (a path of ours, or "").
type SignInForm struct {
	Login string
	Next  string
	Form  string
	Wrong Wrong // login
}

// SignInWait waits for the phone. GET /sign-in/wait. The QR is the same question for a phone that scans it.
//
//	POST /sign-in/stop  form: takes the question back and leads to /sign-in
type SignInWait struct {
	Live
	Login    string
	Number   string        // six digits; "" when the policy asks for none
	QR       template.HTML // as in ConnectPhone; "" when there is none
	Modules  int
	App      template.URL // the same link for the phone itself
	Left     time.Duration
	Lifetime time.Duration
	Form     string
}

// Size is the QR's width in pixels.
func (s SignInWait) Size() int {
	if s.Modules <= 0 {
		return 0
	}
	return max(3, 220/s.Modules) * s.Modules
}

// Groups are the number's digits as they are read: "48", "29", "13".
func groups(number string) []string {
	var out []string
	for len(number) > 2 {
		out, number = append(out, number[:2]), number[2:]
	}
	return append(out, number)
}

// SignInEnd is why a sign-in ended.
type SignInEnd string

// The ends.
const (
	SignInDenied  SignInEnd = "denied"
	SignInExpired SignInEnd = "expired"
	SignInNoPhone SignInEnd = "no_phone"
	SignInBlocked SignInEnd = "blocked"
	SignInLater   SignInEnd = "later"    // can't ask now: too many questions, quiet after No
	SignInNotHere SignInEnd = "not_here" // the person may not open the page she asked for
	SignedOut     SignInEnd = "signed_out"
)

// EndedSignIn says why nobody was signed in, and what can be done. GET /sign-in/wait, too: its address stays.
type EndedSignIn struct {
	Why  SignInEnd
	Next string
}

type ending struct {
	tone        Tone
	icon        string
	title, text translations.Message
	again       bool
}

var endings = map[SignInEnd]ending{
	SignInDenied:  {Bad, "x-circle", "signin.denied.title", "signin.denied.text", true},
	SignInExpired: {Warn, "history", "signin.expired.title", "signin.expired.text", true},
	SignInNoPhone: {Warn, "phone-slash", "signin.no_phone.title", "signin.no_phone.text", false},
	SignInBlocked: {Bad, "prohibit", "signin.blocked.title", "signin.blocked.text", false},
	SignInLater:   {Warn, "clock", "signin.later.title", "signin.later.text", true},
	SignInNotHere: {Calm, "lock", "signin.not_here.title", "signin.not_here.text", false},
	SignedOut:     {Good, "check-circle", "signin.signed_out.title", "signin.signed_out.text", true},
}

// Title is the id of the page's title.
func (e SignInEnd) Title() translations.Message { return endings[e].title }

// The parts of the message, for the page.

func (e SignInEnd) Text() translations.Message { return endings[e].text }
func (e SignInEnd) Tone() Tone                 { return endings[e].tone }
func (e SignInEnd) Icon() string               { return endings[e].icon }
func (e SignInEnd) Again() bool                { return endings[e].again }

// FirstOwner is the page of the one-time link that `avow-server init` prints: /start#CODE. The script takes the code out of the
// address. POST /start: form, code, login, name, mail. What follows is the page that shows a QR (Connect) and then /sign-in.
type FirstOwner struct {
	Login, Name, Mail string
	Form              string
	Wrong             Wrong // code, login, name, mail
}
