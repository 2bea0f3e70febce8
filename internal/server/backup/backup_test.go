package backup_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/server/api"
	"avow/internal/server/backup"
	"avow/internal/server/servertest"
	"avow/internal/store"
	"avow/internal/wire"
)

// rig is a server with Anna, who has backup codes and has noted them. A cheap one takes SHA-256 for argon2id.
type rig struct {
	*servertest.Env
	t     testing.TB
	anna  authn.User
	codes [key.BackupCodes]key.BackupCode
}

func newRig(t testing.TB, cheap bool) *rig {
	t.Helper()
	r := &rig{Env: servertest.Start(t, servertest.Options{CanMail: true}), t: t}
	r.User("anna")
	r.view(func(rd store.Reader) (err error) {
		r.anna, err = rd.UserByLogin("anna")
		return err
	})
	if cheap {
		r.Server.Backup.Cheap()
	}
	r.codes = r.make()
	r.must(r.note(r.codes[0]))
	return r
}

func (r *rig) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) view(fn func(store.Reader) error) {
	r.t.Helper()
	r.must(r.Site.Store.View(context.Background(), fn))
}

func from(ip string) context.Context { return api.WithClientIP(context.Background(), ip) }

func (r *rig) make() [key.BackupCodes]key.BackupCode {
	r.t.Helper()
	codes, err := r.Server.Backup.Make(from("192.0.2.1"), r.anna.ID, "user:anna")
	r.must(err)
	return codes
}

func (r *rig) note(c key.BackupCode) error {
	return r.Server.Backup.Note(from("192.0.2.1"), r.anna, c, "user:anna")
}

// use uses a code up for nothing.
func (r *rig) use(ip, login string, c key.BackupCode) error {
	return r.Server.Backup.Use(from(ip), login, c, backup.ToSignIn, func(store.Tx, authn.User, authn.BackupSet) error { return nil })
}

func (r *rig) left() (n int) {
	r.t.Helper()
	r.view(func(rd store.Reader) error {
		set, err := backup.Set(rd, r.anna.ID)
		n = set.Left()
		return err
	})
	return n
}

func (r *rig) want(what string, got, want error) {
	r.t.Helper()
	if !errors.Is(got, want) {
		r.t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func (r *rig) told(kind authn.NoticeKind) (list []authn.Notice) {
	r.t.Helper()
	r.view(func(rd store.Reader) error {
		all, err := rd.NoticesOf(r.anna.ID, time.Time{})
		for _, n := range all {
			if n.Kind == kind {
				list = append(list, n)
			}
		}
		return err
	})
	return list
}

func (r *rig) recorded(action string) (n int) {
	for _, a := range r.Audit() {
		if a.Action == action {
			n++
		}
	}
	return n
}

// TestOneUse is R-102: a code is good once, after it was noted, and everybody is told.
func TestOneUse(t *testing.T) {
	r := newRig(t, false)
	if r.left() != key.BackupCodes {
		t.Errorf("%d are left: noting used one up", r.left())
	}
	c := r.codes[7]
	r.must(r.use("192.0.2.1", "ANNA", c))
	r.want("the second time", r.use("192.0.2.1", "anna", c), authn.ErrBackupRefused)
	if r.left() != key.BackupCodes-1 {
		t.Errorf("%d are left", r.left())
	}
	used := r.told(authn.NoticeBackupUsed)
	if len(used) != 1 || used[0].Mail != authn.MailQueued || used[0].Facts["left"] != "9" || used[0].Facts["ip"] != "192.0.2.1" {
		t.Errorf("told of the use: %+v", used)
	}
	if n := len(r.told(authn.NoticeBackupNew)); n != 1 {
		t.Errorf("%d notices of the set", n)
	}
	for action, want := range map[string]int{"backup.new": 1, "backup.noted": 1, "backup.use": 1, "backup.refused": 1} {
		if n := r.recorded(action); n != want {
			t.Errorf("%s: %d records", action, n)
		}
	}
	if err := r.use("192.0.2.1", "anna", r.codes[0]); err != nil {
		t.Errorf("the code that was typed to note them: %v", err)
	}
	if _, err := r.Admin.SetUserStatus(context.Background(), "anna", wire.SetUserStatus{Status: authn.UserDisabled, Reason: "left"}); err != nil {
		t.Fatal(err)
	}
	r.want("of a blocked user", r.use("192.0.2.1", "anna", r.codes[1]), authn.ErrBackupRefused)
}

// TestNewSet is R-102: a new set kills the old one at once, and is good when it was noted.
func TestNewSet(t *testing.T) {
	r := newRig(t, true)
	next := r.make()
	r.want("an old code", r.use("192.0.2.1", "anna", r.codes[1]), authn.ErrBackupRefused)
	r.want("a new one, not noted", r.use("192.0.2.1", "anna", next[1]), authn.ErrBackupRefused)
	r.want("noted with an old one", r.note(r.codes[1]), authn.ErrBackupRefused)
	if r.left() != 0 {
		t.Errorf("%d are left", r.left())
	}
	r.must(r.note(next[9]))
	r.want("an old code", r.use("192.0.2.1", "anna", r.codes[1]), authn.ErrBackupRefused)
	r.must(r.use("192.0.2.1", "anna", next[1]))
	if r.left() != key.BackupCodes-1 {
		t.Errorf("%d are left", r.left())
	}
	for range backup.SetsByUser - 2 {
		r.make()
	}
	if _, err := r.Server.Backup.Make(from("192.0.2.1"), r.anna.ID, "user:anna"); authn.CodeOf(err) != "too_many_tries" {
		t.Errorf("one set more: %v", err)
	}
}

// TestFailedUse: what a code is for fails, and the code is as good as before.
func TestFailedUse(t *testing.T) {
	r := newRig(t, true)
	ours := errors.New("ours")
	err := r.Server.Backup.Use(from("192.0.2.1"), "anna", r.codes[3], backup.ToConnect, func(store.Tx, authn.User, authn.BackupSet) error { return ours })
	r.want("use", err, ours)
	if r.left() != key.BackupCodes || len(r.told(authn.NoticeBackupUsed)) != 0 {
		t.Errorf("%d are left", r.left())
	}
	r.must(r.use("192.0.2.1", "anna", r.codes[3]))
}

// TestParallelUses is R-102 and D12: of a thousand tries of one code at the same moment one wins.
func TestParallelUses(t *testing.T) {
	r := newRig(t, true)
	r.Server.Backup.SetLimit(1<<20, 1<<20)
	var won, refused, ran atomic.Int32
	gate := make(chan struct{})
	var all sync.WaitGroup
	for range 1000 {
		all.Go(func() {
			<-gate
			err := r.Server.Backup.Use(from("192.0.2.1"), "anna", r.codes[7], backup.ToSignIn, func(store.Tx, authn.User, authn.BackupSet) error {
				ran.Add(1)
				return nil
			})
			switch {
			case err == nil:
				won.Add(1)
			case errors.Is(err, authn.ErrBackupRefused):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	close(gate)
	all.Wait()
	if won.Load() != 1 || refused.Load() != 999 || ran.Load() != 1 || r.left() != key.BackupCodes-1 || len(r.told(authn.NoticeBackupUsed)) != 1 {
		t.Errorf("%d won, %d refused, %d ran, %d left, %d told", won.Load(), refused.Load(), ran.Load(), r.left(), len(r.told(authn.NoticeBackupUsed)))
	}
}

// TestTwoHashesAtOnce is T25: at most two codes are looked at at the same time, so many wait, and the rest is sent away and loses nothing.
func TestTwoHashesAtOnce(t *testing.T) {
	r := newRig(t, true)
	r.Server.Backup.Impatient()
	r.Server.Backup.SetLimit(1<<20, 1<<20)
	var now, most, seen atomic.Int32
	hold := make(chan struct{})
	r.Server.Backup.Hashes(func() {
		seen.Add(1)
		for n := now.Add(1); ; {
			if was := most.Load(); n <= was || most.CompareAndSwap(was, n) {
				break
			}
		}
		<-hold
		now.Add(-1)
	})
	var busy, refused atomic.Int32
	sent := make(chan struct{}, 200)
	var all sync.WaitGroup
	wrong := key.NewBackupSet()
	for i := range 200 {
		all.Go(func() {
			switch err := r.use("192.0.2.1", "anna", wrong[i%len(wrong)]); {
			case errors.Is(err, backup.ErrBusy):
				busy.Add(1)
				sent <- struct{}{}
			case errors.Is(err, authn.ErrBackupRefused):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	for range 200 - backup.Queue {
		<-sent
	}
	close(hold)
	all.Wait()
	if most.Load() != 2 || busy.Load() != 200-backup.Queue || refused.Load() != backup.Queue || seen.Load() != backup.Queue {
		t.Errorf("%d at once, %d busy, %d refused, %d seen", most.Load(), busy.Load(), refused.Load(), seen.Load())
	}
}

// TestLimits is T25: wrong codes lock this way in for this address, and nothing else.
func TestLimits(t *testing.T) {
	r := newRig(t, true)
	codes, wrong := r.codes, key.NewBackupSet()
	for range backup.WrongByLogin {
		r.want("a wrong code", r.use("192.0.2.66", "anna", wrong[3]), authn.ErrBackupRefused)
	}
	later := func(what, ip, login string) {
		t.Helper()
		if err := r.use(ip, login, codes[1]); authn.CodeOf(err) != "too_many_tries" {
			t.Errorf("%s: %v", what, err)
		}
	}
	later("the right code, from that address", "192.0.2.66", "anna")
	later("in capitals", "192.0.2.66", "ANNA")
	r.must(r.use("192.0.2.1", "anna", codes[1])) // from everywhere else it is as before
	p := r.Phone("anna")
	if _, page := r.SignIn(p, "anna"); page.Path != "/me" {
		t.Errorf("with the phone she comes to %s", page.Path)
	}
	r.User("bo")
	for range backup.WrongByLogin {
		r.want("of another", r.use("192.0.2.66", "bo", wrong[3]), authn.ErrBackupRefused)
	}
	for i := range backup.WrongByAddress - 2*backup.WrongByLogin {
		r.want("of nobody", r.use("192.0.2.66", strings.Repeat("x", i+1), wrong[3]), authn.ErrBackupRefused)
	}
	later("anybody, from that address", "192.0.2.66", "cleo")
	for _, c := range codes[3:] { // right ones do not count
		r.must(r.use("192.0.2.2", "anna", c))
	}
	r.Advance(time.Hour)
	r.must(r.use("192.0.2.66", "anna", codes[2]))
}

// TestNobody is R-046: who does not exist, or has no codes, costs one hash and is answered as a wrong code is, and leaves the same behind.
func TestNobody(t *testing.T) {
	r := newRig(t, true)
	r.User("bo")
	var n atomic.Int32
	r.Server.Backup.Hashes(func() { n.Add(1) })
	c := r.codes[4]
	for _, login := range []string{"nobody", "bo", ""} {
		n.Store(0)
		before := len(r.Audit())
		r.want(login, r.use("192.0.2.1", login, c), authn.ErrBackupRefused)
		if n.Load() != 1 || len(r.Audit()) != before+1 {
			t.Errorf("%q: %d hashes, %d records", login, n.Load(), len(r.Audit())-before)
		}
	}
	for limit := range backup.WrongByLogin + 1 { // and has the same limits
		err := r.use("192.0.2.7", "nobody", c)
		if got, want := authn.CodeOf(err) == "too_many_tries", limit == backup.WrongByLogin; got != want {
			t.Errorf("try %d: %v", limit, err)
		}
	}
}

// TestStolenDatabase is R-126 and T8: with all files of the server, its secret aside, there is no code, and nothing to compare one with.
func TestStolenDatabase(t *testing.T) {
	r := newRig(t, false)
	r.must(r.use("192.0.2.1", "anna", r.codes[2]))
	var all []byte
	files, err := filepath.Glob(filepath.Join(r.Dir, "*"))
	r.must(err)
	for _, f := range files {
		b, err := os.ReadFile(f)
		r.must(err)
		all = append(all, b...)
	}
	var set authn.BackupSet
	r.view(func(rd store.Reader) error { set, err = rd.BackupSet(r.anna.ID); return err })
	for place, c := range r.codes {
		flat := strings.ReplaceAll(c.Text(), "-", "")
		for _, form := range []string{c.Text(), flat, flat[1:], flat[9:], c.Text()[7:], strings.ToLower(flat[1:])} {
			if bytes.Contains(all, []byte(form)) {
				t.Errorf("code %d stands in a file", place)
			}
		}
		e := set.Codes[place]
		if !bytes.Contains(all, e.Hash[:]) {
			t.Errorf("the hash of code %d is not found: the test looks at the wrong files", place)
		}
		for name, pepper := range map[string]key.Secret{"none": nil, "zeros": make(key.Secret, 32), "the secret itself": r.Site.Secret} {
			if authn.Hash(c.Hash(pepper, string(r.anna.ID), e.Salt)) == e.Hash {
				t.Errorf("pepper %s is enough", name)
			}
		}
		for _, other := range set.Codes[place+1:] {
			if other.Salt == e.Salt || other.Hash == e.Hash {
				t.Errorf("code %d shares salt or hash", place)
			}
		}
	}
}

// BenchmarkUse is one use of a code, with its hash, its session's transaction, notice and records on disk.
func BenchmarkUse(b *testing.B) {
	r := newRig(b, false)
	r.Server.Backup.SetLimit(1<<30, 1<<30)
	i := 0
	for b.Loop() {
		if i == key.BackupCodes {
			b.StopTimer()
			r.Advance(time.Hour)
			r.codes, i = r.make(), 0
			r.must(r.note(r.codes[0]))
			b.StartTimer()
		}
		r.must(r.use("192.0.2.1", "anna", r.codes[i]))
		i++
	}
}
