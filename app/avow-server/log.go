package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"avow/internal/server/config"
	"avow/internal/server/ledger"
	"avow/internal/store/sqlite"
	"avow/internal/wire"
)

func logCommands() *cobra.Command {
	c := &cobra.Command{
		Use: "log", Short: "The audit log, straight from the database", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	c.AddCommand(logVerify())
	return c
}

func logVerify() *cobra.Command {
	var path string
	var files []string
	cmd := &cobra.Command{
		Use: "verify", Short: "Verify the whole audit log, read-only",
		Long: `verify reads every record of the audit log from the database file, beside the running server or without it, and compares it with the tree
that was made of the records, and the tree with all signed checkpoints: those in the database, in checkpoint_file of the configuration, and in the
files that you name, such as mails that were saved. It changes nothing.
` + exitCodes,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, sec, err := load(path)
			if err != nil {
				return err
			}
			origin, identity := strings.TrimPrefix(cfg.Issuer, "https://"), sec.identity.Key()
			var further []wire.Checkpoint
			for i, f := range append([]string{cfg.Path(cfg.Ledger.CheckpointFile)}, files...) {
				if f == "" {
					continue
				}
				b, err := os.ReadFile(f)
				if i == 0 && errors.Is(err, fs.ErrNotExist) {
					return fmt.Errorf("there is no %s, the configuration's checkpoint_file: bring it back, or make the server write a new one", f)
				}
				if err != nil {
					return fmt.Errorf("read the checkpoints: %w", err)
				}
				list, err := wire.ReadCheckpoints(string(b), origin, identity)
				if err != nil {
					return fmt.Errorf("read the checkpoints in %s: %w", f, err)
				}
				further = append(further, list...)
			}
			db, err := sqlite.OpenReadOnly(cmd.Context(), cfg.Data(config.DatabaseFile))
			if err != nil {
				return err
			}
			check, err := ledger.Verify(cmd.Context(), db, origin, identity, further)
			if err := errors.Join(err, db.Close()); err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), check)
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&path, "config", configFile, "the configuration")
	f.StringArrayVar(&files, "checkpoint", nil, "a further file with checkpoints; may be given more than once")
	return cmd
}
