package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/servertest"
	"avow/internal/store"
	"avow/internal/wire"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"avow-admin": main})
}

// world is a server for one script, with the phones that the script connected.
type world struct {
	*servertest.Env
	phones    map[string]*servertest.Phone
	computers map[string]*computer
	codes     map[string]key.RestoreCode // on paper, by the phone that made it
}

// computer is one that a script has enrolled, with its last grant and list for the service desk.
type computer struct {
	*servertest.Machine
	grant wire.Grant
	desk  servertest.List
}

type worldKey struct{}

// The scripts run the program as a process of its own against a real server over TLS.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			w := &world{Env: servertest.Start(t, servertest.Options{CanMail: true, CanText: true}), phones: map[string]*servertest.Phone{}, computers: map[string]*computer{}, codes: map[string]key.RestoreCode{}}
			env.Values[worldKey{}] = w
			env.Setenv("ISSUER", w.Site.Issuer)
			env.Setenv("AVOW_ADMIN", "")
			b, err := w.Credential.Encode()
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(env.WorkDir, "admin.json"), b, 0o600)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"connect": connect,
			"setup":   setUp,
			"restore": restore,
			"audit":   audit,
			"field":   fieldOf,
			"enroll":  enroll,
			"signin":  signIn,
			"offline": offlineSignIn,
			"exits":   exits,
			"taken":   taken,
			"bounds":  bounds,

			"cmpnormal":  compareNormal,
			"stopserver": func(ts *testscript.TestScript, _ bool, _ []string) { worldOf(ts).Stop() },
			"sql":        changeDatabase,
		},
	})
}

func worldOf(ts *testscript.TestScript) *world { return ts.Value(worldKey{}).(*world) }

// connect NAME FILE connects a new phone by the output of "session add --json"; WORD1, WORD2 and DEVICE are set.
func connect(ts *testscript.TestScript, _ bool, args []string) {
	var s wire.AddedSession
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &s))
	p := worldOf(ts).Connect(s.Link)
	worldOf(ts).phones[args[0]] = p
	ts.Setenv("WORD1", p.Bound.CheckWords[0])
	ts.Setenv("WORD2", p.Bound.CheckWords[1])
	ts.Setenv("DEVICE", string(p.ID))
}

// setup NAME sets restore up from a phone that the script connected.
func setUp(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	w.codes[args[0]] = w.phones[args[0]].SetUpRestore()
}

// restore NAME LOGIN proves the code that setup made on a new phone; "! restore" wants it refused.
func restore(ts *testscript.TestScript, neg bool, args []string) {
	w := worldOf(ts)
	if _, err := w.NewRestorer().Prove(args[1], w.codes[args[0]]); (err != nil) != neg {
		ts.Fatalf("restore of %s: %v", args[1], err)
	}
}

// enroll ID FILE enrolls a computer by the output of "computer add --json".
func enroll(ts *testscript.TestScript, neg bool, args []string) {
	var c wire.AddedComputer
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &c))
	w := worldOf(ts)
	m := &computer{Machine: w.Machine(c.ID, w.Key())}
	var err error
	if m.Settings, err = m.Use(c.Link); (err != nil) != neg {
		ts.Fatalf("enroll %s: %v", args[0], err)
	}
	w.computers[args[0]] = m
}

// signin ID LOGIN signs in to a computer with a network, by a new phone if the user has none, and makes a list for the service desk.
func signIn(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	m, p := w.computers[args[0]], w.phones[args[1]]
	if p == nil {
		p = w.Phone(args[1])
		w.phones[args[1]] = p
	}
	g, ok := m.SignIn(p, args[1])
	if !ok {
		ts.Fatalf("no grant")
	}
	m.grant, m.desk = g, m.NewDeskList(g)
	m.Contact(m.desk)
}

// offline ID INDEX FILE signs in without a network by a code of the service desk, which must be the one in the file.
func offlineSignIn(ts *testscript.TestScript, _ bool, args []string) {
	m := worldOf(ts).computers[args[0]]
	i, err := strconv.Atoi(args[1])
	ts.Check(err)
	if code := m.desk.Key.Code(i).Text(); !strings.Contains(ts.ReadFile(args[2]), code) {
		ts.Fatalf("the computer does not take the code")
	}
	m.Write(wire.JournalSignIn, m.grant, authn.OfflineDesk, m.desk.Use(i))
	m.Contact()
}

// audit ACTION REASON wants exactly one record of an action with a reason, by the administrator.
func audit(ts *testscript.TestScript, _ bool, args []string) {
	n := 0
	for _, r := range worldOf(ts).Audit() {
		if r.Action == args[0] && r.Reason == args[1] && r.Actor == "admin:"+servertest.AdminName {
			n++
		}
	}
	if n != 1 {
		ts.Fatalf("%d records of %q for reason %q, want 1", n, args[0], args[1])
	}
}

// field NAME FILE VARIABLE reads a field of a JSON object in a file into a variable.
func fieldOf(ts *testscript.TestScript, _ bool, args []string) {
	var m map[string]any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[1])), &m))
	v, ok := m[args[0]].(string)
	if !ok {
		ts.Fatalf("no text %q in %s", args[0], args[1])
	}
	ts.Setenv(args[2], v)
}

// exits CODE COMMAND runs a command and wants its exit code.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	var exit *exec.ExitError
	switch {
	case err == nil && want == 0:
	case errors.As(err, &exit) && exit.ExitCode() == want:
	default:
		ts.Fatalf("%v, want exit code %d", err, want)
	}
}

// taken LOGIN plays the mail server that has taken the message of a user's newest session.
func taken(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	ts.Check(w.Site.Store.Update(context.Background(), func(tx store.Tx) error {
		u, err := tx.UserByLogin(args[0])
		if err != nil {
			return err
		}
		sessions, err := tx.RegistrationSessionsOf(u.ID)
		if err != nil {
			return err
		}
		return tx.UpdateRegistrationSession(sessions[0].ID, func(old authn.RegistrationSession) (authn.RegistrationSession, error) {
			old.Notification, old.NotifiedAt = authn.MessageSent, w.Now()
			return old, nil
		})
	}))
}

var (
	aTime = regexp.MustCompile(`20\d\d-\d\d-\d\d(T\d\d:\d\d:\d\dZ| \d\d:\d\d:\d\d [+-]\d{4})`)
	aPIN  = regexp.MustCompile(`\b\d{8}\b`)
)

// cmpnormal FILE compares the last output with a file, but for times and PINs.
func compareNormal(ts *testscript.TestScript, _ bool, args []string) {
	got := aPIN.ReplaceAllString(aTime.ReplaceAllString(ts.ReadFile("stdout"), "TIME"), "00000000")
	if diff := cmp.Diff(ts.ReadFile(args[0]), strings.ReplaceAll(got, "\r\n", "\n")); diff != "" {
		ts.Fatalf("-want +got\n%s", diff)
	}
}

// bounds FILE BITS wants a file of exactly these permissions.
func bounds(ts *testscript.TestScript, _ bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := strconv.FormatInt(int64(info.Mode().Perm()), 8); got != args[1] {
		ts.Fatalf("%s has mode %s", args[0], got)
	}
}

// client try shows the number, waits, and tells how the person decided.
func TestClientTry(t *testing.T) {
	e := servertest.Start(t, servertest.Options{LongPoll: servertest.LongPoll})
	dir := t.TempDir()
	credential, keyFile := filepath.Join(dir, "admin.json"), filepath.Join(dir, "laptop.pem")
	b, err := e.Credential.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(credential, b, 0o600); err != nil {
		t.Fatal(err)
	}
	admin := func(args ...string) (int, string) {
		var out bytes.Buffer
		code := run(t.Context(), append(args, "--credential", credential), &out, &out)
		return code, out.String()
	}
	for _, args := range [][]string{
		{"user", "add", "anna", "--name", "Anna Lind"},
		{"client", "key", "--out", keyFile},
		{"client", "add", "laptop", "--name", "LAPTOP", "--key", keyFile + ".pub"},
	} {
		if code, out := admin(args...); code != 0 {
			t.Fatalf("%v: %d %s", args, code, out)
		}
	}
	if code, out := admin("client", "try", "laptop", "--key", keyFile, "--user", "anna"); code != exitRefused || !strings.Contains(out, "connect a phone first") {
		t.Errorf("without a phone: %d %s", code, out)
	}
	phone := e.Phone("anna")
	cases := []struct {
		kind authn.DecisionKind
		code int
		want string
	}{
		{authn.Approve, 0, "acr        urn:avow:number"},
		{authn.Deny, exitNotApproved, "avow-admin: The sign-in was denied on the phone."},
	}
	for _, c := range cases {
		r, w := io.Pipe()
		code := make(chan int, 1)
		go func() {
			code <- run(context.Background(), []string{"client", "try", "laptop", "--key", keyFile, "--user", "anna", "--credential", credential, "--message", "a test"}, w, w)
			_ = w.Close()
		}()
		lines := bufio.NewScanner(r)
		number := ""
		var rest strings.Builder
		for lines.Scan() {
			if n, ok := strings.CutPrefix(lines.Text(), "number  "); ok {
				number = n
			}
			rest.WriteString(lines.Text() + "\n")
			if !strings.HasPrefix(lines.Text(), "link") {
				continue
			}
			if c.kind != authn.Approve {
				number = ""
			}
			if err := phone.Answer(c.kind, number); err != nil {
				t.Fatal(err)
			}
		}
		if got := <-code; got != c.code || !strings.Contains(rest.String(), c.want) {
			t.Errorf("%s: exit code %d, want %d\n%s", c.kind, got, c.code, rest.String())
		}
	}
}

// Ctrl-C takes the question back: the phone does not go on showing it.
func TestClientTryInterrupted(t *testing.T) {
	e := servertest.Start(t, servertest.Options{LongPoll: servertest.LongPoll})
	e.User("anna")
	phone := e.Phone("anna")
	_, k := e.Computer("laptop", authn.MatchTap)
	dir := t.TempDir()
	credential, keyFile := filepath.Join(dir, "admin.json"), filepath.Join(dir, "laptop.pem")
	b, err := e.Credential.Encode()
	if err != nil {
		t.Fatal(err)
	}
	pem, err := k.EncodePEM()
	if err != nil {
		t.Fatal(err)
	}
	for path, data := range map[string][]byte{credential: b, keyFile: pem} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe()
	go func() {
		lines := bufio.NewScanner(r)
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "link") {
				cancel()
			}
		}
	}()
	if code := run(ctx, []string{"client", "try", "laptop", "--key", keyFile, "--user", "anna", "--credential", credential}, w, w); code != exitNotApproved {
		t.Errorf("exit code %d", code)
	}
	_ = w.Close()
	if list, err := phone.Requests(t.Context()); err != nil || len(list.Requests) != 0 {
		t.Errorf("%d open requests, %v", len(list.Requests), err)
	}
}
