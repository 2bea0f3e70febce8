package vault

import (
	"encoding/json"
	"strings"
	"testing"

	"avow/internal/key"
)

// TestEncodeRefusesWhatDecodeRefuses: a vault that has grown too large is not written over one that can be read.
func TestEncodeRefusesWhatDecodeRefuses(t *testing.T) {
	k, err := key.Generate()
	if err != nil {
		t.Fatal(err)
	}
	doc := Document{Generation: 1, Accounts: []json.RawMessage{json.RawMessage(`{"x":"` + strings.Repeat("x", MaxFile) + `"}`)}}
	if file, err := Encode(k.Key(), doc); err == nil {
		t.Errorf("written: %d bytes", len(file))
	}
}
