package transfer

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

// The limits of JSON. With them, and MaxFile, what a decoder makes of a file stays a few times as large as the file.
const (
	maxDepth  = 64
	maxCommas = 4_000_000 // of all objects and arrays together: 100 000 entries of 40 members
)

// checkJSON returns nil for one JSON value within the limits: also no object or array has over [MaxEntries] members. It
// returns ErrTruncated for the beginning of a value, otherwise ErrDamaged or ErrTooMany.
func checkJSON(text []byte) error {
	var members [maxDepth + 1]int // commas of the open objects and arrays
	depth, commas := 0, 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			i = endOfString(text, i)
		case '{', '[':
			if depth++; depth > maxDepth {
				return ErrDamaged
			}
			members[depth] = 0
		case '}', ']':
			if depth--; depth < 0 {
				return ErrDamaged
			}
		case ',':
			commas++
			members[depth]++
			if commas > maxCommas || members[depth] >= MaxEntries {
				return ErrTooMany
			}
		}
	}
	if json.Valid(text) {
		return nil
	}
	return jsonError(text)
}

// endOfString is where the string that begins at i ends, or the end of text.
func endOfString(text []byte, i int) int {
	for i++; i < len(text) && text[i] != '"'; i++ {
		if text[i] == '\\' {
			i++
		}
	}
	return i
}

// jsonError says what is wrong with text, which is no JSON.
func jsonError(text []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	var value json.RawMessage
	err := decoder.Decode(&value)
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return ErrTruncated
	}
	return ErrDamaged
}

// decode reads a JSON value that the file has. Its error is ErrDamaged: the cause, which may quote the value, is not kept.
func decode[T any](raw []byte) (T, error) {
	var value T
	if len(raw) == 0 {
		return value, ErrDamaged
	}
	if err := json.Unmarshal(raw, &value); err != nil {
		var none T
		return none, ErrDamaged
	}
	return value, nil
}

// decodeChecked is decode for text that is not part of a file that was checked: what came out of a decryption.
func decodeChecked[T any](text []byte) (T, error) {
	if err := checkJSON(text); err != nil {
		var none T
		return none, err
	}
	return decode[T](text)
}

// list reads a JSON array of entries, each for itself, so that one that is damaged leaves the others. null and nothing are
// the empty list. Their number is bounded by [checkJSON].
func list(raw json.RawMessage) ([]json.RawMessage, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	return decode[[]json.RawMessage](raw)
}

// listChecked is list for text that came out of something else: out of XML, out of a decryption.
func listChecked(text []byte) ([]json.RawMessage, error) {
	entries, err := decodeChecked[[]json.RawMessage](text)
	if err == nil && len(entries) > MaxEntries {
		return nil, ErrTooMany
	}
	return entries, err
}

// decodeEntry is decode for one entry, whose damage leaves the others.
func decodeEntry[T any](raw []byte) (T, error) {
	value, err := decode[T](raw)
	if err != nil {
		return value, errEntry
	}
	return value, nil
}
