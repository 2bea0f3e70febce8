package testenv_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	mailtext "avow/assets/mail"
	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/testenv"
	"avow/internal/wire"
)

const right = "correct horse battery staple"

// sentTo starts a server with anna.lind, whose password a directory knows, and a phone with a PIN.
func sentTo(t *testing.T, o testenv.SentOptions) (context.Context, *testenv.Env, *testenv.Phone, testenv.SentSession) {
	t.Helper()
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	if err := env.MakeDirectoryUser(ctx, "anna.lind", right, "+46465550100"); err != nil {
		t.Fatal(err)
	}
	s := must(env.AddSentSession(ctx, "anna.lind", o))(t)
	return ctx, env, pocket(t, ctx, env, "pixel"), s
}

// pocket is a phone with a PIN and no account.
func pocket(t *testing.T, ctx context.Context, env *testenv.Env, name string) *testenv.Phone {
	t.Helper()
	p := must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: name, KDF: fastKDF}))(t)
	if err := p.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

func invite(t *testing.T, ctx context.Context, p *testenv.Phone, link string) *phone.Invitation {
	t.Helper()
	return must(p.Invite(ctx, must(wire.ParseLink(link))(t).(wire.RegistrationLink)))(t)
}

// prove connects with a second proof, which must be wiped whatever comes of it.
func prove(t *testing.T, ctx context.Context, p *testenv.Phone, inv *phone.Invitation, proof string) (phone.Account, error) {
	t.Helper()
	given := key.Secret(proof)
	inv.Proof = given
	a, err := p.Core.Connect(keystore.WithPIN(ctx, p.PIN), inv, platform.Prompt{Title: "Connect"})
	if inv.Proof != nil || !bytes.Equal(given, make([]byte, len(given))) {
		t.Error("the second proof is still there")
	}
	return a, err
}

func devices(t *testing.T, ctx context.Context, env *testenv.Env, login string) int {
	t.Helper()
	return len(must(env.Admin.Devices(ctx, login))(t))
}

// the link of a mail alone registers nobody. A wrong second proof doesn't either; the right one does, and the account is connected at once.
func TestMailedLinkR005(t *testing.T) {
	for _, c := range []struct {
		proof authn.SecondProof
		wrong *authn.Error
	}{
		{authn.ProofPassword, testenv.ErrWrongPassword}, {authn.ProofPIN, authn.ErrProofWrong}, {authn.ProofCode, authn.ErrProofWrong},
	} {
		t.Run(string(c.proof), func(t *testing.T) {
			ctx, env, p, s := sentTo(t, testenv.SentOptions{Proof: c.proof})
			proof := s.Text
			if c.proof == authn.ProofPassword {
				proof = right
			}
			for _, link := range []string{s.Link, s.App} {
				if inv := invite(t, ctx, p, link); inv.SecondProof != c.proof || inv.LoginMasked == "" {
					t.Fatalf("the invitation is %+v", inv)
				}
			}
			inv := invite(t, ctx, p, s.App)
			if _, err := prove(t, ctx, p, inv, ""); !errors.Is(err, authn.ErrProofMissing) {
				t.Errorf("the link alone: %v", err)
			}
			if err := p.Sync(ctx); err != nil { // what is unfinished is asked for again: that costs no try and binds nothing
				t.Error(err)
			}
			for range authn.ProofTries - 1 {
				if _, err := prove(t, ctx, p, inv, "00000000"); !errors.Is(err, c.wrong) {
					t.Errorf("a wrong proof: %v", err)
				}
			}
			if n := len(p.State().Accounts); n != 0 || devices(t, ctx, env, "anna.lind") != 0 {
				t.Fatalf("%d accounts without the proof", n)
			}
			a := must(prove(t, ctx, p, inv, proof))(t)
			if a.Status != phone.Connected || a.CheckWords != [2]string{} {
				t.Errorf("the account is %s with the words %q", a.Status, a.CheckWords)
			}
			if err := p.Sync(ctx); err != nil || len(p.State().Accounts) != 1 || p.State().Accounts[0].Status != phone.Connected {
				t.Errorf("after a look at the server: %v, %+v", err, p.State().Accounts)
			}
			signIn(t, ctx, env, p)
			other := pocket(t, ctx, env, "other")
			if _, err := other.Invite(ctx, must(wire.ParseLink(s.Link))(t).(wire.RegistrationLink)); !errors.Is(err, authn.ErrSessionUsed) {
				t.Errorf("the link a second time: %v", err)
			}
		})
	}
}

// A phone that dies between signing and sending asks for the proof again, finds the same invitation, and needs no other code.
func TestCrashBeforeTheProofWasSent(t *testing.T) {
	ctx, env, p, s := sentTo(t, testenv.SentOptions{Proof: authn.ProofPassword})
	env.Passwords.Fail(testenv.ErrDirectoryAway)
	inv := invite(t, ctx, p, s.Link)
	if _, err := prove(t, ctx, p, inv, right); !errors.Is(err, testenv.ErrDirectoryAway) {
		t.Fatal(err)
	}
	if err := env.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := prove(t, ctx, p, inv, right); !errors.Is(err, client.ErrUnreachable) {
		t.Errorf("without a server: %v", err)
	}
	p.Close()
	env.Passwords.Fail(nil)
	if err := env.Resume(ctx); err != nil {
		t.Fatal(err)
	}
	again := must(env.OpenPhone(ctx, testenv.PhoneOptions{Name: "pixel", KDF: fastKDF}))(t)
	t.Cleanup(again.Close)
	if err := again.Sync(ctx); err != nil || len(again.State().Accounts) != 0 {
		t.Fatalf("an account without a proof: %v", err)
	}
	inv = invite(t, ctx, again, s.Link)
	if inv.SecondProof != authn.ProofPassword {
		t.Fatalf("after the start it asks for %q", inv.SecondProof)
	}
	if a := must(prove(t, ctx, again, inv, right))(t); a.Status != phone.Connected {
		t.Errorf("the account is %s", a.Status)
	}
	if n := devices(t, ctx, env, "anna.lind"); n != 1 {
		t.Errorf("%d devices", n)
	}
}

// With the last wrong proof the session is over, and the phone forgets it with its keys.
func TestProofTriesOver(t *testing.T) {
	ctx, env, p, s := sentTo(t, testenv.SentOptions{Proof: authn.ProofPIN})
	before := len(p.Keys.List())
	inv := invite(t, ctx, p, s.Link)
	for i := range authn.ProofTries {
		_, err := prove(t, ctx, p, inv, "1234567")
		if want := authn.ErrProofWrong; i < authn.ProofTries-1 && !errors.Is(err, want) {
			t.Errorf("try %d: %v", i+1, err)
		}
		if i == authn.ProofTries-1 && !errors.Is(err, authn.ErrProofTries) {
			t.Errorf("the last try: %v", err)
		}
	}
	if n := len(p.Keys.List()); n != before {
		t.Errorf("%d keys are left of it", n-before)
	}
	if _, err := prove(t, ctx, p, inv, s.Text); !errors.Is(err, authn.ErrSessionUnknown) {
		t.Errorf("the right one afterwards: %v", err)
	}
	if _, err := p.Invite(ctx, must(wire.ParseLink(s.Link))(t).(wire.RegistrationLink)); !errors.Is(err, authn.ErrSessionRevoked) {
		t.Errorf("the link afterwards: %v", err)
	}
	if n := devices(t, ctx, env, "anna.lind"); n != 0 {
		t.Errorf("%d devices", n)
	}
}

// TestProofIsKeptNowhere: neither the phone's folder, nor its log, nor the server's folder and log has the password, whether it was wrong or right.
func TestProofIsKeptNowhere(t *testing.T) {
	var log lockedBuffer
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	env := must(testenv.Start(ctx, testenv.Options{Dir: t.TempDir(), Log: slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}))(t)
	t.Cleanup(func() { _ = env.Close() })
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	if err := env.MakeDirectoryUser(ctx, "anna.lind", right, "+46465550100"); err != nil {
		t.Fatal(err)
	}
	s := must(env.AddSentSession(ctx, "anna.lind", testenv.SentOptions{Proof: authn.ProofPassword}))(t)
	p := pocket(t, ctx, env, "pixel")
	inv := invite(t, ctx, p, s.Link)
	const wrong = "almost the right password"
	if _, err := prove(t, ctx, p, inv, wrong); err == nil {
		t.Fatal("a wrong password was taken")
	}
	search := func(when string) {
		t.Helper()
		for _, secret := range []string{right, wrong} {
			for form, text := range map[string]string{"text": secret, "base64": base64.RawStdEncoding.EncodeToString([]byte(secret))[:20], "hex": hex.EncodeToString([]byte(secret))} {
				if found := inFolder(t, env.Dir, text); found != "" { // the phone's is below it
					t.Errorf("%s, %s has the password as %s", when, found, form)
				}
				if strings.Contains(log.String(), text) {
					t.Errorf("%s, the log has the password as %s", when, form)
				}
			}
		}
	}
	search("before it was right")
	must(prove(t, ctx, p, inv, right))(t)
	if err := p.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	search("afterwards")
	if log.String() == "" {
		t.Error("nothing was logged at all")
	}
	if found := inFolder(t, env.Dir, "anna.lind"); found == "" {
		t.Error("the search finds nothing")
	}
}

// lockedBuffer is a log that many write to.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// inFolder is the name of a file below dir that holds text.
func inFolder(t *testing.T, dir, text string) (found string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		if bytes.Contains(data, []byte(text)) {
			found = path
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// what looks at links in mails asks for the page of the link, and for the link of the app as a page: a thousand times, and the phone still
// connects, with all its tries.
func TestLinkScannersR006(t *testing.T) {
	ctx, env, p, s := sentTo(t, testenv.SentOptions{Proof: authn.ProofPIN})
	hc := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} // as such a scanner does
	page, fragment, _ := strings.Cut(strings.ToLower(s.Link), "/r#")
	for i := range 1000 {
		url := []string{page + "/R", page + "/r", page + "/R?utm_source=mail", page + "/R#" + strings.ToUpper(fragment), page + "/"}[i%5]
		req := must(http.NewRequestWithContext(ctx, []string{http.MethodGet, http.MethodHead}[i%2], url, nil))(t)
		res := must(hc.Do(req))(t)
		_ = res.Body.Close()
		if res.StatusCode >= 500 {
			t.Fatalf("%s: %s", url, res.Status)
		}
	}
	inv := invite(t, ctx, p, s.Link)
	for range authn.ProofTries - 1 {
		if _, err := prove(t, ctx, p, inv, "0"); !errors.Is(err, authn.ErrProofWrong) {
			t.Fatalf("a try is missing: %v", err)
		}
	}
	if a := must(prove(t, ctx, p, inv, s.Text[:4]+" "+s.Text[4:]))(t); a.Status != phone.Connected {
		t.Errorf("the account is %s", a.Status)
	}
	if n := devices(t, ctx, env, "anna.lind"); n != 1 {
		t.Errorf("%d devices", n)
	}
}

// a phone that was connected by a mailed link is told of by mail and on the phone that was there before; whoever tries the link after
// another phone learns nothing, and that is told too.
func TestMailedBindingIsToldR013(t *testing.T) {
	t.Parallel() // it waits for the outbox
	ctx := t.Context()
	env := must(testenv.Start(ctx, testenv.Options{Dir: t.TempDir(), Texts: mailtext.New("046-555 01 00")}))(t)
	t.Cleanup(func() { _ = env.Close() })
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	first, a, events := readyPhone(t, ctx, env, "pixel", "anna.lind")
	must(env.Mail.Wait(ctx, 1))(t)
	s := must(env.AddSentSession(ctx, "anna.lind", testenv.SentOptions{Mode: authn.BindAdditional, Proof: authn.ProofPIN}))(t)
	tablet := pocket(t, ctx, env, "tablet")
	inv := invite(t, ctx, tablet, s.Link)
	if inv.Connected != "" {
		t.Errorf("the tablet thinks that it has the account %q", inv.Connected)
	}
	thief := pocket(t, ctx, env, "thief")
	if _, err := thief.Invite(ctx, must(wire.ParseLink(s.Link))(t).(wire.RegistrationLink)); !errors.Is(err, authn.ErrSessionClaimed) {
		t.Errorf("another phone with the link: %v", err)
	}
	must(prove(t, ctx, tablet, inv, s.Text))(t)
	mails := must(env.Mail.Wait(ctx, 3))(t)
	text := ""
	for _, m := range mails[1:] {
		text += m.To + "\n" + string(m.Raw)
	}
	if !strings.Contains(text, "tablet") || strings.Count(text, "anna.lind@example.com\n") < 2 {
		t.Errorf("the mails say:\n%s", text)
	}
	for {
		got, _ := first.State().Account(a.ID)
		kinds := map[authn.NoticeKind]bool{}
		for _, n := range got.Notices {
			kinds[n.Kind] = true
		}
		if kinds[authn.NoticeDeviceRegistered] && kinds[authn.NoticeClaimRefused] {
			break
		}
		await(t, ctx, events, phone.NoticeArrived)
	}
}

// A phone that has the account already says so before it connects once more; another user's code at the same server is no such thing.
func TestInvitationForAnAccountThatIsHere(t *testing.T) {
	ctx, env, p, s := sentTo(t, testenv.SentOptions{Proof: authn.ProofPIN})
	must(prove(t, ctx, p, invite(t, ctx, p, s.Link), s.Text))(t)
	must(env.AddUser(ctx, "bo.ek", "Bo Ek"))(t)
	for login, want := range map[string]string{"anna.lind": "anna.lind", "bo.ek": ""} {
		more := must(env.AddSentSession(ctx, login, testenv.SentOptions{Mode: authn.BindAdditional, Proof: authn.ProofPIN}))(t)
		inv := invite(t, ctx, p, more.Link)
		if inv.Connected != want {
			t.Errorf("%s: the account that is here seems to be %q", login, inv.Connected)
		}
		if err := p.Forget(ctx, inv); err != nil {
			t.Error(err)
		}
	}
}

// force ends the session that a phone has claimed, and that phone hears why; the newer one works.
func TestSessionThatWasReplaced(t *testing.T) {
	ctx, env, p, s := sentTo(t, testenv.SentOptions{Proof: authn.ProofPIN})
	inv := invite(t, ctx, p, s.Link)
	newer := must(env.AddSentSession(ctx, "anna.lind", testenv.SentOptions{Proof: authn.ProofPIN, Force: true}))(t)
	if _, err := prove(t, ctx, p, inv, s.Text); !errors.Is(err, authn.ErrSessionRevoked) {
		t.Errorf("the session that was replaced: %v", err)
	}
	if a := must(prove(t, ctx, p, invite(t, ctx, p, newer.Link), newer.Text))(t); a.Status != phone.Connected {
		t.Errorf("the newer one: %s", a.Status)
	}
}
