package wire

import (
	"errors"

	"avow/internal/authn"
)

func decodeCrockford(s string) ([]byte, error) {
	b, err := authn.Crockford.DecodeString(s)
	if err != nil {
		return nil, errors.New("not Crockford base32 in upper case")
	}
	// DecodeString drops the last bits whatever they are, and line breaks; only one spelling is ours.
	if authn.Crockford.EncodeToString(b) != s {
		return nil, errors.New("base32 is not in its one canonical form")
	}
	return b, nil
}
