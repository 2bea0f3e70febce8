package qr_test

import (
	"image"
	"testing"

	"avow/internal/qr"
	"avow/internal/testenv/camera"
)

// BenchmarkDecodeFrame is the scanner's time for one frame of a phone's camera, with and without a code in it.
func BenchmarkDecodeFrame(b *testing.B) {
	code, err := qr.Encode("HTTPS://ID.EXAMPLE.COM/R#041061050R3GG28A1C60T3GF208H44RM2MB1E60S38DHR78Z3D1P9", qr.LevelM)
	if err != nil {
		b.Fatal(err)
	}
	desk := image.NewGray(image.Rect(0, 0, 200, 200))
	for i := range desk.Pix {
		desk.Pix[i] = 150
	}
	for _, size := range []struct {
		name string
		image.Point
	}{{"640x480", image.Pt(640, 480)}, {"1280x720", image.Pt(1280, 720)}} {
		for _, content := range []struct {
			name  string
			scene image.Image
		}{{"code", code.Image(8)}, {"empty", desk}} {
			frame := yuv(camera.HandHeld.Frame(content.scene, image.Rectangle{}, size.Point, 5))
			b.Run(size.name+"/"+content.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					_, err := qr.Decode(b.Context(), frame, qr.Options{Effort: qr.EffortFrame})
					if (err == nil) != (content.name == "code") {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// yuv is the form in which a camera hands over its frames.
func yuv(frame *image.RGBA) *image.YCbCr {
	out := image.NewYCbCr(frame.Rect, image.YCbCrSubsampleRatio420)
	for y := range frame.Rect.Dy() {
		for x := range frame.Rect.Dx() {
			p := frame.Pix[frame.PixOffset(x, y):]
			out.Y[out.YOffset(x, y)] = uint8((299*int(p[0]) + 587*int(p[1]) + 114*int(p[2])) / 1000)
		}
	}
	return out
}

func BenchmarkEncode(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := qr.Encode("HTTPS://ID.EXAMPLE.COM/R#041061050R3GG28A1C60T3GF208H44RM2MB1E60S38DHR78Z3D1P9", qr.LevelM); err != nil {
			b.Fatal(err)
		}
	}
}
