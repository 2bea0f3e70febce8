package transfer

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"unicode/utf16"
	"unicode/utf8"
)

// file is a file in memory with what several formats want to know of it, found out once.
type file struct {
	data []byte // as given; do not change it
	text []byte // as UTF-8 without byte order mark; nil if it is no text

	first  byte                       // the first byte of text that is no white space; 0 if it is no text
	object map[string]json.RawMessage // the members, if the file is a JSON object; nil otherwise
	member map[string]json.RawMessage // those of the first element, if it is a JSON array of objects; nil otherwise
}

// newFile looks at data. It fails with why data cannot be what it begins as: JSON or an SQLite database.

func newFile(data []byte) (*file, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, ErrEmpty
	}
	f := &file{data: data, text: asText(data)}
	if f.isSQLite() {
		return f, checkSQLite(data)
	}
	trimmed := bytes.TrimSpace(f.text)
	if len(trimmed) == 0 {
		if f.text != nil {
			return nil, ErrEmpty
		}
		return f, nil
	}
	switch f.first = trimmed[0]; f.first {
	case '{':
		return f, f.readObject(trimmed)
	case '[':
		return f, f.readArray(trimmed)
	}
	return f, nil
}

func (f *file) readObject(text []byte) (err error) {
	if err := checkJSON(text); err != nil {
		return err
	}
	f.object, err = decode[map[string]json.RawMessage](text)
	return err
}

func (f *file) readArray(text []byte) error {
	if err := checkJSON(text); err != nil {
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if _, err := decoder.Token(); err != nil {
		return ErrDamaged
	}
	if decoder.More() && decoder.Decode(&f.member) != nil {
		f.member = nil // no object
	}
	return nil
}

// has reports whether the file is a JSON object with all these members.
func (f *file) has(members ...string) bool { return hasAll(f.object, members) }

// listOf reports whether the file is a JSON array whose first element is an object with all these members.
func (f *file) listOf(members ...string) bool { return hasAll(f.member, members) }

func hasAll(object map[string]json.RawMessage, members []string) bool {
	for _, name := range members {
		if _, ok := object[name]; !ok {
			return false
		}
	}
	return object != nil
}

// wipe overwrites what was made of data.
func (f *file) wipe() {
	clear(f.text)
	for _, object := range []map[string]json.RawMessage{f.object, f.member} {
		for _, value := range object {
			clear(value)
		}
	}
}

// asText is data as UTF-8, nil if it is none: UTF-8 with or without byte order mark, UTF-16 with one, as Windows writes it.
// Text has no zero bytes.
func asText(data []byte) []byte {
	var text []byte
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		text = decodeUTF16(data[2:], binary.LittleEndian)
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		text = decodeUTF16(data[2:], binary.BigEndian)
	default:
		text = bytes.TrimPrefix(data, []byte("\ufeff"))
	}
	if text == nil || !utf8.Valid(text) || bytes.IndexByte(text, 0) >= 0 {
		return nil
	}
	return text
}

func decodeUTF16(data []byte, order binary.ByteOrder) []byte {
	if len(data)%2 != 0 {
		return nil
	}
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = order.Uint16(data[2*i:])
	}
	text := make([]byte, 0, len(units))
	for _, r := range utf16.Decode(units) {
		text = utf8.AppendRune(text, r)
	}
	return text
}
