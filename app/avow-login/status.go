package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"avow/internal/computer"
	"avow/internal/computer/agent"
	"avow/internal/computer/local"
)

func (a *app) status() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "status", Short: "Say how this computer stands: its server, and who can sign in without a network", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := a.loadSettings(); err != nil {
				return err
			}
			var s agent.Status
			if err := local.Status(cmd.Context(), a.socket, &s); err != nil {
				return err
			}
			if asJSON {
				enc := json.NewEncoder(cmd.OutOrStdout())
				enc.SetIndent("", "  ")
				return enc.Encode(s)
			}
			return printStatus(cmd.OutOrStdout(), s)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func printStatus(out io.Writer, s agent.Status) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(name, value string) { _, _ = fmt.Fprintf(w, "%s\t%s\n", name, value) }
	line("computer", s.Name+" ("+string(s.Computer)+")")
	line("server", s.Server)
	line("reached", when(s.ReachedAt))
	if s.Problem != "" {
		line("problem", s.Problem)
	}
	line("offline", string(s.Machine.Offline))
	line("journal", fmt.Sprintf("%d entries wait for the server", s.Machine.Journal))
	for _, g := range s.Machine.Grants {
		line("user", grantLine(g))
	}
	return w.Flush()
}

func grantLine(g computer.GrantStatus) string {
	if g.Why != "" {
		return fmt.Sprintf("%s: not without a network [%s]", g.Login, g.Why)
	}
	return fmt.Sprintf("%s: until %s, %d sign-ins, %d codes, %d of the service desk", g.Login, when(g.Until), g.UsesLeft, g.CodesLeft, g.DeskLeft)
}

func when(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.Local().Format("2006-01-02 15:04")
}
