package vault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

func encodeIndex(idx Index) ([]byte, error) {
	idx.V = Version
	if idx.Accounts == nil {
		idx.Accounts = []json.RawMessage{}
	}
	text, err := json.Marshal(idx)
	if err != nil {
		return nil, fmt.Errorf("encode index: %w", err)
	}
	return text, nil
}

func parseIndex(text []byte) (Index, error) {
	var idx Index
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&idx); err != nil {
		return Index{}, errors.New("index is not one of version 1")
	}
	if idx.V != Version {
		return Index{}, fmt.Errorf("index version %d, want %d", idx.V, Version)
	}
	return idx, nil
}
