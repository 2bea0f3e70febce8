package escrow

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"avow/internal/authn"
)

// parse reads the document inside. It refuses what marshal would not have written.
func parse(text []byte) (Document, error) {
	var version struct {
		V int `json:"v"`
	}
	if err := json.Unmarshal(text, &version); err != nil {
		return Document{}, ErrDamaged // the cause could quote the content
	}
	if version.V > Version {
		return Document{}, ErrNewer
	}
	var doc Document
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil {
		return Document{}, ErrDamaged.Because(errors.New("escrow holds members that version 1 does not know"))
	}
	again, err := marshal(doc)
	defer clear(again)
	if err != nil || !bytes.Equal(again, text) {
		return Document{}, ErrDamaged.Because(errors.New("escrow is not written as version 1 writes it"))
	}
	return doc, nil
}

// marshal is the one form in which a document is written: compact, members in the order of the structs, lists never null and sorted.
func marshal(d Document) ([]byte, error) {
	if err := d.validate(); err != nil {
		return nil, err
	}
	if d.Codes == nil {
		d.Codes = []Entry{}
	}
	if d.Devices == nil {
		d.Devices = []Member{}
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(d); err != nil {
		return nil, errors.New("escrow entry is not JSON") // the cause could quote it
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

func (d Document) validate() error {
	switch {
	case d.V != Version:
		return fmt.Errorf("escrow version %d, want %d", d.V, Version)
	case !authn.ValidID("u_", string(d.User)):
		return errors.New("escrow of no user")
	case d.Generation == 0 || d.Generation > maxGeneration:
		return fmt.Errorf("escrow generation %d is out of range", d.Generation)
	case len(d.Codes) > MaxCodes, len(d.Devices) > MaxDevices:
		return ErrTooLarge
	case d.Account.Deleted:
		return errors.New("escrow without an account")
	}
	size := 0
	for _, e := range append([]Entry{d.Account}, d.Codes...) {
		if err := e.validate(); err != nil {
			return err
		}
		if size += len(e.Body); size > MaxFile {
			return ErrTooLarge
		}
	}
	if !ascending(d.Codes, func(e Entry) string { return e.ID }) || !ascending(d.Devices, func(m Member) authn.DeviceID { return m.ID }) {
		return errors.New("escrow entries are not sorted, or one is there twice")
	}
	for _, m := range d.Devices {
		if !authn.ValidID("d_", string(m.ID)) || m.Exchange.IsZero() {
			return errors.New("escrow device has no id or no key")
		}
	}
	return nil
}

var idForm = regexp.MustCompile(`^[A-Za-z0-9._:/-]{1,64}$`)

func (e Entry) validate() error {
	switch {
	case !idForm.MatchString(e.ID):
		return errors.New("escrow entry has no id that fits")
	case e.At < 0 || e.At > maxGeneration:
		return errors.New("escrow entry is of no time")
	case e.Deleted && e.Body != nil:
		return errors.New("escrow entry is deleted and has a body")
	case !e.Deleted && (len(e.Body) < 2 || e.Body[0] != '{'):
		return errors.New("escrow entry is not a JSON object")
	}
	return nil
}

func ascending[T any, K cmp.Ordered](list []T, id func(T) K) bool {
	for i := range list {
		if i > 0 && id(list[i-1]) >= id(list[i]) {
			return false
		}
	}
	return true
}

// Sort puts codes and devices in the order in which they are sealed.
func (d *Document) Sort() {
	slices.SortFunc(d.Codes, func(a, b Entry) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(d.Devices, func(a, b Member) int { return cmp.Compare(a.ID, b.ID) })
}
