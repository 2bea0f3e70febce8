package main

import (
	"context"

	"github.com/spf13/cobra"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/wire"
)

func (a *app) deviceCommands() *cobra.Command {
	return group("device", "Devices: the phones of users", a.deviceList(), a.deviceRevoke(), a.deviceWipe(), a.deviceLogs(), a.deviceLog())
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
		{"origin", string(d.Origin)},
		{"probation_until", stamp(d.ProbationUntil)},
		{"wipe", wipeState(d)},
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

// wipeState is how far a wipe has come. Only what the device itself has signed is "confirmed".
func wipeState(d wire.AdminDevice) string {
	if d.Wipe == authn.WipeConfirmed && d.WipeLeft != authn.LeftNothing {
		return string(d.Wipe) + ", " + string(d.WipeLeft) + " part left"
	}
	return string(d.Wipe)
}

func (a *app) deviceRevoke() *cobra.Command {
	return a.deviceEnd("revoke", "Remove a device for ever, at once", "", (*client.Admin).RevokeDevice)
}

func (a *app) deviceWipe() *cobra.Command {
	return a.deviceEnd("wipe", "Remove a device for ever, and have it delete the work account", `wipe removes a device at once, as revoke does, and leaves it a signed command to delete the work account. What else is in the app stays; only its
user can have that deleted. The list says how far it has come: requested, delivered (the device has fetched the command), confirmed (it has signed that it is
done; "sealed part left" goes when the app is next opened with its PIN), never_seen (nobody knows: it did not come for 30 days).
`+exitCodes, (*client.Admin).WipeDevice)
}

func (a *app) deviceEnd(use, short, long string, end func(*client.Admin, context.Context, authn.DeviceID, string) (wire.AdminDevice, error)) *cobra.Command {
	return &cobra.Command{
		Use: use + " ID --reason WHY", Short: short, Long: long, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			reason, err := a.needReason()
			if err != nil {
				return err
			}
			admin, err := a.admin()
			if err != nil {
				return err
			}
			d, err := end(admin, cmd.Context(), authn.DeviceID(args[0]), reason)
			if err != nil {
				return err
			}
			return a.printOne(cmd, d, deviceFields(d))
		},
	}
}
