package restore_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/servertest"
	"avow/internal/store"
	"avow/internal/wire"
)

// TestRestore is the whole way: R-091's order, R-093's end, R-094's notices.
func TestRestore(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	p := r.NewRestorer()
	p.Begin("anna")
	if want := authn.Hash(r.code.Vouch(string(r.anna.User), r.Site.Issuer, r.Site.Identity.Key().Thumbprint())); p.Started.Vouch != want || p.Started.Account != r.anna.User {
		t.Errorf("begun for %s, vouch %s", p.Started.Account, p.Started.Vouch)
	}
	if len(r.mails()) != 0 { // no mail before the code was proved
		t.Error("a mail was sent before the code was proved")
	}
	proved, err := p.Prove("anna", r.code)
	r.must(err)
	if proved.State != authn.RestoreProved || proved.Delivery != authn.RestoreByMail || proved.MailMasked != "a•••a@example.com" {
		t.Errorf("proved: %+v", proved)
	}
	if left := proved.ExpiresAt - proved.ServerTime; left != 600 {
		t.Errorf("the code is good for %d s, want 600 (R-092)", left)
	}
	if m := r.mails(); len(m) != 1 || m[0].To != "anna@example.com" || m[0].Restore != p.Started.RestoreID {
		t.Errorf("mails: %+v", m)
	}
	r.told(authn.NoticeRestoreStarted, 1)
	st, err := r.anna.Status(ctx)
	r.must(err)
	if len(st.Restores) != 1 || st.Restores[0].Device != "New phone" || st.Restore.State != wire.RestoreOn {
		t.Errorf("the old phone is told %+v, %+v", st.Restore, st.Restores)
	}
	if _, _, err := p.Take(); !errors.Is(err, authn.ErrRestoreState) { // the restore code alone
		t.Errorf("without the one-time code: %v", err)
	}
	status, err := p.Confirm(" " + r.Digits(p.Started.RestoreID)[:4] + " " + r.Digits(p.Started.RestoreID)[4:])
	r.must(err)
	if status.State != authn.RestoreHeld {
		t.Errorf("confirmed: %+v", status)
	}
	out, phone, err := p.Take()
	r.must(err)
	if out.Escrow == nil || !bytes.Equal(out.Escrow.File, file) || out.Escrow.Generation != 1 ||
		out.Escrow.Tag != authn.Hash(r.code.EscrowMAC(string(r.anna.User), 1, file)) {
		t.Errorf("handed over: %+v", out.Escrow)
	}
	if len(out.OldDevices) != 1 || out.OldDevices[0].ID != r.anna.ID || out.OldDevicePolicy != authn.OldDeviceAsked {
		t.Errorf("old devices: %+v, %s", out.OldDevices, out.OldDevicePolicy)
	}
	r.told(authn.NoticeRestoreFinished, 1)
	if n := r.noticed(authn.NoticeRestoreFinished)[0]; n.Cause != phone.ID {
		t.Errorf("its cause is %q", n.Cause)
	}
	if st, err = phone.Status(ctx); err != nil || st.State != authn.DeviceActive || len(st.Restores) != 0 {
		t.Errorf("the new phone: %+v, %v", st, err)
	}
	// the old code is good until the new one is there, and then dead.
	again := r.proved()
	next := key.NewRestoreCode()
	r.must(phone.Keep(next, []byte("new file"), out.Escrow.Generation))
	_, err = again.RestoreStatus(ctx, again.Started.RestoreID)
	r.must(err)
	_, err = again.Confirm(r.Digits(again.Started.RestoreID))
	r.want("a restore that was begun with the old code", err, authn.ErrRestoreFailed)
	_, err = r.NewRestorer().Prove("anna", r.code)
	r.want("the old code", err, authn.ErrRestoreRefused)
	_, err = r.NewRestorer().Prove("anna", next)
	r.must(err)
	r.told(authn.NoticeRestoreCodeNew, 2)
	var actions []string
	for _, rec := range r.Audit() {
		actions = append(actions, rec.Action)
	}
	for _, want := range []string{"escrow.code", "restore.prove", "restore.hold", "restore.finish", "restore.end", "restore.refused"} {
		if !slices.Contains(actions, want) {
			t.Errorf("the audit log has no %s", want)
		}
	}
}

// TestOneTimeCodeAlone is the other half of R-091: who has the mailbox and not the restore code gets nowhere, and no mail either.
func TestOneTimeCodeAlone(t *testing.T) {
	r := newRig(t)
	p := r.NewRestorer()
	p.Begin("anna")
	_, err := p.Confirm("12345678")
	r.want("a one-time code for a restore that was not proved", err, authn.ErrRestoreUnknown)
	_, err = p.ResendRestore(context.Background(), p.Started.RestoreID)
	r.want("a mail for it", err, authn.ErrRestoreUnknown)
	_, _, err = p.Take()
	r.want("its end", err, authn.ErrRestoreUnknown)
	_, err = p.Prove("anna", key.NewRestoreCode())
	r.want("another code", err, authn.ErrRestoreRefused)
	if len(r.mails()) != 0 || len(r.noticed(authn.NoticeRestoreStarted)) != 0 {
		t.Error("somebody without the restore code had a mail sent")
	}
}

// TestOneTimeCode is R-092: eight digits, ten minutes, five tries, for this restore and this phone.
func TestOneTimeCode(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	p := r.proved()
	right := r.Digits(p.Started.RestoreID)
	if len(right) != 8 {
		t.Errorf("%d digits", len(right))
	}
	stranger := r.NewRestorer()
	stranger.Started = p.Started
	_, err := stranger.Confirm(right)
	r.want("the code on another phone", err, authn.ErrRestoreUnknown)
	for left := authn.OTPTries - 1; left > 0; left-- {
		_, err := p.Confirm(wrongDigits(right))
		if e := authn.AsError(err); !errors.Is(err, authn.ErrOTPWrong) || e.Left != left {
			t.Errorf("a wrong one: %v, %d left, want %d", err, e.Left, left)
		}
	}
	_, err = p.Confirm(wrongDigits(right))
	r.want("the fifth wrong one", err, authn.ErrRestoreFailed)
	_, err = p.Confirm(right)
	r.want("the right one after that", err, authn.ErrRestoreFailed)

	p = r.proved()
	old := r.Digits(p.Started.RestoreID)
	if old == right {
		t.Error("two restores have one code")
	}
	r.Advance(authn.OTPLifetime)
	_, err = p.Confirm(old)
	r.want("after ten minutes", err, authn.ErrOTPExpired)
	for range authn.OTPResends {
		_, err = p.ResendRestore(ctx, p.Started.RestoreID)
		r.must(err)
	}
	_, err = p.ResendRestore(ctx, p.Started.RestoreID)
	r.want("one mail more", err, authn.ErrOTPResends)
	if n := len(r.mails()); n != 2+authn.OTPResends {
		t.Errorf("%d mails", n)
	}
	_, err = p.Confirm(old)
	r.want("the code of an older mail", err, authn.ErrOTPWrong)
	status, err := p.Confirm(r.Digits(p.Started.RestoreID))
	r.must(err)
	again, err := p.Confirm("00000000") // its answer was lost: nothing is looked at any more
	r.must(err)
	if status.State != authn.RestoreHeld || again.State != authn.RestoreHeld {
		t.Errorf("%+v, again %+v", status, again)
	}
}

// TestProofIsBound: a proof is for one server, account, phone and challenge, and each of them is compared.
func TestProofIsBound(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	for name, change := range map[string]func(*wire.Restoration){
		"another server":         func(s *wire.Restoration) { s.Audience = "https://other.example.com" },
		"another restore":        func(s *wire.Restoration) { s.RestoreID = authn.NewRestoreID() },
		"a challenge of its own": func(s *wire.Restoration) { s.Challenge = key.RandomID(24) },
		"another phone's key":    func(s *wire.Restoration) { s.DeviceJWK = r.Key().Key() },
	} {
		p := r.NewRestorer()
		p.Begin("anna")
		stated := p.Restoration()
		change(&stated)
		if _, err := p.ProveRestore(ctx, p.Proof(stated, r.code)); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	p := r.NewRestorer()
	p.Begin("anna")
	proof, other := p.Proof(p.Restoration(), r.code), p.Proof(p.Restoration(), r.code)
	proof.CodeProof = other.CodeProof
	_, err := p.ProveRestore(ctx, proof)
	r.want("a proof of another statement", err, authn.ErrRestoreRefused)
	_, err = p.ProveRestore(ctx, other)
	r.must(err)
	again, err := p.ProveRestore(ctx, other) // its answer was lost
	r.must(err)
	if again.State != authn.RestoreProved || len(r.mails()) != 1 {
		t.Errorf("the same again: %+v, %d mails", again, len(r.mails()))
	}
	_, err = p.ProveRestore(ctx, p.Proof(p.Restoration(), r.code))
	if err == nil {
		t.Error("one restore was proved with two statements")
	}
	late := r.NewRestorer()
	late.Begin("anna")
	proof = late.Proof(late.Restoration(), r.code)
	r.Advance(time.Hour)
	_, err = late.ProveRestore(ctx, proof)
	r.want("an old challenge", err, authn.ErrRestoreExpired)
	keys := r.NewRestorer()
	keys.Begin("anna")
	stated := keys.Restoration()
	stated.ExchangeJWK = r.anna.ExchangeKey().Key()
	_, err = keys.ProveRestore(ctx, keys.Proof(stated, r.code))
	if authn.CodeOf(err) != "key_mismatch" {
		t.Errorf("a key of another device: %v", err)
	}
}

// TestOneRestoreAtATime: another phone with the code ends the one before.
func TestOneRestoreAtATime(t *testing.T) {
	r := newRig(t)
	first, second := r.held(), r.held()
	_, _, err := first.Take()
	r.want("the first", err, authn.ErrRestoreFailed)
	_, _, err = second.Take()
	r.must(err)
	r.told(authn.NoticeRestoreStarted, 2)
}

// TestBlock is R-095, and R-094's button on each device: blocked is blocked, for this restore and those after it.
func TestBlock(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	r.Decide(func(p *authn.Policy) { p.RestoreHold = 72 })
	p := r.held()
	r.told(authn.NoticeRestoreHeld, 1)
	if until := r.noticed(authn.NoticeRestoreHeld)[0].Facts["until"]; until == "" {
		t.Error("nobody is told how long")
	}
	r.Advance(71 * time.Hour)
	_, _, err := p.Take()
	r.want("in the hold", err, authn.ErrRestoreHeld)
	r.User("bo")
	bo := r.Phone("bo")
	r.want("somebody else's restore", bo.BlockRestore(ctx, p.Started.RestoreID), authn.ErrRestoreUnknown)
	r.must(r.anna.BlockRestore(ctx, p.Started.RestoreID))
	r.must(r.anna.BlockRestore(ctx, p.Started.RestoreID)) // its answer was lost
	r.told(authn.NoticeRestoreBlocked, 1)
	r.Advance(2 * time.Hour)
	_, _, err = p.Take()
	r.want("after the hold", err, authn.ErrRestoreIsBlocked)
	st, err := p.RestoreStatus(ctx, p.Started.RestoreID)
	r.must(err)
	if st.State != authn.RestoreBlocked || st.Reason != "restore_blocked" {
		t.Errorf("the new phone hears %+v", st)
	}
	_, err = r.NewRestorer().Prove("anna", r.code)
	r.want("the next restore", err, authn.ErrRestoreIsBlocked)
	r.must(r.Server.Restore.Allow(ctx, r.anna.User, "admin:maja", "she called"))
	p = r.held()
	r.Advance(72 * time.Hour)
	_, _, err = p.Take()
	r.must(err)
	r.want("a restore that is done", r.anna.BlockRestore(ctx, p.Started.RestoreID), authn.ErrRestoreOver)

	r.must(r.Server.Restore.Block(ctx, r.anna.User, "", "admin:maja", "stolen"))
	r.must(r.anna.Keep(key.NewRestoreCode(), file, 1)) // a device of hers, with the user verified, takes the block away
	r.view(func(rd store.Reader) error {
		blocked, err := r.Server.Restore.Blocked(rd, r.anna.User)
		if blocked {
			t.Error("a new code leaves the block")
		}
		return err
	})
}

// TestHoldEnds: who does not come for a week gets nothing any more.
func TestHoldEnds(t *testing.T) {
	r := newRig(t)
	p := r.held()
	r.Advance(authn.FinishTime)
	_, _, err := p.Take()
	r.want("a week later", err, authn.ErrRestoreExpired)
	q := r.proved()
	r.Advance(4 * authn.OTPLifetime)
	_, err = q.Confirm(r.Digits(q.Started.RestoreID))
	r.want("40 minutes later", err, authn.ErrRestoreExpired)
	r.Advance(authn.RestoreMemory)
	r.must(r.Server.Restore.Forget(context.Background()))
	if list, err := r.Server.Restore.List(context.Background(), r.anna.User); err != nil || len(list) != 0 {
		t.Errorf("%d restores are remembered, %v", len(list), err)
	}
}

// TestMailChanged is R-122: a new address holds a restore for a day, also when it is changed while the restore is under way.
func TestMailChanged(t *testing.T) {
	r := newRig(t)
	change := func() {
		r.update(func(tx store.Tx) error {
			return tx.UpdateUser(r.anna.User, func(u authn.User) (authn.User, error) { return u.Reach(u.Mail+"x", "", r.Now()), nil })
		})
	}
	change()
	r.Advance(time.Hour)
	p := r.held()
	r.Advance(22 * time.Hour)
	_, _, err := p.Take()
	r.want("23 hours after the change", err, authn.ErrRestoreHeld)
	if wait := authn.AsError(err).RetryAfter; wait <= 0 || wait > time.Hour {
		t.Errorf("it says to wait %s", wait)
	}
	r.Advance(time.Hour + time.Second)
	_, _, err = p.Take()
	r.must(err)

	p = r.held()
	change()
	r.Advance(23 * time.Hour)
	_, _, err = p.Take()
	r.want("changed in between", err, authn.ErrRestoreHeld)
	r.Advance(time.Hour + time.Second)
	_, _, err = p.Take()
	r.must(err)
}

// TestBlockedUser: somebody whom the organisation has blocked restores nothing, and says so only who has the code.
func TestBlockedUser(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	p, q := r.proved(), r.NewRestorer()
	_, err := r.Admin.SetUserStatus(ctx, "anna", wire.SetUserStatus{Status: authn.UserDisabled, Reason: "test"})
	r.must(err)
	_, err = p.Confirm(r.Digits(p.Started.RestoreID))
	if authn.CodeOf(err) != "user_disabled" {
		t.Errorf("the one-time code: %v", err)
	}
	_, err = q.Prove("anna", key.NewRestoreCode())
	r.want("a wrong code", err, authn.ErrRestoreRefused)
	_, err = q.Prove("anna", r.code)
	if authn.CodeOf(err) != "user_disabled" {
		t.Errorf("the right code: %v", err)
	}
}

// TestPolicies: who may restore, how the one-time code comes, and what becomes of the old devices.
func TestPolicies(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	r.Decide(func(p *authn.Policy) { p.Restore = authn.RestoreForbidden })
	_, err := r.NewRestorer().Prove("anna", r.code)
	r.want("forbidden", err, authn.ErrRestoreForbidden)
	r.want("a code where it is forbidden", r.anna.Keep(key.NewRestoreCode(), file, 1), authn.ErrRestoreForbidden)

	r.Decide(func(p *authn.Policy) { p.Restore = authn.RestoreLimited })
	_, err = r.NewRestorer().Prove("anna", r.code)
	r.want("limited", err, authn.ErrRestoreNotAllowed)
	r.must(r.Server.Restore.Allow(ctx, r.anna.User, "admin:maja", "she called"))
	r.Advance(authn.AllowanceTime)
	_, err = r.NewRestorer().Prove("anna", r.code)
	r.want("allowed a day ago", err, authn.ErrRestoreNotAllowed)
	r.must(r.Server.Restore.Allow(ctx, r.anna.User, "admin:maja", "she called"))
	second, _ := r.taken()
	_, err = r.NewRestorer().Prove("anna", r.code)
	r.want("allowed once", err, authn.ErrRestoreNotAllowed)

	// A group's policy is stricter than the default.
	r.Decide(func(p *authn.Policy) {
		p.Restore, p.GroupRestore = authn.RestoreAllowed, map[string]authn.RestorePolicy{"vault": authn.RestoreForbidden}
	})
	group := func(groups ...string) {
		r.update(func(tx store.Tx) error {
			return tx.UpdateUser(r.anna.User, func(u authn.User) (authn.User, error) { u.Groups = groups; return u, nil })
		})
	}
	p := r.held()
	group("vault")
	_, _, err = p.Take()
	r.want("forbidden by the time that it ends", err, authn.ErrRestoreForbidden)
	group()
	_, third, err := p.Take()
	r.must(err)
	if n := len(r.devices()); n != authn.MaxDevices {
		t.Fatalf("%d devices", n)
	}

	// three devices are enough, unless they go.
	p = r.held()
	_, _, err = p.Take()
	if authn.CodeOf(err) != "too_many_devices" {
		t.Errorf("a fourth device: %v", err)
	}
	r.must(third.Remove(ctx))
	_, fourth, err := p.Take()
	r.must(err)
	r.Decide(func(p *authn.Policy) { p.OldDevice = authn.OldDeviceRemoved })
	fifth, out := r.taken()
	if left := r.devices(); len(left) != 1 || left[0].ID != fifth.ID || len(out.OldDevices) != 0 {
		t.Errorf("%d devices are left, %+v", len(left), out.OldDevices)
	}
	for _, gone := range []*servertest.Phone{r.anna, second, fourth} {
		_, err := gone.Status(ctx)
		r.want("an old device", err, authn.ErrDeviceRevoked)
	}
	st, err := fifth.Status(ctx)
	r.must(err)
	if !st.Restore.Renew { // the phone that made the code is gone, perhaps with whoever has it
		t.Error("nobody says that the code should be made anew")
	}
	r.must(fifth.Keep(key.NewRestoreCode(), file, 1))
	if st, err = fifth.Status(ctx); err != nil || st.Restore.Renew {
		t.Errorf("a new code is no newer, %v", err)
	}
}

// TestDesk: where the service desk hands out the one-time code, no mail has it.
func TestDesk(t *testing.T) {
	r := newRig(t)
	ctx := context.Background()
	r.Decide(func(p *authn.Policy) { p.RestoreDelivery = authn.RestoreByDesk })
	p := r.NewRestorer()
	proved, err := p.Prove("anna", r.code)
	r.must(err)
	id := p.Started.RestoreID
	if proved.Delivery != authn.RestoreByDesk || len(r.mails()) != 0 || proved.MailMasked != "" {
		t.Errorf("%+v, %d mails", proved, len(r.mails()))
	}
	_, err = p.Confirm(r.Digits(id)) // derived, but given out to nobody
	r.want("before the desk gave one", err, authn.ErrOTPExpired)
	_, err = p.ResendRestore(ctx, id)
	r.want("a mail", err, authn.ErrRestoreState)
	r.Advance(23 * time.Hour)
	digits, until, err := r.Server.Restore.DeskCode(ctx, id, "admin:kim", "checked")
	r.must(err)
	if left := until.Sub(r.Now()); left > authn.OTPLifetime {
		t.Errorf("good for %s", left)
	}
	_, err = p.Confirm(digits)
	r.must(err)
	_, _, err = r.Server.Restore.DeskCode(ctx, id, "admin:kim", "checked")
	r.want("one more", err, authn.ErrRestoreState)
	r.Decide(func(p *authn.Policy) { p.RestoreDelivery = authn.RestoreByMail })
	q := r.proved()
	_, _, err = r.Server.Restore.DeskCode(ctx, q.Started.RestoreID, "admin:kim", "checked")
	r.want("a code that goes by mail", err, authn.ErrRestoreState)
}
