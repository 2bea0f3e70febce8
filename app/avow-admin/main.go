// Command avow-admin is the administrator's command line: users, registration sessions, devices, clients, computers. It speaks to the server's admin
// interface with the credential that "avow-server init" made, never to the database.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"avow/internal/authn"
	"avow/internal/cli"
	"avow/internal/client"
)

// Exit codes; the help text lists them.
const (
	exitRefused     = 1 // the server, or this machine, refused; the message says why
	exitUsage       = 2 // the command line is wrong
	exitUnreachable = 3 // the server cannot be reached, or not be trusted
	exitNotApproved = 4 // client try: the answer was not Yes
)

const exitCodes = `
Exit codes: 0 done; 1 refused; 2 the command line is wrong; 3 the server cannot be reached or trusted;
4 client try: the answer was not Yes.`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// app is what all commands share.
type app struct {
	credential string
	json       bool
	reason     string
	options    client.Options
}

// run is the program. It returns its exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	a := &app{options: client.Options{Agent: "avow-admin"}}
	root := &cobra.Command{
		Use:   "avow-admin",
		Short: "Administer an Avow server",
		Long: `avow-admin administers an Avow server: its users, the sessions that connect phones, devices, clients,
computers and the audit log. Each command is written to the server's audit log with your name and a reason.
` + exitCodes,
		SilenceErrors: true, SilenceUsage: true, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.CompletionOptions.DisableDefaultCmd = true
	cli.Catch(root)
	f := root.PersistentFlags()
	f.StringVar(&a.credential, "credential", "", "your credential file (default: $AVOW_ADMIN, else admin.json)")
	f.BoolVar(&a.json, "json", false, "print JSON")
	f.StringVar(&a.reason, "reason", "", "why, for the audit log")
	root.AddCommand(a.userCommands(), a.sessionCommands(), a.deviceCommands(), a.clientCommands(), a.computerCommands(), a.logCommands())
	return report(stderr, root.ExecuteContext(ctx))
}

// notApproved is the end of client try without a Yes.
type notApproved struct{ error }

// Unwrap gives what the answer was.
func (n notApproved) Unwrap() error { return n.error }

// hints say which flag or command helps, by the code of an error.
var hints = map[string]string{
	"device_exists":         "add --additional or --replace",
	"session_open":          "add --force",
	"too_many_devices":      "avow-admin device list USER, avow-admin device revoke ID",
	"user_unknown":          "avow-admin user list",
	"device_unknown":        "avow-admin device list",
	"session_unknown":       "avow-admin session get",
	"not_waiting":           "avow-admin session get",
	"no_session":            "avow-admin session add LOGIN",
	"client_key_missing":    "avow-admin client key --out FILE makes a pair",
	"not_an_administrator":  "name the right file with --credential",
	"user_disabled":         "avow-admin user enable LOGIN",
	"computer_exists":       "add --replace",
	"computer_unknown":      "avow-admin computer list",
	"computer_not_enrolled": "avow-admin computer list; avow-admin computer add ID --replace makes a new link",
	"computer_stolen":       "avow-admin computer add ID --replace takes it into use again",
	"computer_stays_stolen": "avow-admin computer add ID --replace",
	"invalid_client":        "avow-admin client list, and --key with the file that belongs to it",
}

// report prints an error as one line and says with which code to exit.
func report(stderr io.Writer, err error) int {
	if err == nil {
		return 0
	}
	say := func(text string) { _, _ = fmt.Fprintln(stderr, "avow-admin:", text) }
	if cli.IsUsage(err) {
		say(err.Error() + "; avow-admin --help lists what there is")
		return exitUsage
	}
	var e *authn.Error
	if !errors.As(err, &e) {
		say(err.Error())
		return exitRefused
	}
	text := e.Message
	if h := hints[e.Code]; h != "" {
		text += " (" + h + ")"
	}
	say(text)
	switch {
	case errors.As(err, &notApproved{}):
		return exitNotApproved
	case e.Kind == authn.Unavailable, errors.Is(err, client.ErrUntrusted), errors.Is(err, client.ErrPinMismatch):
		return exitUnreachable
	}
	return exitRefused
}

// group is a command that only has subcommands.
func group(use, short string, subs ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() }}
	c.AddCommand(subs...)
	return c
}

// why is the reason of a command that has a usual one.
func (a *app) why(usual string) string {
	if a.reason != "" {
		return a.reason
	}
	return usual + " by avow-admin"
}

// needReason is the reason of a command that takes something away.
func (a *app) needReason() (string, error) {
	if strings.TrimSpace(a.reason) == "" {
		return "", cli.Usage{Text: "say why with --reason"}
	}
	return a.reason, nil
}
