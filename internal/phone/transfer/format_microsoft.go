package transfer

import (
	"bytes"
	"context"
	"encoding/base64"

	"avow/internal/otp"
)

// Microsoft is Microsoft Authenticator; the file is its internal PhoneFactor database on Android.
const Microsoft Format = "microsoft"

func sniffMicrosoft(f *file) bool {
	return f.isSQLite() && bytes.Contains(f.data, []byte("oath_secret_key"))
}

// The types of accounts.
var (
	microsoftOthers = given(0) // of other services: key in base32, six digits
	microsoftOwn    = given(1) // of people at Microsoft: key in base64, eight digits
)

func readMicrosoft(ctx context.Context, f *file, _ Options) (Found, error) {
	d, err := openDatabase(ctx, f.data)
	if err != nil {
		return Found{}, err
	}
	defer d.close()
	var out Found
	err = d.rows(ctx, "accounts", []string{"name", "username", "oath_secret_key", "account_type"}, func(n int, v []any) error {
		e := entry{kind: otp.TOTP, issuer: text(v[0]), account: text(v[1])}
		secret, err := text(v[2]), error(errNoCode) // of a work account: its messages come from Microsoft, and it has no codes
		switch kind := integer(v[3]); {
		case secret == "":
		case kind == microsoftOthers:
			e.secret, err = parseSecret(secret)
		case kind == microsoftOwn:
			e.digits = given(8)
			if e.secret, err = base64.StdEncoding.DecodeString(secret); err != nil {
				err = errEntry
			}
		}
		out.add(n, e, err)
		return nil
	})
	return out, err
}
