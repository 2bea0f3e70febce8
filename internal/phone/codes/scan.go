package codes

import (
	"encoding/json"
	"math"
	"strings"
	"unicode/utf8"

	"avow/internal/otp"
)

// A vault of 10,000 codes has to be open before a person waits, so entries that are written as encode writes them are read by hand. All others,
// such as those whose texts need escapes, go the way of encoding/json: see read.

// scanner reads JSON of a known form. Once something is not as expected, bad stays set.
type scanner struct {
	b   []byte
	i   int
	bad bool
}

// lit takes exactly s.
func (s *scanner) lit(text string) {
	if !s.has(text) {
		s.bad = true
	}
}

// has takes s if it is next.
func (s *scanner) has(text string) bool {
	if len(s.b)-s.i >= len(text) && string(s.b[s.i:s.i+len(text)]) == text {
		s.i += len(text)
		return true
	}
	return false
}

// bytes takes a string without escapes; the result is part of the text.
func (s *scanner) bytes() []byte {
	s.lit(`"`)
	begin := s.i
	for ; s.i < len(s.b); s.i++ {
		switch c := s.b[s.i]; {
		case c == '"':
			s.i++
			return s.b[begin : s.i-1]
		case c == '\\' || c < 0x20:
			s.bad = true
			return nil
		}
	}
	s.bad = true
	return nil
}

func (s *scanner) string() string { return string(s.bytes()) }

// number takes a number from 0 to 2^63-1.
func (s *scanner) number() int64 {
	begin := s.i
	var n uint64
	for s.i < len(s.b) && s.b[s.i] >= '0' && s.b[s.i] <= '9' {
		n = n*10 + uint64(s.b[s.i]-'0')
		s.i++
	}
	if digits := s.i - begin; digits == 0 || digits > 19 || digits > 1 && s.b[begin] == '0' || n > math.MaxInt64 {
		s.bad = true
		return 0
	}
	return int64(n)
}

// scanStored reads an entry as a vault has it. ok is false for one that is written in another way.
func scanStored(line []byte) (out Stored, v View, place int64, ok bool) {
	s := &scanner{b: line}
	s.lit(`{"id":`)
	if out.ID = s.string(); !utf8.ValidString(out.ID) {
		s.bad = true
	}
	s.lit(`,"at":`)
	out.At = s.number()
	if s.has(`,"deleted":true`) {
		out.Deleted = true
	} else {
		s.bad = s.bad || !strings.HasPrefix(out.ID, idPrefix)
		s.lit(`,"body":`)
		begin := s.i
		v, place = s.body()
		out.Body = json.RawMessage(line[begin:s.i:s.i])
		v.ID = ID(out.ID)
	}
	if s.has(`,"uses":`) {
		out.Uses = int(s.number())
	}
	if s.has(`,"used_at":`) {
		out.UsedAt = s.number()
	}
	s.lit(`}`)
	v.Uses, v.UsedAt = out.Uses, moment(out.UsedAt)
	return out, v, place, !s.bad && s.i == len(line)
}

// body reads a body, and checks what it says.
func (s *scanner) body() (v View, place int64) {
	var code otp.Code
	s.lit(`{`)
	code.Kind = otp.TOTP
	first := true
	member := func(name string) bool { // with the comma before it, but for the first one
		begin := s.i
		if (first || s.has(",")) && s.has(name) {
			first = false
			return true
		}
		s.i = begin
		return false
	}
	if member(`"kind":`) {
		code.Kind = otp.Kind(s.string())
	}
	if member(`"issuer":`) {
		code.Issuer = s.string()
	}
	if member(`"account":`) {
		code.Account = s.string()
	}
	if !member(`"secret":`) {
		s.bad = true
	}
	secret := s.bytes()
	code.Algorithm, code.Digits, code.Period = usual(code.Kind)
	if member(`"algorithm":`) {
		code.Algorithm = otp.Algorithm(s.string())
	}
	if member(`"digits":`) {
		code.Digits = otp.Digits(s.number())
	}
	if member(`"period":`) {
		code.Period = otp.Period(s.number())
	}
	if member(`"counter":`) {
		code.Counter = otp.Counter(s.number())
	}
	if member(`"pin":`) {
		code.PIN = otp.Secret(s.bytes())
	}
	if member(`"name":`) {
		v.Name = s.string()
	}
	if member(`"note":`) {
		v.Note = s.string()
	}
	if member(`"groups":[`) {
		v.Groups = append(v.Groups, s.string())
		for s.has(`,`) && len(v.Groups) <= MaxGroups {
			v.Groups = append(v.Groups, s.string())
		}
		s.lit(`]`)
	}
	if member(`"pinned":true`) {
		v.Pinned = true
	}
	if member(`"place":`) {
		place = s.number()
	}
	if member(`"added":`) {
		v.Added = moment(s.number())
	}
	if member(`"trashed":`) {
		v.Trashed = moment(s.number())
	}
	s.lit(`}`)
	if s.bad {
		return View{}, 0
	}
	var decoded [otp.MaxSecret + 8]byte
	defer clear(decoded[:])
	if base32NoPadding.DecodedLen(len(secret)) > len(decoded) {
		s.bad = true
		return View{}, 0
	}
	n, err := base32NoPadding.Decode(decoded[:], secret)
	code.Secret = otp.Secret(decoded[:n])
	if err != nil || code.Validate() != nil || validateTexts(v.Name, v.Note, v.Groups) != nil {
		s.bad = true
		return View{}, 0
	}
	v.setCode(code)
	return v, place
}
