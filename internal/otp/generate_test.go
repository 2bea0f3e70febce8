package otp

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
)

// RFC 4226, appendix D.
func TestRFC4226AppendixD(t *testing.T) {
	c := Code{Kind: HOTP, Secret: Secret("12345678901234567890"), Algorithm: SHA1, Digits: 6}
	for i, want := range []string{
		"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489",
	} {
		c.Counter = Counter(i)
		if got, err := c.Generate(time.Time{}); err != nil || got != want {
			t.Errorf("counter %d: got %q, %v, want %q", i, got, err, want)
		}
	}
}

// RFC 6238, appendix B. The secrets are those of its program, as long as the hash (erratum 2866).
func TestRFC6238AppendixB(t *testing.T) {
	const seed = "1234567890123456789012345678901234567890123456789012345678901234"
	secrets := map[Algorithm]Secret{SHA1: Secret(seed[:20]), SHA256: Secret(seed[:32]), SHA512: Secret(seed)}
	for _, tt := range []struct {
		seconds int64
		want    map[Algorithm]string
	}{
		{59, map[Algorithm]string{SHA1: "94287082", SHA256: "46119246", SHA512: "90693936"}},
		{1111111109, map[Algorithm]string{SHA1: "07081804", SHA256: "68084774", SHA512: "25091201"}},
		{1111111111, map[Algorithm]string{SHA1: "14050471", SHA256: "67062674", SHA512: "99943326"}},
		{1234567890, map[Algorithm]string{SHA1: "89005924", SHA256: "91819424", SHA512: "93441116"}},
		{2000000000, map[Algorithm]string{SHA1: "69279037", SHA256: "90698825", SHA512: "38618901"}},
		{20000000000, map[Algorithm]string{SHA1: "65353130", SHA256: "77737706", SHA512: "47863826"}},
	} {
		for algorithm, want := range tt.want {
			c := Code{Kind: TOTP, Secret: secrets[algorithm], Algorithm: algorithm, Digits: 8, Period: 30}
			if got, err := c.Generate(time.Unix(tt.seconds, 0)); err != nil || got != want {
				t.Errorf("%s at %d: got %q, %v, want %q", algorithm, tt.seconds, got, err, want)
			}
		}
	}
}

// Steam publishes nothing; these are the vectors that other authenticators test against.
func TestSteamVectors(t *testing.T) {
	c, err := Parse("steam://63BEDWCQZKTQWPESARIERL5DTTQFCJTK")
	if err != nil {
		t.Fatal(err)
	}
	for seconds, want := range map[int64]string{1511200518: "FR8RV", 1511200714: "9P3VP"} {
		if got, err := c.Generate(time.Unix(seconds, 0)); err != nil || got != want {
			t.Errorf("at %d: got %q, %v, want %q", seconds, got, err, want)
		}
		if _, err := c.VerifyTime(strings.ToLower(want), time.Unix(seconds, 0), 0); err != nil {
			t.Errorf("at %d: %v", seconds, err)
		}
	}
}

// 10 000 random cases equal to an independent implementation.
func TestEqualsIndependentImplementation(t *testing.T) {
	random := rand.New(rand.NewPCG(4226, 6238))
	for i := range 10_000 {
		c := Code{
			Kind:      []Kind{HOTP, TOTP}[random.IntN(2)],
			Secret:    make(Secret, 1+random.IntN(80)),
			Algorithm: []Algorithm{SHA1, SHA256, SHA512}[random.IntN(3)],
			Digits:    Digits(MinDigits + random.IntN(MaxDigits-MinDigits+1)),
		}
		for j := range c.Secret {
			c.Secret[j] = byte(random.Uint32())
		}
		now := time.Unix(random.Int64N(1<<36), random.Int64N(1e9))
		if c.Kind == HOTP {
			c.Counter = Counter(random.Int64())
		} else {
			c.Period = Period(MinPeriod + random.IntN(MaxPeriod-MinPeriod+1))
		}
		want := independent(c, now)
		if got, err := c.Generate(now); err != nil || got != want {
			t.Fatalf("case %d: got %q, %v, want %q", i, got, err, want)
		}
	}
}

// independent is RFC 4226, section 5.3, and RFC 6238, section 4, word by word.
func independent(c Code, now time.Time) string {
	moving := uint64(c.Counter)
	if c.Kind == TOTP {
		moving = uint64(now.Unix()) / uint64(c.Period)
	}
	hashes := map[Algorithm]func() hash.Hash{SHA1: sha1.New, SHA256: sha256.New, SHA512: sha512.New}
	mac := hmac.New(hashes[c.Algorithm], c.Secret)
	if err := binary.Write(mac, binary.BigEndian, moving); err != nil {
		panic(err)
	}
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] % 16
	number := binary.BigEndian.Uint32(sum[offset:offset+4]) % (1 << 31)
	text := fmt.Sprintf("%010d", number)
	return text[len(text)-int(c.Digits):]
}

func TestVerifyTime(t *testing.T) {
	c := Code{Kind: TOTP, Secret: Secret("12345678901234567890"), Algorithm: SHA1, Digits: 8, Period: 30}
	const then = 1111111109 // 07081804, step 37037036
	for _, tt := range []struct {
		name  string
		typed string
		now   int64
		skew  Skew
		want  Step
		wrong bool
	}{
		{"present", "07081804", then, 0, 37037036, false},
		{"with a gap", " 0708 1804\n", then, 0, 37037036, false},
		{"narrow gap", "0708\u202f1804", then, 0, 37037036, false},
		{"one late", "07081804", then + 30, 1, 37037036, false},
		{"one early", "07081804", then - 30, 1, 37037036, false},
		{"late without skew", "07081804", then + 30, 0, 0, true},
		{"two late", "07081804", then + 60, 1, 0, true},
		{"two early", "07081804", then - 60, 1, 0, true},
		{"wrong", "07081805", then, 1, 0, true},
		{"short", "0708180", then, 1, 0, true},
		{"long", "070818040", then, 1, 0, true},
		{"nothing", "", then, 1, 0, true},
		{"other digits", "٠٧٠٨١٨٠٤", then, 1, 0, true},
		{"first step of all", "84755224", 3, 1, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := c.VerifyTime(tt.typed, time.Unix(tt.now, 0), tt.skew)
			if errors.Is(err, ErrWrongCode) != tt.wrong || !tt.wrong && (err != nil || got != tt.want) {
				t.Errorf("got step %d, %v, want %d, wrong %v", got, err, tt.want, tt.wrong)
			}
		})
	}
	for name, err := range map[string]error{
		"skew too wide": second(c.VerifyTime("07081804", time.Unix(then, 0), 11)),
		"skew negative": second(c.VerifyTime("07081804", time.Unix(then, 0), -1)),
		"before 1970":   second(c.VerifyTime("07081804", time.Unix(-1, 0), 1)),
		"HOTP":          second(Code{Kind: HOTP, Secret: c.Secret, Algorithm: SHA1, Digits: 6}.VerifyTime("755224", time.Unix(0, 0), 1)),
	} {
		if err == nil || errors.Is(err, ErrWrongCode) {
			t.Errorf("%s: got %v, want another error", name, err)
		}
	}
}

// Counters 103424 and 103427 of this secret have the same code. The first counts: the others stay usable.
func TestVerifyTakesTheFirstOfTwo(t *testing.T) {
	c := Code{Kind: HOTP, Secret: Secret("12345678901234567890"), Algorithm: SHA1, Digits: 6, Counter: 103423}
	if got, err := c.VerifyCounter("746629", 10); err != nil || got != 103425 {
		t.Errorf("got counter %d, %v, want 103425", got, err)
	}
}

// There is no step before the first; its code must not be that of the last counter of all.
func TestVerifyTimeStopsAtZero(t *testing.T) {
	c := Code{Kind: TOTP, Secret: Secret("12345678901234567890"), Algorithm: SHA1, Digits: 8, Period: 30}
	before, err := c.at(^Counter(0))
	if err != nil {
		t.Fatal(err)
	}
	if step, err := c.VerifyTime(before, time.Unix(3, 0), 1); !errors.Is(err, ErrWrongCode) {
		t.Errorf("got step %d, %v, want ErrWrongCode", step, err)
	}
}

func TestValidate(t *testing.T) {
	good := Code{Kind: TOTP, Secret: Secret("12345678901234567890"), Algorithm: SHA1, Digits: 6, Period: 30}
	for name, change := range map[string]func(*Code){
		"no secret":           func(c *Code) { c.Secret = nil },
		"long secret":         func(c *Code) { c.Secret = make(Secret, MaxSecret+1) },
		"kind":                func(c *Code) { c.Kind = "yaotp" },
		"algorithm":           func(c *Code) { c.Algorithm = "MD5" },
		"spaces around":       func(c *Code) { c.Account = " alice" },
		"TOTP with a counter": func(c *Code) { c.Counter = 1 },
		"HOTP with a period":  func(c *Code) { c.Kind = HOTP },
		"HOTP counter":        func(c *Code) { c.Kind, c.Period, c.Counter = HOTP, 0, MaxCounter+1 },
		"Steam with 6 digits": func(c *Code) { c.Kind = Steam },
		"11 digits":           func(c *Code) { c.Digits = 11 },
		"5 digits":            func(c *Code) { c.Digits = 5 },
		"4 seconds":           func(c *Code) { c.Period = 4 },
		"over an hour":        func(c *Code) { c.Period = 3601 },
		"TOTP by MD5":         func(c *Code) { c.Algorithm = MD5 },
		"TOTP with a PIN":     func(c *Code) { c.PIN = Secret("1234") },
		"mOTP by SHA-1":       func(c *Code) { c.Kind = MOTP },
		"Yandex of 20 bytes":  func(c *Code) { c.Kind, c.Algorithm, c.Digits = Yandex, SHA256, 8 },
	} {
		bad := good
		change(&bad)
		if err := bad.Validate(); err == nil {
			t.Errorf("%s: got no error", name)
		}
		if code, err := bad.Generate(time.Unix(0, 0)); err == nil {
			t.Errorf("%s: got the code %q", name, code)
		}
	}
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
}

func second[T any](_ T, err error) error { return err }

func TestVerifyCounter(t *testing.T) {
	c := Code{Kind: HOTP, Secret: Secret("12345678901234567890"), Algorithm: SHA1, Digits: 6, Counter: 2}
	for _, tt := range []struct {
		name      string
		typed     string
		lookAhead LookAhead
		want      Counter
		wrong     bool
	}{
		{"next", "359152", 0, 3, false},
		{"ahead", "254676", 3, 6, false},
		{"too far ahead", "254676", 2, 0, true},
		{"used before", "287082", 10, 0, true},
		{"wrong", "000000", 10, 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := c.VerifyCounter(tt.typed, tt.lookAhead)
			if errors.Is(err, ErrWrongCode) != tt.wrong || !tt.wrong && (err != nil || got != tt.want) {
				t.Errorf("got counter %d, %v, want %d, wrong %v", got, err, tt.want, tt.wrong)
			}
		})
	}
	last := c
	last.Counter = MaxCounter
	code, err := last.Generate(time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := last.VerifyCounter(code, 5); !errors.Is(err, ErrWrongCode) {
		t.Errorf("last counter: got %v, want ErrWrongCode, as nothing would follow it", err)
	}
	for _, err := range []error{second(c.VerifyCounter("359152", 101)), second(c.VerifyCounter("359152", -1))} {
		if err == nil || errors.Is(err, ErrWrongCode) {
			t.Errorf("look-ahead out of range: got %v, want another error", err)
		}
	}
}

func TestUntil(t *testing.T) {
	c := Code{Kind: TOTP, Secret: Secret("12345678901234567890"), Algorithm: SHA1, Digits: 6, Period: 30}
	for now, want := range map[int64]int64{0: 30, 29: 30, 30: 60, 1111111109: 1111111110} {
		if got, err := c.Until(time.Unix(now, 999)); err != nil || got.Unix() != want {
			t.Errorf("at %d: got %v, %v, want %d", now, got.Unix(), err, want)
		}
	}
}

func TestCodeRedactsItself(t *testing.T) {
	c := Code{Kind: TOTP, Secret: Secret("12345678901234567890"), Algorithm: SHA1, Digits: 6, Period: 30}
	uri, err := c.Encode()
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		for _, got := range []string{fmt.Sprintf(verb, c), fmt.Sprintf(verb, &c), fmt.Sprintf(verb, uri)} {
			for _, seen := range []string{"1234", "3132", "49, 50", "0x31", "GEZD", "[49 50"} {
				if strings.Contains(got, seen) {
					t.Errorf("%s shows the secret: %s", verb, got)
				}
			}
		}
	}
}
