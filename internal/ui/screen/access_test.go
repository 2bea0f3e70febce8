package screen_test

import (
	"fmt"
	"image/color"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"avow/internal/ui/model"
	"avow/internal/ui/style"
	"avow/internal/ui/widgets"
)

// thing is what a person meets on a screen, in the order of the tree: that is the order of the keyboard and of a screen reader.
type thing struct {
	o      fyne.CanvasObject
	at     fyne.Position
	scroll bool // lies in what is scrolled
}

// things are all visible objects of the layer that has the keyboard: the topmost menu or sheet, else the page.
func (g *stage) things() []thing {
	root := g.win.Canvas().Content()
	if top := g.win.Canvas().Overlays().Top(); top != nil {
		root = top
	}
	var out []thing
	var walk func(o fyne.CanvasObject, at fyne.Position, scroll bool)
	walk = func(o fyne.CanvasObject, at fyne.Position, scroll bool) {
		if !o.Visible() {
			return
		}
		at = at.Add(o.Position())
		out = append(out, thing{o, at, scroll})
		switch o := o.(type) {
		case *container.Scroll:
			walk(o.Content, at, true)
		case *fyne.Container:
			for _, c := range o.Objects {
				walk(c, at, scroll)
			}
		case fyne.Widget:
			for _, c := range test.WidgetRenderer(o).Objects() {
				walk(c, at, scroll)
			}
		}
	}
	walk(root, fyne.Position{}, false)
	return out
}

func isOff(o fyne.CanvasObject) bool {
	d, ok := o.(fyne.Disableable)
	return ok && d.Disabled()
}

// TestEveryScene plays each scene once and looks at it in several ways.
func TestEveryScene(t *testing.T) {
	for i, s := range scenes() {
		if s.picture {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			l := lightPhone
			if i%2 == 1 { // states of a screen come one after the other, so each has both
				l = darkPhone
			}
			g := s.play(t, l)
			things := g.things()
			labels(t, things)
			g.contrasts(t)
			g.byKeyboard(t, things)
			g.leave(t)
		})
	}
}

// labels looks whether all that can be tapped or typed into says what it is.
func labels(t *testing.T, things []thing) {
	t.Helper()
	for _, x := range things {
		_, taps := x.o.(fyne.Tappable)
		_, focuses := x.o.(fyne.Focusable)
		if !taps && !focuses || strings.HasSuffix(fmt.Sprintf("%T", x.o), ".over") {
			continue // what lies under a sheet is no thing to do: Esc does the same
		}
		a, ok := x.o.(fyne.Accessible)
		switch {
		case !ok:
			t.Errorf("%T at %v says nothing", x.o, x.at)
		case a.AccessibilityLabel() == "":
			t.Errorf("%T at %v has no words", x.o, x.at)
		}
	}
}

// byKeyboard walks with Tab from the first to the last thing: everything that can be tapped is met, once, in reading order, with its ring in view. A
// keypad is left out, whose digits are typed.
func (g *stage) byKeyboard(t *testing.T, things []thing) {
	t.Helper()
	at := map[fyne.CanvasObject]thing{}
	want := map[fyne.CanvasObject]bool{}
	for _, x := range things {
		at[x.o] = x
		_, taps := x.o.(fyne.Tappable)
		_, focuses := x.o.(fyne.Focusable)
		name := fmt.Sprintf("%T", x.o)
		switch {
		case focuses && !isOff(x.o):
			want[x.o] = true
		case taps && !focuses && !strings.HasSuffix(name, ".key") && !strings.HasSuffix(name, ".over") && !strings.Contains(name, "widget."):
			t.Errorf("%s at %v can be tapped, but not reached by the keyboard", name, x.at)
		}
	}
	c := g.win.Canvas()
	c.Unfocus()
	var last thing
	met := map[fyne.CanvasObject]bool{}
	for range len(want) + 1 {
		c.FocusNext()
		o, ok := c.Focused().(fyne.CanvasObject)
		if !ok || met[o] {
			break
		}
		met[o] = true
		x, known := at[o]
		if !known {
			t.Errorf("the keyboard is at %T, which is not on the screen", o)
			break
		}
		_, round := o.(*widgets.ScanButton) // lies over the tabs, and comes after them
		if last.o != nil && !round && !x.scroll && !last.scroll && stands(x, last) {
			t.Errorf("the keyboard goes from %s at %v back to %s at %v", said(last.o), last.at, said(x.o), x.at)
		}
		g.inView(t, o)
		last = x
	}
	for o := range want {
		if !met[o] {
			t.Errorf("%T %q at %v is not reached", o, said(o), at[o].at)
		}
	}
}

// stands tells whether a thing stands over another one, or left of it on the same line.
func stands(x, last thing) bool {
	over := x.at.Y+x.o.Size().Height <= last.at.Y && x.at.X < last.at.X+last.o.Size().Width
	left := x.at.X+x.o.Size().Width <= last.at.X && x.at.Y < last.at.Y+last.o.Size().Height/2 && x.at.Y+x.o.Size().Height > last.at.Y
	return over || left
}

func said(o fyne.CanvasObject) string {
	if a, ok := o.(fyne.Accessible); ok {
		return a.AccessibilityLabel()
	}
	return fmt.Sprintf("%T", o)
}

// inView looks whether what has the keyboard is on the window, after the screen has scrolled to it.
func (g *stage) inView(t *testing.T, o fyne.CanvasObject) {
	t.Helper()
	size := g.win.Canvas().Size()
	pos := fyne.CurrentApp().Driver().AbsolutePositionForObject(o)
	if end := pos.Y + o.Size().Height; pos.Y < 0 || end > size.Height+1 {
		t.Errorf("%q has the keyboard and stands at %v to %v, out of a window of %v", said(o), pos.Y, end, size)
	}
}

// A code is said digit by digit, so that it can be typed as it is heard; one that is hidden is not said.
func TestCodesAreSaidDigitByDigit(t *testing.T) {
	all := func(scene string) string {
		t.Helper()
		for _, s := range scenes() {
			if s.name == scene {
				var words []string
				for _, x := range s.play(t, lightPhone).things() {
					if a, ok := x.o.(fyne.Accessible); ok && a.AccessibilityRole() != fyne.AccessibleRoleContainer {
						words = append(words, a.AccessibilityLabel())
					}
				}
				return strings.Join(words, "\n")
			}
		}
		t.Fatalf("there is no scene %q", scene)
		return ""
	}
	spelled := regexp.MustCompile(`\d \d \d, \d \d \d`)
	for scene, pattern := range map[string]string{
		"09-codes": spelled.String(), "11-offline-code": `\d \d \d \d, \d \d \d \d`, "13-restore-set-up": `(\w \w \w \w, ){6}`, "06-request-number": "Typed so far, 4 8 2 9",
	} {
		if got := all(scene); !regexp.MustCompile(pattern).MatchString(got) {
			t.Errorf("%s says nothing like %q:\n%s", scene, pattern, got)
		}
	}
	if got := all("09-codes-hidden"); len(spelled.FindAllString(got, -1)) != 1 || strings.Count(got, "hidden") < 5 { // one was tapped
		t.Errorf("hidden codes are said as\n%s", got)
	}
}

// leftRunning are the goroutines of the screens that run now, besides the one that asks.
func leftRunning() string {
	buf := make([]byte, 1<<20)
	var left []string
	for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n")[1:] {
		if strings.Contains(g, "avow/internal/ui/") && !strings.Contains(g, "testing.tRunner") {
			left = append(left, g)
		}
	}
	return strings.Join(left, "\n\n")
}

// leave goes back to Home as a person does, and looks whether anything of the screen goes on in the background.
func (g *stage) leave(t *testing.T) {
	t.Helper()
	for n, before := 0, model.Page(""); n < 6 && g.shell.Page() != before; n++ { // until it leads no further
		before = g.shell.Page()
		g.key(fyne.KeyEscape)
	}
	g.model.GoTo(model.PageHome)
	g.settle()
	left := leftRunning()
	for i := 0; left != "" && i < 200; i++ { // what was told to end needs its turn
		time.Sleep(10 * time.Millisecond)
		left = leftRunning()
	}
	if left != "" {
		t.Errorf("after the screen was left this goes on:\n%s", left)
	}
}

// contrasts measures each text against what is painted under it (WCAG 2.2, 1.4.3): the list of pairs in package style is complete only if this finds nothing.
func (g *stage) contrasts(t *testing.T) {
	t.Helper()
	type area struct {
		at, end fyne.Position
		color   color.NRGBA
		picture bool
	}
	under := []area{{end: fyne.NewPos(1e6, 1e6), color: opaque(style.Color(style.Background))}}
	for _, x := range g.things() {
		a := area{at: x.at, end: x.at.Add(x.o.Size())}
		switch o := x.o.(type) {
		case *canvas.Rectangle:
			a.color = opaque(o.FillColor)
		case *canvas.Circle:
			a.color = opaque(o.FillColor)
		case *canvas.Image:
			a.picture = o.Size().Width > 100
		case *canvas.Text:
			middle := x.at.Add(fyne.NewDelta(o.MinSize().Width/2, o.Size().Height/2))
			if o.Text == "" {
				continue
			}
			for i := len(under) - 1; i >= 0; i-- {
				b := under[i]
				if middle.X < b.at.X || middle.Y < b.at.Y || middle.X > b.end.X || middle.Y > b.end.Y {
					continue
				}
				least := 4.5
				if o.TextSize >= 24 || o.TextSize >= 18.6 && o.TextStyle.Bold {
					least = 3
				}
				if got := style.Contrast(opaque(o.Color), b.color); !b.picture && got < least {
					t.Errorf("%q has a contrast of %.2f", o.Text, got)
				}
				break
			}
			continue
		}
		if a.color.A == 0xFF || a.picture {
			under = append(under, a)
		}
	}
}

func opaque(c color.Color) color.NRGBA {
	if c == nil {
		return color.NRGBA{}
	}
	return color.NRGBAModel.Convert(c).(color.NRGBA)
}
