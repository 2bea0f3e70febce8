package transfer

import (
	"encoding/base64"
	"net/url"
	"slices"
	"strings"

	"avow/internal/otp"
)

const migrationScheme = "otpauth-migration"

// maxParts bounds how many QR codes one migration may claim to have; Google puts ten codes into each.
const maxParts = 10_000

// migration collects the parts of Google Authenticator's "transfer accounts": a link in each QR code,
// otpauth-migration://offline?data=, with a protobuf message in base64. It is not documented; this is what the app writes.
type migration struct {
	batches []*batch
}

// batch is one export, of one or more parts.
type batch struct {
	id    int32
	size  int
	parts map[int][]parameters // by index, from 0
}

// parameters are one code of a part.
type parameters struct {
	entry entry
	err   error
}

// add reads a link. Errors: ErrDamaged, ErrTruncated, ErrVersion.
func (m *migration) add(link string) error {
	payload, err := migrationData(link)
	if err != nil {
		return err
	}
	part, err := parseMigration(payload)
	if err != nil {
		return err
	}
	for _, b := range m.batches {
		// A batch of one part needs no id, and some apps that write this form give none.
		if b.size > 1 && b.id == part.id && b.size == part.size {
			if _, again := b.parts[part.index]; !again {
				b.parts[part.index] = part.codes
			}
			return nil
		}
	}
	m.batches = append(m.batches, &batch{part.id, part.size, map[int][]parameters{part.index: part.codes}})
	return nil
}

// finish adds the codes in the order of the parts, and names the parts that are missing. It fails with ErrMixedParts if
// parts of more than one export are missing: they could not be told apart.
func (m *migration) finish(found *Found) error {
	n, incomplete := 0, 0
	for _, b := range m.batches {
		if len(m.batches) == 1 {
			found.Parts = b.size
		}
		if len(b.parts) < b.size {
			incomplete++
			found.Parts = b.size
		}
		for index := range b.size {
			codes, ok := b.parts[index]
			if !ok {
				found.Missing = append(found.Missing, index+1)
			}
			for _, code := range codes {
				found.add(n, code.entry, code.err)
				n++
			}
		}
	}
	if incomplete > 1 {
		return ErrMixedParts
	}
	if len(found.Items) > MaxEntries {
		return ErrTooMany
	}
	return nil
}

// migrationData takes the message out of a link. Writers differ: base64 with its + as %2B, as + or as the space that this
// turns into, of the alphabet for URLs, with and without padding.
func migrationData(link string) ([]byte, error) {
	_, query, parted := strings.Cut(link, "?")
	if !parted {
		return nil, ErrTruncated
	}
	text := ""
	for pair := range strings.SplitSeq(query, "&") {
		if value, ok := strings.CutPrefix(pair, "data="); ok {
			text = value
		}
	}
	text, err := url.PathUnescape(text) // not QueryUnescape: a + stays one
	if err != nil {
		return nil, ErrDamaged
	}
	text = strings.NewReplacer(" ", "+", "-", "+", "_", "/").Replace(strings.TrimSpace(text))
	text = strings.TrimRight(text, "=")
	if text == "" {
		return nil, ErrTruncated
	}
	payload, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil {
		if len(text)%4 == 1 {
			return nil, ErrTruncated
		}
		return nil, ErrDamaged
	}
	return payload, nil
}

// part is the message of one link.
type part struct {
	codes []parameters
	id    int32
	size  int
	index int
}

func parseMigration(message []byte) (part, error) {
	all, err := fields(message)
	if err != nil {
		return part{}, err
	}
	p := part{size: 1}
	ended := false
	for _, f := range all {
		ended = ended || f.number > 1
		switch {
		case f.number == 1 && f.wire == wireBytes:
			e, err := parseParameters(f.bytes)
			p.codes = append(p.codes, parameters{e, err})
		case f.number == 2 && f.wire == wireVarint:
			if f.value > 2 { // 1 and 2 have been seen, and are the same
				return part{}, ErrVersion
			}
		case f.number == 3 && f.wire == wireVarint:
			if f.value > maxParts {
				return part{}, ErrDamaged
			}
			p.size = max(int(f.value), 1)
		case f.number == 4 && f.wire == wireVarint:
			if f.value >= maxParts {
				return part{}, ErrDamaged
			}
			p.index = int(f.value)
		case f.number == 5 && f.wire == wireVarint:
			p.id = int32(f.value)
		case f.number <= 5:
			return part{}, ErrDamaged
		}
	}
	if !ended { // every writer ends with the version or the numbers of the batch: without them, codes may be missing too
		return part{}, ErrTruncated
	}
	if p.index >= p.size {
		return part{}, ErrDamaged
	}
	return p, nil
}

// The numbers of a code's algorithm, digits and type; 0 of each is "unspecified" and means the usual one.
var (
	migrationAlgorithms = map[uint64]otp.Algorithm{0: otp.SHA1, 1: otp.SHA1, 2: otp.SHA256, 3: otp.SHA512, 4: "MD5"}
	migrationDigits     = map[uint64]int64{0: 6, 1: 6, 2: 8}
	migrationKinds      = map[uint64]otp.Kind{0: otp.TOTP, 1: otp.HOTP, 2: otp.TOTP}
)

func parseParameters(message []byte) (entry, error) {
	all, err := fields(message)
	if err != nil {
		return entry{}, err
	}
	e := entry{kind: otp.TOTP, algorithm: otp.SHA1}
	name, known := "", true
	for _, f := range all {
		if text := f.number >= 1 && f.number <= 3; text != (f.wire == wireBytes) && f.number <= 7 {
			return entry{}, errEntry
		}
		switch f.number {
		case 1:
			e.secret = slices.Clone(f.bytes)
		case 2:
			name = string(f.bytes)
		case 3:
			e.issuer = string(f.bytes)
		case 4:
			e.algorithm, known = lookUp(migrationAlgorithms, f.value, known)
		case 5:
			var digits int64
			digits, known = lookUp(migrationDigits, f.value, known)
			e.digits = given(digits)
		case 6:
			e.kind, known = lookUp(migrationKinds, f.value, known)
		case 7:
			e.counter = given(int64(f.value))
		}
	}
	e.issuer, e.account = splitLabel(e.issuer, name)
	if !known {
		return e, errKind
	}
	return e, nil
}

// lookUp is the value of a number, and whether that and all before were known.
func lookUp[T any](table map[uint64]T, n uint64, known bool) (T, bool) {
	value, ok := table[n]
	return value, ok && known
}

// splitLabel parts a label as otpauth has it, "ISSUER:ACCOUNT", if the issuer is not known or the one in the label.
func splitLabel(issuer, label string) (newIssuer, account string) {
	before, after, parted := strings.Cut(label, ":")
	if parted && (issuer == "" || strings.EqualFold(strings.TrimSpace(before), strings.TrimSpace(issuer))) {
		if issuer == "" {
			issuer = before
		}
		return issuer, after
	}
	return issuer, label
}
