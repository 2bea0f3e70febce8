package desktop

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"os"
	"testing"

	"avow/internal/phone/platform"
	"avow/internal/phone/platform/platformtest"
	"avow/internal/phone/scanner"
	"avow/internal/qr"
)

// film is a device that shows what it is given.
type film struct {
	frames chan image.Image
	end    chan struct{}
}

func (f *film) wait() error { return nil }

func (f *film) frame() (image.Image, error) {
	select {
	case img := <-f.frames:
		return img, nil
	case <-f.end:
		return nil, nil
	}
}

func (f *film) close() {}

// The camera keeps the contract of platform.Camera, whatever device it has.
func TestCamera(t *testing.T) {
	platformtest.RunCamera(t, func(t *testing.T) (platform.Camera, func(image.Image)) {
		end := make(chan struct{})
		t.Cleanup(func() { close(end) })
		frames := make(chan image.Image)
		// A real camera goes on sending, so that the end of the context is seen.
		c := &camera{open: func() (device, error) { return &endless{film{frames, end}}, nil }}
		return c, func(img image.Image) { frames <- img }
	})
}

// endless sends nothing while there is nothing, as a camera that is late does.
type endless struct{ film }

func (e *endless) frame() (image.Image, error) {
	select {
	case img := <-e.frames:
		return img, nil
	default:
		return nil, errSkip
	}
}

func TestCameraIsLost(t *testing.T) {
	c := &camera{open: func() (device, error) { return lost{}, nil }}
	frames, err := c.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := scanner.Watch(t.Context(), frames, func(error) {}); !errors.Is(err, scanner.ErrCameraLost) {
		t.Errorf("got %v, want ErrCameraLost", err)
	}
	if _, err := c.Start(t.Context()); err != nil {
		t.Errorf("a camera that was lost does not start again: %v", err)
	}
}

type lost struct{}

func (lost) wait() error                 { return errors.New("no such device") }
func (lost) frame() (image.Image, error) { return nil, nil }
func (lost) close()                      {}

func TestNoCamera(t *testing.T) {
	if nodes, _ := os.ReadDir("/sys/class/video4linux"); len(nodes) > 0 {
		t.Skip("there is a camera")
	}
	if _, err := NewCamera().Start(t.Context()); !errors.Is(err, platform.ErrNoCamera) {
		t.Errorf("got %v, want ErrNoCamera", err)
	}
}

// What cameras send in each form is read by the scanner.
func TestPixels(t *testing.T) {
	const text = "otpauth://totp/x?secret=GEZDGNBVGY3TQOJQ"
	code, err := qr.Encode(text, qr.LevelM)
	if err != nil {
		t.Fatal(err)
	}
	small := code.Image(4)
	w, h := small.Rect.Dx()/2*2, small.Rect.Dy()
	light := func(x, y int) byte { return color.GrayModel.Convert(small.At(x, y)).(color.Gray).Y }
	var shades, pairs []byte
	for y := range h {
		for x := range w {
			shades = append(shades, light(x, y))
			pairs = append(pairs, light(x, y), 128)
		}
	}
	var file bytes.Buffer
	if err := jpeg.Encode(&file, small.SubImage(image.Rect(0, 0, w, h)), nil); err != nil {
		t.Fatal(err)
	}
	whole := file.Bytes()
	tables := usualTables()
	bare := bytes.Replace(whole, tables, nil, 1)
	if len(tables) < 400 || len(bare) != len(whole)-len(tables) {
		t.Fatalf("the tables have %d bytes, without them %d of %d are left", len(tables), len(bare), len(whole))
	}
	for name, c := range map[string]struct {
		picture func([]byte, int, int) (image.Image, error)
		data    []byte
	}{"GREY": {grey, shades}, "YUYV": {yuyv, pairs}, "MJPG": {mjpeg, whole}, "MJPG without tables": {mjpeg, bare}} {
		t.Run(name, func(t *testing.T) {
			img, err := c.picture(c.data, w, h)
			if err != nil {
				t.Fatal(err)
			}
			got, err := scanner.Frame(context.Background(), img)
			if err != nil || got.Text != text {
				t.Errorf("got %q, %v", got.Text, err)
			}
			if _, err := c.picture(c.data[:len(c.data)/3], w, h); !errors.Is(err, errSkip) {
				t.Errorf("a third of a frame: %v, want errSkip", err)
			}
		})
	}
}

// Without a display there is no picture of it, and no panic. With one, AVOW_TEST_SCREEN says what stands on it.
func TestDisplays(t *testing.T) {
	want, shown := os.LookupEnv("AVOW_TEST_SCREEN")
	if !shown && (os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != "") {
		t.Skip("the display may show anything")
	}
	shots, err := NewDisplays().Shots(t.Context(), image.Rectangle{})
	if !shown {
		if !errors.Is(err, platform.ErrNoScreen) {
			t.Errorf("got %d pictures, %v, want ErrNoScreen", len(shots), err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	got, err := scanner.Image(t.Context(), shots[0])
	if err != nil || got.Text != want {
		t.Errorf("got %q, %v, want %q", got.Text, err, want)
	}
	part, err := NewDisplays().Shots(t.Context(), image.Rect(10, 10, 110, 60))
	if err != nil || len(part) != 1 || part[0].Bounds().Size() != image.Pt(100, 50) {
		t.Errorf("of a part: %d pictures, %v", len(part), err)
	}
}
