// Command collect writes assets/licences/licences.json.gz from go.mod and the module cache: go generate ./assets/licences. It fetches nothing; what is not in the cache yet
// comes there by "go mod download". Exit codes: 0 written, 1 a module is missing or has no licence.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"

	"avow/assets/licences"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "collect:", err)
		os.Exit(1)
	}
}

func run() error {
	env := map[string]string{}
	for _, name := range []string{"GOMOD", "GOMODCACHE", "GOROOT"} {
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			return fmt.Errorf("go env %s: %w", name, err)
		}
		env[name] = strings.TrimSpace(string(out))
	}
	l, err := collect(env["GOMOD"], env["GOMODCACHE"], env["GOROOT"])
	if err != nil {
		return err
	}
	data, err := l.Pack()
	if err != nil {
		return err
	}
	out := filepath.Join(filepath.Dir(env["GOMOD"]), "assets", "licences", "licences.json.gz")
	if err := os.WriteFile(out, data, 0o644); err != nil {
		return err
	}
	fmt.Printf("%d modules, %d texts, %d bytes\n", len(l.Modules), len(l.Texts), len(data))
	return nil
}

// collect reads the licences of all modules that go.mod requires.
func collect(gomod, cache, goroot string) (l licences.List, err error) {
	data, err := os.ReadFile(gomod)
	if err != nil {
		return l, err
	}
	f, err := modfile.Parse(gomod, data, nil)
	if err != nil {
		return l, err
	}
	add := func(path, version, dir string) error {
		m := licences.Module{Path: path, Version: version}
		names, err := files(dir)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if part := parts[path]; part != "" {
			more, err := files(filepath.Join(dir, part))
			if err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
			for _, name := range more {
				names = append(names, filepath.Join(part, name))
			}
		}
		for _, name := range names {
			data, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				return err
			}
			text := strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(string(data), "?"), "\r\n", "\n"))
			if m.Licence == "" {
				m.Licence = kind(text)
			}
			n := slices.Index(l.Texts, text)
			if n < 0 {
				n, l.Texts = len(l.Texts), append(l.Texts, text)
			}
			m.Texts = append(m.Texts, n)
		}
		l.Modules = append(l.Modules, m)
		return nil
	}
	if err := add("Go", "", goroot); err != nil {
		return l, err
	}
	reqs := slices.Clone(f.Require)
	slices.SortFunc(reqs, func(a, b *modfile.Require) int { return strings.Compare(a.Mod.Path, b.Mod.Path) })
	for _, r := range reqs {
		path, err := module.EscapePath(r.Mod.Path)
		if err != nil {
			return l, err
		}
		version, err := module.EscapeVersion(r.Mod.Version)
		if err != nil {
			return l, err
		}
		if err := add(r.Mod.Path, r.Mod.Version, filepath.Join(cache, filepath.FromSlash(path)+"@"+version)); err != nil {
			return l, err
		}
	}
	return l, nil
}

// parts are folders of modules in which other people's work lies that is in the program, with licences of its own: Fyne's fonts.
var parts = map[string]string{"fyne.io/fyne/v2": "theme/font"}

// files are those of a module that say what may be done with it.
func files(dir string) (names []string, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("it is not in the module cache; run go mod download: %w", err)
	}
	for _, e := range entries {
		upper := strings.ToUpper(e.Name())
		if e.Type().IsRegular() && slices.ContainsFunc([]string{"LICENSE", "LICENCE", "COPYING", "NOTICE", "PATENTS"}, func(p string) bool { return strings.HasPrefix(upper, p) }) {
			names = append(names, e.Name())
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("no licence in %s", dir)
	}
	return names, nil
}

// kind is the usual name of a licence, by the words that only it has.
func kind(text string) string {
	flat := strings.ToLower(strings.Join(strings.Fields(text), " "))
	for _, k := range []struct{ words, name string }{
		{"apache license version 2.0", "Apache-2.0"},
		{"mozilla public license", "MPL-2.0"},
		{"gnu lesser general public", "LGPL-3.0"},
		{"gnu general public license", "GPL"},
		{"neither the name of", "BSD-3-Clause"},
		{"redistributions in binary form", "BSD-2-Clause"},
		{"permission is hereby granted, free of charge", "MIT"},
		{"permission to use, copy, modify, and/or distribute this software", "ISC"},
		{"permission to use, copy, modify, and distribute this software", "ISC"},
		{"licensed under the apache license, version 2.0", "Apache-2.0"},
		{"this is free and unencumbered software", "Unlicense"},
	} {
		if strings.Contains(flat, k.words) {
			return k.name
		}
	}
	return ""
}
