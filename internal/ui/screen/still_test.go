package screen_test

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// counting is an app that hears what asks to be painted.
type counting struct {
	fyne.App
	painted *[]string
}

func (c counting) Driver() fyne.Driver { return countingDriver{c.App.Driver(), c.painted} }

type countingDriver struct {
	fyne.Driver
	painted *[]string
}

func (d countingDriver) CanvasForObject(o fyne.CanvasObject) fyne.Canvas {
	c := d.Driver.CanvasForObject(o)
	if c == nil {
		return nil
	}
	return countingCanvas{c, d.painted}
}

type countingCanvas struct {
	fyne.Canvas
	painted *[]string
}

func (c countingCanvas) Refresh(o fyne.CanvasObject) {
	*c.painted = append(*c.painted, fmt.Sprintf("%T", o))
	c.Canvas.Refresh(o)
}

// A second in which nothing has changed paints nothing: one painted thing is the whole window painted anew, and the battery of a phone.
func TestAStillScreenIsNotPainted(t *testing.T) {
	app := test.NewTempApp(t)
	for _, s := range scenes() {
		t.Run(s.name, func(t *testing.T) {
			g := s.playIn(t, app, lightPhone)
			var painted []string
			fyne.SetCurrentApp(counting{app, &painted})
			defer fyne.SetCurrentApp(app)
			g.shell.Changed()
			for len(g.queue) > 0 {
				f := g.queue[0]
				g.queue = g.queue[1:]
				f()
			}
			if len(painted) > 0 {
				t.Errorf("painted: %s", painted)
			}
		})
	}
}
