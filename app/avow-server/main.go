// Command avow-server is the identity server: init makes its files, check lists what is wrong with them, run answers. It reads
// flags, wires the packages below internal/server and exits; it holds no rule of its own.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"

	"avow/internal/authn"
	"avow/internal/cli"
	"avow/internal/server/config"
)

// Exit codes; the help text lists them.
const (
	exitFailed = 1 // something did not work; the message says what
	exitUsage  = 2 // the command line is wrong
	exitFaults = 3 // the configuration has faults
)

const exitCodes = `
Exit codes: 0 done; 1 something did not work; 2 the command line is wrong; 3 the configuration has faults.`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// run is the program. It returns its exit code; ctx ends it gracefully.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use:           "avow-server",
		Short:         "The identity server of Avow",
		Long:          "avow-server is the identity server of Avow: people connect their phones to it and approve sign-ins.\n" + exitCodes,
		SilenceErrors: true, SilenceUsage: true,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetArgs(args)
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.CompletionOptions.DisableDefaultCmd = true
	cli.Catch(root)
	root.AddCommand(initCommand(), runCommand(stderr), checkCommand(), startLinkCommand(), &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), "avow-server", version())
			return err
		},
	})
	err := root.ExecuteContext(ctx)
	return report(stderr, err)
}

// report prints an error in the way of people and says with which code to exit.
func report(stderr io.Writer, err error) int {
	var faults config.Faults
	switch {
	case err == nil:
		return 0
	case errors.As(err, &faults):
		for _, f := range faults {
			_, _ = fmt.Fprintln(stderr, "avow-server:", f)
		}
		return exitFaults
	case cli.IsUsage(err):
		_, _ = fmt.Fprintf(stderr, "avow-server: %v; avow-server --help lists what there is\n", err)
		return exitUsage
	}
	var e *authn.Error
	if errors.As(err, &e) && e.Kind != authn.Internal {
		_, _ = fmt.Fprintln(stderr, "avow-server:", e.Message)
		return exitFailed
	}
	_, _ = fmt.Fprintln(stderr, "avow-server:", err)
	return exitFailed
}

// version is what the go command wrote into the program.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			v += " " + s.Value
		}
	}
	return v
}
