package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"avow/internal/authn"
	"avow/internal/cli"
	"avow/internal/phone"
	"avow/internal/phone/platform"
	"avow/internal/phone/scanner"
	"avow/internal/wire"
)

func (p *cliPhone) computers() *cobra.Command {
	return &cobra.Command{
		Use:   "computers",
		Short: "show the computers that this phone gives codes for without a network",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.with(cmd, func(ctx context.Context) error {
				_ = p.core.Sync(ctx) // without a network it is what was known last
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
		Short: "make the code for the QR that a computer shows without a network",
		Long: `Makes the code for the QR that a computer shows without a network. It asks no server: "computers" has to have fetched what it needs.
With - in place of the link it is read from standard input.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.with(cmd, func(ctx context.Context) error {
				text, err := given(cmd, args[0])
				if err != nil {
					return err
				}
				link, ok := scanner.Classify(text).Link.(wire.OfflineLink)
				if !ok {
					return errors.New("this is not the code of a computer without a network; it looks like HTTPS://ID.EXAMPLE.COM/O#…")
				}
				ctx, err = p.verified(ctx)
				if err != nil {
					return err
				}
				ch, err := p.core.OfflineChallenge(link)
				if err != nil {
					return err
				}
				code, err := p.core.OfflineCode(ctx, ch, platform.Prompt{Title: "Show code"})
				if err != nil {
					return err
				}
				line := newCodeLine(code)
				line.Clock, line.Off, line.Warn = ch.Clock.UTC().Format(time.RFC3339), int64(ch.Off.Seconds()), ch.Warn
				return p.print(cmd, line)
			})
		},
	}
}

func (p *cliPhone) listCode() *cobra.Command {
	var next bool
	cmd := &cobra.Command{
		Use:   "list-code COMPUTER",
		Short: "show the present code of a computer's list",
		Long: `Shows the present code of a computer's list: the same one for five minutes, then the next. COMPUTER is its id, or that of its grant, as
"computers" prints them; a -- goes before one that begins with a dash. It asks no server.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.with(cmd, func(ctx context.Context) error {
				grant, err := p.grant(args[0])
				if err != nil {
					return err
				}
				ctx, err = p.verified(ctx)
				if err != nil {
					return err
				}
				show := p.core.ListCode
				if next {
					show = p.core.NextListCode
				}
				code, err := show(ctx, grant, platform.Prompt{Title: "Show code"})
				if err != nil {
					return err
				}
				return p.print(cmd, newCodeLine(code))
			})
		},
	}
	cmd.Flags().BoolVar(&next, "next", false, "go on to the next code at once: the present one did not work")
	return cmd
}

// grant finds a computer by its id, or by that of its grant where two accounts have a computer of the same id.
func (p *cliPhone) grant(name string) (found authn.GrantID, err error) {
	ok := false
	for _, c := range p.core.State().Computers {
		switch {
		case c.Grant.String() == name:
			return c.Grant, nil
		case string(c.ID) != name:
		case ok:
			return found, cli.Usage{Text: "two accounts have a computer " + name + ": give the id of its grant"}
		default:
			found, ok = c.Grant, true
		}
	}
	if !ok {
		return found, authn.ErrGrantUnknown
	}
	return found, nil
}

type computerLine struct {
	Grant        authn.GrantID       `json:"grant"`
	Computer     authn.ClientID      `json:"computer"`
	Name         string              `json:"name"`
	Organisation string              `json:"organisation"`
	UserName     string              `json:"user_name"`
	State        phone.ComputerState `json:"state"`
	Until        string              `json:"until"`
	CodesLeft    int                 `json:"codes_left"`
	CodesTotal   int                 `json:"codes_total"`
	Next         int                 `json:"next"`
}

func newComputerLine(c phone.Computer) computerLine {
	return computerLine{
		Grant: c.Grant, Computer: c.ID, Name: c.Name, Organisation: c.Organisation, UserName: c.Login, State: c.State,
		Until: c.Until.UTC().Format(time.RFC3339), CodesLeft: c.CodesLeft, CodesTotal: c.CodesTotal, Next: c.Next,
	}
}

func (l computerLine) String() string {
	return fmt.Sprintf("%s  %s  %s at %s  %s  codes: %d of %d  until %s  %s",
		l.Computer, l.Name, l.UserName, l.Organisation, l.State, l.CodesLeft, l.CodesTotal, l.Until[:len("2006-01-02")], l.Grant)
}

type computerLines []computerLine

func (l computerLines) String() string { return lines(l, "This phone gives codes for no computer.") }

// codeLine has the code: to print it is what the commands are for.
type codeLine struct {
	Computer authn.ClientID      `json:"computer"`
	Name     string              `json:"name"`
	Method   authn.OfflineMethod `json:"method"`
	Code     string              `json:"code"`
	Number   int                 `json:"number,omitempty"` // of a list's code
	Left     int                 `json:"left"`
	Clock    string              `json:"clock,omitempty"` // the computer's, of a QR's code
	Off      int64               `json:"off_seconds"`
	Warn     bool                `json:"warn"`
}

func newCodeLine(c phone.OfflineCode) codeLine {
	return codeLine{Computer: c.Computer.ID, Name: c.Computer.Name, Method: c.Method, Code: c.Text, Number: c.Number, Left: c.Left}
}

func (l codeLine) String() string {
	s := fmt.Sprintf("%s  for %s", l.Code, l.Name)
	if l.Number > 0 {
		s += fmt.Sprintf("  number %d, %d left", l.Number, l.Left)
	}
	if l.Warn {
		s += "  careful: the computer's clock says " + l.Clock
	}
	return s
}
