package transfer

import (
	"unicode/utf16"
	"unicode/utf8"
)

// javaPair is one key and value of a map of texts.
type javaPair struct{ key, value string }

// The marks of the Java Object Serialization Specification, section 6.4.2.
const (
	javaMagic      = "\xac\xed\x00\x05" // STREAM_MAGIC and STREAM_VERSION
	javaNull       = 0x70
	javaReference  = 0x71
	javaClass      = 0x72
	javaObject     = 0x73
	javaString     = 0x74
	javaBlock      = 0x77
	javaEnd        = 0x78
	javaLong       = 0x7c
	javaFirst      = 0x7e0000 // the first handle
	javaMapClass   = "java.util.HashMap"
	javaMapVersion = 0x0507dac1c31660d1
)

// readJavaMap reads a java.util.HashMap<String, String> as ObjectOutputStream writes it, and nothing else: no other class, no other
// value. It makes no objects, so a hostile file can do no more than be refused. The order is that of the file. Errors: ErrDamaged, ErrTruncated.
func readJavaMap(data []byte) ([]javaPair, error) {
	j := &javaReader{data: data}
	pairs, good := j.readMap()
	switch {
	case j.ended:
		return nil, ErrTruncated
	case !good || j.failed || len(j.data) != 0:
		return nil, ErrDamaged
	}
	return pairs, nil
}

func (j *javaReader) readMap() (pairs []javaPair, good bool) {
	if string(j.take(len(javaMagic))) != javaMagic || j.byte() != javaObject || j.byte() != javaClass {
		return nil, false
	}
	if j.utf(int(j.short())) != javaMapClass || j.long() != javaMapVersion {
		return nil, false
	}
	j.byte() // flags: the class has a writeObject of its own, as read below
	skip, ok := j.fields()
	if !ok || j.byte() != javaEnd || j.byte() != javaNull {
		return nil, false
	}
	j.strings = make([]string, 2) // the handles of the class and of the map
	j.take(skip)
	if j.byte() != javaBlock || j.byte() != 8 {
		return nil, false
	}
	j.int() // buckets
	count := j.int()
	for range count {
		p := javaPair{key: j.text(), value: j.text()}
		if j.failed {
			return nil, false // also ends a count that the file cannot have
		}
		pairs = append(pairs, p)
	}
	return pairs, j.byte() == javaEnd
}

// javaReader takes from the front of data. After one failure everything is zero.
type javaReader struct {
	data    []byte
	strings []string // by handle
	failed  bool
	ended   bool // failed, because there is no more
	again   int  // bytes of strings that references stand for
}

func (j *javaReader) take(n int) []byte {
	if !j.failed && n > len(j.data) {
		j.failed, j.ended = true, true
	}
	if j.failed {
		return nil
	}
	out := j.data[:n]
	j.data = j.data[n:]
	return out
}

func (j *javaReader) number(n int) (v uint64) {
	for _, b := range j.take(n) {
		v = v<<8 | uint64(b)
	}
	return v
}

func (j *javaReader) byte() byte    { return byte(j.number(1)) }
func (j *javaReader) short() uint16 { return uint16(j.number(2)) }
func (j *javaReader) int() uint32   { return uint32(j.number(4)) }
func (j *javaReader) long() uint64  { return j.number(8) }

// fields passes over the names of the primitive fields of the class, and says how many bytes their values take.
func (j *javaReader) fields() (size int, ok bool) {
	for range j.short() {
		switch j.byte() {
		case 'F', 'I':
			size += 4
		default:
			return 0, false
		}
		j.take(int(j.short()))
		if j.failed {
			return 0, false
		}
	}
	return size, true
}

// text is the next object, which must be a string or an earlier one again.
func (j *javaReader) text() string {
	switch j.byte() {
	case javaString:
		return j.keep(j.utf(int(j.short())))
	case javaLong:
		n := j.long()
		return j.keep(j.utf(int(min(n, MaxFile+1))))
	case javaReference:
		if at := int64(j.int()) - javaFirst; at >= 2 && at < int64(len(j.strings)) {
			if j.again += len(j.strings[at]); j.again <= MaxFile { // five bytes must not stand for millions, again and again
				return j.strings[at]
			}
		}
	}
	j.failed = true
	return ""
}

func (j *javaReader) keep(s string) string {
	j.strings = append(j.strings, s)
	return s
}

// utf reads n bytes of the modified UTF-8 of java.io.DataInput: zero is two bytes, and what lies beyond the basic plane is two surrogates
// of three bytes each.
func (j *javaReader) utf(n int) string {
	raw := j.take(n)
	if utf8.Valid(raw) {
		return string(raw) // most texts are the same in both
	}
	units := make([]uint16, 0, len(raw))
	for len(raw) > 0 {
		switch b := raw[0]; {
		case b < 0x80:
			units, raw = append(units, uint16(b)), raw[1:]
		case b>>5 == 0b110 && len(raw) >= 2 && raw[1]>>6 == 0b10:
			units, raw = append(units, uint16(b&0x1f)<<6|uint16(raw[1]&0x3f)), raw[2:]
		case b>>4 == 0b1110 && len(raw) >= 3 && raw[1]>>6 == 0b10 && raw[2]>>6 == 0b10:
			units, raw = append(units, uint16(b&0xf)<<12|uint16(raw[1]&0x3f)<<6|uint16(raw[2]&0x3f)), raw[3:]
		default:
			j.failed = true
			return ""
		}
	}
	return string(utf16.Decode(units))
}
