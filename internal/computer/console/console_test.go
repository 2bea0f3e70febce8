package console_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"avow/internal/authn"
	"avow/internal/computer/agent"
	"avow/internal/computer/console"
	"avow/internal/key"
	"avow/internal/wire"
)

var update = flag.Bool("update", false, "write testdata anew")

// script is a sign-in that goes as a test says.
type script struct {
	steps []agent.Step
	did   []string
	over  bool
}

func (s *script) next(did string) agent.Step {
	s.did = append(s.did, did)
	step := s.steps[0]
	if len(s.steps) > 1 {
		s.steps = s.steps[1:]
	}
	return step
}

func (s *script) Start(context.Context) agent.Step { return s.next("start") }
func (s *script) Check(_ context.Context, d time.Duration) agent.Step {
	return s.next(fmt.Sprintf("check %s", d))
}
func (s *script) GoOffline(context.Context) agent.Step { return s.next("go offline") }
func (s *script) Code(_ context.Context, typed string) agent.Step {
	return s.next(fmt.Sprintf("code %q", typed))
}
func (s *script) Cancel() { s.over = true }

// screen is a terminal: what was shown, and what the person types.
type screen struct {
	shown strings.Builder
	types []string
	fails error
}

func (s *screen) Info(text string) error {
	s.shown.WriteString(text + "\n")
	return s.fails
}

var errEnd = errors.New("the terminal was closed")

func (s *screen) Ask(prompt string) (string, error) {
	if len(s.types) == 0 {
		return "", errEnd
	}
	typed := s.types[0]
	s.types = s.types[1:]
	s.shown.WriteString(prompt + typed + "\n")
	return typed, nil
}

// challenge is a QR of a fixed key, so that the pictures do not change.
func challenge(host string) string {
	pem := "-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgDyDxsu/gmkaeUsSZ\nNuvMTtX0Au8nEjRDqxbsRFOEq1yhRANCAASGUxmlFBIpwA3xAIYMmnxmYbSzlHNV\n1xMRLs/XkhGpzHtyAqS4nCSY8oHDSZqSYFfFqf7Ms6oXl3bP8F9A9plU\n-----END PRIVATE KEY-----\n"
	k, err := key.ParsePEM([]byte(pem))
	if err != nil {
		return wire.OfflineLink{Host: host}.Encode()
	}
	return wire.OfflineLink{Host: host, Grant: authn.GrantID{1, 2, 3, 4, 5, 6, 7, 8}, Ephemeral: k.Key(), Time: 1772366400}.Encode()
}

var (
	number  = agent.Approve{Computer: "LAPTOP-42", Match: authn.MatchNumber, Number: "482913", QR: wire.ApprovalLink{Host: "id.example.com", Handle: make([]byte, 16)}.Encode(), Left: 2 * time.Minute}
	offline = agent.Offline{Computer: "LAPTOP-42", Challenge: challenge("id.example.com"), Prefix: "26", Left: 3 * time.Minute, Why: agent.WhyServer}
	done    = agent.Done{Login: "anna", How: agent.HowApproved}
)

func refused(code string, after time.Duration) agent.Refused {
	return agent.Refused{Kind: authn.Forbidden, Code: code, Text: "Its own sentence.", After: after}
}

func noticed(code string, left int) agent.Offline {
	o := offline
	o.Notice = &agent.Notice{Code: code, Text: "Its own sentence.", Left: left}
	return o
}

func with[T any](v T, change func(*T)) T {
	change(&v)
	return v
}

// conversations are what people see; testdata has the texts.
var conversations = map[string]struct {
	steps []agent.Step
	types []string
	o     console.Options
	did   []string
}{
	"number":        {[]agent.Step{number, done}, []string{""}, console.Options{}, []string{"start", "check 20s"}},
	"number-late":   {[]agent.Step{number, number, done}, []string{"", "what", ""}, console.Options{}, []string{"start", "check 20s", "check 20s"}},
	"number-qr":     {[]agent.Step{number, done}, []string{"q", ""}, console.Options{}, []string{"start", "check 20s"}},
	"number-auto":   {[]agent.Step{number, number, done}, nil, console.Options{Auto: true}, []string{"start", "check 20s", "check 20s"}},
	"tap":           {[]agent.Step{with(number, func(a *agent.Approve) { a.Match, a.Number = authn.MatchTap, "" }), done}, []string{""}, console.Options{NoQR: true}, []string{"start", "check 20s"}},
	"qr":            {[]agent.Step{with(number, func(a *agent.Approve) { a.Match, a.Number = authn.MatchQR, "" }), done}, []string{""}, console.Options{}, []string{"start", "check 20s"}},
	"denied":        {[]agent.Step{number, refused("access_denied", 0)}, []string{""}, console.Options{}, []string{"start", "check 20s"}},
	"by-choice":     {[]agent.Step{with(number, func(a *agent.Approve) { a.Offline = true }), with(offline, func(o *agent.Offline) { o.Why = agent.WhyChosen }), done}, []string{"o", "4821 9930"}, console.Options{}, []string{"start", "go offline", `code "4821 9930"`}},
	"no-choice":     {[]agent.Step{number, done}, []string{"o"}, console.Options{}, []string{"start", "check 20s"}},
	"offline-qr":    {[]agent.Step{offline, done}, []string{"4821 9930"}, console.Options{}, []string{"start", `code "4821 9930"`}},
	"offline-short": {[]agent.Step{with(offline, func(o *agent.Offline) { o.Challenge = challenge("") }), done}, []string{"4821 9930"}, console.Options{}, []string{"start", `code "4821 9930"`}},
	"offline-list":  {[]agent.Step{with(offline, func(o *agent.Offline) { o.First = authn.OfflineList }), done}, []string{"26 034s zkzj"}, console.Options{Prompt: "Avow: "}, []string{"start", `code "26 034s zkzj"`}},
	"offline-no-qr": {[]agent.Step{offline, done}, []string{"26 034s zkzj"}, console.Options{NoQR: true}, []string{"start", `code "26 034s zkzj"`}},
	"list-then-qr":  {[]agent.Step{with(offline, func(o *agent.Offline) { o.First = authn.OfflineList }), done}, []string{"q", "48219930"}, console.Options{}, []string{"start", `code "48219930"`}},
	"wrong":         {[]agent.Step{offline, noticed("offline_code_wrong", 4), noticed("offline_code_wrong", 1), refused("offline_code_wrong", time.Minute)}, []string{"1", "2", "3"}, console.Options{NoQR: true}, []string{"start", `code "1"`, `code "2"`, `code "3"`}},
	"others":        {[]agent.Step{offline, noticed("code_of_other_computer", 0), noticed("offline_code_used", 0), noticed("bad_offline_code", 0), noticed("desk_code_over", 0), refused("offline_locked", 0)}, []string{"1", "2", "3", "4", "5"}, console.Options{NoQR: true}, []string{"start", `code "1"`, `code "2"`, `code "3"`, `code "4"`, `code "5"`}},
	"over":          {[]agent.Step{offline, noticed("challenge_over", 0), done}, []string{"12345678", "4821 9930"}, console.Options{}, []string{"start", `code "12345678"`, `code "4821 9930"`}},
	"server-back":   {[]agent.Step{offline, with(number, func(a *agent.Approve) { a.Back = true }), done}, []string{"", ""}, console.Options{NoQR: true}, []string{"start", "check 0s", "check 20s"}},
}

func TestConversations(t *testing.T) {
	for name, c := range conversations {
		for _, lang := range []string{"en", "de"} {
			t.Run(name+"-"+lang, func(t *testing.T) {
				in, s := &script{steps: c.steps}, &screen{types: c.types}
				c.o.Lang = lang
				step, err := console.Run(t.Context(), in, s, c.o)
				if err != nil || step != c.steps[len(c.steps)-1] {
					t.Errorf("ended with %+v, %v", step, err)
				}
				if diff := cmp.Diff(c.did, in.did); diff != "" {
					t.Error(diff)
				}
				if !in.over {
					t.Error("the sign-in was not ended")
				}
				golden := filepath.Join("testdata", name+"."+lang+".txt")
				if *update {
					if err := os.WriteFile(golden, []byte(s.shown.String()), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(string(want), s.shown.String()); diff != "" {
					t.Error(diff)
				}
			})
		}
	}
}

// Everything fits 79 columns; what is shown before a prompt fits 23 lines, so that the prompt is the 24th.
func TestItFits(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) < 2*len(conversations) {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		for i, line := range strings.Split(string(b), "\n") {
			if n := utf8.RuneCountInString(line); n > 79 {
				t.Errorf("%s:%d has %d columns", f, i+1, n)
			}
			if rows++; strings.HasPrefix(line, "Code:") || strings.Contains(line, "Enter. ") {
				rows = 0
			}
			if rows > 24 {
				t.Errorf("%s:%d: %d lines without a prompt", f, i+1, rows)
			}
		}
	}
}

// whatever breaks, nobody is let in.
func TestBrokenScreen(t *testing.T) {
	for name, c := range map[string]struct {
		s  *screen
		in []agent.Step
	}{
		"closed at the question":  {&screen{}, []agent.Step{number, done}},
		"closed at the code":      {&screen{}, []agent.Step{offline, done}},
		"cannot show":             {&screen{fails: errEnd, types: []string{"", ""}}, []agent.Step{number, done}},
		"cannot show the refusal": {&screen{fails: errEnd}, []agent.Step{refused("access_denied", 0)}},
		"a step that is none":     {&screen{}, []agent.Step{nil}},
		"without an end":          {&screen{types: make([]string, 1000)}, []agent.Step{number}},
	} {
		in := &script{steps: c.in}
		step, err := console.Run(t.Context(), in, c.s, console.Options{})
		if _, letIn := step.(agent.Done); letIn || step == nil {
			t.Errorf("%s: %+v, %v", name, step, err)
		}
		if !in.over {
			t.Errorf("%s: the sign-in was not ended", name)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	step, _ := console.Run(ctx, &script{steps: []agent.Step{number, done}}, &screen{types: []string{""}}, console.Options{})
	if _, letIn := step.(agent.Done); letIn {
		t.Error("let in after the time was over")
	}
}
