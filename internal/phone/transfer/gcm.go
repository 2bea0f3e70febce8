package transfer

import (
	"crypto/aes"
	"crypto/cipher"

	"avow/internal/key"
)

// openGCM decrypts AES-GCM with a nonce of 12 bytes and the tag at the end. Errors: ErrTruncated if it is too short for
// that, otherwise ErrPasswordWrong: a wrong key and a changed byte look the same.
func openGCM(k key.Secret, nonce, sealed, additional []byte) ([]byte, error) {
	block, err := aes.NewCipher(k)
	if err != nil {
		return nil, ErrDamaged.Because(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, ErrDamaged.Because(err)
	}
	if len(nonce) != gcm.NonceSize() {
		return nil, ErrDamaged
	}
	if len(sealed) < gcm.Overhead() {
		return nil, ErrTruncated
	}
	plain, err := gcm.Open(nil, nonce, sealed, additional)
	if err != nil {
		return nil, ErrPasswordWrong
	}
	return plain, nil
}
