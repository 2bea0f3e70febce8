package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/BurntSushi/toml"
	"github.com/fyne-io/oksvg"
	"github.com/srwiley/rasterx"
	xdraw "golang.org/x/image/draw"

	"avow/assets/brand"
	"avow/internal/atomicfile"
)

// iconSizes are those of assets/icons/app.
var iconSizes = []int{24, 48, 192, 1024}

// least is how wide a picture has to be.
const least = 1024

// pack is a brand as its folder has it.
type pack struct {
	brand brand.Brand
	file  string // brand.toml
	icon  image.Image
}

// read checks a folder.
func read(dir string) (pack, error) {
	p := pack{file: filepath.Join(dir, "brand.toml")}
	data, err := os.ReadFile(p.file)
	if errors.Is(err, fs.ErrNotExist) {
		return p, fmt.Errorf("there is no brand.toml in %s: name the folder that has one", dir)
	}
	if err != nil {
		return p, err
	}
	if p.brand, err = brand.Parse(data); err != nil {
		return p, err
	}
	if err := colors(p.brand); err != nil {
		return p, err
	}
	if p.brand.Icon != "" {
		p.icon, err = picture(filepath.Join(dir, p.brand.Icon))
	}
	return p, err
}

// picture reads an icon: a square PNG that is large enough, or an SVG, which is drawn.
func picture(path string) (image.Image, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the icon can't be read: %w", err)
	}
	if strings.HasSuffix(path, ".svg") {
		return drawn(path, data)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("the icon %s is no PNG: %w", path, err)
	}
	if b := img.Bounds(); b.Dx() != b.Dy() || b.Dx() < least {
		return nil, fmt.Errorf("the icon %s has %d x %d px. It must be square, and at least %d px wide", path, b.Dx(), b.Dy(), least)
	}
	return img, nil
}

func drawn(path string, data []byte) (image.Image, error) {
	svg, err := oksvg.ReadIconStream(bytes.NewReader(data), oksvg.StrictErrorMode)
	if err != nil {
		return nil, fmt.Errorf("the icon %s can't be drawn: %w. Save it as plain SVG, without text and filters, or as PNG", path, err)
	}
	if box := svg.ViewBox; box.W <= 0 || box.W != box.H {
		return nil, fmt.Errorf("the icon %s has a view box of %g x %g. It must be square", path, box.W, box.H)
	}
	img := image.NewRGBA(image.Rect(0, 0, least, least))
	svg.SetTarget(0, 0, least, least)
	svg.Draw(rasterx.NewDasher(least, least, rasterx.NewScannerGV(least, least, img, img.Bounds())), 1)
	return img, nil
}

// write puts into out what a build of the source tree needs. Files of the tree are not touched: the go command takes others in their place (its flag -overlay).
func (p pack) write(source, out string) error {
	source, err := filepath.Abs(source)
	if err != nil {
		return err
	}
	if out, err = filepath.Abs(out); err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	data, err := os.ReadFile(p.file)
	if err != nil {
		return err
	}
	if err := atomicfile.Write(filepath.Join(out, "brand.toml"), data); err != nil {
		return err
	}
	overlay := map[string]string{filepath.Join(source, "assets/brand/brand.toml"): filepath.Join(out, "brand.toml")}
	icon := filepath.Join(source, "assets/icons/app/icon-1024.png")
	if p.icon != nil {
		icon = filepath.Join(out, "icon-1024.png")
		for _, size := range iconSizes {
			name := fmt.Sprintf("icon-%d.png", size)
			if err := writeIcon(filepath.Join(out, name), p.icon, size); err != nil {
				return err
			}
			overlay[filepath.Join(source, "assets/icons/app", name)] = filepath.Join(out, name)
		}
	}
	list, err := json.MarshalIndent(map[string]any{"Replace": overlay}, "", "  ")
	if err != nil {
		return err
	}
	return errors.Join(
		atomicfile.Write(filepath.Join(out, "overlay.json"), append(list, '\n')),
		p.fyneApp(source, icon, filepath.Join(out, "FyneApp.toml")),
		p.desktop(source, filepath.Join(out, p.brand.AppID+".desktop")),
	)
}

func writeIcon(path string, img image.Image, size int) error {
	small := image.NewNRGBA(image.Rect(0, 0, size, size))
	xdraw.CatmullRom.Scale(small, small.Bounds(), img, img.Bounds(), draw.Src, nil)
	var b bytes.Buffer
	if err := png.Encode(&b, small); err != nil {
		return err
	}
	return atomicfile.Write(path, b.Bytes())
}

// fyneApp copies FyneApp.toml with the brand's name, id, version and icon: packaging reads it, and counts its builds in it.
func (p pack) fyneApp(source, icon, path string) error {
	var f struct {
		Details    map[string]any
		Migrations map[string]any
	}
	if _, err := toml.DecodeFile(filepath.Join(source, "FyneApp.toml"), &f); err != nil {
		return fmt.Errorf("read FyneApp.toml: %w", err)
	}
	f.Details["Name"], f.Details["ID"], f.Details["Icon"] = p.brand.Name, p.brand.AppID, icon
	if p.brand.Version != "" {
		f.Details["Version"] = p.brand.Version
	}
	var b bytes.Buffer
	if err := toml.NewEncoder(&b).Encode(f); err != nil {
		return err
	}
	return atomicfile.Write(path, b.Bytes())
}

// desktop copies the entry of the applications' menu. The scheme of links stays: mails and codes of every server use it.
func (p pack) desktop(source, path string) error {
	data, err := os.ReadFile(filepath.Join(source, "app/avow/dist/app.avow.desktop"))
	if err != nil {
		return err
	}
	lines := strings.Split(string(data), "\n")
	for i, l := range lines {
		switch {
		case strings.HasPrefix(l, "Name="):
			lines[i] = "Name=" + p.brand.Name
		case strings.HasPrefix(l, "Icon="):
			lines[i] = "Icon=" + p.brand.AppID
		}
	}
	return atomicfile.Write(path, []byte(strings.Join(lines, "\n")))
}
