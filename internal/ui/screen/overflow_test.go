package screen_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"avow/assets/translations"
	"avow/internal/ui/model"
)

// TestNoTextOverflows goes through every scene on the two sizes of a phone, in every language and every text size: each text stands inside the window
// and inside the widget it belongs to, none lies over another, and what scrolls between bars that stay can still be seen. Nothing is painted.
//
// AVOW_PICTURES names a folder for pictures of what is wrong. All of it is for AVOW_ALL=1 (minutes). Otherwise every scene is seen in every language at the largest text on the smallest phone, where room is
// least, and in each of the other looks in languages that take turns, so that all looks, languages and scenes come up, and the same ones each time.
func TestNoTextOverflows(t *testing.T) {
	all := os.Getenv("AVOW_ALL") != ""
	app := test.NewTempApp(t)
	turn, skip := 0, 0
	sizes := slices.Clone(model.TextSizes())
	slices.Reverse(sizes)
	for _, size := range sizes { // outermost: another size reads the fonts anew
		for _, window := range []fyne.Size{fyne.NewSize(320, 568), fyne.NewSize(390, 844)} {
			worst := size == model.TextLargest && window.Width == 320
			for _, s := range scenes() {
				if s.picture {
					continue
				}
				languages := translations.Languages()
				if !all {
					some := 1
					if skip++; worst {
						some = 2
					} else if skip%3 != 0 {
						continue
					}
					var chosen []translations.Language
					for range some {
						chosen = append(chosen, languages[turn%len(languages)])
						turn += 5 // no divisor of the number of languages: each scene gets others
					}
					languages = chosen
				}
				for _, lang := range languages {
					l := look{name: lang.Tag, width: window.Width, height: window.Height, appearance: model.Light, language: lang.Tag, size: size}
					t.Run(fmt.Sprintf("%d/%v/%s/%s", size, window.Width, s.name, lang.Tag), func(t *testing.T) {
						g := s.playIn(t, app, l)
						c := g.win.Canvas()
						overflow(t, c.Content(), fyne.NewPos(0, 0), c.Size())
						if top := c.Overlays().Top(); top != nil {
							overflow(t, top, top.Position(), c.Size())
						}
						if dir := os.Getenv("AVOW_PICTURES"); dir != "" && t.Failed() {
							if err := writePNG(filepath.Join(dir, fmt.Sprintf("%s-%d-%v-%s.png", s.name, size, window.Width, lang.Tag)), c.Capture()); err != nil {
								t.Error(err)
							}
						}
					})
				}
			}
		}
	}
}

// box is a part of the window.
type box struct{ from, to fyne.Position }

func boxOf(at fyne.Position, s fyne.Size) box { return box{at, at.Add(s)} }

// beyond is how far b reaches out of a, sideways and in height.
func (b box) beyond(a box) (x, y float32) {
	return max(a.from.X-b.from.X, b.to.X-a.to.X), max(a.from.Y-b.from.Y, b.to.Y-a.to.Y)
}

// over is how far they lie over each other.
func (b box) over(a box) (x, y float32) {
	return min(a.to.X, b.to.X) - max(a.from.X, b.from.X), min(a.to.Y, b.to.Y) - max(a.from.Y, b.from.Y)
}

// letters is where the letters of a text stand: a line of type begins higher, with room for what no language of ours writes.
func letters(o *canvas.Text, at fyne.Position) box {
	b := boxOf(at, o.MinSize())
	b.from.Y += o.TextSize * 0.25
	b.to.Y -= o.TextSize * 0.06
	return b
}

// standing is a text where it stands.
type standing struct {
	text   *canvas.Text
	box    box
	widget box
	scroll fyne.CanvasObject // in which it scrolls; nil for none
}

// overflow walks through the tree and reports what stands wrong.
func overflow(t *testing.T, root fyne.CanvasObject, at fyne.Position, window fyne.Size) {
	t.Helper()
	const slack, least = 3, 96 // heavy type is drawn twice, a little apart
	var texts []standing
	var walk func(o fyne.CanvasObject, at fyne.Position, widget box, scroll fyne.CanvasObject)
	walk = func(o fyne.CanvasObject, at fyne.Position, widget box, scroll fyne.CanvasObject) {
		if !o.Visible() {
			return
		}
		var children []fyne.CanvasObject
		switch o := o.(type) {
		case *canvas.Text:
			if o.Text != "" {
				texts = append(texts, standing{o, letters(o, at), widget, scroll})
			}
			return
		case *container.Scroll:
			if o.Direction != container.ScrollVerticalOnly {
				return // it scrolls sideways: chips, a long text in a field
			}
			if d := o.Content.Size().Width - o.Size().Width; d > slack {
				t.Errorf("what is scrolled is %v too wide", d)
			}
			if o.Content.Size().Height > o.Size().Height+slack && o.Size().Height < least {
				t.Errorf("what is scrolled is seen through a slit of %v", o.Size().Height)
			}
			widget, scroll = boxOf(at, o.Content.Size()), o
			children = []fyne.CanvasObject{o.Content}
		case *fyne.Container:
			children = o.Objects
		case fyne.Widget:
			widget = boxOf(at, o.Size())
			children = test.WidgetRenderer(o).Objects()
		}
		for _, c := range children {
			walk(c, at.Add(c.Position()), widget, scroll)
		}
	}
	walk(root, at, boxOf(at, window), nil)
	whole := boxOf(fyne.NewPos(0, 0), window)
	for i, a := range texts {
		if x, y := a.box.beyond(whole); x > slack || a.scroll == nil && y > slack {
			t.Errorf("%q ends %v and %v beyond the window", a.text.Text, x, y)
		}
		if x, y := a.box.beyond(a.widget); x > slack || y > slack {
			t.Errorf("%q ends %v and %v beyond its widget", a.text.Text, x, y)
		}
		for _, b := range texts[i+1:] {
			if a.scroll != b.scroll || a.text.Text == b.text.Text && a.widget == b.widget { // heavy type is drawn twice
				continue
			}
			if x, y := a.box.over(b.box); x > slack && y > 2*slack {
				t.Errorf("%q and %q lie %v and %v over each other", a.text.Text, b.text.Text, x, y)
			}
		}
	}
}
