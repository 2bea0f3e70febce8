package attestationtest

import (
	"bytes"
	"crypto/x509/pkix"
	"maps"
	"slices"

	"avow/internal/key"
)

// Description is what the extension of Android says of a key. The lists hold, by the numbers of KeyMint, values in DER.
type Description struct {
	Version, KeyMintVersion int
	Level, KeyMint          int // 0 software, 1 TEE, 2 StrongBox
	Challenge               []byte
	Software, Hardware      map[int][]byte
	Order                   []int  // of the hardware's list; sorted when empty
	Behind                  []byte // in the sequence, after its last field
}

// Good describes a key that passes: made in the TEE of a locked phone, for signing, by its user's finger or lock each time.
func Good(challenge [32]byte) Description {
	return Description{
		Version: 300, KeyMintVersion: 300, Level: 1, KeyMint: 1, Challenge: challenge[:],
		Software: map[int][]byte{701: Int(1770000000000), 709: Octets([]byte("the app"))},
		Hardware: map[int][]byte{
			1: Set(Int(2)), 2: Int(3), 3: Int(256), 5: Set(Int(4)), 10: Int(1), 303: Null(), 504: Int(3), 702: Int(0),
			704: RootOfTrust(bytes.Repeat([]byte{7}, 32), true, 0), 705: Int(160000), 706: Int(202601),
		},
	}
}

// RootOfTrust is what system was started: state is 0 for one of the maker that is unmodified.
func RootOfTrust(bootKey []byte, locked bool, state byte) []byte {
	return Seq(Octets(bootKey), Bool(locked), Enum(state), Octets(bytes.Repeat([]byte{8}, 32)))
}

// DER encodes the description.
func (d Description) DER() []byte {
	return Seq(
		Int(int64(d.Version)), Enum(byte(d.Level)), Int(int64(d.KeyMintVersion)), Enum(byte(d.KeyMint)), Octets(d.Challenge), Octets(nil),
		list(d.Software, nil), list(d.Hardware, d.Order), d.Behind,
	)
}

func list(fields map[int][]byte, order []int) []byte {
	if order == nil {
		order = slices.Sorted(maps.Keys(fields))
	}
	var out [][]byte
	for _, tag := range order {
		out = append(out, Tagged(tag, fields[tag]))
	}
	return Seq(out...)
}

// Extension is the description as it stands in a certificate.
func (d Description) Extension() pkix.Extension {
	return pkix.Extension{Id: OIDDescription, Value: d.DER()}
}

// Android certifies a key as a good phone would; change makes it another.
func (m *Maker) Android(challenge [32]byte, pub key.Public, change func(*Description)) [][]byte {
	m.t.Helper()
	d := Good(challenge)
	if change != nil {
		change(&d)
	}
	return m.Chain(m.Leaf(pub, nil, d.Extension()))
}

func tlv(tag []byte, parts ...[]byte) []byte {
	content := bytes.Join(parts, nil)
	out := bytes.Clone(tag)
	switch n := len(content); {
	case n < 0x80:
		out = append(out, byte(n))
	case n < 0x100:
		out = append(out, 0x81, byte(n))
	default:
		out = append(out, 0x82, byte(n>>8), byte(n))
	}
	return append(out, content...)
}

// Seq is a SEQUENCE.
func Seq(parts ...[]byte) []byte { return tlv([]byte{0x30}, parts...) }

// Set is a SET, in the order given.
func Set(parts ...[]byte) []byte { return tlv([]byte{0x31}, parts...) }

// Octets is an OCTET STRING.
func Octets(b []byte) []byte { return tlv([]byte{0x04}, b) }

// Enum is a small ENUMERATED.
func Enum(n byte) []byte { return []byte{0x0a, 1, n} }

// Null is NULL.
func Null() []byte { return []byte{0x05, 0} }

// Bool is a BOOLEAN.
func Bool(b bool) []byte {
	if b {
		return []byte{0x01, 1, 0xff}
	}
	return []byte{0x01, 1, 0}
}

// Int is a positive INTEGER.
func Int(n int64) []byte {
	var content []byte
	for {
		content = append([]byte{byte(n)}, content...)
		if n >>= 8; n == 0 {
			break
		}
	}
	if content[0] >= 0x80 {
		content = append([]byte{0}, content...)
	}
	return tlv([]byte{0x02}, content)
}

// Tagged puts an explicit tag around a value.
func Tagged(tag int, value []byte) []byte {
	switch {
	case tag < 31:
		return tlv([]byte{0xa0 | byte(tag)}, value)
	case tag < 128:
		return tlv([]byte{0xbf, byte(tag)}, value)
	}
	return tlv([]byte{0xbf, 0x80 | byte(tag>>7), byte(tag & 0x7f)}, value)
}
