package qr

import (
	"image"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// TestPhotographs reads the photographs of zxing's black-box tests, which lie beside the repository where they are at all.
// Counts at 0, 90, 180 and 270 degrees, measured with gozxing v0.1.1:
//
//	set       pictures  gozxing alone (TRY_HARDER)  this package
//	qrcode-1  20        19 17 19 17                 20 20 20 20
//	qrcode-3  42        38 39 36 39                 42 42 42 42
//	qrcode-5  19        19 19 19 19                 19 19 19 19
//
// So all are read, and one that is not is a step back.
func TestPhotographs(t *testing.T) {
	for _, set := range []struct {
		name  string
		count int
	}{{"qrcode-1", 20}, {"qrcode-3", 42}, {"qrcode-5", 19}} {
		t.Run(set.name, func(t *testing.T) {
			all := os.Getenv("AVOW_SOAK") != ""
			for quarters := range 4 {
				if !all && quarters != set.count%4 {
					continue // make soak turns them all ways
				}
				ours, bare := 0, 0
				photographs := photographs(t, set.name)
				for _, p := range photographs {
					picture := turned(p.picture, quarters)
					got, err := Decode(t.Context(), picture.image(), Options{})
					switch {
					case err != nil:
						t.Logf("%s at %d degrees: %v", p.name, quarters*90, err)
					case got[0].Text != p.want:
						t.Errorf("%s at %d degrees: got %q, want %q", p.name, quarters*90, got[0].Text, p.want)
					default:
						ours++
					}
					if all && p.bareText(t, quarters) == p.want {
						bare++
					}
				}
				t.Logf("%s at %3d degrees: %d of %d, gozxing alone %d", set.name, quarters*90, ours, len(photographs), bare)
				if ours < set.count {
					t.Errorf("%s at %d degrees: read %d, want %d", set.name, quarters*90, ours, set.count)
				}
			}
		})
	}
}

type photograph struct {
	name, want string
	original   image.Image
	picture    *luma
}

// photographs skips the test where there are none.
func photographs(t testing.TB, set string) []photograph {
	t.Helper()
	folder := filepath.Join(moduleRoot(t), "..", "shared", "data", "qr-zxing", set)
	files, err := filepath.Glob(filepath.Join(folder, "*.png"))
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Skip("the photographs of zxing's tests are not beside the repository")
	}
	var found []photograph
	for _, file := range files {
		want, err := os.ReadFile(strings.TrimSuffix(file, ".png") + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(file)
		if err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, photograph{filepath.Base(file), text(want), img, grey(img)})
	}
	return found
}

// text takes what is not UTF-8 as ISO-8859-1.
func text(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var out []rune
	for _, c := range b {
		out = append(out, rune(c))
	}
	return string(out)
}

// bareText is what gozxing reads without us.
func (p photograph) bareText(t testing.TB, quarters int) string {
	t.Helper()
	source := gozxing.NewLuminanceSourceFromImage(p.original)
	for range quarters {
		var err error
		if source, err = source.RotateCounterClockwise(); err != nil {
			t.Fatal(err)
		}
	}
	bitmap, err := gozxing.NewBinaryBitmap(gozxing.NewHybridBinarizer(source))
	if err != nil {
		t.Fatal(err)
	}
	hints := map[gozxing.DecodeHintType]any{gozxing.DecodeHintType_TRY_HARDER: true}
	result, err := qrcode.NewQRCodeReader().Decode(bitmap, hints)
	if err != nil {
		return ""
	}
	return result.GetText()
}

func moduleRoot(t testing.TB) string {
	t.Helper()
	folder, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder
		}
		if folder == filepath.Dir(folder) {
			t.Fatal("no go.mod above the test")
		}
		folder = filepath.Dir(folder)
	}
}

func turned(l *luma, quarters int) *luma {
	for range quarters {
		out := newLuma(l.Height, l.Width)
		for y := range l.Height {
			for x := range l.Width {
				out.pix[(l.Width-1-x)*out.Width+y] = l.pix[y*l.Width+x]
			}
		}
		l = out
	}
	return l
}
