package wire

import (
	"encoding/base64"
	"fmt"
	"strings"

	"avow/internal/authn"
	"avow/internal/key"
)

// DuplicateLink (D) lets a new phone of the same user join: 0x02, id 16, optical secret 16, pin 16. The optical secret goes from screen to camera
// and never to the server, so that a server which swaps keys is found out.
type DuplicateLink struct {
	Host    string
	ID      key.Secret // 16 bytes, by which the server knows the offer
	Optical key.Secret // 16 bytes
	Pin     key.Pin    // of the server's identity key
}

// RestoreLink (K) is the QR of a printed restore sheet: 0x06, user id 16, pin 16, code 16. It is the restore code and as secret; the server has no part in
// reading it.
type RestoreLink struct {
	Host string
	User authn.UserID // as authn.NewUserID makes them; Encode panics for others
	Pin  key.Pin      // of the server's identity key
	Code key.RestoreCode
}

func (DuplicateLink) link() {}
func (RestoreLink) link()   {}

func (l DuplicateLink) payload() string {
	b := append(make([]byte, 0, restoreBytes), tagDuplicate)
	b = append(append(append(b, l.ID...), l.Optical...), l.Pin[:]...)
	return "/D#" + authn.Crockford.EncodeToString(b)
}

// Encode writes HTTPS://HOST/D#….
func (l DuplicateLink) Encode() string { return "HTTPS://" + strings.ToUpper(l.Host) + l.payload() }

// App writes avow://host/D#….
func (l DuplicateLink) App() string { return "avow://" + l.Host + l.payload() }

// String keeps id and secret out of logs.
func (l DuplicateLink) String() string { return "duplicate link of " + l.Host }

func (l RestoreLink) payload() string {
	user, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimPrefix(string(l.User), userPrefix))
	if err != nil || !authn.ValidID(userPrefix, string(l.User)) {
		panic(fmt.Sprintf("wire: restore link of the user id %q", l.User))
	}
	b := append(make([]byte, 0, restoreBytes), tagRestore)
	b = append(append(append(b, user...), l.Pin[:]...), l.Code.Bytes()...)
	return "/K#" + authn.Crockford.EncodeToString(b)
}

const userPrefix = "u_"

// Encode writes HTTPS://HOST/K#….
func (l RestoreLink) Encode() string { return "HTTPS://" + strings.ToUpper(l.Host) + l.payload() }

// App writes avow://host/K#….
func (l RestoreLink) App() string { return "avow://" + l.Host + l.payload() }

// String keeps the code out of logs.
func (l RestoreLink) String() string { return "restore sheet of " + l.Host }

// parseRestore reads the payload of a K link, whose length and tag were looked at.
func parseRestore(host string, b []byte) (Link, error) {
	code, err := key.RestoreCodeOf(b[33:])
	if err != nil {
		return nil, fmt.Errorf("link: %w", err)
	}
	user := authn.UserID(userPrefix + base64.RawURLEncoding.EncodeToString(b[1:17]))
	return RestoreLink{Host: host, User: user, Pin: key.Pin(b[17:33]), Code: code}, nil
}
