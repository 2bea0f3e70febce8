package model_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"avow/internal/ui/model"
)

// TestShortCodes collects the code of every error in the tree: the service desk must be able to tell them apart, and to read them out.
func TestShortCodes(t *testing.T) {
	form, seen, n := regexp.MustCompile(`^[A-Z]{3}-[1-9][0-9]{3}$`), map[string]string{}, 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(x ast.Node) bool {
			code, ok := failCode(x)
			if !ok {
				return true
			}
			n++
			short := model.ShortCode(code)
			if !form.MatchString(short) {
				t.Errorf("%s becomes %q", code, short)
			}
			if other, ok := seen[short]; ok && other != code {
				t.Errorf("%s and %s both become %s", code, other, short)
			}
			seen[short] = code
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if n < 50 {
		t.Fatalf("only %d codes were found", n)
	}
	for code, want := range map[string]string{"session_expired": "REG-2745", "server_unreachable": "NET-6732"} { // they stay for ever
		if got := model.ShortCode(code); got != want {
			t.Errorf("%s is now %s, was %s", code, got, want)
		}
	}
}

// failCode is the second argument of a call of Fail, in whatever package.
func failCode(x ast.Node) (string, bool) {
	call, ok := x.(*ast.CallExpr)
	if !ok || len(call.Args) < 3 {
		return "", false
	}
	switch f := call.Fun.(type) {
	case *ast.Ident:
		ok = f.Name == "Fail"
	case *ast.SelectorExpr:
		ok = f.Sel.Name == "Fail"
	default:
		ok = false
	}
	lit, isText := call.Args[1].(*ast.BasicLit)
	if !ok || !isText || lit.Kind != token.STRING {
		return "", false
	}
	code, err := strconv.Unquote(lit.Value)
	return code, err == nil && code != ""
}
