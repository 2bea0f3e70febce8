package transfer

import "encoding/binary"

// wireType is how a field of a protobuf message is encoded.
type wireType int

const (
	wireVarint wireType = 0
	wire64     wireType = 1
	wireBytes  wireType = 2
	wire32     wireType = 5
)

// field is one field of a protobuf message (protobuf.dev/programming-guides/encoding).
type field struct {
	number uint64
	wire   wireType
	value  uint64 // of a varint
	bytes  []byte // of bytes, a string or a message; part of the message's own memory
}

// fields reads a message. Groups, which nobody writes since 2008, and field number 0 are errors; ErrTruncated if the message
// ends within a field, ErrDamaged for the rest.
func fields(message []byte) ([]field, error) {
	var out []field
	for len(message) > 0 {
		tag, n := binary.Uvarint(message)
		if n <= 0 {
			return nil, varintError(n)
		}
		message = message[n:]
		f := field{number: tag >> 3, wire: wireType(tag & 7)}
		if f.number == 0 || f.number >= 1<<29 {
			return nil, ErrDamaged
		}
		size := 0
		switch f.wire {
		case wireVarint:
			if f.value, size = binary.Uvarint(message); size <= 0 {
				return nil, varintError(size)
			}
		case wire64:
			size = 8
		case wire32:
			size = 4
		case wireBytes:
			length, n := binary.Uvarint(message)
			if n <= 0 {
				return nil, varintError(n)
			}
			if message = message[n:]; length > uint64(len(message)) {
				return nil, ErrTruncated
			}
			size = int(length)
			f.bytes = message[:size:size]
		default:
			return nil, ErrDamaged
		}
		if size > len(message) {
			return nil, ErrTruncated
		}
		message = message[size:]
		out = append(out, f)
	}
	return out, nil
}

// varintError is what the n of a failed binary.Uvarint means.
func varintError(n int) error {
	if n == 0 {
		return ErrTruncated
	}
	return ErrDamaged
}
