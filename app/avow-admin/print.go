package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"avow/internal/authn"
	"avow/internal/qr"
)

// field is one value with its name, which is the one in the JSON too.
type field struct{ name, value string }

// print writes v as JSON, or the rows as a table.
func (a *app) print(cmd *cobra.Command, v any, none string, rows [][]field) error {
	w := cmd.OutOrStdout()
	if a.json {
		return printJSON(w, v)
	}
	if len(rows) == 0 {
		_, err := fmt.Fprintln(w, none)
		return err
	}
	return table(w, rows)
}

// printOne writes v as JSON, or its fields one below the other.
func (a *app) printOne(cmd *cobra.Command, v any, fields []field) error {
	w := cmd.OutOrStdout()
	if a.json {
		return printJSON(w, v)
	}
	width := 0
	for _, f := range fields {
		width = max(width, len(f.name))
	}
	for _, f := range fields {
		if _, err := fmt.Fprintf(w, "%-*s  %s\n", width, f.name, clean(f.value)); err != nil {
			return err
		}
	}
	return nil
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// table writes rows of the same fields in columns with a line of names above.
func table(w io.Writer, rows [][]field) error {
	widths := make([]int, len(rows[0]))
	lines := make([][]string, 1, len(rows)+1)
	for _, f := range rows[0] {
		lines[0] = append(lines[0], strings.ToUpper(f.name))
	}
	for _, row := range rows {
		var line []string
		for _, f := range row {
			line = append(line, clean(f.value))
		}
		lines = append(lines, line)
	}
	for _, line := range lines {
		for i, cell := range line {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, line := range lines {
		var b strings.Builder
		for i, cell := range line {
			b.WriteString(cell)
			if i < len(line)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2))
			}
		}
		if _, err := fmt.Fprintln(w, strings.TrimRight(b.String(), " ")); err != nil {
			return err
		}
	}
	return nil
}

// clean keeps what a server sends from moving the cursor; an empty value is a dash.
func clean(s string) string {
	if s = authn.CleanText(s, 512); s == "" {
		return "-"
	}
	return s
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Local().Format("2006-01-02 15:04:05 -0700")
}

// terminal reports whether w is a screen.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// printQR draws a link in half blocks. On a screen it says black on white itself, whatever the screen's own colors are.
func printQR(w io.Writer, link string) error {
	code, err := qr.Encode(link, qr.LevelM)
	if err != nil {
		return err
	}
	if !terminal(w) {
		_, err := io.WriteString(w, "\n"+code.Text(qr.DarkTerminal)+"\n")
		return err
	}
	for line := range strings.Lines(code.Text(qr.LightTerminal)) {
		if _, err := fmt.Fprintf(w, "\x1b[30;107m%s\x1b[0m\n", strings.TrimSuffix(line, "\n")); err != nil {
			return err
		}
	}
	return nil
}
