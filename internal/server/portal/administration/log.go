package administration

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"avow/assets/web"
	"avow/internal/authn"
	"avow/internal/server/portal/page"
	"avow/internal/server/portal/signin"
	"avow/internal/store"
)

// actions are what the log can tell of, for the choice. One that ends with a dot stands for all that begin so.
var actions = []string{
	"admin.add", "admin.start", "admin.start_link", "audit.export", "caller.", "caller.check", "caller.failed", "caller.passed", "client.add",
	"computer.", "computer.add", "computer.code", "computer.enroll", "computer.remove", "computer.replace", "computer.stolen",
	"device.", "device.confirm", "device.debug_log", "device.debug_log_read", "device.duplicate", "device.erased", "device.refuse", "device.register", "device.revoke", "device.wipe", "device.wipe_confirmed", "device.wipe_delivered",
	"directory.sync", "duplicate.", "duplicate.claim", "duplicate.claim_refused", "duplicate.offer", "duplicate.refuse", "outbox.", "outbox.send_again", "outbox.test", "outbox.unclear",
	"pages.sign_in", "pages.sign_out", "policy.set",
	"request.", "request.approve", "request.cancel", "request.deny", "request.expire", "request.not_me", "request.open", "request.redeem", "request.too_many", "request.unmute", "request.wrong_number",
	"escrow.", "escrow.code", "escrow.off", "escrow.proven",
	"restore.", "restore.allow", "restore.block", "restore.code_wrong", "restore.desk_code", "restore.end", "restore.finish", "restore.hold", "restore.prove",
	"restore.refused", "restore.resend",
	"session.", "session.add", "session.claim", "session.claim_refused", "session.notify", "session.proof_failed", "session.revoke",
	"template.reset", "template.save",
	"user.", "user.add", "user.disable", "user.edit", "user.enable", "user.role",
}

// filter is what of the log is asked for, as it stands in the address.
type filter struct {
	store.AuditQuery
	from, to string // days
	wrong    web.Wrong
}

const dayForm = "2006-01-02"

func filterOf(v signin.Visitor) filter {
	q := v.R.URL.Query()
	f := filter{
		AuditQuery: store.AuditQuery{Text: query(v), Actor: authn.CleanText(q.Get("actor"), 128), Action: authn.CleanText(q.Get("action"), 64)},
		from:       authn.CleanText(q.Get("from"), 10), to: authn.CleanText(q.Get("to"), 10), wrong: web.Wrong{},
	}
	day := func(name, text string) time.Time {
		if text == "" {
			return time.Time{}
		}
		t, err := time.ParseInLocation(dayForm, text, time.Local)
		if err != nil || t.Year() < 1700 || t.Year() > 2200 { // further than the database's times reach
			f.wrong[name] = v.T("administration.wrong.day")
			return time.Time{}
		}
		return t
	}
	f.From, f.To = day("from", f.from), day("to", f.to)
	if !f.To.IsZero() {
		f.To = f.To.AddDate(0, 0, 1) // the day itself, too
	}
	f.Before, _ = strconv.ParseInt(q.Get("before"), 10, 64) // what is no number begins at the newest
	return f
}

func (f filter) query() string {
	q := url.Values{}
	for name, value := range map[string]string{"q": f.Text, "actor": f.Actor, "action": f.Action, "from": f.from, "to": f.to} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if len(q) == 0 {
		return ""
	}
	return "?" + q.Encode()
}

func (s *Service) log(v signin.Visitor) error {
	f := filterOf(v)
	c := web.LogPage{Query: f.Text, Actor: f.Actor, Action: f.Action, From: f.from, To: f.to, Actions: slices.Clone(actions), Wrong: f.wrong}
	if f.Action != "" && !slices.Contains(c.Actions, f.Action) {
		c.Actions = append(c.Actions, f.Action)
	}
	c.CSV, c.JSON = "/admin/log.csv"+f.query(), "/admin/log.json"+f.query()
	f.Limit = perPage
	err := s.Site.Store.View(v.Context(), func(r store.Reader) error {
		entries, next, err := r.FindAudit(f.AuditQuery)
		for _, e := range entries {
			c.Rows = append(c.Rows, logRow(e))
		}
		if next > 0 {
			c.Paging.Later = at(v, "before", strconv.FormatInt(next, 10))
		}
		return err
	})
	if err != nil {
		return err
	}
	if f.Before > 0 { // the log grows at its beginning: back leads there
		c.Paging.Earlier = "/admin/log" + f.query()
	}
	return s.show(v, http.StatusOK, web.Log, web.LogSection, "", v.T("administration.rail.audit"), c)
}

// logRow is an entry as the page shows it: without signs that turn text around.
func logRow(e store.AuditEntry) web.LogRow {
	const long = 1000
	row := web.LogRow{
		Number: e.Number, At: page.Local(e.At), Actor: authn.CleanText(e.Actor, long), Action: e.Action, Subject: authn.CleanText(e.Subject, long),
		IP: e.IP, Reason: authn.CleanText(e.Reason, long),
	}
	for _, name := range slices.Sorted(maps.Keys(e.Facts)) {
		row.Facts = append(row.Facts, web.Fact{Name: name, Value: authn.CleanText(e.Facts[name], long)})
	}
	return row
}
