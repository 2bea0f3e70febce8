package widgets

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"avow/assets/icons"
	"avow/internal/ui/style"
)

// TestIconSheet writes a contact sheet of all icons when AVOW_GALLERY names a folder.
func TestIconSheet(t *testing.T) {
	dir := os.Getenv("AVOW_GALLERY")
	if dir == "" {
		t.Skip("set AVOW_GALLERY to a folder to get the pictures")
	}
	app := test.NewTempApp(t)
	app.Settings().SetTheme(style.NewTheme(style.Options{Appearance: style.Light}))
	root := container.NewWithoutLayout()
	place := func(n icons.Name, x, y, size float32, c style.Token) {
		img := canvas.NewImageFromResource(style.Icon(string(n)+".svg", icons.SVG(n), c))
		img.Resize(fyne.NewSquareSize(size))
		img.Move(fyne.NewPos(x, y))
		root.Add(img)
	}
	files, err := filepath.Glob("../../../assets/icons/svg/*.svg")
	if err != nil {
		t.Fatal(err)
	}
	i := 0
	for _, f := range files {
		n := icons.Name(strings.TrimSuffix(filepath.Base(f), ".svg"))
		if strings.HasSuffix(string(n), "-bold") {
			continue
		}
		x, y := float32(i%12)*108+8, float32(i/12)*100+8
		place(n, x, y, 48, style.Text)
		place(n, x+56, y, 24, style.Text)
		if !strings.HasSuffix(string(n), "-fill") {
			place(n.Bold(), x+56, y+28, 22, style.Primary)
		}
		l := canvas.NewText(string(n), style.Color(style.TextMuted))
		l.TextSize = 11
		l.Move(fyne.NewPos(x, y+56))
		l.Resize(l.MinSize())
		root.Add(l)
		i++
	}
	shot(t, root, fyne.NewSize(1304, float32((i+11)/12)*100), filepath.Join(dir, "icons.png"))
}
