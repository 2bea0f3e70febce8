// Package admin is the administrator's interface of the server, /v1/admin/, with the messages of wire/admin.go. Every command is proved by the
// key of an administrator, of whom there is none by default, and writes who did it, from where and why to the audit log in the
// transaction of the change. It never shows a secret twice and has no way to read one of a user.
package admin

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/device"
	"avow/internal/server/directory"
	"avow/internal/server/offline"
	"avow/internal/server/people"
	"avow/internal/server/proof"
	"avow/internal/server/registration"
	"avow/internal/server/restore"
	"avow/internal/server/site"
	"avow/internal/store"
)

// Service is the administrator's interface. It is safe for concurrent use.
type Service struct {
	site         *site.Site
	proof        *proof.Checker
	registration *registration.Service
	device       *device.Service
	offline      *offline.Service
	people       *people.Service
	restores     *restore.Service
	directory    *directory.Service // nil: all users are local
}

// New makes the service.
func New(s *site.Site, c *proof.Checker, r *registration.Service, d *device.Service, o *offline.Service, x *restore.Service) *Service {
	return &Service{site: s, proof: c, registration: r, device: d, offline: o, people: people.New(s), restores: x}
}

// Routes registers the administrator's routes.
func (s *Service) Routes(mux *http.ServeMux) {
	for pattern, route := range map[string]route{
		"GET /v1/admin/users":                              {authn.MaySee, s.users},
		"POST /v1/admin/users":                             {authn.MayManage, s.addUser},
		"POST /v1/admin/users/{user_name}/status":          {authn.MayManage, s.setUserStatus},
		"POST /v1/admin/users/{user_name}/session/notify":  {authn.MayManage, s.notifySession},
		"POST /v1/admin/users/{user_name}/session/confirm": {authn.MayManage, s.confirmSession},
		"POST /v1/admin/users/{user_name}/session/revoke":  {authn.MayManage, s.revokeSession},
		"GET /v1/admin/sessions":                           {authn.MaySee, s.sessions},
		"POST /v1/admin/sessions":                          {authn.MayManage, s.addSession},
		"GET /v1/admin/devices":                            {authn.MaySee, s.devices},
		"POST /v1/admin/devices/{id}/revoke":               {authn.MayManage, s.revokeDevice},
		"POST /v1/admin/devices/{id}/wipe":                 {authn.MayManage, s.wipeDevice},
		"GET /v1/admin/restore":                            {authn.MaySee, s.restore},
		"POST /v1/admin/users/{user_name}/restore/allow":   {authn.MayManage, s.changeRestore(s.restores.Allow)},
		"POST /v1/admin/users/{user_name}/restore/block":   {authn.MayManage, s.changeRestore(s.blockRestore)},
		"POST /v1/admin/users/{user_name}/restore/unblock": {authn.MayManage, s.changeRestore(s.restores.Unblock)},
		"GET /v1/admin/clients":                            {authn.MaySee, s.clients},
		"POST /v1/admin/clients":                           {authn.MayManage, s.addClient},
		"GET /v1/admin/computers":                          {authn.MaySee, s.computers},
		"POST /v1/admin/computers":                         {authn.MayManage, s.addComputer},
		"POST /v1/admin/computers/{id}/end":                {authn.MayManage, s.endComputer},
		"POST /v1/admin/computers/{id}/code":               {authn.MayManage, s.deskCode},
		"GET /v1/admin/computers/{id}/uses":                {authn.MaySee, s.offlineUses},
		"GET /v1/admin/directory":                          {authn.MaySee, s.directoryStatus},
		"POST /v1/admin/directory/sync":                    {authn.MayManage, s.syncDirectory},
		"POST /v1/admin/directory/test":                    {authn.MayManage, s.testDirectory},
	} {
		mux.Handle(pattern, api.Handle(s.site.Log, func(w http.ResponseWriter, r *http.Request) error {
			a, body, err := s.proof.Admin(w, r)
			if err != nil {
				return notAdmin(err)
			}
			if err := a.May(route.needs); err != nil {
				return err
			}
			answer, err := route.handler(call{Request: r, w: w, admin: a, body: body})
			if err != nil {
				return err
			}
			w.Header().Set("Cache-Control", "no-store")
			return api.Write(w, http.StatusOK, answer)
		}))
	}
}

// notAdmin says to administrators what "the server does not know this device" says to phones.
func notAdmin(err error) error {
	if !errors.Is(err, proof.ErrProof) {
		return err
	}
	return authn.Fail(authn.Unauthorized, "not_an_administrator", "The server does not know this administrator's key. Use the credential that belongs to this server.").Because(err)
}

// handler answers a call of an administrator.
type handler func(call) (any, error)

// route is a handler and what its caller must be allowed to do.
type route struct {
	needs authn.Permission
	handler
}

// call is a request whose maker is known.
type call struct {
	*http.Request
	w     http.ResponseWriter
	admin authn.Admin
	body  []byte
}

func (c call) actor() string { return "admin:" + c.admin.Name }

// patient gives the answer as long as a person may take to say Yes.
func (c call) patient() {
	_ = http.NewResponseController(c.w).SetWriteDeadline(time.Now().Add(authn.RequestLifetime + 30*time.Second)) // a recorder in a test has none
}

func (c call) by(reason string) people.By {
	return people.By{Actor: c.actor(), Reason: reason, IP: api.ClientIP(c.Context()), User: c.admin.User}
}

// decode reads the command strictly and cleans its reason, which there must be.
func (c call) decode(into any, reason *string) error {
	if err := api.Decode(c.body, into); err != nil {
		return err
	}
	if *reason = authn.CleanText(*reason, 256); *reason == "" {
		return people.ErrReason
	}
	return nil
}

func (s *Service) record(c call, action, subject, reason string, facts map[string]string) authn.AuditRecord {
	return authn.AuditRecord{
		At: s.site.Now(), Actor: c.actor(), Action: action, Subject: subject, IP: api.ClientIP(c.Context()), Reason: reason, Facts: facts,
	}
}

// user finds a user by login.
func (s *Service) user(ctx context.Context, login string) (u authn.User, err error) {
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		u, err = r.UserByLogin(login)
		return err
	})
	if errors.Is(err, store.ErrNotFound) {
		err = people.ErrUnknown
	}
	return u, err
}

// over finds a user by login whose ways to sign in the caller may change.
func (s *Service) over(c call, login string) (authn.User, error) {
	u, err := s.user(c.Context(), login)
	if err == nil {
		err = s.people.MayTouch(c.Context(), c.admin, u.ID)
	}
	return u, err
}

// filter is the user whom a list is asked for; empty for all.
func (s *Service) filter(c call) (authn.UserID, error) {
	login := c.URL.Query().Get("user_name")
	if login == "" {
		return "", nil
	}
	u, err := s.user(c.Context(), login)
	return u.ID, err
}

// who takes the kind off an actor: administrators are listed by name.
func who(actor string) string { return strings.TrimPrefix(actor, "admin:") }
