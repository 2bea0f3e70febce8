package archtest

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"sort"
	"strings"
)

// Rule is one rule about the tree.
type Rule struct {
	Name string
	Why  string                      // printed with every violation
	In   func(t Tree) (bad []string) // one line for each violation; none when the tree is fine
}

// Rules are all rules of the repository.
var Rules = []Rule{
	{
		Name: "fyne app only in the programs with windows",
		Why:  "fyne.io/fyne/v2/app needs cgo and a display; every package that reaches it is out of `make test`",
		In:   fyneApp,
	},
	{
		Name: "fyne only in the programs and internal/ui",
		Why:  "the core and the view models must run, and be tested, without a user interface",
		In:   fyneAnywhere,
	},
	{
		Name: "phone, server and computer never import each other",
		Why:  "they are three parties that trust only what crosses the network and verifies; a shared function is a shared secret sooner or later",
		In:   parties,
	},
	{
		Name: "shared packages do no I/O and have no clock",
		Why:  "what decides who gets in must be testable to the last branch, on any machine, at any time of day",
		In:   pure,
	},
	{
		Name: "no production package reaches testing",
		Why:  "test code registers flags and has back doors; it must not be in what people run",
		In:   noTesting,
	},
	{
		Name: "one package comment",
		Why:  "it is where a reader starts: what the package is, what it is not, which standard it follows; two of them drift apart",
		In:   onePackageComment,
	},
	{
		Name: "platform files only where the OS is the subject",
		Why:  "everywhere else the same code must run, and be tested, on all platforms",
		In:   platformFiles,
	},
	{
		Name: "no drawer packages",
		Why:  "util, common and the like say nothing of what is in them, so everything ends up there",
		In:   drawers,
	},
	{
		Name: "only agreed entries at the top level",
		Why:  "someone who opens the repository should see the three parties, not our tools",
		In:   topLevel,
	},
}

// windows are the programs that open windows and may use everything.
func windows(p string) bool { return within(p, "app/avow") || within(p, "app/avow-simulator") }

func within(p string, dirs ...string) bool {
	return slices.ContainsFunc(dirs, func(dir string) bool { return p == dir || strings.HasPrefix(p, dir+"/") })
}

func fyneApp(t Tree) (bad []string) {
	for _, p := range t.sorted() {
		if windows(p.Path) {
			continue
		}
		if w := t.way(p.Path, func(i string) bool { return within(i, "fyne.io/fyne/v2/app") }); w != nil {
			bad = append(bad, strings.Join(w, " -> "))
		}
	}
	return bad
}

func fyneAnywhere(t Tree) (bad []string) {
	for _, p := range t.sorted() {
		if windows(p.Path) || within(p.Path, "internal/ui") && !within(p.Path, "internal/ui/model") {
			continue
		}
		for _, i := range p.Imports() {
			if strings.HasPrefix(i, "fyne.io/") {
				bad = append(bad, p.Path+" imports "+i)
			}
		}
	}
	return bad
}

// party names the side that a package belongs to; shared is what all sides may use; "" may itself use everything.
func party(p string) string {
	switch {
	case within(p, "internal/phone", "internal/ui"):
		return "phone"
	case within(p, "internal/server", "internal/store"):
		return "server"
	case within(p, "internal/computer"):
		return "computer"
	case within(p, "app", "internal/testenv", "internal/archtest"):
		return ""
	}
	return "shared"
}

func parties(t Tree) (bad []string) {
	for _, p := range t.sorted() {
		mine := party(p.Path)
		if mine == "" {
			continue
		}
		w := t.way(p.Path, func(i string) bool {
			own, ok := strings.CutPrefix(i, Module+"/")
			theirs := party(own)
			return ok && theirs != mine && theirs != "shared"
		})
		if w != nil {
			bad = append(bad, strings.Join(w, " -> "))
		}
	}
	return bad
}

// purePackages are what all parties trust: the domain, keys, one-time passwords, the protocol.
var purePackages = []string{"internal/authn", "internal/key", "internal/otp", "internal/wire"}

func pure(t Tree) (bad []string) {
	for _, p := range t.sorted() {
		if !within(p.Path, purePackages...) {
			continue
		}
		for _, f := range p.Files {
			for _, i := range f.Imports {
				if within(i, "os", "net/http", "database/sql", "testing", "syscall", "math/rand") {
					bad = append(bad, fmt.Sprintf("%s/%s imports %s", p.Path, f.Name, i))
				}
			}
			for _, c := range f.Clock {
				bad = append(bad, fmt.Sprintf("%s/%s uses %s; take the time as an argument", p.Path, f.Name, c))
			}
		}
		if w := t.way(p.Path, func(i string) bool { return within(i, "net/http", "database/sql") }); w != nil {
			bad = append(bad, strings.Join(w, " -> "))
		}
	}
	return bad
}

// testPackage reports whether an import path is for tests: testing and below, or a last element that ends in test. The
// standard library's internal/synctest is part of its timers.
func testPackage(importPath string) bool {
	if importPath == "internal/synctest" {
		return false
	}
	return within(importPath, "testing") || strings.HasSuffix(path.Base(importPath), "test") && path.Base(importPath) != "latest"
}

// deadTools import testing for tools of their own tests that stand in a file without _test in its name, are not exported and that nothing
// calls. Importing testing alone registers no flags (testing.Init does).
var deadTools = []string{
	"github.com/jezek/xgb", // X11 for pictures of the screen: testingTools.go
}

func noTesting(t Tree) (bad []string) {
	if t.Deps != nil {
		t.Deps = maps.Clone(t.Deps)
		for _, lib := range deadTools {
			t.Deps[lib] = slices.DeleteFunc(slices.Clone(t.Deps[lib]), func(i string) bool { return i == "testing" })
		}
	}
	for _, p := range t.sorted() {
		if testPackage(p.Path) || within(p.Path, "internal/testenv", "app/avow-simulator") {
			continue
		}
		w := t.way(p.Path, func(i string) bool {
			return testPackage(i) || within(i, Module+"/internal/testenv")
		})
		if w != nil {
			bad = append(bad, strings.Join(w, " -> "))
		}
	}
	return bad
}

func onePackageComment(t Tree) (bad []string) {
	for _, p := range t.sorted() {
		n := 0
		for _, f := range p.Files {
			if f.Doc {
				n++
			}
		}
		if n != 1 {
			bad = append(bad, fmt.Sprintf("%s has %d package comments", p.Path, n))
		}
	}
	return bad
}

func platformFiles(t Tree) (bad []string) {
	for _, p := range t.sorted() {
		if within(p.Path, "internal/phone/platform", "internal/phone/keystore", "internal/computer", "app/avow") {
			continue
		}
		for _, f := range p.Files {
			base := strings.TrimSuffix(f.Name, ".go")
			for _, goos := range []string{"android", "ios", "darwin", "windows", "linux"} {
				if strings.HasSuffix(base, "_"+goos) || strings.Contains(base, "_"+goos+"_") {
					bad = append(bad, p.Path+"/"+f.Name)
				}
			}
		}
	}
	return bad
}

func drawers(t Tree) (bad []string) {
	for _, p := range t.sorted() {
		switch p.Name {
		case "util", "utils", "common", "helper", "helpers", "models", "types", "misc", "base":
			bad = append(bad, p.Path+" is package "+p.Name)
		}
	}
	return bad
}

var agreedTop = []string{
	".ci", ".gitattributes", ".gitignore", "FyneApp.toml", "LICENSE", "Makefile", "README.md", "app", "assets", "docs",
	"go.mod", "go.sum", "internal", "staticcheck.conf",
}

func topLevel(t Tree) (bad []string) {
	for _, name := range t.Top {
		if !slices.Contains(agreedTop, name) {
			bad = append(bad, name)
		}
	}
	return bad
}

func (t Tree) sorted() []Package {
	out := make([]Package, 0, len(t.Packages))
	for _, p := range t.Packages {
		out = append(out, p)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Path < out[j].Path })
	return out
}
