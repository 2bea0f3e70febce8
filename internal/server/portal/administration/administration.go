// Package administration is the pages below /admin, on which administrators look after people, phones and the server's settings and auditors look at them. It makes no
// decision: packages people, registration, device, approval, outbox and site do, and package authn says who may what. The words and looks are those of assets/web.
//
// Every route asks for the permission first. Whoever may read the log may open the administration; the service desk has pages of its own. A GET changes nothing, with one
// exception: that the log was exported stands in the log.
package administration

import (
	"context"
	"net/http"

	"avow/assets/web"
	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/approval"
	"avow/internal/server/device"
	"avow/internal/server/notify/outbox"
	"avow/internal/server/notify/template"
	"avow/internal/server/people"
	"avow/internal/server/portal/page"
	"avow/internal/server/portal/signin"
	"avow/internal/server/registration"
)

// Messages is the outbox and its templates; *outbox.Service has it.
type Messages interface {
	SendAgain(ctx context.Context, id authn.MessageID, by outbox.By) error
	Test(ctx context.Context, ch authn.Channel, to, language string, by outbox.By) (authn.Message, error)
	Preview(authn.Template) (template.Rendered, template.Parts, error)
	Template(ctx context.Context, ch authn.Channel, language string) (t authn.Template, own bool, err error)
	SaveTemplate(ctx context.Context, t authn.Template, by outbox.By) error
	ResetTemplate(ctx context.Context, ch authn.Channel, language string, by outbox.By) error
}

// Restores is who may restore; *restore.Service has it.
type Restores interface {
	signin.Restores
	Allow(ctx context.Context, user authn.UserID, actor, reason string) error
	Unblock(ctx context.Context, user authn.UserID, actor, reason string) error
}

// Config is what the pages are built on.
type Config struct {
	Pages        *page.Set
	SignIn       *signin.Service
	People       *people.Service
	Registration *registration.Service
	Device       *device.Service
	Restores     Restores
	Approval     *approval.Service
	Messages     Messages
	Directory    func(context.Context) (web.Directory, error) // where users are read from; nil: nowhere
}

// Service is the pages. It is safe for concurrent use.
type Service struct {
	*page.Set
	Config
}

// New makes the service.
func New(c Config) *Service {
	if c.Directory == nil {
		c.Directory = func(context.Context) (web.Directory, error) { return web.Directory{}, nil }
	}
	return &Service{Set: c.Pages, Config: c}
}

// route is a page and what its visitor must be allowed to do.
type route struct {
	needs authn.Permission
	open  func(signin.Visitor) error
}

func (s *Service) routes() map[string]route {
	return map[string]route{
		"GET /admin": {authn.MaySee, s.overview},

		"GET /admin/users":               {authn.MaySee, s.users},
		"GET /admin/users/new":           {authn.MayManage, s.newUser},
		"POST /admin/users":              {authn.MayManage, s.addUser},
		"GET /admin/users/{id}":          {authn.MaySee, s.user},
		"GET /admin/users/{id}/edit":     {authn.MayManage, s.editUser},
		"POST /admin/users/{id}/edit":    {authn.MayManage, s.saveUser},
		"GET /admin/users/{id}/block":    {authn.MayManage, s.askStatus(authn.UserDisabled)},
		"POST /admin/users/{id}/block":   {authn.MayManage, s.setStatus(authn.UserDisabled)},
		"GET /admin/users/{id}/unblock":  {authn.MayManage, s.askStatus(authn.UserActive)},
		"POST /admin/users/{id}/unblock": {authn.MayManage, s.setStatus(authn.UserActive)},
		"POST /admin/users/{id}/role":    {authn.MayAppoint, s.setRole},

		"GET /admin/users/{id}/restore/{act}":  {authn.MayManage, s.askRestore},
		"POST /admin/users/{id}/restore/{act}": {authn.MayManage, s.setRestore},

		"GET /admin/registrations":              {authn.MaySee, s.registrations},
		"GET /admin/registrations/new":          {authn.MayManage, s.newRegistration},
		"POST /admin/registrations":             {authn.MayManage, s.register},
		"GET /admin/registrations/{id}/remove":  {authn.MayManage, s.askRegistration},
		"POST /admin/registrations/{id}/remove": {authn.MayManage, s.dropRegistration},
		"POST /admin/registrations/{id}/send":   {authn.MayManage, s.sendRegistration},

		"GET /admin/requests":            {authn.MaySee, s.requests},
		"GET /admin/requests/{id}/stop":  {authn.MayManage, s.askRequest},
		"POST /admin/requests/{id}/stop": {authn.MayManage, s.stopRequest},

		"GET /admin/devices":              {authn.MaySee, s.devices},
		"GET /admin/devices/{id}/remove":  {authn.MayManage, s.askDevice(web.RemoveDevice)},
		"POST /admin/devices/{id}/remove": {authn.MayManage, s.dropDevice(web.RemoveDevice)},
		"GET /admin/devices/{id}/wipe":    {authn.MayManage, s.askDevice(web.WipeDevice)},
		"POST /admin/devices/{id}/wipe":   {authn.MayManage, s.dropDevice(web.WipeDevice)},

		"GET /admin/policies":  {authn.MaySee, s.policies},
		"POST /admin/policies": {authn.MayConfigure, s.setPolicies},

		"GET /admin/messages":                          {authn.MaySee, s.messages},
		"POST /admin/messages/outbox/{id}/send":        {authn.MayManage, s.sendMessage},
		"GET /admin/messages/{channel}/{tag}":          {authn.MaySee, s.template},
		"POST /admin/messages/{channel}/{tag}":         {authn.MayManage, s.saveTemplate},
		"GET /admin/messages/{channel}/{tag}/preview":  {authn.MaySee, s.preview},
		"POST /admin/messages/{channel}/{tag}/preview": {authn.MaySee, s.preview},
		"POST /admin/messages/{channel}/{tag}/test":    {authn.MayManage, s.testTemplate},
		"GET /admin/messages/{channel}/{tag}/reset":    {authn.MayManage, s.askReset},
		"POST /admin/messages/{channel}/{tag}/reset":   {authn.MayManage, s.resetTemplate},

		"GET /admin/log":      {authn.MayAudit, s.log},
		"GET /admin/log.csv":  {authn.MayAudit, s.export(asCSV)},
		"GET /admin/log.json": {authn.MayAudit, s.export(asJSON)},
	}
}

// Routes registers the pages.
func (s *Service) Routes(mux *http.ServeMux) {
	for pattern, r := range s.routes() {
		mux.Handle(pattern, s.Handle(s.SignIn.Signed(func(v signin.Visitor) error {
			for _, p := range []authn.Permission{authn.MayAudit, r.needs} {
				if err := v.May(p); err != nil {
					return err
				}
			}
			return r.open(v)
		})))
	}
}

// show answers with a page. path is an address that can be asked for again, "" for that of the request.
func (s *Service) show(v signin.Visitor, status int, name web.Name, section web.Section, path, title string, content any) error {
	f := s.SignIn.FrameOf(v, title, section, content)
	if path != "" {
		f.Path = path
	}
	return s.Render(v.Request, status, name, f)
}

// maxReason is the longest reason; the rest is cut off, as on the command line.
const maxReason = 256

// reason is why a visitor does something. people.ErrReason when she does not say it.
func reason(v signin.Visitor) (string, error) {
	text := authn.CleanText(v.R.PostFormValue("reason"), maxReason)
	if text == "" {
		return "", people.ErrReason
	}
	return text, nil
}

func by(v signin.Visitor, reason string) people.By {
	return people.By{Actor: v.Actor(), Reason: reason, IP: api.ClientIP(v.Context()), User: v.User.ID}
}

func outboxBy(v signin.Visitor, reason string) outbox.By {
	return outbox.By{Actor: v.Actor(), Reason: reason, IP: api.ClientIP(v.Context())}
}
