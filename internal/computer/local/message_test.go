package local

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"avow/internal/authn"
	"avow/internal/computer/agent"
)

// message is JSON with its length.
func message(text string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(len(text))), text...)
}

// steps are one of each.
var steps = map[string]agent.Step{
	"approve": agent.Approve{Computer: "LAPTOP-42", Match: authn.MatchNumber, Number: "482913", QR: "HTTPS://ID.EXAMPLE.COM/A#0", Left: time.Minute, Offline: true, Back: true},
	"offline": agent.Offline{
		Computer: "LAPTOP-42", Challenge: "HTTPS://ID.EXAMPLE.COM/O#0", Prefix: "26", First: authn.OfflineList, Left: time.Minute, Why: agent.WhyServer,
		Notice: &agent.Notice{Code: "offline_code_wrong", Text: "Wrong.", Left: 4, After: time.Minute},
	},
	"done":    agent.Done{Login: "anna", How: agent.HowApproved},
	"refused": agent.Refused{Kind: authn.Forbidden, Code: "access_denied", Text: "No.", After: time.Minute},
}

func TestSteps(t *testing.T) {
	for name, want := range steps {
		var b bytes.Buffer
		if err := writeMessage(&b, answerFor(want)); err != nil {
			t.Fatal(err)
		}
		var a answer
		if err := readMessage(&b, &a); err != nil {
			t.Fatal(err)
		}
		got, err := a.step()
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	if a := answerFor(nil); a.Refused == nil || a.Done != nil {
		t.Errorf("no step is %+v", a)
	}
}

// what the daemon would not have answered is no step, above all not Done.
func TestBadAnswers(t *testing.T) {
	for name, sent := range map[string][]byte{
		"nothing":            nil,
		"half a length":      {0},
		"no bytes":           {0, 0},
		"cut off":            message(`{"done":{"login":"anna","how":"approved"}}`)[:20],
		"too long":           append([]byte{0xff, 0xff}, make([]byte, 0xffff)...),
		"no JSON":            message(`done`),
		"empty":              message(`{}`),
		"null":               message(`null`),
		"done that is null":  message(`{"done":null}`),
		"done that is true":  message(`{"done":true}`),
		"done and refused":   message(`{"done":{"login":"anna","how":"approved"},"refused":{"kind":"forbidden","code":"a","text":"b"}}`),
		"done and status":    message(`{"done":{"login":"anna","how":"approved"},"status":{}}`),
		"done twice":         message(`{"done":{"login":"anna","how":"approved"},"done":{"login":"anna","how":"approved"}}`),
		"done in other case": message(`{"Done":{"login":"anna","how":"approved"}}`),
		"unknown field":      message(`{"done":{"login":"anna","how":"approved","as":"root"}}`),
		"more behind it":     message(`{"done":{"login":"anna","how":"approved"}} {}`),
		"of a request":       message(`{"do":"check"}`),
	} {
		var a answer
		err := readMessage(bytes.NewReader(sent), &a)
		if err == nil {
			var s agent.Step
			if s, err = a.step(); err == nil {
				t.Errorf("%s: read as %+v", name, s)
			}
		}
	}
}

func TestRequests(t *testing.T) {
	begins := func(change func(*begin)) request {
		b := begin{Version: version, Login: "anna"}
		change(&b)
		return request{Begin: &b}
	}
	long := strings.Repeat("a", 256)
	for name, c := range map[string]struct {
		r    request
		good bool
	}{
		"begin":                 {begins(func(*begin) {}), true},
		"begin with a policy":   {begins(func(b *begin) { b.Offline = authn.OfflineDeny }), true},
		"another version":       {begins(func(b *begin) { b.Version = 2 }), false},
		"nobody":                {begins(func(b *begin) { b.Login = "" }), false},
		"long login":            {begins(func(b *begin) { b.Login = long }), false},
		"long service":          {begins(func(b *begin) { b.Service = long }), false},
		"long tty":              {begins(func(b *begin) { b.TTY = long }), false},
		"long rhost":            {begins(func(b *begin) { b.RHost = long }), false},
		"policy that is none":   {begins(func(b *begin) { b.Offline = "never" }), false},
		"time back":             {begins(func(b *begin) { b.Timeout = -1 }), false},
		"begin and check":       {request{Begin: &begin{Version: version, Login: "anna"}, Do: doCheck}, false},
		"check":                 {request{Do: doCheck, Wait: 20000}, true},
		"check for long":        {request{Do: doCheck, Wait: 30001}, false},
		"check back":            {request{Do: doCheck, Wait: -1}, false},
		"check with a code":     {request{Do: doCheck, Code: "1"}, false},
		"offline":               {request{Do: doOffline}, true},
		"offline with a wait":   {request{Do: doOffline, Wait: 1}, false},
		"status":                {request{Do: doStatus}, true},
		"code":                  {request{Do: doCode, Code: "12345678"}, true},
		"no code":               {request{Do: doCode}, false},
		"long code":             {request{Do: doCode, Code: strings.Repeat("1", maxText+1)}, false},
		"nothing":               {request{}, false},
		"what nobody knows yet": {request{Do: "let_in"}, false},
	} {
		if err := c.r.Valid(); (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Codes, numbers and links are in no log.
func TestMessagesAreRedacted(t *testing.T) {
	r, a := request{Do: doCode, Code: "48219930"}, answerFor(steps["approve"])
	for _, v := range []any{r, a, &r} {
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("m", "v", v)
		for _, text := range []string{fmt.Sprintf("%v %+v %s", v, v, v), log.String()} {
			if strings.Contains(text, "48219930") || strings.Contains(text, "482913") || strings.Contains(text, "HTTPS") {
				t.Errorf("printed %s", text)
			}
		}
	}
}

func FuzzRequest(f *testing.F) {
	f.Add([]byte(`{"begin":{"version":1,"login":"anna"}}`))
	f.Add([]byte(`{"do":"code","code":"1"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var r request
		if len(b) > maxMessage || readMessage(bytes.NewReader(message(string(b))), &r) != nil || r.Valid() != nil {
			return
		}
		again, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var s request
		if err := readMessage(bytes.NewReader(message(string(again))), &s); err != nil || s.Valid() != nil {
			t.Fatalf("%s: %v", again, err)
		}
	})
}

func FuzzAnswer(f *testing.F) {
	f.Add([]byte(`{"done":{"login":"anna","how":"approved"}}`))
	f.Add([]byte(`{"refused":{"kind":"forbidden","code":"a","text":"b"}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var a answer
		if len(b) > maxMessage || readMessage(bytes.NewReader(message(string(b))), &a) != nil {
			return
		}
		if s, err := a.step(); err == nil && s == nil {
			t.Fatal("no step and no error")
		}
	})
}
