package main

import (
	"bytes"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"avow/app/avow-simulator/tour"
)

// pictures are those of the README, by what the tour calls them.
var pictures = map[string]string{
	"connect.png":   "*-connect-light.png",
	"number.png":    "*-desk-number-light.png",
	"request.png":   "*-request-number-light.png",
	"signed-in.png": "*-desk-signed-in-light.png",
}

// The tour walks the main job to its end, prints its steps and writes a picture of each screen; the dark ones are made by make run only. With AVOW_PICTURES_README=1
// it also renews the pictures in docs/images.
func TestTour(t *testing.T) {
	if testing.Short() {
		t.Skip("the tour takes some seconds")
	}
	t.Parallel()
	dir := t.TempDir()
	var out bytes.Buffer
	if err := tour.Run(t.Context(), tour.Options{Out: &out, Dir: dir, Light: true}); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	for _, want := range []string{`first screen \d+ ms after the start`, `computer: sub u_[\w-]{22}, acr urn:avow:number,`, `done: \d+ steps, \d+ pictures`} {
		if !regexp.MustCompile(want).MatchString(out.String()) {
			t.Errorf("the tour does not say %q:\n%s", want, out.String())
		}
	}
	light, dark := glob(t, dir, "*-light.png"), glob(t, dir, "*-dark.png")
	if len(light) < 20 || len(dark) != 0 {
		t.Errorf("%d light pictures and %d dark ones", len(light), len(dark))
	}
	sheet, err := os.ReadFile(filepath.Join(dir, "index.html"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range light {
		if !bytes.Contains(sheet, []byte(`src="`+filepath.Base(f)+`"`)) {
			t.Errorf("the contact sheet does not show %s", filepath.Base(f))
		}
	}
	for name, pattern := range pictures {
		found := glob(t, dir, "[0-9][0-9]"+pattern[1:])
		if len(found) == 0 {
			t.Errorf("there is no picture %s", pattern)
			continue
		}
		renew(t, found[0], filepath.Join(root, "docs/images", name))
	}
}

func glob(t *testing.T, dir, pattern string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// renew reads a picture of the tour, and puts it into the documents, small, if that is wanted.
func renew(t *testing.T, from, to string) {
	t.Helper()
	f, err := os.Open(from)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatalf("%s: %v", from, err)
	}
	if size := img.Bounds().Size(); size.X < 390 || size.Y < 700 {
		t.Errorf("%s has %v pixels", from, size)
	}
	if os.Getenv("AVOW_PICTURES_README") == "" {
		return
	}
	var small bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, img); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, small.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
