package widgets

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
)

// What is spare goes where there is no room for it and comes back with the room; what still goes on below fades out.
func TestPageSparesWhatItCan(t *testing.T) {
	test.NewTempApp(t)
	picture := Gap(200)
	page, _ := NewPage(Column(0, picture, Gap(300)), Gap(50), picture)
	fading := page.(*fyne.Container).Objects[2].(*fade)
	for _, c := range []struct {
		height       float32
		spared, goes bool
	}{{600, false, false}, {400, true, false}, {300, true, true}, {600, false, false}} {
		page.Resize(fyne.NewSize(320, c.height))
		if picture.Visible() == c.spared || fading.on != c.goes {
			t.Errorf("at %v: spared %v, goes on %v", c.height, !picture.Visible(), fading.on)
		}
	}
}

func TestChosenChipIsInView(t *testing.T) {
	test.NewTempApp(t)
	c := NewChips(0, nil, "Everything", "Answers", "Offline", "Devices", "Others")
	test.NewTempWindow(t, c).Resize(fyne.NewSize(220, 80))
	c.Resize(fyne.NewSize(220, 48))
	for _, i := range []int{4, 0, 2} {
		c.Choose(i)
		p, x := c.parts[i], c.scroll.Offset.X
		if p.Position().X < x || p.Position().X+p.Size().Width > x+c.scroll.Size().Width+1 {
			t.Errorf("chip %d is at %v to %v, seen from %v", i, p.Position().X, p.Position().X+p.Size().Width, x)
		}
	}
}
