package main

import (
	"github.com/spf13/cobra"

	"avow/internal/authn"
	"avow/internal/wire"
)

func (a *app) sessionCommands() *cobra.Command {
	return group("session", "Registration sessions: what connects a phone",
		a.sessionAdd(), a.sessionGet(), a.sessionConfirm(), a.sessionRevoke())
}

func sessionFields(s wire.AdminSession) []field {
	device := ""
	if s.Device != nil {
		device = s.Device.Name + ", " + s.Device.Model
	}
	return []field{
		{"id", string(s.ID)},
		{"user_name", s.UserName},
		{"created_by_user_name", s.CreatedByUserName},
		{"created_at", stamp(s.CreatedAt)},
		{"expires_at", stamp(s.ExpiresAt)},
		{"status", s.Status},
		{"device", device},
	}
}

func (a *app) sessionAdd() *cobra.Command {
	var additional, replace, force, code bool
	var second string
	cmd := &cobra.Command{
		Use: "add LOGIN", Short: "Make a session and show its QR", Args: cobra.ExactArgs(1),
		Long: `add makes a registration session of ten minutes for a user and shows it once: the link, on a terminal as a QR to scan, and the page
that shows the same QR and asks "is this your phone?". Whoever has the link can connect a phone, so verify first to whom you give
it. Compare the two check words on the phone, then say Yes on the page or with session confirm.

For a user who has a role, a second administrator must agree: name her with --second and talk to her, since the command waits up to two
minutes for the Yes on her phone. Where nobody else could agree it is allowed without, and admin_mail is told.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			admin, err := a.admin()
			if err != nil {
				return err
			}
			mode := authn.BindFirst
			switch {
			case additional:
				mode = authn.BindAdditional
			case replace:
				mode = authn.BindReplace
			}
			s, err := admin.AddSession(cmd.Context(), wire.AddSession{UserName: args[0], Mode: mode, Force: force, SecondAdmin: second, Reason: a.why("session add")})
			if err != nil {
				return err
			}
			fields := append(sessionFields(s.AdminSession)[:6], field{"link", s.Link}, field{"page", s.Page})
			if err := a.printOne(cmd, s, fields); err != nil {
				return err
			}
			if a.json || !code && !terminal(cmd.OutOrStdout()) {
				return nil
			}
			return printQR(cmd.OutOrStdout(), s.Link)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&additional, "additional", false, "the phone joins those that the user has")
	f.BoolVar(&replace, "replace", false, "the user's other phones are removed once this one is confirmed")
	f.BoolVar(&force, "force", false, "end the user's open session, or the phone that waits for its Yes")
	f.StringVar(&second, "second", "", "login of an administrator who agrees: the command waits for the Yes on her phone")
	f.BoolVar(&code, "qr", false, "draw the QR also when this is no terminal")
	cmd.MarkFlagsMutuallyExclusive("additional", "replace")
	return cmd
}

func (a *app) sessionGet() *cobra.Command {
	return &cobra.Command{
		Use: "get [LOGIN]", Short: "Show the sessions of a user, or of all", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			admin, err := a.admin()
			if err != nil {
				return err
			}
			sessions, err := admin.Sessions(cmd.Context(), optional(args))
			if err != nil {
				return err
			}
			rows := make([][]field, 0, len(sessions))
			for _, s := range sessions {
				rows = append(rows, sessionFields(s))
			}
			return a.print(cmd, wire.SessionList{Sessions: sessions}, "There are no sessions. Make one: avow-admin session add LOGIN", rows)
		},
	}
}

func optional(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

func (a *app) sessionConfirm() *cobra.Command {
	return &cobra.Command{
		Use: "confirm LOGIN WORD WORD", Short: `Say "yes, this is the phone": the words are those on its screen`, Args: cobra.ExactArgs(3),
		RunE: func(cmd *cobra.Command, args []string) error {
			admin, err := a.admin()
			if err != nil {
				return err
			}
			s, err := admin.ConfirmSession(cmd.Context(), args[0], wire.ConfirmSession{
				CheckWords: [2]string{args[1], args[2]}, Reason: a.why("session confirm"),
			})
			if err != nil {
				return err
			}
			return a.printOne(cmd, s, sessionFields(s))
		},
	}
}

func (a *app) sessionRevoke() *cobra.Command {
	return &cobra.Command{
		Use: "remove LOGIN --reason WHY", Short: "End the user's session that is open, and the phone that waits", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			reason, err := a.needReason()
			if err != nil {
				return err
			}
			admin, err := a.admin()
			if err != nil {
				return err
			}
			s, err := admin.RevokeSession(cmd.Context(), args[0], reason)
			if err != nil {
				return err
			}
			return a.printOne(cmd, s, sessionFields(s))
		},
	}
}
