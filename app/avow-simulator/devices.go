package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"avow/internal/authn"
	"avow/internal/cli"
	"avow/internal/phone"
	"avow/internal/phone/platform"
	"avow/internal/wire"
)

// account is the one that a command is about: the only one, or the one that is named.
func (p *cliPhone) account(name string) (phone.Account, error) {
	all := p.core.State().Accounts
	if name == "" && len(all) == 1 {
		return all[0], nil
	}
	for _, a := range all {
		if string(a.ID) == name {
			return a, nil
		}
	}
	if name == "" && len(all) > 1 {
		return phone.Account{}, cli.Usage{Text: `this phone has several accounts: say which by --account and what "phone devices" prints first in its line`}
	}
	return phone.Account{}, phone.ErrNoAccount
}

func (p *cliPhone) devices() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "devices",
		Short: "show the accounts that this device is connected to, and how they stand; below it what becomes of other devices",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.with(cmd, func(ctx context.Context) error {
				_ = p.core.Sync(ctx) // a server that is away is shown as such
				lines := []accountInfo{}
				for _, a := range p.core.State().Accounts {
					lines = append(lines, accountLine(a))
				}
				return p.print(cmd, accountInfos(lines))
			})
		},
	}
	var account string
	cmd.PersistentFlags().StringVar(&account, "account", "", "the account, where this phone has several")
	var everything bool
	wipe := p.act(&account, "wipe DEVICE", "take another device off the account and have it delete what it has", func(ctx context.Context, a phone.AccountID, other authn.DeviceID) (phone.DeviceList, error) {
		scope := authn.WipeAccount
		if everything {
			scope = authn.WipeEverything
		}
		return p.core.WipeDevice(ctx, a, other, scope, platform.Prompt{Title: "Wipe a device"})
	})
	wipe.Flags().BoolVar(&everything, "everything", false, "not only this account: the whole app on that device")
	cmd.AddCommand(p.listDevices(&account), wipe,
		p.act(&account, "remove DEVICE", "take another device off the account", func(ctx context.Context, a phone.AccountID, other authn.DeviceID) (phone.DeviceList, error) {
			return p.core.RemoveDevice(ctx, a, other, platform.Prompt{Title: "Remove a device"})
		}),
		p.act(&account, "block DEVICE", "take off a device that is not yours, and have nobody restore the account", func(ctx context.Context, a phone.AccountID, other authn.DeviceID) (phone.DeviceList, error) {
			return p.core.BlockDevice(ctx, a, other, platform.Prompt{Title: "Block a device"})
		}))
	return cmd
}

func (p *cliPhone) listDevices(account *string) *cobra.Command {
	return &cobra.Command{
		Use:   "list",
		Short: "show all devices of the account's user, and what becomes of those that were removed",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.with(cmd, func(ctx context.Context) error {
				a, err := p.account(*account)
				if err != nil {
					return err
				}
				l, err := p.core.Devices(ctx, a.ID)
				if err != nil {
					return err
				}
				return p.print(cmd, newDeviceLines(l.Devices))
			})
		},
	}
}

// act is a command about another device. It needs the PIN.
func (p *cliPhone) act(account *string, use, short string, do func(context.Context, phone.AccountID, authn.DeviceID) (phone.DeviceList, error)) *cobra.Command {
	return &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.with(cmd, func(ctx context.Context) error {
				ctx, err := p.verified(ctx)
				if err != nil {
					return err
				}
				a, err := p.account(*account)
				if err != nil {
					return err
				}
				l, err := do(ctx, a.ID, authn.DeviceID(args[0]))
				if err != nil {
					return err
				}
				for _, e := range l.Devices {
					if string(e.ID) == args[0] {
						return p.print(cmd, newDeviceLine(e))
					}
				}
				return errors.New("the device was removed and is not listed any more")
			})
		},
	}
}

type deviceLine struct {
	Device    authn.DeviceID     `json:"device"`
	Name      string             `json:"name"`
	Model     string             `json:"model"`
	State     authn.DeviceState  `json:"state"`
	This      bool               `json:"this"`
	Origin    authn.DeviceOrigin `json:"origin"`
	Connected time.Time          `json:"connected_at"`
	Seen      time.Time          `json:"last_seen_at"`
	Probation *time.Time         `json:"probation_until,omitempty"`
	Wipe      authn.WipeState    `json:"wipe,omitempty"`
	Scope     authn.WipeScope    `json:"wipe_scope,omitempty"`
	Left      authn.WipeLeft     `json:"wipe_left,omitempty"`
}

func newDeviceLine(e wire.DeviceEntry) deviceLine {
	l := deviceLine{
		Device: e.ID, Name: e.Name, Model: e.Model, State: e.State, This: e.This, Origin: e.Origin,
		Connected: time.Unix(e.ConnectedAt, 0).UTC(), Seen: time.Unix(e.LastSeenAt, 0).UTC(),
	}
	if e.ProbationUntil > 0 {
		until := time.Unix(e.ProbationUntil, 0).UTC()
		l.Probation = &until
	}
	if e.Wipe != nil {
		l.Wipe, l.Scope, l.Left = e.Wipe.State, e.Wipe.Scope, e.Wipe.Left
	}
	return l
}

func newDeviceLines(entries []wire.DeviceEntry) deviceLines {
	l := deviceLines{}
	for _, e := range entries {
		l = append(l, newDeviceLine(e))
	}
	return l
}

// What the states are called.
var (
	deviceStates = map[authn.DeviceState]string{authn.DevicePending: "not confirmed yet", authn.DeviceActive: "in use", authn.DeviceRevoked: "removed"}
	wipeStates   = map[authn.WipeState]string{
		authn.WipeRequested: "wipe requested", authn.WipeDelivered: "wipe delivered", authn.WipeConfirmed: "wipe confirmed by the device",
		authn.WipeNeverSeen: "wipe requested, and the device was never seen since",
	}
)

func (l deviceLine) String() string {
	parts := []string{string(l.Device), l.Name + " (" + l.Model + ")", deviceStates[l.State]}
	if l.This {
		parts = append(parts, "this device")
	}
	if l.Probation != nil {
		parts = append(parts, "on probation until "+l.Probation.Local().Format(time.DateTime))
	}
	if l.Wipe != authn.WipeNone {
		text := wipeStates[l.Wipe]
		if l.Left == authn.LeftSealed {
			text += "; what only its PIN opens goes when that is typed next"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "  ")
}

type deviceLines []deviceLine

func (l deviceLines) String() string { return lines(l, "This account has no devices.") }
