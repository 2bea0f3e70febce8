package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// Limits of JSON (docs/protocol.md, section 2).
const (
	MaxBody   = 64 << 10 // bytes of a command
	MaxAnswer = 32 << 20 // bytes of an answer: a list of all users, for administrators; others read no more than MaxBody
	maxDepth  = 16       // objects and arrays within each other

	MaxFile      = 2 << 20 // bytes of an encrypted file in a command or an answer, before base64url
	MaxLargeBody = 4 << 20 // bytes of a command or an answer that carries one
)

// DecodeCommand reads JSON that someone asks us to act on. It refuses more than MaxBody bytes, invalid UTF-8, more than 16
// levels, duplicate and unknown fields, names that are not written exactly as ours, and anything behind the value.
func DecodeCommand(data []byte, into any) error { return decodeCommand(data, into, MaxBody) }

// DecodeLargeCommand is DecodeCommand for the few commands that carry a file: up to MaxLargeBody bytes.
func DecodeLargeCommand(data []byte, into any) error { return decodeCommand(data, into, MaxLargeBody) }

func decodeCommand(data []byte, into any, most int) error {
	if err := checkJSON(data, most); err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(into); err != nil {
		return fmt.Errorf("json: %w", err)
	}
	return nil
}

// DecodeAnswer reads JSON that a server of ours returned: unknown fields are ignored, so that a newer server can say
// more, and it may have MaxAnswer bytes; the other limits hold.
func DecodeAnswer(data []byte, into any) error {
	if err := checkJSON(data, MaxAnswer); err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("json: %w", err)
	}
	return nil
}

// checkJSON walks the tokens. It refuses field names with anything but lower-case ASCII, digits and _ : . - /, because
// encoding/json matches names without regard to case: "ISS" beside "iss" would be the same field to us and another to others.
func checkJSON(data []byte, most int) error {
	if len(data) > most {
		return fmt.Errorf("json has %d bytes, at most %d are read", len(data), most)
	}
	if !utf8.Valid(data) {
		return errors.New("json is not valid UTF-8")
	}
	w := walker{dec: json.NewDecoder(bytes.NewReader(data))}
	w.dec.UseNumber()
	if err := w.value(0); err != nil {
		return err
	}
	if _, err := w.dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("json has something behind its value")
	}
	return nil
}

type walker struct{ dec *json.Decoder }

// value reads one value that stands within depth objects and arrays.
func (w *walker) value(depth int) error {
	tok, err := w.dec.Token()
	if err != nil {
		return fmt.Errorf("json: %w", err)
	}
	if _, nests := tok.(json.Delim); nests && depth == maxDepth {
		return fmt.Errorf("json has more than %d levels", maxDepth)
	}
	switch tok {
	case json.Delim('{'):
		return w.object(depth)
	case json.Delim('['):
		for w.dec.More() {
			if err := w.value(depth + 1); err != nil {
				return err
			}
		}
		_, err = w.dec.Token()
		return err
	}
	return nil
}

func (w *walker) object(depth int) error {
	seen := map[string]bool{}
	for w.dec.More() {
		tok, err := w.dec.Token()
		if err != nil {
			return fmt.Errorf("json: %w", err)
		}
		name, ok := tok.(string)
		if !ok {
			return errors.New("json: a field's name is not a string")
		}
		if !exactName(name) {
			return fmt.Errorf("json field %.40q is not one of ours", name)
		}
		if seen[name] {
			return fmt.Errorf("json field %.40q stands twice", name)
		}
		seen[name] = true
		if err := w.value(depth + 1); err != nil {
			return err
		}
	}
	_, err := w.dec.Token()
	return err
}

func exactName(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != ':' && c != '-' && c != '.' && c != '/' {
			return false
		}
	}
	return len(s) > 0
}
