package transfer

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/binary"
	"hash/crc32"
	"io"

	"avow/internal/key"
)

// zipLocked says whether the entry is encrypted: bit 0 of the flags of APPNOTE.TXT, section 4.4.4.
func zipLocked(f *zip.File) bool { return f.Flags&1 != 0 }

// openZip returns the content of one entry of at most most bytes, whatever its header says of its size. It knows the two ways in which
// archives are locked with a password: the traditional one of APPNOTE.TXT, section 6.1, and WinZip's AES (AE-1 and AE-2).
//
// The errors are ErrPasswordNeeded, ErrPasswordWrong, ErrDamaged, ErrTooLarge.
func openZip(f *zip.File, password key.Secret, most int) ([]byte, error) {
	if !zipLocked(f) {
		r, err := f.Open()
		if err != nil {
			return nil, ErrDamaged.Because(err)
		}
		return readAtMost(r, most)
	}
	if password == nil {
		return nil, ErrPasswordNeeded
	}
	raw, err := f.OpenRaw()
	if err != nil {
		return nil, ErrDamaged.Because(err)
	}
	sealed, err := readAtMost(raw, most)
	if err != nil {
		return nil, err
	}
	method, check := f.Method, true
	var packed []byte
	if method == zipAES {
		packed, method, check, err = unlockAES(f.Extra, sealed, password)
	} else {
		packed, err = unlockTraditional(f, sealed, password)
	}
	if err != nil {
		return nil, err
	}
	content, err := unpackZip(method, packed, most)
	if err == nil && check && crc32.ChecksumIEEE(content) != f.CRC32 {
		err = ErrPasswordWrong // one byte of 256 lets a wrong password through the traditional check
	}
	if err != nil {
		clear(content)
		return nil, err
	}
	return content, nil
}

func unpackZip(method uint16, packed []byte, most int) ([]byte, error) {
	switch method {
	case zip.Store:
		return packed, nil
	case zip.Deflate:
		content, err := readAtMost(flate.NewReader(bytes.NewReader(packed)), most)
		if err != nil && !ErrTooLarge.Is(err) {
			return nil, ErrPasswordWrong.Because(err) // what a wrong key makes of it cannot be unpacked
		}
		return content, err
	}
	return nil, ErrDamaged
}

// readAtMost reads all of r, or fails with ErrTooLarge, or with ErrDamaged if r fails.
func readAtMost(r io.Reader, most int) ([]byte, error) {
	var buf bytes.Buffer
	n, err := buf.ReadFrom(io.LimitReader(r, int64(most)+1))
	switch {
	case err != nil:
		return nil, ErrDamaged.Because(err)
	case n > int64(most):
		return nil, ErrTooLarge
	}
	return buf.Bytes(), nil
}

// unlockTraditional undoes the stream cipher of APPNOTE.TXT, section 6.1. It is weak, and it is what people have.
func unlockTraditional(f *zip.File, sealed []byte, password key.Secret) ([]byte, error) {
	const header = 12
	if len(sealed) < header {
		return nil, ErrTruncated
	}
	z := zipKeys{0x12345678, 0x23456789, 0x34567890}
	for _, b := range []byte(password) {
		z.update(b)
	}
	out := make([]byte, len(sealed))
	for i, b := range sealed {
		out[i] = b ^ z.next()
		z.update(out[i])
	}
	want := byte(f.CRC32 >> 24)
	if f.Flags&8 != 0 { // the checksum was not known yet when the header was written
		want = byte(f.ModifiedTime >> 8) //nolint:staticcheck // the field itself is what the format means
	}
	if out[header-1] != want {
		clear(out)
		return nil, ErrPasswordWrong
	}
	return out[header:], nil
}

type zipKeys [3]uint32

func (z *zipKeys) update(b byte) {
	z[0] = crc32.IEEETable[byte(z[0])^b] ^ z[0]>>8
	z[1] = (z[1]+uint32(byte(z[0])))*134775813 + 1
	z[2] = crc32.IEEETable[byte(z[2])^byte(z[1]>>24)] ^ z[2]>>8
}

func (z *zipKeys) next() byte {
	t := z[2] | 2
	return byte(t * (t ^ 1) >> 8)
}

const (
	zipAES      = 99     // the method of an entry locked with AES
	zipAESExtra = 0x9901 // the record in its extra field: version, "AE", strength, the true method
)

// unlockAES undoes WinZip's AES: PBKDF2-HMAC-SHA1 of 1,000 rounds, AES-CTR that counts from 1 with the low byte first, and ten bytes of
// HMAC-SHA1. check says whether the entry's checksum is filled in (AE-1).
func unlockAES(extra, sealed []byte, password key.Secret) (packed []byte, method uint16, check bool, err error) {
	record := zipExtra(extra, zipAESExtra)
	if len(record) != 7 || string(record[2:4]) != "AE" || record[4] < 1 || record[4] > 3 {
		return nil, 0, false, ErrDamaged
	}
	check, method = record[0] == 1, binary.LittleEndian.Uint16(record[5:])
	size := 8 + 8*int(record[4])
	salt, tag := size/2, 10
	if len(sealed) < salt+2+tag {
		return nil, 0, false, ErrTruncated
	}
	keys, err := pbkdf2.Key(sha1.New, string(password), sealed[:salt], 1000, 2*size+2)
	if err != nil {
		return nil, 0, false, ErrDamaged.Because(err)
	}
	defer clear(keys)
	if subtle.ConstantTimeCompare(keys[2*size:], sealed[salt:salt+2]) != 1 {
		return nil, 0, false, ErrPasswordWrong
	}
	body, mac := sealed[salt+2:len(sealed)-tag], hmac.New(sha1.New, keys[size:2*size])
	mac.Write(body)
	if subtle.ConstantTimeCompare(mac.Sum(nil)[:tag], sealed[len(sealed)-tag:]) != 1 {
		return nil, 0, false, ErrPasswordWrong // or damaged: 2 of 65,536 wrong passwords come so far
	}
	block, err := aes.NewCipher(keys[:size])
	if err != nil {
		return nil, 0, false, ErrDamaged.Because(err)
	}
	return littleCTR(block, body), method, check, nil
}

// littleCTR is counter mode with the counter's low byte first, which crypto/cipher does not have.
func littleCTR(block cipher.Block, body []byte) []byte {
	out := make([]byte, len(body))
	var counter, stream [aes.BlockSize]byte
	for i := range body {
		if i%aes.BlockSize == 0 {
			binary.LittleEndian.PutUint64(counter[:], uint64(i/aes.BlockSize)+1)
			block.Encrypt(stream[:], counter[:])
		}
		out[i] = body[i] ^ stream[i%aes.BlockSize]
	}
	return out
}

// zipExtra is the record of one kind in an extra field, or nil.
func zipExtra(extra []byte, id uint16) []byte {
	for len(extra) >= 4 {
		size := int(binary.LittleEndian.Uint16(extra[2:]))
		if len(extra) < 4+size {
			return nil
		}
		if binary.LittleEndian.Uint16(extra) == id {
			return extra[4 : 4+size]
		}
		extra = extra[4+size:]
	}
	return nil
}
