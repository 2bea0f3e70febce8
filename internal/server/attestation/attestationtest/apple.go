package attestationtest

import (
	"crypto/sha256"
	"crypto/x509/pkix"
	"encoding/binary"
	"slices"

	"avow/internal/key"
)

// Object is an attestation by Apple before it is encoded.
type Object struct {
	Format  string
	App     string
	Client  [32]byte
	Flags   byte
	Counter uint32
	AAGUID  string
	Leaf    key.Public // in the certificate
	Key     key.Public // in the authenticator data
	KeyID   []byte
	Nonce   func(nonce []byte) []byte // the extension of the leaf; nil result: none
	Chain   func(chain [][]byte) [][]byte
	Encode  func(format string, chain [][]byte, receipt, auth []byte) []byte
}

// Apple attests an app as Apple would; change makes it another.
func (m *Maker) Apple(app string, client [32]byte, change func(*Object)) []byte {
	m.t.Helper()
	k, err := key.Generate()
	if err != nil {
		m.t.Fatal(err)
	}
	id := sha256.Sum256(k.Key().Bytes())
	o := Object{
		Format: "apple-appattest", App: app, Client: client, Flags: 0x40, AAGUID: "appattest\x00\x00\x00\x00\x00\x00\x00", Leaf: k.Key(), Key: k.Key(), KeyID: id[:],
		Nonce: func(nonce []byte) []byte { return Seq(Tagged(1, Octets(nonce))) },
		Chain: func(chain [][]byte) [][]byte { return chain }, Encode: EncodeObject,
	}
	if change != nil {
		change(&o)
	}
	auth := o.auth()
	nonce := sha256.Sum256(slices.Concat(auth, o.Client[:]))
	var extensions []pkix.Extension
	if value := o.Nonce(nonce[:]); value != nil {
		extensions = append(extensions, pkix.Extension{Id: OIDNonce, Value: value})
	}
	leaf := m.Leaf(o.Leaf, nil, extensions...)
	return o.Encode(o.Format, o.Chain([][]byte{leaf.Raw, m.Between.Raw}), []byte("receipt"), auth)
}

func (o Object) auth() []byte {
	app := sha256.Sum256([]byte(o.App))
	auth := append(app[:], o.Flags)
	auth = binary.BigEndian.AppendUint32(auth, o.Counter)
	auth = append(auth, o.AAGUID...)
	auth = binary.BigEndian.AppendUint16(auth, uint16(len(o.KeyID)))
	auth = append(auth, o.KeyID...)
	point := o.Key.Bytes()
	auth = append(auth, 0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32)
	auth = append(auth, point[1:33]...)
	auth = append(auth, 0x22, 0x58, 32)
	return append(auth, point[33:]...)
}

// EncodeObject writes the object in CBOR.
func EncodeObject(format string, chain [][]byte, receipt, auth []byte) []byte {
	out := append([]byte{0xa3}, text("fmt")...)
	out = append(append(out, text(format)...), text("attStmt")...)
	out = append(append(out, 0xa2), text("x5c")...)
	out = append(out, head(4, len(chain))...)
	for _, c := range chain {
		out = append(append(out, head(2, len(c))...), c...)
	}
	out = append(append(append(out, text("receipt")...), head(2, len(receipt))...), receipt...)
	out = append(append(out, text("authData")...), head(2, len(auth))...)
	return append(out, auth...)
}

func head(major byte, n int) []byte {
	switch {
	case n < 24:
		return []byte{major<<5 | byte(n)}
	case n < 0x100:
		return []byte{major<<5 | 24, byte(n)}
	}
	return []byte{major<<5 | 25, byte(n >> 8), byte(n)}
}

func text(s string) []byte { return append(head(3, len(s)), s...) }
