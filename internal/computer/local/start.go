package local

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"avow/internal/authn"
	"avow/internal/computer/agent"
)

// Start is what the module tells the helper: who signs in where, and the options of the PAM line.
type Start struct {
	User    string
	Service string
	TTY     string
	RHost   string
	Offline authn.OfflinePolicy // "" when the line has none
	Timeout time.Duration       // DefaultTimeout when the line has none
	Prompt  string              // in place of our words before a code is typed
	Lang    string              // "" takes English
	Auto    bool                // wait=auto: nobody has to press Enter
	NoQR    bool                // qr=no
	Socket  string              // "" is the usual one
}

// DefaultTimeout is for how long a sign-in waits; the module knows it too.
const DefaultTimeout = 180 * time.Second

// Ask is the daemon's part of it.
func (s Start) Ask() agent.Ask {
	return agent.Ask{Login: s.User, Service: s.Service, TTY: s.TTY, RHost: s.RHost, Offline: s.Offline, Timeout: s.Timeout}
}

// field is one name=value of a start.
type field struct {
	name  string
	value string // "" leaves the field out
	set   func(*Start, string) bool
}

// fields are all that a start has, in the module's order of items; options may come in any order after them.
func (s Start) fields() []field {
	text := func(into func(*Start) *string) func(*Start, string) bool {
		return func(s *Start, v string) bool { *into(s) = v; return true }
	}
	choice := func(yes, no string, into func(*Start) *bool) func(*Start, string) bool {
		return func(s *Start, v string) bool { *into(s) = v == yes; return v == yes || v == no }
	}
	pick := func(b bool, yes string) string {
		if b {
			return yes
		}
		return ""
	}
	timeout := ""
	if s.Timeout != DefaultTimeout {
		timeout = strconv.Itoa(int(s.Timeout / time.Second))
	}
	return []field{
		{"version", "1", func(_ *Start, v string) bool { return v == "1" }},
		{"user", s.User, text(func(s *Start) *string { return &s.User })},
		{"service", s.Service, text(func(s *Start) *string { return &s.Service })},
		{"tty", s.TTY, text(func(s *Start) *string { return &s.TTY })},
		{"rhost", s.RHost, text(func(s *Start) *string { return &s.RHost })},
		{"offline", string(s.Offline), func(s *Start, v string) bool {
			s.Offline = authn.OfflinePolicy(v)
			return s.Offline.Valid()
		}},
		{"timeout", timeout, setTimeout},
		{"prompt", s.Prompt, text(func(s *Start) *string { return &s.Prompt })},
		{"lang", s.Lang, text(func(s *Start) *string { return &s.Lang })},
		{"wait", pick(s.Auto, "auto"), choice("auto", "enter", func(s *Start) *bool { return &s.Auto })},
		{"qr", pick(s.NoQR, "no"), choice("no", "yes", func(s *Start) *bool { return &s.NoQR })},
		{"socket", s.Socket, func(s *Start, v string) bool { s.Socket = v; return strings.HasPrefix(v, "/") }},
	}
}

func setTimeout(s *Start, v string) bool {
	n, err := strconv.Atoi(v)
	s.Timeout = time.Duration(n) * time.Second
	return err == nil && n >= 10 && n <= 600
}

// Encode writes the start as the module does.
func (s Start) Encode() []byte {
	var out []byte
	for _, f := range s.fields() {
		if f.value != "" {
			out = append(append(append(append(out, f.name...), '='), f.value...), 0)
		}
	}
	return out
}

// ParseStart reads it. What the module would not have written is refused: an unknown name, a value that is none, one field twice.
func ParseStart(b []byte) (Start, error) {
	s := Start{Timeout: DefaultTimeout}
	if len(b) == 0 || len(b) > maxStart || b[len(b)-1] != 0 {
		return Start{}, errors.New("start is empty, too long or cut off")
	}
	if !utf8.Valid(b) {
		return Start{}, errors.New("start is not UTF-8")
	}
	known := s.fields()
	seen := map[string]bool{}
	for part := range bytes.SplitSeq(b[:len(b)-1], []byte{0}) {
		name, value, ok := strings.Cut(string(part), "=")
		if !ok || value == "" && name != "tty" && name != "rhost" && name != "service" || seen[name] {
			return Start{}, fmt.Errorf("start has a bad field %.20q", name)
		}
		if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			return Start{}, fmt.Errorf("start's %.20q has control characters", name)
		}
		seen[name] = true
		good := false
		for _, f := range known {
			if f.name == name {
				good = f.set(&s, value)
			}
		}
		if !good {
			return Start{}, fmt.Errorf("start's %.20q is not one that this program knows", name)
		}
	}
	if !seen["version"] || s.User == "" {
		return Start{}, errors.New("start has no version or user")
	}
	return s, nil
}
