package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"avow/internal/authn"
	"avow/internal/cli"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/scanner"
	"avow/internal/wire"
)

// cliPhone is the app's core with a folder and a PIN, for one command.
type cliPhone struct {
	data, pinFile string
	json          bool
	core          *phone.Core
	pin           key.Secret
}

func newPhoneCommand() *cobra.Command {
	p := &cliPhone{}
	cmd := &cobra.Command{
		Use:   "phone",
		Short: "the app's core as a command line, for QA and scripts",
		Long: `A phone without a screen: its keys and vault lie in a folder, sealed by a PIN from a file.
The first "register", "duplicate join", "restore begin" or "codes" sets the PIN. It talks to any Avow server.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	flags := cmd.PersistentFlags()
	flags.StringVar(&p.data, "data", "", "folder of the phone (default: avow-phone in the user's config folder)")
	flags.StringVar(&p.pinFile, "pin-file", "", "file that holds the PIN, at least 6 digits")
	flags.BoolVar(&p.json, "json", false, "print JSON")
	cmd.AddCommand(p.register(), p.list(), p.approve(), p.deny(), p.devices(), p.remove(), p.duplicate(), p.restore(), p.drill(), p.codes(), p.importCodes(), p.exportCodes(),
		p.computers(), p.offlineCode(), p.listCode())
	return cmd
}

// with opens the phone, runs f and closes it.
func (p *cliPhone) with(cmd *cobra.Command, f func(context.Context) error) error {
	ctx := cmd.Context()
	if p.data == "" {
		base, err := os.UserConfigDir()
		if err != nil {
			return fmt.Errorf("no folder for the phone: give --data: %w", err)
		}
		p.data = filepath.Join(base, "avow-phone")
	}
	if p.pinFile != "" {
		b, err := os.ReadFile(p.pinFile)
		if err != nil {
			return fmt.Errorf("read the PIN: %w", err)
		}
		p.pin = bytes.TrimSpace(b)
	}
	opt := keystore.Options{Dir: p.data}
	if err := phone.FinishErase(ctx, opt); err != nil {
		return err
	}
	keys, err := keystore.Open(ctx, opt)
	if errors.Is(err, keystore.ErrNoKeystore) {
		keys, err = keystore.Create(ctx, opt, key.Software)
	}
	if err != nil {
		return err
	}
	host, _ := os.Hostname()
	p.core, err = phone.Open(ctx, phone.Config{
		Dir: p.data, Keys: keys, Client: client.Options{Agent: "avow-simulator"},
		Device: authn.DeviceInfo{Name: "Simulator on " + host, Model: "Avow simulator", OS: "command line", App: version},
	})
	if err != nil {
		return err
	}
	defer p.core.Close()
	return f(ctx)
}

// verified hands the PIN over, and says how when it is missing.
func (p *cliPhone) verified(ctx context.Context) (context.Context, error) {
	if len(p.pin) == 0 {
		return nil, cli.Usage{Text: "this needs the PIN: give --pin-file"}
	}
	return keystore.WithPIN(ctx, p.pin), nil
}

func (p *cliPhone) register() *cobra.Command {
	var proofFile string
	cmd := &cobra.Command{
		Use:   "register LINK",
		Short: "connect a work account by the link in its QR or mail",
		Long: `Connects a work account by the link in its QR or mail. With - in place of the link it is read from standard input: other users of a
machine can see command lines. A link that was sent needs a second proof as well, a password or eight digits, which stands in a file or comes by
standard input for the same reason.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] == "-" && proofFile == "-" {
				return cli.Usage{Text: "standard input holds the link or the proof, not both"}
			}
			return p.with(cmd, func(ctx context.Context) error {
				text, err := given(cmd, args[0])
				if err != nil {
					return err
				}
				link, ok := scanner.Classify(text).Link.(wire.RegistrationLink)
				if !ok {
					return errors.New("this is not a link that connects a work account; it looks like HTTPS://ID.EXAMPLE.COM/R#…")
				}
				ctx, err = p.verified(ctx)
				if err != nil {
					return err
				}
				if !p.core.State().HasPIN {
					if err := p.core.SetPIN(ctx, p.pin); err != nil {
						return err
					}
				}
				inv, err := p.core.Invite(ctx, link)
				if err != nil {
					return err
				}
				if inv.Proof, err = proofOf(cmd, inv, proofFile); err != nil {
					return err
				}
				a, err := p.core.Connect(ctx, inv, platform.Prompt{Title: "Connect work account"})
				if err != nil {
					return err
				}
				return p.print(cmd, accountLine(a))
			})
		},
	}
	cmd.Flags().StringVar(&proofFile, "proof-file", "", "file that holds the second proof of a link that was sent, or - for standard input")
	return cmd
}

// proofs are what a person calls a second proof.
var proofs = map[authn.SecondProof]string{
	authn.ProofPassword: "the password of the user",
	authn.ProofPIN:      "the eight digits that the user was told",
	authn.ProofCode:     "the code that was sent by the other channel",
}

// proofOf reads the second proof that an invitation asks for. Without a file it says which, and the same link goes on when it is there.
func proofOf(cmd *cobra.Command, inv *phone.Invitation, file string) (key.Secret, error) {
	if inv.SecondProof == authn.ProofNone {
		return nil, nil
	}
	var text []byte
	var err error
	switch file {
	case "":
		return nil, cli.Usage{Text: "this link needs a second proof, " + proofs[inv.SecondProof] + ": give --proof-file"}
	case "-":
		text, err = io.ReadAll(io.LimitReader(cmd.InOrStdin(), maxText))
	default:
		text, err = os.ReadFile(file)
	}
	if err != nil {
		return nil, fmt.Errorf("read the second proof: %w", err)
	}
	text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r")) // blanks may belong to a password
	if len(text) > wire.MaxProof {
		return nil, cli.Usage{Text: "this is too long for a second proof"}
	}
	return text, nil
}

// maxText is more than any link has.
const maxText = 4 << 10

// given is a text of the command line, or standard input for "-".
func given(cmd *cobra.Command, text string) (string, error) {
	if text != "-" {
		return text, nil
	}
	b, err := io.ReadAll(io.LimitReader(cmd.InOrStdin(), maxText))
	if err != nil {
		return "", fmt.Errorf("read standard input: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}

func (p *cliPhone) list() *cobra.Command {
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "list",
		Short: "fetch and show the open requests",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.with(cmd, func(ctx context.Context) error {
				requests, err := p.requests(ctx, wait)
				if err != nil {
					return err
				}
				lines := []requestLine{}
				for _, r := range requests {
					lines = append(lines, newRequestLine(r))
				}
				return p.print(cmd, requestLines(lines))
			})
		},
	}
	cmd.Flags().DurationVar(&wait, "wait", 0, "wait so long for a request, if there is none")
	return cmd
}

// requests asks the servers; with wait it listens until one arrives.
func (p *cliPhone) requests(ctx context.Context, wait time.Duration) ([]phone.Request, error) {
	if err := p.core.Sync(ctx); err != nil {
		return nil, err
	}
	if wait > 0 && len(p.core.State().Requests) == 0 {
		arrived := make(chan struct{}, 1)
		cancel := p.core.Subscribe(func(e phone.Event) {
			if e.Kind == phone.RequestArrived {
				select {
				case arrived <- struct{}{}:
				default:
				}
			}
		})
		defer cancel()
		run, stop := context.WithTimeout(ctx, wait)
		defer stop()
		done := make(chan struct{})
		go func() { defer close(done); p.core.Run(run) }()
		select {
		case <-arrived:
		case <-run.Done():
		}
		stop()
		<-done
	}
	return p.core.State().Requests, nil
}

func (p *cliPhone) approve() *cobra.Command {
	var number, scan string
	cmd := &cobra.Command{
		Use:   "approve ID",
		Short: "say Yes to a request",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.with(cmd, func(ctx context.Context) error {
				ctx, err := p.verified(ctx)
				if err != nil {
					return err
				}
				if err := p.core.Sync(ctx); err != nil {
					return err
				}
				m, err := p.match(authn.RequestID(args[0]), number, scan)
				if err != nil {
					return err
				}
				if err := p.core.Unlock(ctx, platform.Prompt{Title: "Unlock"}); err != nil {
					return err
				}
				r, err := p.core.Approve(ctx, authn.RequestID(args[0]), m, platform.Prompt{Title: "Approve"})
				if err != nil {
					return err
				}
				return p.print(cmd, newDecisionLine(args[0], r))
			})
		},
	}
	cmd.Flags().StringVar(&number, "number", "", "the six digits on the screen that asks")
	cmd.Flags().StringVar(&scan, "scan", "", "the link in the QR on the screen that asks, instead of the number")
	cmd.MarkFlagsMutuallyExclusive("number", "scan")
	return cmd
}

// match is the number that was typed, or what the link of a scanned code says; the link must be of the same request.
func (p *cliPhone) match(id authn.RequestID, number, scan string) (phone.Match, error) {
	if scan == "" {
		return phone.Match{Number: number}, nil
	}
	link, ok := scanner.Classify(scan).Link.(wire.ApprovalLink)
	if !ok {
		return phone.Match{}, cli.Usage{Text: "--scan takes the link in the code of the screen that asks"}
	}
	r, err := p.core.ByHandle(link)
	if err == nil && r.ID != id {
		err = errors.New("this code belongs to another request; scan the one on the screen that asks")
	}
	return phone.Match{Handle: link.Handle}, err
}

func (p *cliPhone) deny() *cobra.Command {
	var notMe bool
	cmd := &cobra.Command{
		Use:   "deny ID",
		Short: "say No to a request",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.with(cmd, func(ctx context.Context) error {
				if err := p.core.Sync(ctx); err != nil {
					return err
				}
				say := p.core.Deny
				if notMe {
					say = p.core.NotMe
				}
				r, err := say(ctx, authn.RequestID(args[0]))
				if err != nil {
					return err
				}
				return p.print(cmd, newDecisionLine(args[0], r))
			})
		},
	}
	cmd.Flags().BoolVar(&notMe, "not-me", false, `say "it's not me": the administrators are told`)
	return cmd
}

func (p *cliPhone) remove() *cobra.Command {
	return &cobra.Command{
		Use:   "remove DEVICE",
		Short: "take an account off this phone and tell its server",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.with(cmd, func(ctx context.Context) error {
				ctx, err := p.verified(ctx)
				if err != nil {
					return err
				}
				if err := p.core.Unlock(ctx, platform.Prompt{Title: "Unlock"}); err != nil {
					return err
				}
				told, err := p.core.RemoveAccount(ctx, phone.AccountID(args[0]))
				if err != nil {
					return err
				}
				return p.print(cmd, removedLine{Device: args[0], ServerTold: told})
			})
		},
	}
}
