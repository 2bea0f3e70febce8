package transfer

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"math"

	"golang.org/x/crypto/chacha20"
	"golang.org/x/crypto/salsa20"

	"avow/internal/authn"
	"avow/internal/key"
)

// errKeePassForm refuses a database that is written in a way that only some programs have.
var errKeePassForm = authn.Fail(authn.Invalid, "import_keepass_form",
	"This KeePass database is protected in a way that this app does not know. In its security settings choose AES or ChaCha20, and Argon2 or AES-KDF.")

// maxAESRounds bounds KeePass's first key derivation: some seconds of a phone, in which ctx can end it.
const maxAESRounds = 100_000_000

// The identifiers of ciphers and key derivations in the header.
var (
	kdbxAES      = []byte("\x31\xc1\xf2\xe6\xbf\x71\x43\x50\xbe\x58\x05\x21\x6a\xfc\x5a\xff")
	kdbxChaCha20 = []byte("\xd6\x03\x8a\x2b\x8b\x6f\x4c\xb5\xa5\x24\x33\x9a\x31\xdb\xb5\x9a")
	kdbxAESKDF   = []byte("\xc9\xd9\xf3\x9a\x62\x8a\x44\x60\xbf\x74\x0d\x08\xc1\x8a\x4f\xea")
	kdbxAESKDF4  = []byte("\x7c\x02\xbb\x82\x79\xa7\x4a\xc0\x92\x7d\x11\x4a\x00\x64\x82\x38") // KeePassXC's, the same
	kdbxArgon2d  = []byte("\xef\x63\x6d\xdf\x8c\x29\x44\x4b\x91\xf7\xa9\xa4\x03\xe3\x0a\x0c")
	kdbxArgon2id = []byte("\x9e\x29\x8b\x19\x56\xdb\x47\x73\xb2\x3d\xfc\x3e\xc6\xf0\xa1\xe6")
)

// The fields of the header that are read.
const (
	kdbxEnd         = 0
	kdbxCipher      = 2
	kdbxCompression = 3
	kdbxSeed        = 4
	kdbxKDFSeed     = 5 // 3.1 only, as the next
	kdbxKDFRounds   = 6
	kdbxIV          = 7
	kdbxStreamKey   = 8 // 3.1 only, as the next two; 4 has them inside
	kdbxStart       = 9
	kdbxStream      = 10
	kdbxKDF         = 11 // 4 only
)

// kdbx is a database of KeePass (keepass.info/help/kb/kdbx.html) that is being opened.
type kdbx struct {
	header []byte // as in the file, all of it
	rest   []byte // what comes behind
	four   bool
	fields map[byte][]byte
}

// openKeePass gives the XML inside, and the stream that encrypts protected values in it. Errors: ErrPasswordNeeded, ErrPasswordWrong,
// ErrDamaged, ErrTruncated, ErrTooHard, ErrTooLarge, ErrVersion, errKeePassForm, ctx's.
func openKeePass(ctx context.Context, data []byte, o Options) ([]byte, cipher.Stream, error) {
	d, err := readKDBXHeader(data)
	if err != nil {
		return nil, nil, err
	}
	transformed, err := d.transform(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	defer transformed.Wipe()
	seeded := append(bytes.Clone(d.fields[kdbxSeed]), transformed...)
	defer clear(seeded)
	open := d.open31
	if d.four {
		open = d.open4
	}
	return open(seeded)
}

func readKDBXHeader(data []byte) (*kdbx, error) {
	r := kdbxReader{rest: data}
	r.take(len(keePassMagic))
	minor, major := r.number(2), r.number(2)
	d := &kdbx{four: major == 4, fields: map[byte][]byte{}}
	if !r.short && (major < 3 || major > 4 || major == 4 && minor > 1) {
		return nil, ErrVersion
	}
	for id := byte(1); id != kdbxEnd; {
		id = byte(r.number(1))
		size := 2
		if d.four {
			size = 4
		}
		value := r.take(int(r.number(size)))
		if r.short {
			return nil, ErrTruncated
		}
		d.fields[id] = value
	}
	d.header, d.rest = data[:len(data)-len(r.rest)], r.rest
	return d, nil
}

// kdbxReader takes little-endian numbers and bytes from the front. When there are no more, all are zero and short is set.
type kdbxReader struct {
	rest  []byte
	short bool
}

func (r *kdbxReader) take(n int) []byte {
	if n < 0 || n > len(r.rest) {
		r.rest, r.short = nil, true
		return nil
	}
	out := r.rest[:n:n]
	r.rest = r.rest[n:]
	return out
}

func (r *kdbxReader) number(size int) uint64 {
	var whole [8]byte
	copy(whole[:], r.take(size))
	return binary.LittleEndian.Uint64(whole[:])
}

// transform makes the slow key of the password. A key file, which the database may want beside it, is not supported: then no password is right.
func (d *kdbx) transform(ctx context.Context, o Options) (key.Secret, error) {
	if err := ready(ctx, o, nil); err != nil {
		return nil, err
	}
	once := sha256.Sum256(o.Password)
	composite := sha256.Sum256(once[:])
	defer clear(once[:])
	defer clear(composite[:])
	if !d.four {
		r := kdbxReader{rest: d.fields[kdbxKDFRounds]}
		return aesKDF(ctx, composite, d.fields[kdbxKDFSeed], r.number(8))
	}
	params, err := readKDBXParams(d.fields[kdbxKDF])
	if err != nil {
		return nil, err
	}
	switch id := params["$UUID"]; {
	case bytes.Equal(id, kdbxAESKDF), bytes.Equal(id, kdbxAESKDF4):
		return aesKDF(ctx, composite, params["S"], params.number("R"))
	case bytes.Equal(id, kdbxArgon2d), bytes.Equal(id, kdbxArgon2id):
		if params.number("V") != argonVersion || len(params["K"]) > 0 || len(params["A"]) > 0 {
			return nil, errKeePassForm
		}
		o.Password = composite[:]
		derive := argon2idKey
		if bytes.Equal(id, kdbxArgon2d) {
			derive = argon2dKey
		}
		limit := func(name string) int64 { return int64(min(params.number(name), math.MaxInt64)) }
		return derive(ctx, o, params["S"], limit("I"), limit("M")/1024, limit("P"), 32)
	}
	return nil, errKeePassForm
}

// argon2dKey is argon2idKey for the other kind.
func argon2dKey(ctx context.Context, o Options, salt []byte, passes, memory, threads int64, size uint32) (key.Secret, error) {
	if err := argonReady(ctx, o, salt, passes, memory, threads); err != nil {
		return nil, err
	}
	return argon2d(argonInput{password: o.Password, salt: salt, passes: uint32(passes), memory: uint32(memory), lanes: uint32(threads), size: size}), nil
}

// aesKDF encrypts the two halves of a key with AES, again and again.
func aesKDF(ctx context.Context, k [32]byte, seed []byte, rounds uint64) (key.Secret, error) {
	if rounds > maxAESRounds {
		return nil, ErrTooHard
	}
	block, err := aes.NewCipher(seed)
	if err != nil || len(seed) != 32 {
		return nil, ErrDamaged
	}
	defer clear(k[:])
	for i := range rounds {
		if i%1_000_000 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		block.Encrypt(k[:16], k[:16])
		block.Encrypt(k[16:], k[16:])
	}
	out := sha256.Sum256(k[:])
	return out[:], nil
}

// kdbxParams is a VariantDictionary, by name, its values as they are in the file.
type kdbxParams map[string][]byte

func readKDBXParams(data []byte) (kdbxParams, error) {
	r, out := kdbxReader{rest: data}, kdbxParams{}
	if version := r.number(2); version>>8 != 1 {
		return nil, ErrDamaged
	}
	for {
		kind := r.number(1)
		if kind == 0 {
			break
		}
		name := string(r.take(int(r.number(4))))
		out[name] = r.take(int(r.number(4)))
		if r.short {
			break
		}
	}
	if r.short {
		return nil, ErrDamaged
	}
	return out, nil
}

func (p kdbxParams) number(name string) uint64 {
	if len(p[name]) > 8 {
		return 0
	}
	r := kdbxReader{rest: p[name]}
	return r.number(len(p[name]))
}

// open4 checks and joins the blocks, which are authenticated, then decrypts. seeded is the seed and the slow key.
func (d *kdbx) open4(seeded []byte) ([]byte, cipher.Stream, error) {
	r := kdbxReader{rest: d.rest}
	sum, mac := r.take(sha256.Size), r.take(sha256.Size)
	if r.short {
		return nil, nil, ErrTruncated
	}
	if want := sha256.Sum256(d.header); !bytes.Equal(sum, want[:]) {
		return nil, nil, ErrDamaged
	}
	base := sha512.Sum512(append(bytes.Clone(seeded), 1))
	defer clear(base[:])
	if !hmac.Equal(mac, kdbxMAC(base, math.MaxUint64, d.header)) {
		return nil, nil, ErrPasswordWrong
	}
	var sealed []byte
	for i := uint64(0); ; i++ {
		mac, size := r.take(sha256.Size), r.take(4)
		if r.short {
			return nil, nil, ErrTruncated
		}
		body := r.take(int(binary.LittleEndian.Uint32(size)))
		if r.short {
			return nil, nil, ErrTruncated
		}
		if !hmac.Equal(mac, kdbxMAC(base, i, binary.LittleEndian.AppendUint64(nil, i), size, body)) {
			return nil, nil, ErrDamaged
		}
		if len(body) == 0 {
			break
		}
		sealed = append(sealed, body...)
	}
	plain, err := d.decrypt(seeded, sealed)
	if errors.Is(err, ErrPasswordWrong) {
		err = ErrDamaged // the password was proven by the header
	}
	if err == nil {
		plain, err = d.unpack(plain)
	}
	if err != nil {
		return nil, nil, err
	}
	return innerKDBX(plain)
}

// kdbxMAC authenticates the i-th block, each with a key of its own.
func kdbxMAC(base [sha512.Size]byte, i uint64, parts ...[]byte) []byte {
	k := sha512.Sum512(append(binary.LittleEndian.AppendUint64(nil, i), base[:]...))
	defer clear(k[:])
	h := hmac.New(sha256.New, k[:])
	for _, part := range parts {
		h.Write(part)
	}
	return h.Sum(nil)
}

// innerKDBX parts the inner header from the XML.
func innerKDBX(plain []byte) ([]byte, cipher.Stream, error) {
	r := kdbxReader{rest: plain}
	var kind uint64
	var k []byte
	for id := uint64(1); id != kdbxEnd; {
		id = r.number(1)
		value := r.take(int(r.number(4)))
		if r.short {
			return nil, nil, ErrDamaged
		}
		switch inner := (kdbxReader{rest: value}); id {
		case 1:
			kind = inner.number(4)
		case 2:
			k = value
		}
	}
	stream, err := kdbxStreamOf(kind, k)
	return r.rest, stream, err
}

// open31 decrypts first: only what is inside is checked, by hashes.
func (d *kdbx) open31(seeded []byte) ([]byte, cipher.Stream, error) {
	plain, err := d.decrypt(seeded, d.rest)
	if err != nil {
		return nil, nil, err
	}
	start := d.fields[kdbxStart]
	if len(start) != 32 || !bytes.HasPrefix(plain, start) {
		return nil, nil, ErrPasswordWrong
	}
	r := kdbxReader{rest: plain[len(start):]}
	var text []byte
	for {
		r.take(4) // its number
		sum, size := r.take(sha256.Size), int(r.number(4))
		body := r.take(size)
		if r.short {
			return nil, nil, ErrDamaged
		}
		if size == 0 {
			break
		}
		if want := sha256.Sum256(body); !bytes.Equal(sum, want[:]) {
			return nil, nil, ErrDamaged
		}
		text = append(text, body...)
	}
	if text, err = d.unpack(text); err != nil {
		return nil, nil, err
	}
	kind := kdbxReader{rest: d.fields[kdbxStream]}
	stream, err := kdbxStreamOf(kind.number(4), d.fields[kdbxStreamKey])
	return text, stream, err
}

func (d *kdbx) decrypt(seeded, sealed []byte) ([]byte, error) {
	k := sha256.Sum256(seeded)
	defer clear(k[:])
	switch id := d.fields[kdbxCipher]; {
	case bytes.Equal(id, kdbxAES):
		return openCBC(k[:], d.fields[kdbxIV], sealed)
	case bytes.Equal(id, kdbxChaCha20):
		stream, err := chacha20.NewUnauthenticatedCipher(k[:], d.fields[kdbxIV])
		if err != nil {
			return nil, ErrDamaged.Because(err)
		}
		plain := make([]byte, len(sealed))
		stream.XORKeyStream(plain, sealed)
		return plain, nil
	}
	return nil, errKeePassForm
}

// unpack undoes the compression, if there is one, up to MaxFile.
func (d *kdbx) unpack(data []byte) ([]byte, error) {
	flag := kdbxReader{rest: d.fields[kdbxCompression]}
	switch flag.number(4) {
	case 0:
		return data, nil
	case 1:
		r, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, ErrDamaged.Because(err)
		}
		return readAtMost(r, MaxFile)
	}
	return nil, errKeePassForm
}

// kdbxStreamOf is the stream that protects values inside the XML.
func kdbxStreamOf(kind uint64, k []byte) (cipher.Stream, error) {
	switch kind {
	case 2:
		return &salsaStream{key: sha256.Sum256(k)}, nil
	case 3:
		sum := sha512.Sum512(k)
		return chacha20.NewUnauthenticatedCipher(sum[:32], sum[32:44])
	}
	return nil, errKeePassForm
}

// salsaStream is Salsa20 that goes on where it was. golang.org/x/crypto has it only from its beginning, so more of it is made than is needed.
type salsaStream struct {
	key  [32]byte
	made []byte
	used int
}

// salsaNonce is the same in every database; the key is not.
var salsaNonce = []byte("\xe8\x30\x09\x4b\x97\x20\x5d\x2a")

// XORKeyStream is that of cipher.Stream.
func (s *salsaStream) XORKeyStream(dst, src []byte) {
	if need := s.used + len(src); need > len(s.made) {
		clear(s.made)
		s.made = make([]byte, 2*need+1024)
		salsa20.XORKeyStream(s.made, s.made, salsaNonce, &s.key)
	}
	s.used += subtle.XORBytes(dst, src, s.made[s.used:])
}
