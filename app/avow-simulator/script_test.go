package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/computer/agent"
	"avow/internal/key"
	"avow/internal/qr"
	"avow/internal/store"
	"avow/internal/testenv"
	"avow/internal/wire"
)

func TestMain(m *testing.M) {
	// What the program does must not follow the machine's desktop or language.
	for name, value := range map[string]string{"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent", "LANG": "C.UTF-8"} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	testscript.Main(m, map[string]func(){"avow-simulator": main})
}

// world is a real server over HTTPS for one script, with what the script asked for.
type world struct {
	*testenv.Env
	computers map[string]*testenv.Computer
	asked     map[string]wire.BackchannelAnswer
}

type worldKey struct{}

// The scripts run the program as a process of its own; the rest of Avow runs here.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			e, err := testenv.Start(t.Context(), testenv.Options{})
			if err != nil {
				return err
			}
			env.Defer(func() {
				if err := e.Close(); err != nil {
					t.Error(err)
				}
			})
			if _, err := e.AddUser(t.Context(), "anna.lind", "Anna Lind"); err != nil {
				return err
			}
			env.Values[worldKey{}] = &world{Env: e, computers: map[string]*testenv.Computer{}, asked: map[string]wire.BackchannelAnswer{}}
			env.Values[desksKey{}] = &desks{laptops: map[string]*testenv.Laptop{}, signIns: map[string]agent.SignIn{}}
			env.Setenv("HOST", e.Host)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"session": session, "sent": sent, "confirm": confirm, "ask": ask, "onetime": onetime, "decided": decided, "server": serverIs, "field": field, "qr": drawn, "strange": strange,
			"laptop": laptop, "plug": plug, "sit": sit, "letsin": letsIn, "typed": typed, "stolen": stolen, "agreed": agreed,
		},
	})
}

func worldOf(ts *testscript.TestScript) *world { return ts.Value(worldKey{}).(*world) }

// session MODE makes a registration session for anna.lind (first, additional); LINK is set.
func session(ts *testscript.TestScript, _ bool, args []string) {
	s, err := worldOf(ts).AddSession(context.Background(), "anna.lind", authn.BindingMode(args[0]))
	ts.Check(err)
	ts.Setenv("LINK", s.Link)
}

// sent PROOF makes a session for anna.lind that is sent, in place of the one before; LINK is set, and PROOF is written to the file "proof", what is wrong to
// the file "wrong". Her password is in the directory as "correct horse ", with a blank at its end.
func sent(ts *testscript.TestScript, _ bool, args []string) {
	const password = "correct horse "
	w := worldOf(ts)
	ts.Check(w.MakeDirectoryUser(context.Background(), "anna.lind", password, "+46465550100"))
	s, err := w.AddSentSession(context.Background(), "anna.lind", testenv.SentOptions{Proof: authn.SecondProof(args[0]), Force: true})
	ts.Check(err)
	right := cmp.Or(s.Text, password)
	ts.Check(os.WriteFile(ts.MkAbs("proof"), []byte(right+"\n"), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("wrong"), []byte("0"+right), 0o600))
	ts.Setenv("LINK", s.App)
}

// confirm FILE says "yes, this is the phone" with the check words in the JSON that "phone register" printed.
func confirm(ts *testscript.TestScript, _ bool, args []string) {
	var a struct {
		CheckWords [2]string `json:"check_words"`
	}
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &a))
	_, err := worldOf(ts).Admin.ConfirmSession(context.Background(), "anna.lind",
		wire.ConfirmSession{CheckWords: a.CheckWords, Reason: "test"})
	ts.Check(err)
}

// onetime RESTORE sets DIGITS to the one-time code of a restore's newest mail.
func onetime(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	var x authn.Restore
	ts.Check(w.Site.Store.View(context.Background(), func(r store.Reader) (err error) {
		x, err = r.Restore(authn.RestoreID(args[0]))
		return err
	}))
	ts.Setenv("DIGITS", w.Server.Restore.Digits(x))
}

// ask COMPUTER MATCH asks anna.lind for an approval at a computer, which is made when it is new; NUMBER, WRONG and QR are set.
func ask(ts *testscript.TestScript, _ bool, args []string) {
	w, ctx := worldOf(ts), context.Background()
	c := w.computers[args[0]]
	if c == nil {
		var err error
		c, err = w.AddComputer(ctx, authn.ClientID(args[0]), args[0], authn.MatchMode(args[1]))
		ts.Check(err)
		w.computers[args[0]] = c
		ts.Defer(c.Close)
	}
	a, err := c.Authorize(ctx, question)
	ts.Check(err)
	w.asked[args[0]] = a
	ts.Setenv("NUMBER", a.Number)
	ts.Setenv("WRONG", fmt.Sprintf("%06d", (atoi(a.Number)+1)%1_000_000))
	ts.Setenv("QR", a.QR)
}

// decided COMPUTER CODE wants the computer to get an answer: approved, or the code of its refusal.
func decided(ts *testscript.TestScript, _ bool, args []string) {
	w := worldOf(ts)
	id, err := w.computers[args[0]].Wait(context.Background(), w.asked[args[0]])
	got := authn.CodeOf(err)
	if err == nil {
		got = "approved"
	}
	if got != args[1] || err == nil && id.Login != "anna.lind" {
		ts.Fatalf("the computer got %s %s, want %s", got, id.Login, args[1])
	}
}

// server stop, server start: the same server goes and comes back.
func serverIs(ts *testscript.TestScript, _ bool, args []string) {
	if args[0] == "stop" {
		ts.Check(worldOf(ts).Stop())
		return
	}
	ts.Check(worldOf(ts).Resume(context.Background()))
}

// field NAME FILE VARIABLE reads a text out of a JSON object in a file, or of the first one of a list.
func field(ts *testscript.TestScript, _ bool, args []string) {
	text := []byte(ts.ReadFile(args[1]))
	var list []map[string]any
	if json.Unmarshal(text, &list) != nil {
		list = make([]map[string]any, 1)
		ts.Check(json.Unmarshal(text, &list[0]))
	}
	if len(list) == 0 {
		ts.Fatalf("%s is an empty list", args[1])
	}
	value, ok := list[0][args[0]].(string)
	if !ok {
		ts.Fatalf("no text %q in %s", args[0], args[1])
	}
	ts.Setenv(args[2], value)
}

// qr FILE TEXT draws a code.
func drawn(ts *testscript.TestScript, _ bool, args []string) {
	code, err := qr.Encode(args[1], qr.LevelM)
	ts.Check(err)
	png, err := code.PNG(4)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), png, 0o600))
}

// strange sets STRANGE to the link in LINK with the pin of another server.
func strange(ts *testscript.TestScript, _ bool, _ []string) {
	l, err := wire.ParseLink(ts.Getenv("LINK"))
	ts.Check(err)
	r, ok := l.(wire.RegistrationLink)
	if !ok {
		ts.Check(errors.New("LINK is no registration link"))
	}
	k, err := key.Generate()
	ts.Check(err)
	r.Pin = k.Key().Thumbprint().Pin()
	ts.Setenv("STRANGE", r.Encode())
}

var question = client.Question{User: "anna.lind", Message: "Sign in to the test", Agent: "test"}

func atoi(digits string) int {
	n, _ := strconv.Atoi(digits) // a match without a number gives none
	return n
}
