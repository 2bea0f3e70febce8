package deskpage

import (
	"context"
	"net/http"
	"strings"

	"avow/assets/web"
	"avow/internal/authn"
	"avow/internal/server/api"
	"avow/internal/server/debuglog"
	"avow/internal/server/portal/page"
	"avow/internal/server/portal/signin"
)

// Logs is the debug logs that users have sent; *debuglog.Service has it.
type Logs interface {
	List(ctx context.Context, user authn.UserID) ([]debuglog.Sent, error)
	Open(ctx context.Context, id authn.DebugLogID, actor, ip string) (debuglog.Sent, error)
}

// logs lists the debug logs that are there, or those of one user.
func (s *Service) logs(v signin.Visitor) error {
	list, err := s.sent.List(v.Context(), authn.UserID(v.R.URL.Query().Get("user")))
	if err != nil {
		return err
	}
	return s.Render(v.Request, http.StatusOK, web.DebugLogs, s.signin.FrameOf(v, v.T("servicedesk.log.title"), "", web.DebugLogsPage{Rows: logRows(list)}))
}

// log shows one. That somebody has read it stands in the audit log.
func (s *Service) log(v signin.Visitor) error {
	l, err := s.sent.Open(v.Context(), authn.DebugLogID(v.R.PathValue("id")), v.Actor(), api.ClientIP(v.Context()))
	if err != nil {
		return err
	}
	c := web.DebugLogPage{Row: logRow(l), Lines: strings.Count(l.Text, "\n"), Text: l.Text}
	return s.Render(v.Request, http.StatusOK, web.DebugLog, s.signin.FrameOf(v, v.T("servicedesk.log.title"), "", c))
}

func logRows(list []debuglog.Sent) (rows []web.DebugLogRow) {
	for _, l := range list {
		rows = append(rows, logRow(l))
	}
	return rows
}

func logRow(l debuglog.Sent) web.DebugLogRow {
	return web.DebugLogRow{
		ID: string(l.ID), Person: personOf(l.Owner), Device: authn.CleanText(l.Sender.Info.Name, 64), App: authn.CleanText(l.Sender.Info.App, 64),
		OS: authn.CleanText(l.Sender.Info.OS, 64), At: page.Local(l.At), Until: page.Local(l.Until()), KB: (l.Size + 1023) / 1024, Note: l.Note,
	}
}
