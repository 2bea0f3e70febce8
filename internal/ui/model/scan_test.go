package model_test

import (
	"context"
	"image"
	"image/draw"
	"testing"

	"avow/internal/phone"
	"avow/internal/phone/platform"
	"avow/internal/qr"
	"avow/internal/ui/model"
	"avow/internal/ui/model/modeltest"
)

// displays show pictures, or nothing at all.
type displays struct{ shots []image.Image }

func (d *displays) Shots(context.Context, image.Rectangle) ([]image.Image, error) {
	if d.shots == nil {
		return nil, platform.ErrNoScreen
	}
	return d.shots, nil
}

// A code on the second display is found beside one that is none of ours; where the displays can't be looked at, the way is not offered again.
func TestScanDisplays(t *testing.T) {
	var d displays
	g := newStage(t, phone.State{}, func(c *model.Config) { c.Displays = &d })
	g.OpenScan()
	if !g.Scan().Displays {
		t.Fatal("the displays are not offered")
	}
	second := image.NewGray(image.Rect(0, 0, 900, 500))
	draw.Draw(second, second.Rect, image.White, image.Point{}, draw.Src)
	for i, text := range []string{"WIFI:S:guest;;", modeltest.RegistrationLink()} {
		code, err := qr.Encode(text, qr.LevelM)
		if err != nil {
			t.Fatal(err)
		}
		draw.Draw(second, image.Rect(i*450, 20, 900, 500), code.Image(5), image.Point{}, draw.Src)
	}
	d.shots = []image.Image{image.NewGray(image.Rect(0, 0, 300, 200)), second}
	g.ScanDisplays()
	g.on(model.PageConnect)
	g.Back()
	g.OpenScan()
	d.shots = nil
	g.ScanDisplays()
	if v := g.Scan(); !v.Wrong || v.Displays {
		t.Errorf("without displays: %+v", v)
	}
}
