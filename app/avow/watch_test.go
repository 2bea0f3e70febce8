package main

import (
	"bytes"
	"image/color"
	"image/png"
	"testing"

	"fyne.io/fyne/v2"

	"avow/assets/icons"
	"avow/internal/ui/model"
	"avow/internal/ui/shell"
)

func TestPagesArePrinted(t *testing.T) {
	var out bytes.Buffer
	watch(&out)(shell.Seen{Page: model.PageHome, Language: "de", Places: map[string]fyne.Position{"scan": fyne.NewPos(98.5, 704), "menu": fyne.NewPos(1, 2)}})
	if got, want := out.String(), "page home de menu=1,2 scan=98,704\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if watch(nil) != nil {
		t.Error("nobody asked, and it prints")
	}
}

// Something open shows on the icon beside the clock.
func TestTrayIcons(t *testing.T) {
	quiet, err := png.Decode(bytes.NewReader(icons.App(192)))
	if err != nil {
		t.Fatal(err)
	}
	open, err := png.Decode(bytes.NewReader(withDot(icons.App(192)).Content()))
	if err != nil {
		t.Fatal(err)
	}
	same := func(x, y int) bool {
		return color.NRGBAModel.Convert(open.At(x, y)) == color.NRGBAModel.Convert(quiet.At(x, y))
	}
	if open.Bounds() != quiet.Bounds() || same(144, 48) || !same(40, 150) {
		t.Error("the icon has no dot in its corner, or has lost the rest")
	}
}
