package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/wire"
)

func (a *app) logCommands() *cobra.Command {
	return group("log", "The audit log: verify it, export it, sign a checkpoint", a.logVerify(), a.logExport(), a.logCheckpoint())
}

// ledger is the server's audit log as this machine sees it. Of the server nothing is believed but what its identity key signed.
type ledger struct {
	admin    *client.Admin
	origin   string
	identity key.Public
}

func (a *app) ledger() (*ledger, error) {
	admin, err := a.admin()
	if err != nil {
		return nil, err
	}
	s := admin.Server()
	return &ledger{admin, strings.TrimPrefix(s.Issuer, "https://"), s.Identity}, nil
}

// checkpoints fetches all that the server keeps and verifies each.
func (l *ledger) checkpoints(ctx context.Context) (list []wire.Checkpoint, err error) {
	for after := int64(-1); ; {
		p, err := l.admin.Checkpoints(ctx, after)
		if err != nil {
			return nil, err
		}
		for _, n := range p.Notes {
			c, err := wire.ParseCheckpoint(n, l.origin, l.identity)
			if err != nil || c.Size <= after {
				return nil, fmt.Errorf("the server keeps a checkpoint that it did not sign, behind the one for %d records", max(after, 0))
			}
			list, after = append(list, c), c.Size
		}
		if len(p.Notes) < wire.MaxPage {
			return list, nil
		}
	}
}

// records fetches all records in their order and says how many the tree has.
func (l *ledger) records(ctx context.Context, each func(wire.LogRecord) error) (size int64, err error) {
	for from := int64(math.MinInt64); ; {
		p, err := l.admin.LogRecords(ctx, from)
		if err != nil {
			return 0, err
		}
		for _, r := range p.Records {
			if r.Number < from {
				return 0, errors.New("the server sends the records of its log out of order")
			}
			if err := each(r); err != nil {
				return 0, err
			}
			from = r.Number + 1
		}
		if len(p.Records) < wire.MaxPage {
			return p.Size, nil
		}
	}
}

// read takes the checkpoints out of files that were kept.
func (l *ledger) read(files []string) (list []wire.Checkpoint, err error) {
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			return nil, fmt.Errorf("read the checkpoints: %w", err)
		}
		found, err := wire.ReadCheckpoints(string(b), l.origin, l.identity)
		if err != nil {
			return nil, fmt.Errorf("read the checkpoints in %s: %w", f, err)
		}
		list = append(list, found...)
	}
	return list, nil
}

func (a *app) logVerify() *cobra.Command {
	var files []string
	cmd := &cobra.Command{
		Use: "verify", Short: "Verify that no record was changed, removed or inserted", Args: cobra.NoArgs,
		Long: `verify fetches every record of the audit log, makes the tree anew on this machine and compares it with all checkpoints that the server has signed,
and with those that you have kept: mails, or the server's file of checkpoints. A file that somebody kept elsewhere is what finds a server whose whole
database was made anew.
` + exitCodes,
		Example: "  avow-admin log verify --checkpoint checkpoints.txt",
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := a.ledger()
			if err != nil {
				return err
			}
			kept, err := l.read(files)
			if err != nil {
				return err
			}
			signed, err := l.checkpoints(cmd.Context())
			if err != nil {
				return err
			}
			check, err := wire.NewLedgerCheck(append(signed, kept...))
			if err != nil {
				return err
			}
			size, err := l.records(cmd.Context(), func(r wire.LogRecord) error {
				e, err := r.Entry()
				if err != nil {
					return err
				}
				_, err = check.Add(e)
				return err
			})
			if err != nil {
				return err
			}
			if err := check.End(size); err != nil {
				return err
			}
			if a.json {
				root := check.Root()
				return printJSON(cmd.OutOrStdout(), map[string]any{
					"records": check.Size(), "signed": check.Signed(), "checkpoints": check.Checkpoints(), "kept": len(kept), "root": root[:],
				})
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), check)
			return err
		},
	}
	cmd.Flags().StringArrayVar(&files, "checkpoint", nil, "a file with checkpoints that was kept elsewhere; may be given more than once")
	return cmd
}

func (a *app) logExport() *cobra.Command {
	var out string
	cmd := &cobra.Command{
		Use: "export --out FILE", Short: "Write all records to a file, one JSON object a line", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := a.ledger()
			if err != nil {
				return err
			}
			f, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if errors.Is(err, os.ErrExist) {
				return fmt.Errorf("%s is there already and is not overwritten; choose another name with --out", out)
			}
			if err != nil {
				return err
			}
			n, err := export(cmd.Context(), l, f)
			if err := errors.Join(err, f.Close()); err != nil {
				return errors.Join(err, os.Remove(out)) // half a log is none
			}
			return a.printOne(cmd, map[string]any{"file": out, "records": n}, []field{{"file", out}, {"records", strconv.Itoa(n)}})
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "the file, which only you may read")
	required(cmd, "out")
	return cmd
}

func export(ctx context.Context, l *ledger, to io.Writer) (n int, err error) {
	w := bufio.NewWriter(to)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_, err = l.records(ctx, func(r wire.LogRecord) error {
		n++
		return e.Encode(r)
	})
	return n, errors.Join(err, w.Flush())
}

func (a *app) logCheckpoint() *cobra.Command {
	var mail bool
	cmd := &cobra.Command{
		Use: "checkpoint", Short: "Have the server sign a checkpoint now, and print it", Args: cobra.NoArgs,
		Example: "  avow-admin log checkpoint >> checkpoints.txt",
		RunE: func(cmd *cobra.Command, _ []string) error {
			l, err := a.ledger()
			if err != nil {
				return err
			}
			s, err := l.admin.SignCheckpoint(cmd.Context(), wire.SignCheckpoint{Mail: mail, Reason: a.why("log checkpoint")})
			if err != nil {
				return err
			}
			if _, err := wire.ParseCheckpoint(s.Note, l.origin, l.identity); err != nil {
				return authn.Fail(authn.Unavailable, "checkpoint_untrusted", "The server's checkpoint is not signed by the key that your credential pins.").Because(err)
			}
			if a.json {
				return printJSON(cmd.OutOrStdout(), s)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s\n", s.Note)
			return err
		},
	}
	cmd.Flags().BoolVar(&mail, "mail", false, "mail it to checkpoint_mail of the configuration, too")
	return cmd
}
