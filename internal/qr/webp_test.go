package qr

import (
	"encoding/binary"
	"hash/crc32"
	"image"
)

// losslessWebP writes img in two colours as VP8L with codes of fixed length, since x/image reads WebP but does not write
// it: a green channel of 0 or 255 and constant others (WebP Lossless Bitstream Specification, section 7).
func losslessWebP(img *image.Paletted) []byte {
	var b bits
	b.write(0x2f, 8)
	b.write(uint32(img.Rect.Dx()-1), 14)
	b.write(uint32(img.Rect.Dy()-1), 14)
	b.write(0, 1+3)     // no alpha, version 0
	b.write(0, 3)       // no transform, no colour cache, one group of codes
	b.write(0b1_1_1, 3) // green: simple code, two symbols, the first of 8 bits
	b.write(0, 8)
	b.write(255, 8)
	for range 2 { // red and blue follow from one symbol each; alpha and distance likewise
		b.write(0b0_0_1, 3)
		b.write(0, 1)
	}
	b.write(0b1_0_1, 3)
	b.write(255, 8)
	b.write(0b0_0_1, 3)
	b.write(0, 1)
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			b.write(uint32(1-img.ColorIndexAt(x, y)), 1)
		}
	}
	data := b.bytes
	if len(data)%2 == 1 {
		data = append(data, 0)
	}
	out := append([]byte("RIFF"), binary.LittleEndian.AppendUint32(nil, uint32(12+len(data)))...)
	out = append(out, "WEBPVP8L"...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(data)))
	return append(out, data...)
}

// bits are written lowest first.
type bits struct {
	bytes []byte
	used  int
}

func (b *bits) write(value uint32, n int) {
	for i := range n {
		if b.used%8 == 0 {
			b.bytes = append(b.bytes, 0)
		}
		b.bytes[len(b.bytes)-1] |= byte(value>>i&1) << (b.used % 8)
		b.used++
	}
}

func pngChecksum(chunk []byte) []byte {
	return binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(chunk))
}
