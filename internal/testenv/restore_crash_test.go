package testenv_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"avow/internal/atomicfile/atomicfiletest"
	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/key"
	"avow/internal/phone"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/platform/simulated"
	"avow/internal/phone/vault"
	"avow/internal/store"
	"avow/internal/testenv"
)

// serverKnows reports whether a code is the one that the server verifies.
func (l *lost) serverKnows(code key.RestoreCode) bool {
	l.t.Helper()
	var e authn.Escrow
	var user authn.UserID
	l.ok(l.Site.Store.View(l.ctx, func(r store.Reader) error {
		u, err := r.UserByLogin("anna.lind")
		if err != nil {
			return err
		}
		user = u.ID
		e, err = r.Escrow(u.ID)
		return err
	}))
	proof, _ := code.Keys(string(user))
	return e.Proof == proof.Key()
}

// settled looks at a phone after all its troubles: the account is there, and a code that the person can have opens what the server keeps.
func (l *lost) settled(p *testenv.Phone, what string) {
	l.t.Helper()
	l.ok(p.Sync(l.ctx))
	s := p.State()
	if len(s.Accounts) != 1 || len(s.Restores) != 0 || s.Accounts[0].Status != phone.Connected {
		l.t.Fatalf("%s: accounts %+v, under way %+v", what, s.Accounts, s.Restores)
	}
	id := s.Accounts[0].ID
	if v := s.Accounts[0].Restore; !v.Unnoted { // its answer was lost, or it was not asked: the old code is good, and is to be replaced
		if v.State != phone.RestoreRenew {
			l.t.Fatalf("%s: restore stands at %+v", what, v)
		}
		l.ok(p.ActivateRestore(l.ctx, id, key.NewRestoreCode(), platform.Prompt{}))
	}
	code := must(p.ShowRestoreCode(l.ctx, id, platform.Prompt{}))(l.t)
	if !l.serverKnows(code) {
		l.t.Fatalf("%s: the code that the phone shows is not the server's", what)
	}
	if drill := must(p.DrillRestore(l.ctx, id, code, platform.Prompt{}))(l.t); !drill.Same {
		l.t.Errorf("%s: drill %+v", what, drill)
	}
	if n := len(l.receipts(p)); n != 1 {
		l.t.Errorf("%s: %d receipts came along", what, n)
	}
	l.code = code
	if n := len(must(l.Admin.Devices(l.ctx, "anna.lind"))(l.t)); n == 0 {
		l.t.Errorf("%s: no device", what)
	}
}

// withReceipt lets Anna's phone keep something that has to come back.
func (l *lost) withReceipt() {
	l.t.Helper()
	laptop := must(l.AddComputer(l.ctx, "laptop-42", "LAPTOP-42", authn.MatchTap))(l.t)
	defer laptop.Close()
	l.signIn(l.old, laptop)
	l.ok(l.old.Sync(l.ctx))
	l.decide(func(p *authn.Policy) { p.OldDevice = authn.OldDeviceRemoved })
}

// TestPhoneDiesBetweenSteps is R-093: the phone dies after each step of a restore, and after each answer that it did not get, and goes on from its folder.
func TestPhoneDiesBetweenSteps(t *testing.T) {
	l := lose(t)
	l.withReceipt()
	m := between(t, l.Env)
	l.ctx = keystore.WithPIN(l.ctx, testenv.DefaultPIN) // a simulated sensor forgets with its process
	for _, lose := range []string{"", "/restore/prove", "/restore/code", "/restore/finish", "/v1/escrow"} {
		what := "losing " + lose
		dir := t.TempDir()
		reopen := func() *testenv.Phone {
			p := m.openPhone(t, l.ctx, dir)
			l.ok(p.Unlock(l.ctx, platform.Prompt{}))
			return p
		}
		p := reopen()
		o := must(p.FindRestore(l.ctx, l.sheet()))(t)
		if lose != "" {
			m.loseAnswer(t, l.Env, lose)
		}
		x, err := p.ProveRestore(l.ctx, o, platform.Prompt{})
		if err != nil && !errors.Is(err, client.ErrUnreachable) {
			t.Fatalf("%s: %v", what, err)
		}
		m.recover(lose == "/restore/prove")
		if p = reopen(); len(p.State().Restores) != 1 {
			t.Fatalf("%s: the restore is forgotten", what)
		}
		x = must(p.CheckRestore(l.ctx, p.State().Restores[0].ID))(t)
		if x.State != authn.RestoreProved {
			t.Fatalf("%s: %+v", what, x)
		}
		p = reopen()
		_, err = p.ConfirmRestore(l.ctx, x.ID, l.digits(x.ID))
		m.recover(lose == "/restore/code")
		p = reopen()
		if x = must(p.CheckRestore(l.ctx, x.ID))(t); x.State != authn.RestoreHeld {
			t.Fatalf("%s: %+v, %v", what, x, err)
		}
		p = reopen()
		if !l.serverKnows(l.code) {
			t.Fatalf("%s: the old code is dead before the new one is there", what)
		}
		_, _, err = p.FinishRestore(l.ctx, x.ID, platform.Prompt{})
		m.recover(true)
		if lose == "/restore/finish" {
			if err == nil {
				t.Fatal("no answer was lost")
			}
			p = reopen()
			_, _, err = p.FinishRestore(l.ctx, x.ID, platform.Prompt{})
		}
		l.ok(err)
		p = reopen()
		l.settled(p, what)
		p.Close()
		l.pass(3 * time.Hour)
	}
}

// recover lets answers arrive again.
func (m *middle) recover(now bool) {
	if now {
		m.intercept(nil)
	}
}

// each is the distance of the faults; 1 looks at every write, and takes a minute.
const each = 4

// TestDiskFailsWhileFinishing is R-093 at the writes: the phone dies in the middle of FinishRestore, whatever its disk has kept of that.
func TestDiskFailsWhileFinishing(t *testing.T) {
	l := lose(t)
	l.withReceipt()
	for at, done := 1, false; !done; at += each {
		dir := t.TempDir()
		p := must(testenv.OpenPhone(l.ctx, testenv.PhoneOptions{Name: "new", Dir: dir, KDF: fastKDF, Now: l.Site.Now, Ask: simulated.Always(simulated.Touch)},
			l.ClientOptions(), slog.New(slog.DiscardHandler)))(t)
		l.ok(p.Ready(l.ctx))
		x := l.proved(p)
		must(p.ConfirmRestore(l.ctx, x.ID, l.digits(x.ID)))(t)
		p.Close()
		disk := atomicfiletest.New()
		for _, name := range []string{vault.FileName, vault.BackupName, vault.IndexName} {
			if b, err := os.ReadFile(filepath.Join(dir, name)); err == nil {
				disk.Put(filepath.Join(dir, name), b)
			}
		}
		dying := l.onDisk(p, disk)
		l.ok(dying.Unlock(l.ctx, platform.Prompt{}))
		disk.FailAt(at, true)
		_, _, err := dying.FinishRestore(l.ctx, x.ID, platform.Prompt{})
		if done = disk.Calls() < at; done && err != nil {
			t.Fatal(err)
		}
		again := l.onDisk(p, disk.Crash(uint(at%4), -(at%2)))
		if err := again.Unlock(l.ctx, platform.Prompt{}); errors.Is(err, vault.ErrRolledBack) {
			l.ok(again.UnlockOld(l.ctx, platform.Prompt{}))
		} else {
			l.ok(err)
		}
		if len(again.State().Restores) == 1 {
			_, _, err := again.FinishRestore(l.ctx, x.ID, platform.Prompt{})
			l.ok(err)
		}
		l.settledOn(again, at)
		l.pass(3 * time.Hour)
	}
}

// onDisk is a phone's core on a disk in memory, with its keystore.
func (l *lost) onDisk(p *testenv.Phone, disk *atomicfiletest.Disk) *testenv.Phone {
	l.t.Helper()
	core := must(phone.Open(l.ctx, phone.Config{
		Dir: p.Dir, FS: disk, Keys: p.Keys, Client: l.ClientOptions(), Now: l.Site.Now, Platform: platform.Platform{Verifier: p.Sensor},
		Device: authn.DeviceInfo{Name: "new"},
	}))(l.t)
	q := *p
	q.Core = core
	return &q
}

func (l *lost) settledOn(p *testenv.Phone, at int) {
	l.t.Helper()
	l.ok(p.Sync(l.ctx))
	s := p.State()
	if len(s.Accounts) != 1 || len(s.Restores) != 0 || s.Accounts[0].Status != phone.Connected {
		l.t.Fatalf("fault %d: accounts %+v, under way %+v", at, s.Accounts, s.Restores)
	}
	id := s.Accounts[0].ID
	if v := s.Accounts[0].Restore; !v.Unnoted && v.State != phone.RestoreRenew {
		l.t.Fatalf("fault %d: restore stands at %+v", at, v)
	} else if !v.Unnoted {
		l.ok(p.ActivateRestore(l.ctx, id, key.NewRestoreCode(), platform.Prompt{}))
	}
	code := must(p.ShowRestoreCode(l.ctx, id, platform.Prompt{}))(l.t)
	if drill := must(p.DrillRestore(l.ctx, id, code, platform.Prompt{}))(l.t); !drill.Same || !l.serverKnows(code) {
		l.t.Errorf("fault %d: drill %+v", at, drill)
	}
	l.code = code
}
