package restore

import (
	"context"
	"errors"
	"net/http"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/api"
	"avow/internal/server/approval"
	"avow/internal/server/live"
	"avow/internal/server/proof"
	"avow/internal/server/site"
	"avow/internal/server/tries"
	"avow/internal/store"
)

// Service is the flow of restores. It is safe for concurrent use.
type Service struct {
	site   *site.Site
	proof  *proof.Checker
	limits *tries.Limiter
	wrong  *tries.Window
	nobody key.Public // verifies for those who do not exist, so that they cost the same time

	made     key.Secret // makes up accounts, vouches and challenges
	oneTimes key.Secret // derives the one-time codes
	numbers  key.Secret // derives what colleagues type

	approval *approval.Service // asks colleagues
	begins   *tries.Window     // of restores by colleagues
	decoys   decoys
}

// New makes the service.
func New(s *site.Site, c *proof.Checker) *Service {
	nobody, err := key.Generate()
	if err != nil {
		panic("generating a P-256 key cannot fail: " + err.Error())
	}
	return &Service{
		site: s, proof: c, limits: tries.New(tries.Limit{}), wrong: tries.NewWindow(WrongProofs, time.Hour), nobody: nobody.Key(),
		made: s.Derive("restore start v1"), oneTimes: s.Derive("restore code v1"),
		numbers: s.Derive("colleagues number v1"), begins: tries.NewWindow(BeginsByAddress, time.Hour),
	}
}

// WrongProofs is how many proofs of one address may fail in an hour.
const WrongProofs = 20

// SetLimit changes how often one address may call, and how many of its proofs may fail in an hour. Call it before Routes.
func (s *Service) SetLimit(calls tries.Limit, wrongProofs int) {
	s.limits, s.wrong = tries.New(calls), tries.NewWindow(wrongProofs, time.Hour)
}

// Routes registers the phones' routes.
func (s *Service) Routes(mux *http.ServeMux) {
	for pattern, h := range map[string]api.Handler{
		"POST /v1/restore/start":  s.start,
		"POST /v1/restore/prove":  s.prove,
		"POST /v1/restore/code":   s.code,
		"POST /v1/restore/resend": s.resend,
		"POST /v1/restore/state":  s.state,
		"POST /v1/restore/finish": s.finish,
		"POST /v1/restore/block":  s.block,
		"GET /v1/escrow":          s.getEscrow,
		"PUT /v1/escrow":          s.putEscrow,
		"POST /v1/escrow/proven":  s.provenEscrow,
		"POST /v1/escrow/delete":  s.deleteEscrow,

		"POST /v1/restore/colleagues": s.beginColleagues,
		"POST /v1/restore/ask":        s.askAgain,
		"GET /v1/colleagues":          s.colleagues,
		"POST /v1/colleagues":         s.nameColleagues,
	} {
		mux.Handle(pattern, api.Handle(s.site.Log, h))
	}
}

// introduced reads a call of a phone that the server does not know yet.
func (s *Service) introduced(w http.ResponseWriter, r *http.Request, into any) (key.Public, error) {
	if err := s.limits.Take(api.ClientIP(r.Context()), s.site.Now()); err != nil {
		return key.Public{}, err
	}
	pub, body, err := s.proof.NewKey(w, r)
	if err != nil {
		return key.Public{}, err
	}
	return pub, api.Decode(body, into)
}

// of finds the restore of a phone's key. authn.ErrRestoreUnknown also for one of another phone.
func of(r store.Reader, id authn.RestoreID, pub key.Public) (authn.Restore, error) {
	x, err := r.Restore(id)
	if errors.Is(err, store.ErrNotFound) || err == nil && (x.Keys.Device != pub || pub.IsZero()) {
		return authn.Restore{}, authn.ErrRestoreUnknown
	}
	return x, err
}

// wake has the user's devices and pages look again.
func (s *Service) wake(user authn.UserID) { s.site.Live.Wake(live.User(string(user))) }

// step changes a restore of a phone's key and returns it. An error of fn leaves it as it was.
func (s *Service) step(ctx context.Context, id authn.RestoreID, pub key.Public, fn func(store.Tx, authn.Restore, authn.User) (authn.Restore, error)) (x authn.Restore, err error) {
	err = s.site.Store.Update(ctx, func(tx store.Tx) error {
		if x, err = of(tx, id, pub); err != nil {
			return err
		}
		u, err := tx.User(x.User)
		if err != nil {
			return err
		}
		if err := u.Active(); err != nil {
			return err
		}
		if x, err = fn(tx, x, u); err != nil {
			return err
		}
		return keep(tx, x)
	})
	if err == nil {
		s.wake(x.User)
	}
	return x, err
}

func keep(tx store.Tx, x authn.Restore) error {
	return tx.UpdateRestore(x.ID, func(authn.Restore) (authn.Restore, error) { return x, nil })
}

// record is a line of the audit log about a restore.
func record(x authn.Restore, action, actor, ip, reason string, now time.Time) authn.AuditRecord {
	return authn.AuditRecord{
		At: now, Actor: actor, Action: action, Subject: string(x.ID), IP: ip, Reason: reason,
		Facts: map[string]string{"user": string(x.User), "kind": string(x.Kind), "device": x.Info.Name, "device_key": x.Keys.Device.Thumbprint().String()},
	}
}

// facts are what notices of a restore tell; "restore" is for programs that block it, and in no text.
func facts(x authn.Restore) map[string]string {
	return map[string]string{"device": x.Info.Name, "model": x.Info.Model, "ip": x.IP, "restore": string(x.ID)}
}
