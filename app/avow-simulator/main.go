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

	"github.com/spf13/cobra"

	"avow/internal/authn"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := Main(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// errUsage marks a wrong command line.
var errUsage = errors.New("usage")

// Main runs one command and returns the exit code.
func Main(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use:           "avow-simulator",
		Short:         "Avow in one process: server, computer and phone",
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		RunE:          func(cmd *cobra.Command, _ []string) error { return runWindows(cmd.Context()) },
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetArgs(args)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return errors.Join(errUsage, err) })
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(newTourCommand(), newPhoneCommand(), newScanCommand())
	if err := root.ExecuteContext(ctx); err != nil {
		fmt.Fprintln(stderr, "avow-simulator: "+sentence(err))
		if errors.Is(err, errUsage) {
			return 2
		}
		return 1
	}
	return 0
}

// sentence is what a person reads of an error, with the stable code for those who search.
func sentence(err error) string {
	var e *authn.Error
	if errors.As(err, &e) {
		return e.Message + " [" + e.Code + "]"
	}
	return err.Error()
}
