package codes_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"avow/internal/otp"
	"avow/internal/phone/codes"
)

var now = time.Unix(1790000000, 0)

// many are n codes as a person's vault has them.
func many(tb testing.TB, n int) []codes.Stored {
	tb.Helper()
	all, errs := codes.Read(nil)
	if len(errs) > 0 {
		tb.Fatal(errs)
	}
	list := make([]codes.Entry, n)
	for i := range list {
		secret := fmt.Appendf(nil, "%020d", i)
		list[i] = codes.Entry{
			Code: otp.Code{
				Kind: otp.TOTP, Issuer: fmt.Sprintf("Example %d", i), Account: fmt.Sprintf("anna.%d@example.com", i%97), Secret: secret,
				Algorithm: otp.SHA1, Digits: 6, Period: 30,
			},
		}
		if i%10 == 0 {
			list[i].Name, list[i].Groups = fmt.Sprintf("Büro %d", i), []string{"Work", "Servers"}
		}
	}
	_, out, err := all.Add(list, now)
	if err != nil {
		tb.Fatal(err)
	}
	return out
}

func raw(tb testing.TB, list []codes.Stored) []json.RawMessage {
	tb.Helper()
	out := make([]json.RawMessage, len(list))
	for i, s := range list {
		b, err := s.Encode()
		if err != nil {
			tb.Fatal(err)
		}
		out[i] = b
	}
	return out
}

// 10,000 codes: what opening costs beside the vault.
func BenchmarkRead(b *testing.B) {
	list := raw(b, many(b, 10_000))
	for b.Loop() {
		if all, errs := codes.Read(list); all.Len() != 10_000 || len(errs) > 0 {
			b.Fatal(errs)
		}
	}
}

// A keystroke in the search over 10,000 codes.
func BenchmarkSearch(b *testing.B) {
	all, _ := codes.Read(raw(b, many(b, 10_000)))
	for _, text := range []string{"", "e", "ex", "büro 77", "anna.9", "nothing like it"} {
		b.Run(text, func(b *testing.B) {
			for b.Loop() {
				all.Search(codes.Query{Text: text})
			}
		})
	}
}
