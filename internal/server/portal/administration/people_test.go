package administration_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"avow/internal/authn"
	"avow/internal/store"
	"avow/internal/wire"
)

func TestAddAndEdit(t *testing.T) {
	o := newOffice(t)
	b := o.signIn("adam", authn.RoleAdmin)
	for field, form := range map[string][]string{
		"A login has no spaces":       {"login", "new one"},
		"is a user with this login":   {"login", "ADAM"},
		"This is no mail address":     {"login", "new.one", "mail", "new"},
		"This is no phone number":     {"login", "new.one", "phone", "070"},
		"There is no such language h": {"login", "new.one", "language", "tlh"},
	} {
		b.send("/admin/users", form...).want(t, http.StatusUnprocessableEntity, field, `role="alert"`, `value="`+form[1]+`"`)
	}
	p := b.send("/admin/users", "login", "new.one", "name", "New One", "mail", "new.one@example.com", "phone", "+46 70-123 45 67", "language", "de")
	p.want(t, http.StatusOK, "New One was added.", "&#43;46701234567", "Deutsch")
	if a := o.last("user.add"); a.Actor != "admin:adam" || a.Facts["login"] != "new.one" {
		t.Errorf("the log says %+v", a)
	}
	if b.get(p.Path).Has("was added") {
		t.Error("it is said twice")
	}
	b.get(p.Path+"/edit").want(t, http.StatusOK, `value="&#43;46701234567"`, "Edit New One")
	b.send(p.Path+"/edit", "name", "New Name").want(t, http.StatusUnprocessableEntity, "Say why.")
	b.send(p.Path+"/edit", "name", "New Name", "mail", "x", "reason", "why").want(t, http.StatusUnprocessableEntity, "This is no mail address")
	b.send(p.Path+"/edit", "name", "New Name", "login", "other", "reason", "married").want(t, http.StatusOK, "Saved.", "New Name")
	if u := o.user("new.one"); u.Name != "New Name" || u.Mail != "" || u.Phone != "" {
		t.Errorf("got %+v", u)
	}
	if a := o.last("user.edit"); a.Reason != "married" {
		t.Errorf("the log says %+v", a)
	}

	o.update(func(tx store.Tx) error {
		return tx.UpdateUser(o.user("new.one").ID, func(u authn.User) (authn.User, error) { u.Source = authn.UserDirectory; return u, nil })
	})
	b.get(p.Path+"/edit").want(t, http.StatusConflict, "This user comes from the directory.")
	b.send(p.Path+"/edit", "name", "Hacked", "reason", "why").want(t, http.StatusUnprocessableEntity, "This user comes from the directory.")
	if u := o.user("new.one"); u.Name != "New Name" {
		t.Errorf("a user of the directory is called %q", u.Name)
	}
}

func TestBlock(t *testing.T) {
	o := newOffice(t)
	b, anna := o.signIn("adam", authn.RoleAdmin), o.signIn("anna.lind", "")
	o.invite("anna.lind", authn.ProofPIN)
	path := "/admin/users/" + string(o.user("anna.lind").ID)
	b.get(path+"/block").want(t, http.StatusOK, "Block Name of anna.lind?", `name="reason"`)
	b.send(path+"/block").want(t, http.StatusUnprocessableEntity, "Say why.")
	p := b.send(path+"/block", "reason", "phone stolen").want(t, http.StatusOK, "Name of anna.lind is blocked.", "Blocked by adam", "phone stolen", "Undo")
	if got := anna.get("/me"); got.Path != "/sign-in" {
		t.Errorf("whoever is blocked still sees %s", got.Path)
	}
	o.view(func(r store.Reader) error {
		sessions, err := r.RegistrationSessionsOf(o.user("anna.lind").ID)
		for _, s := range sessions {
			if s.Open(o.Now()) {
				t.Error("a registration of a blocked user is open")
			}
		}
		return err
	})
	b.get("/admin/users?show=blocked").want(t, http.StatusOK, "anna.lind", ">Blocked 1<")
	form := p.Form(path + "/unblock")
	if form.Get("reason") == "" {
		t.Fatalf("there is no Undo: %v", form)
	}
	b.post(path+"/unblock", form).want(t, http.StatusOK, "Name of anna.lind is no longer blocked.")
	if err := o.user("anna.lind").Active(); err != nil {
		t.Error(err)
	}
	if got := anna.get("/me"); got.Path != "/sign-in" {
		t.Errorf("an old sign-in is good again: %s", got.Path)
	}
	b.send("/admin/users/"+string(o.user("adam").ID)+"/block", "reason", "x").want(t, http.StatusUnprocessableEntity, "Nobody does this to their own account.")
}

func TestRole(t *testing.T) {
	o := newOffice(t)
	b := o.signIn("olga", authn.RoleOwner)
	phone := o.Phone2("kim")
	kim := o.enter("kim", phone)
	path := "/admin/users/" + string(o.user("kim").ID)
	b.get(path).want(t, http.StatusOK, "Change role")
	p := b.send(path+"/role", "role", "auditor").want(t, http.StatusOK, "Change what Name of kim may do here?", "auditor")
	if _, err := o.admin("kim"); err == nil {
		t.Fatal("the role was given without the question")
	}
	form := p.Form(path + "/role")
	b.post(path+"/role", form).want(t, http.StatusUnprocessableEntity, "Say why.")
	form.Set("reason", "audit of the year")
	b.post(path+"/role", form).want(t, http.StatusOK, "Saved.")
	if a := o.last("user.role"); a.Facts["is"] != "auditor" || a.Reason != "audit of the year" || a.Actor != "admin:olga" {
		t.Errorf("the log says %+v", a)
	}
	if got := kim.get("/admin"); got.Path != "/sign-in" {
		t.Errorf("she is still signed in: %s", got.Path)
	}
	kim = o.enter("kim", phone)
	kim.get("/admin/log").want(t, http.StatusOK, "user.role")
	b.send(path+"/role", "role", "", "sure", "yes", "reason", "done").want(t, http.StatusOK, "Saved.")
	o.enter("kim", phone).get("/admin").want(t, http.StatusForbidden)
	b.send(path+"/role", "role", "king", "sure", "yes", "reason", "x").want(t, http.StatusConflict, "There is no such role.")
	b.send("/admin/users/"+string(o.user("olga").ID)+"/role", "role", "auditor", "sure", "yes", "reason", "x").
		want(t, http.StatusUnprocessableEntity, "Nobody does this to their own account.")
}

// Phone2 makes a user with a phone.
func (o *office) Phone2(login string) *phone { o.User(login); return o.Phone(login) }

func (o *office) admin(login string) (a authn.Admin, err error) {
	u := o.user(login)
	err = o.Site.Store.View(o.t.Context(), func(r store.Reader) error { a, err = r.AdminByUser(u.ID); return err })
	return a, err
}

func TestFindUsers(t *testing.T) {
	o := newOffice(t)
	b := o.signIn("audrey", authn.RoleAuditor)
	o.update(func(tx store.Tx) error {
		for i := range 120 {
			u, err := authn.NewUser("user"+string(rune('a'+i/26))+string(rune('a'+i%26)), "", "", o.Now())
			if err != nil {
				return err
			}
			if err := tx.CreateUser(u); err != nil {
				return err
			}
		}
		return nil
	})
	b.get("/admin/users").want(t, http.StatusOK, "1 to 50 of 121", "page=2", ">All 121<", ">No phone 120<")
	b.get("/admin/users?q=USERB&page=1&show=no-phone").want(t, http.StatusOK, "1 to 26 of 26", ">Blocked 0<", ">All 26<")
	b.get("/admin/users?page=3").want(t, http.StatusOK, "101 to 121 of 121", "page=2")
	b.get("/admin/users?page=99999999999999999999&q=zz").want(t, http.StatusOK, "Nothing found.")
	if b.get("/admin/users").Has("Make new", "Add user") {
		t.Error("an auditor is offered what she may not")
	}
	b.get("/admin/users/u_nobody").want(t, http.StatusNotFound)
}

// TestNames: what people and directories call themselves does nothing to a page.
func TestNames(t *testing.T) {
	o := newOffice(t)
	b := o.signIn("olga", authn.RoleOwner)
	const evil = "<script>alert(1)</script>\u202egnp.exe\u2066"
	phone := o.Phone2("eve")
	rp, _ := o.Computer("laptop-1", authn.MatchTap)
	o.update(func(tx store.Tx) error {
		id := o.user("eve").ID
		err := tx.UpdateUser(id, func(u authn.User) (authn.User, error) {
			u.Name, u.Mail, u.Groups, u.Language = evil, `"<script>"@example.com`, []string{evil}, "de"
			return u, nil
		})
		if err != nil {
			return err
		}
		if err := tx.UpdateDevice(phone.ID, func(d authn.Device) (authn.Device, error) { d.Info.Name = evil; return d, nil }); err != nil {
			return err
		}
		return tx.AppendAudit(authn.AuditRecord{At: o.Now(), Actor: "admin:" + evil, Action: "user.add", Subject: evil, Reason: evil, Facts: map[string]string{"x": evil}})
	})
	session := o.invite("eve", authn.ProofPIN)
	request := o.ask(rp, "eve")
	user := "/admin/users/" + string(phone.User)
	for _, path := range []string{
		"/admin/users", user, user + "/edit", user + "/block", "/admin/registrations", "/admin/registrations/" + string(session) + "/remove", "/admin/registrations/new?user=" + string(phone.User),
		"/admin/requests", "/admin/requests/" + string(request) + "/stop", "/admin/devices", "/admin/devices/" + string(phone.ID) + "/remove", "/admin/messages", "/admin/log",
		"/admin/users?q=" + url.QueryEscape(evil), "/admin/log?q=" + url.QueryEscape(evil) + "&actor=" + url.QueryEscape(evil) + "&from=" + url.QueryEscape(evil),
	} {
		p := b.get(path).want(t, http.StatusOK)
		for _, bad := range []string{"<script>alert", "<script>\"", "\u202e", "\u2066"} {
			if p.Has(bad) {
				t.Errorf("%s has %q", path, bad)
			}
		}
	}
	p := b.send("/admin/users", "login", evil, "name", evil, "phone", evil).want(t, http.StatusUnprocessableEntity)
	if strings.Contains(p.Body, "<script>alert") {
		t.Error("the form gives back what was typed as it was")
	}
}

// TestShownRegistration: the page's code is in the answer to the form and nowhere else.
func TestShownRegistration(t *testing.T) {
	o := newOffice(t)
	b := o.signIn("adam", authn.RoleAdmin)
	o.User("anna.lind")
	id := string(o.user("anna.lind").ID)
	b.get("/admin/registrations/new?user="+id).want(t, http.StatusOK, "For Name of anna.lind (anna.lind)", `value="mail" checked`)
	b.send("/admin/registrations", "login", "nobody.here", "how", "show", "mode", "first", "reason", "x").want(t, http.StatusUnprocessableEntity, "There is no user with this login.", `value="nobody.here"`)
	b.send("/admin/registrations", "user", id, "how", "show", "mode", "first").want(t, http.StatusUnprocessableEntity, "Say why.")
	p := b.send("/admin/registrations", "login", "Anna.Lind", "how", "show", "mode", "first", "reason", "new phone").want(t, http.StatusOK, "The registration is ready", "/connect#")
	_, rest, _ := strings.Cut(p.Body, `href="/connect#`)
	code, _, _ := strings.Cut(rest, `"`)
	secret, err := wire.ParsePageCode(code)
	o.must(err)
	if a := o.last("session.add"); a.Actor != "admin:adam" || a.Reason != "new phone" || a.Facts["delivery"] != "shown" {
		t.Errorf("the log says %+v", a)
	}
	for _, path := range []string{"/admin/registrations", "/admin/users/" + id, "/admin/log"} {
		if b.get(path).Has(code) {
			t.Errorf("%s shows the code again", path)
		}
	}
	if p := b.post("/connect", url.Values{"code": {code}}); p.Path != "/connect/session" {
		t.Errorf("the code leads to %s", p.Path)
	}
	if _, err := o.Server.Registration.ByPage(t.Context(), secret); err != nil {
		t.Error(err)
	}
	b.send("/admin/registrations", "user", id, "how", "show", "mode", "first", "reason", "x").want(t, http.StatusUnprocessableEntity, "A registration is open.", `name="force"`)
	b.send("/admin/registrations", "user", id, "how", "show", "mode", "first", "reason", "x", "force", "yes").want(t, http.StatusOK, "The registration is ready")
}

func TestSentRegistration(t *testing.T) {
	o := newOffice(t)
	b := o.signIn("adam", authn.RoleAdmin)
	o.User("anna.lind")
	id := string(o.user("anna.lind").ID)
	for _, hours := range []string{"0", "73", "x", "", "-1"} {
		b.send("/admin/registrations", "user", id, "how", "mail", "hours", hours, "mode", "first", "proof", "pin", "reason", "x").want(t, http.StatusUnprocessableEntity, "from 1 to 72")
	}
	b.send("/admin/registrations", "user", id, "how", "mail", "hours", "24", "mode", "first", "proof", "code", "reason", "x").want(t, http.StatusUnprocessableEntity, "A code needs a mail address and a phone number.")
	b.send("/admin/registrations", "user", id, "how", "text", "hours", "24", "mode", "first", "proof", "auto", "reason", "x").want(t, http.StatusUnprocessableEntity, "No text message can be sent")
	p := b.send("/admin/registrations", "user", id, "how", "mail", "hours", "24", "mode", "first", "proof", "pin", "reason", "x").want(t, http.StatusOK, "on its way", "anna.lind@example.com", "The PIN, shown this once")
	var session authn.RegistrationSession
	o.view(func(r store.Reader) error {
		all, err := r.RegistrationSessions()
		session = all[0]
		return err
	})
	pin := o.Server.Registration.ProofDigits(session.ID)
	if !p.Has(pin[:4] + " " + pin[4:]) {
		t.Error("the PIN is not shown")
	}
	if p.Has("/connect#") || p.Has("/R#") {
		t.Error("whoever sends a session sees its link")
	}
	if b.get("/admin/registrations").Has(pin[:4] + " " + pin[4:]) {
		t.Error("the PIN is shown again")
	}

	b.get("/admin/registrations?state=open").want(t, http.StatusOK, "Mail waits", "PIN")
	b.send("/admin/registrations/"+string(session.ID)+"/send").want(t, http.StatusOK, "is sent again")
	o.view(func(r store.Reader) error {
		messages, err := r.MessagesOf(session.ID)
		if len(messages) != 2 {
			t.Errorf("%d messages", len(messages))
		}
		return err
	})
	b.get("/admin/registrations/"+string(session.ID)+"/remove").want(t, http.StatusOK, "Remove the registration of Name of anna.lind?")
	b.send("/admin/registrations/"+string(session.ID)+"/remove").want(t, http.StatusUnprocessableEntity, "Say why.")
	b.send("/admin/registrations/"+string(session.ID)+"/remove", "reason", "wrong address").want(t, http.StatusOK, "was removed", ">Open 0<", ">Ended 1<")
	if a := o.last("session.revoke"); a.Reason != "wrong address" {
		t.Errorf("the log says %+v", a)
	}
	b.send("/admin/registrations/"+string(session.ID)+"/send").want(t, http.StatusConflict, "This registration is over.")
	b.send("/admin/registrations/s_nothing/send").want(t, http.StatusNotFound)
}

// TestNobodyLiftsHerself: a phone for an owner would make an owner of an administrator, so she can make none, nor change where it is sent.
func TestNobodyLiftsHerself(t *testing.T) {
	o := newOffice(t)
	b, owner := o.signIn("adam", authn.RoleAdmin), o.signIn("olga", authn.RoleOwner)
	session := o.invite("olga", authn.ProofPIN)
	id := string(o.user("olga").ID)
	var device authn.Device
	o.view(func(r store.Reader) error {
		all, err := r.DevicesOf(o.user("olga").ID)
		device = all[0]
		return err
	})
	posts := map[string][]string{
		"/admin/registrations":                                {"user", id, "how", "show", "mode", "additional", "force", "yes", "reason", "x"},
		"/admin/users/" + id + "/edit":                        {"name", "Olga", "mail", "adam@example.com", "reason", "x"},
		"/admin/users/" + id + "/block":                       {"reason", "x"},
		"/admin/users/" + id + "/unblock":                     {"reason", "x"},
		"/admin/registrations/" + string(session) + "/send":   {},
		"/admin/registrations/" + string(session) + "/remove": {"reason", "x"},
		"/admin/devices/" + string(device.ID) + "/remove":     {"reason", "x"},
	}
	before := len(o.Audit())
	for path, fields := range posts {
		b.send(path, fields...).want(t, http.StatusForbidden)
	}
	if n := len(o.Audit()) - before; n != 0 {
		t.Errorf("%d records were written", n)
	}
	b.get("/admin/users/"+id).want(t, http.StatusOK, "This account can’t be blocked by you")
	// not even an owner alone makes a phone for an owner.
	owner.send("/admin/registrations", "user", id, "how", "show", "mode", "additional", "force", "yes", "reason", "x").want(t, http.StatusUnprocessableEntity, `name="second"`)
}

// TestSecondAdministratorR122: what takes a second administrator waits for her Yes, and is not done after her No.
func TestSecondAdministratorR122(t *testing.T) {
	o := newOffice(t)
	b := o.signIn("olga", authn.RoleOwner)
	o.User("bea")
	bea := o.Phone("bea")
	o.Appoint("bea", authn.RoleAdmin)
	o.User("kim")
	o.Appoint("kim", authn.RoleServiceDesk)
	fields := []string{"user", string(o.user("kim").ID), "how", "show", "mode", "first", "reason", "new phone", "second"}
	b.send("/admin/registrations", append(fields, "olga")...).want(t, http.StatusUnprocessableEntity, "Name someone else.")
	b.send("/admin/registrations", append(fields, "nobody")...).want(t, http.StatusUnprocessableEntity, "no administrator of this name")
	for kind, want := range map[authn.DecisionKind]func(page){
		authn.Deny:    func(p page) { p.want(t, http.StatusUnprocessableEntity, "has said No") },
		authn.Approve: func(p page) { p.want(t, http.StatusOK, "The registration is ready") },
	} {
		got := make(chan page)
		go func() { got <- b.send("/admin/registrations", append(fields, "bea")...) }()
		for {
			list, err := bea.Requests(t.Context())
			o.must(err)
			if len(list.Requests) > 0 {
				break
			}
		}
		if _, r := bea.Open(); r.Action != authn.ActionAgree || !strings.Contains(r.Message, "kim") {
			t.Errorf("asked %s: %q", r.Action, r.Message)
		}
		o.must(bea.Answer(kind, ""))
		want(<-got)
	}
}
