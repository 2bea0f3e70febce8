package webtest

import (
	"time"

	"avow/assets/web"
)

var (
	anna   = web.Person{ID: "u_anna", Login: "anna.lind", Name: "Anna Lind"}
	erik   = web.Person{ID: "u_erik", Login: "erik.holm", Name: "Erik Holm"}
	fatima = web.Person{ID: "u_fatima", Login: "fatima.noor", Name: "Fatima Noor"}
	johan  = web.Person{ID: "u_johan", Login: "johan.ek", Name: "Johan Ek"}
	karin  = web.Person{ID: "u_karin", Login: "karin.dahl", Name: "Karin Dahl"}
	olle   = web.Person{ID: "u_olle", Login: "olle.brandt", Name: "Olle Brandt"}
	wilma  = web.Person{ID: "u_wilma/..", Login: "wilhelmina-charlotte.montgomery-featherstonehaugh@extern.lundenergy.example", Name: long}
)

var directory = web.Directory{Name: "lundenergy directory", ReadAt: at(-3 * time.Minute)}

func user(p web.Person, r web.UserRow) web.UserRow {
	r.ID, r.Login, r.Name = p.ID, p.Login, p.Name
	return r
}

func users() []web.UserRow {
	mail := func(s web.MessageState, t time.Time) web.Sent { return web.Sent{Channel: web.Mail, State: s, At: t} }
	return []web.UserRow{
		user(anna, web.UserRow{Devices: 2, LastSeen: at(-time.Hour), State: web.RegistrationDone, MadeBy: "maja.berg", Ends: day(2025, 11, 14, 18), Message: mail(web.MessageSent, day(2025, 11, 14, 9))}),
		user(erik, web.UserRow{State: web.RegistrationActive, MadeBy: "maja.berg", Ends: day(2026, 3, 3, 18), Message: mail(web.MessageSent, at(-81*time.Minute))}),
		user(fatima, web.UserRow{State: web.RegistrationClaimed, MadeBy: "kim.olsson", Ends: at(9 * time.Minute), Message: web.Sent{Channel: web.Text, State: web.MessageSent, At: at(-2 * time.Minute)}}),
		user(johan, web.UserRow{State: web.RegistrationExpired, MadeBy: "maja.berg", Ends: day(2026, 3, 1, 12), Message: mail(web.MessageFailed, at(-48*time.Hour)), MakeNew: true}),
		user(karin, web.UserRow{Devices: 1, LastSeen: day(2026, 2, 9, 8), State: web.RegistrationBlocked}),
		user(olle, web.UserRow{MakeNew: true}),
	}
}

func devices(own bool) []web.DeviceRow {
	rows := []web.DeviceRow{
		{ID: "d_pixel", Person: anna, Name: "Pixel 8", Facts: "Google Pixel 8 · Android 16 · Avow 1.4", Protection: "StrongBox", State: web.DeviceActive, ConnectedAt: day(2025, 11, 14, 9), SeenAt: at(-time.Minute), This: own},
		{ID: "d_think", Person: anna, Name: "Anna’s ThinkPad", Facts: "ThinkPad X1 · Debian 13 · Avow 1.4", Laptop: true, State: web.DeviceActive, ConnectedAt: day(2026, 1, 12, 9), SeenAt: at(-141 * time.Minute)},
	}
	if !own {
		rows = append(
			rows,
			web.DeviceRow{ID: "d_new", Person: fatima, Name: "Fairphone 6", Facts: "Fairphone 6 · Android 16 · Avow 1.4", State: web.DevicePending, ConnectedAt: at(-time.Minute)},
			web.DeviceRow{ID: "d_old", Person: wilma, Name: long, Facts: long, Protection: "Software", State: web.DeviceRevoked, ConnectedAt: day(2024, 5, 1, 8), SeenAt: day(2024, 12, 9, 8)},
		)
	}
	return rows
}

func registrations() []web.RegistrationRow {
	return []web.RegistrationRow{
		{ID: "r_1", Person: erik, State: web.RegistrationActive, MadeBy: "maja.berg", MadeAt: at(-82 * time.Minute), Ends: day(2026, 3, 3, 18), Proof: web.PasswordProof, Message: web.Sent{Channel: web.Mail, State: web.MessageSent, At: at(-81 * time.Minute)}, MayRemove: true, MayResend: true},
		{ID: "r_2", Person: fatima, State: web.RegistrationClaimed, MadeBy: "kim.olsson", MadeAt: at(-3 * time.Minute), Ends: at(9 * time.Minute), Proof: web.CodeProof, Message: web.Sent{Channel: web.Text, State: web.MessageSent, At: at(-2 * time.Minute)}, MayRemove: true},
		{ID: "r_3", Person: olle, State: web.RegistrationWaiting, MadeBy: "maja.berg", MadeAt: at(-4 * time.Minute), Ends: at(6 * time.Minute), Proof: web.NoProof, MayRemove: true},
		{ID: "r_4", Person: johan, State: web.RegistrationActive, MadeBy: "maja.berg", MadeAt: day(2026, 3, 2, 12), Ends: day(2026, 3, 4, 12), Proof: web.PINProof, Message: web.Sent{Channel: web.Mail, State: web.MessageFailed, At: at(-20 * time.Hour), Problem: "550 5.1.1 johan.ek@lundenergy.example: user unknown"}, MayRemove: true, MayResend: true},
		{ID: "r_5", Person: anna, State: web.RegistrationDone, MadeBy: "maja.berg", MadeAt: day(2025, 11, 14, 9), Ends: day(2025, 11, 14, 18), Proof: web.PasswordProof, Message: web.Sent{Channel: web.Mail, State: web.MessageSent, At: day(2025, 11, 14, 9)}},
		{ID: "r_6", Person: karin, State: web.RegistrationRefused, MadeBy: "kim.olsson", MadeAt: day(2026, 2, 9, 9), Ends: day(2026, 2, 9, 10), Proof: web.NoProof},
		{ID: "r_7", Person: wilma, State: web.RegistrationRevoked, MadeBy: "maja.berg", MadeAt: day(2026, 2, 9, 9), Ends: day(2026, 2, 12, 9), Proof: web.PINProof, Message: web.Sent{Channel: web.Text, State: web.MessageUnclear, At: day(2026, 2, 9, 9)}},
		{ID: "r_8", Person: anna, State: web.RegistrationUsed, MadeBy: "maja.berg", MadeAt: day(2025, 2, 9, 9), Ends: day(2025, 2, 9, 18), Proof: web.NoProof, Message: web.Sent{Channel: web.Text, State: web.MessageQueued}},
		{ID: "r_9", Person: johan, State: web.RegistrationExpired, MadeBy: "maja.berg", MadeAt: day(2025, 2, 9, 9), Ends: day(2025, 2, 9, 18), Proof: web.NoProof, Message: web.Sent{Channel: web.Mail, State: web.MessageSending}},
	}
}

func newRegistration(p web.Person) web.NewRegistration {
	n := web.NewRegistration{
		Person: p, How: web.ByMail, Hours: 24, Mode: web.First, Proof: web.AutoProof,
		Proofs: []web.SecondProof{web.AutoProof, web.PasswordProof, web.PINProof, web.CodeProof},
	}
	if p.ID != "" {
		n.Mail, n.Phone = "anna.lind@lundenergy.example", "+46 70 123 45 67"
	}
	return n
}

func requests() []web.RequestRow {
	row := func(p web.Person, s web.RequestState, what, kind, device string, ago time.Duration) web.RequestRow {
		return web.RequestRow{ID: "q_" + string(s), Person: p, What: what, Kind: kind, Place: "Lund, 192.0.2.14", At: at(-ago), State: s, Device: device}
	}
	return []web.RequestRow{
		row(anna, web.RequestRedeemed, "LAPTOP-42", "computer", "Pixel 8", time.Minute),
		row(fatima, web.RequestApproved, "Wiki", "web", "Fairphone 6", 5*time.Minute),
		row(erik, web.RequestDenied, "LAPTOP-17", "computer", "Galaxy S24", 20*time.Minute),
		row(karin, web.RequestReported, "vpn.lundenergy.example", "web", "iPhone 15", 25*time.Hour),
		row(johan, web.RequestExpired, "LAPTOP-99", "computer", "", 26*time.Hour),
		row(olle, web.RequestCancelled, "Wiki", "web", "", 50*time.Hour),
		row(wilma, web.RequestFailed, long, "web", "Nokia", 400*24*time.Hour),
	}
}

func messages() []web.MessageRow {
	return []web.MessageRow{
		{ID: "m_1", Person: erik, To: "erik.holm@lundenergy.example", Kind: "registration", Sent: web.Sent{Channel: web.Mail, State: web.MessageSent, At: at(-81 * time.Minute)}, CreatedAt: at(-82 * time.Minute), Tries: 1, MayRepeat: true},
		{ID: "m_2", Person: fatima, To: "+46 70 555 01 02", Kind: "proof_code", Sent: web.Sent{Channel: web.Text, State: web.MessageSending, At: at(0)}, CreatedAt: at(-time.Minute), Tries: 1},
		{ID: "m_3", Person: johan, To: "johan.ek@lundenergy.example", Kind: "registration", Sent: web.Sent{Channel: web.Mail, State: web.MessageFailed, At: at(-20 * time.Hour), Problem: "550 5.1.1 johan.ek@lundenergy.example: user unknown"}, CreatedAt: at(-21 * time.Hour), Tries: 5, MayRepeat: true},
		{ID: "m_4", Person: anna, To: "+46 70 123 45 67", Kind: "caller_code", Sent: web.Sent{Channel: web.Text, State: web.MessageUnclear, At: at(-time.Hour)}, CreatedAt: at(-time.Hour), Tries: 1, MayRepeat: true},
		{ID: "m_5", Person: wilma, To: wilma.Login, Kind: "test", Sent: web.Sent{Channel: web.Mail, State: web.MessageQueued, Problem: "connection refused"}, CreatedAt: at(-time.Minute), Tries: 2, NextTry: at(4 * time.Minute)},
	}
}

func adminPages(add, bare func(string, web.Name, web.Section, string, any), signed func(string, web.Name, web.Section, web.Role, string, any, bool)) {
	add("overview", web.Overview, web.OverviewSection, "/admin", web.OverviewPage{
		Users: 212, NoPhone: 14, Waiting: 6, Blocked: 2, OpenRegistrations: 8, OpenRequests: 1, MessagesFailed: 3, Devices: 241, Directory: directory,
		Restore: web.RestoreCoverage{Users: 212, On: 148, Proven: 61, Blocked: 1, Open: 2},
	})
	bare("overview empty", web.Overview, web.OverviewSection, "/admin", web.OverviewPage{})
	add("overview trouble", web.Overview, web.OverviewSection, "/admin", web.OverviewPage{Users: 1, Directory: web.Directory{
		Name: "lundenergy directory", ReadAt: at(-50 * time.Hour), Problem: "ldaps://dc1.lundenergy.example can't be reached.",
	}})

	list := web.UsersPage{All: 212, NoPhone: 14, Waiting: 6, Blocked: 2, Rows: users(), Paging: web.Paging{From: 1, To: 6, Total: 212, Later: "/admin/users?page=2"}, Directory: directory}
	add("users", web.Users, web.UsersSection, "/admin/users", list)
	signed("users auditor", web.Users, web.UsersSection, web.Auditor, "/admin/users", list, false)
	found := list
	found.Query, found.Filter, found.Rows, found.Paging = "Müller & <b>", web.BlockedUsers, nil, web.Paging{}
	add("users nothing found", web.Users, web.UsersSection, "/admin/users", found)
	list.Rows = append([]web.UserRow{user(wilma, web.UserRow{State: web.RegistrationWaiting, MadeBy: wilma.Login, Ends: at(26 * time.Hour), Message: web.Sent{Channel: web.Text, State: web.MessageUnclear}})}, list.Rows...)
	list.Paging.Earlier = "/admin/users?page=1"
	add("users long", web.Users, web.UsersSection, "/admin/users", list)
	bare("users empty", web.Users, web.UsersSection, "/admin/users", web.UsersPage{})
	bare("user new", web.NewUser, web.UsersSection, "/admin/users/new", web.NewUserPage{})
	add("user new wrong", web.NewUser, web.UsersSection, "/admin/users/new", web.NewUserPage{Login: "anna lind", Name: "Anna Lind", Mail: "anna", Phone: "070", UserLanguage: "de", Wrong: web.Wrong{
		"": "Nothing was saved.", "login": "A login has no spaces.", "name": "Say a name.", "mail": "This is no address.", "phone": "Begin with + and the country.", "language": "There is no such language.",
	}})

	u := web.UserPage{
		Person: anna, State: web.UserConnected, Mail: "anna.lind@lundenergy.example", Phone: "+46 70 123 45 67", Language: "Deutsch",
		Groups: []string{"Grid planning", "Staff Lund", "VPN"}, Directory: "lundenergy directory", PasswordAt: day(2026, 1, 12, 8), PasswordEnds: day(2026, 4, 12, 8),
		Devices: devices(false)[:2], Restore: restoreOn(), Registrations: registrations()[3:5], New: newRegistration(anna), MayChangeRole: true,
	}
	u.New.HasDevices, u.New.HasOpen, u.New.Mode = true, true, web.Additional
	add("user", web.User, web.UsersSection, "/admin/users/u_anna", u)
	restoring := u
	restoring.Restore, restoring.Devices = restoreUnderWay(), wiped()
	add("user restoring", web.User, web.UsersSection, "/admin/users/u_anna", restoring)
	limited := u
	limited.Restore = web.Restore{State: web.RestoreOn, Policy: web.RestoreLimited, CodeAt: day(2026, 1, 12, 8), Locked: true}
	add("user limited", web.User, web.UsersSection, "/admin/users/u_anna", limited)
	blocked := u
	blocked.Restore = web.Restore{State: web.RestoreIsBlocked, Policy: web.RestoreAllowed, CodeAt: day(2026, 1, 12, 8), BlockedAt: at(-time.Hour), BlockedBy: "kim.olsson"}
	blocked.State, blocked.BlockedAt, blocked.BlockedBy, blocked.BlockedReason = web.UserIsBlocked, at(-time.Hour), "maja.berg", "Case 20931: phone stolen, password known"
	blocked.New.Wrong = web.Wrong{"": "Nothing was made.", "how": "There is no mail address.", "hours": "1 to 72.", "mode": "There is no phone.", "proof": "This user is not in the directory.", "force": "One is open.", "reason": "Say why."}
	add("user blocked", web.User, web.UsersSection, "/admin/users/u_anna", blocked)
	signed("user auditor", web.User, web.UsersSection, web.Auditor, "/admin/users/u_anna", u, false)
	bare("user empty", web.User, web.UsersSection, "/admin/users/u_olle", web.UserPage{Person: olle, State: web.UserNoPhone, Restore: web.Restore{State: web.RestoreOff, Policy: web.RestoreForbidden}, New: web.NewRegistration{Person: olle, How: web.ShowHere, Hours: 24}, NotBlockable: true})

	add("registration new", web.Register, web.RegistrationsSection, "/admin/registrations/new", newRegistration(web.Person{}))
	wrong := newRegistration(anna)
	wrong.Wrong = web.Wrong{"": "Nothing was made.", "login": "There is no such user.", "reason": "Say why."}
	add("registration new wrong", web.Register, web.RegistrationsSection, "/admin/registrations/new", wrong)
	made := web.MadeRegistration{Person: anna, How: web.ShowHere, Ends: at(10 * time.Minute), Open: "/connect#ABCDEFGHJKLMNPQRSTUVWXYZ23", Code: "ABCDE FGHJK LMNPQ RSTUV WXYZ23", Back: "/admin/users/u_anna", Another: "/admin/registrations/new"}
	add("registration shown", web.Registered, web.RegistrationsSection, "/admin/registrations", made)
	made.How, made.Open, made.Code, made.To, made.Ends, made.Proof, made.PIN = web.ByMail, "", "", "anna.lind@lundenergy.example", at(24*time.Hour), web.PINProof, "4821 9930"
	add("registration sent pin", web.Registered, web.RegistrationsSection, "/admin/registrations", made)
	made.How, made.To, made.PIN, made.Proof = web.ByText, "+46 70 123 45 67", "", web.CodeProof
	add("registration sent", web.Registered, web.RegistrationsSection, "/admin/registrations", made)
	made.How, made.To, made.Proof, made.Another = web.ByMail, "a•••@lundenergy.example", web.PasswordProof, ""
	signed("registration sent desk", web.Registered, "", web.ServiceDesk, "/desk/u_anna/registration", made, false)

	add("registrations", web.Registrations, web.RegistrationsSection, "/admin/registrations", web.RegistrationsPage{All: 301, Open: 8, Done: 230, Ended: 63, Rows: registrations(), Paging: web.Paging{From: 1, To: 9, Total: 301, Later: "/admin/registrations?page=2"}})
	bare("registrations empty", web.Registrations, web.RegistrationsSection, "/admin/registrations", web.RegistrationsPage{State: "open"})
	open := requests()[0]
	open.ID, open.State, open.Left, open.Of, open.MayStop = "q_open", web.RequestOpen, 80*time.Second, 2*time.Minute, true
	add("requests", web.Requests, web.RequestsSection, "/admin/requests", web.RequestsPage{Open: []web.RequestRow{open}, Recent: requests(), Paging: web.Paging{From: 1, To: 7, Total: 7}})
	bare("requests empty", web.Requests, web.RequestsSection, "/admin/requests", web.RequestsPage{})
	add("devices", web.Devices, web.DevicesSection, "/admin/devices", web.DevicesPage{Rows: devices(false), Paging: web.Paging{From: 1, To: 4, Total: 241, Later: "/admin/devices?page=2"}})
	bare("devices empty", web.Devices, web.DevicesSection, "/admin/devices", web.DevicesPage{})
	policy := web.PoliciesPage{
		Restore: web.RestoreAllowed, OldDevice: "asked", RestoreDelivery: "mail", ProbationHours: 24, ColleaguesNeeded: 2, ColleaguesHold: 24, LockSeconds: 60, WrongPINs: "wait",
		Groups: []web.GroupPolicy{{Group: "Board", Policy: web.RestoreLimited}, {Group: "Grid control", Policy: web.RestoreForbidden}, {}},
		Match:  "number", Verification: "each_approval", SessionHours: 24, GrantDays: 7, GrantUses: 20, Proof: web.AutoProof, ChangedAt: at(-90 * 24 * time.Hour), ChangedBy: "maja.berg",
	}
	add("policies", web.Policies, web.PoliciesSection, "/admin/policies", policy)
	signed("policies auditor", web.Policies, web.PoliciesSection, web.Auditor, "/admin/policies", policy, false)
	bare("policies empty", web.Policies, web.PoliciesSection, "/admin/policies", web.PoliciesPage{})
	policy.Wrong = web.Wrong{
		"": "Nothing was saved.", "match": "Choose one.", "verification": "Choose one.", "session_hours": "1 to 72.", "grant_days": "1 to 30.", "grant_uses": "1 to 100.", "proof": "No directory is connected.", "restore": "Choose one.", "groups": "Each group once.",
		"old_device": "Choose one.", "restore_delivery": "Choose one.", "restore_hold": "0 to 72.", "probation_hours": "0 to 72.", "colleagues_needed": "1 to 5.", "colleagues_hold": "1 to 72.", "lock_seconds": "Choose one.", "wrong_pins": "Choose one.", "reason": "Say why.",
	}
	add("policies wrong", web.Policies, web.PoliciesSection, "/admin/policies", policy)

	add("messages", web.Messages, web.MessagesSection, "/admin/messages", web.MessagesPage{
		Templates: []web.TemplateRow{
			{Channel: web.Mail, Tag: "en", Language: "English", Subject: "Connect your phone to {{.Organisation}}", Own: true, UpdatedAt: day(2026, 2, 9, 8), UpdatedBy: "maja.berg"},
			{Channel: web.Mail, Tag: "de", Language: "Deutsch", Subject: "Verbinde dein Telefon mit {{.Organisation}}"},
			{Channel: web.Text, Tag: "en", Language: "English", Subject: "Connect your phone to {{.Organisation}}: {{.EnrollUrl}}"},
			{Channel: web.Text, Tag: "de", Language: "Deutsch", Subject: "Verbinde dein Telefon: {{.EnrollUrl}}"},
		}, All: 214, WaitingCount: 2, FailedCount: 3, Rows: messages(), Paging: web.Paging{From: 1, To: 5, Total: 214, Later: "/admin/messages?page=2"},
	})
	bare("messages empty", web.Messages, web.MessagesSection, "/admin/messages", web.MessagesPage{State: "failed"})
	t := web.TemplatePage{
		Channel: web.Mail, Tag: "en", Language: "English", Subject: "Connect your phone to {{.Organisation}}", Own: true, UpdatedAt: day(2026, 2, 9, 8), UpdatedBy: "maja.berg",
		Body:         "<p>Hello {{.Name}},</p>\n<p>from now on your phone asks you each time someone signs in as you.</p>\n<p>{{.EnrollQRCode}}</p>\n<p>Scan the picture with Avow, or open <a href=\"{{.EnrollUrl}}\">this link</a> on the phone.</p>\n<p>It is good until {{.ExpiresAt}}.</p>",
		Placeholders: []web.Placeholder{"EnrollQRCode", "EnrollUrl", "UserName", "Name", "Organisation", "ExpiresAt", "Support", "Later"}, TestTo: "maja.berg@lundenergy.example",
	}
	add("template", web.Template, web.MessagesSection, "/admin/messages/mail/en", t)
	t.Wrong = web.Wrong{"": "Nothing was saved.", "subject": "Say what the mail is about.", "body": "Put {{.EnrollQRCode}} or {{.EnrollUrl}} into it: without one nobody can connect a phone."}
	add("template wrong", web.Template, web.MessagesSection, "/admin/messages/mail/en", t)
	t.Channel, t.Body, t.Wrong, t.TestTo = web.Text, "Connect your phone to {{.Organisation}}: {{.EnrollUrl}}", nil, ""
	add("template text", web.Template, web.MessagesSection, "/admin/messages/text/en", t)
	bare("template empty", web.Template, web.MessagesSection, "/admin/messages/mail/de", web.TemplatePage{Channel: web.Mail, Tag: "de", Language: "Deutsch"})
	preview := web.TextPreviewPage{Sender: "Lund Energy", Body: "Connect your phone to Lund Energy: https://id.lundenergy.example/R#ABCDEFGHJKLMNPQRSTUVWXYZ23\nGood until 18:00 – reply STOP to stop.", Segments: 2, Signs: 138, Unicode: true}
	add("text preview", web.TextPreview, "", "/admin/messages/text/en/preview", preview)
	bare("text preview wrong", web.TextPreview, "", "/admin/messages/text/en/preview", web.TextPreviewPage{Wrong: "Line 2: there is no {{.Nobody}}."})

	add("log", web.Log, web.LogSection, "/admin/log", web.LogPage{
		From: "2026-03-01", Actions: []string{"device.revoke", "session.create", "user.block"}, CSV: "/admin/log.csv?from=2026-03-01", JSON: "/admin/log.json?from=2026-03-01",
		Rows: []web.LogRow{
			{Number: 18234, At: at(-2 * time.Minute), Actor: "desk:kim.olsson", Action: "session.create", Subject: "fatima.noor", IP: "192.0.2.14", Reason: "Case 20931: new phone after a repair", Facts: []web.Fact{{Name: "delivery", Value: "text"}, {Name: "hours", Value: "24"}}},
			{Number: 18233, At: at(-26 * time.Hour), Actor: "admin:maja.berg", Action: "user.block", Subject: "karin.dahl", IP: "2001:db8:85a3:1319:8a2e:370:7348:1234", Reason: long},
			{Number: 18232, At: day(2025, 11, 14, 9), Actor: "server", Action: "device.register", Subject: "anna.lind"},
		}, Paging: web.Paging{From: 1, To: 3, Total: 18234, Later: "/admin/log?page=2"},
	})
	bare("log empty", web.Log, web.LogSection, "/admin/log", web.LogPage{Wrong: web.Wrong{"from": "Write a day as 2026-01-12.", "to": "Write a day as 2026-01-12."}})

	for _, q := range []struct {
		kind web.ConfirmKind
		name string
	}{
		{web.RemoveDevice, "Pixel 8"},
		{web.WipeDevice, "Pixel 8"},
		{web.AllowRestore, ""},
		{web.BlockRestore, ""},
		{web.UnblockRestore, ""},
		{web.RemoveRegistration, ""},
		{web.BlockUser, ""},
		{web.UnblockUser, ""},
		{web.ChangeRole, "administrator"},
		{web.ResetTemplate, "English"},
		{web.AllowTap, ""},
		{web.StopRequest, ""},
	} {
		add("confirm "+string(q.kind), web.Question, web.UsersSection, "/admin/users/u_anna/block", web.Confirm{
			Kind: q.kind, Name: q.name, Person: anna.Name, Post: "/admin/users/u_anna/block", Back: "/admin/users/u_anna",
			Fields: []web.HiddenField{{Name: "role", Value: "admin"}}, Wrong: web.Wrong{"reason": "Say why."},
		})
	}
}
