package reaction

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/site"
)

const (
	idSize  = 16
	macSize = 16
)

// Codes makes and reads the codes that stand in mails: 128 bits of HMAC-SHA256 over the notice's id by a key that follows from the server's secret, then the id,
// as 52 characters of Crockford's base32. Nothing of them is stored. It is safe for concurrent use.
type Codes struct {
	key  key.Secret
	host string
}

// NewCodes makes them for one server.
func NewCodes(s *site.Site) *Codes {
	return &Codes{key: s.Derive("notice reaction v1"), host: s.Host}
}

func (c *Codes) mac(id []byte) []byte {
	h := hmac.New(sha256.New, c.key)
	h.Write(id)
	return h.Sum(nil)[:macSize]
}

// Code is the code of a notice; "" for an id that is none of ours.
func (c *Codes) Code(id authn.NoticeID) string {
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(string(id), "n_"))
	if err != nil || len(raw) != idSize {
		return ""
	}
	return authn.Crockford.EncodeToString(append(c.mac(raw), raw...))
}

// Link is the address for the mail of a notice: the page that the code opens. "" where there is nothing to do, and for the administrators, who have pages of
// their own. The code stands after the #, so that no server, no proxy and no log sees it when the link is opened.
func (c *Codes) Link(n authn.Notice) string {
	if n.User == "" || n.Kind.Reaction() == authn.ReactionNone {
		return ""
	}
	code := c.Code(n.ID)
	if code == "" {
		return ""
	}
	return "https://" + c.host + "/act#" + code
}

// parse reads a code that was typed or pasted, alone or as the whole link. false for one that this server did not make. The MAC is compared in constant time.
func (c *Codes) parse(text string) (authn.NoticeID, bool) {
	const longest = 400
	if len(text) > longest {
		return "", false
	}
	if _, fragment, ok := strings.Cut(text, "#"); ok {
		text = fragment
	}
	clean := authn.CleanCrockford(text)
	raw, err := authn.Crockford.DecodeString(clean)
	if err != nil || len(raw) != macSize+idSize || authn.Crockford.EncodeToString(raw) != clean {
		return "", false
	}
	mac, id := raw[:macSize], raw[macSize:]
	if !hmac.Equal(mac, c.mac(id)) {
		return "", false
	}
	return authn.NoticeID("n_" + base64.RawURLEncoding.EncodeToString(id)), true
}
