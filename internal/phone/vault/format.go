package vault

import (
	"bytes"
	"crypto/ecdh"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"

	"avow/internal/key"
)

// Encode writes doc as an age file to the public key. The same document gives another file each time.
func Encode(to key.Public, doc Document) ([]byte, error) {
	doc.V = Version
	if err := doc.validate(); err != nil {
		return nil, fmt.Errorf("encode vault: %w", err)
	}
	text, err := marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("encode vault: %w", err)
	}
	defer clear(text)
	r, err := Recipient(to)
	if err != nil {
		return nil, err
	}
	var file bytes.Buffer
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
// the file is damaged, without saying more than that to people.
func Decode(k ecdh.KeyExchanger, file []byte) (Document, error) {
	id, err := NewIdentity(k)
	if err != nil {
		return Document{}, err
	}
	if len(file) > MaxFile {
		return Document{}, fmt.Errorf("vault of %d bytes, want at most %d", len(file), MaxFile)
	}
	r, err := age.Decrypt(bytes.NewReader(file), id)
	if err != nil {
		return Document{}, fmt.Errorf("decrypt vault: %w", err)
	}
	text, err := io.ReadAll(r)
	defer clear(text)
	if err != nil {
		return Document{}, fmt.Errorf("decrypt vault: %w", err)
	}
	return Parse(text)
}

// Parse reads the document inside. It refuses what Encode would not have written: unknown and duplicate members, entries that
// are no objects, generation 0, other versions, anything after the document.
func Parse(text []byte) (Document, error) {
	var version struct {
		V int `json:"v"`
	}
	if err := json.Unmarshal(text, &version); err != nil {
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
	case d.V != Version:
		return fmt.Errorf("vault version %d, want %d", d.V, Version)
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
