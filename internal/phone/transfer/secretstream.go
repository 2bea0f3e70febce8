package transfer

import (
	"crypto/subtle"
	"encoding/binary"

	"golang.org/x/crypto/chacha20"
	//lint:ignore SA1019 the stream's own way of using it is in no safer package
	"golang.org/x/crypto/poly1305" //nolint:staticcheck

	"avow/internal/key"
)

const (
	streamKeySize = chacha20.KeySize
	streamHeader  = 24
	streamFinal   = 3 // the tag of the last message
	streamBlock   = 64
)

// openStream decrypts a stream of one message, the last one, without additional data, of libsodium's
// crypto_secretstream_xchacha20poly1305 (doc.libsodium.org, "Encrypting a set of related messages"). What is there as a
// description is less than what it takes; the rest is the behavior of the library.
//
// Errors: ErrDamaged, ErrTruncated, ErrPasswordWrong.
func openStream(k key.Secret, header, sealed []byte) ([]byte, error) {
	if len(header) != streamHeader || len(k) != streamKeySize {
		return nil, ErrDamaged
	}
	if len(sealed) < 1+poly1305.TagSize {
		return nil, ErrTruncated
	}
	subkey, err := chacha20.HChaCha20(k, header[:16])
	if err != nil {
		return nil, ErrDamaged.Because(err)
	}
	defer clear(subkey)
	nonce := binary.LittleEndian.AppendUint32(nil, 1) // the number of the message
	nonce = append(nonce, header[16:]...)
	stream, err := chacha20.NewUnauthenticatedCipher(subkey, nonce)
	if err != nil {
		return nil, ErrDamaged.Because(err)
	}

	// The first block of the key stream has the key of the authenticator, the second hides the tag, the message follows.
	var macKey [32]byte
	var first, second [streamBlock]byte
	stream.XORKeyStream(first[:], first[:])
	copy(macKey[:], first[:])
	second[0] = sealed[0]
	stream.XORKeyStream(second[:], second[:])
	tag := second[0]
	second[0] = sealed[0]
	body, given := sealed[1:len(sealed)-poly1305.TagSize], sealed[len(sealed)-poly1305.TagSize:]

	mac := poly1305.New(&macKey)
	mac.Write(second[:])
	mac.Write(body)
	mac.Write(make([]byte, len(body)%16)) // not up to 16: an old mistake of the library that it has to keep
	mac.Write(binary.LittleEndian.AppendUint64(nil, 0))
	mac.Write(binary.LittleEndian.AppendUint64(nil, uint64(streamBlock+len(body))))
	if subtle.ConstantTimeCompare(mac.Sum(nil), given) != 1 {
		return nil, ErrPasswordWrong
	}
	if tag != streamFinal {
		return nil, ErrTruncated
	}
	plain := make([]byte, len(body))
	stream.XORKeyStream(plain, body)
	return plain, nil
}
