package testenv

import (
	"context"
	"fmt"

	"avow/internal/authn"
	"avow/internal/otp"
	"avow/internal/phone/codes"
)

// Fill makes a phone one that is used a lot: so many accounts, each another user's of this server, and so many codes of other services. rest is called now and
// then, to let the minute go by after which the server takes more registrations from one network.
func (e *Env) Fill(ctx context.Context, p *Phone, accounts, count int, rest func()) error {
	for i := range accounts {
		if i%10 == 9 {
			rest()
		}
		login := fmt.Sprintf("user%d", i)
		if _, err := e.AddUser(ctx, login, fmt.Sprintf("User %d", i)); err != nil {
			return err
		}
		if _, err := e.Register(ctx, p, login, authn.BindFirst); err != nil {
			return fmt.Errorf("account %d: %w", i+1, err)
		}
	}
	var list []codes.Entry
	for i := range count {
		list = append(list, codes.Entry{Code: otp.Code{
			Kind: otp.TOTP, Issuer: fmt.Sprintf("Service %d", i), Account: fmt.Sprintf("user%d", i), Secret: []byte(fmt.Sprintf("%020d", i)),
			Algorithm: otp.SHA1, Digits: 6, Period: 30,
		}})
	}
	_, err := p.AddCodes(ctx, list)
	return err
}
