package transfer

import "bytes"

// magics are how well-known files begin whose content looks as random as what is encrypted.
var magics = [][]byte{
	[]byte("PK"), []byte("\x1f\x8b"), []byte("\x89PNG"), []byte("\xff\xd8\xff"), []byte("GIF8"), []byte("RIFF"), []byte("%PDF"),
	[]byte("7z\xbc\xaf"), []byte("Rar!"), []byte("BZh"), []byte("\xfd7zXZ"), []byte("\x28\xb5\x2f\xfd"), []byte("OggS"), []byte("ID3"),
	[]byte("SQLite format 3"), []byte("\x7fELF"), []byte("\x00\x00\x00"), // the last: MP4, HEIC
}

// looksEncrypted reports whether data could be the output of a cipher: no known kind of file, and all values of bytes equally
// often, as far as the chi-squared test tells. One in millions of encrypted files fails that; hardly a picture or program passes.
func looksEncrypted(data []byte) bool {
	for _, magic := range magics {
		if bytes.HasPrefix(data, magic) {
			return false
		}
	}
	var counts [256]float64
	for _, b := range data {
		counts[b]++
	}
	expected := float64(len(data)) / 256
	chi := 0.0
	for _, n := range counts {
		chi += (n - expected) * (n - expected) / expected
	}
	const mean, deviation = 255, 22.6
	return chi < mean+9*deviation
}
