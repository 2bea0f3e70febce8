package admin_test

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/server/servertest"
	"avow/internal/store"
	"avow/internal/wire"
)

func wantCode(t *testing.T, err error, want string) {
	t.Helper()
	if got := authn.CodeOf(err); got != want {
		t.Errorf("code %q (%v), want %q", got, err, want)
	}
}

// there is no way in without an administrator's key: not without a proof, not with a phone's key, not with a key that
// nobody has, not when the administrator is disabled.
func TestNoDefaultAccountR120(t *testing.T) {
	e := servertest.Start(t, servertest.Options{})
	e.User("anna")
	phone := e.Phone("anna")
	routes := []string{
		"GET users", "POST users", "POST users/anna/status", "GET sessions", "POST sessions", "POST users/anna/session/confirm", "POST users/anna/session/revoke",
		"POST users/anna/session/notify",
		"GET devices", "POST devices/d_x/revoke", "POST devices/d_x/wipe", "GET restore",
		"POST users/anna/restore/allow", "POST users/anna/restore/block", "POST users/anna/restore/unblock", "GET clients", "POST clients",
		"GET computers", "POST computers", "POST computers/laptop/end", "POST computers/laptop/code", "GET computers/laptop/uses",
	}
	browser := e.Browser()
	for _, r := range routes {
		method, path, _ := strings.Cut(r, " ")
		for _, header := range []string{"", "Basic YWRtaW46YWRtaW4=", "Bearer x", "Avow x"} {
			req, err := http.NewRequest(method, e.Site.Issuer+"/v1/admin/"+path, bytes.NewReader(nil))
			if err != nil {
				t.Fatal(err)
			}
			if header != "" {
				req.Header.Set("Authorization", header)
			}
			resp, err := browser.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = resp.Body.Close()
			if resp.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s with %q: %d", r, header, resp.StatusCode)
			}
		}
	}
	stranger := e.Credential
	stranger.Key = e.Key()
	asPhone := e.Credential
	asPhone.ID = authn.AdminID(phone.ID)
	unknown := e.Credential
	unknown.ID = authn.NewAdminID()
	for name, c := range map[string]client.Credential{"other key": stranger, "a device's id": asPhone, "unknown id": unknown} {
		a := client.NewAdmin(c, e.Options())
		_, err := a.Users(t.Context())
		wantCode(t, err, "not_an_administrator")
		if err == nil {
			t.Errorf("%s got in", name)
		}
		a.Close()
	}
	err := e.Site.Store.Update(context.Background(), func(tx store.Tx) error {
		return tx.UpdateAdmin(e.Credential.ID, func(a authn.Admin) (authn.Admin, error) { a.Disabled = true; return a, nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.Admin.Users(t.Context())
	wantCode(t, err, "not_an_administrator")
}

// each command leaves one record with actor and reason, and is refused without a reason.
func TestEachCommandIsRecordedR120(t *testing.T) {
	e := servertest.Start(t, servertest.Options{})
	ctx := t.Context()
	key := e.Key().Key()
	var session wire.AddedSession
	var phone *servertest.Phone
	link := ""
	second := func() *servertest.Phone { e.User("bo"); return e.Phone("bo") }
	steps := []struct {
		action string
		do     func(reason string) error
	}{
		{"user.add", func(r string) error {
			_, err := e.Admin.AddUser(ctx, wire.AddUser{UserName: "anna", Reason: r})
			return err
		}},
		{"session.add", func(r string) (err error) {
			s, err := e.Admin.AddSession(ctx, wire.AddSession{UserName: "anna", Mode: authn.BindFirst, Reason: r})
			if err == nil {
				session = s
				phone = e.Connect(s.Link)
			}
			return err
		}},
		{"device.confirm", func(r string) error {
			words := [2]string{}
			if phone != nil {
				words = phone.Bound.CheckWords
			}
			_, err := e.Admin.ConfirmSession(ctx, session.UserName, wire.ConfirmSession{CheckWords: words, Reason: r})
			return err
		}},
		{"restore.block", func(r string) error { _, err := e.Admin.BlockRestore(ctx, "anna", r); return err }},
		{"restore.unblock", func(r string) error { _, err := e.Admin.UnblockRestore(ctx, "anna", r); return err }},
		{"restore.allow", func(r string) error { _, err := e.Admin.AllowRestore(ctx, "anna", r); return err }},
		{"device.revoke", func(r string) error { _, err := e.Admin.RevokeDevice(ctx, phone.ID, r); return err }},
		{"device.wipe", func(r string) error { _, err := e.Admin.WipeDevice(ctx, phone.ID, r); return err }},
		{"client.add", func(r string) error {
			_, err := e.Admin.AddClient(ctx, wire.AddClient{ID: "laptop", Key: key, Reason: r})
			return err
		}},
		{"session.revoke", func(r string) error {
			if strings.HasPrefix(r, "because") {
				s, err := e.Admin.AddSession(ctx, wire.AddSession{UserName: "anna", Mode: authn.BindFirst, Reason: "before"})
				if err != nil {
					return err
				}
				session = s
			}
			_, err := e.Admin.RevokeSession(ctx, session.UserName, r)
			return err
		}},
		{"computer.add", func(r string) error {
			c, err := e.Admin.AddComputer(ctx, wire.AddComputer{ID: "desk", Match: authn.MatchTap, Reason: r})
			if err == nil {
				link = c.Link
			}
			return err
		}},
		{"computer.code", func(r string) error {
			if strings.HasPrefix(r, "because") {
				m := e.Machine("desk", e.Key())
				var err error
				if m.Settings, err = m.Use(link); err != nil {
					return err
				}
				g, _ := m.SignIn(second(), "bo")
				m.Contact(m.NewDeskList(g))
			}
			_, err := e.Admin.DeskCode(ctx, "desk", wire.AddDeskCode{UserName: "bo", Reason: r})
			return err
		}},
		{"computer.replace", func(r string) error {
			_, err := e.Admin.AddComputer(ctx, wire.AddComputer{ID: "desk", Replace: true, Reason: r})
			return err
		}},
		{"computer.remove", func(r string) error {
			_, err := e.Admin.EndComputer(ctx, "desk", wire.EndComputer{State: authn.ComputerRemoved, Reason: r})
			return err
		}},
		{"computer.stolen", func(r string) error {
			_, err := e.Admin.EndComputer(ctx, "desk", wire.EndComputer{State: authn.ComputerStolen, Reason: r})
			return err
		}},
		{"user.disable", func(r string) error {
			_, err := e.Admin.SetUserStatus(ctx, "anna", wire.SetUserStatus{Status: authn.UserDisabled, Reason: r})
			return err
		}},
		{"user.enable", func(r string) error {
			_, err := e.Admin.SetUserStatus(ctx, "anna", wire.SetUserStatus{Status: authn.UserActive, Reason: r})
			return err
		}},
	}
	for _, s := range steps {
		before := len(e.Audit())
		for _, nothing := range []string{"", "  \n", "\u200b"} {
			wantCode(t, s.do(nothing), "reason_missing")
		}
		if n := len(e.Audit()); n != before {
			t.Errorf("%s: a refused command left %d records", s.action, n-before)
		}
		if err := s.do("because of " + s.action); err != nil {
			t.Fatalf("%s: %v", s.action, err)
		}
		found := 0
		for _, r := range e.Audit() {
			if r.Action == s.action && r.Reason == "because of "+s.action && r.Actor == "admin:maja" && r.Subject != "" && r.IP == "127.0.0.1" {
				found++
			}
		}
		if found != 1 {
			t.Errorf("%s: %d records with actor, reason, subject and IP; want 1: %+v", s.action, found, e.Audit()[:2])
		}
	}
}

// a reason cannot forge a line of the log.
func TestReasonIsCleanedR125(t *testing.T) {
	e := servertest.Start(t, servertest.Options{})
	_, err := e.Admin.AddUser(t.Context(), wire.AddUser{UserName: "anna", Reason: "moved\r\n2026-01-01 admin:eve \x1b[31m"})
	if err != nil {
		t.Fatal(err)
	}
	if r := e.Audit()[0]; strings.ContainsAny(r.Reason, "\r\n\x1b") {
		t.Errorf("reason %q", r.Reason)
	}
}

func TestRefusals(t *testing.T) {
	e := servertest.Start(t, servertest.Options{})
	e.User("anna")
	ctx := t.Context()
	add := func(c wire.AddUser) error { c.Reason = "test"; _, err := e.Admin.AddUser(ctx, c); return err }
	wantCode(t, add(wire.AddUser{UserName: "ANNA"}), "user_exists")
	wantCode(t, add(wire.AddUser{UserName: "an na"}), "bad_login")
	wantCode(t, add(wire.AddUser{UserName: "bo", Mail: "nobody"}), "bad_mail")
	session := func(c wire.AddSession) error { c.Reason = "test"; _, err := e.Admin.AddSession(ctx, c); return err }
	wantCode(t, session(wire.AddSession{UserName: "nobody", Mode: authn.BindFirst}), "user_unknown")
	wantCode(t, session(wire.AddSession{UserName: "anna", Mode: "sideways"}), "bad_mode")
	_, err := e.Admin.SetUserStatus(ctx, "nobody", wire.SetUserStatus{Status: authn.UserDisabled, Reason: "test"})
	wantCode(t, err, "user_unknown")
	_, err = e.Admin.SetUserStatus(ctx, "anna", wire.SetUserStatus{Status: "asleep", Reason: "test"})
	wantCode(t, err, "bad_status")
	_, err = e.Admin.RevokeDevice(ctx, authn.NewDeviceID(), "test")
	wantCode(t, err, "device_unknown")
	_, err = e.Admin.ConfirmSession(ctx, "anna", wire.ConfirmSession{Reason: "test"})
	wantCode(t, err, "no_session")
	_, err = e.Admin.RevokeSession(ctx, "nobody", "test")
	wantCode(t, err, "user_unknown")
	_, err = e.Admin.Sessions(ctx, "nobody")
	wantCode(t, err, "user_unknown")
	client := func(c wire.AddClient) error { c.Reason = "test"; _, err := e.Admin.AddClient(ctx, c); return err }
	wantCode(t, client(wire.AddClient{ID: "Laptop", Key: e.Key().Key()}), "bad_client_id")
	wantCode(t, client(wire.AddClient{ID: "laptop"}), "client_key_missing")
	wantCode(t, client(wire.AddClient{ID: "laptop", Key: e.Key().Key(), Match: "swipe"}), "bad_match")
	if err := client(wire.AddClient{ID: "laptop", Key: e.Key().Key()}); err != nil {
		t.Fatal(err)
	}
	wantCode(t, client(wire.AddClient{ID: "laptop", Key: e.Key().Key()}), "client_exists")
}

// a user who has a device gets no session unless the administrator says what becomes of it; force ends the open session at once.
func TestSessionRulesR008(t *testing.T) {
	e := servertest.Start(t, servertest.Options{})
	e.User("anna")
	ctx := t.Context()
	add := func(mode authn.BindingMode, force bool) (wire.AddedSession, error) {
		return e.Admin.AddSession(ctx, wire.AddSession{UserName: "anna", Mode: mode, Force: force, Reason: "test"})
	}
	first, err := add(authn.BindFirst, false)
	if err != nil {
		t.Fatal(err)
	}
	if l, err := wire.ParseLink(first.Link); err != nil || !strings.HasPrefix(first.Page, e.Site.Issuer+"/connect#") {
		t.Errorf("link %v (%v), page %q", l, err, first.Page)
	}
	_, err = add(authn.BindFirst, false)
	wantCode(t, err, "session_open")
	second, err := add(authn.BindFirst, true)
	if err != nil {
		t.Fatal(err)
	}
	phone := e.Connect(second.Link)
	list, err := e.Admin.Sessions(ctx, "anna")
	if err != nil || len(list) != 2 || list[0].Status != "waiting" || list[1].Status != "revoked" || list[0].Device == nil || list[0].CreatedByUserName != "maja" {
		t.Fatalf("sessions %+v, %v", list, err)
	}
	_, err = e.Admin.ConfirmSession(ctx, "anna", wire.ConfirmSession{CheckWords: [2]string{"apple", "apple"}, Reason: "test"})
	wantCode(t, err, "wrong_words")
	done, err := e.Admin.ConfirmSession(ctx, "anna", wire.ConfirmSession{CheckWords: phone.Bound.CheckWords, Reason: "test"})
	if err != nil || done.Status != "done" {
		t.Fatalf("%+v, %v", done, err)
	}
	_, err = add(authn.BindFirst, false)
	wantCode(t, err, "device_exists")
	if _, err := add(authn.BindAdditional, false); err != nil {
		t.Error(err)
	}
}

func TestLists(t *testing.T) {
	e := servertest.Start(t, servertest.Options{})
	ctx := t.Context()
	e.User("zoe")
	if _, err := e.Admin.AddUser(ctx, wire.AddUser{UserName: "åsa@example.com", Reason: "test"}); err != nil {
		t.Fatal(err)
	}
	zoe := e.Phone("zoe")
	e.Computer("laptop-1", authn.MatchTap)
	users, err := e.Admin.Users(ctx)
	if err != nil || len(users) != 2 || users[0].UserName != "zoe" || users[0].Devices != 1 || users[1].Devices != 0 {
		t.Errorf("users %+v, %v", users, err)
	}
	if _, err := e.Admin.SetUserStatus(ctx, "ÅSA@example.com", wire.SetUserStatus{Status: authn.UserDisabled, Reason: "left"}); err != nil {
		t.Errorf("a login that needs escapes in a path: %v", err)
	}
	devices, err := e.Admin.Devices(ctx, "zoe")
	if err != nil || len(devices) != 1 || devices[0].ID != zoe.ID || devices[0].UserName != "zoe" || devices[0].State != authn.DeviceActive {
		t.Errorf("devices %+v, %v", devices, err)
	}
	if none, err := e.Admin.Devices(ctx, "åsa@example.com"); err != nil || len(none) != 0 {
		t.Errorf("devices of another %+v, %v", none, err)
	}
	gone, err := e.Admin.RevokeDevice(ctx, zoe.ID, "lost")
	if err != nil || gone.State != authn.DeviceRevoked {
		t.Errorf("%+v, %v", gone, err)
	}
	_, err = zoe.Status(ctx)
	wantCode(t, err, "device_revoked")
	clients, err := e.Admin.Clients(ctx)
	clients = slices.DeleteFunc(clients, func(c wire.AdminClient) bool { return strings.HasPrefix(string(c.ID), "avow-") }) // the server's own
	if err != nil || len(clients) != 1 || clients[0].ID != "laptop-1" || clients[0].Match != authn.MatchTap || !clients[0].Known {
		t.Errorf("clients %+v, %v", clients, err)
	}
}

// TestRestoreList: how restore stands for one user and for all, and never a code.
func TestRestoreList(t *testing.T) {
	e := servertest.Start(t, servertest.Options{})
	for _, login := range []string{"anna", "bo", "cleo"} {
		e.User(login)
	}
	phone := e.Phone("anna")
	code := phone.SetUpRestore()
	if err := phone.ProvenEscrow(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	e.Restorer("anna", code)
	if _, err := e.Admin.BlockRestore(t.Context(), "bo", "test"); err != nil {
		t.Fatal(err)
	}
	all, coverage, err := e.Admin.Restore(t.Context(), "")
	if err != nil || len(all) != 3 || coverage == nil {
		t.Fatalf("%+v, %v, %v", all, coverage, err)
	}
	if want := (wire.RestoreCoverage{Users: 3, On: 1, Proven: 1, Blocked: 1, Open: 1}); *coverage != want {
		t.Errorf("coverage %+v, want %+v", *coverage, want)
	}
	anna, bo, cleo := all[0], all[1], all[2]
	if anna.UserName != "anna" || anna.State != wire.RestoreOn || anna.Policy != authn.RestoreAllowed || anna.CodeAt.IsZero() || anna.ProvenAt.IsZero() || len(anna.Open) != 1 {
		t.Errorf("anna: %+v", anna)
	}
	if x := anna.Open[0]; x.State != authn.RestoreProved || x.Device != "New phone" || x.IP != "127.0.0.1" {
		t.Errorf("under way: %+v", x)
	}
	if bo.State != wire.RestoreBlocked || bo.BlockedBy != servertest.AdminName || cleo.State != wire.RestoreOff {
		t.Errorf("bo: %+v, cleo: %+v", bo, cleo)
	}
	one, none, err := e.Admin.Restore(t.Context(), "bo")
	if err != nil || none != nil || len(one) != 1 || one[0].UserName != "bo" {
		t.Errorf("%+v, %v, %v", one, none, err)
	}
	_, _, err = e.Admin.Restore(t.Context(), "nobody")
	wantCode(t, err, "user_unknown")
	if _, err := e.Admin.BlockRestore(t.Context(), "nobody", "test"); err == nil {
		t.Error("nobody was blocked")
	}
}

// TestNobodyLiftsHerself: an administrator who is no owner makes no phone for an owner, whose Yes would make her one.
func TestNobodyLiftsHerself(t *testing.T) {
	e := servertest.Start(t, servertest.Options{})
	olga := e.User("olga")
	phone := e.Phone("olga")
	ctx := t.Context()
	err := e.Site.Store.Update(ctx, func(tx store.Tx) error {
		if err := tx.CreateAdmin(authn.Admin{ID: authn.NewAdminID(), Name: "olga", Role: authn.RoleOwner, User: olga.ID}); err != nil {
			return err
		}
		return tx.UpdateAdmin(e.Credential.ID, func(a authn.Admin) (authn.Admin, error) { a.Role = authn.RoleAdmin; return a, nil })
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.Admin.AddSession(ctx, wire.AddSession{UserName: "olga", Mode: authn.BindAdditional, Reason: "test"})
	wantCode(t, err, "higher_role")
	_, err = e.Admin.NotifySession(ctx, "olga", wire.NotifySession{Reason: "test"})
	wantCode(t, err, "higher_role")
	_, err = e.Admin.ConfirmSession(ctx, "olga", wire.ConfirmSession{Reason: "test"})
	wantCode(t, err, "higher_role")
	_, err = e.Admin.SetUserStatus(ctx, "olga", wire.SetUserStatus{Status: authn.UserDisabled, Reason: "test"})
	wantCode(t, err, "higher_role")
	_, err = e.Admin.RevokeDevice(ctx, phone.ID, "test")
	wantCode(t, err, "higher_role")
}
