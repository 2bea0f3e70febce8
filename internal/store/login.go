package store

import (
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// LoginKey is the form in which a login is unique and looked up: NFC, case folded. Every implementation keeps it beside the
// login, so that none depends on what its database takes for upper and lower case.
func LoginKey(login string) string {
	ascii := true
	for i := range len(login) {
		ascii = ascii && login[i] < 0x80
	}
	if ascii {
		return strings.ToLower(login)
	}
	return norm.NFC.String(cases.Fold().String(norm.NFC.String(login)))
}
