package scanner

import (
	"errors"
	"strings"
	"unicode"

	"avow/internal/wire"
)

// Kind is what a QR, a picture or a pasted text turns out to be. It is printed by the simulator: append, never rename.
type Kind string

// The kinds. One scanner serves for all: it decides by content.
const (
	Registration Kind = "registration" // connect a work account
	Approval     Kind = "approval"     // answer a request by scanning
	Offline      Kind = "offline"      // make a code for a computer without a network
	Duplicate    Kind = "duplicate"    // join the accounts of another phone of the same user
	RestoreSheet Kind = "restore_sheet"

	ComputerEnroll Kind = "computer_link" // enrolls a computer: for avow-login, not for phones

	Damaged   Kind = "damaged"   // an Avow link that cannot be read, or one of a newer version
	OTPAuth   Kind = "otpauth"   // a code of another service
	Migration Kind = "migration" // otpauth-migration: an export of another authenticator
	Steam     Kind = "steam"
	Wifi      Kind = "wifi"
	Contact   Kind = "contact"
	URL       Kind = "url"
	Text      Kind = "text"
)

// Content is a text with what it means. Link is set for the kinds that are ours and not Damaged.
type Content struct {
	Kind Kind
	Text string
	Link wire.Link
}

// Classify decides what a text is. It never fails: what is nothing else is Text. A link may be as a mail program has left it: broken into lines, between
// angle brackets, with the full stop of its sentence. Links of services that count clicks are not followed: they are URL.
func Classify(text string) Content {
	trimmed := strings.TrimSpace(text)
	link, err := wire.ParseLink(trimmed)
	if err != nil {
		if whole, wholeErr := wire.ParseLink(OneLine(trimmed)); wholeErr == nil {
			link, err = whole, nil
		}
	}
	switch {
	case err == nil:
		return Content{Kind: kindOf(link), Text: trimmed, Link: link}
	case !errors.Is(err, wire.ErrNotOurs):
		return Content{Kind: Damaged, Text: trimmed}
	}
	return Content{Kind: foreign(strings.ToLower(trimmed)), Text: trimmed}
}

// longestWrapped is more than any link of ours has, with the breaks that mail programs put into it.
const longestWrapped = 2048

// OneLine takes out of a link what mail programs put into it: soft breaks of quoted-printable (RFC 2045, section 6.7), line breaks and the signs
// of quoting before the next line, blanks and invisible characters, angle brackets (RFC 3986, appendix C), and what ends a sentence. A text that is no
// link comes back changed too, or as it is when it is long: ask wire.ParseLink first.
func OneLine(text string) string {
	if len(text) > longestWrapped {
		return text
	}
	lines := strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' })
	for i, line := range lines {
		line = strings.TrimSpace(line)
		if i > 0 {
			line = strings.TrimLeft(line, "> ")
		}
		lines[i] = strings.TrimSuffix(line, "=")
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) { // Cf: zero-width spaces, soft hyphens, marks of direction
			return -1
		}
		return r
	}, strings.Join(lines, ""))
	text = strings.TrimPrefix(text, "<")
	return strings.TrimRight(text, ">.,;:!?)]\"'»“”’")
}

func kindOf(link wire.Link) Kind {
	switch link.(type) {
	case wire.RegistrationLink:
		return Registration
	case wire.ApprovalLink:
		return Approval
	case wire.OfflineLink:
		return Offline
	case wire.ComputerLink:
		return ComputerEnroll
	case wire.DuplicateLink:
		return Duplicate
	case wire.RestoreLink:
		return RestoreSheet
	}
	return Damaged // of a newer version
}

func foreign(lower string) Kind {
	for _, p := range []struct {
		prefix string
		kind   Kind
	}{
		{"otpauth-migration://", Migration},
		{"otpauth://", OTPAuth},
		{"steam://", Steam},
		{"avow:", Damaged},
		{"wifi:", Wifi},
		{"begin:vcard", Contact},
		{"mecard:", Contact},
		{"https://", URL},
		{"http://", URL},
	} {
		if strings.HasPrefix(lower, p.prefix) {
			return p.kind
		}
	}
	return Text
}

// Ours reports whether a text parses as an Avow link: the test for a reader that is not sure of what it read.
func Ours(text string) bool {
	_, err := wire.ParseLink(text)
	return err == nil
}
