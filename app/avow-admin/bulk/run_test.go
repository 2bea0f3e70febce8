package bulk

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/wire"
)

// fake is a server that counts, and fails where a test wants it.
type fake struct {
	mu       sync.Mutex
	now      time.Time
	sessions map[string][]wire.AdminSession
	asked    int
	busy     int // requests under way
	most     int
	add      func(n int, c wire.AddSession) (before, after error) // before: nothing was made; after: it was, and the answer is lost
	block    chan struct{}                                        // each request waits for one
	entered  chan struct{}                                        // each says that it has come
}

func newFake() *fake {
	return &fake{now: time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC), sessions: map[string][]wire.AdminSession{}}
}

func (f *fake) Time(context.Context) (time.Time, error) { return f.now, nil }

func (f *fake) Sessions(_ context.Context, login string) ([]wire.AdminSession, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sessions[strings.ToLower(login)], nil
}

func (f *fake) AddSession(_ context.Context, c wire.AddSession) (wire.AddedSession, error) {
	f.mu.Lock()
	f.asked++
	n := f.asked
	f.busy++
	f.most = max(f.most, f.busy)
	f.mu.Unlock()
	if f.block != nil {
		f.entered <- struct{}{}
		<-f.block
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.busy--
	var before, after error
	if f.add != nil {
		before, after = f.add(n, c)
	}
	if before != nil {
		return wire.AddedSession{}, before
	}
	login := strings.ToLower(c.UserName)
	if old := f.sessions[login]; len(old) > 0 && old[0].Status == "active" {
		if !c.Force {
			return wire.AddedSession{}, authn.Fail(authn.Conflict, "session_open", "There is an open code for this user.")
		}
		old[0].Status = "revoked"
	}
	s := wire.AddedSession{AdminSession: wire.AdminSession{
		ID: authn.RegistrationID(fmt.Sprintf("s_%d", n)), UserName: c.UserName, CreatedByUserName: "maja", CreatedAt: f.now, ExpiresAt: f.now.Add(time.Hour),
		Status: "active", Sent: true, SecondProof: c.SecondProof,
	}}
	if c.SecondProof == authn.ProofPIN {
		s.PIN = "01234567"
	}
	f.sessions[login] = append([]wire.AdminSession{s.AdminSession}, f.sessions[login]...)
	return s, after
}

// count is how many sessions were made, all together.
func (f *fake) count() (n int) {
	for _, s := range f.sessions {
		n += len(s)
	}
	return n
}

// run runs a file of n users on a journal at path.
func (f *fake) run(t *testing.T, path string, n int, change func(*Run)) ([]Result, error) {
	t.Helper()
	j, err := OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = j.Close() }()
	r := &Run{Server: f, Issuer: "https://id.example.com", Admin: "maja", Journal: j, Wait: func(context.Context, time.Duration) error { return nil }}
	for i := range n {
		r.Rows = append(r.Rows, Row{i + 2, wire.AddSession{UserName: fmt.Sprintf("user%d", i), Sent: true, SecondProof: authn.ProofCode}})
	}
	if change != nil {
		change(r)
	}
	return r.Do(t.Context())
}

func states(results []Result) map[State]int {
	m := map[State]int{}
	for _, r := range results {
		m[r.State]++
	}
	return m
}

func journalIn(t *testing.T) string { return filepath.Join(t.TempDir(), "users.csv"+JournalEnding) }

func lost() error { return client.ErrUnreachable.Because(errors.New("broken off")) }

// Each answer, lost once: the session is found, and none is made twice; also with force, which would make another.
func TestLostAnswers(t *testing.T) {
	for _, force := range []bool{false, true} {
		f := newFake()
		f.add = func(n int, _ wire.AddSession) (error, error) {
			if n%3 == 0 {
				return nil, lost()
			}
			return nil, nil
		}
		results, err := f.run(t, journalIn(t), 100, func(r *Run) {
			for i := range r.Rows {
				r.Rows[i].Command.Force = force
			}
		})
		if err != nil || states(results)[StateMade] != 100 || f.count() != 100 {
			t.Errorf("force %v: %v, %d sessions, %v", force, states(results), f.count(), err)
		}
	}
}

// The PIN of a lost answer is lost: that is said, and nothing is made twice.
func TestLostPIN(t *testing.T) {
	f := newFake()
	f.add = func(n int, _ wire.AddSession) (error, error) {
		if n == 1 {
			return nil, lost()
		}
		return nil, nil
	}
	path := journalIn(t)
	pin := func(r *Run) { r.Rows[0].Command.SecondProof = authn.ProofPIN }
	results, err := f.run(t, path, 1, pin)
	if err != nil || results[0].State != StateFailed || !errors.Is(results[0].Err, ErrPINLost) || f.count() != 1 {
		t.Fatalf("%+v %v", results, err)
	}
	if results, err = f.run(t, path, 1, pin); err != nil || !errors.Is(results[0].Err, ErrPINLost) || f.count() != 1 {
		t.Fatalf("%+v %v", results, err)
	}
	results, err = f.run(t, path, 1, func(r *Run) { pin(r); r.Rows[0].Command.Force = true })
	if err != nil || results[0].State != StateMade || results[0].Made.PIN != "01234567" {
		t.Fatalf("%+v %v", results, err)
	}
	// The next run still knows the PIN, for its report.
	if results, err = f.run(t, path, 1, pin); err != nil || results[0].State != StateBefore || results[0].Made.PIN != "01234567" {
		t.Fatalf("%+v %v", results, err)
	}
}

// A run that was killed at any line of its journal goes on: everybody gets one session.
func TestKilledAnywhere(t *testing.T) {
	f := newFake()
	path := journalIn(t)
	if _, err := f.run(t, path, 70, nil); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for cut := 0; cut < len(whole); cut += 211 {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		// What the journal does not say was made, but was asked for, may be on the server; what was not asked for is not.
		j, err := OpenJournal(path)
		if err != nil {
			t.Fatal(err)
		}
		kept := map[string][]wire.AdminSession{}
		for user := range j.tried {
			kept[user] = f.sessions[user]
		}
		for user := range j.made {
			kept[user] = f.sessions[user]
		}
		_ = j.Close()
		after := newFake()
		after.sessions = kept
		results, err := after.run(t, path, 70, nil)
		if s := states(results); err != nil || s[StateMade]+s[StateBefore] != 70 || after.count() != 70 {
			t.Fatalf("cut at %d: %v, %d sessions, %v", cut, s, after.count(), err)
		}
	}
}

// A run that was killed while the server had made a session and not yet answered finds it, also with force: the journal names a row before the server is asked.
func TestKilledAtRequest(t *testing.T) {
	force := func(r *Run) {
		for i := range r.Rows {
			r.Rows[i].Command.Force = true
		}
	}
	for _, at := range []int{1, 2, 20, 70} {
		f, path := newFake(), journalIn(t)
		var journal []byte
		after := newFake()
		f.add = func(n int, c wire.AddSession) (error, error) {
			if n != at {
				return nil, nil
			}
			var err error
			if journal, err = os.ReadFile(path); err != nil {
				return err, nil
			}
			for user, sessions := range f.sessions {
				after.sessions[user] = sessions
			}
			after.sessions[c.UserName] = []wire.AdminSession{{CreatedByUserName: "maja", CreatedAt: f.now, Status: "active", Sent: true, SecondProof: authn.ProofCode}}
			return nil, nil
		}
		if _, err := f.run(t, path, 70, force); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, journal, 0o600); err != nil {
			t.Fatal(err)
		}
		results, err := after.run(t, path, 70, force)
		if s := states(results); err != nil || s[StateMade]+s[StateBefore] != 70 || after.count() != 70 {
			t.Errorf("killed at %d: %v, %d sessions, %v", at, s, after.count(), err)
		}
	}
}

// A session that somebody else has made, or that is older than the run, is not taken for this run's.
func TestNotMine(t *testing.T) {
	f := newFake()
	f.sessions["user0"] = []wire.AdminSession{{CreatedByUserName: "erik", CreatedAt: f.now, Status: "active", Sent: true}}
	f.sessions["user1"] = []wire.AdminSession{{CreatedByUserName: "maja", CreatedAt: f.now.Add(-time.Hour), Status: "active", Sent: true}}
	f.sessions["user2"] = []wire.AdminSession{{CreatedByUserName: "maja", CreatedAt: f.now, Status: "active"}}
	first := map[string]bool{}
	f.add = func(_ int, c wire.AddSession) (error, error) {
		if !first[c.UserName] {
			first[c.UserName] = true
			return lost(), nil
		}
		return nil, nil
	}
	results, err := f.run(t, journalIn(t), 4, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"session_open", "session_open", "session_open", ""} {
		if got := authn.CodeOf(results[i].Err); got != want {
			t.Errorf("user%d: %q, want %q", i, got, want)
		}
	}
}

// What fails is tried again by the next run; what is made is not.
func TestAgain(t *testing.T) {
	f := newFake()
	path := journalIn(t)
	f.add = func(_ int, c wire.AddSession) (error, error) {
		if c.UserName == "user1" {
			return authn.Fail(authn.Conflict, "no_mail", "No mail."), nil
		}
		return nil, nil
	}
	results, err := f.run(t, path, 3, nil)
	if diff := cmp.Diff(map[State]int{StateMade: 2, StateFailed: 1}, states(results)); diff != "" || err != nil {
		t.Fatal(diff, err)
	}
	f.add = nil
	results, err = f.run(t, path, 4, nil)
	if diff := cmp.Diff(map[State]int{StateBefore: 2, StateMade: 2}, states(results)); diff != "" || err != nil {
		t.Fatal(diff, err)
	}
}

// The server's own time to wait is kept, and what passes is tried again; what does not stops the run.
func TestWaits(t *testing.T) {
	f := newFake()
	f.add = func(n int, _ wire.AddSession) (error, error) {
		if n < 3 {
			return authn.Fail(authn.TooMany, "too_many_requests", "Later.").After(time.Minute), nil
		}
		return nil, nil
	}
	var waited []time.Duration
	var mu sync.Mutex
	wait := func(r *Run) {
		r.Wait = func(_ context.Context, d time.Duration) error {
			mu.Lock()
			defer mu.Unlock()
			waited = append(waited, d)
			return nil
		}
	}
	if results, err := f.run(t, journalIn(t), 1, wait); err != nil || states(results)[StateMade] != 1 {
		t.Fatal(results, err)
	}
	if len(waited) != 2 || waited[0] != time.Minute {
		t.Errorf("waited %v", waited)
	}
	f = newFake()
	f.add = func(int, wire.AddSession) (error, error) { return lost(), nil }
	path := journalIn(t)
	results, err := f.run(t, path, 9, wait)
	if !errors.Is(err, client.ErrUnreachable) || states(results)[StateOpen] != 9 {
		t.Errorf("%v %v", states(results), err)
	}
	f.add = func(int, wire.AddSession) (error, error) { return authn.ErrNotAllowed, nil }
	f.asked = 0
	if results, err = f.run(t, path, 100, wait); !errors.Is(err, authn.ErrNotAllowed) || states(results)[StateOpen] != 100 || f.asked > parallel {
		t.Errorf("%v %v, asked %d times", states(results), err, f.asked)
	}
	f.add = nil
	if results, err = f.run(t, path, 100, wait); err != nil || states(results)[StateMade] != 100 {
		t.Errorf("%v %v", states(results), err)
	}
}

// Four at a time; and when it is stopped, what is under way is awaited and kept.
func TestStopped(t *testing.T) {
	f := newFake()
	f.block, f.entered = make(chan struct{}), make(chan struct{}, 50)
	path := journalIn(t)
	ctx, cancel := context.WithCancel(t.Context())
	j, err := OpenJournal(path)
	if err != nil {
		t.Fatal(err)
	}
	r := &Run{Server: f, Issuer: "https://id.example.com", Admin: "maja", Journal: j}
	for i := range 50 {
		r.Rows = append(r.Rows, Row{i + 2, wire.AddSession{UserName: fmt.Sprintf("user%d", i), Sent: true}})
	}
	done := make(chan struct{})
	var results []Result
	go func() {
		defer close(done)
		results, err = r.Do(ctx)
	}()
	for range parallel {
		<-f.entered
	}
	for range 7 { // with these answered, four more are asked for; then no more
		f.block <- struct{}{}
	}
	cancel()
	close(f.block)
	<-done
	_ = j.Close()
	made := states(results)[StateMade]
	if !errors.Is(err, client.ErrCancelled) || made < 7 || made > 12 || made != f.count() || f.most != parallel {
		t.Errorf("%v %v, %d on the server, %d at a time", states(results), err, f.count(), f.most)
	}
	f.block = nil
	again, err := f.run(t, path, 50, nil)
	if s := states(again); err != nil || s[StateBefore] != made || s[StateMade] != 50-made || f.count() != 50 {
		t.Errorf("%v %v", s, err)
	}
}

// A journal of another server, and one that is no journal, are refused.
func TestWrongJournal(t *testing.T) {
	f := newFake()
	path := journalIn(t)
	if _, err := f.run(t, path, 1, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := f.run(t, path, 2, func(r *Run) { r.Issuer = "https://other.example.com" }); err == nil || !strings.Contains(err.Error(), "belongs to https://id.example.com") {
		t.Errorf("%v", err)
	}
	if err := os.WriteFile(path, []byte("UserName\n{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenJournal(path); err == nil || !strings.Contains(err.Error(), "line 1") {
		t.Errorf("%v", err)
	}
}

// All that is wrong with a file is told, each with its line.
func TestParse(t *testing.T) {
	usual := wire.AddSession{HoursToLive: 8, Notify: true, Reason: "new"}
	rows, unused, err := Parse([]byte("username;Department;HoursToLive;SecondProof;By;Additional;Replace;Force\r\nanna;Sales;24;PIN;Text;yes;;\r\nbo;;;;;;x;1\r\n"), usual)
	want := []Row{
		{2, wire.AddSession{UserName: "anna", Mode: authn.BindAdditional, Sent: true, HoursToLive: 24, SecondProof: authn.ProofPIN, Notify: true, Channel: authn.ChannelText, Reason: "new"}},
		{3, wire.AddSession{UserName: "bo", Mode: authn.BindReplace, Force: true, Sent: true, HoursToLive: 8, Notify: true, Reason: "new"}},
	}
	if diff := cmp.Diff(want, rows); diff != "" || err != nil || !cmp.Equal(unused, []string{"Department"}) {
		t.Errorf("%s %v %v", diff, unused, err)
	}
	for text, want := range map[string]string{
		"Name\nanna\n":                         "there is no column UserName",
		"UserName\n":                           "there are no users in it",
		"UserName,username\na,b\n":             "the column username is there twice",
		"UserName\nanna\nbo\nAnna\n":           "line 4: Anna stands in line 2 already",
		"UserName,By\n,mail\n":                 "line 2: there is no UserName",
		"UserName,HoursToLive\nanna,73\n":      "line 2: HoursToLive \"73\" is not a number from 1 to 72",
		"UserName,HoursToLive\nanna,soon\n":    "is not a number",
		"UserName,SecondProof\nanna,none\n":    "is none of password, pin, code",
		"UserName,By\nanna,fax\n":              "is neither mail nor text",
		"UserName,Force\nanna,perhaps\n":       "is neither yes nor no",
		"UserName,Additional,Replace\na,x,x\n": "cannot go together",
	} {
		if _, _, err := Parse([]byte(text), usual); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	if _, _, err := Parse([]byte("UserName,By\nanna,mail\n"), wire.AddSession{}); err == nil || !strings.Contains(err.Error(), "give --notify too") {
		t.Errorf("%v", err)
	}
}

// The report is for its owner, its PINs keep their zeros, and no name is a formula.
func TestReport(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.csv")
	at := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	results := []Result{
		{Row: Row{2, wire.AddSession{UserName: "anna"}}, State: StateMade, Made: Made{Expires: at, PIN: "00123456"}},
		{Row: Row{3, wire.AddSession{UserName: "@bo"}}, State: StateFailed, Err: errors.New("no mail, no phone")},
		{Row: Row{4, wire.AddSession{UserName: "eva"}}, State: StateOpen},
	}
	if err := WriteReport(path, results, error.Error); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	want := "UserName,Result,Reason,ExpiresAt,PIN\r\nanna,made,,2026-11-26T09:00:00Z,0012 3456\r\n'@bo,failed,\"no mail, no phone\",,\r\neva,not reached,,,\r\n"
	if string(b) != want || err != nil {
		t.Errorf("%q %v", b, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", info, err)
	}
}

// On a screen one line changes; elsewhere a line comes every 500 rows or 5 seconds.
func TestMeter(t *testing.T) {
	now := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	show := func(screen bool) string {
		var b strings.Builder
		m := &Meter{W: &b, Screen: screen, Now: func() time.Time { return now }}
		m.Begin()
		for i := range 1200 {
			now = now.Add(time.Millisecond)
			m.Show(Progress{Total: 2000, Made: i + 1})
		}
		now = now.Add(6 * time.Second)
		m.Show(Progress{Total: 2000, Made: 1200, Failed: 1})
		m.Show(Progress{Total: 2000, Made: 1200, Failed: 1, Waiting: client.ErrUnreachable})
		m.End()
		return b.String()
	}
	want := "500 of 2000 made, 1000/s, 2s left\n1000 of 2000 made, 1000/s, 1s left\n1200 of 2000 made, 1 failed, 167/s, 5s left\n" +
		"1200 of 2000 made, 1 failed, waiting: server_unreachable\n"
	if got := show(false); got != want {
		t.Errorf("%s", got)
	}
	got := show(true)
	if strings.Contains(got, "\n") || strings.Count(got, "\r") != 10 || !strings.HasSuffix(got, " \r") {
		t.Errorf("%q", got)
	}
}
