package attestation

import (
	"bytes"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
)

// description is the extension KeyDescription of Android's key attestation, as far as it matters here.
type description struct {
	version            int64
	level, keyMint     int64 // where the attestation, and the key, was made
	challenge          []byte
	software, hardware authorizations
}

// authorizations is one AuthorizationList. Its fields are explicitly tagged by KeyMint's numbers; those that are not named here say nothing that matters.
type authorizations struct {
	purposes, digests                     []int64
	algorithm, size, curve, origin, users *int64
	noUser, timeout, onBody, anyApp       bool // there is such a field, whatever it says
	root                                  *rootOfTrust
}

// rootOfTrust says what system the phone has started.
type rootOfTrust struct {
	bootKey []byte
	locked  bool
	state   asn1.Enumerated
}

var oidKeyDescription = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11129, 2, 1, 17}

// The versions of the schema that are known: Keymaster 4 and 4.1, KeyMint 1 to 5. Older ones know no StrongBox and no hash of the system.
var versions = []int64{3, 4, 100, 200, 300, 400, 500}

// parseDescription reads a KeyDescription in DER: no other encoding, nothing behind it, no field twice or out of order.
func parseDescription(der []byte) (d description, err error) {
	fields, err := elements(der)
	if err != nil {
		return d, err
	}
	if len(fields) != 8 {
		return d, fmt.Errorf("key description has %d fields", len(fields))
	}
	var level, keyMint asn1.Enumerated
	var keyMintVersion int64
	var unique []byte
	for i, into := range []any{&d.version, &level, &keyMintVersion, &keyMint, &d.challenge, &unique} {
		if err := whole(fields[i].FullBytes, into, ""); err != nil {
			return d, fmt.Errorf("field %d: %w", i, err)
		}
	}
	if !slices.Contains(versions, d.version) {
		return d, fmt.Errorf("version %d of the key description is not known", d.version)
	}
	d.level, d.keyMint = int64(level), int64(keyMint)
	if d.software, err = parseAuthorizations(fields[6].FullBytes); err != nil {
		return d, fmt.Errorf("software enforced: %w", err)
	}
	if d.hardware, err = parseAuthorizations(fields[7].FullBytes); err != nil {
		return d, fmt.Errorf("hardware enforced: %w", err)
	}
	return d, nil
}

// elements reads a SEQUENCE. A struct would do, but for one the decoder takes anything behind the last field.
func elements(der []byte) (list []asn1.RawValue, err error) {
	return list, whole(der, &list, "")
}

// whole reads one value that has nothing behind it.
func whole(der []byte, into any, params string) error {
	rest, err := asn1.UnmarshalWithParams(der, into, params)
	if err == nil && len(rest) != 0 {
		err = errors.New("there is something behind the value")
	}
	return err
}

func parseAuthorizations(der []byte) (a authorizations, err error) {
	list, err := elements(der)
	if err != nil {
		return a, err
	}
	last := -1
	for _, e := range list {
		if e.Class != asn1.ClassContextSpecific || !e.IsCompound || e.Tag <= last {
			return a, fmt.Errorf("field %d behind %d", e.Tag, last)
		}
		last = e.Tag
		if err := a.take(e.Tag, e.Bytes); err != nil {
			return a, fmt.Errorf("field %d: %w", e.Tag, err)
		}
	}
	return a, nil
}

// take reads the field of one tag.
func (a *authorizations) take(tag int, der []byte) error {
	switch tag {
	case 1:
		return setOf(der, &a.purposes)
	case 2:
		return number(der, &a.algorithm)
	case 3:
		return number(der, &a.size)
	case 5:
		return setOf(der, &a.digests)
	case 10:
		return number(der, &a.curve)
	case 503:
		a.noUser = true
	case 504:
		return number(der, &a.users)
	case 505:
		a.timeout = true
	case 506:
		a.onBody = true
	case 600:
		a.anyApp = true
	case 702:
		return number(der, &a.origin)
	case 704:
		return a.takeRoot(der)
	}
	var any asn1.RawValue
	return whole(der, &any, "")
}

func number(der []byte, into **int64) error {
	*into = new(int64)
	return whole(der, *into, "")
}

func setOf(der []byte, into *[]int64) error {
	if err := whole(der, into, "set"); err != nil {
		return err
	}
	for i := 1; i < len(*into); i++ {
		if (*into)[i-1] >= (*into)[i] {
			return errors.New("the set is not sorted")
		}
	}
	return nil
}

func (a *authorizations) takeRoot(der []byte) error {
	fields, err := elements(der)
	if err != nil {
		return err
	}
	if len(fields) != 4 {
		return fmt.Errorf("root of trust has %d fields", len(fields))
	}
	a.root = &rootOfTrust{}
	var hash []byte
	for i, into := range []any{&a.root.bootKey, &a.root.locked, &a.root.state, &hash} {
		if err := whole(fields[i].FullBytes, into, ""); err != nil {
			return err
		}
	}
	return nil
}

// trusted reports whether a phone that is locked has started the system of its maker.
func (r *rootOfTrust) trusted() bool {
	return r != nil && r.locked && r.state == 0 && len(bytes.Trim(r.bootKey, "\x00")) > 0
}
