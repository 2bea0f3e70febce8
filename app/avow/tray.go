package main

import (
	"bytes"
	"image"
	"image/color"
	"image/draw"
	"image/png"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"avow/assets/icons"
	"avow/internal/ui/shell"
	"avow/internal/ui/style"
)

// appIcon is the icon of windows and tray.
func appIcon() fyne.Resource { return fyne.NewStaticResource("avow.png", icons.App(192)) }

// tray stands beside the system's clock, where the desktop has a place for it; nil on phones.
func (u *ui) tray() *shell.Tray {
	d, ok := u.app.(desktop.App)
	if !ok || fyne.CurrentDevice().IsMobile() {
		return nil
	}
	quiet, open := appIcon(), withDot(icons.App(192))
	shown := -1
	return &shell.Tray{
		Set: func(m *fyne.Menu, n int) {
			d.SetSystemTrayMenu(m)
			if (n > 0) == (shown > 0) && shown >= 0 {
				return
			}
			shown = n
			if n > 0 {
				d.SetSystemTrayIcon(open)
			} else {
				d.SetSystemTrayIcon(quiet)
			}
		},
		Show: func() {
			u.win.Show()
			u.win.RequestFocus()
		},
		Quit: u.app.Quit,
	}
}

// withDot is the icon with a dot in its corner: something is open. The number stands in the menu.
func withDot(icon []byte) fyne.Resource {
	src, err := png.Decode(bytes.NewReader(icon))
	if err != nil {
		return appIcon()
	}
	img := image.NewNRGBA(src.Bounds())
	draw.Draw(img, img.Bounds(), src, src.Bounds().Min, draw.Src)
	d := img.Bounds().Dx()
	disc(img, d*3/4, d/4, d/4, style.Color(style.Background))
	disc(img, d*3/4, d/4, d/5, style.Color(style.Accent))
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return appIcon()
	}
	return fyne.NewStaticResource("avow-open.png", b.Bytes())
}

func disc(img draw.Image, cx, cy, r int, c color.Color) {
	for y := cy - r; y <= cy+r; y++ {
		for x := cx - r; x <= cx+r; x++ {
			if dx, dy := x-cx, y-cy; dx*dx+dy*dy <= r*r {
				img.Set(x, y, c)
			}
		}
	}
}
