package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"avow/internal/authn"
	"avow/internal/key"
)

// Link is what an Avow QR or link says: a RegistrationLink, an ApprovalLink, a DuplicateLink, an OfflineLink, a ComputerLink or a RestoreLink.
type Link interface {
	// Encode writes the link in upper case for a QR; ParseLink reads it back.
	Encode() string
	// App writes it for the private scheme avow://, which opens the app on a phone.
	App() string
	link()
}

// RegistrationLink (R) connects a work account: 0x01, session 16, pin 16.
type RegistrationLink struct {
	Host    string     // lower case, with :port if not 443
	Session key.Secret // 16 bytes
	Pin     key.Pin    // of the server's identity key
}

// ApprovalLink (A) answers a request by scanning instead of typing its number: 0x04, handle 16.
type ApprovalLink struct {
	Host   string
	Handle key.Secret // 16 bytes
}

// OfflineLink (O) asks a phone for a code while the computer has no network: 0x03, grant id 8, ephemeral P-256 point compressed 33, unix
// time 4, flags 1. Its payload is what the code is bound to.
type OfflineLink struct {
	Host      string // "" where the host is too long for the screen: the grant id finds the account
	Grant     authn.GrantID
	Ephemeral key.Public
	Time      uint32 // by the computer's clock, unix seconds
	Flags     byte   // 0; others are refused
}

// ComputerLink (C) enrolls a computer at its server: 0x05, token 16, pin 16. It is for avow-login, not for phones.
type ComputerLink struct {
	Host  string
	Token key.Secret // 16 bytes
	Pin   key.Pin
}

const (
	tagRegistration = 1
	tagDuplicate    = 2
	tagOffline      = 3
	tagApproval     = 4
	tagComputer     = 5
	tagRestore      = 6
	maxLink         = 512
	offlineBytes    = 47
	restoreBytes    = 49 // of D and of K
)

// maxOfflineHost is the longest host that leaves an O code within version 5 of level M, which half blocks show on a console of 80x24.
const maxOfflineHost = 30

// ErrNotOurs is returned by ParseLink for a text that is no Avow link at all.
var ErrNotOurs = errors.New("not an Avow link")

func (RegistrationLink) link() {}
func (ApprovalLink) link()     {}
func (OfflineLink) link()      {}
func (ComputerLink) link()     {}

func (l RegistrationLink) payload() string {
	b := append([]byte{tagRegistration}, l.Session...)
	return "/R#" + authn.Crockford.EncodeToString(append(b, l.Pin[:]...))
}

func (l ApprovalLink) payload() string {
	return "/A#" + authn.Crockford.EncodeToString(append([]byte{tagApproval}, l.Handle...))
}

// Encode writes HTTPS://HOST/R#….
func (l RegistrationLink) Encode() string { return "HTTPS://" + strings.ToUpper(l.Host) + l.payload() }

// App writes avow://host/R#….
func (l RegistrationLink) App() string { return "avow://" + l.Host + l.payload() }

// String keeps the session out of logs.
func (l RegistrationLink) String() string { return "registration link of " + l.Host }

// Encode writes HTTPS://HOST/A#….
func (l ApprovalLink) Encode() string { return "HTTPS://" + strings.ToUpper(l.Host) + l.payload() }

// App writes avow://host/A#….
func (l ApprovalLink) App() string { return "avow://" + l.Host + l.payload() }

// String keeps the handle out of logs.
func (l ApprovalLink) String() string { return "approval link of " + l.Host }

// Payload is what the QR carries beside the host: the exact bytes that a code is bound to.
func (l OfflineLink) Payload() []byte {
	b := append(make([]byte, 0, offlineBytes), tagOffline)
	b = append(b, l.Grant[:]...)
	b = append(b, l.Ephemeral.Compressed()...)
	b = binary.BigEndian.AppendUint32(b, l.Time)
	return append(b, l.Flags)
}

// Encode writes HTTPS://HOST/O#…, or AVOW:O#… for a host that is too long.
func (l OfflineLink) Encode() string {
	payload := "O#" + authn.Crockford.EncodeToString(l.Payload())
	if l.Host == "" || len(l.Host) > maxOfflineHost {
		return "AVOW:" + payload
	}
	return "HTTPS://" + strings.ToUpper(l.Host) + "/" + payload
}

// App writes avow://host/O#…, or avow:O#… without a host.
func (l OfflineLink) App() string {
	payload := "O#" + authn.Crockford.EncodeToString(l.Payload())
	if l.Host == "" || len(l.Host) > maxOfflineHost {
		return "avow:" + payload
	}
	return "avow://" + l.Host + "/" + payload
}

// String names the grant.
func (l OfflineLink) String() string { return "offline challenge of grant " + l.Grant.String() }

func (l ComputerLink) payload() string {
	b := append([]byte{tagComputer}, l.Token...)
	return "/C#" + authn.Crockford.EncodeToString(append(b, l.Pin[:]...))
}

// Encode writes HTTPS://HOST/C#….
func (l ComputerLink) Encode() string { return "HTTPS://" + strings.ToUpper(l.Host) + l.payload() }

// App writes avow://host/C#….
func (l ComputerLink) App() string { return "avow://" + l.Host + l.payload() }

// String keeps the token out of logs.
func (l ComputerLink) String() string { return "computer link of " + l.Host }

// parseOffline reads the payload of an O link.
func parseOffline(host string, b []byte) (Link, error) {
	point, err := key.FromCompressed(b[9:42])
	if err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	l := OfflineLink{Host: host, Grant: authn.GrantID(b[1:9]), Ephemeral: point, Time: binary.BigEndian.Uint32(b[42:46]), Flags: b[46]}
	if l.Flags != 0 {
		return nil, errors.New("link of kind \"O\" has flags that this version does not know")
	}
	return l, nil
}

// ParseLink reads a link as Encode or App wrote it. Scheme and host may be in either case, since mail programs and
// browsers change them; the rest must be exact. ErrNotOurs means that the text is something else; any other error
// means a damaged link of ours, or one of a newer version.
func ParseLink(text string) (Link, error) {
	if len(text) > maxLink {
		return nil, ErrNotOurs
	}
	if payload, ok := cutFold(text, "avow:O#"); ok {
		b, err := decodeCrockford(payload)
		if err != nil {
			return nil, fmt.Errorf("link: %w", err)
		}
		if len(b) != offlineBytes || b[0] != tagOffline {
			return nil, errors.New("link of kind \"O\" has a wrong length")
		}
		return parseOffline("", b)
	}
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok || !strings.EqualFold(scheme, "https") && !strings.EqualFold(scheme, "avow") {
		return nil, ErrNotOurs
	}
	host, rest, ok := strings.Cut(rest, "/")
	path, fragment, hash := strings.Cut(rest, "#")
	if !ok || !hash || len(path) != 1 || path[0] < 'A' || path[0] > 'Z' {
		return nil, ErrNotOurs
	}
	host = asciiLower(host)
	if err := ValidateHost(host); err != nil {
		return nil, err
	}
	b, err := decodeCrockford(fragment)
	if err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	switch {
	case path == "R" && len(b) == 33 && b[0] == tagRegistration:
		return RegistrationLink{Host: host, Session: b[1:17:17], Pin: key.Pin(b[17:])}, nil
	case path == "A" && len(b) == 17 && b[0] == tagApproval:
		return ApprovalLink{Host: host, Handle: b[1:]}, nil
	case path == "O" && len(b) == offlineBytes && b[0] == tagOffline && len(host) <= maxOfflineHost:
		return parseOffline(host, b)
	case path == "C" && len(b) == 33 && b[0] == tagComputer:
		return ComputerLink{Host: host, Token: b[1:17:17], Pin: key.Pin(b[17:])}, nil
	case path == "D" && len(b) == restoreBytes && b[0] == tagDuplicate:
		return DuplicateLink{Host: host, ID: b[1:17:17], Optical: b[17:33:33], Pin: key.Pin(b[33:])}, nil
	case path == "K" && len(b) == restoreBytes && b[0] == tagRestore:
		return parseRestore(host, b)
	}
	return nil, fmt.Errorf("link of kind %q is not one that this version knows", path)
}

var hostLabel = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)

// ValidateHost checks a host name or IPv4 address in lower case with an optional port.
func ValidateHost(host string) error {
	name, port, has := strings.Cut(host, ":")
	if has {
		n, err := strconv.ParseUint(port, 10, 16)
		if err != nil || n == 0 || n == 443 || strconv.FormatUint(n, 10) != port {
			return fmt.Errorf("host %q has a bad port", host)
		}
	}
	if len(name) == 0 || len(name) > 253 {
		return fmt.Errorf("host %q is empty or too long", host)
	}
	labels := strings.Split(name, ".")
	for _, l := range labels {
		if !hostLabel.MatchString(l) {
			return fmt.Errorf("host %q is not a host name", host)
		}
	}
	// A name whose last label is a number is an address to every browser (WHATWG URL, host parsing): it must be one.
	if last := labels[len(labels)-1]; last[0] >= '0' && last[0] <= '9' {
		if _, err := netip.ParseAddr(name); err != nil {
			return fmt.Errorf("host %q is not an IPv4 address", host)
		}
	}
	return nil
}

// cutFold is strings.CutPrefix with a scheme in either case.
func cutFold(text, prefix string) (rest string, ok bool) {
	scheme := strings.IndexByte(prefix, ':') + 1
	if len(text) < len(prefix) || !strings.EqualFold(text[:scheme], prefix[:scheme]) || text[scheme:len(prefix)] != prefix[scheme:] {
		return text, false
	}
	return text[len(prefix):], true
}

func asciiLower(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}
