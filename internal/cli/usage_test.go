package cli_test

import (
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/spf13/cobra"

	"avow/internal/cli"
)

// The beginnings that IsUsage looks for are cobra's: each mistake is made on a real command.
func TestIsUsage(t *testing.T) {
	boom := errors.New("the disk is full")
	for name, c := range map[string]struct {
		args  []string
		usage bool
	}{
		"unknown command": {[]string{"fly"}, true}, "unknown flag": {[]string{"go", "a", "--fast"}, true}, "too few": {[]string{"go"}, true}, "too many": {[]string{"go", "a", "b"}, true},
		"at least": {[]string{"many"}, true}, "required flag": {[]string{"need"}, true}, "group": {[]string{"go", "a", "--from=x"}, true},
		"own words": {[]string{"own"}, true}, "what it does fails": {[]string{"go", "a"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			fail := func(*cobra.Command, []string) error { return boom }
			goes := &cobra.Command{Use: "go", Args: cobra.ExactArgs(1), RunE: fail}
			goes.Flags().String("from", "", "")
			goes.Flags().String("to", "", "")
			goes.MarkFlagsRequiredTogether("from", "to")
			need := &cobra.Command{Use: "need", RunE: fail}
			need.Flags().String("what", "", "")
			if err := need.MarkFlagRequired("what"); err != nil {
				t.Fatal(err)
			}
			root := &cobra.Command{Use: "root", SilenceErrors: true, SilenceUsage: true, Args: cobra.NoArgs, RunE: fail}
			root.AddCommand(goes, need, &cobra.Command{Use: "many", Args: cobra.MinimumNArgs(1), RunE: fail}, &cobra.Command{
				Use: "own", RunE: func(*cobra.Command, []string) error {
					return fmt.Errorf("own: %w", cli.Usage{Text: "say why with --reason"})
				},
			})
			cli.Catch(root)
			root.SetArgs(c.args)
			root.SetOut(io.Discard)
			if err := root.Execute(); err == nil || cli.IsUsage(err) != c.usage {
				t.Errorf("%v: usage %t", err, cli.IsUsage(err))
			}
		})
	}
}
