// Command avow-simulator is all of Avow in one process, for people who try it and for QA: server, mail sink, computer and phone over real HTTPS on
// loopback. Without arguments it opens two windows, the phone and the desk; "tour" walks the main job without a
// display, "phone" is the app's core as a command line, "scan" reads QR pictures.
//
// Exit codes: 0 done; 1 something failed, said in one line on standard error; 2 the command line is wrong.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"avow/internal/authn"
	"avow/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := Main(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// Main runs one command and returns the exit code.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use:   "avow-simulator",
		Short: "Avow in one process: server, computer and phone",
		Long: `avow-simulator shows Avow to people who try it, and to QA: without a command it opens two windows, the phone and the computer; the
commands need no display.

Exit codes: 0 done; 1 something failed; 2 the command line is wrong.`,
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return runWindows(cmd.Context()) },
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetArgs(args)
	cli.Catch(root)
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(newTourCommand(), newPhoneCommand(), newScanCommand(), newFillCommand())
	if err := root.ExecuteContext(ctx); err != nil {
		if cli.IsUsage(err) {
			fmt.Fprintln(stderr, "avow-simulator: "+err.Error()+"; avow-simulator --help lists what there is")
			return 2
		}
		fmt.Fprintln(stderr, "avow-simulator: "+sentence(err))
		return 1
	}
	return 0
}

// sentence is what a person reads of an error, with the stable code for those who search.
func sentence(err error) string {
	var e *authn.Error
	if errors.As(err, &e) {
		text := e.Message
		if e.RetryAfter > 0 {
			text += " Try again in " + (e.RetryAfter.Truncate(time.Second) + time.Second).String() + "."
		}
		return text + " [" + e.Code + "]"
	}
	return err.Error()
}
