package main

import (
	"bytes"
	"encoding/json"
	"image/color"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

const source = "../.."

func brandCmd(t *testing.T, want int, args ...string) (out, wrong string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := Main(args, &stdout, &stderr); code != want {
		t.Fatalf("avow-brand %q ended with %d: %s%s", args, code, &stdout, &stderr)
	}
	return stdout.String(), stderr.String()
}

// TestExamples builds the two example brands, up to the program that says its name.
func TestExamples(t *testing.T) {
	for _, x := range []struct{ dir, name, id, version string }{
		{"harbour", "Harbour Pass", "example.malmo.harbour.pass", "2.1.0"},
		{"clinic", "Klinik Ja", "example.klinik.ja", "0.1.0"},
	} {
		t.Run(x.dir, func(t *testing.T) {
			brandCmd(t, 0, "check", source+"/assets/brand/examples/"+x.dir)
			out := t.TempDir()
			brandCmd(t, 0, "build", source+"/assets/brand/examples/"+x.dir, "--out", out, "--source", source)
			var app struct {
				Details struct{ Name, ID, Version, Icon string }
			}
			if _, err := toml.DecodeFile(filepath.Join(out, "FyneApp.toml"), &app); err != nil {
				t.Fatal(err)
			}
			if d := app.Details; d.Name != x.name || d.ID != x.id || d.Version != x.version {
				t.Errorf("FyneApp.toml says %+v", d)
			}
			if _, err := os.Stat(app.Details.Icon); err != nil {
				t.Errorf("its icon: %v", err)
			}
			entry, err := os.ReadFile(filepath.Join(out, x.id+".desktop"))
			if err != nil || !strings.Contains(string(entry), "\nName="+x.name+"\n") || !strings.Contains(string(entry), "x-scheme-handler/avow") {
				t.Errorf("the menu's entry is %s, %v", entry, err)
			}
		})
	}
}

// TestOverlay builds this program itself with a brand: the go command takes the files in place of Avow's, embedded ones too.
func TestOverlay(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a program")
	}
	out := t.TempDir()
	brandCmd(t, 0, "build", source+"/assets/brand/examples/harbour", "--out", out, "--source", source)
	data, err := os.ReadFile(filepath.Join(out, "overlay.json"))
	if err != nil {
		t.Fatal(err)
	}
	var overlay struct{ Replace map[string]string }
	if err := json.Unmarshal(data, &overlay); err != nil {
		t.Fatal(err)
	}
	for old, by := range overlay.Replace {
		for _, path := range []string{old, by} {
			if _, err := os.Stat(path); err != nil {
				t.Errorf("the overlay names %v", err)
			}
		}
	}
	list, err := exec.Command("go", "list", "-overlay", filepath.Join(out, "overlay.json"), "-f", "{{.EmbedFiles}}", "avow/assets/brand").CombinedOutput()
	if err != nil || !strings.Contains(string(list), "brand.toml") {
		t.Errorf("the go command embeds %s, %v", list, err)
	}
	if got, _ := brandCmd(t, 0, "show"); got != "Avow app.avow \n" {
		t.Errorf("this build is %q", got)
	}
}

// TestIconIsDrawn looks at the colors of the picture that was made of the SVG.
func TestIconIsDrawn(t *testing.T) {
	out := t.TempDir()
	brandCmd(t, 0, "build", source+"/assets/brand/examples/harbour", "--out", out, "--source", source)
	for _, size := range []string{"24", "48", "192", "1024"} {
		f, err := os.Open(filepath.Join(out, "icon-"+size+".png"))
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		if got, want := color.NRGBAModel.Convert(img.At(0, 0)), (color.NRGBA{0x12, 0x3E, 0x7C, 0xFF}); got != want {
			t.Errorf("the corner of icon-%s.png is %v, want %v", size, got, want)
		}
	}
}

// TestFaults: each is a sentence that says what to do, and nothing is written.
func TestFaults(t *testing.T) {
	good, err := os.ReadFile(source + "/assets/brand/examples/harbour/brand.toml")
	if err != nil {
		t.Fatal(err)
	}
	for name, x := range map[string]struct{ old, by, want string }{
		"unknown setting": {`version = "2.1.0"`, `colour = "blue"`, `There is no setting "colour".`},
		"no TOML":         {`name = "Harbour Pass"`, `name = Harbour`, "Line 2 is not TOML"},
		"no name":         {`name = "Harbour Pass"`, `name = ""`, "The name is missing."},
		"long name":       {`"Harbour Pass"`, `"Malmo Harbour and Terminals"`, "more than 24 characters"},
		"id":              {`"example.malmo.harbour.pass"`, `"Harbour Pass"`, "is not a domain in reverse order"},
		"version":         {`"2.1.0"`, `"two"`, "is not of the form"},
		"server":          {`"id.malmo-harbour.example"`, `"https://id.malmo-harbour.example/"`, "is not a host"},
		"phone":           {`"+46 40 555 02 00"`, `"ask Bo"`, "is not a telephone number"},
		"mail":            {`"desk@malmo-harbour.example"`, `"desk"`, "is not an address"},
		"plain link":      {`"https://intranet.malmo-harbour.example/pass"`, `"http://intranet.malmo-harbour.example/pass"`, "an address with https://"},
		"color":           {`primary = "#123E7C"`, `primary = "navy"`, "Write it as \"#RRGGBB\"."},
		"contrast":        {`on_primary = "#FFFFFF"`, `on_primary = "#5A7AA8"`, "contrast of avow.onPrimary on avow.primary"},
		"one appearance":  {"[dark]", "[dork]", "The table [dark] is missing."},
		"icon's name":     {`"icon.svg"`, `"../icon.svg"`, "is not the name of a PNG or SVG file"},
		"no icon":         {`"icon.svg"`, `"other.svg"`, "The icon can't be read"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "brand.toml"), []byte(strings.Replace(string(good), x.old, x.by, 1)), 0o600); err != nil {
				t.Fatal(err)
			}
			icon, err := os.ReadFile(source + "/assets/brand/examples/harbour/icon.svg")
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "icon.svg"), icon, 0o600); err != nil {
				t.Fatal(err)
			}
			out := filepath.Join(dir, "out")
			_, wrong := brandCmd(t, 1, "build", dir, "--out", out, "--source", source)
			if !strings.Contains(strings.ToLower(wrong), strings.ToLower(x.want)) {
				t.Errorf("it says %q, want %q", wrong, x.want)
			}
			if _, err := os.Stat(out); err == nil {
				t.Error("something was written")
			}
		})
	}
	brandCmd(t, 2, "build")
	if _, wrong := brandCmd(t, 1, "check", t.TempDir()); !strings.Contains(wrong, "there is no brand.toml") {
		t.Errorf("an empty folder: %s", wrong)
	}
}

// TestManual: docs/branding.md names each setting, and what it shows is the example.
func TestManual(t *testing.T) {
	page, err := os.ReadFile(source + "/docs/branding.md")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile(source + "/assets/brand/examples/harbour/brand.toml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(page), string(example)) {
		t.Error("docs/branding.md does not show the example harbour as it is")
	}
	names := []string{"name", "app_id", "version", "icon", "server", "support", "phone", "mail", "link", "light", "dark", "primary", "on_primary", "primary_soft", "on_primary_soft", "panel", "mark", "mark2"}
	for _, n := range names {
		if !strings.Contains(string(page), "| `"+n+"` |") {
			t.Errorf("docs/branding.md does not say what %s is", n)
		}
	}
	var commands []string
	for line := range strings.Lines(string(page)) {
		if c, ok := strings.CutPrefix(line, "$ go run ./app/avow-brand "); ok {
			commands = append(commands, strings.TrimSpace(c))
		}
	}
	if !slices.Equal(commands, []string{"check assets/brand/examples/harbour", "build assets/brand/examples/harbour --out .avow/brand"}) {
		t.Errorf("the commands of docs/branding.md are %q", commands)
	}
	t.Chdir(source)
	out := t.TempDir()
	for _, c := range commands {
		brandCmd(t, 0, strings.Fields(strings.ReplaceAll(c, ".avow/brand", out))...)
	}
}
