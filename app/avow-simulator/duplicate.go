package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"avow/internal/atomicfile"
	"avow/internal/authn"
	"avow/internal/cli"
	"avow/internal/phone"
	"avow/internal/phone/platform"
	"avow/internal/phone/scanner"
	"avow/internal/wire"
)

func (p *cliPhone) duplicate() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "duplicate",
		Short: "bring an account from one phone to another: \"offer\" on the old one, \"join\" on the new one",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.offer(), p.join())
	return cmd
}

func (p *cliPhone) offer() *cobra.Command {
	var account, linkFile string
	var yes bool
	cmd := &cobra.Command{
		Use:   "offer",
		Short: "make a code for a new phone, and ask whether the phone that scans it is yours",
		Long: `Makes a code that is good for two minutes and once, prints its link or writes it to a file, and waits for a phone. Then it prints that phone's name and two words and
reads "yes" or "no" from standard input: say yes only if the other phone shows the same words.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.with(cmd, func(ctx context.Context) error {
				ctx, err := p.verified(ctx)
				if err != nil {
					return err
				}
				a, err := p.account(account)
				if err != nil {
					return err
				}
				o, err := p.core.OfferDuplicate(ctx, a.ID, platform.Prompt{Title: "Connect a new phone"})
				if err != nil {
					return err
				}
				if err := showLink(cmd, o, linkFile); err != nil {
					return errors.Join(err, p.core.CancelDuplicate(ctx, o))
				}
				j, err := p.core.AwaitDuplicate(ctx, o)
				if err != nil {
					return err
				}
				if !yes {
					if yes, err = sameWords(cmd, j); err != nil {
						return errors.Join(err, p.core.CancelDuplicate(ctx, o))
					}
				}
				if err := p.core.AnswerDuplicate(ctx, o, j, yes, platform.Prompt{Title: "Connect a new phone"}); err != nil {
					return err
				}
				return p.print(cmd, joinerLine{Name: j.Name, Model: j.Model, IP: j.IP, Words: j.Words[:], Raced: j.Raced, Approved: yes})
			})
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&account, "account", "", "the account, where this phone has several")
	flags.StringVar(&linkFile, "link-file", "", "where the link is written, readable by you only, instead of being printed")
	flags.BoolVar(&yes, "yes", false, "say yes without comparing words: for tests")
	return cmd
}

// showLink prints the link, or writes it where only the user reads it: whoever has it in these two minutes may ask for the account.
func showLink(cmd *cobra.Command, o *phone.Offer, file string) error {
	if file != "" {
		return atomicfile.Write(file, []byte(o.Link.Encode()+"\n"))
	}
	_, err := fmt.Fprintln(cmd.ErrOrStderr(), o.Link.Encode())
	return err
}

// sameWords reads yes or no.
func sameWords(cmd *cobra.Command, j phone.Joiner) (bool, error) {
	other := ""
	if j.Raced {
		other = " Another phone has tried the code, too."
	}
	_, err := fmt.Fprintf(cmd.ErrOrStderr(), "%s (%s) from %s wants to join: %s. Same words there?%s yes or no: ", j.Name, j.Model, j.IP, strings.Join(j.Words[:], " / "), other)
	if err != nil {
		return false, err
	}
	line, err := bufio.NewReader(cmd.InOrStdin()).ReadString('\n')
	if err != nil && line == "" {
		return false, fmt.Errorf("read standard input: %w", err)
	}
	return strings.TrimSpace(line) == "yes", nil
}

func (p *cliPhone) join() *cobra.Command {
	return &cobra.Command{
		Use:   "join LINK",
		Short: "ask for the account that another phone offers, by the link in its code, or - for standard input",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.with(cmd, func(ctx context.Context) error {
				text, err := given(cmd, args[0])
				if err != nil {
					return err
				}
				link, ok := scanner.Classify(text).Link.(wire.DuplicateLink)
				if !ok {
					return cli.Usage{Text: "this is not a code that a phone shows for a new one; it looks like HTTPS://ID.EXAMPLE.COM/D#…"}
				}
				if ctx, err = p.verified(ctx); err != nil {
					return err
				}
				if !p.core.State().HasPIN {
					if err := p.core.SetPIN(ctx, p.pin); err != nil {
						return err
					}
				}
				j, err := p.core.ClaimDuplicate(ctx, link, platform.Prompt{Title: "Connect this phone"})
				if err != nil {
					return err
				}
				if _, err := fmt.Fprintf(cmd.ErrOrStderr(), "%s (%s): %s. Say yes on the other phone if it shows the same words.\n", j.Organisation, j.Host, strings.Join(j.Words[:], " / ")); err != nil {
					return err
				}
				a, err := p.core.AwaitJoin(ctx, j, platform.Prompt{Title: "Connect this phone"})
				if err != nil {
					return err
				}
				return p.print(cmd, joinedLine{Words: j.Words[:], Device: a.ID, UserName: a.Login, Organisation: a.Organisation, Status: a.Status})
			})
		},
	}
}

type joinerLine struct {
	Name     string   `json:"name"`
	Model    string   `json:"model"`
	IP       string   `json:"ip"`
	Words    []string `json:"words"`
	Raced    bool     `json:"raced"`
	Approved bool     `json:"approved"`
}

func (l joinerLine) String() string {
	said := "No"
	if l.Approved {
		said = "Yes"
	}
	return fmt.Sprintf("%s (%s) from %s  words: %s  you said: %s", l.Name, l.Model, l.IP, strings.Join(l.Words, " / "), said)
}

type joinedLine struct {
	Words        []string            `json:"words"`
	Device       authn.DeviceID      `json:"device"`
	UserName     string              `json:"user_name"`
	Organisation string              `json:"organisation"`
	Status       phone.AccountStatus `json:"status"`
}

func (l joinedLine) String() string {
	return fmt.Sprintf("%s  %s at %s  %s  words: %s", l.Device, l.UserName, l.Organisation, l.Status, strings.Join(l.Words, " / "))
}
