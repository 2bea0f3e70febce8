package main

import (
	"strconv"

	"github.com/spf13/cobra"

	"avow/internal/authn"
	"avow/internal/wire"
)

func (a *app) userCommands() *cobra.Command {
	return group("user", "Users", a.userAdd(), a.userList(),
		a.userStatus("disable", "Block a user: no sign-in, no registration, at once", authn.UserDisabled),
		a.userStatus("enable", "Let a blocked user in again", authn.UserActive),
	)
}

func userFields(u wire.AdminUser) []field {
	return []field{
		{"user_name", u.UserName},
		{"name", u.Name},
		{"mail", u.Mail},
		{"status", string(u.Status)},
		{"devices", strconv.Itoa(u.Devices)},
		{"created_at", stamp(u.CreatedAt)},
	}
}

func (a *app) userAdd() *cobra.Command {
	var c wire.AddUser
	cmd := &cobra.Command{
		Use: "add LOGIN", Short: "Add a user", Args: cobra.ExactArgs(1),
		Example: `  avow-admin user add anna.lind --name "Anna Lind" --mail anna.lind@example.com`,
		RunE: func(cmd *cobra.Command, args []string) error {
			admin, err := a.admin()
			if err != nil {
				return err
			}
			c.UserName, c.Reason = args[0], a.why("user add")
			u, err := admin.AddUser(cmd.Context(), c)
			if err != nil {
				return err
			}
			return a.printOne(cmd, u, userFields(u))
		},
	}
	cmd.Flags().StringVar(&c.Name, "name", "", "the name of the person (default: the login)")
	cmd.Flags().StringVar(&c.Mail, "mail", "", "the mail address, for sessions that are sent and for security notices")
	cmd.Flags().StringVar(&c.Phone, "phone", "", "the phone number for text messages, with its country: +46465550100")
	cmd.Flags().StringVar(&c.Language, "language", "", "the language in which the user is written to: de")
	return cmd
}

func (a *app) userList() *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List all users", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			admin, err := a.admin()
			if err != nil {
				return err
			}
			users, err := admin.Users(cmd.Context())
			if err != nil {
				return err
			}
			rows := make([][]field, 0, len(users))
			for _, u := range users {
				rows = append(rows, userFields(u))
			}
			return a.print(cmd, wire.UserList{Users: users}, "There are no users. Add one: avow-admin user add LOGIN", rows)
		},
	}
}

func (a *app) userStatus(verb, short string, status authn.UserStatus) *cobra.Command {
	return &cobra.Command{
		Use: verb + " LOGIN --reason WHY", Short: short, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			reason := a.why("user " + verb)
			if status == authn.UserDisabled {
				var err error
				if reason, err = a.needReason(); err != nil {
					return err
				}
			}
			admin, err := a.admin()
			if err != nil {
				return err
			}
			u, err := admin.SetUserStatus(cmd.Context(), args[0], wire.SetUserStatus{Status: status, Reason: reason})
			if err != nil {
				return err
			}
			return a.printOne(cmd, u, userFields(u))
		},
	}
}
