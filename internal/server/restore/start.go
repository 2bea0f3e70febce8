package restore

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"net/http"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/api"
	"avow/internal/store"
	"avow/internal/wire"
)

// StartLifetime is how long a challenge can be answered.
const StartLifetime = time.Hour

var errStart = authn.Fail(authn.Invalid, "bad_restore", "The phone's keys cannot be verified. Update the app and begin again.")

// start gives out what a proof needs. It writes nothing, and its answer has the same shape for an account that nobody has: the same id and vouch each time
//
func (s *Service) start(w http.ResponseWriter, r *http.Request) error {
	var q wire.RestoreStart
	pub, err := s.introduced(w, r, &q)
	if err != nil {
		return err
	}
	if (q.Login == "") == (q.Account == "") || len(q.Login) > 256 || q.Account != "" && !authn.ValidID("u_", string(q.Account)) {
		return errStart
	}
	account, vouch := s.madeUp(q)
	err = s.site.Store.View(r.Context(), func(rd store.Reader) error {
		u, err := found(rd, q)
		if err != nil {
			return err
		}
		account, vouch = u.ID, s.madeUpVouch(u.ID)
		e, err := rd.EscrowState(u.ID)
		if err == nil && e.Active() {
			vouch = e.Vouch
		}
		return err
	})
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	now := s.site.Now()
	id, policy := authn.NewRestoreID(), s.site.Policy()
	return api.Write(w, http.StatusOK, wire.RestoreStarted{
		RestoreID: id, Account: account, Vouch: vouch, Challenge: s.challenge(id, account, pub, now.Unix()), ServerTime: now.Unix(),
		Policy: wire.RegistrationPolicy{UserVerification: policy.UserVerification, Attestation: policy.Attestation},
	})
}

func found(r store.Reader, q wire.RestoreStart) (authn.User, error) {
	if q.Account != "" {
		return r.User(q.Account)
	}
	return r.UserByLogin(q.Login)
}

// madeUp is the account of a login that nobody has, and its vouch.
func (s *Service) madeUp(q wire.RestoreStart) (authn.UserID, authn.Hash) {
	account := q.Account
	if account == "" {
		m := s.mac("account", store.LoginKey(q.Login))
		account = authn.UserID("u_" + base64.RawURLEncoding.EncodeToString(m[:16]))
	}
	return account, s.madeUpVouch(account)
}

func (s *Service) madeUpVouch(account authn.UserID) authn.Hash {
	return authn.Hash(s.mac("vouch", string(account)))
}

func (s *Service) mac(what, of string) key.Secret {
	h := hmac.New(sha256.New, s.made)
	h.Write([]byte(what + "\x00" + of))
	return h.Sum(nil)
}

// challenge is a time and a MAC that binds it to a restore, an account and a phone.
func (s *Service) challenge(id authn.RestoreID, account authn.UserID, pub key.Public, unix int64) string {
	at := binary.BigEndian.AppendUint64(nil, uint64(unix))
	m := s.mac("challenge", string(id)+"\x00"+string(account)+"\x00"+pub.Thumbprint().String()+"\x00"+string(at))
	return base64.RawURLEncoding.EncodeToString(append(at, m[:16]...))
}

// answers reports whether a statement answers a challenge of ours, in time.
func (s *Service) answers(r wire.Restoration, now time.Time) bool {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(r.Challenge)
	if err != nil || len(raw) != 24 {
		return false
	}
	unix := int64(binary.BigEndian.Uint64(raw))
	want := s.challenge(r.RestoreID, r.Account, r.DeviceJWK, unix)
	age := now.Sub(time.Unix(unix, 0))
	return subtle.ConstantTimeCompare([]byte(want), []byte(r.Challenge)) == 1 && age >= -time.Minute && age < StartLifetime
}
