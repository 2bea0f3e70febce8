package shell

import (
	"fmt"

	"fyne.io/fyne/v2"

	"avow/internal/ui/style"
)

// watched lays everything over the whole window and has the screen made anew when the window gets wide or narrow.
type watched struct{ shell *Shell }

func (l *watched) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	for _, o := range objects {
		o.Move(fyne.NewPos(0, 0))
		o.Resize(size)
	}
	if s := l.shell; s.model != nil && s.sign != "" {
		s.Changed()
	}
}

// MinSize lets a window be as small as the smallest phone.
func (l *watched) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(320, 480) }

// layoutSign changes when the same page has to be laid out in another way.
func (s *Shell) layoutSign() string {
	size := s.root.Size()
	return fmt.Sprint(size.Width >= wideFrom, size.Width >= twoFrom, size.Height > 0 && size.Height < smallUnder)
}

// overTabs lays a screen over the window, the tab bar at its foot, and the middle of the scan button over the bar's edge.
type overTabs struct{ scan float32 }

// scanOver is how far the middle of the scan button is over the bar: between two tabs it reaches into the bar, over a tab it keeps off.
func scanOver(tabs int) float32 {
	if tabs%2 == 0 {
		return 20
	}
	return style.SizeScan/2 + style.SizeScanMargin + 2
}

func (l *overTabs) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Move(fyne.NewPos(0, 0))
	objects[0].Resize(size)
	bar := objects[1]
	height := bar.MinSize().Height
	bar.Move(fyne.NewPos(0, size.Height-height))
	bar.Resize(fyne.NewSize(size.Width, height))
	if len(objects) > 2 {
		d := style.SizeScan + 2*style.SizeScanMargin
		objects[2].Resize(fyne.NewSize(d, d))
		objects[2].Move(fyne.NewPos((size.Width-d)/2, size.Height-height-l.scan-d/2))
	}
}

func (*overTabs) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(320, 480) }

// beside lays the side bar at the left and the screen in what is left.
type beside struct{}

func (*beside) Layout(objects []fyne.CanvasObject, size fyne.Size) {
	objects[0].Move(fyne.NewPos(0, 0))
	objects[0].Resize(fyne.NewSize(style.SizeRailWidth, size.Height))
	objects[1].Move(fyne.NewPos(style.SizeRailWidth+sideMargins, 0))
	objects[1].Resize(fyne.NewSize(size.Width-style.SizeRailWidth-2*sideMargins, size.Height))
}

func (*beside) MinSize([]fyne.CanvasObject) fyne.Size {
	return fyne.NewSize(style.SizeRailWidth+style.SizePaneMin, 480)
}
