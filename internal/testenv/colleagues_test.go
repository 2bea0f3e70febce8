package testenv_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"avow/assets/mail"
	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/platform"
	"avow/internal/phone/platform/simulated"
	"avow/internal/testenv"
	"avow/internal/wire"
)

// office is an organisation with mail and a clock that a test moves: Anna, who has named Bo and Cem.
type office struct {
	*testenv.Env
	offset        atomic.Int64
	roots         *x509.CertPool
	anna, bo, cem *testenv.Phone
	account       phone.AccountID
}

func (o *office) now() time.Time { return time.Now().Add(time.Duration(o.offset.Load())) }

func newOffice(t *testing.T, ctx context.Context) *office {
	t.Helper()
	o := &office{}
	o.Env = must(testenv.Start(ctx, testenv.Options{Dir: t.TempDir(), Now: o.now, Texts: mailtext.New("046-555 01 00")}))(t)
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	o.Site.AdminMail = []string{"desk@lundenergy.example"}
	conn := must(tls.Dial("tcp", o.Host, &tls.Config{InsecureSkipVerify: true}))(t)
	o.roots = x509.NewCertPool()
	o.roots.AddCert(conn.ConnectionState().PeerCertificates[0])
	_ = conn.Close()
	for login, p := range map[string]**testenv.Phone{"anna.lind": &o.anna, "bo.ek": &o.bo, "cem.kaya": &o.cem} {
		_ = must(o.Admin.AddUser(ctx, wire.AddUser{UserName: login, Name: login, Mail: login + "@lundenergy.example", Language: "en", Reason: "test"}))(t)
		*p = o.open(t, ctx, login)
		a := must(o.Register(ctx, *p, login, authn.BindFirst))(t)
		if login == "anna.lind" {
			o.account = a.ID
		}
	}
	list := must(o.anna.NameColleagues(ctx, o.account, []string{"bo.ek", "cem.kaya"}, 2, platform.Prompt{}))(t)
	if len(list.Colleagues) != 2 || !list.Colleagues[0].Ready || list.Needed != 2 || list.Hold != 24*time.Hour {
		t.Fatalf("named: %+v", list)
	}
	return o
}

// open makes a phone, or opens it again.
func (o *office) open(t *testing.T, ctx context.Context, name string) *testenv.Phone {
	t.Helper()
	p := must(testenv.OpenPhone(ctx, testenv.PhoneOptions{
		Name: name, Dir: o.Dir + "/phone-" + name, KDF: fastKDF, Now: o.now, Ask: simulated.Always(simulated.Touch),
	}, client.Options{Now: o.now, Roots: o.roots}, o.Log))(t)
	t.Cleanup(p.Close)
	ready := p.Ready
	if p.State().HasPIN { // the sensor is another one than before
		ready = func(ctx context.Context) error { return p.Keys.EnableBiometric(ctx, p.PIN, platform.Prompt{}) }
	}
	if err := ready(ctx); err != nil {
		t.Fatal(err)
	}
	return p
}

var eightDigits = regexp.MustCompile(`\b([0-9]{4}) ?([0-9]{4})\b`)

// code waits for the newest one-time code that a user was mailed, behind the mails that were there.
func (o *office) code(t *testing.T, ctx context.Context, to string, before int) string {
	t.Helper()
	for n := before + 1; ; n++ {
		mails := must(o.Mail.Wait(ctx, n))(t)
		m := mails[n-1]
		if found := eightDigits.FindSubmatch(m.Raw[strings.Index(string(m.Raw), "\r\n\r\n"):]); m.To == to && found != nil {
			return string(found[1]) + " " + string(found[2])
		}
	}
}

// told waits until somebody was mailed something with these words in its subject.
func (o *office) told(t *testing.T, ctx context.Context, to, words string) {
	t.Helper()
	for n := 1; ; n++ {
		mails := must(o.Mail.Wait(ctx, n))(t)
		if m := mails[n-1]; m.To == to && strings.Contains(m.Subject, words) {
			return
		}
	}
}

// yes is a colleague who has heard the number on the telephone.
func (o *office) yes(ctx context.Context, p *testenv.Phone, number string) error {
	if err := p.Sync(ctx); err != nil {
		return err
	}
	for _, r := range p.State().Requests {
		if r.Action == authn.ActionConnectPhone {
			_, err := p.Approve(ctx, r.ID, phone.Match{Number: number}, platform.Prompt{})
			return err
		}
	}
	return errors.New("nobody is asked")
}

// Lost phone without code: two colleagues vouch, and after a day that everybody was told of the account is on the new phone.
func TestLostPhoneWithoutCode(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	o := newOffice(t, ctx)
	code := key.NewRestoreCode()
	if err := o.anna.ActivateRestore(ctx, o.account, code, platform.Prompt{}); err != nil {
		t.Fatal(err)
	}
	o.anna.Close()

	p := o.open(t, ctx, "new")
	before := len(o.Mail.Mails())
	offer := must(p.FindRestore(ctx, phone.RestoreFrom{Host: o.Host, Login: "anna.lind"}))(t)
	x := must(p.AskColleagues(ctx, offer, platform.Prompt{}))(t)
	if x.State != authn.RestoreProved || x.Kind != authn.RestoreByColleagues || x.MailMasked != "" {
		t.Fatalf("begun: %+v", x)
	}
	_, err := p.ConfirmRestore(ctx, x.ID, "00000000")
	if !errors.Is(err, authn.ErrOTPWrong) {
		t.Errorf("a wrong code: %v", err)
	}
	x = must(p.ConfirmRestore(ctx, x.ID, o.code(t, ctx, "anna.lind@lundenergy.example", before)))(t)
	if x.State != authn.RestoreAsking || len(x.Number) != 6 || x.Needed != 2 {
		t.Fatalf("asked: %+v", x)
	}
	o.told(t, ctx, "anna.lind@lundenergy.example", "Colleagues are asked")
	o.told(t, ctx, "desk@lundenergy.example", "Colleagues are asked")

	if err := o.yes(ctx, o.bo, x.Number); err != nil {
		t.Fatal(err)
	}
	// The phone is switched off and on: it still knows what to read out.
	p.Close()
	p = o.open(t, ctx, "new")
	if list := p.State().Restores; len(list) != 1 || list[0].Number != x.Number {
		t.Fatalf("after a new start: %+v", list)
	}
	if x = must(p.CheckRestore(ctx, x.ID))(t); x.Approved != 1 {
		t.Errorf("one Yes: %+v", x)
	}
	if err := o.yes(ctx, o.cem, x.Number); err != nil {
		t.Fatal(err)
	}
	if x = must(p.CheckRestore(ctx, x.ID))(t); x.State != authn.RestoreHeld || x.Number != "" {
		t.Errorf("two Yes: %+v", x)
	}
	o.told(t, ctx, "desk@lundenergy.example", "")
	if _, _, err := p.FinishRestore(ctx, x.ID, platform.Prompt{}); !errors.Is(err, authn.ErrRestoreHeld) {
		t.Errorf("before its time: %v", err)
	}
	o.offset.Add(int64(24*time.Hour + time.Minute))
	a, old, err := p.FinishRestore(ctx, x.ID, platform.Prompt{})
	if err != nil {
		t.Fatal(err)
	}
	if a.Login != "anna.lind" || len(old) != 1 || old[0].ID != o.account || !old[0].Asked {
		t.Errorf("taken: %+v, beside %+v", a, old)
	}
	if err := p.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	a = must(account(p, a.ID))(t)
	if a.Status != phone.Connected || a.Restore.State != phone.RestoreElsewhere || !a.ProbationUntil.After(o.now()) {
		t.Errorf("the account: %s, restore %s, probation until %v", a.Status, a.Restore.State, a.ProbationUntil)
	}
	if _, err := p.ShowRestoreCode(ctx, a.ID, platform.Prompt{}); err == nil {
		t.Error("the new phone knows the restore code")
	}
	// The code turns up after all.
	if err := p.JoinRestore(ctx, a.ID, code, platform.Prompt{}); err != nil {
		t.Errorf("with the code that was found: %v", err)
	}
	o.told(t, ctx, "anna.lind@lundenergy.example", "new")
}

func account(p *testenv.Phone, id phone.AccountID) (phone.Account, error) {
	a, ok := p.State().Account(id)
	if !ok {
		return a, errors.New("the account is gone")
	}
	return a, nil
}

// Restore attacked by someone with the mailbox: he gets the code and even one colleague's Yes. Anna blocks it on her phone, which is locked, and nobody's Yes counts any more.
func TestMailboxThiefAsksColleagues(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	o := newOffice(t, ctx)
	p := o.open(t, ctx, "thief")
	before := len(o.Mail.Mails())
	offer := must(p.FindRestore(ctx, phone.RestoreFrom{Host: o.Host, Login: "anna.lind"}))(t)
	x := must(p.AskColleagues(ctx, offer, platform.Prompt{}))(t)
	x = must(p.ConfirmRestore(ctx, x.ID, o.code(t, ctx, "anna.lind@lundenergy.example", before)))(t)
	if err := o.yes(ctx, o.bo, x.Number); err != nil {
		t.Fatal(err)
	}
	o.anna.Lock()
	if err := o.anna.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	a := must(account(o.anna, o.account))(t)
	if len(a.Restores) != 1 || a.Restores[0].State != authn.RestoreAsking {
		t.Fatalf("Anna's phone shows %+v", a.Restores)
	}
	if err := o.anna.BlockRestore(ctx, o.account, a.Restores[0].ID); err != nil {
		t.Fatal(err)
	}
	if err := o.yes(ctx, o.cem, x.Number); !errors.Is(err, authn.ErrRestoreIsBlocked) {
		t.Errorf("a Yes to what was blocked: %v", err)
	}
	o.offset.Add(int64(72 * time.Hour))
	if _, _, err := p.FinishRestore(ctx, x.ID, platform.Prompt{}); !errors.Is(err, authn.ErrRestoreIsBlocked) {
		t.Errorf("finishing what was blocked: %v", err)
	}
	if x, err := p.CheckRestore(ctx, x.ID); x.State != authn.RestoreBlocked {
		t.Errorf("the thief's phone says %+v, %v", x, err)
	}
}

// Without a code nothing vouches for a server: only a certificate that the device trusts does. Else who sits in between has his own phone vouched for.
func TestColleaguesNeedTrustedServer(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	o := newOffice(t, ctx)
	stranger := must(o.OpenPhone(ctx, testenv.PhoneOptions{Name: "no authority", KDF: fastKDF, Ask: simulated.Always(simulated.Touch)}))(t)
	defer stranger.Close()
	if _, err := stranger.FindRestore(ctx, phone.RestoreFrom{Host: o.Host, Login: "anna.lind"}); !errors.Is(err, client.ErrUntrusted) {
		t.Errorf("a certificate that nobody vouches for: %v", err)
	}
	// The server's own list of keys is no reason, and an account at the server is one.
	if err := stranger.Ready(ctx); err != nil {
		t.Fatal(err)
	}
	_ = must(o.Admin.AddUser(ctx, wire.AddUser{UserName: "dora.berg", Name: "Dora", Reason: "test"}))(t)
	_ = must(o.Register(ctx, stranger, "dora.berg", authn.BindFirst))(t)
	if _, err := stranger.FindRestore(ctx, phone.RestoreFrom{Host: o.Host, Login: "anna.lind"}); err != nil {
		t.Errorf("beside an account at the same server: %v", err)
	}
}
