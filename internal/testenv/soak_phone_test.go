package testenv_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
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

// phoneJob is what the phone's process has to know beside its own folder.
type phoneJob struct {
	Admin    string // credential
	Computer string // PEM
	Server   client.Server
}

const (
	jobFile     = "job.json"
	phoneFolder = "phone"
	dayFile     = "day"
	jobLogin    = "anna.lind"
)

// TestSoakPhone kills the phone, kill -9, at any moment while it registers, approves and so writes its vault (D1): the vault always
// opens, and neither an account nor a receipt is lost that the app has shown.
func TestSoakPhone(t *testing.T) {
	w, credential, _ := found(t, 0, authn.MatchTap)
	ctx, cancel := context.WithTimeout(context.Background(), time.Hour)
	defer cancel()
	srv, _ := w.startServer(t)
	defer func() { _ = srv.kill() }()
	folder := t.TempDir()
	prepareJob(t, ctx, folder, credential)
	seen := newShown()
	for n := range kills() {
		c := startChild(t, "phone", folder)
		for range 1 + (n+rand.IntN(2))%6 {
			line, ok := <-c.lines
			if !ok {
				_ = c.kill()
				t.Fatalf("after %d kills the phone ended by itself: %s", n, c.wrong)
			}
			seen.take(line)
		}
		<-time.After(time.Duration(rand.IntN(60)) * time.Millisecond) // the moment must be random: no signal of the phone's
		for _, line := range c.kill() {
			seen.take(line)
		}
		if msg := c.wrong.String(); msg != "" {
			t.Fatalf("after %d kills the phone ended by itself: %s", n, msg)
		}
		nextDay(t, folder, n+1)
		if err := seen.compare(ctx, folder); err != nil {
			t.Fatalf("after %d kills: %v", n+1, err)
		}
	}
	t.Logf("%d kills; shown: %d accounts connected, %d approvals", kills(), seen.connected, seen.approved)
	if seen.connected == 0 || kills() > 20 && seen.approved == 0 {
		t.Error("nothing was done: the test shows nothing")
	}
}

func prepareJob(t *testing.T, ctx context.Context, folder string, credential client.Credential) {
	t.Helper()
	admin := client.NewAdmin(credential, client.Options{})
	defer admin.Close()
	must(admin.AddUser(ctx, wire.AddUser{UserName: jobLogin, Name: "Anna Lind", Reason: "soak"}))(t)
	k := newKey(t)
	must(admin.AddClient(ctx, wire.AddClient{
		ID: "laptop-42", Name: "LAPTOP-42", Kind: authn.ClientComputer, Key: k.Key(), Match: authn.MatchTap, Known: true, Reason: "soak",
	}))(t)
	b := must(json.Marshal(phoneJob{Admin: string(must(credential.Encode())(t)), Computer: pemOf(t, k), Server: credential.Server}))(t)
	if err := os.WriteFile(filepath.Join(folder, jobFile), b, 0o600); err != nil {
		t.Fatal(err)
	}
	nextDay(t, folder, 0)
	p := must(openSoaked(ctx, folder))(t)
	defer p.Close()
	if err := p.SetPIN(ctx, p.PIN); err != nil {
		t.Fatal(err)
	}
}

// nextDay lets time pass by the phone's clocks: a kill amid the check of a PIN counts as a wrong try, as it should, and the next start would have
// to wait.
func nextDay(t *testing.T, folder string, day int) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, dayFile), []byte(strconv.Itoa(day)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func openSoaked(ctx context.Context, folder string) (*testenv.Phone, error) {
	b, err := os.ReadFile(filepath.Join(folder, dayFile))
	if err != nil {
		return nil, err
	}
	day, err := strconv.Atoi(string(b))
	if err != nil {
		return nil, err
	}
	now := func() time.Time { return time.Now().AddDate(0, 0, day) }
	boot := func() (string, time.Duration) { return "soaked", time.Duration(day) * 40 * 24 * time.Hour } // longer than any wait
	o := testenv.PhoneOptions{Name: "soaked", Dir: filepath.Join(folder, phoneFolder), KDF: fastKDF, Now: now, Boot: boot}
	return testenv.OpenPhone(ctx, o, client.Options{}, slog.New(slog.DiscardHandler))
}

// phoneChild is a phone, its owner and the computer that she signs in to, until it is killed. Each line that it says is what the app
// has shown as done.
func phoneChild(folder string) error {
	b, err := os.ReadFile(filepath.Join(folder, jobFile))
	if err != nil {
		return err
	}
	var job phoneJob
	if err := json.Unmarshal(b, &job); err != nil {
		return err
	}
	credential, err := client.ParseCredential(key.Secret(job.Admin))
	if err != nil {
		return err
	}
	k, err := key.ParsePEM(key.Secret(job.Computer))
	if err != nil {
		return err
	}
	p, err := openSoaked(context.Background(), folder)
	if err != nil {
		return err
	}
	owner := &phoneOwner{
		Phone: p, ctx: keystore.WithPIN(context.Background(), p.PIN), admin: client.NewAdmin(credential, client.Options{}),
		computer: client.NewRelyingParty(job.Server, "laptop-42", k, client.Options{}),
	}
	if err := p.Unlock(owner.ctx, platform.Prompt{}); err != nil {
		return fmt.Errorf("unlock: %w", err)
	}
	say("open")
	for n := 0; ; n++ {
		if n%4 == 3 || !owner.connected() {
			err = owner.connect()
		} else { // first of all, since a request that was open at the kill waits for this account
			err = owner.signIn()
		}
		if err != nil {
			return err
		}
	}
}

// say is one write: it is out before anything else happens.
func say(words ...string) { _, _ = os.Stdout.WriteString(strings.Join(words, " ") + "\n") }

type phoneOwner struct {
	*testenv.Phone
	ctx      context.Context
	admin    *client.Admin
	computer *client.RelyingParty
}

func (p *phoneOwner) connected() bool {
	if err := p.Sync(p.ctx); err != nil {
		return false
	}
	return slices.ContainsFunc(p.State().Accounts, func(a phone.Account) bool { return a.Status == phone.Connected })
}

// connect replaces the account by a new one.
func (p *phoneOwner) connect() error {
	s, err := p.admin.AddSession(p.ctx, wire.AddSession{UserName: jobLogin, Mode: authn.BindReplace, Force: true, Reason: "soak"})
	if err != nil {
		return fmt.Errorf("add session: %w", err)
	}
	a, err := p.Connect(p.ctx, s.Link)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	say("connected", string(a.ID))
	if _, err := p.admin.ConfirmSession(p.ctx, jobLogin, wire.ConfirmSession{CheckWords: a.CheckWords, Reason: "soak"}); err != nil {
		return fmt.Errorf("confirm: %w", err)
	}
	if err := p.Sync(p.ctx); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	for _, old := range p.State().Accounts {
		if old.Status == phone.Removed && old.ID != a.ID {
			say("removing", string(old.ID))
			if _, err := p.RemoveAccount(p.ctx, old.ID); err != nil {
				return fmt.Errorf("remove: %w", err)
			}
			say("removed", string(old.ID))
		}
	}
	return nil
}

// signIn asks at the computer and says Yes on the phone, also to what a killed process left open.
func (p *phoneOwner) signIn() error {
	_, err := p.computer.Authorize(p.ctx, client.Question{User: jobLogin, Lifetime: 5 * time.Second})
	if err != nil && authn.CodeOf(err) != wire.ErrTemporarily {
		return fmt.Errorf("authorize: %w", err)
	}
	if err := p.Sync(p.ctx); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	for _, r := range p.State().Requests {
		switch _, err := p.Approve(p.ctx, r.ID, phone.Match{}, platform.Prompt{}); {
		case err == nil:
			say("approved", string(r.Account), string(r.ID))
		case !errors.Is(err, authn.ErrDecided): // said by the process before, which had no time to hear of it
			return fmt.Errorf("approve: %w", err)
		}
	}
	return nil
}

// shown is what the app has shown as done.
type shown struct {
	accounts            map[authn.DeviceID]map[authn.RequestID]bool // with what was approved
	leaving             map[authn.DeviceID]bool                     // may be gone or not
	gone                map[authn.DeviceID]bool
	connected, approved int
}

func newShown() *shown {
	return &shown{accounts: map[authn.DeviceID]map[authn.RequestID]bool{}, leaving: map[authn.DeviceID]bool{}, gone: map[authn.DeviceID]bool{}}
}

func (s *shown) take(line string) {
	word := strings.Fields(line)
	if len(word) < 2 {
		return // open
	}
	id := authn.DeviceID(word[1])
	switch word[0] {
	case "connected":
		s.accounts[id] = map[authn.RequestID]bool{}
		s.connected++
	case "removing":
		s.leaving[id] = true
	case "removed":
		s.gone[id] = true
	case "approved":
		s.accounts[id][authn.RequestID(word[2])] = true
		s.approved++
	}
}

// compare opens the folder as the next start of the app does.
func (s *shown) compare(ctx context.Context, folder string) error {
	p, err := openSoaked(ctx, folder)
	if err != nil {
		return err
	}
	defer p.Close()
	if err := p.Unlock(keystore.WithPIN(ctx, p.PIN), platform.Prompt{}); err != nil {
		return fmt.Errorf("the vault does not open: %w", err)
	}
	state := p.State()
	if state.Trouble != nil {
		return fmt.Errorf("trouble %s: %w", state.Trouble.Code, state.Trouble.Err)
	}
	receipts, err := storedReceipts(ctx, folder, p)
	if err != nil {
		return err
	}
	for id, approved := range s.accounts {
		_, there := state.Account(id)
		switch {
		case s.gone[id] && there:
			return fmt.Errorf("account %s is back", id)
		case s.leaving[id]:
			continue
		case !there:
			return fmt.Errorf("account %s is lost", id)
		}
		for r := range approved {
			if !receipts[r] {
				return fmt.Errorf("the receipt of %s is lost", r)
			}
		}
	}
	return nil
}

// storedReceipts reads the vault's file and lists the requests that it has a receipt of.
func storedReceipts(ctx context.Context, folder string, p *testenv.Phone) (map[authn.RequestID]bool, error) {
	store, err := vault.New(vault.Config{Dir: filepath.Join(folder, phoneFolder), Keys: p.Keys, Key: "vault"})
	if err != nil {
		return nil, err
	}
	doc, err := store.Open(keystore.WithPIN(ctx, p.PIN), platform.Prompt{})
	if err != nil {
		return nil, err
	}
	found := map[authn.RequestID]bool{}
	for _, raw := range doc.Accounts {
		var a struct {
			Server   client.Server   `json:"server"`
			ID       authn.DeviceID  `json:"id"`
			User     authn.UserID    `json:"user"`
			Receipts []phone.Receipt `json:"receipts"`
		}
		if err := json.Unmarshal(raw, &a); err != nil {
			return nil, err
		}
		for _, r := range a.Receipts {
			q, err := wire.VerifyApprovalRequest(r.Request, a.Server.Identity, a.Server.Issuer, a.ID, a.User)
			if err != nil {
				return nil, err
			}
			if _, err := wire.VerifyReceipt(r.Receipt, a.Server.Identity, r.Request, r.Decision); err != nil {
				return nil, err
			}
			if found[q.ID] {
				return nil, fmt.Errorf("two receipts of %s", q.ID)
			}
			found[q.ID] = true
		}
	}
	return found, nil
}

// appChild is a phone that connects the accounts of the links on its standard input, up to an empty line, listens to all of them, and
// then says how much memory it uses whenever it is asked.
func appChild(folder string) error {
	if err := os.WriteFile(filepath.Join(folder, dayFile), []byte("0"), 0o600); err != nil {
		return err
	}
	p, err := openSoaked(context.Background(), folder)
	if err != nil {
		return err
	}
	if err := p.SetPIN(context.Background(), p.PIN); err != nil {
		return err
	}
	ctx := keystore.WithPIN(context.Background(), p.PIN)
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() && in.Text() != "" {
		if _, err := p.Connect(ctx, in.Text()); err != nil {
			return err
		}
	}
	heard := make(chan phone.AccountID, 100)
	p.Subscribe(func(e phone.Event) {
		if e.Kind == phone.AccountsChanged {
			heard <- e.Account
		}
	})
	go p.Run(ctx)
	for all := map[phone.AccountID]bool{}; len(all) < len(p.State().Accounts); {
		all[<-heard] = true
	}
	say("ready")
	answerMemory(in)
	return in.Err()
}
