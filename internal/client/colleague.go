package client

import (
	"context"
	"net/http"

	"avow/internal/authn"
	"avow/internal/wire"
)

// Colleagues are those whom the user has named (GET /v1/colleagues).
func (d *Device) Colleagues(ctx context.Context) (wire.ColleaguesAnswer, error) {
	var out wire.ColleaguesAnswer
	err := d.call(ctx, http.MethodGet, "/v1/colleagues", nil, &out)
	return cleanColleagues(out), err
}

// NameColleagues says who may bring the account back (POST /v1/colleagues): statement is the JWS of wire.SignColleagues.
func (d *Device) NameColleagues(ctx context.Context, statement string) (wire.ColleaguesAnswer, error) {
	var out wire.ColleaguesAnswer
	err := d.call(ctx, http.MethodPost, "/v1/colleagues", wire.ColleaguesCommand{Statement: statement}, &out)
	return cleanColleagues(out), err
}

func cleanColleagues(a wire.ColleaguesAnswer) wire.ColleaguesAnswer {
	for i := range a.Colleagues {
		c := &a.Colleagues[i]
		c.Name, c.Login = authn.CleanText(c.Name, 128), authn.CleanText(c.Login, 128)
	}
	return a
}

// BeginColleagues asks for an account without a restore code (POST /v1/restore/colleagues): statement is the JWS of wire.SignRestoration. The answer tells
// nothing of the account; a one-time code reaches its user if colleagues were named.
func (d *Device) BeginColleagues(ctx context.Context, statement string) (wire.RestoreAsked, error) {
	var out wire.RestoreAsked
	err := d.introduce(ctx, "/v1/restore/colleagues", wire.RestoreAsk{Statement: statement}, &out)
	return out, err
}

// AskColleagues asks those colleagues again whose time to answer is over (POST /v1/restore/ask).
func (d *Device) AskColleagues(ctx context.Context, id authn.RestoreID) (wire.RestoreStatus, error) {
	return d.restoreStep(ctx, "/v1/restore/ask", wire.RestoreName{RestoreID: id})
}
