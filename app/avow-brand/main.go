// Command avow-brand makes the app an organization's own (feature D9): it checks a folder with a brand.toml and an icon, and writes what a build needs
// to take them in place of Avow's (docs/branding.md). It builds and signs nothing itself.
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"avow/assets/brand"
	"avow/internal/cli"
	"avow/internal/ui/style"
)

func main() { os.Exit(Main(os.Args[1:], os.Stdout, os.Stderr)) }

// Main runs one command and returns the exit code.
func Main(args []string, stdout, stderr io.Writer) int {
	root := &cobra.Command{
		Use:   "avow-brand",
		Short: "The app as an organisation's own",
		Long: `avow-brand checks a folder with a brand.toml and an icon, and writes what a build of the app needs to take them.

Exit codes: 0 done; 1 something is wrong with the brand, or could not be written; 2 the command line is wrong.`,
		Args:          cobra.NoArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetOut(stdout)
	root.SetErr(stderr)
	root.SetArgs(args)
	cli.Catch(root)
	root.CompletionOptions.DisableDefaultCmd = true
	root.AddCommand(newCheck(), newBuild(), newShow())
	if err := root.Execute(); err != nil {
		if cli.IsUsage(err) {
			fmt.Fprintln(stderr, "avow-brand: "+err.Error()+"; avow-brand --help lists what there is")
			return 2
		}
		fmt.Fprintln(stderr, err.Error())
		return 1
	}
	return 0
}

func newCheck() *cobra.Command {
	return &cobra.Command{
		Use: "check DIR", Short: "say what is wrong with a brand", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := read(args[0])
			if err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s (%s) is good.\n", p.brand.Name, p.brand.AppID)
			return nil
		},
	}
}

func newBuild() *cobra.Command {
	var out, root string
	cmd := &cobra.Command{
		Use: "build DIR", Short: "write what a build needs: overlay.json, icons, FyneApp.toml, a .desktop file", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := read(args[0])
			if err != nil {
				return err
			}
			if err := p.write(root, out); err != nil {
				return err
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s is ready: go build -overlay %s/overlay.json ./app/avow\n", p.brand.Name, out)
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", ".avow/brand", "folder that is written")
	cmd.Flags().StringVar(&root, "source", ".", "the source tree of Avow")
	return cmd
}

func newShow() *cobra.Command {
	return &cobra.Command{
		Use: "show", Short: "print the brand that this program was built with", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			b := brand.Own()
			fmt.Fprintf(cmd.OutOrStdout(), "%s %s %s\n", b.Name, b.AppID, b.Server)
			return nil
		},
	}
}

// colors checks whether the colors can be read on each other; a brand without colors is fine.
func colors(b brand.Brand) error {
	if b.Light == nil || b.Dark == nil {
		return nil
	}
	if _, err := style.NewBrand(*b.Light, *b.Dark); err != nil {
		return errors.New(err.Error() + ". Make the lighter of the two lighter, or the darker one darker")
	}
	return nil
}
