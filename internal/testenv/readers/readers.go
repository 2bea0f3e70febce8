// Package readers has our QR reader and others side by side, each asked for a picture at a time and timed by the CPU it takes: gozxing as it
// is, and, where they are installed, zbarimg and ZXingReader (Debian: zbar-tools, zxing-cpp-tools). The latter are programs: their time
// includes their start and the opening of the file, which [Reader.Start] tells.
package readers

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"

	"avow/internal/qr"
)

// Reader reads pictures.
type Reader struct {
	Name string
	// Start is what it takes for a picture of 8x8 pixels.
	Start time.Duration

	read func(ctx context.Context, img *image.Gray) (string, time.Duration)
}

// Read returns the first text in a picture, "" for none, and the CPU time of it.
func (r Reader) Read(ctx context.Context, img *image.Gray) (string, time.Duration) {
	return r.read(ctx, img)
}

// Available lists the readers that there are: ours as it reads a frame within the budget, ours with all effort, gozxing, and the programs
// that are installed. They keep their files in folder.
func Available(ctx context.Context, folder string, budget time.Duration) []Reader {
	all := []Reader{
		{Name: "avow frame", read: ours(qr.Options{Effort: qr.EffortFrame, Budget: budget})},
		{Name: "avow picture", read: ours(qr.Options{})},
		{Name: "gozxing", read: bare},
	}
	for _, p := range []struct {
		name string
		args []string
	}{
		{"zbarimg", []string{"-q", "--raw", "--nodbus", "-Sdisable", "-Sqrcode.enable"}},
		{"ZXingReader", []string{"-format", "QRCode", "-bytes"}},
	} {
		if path, err := exec.LookPath(p.name); err == nil {
			all = append(all, Reader{Name: p.name, read: program(filepath.Join(folder, "frame.pgm"), path, p.args)})
		}
	}
	tiny := image.NewGray(image.Rect(0, 0, 8, 8))
	for i := range all {
		var times []time.Duration
		for range 9 {
			_, took := all[i].Read(ctx, tiny)
			times = append(times, took)
		}
		slices.Sort(times)
		all[i].Start = times[len(times)/2]
	}
	return all
}

func ours(opts qr.Options) func(context.Context, *image.Gray) (string, time.Duration) {
	return func(ctx context.Context, img *image.Gray) (text string, took time.Duration) {
		before := used()
		results, err := qr.Decode(ctx, img, opts)
		took = used() - before
		if err != nil {
			return "", took
		}
		return results[0].Text, took
	}
}

// bare is gozxing without us, as its own documentation has it, trying harder.
func bare(_ context.Context, img *image.Gray) (text string, took time.Duration) {
	before := used()
	defer func() {
		if recover() != nil {
			text = ""
		}
		took = used() - before
	}()
	bitmap, err := gozxing.NewBinaryBitmap(gozxing.NewHybridBinarizer(gozxing.NewLuminanceSourceFromImage(img)))
	if err != nil {
		return "", 0
	}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true})
	if err != nil {
		return "", 0
	}
	return result.GetText(), 0
}

func program(file, path string, args []string) func(context.Context, *image.Gray) (string, time.Duration) {
	return func(ctx context.Context, img *image.Gray) (string, time.Duration) {
		if err := os.WriteFile(file, pgm(img), 0o600); err != nil {
			return "", 0
		}
		cmd := exec.CommandContext(ctx, path, append(slices.Clone(args), file)...)
		out, err := cmd.Output()
		if cmd.ProcessState == nil {
			return "", 0
		}
		took := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		if err != nil {
			return "", took
		}
		return string(bytes.TrimSuffix(out, []byte("\n"))), took
	}
}

// pgm is the simplest file that both programs open.
func pgm(img *image.Gray) []byte {
	size := img.Rect.Size()
	out := fmt.Appendf(nil, "P5\n%d %d\n255\n", size.X, size.Y)
	for y := range size.Y {
		at := img.PixOffset(img.Rect.Min.X, img.Rect.Min.Y+y)
		out = append(out, img.Pix[at:at+size.X]...)
	}
	return out
}
