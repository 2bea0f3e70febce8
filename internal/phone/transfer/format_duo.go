package transfer

import (
	"context"

	"avow/internal/otp"
)

// Duo is Duo Mobile; the file is its internal duokit/accounts.json.
const Duo Format = "duo"

func sniffDuo(f *file) bool { return f.listOf("otpGenerator") || f.listOf("accountType", "pkey") }

type duoAccount struct {
	Name      string `json:"name"`
	Generator *struct {
		Secret  string `json:"otpSecret"`
		Counter *int64 `json:"counter"` // it has one: HOTP
	} `json:"otpGenerator"`
}

func readDuo(_ context.Context, f *file, _ Options) (Found, error) {
	accounts, err := list(f.text)
	if err != nil {
		return Found{}, err
	}
	var out Found
	for n, raw := range accounts {
		a, err := decodeEntry[duoAccount](raw)
		if err != nil {
			out.add(n, entry{}, err)
			continue
		}
		e := entry{kind: otp.TOTP, account: a.Name}
		if a.Generator == nil {
			out.add(n, e, errNoCode) // signs in by Duo's own messages only
			continue
		}
		if a.Generator.Counter != nil {
			e.kind, e.counter = otp.HOTP, pointer(a.Generator.Counter)
		}
		e.secret, err = parseSecret(a.Generator.Secret)
		out.add(n, e, err)
	}
	return out, nil
}
