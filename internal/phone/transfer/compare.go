package transfer

import (
	"crypto/sha256"
	"strings"

	"avow/internal/otp"
)

// Likeness says what of a code is there already.
type Likeness int

// The likenesses.
const (
	New       Likeness = iota // nothing
	Same                      // the same secret, kind and form: storing it would make a second one
	Different                 // one of that issuer and account, but with another secret or form: perhaps an older one
)

// Plan is what storing would do, shown before anything is stored.
type Plan struct {
	Format     Format
	New        []Item
	Same       []Item // also what is twice in the file
	Different  []Item
	Unreadable []Unreadable
	Missing    []int // see [Found]
	Parts      int
}

// Compare sorts what was found by what is there; have says that of one code, see [Against].
func Compare(f Found, have func(otp.Code) Likeness) Plan {
	plan := Plan{Format: f.Format, Unreadable: f.Unreadable, Missing: f.Missing, Parts: f.Parts}
	seen := map[fingerprint]bool{}
	for _, item := range f.Items {
		likeness := have(item.Code)
		print := fingerprintOf(item.Code)
		switch {
		case likeness == Same || seen[print]:
			plan.Same = append(plan.Same, item)
		case likeness == Different:
			plan.Different = append(plan.Different, item)
		default:
			plan.New = append(plan.New, item)
		}
		seen[print] = true
	}
	return plan
}

// Against makes the question of [Compare] out of the codes that are there.
func Against(codes []otp.Code) func(otp.Code) Likeness {
	same, labels := map[fingerprint]bool{}, map[string]bool{}
	for _, c := range codes {
		same[fingerprintOf(c)] = true
		labels[labelOf(c)] = true
	}
	return func(c otp.Code) Likeness {
		switch label := labelOf(c); {
		case same[fingerprintOf(c)]:
			return Same
		case label != "\x00" && labels[label]:
			return Different
		}
		return New
	}
}

// fingerprint stands for the secret, kind and form of a code, not for its names or counter. It is a hash, so that the
// secret is not copied into a map.
type fingerprint struct {
	kind      otp.Kind
	algorithm otp.Algorithm
	digits    otp.Digits
	period    otp.Period
	secret    [sha256.Size]byte
}

func fingerprintOf(c otp.Code) fingerprint {
	return fingerprint{c.Kind, c.Algorithm, c.Digits, c.Period, sha256.Sum256(c.Secret)}
}

func labelOf(c otp.Code) string {
	return strings.ToLower(c.Issuer) + "\x00" + strings.ToLower(c.Account)
}
