// Package debuglog takes the debug logs that users send to the service desk, shows them to it, and forgets them after 14 days (docs/protocol.md, section "Debug logs"). Routes:
// POST /v1/device/log, GET /v1/admin/debug-logs, GET /v1/admin/debug-logs/{id}. What a log says is text from outside: it is cleaned line by line, shown as text only, and
// believed by nobody. That one came, and that somebody has read it, stands in the audit log.
package debuglog

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/people"
	"avow/internal/server/proof"
	"avow/internal/server/site"
	"avow/internal/server/tries"
	"avow/internal/store"
	"avow/internal/wire"
)

const (
	maxLine      = 4000 // characters; the rest of a line is cut off
	maxListed    = 200
	forgetAtOnce = 100
)

// Service is the flow of debug logs. It is safe for concurrent use.
type Service struct {
	site  *site.Site
	proof *proof.Checker
	limit *tries.Window // of one device
}

// New makes the service.
func New(s *site.Site, c *proof.Checker) *Service {
	return &Service{site: s, proof: c, limit: tries.NewWindow(authn.DebugLogsADay, 24*time.Hour)}
}

// Routes registers the routes.
func (s *Service) Routes(mux *http.ServeMux) {
	mux.Handle("POST "+wire.DebugLogPath, api.Handle(s.site.Log, s.take))
	mux.Handle("GET /v1/admin/debug-logs", s.admin(s.list))
	mux.Handle("GET /v1/admin/debug-logs/{id}", s.admin(s.one))
}

var (
	errTooLong = authn.Fail(authn.Invalid, "log_too_long", "This log is too long. Update the app and try again.")
	errEmpty   = authn.Fail(authn.Invalid, "log_blank", "There is nothing in this log.")
)

func (s *Service) take(w http.ResponseWriter, r *http.Request) error {
	d, body, err := s.proof.DeviceLarge(w, r)
	if err != nil {
		return err
	}
	var c wire.SendDebugLog
	if err := api.DecodeLarge(body, &c); err != nil {
		return err
	}
	if len(c.Log) > authn.MaxDebugLog {
		return errTooLong
	}
	now := s.site.Now()
	l := authn.DebugLog{
		ID: authn.NewDebugLogID(), Device: d.ID, User: d.User, At: now, Note: authn.CleanText(c.Note, authn.MaxDebugNote), Text: cleanLines(c.Log),
	}
	if l.Text == "" {
		return errEmpty
	}
	if _, err := s.limit.Take(string(d.ID), now); err != nil {
		return err
	}
	err = s.site.Store.Update(r.Context(), func(tx store.Tx) error {
		had, err := tx.DebugLogsOf(d.ID, 10*authn.MaxDebugLogs)
		if err != nil {
			return err
		}
		for i := authn.MaxDebugLogs - 1; i < len(had); i++ { // the oldest make room
			if err := tx.DeleteDebugLog(had[i].ID); err != nil {
				return err
			}
		}
		if err := tx.CreateDebugLog(l); err != nil {
			return err
		}
		return tx.AppendAudit(authn.AuditRecord{
			At: now, Actor: "device:" + string(d.ID), Action: "device.debug_log", Subject: string(d.ID), IP: api.ClientIP(r.Context()),
			Facts: map[string]string{"user": string(d.User), "log": string(l.ID), "bytes": strconv.Itoa(len(l.Text))},
		})
	})
	if err != nil {
		return err
	}
	return api.Write(w, http.StatusOK, wire.SentDebugLog{ID: l.ID, Until: now.Add(authn.DebugLogKept).Unix()})
}

// cleanLines cleans each line and leaves empty ones out.
func cleanLines(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if line = authn.CleanText(line, maxLine); line != "" {
			b.WriteString(line + "\n")
		}
	}
	return b.String()
}

// Sent is a log with who sent it.
type Sent struct {
	authn.DebugLog
	Owner  authn.User
	Sender authn.Device
}

// Until is when it is forgotten.
func (s Sent) Until() time.Time { return s.At.Add(authn.DebugLogKept) }

// List returns the newest logs of a user, of all for "", without their text.
func (s *Service) List(ctx context.Context, user authn.UserID) (list []Sent, err error) {
	err = s.site.Store.View(ctx, func(r store.Reader) error {
		list = nil
		logs, err := r.DebugLogs(user, maxListed)
		for _, l := range logs {
			if err != nil {
				break
			}
			if s.over(l) {
				continue
			}
			var one Sent
			one, err = owned(r, l)
			list = append(list, one)
		}
		return err
	})
	return list, err
}

// over reports whether a log is forgotten, or would be if somebody had looked.
func (s *Service) over(l authn.DebugLog) bool { return s.site.Now().Sub(l.At) > authn.DebugLogKept }

func owned(r store.Reader, l authn.DebugLog) (out Sent, err error) {
	out.DebugLog = l
	if out.Owner, err = r.User(l.User); err != nil {
		return out, err
	}
	out.Sender, err = r.Device(l.Device)
	return out, err
}

// Open returns a log with its text. Who reads it stands in the audit log, with from where. authn.ErrDebugLogUnknown when there is none, or no more.
func (s *Service) Open(ctx context.Context, id authn.DebugLogID, actor, ip string) (out Sent, err error) {
	err = s.site.Store.Update(ctx, func(tx store.Tx) error {
		l, err := tx.DebugLog(id)
		if errors.Is(err, store.ErrNotFound) || err == nil && s.over(l) {
			return authn.ErrDebugLogUnknown
		}
		if err != nil {
			return err
		}
		if out, err = owned(tx, l); err != nil {
			return err
		}
		return tx.AppendAudit(authn.AuditRecord{
			At: s.site.Now(), Actor: actor, Action: "device.debug_log_read", Subject: string(l.Device), IP: ip,
			Facts: map[string]string{"user": string(l.User), "log": string(l.ID)},
		})
	})
	return out, err
}

// Forget forgets what is older than 14 days.
func (s *Service) Forget(ctx context.Context) error {
	before := s.site.Now().Add(-authn.DebugLogKept)
	for {
		var n int
		err := s.site.Store.Update(ctx, func(tx store.Tx) (err error) {
			n, err = tx.DeleteDebugLogs(before, forgetAtOnce)
			return err
		})
		if err != nil || n < forgetAtOnce {
			return err
		}
	}
}

var errNotAdmin = authn.Fail(authn.Unauthorized, "not_an_administrator", "The server does not know this administrator's key. Use the credential that belongs to this server.")

// admin lets those in who help callers: the service desk and administrators.
func (s *Service) admin(h func(*http.Request, authn.Admin) (any, error)) http.Handler {
	return api.Handle(s.site.Log, func(w http.ResponseWriter, r *http.Request) error {
		a, _, err := s.proof.Admin(w, r)
		if errors.Is(err, proof.ErrProof) {
			return errNotAdmin.Because(err)
		}
		if err != nil {
			return err
		}
		if err := a.May(authn.MayHelp); err != nil {
			return err
		}
		answer, err := h(r, a)
		if err != nil {
			return err
		}
		w.Header().Set("Cache-Control", "no-store")
		return api.Write(w, http.StatusOK, answer)
	})
}

func (s *Service) list(r *http.Request, _ authn.Admin) (any, error) {
	var user authn.UserID
	if login := r.URL.Query().Get("user_name"); login != "" {
		err := s.site.Store.View(r.Context(), func(rd store.Reader) error {
			u, err := rd.UserByLogin(login)
			user = u.ID
			return err
		})
		if errors.Is(err, store.ErrNotFound) {
			return nil, people.ErrUnknown
		}
		if err != nil {
			return nil, err
		}
	}
	list, err := s.List(r.Context(), user)
	out := wire.DebugLogList{Logs: []wire.DebugLogEntry{}}
	for _, l := range list {
		out.Logs = append(out.Logs, entry(l))
	}
	return out, err
}

func entry(l Sent) wire.DebugLogEntry {
	return wire.DebugLogEntry{
		ID: l.ID, UserName: l.Owner.Login, Device: l.Device, Name: l.Sender.Info.Name, At: l.At, Until: l.Until(), Bytes: l.Size, Note: l.Note, Log: l.Text,
	}
}

func (s *Service) one(r *http.Request, a authn.Admin) (any, error) {
	l, err := s.Open(r.Context(), authn.DebugLogID(r.PathValue("id")), "admin:"+a.Name, api.ClientIP(r.Context()))
	return entry(l), err
}
