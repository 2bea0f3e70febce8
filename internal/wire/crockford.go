package wire

import (
	"encoding/base32"
	"errors"
)

// crockford is Crockford's base32 in upper case, without its aliases and without padding.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

func decodeCrockford(s string) ([]byte, error) {
	b, err := crockford.DecodeString(s)
	if err != nil {
		return nil, errors.New("not Crockford base32 in upper case")
	}
	// DecodeString drops the last bits whatever they are, and line breaks; only one spelling is ours.
	if crockford.EncodeToString(b) != s {
		return nil, errors.New("base32 is not in its one canonical form")
	}
	return b, nil
}
