package codes

import (
	"bytes"
	"encoding/base32"
	"encoding/json"
	"strings"
	"time"

	"avow/internal/otp"
)

// body is a code in an entry. What is most often the same is left out, since an escrow has little room. Append members, never rename; a member
// that is not known makes the entry one of a newer app.
type body struct {
	Kind      otp.Kind      `json:"kind,omitempty"` // totp
	Issuer    string        `json:"issuer,omitempty"`
	Account   string        `json:"account,omitempty"`
	Secret    string        `json:"secret"`              // base32 without padding
	Algorithm otp.Algorithm `json:"algorithm,omitempty"` // SHA1
	Digits    otp.Digits    `json:"digits,omitempty"`    // 6
	Period    otp.Period    `json:"period,omitempty"`    // 30
	Counter   otp.Counter   `json:"counter,omitempty"`
	PIN       string        `json:"pin,omitempty"`
	Name      string        `json:"name,omitempty"`
	Note      string        `json:"note,omitempty"`
	Groups    []string      `json:"groups,omitempty"`
	Pinned    bool          `json:"pinned,omitempty"`
	Place     int64         `json:"place,omitempty"`
	Added     int64         `json:"added,omitempty"`   // unix seconds
	Trashed   int64         `json:"trashed,omitempty"` // unix seconds
}

var base32NoPadding = base32.StdEncoding.WithPadding(base32.NoPadding)

// usual is what a kind has where a body says nothing.
func usual(k otp.Kind) (a otp.Algorithm, d otp.Digits, p otp.Period) {
	switch k {
	case otp.HOTP:
		return otp.SHA1, otp.MinDigits, 0
	case otp.Steam:
		return otp.SHA1, otp.SteamDigits, otp.DefaultPeriod
	case otp.MOTP:
		return otp.MD5, otp.MinDigits, otp.MOTPPeriod
	case otp.Yandex:
		return otp.SHA256, otp.YandexDigits, otp.DefaultPeriod
	}
	return otp.SHA1, otp.MinDigits, otp.DefaultPeriod
}

// encode makes the body of an entry, which is valid.
func encode(e Entry) (json.RawMessage, error) {
	c := e.Code
	b := body{
		Kind: c.Kind, Issuer: c.Issuer, Account: c.Account, Secret: base32NoPadding.EncodeToString(c.Secret), Algorithm: c.Algorithm,
		Digits: c.Digits, Period: c.Period, Counter: c.Counter, PIN: string(c.PIN), Name: e.Name, Note: e.Note, Groups: e.Groups, Pinned: e.Pinned,
		Place: e.Place, Added: seconds(e.Added), Trashed: seconds(e.Trashed),
	}
	a, d, p := usual(c.Kind)
	if b.Kind == otp.TOTP {
		b.Kind = ""
	}
	if b.Algorithm == a {
		b.Algorithm = ""
	}
	if b.Digits == d {
		b.Digits = 0
	}
	if b.Period == p {
		b.Period = 0
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(b); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// decode reads the entry of a code. ErrNewer for one that this version would not have written.
func decode(from Stored) (Entry, error) {
	var b body
	dec := json.NewDecoder(bytes.NewReader(from.Body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&b); err != nil {
		return Entry{}, ErrNewer // the cause could quote the content
	}
	e, err := b.entry(ID(from.ID))
	e.Uses, e.UsedAt = from.Uses, moment(from.UsedAt)
	return e, err
}

func (b body) entry(id ID) (Entry, error) {
	if b.Kind == "" {
		b.Kind = otp.TOTP
	}
	a, d, p := usual(b.Kind)
	if b.Algorithm == "" {
		b.Algorithm = a
	}
	if b.Digits == 0 {
		b.Digits = d
	}
	if b.Period == 0 {
		b.Period = p
	}
	secret, err := base32NoPadding.DecodeString(b.Secret)
	if err != nil {
		return Entry{}, ErrNewer
	}
	e := Entry{
		ID: id, Name: b.Name, Note: b.Note, Groups: b.Groups, Pinned: b.Pinned, Place: b.Place, Added: moment(b.Added), Trashed: moment(b.Trashed),
		Code: otp.Code{
			Kind: b.Kind, Issuer: b.Issuer, Account: b.Account, Secret: secret, Algorithm: b.Algorithm, Digits: b.Digits, Period: b.Period, Counter: b.Counter,
		},
	}
	if b.PIN != "" {
		e.Code.PIN = otp.Secret(b.PIN)
	}
	if !strings.HasPrefix(string(id), idPrefix) || e.Validate() != nil {
		return Entry{}, ErrNewer
	}
	return e, nil
}

func seconds(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func moment(s int64) time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(s, 0)
}
