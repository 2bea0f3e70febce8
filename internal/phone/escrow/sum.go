package escrow

import (
	"crypto/sha256"
	"encoding/binary"
	"strconv"
)

// Sum tells lists of entries apart, whatever their order, and follows a change of one without a look at the others. It finds changes; it proves nothing to
// somebody who chooses the entries.
type Sum [4]uint64

// Add takes an entry in.
func (s *Sum) Add(e Entry) {
	for i, n := range hashOf(e) {
		s[i] += n
	}
}

// Sub takes out an entry that was added.
func (s *Sum) Sub(e Entry) {
	for i, n := range hashOf(e) {
		s[i] -= n
	}
}

// SumOf is the sum of a list.
func SumOf(list []Entry) (s Sum) {
	for _, e := range list {
		s.Add(e)
	}
	return s
}

func hashOf(e Entry) (s Sum) {
	text := make([]byte, 0, 512)
	text = append(append(text, e.ID...), 0)
	text = append(strconv.AppendInt(text, e.At, 10), 0)
	text = append(strconv.AppendBool(text, e.Deleted), 0)
	text = append(text, e.Body...)
	h := sha256.Sum256(text)
	clear(text)
	for i := range s {
		s[i] = binary.BigEndian.Uint64(h[8*i:])
	}
	return s
}
