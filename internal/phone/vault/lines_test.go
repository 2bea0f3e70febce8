package vault

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"avow/internal/key"
)

const lineKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"

var lineDocuments = map[string]bool{ // text: good
	`{"v":2,"generation":1,"log":"` + lineKey + `","accounts":0,"codes":0}` + "\n":                    true,
	`{"v":2,"generation":7,"log":"` + lineKey + `","accounts":1,"codes":2}` + "\n{}\n{\"a\":1}\n{}\n": true,
	`{"v":2,"generation":7,"log":"` + lineKey + `","accounts":1,"codes":2}` + "\n{}\n{\"a\":1}\n{}":   false,
	`{"v":2,"generation":7,"log":"` + lineKey + `","accounts":1,"codes":2}` + "\n{}\n{}\n":            false,
	`{"v":2,"generation":7,"log":"` + lineKey + `","accounts":1,"codes":1}` + "\n{}\n{}\n{}\n":        false,
	`{"v":2,"generation":7,"log":"` + lineKey + `","accounts":1,"codes":0}` + "\n[]\n":                false,
	`{"v":2,"generation":0,"log":"` + lineKey + `","accounts":0,"codes":0}` + "\n":                    false,
	`{"v":2,"generation":1,"log":"` + lineKey + `A","accounts":0,"codes":0}` + "\n":                   false,
	`{"v":2,"generation":1,"log":"","accounts":0,"codes":0}` + "\n":                                   false,
	`{"v":2,"generation":1,"log":"` + lineKey + `","accounts":-1,"codes":0}` + "\n":                   false,
	`{"v":2,"generation":1,"log":"` + lineKey + `","accounts":99999999,"codes":0}` + "\n":             false,
	`{"v":2,"generation":1,"log":"` + lineKey + `","accounts":0,"codes":0,"more":1}` + "\n":           false,
	`{"v":2,"generation": 1,"log":"` + lineKey + `","accounts":0,"codes":0}` + "\n":                   false,
	`{"v":2,"v":2,"generation":1,"log":"` + lineKey + `","accounts":0,"codes":0}` + "\n":              false,
	`{"v":2,"generation":1,"log":"` + strings.Repeat("A", 300) + `","accounts":0,"codes":0}` + "\n":   false,
	`{"v":2,"generation":1,"accounts":[],"codes":[]}`:                                                 false,
	`{"v":2,`: false,
}

func TestLines(t *testing.T) {
	for text, good := range lineDocuments {
		doc, log, err := parse([]byte(text))
		if (err == nil) != good || good && (len(log) != logKeySize || doc.V != versionLog) || !good && (log != nil || doc.Generation != 0) {
			t.Errorf("%s: %v, %v, want good: %v", text, doc, err, good)
		}
	}
	if _, _, err := parse([]byte(`{"v":3,"accounts":7}` + "\n{}\n")); !errors.Is(err, ErrNewer) {
		t.Errorf("a later version in lines: %v, want ErrNewer", err)
	}
	if _, err := marshalLines(Document{Codes: []json.RawMessage{json.RawMessage("{\n}")}}, make(key.Secret, logKeySize)); err == nil {
		t.Error("an entry of two lines was written")
	}
}

func FuzzLines(f *testing.F) {
	for text := range lineDocuments {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !bytes.HasPrefix(text, []byte(linesPrefix)) {
			return
		}
		doc, log, err := parseLines(bytes.Clone(text))
		if err != nil || slices.ContainsFunc(append(doc.Accounts, doc.Codes...), func(e json.RawMessage) bool { return !json.Valid(e) }) {
			return // what is no JSON is found by who reads the entry
		}
		if again, err := marshalLines(doc, log); err != nil || !bytes.Equal(again, text) {
			t.Errorf("%q was taken and is written as %q, %v", text, again, err)
		}
	})
}

// A change makes of the old list the new one; whatever else is in it is refused or makes a list of objects.
func FuzzChange(f *testing.F) {
	f.Add([]byte(`{"len":2,"at":[1],"entries":[{}]}`), 1)
	f.Add([]byte(`{"len":1,"at":[],"entries":[]}`), 3)
	f.Add([]byte(`{"len":9,"at":[8],"entries":[{}]}`), 1)
	f.Fuzz(func(t *testing.T, text []byte, n int) {
		var c listChange
		if n < 0 || n > 20 || json.Unmarshal(text, &c) != nil {
			return
		}
		old := make([]json.RawMessage, n)
		for i := range old {
			old[i] = json.RawMessage(`{"old":1}`)
		}
		next, err := c.apply(old)
		if err != nil {
			return
		}
		if len(next) != c.Len {
			t.Fatalf("%d entries, want %d", len(next), c.Len)
		}
		for i, e := range next {
			if !isEntry(e) {
				t.Fatalf("entry %d is %q", i, e)
			}
		}
		if again, err := diff(old, next).apply(old); err != nil || len(again) != len(next) {
			t.Fatalf("the difference gives %d entries, %v", len(again), err)
		}
	})
}
