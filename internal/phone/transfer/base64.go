package transfer

import (
	"encoding/base64"
	"encoding/hex"
)

// fromBase64 reads base64 with padding (RFC 4648, section 4), as it stands in JSON. Its error is ErrDamaged.
func fromBase64(text string) ([]byte, error) {
	out, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return nil, ErrDamaged
	}
	return out, nil
}

// fromHex reads hexadecimal digits. Its error is ErrDamaged.
func fromHex(text string) ([]byte, error) {
	out, err := hex.DecodeString(text)
	if err != nil {
		return nil, ErrDamaged
	}
	return out, nil
}
