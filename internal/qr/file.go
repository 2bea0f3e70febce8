package qr

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/webp"
)

// MaxFile is the largest picture file that is read, in bytes.
const MaxFile = 64 << 20

// ErrNotPicture says that a file is no PNG, JPEG, GIF or WebP, or a damaged one.
var ErrNotPicture = errors.New("not a picture")

// A format is told by its first bytes rather than by image.Decode, whose formats depend on what else the program imports.
type format struct {
	magic  string // '?' is any byte
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

var formats = []format{
	{"\x89PNG\r\n\x1a\n", png.DecodeConfig, png.Decode},
	{"\xff\xd8\xff", jpeg.DecodeConfig, jpeg.Decode},
	{"GIF8?a", gif.DecodeConfig, gif.Decode},
	{"RIFF????WEBPVP8", webp.DecodeConfig, webp.Decode},
}

// DecodeReader opens a picture file (PNG, JPEG, the first picture of a GIF, WebP) and decodes it as [Decode] does. The
// size is checked before the pixels are unpacked. Further errors: ErrNotPicture, ErrTooLarge above [MaxFile] or
// [MaxPixels], and those of r.
func DecodeReader(ctx context.Context, r io.Reader, opts Options) ([]Result, error) {
	data, err := io.ReadAll(io.LimitReader(whileAlive{ctx, r}, MaxFile+1))
	if err != nil {
		return nil, fmt.Errorf("read picture: %w", err)
	}
	if len(data) > MaxFile {
		return nil, fmt.Errorf("%w: more than %d MiB", ErrTooLarge, MaxFile>>20)
	}
	img, err := open(ctx, data)
	if err != nil {
		return nil, err
	}
	return Decode(ctx, img, opts)
}

// open unpacks a picture. What a decoder does not expect costs the picture only, even if it panics.
func open(ctx context.Context, data []byte) (img image.Image, err error) {
	defer func() {
		if recover() != nil {
			img, err = nil, fmt.Errorf("%w: damaged", ErrNotPicture)
		}
	}()
	for _, f := range formats {
		if !f.matches(data) {
			continue
		}
		config, err := f.config(bytes.NewReader(data))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNotPicture, err)
		}
		if err := checkSize(config.Width, config.Height); err != nil {
			return nil, err
		}
		img, err := f.decode(whileAlive{ctx, bytes.NewReader(data)})
		if ctx.Err() != nil {
			return nil, fmt.Errorf("read picture: %w", ctx.Err())
		}
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNotPicture, err)
		}
		return img, nil
	}
	return nil, ErrNotPicture
}

func (f format) matches(data []byte) bool {
	if len(data) < len(f.magic) {
		return false
	}
	for i := range len(f.magic) {
		if f.magic[i] != '?' && f.magic[i] != data[i] {
			return false
		}
	}
	return true
}

// whileAlive reads until the context ends, since a small file can unpack for a long time.
type whileAlive struct {
	ctx context.Context
	r   io.Reader
}

func (w whileAlive) Read(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	const piece = 32 << 10
	return w.r.Read(p[:min(len(p), piece)])
}
