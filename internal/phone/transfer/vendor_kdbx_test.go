package transfer

import (
	"bytes"
	"compress/gzip"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20"

	"avow/internal/key"
	"avow/internal/otp"
)

// kdbxForm is one of the ways in which a database of KeePass can be written.
type kdbxForm struct {
	four, chaCha20, plain bool   // plain: not compressed
	kdf                   []byte // of version 4
	rounds, memory        uint64 // memory in bytes
}

var kdbxForms = map[string]kdbxForm{
	"keepass_31.kdbx":       {rounds: 1000},
	"keepass_31_plain.kdbx": {rounds: 1000, plain: true},
	"keepass_4.kdbx":        {four: true, kdf: kdbxArgon2d, rounds: 2, memory: 64 << 10},
	"keepass_4_id.kdbx":     {four: true, chaCha20: true, kdf: kdbxArgon2id, rounds: 2, memory: 64 << 10},
	"keepass_4_aes.kdbx":    {four: true, kdf: kdbxAESKDF4, rounds: 1000, plain: true},
}

// kdbxInside is the XML: what is protected is encrypted with one stream, from the first to the last, earlier versions of an entry with them.
func kdbxInside(stream cipher.Stream) []byte {
	value := func(text string) string {
		b := []byte(text)
		stream.XORKeyStream(b, b)
		return `<Value Protected="True">` + base64.StdEncoding.EncodeToString(b) + "</Value>"
	}
	entry := func(title string, strs ...string) string {
		out := "<Entry><String><Key>Title</Key><Value>" + title + "</Value></String><String><Key>UserName</Key><Value>anna</Value></String>"
		for i := 0; i < len(strs); i += 2 {
			out += "<String><Key>" + strs[i] + "</Key>" + value(strs[i+1]) + "</String>"
		}
		return out + "<History><Entry><String><Key>otp</Key>" + value(strings.Repeat("an earlier one", 9)) + "</String></Entry></History></Entry>"
	}
	return []byte("<KeePassFile><Meta><CustomData><Item><Key>x</Key>" + value("y") + "</Item></CustomData></Meta><Root><Group><Name>Database</Name>" +
		entry("Counter", "Password", "not for us", "HmacOtp-Secret", string(fixtureHOTP.Secret), "HmacOtp-Counter", "7") +
		"<Group><Name>Work</Name>" + entry("Bank", "TimeOtp-Secret-Base32", b32(fixtureLong), "Password", "") + "</Group></Group></Root></KeePassFile>")
}

var kdbxWant = []otp.Code{fixtureHOTP, with(fixtureLong, func(c *otp.Code) { c.Account, c.Algorithm, c.Digits, c.Period = "anna", otp.SHA1, 6, 30 })}

// kdbxFixture writes a database by its description; inside changes what is in it.
func kdbxFixture(t testing.TB, f kdbxForm, inside func([]byte) []byte) []byte {
	le := binary.LittleEndian
	header := []byte(keePassMagic)
	field := func(id byte, value []byte) {
		if header = append(header, id); f.four {
			header = le.AppendUint32(header, uint32(len(value)))
		} else {
			header = le.AppendUint16(header, uint16(len(value)))
		}
		header = append(header, value...)
	}
	seed, salt, streamKey, start := []byte("a seed that is of 32 bytes, yes!"), []byte("a salt that is of 32 bytes, yes!"),
		[]byte("a key for the stream of 32 bytes"), []byte("the start that is of 32 bytes...")
	iv, name, flag := []byte("0123456789abcdef"), kdbxAES, uint32(1)
	if f.chaCha20 {
		iv, name = iv[:12], kdbxChaCha20
	}
	if f.plain {
		flag = 0
	}
	kind, stream := uint32(3), cipher.Stream(nil)
	if f.four {
		header = append(header, 0, 0, 4, 0)
		sum := sha512.Sum512(streamKey)
		var err error
		if stream, err = chacha20.NewUnauthenticatedCipher(sum[:32], sum[32:44]); err != nil {
			t.Fatal(err)
		}
	} else {
		header, kind = append(header, 1, 0, 3, 0), 2
		var err error
		if stream, err = kdbxStreamOf(2, streamKey); err != nil {
			t.Fatal(err)
		}
	}
	field(kdbxCipher, name)
	field(kdbxCompression, le.AppendUint32(nil, flag))
	field(kdbxSeed, seed)
	field(kdbxIV, iv)
	if f.four {
		params := []byte{0, 1}
		param := func(kind byte, name string, value []byte) {
			params = append(le.AppendUint32(append(params, kind), uint32(len(name))), name...)
			params = append(le.AppendUint32(params, uint32(len(value))), value...)
		}
		param(0x42, "$UUID", f.kdf)
		param(0x42, "S", salt)
		param(0x05, "R", le.AppendUint64(nil, f.rounds))
		param(0x05, "I", le.AppendUint64(nil, f.rounds))
		param(0x05, "M", le.AppendUint64(nil, f.memory))
		param(0x04, "P", le.AppendUint32(nil, 1))
		param(0x04, "V", le.AppendUint32(nil, argonVersion))
		field(kdbxKDF, append(params, 0))
	} else {
		field(kdbxKDFSeed, salt)
		field(kdbxKDFRounds, le.AppendUint64(nil, f.rounds))
		field(kdbxStreamKey, streamKey)
		field(kdbxStart, start)
		field(kdbxStream, le.AppendUint32(nil, kind))
	}
	field(kdbxEnd, []byte("\r\n\r\n"))

	text := inside(kdbxInside(stream))
	if f.four {
		inner := append([]byte{1, 4, 0, 0, 0, 3, 0, 0, 0, 2, 32, 0, 0, 0}, streamKey...)
		text = append(append(inner, 0, 0, 0, 0, 0), text...)
	}
	if !f.plain {
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		if _, err := w.Write(text); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		text = packed.Bytes()
	}
	if !f.four {
		sum := sha256.Sum256(text)
		block := append(le.AppendUint32(append(append(bytes.Clone(start), 0, 0, 0, 0), sum[:]...), uint32(len(text))), text...)
		text = append(append(block, 1, 0, 0, 0), make([]byte, 36)...)
	}
	seeded := append(bytes.Clone(seed), kdbxSlowKey(t, f, salt)...)
	k := sha256.Sum256(seeded)
	var sealed []byte
	if f.chaCha20 {
		s, err := chacha20.NewUnauthenticatedCipher(k[:], iv)
		if err != nil {
			t.Fatal(err)
		}
		sealed = make([]byte, len(text))
		s.XORKeyStream(sealed, text)
	} else {
		sealed = sealCBC(t, k[:], iv, text)
	}
	if !f.four {
		return append(header, sealed...)
	}
	base, sum := sha512.Sum512(append(seeded, 1)), sha256.Sum256(header)
	out := append(append(bytes.Clone(header), sum[:]...), kdbxMAC(base, math.MaxUint64, header)...)
	for i, body := range [][]byte{sealed[:len(sealed)/2], sealed[len(sealed)/2:], nil} {
		size := le.AppendUint32(nil, uint32(len(body)))
		out = append(append(append(out, kdbxMAC(base, uint64(i), le.AppendUint64(nil, uint64(i)), size, body)...), size...), body...)
	}
	return out
}

func kdbxSlowKey(t testing.TB, f kdbxForm, salt []byte) []byte {
	once := sha256.Sum256([]byte(vendorPassword))
	k := sha256.Sum256(once[:])
	switch {
	case f.memory > 1<<20 || f.rounds > 1<<20:
		return k[:] // nobody derives that
	case bytes.Equal(f.kdf, kdbxArgon2d):
		return argon2d(argonInput{password: k[:], salt: salt, passes: uint32(f.rounds), memory: uint32(f.memory / 1024), lanes: 1, size: 32})
	case bytes.Equal(f.kdf, kdbxArgon2id):
		return argon2.IDKey(k[:], salt, uint32(f.rounds), uint32(f.memory/1024), 1, 32)
	}
	block, err := aes.NewCipher(salt)
	if err != nil {
		t.Fatal(err)
	}
	for range f.rounds {
		block.Encrypt(k[:16], k[:16])
		block.Encrypt(k[16:], k[16:])
	}
	out := sha256.Sum256(k[:])
	return out[:]
}

func same(b []byte) []byte { return b }

// kdbxFixtures join those of the other formats.
func kdbxFixtures() []vendorFixture {
	var out []vendorFixture
	for file, form := range kdbxForms {
		out = append(out, vendorFixture{file, KeePass, vendorPassword, func(t testing.TB) []byte { return kdbxFixture(t, form, same) }, kdbxWant})
	}
	return out
}

// TestKeePassByAnotherProgram: databases that pykeepass 4.2.0 wrote, with an earlier version of an entry in them.
func TestKeePassByAnotherProgram(t *testing.T) {
	for _, kdf := range []string{"aeskdf", "argon2d", "argon2id"} {
		data, err := os.ReadFile(filepath.Join("testdata", "vendor", "pykeepass_"+kdf+".kdbx"))
		if err != nil {
			t.Fatal(err)
		}
		checkRead(t, data, vendorPassword, KeePass, []otp.Code{fixtureTOTP, fixtureSteam, fixtureHOTP})
		checkPasswords(t, data, vendorPassword)
	}
}

// TestKeePassRefused: work, memory and sizes that a database demands are bounded, and a changed byte is found.
func TestKeePassRefused(t *testing.T) {
	four, three := kdbxForms["keepass_4.kdbx"], kdbxForms["keepass_31.kdbx"]
	change := func(f kdbxForm, do func(*kdbxForm)) []byte { do(&f); return kdbxFixture(t, f, same) }
	flip := func(data []byte, at int) []byte {
		data = bytes.Clone(data)
		data[(at+len(data))%len(data)] ^= 1
		return data
	}
	good4, good3 := kdbxFixture(t, four, same), kdbxFixture(t, three, same)
	for name, tt := range map[string]struct {
		data []byte
		want error
	}{
		"all the memory":     {change(four, func(f *kdbxForm) { f.memory = 1 << 40 }), ErrTooHard},
		"more than 64 bits":  {change(four, func(f *kdbxForm) { f.memory = math.MaxUint64 }), ErrTooHard},
		"many passes":        {change(four, func(f *kdbxForm) { f.rounds = 1 << 30 }), ErrTooHard},
		"no passes":          {change(four, func(f *kdbxForm) { f.rounds = 0; f.kdf = kdbxArgon2id; f.memory = 1 << 30 }), ErrDamaged},
		"hours of AES":       {change(four, func(f *kdbxForm) { f.rounds, f.kdf = 1<<40, kdbxAESKDF }), ErrTooHard},
		"hours of AES, 3.1":  {change(three, func(f *kdbxForm) { f.rounds = 1 << 40 }), ErrTooHard},
		"an unknown KDF":     {change(four, func(f *kdbxForm) { f.kdf = []byte("another one 1234") }), errKeePassForm},
		"Twofish":            {bytes.Replace(good3, kdbxAES, []byte("another one 1234"), 1), errKeePassForm},
		"the header":         {flip(good4, 20), ErrDamaged},
		"the first block":    {flip(good4, 400), ErrDamaged},
		"the last block":     {flip(good4, -10), ErrDamaged},
		"a block, 3.1":       {flip(good3, -60), ErrDamaged},
		"grows to 33 MiB":    {kdbxFixture(t, four, func(b []byte) []byte { return append(b, make([]byte, MaxFile)...) }), ErrTooLarge},
		"no XML":             {kdbxFixture(t, four, func([]byte) []byte { return []byte("x") }), ErrTruncated},
		"protected nonsense": {kdbxFixture(t, four, func(b []byte) []byte { return bytes.Replace(b, []byte(`"True">`), []byte(`"True">!`), 1) }), ErrDamaged},
	} {
		_, err := Read(t.Context(), bytes.NewReader(tt.data), Options{Password: key.Secret(vendorPassword)})
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", name, err, tt.want)
		}
	}
}
