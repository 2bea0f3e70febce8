package tour

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/ui/model"
)

// restoreSetUp makes a restore code, shows that it was noted, and tries it out.
func (t *tour) restoreSetUp() error {
	for _, s := range []struct {
		what string
		do   func() error
	}{
		{"restore is not set up: a code, its sheet, and how it is read out", t.restoreCode},
		{"a wrong group, then the one that is asked: restore is set up", t.restoreNoted},
		{"try the code out: a wrong group is named, then all is proven", t.restoreDrill},
	} {
		if err := t.do(s.what, s.do); err != nil {
			return err
		}
	}
	return nil
}

func (t *tour) restoreCode() error {
	if !t.offered {
		return errors.New("after four times Yes the app has not offered a restore code")
	}
	if err := errors.Join(t.await("the card on Home", func() bool { return t.model.Home().Restore != nil }), t.shot("home-restore-off"), t.tap("restore"), t.page(model.PageRestoreWhy), t.shot("restore-why"), t.tap("make"), t.page(model.PageRestoreCode)); err != nil {
		return err
	}
	t.paper = strings.Join(t.model.RestoreCode().Groups, " ")
	if _, err := key.ParseRestoreCode(t.paper); err != nil {
		return err
	}
	if err := errors.Join(t.shot("restore-code"), t.tap("print"), t.page(model.PageRestoreCode)); err != nil {
		return err
	}
	if !strings.HasPrefix(string(t.files.saved), "%PDF") {
		return errors.New("the sheet is not a PDF")
	}
	return errors.Join(t.tap("read-out"), t.page(model.PageRestoreSpelled), t.shot("restore-read-out"), t.back(model.PageRestoreCode))
}

// back goes back, as the system does.
func (t *tour) back(p model.Page) error {
	t.model.Back()
	return t.page(p)
}

// noteCode types the group that is asked.
func (t *tour) noteCode() error {
	group := strings.Fields(t.paper)[t.model.RestoreNoted().Number-1]
	return t.write("group", strings.ToLower(group))
}

func (t *tour) restoreNoted() error {
	if err := errors.Join(t.tap("noted"), t.page(model.PageRestoreNoted), t.write("group", "0000"), t.tap("finish"), t.shot("restore-wrong-group"), t.back(model.PageRestoreCode), t.tap("noted"), t.page(model.PageRestoreNoted)); err != nil {
		return err
	}
	if err := errors.Join(t.noteCode(), t.shot("restore-noted"), t.tap("finish"), t.verified(model.PageRestoreReady)); err != nil {
		return err
	}
	return errors.Join(t.shot("restore-ready"), t.tap("done"), t.page(model.PageHome), t.shot("home-restore-on"))
}

// wrongPaper is the code with one character that is another.
func wrongPaper(code string) string {
	i := strings.Index(code, " ") + 1
	if code[i] == '7' {
		return code[:i] + "8" + code[i+1:]
	}
	return code[:i] + "7" + code[i+1:]
}

func (t *tour) restoreDrill() error {
	t.model.OpenRestore()
	if err := errors.Join(t.page(model.PageRestore), t.shot("restore-page"), t.tap("drill"), t.page(model.PageRestoreType), t.write("code", wrongPaper(t.paper))); err != nil {
		return err
	}
	if v := t.model.RestoreType().Code; len(v.Wrong) != 1 || v.Wrong[0] != 1 {
		return fmt.Errorf("wrong is %v, %s", v.Wrong, v.Words)
	}
	if err := errors.Join(t.shot("restore-drill-wrong"), t.back(model.PageRestore), t.tap("drill"), t.page(model.PageRestoreType), t.write("code", t.paper), t.shot("restore-drill-right"), t.tap("go-on"), t.verified(model.PageRestoreDrill)); err != nil {
		return err
	}
	if v := t.model.RestoreDrill(); !v.Good {
		return fmt.Errorf("the drill says %q", v.Text)
	}
	return errors.Join(t.shot("restore-proven"), t.tap("done"), t.page(model.PageHome), t.shot("home-restore-proven"))
}

// policy changes what the organisation wants of restores.
func (t *tour) policy(change func(*authn.Policy)) error {
	p := t.env.Site.Policy()
	change(&p)
	return t.env.Site.SetPolicy(t.ctx, p, authn.AuditRecord{Actor: "admin:maja.berg", Action: "policy.set", Reason: "tour"})
}

// lost is the day on which the old phone is gone: a restore that somebody begins is blocked from it, then the owner's own comes through.
func (t *tour) lost() error {
	old := t.handset
	old.win.Resize(phoneSize)
	old.model.GoTo(model.PageHome)
	for _, s := range []struct {
		what string
		do   func() error
	}{
		{"a phone with nothing on it: I have a restore code", t.restoreFrom},
		{"the code is looked at on the phone; the server is who it vouches for", t.restoreConfirm},
		{"prove it; eight digits come by mail", t.restoreDigits},
		{"the organisation waits an hour; Anna’s old phone sees it and blocks", func() error { return t.restoreBlocked(old) }},
		{"the service desk allows it again; this time nobody has to wait", t.restoreAgain},
		{"the account is back; the old code is used up, the new one is noted", t.restoreNew},
		{"the old phone is gone: remove it; it says so itself", func() error { return t.restoreOld(old) }},
	} {
		if err := t.do(s.what, s.do); err != nil {
			return err
		}
	}
	return nil
}

func (t *tour) restoreFrom() error {
	if err := t.policy(func(p *authn.Policy) { p.RestoreHold = 1 }); err != nil {
		return err
	}
	if err := errors.Join(t.take("Fairphone 6"), t.shot("welcome"), t.tap("restore"), t.page(model.PageRestoreFrom), t.tap("next"), t.shot("restore-from-empty")); err != nil {
		return err
	}
	return errors.Join(t.write("host", t.env.Host), t.write("login", User), t.shot("restore-from"), t.tap("next"), t.page(model.PageRestoreType), t.shot("restore-type"))
}

func (t *tour) restoreConfirm() error {
	return errors.Join(t.write("code", t.paper), t.shot("restore-typed"), t.tap("go-on"), t.page(model.PageRestoreConfirm), t.shot("restore-confirm"))
}

// digitsMail waits for a mail that was not there before and has eight digits in it.
func (t *tour) digitsMail(before int) (string, error) {
	ctx, stop := context.WithTimeout(t.ctx, stepTime)
	defer stop()
	for n := before + 1; ; n++ {
		mails, err := t.env.Mail.Wait(ctx, n)
		if err != nil {
			return "", err
		}
		if digits := mails[n-1].Digits(); digits != "" {
			return digits, nil
		}
	}
}

func (t *tour) restoreDigits() error {
	mails := len(t.env.Mail.Mails())
	if err := errors.Join(t.tap("restore"), t.page(model.PageChoosePIN), t.keys(PIN), t.keys(PIN), t.verified(model.PageRestoreDigits), t.shot("restore-digits")); err != nil {
		return err
	}
	digits, err := t.digitsMail(mails)
	if err != nil {
		return err
	}
	if err := errors.Join(t.keys(other(digits)), t.tap("go-on")); err != nil {
		return err
	}
	if err := t.await("the refusal", func() bool { return t.model.RestoreDigits().Wrong != "" && t.model.Busy() == "" }); err != nil {
		return err
	}
	return errors.Join(t.shot("restore-digits-wrong"), t.clearNumber(), t.keys(digits), t.tap("go-on"), t.verifiedAny(model.PageRestoreWait, model.PageRestored))
}

// verifiedAny is verified for one of two pages.
func (t *tour) verifiedAny(a, b model.Page) error {
	for {
		if err := t.await("page "+string(a)+" or "+string(b), func() bool {
			p := t.model.Page()
			return t.shell.Page() == p && t.model.Busy() == "" && (p == a || p == b || p == model.PageAskPIN)
		}); err != nil {
			return err
		}
		if t.shell.Page() != model.PageAskPIN {
			return nil
		}
		if err := t.keys(PIN); err != nil {
			return err
		}
	}
}

func (t *tour) restoreBlocked(old *handset) error {
	if err := errors.Join(t.page(model.PageRestoreWait), t.shot("restore-waiting")); err != nil {
		return err
	}
	thief := t.handset
	t.hand(old)
	t.model.ShowAccount(t.phone.State().Accounts[0].ID)
	if err := t.await("the news on the old phone", func() bool { t.model.CheckNow(); return len(t.model.Home().Alerts) == 1 }); err != nil {
		return err
	}
	if err := errors.Join(t.page(model.PageHome), t.shot("home-restore-runs"), t.tap("block-1"), t.page(model.PageResult), t.shot("restore-stopped"), t.tap("done"), t.page(model.PageHome), t.shot("home-restore-stopped")); err != nil {
		return err
	}
	t.hand(thief)
	t.model.CheckRestoring()
	return errors.Join(t.await("the end of the restore", func() bool { return t.model.RestoreWait().Over && t.model.Busy() == "" }), t.page(model.PageRestoreWait), t.shot("restore-blocked"), t.tap("go-on"), t.page(model.PageWelcome))
}

func (t *tour) restoreAgain() error {
	users, err := t.env.Admin.Users(t.ctx)
	if err != nil {
		return err
	}
	for _, u := range users {
		if u.UserName == User {
			err = t.env.Server.Restore.Allow(t.ctx, u.ID, "admin:maja.berg", "tour")
		}
	}
	if err := errors.Join(err, t.policy(func(p *authn.Policy) { p.RestoreHold = 0 })); err != nil {
		return err
	}
	mails := len(t.env.Mail.Mails())
	if err := errors.Join(t.tap("restore"), t.page(model.PageRestoreFrom), t.write("host", t.env.Host), t.write("login", User), t.tap("next"), t.page(model.PageRestoreType), t.write("code", t.paper), t.tap("go-on"),
		t.page(model.PageRestoreConfirm), t.tap("restore"), t.verified(model.PageRestoreDigits)); err != nil {
		return err
	}
	digits, err := t.digitsMail(mails)
	if err != nil {
		return err
	}
	if err := errors.Join(t.keys(digits), t.tap("go-on"), t.verifiedAny(model.PageRestored, model.PageRestored)); err != nil {
		return err
	}
	return t.shot("restored")
}

func (t *tour) restoreNew() error {
	if err := errors.Join(t.tap("note-code"), t.verified(model.PageRestoreCode)); err != nil {
		return err
	}
	if err := t.await("the new code", func() bool { return len(t.model.RestoreCode().Groups) > 0 }); err != nil {
		return err
	}
	before := t.paper
	if t.paper = strings.Join(t.model.RestoreCode().Groups, " "); t.paper == before {
		return errors.New("the used code was shown again")
	}
	return errors.Join(t.shot("restore-new-code"), t.tap("noted"), t.page(model.PageRestoreNoted), t.noteCode(), t.tap("finish"), t.verified(model.PageOldDevices), t.shot("old-devices"))
}

func (t *tour) restoreOld(old *handset) error {
	if err := errors.Join(t.tap("remove-1"), t.verified(model.PageHome), t.shot("home-restored")); err != nil {
		return err
	}
	mine := t.handset
	t.hand(old)
	if err := t.await("the removal", func() bool { t.model.CheckNow(); return t.model.Home().Again }); err != nil {
		return err
	}
	if err := errors.Join(t.page(model.PageHome), t.shot("home-removed")); err != nil {
		return err
	}
	t.hand(mine)
	return nil
}
