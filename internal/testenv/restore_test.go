package testenv_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	mailtext "avow/assets/mail"
	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/escrow"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/vault"
	"avow/internal/store"
	"avow/internal/testenv"
	"avow/internal/wire"
)

// lost is an organisation with Anna, whose phone has restore set up, and with mail and a clock that the test moves.
type lost struct {
	*testenv.Env
	t      *testing.T
	ctx    context.Context
	offset *atomic.Int64
	old    *testenv.Phone
	a      phone.Account
	code   key.RestoreCode
}

func lose(t *testing.T) *lost {
	t.Helper()
	beside(t)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	t.Cleanup(cancel)
	l := &lost{t: t, ctx: ctx, offset: &atomic.Int64{}, code: key.NewRestoreCode()}
	l.Env = must(testenv.Start(ctx, testenv.Options{
		Dir: t.TempDir(), Now: func() time.Time { return time.Now().Add(time.Duration(l.offset.Load())) }, Texts: mailtext.New("046-555 01 00"),
	}))(t)
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	must(l.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	l.old = blank(t, ctx, l.Env, "old")
	l.a = must(l.Register(ctx, l.old, "anna.lind", authn.BindFirst))(t)
	l.ok(l.old.ActivateRestore(ctx, l.a.ID, l.code, platform.Prompt{}))
	return l
}

func (l *lost) ok(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l *lost) want(what string, got, want error) {
	l.t.Helper()
	if !errors.Is(got, want) {
		l.t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func (l *lost) pass(d time.Duration) { l.offset.Add(int64(d)) }

// account is the account as a phone shows it.
func (l *lost) account(p *testenv.Phone, id phone.AccountID) phone.Account {
	l.t.Helper()
	a, ok := p.State().Account(id)
	if !ok {
		l.t.Fatal("the account is not on the phone")
	}
	return a
}

func (l *lost) decide(change func(*authn.Policy)) {
	l.t.Helper()
	p := l.Site.Policy()
	change(&p)
	l.ok(l.Site.SetPolicy(l.ctx, p, authn.AuditRecord{At: l.Site.Now(), Actor: "admin:test"}))
}

// sheet is what Anna types from her sheet: not as carefully as it is printed.
func (l *lost) sheet() phone.RestoreFrom {
	l.t.Helper()
	code := must(key.ParseRestoreCode(strings.ToLower(strings.ReplaceAll(l.code.Text(), " ", "-"))))(l.t)
	return phone.RestoreFrom{Host: " " + strings.ToUpper(l.Host), Login: "Anna.Lind", Code: code}
}

// proved is a restore that a phone has begun.
func (l *lost) proved(p *testenv.Phone) phone.Restoring {
	l.t.Helper()
	o := must(p.FindRestore(l.ctx, l.sheet()))(l.t)
	return must(p.ProveRestore(l.ctx, o, platform.Prompt{}))(l.t)
}

// mailed is the one-time code of the newest mail that has one.
func (l *lost) mailed(wanted int) string {
	l.t.Helper()
	for n := 1; ; n++ {
		mails := must(l.Mail.Wait(l.ctx, n))(l.t)
		var codes []string
		for _, m := range mails {
			if strings.Contains(m.Subject, "one-time code") {
				codes = append(codes, eightDigits.FindString(string(m.Raw[strings.Index(string(m.Raw), "\r\n\r\n"):])))
			}
		}
		if len(codes) >= wanted {
			return codes[wanted-1]
		}
		n = max(n, len(mails))
	}
}

// digits is the newest one-time code, for tests that are about something else.
func (l *lost) digits(id authn.RestoreID) string {
	l.t.Helper()
	var x authn.Restore
	l.ok(l.Site.Store.View(l.ctx, func(r store.Reader) (err error) { x, err = r.Restore(id); return err }))
	return l.Server.Restore.Digits(x)
}

// signIn signs in to a computer with a phone.
func (l *lost) signIn(p *testenv.Phone, computer *testenv.Computer) {
	l.t.Helper()
	ask := must(computer.Authorize(l.ctx, client.Question{User: "anna.lind"}))(l.t)
	l.ok(p.Sync(l.ctx))
	must(p.Approve(l.ctx, p.State().Requests[0].ID, phone.Match{}, platform.Prompt{}))(l.t)
	must(computer.Wait(l.ctx, ask))(l.t)
}

// TestLostPhoneWithCode: Anna's phone is gone. With the sheet from the drawer and her mail she has her account on a new one after a day, the old one is
// removed, and the sheet is worth nothing.
func TestLostPhoneWithCode(t *testing.T) {
	l := lose(t)
	l.decide(func(p *authn.Policy) { p.RestoreHold = 24 })
	laptop := must(l.AddComputer(l.ctx, "laptop-42", "LAPTOP-42", authn.MatchTap))(t)
	defer laptop.Close()
	l.signIn(l.old, laptop) // a receipt that has to come back
	l.ok(l.old.Sync(l.ctx))
	if v := l.account(l.old, l.a.ID).Restore; v.State != phone.RestoreOn || v.Pending || v.SavedAt.IsZero() || v.Unnoted {
		t.Errorf("the old phone shows %+v", v)
	}
	l.old.Lock()

	fresh := blank(t, l.ctx, l.Env, "Anna's new phone")
	o := must(fresh.FindRestore(l.ctx, l.sheet()))(t)
	if o.Organisation != "Lund Energy" || o.Host != l.Host || o.NewServer {
		t.Errorf("found %+v", o)
	}
	for _, m := range l.Mail.Mails() {
		if strings.Contains(m.Subject, "one-time code") {
			t.Error("a mail with a code was sent before anything was proved")
		}
	}
	x := must(fresh.ProveRestore(l.ctx, o, platform.Prompt{}))(t)
	if x.State != authn.RestoreProved || x.Delivery != authn.RestoreByMail || x.MailMasked == "" {
		t.Errorf("proved: %+v", x)
	}
	_, _, err := fresh.FinishRestore(l.ctx, x.ID, platform.Prompt{})
	l.want("without the mail", err, authn.ErrRestoreState)
	digits := l.mailed(1)
	_, err = fresh.ConfirmRestore(l.ctx, x.ID, wrong(digits[:6])+"00")
	l.want("a wrong code", err, authn.ErrOTPWrong)
	x = must(fresh.ConfirmRestore(l.ctx, x.ID, digits))(t)
	if left := x.HeldUntil.Sub(l.Site.Now()); x.State != authn.RestoreHeld || left < 23*time.Hour || left > 24*time.Hour {
		t.Errorf("held: %+v", x)
	}
	l.ok(l.old.Sync(l.ctx)) // every device knows, with a button
	if a := l.account(l.old, l.a.ID); len(a.Restores) != 1 || a.Restores[0].Device != "Anna's new phone" || len(a.Notices) == 0 {
		t.Errorf("the old phone knows of %+v", a.Restores)
	}
	_, _, err = fresh.FinishRestore(l.ctx, x.ID, platform.Prompt{})
	l.want("at once", err, authn.ErrRestoreHeld)
	l.pass(24*time.Hour + time.Minute)
	b, olds, err := fresh.FinishRestore(l.ctx, x.ID, platform.Prompt{})
	l.ok(err)
	if b.Status != phone.Connected || b.Login != "anna.lind" || len(fresh.State().Restores) != 0 {
		t.Errorf("account: %+v, under way: %+v", b, fresh.State().Restores)
	}
	if len(olds) != 1 || olds[0].ID != l.a.ID || !olds[0].Asked {
		t.Errorf("old devices: %+v", olds)
	}
	if b.Restore.State != phone.RestoreRenew || !b.Restore.Unnoted {
		t.Errorf("restore stands at %+v", b.Restore)
	}
	next := must(fresh.ShowRestoreCode(l.ctx, b.ID, platform.Prompt{}))(t)
	if next.Equal(l.code) {
		t.Error("the code is still the old one")
	}
	l.ok(fresh.NoteRestoreCode(l.ctx, b.ID))
	must(fresh.RemoveDevice(l.ctx, b.ID, olds[0].ID, platform.Prompt{}))(t)
	l.ok(fresh.Sync(l.ctx))
	if v := l.account(fresh, b.ID).Restore; v.State != phone.RestoreOn || v.Pending {
		t.Errorf("with the code noted and the old phone gone: %+v", v)
	}
	drill := must(fresh.DrillRestore(l.ctx, b.ID, next, platform.Prompt{}))(t)
	if !drill.Same || drill.Accounts != 1 {
		t.Errorf("drill: %+v", drill)
	}
	_, err = fresh.DrillRestore(l.ctx, b.ID, l.code, platform.Prompt{})
	l.want("a drill with the old code", err, phone.ErrOtherCode)
	l.signIn(fresh, laptop)
	l.ok(l.old.Sync(l.ctx))
	if got := l.account(l.old, l.a.ID); got.Status != phone.Removed {
		t.Errorf("the lost phone is %s", got.Status)
	}
	third := blank(t, l.ctx, l.Env, "whoever finds the sheet")
	_, err = third.FindRestore(l.ctx, l.sheet())
	l.want("the old sheet", err, phone.ErrNotThisServer)

	// The receipt of the old phone came along.
	rec := l.receipts(fresh)
	if len(rec) != 2 || rec[0].Client != "LAPTOP-42" {
		t.Errorf("%d receipts", len(rec))
	}
}

// TestScannedSheet: the square on the sheet has all that is needed, and its pin is believed.
func TestScannedSheet(t *testing.T) {
	l := lose(t)
	s := must(l.old.RestoreSheet(l.a.ID, l.code))(t)
	link := must(wire.ParseLink(s.Link.Encode()))(t).(wire.RestoreLink)
	fresh := blank(t, l.ctx, l.Env, "new")
	o := must(fresh.FindRestore(l.ctx, phone.RestoreFromLink(link)))(t)
	x := must(fresh.ProveRestore(l.ctx, o, platform.Prompt{}))(t)
	must(fresh.ConfirmRestore(l.ctx, x.ID, l.digits(x.ID)))(t)
	_, _, err := fresh.FinishRestore(l.ctx, x.ID, platform.Prompt{})
	l.ok(err)
	link.Pin[3] ^= 1
	_, err = fresh.FindRestore(l.ctx, phone.RestoreFromLink(link))
	l.want("a sheet of another server", err, client.ErrPinMismatch)
}

// TestWrongSheets: what does not belong together is told before anything is proved: it costs no try, and no mail.
func TestWrongSheets(t *testing.T) {
	l := lose(t)
	must(l.AddUser(l.ctx, "bo.berg", "Bo Berg"))(t)
	fresh := blank(t, l.ctx, l.Env, "new")
	for name, change := range map[string]func(*phone.RestoreFrom){
		"another's login":   func(f *phone.RestoreFrom) { f.Login = "bo.berg" },
		"a login of nobody": func(f *phone.RestoreFrom) { f.Login = "anna.lindt" },
		"another code":      func(f *phone.RestoreFrom) { f.Code = key.NewRestoreCode() },
	} {
		from := l.sheet()
		change(&from)
		_, err := fresh.FindRestore(l.ctx, from)
		l.want(name, err, phone.ErrNotThisServer)
	}
	// A server that only claims to be the one: it has a key of its own, and cannot know the vouch.
	other := must(testenv.Start(l.ctx, testenv.Options{Dir: t.TempDir()}))(t)
	defer other.Close()
	must(other.AddUser(l.ctx, "anna.lind", "Anna Lind"))(t)
	from := l.sheet()
	from.Host = other.Host
	_, err := fresh.FindRestore(l.ctx, from)
	l.want("another server", err, phone.ErrNotThisServer)
	for _, rec := range l.audit() {
		if strings.HasPrefix(rec.Action, "restore.") {
			t.Errorf("the server counted %s", rec.Action)
		}
	}
}

// receipts are those that lie in a phone's vault, of its first account.
func (l *lost) receipts(p *testenv.Phone) []phone.Receipt {
	l.t.Helper()
	files := must(vault.New(vault.Config{Dir: p.Dir, Keys: p.Keys, Key: "vault"}))(l.t)
	doc := must(files.Open(l.ctx, platform.Prompt{}))(l.t)
	var a struct {
		Receipts []phone.Receipt `json:"receipts"`
	}
	l.ok(json.Unmarshal(doc.Accounts[0], &a))
	return a.Receipts
}

func (l *lost) audit() (list []authn.AuditRecord) {
	l.t.Helper()
	l.ok(l.Site.Store.View(l.ctx, func(r store.Reader) (err error) { list, err = r.Audit(1 << 20); return err }))
	return list
}

// TestMailboxThief: somebody reads Anna's mail and nothing else. No mail is sent for the asking, five guesses end it for the day, and she is told; her sheet still
// works tomorrow.
func TestMailboxThief(t *testing.T) {
	l := lose(t)
	thief := must(key.Generate())(t)
	d := client.NewDevice(l.ClientServer(), "", thief, l.ClientOptions())
	defer d.Close()
	for range authn.MaxFailedProofs + 2 {
		_, err := d.ProveRestore(l.ctx, guess(t, l, d, thief))
		l.want("a guess", err, authn.ErrRestoreRefused)
	}
	mails := must(l.Mail.Wait(l.ctx, 3))(t) // registration, the new code, and the alarm
	for _, m := range mails {
		if strings.Contains(m.Subject, "one-time code") {
			t.Error("a mail with a code was sent")
		}
	}
	l.ok(l.old.Sync(l.ctx))
	alarmed := false
	for _, n := range l.account(l.old, l.a.ID).Notices {
		alarmed = alarmed || n.Kind == authn.NoticeRestoreCodeWrong
	}
	if !alarmed {
		t.Error("Anna's phone does not tell her")
	}
	l.pass(24*time.Hour + time.Minute)
	l.proved(blank(t, l.ctx, l.Env, "new"))
}

// guess is what somebody sends who has no restore code, past the app that would not.
func guess(t *testing.T, l *lost, d *client.Device, device key.Private) wire.RestoreProve {
	t.Helper()
	started := must(d.StartRestore(l.ctx, wire.RestoreStart{Login: "anna.lind"}))(t)
	approval := must(key.Generate())(t)
	statement := must(wire.SignRestoration(approval, wire.Restoration{
		Audience: l.Issuer, RestoreID: started.RestoreID, Account: started.Account, Challenge: started.Challenge, DeviceJWK: device.Key(),
		ApprovalJWK: approval.Key(), ExchangeJWK: must(key.Generate())(t).Key(), Class: key.Software, UV: authn.UVPIN,
	}))(t)
	k, _ := key.NewRestoreCode().Keys(string(started.Account))
	proof := must(wire.SignCodeProof(k, wire.CodeProof{Audience: l.Issuer, Account: started.Account, StatementHash: wire.HashText(statement)}))(t)
	return wire.RestoreProve{Statement: statement, CodeProof: proof}
}

// TestSheetThief: somebody has the sheet, and even the mailbox. Anna's phone tells her at once, and one tap ends it for good, also while the app is locked.
func TestSheetThief(t *testing.T) {
	l := lose(t)
	l.decide(func(p *authn.Policy) { p.RestoreHold = 24 })
	events := listen(t, l.ctx, l.old)
	l.old.Lock()
	thief := blank(t, l.ctx, l.Env, "thief")
	x := l.proved(thief)
	x = must(thief.ConfirmRestore(l.ctx, x.ID, l.digits(x.ID)))(t)
	for len(l.account(l.old, l.a.ID).Restores) == 0 {
		await(t, l.ctx, events, phone.RestoreChanged)
	}
	l.ok(l.old.BlockRestore(l.ctx, l.a.ID, l.account(l.old, l.a.ID).Restores[0].ID))
	if v := l.account(l.old, l.a.ID).Restore; v.State != phone.RestoreIsBlocked {
		t.Errorf("restore stands at %s", v.State)
	}
	l.pass(25 * time.Hour)
	_, _, err := thief.FinishRestore(l.ctx, x.ID, platform.Prompt{})
	l.want("the thief", err, authn.ErrRestoreIsBlocked)
	if got := thief.State().Restores; len(got) != 1 || got[0].State != authn.RestoreBlocked {
		t.Errorf("the thief's phone shows %+v", got)
	}
	l.ok(thief.CancelRestore(l.ctx, x.ID))
	again := must(thief.FindRestore(l.ctx, l.sheet()))(t)
	_, err = thief.ProveRestore(l.ctx, again, platform.Prompt{})
	l.want("the thief again", err, authn.ErrRestoreIsBlocked)
	if len(thief.State().Restores) != 0 || len(thief.Keys.List()) != 1 { // the vault's
		t.Errorf("refused, and %d keys are left", len(thief.Keys.List()))
	}
	// Anna makes a new code, and all is well.
	l.ok(l.old.Unlock(l.ctx, platform.Prompt{}))
	l.ok(l.old.ActivateRestore(l.ctx, l.a.ID, key.NewRestoreCode(), platform.Prompt{}))
	l.ok(l.old.Sync(l.ctx))
	if v := l.account(l.old, l.a.ID).Restore; v.State != phone.RestoreOn {
		t.Errorf("with a new code restore stands at %s", v.State)
	}
}

// TestTwoPhonesKeepOneEscrow: both store what they have, each takes what the other stored, and then they rest; a code that one of them made is the other's only
// when it was typed there.
func TestTwoPhonesKeepOneEscrow(t *testing.T) {
	l := lose(t)
	laptop := must(l.AddComputer(l.ctx, "laptop-42", "LAPTOP-42", authn.MatchTap))(t)
	defer laptop.Close()
	second := blank(t, l.ctx, l.Env, "second")
	b := must(l.Register(l.ctx, second, "anna.lind", authn.BindAdditional))(t)
	if v := l.account(second, b.ID).Restore; v.State != phone.RestoreElsewhere {
		t.Errorf("the second phone is at %s", v.State)
	}
	_, err := second.ShowRestoreCode(l.ctx, b.ID, platform.Prompt{})
	l.want("a code that it does not know", err, phone.ErrNoRestoreCode)
	l.want("another code", second.JoinRestore(l.ctx, b.ID, key.NewRestoreCode(), platform.Prompt{}), phone.ErrOtherCode)
	l.ok(second.JoinRestore(l.ctx, b.ID, l.code, platform.Prompt{}))
	l.signIn(l.old, laptop)
	l.signIn(second, laptop)
	for range 3 {
		l.ok(l.old.Sync(l.ctx))
		l.ok(second.Sync(l.ctx))
	}
	generation := func() uint64 {
		var e authn.Escrow
		l.ok(l.Site.Store.View(l.ctx, func(r store.Reader) (err error) {
			u, err := r.UserByLogin("anna.lind")
			if err == nil {
				e, err = r.Escrow(u.ID)
			}
			return err
		}))
		return e.Generation
	}
	rest := generation()
	for range 3 {
		l.ok(l.old.Sync(l.ctx))
		l.ok(second.Sync(l.ctx))
	}
	if g := generation(); g != rest {
		t.Errorf("two phones with nothing new stored %d times more", g-rest)
	}
	for name, p := range map[string]*testenv.Phone{"old": l.old, "second": second} {
		id := p.State().Accounts[0].ID
		if drill := must(p.DrillRestore(l.ctx, id, l.code, platform.Prompt{}))(t); !drill.Same {
			t.Errorf("the escrow is not what the %s phone has: %+v", name, drill)
		}
		if n := len(l.receipts(p)); n != 2 {
			t.Errorf("the %s phone has %d receipts", name, n)
		}
	}
	// One of them is removed: its code may be in other hands.
	must(l.old.RemoveDevice(l.ctx, l.a.ID, b.ID, platform.Prompt{}))(t)
	l.ok(l.old.Sync(l.ctx))
	if v := l.account(l.old, l.a.ID).Restore; v.State != phone.RestoreRenew || v.Unnoted {
		t.Errorf("after a phone that knew the code was removed: %+v", v)
	}
	next := key.NewRestoreCode()
	l.ok(l.old.ActivateRestore(l.ctx, l.a.ID, next, platform.Prompt{}))
	l.ok(l.old.Sync(l.ctx))
	if v := l.account(l.old, l.a.ID).Restore; v.State != phone.RestoreOn {
		t.Errorf("with a new code: %+v", v)
	}
	l.ok(l.old.DeactivateRestore(l.ctx, l.a.ID, platform.Prompt{}))
	l.ok(l.old.Sync(l.ctx))
	if v := l.account(l.old, l.a.ID).Restore; v.State != phone.RestoreOff || v.Offer {
		t.Errorf("switched off: %+v", v)
	}
	l.ok(l.old.ActivateRestore(l.ctx, l.a.ID, next, platform.Prompt{}))
}

// TestForgedEscrow: the server gives another file, an older one, or one of its own making. Nothing is taken from it, and the account is there.
func TestForgedEscrow(t *testing.T) {
	l := lose(t)
	laptop := must(l.AddComputer(l.ctx, "laptop-42", "LAPTOP-42", authn.MatchTap))(t)
	defer laptop.Close()
	change := func(fn func(*authn.Escrow)) {
		l.ok(l.Site.Store.Update(l.ctx, func(tx store.Tx) error {
			u, err := tx.UserByLogin("anna.lind")
			if err != nil {
				return err
			}
			return tx.UpdateEscrow(u.ID, func(e authn.Escrow) (authn.Escrow, error) { fn(&e); return e, nil })
		}))
	}
	var before authn.Escrow
	change(func(e *authn.Escrow) { before = *e; before.File = append([]byte(nil), e.File...) })
	l.signIn(l.old, laptop)
	l.ok(l.old.Sync(l.ctx))
	change(func(e *authn.Escrow) { e.File, e.Tag, e.Generation = before.File, before.Tag, before.Generation })
	_, err := l.old.DrillRestore(l.ctx, l.a.ID, l.code, platform.Prompt{})
	l.want("an older one", err, escrow.ErrRolledBack)
	change(func(e *authn.Escrow) { e.Generation += 5 })
	_, err = l.old.DrillRestore(l.ctx, l.a.ID, l.code, platform.Prompt{})
	l.want("an older one with a new number", err, escrow.ErrNotOurs)
	fresh := blank(t, l.ctx, l.Env, "new")
	x := l.proved(fresh)
	must(fresh.ConfirmRestore(l.ctx, x.ID, l.digits(x.ID)))(t)
	b, _, err := fresh.FinishRestore(l.ctx, x.ID, platform.Prompt{})
	l.want("for a new phone", err, escrow.ErrNotOurs)
	if b.Status != phone.Connected || len(l.receipts(fresh)) != 0 {
		t.Errorf("the account is %+v", b)
	}
	l.signIn(fresh, laptop)
}

// TestUploadWaits: while the server cannot be reached it says so, and once it answers the app stores what waits by itself.
func TestUploadWaits(t *testing.T) {
	ctx, env := start(t)
	m, p, a := behind(t, ctx, env)
	laptop := must(env.AddComputer(ctx, "laptop-42", "LAPTOP-42", authn.MatchTap))(t)
	defer laptop.Close()
	if err := p.ActivateRestore(ctx, a.ID, key.NewRestoreCode(), platform.Prompt{}); err != nil {
		t.Fatal(err)
	}
	m.intercept(func(w http.ResponseWriter, r *http.Request) bool {
		if r.URL.Path == "/v1/escrow" {
			panic(http.ErrAbortHandler)
		}
		return false
	})
	ask := must(laptop.Authorize(ctx, client.Question{User: "anna.lind"}))(t)
	if err := p.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	must(p.Approve(ctx, p.State().Requests[0].ID, phone.Match{}, platform.Prompt{}))(t)
	must(laptop.Wait(ctx, ask))(t)
	if err := p.Sync(ctx); err != nil {
		t.Fatal(err)
	}
	if got, _ := p.State().Account(a.ID); !got.Restore.Pending {
		t.Error("nobody is told that something waits")
	}
	events := listen(t, ctx, p)
	m.intercept(nil)
	for {
		await(t, ctx, events, phone.RestoreChanged)
		if got, _ := p.State().Account(a.ID); !got.Restore.Pending {
			return
		}
	}
}

// TestPrompt: the fourth Yes asks, "not now" puts it off to the fourth from then, and "automatic" asks at once.
func TestPrompt(t *testing.T) {
	ctx, env := start(t)
	must(env.AddUser(ctx, "anna.lind", "Anna Lind"))(t)
	p := blank(t, ctx, env, "pixel")
	a := must(env.Register(ctx, p, "anna.lind", authn.BindFirst))(t)
	laptop := must(env.AddComputer(ctx, "laptop-42", "LAPTOP-42", authn.MatchTap))(t)
	defer laptop.Close()
	l := &lost{Env: env, t: t, ctx: ctx}
	yes := func(n int) {
		for range n {
			if v := l.account(p, a.ID).Restore; v.Offer {
				t.Fatalf("asked too early: %+v", v)
			}
			l.signIn(p, laptop)
		}
		if v := l.account(p, a.ID).Restore; !v.Offer || v.State != phone.RestoreOff {
			t.Errorf("after four times Yes: %+v", v)
		}
	}
	yes(4)
	l.ok(p.SkipRestore(ctx, a.ID))
	yes(4)
	l.decide(func(p *authn.Policy) { p.Restore = authn.RestoreForbidden })
	l.ok(p.Sync(ctx))
	if v := l.account(p, a.ID).Restore; v.Offer || v.Policy != authn.RestoreForbidden {
		t.Errorf("forbidden: %+v", v)
	}
	l.want("setting it up", p.ActivateRestore(ctx, a.ID, key.NewRestoreCode(), platform.Prompt{}), authn.ErrRestoreForbidden)
	l.decide(func(p *authn.Policy) { p.Restore = authn.RestoreAutomatic })
	must(env.AddUser(ctx, "bo.berg", "Bo Berg"))(t)
	q := blank(t, ctx, env, "bo")
	b := must(env.Register(ctx, q, "bo.berg", authn.BindFirst))(t)
	if v := l.account(q, b.ID).Restore; !v.Offer {
		t.Errorf("automatic: %+v", v)
	}
}

// TestRestoreWithoutFingerprint: where the PIN alone opens the keys it is asked for before the code is used up, so that a new one stands in its place at the end.
func TestRestoreWithoutFingerprint(t *testing.T) {
	l := lose(t)
	fresh := must(l.OpenPhone(l.ctx, testenv.PhoneOptions{Name: "new", KDF: fastKDF}))(t)
	t.Cleanup(fresh.Close)
	l.ok(fresh.SetPIN(l.ctx, fresh.PIN))
	typed := keystore.WithPIN(l.ctx, fresh.PIN)
	o := must(fresh.FindRestore(l.ctx, l.sheet()))(t)
	x := must(fresh.ProveRestore(typed, o, platform.Prompt{}))(t)
	must(fresh.ConfirmRestore(l.ctx, x.ID, l.digits(x.ID)))(t)
	_, _, err := fresh.FinishRestore(l.ctx, x.ID, platform.Prompt{})
	l.want("without the PIN", err, keystore.ErrPINRequired)
	if len(fresh.State().Accounts) != 0 || len(fresh.State().Restores) != 1 {
		t.Error("something was done before the PIN was typed")
	}
	a, _, err := fresh.FinishRestore(typed, x.ID, platform.Prompt{})
	l.ok(err)
	if !a.Restore.Unnoted || l.serverKnows(l.code) {
		t.Errorf("the used code was not replaced: %+v", a.Restore)
	}
}
