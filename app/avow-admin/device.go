package main

import (
	"github.com/spf13/cobra"

	"avow/internal/authn"
	"avow/internal/wire"
)

func (a *app) deviceCommands() *cobra.Command {
	return group("device", "Devices: the phones of users", a.deviceList(), a.deviceRevoke())
}

func deviceFields(d wire.AdminDevice) []field {
	return []field{
		{"id", string(d.ID)},
		{"user_name", d.UserName},
		{"name", d.Name},
		{"model", d.Model},
		{"os", d.OS},
		{"state", string(d.State)},
		{"key_class", string(d.KeyClass)},
		{"user_verification", string(d.Verifies)},
		{"connected_at", stamp(d.ConnectedAt)},
		{"last_seen_at", stamp(d.LastSeenAt)},
	}
}

func (a *app) deviceList() *cobra.Command {
	return &cobra.Command{
		Use: "list [LOGIN]", Short: "List the devices of a user, or of all, also those that were removed", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			admin, err := a.admin()
			if err != nil {
				return err
			}
			devices, err := admin.Devices(cmd.Context(), optional(args))
			if err != nil {
				return err
			}
			rows := make([][]field, 0, len(devices))
			for _, d := range devices {
				rows = append(rows, deviceFields(d))
			}
			return a.print(cmd, wire.DeviceList{Devices: devices}, "There are no devices. Connect one: avow-admin session add LOGIN", rows)
		},
	}
}

func (a *app) deviceRevoke() *cobra.Command {
	return &cobra.Command{
		Use: "revoke ID --reason WHY", Short: "Remove a device for ever, at once", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			reason, err := a.needReason()
			if err != nil {
				return err
			}
			admin, err := a.admin()
			if err != nil {
				return err
			}
			d, err := admin.RevokeDevice(cmd.Context(), authn.DeviceID(args[0]), reason)
			if err != nil {
				return err
			}
			return a.printOne(cmd, d, deviceFields(d))
		},
	}
}
