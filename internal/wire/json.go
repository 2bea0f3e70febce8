package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"
)

// Limits of a command (docs/protocol.md, section 2).
const (
	MaxBody  = 64 << 10 // bytes
	maxDepth = 16
)

// DecodeCommand reads JSON that someone asks us to act on. It refuses more than MaxBody bytes, invalid UTF-8, more than 16
// levels, duplicate and unknown fields, names that are not written exactly as ours, and anything behind the value.
func DecodeCommand(data []byte, into any) error {
	if err := checkJSON(data, true); err != nil {
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
// more; the other limits hold.
func DecodeAnswer(data []byte, into any) error {
	if err := checkJSON(data, false); err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("json: %w", err)
	}
	return nil
}

// checkJSON walks the tokens. exactNames refuses field names with anything but lower-case ASCII, digits and _ : . - /,
// because encoding/json matches names without regard to case and we want one spelling only.
func checkJSON(data []byte, exactNames bool) error {
	if len(data) > MaxBody {
		return fmt.Errorf("json has %d bytes, at most %d are read", len(data), MaxBody)
	}
	if !utf8.Valid(data) {
		return errors.New("json is not valid UTF-8")
	}
	w := walker{dec: json.NewDecoder(bytes.NewReader(data)), exact: exactNames}
	w.dec.UseNumber()
	if err := w.value(0); err != nil {
		return err
	}
	if _, err := w.dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("json has something behind its value")
	}
	return nil
}

type walker struct {
	dec   *json.Decoder
	exact bool
}

func (w *walker) value(depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("json has more than %d levels", maxDepth)
	}
	tok, err := w.dec.Token()
	if err != nil {
		return fmt.Errorf("json: %w", err)
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
		if w.exact && !exactName(name) {
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
