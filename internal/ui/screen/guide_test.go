package screen_test

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"avow/internal/ui/model"
)

// guidePictures are those of the user guide, each with the scene that it shows.
var guidePictures = map[string]string{
	"welcome":        "01-welcome",
	"connect":        "04-connect",
	"words":          "04-check-words",
	"home":           "19-home-quiet",
	"request-number": "06-request-number",
	"request-tap":    "07-request-tap",
	"approved":       "08-approved",
	"computers":      "10-computers",
	"offline-code":   "11-offline-code",
	"codes":          "09-codes",
	"restore":        "13-restore-set-up",
	"new-phone":      "15-new-phone-words",
	"settings":       "16-settings",
	"away":           "18-error-away",
	"desktop":        "20-desktop-home-codes",
}

var guides = map[string]string{"en": "user-guide.md", "de": "user-guide.de.md"}

// The guides show pictures of today's screens, all of them in both languages. With AVOW_PICTURES_GUIDE=1 they are made anew: make guide.
func TestGuidePictures(t *testing.T) {
	const docs = "../../../docs"
	byName := map[string]scene{}
	for _, s := range scenes() {
		byName[s.name] = s
	}
	shown := regexp.MustCompile(`images/guide/([\w-]+)\.(\w+)\.png`)
	for lang, file := range guides {
		text, err := os.ReadFile(filepath.Join(docs, file))
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for _, m := range shown.FindAllStringSubmatch(string(text), -1) {
			found[m[1]] = true
			if m[2] != lang {
				t.Errorf("%s shows a picture in %s: %s", file, m[2], m[0])
			}
		}
		if got, want := slices.Sorted(maps.Keys(found)), slices.Sorted(maps.Keys(guidePictures)); !slices.Equal(got, want) {
			t.Errorf("%s shows %v, want %v", file, got, want)
		}
		for name, s := range guidePictures {
			played, ok := byName[s]
			if !ok {
				t.Errorf("%s.png is of the scene %q, which there is not", name, s)
				continue
			}
			path := filepath.Join(docs, "images/guide", name+"."+lang+".png")
			l := look{name: "guide", width: 390, height: 844, appearance: model.Light, language: lang}
			if name == "desktop" {
				l.width, l.height = 1100, 750
			}
			if os.Getenv("AVOW_PICTURES_GUIDE") != "" {
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				t.Run(name+"-"+lang, func(t *testing.T) {
					if err := os.WriteFile(path, fewColors(t, played.play(t, l).win.Canvas().Capture()), 0o644); err != nil {
						t.Fatal(err)
					}
				})
			}
			f, err := os.Open(path)
			if err != nil {
				t.Error(err)
				continue
			}
			img, err := png.DecodeConfig(f)
			if err != nil || img.Width < 390 {
				t.Errorf("%s: %v, %d wide", path, err, img.Width)
			}
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// fewColors packs a picture with the 256 colors that are most of it: a third of the size, and nobody sees it.
func fewColors(t *testing.T, src image.Image) []byte {
	t.Helper()
	count := map[color.NRGBA]int{}
	b := src.Bounds()
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			count[color.NRGBAModel.Convert(src.At(x, y)).(color.NRGBA)]++
		}
	}
	all := slices.Collect(maps.Keys(count))
	slices.SortFunc(all, func(a, b color.NRGBA) int {
		return cmp.Or(count[b]-count[a], int(a.R)-int(b.R), int(a.G)-int(b.G), int(a.B)-int(b.B))
	})
	palette := color.Palette{}
	for _, c := range all[:min(256, len(all))] {
		palette = append(palette, c)
	}
	img := image.NewPaletted(b, palette)
	draw.Draw(img, b, src, b.Min, draw.Src)
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
