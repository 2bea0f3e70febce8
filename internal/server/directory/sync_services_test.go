package directory_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-ldap/ldap/v3"

	"avow/internal/authn"
	"avow/internal/server/directory"
	"avow/internal/server/live"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/store/sqlite/sqlitetest"
)

// world is a store and the service that keeps it in step, with a clock that tests move. It begins at the machine's time, which slapd has too.
type world struct {
	*directory.Service
	t     *testing.T
	site  *site.Site
	ahead atomic.Int64
	log   strings.Builder
}

func newWorld(t *testing.T, c directory.Config) *world {
	t.Helper()
	db, err := sqlitetest.Open(t.Context(), filepath.Join(t.TempDir(), "avow.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	w := &world{t: t}
	w.site = &site.Site{
		Store: db, Live: live.NewHub(), Log: slog.New(slog.NewTextHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Now: func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) },
	}
	w.Service = w.open(c)
	return w
}

func (w *world) open(c directory.Config) *directory.Service {
	w.t.Helper()
	s, err := directory.New(w.t.Context(), w.site, c)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) advance(d time.Duration) { w.ahead.Add(int64(d)) }

func (w *world) sync(o directory.Order) directory.Run {
	w.t.Helper()
	r, err := w.Sync(w.t.Context(), o)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

func (w *world) user(login string) (u authn.User) {
	w.t.Helper()
	err := w.site.Store.View(w.t.Context(), func(r store.Reader) (err error) {
		u, err = r.UserByLogin(login)
		return err
	})
	if err != nil {
		w.t.Fatalf("user %s: %v", login, err)
	}
	return u
}

func (w *world) users() (all []authn.User) {
	w.t.Helper()
	err := w.site.Store.View(w.t.Context(), func(r store.Reader) (err error) {
		all, err = r.Users()
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return all
}

func (w *world) change(login string, status authn.UserStatus) {
	w.t.Helper()
	err := w.site.Store.Update(w.t.Context(), func(tx store.Tx) error {
		return tx.UpdateUser(w.user(login).ID, func(u authn.User) (authn.User, error) {
			u.Status = status
			return u, nil
		})
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// actions are the audit records of one kind, the oldest first.
func (w *world) records(action string) (found []authn.AuditRecord) {
	w.t.Helper()
	err := w.site.Store.View(w.t.Context(), func(r store.Reader) error {
		all, err := r.Audit(1000)
		for _, a := range all {
			if a.Action == action {
				found = append(found, a)
			}
		}
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	slices.Reverse(found)
	return found
}

func counts(r directory.Run) directory.Counts { return r.Counts }

func TestServicesSync(t *testing.T) {
	s := startSlapd(t, many(1200), true)
	w := newWorld(t, s.config())
	local, err := authn.NewUser("U00003", "A local one", "", w.site.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := w.site.Store.Update(t.Context(), func(tx store.Tx) error { return tx.CreateUser(local) }); err != nil {
		t.Fatal(err)
	}

	first := w.sync(directory.Order{})
	if want := (directory.Counts{Read: 1202, Created: 1201, Conflicts: 1}); counts(first) != want || !first.Full {
		t.Errorf("first read: %+v", first)
	}
	if got := w.user("u00003"); got.ID != local.ID || got.Name != "A local one" || got.Source != authn.UserLocal {
		t.Errorf("the local user is now %+v", got)
	}
	if st := w.Status(); len(st.Notes) != 1 || !strings.Contains(st.Notes[0], "another user with the login u00003") || st.Problem != "" || st.Last.Created != 1201 {
		t.Errorf("status %+v", st)
	}
	anna := w.user("anna")
	if anna.Source != authn.UserDirectory || len(anna.DirectoryID) != 36 || anna.Name != "Anna Lind" || anna.Phone != "+46701234567" || anna.Language != "de" || anna.PasswordExpiresAt.IsZero() || anna.Status != authn.UserActive {
		t.Errorf("anna is %+v", anna)
	}
	if w.user("bo").Status != authn.UserDisabled {
		t.Error("bo is disabled in the directory, and not here")
	}
	if facts := w.records("directory.sync")[0].Facts; facts["created"] != "1201" || facts["conflicts"] != "1" || facts["full"] != "true" {
		t.Errorf("recorded as %v", facts)
	}

	// Nothing happens, and nothing is recorded. After an hour the new entries of the load are not read again either.
	w.advance(time.Minute)
	if r := w.sync(directory.Order{}); r.Full || r.Created+r.Updated+r.Disabled+r.Vanished != 0 || len(w.records("directory.sync")) != 1 {
		t.Errorf("second read: %+v", r)
	}

	// A change is found by its time; the directory disables, enables, and never touches what an administrator has done.
	s.set(personDN("anna"), "mobile", "+46 70 765 43 21")
	s.set(personDN("u00001"), "pwdAccountLockedTime", "000001010000Z")
	s.set(personDN("u00002"), "pwdAccountLockedTime", "000001010000Z")
	w.change("u00002", authn.UserDisabled)
	waiting := w.site.Live.Wait(live.User(string(w.user("u00001").ID)))
	defer waiting.Close()
	r := w.sync(directory.Order{})
	if r.Full || r.Updated != 1 || r.Disabled != 1 || w.user("anna").Phone != "+46707654321" || w.user("u00001").Status != authn.UserDisabled {
		t.Errorf("incremental: %+v", r)
	}
	select {
	case <-waiting.C():
	default:
		t.Error("who waits for u00001 was not woken")
	}
	if a := w.records("user.disable"); len(a) != 1 || a[0].Actor != "directory" || a[0].Facts["login"] != "u00001" || a[0].Reason == "" {
		t.Errorf("recorded as %+v", a)
	}
	s.set(personDN("u00001"), "pwdAccountLockedTime")
	s.set(personDN("u00002"), "pwdAccountLockedTime")
	s.set(personDN("bo"), "pwdAccountLockedTime")
	if r := w.sync(directory.Order{}); r.Enabled != 2 || w.user("u00001").Status != authn.UserActive || w.user("bo").Status != authn.UserActive || w.user("u00002").Status != authn.UserDisabled {
		t.Errorf("enabled again: %+v; u00002, whom an administrator disabled, is %s", r, w.user("u00002").Status)
	}

	// A new person, a new login, a login that somebody has.
	s.add(personDN("cia"), map[string][]string{"objectClass": {"inetOrgPerson"}, "uid": {"cia"}, "cn": {"Cia"}, "sn": {"Cia"}, "mail": {"nobody at all"}})
	if err := s.root("dc=example,dc=com").ModifyDN(ldap.NewModifyDNRequest(personDN("u00004"), "uid=renamed", true, "")); err != nil {
		t.Fatal(err)
	}
	if err := s.root("dc=example,dc=com").ModifyDN(ldap.NewModifyDNRequest(personDN("u00005"), "uid=annalind", true, "")); err != nil {
		t.Fatal(err)
	}
	id := w.user("u00004").ID
	r = w.sync(directory.Order{})
	if r.Created != 0 || r.Broken != 1 || r.Updated != 2 || w.user("renamed").ID != id {
		t.Errorf("new and renamed: %+v", r)
	}
	if st := w.Status(); !slices.ContainsFunc(st.Notes, func(n string) bool { return strings.Contains(n, "uid=cia") && strings.Contains(n, "mail address") }) {
		t.Errorf("notes %q", st.Notes)
	}
	s.set(personDN("cia"), "mail", "cia@example.com")
	if r := w.sync(directory.Order{}); r.Created != 1 || w.user("cia").Mail != "cia@example.com" {
		t.Errorf("put right: %+v", r)
	}

	// Who vanishes is found by a full read, which is done once a day, and disabled; who comes back is enabled.
	s.remove(personDN("u00006"))
	if r := w.sync(directory.Order{}); r.Full || w.user("u00006").Status != authn.UserActive {
		t.Errorf("found without a full read: %+v", r)
	}
	w.advance(24 * time.Hour)
	if r := w.sync(directory.Order{}); !r.Full || r.Vanished != 1 || w.user("u00006").Status != authn.UserDisabled {
		t.Errorf("vanished: %+v, %s", r, w.user("u00006").Status)
	}
	narrow := s.config()
	narrow.Filter = "(&(objectClass=inetOrgPerson)(!(uid=u00007)))"
	w.Service = w.open(narrow)
	if r := w.sync(directory.Order{}); !r.Full || r.Vanished != 1 || w.user("u00007").Status != authn.UserDisabled {
		t.Errorf("with another filter: %+v", r)
	}
	w.Service = w.open(s.config())
	if r := w.sync(directory.Order{}); !r.Full || r.Enabled != 1 || w.user("u00007").Status != authn.UserActive {
		t.Errorf("back again: %+v", r)
	}

	// A filter that finds nearly nobody disables nobody, unless somebody says that it is right.
	narrow.Filter = "(uid=anna)"
	w.Service = w.open(narrow)
	if _, err := w.Sync(t.Context(), directory.Order{}); authn.CodeOf(err) != "directory_vanished" || w.user("u00008").Status != authn.UserActive {
		t.Errorf("a wrong filter: %v, %s", err, w.user("u00008").Status)
	}
	if st := w.Status(); !strings.Contains(st.Problem, "nobody was disabled") || st.ProblemSince.IsZero() {
		t.Errorf("status %+v", st)
	}
	if r := w.sync(directory.Order{Full: true, Vanished: true}); r.Vanished < 1190 || w.user("u00008").Status != authn.UserDisabled || w.user("U00003").Status != authn.UserActive {
		t.Errorf("they are gone: %+v", r)
	}
}

// A read that is broken off anywhere is begun again and ends as one that was not.
func TestServicesSyncBrokenOff(t *testing.T) {
	s := startSlapd(t, many(1200), true)
	w := newWorld(t, s.config())
	real := w.site.Store
	for n := 1; ; n++ {
		w.site.Store = &failing{Store: real, after: n}
		_, err := w.Sync(t.Context(), directory.Order{})
		w.site.Store = real
		if err == nil {
			break
		}
		if !errors.Is(err, errPulled) {
			t.Fatal(err)
		}
		if n > 20 {
			t.Fatal("it never ends")
		}
	}
	seen := map[string]bool{}
	for _, u := range w.users() {
		if seen[u.DirectoryID] {
			t.Errorf("%s is there twice", u.Login)
		}
		seen[u.DirectoryID] = true
	}
	if len(seen) != 1202 {
		t.Errorf("%d users", len(seen))
	}
	if r := w.sync(directory.Order{Full: true}); r.Created+r.Updated+r.Vanished+r.Disabled != 0 {
		t.Errorf("not in step: %+v", r)
	}
}

var errPulled = errors.New("the plug was pulled")

// failing is a store that stops at one of its updates.
type failing struct {
	store.Store
	after int
}

func (f *failing) Update(ctx context.Context, fn func(store.Tx) error) error {
	if f.after--; f.after < 0 {
		return errPulled
	}
	return f.Store.Update(ctx, fn)
}

func TestServicesSyncActiveDirectory(t *testing.T) {
	s := startSlapd(t, "", true)
	w := newWorld(t, s.adConfig())
	if r := w.sync(directory.Order{}); counts(r) != (directory.Counts{Read: 4, Created: 3, Broken: 1}) {
		t.Errorf("%+v", r)
	}
	if w.user("dan").Status != authn.UserDisabled || w.user("cleo").DirectoryID != "00112233-4455-6677-8899-aabbccddeeff" {
		t.Errorf("dan is %s, cleo is %+v", w.user("dan").Status, w.user("cleo"))
	}

	// An entry that cannot be read any more has not vanished. If its id cannot be read, nobody has.
	s.set("cn=Cleo Falk,dc=ad,dc=test", "pwdLastSet", "-1")
	if r := w.sync(directory.Order{Full: true}); r.Broken != 2 || r.Vanished != 0 || w.user("cleo").Status != authn.UserActive {
		t.Errorf("broken: %+v, cleo is %s", r, w.user("cleo").Status)
	}
	s.set("cn=Eva Berg,dc=ad,dc=test", "objectGUID")
	if r := w.sync(directory.Order{Full: true}); r.Broken != 3 || r.Vanished != 0 || w.user("eva").Status != authn.UserActive {
		t.Errorf("without an id: %+v, eva is %s", r, w.user("eva").Status)
	}
	s.remove("cn=Eva Berg,dc=ad,dc=test")
	if r := w.sync(directory.Order{Full: true}); r.Vanished != 1 || w.user("eva").Status != authn.UserDisabled {
		t.Errorf("gone: %+v, eva is %s", r, w.user("eva").Status)
	}

	// Who is disabled signs in nowhere, also not without a network.
	s.set("cn=Cleo Falk,dc=ad,dc=test", "pwdLastSet", "134064288000000000")
	grant := authn.Grant{ID: authn.GrantID{1}, Computer: "c_1", Device: "d_1", User: w.user("cleo").ID, State: authn.GrantActive, Expires: w.site.Now().Add(time.Hour)}
	err := w.site.Store.Update(t.Context(), func(tx store.Tx) error {
		return errors.Join(tx.CreateDevice(authn.Device{ID: "d_1", User: grant.User, State: authn.DeviceActive}), tx.CreateComputer(authn.Computer{ID: "c_1"}), tx.CreateGrant(grant))
	})
	if err != nil {
		t.Fatal(err)
	}
	s.set("cn=Cleo Falk,dc=ad,dc=test", "userAccountControl", "514")
	s.set("cn=Cleo Falk,dc=ad,dc=test", "whenChanged", w.site.Now().UTC().Format("20060102150405.0Z"))
	if r := w.sync(directory.Order{}); r.Full || r.Disabled != 1 || w.user("cleo").Status != authn.UserDisabled {
		t.Errorf("%+v, cleo is %s", r, w.user("cleo").Status)
	}
	err = w.site.Store.View(t.Context(), func(r store.Reader) (err error) {
		grant, err = r.Grant(grant.ID)
		return err
	})
	if err != nil || grant.State != authn.GrantRevoked {
		t.Errorf("the grant of a disabled user is %s, %v", grant.State, err)
	}
}

// The directory is away, then back: Run goes on by itself, and says why and since when it did not.
func TestServicesRun(t *testing.T) {
	s := startSlapd(t, "", true)
	s.stop()
	w := newWorld(t, s.config())
	if _, err := w.Sync(t.Context(), directory.Order{}); authn.CodeOf(err) != "directory_unreachable" {
		t.Errorf("got %v", err)
	}
	if st := w.Status(); !strings.Contains(st.Problem, "directory.url") || st.ProblemSince.IsZero() || st.Running || st.Runs != 1 {
		t.Errorf("status %+v", st)
	}
	s.start()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.Run(ctx)
	}()
	wait := w.Ask(directory.Order{Full: true})
	for w.Status().Runs < wait || w.Status().Running {
		runtime.Gosched()
	}
	if st := w.Status(); st.Problem != "" || st.Last.Read != 2 || st.NextAt.IsZero() && st.Runs > wait {
		t.Errorf("status %+v", st)
	}
	cancel()
	<-done
}

// R5: ten thousand users. The figures are those of docs/performance.md.
func TestServicesTenThousand(t *testing.T) {
	s := startSlapd(t, many(10_000), true)
	w := newWorld(t, s.config())
	var peak atomic.Uint64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		for {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak.Store(max(peak.Load(), m.HeapInuse))
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	}()
	for _, what := range []string{"first import", "full read without a change"} {
		runtime.GC()
		peak.Store(0)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		begin := time.Now()
		r := w.sync(directory.Order{Full: true})
		took := time.Since(begin)
		runtime.ReadMemStats(&after)
		t.Logf("%s: %d read, %d created in %.2f s; heap at most %.1f MB, %.0f MB allocated in all", what, r.Read, r.Created, took.Seconds(),
			float64(peak.Load())/1e6, float64(after.TotalAlloc-before.TotalAlloc)/1e6)
	}
	close(stop)
	<-stopped
	w.advance(time.Hour)
	begin := time.Now()
	s.set(personDN("u00042"), "displayName", "Another Name")
	r := w.sync(directory.Order{})
	t.Logf("incremental: %d read, %d updated in %.2f s", r.Read, r.Updated, time.Since(begin).Seconds())
	if len(w.users()) != 10_002 || r.Updated != 1 {
		t.Errorf("%d users, %+v", len(w.users()), r)
	}
}
