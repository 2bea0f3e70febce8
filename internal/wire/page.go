package wire

import (
	"errors"
	"strings"

	"avow/internal/authn"
	"avow/internal/key"
)

// ConnectPath is the page that shows the QR of a registration session and asks "is this your phone?".
const ConnectPath = "/connect"

// PageCode writes the secret of a connect page (16 bytes) for a person: 26 Crockford characters.
func PageCode(page key.Secret) string { return authn.Crockford.EncodeToString(page) }

// PageLink is the address of a connect page: https://HOST/connect#CODE. The code stands in the fragment, so that no server and
// no proxy sees it in an address.
func PageLink(host string, page key.Secret) string {
	return "https://" + host + ConnectPath + "#" + PageCode(page)
}

// ErrPageCode means that what a person typed is no page code.
var ErrPageCode = errors.New("not a page code of 26 letters and digits")

// ParsePageCode reads what a person pasted or typed: a code or a whole link, in either case, with spaces and dashes, and with O
// for 0, I and L for 1 as Crockford allows. The result has 16 bytes.
func ParsePageCode(text string) (key.Secret, error) {
	if len(text) > maxLink {
		return nil, ErrPageCode
	}
	if _, fragment, ok := strings.Cut(text, "#"); ok {
		text = fragment
	}
	code := authn.CleanCrockford(text)
	b, err := decodeCrockford(code)
	if err != nil || len(b) != 16 {
		return nil, ErrPageCode
	}
	return b, nil
}
