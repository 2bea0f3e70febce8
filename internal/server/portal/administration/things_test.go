package administration_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"avow/internal/authn"
	"avow/internal/server/live"
	"avow/internal/server/portal/administration"
	"avow/internal/server/servertest"
	"avow/internal/store"
)

type phone = servertest.Phone

func TestStopRequest(t *testing.T) {
	o := newOffice(t)
	b := o.signIn("adam", authn.RoleAdmin)
	p := o.Phone2("anna.lind")
	rp, _ := o.Computer("laptop-42", authn.MatchTap)
	id := o.ask(rp, "anna.lind")
	b.get("/admin").want(t, http.StatusOK, "Open request")
	b.get("/admin/requests").want(t, http.StatusOK, "Computer laptop-42", "/admin/requests/"+string(id)+"/stop")
	path := "/admin/requests/" + string(id) + "/stop"
	b.get(path).want(t, http.StatusOK, "Stop the question to Name of anna.lind?")
	b.send(path).want(t, http.StatusUnprocessableEntity, "Say why.")
	woken := o.Site.Live.Wait(live.User(string(p.User)))
	defer woken.Close()
	b.send(path, "reason", "not hers").want(t, http.StatusOK, "The question was stopped.", "Stopped")
	select {
	case <-woken.C():
	default:
		t.Error("the phone was not woken")
	}
	list, err := p.Requests(context.Background())
	o.must(err)
	if len(list.Requests) != 0 {
		t.Error("the phone still asks")
	}
	if a := o.last("request.cancel"); a.Actor != "admin:adam" || a.Reason != "not hers" || a.Subject != string(id) {
		t.Errorf("the log says %+v", a)
	}
	b.send(path, "reason", "again").want(t, http.StatusConflict, "This question was answered")
	b.get("/admin/requests?q=LAPTOP-42").want(t, http.StatusOK, "1 to 1 of 1")
	b.get("/admin/requests?q=nothing").want(t, http.StatusOK, "Nobody was asked lately.")
}

func TestRemoveDevice(t *testing.T) {
	o := newOffice(t)
	b := o.signIn("adam", authn.RoleAdmin)
	p := o.Phone2("anna.lind")
	b.get("/admin/devices?q=anna").want(t, http.StatusOK, "Test phone", "1 to 1 of 1", "Keys in a file")
	path := "/admin/devices/" + string(p.ID) + "/remove"
	b.get(path).want(t, http.StatusOK, "Remove Test phone of Name of anna.lind?")
	b.send(path).want(t, http.StatusUnprocessableEntity, "Say why.")
	b.send(path, "reason", "lost").want(t, http.StatusOK, "Test phone was removed", "Name of anna.lind")
	if a := o.last("device.revoke"); a.Actor != "admin:adam" || a.Reason != "lost" || a.Subject != string(p.ID) {
		t.Errorf("the log says %+v", a)
	}
	b.get("/admin/devices/d_nothing/remove").want(t, http.StatusNotFound)
}

// TestWipe: an administrator wipes the work account of a device, says why, and is told no more of it than is known.
func TestWipe(t *testing.T) {
	o := newOffice(t)
	in, phone := o.Colleague("adam", authn.RoleAdmin)
	b := &browser{Browser: in, t: t}
	o.User("anna.lind")
	p := o.Phone("anna.lind")
	path, user := "/admin/devices/"+string(p.ID)+"/wipe", "/admin/users/"+string(p.User)
	b.get(user).want(t, http.StatusOK, path)
	b.get(path).want(t, http.StatusOK, "Wipe Test phone of Name of anna.lind?", "What else is in the app stays.")
	b.send(path).want(t, http.StatusUnprocessableEntity, "Say why.")
	b.send(path, "reason", "lost", "scope", "everything").want(t, http.StatusOK, "Test phone is removed and will be wiped", "Wipe asked for, not fetched yet")
	var d authn.Device
	o.view(func(r store.Reader) (err error) { d, err = r.Device(p.ID); return err })
	if d.State != authn.DeviceRevoked || d.Wipe.State != authn.WipeRequested || d.Wipe.Scope != authn.WipeAccount || d.Wipe.RequestedBy != "admin:adam" {
		t.Errorf("got %s, %+v", d.State, d.Wipe)
	}
	if got := b.get(user); got.Has(path) {
		t.Error("it can be asked for again")
	}
	o.Advance(authn.NeverSeenAfter + time.Hour)
	b = o.enter("adam", phone)
	b.get(user).want(t, http.StatusOK, "Not seen since the wipe was asked for")
	b.get("/admin/devices").want(t, http.StatusOK, "Not seen since the wipe was asked for")
}

func TestPolicies(t *testing.T) {
	o := newOffice(t)
	b := o.signIn("adam", authn.RoleAdmin)
	b.get("/admin/policies").want(t, http.StatusOK, "Nobody has changed them yet.", `value="each_approval" checked`, `value="auto" checked`)
	before := o.Site.Policy()
	good := []string{
		"match", "qr", "verification", "each_approval", "session_hours", "12", "grant_days", "3", "grant_uses", "9", "proof", "auto",
		"restore", "limited", "old_device", "removed", "restore_delivery", "desk", "restore_hold", "0", "probation_hours", "0", "colleagues_needed", "3", "colleagues_hold", "48",
		"lock_seconds", "60", "wrong_pins", "restore",
		"group_name", "Board", "group_policy", "forbidden", "reason", "safer",
	}
	with := func(pairs ...string) []string { return append(slices.Clone(good), pairs...) }
	for sentence, form := range map[string][]string{
		"Say why.":                       with("reason", " "),
		"Write a number of hours from 1": with("session_hours", "73"),
		"This number of days":            with("grant_days", "x"),
		"This number is not possible":    with("grant_uses", "0"),
		"Choose what it asks for":        with("proof", ""),
		"Choose one of these.":           with("match", "shout"),
		"hours from 0 to 72":             with("restore_hold", "73"),
		"hours from 1 to 72":             with("colleagues_hold", "0"),
		"Write a number from 1 to 5":     with("colleagues_needed", "x"),
		"Each group once":                with("group_name", " "),
	} {
		b.send("/admin/policies", form...).want(t, http.StatusUnprocessableEntity, sentence, `role="alert"`)
	}
	for _, name := range []string{"restore", "old_device", "restore_delivery", "group_policy", "lock_seconds", "wrong_pins"} {
		b.send("/admin/policies", with(name, "perhaps")...).want(t, http.StatusUnprocessableEntity, "Choose one of these.")
	}
	b.send("/admin/policies", with("verification", "always")...).want(t, http.StatusUnprocessableEntity, "Choose one of these.")
	b.send("/admin/policies", with("backup_enrolls", "yes")...).want(t, http.StatusOK, "Saved.", `name="backup_enrolls" value="yes" checked`)
	if !o.Site.Policy().BackupEnrolls {
		t.Error("two backup codes connect no phone")
	}
	b.send("/admin/policies", good...).want(t, http.StatusOK, "Saved.", "Last changed by adam", `value="qr" checked`) // and takes that back
	want, got := before, o.Site.Policy()
	want.Match, want.UserVerification, want.SessionHours, want.GrantDays, want.GrantUses, want.SecondProof = authn.MatchQR, authn.UVEachApproval, 12, 3, 9, ""
	want.Restore, want.OldDevice, want.RestoreDelivery, want.ColleaguesNeeded, want.ColleaguesHold = authn.RestoreLimited, authn.OldDeviceRemoved, authn.RestoreByDesk, 3, 48
	want.LockSeconds, want.WrongPINs = 60, authn.WrongPINRestore
	want.ProbationHours, want.GroupRestore = 0, map[string]authn.RestorePolicy{"Board": authn.RestoreForbidden}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if a := o.last("policy.set"); a.Actor != "admin:adam" || a.Reason != "safer" {
		t.Errorf("the log says %+v", a)
	}
	p := b.send("/admin/policies", with("match", "tap")...).want(t, http.StatusOK, "Allow a Yes without a number?", "safer")
	if o.Site.Policy().Match != authn.MatchQR {
		t.Fatal("tap was allowed without the question")
	}
	form := p.Form("/admin/policies")
	form.Set("reason", "they ask for it")
	b.post("/admin/policies", form).want(t, http.StatusOK, "Saved.", `value="tap" checked`)
	if got := o.Site.Policy(); got.Match != authn.MatchTap || got.SessionHours != 12 {
		t.Errorf("got %+v", got)
	}
	b.send("/admin/policies", with("match", "tap", "session_hours", "24")...).want(t, http.StatusOK, "Saved.")
}

func TestTemplates(t *testing.T) {
	o := newOffice(t)
	b, auditor := o.signIn("adam", authn.RoleAdmin), o.signIn("audrey", authn.RoleAuditor)
	b.get("/admin/messages").want(t, http.StatusOK, "/admin/messages/mail/de", "/admin/messages/text/en", "As it comes with the server")
	b.get("/admin/messages/mail/tlh").want(t, http.StatusNotFound)
	b.get("/admin/messages/pigeon/de").want(t, http.StatusNotFound)
	p := b.get("/admin/messages/mail/en").want(t, http.StatusOK, "{{.EnrollQRCode}}", "The test goes to adam@example.com")
	if !strings.Contains(p.Head.Get("Content-Security-Policy"), "frame-src 'self'") || p.Head.Get("X-Frame-Options") != "DENY" {
		t.Errorf("the editor has %v", p.Head)
	}
	for _, who := range []*browser{b, auditor} {
		p = who.get("/admin/messages/mail/en/preview").want(t, http.StatusOK, "Anna Lind", "data:image/png;base64,")
		csp := p.Head.Get("Content-Security-Policy")
		if p.Has("cid:") || !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'self'") || !strings.Contains(csp, "sandbox") || p.Head.Get("X-Frame-Options") != "SAMEORIGIN" {
			t.Errorf("the preview has %q", csp)
		}
	}
	b.send("/admin/messages/mail/en/preview", "subject", "x", "body", "<script>alert(1)</script>").want(t, http.StatusOK, "Programs and forms do not belong into a mail")
	p = b.send("/admin/messages/text/en/preview", "body", "Hello {{.Name}}: {{.EnrollUrl}} \U0001f600").want(t, http.StatusOK, "Hello Anna Lind", "2 messages", "not in the phones")
	if csp := p.Head.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'self'") || strings.Contains(csp, "unsafe-inline") {
		t.Errorf("the preview has %q", csp)
	}
	b.send("/admin/messages/mail/en", "subject", " ", "body", "<p>{{.EnrollUrl}}</p>").want(t, http.StatusUnprocessableEntity, "The mail has no subject.", `id="subject-wrong"`)
	b.send("/admin/messages/mail/en", "subject", "Hello", "body", "<p>{{.Nobody}}</p>").want(t, http.StatusUnprocessableEntity, "There is no placeholder", `id="body-wrong"`)

	const body = "<p>Hello</p>\r\n<p>{{.EnrollUrl}}</p>"
	b.send("/admin/messages/mail/en/test", "subject", "Hello", "body", body).want(t, http.StatusUnprocessableEntity, "A test has the text that is saved.")
	b.send("/admin/messages/mail/en", "subject", "Hello", "body", body).want(t, http.StatusOK, "Saved.", "Changed by adam", "/reset")
	o.view(func(r store.Reader) error {
		kept, err := r.Template(authn.ChannelMail, "en")
		if strings.Contains(kept.Body, "\r") {
			t.Error("line ends of the browser are kept")
		}
		return err
	})
	if a := o.last("template.save"); a.Actor != "admin:adam" {
		t.Errorf("the log says %+v", a)
	}
	b.get("/admin/messages/mail/en/reset").want(t, http.StatusOK, "Reset this text?")
	b.send("/admin/messages/mail/en/reset").want(t, http.StatusOK, "is back", "As it comes with the server")
	b.send("/admin/messages/mail/en/reset").want(t, http.StatusOK, "As it comes with the server")
}

func TestOutbox(t *testing.T) {
	o := newOffice(t)
	b := o.signIn("adam", authn.RoleAdmin)
	o.User("anna.lind")
	session := o.invite("anna.lind", authn.ProofPIN)
	var m authn.Message
	o.view(func(r store.Reader) error {
		all, err := r.MessagesOf(session)
		m = all[0]
		return err
	})
	path := "/admin/messages/outbox/" + string(m.ID) + "/send"
	b.get("/admin/messages?state=waiting").want(t, http.StatusOK, "anna.lind@example.com", ">Waiting 1<", ">Failed 0<")
	b.send(path).want(t, http.StatusConflict, "This message is on its way already.")
	o.update(func(tx store.Tx) error {
		return tx.UpdateMessage(m.ID, func(m authn.Message) (authn.Message, error) {
			m.State, m.Problem, m.Tries = authn.MessageUnclear, "the server ended while it was sent", 1
			return m, nil
		})
	})
	b.get("/admin").want(t, http.StatusOK, "Message failed")
	b.get("/admin/messages?state=failed").want(t, http.StatusOK, "Mail unclear", "the server ended while it was sent", path)
	b.send(path).want(t, http.StatusOK, "The message to anna.lind@example.com is sent again.", ">Waiting 1<")
	if a := o.last("outbox.send_again"); a.Actor != "admin:adam" {
		t.Errorf("the log says %+v", a)
	}
	b.send("/admin/messages/outbox/m_nothing/send").want(t, http.StatusNotFound)
}

func TestLog(t *testing.T) {
	o := newOffice(t)
	b := o.signIn("audrey", authn.RoleAuditor)
	yesterday := o.Now().AddDate(0, 0, -1)
	o.update(func(tx store.Tx) error {
		for range 60 {
			a := authn.AuditRecord{At: yesterday, Actor: "admin:old", Action: "user.add", Subject: "u_x", Reason: "=HYPERLINK(\"http://evil\")", Facts: map[string]string{"login": "x"}}
			if err := tx.AppendAudit(a); err != nil {
				return err
			}
		}
		return nil
	})
	p := b.get("/admin/log?actor=OLD&action=user.add").want(t, http.StatusOK, "before=", "/admin/log.csv?action=user.add&amp;actor=OLD")
	if n := strings.Count(p.Body, "<tr><th scope"); n != 50 && n != 51 {
		t.Errorf("%d rows", n)
	}
	next := strings.Split(strings.Split(p.Body, `rel="next" href="`)[1], `"`)[0]
	p = b.get(strings.ReplaceAll(next, "&amp;", "&")).want(t, http.StatusOK, `rel="prev"`)
	if p.Has(`rel="next"`) || strings.Count(p.Body, "admin:old") != 10 {
		t.Errorf("the second page has %d rows", strings.Count(p.Body, "admin:old"))
	}
	day := yesterday.Local().Format("2006-01-02")
	b.get("/admin/log?from="+day+"&to="+day).want(t, http.StatusOK, "admin:old")
	if b.get("/admin/log?to=" + day).Has("admin:audrey") {
		t.Error("the last day is not the last")
	}
	b.get("/admin/log?from=yesterday").want(t, http.StatusOK, "Write a day as 2026-01-12.")

	p = b.get("/admin/log.csv?actor=old").want(t, http.StatusOK)
	rows, err := csv.NewReader(strings.NewReader(p.Body)).ReadAll()
	o.must(err)
	if len(rows) != 61 || rows[1][6] != `'=HYPERLINK("http://evil")` || rows[1][2] != "admin:old" || rows[1][7] != `{"login":"x"}` {
		t.Errorf("%d rows, the second %q", len(rows), rows[1])
	}
	if d := p.Head.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment; filename=") {
		t.Errorf("it is shown, not saved: %q", d)
	}
	if a := o.last("audit.export"); a.Actor != "admin:audrey" || a.Facts["format"] != "csv" || a.Facts["actor"] != "old" {
		t.Errorf("the log says %+v", a)
	}
	var list []struct {
		Number int64
		At     time.Time
		Actor  string
		Reason string
		Facts  map[string]string
	}
	p = b.get("/admin/log.json?"+url.Values{"from": {day}, "to": {day}}.Encode()).want(t, http.StatusOK)
	o.must(json.Unmarshal([]byte(p.Body), &list))
	if len(list) != 60 || list[0].Number != list[1].Number+1 || list[0].Facts["login"] != "x" || !list[0].At.Equal(yesterday) {
		t.Errorf("%d records, the first %+v", len(list), list[0])
	}
	o.must(json.Unmarshal([]byte(b.get("/admin/log.json?action=computer.stolen").Body), &list))
	if len(list) != 0 {
		t.Errorf("%d records of nothing", len(list))
	}
}

// TestExportIsWhole reads more than one chunk.
func TestExportIsWhole(t *testing.T) {
	o := newOffice(t)
	b := o.signIn("audrey", authn.RoleAuditor)
	o.update(func(tx store.Tx) error {
		for range 2500 {
			if err := tx.AppendAudit(authn.AuditRecord{At: o.Now(), Actor: "many", Action: "user.add"}); err != nil {
				return err
			}
		}
		return nil
	})
	if n := strings.Count(b.get("/admin/log.csv?actor=many").Body, "\r\n"); n != 2501 {
		t.Errorf("%d lines", n)
	}
}

func TestHarmless(t *testing.T) {
	for cell, want := range map[string]string{
		"": "", "anna": "anna", "=1": "'=1", "+1": "'+1", "-1": "'-1", "@x": "'@x", " =1": "' =1", "\t=1": "' =1", "a\r\n=1": "a  =1", "＝1": "'＝1", "a=1": "a=1",
	} {
		if got := administration.Harmless(cell); got != want {
			t.Errorf("%q: got %q, want %q", cell, got, want)
		}
	}
}

// TestActions: what the log can tell of can be chosen.
func TestActions(t *testing.T) {
	o := newOffice(t)
	o.things()
	o.signIn("adam", authn.RoleAdmin)
	for _, a := range o.Audit() {
		if !slices.Contains(administration.Actions, a.Action) {
			t.Errorf("%q is no choice", a.Action)
		}
	}
}
