package qr

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func TestDecodeTurnsAndMirrors(t *testing.T) {
	upright := grey(encode(t, registerLink).Image(4))
	for quarters := range 4 {
		reads(t, turned(upright, quarters).image(), registerLink)
	}
	mirrored := newLuma(upright.Width, upright.Height)
	for y := range upright.Height {
		for x := range upright.Width {
			mirrored.pix[y*upright.Width+x] = upright.pix[y*upright.Width+upright.Width-1-x]
		}
	}
	reads(t, mirrored.image(), registerLink)
	reads(t, upright.inverted().image(), registerLink)
}

func TestDecodeKindsOfPicture(t *testing.T) {
	code := encode(t, registerLink).Image(4)
	at := image.Rect(-7, 5, -7+code.Rect.Dx(), 5+code.Rect.Dy()) // no picture has to begin at 0, 0
	onNothing := image.NewNRGBA(at)
	for y := range at.Dy() {
		for x := range at.Dx() {
			if code.ColorIndexAt(x, y) == 1 {
				onNothing.Set(at.Min.X+x, at.Min.Y+y, color.Black)
			}
		}
	}
	pictures := map[string]draw.Image{
		"gray": image.NewGray(at), "rgba": image.NewRGBA(at), "nrgba": image.NewNRGBA(at), "gray16": image.NewGray16(at),
		"nrgba64": image.NewNRGBA64(at), "cmyk": image.NewCMYK(at), "paletted": image.NewPaletted(at, code.Palette),
	}
	for name, img := range pictures {
		t.Run(name, func(t *testing.T) {
			draw.Draw(img, at, code, image.Point{}, draw.Src)
			reads(t, img, registerLink)
		})
	}
	t.Run("transparent", func(t *testing.T) { reads(t, onNothing, registerLink) })
	t.Run("part of a picture", func(t *testing.T) {
		whole := image.NewRGBA(image.Rect(0, 0, 900, 700))
		draw.Draw(whole, image.Rect(300, 200, 900, 700), code, image.Point{}, draw.Src)
		reads(t, whole.SubImage(image.Rect(290, 190, 300+at.Dx()+10, 200+at.Dy()+10)), registerLink)
	})
	t.Run("palette too short", func(t *testing.T) {
		img := &image.Paletted{Pix: bytes.Repeat([]byte{9}, 10000), Stride: 100, Rect: image.Rect(0, 0, 100, 100)}
		if _, err := Decode(t.Context(), img, Options{}); !errors.Is(err, ErrNotFound) {
			t.Errorf("got %v, want ErrNotFound", err)
		}
	})
}

func TestDecodeSeveral(t *testing.T) {
	sheet := image.NewGray(image.Rect(0, 0, 800, 500))
	for i := range sheet.Pix {
		sheet.Pix[i] = 255
	}
	want := map[string]bool{}
	for i, text := range []string{"otpauth-migration://offline?data=one", "otpauth-migration://offline?data=two", registerLink} {
		code := encode(t, text).Image(4)
		draw.Draw(sheet, code.Rect.Add(image.Pt(20+250*i, 30+90*i)), code, image.Point{}, draw.Src)
		want[text] = true
	}
	got, err := Decode(t.Context(), sheet, Options{Max: 8})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range got {
		if !want[r.Text] || len(r.Corners) != 3 {
			t.Errorf("got %+v", r)
		}
		delete(want, r.Text)
	}
	if len(want) > 0 {
		t.Errorf("not found: %v", want)
	}
	if got, err := Decode(t.Context(), sheet, Options{}); err != nil || len(got) != 1 {
		t.Errorf("without Max: got %v, %v, want one", got, err)
	}
}

func TestCorners(t *testing.T) {
	got, err := Decode(t.Context(), encode(t, registerLink).Image(4), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []image.Point{{30, 134}, {30, 30}, {134, 30}} {
		if d := got[0].Corners[i].Sub(want); abs(d.X) > 2 || abs(d.Y) > 2 {
			t.Errorf("corner %d: got %v, want %v", i, got[0].Corners[i], want)
		}
	}
}

// The data of this code hold a finder pattern, and gozxing's own scan takes it for the third one.
func TestDecodeFinderPatternAmongData(t *testing.T) {
	const text = "0T1P%C/Y#8Zz\x1aID EXAM8LE7COM/Ry00Y40$B2M210$0Y120+R7821Y1P9"
	for scale := 2; scale <= 7; scale++ {
		reads(t, encode(t, text).Image(scale), text)
	}
}

// A picture full of finder patterns would keep gozxing comparing triples for hours.
func TestDecodeCrowdOfFinderPatterns(t *testing.T) {
	crowd := image.NewGray(image.Rect(0, 0, 1280, 1280))
	for y := range 1280 {
		for x := range 1280 {
			ring := max(abs(x%20-9), abs(y%20-9)) / 2
			if ring == 2 || ring >= 4 {
				crowd.Pix[y*1280+x] = 255
			}
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if _, err := Decode(ctx, crowd, Options{}); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	huge := image.NewUniform(color.White) // a billion pixels each way
	if _, err := Decode(t.Context(), huge, Options{}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("huge: got %v, want ErrTooLarge", err)
	}
	for _, size := range []image.Point{{0, 0}, {1, 1}, {3, 500}, {500, 3}, {39, 41}} {
		var none *NotFoundError
		if _, err := Decode(t.Context(), image.NewGray(image.Rectangle{Max: size}), Options{}); !errors.As(err, &none) {
			t.Errorf("%v: got %v, want a NotFoundError", size, err)
		}
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Decode(ended, encode(t, "AVOW").Image(4), Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("ended context: got %v, want context.Canceled", err)
	}
}

// The context ends amid the search, told apart from a picture in which nothing is.
func TestDecodeObservesContext(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	noise := image.NewGray(image.Rect(0, 0, 1200, 1200))
	for i := range noise.Pix {
		noise.Pix[i] = uint8(random.Uint32())
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := Decode(ctx, noise, Options{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want context.DeadlineExceeded", err)
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("took %v after a deadline of 30 ms", took)
	}
}

func TestHintUnreadable(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 300, 300))
	code := encode(t, registerLink).Image(6)
	draw.Draw(img, img.Rect, code, image.Point{}, draw.Src)
	draw.Draw(img, image.Rect(70, 80, 150, 240), image.Black, image.Point{}, draw.Src)
	var none *NotFoundError
	if _, err := Decode(t.Context(), img, Options{}); !errors.As(err, &none) || none.Hint != HintUnreadable {
		t.Errorf("got %v, want the hint %q", err, HintUnreadable)
	}
}

func TestHintNone(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 640, 480))
	for i := range img.Pix {
		img.Pix[i] = uint8(120 + i%640/20)
	}
	var none *NotFoundError
	if _, err := Decode(t.Context(), img, Options{}); !errors.As(err, &none) || none.Hint != HintNone {
		t.Errorf("got %v, want no hint", err)
	}
}

func TestReadApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		secondReaderFree = make(chan struct{}, 1)
		read := func(read func() []string) string {
			ctx, cancel := context.WithTimeout(t.Context(), secondReaderTime)
			defer cancel()
			got := strings.Join(readApart(ctx, read), " ")
			synctest.Wait()
			return got
		}
		good := func() []string { return []string{"good"} }
		if got := read(func() []string { panic("index out of range") }); got != "" {
			t.Errorf("after a panic: got %q, want nothing", got)
		}
		if got := read(good); got != "good" {
			t.Errorf("after the panic: got %q, want %q", got, "good")
		}
		end := make(chan struct{})
		if got := read(func() []string { <-end; return []string{"late"} }); got != "" {
			t.Errorf("hung: got %q, want nothing", got)
		}
		if got := read(good); got != "" {
			t.Errorf("while one hangs: got %q, want nothing", got)
		}
		close(end)
		synctest.Wait()
		if got := read(good); got != "good" {
			t.Errorf("after the hung one ended: got %q, want %q", got, "good")
		}
	})
	secondReaderFree = make(chan struct{}, 1)
}

// What the second reader says is let through by Accept or not at all.
func TestSecondReaderNeedsAccept(t *testing.T) {
	picture := grey(encode(t, "12345678901234567890").Image(5)) // goqr turns the digits of each group of three around
	s := &search{ctx: t.Context()}
	if r := s.secondReader(picture); r != nil {
		t.Errorf("without Accept: got %+v, want nothing", r)
	}
	var said []string
	s.opts.Accept = func(text string) bool { said = append(said, text); return false }
	if r := s.secondReader(picture); r != nil {
		t.Errorf("refused: got %+v, want nothing", r)
	}
	s.opts.Accept = func(string) bool { return true }
	if r := s.secondReader(picture); r == nil || !r.Unsure {
		t.Errorf("accepted: got %+v, want an unsure result", r)
	}
	if len(said) != 1 || said[0] == "12345678901234567890" {
		t.Logf("goqr says %q: it has learned to read digits", said)
	}
}

func TestDecodeReader(t *testing.T) {
	code := encode(t, registerLink).Image(4)
	files := map[string]func(*bytes.Buffer) error{
		"png":  func(b *bytes.Buffer) error { return png.Encode(b, code) },
		"jpeg": func(b *bytes.Buffer) error { return jpeg.Encode(b, code, &jpeg.Options{Quality: 40}) },
		"gif":  func(b *bytes.Buffer) error { return gif.Encode(b, code, nil) },
		"webp": func(b *bytes.Buffer) error { _, err := b.Write(losslessWebP(code)); return err },
	}
	for name, write := range files {
		t.Run(name, func(t *testing.T) {
			var file bytes.Buffer
			if err := write(&file); err != nil {
				t.Fatal(err)
			}
			whole := bytes.Clone(file.Bytes())
			got, err := DecodeReader(t.Context(), &file, Options{})
			if err != nil || got[0].Text != registerLink {
				t.Fatalf("got %v, %v", got, err)
			}
			for _, cut := range []int{0, 3, 12, 30, len(whole) / 2} {
				_, err := DecodeReader(t.Context(), bytes.NewReader(whole[:cut]), Options{})
				if !errors.Is(err, ErrNotPicture) {
					t.Errorf("cut after %d bytes: got %v, want ErrNotPicture", cut, err)
				}
			}
		})
	}
}

func TestDecodeReaderRefuses(t *testing.T) {
	var file bytes.Buffer
	if err := png.Encode(&file, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		t.Fatal(err)
	}
	bomb := file.Bytes() // says it is 100 000 x 100 000, which is to be refused before a pixel is unpacked
	binary.BigEndian.PutUint32(bomb[16:], 100_000)
	binary.BigEndian.PutUint32(bomb[20:], 100_000)
	copy(bomb[29:], pngChecksum(bomb[12:29]))
	if _, err := DecodeReader(t.Context(), bytes.NewReader(bomb), Options{}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("bomb: got %v, want ErrTooLarge", err)
	}
	if _, err := DecodeReader(t.Context(), strings.NewReader("%PDF-1.7"), Options{}); !errors.Is(err, ErrNotPicture) {
		t.Errorf("PDF: got %v, want ErrNotPicture", err)
	}
	if _, err := DecodeReader(t.Context(), endless{}, Options{}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("endless: got %v, want ErrTooLarge", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := DecodeReader(ended, endless{}, Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("ended context: got %v, want context.Canceled", err)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		roundTrip(t, rapid.StringN(1, 60, 200).Draw(t, "text"))
	})
}

func FuzzRoundTrip(f *testing.F) {
	for _, text := range []string{registerLink, offlineLink, "0", "12345", "a", "A#a", "Füße", "漢字かな", "\x00", "\u0080", "🙂", "%%", "A%A"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 300 {
			t.Skip("long texts take long and show nothing new")
		}
		roundTrip(t, text)
	})
}

type failer interface {
	Fatalf(format string, args ...any)
	Context() context.Context
}

func roundTrip(t failer, text string) {
	c, err := Encode(text, LevelM)
	if err != nil {
		if text != "" && strings.ToValidUTF8(text, "") == text {
			t.Fatalf("encode %q: %v", text, err)
		}
		return
	}
	got, err := Decode(t.Context(), c.Image(3), Options{})
	if err != nil || got[0].Text != text {
		t.Fatalf("%q came back as %+v, %v", text, got, err)
	}
}

func FuzzDecodeReader(f *testing.F) {
	code := encode(f, "AVOW:O#0C50A2G0").Image(2)
	var asPNG, asGIF, asJPEG bytes.Buffer
	if err := errors.Join(png.Encode(&asPNG, code), gif.Encode(&asGIF, code, nil), jpeg.Encode(&asJPEG, code, nil)); err != nil {
		f.Fatal(err)
	}
	f.Add(asPNG.Bytes())
	f.Add(asGIF.Bytes())
	f.Add(asJPEG.Bytes())
	f.Add(losslessWebP(code))
	f.Add([]byte("RIFF\x00\x00\x00\x00WEBPVP8 "))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, form := range formats {
			// A few bytes may say that they are a picture of 64 Mpx; reading such ones all day is not what fuzzing is for.
			if config, err := form.config(bytes.NewReader(data)); form.matches(data) && err == nil && config.Width*config.Height > 1<<18 {
				t.Skip("large")
			}
		}
		got, err := DecodeReader(t.Context(), bytes.NewReader(data), Options{Max: 3})
		if (err == nil) != (len(got) > 0) {
			t.Errorf("got %d results and the error %v", len(got), err)
		}
	})
}
