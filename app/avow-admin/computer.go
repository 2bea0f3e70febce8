package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/wire"
)

func (a *app) computerCommands() *cobra.Command {
	return group("computer", "Computers with avow-login, that people sign in to also without a network",
		a.computerAdd(), a.computerList(), a.computerCode(), a.computerUses(),
		a.computerEnd("stolen", "Report a computer stolen: its phones give no codes for it any more, at once", authn.ComputerStolen),
		a.computerEnd("remove", "Take a computer out of use", authn.ComputerRemoved))
}

func computerFields(c wire.AdminComputer) []field {
	return []field{
		{"id", string(c.ID)},
		{"name", c.Name},
		{"state", string(c.State)},
		{"match", string(c.Match)},
		{"offline", string(c.Offline)},
		{"os", c.OS},
		{"grants", strconv.Itoa(c.Grants)},
		{"enrolled_at", stamp(c.EnrolledAt)},
		{"last_seen_at", stamp(c.LastSeenAt)},
		{"ended_at", stamp(c.EndedAt)},
	}
}

func (a *app) computerAdd() *cobra.Command {
	var c wire.AddComputer
	var match, offline string
	cmd := &cobra.Command{
		Use: "add ID", Short: "Invite a computer and show its enrollment link", Args: cobra.ExactArgs(1),
		Long: `add makes a link, good for one computer and 24 hours, and shows it once. On the computer run avow-login enroll and paste it there; whoever
uses it is taken for this computer. With --replace a computer that is there gets a new link, for instance after its disk was
erased: when it is used, the old key is over and people have to sign in once with a network. Settings that are not given stay.`,
		Example: `  avow-admin computer add laptop-42 --name LAPTOP-42`,
		RunE: func(cmd *cobra.Command, args []string) error {
			admin, err := a.admin()
			if err != nil {
				return err
			}
			c.ID, c.Match, c.Offline, c.Reason = authn.ClientID(args[0]), authn.MatchMode(match), authn.OfflinePolicy(offline), a.why("computer add")
			added, err := admin.AddComputer(cmd.Context(), c)
			if err != nil {
				return err
			}
			fields := append(computerFields(added.AdminComputer)[:5], field{"link_expires_at", stamp(added.LinkExpires)}, field{"link", added.Link})
			if err := a.printOne(cmd, added, fields); err != nil || a.json {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "\nOn the computer run avow-login enroll and paste the link. It is shown this once.")
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&c.Name, "name", "", "the name that people read on their phones (default: the id)")
	f.StringVar(&match, "match", "", "number, qr or tap (default: the server's match; tap is below NIST AAL2)")
	f.StringVar(&offline, "offline", "", "codes without a network: allow, only-when-offline or deny (default: only-when-offline)")
	f.BoolVar(&c.Replace, "replace", false, "a new link for a computer that is there")
	return cmd
}

func (a *app) computerList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List all computers", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			admin, err := a.admin()
			if err != nil {
				return err
			}
			all, err := admin.Computers(cmd.Context())
			if err != nil {
				return err
			}
			rows := make([][]field, 0, len(all))
			for _, c := range all {
				rows = append(rows, computerFields(c))
			}
			return a.print(cmd, wire.ComputerList{Computers: all}, "There are no computers. Add one: avow-admin computer add ID", rows)
		},
	}
}

// demanding runs a command that needs a reason.
func (a *app) demanding(run func(cmd *cobra.Command, admin *client.Admin, args []string, reason string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		reason, err := a.needReason()
		if err != nil {
			return err
		}
		admin, err := a.admin()
		if err != nil {
			return err
		}
		return run(cmd, admin, args, reason)
	}
}

func (a *app) computerEnd(verb, short string, state authn.ComputerState) *cobra.Command {
	return &cobra.Command{
		Use: verb + " ID --reason WHY", Short: short, Args: cobra.ExactArgs(1),
		RunE: a.demanding(func(cmd *cobra.Command, admin *client.Admin, args []string, reason string) error {
			c, err := admin.EndComputer(cmd.Context(), authn.ClientID(args[0]), wire.EndComputer{State: state, Reason: reason})
			if err != nil {
				return err
			}
			return a.printOne(cmd, c, computerFields(c))
		}),
	}
}

func (a *app) computerCode() *cobra.Command {
	return &cobra.Command{
		Use: "code ID LOGIN --reason WHY", Short: "Give out one code for a user at a computer, to be read to her", Args: cobra.ExactArgs(2),
		Long: `code shows the service desk's next code for a user at a computer that she has signed in to with a network before. It signs in once and for two
minutes. First make sure on the phone that it is she; she is told by mail and on her phone that a code was given out.`,
		RunE: a.demanding(func(cmd *cobra.Command, admin *client.Admin, args []string, reason string) error {
			c, err := admin.DeskCode(cmd.Context(), authn.ClientID(args[0]), wire.AddDeskCode{UserName: args[1], Reason: reason})
			if err != nil {
				return err
			}
			if a.json {
				return printJSON(cmd.OutOrStdout(), c)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "\n    %s\n\nCode %d for %s at %s. It signs in once, for two minutes: until %s. %d left.\n",
				clean(c.Code), c.Number, clean(c.UserName), clean(c.Computer), c.ExpiresAt.Local().Format(time.TimeOnly), c.Left)
			return err
		}),
	}
}

func (a *app) computerUses() *cobra.Command {
	return &cobra.Command{
		Use: "uses ID", Short: "List what was signed in to without a network, and what the phones say of it", Args: cobra.ExactArgs(1),
		Long: `uses lists, the newest first, the codes of a computer: state matched is a sign-in whose code a phone has shown or the service desk has given
out; waiting: the phone has not called since; unknown: nobody knows of the code, and people were told; shown, released: nobody
has signed in with it as far as is known; refused: a wrong code. Times are by the clocks of computer and phone.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			admin, err := a.admin()
			if err != nil {
				return err
			}
			uses, err := admin.OfflineUses(cmd.Context(), authn.ClientID(args[0]))
			if err != nil {
				return err
			}
			rows := make([][]field, 0, len(uses))
			for _, u := range uses {
				rows = append(rows, []field{
					{"user_name", u.UserName},
					{"method", string(u.Method)},
					{"kind", string(u.Kind)},
					{"state", u.State},
					{"computer_at", stamp(u.ComputerAt)},
					{"phone_at", stamp(u.PhoneAt)},
				})
			}
			return a.print(cmd, wire.OfflineUseList{Uses: uses}, "Nobody has signed in to this computer without a network, as far as is known.", rows)
		},
	}
}
