package oidc

import (
	"errors"
	"net/http"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/api"
	"avow/internal/server/approval"
	"avow/internal/server/offline"
	"avow/internal/store"
	"avow/internal/wire"
)

// tokenLifetime is how long an ID token may be looked at; what a client makes of it lives by the client's own rules.
const tokenLifetime = 5 * time.Minute

// Errors of the token endpoint (CIBA Core 1.0, section 11).
var (
	errPending      = refuse(http.StatusBadRequest, wire.ErrAuthPending, "There is no answer yet.")
	errSlowDown     = refuse(http.StatusBadRequest, wire.ErrSlowDown, "Ask less often: five seconds more between two calls.")
	errExpired      = refuse(http.StatusBadRequest, wire.ErrExpiredToken, "Nobody answered in time. Sign in again.")
	errDenied       = refuse(http.StatusBadRequest, wire.ErrAccessDenied, "The sign-in was denied on the phone.")
	errFailed       = refuse(http.StatusBadRequest, wire.ErrAccessDenied, "The number was wrong three times. Sign in again.")
	errNoLonger     = refuse(http.StatusBadRequest, wire.ErrAccessDenied, "The account, the phone or this computer was blocked since. Tell the service desk.")
	errInvalidGrant = refuse(http.StatusBadRequest, wire.ErrInvalidGrant, "This sign-in is not open, or not this client's.")
)

// token is CIBA Core 1.0, section 10.1.
func (s *Service) token(w http.ResponseWriter, r *http.Request) error {
	f, err := readForm(w, r)
	if err != nil {
		return err
	}
	client, err := s.clients.authenticate(r.Context(), r, f)
	if err != nil {
		return err
	}
	id := f.get("auth_req_id")
	switch {
	case !f.has("grant_type"):
		return refuse(http.StatusBadRequest, wire.ErrInvalidRequest, "The grant_type is missing.")
	case f.get("grant_type") != wire.GrantCIBA:
		return refuse(http.StatusBadRequest, wire.ErrUnsupportedGrant, "The grant_type must be "+wire.GrantCIBA+".")
	case id == "":
		return refuse(http.StatusBadRequest, wire.ErrInvalidRequest, "The auth_req_id is missing.")
	}
	hash := approval.HashAuthReqID(id)
	// Whose it is comes first: another client must not slow down the right one.
	req, err := s.approval.Await(r.Context(), hash, client.ID, 0)
	if err != nil {
		return grantError(err)
	}
	done, ok := s.pace.enter(hash)
	if !ok {
		return errSlowDown
	}
	defer done()
	if req.State == authn.RequestOpen {
		if req, err = s.approval.Await(r.Context(), hash, client.ID, s.longPoll); err != nil {
			return grantError(err)
		}
	}
	if err := refusalFor(req.State); err != nil {
		return err
	}
	var given offline.Given
	req, user, err := s.approval.Redeem(r.Context(), hash, client.ID, func(tx store.Tx, d authn.Device, u authn.User) (err error) {
		given, err = s.offline.Grant(tx, client, d, u)
		return err
	})
	if err != nil {
		return grantError(err)
	}
	grant, err := s.offline.Tell(given)
	if err != nil {
		return err
	}
	return s.answer(w, id, client, req, user, grant)
}

// refusalFor says why there is no token; nil when there is one to be had.
func refusalFor(state authn.RequestState) error {
	switch state {
	case authn.RequestApproved:
		return nil
	case authn.RequestOpen:
		return errPending
	case authn.RequestDenied, authn.RequestReported:
		return errDenied
	case authn.RequestFailed:
		return errFailed
	case authn.RequestExpired:
		return errExpired
	}
	return errInvalidGrant // redeemed, cancelled, and whatever may come: no token
}

func grantError(err error) error {
	switch {
	case errors.Is(err, authn.ErrRequestUnknown), errors.Is(err, authn.ErrDecided):
		return errInvalidGrant.because(err)
	case errors.Is(err, authn.ErrRequestExpired):
		return errExpired.because(err)
	case errors.Is(err, authn.ErrDeviceRevoked), errors.Is(err, authn.ErrComputerStolen), errors.Is(err, authn.ErrComputerGone), authn.CodeOf(err) == "user_disabled":
		return errNoLonger.because(err)
	}
	return err
}

func (s *Service) answer(w http.ResponseWriter, id string, client authn.Client, req authn.ApprovalRequest, user authn.User, grant string) error {
	now := s.site.Now()
	token, err := wire.SignIDToken(s.site.Identity, wire.IDToken{
		Issuer: s.site.Issuer, Subject: user.ID, Audience: wire.Audience{string(client.ID)},
		IssuedAt: now.Unix(), Expires: now.Add(tokenLifetime).Unix(), AuthTime: req.DecidedAt.Unix(),
		ACR: acr(req.MatchedBy), AMR: amr(req.UV), AuthReqID: id, Nonce: req.Nonce, Login: user.Login, Name: user.Name,
	})
	if err != nil {
		return err
	}
	return api.Write(w, http.StatusOK, wire.TokenAnswer{
		// OAuth wants an access token; this one opens nothing, since there is nothing here that it could open.
		AccessToken: key.RandomID(32), TokenType: "Bearer", ExpiresIn: int(tokenLifetime / time.Second), IDToken: token,
		Grant: grant,
	})
}

func acr(m authn.MatchMode) string {
	switch m {
	case authn.MatchQR:
		return wire.ACRQR
	case authn.MatchNumber:
		return wire.ACRNumber
	}
	return wire.ACRTap
}

// amr names the methods (RFC 8176, section 2): a key was used, on another channel, after a PIN or another check of the user. Where the policy asks for no
// check (A4) it is one factor, and nothing says that the user was there. It does not say in what hardware the key lies, since no attestation was checked.
func amr(uv authn.UserVerification) []string {
	switch uv {
	case authn.UVPIN:
		return []string{"pop", "pin", "mfa", "mca"}
	case authn.UVBiometric, authn.UVDevice:
		return []string{"pop", "user", "mfa", "mca"}
	}
	return []string{"pop", "mca"}
}

// cancel takes an open request back: what a login screen does when the person gives up.
func (s *Service) cancel(w http.ResponseWriter, r *http.Request) error {
	f, err := readForm(w, r)
	if err != nil {
		return err
	}
	client, err := s.clients.authenticate(r.Context(), r, f)
	if err != nil {
		return err
	}
	if err := s.approval.Cancel(r.Context(), approval.HashAuthReqID(f.get("auth_req_id")), client.ID); err != nil {
		return grantError(err)
	}
	return api.Write(w, http.StatusOK, struct{}{})
}
