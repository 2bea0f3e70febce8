package main

import (
	"fmt"
	"io"
	"slices"

	"avow/internal/ui/shell"
)

// watch prints a line for each page that is shown: its name, the language, and where on the window its buttons are. Nothing that a person typed or
// reads is in it. Tests that drive the window by mouse and keys live on it.
func watch(out io.Writer) func(shell.Seen) {
	if out == nil {
		return nil
	}
	return func(s shell.Seen) {
		line := fmt.Sprintf("page %s %s", s.Page, s.Language)
		names := make([]string, 0, len(s.Places))
		for name := range s.Places {
			names = append(names, name)
		}
		slices.Sort(names)
		for _, name := range names {
			p := s.Places[name]
			line += fmt.Sprintf(" %s=%d,%d", name, int(p.X), int(p.Y))
		}
		fmt.Fprintln(out, line)
	}
}
