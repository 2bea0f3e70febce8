package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"avow/internal/authn"
	"avow/internal/phone"
	"avow/internal/phone/platform"
	"avow/internal/phone/scanner"
	"avow/internal/wire"
)

func (p *cliPhone) computers() *cobra.Command {
	return &cobra.Command{
		Use:   "computers",
		Short: "show the computers that this phone has codes for",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.with(cmd, func(ctx context.Context) error {
				_ = p.core.Sync(ctx) // what is known is shown without a server, too
				lines := []computerLine{}
				for _, c := range p.core.State().Computers {
					lines = append(lines, newComputerLine(c))
				}
				return p.print(cmd, computerLines(lines))
			})
		},
	}
}

func (p *cliPhone) offlineCode() *cobra.Command {
	return &cobra.Command{
		Use:   "offline-code LINK",
		Short: "make the code for the QR on a computer's screen; - reads the link from standard input",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.with(cmd, func(ctx context.Context) error {
				text, err := given(cmd, args[0])
				if err != nil {
					return err
				}
				link, ok := scanner.Classify(text).Link.(wire.OfflineLink)
				if !ok {
					return errors.New("this is not the code of a computer's screen; it looks like HTTPS://ID.EXAMPLE.COM/O#…")
				}
				ch, err := p.core.OfflineChallenge(link)
				if err != nil {
					return err
				}
				if ctx, err = p.verified(ctx); err != nil {
					return err
				}
				c, err := p.core.OfflineCode(ctx, ch, platform.Prompt{Title: "Show code"})
				if err != nil {
					return err
				}
				return p.print(cmd, newCodeLine(c))
			})
		},
	}
}

func (p *cliPhone) listCode() *cobra.Command {
	var next bool
	cmd := &cobra.Command{
		Use:   "list-code COMPUTER",
		Short: "show the code of a computer's list; the same one again for five minutes",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.with(cmd, func(ctx context.Context) error {
				ctx, err := p.verified(ctx)
				if err != nil {
					return err
				}
				grant, err := p.grantFor(authn.ClientID(args[0]))
				if err != nil {
					return err
				}
				show := p.core.ListCode
				if next {
					show = p.core.NextListCode
				}
				c, err := show(ctx, grant, platform.Prompt{Title: "Show code"})
				if err != nil {
					return err
				}
				return p.print(cmd, newCodeLine(c))
			})
		},
	}
	cmd.Flags().BoolVar(&next, "next", false, "go on to the next code")
	return cmd
}

// grantFor finds a computer by its id.
func (p *cliPhone) grantFor(id authn.ClientID) (authn.GrantID, error) {
	for _, c := range p.core.State().Computers {
		if c.ID == id {
			return c.Grant, nil
		}
	}
	return authn.GrantID{}, authn.ErrGrantUnknown
}

type computerLine struct {
	ID        authn.ClientID      `json:"id"`
	Name      string              `json:"name"`
	UserName  string              `json:"user_name"`
	State     phone.ComputerState `json:"state"`
	CodesLeft int                 `json:"codes_left"`
	Until     string              `json:"until"`
}

func newComputerLine(c phone.Computer) computerLine {
	return computerLine{ID: c.ID, Name: c.Name, UserName: c.Login, State: c.State, CodesLeft: c.CodesLeft, Until: c.Until.UTC().Format("2006-01-02T15:04:05Z")}
}

func (l computerLine) String() string {
	return fmt.Sprintf("%s  %s as %s  %s  %d codes left  until %s", l.ID, l.Name, l.UserName, l.State, l.CodesLeft, l.Until)
}

type computerLines []computerLine

func (l computerLines) String() string { return lines(l, "This phone has codes for no computer.") }

// codeLine is a code that was asked for, to be typed at the computer.
type codeLine struct {
	Code     string              `json:"code"`
	Computer authn.ClientID      `json:"computer"`
	UserName string              `json:"user_name"`
	Method   authn.OfflineMethod `json:"method"`
	Number   int                 `json:"number,omitempty"`
	Left     int                 `json:"left,omitempty"`
}

func newCodeLine(c phone.OfflineCode) codeLine {
	return codeLine{Code: c.Text, Computer: c.Computer.ID, UserName: c.Computer.Login, Method: c.Method, Number: c.Number, Left: c.Left}
}

func (l codeLine) String() string {
	return fmt.Sprintf("%s  for %s as %s", l.Code, l.Computer, l.UserName)
}
