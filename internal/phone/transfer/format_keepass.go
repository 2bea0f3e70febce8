package transfer

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"strconv"
	"strings"

	"avow/internal/authn"
	"avow/internal/otp"
)

// KeePass is the password manager, and KeePassXC and the others that keep its files. The form is its export as XML; how a code is
// written in an entry depends on the program and the plugin, and all that are common are read.
const KeePass Format = "keepass"

// errKeePassDatabase refuses the database itself. Its usual key derivation is Argon2d, of which no pure Go library that is well kept can
// be had.
var errKeePassDatabase = authn.Fail(authn.Invalid, "import_keepass_database",
	"This is a KeePass database, which this app does not open. Export it in KeePass as XML (KeePass 2.x), import that, and delete it afterwards: it is not encrypted.")

// keePassMagic begins a database of KeePass 2.
const keePassMagic = "\x03\xd9\xa2\x9a"

func sniffKeePass(f *file) bool {
	return bytes.HasPrefix(f.data, []byte(keePassMagic)) || f.first == '<' && bytes.Contains(f.text, []byte("<KeePassFile"))
}

type keePassEntry struct {
	Strings []struct {
		Key   string `xml:"Key"`
		Value string `xml:"Value"`
	} `xml:"String"`
}

// readKeePass goes through the groups and takes the entries one after the other. Earlier versions of an entry (its History) and what is in
// the recycle bin are left out.
func readKeePass(ctx context.Context, f *file, _ Options) (Found, error) {
	if f.first != '<' {
		return Found{}, errKeePassDatabase
	}
	k := keePassReader{dec: xml.NewDecoder(bytes.NewReader(f.text))}
	for count := 0; ; count++ {
		tok, err := k.dec.Token()
		if errors.Is(err, io.EOF) && k.closed {
			return k.found, nil
		}
		if err == nil {
			err = ctx.Err()
		} else {
			err = xmlError(err)
		}
		if err == nil {
			err = k.token(tok)
		}
		if err != nil {
			return k.found, err
		}
	}
}

type keePassReader struct {
	dec    *xml.Decoder
	found  Found
	path   []string // the elements around
	groups []keePassGroup
	bin    string // the UUID of the recycle bin
	n      int
	closed bool // the outermost element has ended
}

type keePassGroup struct{ name, id string }

const maxKeePassDepth = 128 // elements; each group is one

func (k *keePassReader) token(tok xml.Token) error {
	switch tok := tok.(type) {
	case xml.Directive:
		return ErrDamaged
	case xml.StartElement:
		return k.start(tok)
	case xml.EndElement:
		if tok.Name.Local == "Group" {
			k.groups = k.groups[:len(k.groups)-1]
		}
		k.path = k.path[:len(k.path)-1]
		k.closed = len(k.path) == 0
	}
	return nil
}

func (k *keePassReader) start(tok xml.StartElement) error {
	parent := ""
	if len(k.path) > 0 {
		parent = k.path[len(k.path)-1]
	}
	switch name := tok.Name.Local; {
	case len(k.path) == 0 && name != "KeePassFile" || k.closed || len(k.path) >= maxKeePassDepth:
		return ErrDamaged
	case name == "RecycleBinUUID":
		return k.content(tok, &k.bin)
	case parent == "Group" && name == "Name":
		return k.content(tok, &k.groups[len(k.groups)-1].name)
	case parent == "Group" && name == "UUID":
		return k.content(tok, &k.groups[len(k.groups)-1].id)
	case parent == "Group" && name == "Entry":
		var e keePassEntry
		if err := k.dec.DecodeElement(&e, &tok); err != nil {
			return xmlError(err)
		}
		return k.entry(e)
	case name == "Group":
		k.groups = append(k.groups, keePassGroup{})
	}
	k.path = append(k.path, tok.Name.Local)
	return nil
}

func (k *keePassReader) content(tok xml.StartElement, into *string) error {
	if err := k.dec.DecodeElement(into, &tok); err != nil {
		return xmlError(err)
	}
	return nil
}

func (k *keePassReader) entry(e keePassEntry) error {
	if k.n++; k.n > MaxEntries {
		return ErrTooMany
	}
	l := login{}
	for i, g := range k.groups {
		if g.id != "" && g.id == k.bin {
			return nil
		}
		if i > 0 { // the outermost is the database
			l.groups = []string{g.name}
		}
	}
	values := map[string]string{}
	for _, s := range e.Strings {
		values[s.Key] = s.Value
	}
	l.title, l.user = values["Title"], values["UserName"]
	for _, read := range []func(*entry, map[string]string) (bool, error){readKeePassOTP, readTrayTOTP, readKeePassTOTP, readKeePassHOTP} {
		made := entry{kind: otp.TOTP, issuer: l.title, account: l.user, groups: l.groups}
		there, err := read(&made, values)
		if there {
			k.found.add(k.n-1, made, err)
			return nil
		}
	}
	return nil
}

// readKeePassOTP: KeePassXC and KeeWeb keep a link in "otp", KeeOtp its own list of parameters.
func readKeePassOTP(e *entry, values map[string]string) (bool, error) {
	text := values["otp"]
	if text == "" {
		return false, nil
	}
	if strings.Contains(text, "://") || !strings.Contains(text, "key=") {
		groups := e.groups
		var err error
		*e, err = login{title: e.issuer, user: e.account, totp: text, groups: groups}.entry()
		return true, err
	}
	list, err := url.ParseQuery(text)
	if err != nil {
		return true, errEntry
	}
	e.digits, e.period, e.algorithm = decimal(list.Get("size")), decimal(list.Get("step")), parseAlgorithm(list.Get("otpHashMode"))
	if strings.EqualFold(list.Get("type"), "hotp") {
		e.kind, e.counter = otp.HOTP, decimal(list.Get("counter"))
	}
	e.secret, err = parseSecret(list.Get("key"))
	return true, err
}

// readTrayTOTP: "TOTP Seed" and "TOTP Settings", which is period;digits, with S for Steam.
func readTrayTOTP(e *entry, values map[string]string) (bool, error) {
	if values["TOTP Seed"] == "" {
		return false, nil
	}
	if settings := strings.Split(values["TOTP Settings"], ";"); len(settings) >= 2 {
		e.period = decimal(settings[0])
		if settings[1] == "S" {
			e.kind = otp.Steam
		} else {
			e.digits = decimal(settings[1])
		}
	}
	var err error
	e.secret, err = parseSecret(values["TOTP Seed"])
	return true, err
}

// readKeePassTOTP: KeePass 2.47 and later itself.
func readKeePassTOTP(e *entry, values map[string]string) (bool, error) {
	secret, there, err := keePassSecret("TimeOtp-Secret", values)
	if !there {
		return false, nil
	}
	e.secret, e.algorithm = secret, parseAlgorithm(values["TimeOtp-Algorithm"])
	e.digits, e.period = decimal(values["TimeOtp-Length"]), decimal(values["TimeOtp-Period"])
	return true, err
}

func readKeePassHOTP(e *entry, values map[string]string) (bool, error) {
	secret, there, err := keePassSecret("HmacOtp-Secret", values)
	if !there {
		return false, nil
	}
	e.kind, e.secret = otp.HOTP, secret
	if text := values["HmacOtp-Counter"]; text != "" {
		counter, fault := strconv.ParseInt(text, 10, 64)
		if fault != nil {
			return true, errEntry
		}
		e.counter = given(counter)
	}
	return true, err
}

// keePassSecret reads a secret in one of the four ways that KeePass has: as text, in hexadecimal, base32, base64.
func keePassSecret(name string, values map[string]string) (otp.Secret, bool, error) {
	if text := values[name]; text != "" {
		return otp.Secret(text), true, nil
	}
	for suffix, read := range map[string]func(string) ([]byte, error){
		"-Hex": hex.DecodeString, "-Base64": base64.StdEncoding.DecodeString,
		"-Base32": func(s string) ([]byte, error) { return parseSecret(s) },
	} {
		if text := values[name+suffix]; text != "" {
			secret, err := read(strings.TrimSpace(text))
			if err != nil {
				err = errEntry
			}
			return secret, true, err
		}
	}
	return nil, false, nil
}
