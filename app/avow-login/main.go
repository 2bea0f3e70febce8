// Command avow-login signs people in to this computer with Avow, also without a network (docs/computer-login.md). The daemon runs as root and
// decides; the PAM module pam_avow.so starts the helper, which runs without privileges and carries one conversation between the host
// and the daemon; enroll, status and test are for administrators.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"avow/internal/authn"
	"avow/internal/cli"
	"avow/internal/client"
	"avow/internal/computer/local"
)

// Exit codes; the help text lists them.
const (
	exitRefused     = 1 // nobody was let in, or something did not work; the message says what
	exitUsage       = 2 // the command line is wrong
	exitUnreachable = 3 // the server or the daemon cannot be reached
)

const exitCodes = `
Exit codes: 0 done, or signed in; 1 refused, or something did not work; 2 the command line is wrong;
3 the server or the daemon cannot be reached.`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// app is what all commands share.
type app struct {
	dir    string
	socket string
	stdin  io.Reader
}

// run is the program. It returns its exit code; ctx ends it gracefully.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin}
	root := &cobra.Command{
		Use:   "avow-login",
		Short: "Sign in to this computer with Avow, also without a network",
		Long: `avow-login signs people in to this computer with a Yes on their phone, and with a code from it when the server cannot be reached.
An administrator enrolls the computer once; the daemon then does the rest for PAM.
` + exitCodes,
		SilenceErrors: true, SilenceUsage: true, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.CompletionOptions.DisableDefaultCmd = true
	cli.Catch(root)
	f := root.PersistentFlags()
	f.StringVar(&a.dir, "dir", "/var/lib/avow-login", "where the computer's key and what it remembers are")
	f.StringVar(&a.socket, "socket", local.Socket, "where the daemon listens")
	root.AddCommand(a.enroll(), a.daemon(), a.status(), a.test(), a.helper(), &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), program())
			return err
		},
	})
	return report(stderr, root.ExecuteContext(ctx))
}

// hints say what helps, by the code of an error.
var hints = map[string]string{
	"login_daemon":         "systemctl status avow-login",
	"not_enrolled":         "avow-login enroll",
	"already_enrolled":     "avow-login enroll --again",
	"enroll_token_expired": "avow-admin computer add --replace",
	"enroll_token_used":    "avow-admin computer add --replace",
	"not_for_you":          "sudo avow-login",
}

// report prints an error as one line and says with which code to exit.
func report(stderr io.Writer, err error) int {
	if err == nil {
		return 0
	}
	say := func(text string) { _, _ = fmt.Fprintln(stderr, "avow-login:", text) }
	if cli.IsUsage(err) {
		say(err.Error() + "; avow-login --help lists what there is")
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
	if e.Kind == authn.Unavailable || errors.Is(err, client.ErrUntrusted) || errors.Is(err, client.ErrPinMismatch) {
		return exitUnreachable
	}
	return exitRefused
}

// program is name and version, as the go command wrote it into the program.
func program() string {
	name := "avow-login"
	if info, ok := debug.ReadBuildInfo(); ok {
		name += " " + strings.Trim(info.Main.Version, "()")
	}
	return name
}

func (a *app) path(name string) string { return filepath.Join(a.dir, name) }
