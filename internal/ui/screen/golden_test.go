package screen_test

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"github.com/google/go-cmp/cmp"

	"avow/internal/ui/model"
)

var update = flag.Bool("update", false, "write testdata/screens anew")

// goldenSizes are a small phone, a phone and a desktop's window.
var goldenSizes = []fyne.Size{fyne.NewSize(320, 568), fyne.NewSize(390, 844), fyne.NewSize(1100, 750)}

// notGolden are scenes that are not the same each time, and why.
var notGolden = map[string]string{
	"16-debug-log":           "shows the machine's own time",
	"09-codes-end":           "a long list keeps the rows that are in view in no order",
	"13-restore-set-up":      "asks for a group by chance",
	"13-restore-printed":     "asks for a group by chance",
	"13-restore-noted":       "asks for a group by chance",
	"13-restore-noted-wrong": "asks for a group by chance",
	"13-restore-noted-away":  "asks for a group by chance",
}

// TestScreensAreAsTheyWere compares every scene with testdata/screens: for each size the digest of its whole markup (test.RenderToMarkup), which would be
// megabytes, and for people an outline of what stands where on a phone. After a change that is meant: go test ./internal/ui/screen -run AsTheyWere -update.
func TestScreensAreAsTheyWere(t *testing.T) {
	dir := filepath.Join("testdata", "screens")
	app := test.NewTempApp(t)
	known := map[string]bool{}
	for _, s := range scenes() {
		if notGolden[s.name] != "" {
			continue
		}
		name := s.name + ".txt"
		if known[name] {
			t.Errorf("two scenes are called %s", s.name)
		}
		known[name] = true
		t.Run(s.name, func(t *testing.T) {
			var head, body strings.Builder
			for _, size := range goldenSizes {
				g := s.playIn(t, app, look{name: "golden", width: size.Width, height: size.Height, appearance: model.Light, language: "en"})
				c := g.win.Canvas()
				sum := sha256.Sum256([]byte(test.RenderToMarkup(c)))
				fmt.Fprintf(&head, "%vx%v %s\n", size.Width, size.Height, hex.EncodeToString(sum[:8]))
				if size.Width == 390 {
					outline(&body, c.Content(), fyne.NewPos(0, 0))
					if top := c.Overlays().Top(); top != nil {
						body.WriteString("over it\n")
						outline(&body, top, top.Position())
					}
				}
			}
			got, file := head.String()+"\n"+body.String(), filepath.Join(dir, name)
			if *update {
				if err := os.MkdirAll(dir, 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
				t.Errorf("the screen is not as it was (-was +is); if that is meant, write it anew with -update:\n%s", diff)
			}
		})
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if known[f.Name()] {
			continue
		}
		if *update {
			if err := os.Remove(filepath.Join(dir, f.Name())); err != nil {
				t.Error(err)
			}
			continue
		}
		t.Errorf("%s is of no scene", f.Name())
	}
}

// outline writes the texts and controls from top to bottom as they stand in the tree: place, size, what it is.
func outline(b *strings.Builder, o fyne.CanvasObject, at fyne.Position) {
	if !o.Visible() {
		return
	}
	var children []fyne.CanvasObject
	switch o := o.(type) {
	case *canvas.Text:
		if o.Text != "" {
			bold := ""
			if o.TextStyle.Bold {
				bold = " bold"
			}
			fmt.Fprintf(b, "%4.0f %4.0f  %.0f%s %q\n", at.X, at.Y, o.TextSize, bold, o.Text)
		}
		return
	case *container.Scroll:
		children = []fyne.CanvasObject{o.Content}
	case *fyne.Container:
		children = o.Objects
	case fyne.Widget:
		if _, ok := o.(fyne.Tappable); ok {
			fmt.Fprintf(b, "%4.0f %4.0f  %.0f x %.0f %s\n", at.X, at.Y, o.Size().Width, o.Size().Height, strings.TrimPrefix(fmt.Sprintf("%T", o), "*"))
		}
		children = test.WidgetRenderer(o).Objects()
	}
	for _, c := range children {
		outline(b, c, at.Add(c.Position()))
	}
}
