package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"avow/internal/authn"
	"avow/internal/computer/agent"
	"avow/internal/computer/console"
	"avow/internal/computer/local"
)

func (a *app) helper() *cobra.Command {
	return &cobra.Command{
		Use: "helper", Short: "Carry one conversation for pam_avow.so, which starts it", Args: cobra.NoArgs, Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			// What could write into this memory could say "let in" to the module: other helpers of this user must not, nor whatever else
			// runs as nobody where there is no user avow-login.
			if err := agent.Hide(); err != nil {
				return fmt.Errorf("hide the helper: %w", err)
			}
			return help(cmd.Context(), cmd.InOrStdin(), cmd.OutOrStdout(), a.socket)
		},
	}
}

var errRefused = errors.New("nobody was let in")

// help holds one conversation. It returns nil only after the module was told to let the user in.
func help(ctx context.Context, r io.Reader, w io.Writer, socket string) error {
	m := local.NewModule(r, w)
	start, err := m.Start()
	if err != nil {
		return errors.Join(err, m.Refuse(local.ReasonBroken))
	}
	if start.Socket != "" {
		socket = start.Socket
	}
	ctx, cancel := context.WithTimeout(ctx, start.Timeout)
	defer cancel()
	step, err := converse(ctx, socket, start, m)
	if done, ok := step.(agent.Done); ok && err == nil && done.Login == start.User {
		return m.LetIn(start.User)
	}
	return errors.Join(errRefused, m.Refuse(reason(step, err)))
}

func converse(ctx context.Context, socket string, start local.Start, screen console.Screen) (agent.Step, error) {
	o := console.Options{Lang: start.Lang, Prompt: start.Prompt, Auto: start.Auto, NoQR: start.NoQR}
	if o.Prompt != "" {
		o.Prompt += " "
	}
	c, err := local.Dial(ctx, socket, start.Ask())
	if err != nil {
		return console.Run(ctx, refusing{err}, screen, o)
	}
	return console.Run(ctx, c, screen, o)
}

// reason is what the module makes a PAM result of.
func reason(step agent.Step, err error) local.Reason {
	if err != nil {
		return local.ReasonBroken
	}
	r, ok := step.(agent.Refused)
	switch {
	case !ok:
		return local.ReasonRefused
	case r.Kind == authn.Unavailable:
		return local.ReasonUnavailable
	case r.Kind == authn.TooMany || r.Code == "offline_locked":
		return local.ReasonTries
	}
	return local.ReasonRefused
}

// refusing is a sign-in that could not begin.
type refusing struct{ err error }

func (r refusing) step() agent.Step { return agent.RefusedFor(r.err) }

// Start refuses.
func (r refusing) Start(context.Context) agent.Step { return r.step() }

// Check refuses.
func (r refusing) Check(context.Context, time.Duration) agent.Step { return r.step() }

// GoOffline refuses.
func (r refusing) GoOffline(context.Context) agent.Step { return r.step() }

// Code refuses.
func (r refusing) Code(context.Context, string) agent.Step { return r.step() }

// Cancel does nothing.
func (refusing) Cancel() {}
