package otp

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"math/big"
	"strconv"
	"strings"
)

// OCRA is a suite of RFC 6287, section 6, such as OCRA-1:HOTP-SHA256-8:QH64.
type OCRA struct {
	text      string
	hash      func() hash.Hash
	digits    int // 0: no truncation, the whole HMAC in hex
	counter   bool
	format    byte // of the question: A, N or H
	length    int  // of the question, at most
	pinHash   int  // bytes, 0 for none
	session   int  // bytes, 0 for none
	timestamp bool
}

// OCRAInput is what a suite may want beside its key (RFC 6287, section 5.1). What it does not want is not looked at.
type OCRAInput struct {
	Counter  uint64
	Question string // A: printable ASCII; N: decimal digits; H: hex digits; at most twice the suite's length
	PINHash  []byte // of exactly the suite's length
	Session  []byte // at most the suite's length; padded on the left
	Step     uint64 // periods since 1970
}

var ocraHashes = map[string]func() hash.Hash{"SHA1": sha1.New, "SHA256": sha256.New, "SHA512": sha512.New}

var errSuite = errors.New("not an OCRA suite of RFC 6287")

// ParseOCRA reads a suite.
func ParseOCRA(suite string) (OCRA, error) {
	parts := strings.Split(suite, ":")
	if len(parts) != 3 || parts[0] != "OCRA-1" {
		return OCRA{}, errSuite
	}
	s := OCRA{text: suite}
	function := strings.Split(parts[1], "-")
	if len(function) != 3 || function[0] != "HOTP" || ocraHashes[function[1]] == nil {
		return OCRA{}, errSuite
	}
	s.hash = ocraHashes[function[1]]
	digits, err := strconv.Atoi(function[2])
	if err != nil || digits != 0 && (digits < 4 || digits > 10) || strconv.Itoa(digits) != function[2] {
		return OCRA{}, errSuite
	}
	s.digits = digits
	inputs := strings.Split(parts[2], "-")
	if inputs[0] == "C" {
		s.counter, inputs = true, inputs[1:]
	}
	if len(inputs) == 0 || !s.question(inputs[0]) {
		return OCRA{}, errSuite
	}
	for _, in := range inputs[1:] {
		if !s.input(in) {
			return OCRA{}, errSuite
		}
	}
	return s, nil
}

// question reads QFxx.
func (s *OCRA) question(in string) bool {
	if len(in) != 4 || in[0] != 'Q' || !strings.ContainsRune("ANH", rune(in[1])) {
		return false
	}
	n, err := strconv.Atoi(in[2:])
	s.format, s.length = in[1], n
	return err == nil && n >= 4 && n <= 64
}

// input reads PH, Snnn or TG, each once and in this order.
func (s *OCRA) input(in string) bool {
	if rest, ok := strings.CutPrefix(in, "P"); ok && s.pinHash == 0 && s.session == 0 && !s.timestamp && ocraHashes[rest] != nil {
		s.pinHash = ocraHashes[rest]().Size()
		return true
	}
	if rest, ok := strings.CutPrefix(in, "S"); ok && s.session == 0 && !s.timestamp && len(rest) == 3 {
		n, err := strconv.Atoi(rest)
		s.session = n
		return err == nil && n > 0 && n <= 512
	}
	if rest, ok := strings.CutPrefix(in, "T"); ok && !s.timestamp && len(rest) >= 2 {
		n, err := strconv.Atoi(rest[:len(rest)-1])
		most := map[byte]int{'S': 59, 'M': 59, 'H': 48}[rest[len(rest)-1]]
		s.timestamp = true
		return err == nil && n >= 1 && n <= most
	}
	return false
}

// String is the suite as it is written.
func (s OCRA) String() string { return s.text }

// Generate computes the response (RFC 6287, section 5): decimal digits, or hex of the whole HMAC for a suite without truncation.
func (s OCRA) Generate(k Secret, in OCRAInput) (string, error) {
	if s.hash == nil {
		return "", errSuite
	}
	data := append([]byte(s.text), 0)
	if s.counter {
		data = binary.BigEndian.AppendUint64(data, in.Counter)
	}
	q, err := s.encode(in.Question)
	if err != nil {
		return "", err
	}
	data = append(data, q[:]...)
	if s.pinHash > 0 {
		if len(in.PINHash) != s.pinHash {
			return "", fmt.Errorf("PIN hash has %d bytes, want %d", len(in.PINHash), s.pinHash)
		}
		data = append(data, in.PINHash...)
	}
	if s.session > 0 {
		if len(in.Session) > s.session {
			return "", fmt.Errorf("session has %d bytes, at most %d are allowed", len(in.Session), s.session)
		}
		data = append(data, make([]byte, s.session-len(in.Session))...)
		data = append(data, in.Session...)
	}
	if s.timestamp {
		data = binary.BigEndian.AppendUint64(data, in.Step)
	}
	mac := hmac.New(s.hash, k)
	mac.Write(data)
	return truncated(mac.Sum(nil), s.digits), nil
}

// maxQuestion is what fits into 128 bytes.
var maxQuestion = map[byte]int{'A': 128, 'N': 128, 'H': 256}

// encode writes a question into its 128 bytes, padded on the right. A number becomes hex first, half a byte at its end
// included, as in the reference implementation (RFC 6287, appendix A).
func (s OCRA) encode(question string) (out [128]byte, err error) {
	bad := fmt.Errorf("question is not one of %s", s.text)
	// Mutual authentication has both sides' challenges in one question (RFC 6287, section 7.2).
	if len(question) == 0 || len(question) > 2*s.length || len(question) > maxQuestion[s.format] {
		return out, bad
	}
	digits := question
	switch s.format {
	case 'A':
		for _, c := range []byte(question) {
			if c < 0x20 || c > 0x7e {
				return out, bad
			}
		}
		copy(out[:], question)
		return out, nil
	case 'N':
		n, ok := new(big.Int).SetString(question, 10)
		if !ok || strings.Trim(question, "0123456789") != "" {
			return out, bad
		}
		digits = n.Text(16)
	}
	if len(digits)%2 == 1 {
		digits += "0"
	}
	if _, err := hex.Decode(out[:], []byte(digits)); err != nil {
		return out, bad
	}
	return out, nil
}

// truncated is dynamic truncation (RFC 4226, section 5.3).
func truncated(sum []byte, digits int) string {
	if digits == 0 {
		return hex.EncodeToString(sum)
	}
	at := sum[len(sum)-1] & 0xf
	n := uint64(binary.BigEndian.Uint32(sum[at:])) & 0x7fffffff
	mod := uint64(1)
	for range digits {
		mod *= 10
	}
	return fmt.Sprintf("%0*d", digits, n%mod)
}
