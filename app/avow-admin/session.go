package main

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"avow/internal/authn"
	"avow/internal/cli"
	"avow/internal/client"
	"avow/internal/wire"
)

func (a *app) sessionCommands() *cobra.Command {
	return group("session", "Registration sessions: what connects a phone",
		a.sessionAdd(), a.sessionGet(), a.sessionNotify(), a.sessionConfirm(), a.sessionRemove())
}

// sessionFields are what session confirm prints.
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

// oneOf is the value of a flag that has a few words to choose from.
type oneOf struct {
	word  string
	words []string
}

// String is what was chosen.
func (o *oneOf) String() string { return o.word }

// Type is the kind of value in the help.
func (o *oneOf) Type() string { return strings.Join(o.words, "|") }

// Set takes one of the words.
func (o *oneOf) Set(word string) error {
	if !slices.Contains(o.words, word) {
		return errors.New("it is one of " + strings.Join(o.words, ", "))
	}
	o.word = word
	return nil
}

func channelFlag() oneOf {
	return oneOf{words: []string{string(authn.ChannelMail), string(authn.ChannelText)}}
}

func proofFlag() oneOf {
	return oneOf{words: []string{string(authn.ProofPassword), string(authn.ProofPIN), string(authn.ProofCode)}}
}

// addFlags are the flags of session add that say which session.
type addFlags struct {
	hours                      int
	notify                     bool
	by, proof                  oneOf
	second                     string
	force, additional, replace bool
}

func (f *addFlags) add(cmd *cobra.Command) {
	f.by, f.proof = channelFlag(), proofFlag()
	l := cmd.Flags()
	l.IntVar(&f.hours, "hours-to-live", 0, "a session that is sent, good for 1 to 72 hours (default: what the server's policy says)")
	l.BoolVar(&f.notify, "notify", false, "a session that is sent, and send it now")
	l.Var(&f.by, "by", "how --notify sends it (default: mail where the user has an address)")
	l.Var(&f.proof, "second-proof", "what a session that is sent asks for beside its code (default: the best that the user has)")
	l.BoolVar(&f.additional, "additional", false, "the phone joins those that the user has")
	l.BoolVar(&f.replace, "replace", false, "the user's other phones are removed once this one is confirmed")
	l.BoolVar(&f.force, "force", false, "end the user's open session, or the phone that waits for its Yes")
	l.StringVar(&f.second, "second", "", "login of an administrator who agrees: the command waits for the Yes on her phone")
	cmd.MarkFlagsMutuallyExclusive("additional", "replace")
}

// command is the session that the flags ask for. It is one that is sent as soon as something is said that only those have.
func (f *addFlags) command(cmd *cobra.Command) (wire.AddSession, error) {
	hours := cmd.Flags().Changed("hours-to-live")
	c := wire.AddSession{
		Mode: mode(f.additional, f.replace), Force: f.force, Sent: hours || f.notify || f.by.word != "" || f.proof.word != "",
		HoursToLive: f.hours, SecondProof: authn.SecondProof(f.proof.word), Notify: f.notify, Channel: authn.Channel(f.by.word), SecondAdmin: f.second,
	}
	switch {
	case hours && f.hours == 0: // the server would take it for "what the policy says"
		return c, authn.ErrHours
	case c.Channel != "" && !c.Notify:
		return c, cli.Usage{Text: "--by says how --notify sends the session: give both"}
	}
	return c, nil
}

func mode(additional, replace bool) authn.BindingMode {
	switch {
	case additional:
		return authn.BindAdditional
	case replace:
		return authn.BindReplace
	}
	return authn.BindFirst
}

func (a *app) sessionAdd() *cobra.Command {
	var flags addFlags
	var out format
	var bulk bulkFlags
	var code bool
	cmd := &cobra.Command{
		Use: "add {USER | --from FILE}", Short: "Make a session that connects a phone",
		Long: `add makes a registration session for a user.

For somebody who stands in front of you it lives ten minutes and is shown once: the link, on a terminal as a QR to scan, and the page that shows
the same QR and asks "is this your phone?". Whoever has the link can connect a phone, so verify first to whom you give it. Compare the
two check words on the phone, then say Yes on the page or with session confirm.

With --hours-to-live, --notify or --second-proof the session is one that is sent, by mail or text, now (--notify) or later (session
notify). You never see its link. Its user needs a second proof beside the message: the password of the directory, a PIN that add shows
once and that you tell by voice, or a code by the other channel.

With --from it makes one such session for each row of a CSV file: a line of names, then a line for each user. UserName is needed;
HoursToLive, SecondProof, By, Additional, Replace and Force, where they stand, go before the flags. What is done is kept in FILE` + progressEnding + `, so that the
same command goes on after an interruption and makes nothing twice. The report has a line for each user, and her PIN.

For a user who has a role, or whose address is new, a second administrator must agree: name her with --second and talk to her, since the
command waits up to two minutes for the Yes on her phone. Where nobody else could agree it is allowed without, and admin_mail is told.
` + exitCodes,
		Example: `  avow-admin session add user1 --hours-to-live 8 --notify --force
  avow-admin session add --from users.csv --hours-to-live 48 --notify --report report.csv`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := flags.command(cmd)
			if err != nil {
				return err
			}
			if err := out.check(a); err != nil {
				return err
			}
			c.Reason = a.why("session add")
			if bulk.from != "" {
				if len(args) > 0 || code || out.csv {
					return cli.Usage{Text: "--from takes neither a user nor --qr nor --csv; the report is CSV"}
				}
				return a.bulkAdd(cmd, bulk, c)
			}
			switch {
			case len(args) == 0:
				return cli.Usage{Text: "name a user, or a file of users with --from"}
			case bulk.report != "":
				return cli.Usage{Text: "--report goes with --from"}
			case code && c.Sent:
				return cli.Usage{Text: "a session that is sent has no QR to show: leave out --qr, or what makes it one that is sent"}
			}
			admin, err := a.admin()
			if err != nil {
				return err
			}
			c.UserName = args[0]
			s, err := admin.AddSession(cmd.Context(), c)
			if err != nil {
				return err
			}
			w := cmd.OutOrStdout()
			if err := a.printRecord(w, out, s.AdminSession, secrets{Link: s.Link, Page: s.Page, PIN: s.PIN}); err != nil {
				return err
			}
			if s.Link == "" || a.json || out.csv || !code && !terminal(w) {
				return nil
			}
			return printQR(w, s.Link)
		},
	}
	flags.add(cmd)
	out.flags(cmd)
	bulk.add(cmd)
	cmd.MarkFlagsMutuallyExclusive("from", "second") // nobody says Yes to a row at a time
	cmd.Flags().BoolVar(&code, "qr", false, "draw the QR of a session that is shown also when this is no terminal")
	return cmd
}

func (a *app) sessionGet() *cobra.Command {
	var out format
	cmd := &cobra.Command{
		Use: "get [USER]", Short: "Show the sessions of a user, or of all, newest first", Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := out.check(a); err != nil {
				return err
			}
			admin, err := a.admin()
			if err != nil {
				return err
			}
			sessions, err := admin.Sessions(cmd.Context(), optional(args))
			if err != nil {
				return err
			}
			return a.printRecords(cmd.OutOrStdout(), out, sessions, "There are no sessions. Make one: avow-admin session add USER")
		},
	}
	out.flags(cmd)
	cmd.Flags().BoolVar(&out.table, "table", false, "print one line a session, with its message and its phone")
	return cmd
}

func optional(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

func (a *app) sessionNotify() *cobra.Command {
	var out format
	by := channelFlag()
	cmd := &cobra.Command{
		Use: "notify USER", Short: "Send the user's open session, again if it was sent before", Args: cobra.ExactArgs(1),
		Long: `notify sends the code of the user's open session by mail or text. It is the same code as before, good until the same time. The session must be
one that is sent: made with a time to live, a notification or a second proof.
` + exitCodes,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.sessionDo(cmd, out, func(admin *client.Admin) (wire.AdminSession, error) {
				return admin.NotifySession(cmd.Context(), args[0], wire.NotifySession{Channel: authn.Channel(by.word), Reason: a.why("session notify")})
			})
		},
	}
	out.flags(cmd)
	cmd.Flags().Var(&by, "by", "how (default: mail where the user has an address)")
	return cmd
}

func (a *app) sessionRemove() *cobra.Command {
	var out format
	cmd := &cobra.Command{
		Use: "remove USER --reason WHY", Short: "End the user's session that is open, and the phone that waits", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			reason, err := a.needReason()
			if err != nil {
				return err
			}
			return a.sessionDo(cmd, out, func(admin *client.Admin) (wire.AdminSession, error) {
				return admin.RevokeSession(cmd.Context(), args[0], reason)
			})
		},
	}
	out.flags(cmd)
	return cmd
}

// sessionDo does something with one session and prints what became of it.
func (a *app) sessionDo(cmd *cobra.Command, out format, do func(*client.Admin) (wire.AdminSession, error)) error {
	if err := out.check(a); err != nil {
		return err
	}
	admin, err := a.admin()
	if err != nil {
		return err
	}
	s, err := do(admin)
	if err != nil {
		return err
	}
	return a.printRecord(cmd.OutOrStdout(), out, s, secrets{})
}

func (a *app) sessionConfirm() *cobra.Command {
	return &cobra.Command{
		Use: "confirm USER WORD WORD", Short: `Say "yes, this is the phone": the words are those on its screen`, Args: cobra.ExactArgs(3),
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
