package debuglog_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// passing hand on what others have written.
var passing = []string{"internal/ui/model/alerts.go"}

// TestMessagesAreConstants_R124: the message of a line, and the names of its values, stand in the program's text; so nothing from outside is in the one part of a line
// that is not judged by type.
func TestMessagesAreConstants_R124(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	seen := 0
	for _, dir := range []string{"internal/phone", "internal/client", "internal/ui", "app/avow"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, path, nil, 0)
			if err != nil {
				return err
			}
			rel, _ := filepath.Rel(root, path)
			ast.Inspect(file, func(n ast.Node) bool {
				call, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				what, ok := call.Fun.(*ast.SelectorExpr)
				if !ok || !isLog(what.X) {
					return true
				}
				args := call.Args
				switch what.Sel.Name {
				case "DebugContext", "InfoContext", "WarnContext", "ErrorContext":
					args = args[1:]
				case "Debug", "Info", "Warn", "Error", "Note", "Crash":
				default:
					return true
				}
				seen++
				if !literal(args[0]) && !slices.Contains(passing, filepath.ToSlash(rel)) {
					t.Errorf("%s: the message is no constant", set.Position(call.Pos()))
				}
				if what.Sel.Name == "Note" || what.Sel.Name == "Crash" {
					return true
				}
				for i, a := range args[1:] {
					if i%2 == 0 && !literal(a) && call.Ellipsis == token.NoPos {
						t.Errorf("%s: the name of a value is no constant", set.Position(a.Pos()))
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if seen < 30 {
		t.Errorf("only %d lines were found: the test looks in the wrong place", seen)
	}
}

func literal(e ast.Expr) bool {
	l, ok := e.(*ast.BasicLit)
	return ok && l.Kind == token.STRING
}

// isLog reports whether an expression is a log, by its name: log, c.cfg.Log, u.log, slog.New(…).
func isLog(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return strings.EqualFold(e.Name, "log")
	case *ast.SelectorExpr:
		return strings.EqualFold(e.Sel.Name, "log")
	case *ast.CallExpr:
		s, ok := e.Fun.(*ast.SelectorExpr)
		return ok && s.Sel.Name == "New"
	}
	return false
}
