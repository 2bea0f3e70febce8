package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/store"
)

var listCases = []Case{
	{"users by login", usersByLogin},
	{"login is unique and found without regard to case", loginCase},
	{"admins and devices oldest first, clients by id", listOrders},
	{"devices of a user oldest first", devicesOf},
	{"registration sessions newest first", sessionsOf},
	{"registration session by secret and by page", sessionByHash},
	{"registration session secret and page are unique", sessionUnique},
	{"approval request by auth_req_id", requestByAuthReq},
	{"approval requests that are open", openRequests},
	{"notices since a time", noticesSince},
	{"mail that is due", mailDue},
	{"audit newest first", audit},
}

// names gives the field of each element that a case is about.
func names[T any](list []T, name func(T) string) (out []string) {
	for _, v := range list {
		out = append(out, name(v))
	}
	return out
}

func usersByLogin(t *testing.T, s store.Store) {
	for i, login := range []string{"cecilia", "Anna", "östen", "bo", "Ängla"} {
		update(t, s, func(tx store.Tx) error {
			return tx.CreateUser(authn.User{ID: authn.UserID(fmt.Sprint("u_", i)), Login: login})
		})
	}
	users := read(t, s, func(r store.Reader) ([]authn.User, error) { return r.Users() })
	diff(t, "logins", names(users, func(u authn.User) string { return u.Login }), []string{"Anna", "bo", "cecilia", "Ängla", "östen"})
}

func loginCase(t *testing.T, s store.Store) {
	update(t, s, func(tx store.Tx) error {
		return errors.Join(
			tx.CreateUser(authn.User{ID: "u_1", Login: "Anna.Lind"}),
			tx.CreateUser(authn.User{ID: "u_2", Login: "Åsa"}),
		)
	})
	for login, want := range map[string]authn.UserID{
		"Anna.Lind": "u_1", "anna.lind": "u_1", "ANNA.LIND": "u_1",
		"Åsa": "u_2", "åsa": "u_2", "ÅSA": "u_2", "A\u030asa": "u_2", // the last in two code points, as some keyboards type it
	} {
		got := read(t, s, func(r store.Reader) (authn.User, error) { return r.UserByLogin(login) })
		if got.ID != want {
			t.Errorf("UserByLogin(%q): got %q, want %q", login, got.ID, want)
		}
	}
	for _, login := range []string{"anna", "anna_lind", "anna.lin%", "", "Anna.Lind "} {
		err := s.View(context.Background(), func(r store.Reader) error {
			_, err := r.UserByLogin(login)
			return err
		})
		wantErr(t, fmt.Sprintf("UserByLogin(%q)", login), err, store.ErrNotFound)
	}
	update(t, s, func(tx store.Tx) error {
		wantErr(t, "create", tx.CreateUser(authn.User{ID: "u_3", Login: "åSA"}), store.ErrExists)
		rename := func(to string) func(authn.User) (authn.User, error) {
			return func(u authn.User) (authn.User, error) { u.Login = to; return u, nil }
		}
		wantErr(t, "rename to another's", tx.UpdateUser("u_1", rename("åsa")), store.ErrExists)
		return errors.Join(tx.UpdateUser("u_1", rename("anna")), tx.CreateUser(authn.User{ID: "u_3", Login: "anna.lind"}))
	})
	got := read(t, s, func(r store.Reader) (authn.User, error) { return r.UserByLogin("Anna.lind") })
	if got.ID != "u_3" {
		t.Errorf("the login that became free: got %q, want u_3", got.ID)
	}
}

func listOrders(t *testing.T, s store.Store) {
	people(t, s)
	for i, offset := range []time.Duration{3, 1, 2, 2} { // the last two at the same time
		when, n := noon.Add(offset*time.Hour), fmt.Sprint(i)
		update(t, s, func(tx store.Tx) error {
			return errors.Join(
				tx.CreateAdmin(authn.Admin{ID: authn.AdminID(n), CreatedAt: when}),
				tx.CreateDevice(authn.Device{ID: authn.DeviceID(n), User: "u_a", CreatedAt: when}),
				tx.CreateClient(authn.Client{ID: authn.ClientID("z" + n), CreatedAt: when}),
			)
		})
	}
	admins := read(t, s, func(r store.Reader) ([]authn.Admin, error) { return r.Admins() })
	diff(t, "admins", names(admins, func(a authn.Admin) string { return string(a.ID) }), []string{"1", "2", "3", "0"})
	devices := read(t, s, func(r store.Reader) ([]authn.Device, error) { return r.Devices() })
	diff(t, "devices", names(devices, func(d authn.Device) string { return string(d.ID) }), []string{"1", "2", "3", "0"})
	clients := read(t, s, func(r store.Reader) ([]authn.Client, error) { return r.Clients() })
	diff(t, "clients", names(clients, func(c authn.Client) string { return string(c.ID) }), []string{"laptop", "z0", "z1", "z2", "z3"})
}

func devicesOf(t *testing.T, s store.Store) {
	people(t, s)
	update(t, s, func(tx store.Tx) error {
		return errors.Join(
			tx.CreateDevice(authn.Device{ID: "d_2", User: "u_a", CreatedAt: noon.Add(2), State: authn.DeviceRevoked}),
			tx.CreateDevice(authn.Device{ID: "d_b", User: "u_b", CreatedAt: noon.Add(1), State: authn.DeviceActive}),
			tx.CreateDevice(authn.Device{ID: "d_1", User: "u_a", CreatedAt: noon.Add(1), State: authn.DeviceActive}),
			tx.CreateDevice(authn.Device{ID: "d_0", User: "u_a", CreatedAt: noon.Add(1), State: authn.DevicePending}),
		)
	})
	of := func(user authn.UserID) []string {
		list := read(t, s, func(r store.Reader) ([]authn.Device, error) { return r.DevicesOf(user) })
		return names(list, func(d authn.Device) string { return string(d.ID) })
	}
	diff(t, "devices of a", of("u_a"), []string{"d_1", "d_0", "d_2"})
	diff(t, "devices of b", of("u_b"), []string{"d_b"})
	diff(t, "devices of nobody", of("u_x"), []string(nil))
}

func sessionsOf(t *testing.T, s store.Store) {
	people(t, s)
	update(t, s, func(tx store.Tx) error {
		var errs []error
		for i, user := range []authn.UserID{"u_a", "u_b", "u_a", "u_a"} {
			v := authn.RegistrationSession{ID: authn.RegistrationID(fmt.Sprint("s_", i)), User: user, CreatedAt: noon.Add(time.Duration(min(i, 2)))}
			errs = append(errs, tx.CreateRegistrationSession(v))
		}
		return errors.Join(errs...)
	})
	id := func(v authn.RegistrationSession) string { return string(v.ID) }
	all := read(t, s, func(r store.Reader) ([]authn.RegistrationSession, error) { return r.RegistrationSessions() })
	diff(t, "all", names(all, id), []string{"s_3", "s_2", "s_1", "s_0"})
	a := read(t, s, func(r store.Reader) ([]authn.RegistrationSession, error) { return r.RegistrationSessionsOf("u_a") })
	diff(t, "of a", names(a, id), []string{"s_3", "s_2", "s_0"})
}

func sessionByHash(t *testing.T, s store.Store) {
	people(t, s)
	one, two := session(1), session(2)
	none := authn.RegistrationSession{ID: "s_none", User: "u_a"}
	update(t, s, func(tx store.Tx) error {
		return errors.Join(tx.CreateRegistrationSession(one), tx.CreateRegistrationSession(two), tx.CreateRegistrationSession(none))
	})
	view(t, s, func(r store.Reader) error {
		got, err1 := r.RegistrationSessionBySecret(two.Secret)
		diff(t, "by secret", got, two)
		got, err2 := r.RegistrationSessionByPage(one.Page)
		diff(t, "by page", got, one)
		_, err := r.RegistrationSessionBySecret(one.Page)
		wantErr(t, "by secret, given a page", err, store.ErrNotFound)
		_, err = r.RegistrationSessionBySecret(authn.Hash{})
		wantErr(t, "by no secret", err, store.ErrNotFound)
		_, err = r.RegistrationSessionByPage(authn.Hash{})
		wantErr(t, "by no page", err, store.ErrNotFound)
		return errors.Join(err1, err2)
	})
}

func sessionUnique(t *testing.T, s store.Store) {
	people(t, s)
	one, two, three := session(1), session(2), session(3)
	two.Secret, three.Page = one.Secret, one.Page
	update(t, s, func(tx store.Tx) error {
		err := tx.CreateRegistrationSession(one)
		wantErr(t, "same secret", tx.CreateRegistrationSession(two), store.ErrExists)
		wantErr(t, "same page", tx.CreateRegistrationSession(three), store.ErrExists)
		return err
	})
	update(t, s, func(tx store.Tx) error { // several without a page
		return errors.Join(
			tx.CreateRegistrationSession(authn.RegistrationSession{ID: "s_1", User: "u_a"}),
			tx.CreateRegistrationSession(authn.RegistrationSession{ID: "s_2", User: "u_a"}),
		)
	})
}

func requestByAuthReq(t *testing.T, s store.Store) {
	people(t, s)
	one, two, same := request(1), request(2), request(3)
	same.AuthReq = one.AuthReq
	update(t, s, func(tx store.Tx) error {
		err := errors.Join(tx.CreateApprovalRequest(one), tx.CreateApprovalRequest(two))
		wantErr(t, "same auth_req_id", tx.CreateApprovalRequest(same), store.ErrExists)
		return err
	})
	view(t, s, func(r store.Reader) error {
		got, err := r.ApprovalRequestByAuthReq(two.AuthReq)
		diff(t, "request", got, two)
		_, none := r.ApprovalRequestByAuthReq(two.Handle)
		wantErr(t, "by handle", none, store.ErrNotFound)
		_, none = r.ApprovalRequestByAuthReq(authn.Hash{})
		wantErr(t, "by nothing", none, store.ErrNotFound)
		return err
	})
}

func openRequests(t *testing.T, s store.Store) {
	people(t, s)
	states := []authn.RequestState{
		authn.RequestOpen, authn.RequestApproved, authn.RequestDenied, authn.RequestReported, authn.RequestExpired,
		authn.RequestCancelled, authn.RequestRedeemed, authn.RequestFailed, authn.RequestOpen,
	}
	update(t, s, func(tx store.Tx) error {
		var errs []error
		for i, state := range states {
			for _, user := range []authn.UserID{"u_a", "u_b"} {
				errs = append(errs, tx.CreateApprovalRequest(authn.ApprovalRequest{
					ID: authn.RequestID(fmt.Sprintf("r_%d%s", i, user)), User: user, Client: "laptop", State: state,
					OpenedAt: noon.Add(time.Duration(-i)), Expires: noon.Add(-time.Hour), // past its time
				}))
			}
		}
		return errors.Join(errs...)
	})
	open := func() []string {
		list := read(t, s, func(r store.Reader) ([]authn.ApprovalRequest, error) { return r.OpenApprovalRequests("u_a") })
		return names(list, func(v authn.ApprovalRequest) string { return string(v.ID) })
	}
	diff(t, "open", open(), []string{"r_8u_a", "r_0u_a"})
	late := func(now time.Time, limit int) []string {
		list := read(t, s, func(r store.Reader) ([]authn.ApprovalRequest, error) { return r.LateApprovalRequests(now, limit) })
		return slices.Sorted(slices.Values(names(list, func(v authn.ApprovalRequest) string { return string(v.ID) })))
	}
	expiry := noon.Add(-time.Hour)
	diff(t, "late", late(expiry, 10), []string{"r_0u_a", "r_0u_b", "r_8u_a", "r_8u_b"})
	diff(t, "late, with a limit", len(late(expiry, 3)), 3)
	diff(t, "late a moment earlier", len(late(expiry.Add(-1), 10)), 0)
	update(t, s, func(tx store.Tx) error {
		return tx.UpdateApprovalRequest("r_8u_a", func(v authn.ApprovalRequest) (authn.ApprovalRequest, error) {
			return v.Fail(noon), nil
		})
	})
	diff(t, "open after one has failed", open(), []string{"r_0u_a"})
}

func noticesSince(t *testing.T, s store.Store) {
	people(t, s)
	update(t, s, func(tx store.Tx) error {
		return errors.Join(
			tx.CreateNotice(authn.Notice{ID: "n_3", User: "u_a", At: noon.Add(1)}),
			tx.CreateNotice(authn.Notice{ID: "n_1", User: "u_a", At: noon.Add(-1)}),
			tx.CreateNotice(authn.Notice{ID: "n_2", User: "u_a", At: noon}),
			tx.CreateNotice(authn.Notice{ID: "n_4", User: "u_a", At: noon.Add(1)}),
			tx.CreateNotice(authn.Notice{ID: "n_b", User: "u_b", At: noon}),
			tx.CreateNotice(authn.Notice{ID: "n_0", User: "u_a"}),
		)
	})
	for since, want := range map[time.Time][]string{
		{}:          {"n_0", "n_1", "n_2", "n_3", "n_4"},
		noon:        {"n_2", "n_3", "n_4"},
		noon.Add(1): {"n_3", "n_4"},
		noon.Add(2): nil,
	} {
		list := read(t, s, func(r store.Reader) ([]authn.Notice, error) { return r.NoticesOf("u_a", since) })
		diff(t, fmt.Sprint("since ", since), names(list, func(n authn.Notice) string { return string(n.ID) }), want)
	}
}

func mailDue(t *testing.T, s store.Store) {
	people(t, s)
	update(t, s, func(tx store.Tx) error {
		return errors.Join(
			tx.CreateNotice(authn.Notice{ID: "n_later", User: "u_a", Mail: authn.MailQueued, NextTry: noon.Add(1)}),
			tx.CreateNotice(authn.Notice{ID: "n_now", User: "u_a", Mail: authn.MailQueued, NextTry: noon}),
			tx.CreateNotice(authn.Notice{ID: "n_past", User: "u_b", Mail: authn.MailQueued, NextTry: noon.Add(-1)}),
			tx.CreateNotice(authn.Notice{ID: "n_first", User: "u_a", Mail: authn.MailQueued}),
			tx.CreateNotice(authn.Notice{ID: "n_none", User: "u_a", Mail: authn.MailNone, NextTry: noon}),
			tx.CreateNotice(authn.Notice{ID: "n_sent", User: "u_a", Mail: authn.MailSent, NextTry: noon}),
			tx.CreateNotice(authn.Notice{ID: "n_failed", User: "u_a", Mail: authn.MailFailed, NextTry: noon}),
		)
	})
	due := func(max int) []string {
		list := read(t, s, func(r store.Reader) ([]authn.Notice, error) { return r.MailDue(noon, max) })
		return names(list, func(n authn.Notice) string { return string(n.ID) })
	}
	diff(t, "due", due(10), []string{"n_first", "n_past", "n_now"})
	diff(t, "two of them", due(2), []string{"n_first", "n_past"})
	diff(t, "none of them", due(0), []string(nil))
	diff(t, "fewer than none", due(-1), []string(nil))
	update(t, s, func(tx store.Tx) error {
		return tx.UpdateNotice("n_past", func(n authn.Notice) (authn.Notice, error) {
			n.Tries, n.NextTry = n.Tries+1, noon.Add(time.Minute)
			return n, nil
		})
	})
	diff(t, "due after a try", due(10), []string{"n_first", "n_now"})
}

func audit(t *testing.T, s store.Store) {
	want := []authn.AuditRecord{filled[authn.AuditRecord](2), {}, filled[authn.AuditRecord](1)} // the clock was set back
	for i := range want {
		update(t, s, func(tx store.Tx) error { return tx.AppendAudit(want[len(want)-1-i]) })
	}
	for max, n := range map[int]int{10: 3, 3: 3, 2: 2, 1: 1, 0: 0, -1: 0} {
		got := read(t, s, func(r store.Reader) ([]authn.AuditRecord, error) { return r.Audit(max) })
		diff(t, fmt.Sprintf("newest %d", max), got, append([]authn.AuditRecord(nil), want[:n]...))
	}
}
