package icons

import (
	"bytes"
	"encoding/xml"
	"go/ast"
	"go/parser"
	"go/token"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

// names reads the constants, so that none can be forgotten here.
func names(t *testing.T) []Name {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "names.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var out []Name
	ast.Inspect(f, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok {
			s, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, Name(s))
		}
		return true
	})
	return out
}

func TestEachNameHasItsFiles(t *testing.T) {
	known := map[string]bool{}
	for _, n := range names(t) {
		known[string(n)] = true
		for _, variant := range []Name{n, n.Bold()} {
			if err := xml.Unmarshal(SVG(variant), new(struct{})); err != nil {
				t.Errorf("%s is no XML: %v", variant, err)
			}
		}
	}
	all, err := fs.Glob(files, "svg/*.svg")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		base := strings.TrimSuffix(strings.TrimPrefix(f, "svg/"), ".svg")
		base = strings.TrimSuffix(strings.TrimSuffix(base, "-bold"), "-fill")
		if !known[base] {
			t.Errorf("%s has no constant", f)
		}
	}
}

func TestUnknownNamePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	SVG("no-such-icon")
}

func TestAppIcon(t *testing.T) {
	for _, c := range []struct{ ask, want int }{{24, 192}, {192, 192}, {193, 1024}, {4096, 1024}} {
		cfg, err := png.DecodeConfig(bytes.NewReader(App(c.ask)))
		if err != nil || cfg.Width != c.want || cfg.Height != c.want {
			t.Errorf("App(%d) is %dx%d, want %d (%v)", c.ask, cfg.Width, cfg.Height, c.want, err)
		}
	}
}

func TestFyneAppNamesAnIconThatIsThere(t *testing.T) {
	var app struct {
		Details    struct{ Name, ID, Version, Icon string }
		Migrations map[string]bool
	}
	root := filepath.Join("..", "..")
	if _, err := toml.DecodeFile(filepath.Join(root, "FyneApp.toml"), &app); err != nil {
		t.Fatal(err)
	}
	if d := app.Details; d.Name != "Avow" || d.ID == "" || d.Version == "" || !app.Migrations["fyneDo"] {
		t.Errorf("got %+v", app)
	}
	if _, err := os.Stat(filepath.Join(root, app.Details.Icon)); err != nil {
		t.Error(err)
	}
}
