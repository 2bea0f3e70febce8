package transfer

import (
	"bytes"
	"context"
	"crypto/cipher"
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"strconv"
	"strings"

	"avow/internal/otp"
)

// KeePass is the password manager, and KeePassXC and the others that keep its files. Forms: the database (kdbx, versions 3.1 and 4) with a
// password, and its export as XML. How a code is written in an entry depends on the program and the plugin, and all that are common are read.
const KeePass Format = "keepass"

// keePassMagic begins a database of KeePass 2; that of KeePass 1 has another second half.
const keePassMagic = "\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5"

func sniffKeePass(f *file) bool {
	return bytes.HasPrefix(f.data, []byte(keePassMagic)) || f.first == '<' && bytes.Contains(f.text, []byte("<KeePassFile"))
}

// readKeePass opens the database, if it is one, and goes through its XML.
func readKeePass(ctx context.Context, f *file, o Options) (Found, error) {
	if f.first == '<' && !bytes.HasPrefix(f.data, []byte(keePassMagic)) {
		return readKeePassXML(ctx, f.text, nil)
	}
	text, stream, err := openKeePass(ctx, f.data, o)
	if err != nil {
		return Found{}, err
	}
	defer clear(text)
	return readKeePassXML(ctx, text, stream)
}

// readKeePassXML goes through the groups and takes the entries one after the other. Earlier versions of an entry (its History) and what is in
// the recycle bin are left out. What is protected was encrypted with one stream, so it must be decrypted in the order of the file, all of it;
// stream is nil for an export, in which nothing is.
func readKeePassXML(ctx context.Context, text []byte, stream cipher.Stream) (Found, error) {
	k := keePassReader{stream: stream}
	dec := xml.NewDecoder(bytes.NewReader(text))
	for {
		tok, err := dec.Token()
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
	stream    cipher.Stream
	found     Found
	path      []string // the elements around
	text      []byte   // of the innermost element
	protected bool     // so is its text
	history   int      // how many elements of that name are around
	groups    []keePassGroup
	bin       string // the UUID of the recycle bin
	key       string // of the field whose value comes next
	values    map[string]string
	n         int
	closed    bool // the outermost element has ended
}

type keePassGroup struct{ name, id string }

const maxKeePassDepth = 128 // elements; each group is one

func (k *keePassReader) token(tok xml.Token) error {
	switch tok := tok.(type) {
	case xml.Directive:
		return ErrDamaged
	case xml.StartElement:
		return k.start(tok)
	case xml.CharData:
		k.text = append(k.text, tok...)
	case xml.EndElement:
		return k.end(tok.Name.Local)
	}
	return nil
}

func (k *keePassReader) start(tok xml.StartElement) error {
	name := tok.Name.Local
	if len(k.path) == 0 && name != "KeePassFile" || k.closed || len(k.path) >= maxKeePassDepth {
		return ErrDamaged
	}
	k.path, k.text = append(k.path, name), k.text[:0]
	k.protected = k.stream != nil && attribute(tok, "Protected") == "True"
	switch name {
	case "History":
		k.history++
	case "Group":
		k.groups = append(k.groups, keePassGroup{})
	case "Entry":
		if k.history == 0 {
			k.values = map[string]string{}
		}
	}
	return nil
}

// end takes the text of the element, which is complete now.
func (k *keePassReader) end(name string) error {
	text := string(k.text)
	if k.protected {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
		if err != nil {
			return ErrDamaged
		}
		k.stream.XORKeyStream(raw, raw)
		text = string(raw)
		clear(raw)
	}
	clear(k.text)
	k.text, k.protected = k.text[:0], false
	k.path = k.path[:len(k.path)-1]
	k.closed = len(k.path) == 0
	parent := ""
	if !k.closed {
		parent = k.path[len(k.path)-1]
	}
	switch {
	case name == "History":
		k.history--
	case name == "Group":
		k.groups = k.groups[:len(k.groups)-1]
	case k.history > 0:
	case name == "Entry":
		return k.entry()
	case name == "RecycleBinUUID":
		k.bin = text
	case parent == "Group" && name == "Name":
		k.groups[len(k.groups)-1].name = text
	case parent == "Group" && name == "UUID":
		k.groups[len(k.groups)-1].id = text
	case parent == "String" && name == "Key":
		k.key = text
	case parent == "String" && name == "Value" && k.values != nil:
		k.values[k.key] = text
	}
	return nil
}

// entry reads the code of an entry that has ended, if it has one.
func (k *keePassReader) entry() error {
	if k.n++; k.n > MaxEntries {
		return ErrTooMany
	}
	values := k.values
	k.values = nil
	l := login{title: values["Title"], user: values["UserName"]}
	for i, g := range k.groups {
		if g.id != "" && g.id == k.bin {
			return nil
		}
		if i > 0 { // the outermost is the database
			l.groups = []string{g.name}
		}
	}
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
