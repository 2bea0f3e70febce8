package transfer

import (
	"bytes"
	"context"
	"crypto/sha1"
	"crypto/sha512"
	"encoding/asn1"
	"slices"
	"strings"

	"avow/internal/key"
	"avow/internal/otp"
)

// The two apps. FreeOTP+ came out of FreeOTP 1, and both write tokens.xml and the same entries; only FreeOTP+ exports JSON, and only
// FreeOTP 2 the serialized map of Java in which each key is encrypted.
const (
	FreeOTP     Format = "freeotp"
	FreeOTPPlus Format = "freeotp_plus"
)

func sniffFreeOTPPlus(f *file) bool { return f.has("tokens", "tokenOrder") }

func sniffFreeOTP(f *file) bool {
	return bytes.HasPrefix(f.data, []byte(javaMagic)) || sniffPrefs(f, freeOTPOrder) ||
		sniffPrefs(f, "") && bytes.Contains(f.text, []byte("issuerExt")) && bytes.Contains(f.text, []byte("secret"))
}

// freeOTPOrder is the name of the list in which the other names stand in the order of the screen.
const freeOTPOrder = "tokenOrder"

// freeOTPToken is an entry of either app. What it leaves out is as usual, also where it says null.
type freeOTPToken struct {
	Algorithm string `json:"algo"`
	Counter   int64  `json:"counter"`
	Digits    *int64 `json:"digits"`
	Issuer    string `json:"issuerExt"`
	Inner     string `json:"issuerInt"`
	NewIssuer string `json:"issuerAlt"` // what the person made of it
	Label     string `json:"label"`
	NewLabel  string `json:"labelAlt"`
	Period    *int64 `json:"period"`
	Secret    []int8 `json:"secret"` // Java's bytes; FreeOTP 2 keeps it elsewhere
	Type      string `json:"type"`
}

// entry is the code without its secret.
func (t freeOTPToken) entry() (entry, error) {
	e := entry{issuer: t.Issuer, account: t.Label, name: t.NewIssuer, algorithm: parseAlgorithm(t.Algorithm), digits: pointer(t.Digits), period: pointer(t.Period)}
	if e.issuer == "" {
		e.issuer = t.Inner
	}
	if t.NewLabel != "" {
		e.account = t.NewLabel
	}
	switch {
	case strings.EqualFold(t.Type, "HOTP"):
		e.kind, e.counter = otp.HOTP, given(t.Counter)
	case !strings.EqualFold(t.Type, "TOTP"):
		return e, errKind
	case e.issuer == "Steam": // that is how both apps know it
		e.kind = otp.Steam
	default:
		e.kind = otp.TOTP
	}
	return e, nil
}

func readFreeOTPPlus(_ context.Context, f *file, _ Options) (Found, error) {
	tokens, err := list(f.object["tokens"])
	if err != nil {
		return Found{}, err
	}
	var out Found
	for n, raw := range tokens {
		out.addFreeOTP1(n, raw)
	}
	return out, nil
}

// addFreeOTP1 adds a token that has its secret in it. Its counter is the last one that was used: the app counts before it makes a code.
func (f *Found) addFreeOTP1(n int, raw []byte) {
	t, err := decodeEntry[freeOTPToken](raw)
	var e entry
	if err == nil {
		t.Counter++
		e, err = t.entry()
	}
	e.secret = javaBytes(t.Secret)
	f.add(n, e, err)
}

func javaBytes(signed []int8) []byte {
	out := make([]byte, len(signed))
	for i, b := range signed {
		out[i] = byte(b)
	}
	return out
}

func readFreeOTP(ctx context.Context, f *file, o Options) (Found, error) {
	if f.first != '<' {
		return readFreeOTP2(ctx, f, o)
	}
	p, err := readPrefs(f.text)
	if err != nil {
		return Found{}, err
	}
	var out Found
	for n, name := range ordered(p.names, p.values[freeOTPOrder], "") {
		raw := []byte(p.values[name])
		if err := checkJSON(raw); err != nil {
			out.add(n, entry{account: name}, errEntry)
			continue
		}
		out.addFreeOTP1(n, raw)
	}
	return out, nil
}

// ordered are the names of tokens: those that the list order, JSON, has, in its order, then the others in that of the file. Only names
// that end in suffix count.
func ordered(names []string, order, suffix string) []string {
	first, err := decodeChecked[[]string]([]byte(order))
	if err != nil {
		first = nil
	}
	place := map[string]int{}
	for i, name := range first {
		place[name+suffix] = i - len(first)
	}
	names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == freeOTPOrder || !strings.HasSuffix(name, suffix) })
	slices.SortStableFunc(names, func(a, b string) int { return place[a] - place[b] })
	return names
}

const (
	freeOTPMaster = "masterKey"
	freeOTPToken2 = "-token" // behind the id of the key
)

// freeOTPSealed is a key that is encrypted, by AES-GCM; what the key is for is authenticated with it.
type freeOTPSealed struct {
	Cipher string `json:"mCipher"`
	Text   []int8 `json:"mCipherText"`
	Params []int8 `json:"mParameters"`
	Token  string `json:"mToken"`
}

type freeOTPMasterKey struct {
	Algorithm string        `json:"mAlgorithm"`
	Sealed    freeOTPSealed `json:"mEncryptedKey"`
	Rounds    int64         `json:"mIterations"`
	Salt      []int8        `json:"mSalt"`
}

func readFreeOTP2(ctx context.Context, f *file, o Options) (Found, error) {
	pairs, err := readJavaMap(f.data)
	if err != nil {
		return Found{}, err
	}
	if len(pairs) > 2*MaxEntries {
		return Found{}, ErrTooMany
	}
	values, names := map[string]string{}, []string{}
	for _, p := range pairs {
		values[p.key] = p.value
		names = append(names, p.key)
	}
	if values[freeOTPMaster] == "" && len(pairs) > 0 {
		return Found{}, ErrUnknownFormat // a map of texts of some other program
	}
	master, err := openFreeOTPMaster(ctx, values[freeOTPMaster], o)
	if err != nil {
		return Found{}, err
	}
	defer master.Wipe()
	var out Found
	for n, name := range ordered(names, values[freeOTPOrder], freeOTPToken2) {
		var e entry
		t, err := decodeChecked[freeOTPToken]([]byte(values[name]))
		if err != nil {
			err = errEntry
		} else {
			e, err = t.entry()
		}
		if err == nil {
			e.secret, err = openFreeOTPToken(master, values[strings.TrimSuffix(name, freeOTPToken2)])
		}
		out.add(n, e, err)
	}
	return out, nil
}

func openFreeOTPMaster(ctx context.Context, text string, o Options) (key.Secret, error) {
	m, err := decodeChecked[freeOTPMasterKey]([]byte(text))
	if err != nil {
		return nil, ErrDamaged
	}
	const size = 32
	var k key.Secret
	switch salt := javaBytes(m.Salt); strings.ToLower(m.Algorithm) {
	case "pbkdf2withhmacsha1": // up to Android 7
		k, err = pbkdf2Key(ctx, sha1.New, o, salt, m.Rounds, size)
	case "pbkdf2withhmacsha512":
		k, err = pbkdf2Key(ctx, sha512.New, o, salt, m.Rounds, size)
	default:
		err = ErrVersion
	}
	if err != nil {
		return nil, err
	}
	defer k.Wipe()
	return m.Sealed.open(k)
}

func openFreeOTPToken(master key.Secret, text string) (otp.Secret, error) {
	outer, err := decodeChecked[struct {
		Key string `json:"key"`
	}]([]byte(text))
	if err != nil {
		return nil, errEntry
	}
	sealed, err := decodeChecked[freeOTPSealed]([]byte(outer.Key))
	if err != nil {
		return nil, errEntry
	}
	secret, err := sealed.open(master)
	if err != nil {
		return nil, errEntry
	}
	return secret, nil
}

func (s freeOTPSealed) open(k key.Secret) (key.Secret, error) {
	nonce := gcmNonce(javaBytes(s.Params))
	if s.Cipher != "AES/GCM/NoPadding" || nonce == nil {
		return nil, ErrDamaged
	}
	return openGCM(k, nonce, javaBytes(s.Text), []byte(s.Token))
}

// gcmNonce takes the nonce out of GCMParameters (RFC 5084): a sequence of the nonce and the length of the tag. Android 6 wrote only the
// nonce. nil if it is neither.
func gcmNonce(der []byte) []byte {
	var params struct {
		Nonce []byte
		Tag   int `asn1:"optional"`
	}
	if rest, err := asn1.Unmarshal(der, &params); err == nil && len(rest) == 0 && params.Tag == 16 {
		return params.Nonce
	}
	var nonce []byte
	if rest, err := asn1.Unmarshal(der, &nonce); err == nil && len(rest) == 0 {
		return nonce
	}
	return nil
}
