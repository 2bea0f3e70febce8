package directory

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/go-ldap/ldap/v3"
	"golang.org/x/text/language"

	"avow/internal/authn"
)

// formatUUID writes 16 bytes as RFC 9562 has it.
func formatUUID(b [16]byte) string {
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}

// parseUUID reads an entryUUID (RFC 4530) and writes it in small letters. Nobody has the one of zeros.
func parseUUID(s string) (string, error) {
	raw, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	if err != nil || len(raw) != 16 {
		return "", fmt.Errorf("%.60q is not an entryUUID", s)
	}
	b := [16]byte(raw)
	if text := formatUUID(b); b != [16]byte{} && strings.EqualFold(text, s) {
		return text, nil
	}
	return "", fmt.Errorf("%.60q is not an entryUUID", s)
}

// parseGUID reads an objectGUID: 16 bytes of which the first three groups have their least byte first (MS-DTYP 2.3.4).
func parseGUID(raw []byte) (string, error) {
	if len(raw) != 16 {
		return "", fmt.Errorf("an objectGUID has 16 bytes, this one %d", len(raw))
	}
	b := swapGUID([16]byte(raw))
	if b == [16]byte{} {
		return "", errors.New("the objectGUID is empty")
	}
	return formatUUID(b), nil
}

// swapGUID turns the first three groups around, either way.
func swapGUID(b [16]byte) [16]byte {
	binary.BigEndian.PutUint32(b[0:], binary.LittleEndian.Uint32(b[0:]))
	binary.BigEndian.PutUint16(b[4:], binary.LittleEndian.Uint16(b[4:]))
	binary.BigEndian.PutUint16(b[6:], binary.LittleEndian.Uint16(b[6:]))
	return b
}

// idFilter is the filter that finds one entry by its id, as parseUUID and parseGUID write it.
func (s Schema) idFilter(id string) (string, error) {
	if s != ActiveDirectory {
		if _, err := parseUUID(id); err != nil {
			return "", err
		}
		return "(entryUUID=" + ldap.EscapeFilter(id) + ")", nil
	}
	text, err := parseUUID(id)
	if err != nil {
		return "", fmt.Errorf("%.60q is not an objectGUID", id)
	}
	raw, err := hex.DecodeString(strings.ReplaceAll(text, "-", ""))
	if err != nil {
		return "", err
	}
	var f strings.Builder
	f.WriteString("(objectGUID=")
	for _, b := range swapGUID([16]byte(raw)) {
		fmt.Fprintf(&f, `\%02x`, b)
	}
	f.WriteString(")")
	return f.String(), nil
}

// parsePhone reads a number that says its country, + or 00 in front, and writes it as E.164 has it. Whatever else is a number that only
// somebody in the same country, or the same house, can call: "".
func parsePhone(s string) string {
	s = strings.ReplaceAll(strings.TrimSpace(s), "(0)", "") // +49 (0)30: the 0 is for calls within the country
	plus := strings.HasPrefix(s, "+")
	var d strings.Builder
	for i, r := range s {
		switch {
		case r >= '0' && r <= '9':
			d.WriteRune(r)
		case r == '+' && i == 0, strings.ContainsRune(" -./()\u00a0\u2011\u2013", r):
		default:
			return "" // an extension, a letter, a second number
		}
	}
	number := d.String()
	if !plus {
		var ok bool
		if number, ok = strings.CutPrefix(number, "00"); !ok {
			return ""
		}
	}
	if len(number) < 7 || len(number) > 15 || number[0] == '0' {
		return ""
	}
	return "+" + number
}

// parseLanguage takes the language that a person likes best from preferredLanguage, which is written as Accept-Language is (RFC 2798, section 2.7):
// "de", without a region; "" when it says none.
func parseLanguage(s string) string {
	if len(s) > 100 {
		return ""
	}
	tags, _, err := language.ParseAcceptLanguage(s)
	if err != nil || len(tags) == 0 {
		return ""
	}
	base, confidence := tags[0].Base()
	if b := base.String(); confidence == language.Exact && b != "mul" && b != "und" {
		return b
	}
	return ""
}

// maxGroups is the number of groups that are kept of one user; more are no help to anybody who reads them.
const maxGroups = 200

// groupName is the name of a group's entry: the value of its first CN. A group that has none is passed over.
func groupName(dn *ldap.DN) string {
	if len(dn.RDNs) == 0 {
		return ""
	}
	for _, a := range dn.RDNs[0].Attributes {
		if strings.EqualFold(a.Type, "cn") {
			return authn.CleanText(a.Value, 128)
		}
	}
	return ""
}
