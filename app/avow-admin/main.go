// Command avow-admin is the administrator's command line: users, registration sessions, devices, restore, clients, computers. It speaks to the server's admin
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
Exit codes: 0 done; 1 refused, or not all of many were made; 2 the command line, or a file that it names, is wrong; 3 the server cannot
be reached or trusted; 4 client try: the answer was not Yes.`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second Ctrl-C does not wait
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
	root := commands()
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	return report(stderr, root.ExecuteContext(ctx))
}

// commands makes the tree of commands.
func commands() *cobra.Command {
	a := &app{options: client.Options{Agent: "avow-admin"}}
	root := &cobra.Command{
		Use:   "avow-admin",
		Short: "Administer an Avow server",
		Long: `avow-admin administers an Avow server: its users, the sessions that connect phones, devices, restore, clients,
computers and the audit log. Each command is written to the server's audit log with your name and a reason.
` + exitCodes,
		SilenceErrors: true, SilenceUsage: true, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.CompletionOptions.DisableDefaultCmd = true
	cli.Catch(root)
	f := root.PersistentFlags()
	f.StringVar(&a.credential, "credential", "", "your credential file (default: $AVOW_ADMIN, else admin.json)")
	f.BoolVar(&a.json, "json", false, "print JSON")
	f.StringVar(&a.reason, "reason", "", "why, for the audit log")
	root.AddCommand(a.userCommands(), a.sessionCommands(), a.deviceCommands(), a.restoreCommands(), a.clientCommands(), a.computerCommands(), a.directoryCommands(), a.logCommands(), a.receiptCommands(), a.telemetryCommands(), powershellCommand(root))
	return root
}

// notApproved is the end of client try without a Yes.
type notApproved struct{ error }

// Unwrap gives what the answer was.
func (n notApproved) Unwrap() error { return n.error }

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
	text := sentence(err)
	if errors.As(err, &stoppedRun{}) {
		text += " What was made is kept: the same command goes on."
	}
	say(text)
	var e *authn.Error
	if !errors.As(err, &e) {
		return exitRefused
	}
	switch {
	case errors.As(err, &notApproved{}):
		return exitNotApproved
	case errors.Is(err, client.ErrCancelled):
		return exitRefused
	case e.Kind == authn.Unavailable, errors.Is(err, client.ErrUntrusted), errors.Is(err, client.ErrPinMismatch):
		return exitUnreachable
	}
	return exitRefused
}

// sentence is an error as one line for people, with what helps.
func sentence(err error) string {
	var e *authn.Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	if h := hints[e.Code]; h != "" {
		return e.Message + " (" + h + ")"
	}
	return e.Message
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
