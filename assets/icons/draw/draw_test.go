package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFilesAreWhatIsDrawn(t *testing.T) {
	set := all()
	for name, want := range set {
		got, err := os.ReadFile(filepath.Join("..", "svg", name+".svg"))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s.svg is not what is drawn (run go generate ./assets/icons): %v", name, err)
		}
	}
	files, err := filepath.Glob(filepath.Join("..", "svg", "*.svg"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if _, ok := set[strings.TrimSuffix(filepath.Base(f), ".svg")]; !ok {
			t.Errorf("%s is not drawn by this program", f)
		}
	}
}

// An icon that leaves the grid would be cut at its edge.
func TestIconsStayOnTheGrid(t *testing.T) {
	for name, draw := range lined {
		for _, width := range []float64{regular, bold} {
			p := &pen{width: width}
			draw(p)
			checkGrid(t, name, p)
		}
	}
	for name, draw := range filled {
		p := &pen{width: regular}
		draw(p)
		checkGrid(t, name+"-fill", p)
	}
}

func checkGrid(t *testing.T, name string, p *pen) {
	t.Helper()
	for _, q := range p.out.places {
		if q.x < 0.5 || q.x > 23.5 || q.y < 0.5 || q.y > 23.5 {
			t.Errorf("%s reaches %.2f, %.2f", name, q.x, q.y)
			return
		}
	}
}

func TestDrawingIsTheSameEachTime(t *testing.T) {
	a, b := all(), all()
	for name := range a {
		if !bytes.Equal(a[name], b[name]) {
			t.Errorf("%s differs between two runs", name)
		}
	}
}
