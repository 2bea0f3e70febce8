package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"avow/internal/atomicfile"
	"avow/internal/authn"
	"avow/internal/cli"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/platform"
	"avow/internal/phone/scanner"
	"avow/internal/wire"
)

func (p *cliPhone) restore() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "restore",
		Short: `get an account back without an old phone: "setup" beforehand; "begin", "code" and "finish" on the new one`,
		Long: `Gets an account back on a new phone, with its restore code and a one-time code that comes by mail or from the service desk. A restore code is as secret as
a key: it is read from a file and written to one, never given on the command line.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(p.restoreSetup(), p.restoreBegin(), p.restoreStep("code ID DIGITS", "type the one-time code", 2,
		func(ctx context.Context, id authn.RestoreID, args []string) (phone.Restoring, error) {
			return p.core.ConfirmRestore(ctx, id, args[0])
		}), p.restoreStep("resend ID", "have a new one-time code made", 1,
		func(ctx context.Context, id authn.RestoreID, _ []string) (phone.Restoring, error) {
			return p.core.ResendRestore(ctx, id)
		}), p.restoreStep("state ID", "ask how a restore stands", 1,
		func(ctx context.Context, id authn.RestoreID, _ []string) (phone.Restoring, error) {
			return p.core.CheckRestore(ctx, id)
		}), p.restoreFinish(), p.restoreBlock())
	return cmd
}

// unlocked hands the PIN over, sets it where there is none, and opens the vault.
func (p *cliPhone) unlocked(ctx context.Context) (context.Context, error) {
	ctx, err := p.verified(ctx)
	if err != nil {
		return nil, err
	}
	if !p.core.State().HasPIN {
		return ctx, p.core.SetPIN(ctx, p.pin)
	}
	return ctx, p.core.Unlock(ctx, platform.Prompt{Title: "Unlock"})
}

// readCode reads a restore code, or the link of a sheet, from a file.
func readCode(file string) (phone.RestoreFrom, error) {
	if file == "" {
		return phone.RestoreFrom{}, cli.Usage{Text: "say where the restore code is: give --code-file"}
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return phone.RestoreFrom{}, fmt.Errorf("read the restore code: %w", err)
	}
	text := string(bytes.TrimSpace(b))
	if l, ok := scanner.Classify(text).Link.(wire.RestoreLink); ok {
		return phone.RestoreFromLink(l), nil
	}
	code, err := key.ParseRestoreCode(text)
	if err != nil {
		return phone.RestoreFrom{}, fmt.Errorf("the file holds no restore code: %w", err)
	}
	return phone.RestoreFrom{Code: code}, nil
}

// writeCode writes a restore code, and the link of its sheet below it, where only the user reads them.
func (p *cliPhone) writeCode(file string, id phone.AccountID, code key.RestoreCode) error {
	s, err := p.core.RestoreSheet(id, code)
	if err == nil {
		err = atomicfile.Write(file, []byte(code.Text()+"\n"))
	}
	if err == nil {
		err = atomicfile.Write(file+".sheet", []byte(s.Link.Encode()+"\n"))
	}
	return err
}

func (p *cliPhone) restoreSetup() *cobra.Command {
	var account, file string
	cmd := &cobra.Command{
		Use:   "setup",
		Short: "draw a restore code, make it the account's, and write it to a file (and its sheet's link to FILE.sheet)",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if file == "" {
				return cli.Usage{Text: "say where the code is to be written: give --code-file"}
			}
			return p.with(cmd, func(ctx context.Context) error {
				ctx, err := p.unlocked(ctx)
				if err != nil {
					return err
				}
				a, err := p.account(account)
				if err != nil {
					return err
				}
				code := key.NewRestoreCode()
				if err := p.writeCode(file, a.ID, code); err != nil { // first: a code that nobody has noted is worth nothing
					return err
				}
				if err := p.core.ActivateRestore(ctx, a.ID, code, platform.Prompt{Title: "Set up restore"}); err != nil {
					return errors.Join(err, os.Remove(file), os.Remove(file+".sheet"))
				}
				a, err = p.account(account)
				if err != nil {
					return err
				}
				return p.print(cmd, restoreView{Device: a.ID, State: a.Restore.State, SavedAt: a.Restore.SavedAt})
			})
		},
	}
	cmd.Flags().StringVar(&account, "account", "", "the account, where this phone has several")
	cmd.Flags().StringVar(&file, "code-file", "", "where the code is written")
	return cmd
}

func (p *cliPhone) restoreBegin() *cobra.Command {
	var host, login, file string
	cmd := &cobra.Command{
		Use:   "begin",
		Short: "prove the restore code for this phone; the first command of a new phone, which sets its PIN",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			from, err := readCode(file)
			if err != nil {
				return err
			}
			if from.Pin == nil {
				if host == "" || login == "" {
					return cli.Usage{Text: "a code without its sheet needs --host and --login"}
				}
				from.Host, from.Login = host, login
			}
			return p.with(cmd, func(ctx context.Context) error {
				ctx, err := p.unlocked(ctx)
				if err != nil {
					return err
				}
				o, err := p.core.FindRestore(ctx, from)
				if err != nil {
					return err
				}
				x, err := p.core.ProveRestore(ctx, o, platform.Prompt{Title: "Restore the account"})
				if err != nil {
					return err
				}
				return p.print(cmd, restoringLine(x))
			})
		},
	}
	cmd.Flags().StringVar(&file, "code-file", "", "file that holds the restore code, or the link of its sheet")
	cmd.Flags().StringVar(&host, "host", "", "the server's name")
	cmd.Flags().StringVar(&login, "login", "", "the user name")
	return cmd
}

func (p *cliPhone) restoreStep(use, short string, args int, step func(context.Context, authn.RestoreID, []string) (phone.Restoring, error)) *cobra.Command {
	return &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.ExactArgs(args),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.with(cmd, func(ctx context.Context) error {
				x, err := step(ctx, authn.RestoreID(args[0]), args[1:])
				if err != nil {
					return err
				}
				return p.print(cmd, restoringLine(x))
			})
		},
	}
}

func (p *cliPhone) restoreFinish() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "finish ID",
		Short: "take the account once the hold is past, and write its new restore code to a file",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if file == "" {
				return cli.Usage{Text: "say where the new code is to be written: give --code-file"}
			}
			return p.with(cmd, func(ctx context.Context) error {
				ctx, err := p.unlocked(ctx)
				if err != nil {
					return err
				}
				a, olds, err := p.core.FinishRestore(ctx, authn.RestoreID(args[0]), platform.Prompt{Title: "Restore the account"})
				if err != nil {
					return err
				}
				if a.Restore.Unnoted {
					code, err := p.core.ShowRestoreCode(ctx, a.ID, platform.Prompt{Title: "Show the restore code"})
					if err == nil {
						err = p.writeCode(file, a.ID, code)
					}
					if err == nil {
						err = p.core.NoteRestoreCode(ctx, a.ID)
					}
					if err == nil {
						a, err = p.account(string(a.ID))
					}
					if err != nil {
						return err
					}
				}
				return p.print(cmd, restoredLine(a, olds))
			})
		},
	}
	cmd.Flags().StringVar(&file, "code-file", "", "where the new code is written")
	return cmd
}

func (p *cliPhone) restoreBlock() *cobra.Command {
	var account string
	cmd := &cobra.Command{
		Use:   "block ID",
		Short: "end a restore of this phone's account on another phone, and refuse every other until that is allowed again",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.with(cmd, func(ctx context.Context) error {
				a, err := p.account(account)
				if err == nil {
					err = p.core.BlockRestore(ctx, a.ID, authn.RestoreID(args[0]))
				}
				if err == nil {
					a, err = p.account(account)
				}
				if err != nil {
					return err
				}
				return p.print(cmd, restoreView{Device: a.ID, State: a.Restore.State, SavedAt: a.Restore.SavedAt})
			})
		},
	}
	cmd.Flags().StringVar(&account, "account", "", "the account, where this phone has several")
	return cmd
}

func (p *cliPhone) drill() *cobra.Command {
	var account, file string
	cmd := &cobra.Command{
		Use:   "drill",
		Short: "prove that a restore code opens what the server keeps, and compare that with what is here",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			from, err := readCode(file)
			if err != nil {
				return err
			}
			return p.with(cmd, func(ctx context.Context) error {
				ctx, err := p.unlocked(ctx)
				if err != nil {
					return err
				}
				a, err := p.account(account)
				if err != nil {
					return err
				}
				d, err := p.core.DrillRestore(ctx, a.ID, from.Code, platform.Prompt{Title: "Practice"})
				if err != nil {
					return err
				}
				return p.print(cmd, drillLine{Accounts: d.Accounts, Codes: d.Codes, Computers: d.Computers, Same: d.Same})
			})
		},
	}
	cmd.Flags().StringVar(&account, "account", "", "the account, where this phone has several")
	cmd.Flags().StringVar(&file, "code-file", "", "file that holds the restore code")
	return cmd
}

type restoreView struct {
	Device  authn.DeviceID     `json:"device"`
	State   phone.RestoreState `json:"restore"`
	SavedAt time.Time          `json:"saved_at,omitzero"`
}

func (v restoreView) String() string { return fmt.Sprintf("%s  restore: %s", v.Device, v.State) }

type restoringInfo struct {
	ID        authn.RestoreID       `json:"id"`
	Host      string                `json:"host"`
	State     authn.RestoreState    `json:"state"`
	Delivery  authn.RestoreDelivery `json:"delivery,omitempty"`
	Mail      string                `json:"mail,omitempty"`
	HeldUntil time.Time             `json:"held_until,omitzero"`
	Reason    string                `json:"reason,omitempty"`
}

func restoringLine(x phone.Restoring) restoringInfo {
	return restoringInfo{ID: x.ID, Host: x.Host, State: x.State, Delivery: x.Delivery, Mail: x.MailMasked, HeldUntil: x.HeldUntil, Reason: x.Reason}
}

func (l restoringInfo) String() string {
	s := fmt.Sprintf("%s  %s  %s", l.ID, l.Host, l.State)
	switch {
	case l.State == authn.RestoreProved && l.Delivery == authn.RestoreByMail:
		s += "  the one-time code goes to " + l.Mail
	case l.State == authn.RestoreProved:
		s += "  the service desk has the one-time code"
	case l.State == authn.RestoreHeld:
		s += "  until " + l.HeldUntil.Local().Format("2006-01-02 15:04")
	case l.Reason != "":
		s += "  " + l.Reason
	}
	return s
}

type oldDevice struct {
	ID    authn.DeviceID `json:"id"`
	Name  string         `json:"name"`
	Asked bool           `json:"asked"`
}

type restoredInfo struct {
	accountInfo
	Restore    phone.RestoreState `json:"restore"`
	OldDevices []oldDevice        `json:"old_devices"`
}

func restoredLine(a phone.Account, olds []phone.OldDevice) restoredInfo {
	l := restoredInfo{accountInfo: accountLine(a), Restore: a.Restore.State, OldDevices: []oldDevice{}}
	for _, d := range olds {
		l.OldDevices = append(l.OldDevices, oldDevice{d.ID, d.Name, d.Asked})
	}
	return l
}

func (l restoredInfo) String() string {
	s := l.accountInfo.String()
	for _, d := range l.OldDevices {
		s += fmt.Sprintf("\nold device  %s  %s", d.ID, d.Name)
	}
	return s
}

type drillLine struct {
	Accounts  int  `json:"accounts"`
	Codes     int  `json:"codes"`
	Computers int  `json:"computers"`
	Same      bool `json:"same"`
}

func (l drillLine) String() string {
	same := "the same as here"
	if !l.Same {
		same = "not the same as here"
	}
	return strings.Join([]string{fmt.Sprintf("The restore code opens what the server keeps: accounts: %d, codes: %d, computers: %d", l.Accounts, l.Codes, l.Computers), same}, "; ") + "."
}
