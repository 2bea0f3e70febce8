package archtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const root = "../.."

// TestTree holds every rule against the repository.
func TestTree(t *testing.T) {
	tree, err := Read(os.DirFS(root))
	if err != nil {
		t.Fatal(err)
	}
	if len(tree.Packages) < 3 {
		t.Fatalf("found %d packages in %s: the rules would hold of nothing", len(tree.Packages), root)
	}
	tree.Deps = outside(t, tree)
	tree.Top = tracked(t)
	for _, r := range Rules {
		t.Run(r.Name, func(t *testing.T) {
			for _, b := range r.In(tree) {
				t.Errorf("%s\n\twhy not: %s", b, r.Why)
			}
		})
	}
}

// outside asks the go command for the imports of everything from outside that our packages reach.
func outside(t *testing.T, tree Tree) map[string][]string {
	t.Helper()
	args := []string{"list", "-e", "-deps", "-tags", "ci,migrated_fynedo", "-json=ImportPath,Imports"}
	direct := map[string]bool{}
	for _, p := range tree.sorted() {
		for _, i := range p.Imports() {
			// The app package of Fyne is named by a rule; what is behind it needs cgo to be listed.
			if !strings.HasPrefix(i, Module+"/") && i != "C" && !direct[i] {
				direct[i] = true
				args = append(args, i)
			}
		}
	}
	cmd := exec.Command("go", args...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	deps := map[string][]string{}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return deps
		} else if err != nil {
			t.Fatal(err)
		}
		if p.ImportPath == "fyne.io/fyne/v2/app" { // it stands on Fyne's test driver under the tag ci only, with which it is listed here
			p.Imports = slices.DeleteFunc(p.Imports, func(i string) bool { return i == "fyne.io/fyne/v2/test" })
		}
		deps[p.ImportPath] = p.Imports
	}
}

// tracked lists the top level as git has it; nil where there is no git or no checkout.
func tracked(t *testing.T) []string {
	t.Helper()
	cmd := exec.Command("git", "ls-files")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Log("top level not looked at: no git checkout")
		return nil
	}
	var top []string
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		name, _, _ := strings.Cut(line, "/")
		if !slices.Contains(top, name) {
			top = append(top, name)
		}
	}
	return top
}

// made parses a made-up tree; each file's package clause is given, imports and body follow it.
func made(t *testing.T, files map[string]string) Tree {
	t.Helper()
	fsys := fstest.MapFS{}
	for name, src := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(src)}
	}
	tree, err := Read(fsys)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// TestRulesCanFail breaks each rule in a made-up tree, so that a rule that finds nothing is seen to work.
func TestRulesCanFail(t *testing.T) {
	outsideDeps := map[string][]string{
		"example.com/web":    {"net/http"},
		"example.com/widget": {"fyne.io/fyne/v2/app"},
		"example.com/quick":  {"testing/quick"},
		"example.com/fine":   {"fmt"},
	}
	tests := []struct {
		name  string
		rule  string
		files map[string]string
		top   []string
		want  []string
	}{
		{
			"fyne app in a screen", "fyne app only in the programs with windows",
			map[string]string{"internal/ui/screen/a.go": `package screen; import _ "fyne.io/fyne/v2/app"`},
			nil,
			[]string{"avow/internal/ui/screen -> fyne.io/fyne/v2/app"},
		},
		{
			"fyne app through a library", "fyne app only in the programs with windows",
			map[string]string{"app/avow-admin/a.go": `package main; import _ "example.com/widget"`},
			nil,
			[]string{"avow/app/avow-admin -> example.com/widget -> fyne.io/fyne/v2/app"},
		},
		{
			"fyne app in the app", "fyne app only in the programs with windows",
			map[string]string{"app/avow/a.go": `package main; import _ "fyne.io/fyne/v2/app"`},
			nil, nil,
		},
		{
			"fyne in a view model", "fyne only in the programs and internal/ui",
			map[string]string{"internal/ui/model/a.go": `package model; import _ "fyne.io/fyne/v2"`},
			nil,
			[]string{"internal/ui/model imports fyne.io/fyne/v2"},
		},
		{
			"fyne in the core, on Android only", "fyne only in the programs and internal/ui",
			map[string]string{"internal/phone/platform/a_android.go": "//go:build android\n\npackage platform\n\nimport _ \"fyne.io/fyne/v2/driver\""},
			nil,
			[]string{"internal/phone/platform imports fyne.io/fyne/v2/driver"},
		},
		{
			"fyne in a widget", "fyne only in the programs and internal/ui",
			map[string]string{"internal/ui/widgets/a.go": `package widgets; import _ "fyne.io/fyne/v2"`},
			nil, nil,
		},
		{
			"phone imports server", "phone, server and computer never import each other",
			map[string]string{
				"internal/phone/a.go":  `package phone; import _ "avow/internal/server/approval"`,
				"internal/server/a.go": `package server; import _ "avow/internal/store"`,
				"internal/store/a.go":  `package store; import _ "avow/internal/authn"`,
			},
			nil,
			[]string{"avow/internal/phone -> avow/internal/server/approval"},
		},
		{
			"ui reaches the store through a shared package", "phone, server and computer never import each other",
			map[string]string{
				"internal/ui/a.go":     `package ui; import _ "avow/internal/client"`,
				"internal/client/a.go": `package client; import _ "avow/internal/store"`,
			},
			nil,
			[]string{
				"avow/internal/client -> avow/internal/store",
				"avow/internal/ui -> avow/internal/client -> avow/internal/store",
			},
		},
		{
			"computer imports phone", "phone, server and computer never import each other",
			map[string]string{"internal/computer/a.go": `package computer; import _ "avow/internal/phone"`},
			nil,
			[]string{"avow/internal/computer -> avow/internal/phone"},
		},
		{
			"testenv imports all", "phone, server and computer never import each other",
			map[string]string{"internal/testenv/a.go": `package testenv; import (_ "avow/internal/phone"; _ "avow/internal/server")`},
			nil, nil,
		},
		{
			"os in authn", "shared packages do no I/O and have no clock",
			map[string]string{"internal/authn/a.go": `package authn; import _ "os"`},
			nil,
			[]string{"internal/authn/a.go imports os"},
		},
		{
			"clock in key under another name", "shared packages do no I/O and have no clock",
			map[string]string{"internal/key/a.go": `package key; import clock "time"; var t0 = clock.Now()`},
			nil,
			[]string{"internal/key/a.go uses time.Now; take the time as an argument"},
		},
		{
			"timer in otp", "shared packages do no I/O and have no clock",
			map[string]string{"internal/otp/a.go": `package otp; import "time"; var f = time.AfterFunc`},
			nil,
			[]string{"internal/otp/a.go uses time.AfterFunc; take the time as an argument"},
		},
		{
			"net/http in wire through a library", "shared packages do no I/O and have no clock",
			map[string]string{"internal/wire/a.go": `package wire; import _ "example.com/web"`},
			nil,
			[]string{"avow/internal/wire -> example.com/web -> net/http"},
		},
		{
			"a duration in authn", "shared packages do no I/O and have no clock",
			map[string]string{"internal/authn/a.go": `package authn; import "time"; const d = time.Minute`},
			nil, nil,
		},
		{
			"testing through a library", "no production package reaches testing",
			map[string]string{"internal/qr/a.go": `package qr; import _ "example.com/quick"`},
			nil,
			[]string{"avow/internal/qr -> example.com/quick -> testing/quick"},
		},
		{
			"a conformance suite in production", "no production package reaches testing",
			map[string]string{
				"internal/server/a.go":          `package server; import _ "avow/internal/store/storetest"`,
				"internal/store/storetest/a.go": `package storetest; import _ "testing"`,
			},
			nil,
			[]string{"avow/internal/server -> avow/internal/store/storetest"},
		},
		{
			"the simulator draws with fyne/test", "no production package reaches testing",
			map[string]string{"app/avow-simulator/a.go": `package main; import _ "fyne.io/fyne/v2/test"`},
			nil, nil,
		},
		{
			"no package comment", "one package comment",
			map[string]string{"internal/qr/a.go": `package qr`},
			nil,
			[]string{"internal/qr has 0 package comments"},
		},
		{
			"two package comments", "one package comment",
			map[string]string{"internal/qr/a.go": "// Package qr is one.\npackage qr", "internal/qr/b.go": "// Package qr is two.\npackage qr"},
			nil,
			[]string{"internal/qr has 2 package comments"},
		},
		{
			"platform file in the core", "platform files only where the OS is the subject",
			map[string]string{"internal/phone/vault/sync_windows.go": `package vault`, "internal/phone/b_linux_amd64.go": `package phone`},
			nil,
			[]string{"internal/phone/b_linux_amd64.go", "internal/phone/vault/sync_windows.go"},
		},
		{
			"platform file in platform", "platform files only where the OS is the subject",
			map[string]string{"internal/phone/platform/a_ios.go": `package platform`, "app/avow/a_darwin.go": `package main`},
			nil, nil,
		},
		{
			"package util", "no drawer packages",
			map[string]string{"internal/util/a.go": `package util`},
			nil,
			[]string{"internal/util is package util"},
		},
		{
			"a stranger at the top", "only agreed entries at the top level",
			nil,
			[]string{"README.md", "vendor", "app"},
			[]string{"vendor"},
		},
	}
	broken := map[string]bool{}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tree := made(t, tt.files)
			tree.Deps, tree.Top = outsideDeps, tt.top
			got := rule(t, tt.rule).In(tree)
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if len(got) > 0 {
				broken[tt.rule] = true
			}
		})
	}
	for _, r := range Rules {
		if !broken[r.Name] {
			t.Errorf("no made-up tree breaks the rule %q", r.Name)
		}
		if r.Why == "" {
			t.Errorf("the rule %q does not say why", r.Name)
		}
	}
}

func rule(t *testing.T, name string) Rule {
	t.Helper()
	i := slices.IndexFunc(Rules, func(r Rule) bool { return r.Name == name })
	if i < 0 {
		t.Fatalf("there is no rule %q", name)
	}
	return Rules[i]
}

// TestReadSkipsTests makes sure that a test file and testdata are not held to the rules of production code.
func TestReadSkipsTests(t *testing.T) {
	tree := made(t, map[string]string{
		"internal/key/a_test.go":         `package key; import _ "os"`,
		"internal/key/testdata/src/b.go": `package b; import _ "os"`,
		"internal/key/c.go":              `package key`,
	})
	if got := len(tree.Packages["internal/key"].Files); got != 1 || len(tree.Packages) != 1 {
		t.Errorf("read %v", tree.Packages)
	}
}
