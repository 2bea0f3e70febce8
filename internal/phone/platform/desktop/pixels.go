package desktop

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
)

// Each of these makes a picture of a frame's bytes, as Video4Linux names the forms; errSkip for too few bytes. They copy: the bytes are the
// driver's, and it fills them again.

// grey is GREY: a byte of light for each pixel.
func grey(data []byte, w, h int) (image.Image, error) {
	if len(data) < w*h {
		return nil, errSkip
	}
	img := image.NewGray(image.Rect(0, 0, w, h))
	copy(img.Pix, data)
	return img, nil
}

// yuyv is YUYV: two pixels in four bytes, light, blue, light, red.
func yuyv(data []byte, w, h int) (image.Image, error) {
	if w%2 != 0 || len(data) < 2*w*h {
		return nil, errSkip
	}
	img := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio422)
	for i := range w * h / 2 {
		p := data[4*i : 4*i+4 : 4*i+4]
		img.Y[2*i], img.Cb[i], img.Y[2*i+1], img.Cr[i] = p[0], p[1], p[2], p[3]
	}
	return img, nil
}

// mjpeg is MJPG: a JPEG for each frame, by many cameras without the tables that all of them share.
func mjpeg(data []byte, w, h int) (image.Image, error) {
	if !bytes.HasPrefix(data, []byte{0xff, 0xd8}) {
		return nil, errSkip
	}
	if !bytes.Contains(data[:min(len(data), 2048)], []byte{0xff, 0xc4}) {
		data = append(append([]byte{0xff, 0xd8}, usualTables()...), data[2:]...)
	}
	img, err := jpeg.Decode(bytes.NewReader(data))
	if err != nil || img.Bounds().Dx() != w || img.Bounds().Dy() != h {
		return nil, errSkip
	}
	return img, nil
}

// usualTables is the segment with the Huffman tables of ITU-T T.81, annex K.3, which the standard library's encoder writes too.
func usualTables() []byte {
	var file bytes.Buffer
	img := image.NewRGBA(image.Rect(0, 0, 1, 1))
	img.Set(0, 0, color.White)
	if err := jpeg.Encode(&file, img, nil); err != nil {
		return nil
	}
	data := file.Bytes()
	for i := 2; i+4 <= len(data) && data[i] == 0xff; {
		length := int(data[i+2])<<8 | int(data[i+3])
		if end := i + 2 + length; data[i+1] == 0xc4 && end <= len(data) {
			return data[i:end]
		}
		i += 2 + length
	}
	return nil
}
