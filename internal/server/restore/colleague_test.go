package restore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/restore"
	"avow/internal/server/servertest"
	"avow/internal/server/tries"
	"avow/internal/store"
	"avow/internal/wire"
)

var bg = context.Background()

// office is Anna, who has named Bo, Cem and Dora, of whom two have to say Yes.
type office struct {
	*servertest.Env
	anna, bo, cem, dora *servertest.Phone
	code                key.RestoreCode
}

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{Env: servertest.Start(t, servertest.Options{CanMail: true})}
	o.Server.Restore.SetLimit(tries.Limit{PerMinute: 100_000, Burst: 100_000}, 10_000)
	for login, p := range map[string]**servertest.Phone{"anna.lind": &o.anna, "bo.ek": &o.bo, "cem.kaya": &o.cem, "dora.berg": &o.dora} {
		_, err := o.Admin.AddUser(bg, wire.AddUser{UserName: login, Name: strings.ToUpper(login[:1]) + login[1:], Mail: login + "@example.com", Reason: "test"})
		must(t, err)
		*p = o.Phone(login)
	}
	o.code = key.NewRestoreCode()
	must(t, o.anna.Keep(o.code, []byte("a file"), 0))
	must(t, o.anna.Name(2, "bo.ek", "cem.kaya", "dora.berg"))
	return o
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// asked is a new phone for whose account the colleagues are asked.
func (o *office) asked(t *testing.T) (*servertest.Restorer, string) {
	t.Helper()
	r := o.NewRestorer()
	_, err := r.Ask("anna.lind")
	must(t, err)
	st, err := r.Confirm(o.Digits(r.Started.RestoreID))
	must(t, err)
	if st.State != authn.RestoreAsking || len(st.Number) != 6 || st.Needed != 2 || st.Approved != 0 {
		t.Fatalf("after the code: %+v", st)
	}
	return r, st.Number
}

func kinds(list []authn.Notice) (out []authn.NoticeKind) {
	for _, n := range list {
		out = append(out, n.Kind)
	}
	return out
}

func count(list []authn.Notice, k authn.NoticeKind) (n int) {
	for _, x := range list {
		if x.Kind == k {
			n++
		}
	}
	return n
}

func isCode(t *testing.T, what string, err error, code string) {
	t.Helper()
	if authn.CodeOf(err) != code {
		t.Errorf("%s: %v, want %s", what, err, code)
	}
}

// Two of three colleagues say Yes on their phones, after the mailed code; the account comes after the cooling-off time, without what the restore code protects.
func TestColleagues(t *testing.T) {
	o := newOffice(t)
	r := o.NewRestorer()
	before := len(o.Notices("anna.lind"))
	asked, err := r.Ask("anna.lind")
	must(t, err)
	if asked.State != authn.RestoreProved {
		t.Errorf("begun: %+v", asked)
	}
	if now := o.Notices("anna.lind"); len(now) != before {
		t.Errorf("before the code came back anybody is told: %v", kinds(now[before:]))
	}
	if list, err := o.bo.Requests(bg); err != nil || len(list.Requests) != 0 {
		t.Errorf("a colleague is asked before the code came back: %v", err)
	}
	st, err := r.Confirm(o.Digits(r.Started.RestoreID))
	must(t, err)
	if count(o.Notices("anna.lind"), authn.NoticeColleaguesAsked) != 1 || count(o.Notices(""), authn.NoticeColleaguesAsked) != 1 {
		t.Errorf("told: %v, administrators %v", kinds(o.Notices("anna.lind")), kinds(o.Notices("")))
	}
	again, err := r.Confirm("00000000") // its answer was lost; there is nothing to try any more
	must(t, err)
	if again.Number != st.Number {
		t.Errorf("again: %+v", again)
	}
	_, q := o.bo.Open()
	if q.Action != authn.ActionConnectPhone || q.Match != authn.MatchNumber || !strings.Contains(q.Message, "anna.lind") || q.UV == authn.UVUnneeded {
		t.Errorf("asked: %+v", q)
	}
	wrong := fmt.Sprintf("%06d", (atoi(t, st.Number)+1)%1_000_000)
	isCode(t, "a wrong number", o.bo.Answer(authn.Approve, wrong), "wrong_number")
	must(t, o.bo.Answer(authn.Approve, st.Number))
	if st, err = r.Status(); err != nil || st.Approved != 1 || st.State != authn.RestoreAsking {
		t.Errorf("after one: %+v, %v", st, err)
	}
	must(t, o.dora.Answer(authn.Approve, st.Number))
	st, err = r.Status()
	must(t, err)
	hold := time.Unix(st.HeldUntil, 0).Sub(o.Now())
	if st.State != authn.RestoreHeld || st.Number != "" || st.Approved != 2 || hold < 23*time.Hour || hold > 24*time.Hour {
		t.Errorf("after two: %+v, held for %v", st, hold)
	}
	if count(o.Notices("anna.lind"), authn.NoticeRestoreHeld) != 1 || count(o.Notices(""), authn.NoticeRestoreHeld) != 1 {
		t.Error("the cooling-off time was not announced to user and administrators")
	}
	isCode(t, "a third Yes", o.cem.Answer(authn.Approve, again.Number), "restore_state")
	_, _, err = r.Take()
	isCode(t, "before its time", err, "restore_held")
	o.Advance(24*time.Hour + time.Minute)
	out, p, err := r.Take()
	must(t, err)
	if out.Escrow != nil {
		t.Error("the colleagues' Yes gives out what only the restore code opens")
	}
	status, err := p.Status(bg)
	must(t, err)
	if status.State != authn.DeviceActive || p.User != o.anna.User {
		t.Errorf("the new phone: %+v", status)
	}
	isCode(t, "a phone on probation names colleagues", p.Name(0), "device_probation")
	if e, err := o.anna.Escrow(bg); err != nil || e.Generation != 1 { // it stays for the code, should it be found
		t.Errorf("the escrow: %v", err)
	}
}

func atoi(t *testing.T, s string) (n int) {
	t.Helper()
	if _, err := fmt.Sscanf(s, "%d", &n); err != nil {
		t.Fatal(err)
	}
	return n
}

// unknown users, users who have named nobody, and those whom the policy forbids it, look the same until the mailed code came back; and so does one whose code is
// tried in vain.
func TestColleaguesTellNothing(t *testing.T) {
	o := newOffice(t)
	_, err := o.Admin.AddUser(bg, wire.AddUser{UserName: "finn.nobody", Name: "Finn", Mail: "finn@example.com", Reason: "test"})
	must(t, err)
	type seen struct{ begun, status, code, resend, ask, finish, late string }
	look := func(login string) (s seen) {
		r := o.NewRestorer()
		a, err := r.Ask(login)
		say := func(v any, err error) string {
			if err != nil {
				return authn.CodeOf(err) + " " + err.Error()
			}
			return fmt.Sprintf("%+v", v)
		}
		s.begun = say([]any{a.State, a.ExpiresAt - a.ServerTime}, err)
		if again, err := r.BeginColleagues(bg, r.Statement); err != nil || again.ExpiresAt-a.ExpiresAt > 0 {
			t.Errorf("%s: the same statement again: %+v, %v", login, again, err)
		}
		st, err := r.Status()
		left := st.ExpiresAt - st.ServerTime // a second may pass
		st.ServerTime, st.ExpiresAt = 0, (left+2)/10
		s.status = say(st, err)
		for range authn.OTPTries + 2 {
			_, err = r.Confirm("00000000")
			s.code += say(nil, err) + "; "
		}
		_, err = r.ResendRestore(bg, r.Started.RestoreID)
		s.resend = say(nil, err)
		_, err = r.AskColleagues(bg, r.Started.RestoreID)
		s.ask = say(nil, err)
		_, _, err = r.Take()
		s.finish = say(nil, err)
		st, err = r.Status()
		st.ServerTime, st.ExpiresAt = 0, 0
		s.late = say(st, err)
		return s
	}
	want := look("nobody.at.all")
	for _, login := range []string{"anna.lind", "finn.nobody", "bo.ek"} {
		if got := look(login); got != want {
			t.Errorf("%s:\n%+v\nunlike a user who does not exist:\n%+v", login, got, want)
		}
	}
	o.Decide(func(p *authn.Policy) { p.Restore = authn.RestoreForbidden })
	if got := look("anna.lind"); got != want {
		t.Errorf("forbidden:\n%+v\nunlike a user who does not exist:\n%+v", got, want)
	}
}

// Three mails a day, however many ask, and none for what is no account; three that wait at the same time.
func TestColleagueMails(t *testing.T) {
	o := newOffice(t)
	mails := func() (n int) {
		must(t, o.Site.Store.View(bg, func(r store.Reader) error {
			list, err := r.Messages(1000)
			for _, m := range list {
				if m.Kind == authn.MessageRestoreCode || m.Kind == authn.MessageColleagueCode {
					n++
				}
			}
			return err
		}))
		return n
	}
	for range 6 {
		_, err := o.NewRestorer().Ask("anna.lind")
		must(t, err)
	}
	if n := mails(); n != authn.ColleagueMailsADay {
		t.Errorf("%d mails, want %d", n, authn.ColleagueMailsADay)
	}
	// Who has the code on paper still gets in.
	r := o.NewRestorer()
	_, err := r.Prove("anna.lind", o.code)
	must(t, err)
	if n := mails(); n != authn.ColleagueMailsADay+1 {
		t.Errorf("%d mails after the code was proved", n)
	}
	o.Advance(25 * time.Hour)
	_, err = o.NewRestorer().Ask("anna.lind")
	must(t, err)
	if n := mails(); n != authn.ColleagueMailsADay+2 {
		t.Errorf("%d mails the next day", n)
	}
}

// one address begins twenty in an hour.
func TestColleagueBeginsByAddress(t *testing.T) {
	o := newOffice(t)
	var err error
	n := 0
	for ; err == nil && n < 100; n++ {
		_, err = o.NewRestorer().Ask("nobody.at.all")
	}
	if n != restore.BeginsByAddress+1 || authn.AsError(err).Kind != authn.TooMany {
		t.Errorf("refused at %d: %v", n, err)
	}
}

// Who has proved nothing ends nobody else's restore.
func TestColleaguesDontDisturb(t *testing.T) {
	o := newOffice(t)
	r := o.NewRestorer()
	_, err := r.Prove("anna.lind", o.code)
	must(t, err)
	for range 3 {
		_, err := o.NewRestorer().Ask("anna.lind")
		must(t, err)
	}
	st, err := r.Confirm(o.Digits(r.Started.RestoreID))
	if err != nil || st.State != authn.RestoreHeld {
		t.Errorf("with the restore code: %+v, %v", st, err)
	}
}

func TestNaming(t *testing.T) {
	o := newOffice(t)
	for name, test := range map[string]struct {
		code   string
		needed int
		logins []string
	}{
		"unknown": {"colleague_unknown", 2, []string{"bo.ek", "nobody.at.all"}}, "herself": {"colleague_self", 2, []string{"anna.lind", "bo.ek"}},
		"twice": {"colleague_self", 2, []string{"bo.ek", "BO.EK"}}, "fewer than the policy wants": {"colleagues_few", 1, []string{"bo.ek", "cem.kaya"}},
		"more than there are": {"colleagues_few", 3, []string{"bo.ek", "cem.kaya"}}, "none needed": {"colleagues_few", 0, []string{"bo.ek"}},
	} {
		isCode(t, name, o.anna.Name(test.needed, test.logins...), test.code)
	}
	isCode(t, "by the device key", o.anna.NameSigned(o.anna.DeviceKey(), o.anna.Naming(2, "bo.ek", "cem.kaya")), "bad_colleagues")
	other := o.anna.Naming(2, "bo.ek", "cem.kaya")
	other.Audience = "https://other.example"
	isCode(t, "for another server", o.anna.NameSigned(o.anna.ApprovalKey(), other), "bad_colleagues")
	unverified := o.anna.Naming(2, "bo.ek", "cem.kaya")
	unverified.UV = authn.UVNone
	isCode(t, "without her", o.anna.NameSigned(o.anna.ApprovalKey(), unverified), "bad_colleagues")
	once := o.anna.Naming(2, "bo.ek", "cem.kaya")
	must(t, o.anna.NameSigned(o.anna.ApprovalKey(), once))
	isCode(t, "a second time", o.anna.NameSigned(o.anna.ApprovalKey(), once), "bad_colleagues")
	got, err := o.anna.Colleagues(bg)
	must(t, err)
	if len(got.Colleagues) != 2 || got.Colleagues[0].Login != "bo.ek" || !got.Colleagues[0].Ready || got.Needed != 2 || got.Least != 2 || got.HoldHours != 24 {
		t.Errorf("named: %+v", got)
	}
	if n := count(o.Notices("bo.ek"), authn.NoticeNamedColleague); n != 1 {
		t.Errorf("Bo, who was named twice, is told %d times", n)
	}
	told := o.Notices("anna.lind")
	if last := told[len(told)-1]; last.Kind != authn.NoticeColleaguesNamed || last.Cause != o.anna.ID || !strings.Contains(last.Facts["colleagues"], "Cem") {
		t.Errorf("Anna is told %+v", last)
	}
	must(t, o.anna.Name(0))
	if got, err = o.anna.Colleagues(bg); err != nil || len(got.Colleagues) != 0 || got.Needed != 0 {
		t.Errorf("taken back: %+v, %v", got, err)
	}
	o.Decide(func(p *authn.Policy) { p.Restore = authn.RestoreForbidden })
	isCode(t, "forbidden", o.anna.Name(2, "bo.ek", "cem.kaya"), "restore_forbidden")
}

// A No counts as one; when the others are not enough any more, or somebody says "it's not me", it is over.
func TestColleagueSaysNo(t *testing.T) {
	o := newOffice(t)
	r, number := o.asked(t)
	must(t, o.bo.Answer(authn.Deny, ""))
	must(t, o.cem.Answer(authn.Approve, number))
	if st, err := r.Status(); err != nil || st.State != authn.RestoreAsking || st.Approved != 1 {
		t.Errorf("one No: %+v, %v", st, err)
	}
	must(t, o.dora.Answer(authn.Deny, ""))
	st, err := r.Status()
	if err != nil || st.State != authn.RestoreFailed {
		t.Errorf("two No: %+v, %v", st, err)
	}
	r, number = o.asked(t)
	must(t, o.bo.Answer(authn.NotMe, ""))
	if st, err := r.Status(); err != nil || st.State != authn.RestoreFailed {
		t.Errorf("not me: %+v, %v", st, err)
	}
	if count(o.Notices(""), authn.NoticeNotMe) != 1 {
		t.Error("the administrators are not told of a colleague who says that it is a fraud")
	}
	isCode(t, "a Yes to what is over", o.cem.Answer(authn.Approve, number), "restore_failed")
}

// A question lives ten minutes. Those who did not answer are asked again, with the same number.
func TestColleaguesAskedAgain(t *testing.T) {
	o := newOffice(t)
	r, number := o.asked(t)
	must(t, o.bo.Answer(authn.Approve, number))
	if _, err := r.AskColleagues(bg, r.Started.RestoreID); err != nil { // while the questions are open: nobody is asked twice
		t.Error(err)
	}
	o.cem.Open()
	o.Advance(authn.MaxRequestLifetime + time.Second)
	st, err := r.AskColleagues(bg, r.Started.RestoreID)
	must(t, err)
	if st.Number != number || st.Approved != 1 {
		t.Errorf("asked again: %+v", st)
	}
	if list, err := o.bo.Requests(bg); err != nil || len(list.Requests) != 0 {
		t.Errorf("Bo, who has answered, is asked again: %v", err)
	}
	must(t, o.cem.Answer(authn.Approve, number))
	if st, err := r.Status(); err != nil || st.State != authn.RestoreHeld {
		t.Errorf("then: %+v, %v", st, err)
	}
}

// A phone that was connected a moment ago does not vouch: else one account after the other could be taken.
func TestColleagueOnProbation(t *testing.T) {
	o := newOffice(t)
	must(t, o.Site.Store.Update(bg, func(tx store.Tx) error {
		return tx.UpdateDevice(o.bo.ID, func(d authn.Device) (authn.Device, error) {
			d.ProbationUntil = o.Now().Add(time.Hour)
			return d, nil
		})
	}))
	r, number := o.asked(t)
	isCode(t, "a Yes on probation", o.bo.Answer(authn.Approve, number), "device_probation")
	if st, err := r.Status(); err != nil || st.Approved != 0 {
		t.Errorf("it counts: %+v, %v", st, err)
	}
	o.bo.Open() // and the question is still there
}

// blocked by a device, while colleagues are asked or in the cooling-off time, it is never released, and no Yes counts any more.
func TestColleaguesBlocked(t *testing.T) {
	o := newOffice(t)
	r, number := o.asked(t)
	must(t, o.bo.Answer(authn.Approve, number))
	must(t, o.anna.BlockRestore(bg, r.Started.RestoreID))
	isCode(t, "a Yes to what was blocked", o.cem.Answer(authn.Approve, number), "restore_blocked")
	o.Advance(48 * time.Hour)
	_, _, err := r.Take()
	isCode(t, "taking it", err, "restore_blocked")

	// Others that begin now go nowhere, and look like any.
	late := o.NewRestorer()
	_, err = late.Ask("anna.lind")
	must(t, err)
	_, err = late.Confirm("00000000")
	isCode(t, "begun after the block", err, "otp_wrong")
	must(t, o.Server.Restore.Allow(bg, o.anna.User, "admin:test", "she called"))
	r, number = o.asked(t)
	must(t, o.bo.Answer(authn.Approve, number))
	must(t, o.cem.Answer(authn.Approve, number))
	must(t, o.Server.Restore.Block(bg, o.anna.User, "", "admin:test", "it was not she"))
	o.Advance(48 * time.Hour)
	_, _, err = r.Take()
	isCode(t, "taking it", err, "restore_blocked")
}

// race runs all of fn at the same time.
func race(fn ...func() error) []error {
	errs := make([]error, len(fn))
	var start, done sync.WaitGroup
	start.Add(1)
	for i, f := range fn {
		done.Go(func() {
			start.Wait()
			errs[i] = f()
		})
	}
	start.Done()
	done.Wait()
	return errs
}

// D12: a Yes sent many times counts once; two colleagues at the same time make one hold and one announcement.
func TestColleaguesAtTheSameTime(t *testing.T) {
	o := newOffice(t)
	r, number := o.asked(t)
	yes := func(p *servertest.Phone) func() error {
		send := p.Prepared(authn.Approve, number)
		return func() error { return send(bg) }
	}
	bo := yes(o.bo)
	var all []func() error
	for range 20 {
		all = append(all, bo)
	}
	taken := 0
	for _, err := range race(all...) {
		switch {
		case err == nil:
			taken++
		case !errors.Is(err, authn.ErrDecided):
			t.Error(err)
		}
	}
	if st, err := r.Status(); err != nil || taken != 1 || st.Approved != 1 || st.State != authn.RestoreAsking {
		t.Fatalf("one Yes, sent 20 times, taken %d times: %+v, %v", taken, st, err)
	}
	errs := race(yes(o.cem), yes(o.dora))
	late := 0
	for _, err := range errs {
		if err != nil {
			isCode(t, "the third", err, "restore_state")
			late++
		}
	}
	x := o.Restore(r.Started.RestoreID)
	if late != 1 || x.State != authn.RestoreHeld || x.Approved() != 2 || count(o.Notices("anna.lind"), authn.NoticeRestoreHeld) != 1 {
		t.Errorf("two at the same time, %d too late: %s, %d approved", late, x.State, x.Approved())
	}
}

// R-095, D12: a block and the last Yes at the same time; whichever is first, a blocked one is never released.
func TestColleaguesBlockedAtTheSameTime(t *testing.T) {
	o := newOffice(t)
	for range 8 {
		r, number := o.asked(t)
		must(t, o.bo.Answer(authn.Approve, number))
		send := o.cem.Prepared(authn.Approve, number)
		errs := race(
			func() error { return send(bg) },
			func() error { return o.anna.BlockRestore(bg, r.Started.RestoreID) },
			func() error { _, err := r.Status(); return err },
		)
		must(t, errs[1])
		o.Advance(25 * time.Hour)
		if _, _, err := r.Take(); authn.CodeOf(err) != "restore_blocked" {
			t.Fatalf("a blocked restore: %v", err)
		}
		must(t, o.Server.Restore.Allow(bg, o.anna.User, "admin:test", "test"))
	}
}

// Another phone's restore does not exist.
func TestColleaguesOfAnotherPhone(t *testing.T) {
	o := newOffice(t)
	r, _ := o.asked(t)
	other := o.NewRestorer()
	for what, fn := range map[string]func() error{
		"state":  func() error { _, err := other.RestoreStatus(bg, r.Started.RestoreID); return err },
		"ask":    func() error { _, err := other.AskColleagues(bg, r.Started.RestoreID); return err },
		"finish": func() error { _, _, err := other.FinishRestore(bg, r.Started.RestoreID, r.Statement); return err },
		"code": func() error {
			_, err := other.ConfirmRestore(bg, r.Started.RestoreID, key.Secret("00000000"))
			return err
		},
	} {
		isCode(t, what, fn(), "restore_unknown")
	}
	stated := r.Restoration()
	if _, err := other.AskWith(stated); !slices.Contains([]string{"bad_restore", "key_mismatch"}, authn.CodeOf(err)) {
		t.Errorf("begun with another's keys: %v", err)
	}
}
