package main

import (
	"context"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"avow/internal/authn"
	"avow/internal/cli"
	"avow/internal/client"
	"avow/internal/wire"
)

func (a *app) directoryCommands() *cobra.Command {
	return group("directory", "The directory from which users come: LDAP, Active Directory", a.directoryStatus(), a.directorySync(), a.directoryTest())
}

func (a *app) directoryStatus() *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Show when the directory was read, and what is wrong", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			admin, err := a.admin()
			if err != nil {
				return err
			}
			st, err := admin.Directory(cmd.Context())
			if err != nil {
				return err
			}
			return a.printDirectory(cmd, st)
		},
	}
}

func (a *app) printDirectory(cmd *cobra.Command, st wire.DirectoryStatus) error {
	if !st.Configured {
		return a.print(cmd, st, "There is no directory; all users are local. Set directory.url in the server's avow.toml to have one", nil)
	}
	state := "waiting"
	switch {
	case st.Running:
		state = "reading"
	case st.Problem != "":
		state = "failed"
	}
	fields := []field{{"state", state}, {"problem", st.Problem}, {"problem_since", stamp(st.ProblemSince)}, {"full_at", stamp(st.FullAt)}, {"next_at", stamp(st.NextAt)}}
	if r := st.Last; r != nil {
		fields = append(fields, field{"last_at", stamp(r.EndedAt)}, field{"last_took", r.EndedAt.Sub(r.StartedAt).Round(time.Millisecond).String()}, field{"last_full", strconv.FormatBool(r.Full)})
		for _, n := range []struct {
			name string
			n    int
		}{
			{"read", r.Read},
			{"created", r.Created},
			{"updated", r.Updated},
			{"disabled", r.Disabled},
			{"enabled", r.Enabled},
			{"vanished", r.Vanished},
			{"conflicts", r.Conflicts},
			{"broken", r.Broken},
		} {
			fields = append(fields, field{n.name, strconv.Itoa(n.n)})
		}
	}
	for _, n := range st.Notes {
		fields = append(fields, field{"note", n})
	}
	return a.printOne(cmd, st, fields)
}

func (a *app) directorySync() *cobra.Command {
	var c wire.SyncDirectory
	cmd := &cobra.Command{
		Use: "sync", Short: "Read the directory now, and show what came of it", Args: cobra.NoArgs,
		Long: `sync reads what has changed in the directory, with --full everybody. When more than half of the users are not found any more nobody is
disabled: a wrong filter looks like that. If it is right, say so with --full --vanished.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if c.Vanished && !c.Full {
				return cli.Usage{Text: "--vanished needs --full"}
			}
			admin, err := a.admin()
			if err != nil {
				return err
			}
			c.Reason = a.why("directory sync")
			if c.Vanished {
				if c.Reason, err = a.needReason(); err != nil {
					return err
				}
			}
			asked, err := admin.SyncDirectory(cmd.Context(), c)
			if err != nil {
				return err
			}
			st, err := untilRead(cmd.Context(), admin, asked.Runs)
			if err != nil {
				return err
			}
			if st.Problem != "" {
				return authn.Fail(authn.Unavailable, "directory_problem", st.Problem)
			}
			return a.printDirectory(cmd, st)
		},
	}
	cmd.Flags().BoolVar(&c.Full, "full", false, "read everybody, also who has not changed")
	cmd.Flags().BoolVar(&c.Vanished, "vanished", false, "disable who is not found any more, also when they are many; with --full")
	return cmd
}

// untilRead waits until the read that was asked for has come to its end.
func untilRead(ctx context.Context, admin *client.Admin, runs int) (wire.DirectoryStatus, error) {
	t := time.NewTicker(time.Second / 2)
	defer t.Stop()
	for {
		st, err := admin.Directory(ctx)
		if err != nil || st.Runs >= runs {
			return st, err
		}
		select {
		case <-ctx.Done():
			return st, ctx.Err()
		case <-t.C:
		}
	}
}

func (a *app) directoryTest() *cobra.Command {
	return &cobra.Command{
		Use: "test", Short: "Connect to the directory, sign in and read one page; change nothing", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			admin, err := a.admin()
			if err != nil {
				return err
			}
			got, err := admin.TestDirectory(cmd.Context(), wire.TestDirectory{Reason: a.why("directory test")})
			if err != nil {
				return err
			}
			fields := []field{{"users", strconv.Itoa(got.Users)}}
			for _, n := range got.Notes {
				fields = append(fields, field{"note", n})
			}
			return a.printOne(cmd, got, fields)
		},
	}
}
