package approval

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/api"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/wire"
)

// Question is what a client, which has proved itself, asks.
type Question struct {
	Client     authn.Client
	User       authn.UserID
	Login      string              // in place of User, for those who know no more
	Match      authn.MatchMode     // "" for the client's policy; a weaker one than the policy is raised to it
	Action     authn.RequestAction // "" for authn.ActionSignIn
	Message    string              // shown on the phone, after authn.CleanText
	ACR        string
	Nonce      string
	Origin     authn.Origin
	Lifetime   time.Duration  // 0 means authn.RequestLifetime; cut to authn.MaxRequestLifetime
	Verify     bool           // the user is verified whatever the policy says
	SameDevice bool           // the sign-in runs on the phone itself: refused
	Number     string         // six digits that are shown already, where several people are asked for the same; "" to draw them
	Device     authn.DeviceID // the only one that is asked; "" for all of the user's
}

// Opened is a request that waits, with what the login screen has to show.
type Opened struct {
	AuthReqID AuthReqID
	Request   authn.ApprovalRequest
	Number    string            // six digits; "" unless the match is number
	QR        wire.ApprovalLink // always
}

// Errors of Open.
var (
	ErrNoDevice   = authn.Fail(authn.Conflict, "no_device", "No phone is connected for this account. Ask your organisation for a code to connect one.")
	ErrSameDevice = authn.Fail(authn.Forbidden, "same_device", "Sign in with the app on this phone instead.")
)

// Open asks. The request is on disk and the phones are woken when it returns. Errors: ErrNoDevice, ErrSameDevice, store.ErrNotFound for an unknown
// user, "user_disabled", authn.TooMany with RetryAfter.
func (s *Service) Open(ctx context.Context, q Question) (Opened, error) {
	if q.SameDevice {
		return Opened{}, ErrSameDevice
	}
	user, devices, err := s.asked(ctx, q)
	if err != nil {
		return Opened{}, err
	}
	q.User = user.ID
	now := s.site.Now()
	o := s.compose(q, now)
	if o.Request.Devices, err = s.sign(o.Request, q, user, devices); err != nil {
		return Opened{}, err
	}
	var late []authn.ApprovalRequest
	err = s.site.Store.Update(ctx, func(tx store.Tx) (err error) {
		late, err = s.admit(tx, o.Request, now)
		if err != nil {
			return err
		}
		return tx.AppendAudit(authn.AuditRecord{
			At: now, Actor: "client:" + string(q.Client.ID), Action: "request.open", Subject: string(o.Request.ID), IP: api.ClientIP(ctx),
			Facts: map[string]string{"user": string(q.User), "match": string(o.Request.Match), "origin": o.Request.Origin.IP},
		})
	})
	if err != nil {
		if c := authn.CodeOf(err); c == "too_many_open" || c == "too_many_requests" {
			s.tooMany(ctx, user, q.Client, now)
		}
		return Opened{}, err
	}
	for _, r := range late {
		s.wake(r)
	}
	s.wake(o.Request)
	return o, nil
}

// asked finds the user and those of her devices that may decide.
func (s *Service) asked(ctx context.Context, q Question) (u authn.User, active []authn.Device, err error) {
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		if q.User != "" {
			u, err = r.User(q.User)
		} else {
			u, err = r.UserByLogin(q.Login)
		}
		if err != nil {
			return err
		}
		if err := u.Active(); err != nil {
			return err
		}
		devices, err := r.DevicesOf(u.ID)
		if err != nil {
			return err
		}
		for _, d := range devices {
			if d.MayApprove() == nil && (q.Device == "" || d.ID == q.Device) {
				active = append(active, d)
			}
		}
		return nil
	})
	if err == nil && len(active) == 0 {
		err = ErrNoDevice
	}
	return u, active, err
}

// compose draws the request's secrets. The database gets their hashes only.
func (s *Service) compose(q Question, now time.Time) Opened {
	auth := AuthReqID{key.Secret(base64.RawURLEncoding.EncodeToString(key.NewSecret(24)))}
	handle := key.NewSecret(16)
	r := authn.ApprovalRequest{
		ID: authn.NewRequestID(), AuthReq: HashAuthReqID(auth.Text()), Handle: authn.HashOf(handle),
		User: q.User, Client: q.Client.ID, Match: strongest(q.Match, s.policy(q.Client)), Action: cmp.Or(q.Action, authn.ActionSignIn),
		Message: authn.CleanText(q.Message, 128), ACR: q.ACR, Nonce: q.Nonce,
		Origin: authn.Origin{
			IP: authn.CleanText(q.Origin.IP, 64), Place: authn.CleanText(q.Origin.Place, 64), Agent: authn.CleanText(q.Origin.Agent, 64),
		},
		State: authn.RequestOpen, OpenedAt: now, Expires: now.Add(lifetime(q.Lifetime)),
	}
	o := Opened{AuthReqID: auth, QR: wire.ApprovalLink{Host: s.site.Host, Handle: handle}}
	if r.Match == authn.MatchNumber {
		o.Number = cmp.Or(q.Number, randomNumber())
		r.Number = authn.NumberMAC(s.pepper, r.ID, o.Number)
	}
	o.Request = r
	return o
}

func lifetime(d time.Duration) time.Duration {
	d = d.Truncate(time.Second) // the phone gets seconds
	if d <= 0 {
		return authn.RequestLifetime
	}
	return min(d, authn.MaxRequestLifetime)
}

func (s *Service) policy(c authn.Client) authn.MatchMode {
	if c.Match.Valid() {
		return c.Match
	}
	return s.site.Policy().Match
}

// strongest never lets a client ask for less than its policy.
func strongest(asked, policy authn.MatchMode) authn.MatchMode {
	for _, m := range []authn.MatchMode{authn.MatchQR, authn.MatchNumber} {
		if asked == m || policy == m {
			return m
		}
	}
	return authn.MatchTap
}

// randomNumber draws six digits, each number with the same chance: values that would favor the low ones are drawn again.
func randomNumber() string {
	const n, whole = 1_000_000, (1 << 32) / 1_000_000 * 1_000_000
	for {
		var b [4]byte
		rand.Read(b[:])
		if v := binary.BigEndian.Uint32(b[:]); uint64(v) < whole {
			return fmt.Sprintf("%06d", v%n)
		}
	}
}

// sign makes the question for each device. It is signed before the transaction, so that the writer does not wait for it: a device that is
// removed in between cannot decide, and one that was added in between was not asked.
func (s *Service) sign(r authn.ApprovalRequest, q Question, u authn.User, devices []authn.Device) ([]authn.Delivery, error) {
	c, policy := q.Client, s.site.Policy().UserVerification
	if q.Verify {
		policy = authn.UVEachApproval
	}
	list := make([]authn.Delivery, 0, len(devices))
	for _, d := range devices {
		demand := policy.Demand(d.Verifies)
		jws, err := wire.SignApprovalRequest(s.site.Identity, wire.ApprovalRequest{
			Issuer: s.site.Issuer, Device: d.ID, ID: r.ID, IssuedAt: r.OpenedAt.Unix(), Expires: r.Expires.Unix(), User: u.ID, Login: u.Login,
			Client: wire.RequestClient{ID: c.ID, Name: c.Name, Kind: c.Kind, Known: c.Known},
			Action: r.Action, Message: r.Message, Origin: r.Origin, Match: r.Match, Handle: r.Handle, UV: demand,
		})
		if err != nil {
			return nil, err
		}
		list = append(list, authn.Delivery{Device: d.ID, JWS: jws, UV: demand})
	}
	return list, nil
}

// admit holds the limits and writes the request. Requests that nobody answered in time are closed on the way and returned.
func (s *Service) admit(tx store.Tx, r authn.ApprovalRequest, now time.Time) (late []authn.ApprovalRequest, err error) {
	open, err := tx.OpenApprovalRequests(r.User)
	if err != nil {
		return nil, err
	}
	for _, old := range open {
		if old.StateAt(now) == authn.RequestExpired {
			old.State = authn.RequestExpired
			if err := replace(tx, old); err != nil {
				return nil, err
			}
			if err := tx.AppendAudit(expired(old, now)); err != nil {
				return nil, err
			}
			late = append(late, old)
		}
	}
	if practice(r) {
		return late, s.admitPractice(tx, r, open, now)
	}
	open = slices.DeleteFunc(open, practice) // who practices can still be asked
	err = tx.UpdateGuard(r.User, func(g authn.Guard) (authn.Guard, error) { return g.Admit(open, r.Client, now) })
	if err != nil {
		return nil, err
	}
	return late, tx.CreateApprovalRequest(r)
}

// tooMany tells the user, once in ten minutes, that someone asks too often.
func (s *Service) tooMany(ctx context.Context, u authn.User, c authn.Client, now time.Time) {
	told := false
	err := s.site.Store.Update(ctx, func(tx store.Tx) error {
		notices, err := tx.NoticesOf(u.ID, now.Add(-10*time.Minute))
		if err != nil {
			return err
		}
		told = false
		for _, n := range notices {
			told = told || n.Kind == authn.NoticeTooManyRequests
		}
		if told {
			return nil
		}
		facts := map[string]string{"client": c.Name, "ip": api.ClientIP(ctx)}
		if err := site.Notify(tx, u, authn.NoticeTooManyRequests, "", facts, now); err != nil {
			return err
		}
		return tx.AppendAudit(authn.AuditRecord{
			At: now, Actor: "client:" + string(c.ID), Action: "request.too_many", Subject: string(u.ID), IP: api.ClientIP(ctx),
		})
	})
	if err != nil { // the request is refused all the same
		s.site.Log.ErrorContext(ctx, "notice of too many requests", "err", err)
		return
	}
	if !told {
		s.wake(authn.ApprovalRequest{User: u.ID})
	}
}
