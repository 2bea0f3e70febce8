// Package console carries a sign-in as a conversation of lines: on a terminal, through PAM, over ssh. It shows what package agent's steps say
// and hands back what was typed, in the person's language, in 79 columns and 24 lines. It decides nothing: who is let in is in the last
// step.
package console

import (
	"context"
	"fmt"
	"strings"
	"time"

	"avow/assets/translations"
	"avow/internal/authn"
	"avow/internal/computer/agent"
)

// Screen is the host's side. A conversation cannot be interrupted: Ask waits until somebody has typed a line.
type Screen interface {
	// Info shows lines.
	Info(text string) error
	// Ask shows a prompt and returns the line that was typed, without its end.
	Ask(prompt string) (string, error)
}

// Options are how a conversation is held.
type Options struct {
	Lang   string // BCP 47 or POSIX; "" is English
	Prompt string // in place of our words before a code; "" keeps them
	Auto   bool   // wait for the phone without an Enter
	NoQR   bool   // this screen cannot show one
}

const (
	waitStep  = 20 * time.Second // of one look at the answer
	maxRounds = 100
)

// talk is one conversation.
type talk struct {
	in     agent.SignIn
	screen Screen
	o      Options
	t      *translations.Printer
	quiet  bool // the number was shown already
	qr     bool // the person asked for the QR
}

// Run holds the conversation and returns how it ended: agent.Done lets in, agent.Refused does not and was shown. An error means that the
// screen broke, and lets nobody in either. The sign-in is cancelled in any case.
func Run(ctx context.Context, in agent.SignIn, screen Screen, o Options) (agent.Step, error) {
	defer in.Cancel()
	k := &talk{in: in, screen: screen, o: o, t: translations.New(o.Lang)}
	step := in.Start(ctx)
	for range maxRounds {
		if ctx.Err() != nil {
			break
		}
		var err error
		switch s := step.(type) {
		case agent.Done:
			return s, nil
		case agent.Refused:
			return s, k.say(k.refusal(s))
		case agent.Approve:
			step, err = k.approve(ctx, s)
		case agent.Offline:
			step, err = k.offline(ctx, s)
		default:
			step = agent.RefusedFor(fmt.Errorf("step %T", step))
		}
		if err != nil {
			return agent.RefusedFor(err), err
		}
	}
	over := agent.Refused{Kind: authn.Unavailable, Code: "login_too_long", Text: k.t.T("login.too_long")}
	return over, k.say(over.Text)
}

// say shows text in lines that fit.
func (k *talk) say(text string) error { return k.screen.Info(strings.Join(wrap(text, width), "\n")) }

func (k *talk) approve(ctx context.Context, s agent.Approve) (agent.Step, error) {
	if s.Back {
		if err := k.say(k.t.T("login.back")); err != nil {
			return nil, err
		}
	}
	if !k.quiet || s.Back {
		if err := k.screen.Info(k.question(s)); err != nil {
			return nil, err
		}
	}
	k.quiet = true
	if k.o.Auto {
		return k.in.Check(ctx, waitStep), nil
	}
	typed, err := k.screen.Ask(k.t.T(k.press(s)) + " ")
	if err != nil {
		return nil, err
	}
	switch strings.ToLower(strings.TrimSpace(typed)) {
	case "":
	case "q":
		if !k.o.NoQR {
			k.quiet, k.qr = false, true
			return s, nil
		}
	case "o":
		if s.Offline {
			k.qr = false
			return k.in.GoOffline(ctx), nil
		}
	default:
		return s, k.say(k.t.T("login.what"))
	}
	next := k.in.Check(ctx, waitStep)
	if a, waits := next.(agent.Approve); waits && !a.Back {
		return next, k.say(k.t.T("login.again") + numbered(a.Number))
	}
	return next, nil
}

func (k *talk) press(s agent.Approve) translations.Message {
	switch {
	case k.o.NoQR && s.Offline:
		return "login.press_plain_offline"
	case k.o.NoQR:
		return "login.press_plain"
	case s.Offline:
		return "login.press_offline"
	}
	return "login.press"
}

// numbered is a number behind a sentence: the person may have lost it from view.
func numbered(number string) string {
	if number == "" {
		return ""
	}
	return "  " + grouped(number)
}

func grouped(number string) string {
	if len(number) != 6 {
		return number
	}
	return number[:3] + " " + number[3:]
}

// question is what to do on the phone.
func (k *talk) question(s agent.Approve) string {
	if (k.qr || s.Match == authn.MatchQR) && !k.o.NoQR {
		if text, ok := beside(s.QR, k.t.T("login.approve_qr")); ok {
			return text
		}
	}
	if s.Number == "" {
		return strings.Join(wrap(k.t.T("login.approve_tap"), width), "\n")
	}
	return strings.Join(append(wrap(k.t.T("login.approve_number"), width), "", "    "+grouped(s.Number), ""), "\n")
}

func (k *talk) offline(ctx context.Context, s agent.Offline) (agent.Step, error) {
	if s.Notice != nil {
		if err := k.say(k.notice(s)); err != nil {
			return nil, err
		}
	}
	if s.Notice == nil || k.qr || s.Notice.Code == "challenge_over" || s.Notice.Code == "challenge_missing" {
		if err := k.screen.Info(k.ways(s)); err != nil {
			return nil, err
		}
	}
	k.qr = false
	prompt := k.o.Prompt
	if prompt == "" {
		prompt = k.t.T("login.code") + " "
	}
	typed, err := k.screen.Ask(prompt)
	if err != nil {
		return nil, err
	}
	switch strings.ToLower(strings.TrimSpace(typed)) {
	case "":
		k.quiet = false
		return k.in.Check(ctx, 0), nil
	case "q":
		k.qr, s.Notice = true, nil
		return s, nil
	}
	return k.in.Code(ctx, typed), nil
}

// ways says how to come by a code: the QR and words beside it, or the words alone for a person who signed in by the list last.
func (k *talk) ways(s agent.Offline) string {
	head := k.t.T("login.no_server", "Computer", s.Computer)
	if s.Why == agent.WhyChosen {
		head = k.t.T("login.choice", "Computer", s.Computer)
	}
	byList := k.o.NoQR || s.First == authn.OfflineList && !k.qr
	if !byList {
		words := strings.Join([]string{
			head, k.t.T("login.scan"), k.t.T("login.list_too", "Computer", s.Computer, "Prefix", s.Prefix), k.t.T("login.look"),
		}, "\n\n")
		if text, ok := beside(s.Challenge, words); ok {
			return text
		}
	}
	words := []string{head, k.t.T("login.list", "Computer", s.Computer, "Prefix", s.Prefix)}
	if !k.o.NoQR {
		words = append(words, k.t.T("login.scan_instead"))
	}
	return strings.Join(wrap(strings.Join(append(words, k.t.T("login.look")), "\n"), width), "\n")
}
