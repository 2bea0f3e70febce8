package client

import (
	"context"
	"net/http"

	"avow/internal/authn"
	"avow/internal/wire"
)

// React does what can be done about a notice (POST /v1/notices/{id}/react). statement is the JWS of wire.SignDeviceCommand with wire.ActBlock about the device of a
// notice of authn.ReactionBlockDevice, and "" for authn.ReactionBlockRestore. Doing it again does nothing more.
func (d *Device) React(ctx context.Context, id authn.NoticeID, statement string) error {
	if !authn.ValidID("n_", string(id)) {
		return authn.ErrNoticeUnknown
	}
	return d.call(ctx, http.MethodPost, "/v1/notices/"+string(id)+"/react", wire.NoticeReaction{Statement: statement}, nil)
}
