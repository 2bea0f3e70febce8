package transfer

import (
	"bytes"
	"context"

	"avow/internal/otp"
)

// sniffGoogleDatabase knows the database in which Google Authenticator keeps its accounts on Android.
func sniffGoogleDatabase(f *file) bool {
	return f.isSQLite() && bytes.Contains(f.data, []byte("original_name")) && bytes.Contains(f.data, []byte("provider"))
}

func readGoogleDatabase(ctx context.Context, f *file, _ Options) (Found, error) {
	d, err := openDatabase(ctx, f.data)
	if err != nil {
		return Found{}, err
	}
	defer d.close()
	var out Found
	columns := []string{"email", "issuer", "secret", "type", "counter", "isencrypted"}
	err = d.rows(ctx, "accounts", columns, func(n int, v []any) error {
		e := entry{kind: otp.TOTP}
		e.issuer, e.account = splitLabel(text(v[1]), text(v[0]))
		switch integer(v[3]) {
		case given(0):
		case given(1):
			e.kind, e.counter = otp.HOTP, integer(v[4])
		default:
			out.add(n, e, errKind)
			return nil
		}
		if integer(v[5]).value != 0 {
			out.add(n, e, errDeviceKey)
			return nil
		}
		var err error
		e.secret, err = parseSecret(text(v[2]))
		out.add(n, e, err)
		return nil
	})
	return out, err
}
