package screen_test

import (
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"avow/assets/translations"
	"avow/internal/ui/model"
)

// shots are the ways in which a scene is taken: each is played once, and painted in each appearance.
func shots(longest string) []shot {
	both := []model.Appearance{model.Light, model.Dark}
	light := both[:1]
	out := []shot{
		{"en", look{width: 390, height: 844, language: "en"}, both},
		{"de", look{width: 390, height: 844, language: "de"}, both},
		{"large", look{width: 390, height: 844, language: "en", size: model.TextLarge}, light},
		{"largest", look{width: 320, height: 568, language: "de", size: model.TextLargest}, light},
		{"small", look{width: 320, height: 568, language: "en"}, light},
		{"small-de", look{width: 320, height: 568, language: "de"}, light},
		{"wide", look{width: 1100, height: 750, language: "en"}, both},
	}
	if longest != "" {
		out = append(out, shot{longest, look{width: 390, height: 844, language: longest}, both})
	}
	return out
}

type shot struct {
	name        string
	look        look
	appearances []model.Appearance
}

// longest is the language, besides English and German, whose texts of the app are widest when they are set; "" when there is no other.
func longest(t *testing.T) string {
	t.Helper()
	best, widest := "", float32(0)
	for _, l := range translations.Languages() {
		if l.Tag == "en" || l.Tag == "de" {
			continue
		}
		data, err := os.ReadFile("../../../assets/translations/app." + l.Tag + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var texts any
		if err := json.Unmarshal(data, &texts); err != nil {
			t.Fatal(err)
		}
		if w := widthOf(texts); w > widest {
			best, widest = l.Tag, w
		}
	}
	return best
}

func widthOf(x any) (sum float32) {
	switch x := x.(type) {
	case string:
		return fyne.MeasureText(x, 16, fyne.TextStyle{}).Width
	case map[string]any:
		for _, y := range x {
			sum += widthOf(y)
		}
	}
	return sum
}

// partsEach is how many processes one after the other a processor has: Fyne's test driver keeps what it has painted, gigabytes of it for all pictures.
const partsEach = 8

// partVariable is set where this process paints one part of the pictures: "1/4" is the second of four.
const partVariable = "AVOW_PICTURES_PART"

// TestPictures writes a picture of every scene to the folder that AVOW_PICTURES names, as NAME.LOOK-APPEARANCE.png. Fyne paints one window at a time, so
// processes share the work, as many at a time as there are processors.
func TestPictures(t *testing.T) {
	dir := os.Getenv("AVOW_PICTURES")
	if dir == "" {
		t.Skip("set AVOW_PICTURES to a folder to get the pictures")
	}
	if part := os.Getenv(partVariable); part != "" {
		n, of := 0, 1
		if _, err := fmt.Sscanf(part, "%d/%d", &n, &of); err != nil {
			t.Fatalf("%s is %q: %v", partVariable, part, err)
		}
		paint(t, dir, n, of)
		return
	}
	old, err := filepath.Glob(filepath.Join(dir, "*.png"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range old {
		if err := os.Remove(f); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	var parts sync.WaitGroup
	turn := make(chan bool, runtime.NumCPU())
	of := runtime.NumCPU() * partsEach
	for n := range of {
		parts.Go(func() {
			turn <- true
			defer func() { <-turn }()
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestPictures$")
			cmd.Env = append(os.Environ(), partVariable+"="+strconv.Itoa(n)+"/"+strconv.Itoa(of))
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("part %d: %v\n%s", n, err, out)
			}
		})
	}
	parts.Wait()
}

// paint paints the n-th of so many parts. Pictures are packed while the next is painted.
func paint(t *testing.T, dir string, n, of int) {
	t.Helper()
	only := os.Getenv("AVOW_PICTURES_ONLY") // scenes whose name begins so
	type file struct {
		path string
		img  image.Image
	}
	files, packed := make(chan file, 2), make(chan error, 1)
	go func() {
		var err error
		for f := range files {
			if e := writePNG(f.path, f.img); e != nil && err == nil {
				err = e
			}
		}
		packed <- err
	}()
	i, app := 0, test.NewTempApp(t)
	for _, x := range shots(longest(t)) {
		for _, s := range scenes() {
			if i++; i%of != n || !strings.HasPrefix(s.name, only) {
				continue
			}
			t.Run(x.name+"/"+s.name, func(t *testing.T) {
				l := x.look
				l.name, l.appearance = x.name, x.appearances[0]
				g := s.playIn(t, app, l)
				for _, a := range x.appearances {
					if a != l.appearance {
						g.model.Choose(func(c *model.Choices) { c.Appearance = a })
						g.drain()
					}
					path := filepath.Join(dir, fmt.Sprintf("%s.%s-%s.png", s.name, x.name, a))
					files <- file{path, g.win.Canvas().Capture()}
				}
			})
		}
	}
	close(files)
	if err := <-packed; err != nil {
		t.Error(err)
	}
}

// drain does what the shell was asked for, without time going on.
func (g *stage) drain() {
	for len(g.queue) > 0 {
		f := g.queue[0]
		g.queue = slices.Delete(g.queue, 0, 1)
		f()
	}
}

func writePNG(path string, img image.Image) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(f, img)
	if e := f.Close(); err == nil {
		err = e
	}
	return err
}
