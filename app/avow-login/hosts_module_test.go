package main_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What pamtester says for the results of pam_authenticate.
const (
	letIn       = "successfully authenticated"
	refused     = "Authentication failure"
	unavailable = "Authentication service cannot retrieve authentication info"
	tries       = "Have exhausted maximum number of retries for service"
	broken      = "Conversation error"
	either      = broken + "|" + unavailable // the answer was sent, or could not be sent any more
)

// helpers are fake helpers by what they do, and the module's answer (R-135: one of all is let in).
var helpers = map[string]string{
	"ok": letIn, "ok-after-words": letIn, "ok-in-pieces": letIn, "ok-slow-exit": letIn, "ok-and-child": letIn,

	"nothing": unavailable, "exit-1": unavailable, "deaf": unavailable, "garbage": unavailable, "text": unavailable, "zeros": refused,
	"half-head": unavailable, "half-ok": unavailable, "ok-other": refused, "ok-empty": refused, "ok-prefix": refused, "ok-longer": refused,
	"ok-nul": unavailable, "ok-case": refused, "ok-lower-case": refused, "ok-then-garbage": refused, "ok-twice": refused,
	"ok-then-fail": refused, "ok-then-info": refused, "ok-exit-1": refused, "ok-exit-255": refused, "ok-stays": refused,
	"ok-shut-stays": refused, "ok-stops": refused, "ok-killed": refused, "ok-terminated": refused, "ok-child-holds": refused,
	"fail-a": refused, "fail-u": unavailable, "fail-m": tries, "fail-c": broken, "fail-x": refused, "fail-none": refused, "fail-uu": refused,
	"after-fail": refused, "huge": unavailable, "negative": unavailable, "sign-bit": unavailable, "nul-in-text": unavailable,
	"start-back": refused, "answer-back": refused, "unknown-type": refused,
	"killed-before-start": unavailable, "killed-at-start": unavailable, "killed-after-info": unavailable, "killed-at-ask": either,
	"killed-at-answer": unavailable, "killed-in-info": unavailable, "killed-in-ok": unavailable,
	"closes": unavailable, "closes-after-ask": unavailable, "hangs": unavailable, "hangs-after-info": unavailable,
	"hangs-in-frame": unavailable, "stops": unavailable, "info-flood": unavailable, "ask-flood": unavailable, "drips": unavailable,
}

// link gives the fake helper a name, which says what it does.
func (r *rig) link(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.Link(r.fake, path); err != nil && !os.IsExist(err) {
		t.Fatal(err)
	}
	return path
}

// pamtester signs in as user and answers every prompt.
func (r *rig) pamtester(t *testing.T, line, user string, before ...string) (int, string) {
	t.Helper()
	args := append(before, "pamtester", "avow-test", user, "authenticate")
	term := talk(t, alone(t, r.pamEnv(r.service(t, line)), args...))
	go func() {
		for answered := 0; ; {
			select {
			case <-term.news:
			case <-term.ended:
				return
			}
			for n := strings.Count(term.said(), "Code: "); answered < n; answered++ {
				if _, err := term.in.Write([]byte("12345678\n")); err != nil {
					return
				}
			}
		}
	}()
	return term.end()
}

// whatever the helper does, the module lets in after the one right word only.
func (r *rig) testModule(t *testing.T) {
	check := func(t *testing.T, line, user, want string) {
		t.Helper()
		t.Parallel()
		code, said := r.pamtester(t, line, user)
		if !regexp.MustCompile(want).MatchString(said) || (code == 0) != (want == letIn) {
			t.Errorf("want %q, got exit code %d:\n%.2000s", want, code, said)
		}
	}
	for name, want := range helpers {
		t.Run(name, func(t *testing.T) { check(t, "timeout=10 helper="+r.link(t, name), "anna.lind", want) })
	}

	ok := "helper=" + r.link(t, "ok")
	text := filepath.Join(r.dir, "text-file")
	if err := os.WriteFile(text, []byte("OK\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(r.dir, "not-executable")
	if err := os.WriteFile(plain, []byte("OK\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(r.dir, "secret")
	if err := os.Mkdir(secret, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Link(r.fake, filepath.Join(secret, "ok")); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ line, user, want string }{
		"all options":        {ok + " offline=deny timeout=600 wait=auto qr=no socket=/run/x lang=de prompt=Avow:", "anna.lind", letIn},
		"prompt with spaces": {ok + " [prompt=Avow code:]", "anna.lind", letIn},
		"helper missing":     {"helper=" + filepath.Join(r.dir, "missing"), "anna.lind", unavailable},
		"helper is a folder": {"helper=" + r.dir, "anna.lind", unavailable},
		"helper is a text":   {"helper=" + text, "anna.lind", unavailable},
		"not executable":     {"helper=" + plain, "anna.lind", unavailable},
		"relative helper":    {"helper=bin/true", "anna.lind", unavailable},
		"empty helper":       {"helper=", "anna.lind", unavailable},
		"unknown option":     {ok + " debug", "anna.lind", unavailable},
		"nullok":             {ok + " nullok", "anna.lind", unavailable},
		"misspelled":         {ok + " ofline=deny", "anna.lind", unavailable},
		"offline=maybe":      {ok + " offline=maybe", "anna.lind", unavailable},
		"offline empty":      {ok + " offline=", "anna.lind", unavailable},
		"timeout too short":  {ok + " timeout=9", "anna.lind", unavailable},
		"timeout too long":   {ok + " timeout=601", "anna.lind", unavailable},
		"timeout overflow":   {ok + " timeout=4294967306", "anna.lind", unavailable},
		"timeout negative":   {ok + " timeout=-20", "anna.lind", unavailable},
		"timeout empty":      {ok + " timeout=", "anna.lind", unavailable},
		"relative socket":    {ok + " socket=run/x", "anna.lind", unavailable},
		"nine options":       {ok + strings.Repeat(" qr=no", 9), "anna.lind", unavailable},
		"long value":         {ok + " prompt=" + strings.Repeat("x", 256), "anna.lind", unavailable},
		"another user":       {ok, "root", refused},
		"longer user":        {ok, "anna.lind2", refused},
		"empty user":         {ok, "", refused},
		"long user":          {ok, strings.Repeat("a", 300), refused},
		"control in user":    {ok, "anna.lind\x1b[2J", refused},
		"newline in user":    {ok, "anna.lind\n", refused},
	} {
		t.Run(name, func(t *testing.T) { check(t, c.line, c.user, c.want) })
	}
	t.Run("helper without privileges", func(t *testing.T) {
		if os.Getuid() != 0 {
			t.Skip("only root's helper gives up privileges")
		}
		check(t, "helper="+filepath.Join(secret, "ok"), "anna.lind", unavailable)
	})
}

// manners of hosts, with the results of pam_authenticate as numbers (_pam_types.h).
func (r *rig) testManners(t *testing.T) {
	host := filepath.Join(r.dir, "host")
	cc := exec.CommandContext(t.Context(), "cc", "-Wall", "-Wextra", "-Werror", "-o", host, "testdata/host/host.c", "-lpam")
	if out, err := cc.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const success, authErr, unavail, convErr = "0", "7", "9", "19"
	for _, c := range []struct{ manner, helper, want string }{
		{"plain", "ok-after-words", success},
		{"plain", "fail-a", authErr},
		{"plain", "killed-at-start", unavail},
		{"plain", "missing", unavail},
		{"silent", "ok-after-words", success},
		{"closed-files", "ok-after-words", success},
		{"ignores-children", "ok", success},
		{"reaps-children", "ok", success},
		{"blocks-signals", "ok", success},
		{"blocks-signals", "ok-killed", authErr},
		{"ignores-children", "ok-exit-1", authErr},
		{"refuses", "ok-after-words", convErr},
		{"refuses-answers", "ok-after-words", convErr},
		{"says-nothing", "ok-after-words", convErr},
		{"too-long", "ok-after-words", convErr},
		{"no-conversation", "ok-after-words", convErr},
	} {
		t.Run(c.manner+"/"+c.helper, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(r.dir, "missing")
			if c.helper != "missing" {
				path = r.link(t, c.helper)
			}
			out, err := alone(t, r.pamEnv(r.service(t, "helper="+path)), host, "avow-test", "anna.lind", c.manner, "20").Output()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			line := "result " + c.want + "\n"
			if want := strings.Repeat(line, 20) + "left 0 none\n"; string(out) != want {
				t.Errorf("want 20 times %q and nothing left, got\n%s", line, out)
			}
		})
	}
}

// pam_sm_authenticate and what it calls say PAM_SUCCESS at one place, behind one condition.
func TestModuleHasOneWayIn(t *testing.T) {
	b, err := os.ReadFile("pam/pam_avow.c")
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(string(b), "")
	before, _, found := strings.Cut(code, "int pam_sm_setcred(")
	if !found {
		t.Fatal("no pam_sm_setcred")
	}
	if n := strings.Count(before, "return PAM_SUCCESS"); n != 1 {
		t.Errorf("%d times return PAM_SUCCESS", n)
	}
	if !regexp.MustCompile(`if \(let_in && ended_well\)\n\t\treturn PAM_SUCCESS;\n\treturn let_in \? PAM_AUTH_ERR : why;\n\}`).MatchString(before) {
		t.Error("PAM_SUCCESS is not behind let_in && ended_well")
	}
	// Elsewhere the word is only compared with, and a result is never computed from it.
	for _, use := range regexp.MustCompile(`[^\n]*PAM_SUCCESS[^\n]*`).FindAllString(before, -1) {
		if !regexp.MustCompile(`return PAM_SUCCESS;|[!=]= PAM_SUCCESS`).MatchString(use) {
			t.Errorf("PAM_SUCCESS in %q", strings.TrimSpace(use))
		}
	}
	if m := regexp.MustCompile(`\bwhy\s*=\s*([^;]+);|\bint why = ([^;]+);`).FindAllString(before, -1); len(m) < 4 {
		t.Errorf("why is set at %q", m)
	} else {
		for _, set := range m {
			if !regexp.MustCompile(`= (PAM_AUTH_ERR|PAM_AUTHINFO_UNAVAIL|PAM_CONV_ERR|refusal\(text, n\));`).MatchString(set) {
				t.Errorf("why is set by %q", set)
			}
		}
	}
	if regexp.MustCompile(`\breturn 0;`).MatchString(before) {
		t.Error("0 is PAM_SUCCESS")
	}
}
