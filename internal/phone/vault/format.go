package vault

import (
	"bytes"
	"crypto/ecdh"
	"encoding/json"
	"errors"
	"fmt"

	"filippo.io/age"

	"avow/internal/key"
)

// Encode writes doc as an age file to the public key. The same document gives another file each time.
func Encode(to key.Public, doc Document) ([]byte, error) { return encode(to, doc, nil) }

// encode is Encode, of version 2 where there is a key for a log.
func encode(to key.Public, doc Document, log key.Secret) ([]byte, error) {
	doc.V = Version
	if log != nil {
		doc.V = versionLog
	}
	if err := doc.validate(); err != nil {
		return nil, fmt.Errorf("encode vault: %w", err)
	}
	text, err := marshal(doc)
	if log != nil {
		text, err = marshalLines(doc, log)
	}
	if err != nil {
		return nil, fmt.Errorf("encode vault: %w", err)
	}
	defer clear(text)
	r, err := Recipient(to)
	if err != nil {
		return nil, err
	}
	var file bytes.Buffer
	file.Grow(len(text) + len(text)/1024 + 1024)
	w, err := age.Encrypt(&file, r)
	if err != nil {
		return nil, fmt.Errorf("encrypt vault: %w", err)
	}
	if _, err := w.Write(text); err != nil {
		return nil, fmt.Errorf("encrypt vault: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("encrypt vault: %w", err)
	}
	if file.Len() > MaxFile { // Decode would call it damaged
		return nil, fmt.Errorf("encrypt vault: %d bytes, want at most %d", file.Len(), MaxFile)
	}
	return file.Bytes(), nil
}

// Decode opens an age file. What k refuses comes back as k gave it; ErrNewer for a later version; any other error says that
// the file is damaged, without saying more than that to people. Changes that lie in a log beside the file are not in it.
func Decode(k ecdh.KeyExchanger, file []byte) (Document, error) {
	doc, log, err := decode(k, file)
	log.Wipe()
	return doc, err
}

// decode is Decode with the key of the log, nil where there is none.
func decode(k ecdh.KeyExchanger, file []byte) (Document, key.Secret, error) {
	id, err := NewIdentity(k)
	if err != nil {
		return Document{}, nil, err
	}
	if len(file) > MaxFile {
		return Document{}, nil, fmt.Errorf("vault of %d bytes, want at most %d", len(file), MaxFile)
	}
	r, err := age.Decrypt(bytes.NewReader(file), id)
	if err != nil {
		return Document{}, nil, fmt.Errorf("decrypt vault: %w", err)
	}
	text := bytes.NewBuffer(make([]byte, 0, len(file)+bytes.MinRead)) // one buffer, so that no copy is left behind
	_, err = text.ReadFrom(r)
	if err != nil {
		clear(text.Bytes())
		return Document{}, nil, fmt.Errorf("decrypt vault: %w", err)
	}
	return parse(text.Bytes())
}

// parse reads either version. The entries of version 2 keep the text; that of version 1 is wiped.
func parse(text []byte) (Document, key.Secret, error) {
	if bytes.HasPrefix(text, []byte(linesPrefix)) {
		return parseLines(text)
	}
	defer clear(text)
	doc, err := Parse(text)
	return doc, nil, err
}

// Parse reads the document inside a file of version 1. It refuses what Encode would not have written: unknown and duplicate members, entries that
// are no objects, generation 0, other versions, anything after the document.
func Parse(text []byte) (Document, error) {
	var version struct {
		V int `json:"v"`
	}
	if err := json.NewDecoder(bytes.NewReader(text)).Decode(&version); err != nil { // a later version may go on with something else
		return Document{}, errors.New("vault is not JSON") // the cause could quote the content
	}
	if version.V > Version {
		return Document{}, ErrNewer
	}
	var doc Document
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil {
		return Document{}, errors.New("vault holds members that version 1 does not know")
	}
	if err := doc.validate(); err != nil {
		return Document{}, err
	}
	again, err := marshal(doc)
	defer clear(again)
	if err != nil || !bytes.Equal(again, text) {
		return Document{}, errors.New("vault is not written as version 1 writes it")
	}
	return doc, nil
}

func (d Document) validate() error {
	switch {
	case d.V != Version && d.V != versionLog:
		return fmt.Errorf("vault version %d, want %d or %d", d.V, Version, versionLog)
	case d.Generation == 0 || d.Generation > maxGeneration:
		return fmt.Errorf("vault generation %d is out of range", d.Generation)
	case len(d.Accounts)+len(d.Codes) > MaxEntries:
		return fmt.Errorf("vault holds %d entries, want at most %d", len(d.Accounts)+len(d.Codes), MaxEntries)
	}
	for _, list := range [][]json.RawMessage{d.Accounts, d.Codes} {
		for _, entry := range list {
			if len(entry) < 2 || entry[0] != '{' {
				return errors.New("vault entry is not a JSON object")
			}
		}
	}
	return nil
}

// marshal is the one form in which a document is written: compact, members in the order of the struct, lists never null.
func marshal(d Document) ([]byte, error) {
	if d.Accounts == nil {
		d.Accounts = []json.RawMessage{}
	}
	if d.Codes == nil {
		d.Codes = []json.RawMessage{}
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(d); err != nil {
		return nil, errors.New("entry is not JSON") // the cause could quote it
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}
