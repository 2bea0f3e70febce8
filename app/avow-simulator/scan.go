package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"avow/internal/phone/scanner"
	"avow/internal/qr"
)

// scanned is one line of "scan".
type scanned struct {
	File  string       `json:"file"`
	Text  string       `json:"text"`
	Kind  scanner.Kind `json:"kind"`
	MS    float64      `json:"ms"` // by the clock
	Error string       `json:"error"`
	Hint  qr.Hint      `json:"hint,omitempty"`  // why nothing was read
	Codes []oneCode    `json:"codes,omitempty"` // of several
}

type oneCode struct {
	Text string       `json:"text"`
	Kind scanner.Kind `json:"kind"`
}

type scanFlags struct {
	json   bool
	budget time.Duration
}

func newScanCommand() *cobra.Command {
	var flags scanFlags
	cmd := &cobra.Command{
		Use:   "scan FILE|FOLDER…",
		Short: "read pictures with the app's scanner, one JSON line each",
		Long: `Reads each picture (PNG, JPEG, GIF, WebP) with the scanner of the app and prints one JSON line:
{"file","text","kind","ms","error"}, with "hint" where nothing was read and "codes" where there are several. Of a folder and those in it,
all files that are pictures by their content are read. Fails if any picture could not be read.

With --budget each picture has that much time, as a camera's frame has; without, as much as it takes.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, names []string) error {
			failed, all := 0, 0
			for _, name := range names {
				err := eachPicture(name, func(file string, given bool) error {
					line, picture := scanFile(cmd.Context(), file, flags.budget)
					if !picture && !given {
						return nil
					}
					if all++; line.Error != "" {
						failed++
					}
					return flags.print(cmd, line)
				})
				if err != nil {
					return err
				}
			}
			if failed > 0 {
				return fmt.Errorf("%d of %d pictures could not be read", failed, all)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&flags.json, "json", true, "JSON lines; --json=false for lines that people read")
	cmd.Flags().DurationVar(&flags.budget, "budget", 0, "the most time for a picture, like 150ms; 0 for as much as it takes")
	cmd.AddCommand(newScanBenchCommand())
	return cmd
}

func (f scanFlags) print(cmd *cobra.Command, line scanned) error {
	out := cmd.OutOrStdout()
	if f.json {
		enc := json.NewEncoder(out)
		enc.SetEscapeHTML(false)
		return enc.Encode(line)
	}
	said := line.Error
	if said == "" {
		said = fmt.Sprintf("%s %q", line.Kind, line.Text)
		if len(line.Codes) > 1 {
			said += fmt.Sprintf(" and %d more", len(line.Codes)-1)
		}
	}
	_, err := fmt.Fprintf(out, "%s: %s (%.1f ms)\n", line.File, said, line.MS)
	return err
}

// eachPicture visits a file, or all files of a folder; given says that the file was named itself.
func eachPicture(name string, visit func(file string, given bool) error) error {
	if info, err := os.Stat(name); err != nil || !info.IsDir() {
		return visit(name, true) // that it is not there is said in its line
	}
	return filepath.WalkDir(name, func(file string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		return visit(file, false)
	})
}

// scanFile reads a picture; it says too whether the file is one.
func scanFile(ctx context.Context, name string, budget time.Duration) (line scanned, picture bool) {
	line = scanned{File: name}
	f, err := os.Open(name)
	if err != nil {
		line.Error = err.Error()
		return line, true
	}
	defer func() { _ = f.Close() }()
	if budget > 0 {
		var stop context.CancelFunc
		ctx, stop = context.WithTimeout(ctx, budget)
		defer stop()
	}
	began := time.Now()
	found, err := scanner.Within(ctx, f, budget)
	line.MS = float64(time.Since(began).Microseconds()) / 1000
	if err != nil {
		var none *qr.NotFoundError
		if errors.As(err, &none) {
			line.Hint = none.Hint
		}
		line.Error = err.Error()
		return line, !errors.Is(err, qr.ErrNotPicture)
	}
	line.Text, line.Kind = found[0].Text, found[0].Kind
	if len(found) > 1 {
		for _, c := range found {
			line.Codes = append(line.Codes, oneCode{c.Text, c.Kind})
		}
	}
	return line, true
}
