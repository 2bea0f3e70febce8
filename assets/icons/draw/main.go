// Command draw writes Avow's icon set: each icon is described here as lines,
// arcs and shapes on a 24-px grid and comes out as one SVG of filled outlines,
// which any color can be given. It is not part of the app; go generate runs it,
// and its test proves that the files are what it would write. The paths use a
// small part of SVG 1.1: M, L, A, Z and the nonzero rule.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

// The widths of a line.
const (
	regular = 1.75
	bold    = 2.25
)

func main() {
	dir := "."
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	for name, svg := range all() {
		if err := os.WriteFile(filepath.Join(dir, name+".svg"), svg, 0o644); err != nil {
			fmt.Fprintln(os.Stderr, "draw: write icon:", err)
			os.Exit(1)
		}
	}
}

// all returns the whole set by file name without its ending.
func all() map[string][]byte {
	out := map[string][]byte{}
	add := func(name string, width float64, draw func(*pen)) {
		p := &pen{width: width}
		draw(p)
		out[name] = p.svg()
	}
	for name, draw := range lined {
		add(name, regular, draw)
		add(name+"-bold", bold, draw)
	}
	for name, draw := range filled {
		add(name+"-fill", regular, draw)
	}
	return out
}
