package camera_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"math"
	"testing"

	"avow/internal/qr"
	"avow/internal/testenv/camera"
)

const (
	registerLink = "HTTPS://ID.EXAMPLE.COM/R#041061050R3GG28A1C60T3GF208H44RM2MB1E60S38DHR78Z3D1P9"
	offlineLink  = "HTTPS://ID.EXAMPLE.COM/O#0C50A2G0YR7X1KF28JNN4K6C0E2QX7WB53VJ9ZP0T1HD8QMSR4G6YA5VCT2K7EF8W1X0QB3M9JDH"
)

// The scanner reads every frame of a phone that is held by hand, lying or upright.
func TestHandHeldIsRead(t *testing.T) {
	tests := []struct {
		name, link string
		size       image.Point
		seeds      uint64
	}{
		{"register", registerLink, image.Pt(640, 480), 12},
		{"register large", registerLink, image.Pt(1280, 720), 3},
		{"register upright", registerLink, image.Pt(720, 1280), 3},
		{"offline", offlineLink, image.Pt(640, 480), 6},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			code := encode(t, tt.link).Image(8)
			for seed := range tt.seeds {
				frame := camera.HandHeld.Frame(code, image.Rectangle{}, tt.size, seed)
				got, err := qr.Decode(t.Context(), frame, qr.Options{Effort: qr.EffortFrame})
				if err != nil {
					t.Errorf("seed %d: %v", seed, err)
				} else if got[0].Text != tt.link || got[0].Unsure {
					t.Errorf("seed %d: got %+v", seed, got[0])
				}
			}
		})
	}
}

// Of difficult frames the scanner has to read most, and must never read one wrong.
func TestDifficultIsMostlyRead(t *testing.T) {
	code := encode(t, registerLink).Image(8)
	const seeds = 12
	read := 0
	for seed := range uint64(seeds) {
		frame := camera.Difficult.Frame(code, image.Rectangle{}, image.Pt(640, 480), seed)
		got, err := qr.Decode(t.Context(), frame, qr.Options{Effort: qr.EffortFrame})
		switch {
		case err != nil:
		case got[0].Text != registerLink:
			t.Errorf("seed %d: got %q", seed, got[0].Text)
		default:
			read++
		}
	}
	t.Logf("read %d of %d", read, seeds)
	if read < 11 {
		t.Errorf("read %d of %d, want at least 11", read, seeds)
	}
}

// A page shows the code among other things, and the camera sees some of them.
func TestCodeOnPageIsRead(t *testing.T) {
	code := encode(t, registerLink).Image(8)
	page, at := connectPage(code)
	for seed := range uint64(3) {
		frame := camera.HandHeld.Frame(page, at, image.Pt(720, 1280), seed)
		got, err := qr.Decode(t.Context(), frame, qr.Options{Effort: qr.EffortFrame})
		if err != nil || got[0].Text != registerLink {
			t.Errorf("seed %d: got %v, %v", seed, got, err)
		}
	}
	if got, err := qr.Decode(t.Context(), page, qr.Options{}); err != nil || got[0].Text != registerLink {
		t.Errorf("the page itself: got %v, %v", got, err)
	}
}

// Where a code can't be read, the reason is measured.
func TestHints(t *testing.T) {
	code := encode(t, registerLink).Image(8)
	whole := image.Rect(0, 0, 1280, 720)
	tests := []struct {
		name       string
		conditions camera.Conditions
		seen       image.Rectangle // the part of the frame that is left
		want       qr.Hint
	}{
		{"far", camera.Far, whole, qr.HintTooFar},
		{"blurred", camera.Blurred, whole, qr.HintBlurred},
		{"dark", camera.Dark, whole, qr.HintTooDark},
		{"left part outside", camera.Steady, image.Rect(600, 0, 1280, 720), qr.HintOutside},
		{"upper part outside", camera.Steady, image.Rect(0, 320, 1280, 720), qr.HintOutside},
		{"lower part outside", camera.Steady, image.Rect(0, 0, 1280, 400), qr.HintOutside},
		{"reflection", camera.Steady, whole, qr.HintGlare},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for seed := range uint64(2) {
				frame := tt.conditions.Frame(code, image.Rectangle{}, whole.Size(), seed)
				if tt.want == qr.HintGlare {
					lamp(frame, image.Pt(640, 360), 130)
				}
				_, err := qr.Decode(t.Context(), frame.SubImage(tt.seen), qr.Options{Effort: qr.EffortFrame})
				var none *qr.NotFoundError
				if !errors.As(err, &none) || none.Hint != tt.want {
					t.Errorf("seed %d: got %v, want the hint %q", seed, err, tt.want)
				}
			}
		})
	}
}

// lamp makes a disc of the frame white.
func lamp(frame *image.RGBA, middle image.Point, radius int) {
	for y := -radius; y <= radius; y++ {
		for x := -radius; x <= radius; x++ {
			if x*x+y*y <= radius*radius {
				frame.Set(middle.X+x, middle.Y+y, color.White)
			}
		}
	}
}

// Frames at an angle that no person chooses, and still most are read, as frames.
func TestExtremeTilt(t *testing.T) {
	conditions := camera.HandHeld
	conditions.Tilt, conditions.Roll = 65, 180
	code := encode(t, registerLink).Image(8)
	read := 0
	for seed := range uint64(6) {
		frame := conditions.Frame(code, image.Rectangle{}, image.Pt(640, 480), seed)
		got, err := qr.Decode(t.Context(), frame, qr.Options{Effort: qr.EffortFrame})
		if err != nil {
			continue
		}
		read++
		if got[0].Text != registerLink {
			t.Errorf("seed %d: got %q", seed, got[0].Text)
		}
	}
	if read < 5 {
		t.Errorf("read %d of 6, want at least 5", read)
	}
}

func TestFrameDependsOnItsSeed(t *testing.T) {
	code := encode(t, "AVOW").Image(4)
	shoot := func(seed uint64) []byte {
		return camera.Difficult.Frame(code, image.Rectangle{}, image.Pt(160, 120), seed).Pix
	}
	if !bytes.Equal(shoot(1), shoot(1)) {
		t.Error("the same seed gives two frames")
	}
	if bytes.Equal(shoot(1), shoot(2)) {
		t.Error("two seeds give the same frame")
	}
}

// The scene stands the right way up: a white left half, seen steadily, is left.
func TestFrameIsNotMirrored(t *testing.T) {
	scene := image.NewGray(image.Rect(10, 10, 210, 210))
	draw.Draw(scene, image.Rect(10, 10, 60, 60), image.White, image.Point{}, draw.Src)
	still := camera.Conditions{FillMin: 0.8, FillMax: 0.8, Light: 1}
	frame := still.Frame(scene, image.Rectangle{}, image.Pt(300, 300), 1)
	if near, far := frame.RGBAAt(50, 50).R, frame.RGBAAt(230, 230).R; near < 200 || far > 50 {
		t.Errorf("got %d at the top left and %d at the bottom right, want white and black", near, far)
	}
	if frame.RGBAAt(50, 50).A != 255 {
		t.Error("the frame is transparent")
	}
}

func TestFrameFill(t *testing.T) {
	white := image.NewUniform(color.White)
	scene := image.NewGray(image.Rect(0, 0, 100, 100))
	draw.Draw(scene, scene.Rect, white, image.Point{}, draw.Src)
	still := camera.Conditions{FillMin: 0.5, FillMax: 0.5, Light: 1}
	frame := still.Frame(scene, image.Rectangle{}, image.Pt(400, 300), 3)
	lit := 0
	for y := range 300 {
		for x := range 400 {
			if frame.RGBAAt(x, y).B > 200 {
				lit++
			}
		}
	}
	if side := math.Sqrt(float64(lit)); math.Abs(side-150) > 4 {
		t.Errorf("the code's side is %.1f pixels, want 150: half of the shorter side", side)
	}
}

// connectPage is white, with a heading, lines of text, a button, and the code on a card.
func connectPage(code image.Image) (page *image.RGBA, at image.Rectangle) {
	page = image.NewRGBA(image.Rect(0, 0, 1280, 900))
	draw.Draw(page, page.Rect, image.NewUniform(color.RGBA{R: 246, G: 247, B: 249, A: 255}), image.Point{}, draw.Src)
	ink := image.NewUniform(color.RGBA{R: 30, G: 40, B: 60, A: 255})
	for line := range 12 {
		for word := range 9 { // words, as far as a camera cares
			width := 20 + (line*7+word*13)%40
			draw.Draw(page, image.Rect(80+word*62, 120+line*34, 80+word*62+width, 132+line*34), ink, image.Point{}, draw.Src)
		}
	}
	draw.Draw(page, image.Rect(80, 620, 320, 670), image.NewUniform(color.RGBA{R: 20, G: 90, B: 200, A: 255}), image.Point{}, draw.Src)
	at = code.Bounds().Add(image.Pt(760, 200))
	draw.Draw(page, at, code, image.Point{}, draw.Src)
	return page, at
}

func encode(t testing.TB, text string) qr.Code {
	t.Helper()
	code, err := qr.Encode(text, qr.LevelM)
	if err != nil {
		t.Fatal(err)
	}
	return code
}
