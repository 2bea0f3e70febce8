package tour

import (
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// StatesDir is the folder, below that of the pictures, with those of every screen and state: NAME.LOOK-APPEARANCE.png. They are made by the tests of
// package screen, which play each scene.
const StatesDir = "states"

var (
	walkName  = regexp.MustCompile(`^(\d+)-(.+)-(light|dark)\.png$`)
	stateName = regexp.MustCompile(`^((\d+)-[\w-]+)\.([\w-]+)-(light|dark)\.png$`)
)

// sheetPicture is one picture, sheetScene one state in all its looks, sheetGroup one screen.
type (
	sheetPicture struct{ File, Look string }
	sheetScene   struct {
		Name     string
		Pictures []sheetPicture
	}
	sheetGroup struct {
		Name   string
		Scenes []sheetScene
		Count  int
	}
)

// Sheet writes index.html, the contact sheet of all pictures in a folder: the steps of the walk, then every screen with its states. It needs no script and
// nothing from elsewhere.
func Sheet(dir string) error {
	walk, err := gather(dir, func(file string) (group, scene, look string, ok bool) {
		m := walkName.FindStringSubmatch(file)
		if m == nil {
			return "", "", "", false
		}
		return "walk", m[1] + " " + m[2], m[3], true
	}, "")
	if err != nil {
		return err
	}
	states, err := gather(filepath.Join(dir, StatesDir), func(file string) (group, scene, look string, ok bool) {
		m := stateName.FindStringSubmatch(file)
		if m == nil {
			return "", "", "", false
		}
		return m[2], m[1], m[3] + " " + m[4], true
	}, StatesDir+"/")
	if err != nil {
		return err
	}
	for i := range states { // a screen is called like its first state
		states[i].Name = states[i].Scenes[0].Name
	}
	total := 0
	for _, g := range append(slices.Clone(walk), states...) {
		total += g.Count
	}
	f, err := os.Create(filepath.Join(dir, "index.html"))
	if err != nil {
		return fmt.Errorf("write the contact sheet: %w", err)
	}
	err = sheet.Execute(f, map[string]any{"Walk": walk, "States": states, "Total": total})
	return errors.Join(err, f.Close())
}

// gather sorts the pictures of a folder into groups and scenes, by name; a folder that is not there has none.
func gather(dir string, parse func(string) (group, scene, look string, ok bool), prefix string) ([]sheetGroup, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var out []sheetGroup
	for _, e := range entries { // sorted by name
		group, scene, look, ok := parse(e.Name())
		if !ok {
			continue
		}
		if n := len(out); n == 0 || out[n-1].Name != group {
			out = append(out, sheetGroup{Name: group})
		}
		g := &out[len(out)-1]
		g.Count++
		i := slices.IndexFunc(g.Scenes, func(s sheetScene) bool { return s.Name == scene })
		if i < 0 {
			g.Scenes = append(g.Scenes, sheetScene{Name: scene})
			i = len(g.Scenes) - 1
		}
		g.Scenes[i].Pictures = append(g.Scenes[i].Pictures, sheetPicture{File: prefix + e.Name(), Look: look})
	}
	return out, nil
}

// removePictures takes the walk's pictures of an earlier tour away: its steps may have had other numbers.
func removePictures(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if walkName.MatchString(e.Name()) {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

var sheet = template.Must(template.New("sheet").Funcs(template.FuncMap{"wide": func(look string) bool { return strings.HasPrefix(look, "wide") }}).Parse(`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Avow, contact sheet</title>
<style>
:root { color-scheme: light dark }
body { font: 16px/1.4 system-ui, sans-serif; margin: 24px; background: light-dark(#f5f3ec, #0f1614); color: light-dark(#16221e, #edf0ea) }
nav a { display: inline-block; margin: 0 12px 8px 0; color: inherit }
section { margin: 40px 0 0 }
h2 { border-top: 1px solid light-dark(#dcd8cb, #31403a); padding-top: 16px }
h3 { font-size: 16px; margin: 24px 0 8px }
.row { display: flex; flex-wrap: wrap; gap: 12px; align-items: start }
figure { margin: 0 }
figcaption { font-size: 14px; opacity: .75 }
img { width: 195px; height: auto; display: block; border-radius: 10px; outline: 1px solid light-dark(#dcd8cb, #31403a) }
img.wide { width: 440px }
</style>
<h1>Avow, contact sheet</h1>
<p>{{.Total}} pictures. Each opens in full.</p>
<nav>{{range .Walk}}<a href="#walk">The walk</a>{{end}}{{range .States}}<a href="#{{.Name}}">{{.Name}}</a>{{end}}</nav>
{{range .Walk}}<section id="walk"><h2>The walk</h2>{{template "scenes" .}}</section>{{end}}
{{range .States}}<section id="{{.Name}}"><h2>{{.Name}}</h2>{{template "scenes" .}}</section>{{end}}
{{define "scenes"}}{{range .Scenes}}<h3>{{.Name}}</h3><div class="row">{{range .Pictures}}<figure><a href="{{.File}}"><img{{if wide .Look}} class="wide"{{end}} loading="lazy" src="{{.File}}" alt="{{.Look}}"></a><figcaption>{{.Look}}</figcaption></figure>{{end}}</div>{{end}}{{end}}
`))
