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
	broken error                      // why text, which begins as JSON does, is none; nil if it is JSON or does not begin so
	object map[string]json.RawMessage // the members of text, if it is a JSON object; nil otherwise
}

func newFile(data []byte) (*file, error) {
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, ErrEmpty
	}
	f := &file{data: data, text: asText(data)}
	trimmed := bytes.TrimSpace(f.text)
	if len(trimmed) == 0 {
		if f.text != nil {
			return nil, ErrEmpty
		}
		return f, nil
	}
	f.first = trimmed[0]
	if f.first == '{' || f.first == '[' {
		f.broken = checkJSON(trimmed)
	}
	if f.first == '{' && f.broken == nil {
		object, err := decode[map[string]json.RawMessage](trimmed)
		if err != nil {
			return nil, err
		}
		f.object = object
	}
	return f, nil
}

// array reports whether the file is a JSON array.
func (f *file) array() bool { return f.first == '[' && f.broken == nil }

// has reports whether the file is a JSON object with all these members.
func (f *file) has(members ...string) bool {
	for _, name := range members {
		if _, ok := f.object[name]; !ok {
			return false
		}
	}
	return f.object != nil
}

// unknown is why a file that no format knows is refused.
func (f *file) unknown() error {
	if f.broken != nil {
		return f.broken
	}
	return ErrUnknownFormat
}

// wipe overwrites what was made of data.
func (f *file) wipe() {
	clear(f.text)
	for _, member := range f.object {
		clear(member)
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
