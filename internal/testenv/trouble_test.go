package testenv_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/vault"
	"avow/internal/testenv"
	"avow/internal/wire"
)

// TestServerAnswersNonsense puts all that stands in for a server in real networks before the phone, at every call that it makes. Each
// time there is a sentence for people, and nothing is lost: with the server back the same request is approved.
func TestServerAnswersNonsense(t *testing.T) {
	ctx, env := start(t)
	m := between(t, env)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	m.timeout = 2 * time.Second // for the server that never answers
	p := m.openPhone(t, ctx, t.TempDir())
	defer p.Close()
	a := must(env.Register(ctx, p, "anna.lind", authn.BindFirst))(t)
	computer := must(env.AddComputer(ctx, "laptop-42", "LAPTOP-42", authn.MatchTap))(t)

	raw := func(status int, media, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", media)
			w.WriteHeader(status)
			_, _ = w.Write([]byte(body))
		}
	}
	cases := map[string]http.HandlerFunc{
		"sign-in page of a public network": raw(200, "text/html", "<html>Welcome to the Wi-Fi"),
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://example.com/", http.StatusFound)
		},
		"cut JSON":        raw(200, "application/json", `{"requests":["`),
		"JSON of another": raw(200, "application/json", `{"hello":"world"}`),
		"not UTF-8":       raw(200, "application/json", "{\"state\":\"\xff\xfe\"}"),
		"too much":        raw(200, "application/json", strings.Repeat(" ", wire.MaxBody+1)),
		"broken proxy":    raw(502, "text/html", "<h1>Bad gateway"),
		"empty":           raw(200, "application/json", ""),
		"not a problem":   raw(500, wire.ProblemType, `{"code":5}`),
		"hung up":         func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"nonce for ever": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(wire.NonceHeader, strings.Repeat("n", 100))
			raw(401, wire.ProblemType, `{"title":"Try again.","code":"use_nonce"}`)(w, nil)
		},
		"slow": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	}
	for name, wrong := range cases {
		t.Run(name, func(t *testing.T) {
			ask := must(computer.Authorize(ctx, client.Question{User: "anna.lind"}))(t)
			if err := p.Sync(ctx); err != nil {
				t.Fatal(err)
			}
			r := p.State().Requests[0]
			s := must(env.AddSession(ctx, "anna.lind", authn.BindAdditional))(t)
			m.answer(wrong)
			calls := []struct {
				what string
				call func() error
			}{
				{"approve", func() error { _, err := p.Approve(ctx, r.ID, phone.Match{}, platform.Prompt{}); return err }},
				{"sync", func() error { return p.Sync(ctx) }},
				{"connect", func() error { _, err := p.Connect(ctx, s.Link); return err }},
			}
			crowd(len(calls), func(i int) {
				if err := calls[i].call(); err == nil {
					t.Errorf("%s worked", calls[i].what)
				} else {
					sentence(t, err)
				}
			})
			if got, _ := p.State().Account(a.ID); got.Status != phone.Unreachable || got.Trouble == nil {
				t.Errorf("the account is %s (%v)", got.Status, got.Trouble)
			}
			must(env.Admin.RevokeSession(ctx, s.UserName, "test"))(t)

			m.intercept(nil)
			if err := p.Sync(ctx); err != nil {
				t.Fatal(err)
			}
			if got, _ := p.State().Account(a.ID); got.Status != phone.Connected {
				t.Errorf("the account is %s with the server back", got.Status)
			}
			must(p.Approve(ctx, r.ID, phone.Match{}, platform.Prompt{}))(t)
			must(computer.Wait(ctx, ask))(t)
		})
	}
}

// sentence checks that an error says in words what to do.
func sentence(t *testing.T, err error) {
	t.Helper()
	e := authn.AsError(err)
	if e.Message == "" || e.Code == "internal" || !strings.HasSuffix(strings.TrimSpace(e.Message), ".") || strings.ContainsAny(e.Message, "{}<>") {
		t.Errorf("no sentence for people: %q (%s, %v)", e.Message, e.Code, err)
	}
}

// TestAnswerLost: the server took the decision, and its answer did not arrive. The phone says so, the decision stands, and saying it
// again changes nothing.
func TestAnswerLost(t *testing.T) {
	ctx, env := start(t)
	m := between(t, env)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	p := m.openPhone(t, ctx, t.TempDir())
	defer p.Close()
	must(env.Register(ctx, p, "anna.lind", authn.BindFirst))(t)
	computer := must(env.AddComputer(ctx, "laptop-42", "LAPTOP-42", authn.MatchTap))(t)
	ask := must(computer.Authorize(ctx, client.Question{User: "anna.lind"}))(t)
	if err := p.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	id := p.State().Requests[0].ID
	m.loseAnswer(t, env, "/decision")
	if _, err := p.Approve(ctx, id, phone.Match{}, platform.Prompt{}); !errors.Is(err, client.ErrUnreachable) {
		t.Fatalf("approve: %v", err)
	}
	m.intercept(nil)
	if _, err := p.Approve(ctx, id, phone.Match{}, platform.Prompt{}); !errors.Is(err, authn.ErrDecided) {
		t.Errorf("said again: %v", err)
	}
	if len(p.State().Requests) != 0 {
		t.Error("a decided request is still shown")
	}
	must(computer.Wait(ctx, ask))(t)
}

// loseAnswer hands a request whose path ends so to the server and hangs up in place of its answer.
func (m *middle) loseAnswer(t *testing.T, env *testenv.Env, path string) {
	t.Helper()
	handler := env.Server.Handler()
	m.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, path) {
			return false
		}
		lost := &nowhere{head: http.Header{}}
		handler.ServeHTTP(lost, r)
		if lost.status == http.StatusUnauthorized { // only the nonce was missing
			for k, v := range lost.head {
				w.Header()[k] = v
			}
			w.WriteHeader(lost.status)
			_, _ = w.Write(lost.body)
			return true
		}
		panic(http.ErrAbortHandler)
	})
}

type nowhere struct {
	head   http.Header
	status int
	body   []byte
}

func (n *nowhere) Header() http.Header         { return n.head }
func (n *nowhere) WriteHeader(status int)      { n.status = status }
func (n *nowhere) Write(b []byte) (int, error) { n.body = append(n.body, b...); return len(b), nil }

// TestRegistrationResumes: the phone's process ends between the server's Yes and the save of the account. The next start of the app
// finishes it by itself: the code is not burnt, and no device is left at the server that the phone does not know.
func TestRegistrationResumes(t *testing.T) {
	ctx, env := start(t)
	m := between(t, env)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	dir := t.TempDir()
	p := m.openPhone(t, ctx, dir)
	s := must(env.AddSession(ctx, "anna.lind", authn.BindFirst))(t)
	m.loseAnswer(t, env, "/finish")
	if _, err := p.Connect(ctx, s.Link); !errors.Is(err, client.ErrUnreachable) {
		t.Fatalf("connect: %v", err)
	}
	if len(p.State().Accounts) != 0 {
		t.Fatal("an account without the server's answer")
	}
	devices := must(env.Admin.Devices(ctx, "anna.lind"))(t)
	if len(devices) != 1 || devices[0].State != authn.DevicePending {
		t.Fatalf("the server has %v", devices)
	}
	// No Close: the process is gone. Only its folder is left.
	m.intercept(nil)
	q := m.openPhone(t, ctx, dir)
	events := listen(t, ctx, q)
	for len(q.State().Accounts) == 0 {
		await(t, ctx, events, phone.AccountsChanged)
	}
	if a := q.State().Accounts[0]; a.ID != devices[0].ID || a.CheckWords == [2]string{} {
		t.Errorf("account is %+v", a)
	}
	if devices := must(env.Admin.Devices(ctx, "anna.lind"))(t); len(devices) != 1 {
		t.Errorf("the server has %d devices", len(devices))
	}
	must(env.Admin.ConfirmSession(ctx, s.UserName, wire.ConfirmSession{CheckWords: q.State().Accounts[0].CheckWords, Reason: "test"}))(t)
	if err := q.Unlock(ctx, platform.Prompt{}); err != nil { // the sensor of the new process has no secret yet
		if err = q.Unlock(keystore.WithPIN(ctx, q.PIN), platform.Prompt{}); err != nil {
			t.Fatal(err)
		}
	}
	signIn(t, ctx, env, q)
}

// TestInvitationResumes: a person looks at the invitation, the app ends, and she scans the same code again.
func TestInvitationResumes(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	s := must(env.AddSession(ctx, "anna.lind", authn.BindFirst))(t)
	link := must(wire.ParseLink(s.Link))(t).(wire.RegistrationLink)
	p := must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: "pixel", KDF: fastKDF}))(t)
	if err := p.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	must(p.Invite(ctx, link))(t)
	again := must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: "pixel", KDF: fastKDF}))(t)
	defer again.Close()
	inv := must(again.Invite(ctx, link))(t)
	a := must(again.Core.Connect(keystore.WithPIN(ctx, again.PIN), inv, platform.Prompt{}))(t)
	if a.Status != phone.Waiting || a.CheckWords == [2]string{} {
		t.Errorf("account is %+v", a)
	}
	other := must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: "other", KDF: fastKDF}))(t)
	defer other.Close()
	if _, err := other.Invite(ctx, link); !errors.Is(err, authn.ErrSessionUsed) {
		t.Errorf("another phone with the same code: %v", err)
	}
}

// signIn is one approval by the plain Yes, from the computer to its token.
func signIn(t *testing.T, ctx context.Context, env *testenv.Env, p *testenv.Phone) {
	t.Helper()
	id := authn.ClientID("computer-" + strings.ToLower(key.RandomID(9)))
	computer := must(env.AddComputer(ctx, id, "COMPUTER", authn.MatchTap))(t)
	defer computer.Close()
	ask := must(computer.Authorize(ctx, client.Question{User: p.State().Accounts[0].Login}))(t)
	if err := p.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	for _, r := range p.State().Requests {
		must(p.Approve(keystore.WithPIN(ctx, p.PIN), r.ID, phone.Match{}, platform.Prompt{}))(t)
	}
	must(computer.Wait(ctx, ask))(t)
}

// storedPhone is a connected phone that was closed after some sign-ins.
func storedPhone(t *testing.T, ctx context.Context, env *testenv.Env) (dir string, id phone.AccountID) {
	t.Helper()
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	p := must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: "pixel", KDF: fastKDF}))(t)
	if err := p.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	a := must(env.Register(ctx, p, "anna.lind", authn.BindFirst))(t)
	signIn(t, ctx, env, p)
	p.Close()
	return p.Dir, a.ID
}

// TestDamagedVault: the newest file is broken. The app says so, does not pass over it, and offers the generation before; requests can
// be seen all the while.
func TestDamagedVault(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"one byte":  func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		"cut":       func(b []byte) []byte { return b[:len(b)/3] },
		"empty":     func([]byte) []byte { return nil },
		"something": func([]byte) []byte { return []byte("hello") },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, env := start(t)
			dir, id := storedPhone(t, ctx, env)
			file := filepath.Join(dir, vault.FileName)
			if err := os.WriteFile(file, damage(must(os.ReadFile(file))(t)), 0o600); err != nil {
				t.Fatal(err)
			}
			p := must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: "pixel", KDF: fastKDF}))(t)
			defer p.Close()
			if err := p.Sync(ctx); err != nil {
				t.Fatal(err)
			}
			if a, ok := p.State().Account(id); !ok || a.Status != phone.Connected {
				t.Errorf("account is %+v", a)
			}
			err := p.Unlock(keystore.WithPIN(ctx, p.PIN), platform.Prompt{})
			if !errors.Is(err, vault.ErrDamaged) {
				t.Fatalf("unlock: %v", err)
			}
			sentence(t, err)
			if s := p.State(); !s.Locked || s.Trouble == nil || s.Trouble.Code != "vault_damaged" || !s.Trouble.Backup {
				t.Fatalf("state is locked %v, trouble %+v", s.Locked, s.Trouble)
			}
			if err := p.UnlockBackup(keystore.WithPIN(ctx, p.PIN), platform.Prompt{}); err != nil {
				t.Fatal(err)
			}
			if s := p.State(); s.Locked || s.Trouble != nil {
				t.Errorf("after the backup: locked %v, trouble %+v", s.Locked, s.Trouble)
			}
			signIn(t, ctx, env, p)
			p.Close()
			again := must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: "pixel", KDF: fastKDF}))(t)
			defer again.Close()
			if err := again.Unlock(keystore.WithPIN(ctx, again.PIN), platform.Prompt{}); err != nil {
				t.Errorf("the healed vault: %v", err)
			}
		})
	}
}

// TestDamagedIndex: the index is broken or gone. Unlocking makes it anew.
func TestDamagedIndex(t *testing.T) {
	ctx, env := start(t)
	dir, id := storedPhone(t, ctx, env)
	file := filepath.Join(dir, vault.IndexName)
	for name, data := range map[string][]byte{"gone": nil, "garbage": []byte("garbage")} {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		if data != nil {
			if err := os.WriteFile(file, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		p := must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: "pixel", KDF: fastKDF}))(t)
		if n := len(p.State().Accounts); n != 0 {
			t.Errorf("%s: %d accounts before the vault is open", name, n)
		}
		if err := p.Unlock(keystore.WithPIN(ctx, p.PIN), platform.Prompt{}); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if _, ok := p.State().Account(id); !ok {
			t.Errorf("%s: the account is lost", name)
		}
		p.Close()
		again := must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: "pixel", KDF: fastKDF}))(t)
		if _, ok := again.State().Account(id); !ok {
			t.Errorf("%s: the index was not made anew", name)
		}
		again.Close()
	}
}

// TestOldVault is R-055: a valid but older vault that somebody put back is noticed, told, and opened only by who was told.
func TestOldVault(t *testing.T) {
	ctx, env := start(t)
	dir, id := storedPhone(t, ctx, env)
	kept := map[string][]byte{}
	for _, name := range []string{vault.FileName, vault.BackupName} {
		kept[name] = must(os.ReadFile(filepath.Join(dir, name)))(t)
	}
	p := must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: "pixel", KDF: fastKDF}))(t)
	if err := p.Unlock(keystore.WithPIN(ctx, p.PIN), platform.Prompt{}); err != nil {
		t.Fatal(err)
	}
	signIn(t, ctx, env, p)
	p.Close()
	for name, data := range kept {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p = must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: "pixel", KDF: fastKDF}))(t)
	defer p.Close()
	err := p.Unlock(keystore.WithPIN(ctx, p.PIN), platform.Prompt{})
	if !errors.Is(err, vault.ErrRolledBack) {
		t.Fatalf("unlock: %v", err)
	}
	sentence(t, err)
	if s := p.State(); !s.Locked || s.Trouble == nil || s.Trouble.Code != "vault_old" {
		t.Fatalf("state is locked %v, trouble %+v", s.Locked, s.Trouble)
	}
	if err := p.UnlockOld(keystore.WithPIN(ctx, p.PIN), platform.Prompt{}); err != nil {
		t.Fatal(err)
	}
	if s := p.State(); s.Locked || s.Trouble != nil {
		t.Errorf("after opening it knowingly: locked %v, trouble %+v", s.Locked, s.Trouble)
	}
	if _, ok := p.State().Account(id); !ok {
		t.Error("the account is lost")
	}
	signIn(t, ctx, env, p)
}
