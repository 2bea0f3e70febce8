package vault_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"path/filepath"
	"testing"

	"avow/internal/atomicfile/atomicfiletest"
	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/platform/simulated"
	"avow/internal/phone/vault"
)

const (
	dir        = "/data"
	mainFile   = dir + "/" + vault.FileName
	backupFile = dir + "/" + vault.BackupName
)

func TestGenerationsRise(t *testing.T) {
	d := atomicfiletest.New()
	p := newPhone(t, d, dir)
	if exists, err := p.store.Exists(t.Context()); err != nil || exists {
		t.Fatalf("exists %v, %v before anything was made", exists, err)
	}
	if _, err := p.store.Open(t.Context(), platform.Prompt{}); !errors.Is(err, vault.ErrNoVault) {
		t.Errorf("open: %v, want ErrNoVault", err)
	}
	doc := content(1)
	if err := p.store.Save(t.Context(), &doc); !errors.Is(err, vault.ErrNoVault) {
		t.Errorf("save before open: %v, want ErrNoVault", err)
	}
	for n := range 5 {
		if n == 0 {
			p.create(t, n)
		} else {
			p.save(t, n)
		}
		p = p.restart(t, d)
		doc := p.open(t)
		if numberOf(t, doc) != n || doc.Generation != uint64(n+1) || doc.V != vault.Version {
			t.Errorf("save %d: got %v, version %d", n, doc, doc.V)
		}
	}
	if err := p.store.Create(t.Context(), &doc); !errors.Is(err, vault.ErrExists) {
		t.Errorf("create over a vault: %v, want ErrExists", err)
	}
	if found, err := vault.Found(d, dir); err != nil || !found {
		t.Errorf("found %v, %v", found, err)
	}
}

func TestWritingNeedsNoUserReadingDoes(t *testing.T) {
	p := newPhone(t, atomicfiletest.New(), dir)
	p.create(t, 1)
	p.open(t)
	p.keys.Lock()
	p.answer = simulated.Cancel
	p.save(t, 2)
	for _, open := range []func() error{
		func() error { _, err := p.store.Open(t.Context(), platform.Prompt{}); return err },
		func() error { _, err := p.store.OpenBackup(t.Context(), platform.Prompt{}); return err },
		func() error { _, err := p.store.OpenRolledBack(t.Context(), platform.Prompt{}); return err },
	} {
		if err := open(); !errors.Is(err, platform.ErrCanceled) || errors.Is(err, vault.ErrDamaged) {
			t.Errorf("got %v, want ErrCanceled and no damage", err)
		}
	}
	ctx := keystore.WithPIN(t.Context(), key.Secret("999888"))
	if _, err := p.store.Open(ctx, platform.Prompt{}); !errors.Is(err, keystore.ErrPINWrong) {
		t.Errorf("got %v, want ErrPINWrong", err)
	}
}

// R-055, D4: each earlier generation that is put back is detected and reported.
func TestRollbackIsDetected(t *testing.T) {
	d := atomicfiletest.New()
	p := newPhone(t, d, dir)
	var files [][]byte
	p.create(t, 0)
	for n := 1; n < 6; n++ {
		files = append(files, d.Files()[mainFile])
		p.save(t, n)
	}
	newest := d.Files()[mainFile]
	for i, old := range files {
		d.Put(mainFile, old)
		q := p.restart(t, d)
		doc, err := q.store.Open(t.Context(), platform.Prompt{})
		var back *vault.RolledBackError
		if !errors.As(err, &back) || !errors.Is(err, vault.ErrRolledBack) || back.Found != uint64(i+1) || back.Mark != 6 {
			t.Errorf("generation %d put back: %v", i+1, err)
		}
		if doc.Accounts != nil {
			t.Error("the old content came with the error")
		}
		if authn.AsError(err).Code != "vault_rolled_back" {
			t.Errorf("code for people is %q", authn.CodeOf(err))
		}
	}
	q := p.restart(t, d)
	doc, err := q.store.OpenRolledBack(t.Context(), platform.Prompt{})
	if err != nil || numberOf(t, doc) != 4 {
		t.Fatalf("after the warning: %v, %v", doc, err)
	}
	q.save(t, 9)
	if doc := p.restart(t, d).open(t); doc.Generation != 7 || numberOf(t, doc) != 9 {
		t.Errorf("saved above all generations: %v", doc)
	}
	d.Put(mainFile, newest)
	if _, err := p.restart(t, d).store.Open(t.Context(), platform.Prompt{}); !errors.Is(err, vault.ErrRolledBack) {
		t.Errorf("the one before the accepted one put back: %v", err)
	}
}

// a crash between the file and the mark leaves the mark behind; opening heals that.
func TestOpeningRaisesAMarkThatWasLeftBehind(t *testing.T) {
	d := atomicfiletest.New()
	p := newPhone(t, d, dir)
	p.create(t, 1)
	old, keys := d.Files()[mainFile], d.Files()[dir+"/"+keystore.FileName]
	p.save(t, 2)
	d.Put(dir+"/"+keystore.FileName, keys) // the mark of the second generation was never written
	p = p.restart(t, d)
	if doc := p.open(t); doc.Generation != 2 {
		t.Fatalf("got %v", doc)
	}
	d.Put(mainFile, old)
	if _, err := p.restart(t, d).store.Open(t.Context(), platform.Prompt{}); !errors.Is(err, vault.ErrRolledBack) {
		t.Errorf("earlier generation put back: %v, want ErrRolledBack", err)
	}
}

// D3: each byte changed, each length cut, the file gone: detected, the backup is offered and opens, never a panic or empty.
func TestDamageIsDetectedAndBackupOffered(t *testing.T) {
	d := atomicfiletest.New()
	p := newPhone(t, d, dir)
	p.create(t, 1)
	p.save(t, 2)
	whole := d.Files()[mainFile]
	check := func(name string, at int) {
		t.Helper()
		doc, err := p.store.Open(t.Context(), platform.Prompt{})
		var damaged *vault.DamagedError
		if !errors.As(err, &damaged) || !errors.Is(err, vault.ErrDamaged) || damaged.Backup != 1 || damaged.Mark != 2 {
			t.Errorf("%s %d: %v", name, at, err)
		}
		if doc.Accounts != nil || doc.Generation != 0 {
			t.Errorf("%s %d: a document came with the error", name, at)
		}
	}
	for i := range whole {
		for _, bit := range []byte{1, 0x80} {
			changed := bytes.Clone(whole)
			changed[i] ^= bit
			d.Put(mainFile, changed)
			check("byte", i)
		}
		d.Put(mainFile, whole[:i])
		check("length", i)
	}
	d.Put(mainFile, append(bytes.Clone(whole), 0))
	check("longer", len(whole))
	if err := d.Remove(mainFile); err != nil {
		t.Fatal(err)
	}
	check("gone", 0)

	doc, err := p.store.OpenBackup(t.Context(), platform.Prompt{})
	if err != nil || numberOf(t, doc) != 1 || doc.Generation != 1 {
		t.Fatalf("backup: %v, %v", doc, err)
	}
	p.save(t, 3)
	if doc := p.restart(t, d).open(t); numberOf(t, doc) != 3 || doc.Generation != 3 {
		t.Errorf("after the repair: %v", doc)
	}
}

func TestBothDamaged(t *testing.T) {
	d := atomicfiletest.New()
	p := newPhone(t, d, dir)
	p.create(t, 1)
	p.save(t, 2)
	d.Put(mainFile, nil)
	d.Put(backupFile, []byte("nonsense"))
	_, err := p.store.Open(t.Context(), platform.Prompt{})
	var damaged *vault.DamagedError
	if !errors.As(err, &damaged) || damaged.Backup != 0 {
		t.Errorf("got %v, want damage without a backup", err)
	}
	if _, err := p.store.OpenBackup(t.Context(), platform.Prompt{}); !errors.Is(err, vault.ErrDamaged) {
		t.Errorf("backup: %v, want ErrDamaged", err)
	}
	// All gone, but the keystore knows better than to start anew.
	for _, path := range []string{mainFile, backupFile} {
		if err := d.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
	q := p.restart(t, d)
	if _, err := q.store.Open(t.Context(), platform.Prompt{}); !errors.Is(err, vault.ErrDamaged) {
		t.Errorf("all gone: %v, want ErrDamaged", err)
	}
	doc := content(1)
	if err := q.store.Create(t.Context(), &doc); !errors.Is(err, vault.ErrExists) {
		t.Errorf("create where a vault was lost: %v, want ErrExists", err)
	}
}

// A damaged file never replaces a good backup, at no crash point of the save that repairs.
func TestRepairKeepsTheBackup(t *testing.T) {
	before := atomicfiletest.New()
	first := newPhone(t, before, dir)
	first.create(t, 1)
	first.save(t, 2)
	before.Put(mainFile, []byte("damaged"))
	for n := 1; ; n++ {
		d := before.Crash(0, 0)
		p := first.restart(t, d)
		if _, err := p.store.OpenBackup(t.Context(), platform.Prompt{}); err != nil {
			t.Fatal(err)
		}
		d.FailAt(n, true)
		doc := content(3)
		err := p.store.Save(t.Context(), &doc)
		done := d.Calls() < n
		d.FailAt(0, false)
		eachCrash(d, func(after *atomicfiletest.Disk) {
			q := first.restart(t, after)
			got, openErr := q.store.Open(t.Context(), platform.Prompt{})
			if errors.Is(openErr, vault.ErrDamaged) && err != nil {
				got, openErr = q.store.OpenBackup(t.Context(), platform.Prompt{})
			}
			if openErr != nil {
				t.Fatalf("call %d: %v", n, openErr)
			}
			if number := numberOf(t, got); number != 3 && (number != 1 || err == nil) {
				t.Errorf("call %d: found save %d (acknowledged: %v)", n, number, err == nil)
			}
		})
		if done {
			break
		}
	}
}

func eachCrash(d *atomicfiletest.Disk, check func(*atomicfiletest.Disk)) {
	for kept := range uint(1) << d.Pending() {
		for _, torn := range []int{-1, 0, 512} {
			check(d.Crash(kept, torn))
		}
	}
}

// D1, D2: a save on a disk that fails at each call in turn, keystore and vault alike. The vault on disk is old or new, in every way in
// which a power cut there may end; once the disk is well the same store saves again. R-052: nothing can be read in any file.
func TestSaveAtEveryCrashPoint(t *testing.T) {
	before := atomicfiletest.New()
	first := newPhone(t, before, dir)
	first.create(t, 1)
	first.save(t, 2)
	for _, dead := range []bool{false, true} {
		for n := 1; ; n++ {
			d := before.Crash(0, 0)
			p := first.restart(t, d)
			p.open(t)
			d.FailAt(n, dead)
			doc := content(3)
			err := p.store.Save(t.Context(), &doc)
			done := d.Calls() < n
			d.FailAt(0, false)
			if done && err != nil {
				t.Fatalf("nothing failed and the error is %v", err)
			}
			if err != nil && authn.CodeOf(err) != "storage_failed" {
				t.Errorf("call %d: %v, want storage_failed", n, err)
			}
			eachCrash(d, func(after *atomicfiletest.Disk) {
				noneReadable(t, after.Files(), []byte(`{"n":3,"fill":"xxxxxxxx`))
				got := first.restart(t, after).open(t)
				if number := numberOf(t, got); number != 3 && (number != 2 || err == nil) {
					t.Errorf("call %d: found save %d (acknowledged: %v)", n, number, err == nil)
				}
			})
			p.save(t, 4)
			if got := first.restart(t, d).open(t); numberOf(t, got) != 4 {
				t.Errorf("call %d: the save after the fault is not there", n)
			}
			if done {
				break
			}
		}
	}
}

func TestFullDiskKeepsTheOldVault(t *testing.T) {
	d := atomicfiletest.New()
	p := newPhone(t, d, dir)
	p.create(t, 1)
	for limit := range 40 {
		d.Limit(limit * 20)
		doc := content(2)
		if err := p.store.Save(t.Context(), &doc); err != nil && !errors.Is(err, vault.ErrStorage) {
			t.Errorf("limit %d: %v, want ErrStorage", limit*20, err)
		}
		d.Limit(-1)
		if n := numberOf(t, p.restart(t, d).open(t)); n != 1 && n != 2 {
			t.Errorf("limit %d: found save %d", limit*20, n)
		}
	}
	p.save(t, 3)
	if n := numberOf(t, p.restart(t, d).open(t)); n != 3 {
		t.Errorf("with space again found save %d", n)
	}
}

func TestSecondWindowIsNoticed(t *testing.T) {
	d := atomicfiletest.New()
	p := newPhone(t, d, dir)
	p.create(t, 1)
	q := p.restart(t, d)
	q.open(t)
	q.save(t, 2)
	doc := content(3)
	if err := p.store.Save(t.Context(), &doc); !errors.Is(err, vault.ErrChanged) {
		t.Errorf("save over another window's: %v, want ErrChanged", err)
	}
	p.open(t)
	p.save(t, 3)
}

func TestIndexIsReadWithoutTheUser(t *testing.T) {
	d := atomicfiletest.New()
	p := newPhone(t, d, dir)
	p.answer = simulated.Cancel
	if _, err := p.store.LoadIndex(t.Context()); !errors.Is(err, vault.ErrNoIndex) {
		t.Errorf("no index: %v, want ErrNoIndex", err)
	}
	want := vault.Index{Generation: 7, Accounts: []json.RawMessage{[]byte(`{"name":"anna"}`)}}
	if err := p.store.SaveIndex(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	p = p.restart(t, d)
	got, err := p.store.LoadIndex(t.Context())
	if err != nil || got.Generation != 7 || len(got.Accounts) != 1 || string(got.Accounts[0]) != `{"name":"anna"}` {
		t.Errorf("got %+v, %v", got, err)
	}
	path := filepath.Join(dir, vault.IndexName)
	whole := d.Files()[path]
	for i := range whole {
		changed := bytes.Clone(whole)
		changed[i] ^= 1
		d.Put(path, changed)
		if _, err := p.store.LoadIndex(t.Context()); !errors.Is(err, vault.ErrNoIndex) {
			t.Errorf("byte %d: %v, want ErrNoIndex", i, err)
		}
	}
}

func TestRemove(t *testing.T) {
	d := atomicfiletest.New()
	p := newPhone(t, d, dir)
	p.create(t, 1)
	p.save(t, 2)
	if err := p.keys.Destroy(t.Context()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := p.store.Remove(); err != nil {
			t.Fatal(err)
		}
	}
	if files := d.Files(); len(files) != 0 {
		t.Errorf("%d files are left", len(files))
	}
}
