package administration

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"avow/assets/web"
	"avow/internal/authn"
	"avow/internal/server/portal/page"
	"avow/internal/server/portal/signin"
	"avow/internal/store"
)

const (
	maxOpen   = 500  // questions that are open at the same time, on one page
	maxRecent = 1000 // how far back "lately" goes
)

// openRequests are those that wait for an answer now. Each ends within authn.MaxRequestLifetime, so those that will be late then are all.
func openRequests(r store.Reader, now time.Time) (open []authn.ApprovalRequest, err error) {
	all, err := r.LateApprovalRequests(now.Add(authn.MaxRequestLifetime), maxOpen)
	for _, q := range all {
		if q.StateAt(now) == authn.RequestOpen {
			open = append(open, q)
		}
	}
	return open, err
}

func (s *Service) requests(v signin.Visitor) error {
	c := web.RequestsPage{Query: query(v)}
	err := s.Site.Store.View(v.Context(), func(r store.Reader) error {
		l := newLooked(r, s.Site.Now())
		open, err := openRequests(r, l.now)
		if err != nil {
			return err
		}
		if c.Open, err = l.rows(open, ""); err != nil {
			return err
		}
		recent, err := r.RecentApprovalRequests(maxRecent)
		if err != nil {
			return err
		}
		all, err := l.rows(recent, c.Query)
		if err != nil {
			return err
		}
		done := all[:0]
		for _, row := range all {
			if row.State != web.RequestOpen {
				done = append(done, row)
			}
		}
		from := min(offset(v), len(done))
		c.Recent = done[from:min(from+perPage, len(done))]
		c.Paging = paging(v, len(c.Recent), len(done))
		return nil
	})
	if err != nil {
		return err
	}
	return s.show(v, http.StatusOK, web.Requests, web.RequestsSection, "", v.T("administration.rail.requests"), c)
}

// looked keeps what was read for one page: many requests are of the same people and computers.
type looked struct {
	r       store.Reader
	now     time.Time
	users   map[authn.UserID]authn.User
	clients map[authn.ClientID]authn.Client
	devices map[authn.DeviceID]string
}

func newLooked(r store.Reader, now time.Time) *looked {
	return &looked{r, now, map[authn.UserID]authn.User{}, map[authn.ClientID]authn.Client{}, map[authn.DeviceID]string{}}
}

// rows are the requests that fit a text: of the user's login or name, or the computer's or application's name.
func (l *looked) rows(all []authn.ApprovalRequest, text string) (rows []web.RequestRow, err error) {
	text = store.LoginKey(text)
	for _, q := range all {
		row, err := l.row(q)
		if err != nil {
			return nil, err
		}
		if strings.Contains(store.LoginKey(row.Person.Login+"\n"+row.Person.Name+"\n"+row.What), text) {
			rows = append(rows, row)
		}
	}
	return rows, nil
}

func (l *looked) row(q authn.ApprovalRequest) (row web.RequestRow, err error) {
	u, ok := l.users[q.User]
	if !ok {
		if u, err = l.r.User(q.User); err != nil {
			return row, err
		}
		l.users[q.User] = u
	}
	c, ok := l.clients[q.Client]
	if !ok {
		if c, err = l.r.Client(q.Client); err != nil {
			return row, err
		}
		l.clients[q.Client] = c
	}
	row = web.RequestRow{
		ID: string(q.ID), Person: person(u), What: authn.CleanText(c.Name, 64), Kind: "web", At: page.Local(q.OpenedAt), State: web.RequestState(q.StateAt(l.now)),
		Left: q.Expires.Sub(l.now), Of: q.Expires.Sub(q.OpenedAt),
	}
	if c.Kind == authn.ClientComputer {
		row.Kind = "computer"
	}
	row.Place = authn.CleanText(strings.Trim(q.Origin.Place+", "+q.Origin.IP, ", "), 128)
	row.MayStop = row.State == web.RequestOpen
	if q.DecidedBy == "" {
		return row, nil
	}
	name, ok := l.devices[q.DecidedBy]
	if !ok {
		d, err := l.r.Device(q.DecidedBy)
		if err != nil {
			return row, err
		}
		name = d.Info.Clean().Name
		l.devices[q.DecidedBy] = name
	}
	row.Device = name
	return row, nil
}

// requestQuestion asks whether the request in the address shall be stopped.
func (s *Service) requestQuestion(v signin.Visitor) (c web.Confirm, err error) {
	err = s.Site.Store.View(v.Context(), func(r store.Reader) error {
		q, err := r.ApprovalRequest(authn.RequestID(v.R.PathValue("id")))
		if err != nil {
			return err
		}
		u, err := r.User(q.User)
		c = web.Confirm{Kind: web.StopRequest, Person: person(u).Name, Post: "/admin/requests/" + string(q.ID) + "/stop", Back: "/admin/requests"}
		return err
	})
	return c, err
}

func (s *Service) askRequest(v signin.Visitor) error {
	c, err := s.requestQuestion(v)
	if err != nil {
		return err
	}
	return s.ask(v, web.RequestsSection, c, nil)
}

func (s *Service) stopRequest(v signin.Visitor) error {
	c, err := s.requestQuestion(v)
	if err != nil {
		return err
	}
	why, err := reason(v)
	if err == nil {
		err = s.Approval.Stop(v.Context(), authn.RequestID(v.R.PathValue("id")), v.Actor(), why)
	}
	if errors.Is(err, authn.ErrDecided) || errors.Is(err, authn.ErrRequestUnknown) {
		return s.stopped(v, authn.ErrDecided, "/admin/requests")
	}
	if err != nil {
		return s.ask(v, web.RequestsSection, c, err)
	}
	return v.Done("/admin/requests", web.RequestStopped, "")
}
