package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"avow/internal/phone/scanner"
)

// scanned is one line of "scan".
type scanned struct {
	File  string       `json:"file"`
	Text  string       `json:"text"`
	Kind  scanner.Kind `json:"kind"`
	MS    float64      `json:"ms"`
	Error string       `json:"error"`
}

func newScanCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "scan FILE…",
		Short: "read pictures with the app's scanner, one JSON line each",
		Long: `Reads each picture (PNG, JPEG, GIF, WebP) with the scanner of the app and prints one JSON line:
{"file","text","kind","ms","error"}. Fails if any picture could not be read.`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, files []string) error {
			out := json.NewEncoder(cmd.OutOrStdout())
			out.SetEscapeHTML(false)
			failed := 0
			for _, name := range files {
				line := scanFile(cmd, name)
				if line.Error != "" {
					failed++
				}
				if err := out.Encode(line); err != nil {
					return err
				}
			}
			if failed > 0 {
				return fmt.Errorf("%d of %d pictures could not be read", failed, len(files))
			}
			return nil
		},
	}
}

func scanFile(cmd *cobra.Command, name string) scanned {
	line := scanned{File: name}
	f, err := os.Open(name)
	if err != nil {
		line.Error = err.Error()
		return line
	}
	defer func() { _ = f.Close() }()
	began := time.Now()
	c, err := scanner.Picture(cmd.Context(), f)
	line.MS = float64(time.Since(began).Microseconds()) / 1000
	if err != nil {
		line.Error = err.Error()
		return line
	}
	line.Text, line.Kind = c.Text, c.Kind
	return line
}
