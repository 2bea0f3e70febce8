package transfer

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"

	"avow/internal/key"
)

// openCBC decrypts AES-CBC with the padding of PKCS #7. Nothing protects such a text: a wrong key and a changed byte show in the
// padding, and with one in 256 only in what comes out. Errors: ErrTruncated, ErrPasswordWrong.
func openCBC(k key.Secret, iv, sealed []byte) ([]byte, error) {
	block, err := aes.NewCipher(k)
	if err != nil || len(iv) != aes.BlockSize {
		return nil, ErrDamaged
	}
	if len(sealed) == 0 || len(sealed)%aes.BlockSize != 0 {
		return nil, ErrTruncated
	}
	plain := make([]byte, len(sealed))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, sealed)
	pad := int(plain[len(plain)-1])
	good := subtle.ConstantTimeLessOrEq(1, pad) & subtle.ConstantTimeLessOrEq(pad, aes.BlockSize)
	for i := 1; i <= aes.BlockSize; i++ {
		differs := 1 - subtle.ConstantTimeByteEq(plain[len(plain)-i], byte(pad))
		good &= 1 - differs&subtle.ConstantTimeLessOrEq(i, pad)
	}
	if good != 1 {
		clear(plain)
		return nil, ErrPasswordWrong
	}
	return plain[:len(plain)-pad], nil
}
