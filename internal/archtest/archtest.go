// Package archtest holds the rules of who may import whom, as a test that says why. It reads the tree's source files of all
// platforms (go/parser, build tags ignored), and asks the go command only for what packages from outside drag in. It is
// no linter: style is for go vet, staticcheck and gofumpt.
package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"sort"
	"strconv"
	"strings"
)

// Module is the path of this module.
const Module = "avow"

// File is what the rules look at in one source file that is no test.
type File struct {
	Name    string   // base name
	Imports []string // import paths
	Doc     bool     // has a package comment
	Clock   []string // calls that read or wait for the machine's clock: time.Now
}

// Package is one folder's files that are no tests, of all platforms together.
type Package struct {
	Path  string // from the root of the repository: internal/authn
	Name  string
	Files []File
}

// Imports returns what the package's files import, sorted, each once.
func (p Package) Imports() []string {
	seen := map[string]bool{}
	var out []string
	for _, f := range p.Files {
		for _, i := range f.Imports {
			if !seen[i] {
				seen[i] = true
				out = append(out, i)
			}
		}
	}
	sort.Strings(out)
	return out
}

// Tree is the repository as the rules see it.
type Tree struct {
	Packages map[string]Package  // by Path
	Deps     map[string][]string // imports of packages from outside, by import path; nil where they were not asked for
	Top      []string            // names at the top level, as git tracks them; nil outside a git checkout
}

// Read parses the packages below app, assets and internal of the repository at root.
func Read(root fs.FS) (Tree, error) {
	t := Tree{Packages: map[string]Package{}}
	for _, top := range []string{"app", "assets", "internal"} {
		if _, err := fs.Stat(root, top); err != nil {
			continue // made when its first file is written
		}
		err := fs.WalkDir(root, top, func(name string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), "_")):
				return fs.SkipDir
			case d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
				return nil
			}
			return t.add(root, name)
		})
		if err != nil {
			return Tree{}, err
		}
	}
	return t, nil
}

func (t Tree) add(root fs.FS, name string) error {
	src, err := fs.ReadFile(root, name)
	if err != nil {
		return err
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("parse %s: %w", name, err)
	}
	dir := path.Dir(name)
	p := t.Packages[dir]
	p.Path, p.Name = dir, parsed.Name.Name
	f := File{Name: path.Base(name), Doc: parsed.Doc != nil, Clock: clockUses(parsed)}
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return fmt.Errorf("parse %s: %w", name, err)
		}
		f.Imports = append(f.Imports, imported)
	}
	p.Files = append(p.Files, f)
	t.Packages[dir] = p
	return nil
}

// clockUses finds time.Now and its kin also when package time has another name in the file.
func clockUses(f *ast.File) []string {
	name := ""
	for _, spec := range f.Imports {
		if spec.Path.Value == `"time"` {
			name = "time"
			if spec.Name != nil {
				name = spec.Name.Name
			}
		}
	}
	var uses []string
	ast.Inspect(f, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if id, ok := sel.X.(*ast.Ident); ok && name != "" && id.Name == name {
			switch sel.Sel.Name {
			case "Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker":
				uses = append(uses, "time."+sel.Sel.Name)
			}
		}
		return true
	})
	return uses
}

// imports returns what an import path imports: from the tree when it is ours, else from Deps.
func (t Tree) imports(importPath string) []string {
	if own, ok := strings.CutPrefix(importPath, Module+"/"); ok {
		return t.Packages[own].Imports()
	}
	return t.Deps[importPath]
}

// way returns the shortest chain of imports from a package of ours to one that bad accepts, the bad one last; nil when there is none.
func (t Tree) way(from string, bad func(importPath string) bool) []string {
	type step struct {
		path string
		prev *step
	}
	start := &step{path: Module + "/" + from}
	seen := map[string]bool{start.path: true}
	for queue := []*step{start}; len(queue) > 0; queue = queue[1:] {
		for _, next := range t.imports(queue[0].path) {
			if seen[next] {
				continue
			}
			seen[next] = true
			s := &step{next, queue[0]}
			if bad(next) {
				var chain []string
				for ; s != nil; s = s.prev {
					chain = append([]string{s.path}, chain...)
				}
				return chain
			}
			queue = append(queue, s)
		}
	}
	return nil
}
