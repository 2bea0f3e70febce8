package model

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/phone"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/vault"
	"avow/internal/qr"
)

// Fault is something that went wrong, for people: what happened, what to do, and a code for the service desk.
type Fault struct {
	Title    string
	Sentence string
	Code     string    // NET-1042
	Until    time.Time // when to try again; zero when waiting does not help
	Hard     bool      // there is no "try again": a stop for safety
	Again    bool      // another code may help: there is a way back to the scanner
	Support  string    // how to reach the service desk; "" when it is not known
	Retry    bool      // SendAgain may help
	Offline  bool      // and GetOfflineCode, where the computer takes codes
	Devices  bool      // LookAtDevices is worth while
	Calm     bool      // nothing went wrong: it is news
	Away     *Away     // the server does not answer; nil for any other fault
}

// faultOf says an error in the app's language. What it does not know by its code keeps the sentence that came with it, which is
// written for people too. mu must be held.
func (a *App) faultOf(err error) Fault {
	t := a.print
	e := authn.AsError(err)
	f := Fault{Title: t.T("app.fault.title"), Sentence: e.Message, Code: ShortCode(e.Code)}
	if acc, ok := a.shownAccount(a.cfg.Core.State()); ok {
		f.Support = acc.Support
	}
	if e.RetryAfter > 0 {
		f.Until = a.cfg.Now().Add(e.RetryAfter)
	}
	switch {
	case errors.Is(err, client.ErrPinMismatch):
		f.Title, f.Sentence, f.Hard = t.T("app.fault.pin_title"), t.T("app.fault.pin"), true
	case errors.Is(err, client.ErrUntrusted):
		f.Title, f.Sentence, f.Hard = t.T("app.fault.untrusted_title"), t.T("app.fault.untrusted"), true
	case errors.Is(err, client.ErrUnreachable), errors.Is(err, client.ErrNotReady):
		f.Title, f.Sentence = t.T("app.fault.unreachable_title"), t.T("app.fault.unreachable")
	case errors.Is(err, client.ErrNonsense):
		f.Title, f.Sentence = t.T("app.fault.nonsense_title"), t.T("app.fault.nonsense")
	case registrationFaults[e.Code].title != "":
		said := registrationFaults[e.Code]
		f.Title, f.Sentence, f.Hard = t.T(said.title), t.T(said.sentence), said.hard
	case restoreFaults[e.Code].title != "":
		said := restoreFaults[e.Code]
		f.Title, f.Sentence, f.Hard = t.T(said.title), t.T(said.sentence), said.hard
	case lockFaults[e.Code] != "":
		f.Sentence = t.T(lockFaults[e.Code])
	case codesFaults[e.Code] != "":
		f.Sentence = t.T(codesFaults[e.Code])
	case errors.Is(err, authn.ErrRequestExpired):
		f.Sentence = t.T("app.fault.too_late")
	case errors.Is(err, authn.ErrDecided):
		f.Sentence = t.T("app.fault.decided")
	case errors.Is(err, errAnsweredBefore):
		f.Title, f.Sentence = t.T("app.closed.before"), t.T("app.closed.before_text")
	case errors.Is(err, authn.ErrRequestUnknown):
		f.Sentence = t.T("app.fault.request_gone")
	case errors.Is(err, authn.ErrRequestFailed):
		f.Sentence = t.T("app.fault.three_wrong")
	case errors.Is(err, authn.ErrDeviceRevoked):
		f.Sentence = t.T("app.fault.removed")
	case errors.Is(err, authn.ErrGrantUnknown):
		f.Title, f.Sentence = t.T("app.fault.no_code_title"), t.T("app.fault.grant_unknown")
	case errors.Is(err, authn.ErrGrantOver):
		f.Title, f.Sentence = t.T("app.fault.no_code_title"), t.T("app.fault.grant_over")
	case errors.Is(err, authn.ErrGrantRevoked):
		f.Title, f.Sentence, f.Hard = t.T("app.fault.no_code_title"), t.T("app.fault.grant_revoked"), true
	case errors.Is(err, authn.ErrGrantStolen):
		f.Title, f.Sentence, f.Hard = t.T("app.fault.stolen_title"), t.T("app.fault.stolen"), true
	case errors.Is(err, phone.ErrListEmpty):
		f.Title, f.Sentence = t.T("app.fault.list_empty_title"), t.T("app.fault.list_empty")
	case errors.Is(err, keystore.ErrPINWeak):
		f.Sentence = t.T("app.pin.weak")
	case errors.Is(err, keystore.ErrPINBlocked):
		f.Title, f.Sentence = t.T("app.pin.blocked_title"), t.T("app.pin.blocked")
	case errors.Is(err, keystore.ErrPINWrong):
		f.Sentence = t.T("app.pin.wrong")
	case errors.Is(err, platform.ErrCanceled):
		f.Sentence = t.T("app.fault.cancelled")
	case errors.Is(err, keystore.ErrStorage), errors.Is(err, vault.ErrStorage):
		f.Sentence = t.T("app.fault.storage")
	case errors.Is(err, vault.ErrDamaged):
		f.Title, f.Sentence = t.T("app.trouble.damaged_title"), t.T("app.trouble.damaged")
	case errors.Is(err, vault.ErrRolledBack):
		f.Title, f.Sentence = t.T("app.trouble.old_title"), t.T("app.trouble.old")
	case errors.Is(err, qr.ErrTooLarge):
		f.Sentence = t.T("app.scan.too_large")
	case errors.Is(err, qr.ErrNotFound):
		f.Sentence = t.T("app.scan.none")
	}
	return f
}

// registrationFaults is what becomes of a code that connects an account, by the error of the server or of the organisation's directory behind it.
var registrationFaults = map[string]saying{
	"session_unknown":       {title: "app.fault.session_unknown_title", sentence: "app.fault.session_unknown"},
	"session_expired":       {title: "app.fault.session_expired_title", sentence: "app.fault.session_expired"},
	"session_used":          {title: "app.fault.session_used_title", sentence: "app.fault.session_used"},
	"session_revoked":       {title: "app.fault.session_revoked_title", sentence: "app.fault.session_revoked"}, // removed, or replaced by a newer one
	"session_claimed":       {title: "app.fault.claimed_title", sentence: "app.fault.claimed", hard: true},
	"proof_missing":         {title: "app.fault.proof_missing_title", sentence: "app.fault.proof_missing"},
	"proof_wrong":           {title: "app.fault.proof_wrong_title", sentence: "app.fault.proof_wrong"},
	"proof_tries":           {title: "app.fault.proof_tries_title", sentence: "app.fault.proof_tries", hard: true},
	"wrong_password":        {title: "app.fault.wrong_password_title", sentence: "app.proof.password_wrong"},
	"password_expired":      {title: "app.fault.password_expired_title", sentence: "app.fault.password_expired"},
	"account_locked":        {title: "app.fault.account_locked_title", sentence: "app.fault.account_locked"},
	"too_many_tries":        {title: "app.fault.too_many_tries_title", sentence: "app.fault.too_many_tries"},
	"directory_unreachable": {title: "app.fault.directory_title", sentence: "app.fault.directory"},
	"device_exists":         {title: "app.fault.device_exists_title", sentence: "app.fault.device_exists"},
	"too_many_devices":      {title: "app.fault.too_many_devices_title", sentence: "app.fault.too_many_devices"},
	"user_disabled":         {title: "app.fault.blocked_title", sentence: "app.fault.blocked"},
	"device_key_missing":    {title: "app.fault.update_title", sentence: "app.fault.update"},
	"key_mismatch":          {title: "app.fault.update_title", sentence: "app.fault.update"},
	"bad_registration":      {title: "app.fault.update_title", sentence: "app.fault.update"},
}

// ShortCode is a code that can be read out to the service desk: three letters for the area and four digits that
// follow from the error's own code, so that they stay the same for ever.
func ShortCode(code string) string {
	area := "APP"
	for _, p := range []struct{ prefix, area string }{
		{"server_", "NET"},
		{"tls_", "NET"},
		{"pin_mismatch", "REG"},
		{"session_", "REG"},
		{"proof_", "REG"},
		{"directory_", "NET"},
		{"wrong_password", "ACC"},
		{"password_", "ACC"},
		{"account_locked", "ACC"},
		{"bad_phone", "ACC"},
		{"device_", "DEV"},
		{"duplicate_", "DEV"},
		{"wipe_", "DEV"},
		{"restore_", "RST"},
		{"code_", "COD"},
		{"import_", "COD"},
		{"export_", "COD"},
		{"otp_", "RST"},
		{"escrow_", "RST"},
		{"no_escrow", "RST"},
		{"no_restore", "RST"},
		{"user_", "ACC"},
		{"request_", "REQ"},
		{"already_", "REQ"},
		{"wrong_", "REQ"},
		{"too_many", "REQ"},
		{"grant_", "CMP"},
		{"list_", "CMP"},
		{"computer_", "CMP"},
		{"vault_", "VLT"},
		{"key", "KEY"},
		{"pin_", "KEY"},
	} {
		if len(code) >= len(p.prefix) && code[:len(p.prefix)] == p.prefix {
			area = p.area
			break
		}
	}
	return fmt.Sprintf("%s-%04d", area, 1000+crc32.ChecksumIEEE([]byte(code))%9000)
}

// fail shows an error page of its own.
func (a *App) fail(err error) {
	a.change(func() {
		f := a.faultOf(err)
		a.away(&f, err)
		a.failure = &f
	})
}

// Failure is the view of PageError.
func (a *App) Failure() Fault {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.failure == nil {
		return Fault{}
	}
	return *a.failure
}

// TroubleView is the page for a vault that needs a decision.
type TroubleView struct {
	Title, Text string
	Code        string
	GoOn        string // the button that goes on with what there is; "" when there is nothing
}

// Trouble is the view of PageTrouble.
func (a *App) Trouble() TroubleView {
	a.mu.Lock()
	defer a.mu.Unlock()
	tr := a.cfg.Core.State().Trouble
	if tr == nil {
		return TroubleView{}
	}
	f := a.faultOf(tr.Err)
	v := TroubleView{Title: f.Title, Text: f.Sentence, Code: f.Code}
	switch {
	case tr.Code == "vault_old":
		v.GoOn = a.print.T("app.trouble.old_go_on")
	case tr.Backup:
		v.GoOn = a.print.T("app.trouble.backup")
	}
	return v
}

// GoOn opens the backup, or the old vault, after the person was told.
func (a *App) GoOn() {
	tr := a.cfg.Core.State().Trouble
	if tr == nil {
		return
	}
	open := a.cfg.Core.UnlockBackup
	if tr.Code == "vault_old" {
		open = a.cfg.Core.UnlockOld
	}
	title := a.T("app.prompt.unlock")
	a.verified(&question{title: title, lane: laneOther}, a.T("app.busy.opening"), func(ctx context.Context) error {
		return open(ctx, platform.Prompt{Title: title})
	}, func(err error) {
		if err != nil && !errors.Is(err, platform.ErrCanceled) {
			a.fail(err)
		}
	})
}
