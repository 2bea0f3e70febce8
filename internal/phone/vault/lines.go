package vault

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"avow/internal/key"
)

// A large vault is written as version 2: a head, then each entry in a line of its own, so that reading it is finding the ends of lines.
//
//	{"v":2,"generation":42,"log":"BASE64URL","accounts":1,"codes":10000}

// versionLog is the version of a vault beside which there may be a log of changes.
const versionLog = 2

const (
	linesPrefix = `{"v":2,`
	maxHead     = 256 // bytes
	logKeySize  = 32
)

type linesHead struct {
	V          int    `json:"v"`
	Generation uint64 `json:"generation"`
	Log        string `json:"log"` // the key of the log
	Accounts   int    `json:"accounts"`
	Codes      int    `json:"codes"`
}

func marshalLines(d Document, log key.Secret) ([]byte, error) {
	head, err := json.Marshal(linesHead{versionLog, d.Generation, base64.RawURLEncoding.EncodeToString(log), len(d.Accounts), len(d.Codes)})
	if err != nil {
		return nil, err
	}
	size := len(head) + 1
	for _, list := range [][]json.RawMessage{d.Accounts, d.Codes} {
		for _, e := range list {
			size += len(e) + 1
		}
	}
	text := append(make([]byte, 0, size), head...)
	text = append(text, '\n')
	for _, list := range [][]json.RawMessage{d.Accounts, d.Codes} {
		for _, e := range list {
			if !isEntry(e) {
				clear(text)
				return nil, errors.New("entry is not a JSON object in one line")
			}
			text = append(append(text, e...), '\n')
		}
	}
	return text, nil
}

// isEntry reports whether an entry can stand in a line.
func isEntry(e []byte) bool {
	return isObject(e) && bytes.IndexByte(e, '\n') < 0 && json.Valid(e)
}

// isObject looks no further than it takes: with 10,000 entries the rest is a third of opening, and who reads them looks anyway.
func isObject(line []byte) bool {
	return len(line) >= 2 && line[0] == '{' && line[len(line)-1] == '}'
}

// parseLines reads what marshalLines wrote, and refuses everything else, but for what stands between the braces of an entry. The entries are parts of
// text.
func parseLines(text []byte) (doc Document, log key.Secret, err error) {
	defer func() {
		if err != nil {
			clear(text)
			log.Wipe()
			doc, log = Document{}, nil
		}
	}()
	line, rest, ok := bytes.Cut(text, []byte("\n"))
	if !ok || len(line) > maxHead {
		return doc, nil, errors.New("vault has no head")
	}
	var h linesHead
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&h); err != nil {
		return doc, nil, errors.New("head of the vault is not one of version 2")
	}
	if again, err := json.Marshal(h); err != nil || !bytes.Equal(again, line) {
		return doc, nil, errors.New("head of the vault is not written as version 2 writes it")
	}
	if log, err = base64.RawURLEncoding.Strict().DecodeString(h.Log); err != nil || len(log) != logKeySize {
		return doc, log, errors.New("vault has no key for its log")
	}
	if h.Accounts < 0 || h.Codes < 0 || h.Accounts > MaxEntries || h.Codes > MaxEntries {
		return doc, log, errors.New("vault holds too many entries")
	}
	doc = Document{V: h.V, Generation: h.Generation}
	if doc.Accounts, rest, err = cutLines(rest, h.Accounts); err != nil {
		return doc, log, err
	}
	if doc.Codes, rest, err = cutLines(rest, h.Codes); err != nil {
		return doc, log, err
	}
	if len(rest) > 0 {
		return doc, log, errors.New("vault holds more than its head says")
	}
	return doc, log, doc.validate()
}

func cutLines(text []byte, n int) (list []json.RawMessage, rest []byte, err error) {
	if n > len(text)/3 {
		return nil, nil, errors.New("vault holds less than its head says")
	}
	list = make([]json.RawMessage, n)
	for i := range list {
		end := bytes.IndexByte(text, '\n')
		if end < 0 || !isObject(text[:end]) {
			return nil, nil, errors.New("vault entry " + strconv.Itoa(i) + " is not a JSON object in one line")
		}
		list[i], text = text[:end:end], text[end+1:]
	}
	return list, text, nil
}

// apply makes a change of a list.
func (c listChange) apply(list []json.RawMessage) ([]json.RawMessage, error) {
	if c.Len < 0 || c.Len > MaxEntries || len(c.At) != len(c.Entries) || c.Len > len(list)+len(c.At) {
		return nil, errors.New("change of a list that can't be")
	}
	out := append(make([]json.RawMessage, 0, c.Len), list[:min(len(list), c.Len)]...)
	out = out[:c.Len]
	next := len(list) // what has to be set first beyond the list
	for i, at := range c.At {
		if at < 0 || at >= c.Len || i > 0 && at <= c.At[i-1] || at > next || !isEntry(c.Entries[i]) {
			return nil, fmt.Errorf("change %d of a list that can't be", i)
		}
		if at == next {
			next++
		}
		out[at] = c.Entries[i]
	}
	if next < c.Len {
		return nil, errors.New("change of a list leaves a hole")
	}
	return out, nil
}
