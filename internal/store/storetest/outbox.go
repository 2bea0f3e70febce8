package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/store"
)

var outboxEntities = concat(
	entity[authn.Message]{
		name: "message", make: filled[authn.Message],
		zero:   func() authn.Message { return authn.Message{ID: "m_z"} },
		id:     func(m authn.Message) string { return string(m.ID) },
		get:    func(r store.Reader, id string) (authn.Message, error) { return r.Message(authn.MessageID(id)) },
		create: func(tx store.Tx, m authn.Message) error { return tx.CreateMessage(m) },
		update: func(tx store.Tx, id string, fn func(authn.Message) (authn.Message, error)) error {
			return tx.UpdateMessage(authn.MessageID(id), fn)
		},
		keep: func(old, next authn.Message) authn.Message {
			next.ID, next.CreatedAt = old.ID, old.CreatedAt
			return next
		},
	}.cases(),
	entity[authn.WebSession]{
		name: "web session",
		make: func(seed int) authn.WebSession {
			s := filled[authn.WebSession](seed)
			s.User = "u_a"
			return s
		},
		zero:   func() authn.WebSession { return authn.WebSession{ID: "w_z", User: "u_a"} },
		id:     func(s authn.WebSession) string { return string(s.ID) },
		get:    func(r store.Reader, id string) (authn.WebSession, error) { return r.WebSession(authn.WebSessionID(id)) },
		create: func(tx store.Tx, s authn.WebSession) error { return tx.CreateWebSession(s) },
		update: func(tx store.Tx, id string, fn func(authn.WebSession) (authn.WebSession, error)) error {
			return tx.UpdateWebSession(authn.WebSessionID(id), fn)
		},
		keep: func(old, next authn.WebSession) authn.WebSession {
			next.ID, next.CreatedAt, next.User, next.By = old.ID, old.CreatedAt, old.User, old.By
			return next
		},
	}.cases(),
	entity[authn.CallerCheck]{
		name: "caller check",
		make: func(seed int) authn.CallerCheck {
			c := filled[authn.CallerCheck](seed)
			c.User = "u_a"
			return c
		},
		zero: func() authn.CallerCheck { return authn.CallerCheck{ID: "k_z", User: "u_a"} },
		id:   func(c authn.CallerCheck) string { return string(c.ID) },
		get: func(r store.Reader, id string) (authn.CallerCheck, error) {
			return r.CallerCheck(authn.CallerCheckID(id))
		},
		create: func(tx store.Tx, c authn.CallerCheck) error { return tx.CreateCallerCheck(c) },
		update: func(tx store.Tx, id string, fn func(authn.CallerCheck) (authn.CallerCheck, error)) error {
			return tx.UpdateCallerCheck(authn.CallerCheckID(id), fn)
		},
		keep: func(old, next authn.CallerCheck) authn.CallerCheck {
			next.ID, next.CreatedAt, next.User = old.ID, old.CreatedAt, old.User
			return next
		},
	}.cases(),
)

var outboxCases = concat(outboxEntities, []Case{
	{"messages that are due, in a state, of a session", messagesListed},
	{"old messages that wait for nothing are forgotten", deleteMessages},
	{"a message is taken once", messageOnce},
	{"templates and settings are put", templates},
	{"web sessions by token and of a user", webSessions},
	{"caller checks of a user", callerChecks},
	{"users are found a page at a time", findUsers},
	{"registration sessions are found a page at a time", findSessions},
	{"devices are found a page at a time", findDevices},
	{"messages are found a page at a time", findMessages},
	{"directory id, administrator's user and start link are unique", uniquePeople},
	{"registration sessions a page at a time", sessionsAfter},
	{"audit a page at a time", findAudit},
})

func messagesListed(t *testing.T, s store.Store) {
	update(t, s, func(tx store.Tx) error {
		var errs []error
		for i, m := range []authn.Message{
			{Channel: authn.ChannelMail, State: authn.MessageQueued, NextTry: noon.Add(2 * time.Second), Session: "s_1"},
			{Channel: authn.ChannelMail, State: authn.MessageQueued, NextTry: noon.Add(time.Second)},
			{Channel: authn.ChannelMail, State: authn.MessageSent, NextTry: noon},
			{Channel: authn.ChannelText, State: authn.MessageQueued, NextTry: noon, Session: "s_1"},
			{Channel: authn.ChannelMail, State: authn.MessageQueued, NextTry: noon.Add(time.Hour)},
		} {
			m.ID, m.CreatedAt = authn.MessageID(fmt.Sprint("m_", i)), noon.Add(time.Duration(i)*time.Second)
			errs = append(errs, tx.CreateMessage(m))
		}
		return errors.Join(errs...)
	})
	id := func(m authn.Message) string { return string(m.ID) }
	view(t, s, func(r store.Reader) error {
		due, err1 := r.MessagesDue(authn.ChannelMail, noon.Add(2*time.Second), 10)
		diff(t, "due", names(due, id), []string{"m_1", "m_0"})
		one, err2 := r.MessagesDue(authn.ChannelMail, noon.Add(2*time.Second), 1)
		diff(t, "one that is due", names(one, id), []string{"m_1"})
		sent, err3 := r.MessagesIn(authn.MessageQueued, 2)
		diff(t, "queued", names(sent, id), []string{"m_0", "m_1"})
		of, err4 := r.MessagesOf("s_1")
		diff(t, "of a session", names(of, id), []string{"m_3", "m_0"})
		none, err5 := r.MessagesOf("")
		diff(t, "of no session", names(none, id), []string(nil))
		newest, err6 := r.Messages(2)
		diff(t, "newest", names(newest, id), []string{"m_4", "m_3"})
		return errors.Join(err1, err2, err3, err4, err5, err6)
	})
}

func deleteMessages(t *testing.T, s store.Store) {
	update(t, s, func(tx store.Tx) error {
		var errs []error
		for i, state := range []authn.MessageState{authn.MessageQueued, authn.MessageSending, authn.MessageSent, authn.MessageFailed, authn.MessageUnclear} {
			errs = append(errs, tx.CreateMessage(authn.Message{ID: authn.MessageID(fmt.Sprint("m_", i)), State: state, CreatedAt: noon}))
		}
		return errors.Join(errs...)
	})
	for before, want := range map[time.Time]int{noon: 0, noon.Add(1): 3} {
		update(t, s, func(tx store.Tx) error {
			n, err := tx.DeleteMessages(before, 10)
			if n != want {
				t.Errorf("before %s: got %d forgotten, want %d", before, n, want)
			}
			return err
		})
	}
}

// messageOnce has two try to send one message: the second finds it in another state.
func messageOnce(t *testing.T, s store.Store) {
	update(t, s, func(tx store.Tx) error { return tx.CreateMessage(authn.Message{ID: "m_1", State: authn.MessageQueued}) })
	err := s.Update(context.Background(), func(tx store.Tx) error {
		return tx.UpdateMessage("m_1", func(m authn.Message) (authn.Message, error) {
			m.State = authn.MessageSending
			inner := tx.UpdateMessage("m_1", func(n authn.Message) (authn.Message, error) {
				n.State = authn.MessageSending
				return n, nil
			})
			return m, inner
		})
	})
	if err == nil {
		t.Error("a message was taken twice")
	}
}

func templates(t *testing.T, s store.Store) {
	mail := authn.Template{Channel: authn.ChannelMail, Language: "de", Subject: "Verbinden", Body: "<p>", UpdatedAt: noon, UpdatedBy: "admin:maja"}
	text := authn.Template{Channel: authn.ChannelText, Language: "de", Body: "Verbinden", UpdatedAt: noon}
	setting := authn.Setting{Name: "policy", Value: "{}", UpdatedAt: noon, UpdatedBy: "admin:maja"}
	update(t, s, func(tx store.Tx) error {
		return errors.Join(tx.PutTemplate(text), tx.PutTemplate(mail), tx.PutSetting(setting))
	})
	mail.Subject, setting.Value = "Anmelden", `{"match":"qr"}`
	update(t, s, func(tx store.Tx) error { return errors.Join(tx.PutTemplate(mail), tx.PutSetting(setting)) })
	view(t, s, func(r store.Reader) error {
		all, err1 := r.Templates()
		diff(t, "templates", all, []authn.Template{mail, text})
		got, err2 := r.Template(authn.ChannelMail, "de")
		diff(t, "template", got, mail)
		_, err := r.Template(authn.ChannelMail, "en")
		wantErr(t, "no template", err, store.ErrNotFound)
		kept, err3 := r.Setting("policy")
		diff(t, "setting", kept, setting)
		_, err = r.Setting("nothing")
		wantErr(t, "no setting", err, store.ErrNotFound)
		return errors.Join(err1, err2, err3)
	})
	update(t, s, func(tx store.Tx) error { return tx.DeleteTemplate(authn.ChannelMail, "de") })
	err := s.Update(context.Background(), func(tx store.Tx) error { return tx.DeleteTemplate(authn.ChannelMail, "de") })
	wantErr(t, "second delete", err, store.ErrNotFound)
}

func webSessions(t *testing.T, s store.Store) {
	people(t, s)
	one := authn.WebSession{ID: "w_1", Token: authn.Hash{1}, User: "u_a", CreatedAt: noon}
	two := authn.WebSession{ID: "w_2", Token: authn.Hash{2}, User: "u_a", CreatedAt: noon.Add(1)}
	update(t, s, func(tx store.Tx) error { return errors.Join(tx.CreateWebSession(one), tx.CreateWebSession(two)) })
	view(t, s, func(r store.Reader) error {
		got, err1 := r.WebSessionByToken(authn.Hash{2})
		diff(t, "by token", got, two)
		_, err := r.WebSessionByToken(authn.Hash{})
		wantErr(t, "by no token", err, store.ErrNotFound)
		all, err2 := r.WebSessionsOf("u_a")
		diff(t, "of a user", all, []authn.WebSession{two, one})
		return errors.Join(err1, err2)
	})
	update(t, s, func(tx store.Tx) error {
		wantErr(t, "the same token", tx.CreateWebSession(authn.WebSession{ID: "w_3", Token: authn.Hash{1}, User: "u_a"}), store.ErrExists)
		n, err := tx.DeleteWebSessions(noon.Add(1), 10)
		if n != 1 {
			t.Errorf("got %d forgotten, want 1", n)
		}
		return err
	})
}

func callerChecks(t *testing.T, s store.Store) {
	people(t, s)
	old := authn.CallerCheck{ID: "k_1", User: "u_a", CreatedAt: noon}
	young := authn.CallerCheck{ID: "k_2", User: "u_a", CreatedAt: noon.Add(time.Hour)}
	update(t, s, func(tx store.Tx) error {
		return errors.Join(tx.CreateCallerCheck(old), tx.CreateCallerCheck(young), tx.CreateCallerCheck(authn.CallerCheck{ID: "k_3", User: "u_b", CreatedAt: noon}))
	})
	all := read(t, s, func(r store.Reader) ([]authn.CallerCheck, error) { return r.CallerChecksOf("u_a", noon) })
	diff(t, "checks", all, []authn.CallerCheck{young, old})
	some := read(t, s, func(r store.Reader) ([]authn.CallerCheck, error) { return r.CallerChecksOf("u_a", noon.Add(1)) })
	diff(t, "checks since", some, []authn.CallerCheck{young})
}

func findUsers(t *testing.T, s store.Store) {
	update(t, s, func(tx store.Tx) error {
		var errs []error
		for i, u := range []authn.User{
			{Login: "anna.lind", Name: "Anna Lind", Mail: "anna@lund.example"},
			{Login: "erik", Name: "Erik Ängström", Mail: "erik@lund.example"},
			{Login: "olle", Name: "Olle Brandt", Mail: "olle@oslo.example", Status: authn.UserDisabled},
			{Login: "fatima", Name: "Fatima Noor", Mail: "100%_\\@lund.example"},
		} {
			u.ID = authn.UserID(fmt.Sprint("u_", i))
			errs = append(errs, tx.CreateUser(u))
		}
		return errors.Join(append(errs,
			tx.CreateDevice(authn.Device{ID: "d_0", User: "u_0", State: authn.DeviceActive}),
			tx.CreateDevice(authn.Device{ID: "d_1", User: "u_1", State: authn.DeviceRevoked}),
			tx.CreateDevice(authn.Device{ID: "d_2", User: "u_0", State: authn.DevicePending}),
			tx.CreateDevice(authn.Device{ID: "d_3", User: "u_2", State: authn.DeviceActive}),
			tx.CreateRegistrationSession(authn.RegistrationSession{ID: "s_1", User: "u_1", State: authn.SessionActive, ExpiresAt: noon.Add(1)}),
			tx.CreateRegistrationSession(authn.RegistrationSession{ID: "s_2", User: "u_2", State: authn.SessionActive, ExpiresAt: noon}),
			tx.CreateRegistrationSession(authn.RegistrationSession{ID: "s_3", User: "u_3", State: authn.SessionRevoked, ExpiresAt: noon.Add(1)}),
		)...)
	})
	for _, c := range []struct {
		name  string
		q     store.UserQuery
		want  []string
		total int
	}{
		{"all", store.UserQuery{Limit: 10}, []string{"anna.lind", "erik", "fatima", "olle"}, 4},
		{"second page", store.UserQuery{Limit: 2, Offset: 2}, []string{"fatima", "olle"}, 4},
		{"past the end", store.UserQuery{Limit: 2, Offset: 9}, nil, 4},
		{"part of a login", store.UserQuery{Limit: 10, Text: "NA.L"}, []string{"anna.lind"}, 1},
		{"name, without regard to case", store.UserQuery{Limit: 10, Text: " ängst "}, []string{"erik"}, 1},
		{"mail", store.UserQuery{Limit: 10, Text: "oslo"}, []string{"olle"}, 1},
		{"a sign is a sign", store.UserQuery{Limit: 10, Text: "%_\\"}, []string{"fatima"}, 1},
		{"nobody", store.UserQuery{Limit: 10, Text: "annalind"}, nil, 0},
		{"without a phone", store.UserQuery{Limit: 10, Filter: store.WithoutDevice, Now: noon}, []string{"erik", "fatima"}, 2},
		{"waiting", store.UserQuery{Limit: 10, Filter: store.WaitingSession, Now: noon}, []string{"erik"}, 1},
		{"blocked", store.UserQuery{Limit: 10, Filter: store.BlockedUsers, Now: noon}, []string{"olle"}, 1},
	} {
		view(t, s, func(r store.Reader) error {
			page, total, err := r.FindUsers(c.q)
			diff(t, c.name, names(page, func(u authn.User) string { return u.Login }), c.want)
			if total != c.total {
				t.Errorf("%s: got %d in all, want %d", c.name, total, c.total)
			}
			return err
		})
	}
	counts := read(t, s, func(r store.Reader) (store.UserCounts, error) { return r.CountUsers("", noon) })
	diff(t, "counts", counts, store.UserCounts{All: 4, WithoutDevice: 2, Waiting: 1, Blocked: 1})
	counts = read(t, s, func(r store.Reader) (store.UserCounts, error) { return r.CountUsers(" LUND.", noon) })
	diff(t, "counts of a text", counts, store.UserCounts{All: 3, WithoutDevice: 2, Waiting: 1})
}

func uniquePeople(t *testing.T, s store.Store) {
	user := func(id, login, directory string) authn.User {
		return authn.User{ID: authn.UserID(id), Login: login, DirectoryID: directory}
	}
	anna, maja := user("u_1", "anna", "x1"), authn.Admin{ID: "a_1", User: "u_1", StartToken: authn.Hash{1}}
	update(t, s, func(tx store.Tx) error {
		wantErr(t, "create", errors.Join(tx.CreateUser(anna), tx.CreateUser(user("u_2", "bo", "")), tx.CreateUser(user("u_3", "eva", "")), tx.CreateAdmin(maja), tx.CreateAdmin(authn.Admin{ID: "a_2"})), nil)
		wantErr(t, "the same directory id", tx.CreateUser(user("u_4", "olle", "x1")), store.ErrExists)
		wantErr(t, "the same user", tx.CreateAdmin(authn.Admin{ID: "a_3", User: "u_1"}), store.ErrExists)
		wantErr(t, "the same link", tx.CreateAdmin(authn.Admin{ID: "a_3", StartToken: authn.Hash{1}}), store.ErrExists)
		return tx.CreateAdmin(authn.Admin{ID: "a_3"})
	})
	view(t, s, func(r store.Reader) error {
		got, err1 := r.UserByDirectoryID("x1")
		diff(t, "by directory id", got, anna)
		_, err := r.UserByDirectoryID("")
		wantErr(t, "by none", err, store.ErrNotFound)
		byUser, err2 := r.AdminByUser("u_1")
		diff(t, "admin by user", byUser, maja)
		_, err = r.AdminByUser("")
		wantErr(t, "admin by nobody", err, store.ErrNotFound)
		byStart, err3 := r.AdminByStart(authn.Hash{1})
		diff(t, "admin by link", byStart, maja)
		_, err = r.AdminByStart(authn.Hash{})
		wantErr(t, "admin by no link", err, store.ErrNotFound)
		return errors.Join(err1, err2, err3)
	})
}

func sessionsAfter(t *testing.T, s store.Store) {
	people(t, s)
	update(t, s, func(tx store.Tx) error {
		var errs []error
		for i, offset := range []time.Duration{2, 1, 1, 3} { // two at the same time
			errs = append(errs, tx.CreateRegistrationSession(authn.RegistrationSession{ID: authn.RegistrationID(fmt.Sprint("s_", i)), User: "u_a", CreatedAt: noon.Add(offset)}))
		}
		return errors.Join(errs...)
	})
	var after authn.RegistrationID
	for _, want := range [][]string{{"s_3", "s_0"}, {"s_2", "s_1"}, nil} {
		page := read(t, s, func(r store.Reader) ([]authn.RegistrationSession, error) {
			return r.RegistrationSessionsAfter(after, 2)
		})
		diff(t, "page after "+string(after), names(page, func(v authn.RegistrationSession) string { return string(v.ID) }), want)
		if len(page) > 0 {
			after = page[len(page)-1].ID
		}
	}
}

func findAudit(t *testing.T, s store.Store) {
	update(t, s, func(tx store.Tx) error {
		var errs []error
		for i, a := range []authn.AuditRecord{
			{Actor: "admin:maja", Action: "session.add", Subject: "s_1"},
			{Actor: "admin:kim", Action: "user.disable", Subject: "u_1", Reason: "Left the company", Facts: map[string]string{"login": "anna"}},
			{Actor: "server", Action: "session.claim", Subject: "s_1", IP: "192.0.2.7"},
			{Actor: "admin:kim", Action: "session.revoke", Subject: "s_1"},
		} {
			a.At = noon.Add(time.Duration(i) * time.Hour)
			errs = append(errs, tx.AppendAudit(a))
		}
		return errors.Join(errs...)
	})
	find := func(q store.AuditQuery) (actions []string, next int64) {
		view(t, s, func(r store.Reader) error {
			page, n, err := r.FindAudit(q)
			actions, next = names(page, func(a store.AuditEntry) string { return a.Action }), n
			return err
		})
		return actions, next
	}
	for _, c := range []struct {
		name string
		q    store.AuditQuery
		want []string
	}{
		{"all", store.AuditQuery{}, []string{"session.revoke", "session.claim", "user.disable", "session.add"}},
		{"of an actor", store.AuditQuery{Text: "KIM"}, []string{"session.revoke", "user.disable"}},
		{"part of an actor", store.AuditQuery{Actor: "ServeR"}, []string{"session.claim"}},
		{"actor and text", store.AuditQuery{Actor: "kim", Text: "s_1"}, []string{"session.revoke"}},
		{"what is in a reason is no actor", store.AuditQuery{Actor: "company"}, nil},
		{"reason", store.AuditQuery{Text: "left the"}, []string{"user.disable"}},
		{"fact", store.AuditQuery{Text: "anna"}, []string{"user.disable"}},
		{"address", store.AuditQuery{Text: "192.0.2.7"}, []string{"session.claim"}},
		{"kind of action", store.AuditQuery{Action: "session."}, []string{"session.revoke", "session.claim", "session.add"}},
		{"from and to", store.AuditQuery{From: noon.Add(time.Hour), To: noon.Add(3 * time.Hour)}, []string{"session.claim", "user.disable"}},
		{"nothing", store.AuditQuery{Text: "bo"}, nil},
	} {
		c.q.Limit = 10
		got, next := find(c.q)
		diff(t, c.name, got, c.want)
		if next != 0 {
			t.Errorf("%s: there is more after the end", c.name)
		}
	}
	first, next := find(store.AuditQuery{Limit: 3})
	diff(t, "first page", first, []string{"session.revoke", "session.claim", "user.disable"})
	second, next := find(store.AuditQuery{Limit: 3, Before: next})
	diff(t, "second page", second, []string{"session.add"})
	if next != 0 {
		t.Error("there is a third page")
	}
	page := read(t, s, func(r store.Reader) ([]store.AuditEntry, error) {
		page, _, err := r.FindAudit(store.AuditQuery{Limit: 4})
		return page, err
	})
	for i := 1; i < len(page); i++ {
		if page[i].Number != page[i-1].Number-1 {
			t.Errorf("numbers %d and %d", page[i-1].Number, page[i].Number)
		}
	}
}
