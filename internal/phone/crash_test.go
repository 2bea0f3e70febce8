package phone

import (
	"testing"

	"avow/internal/atomicfile"
	"avow/internal/atomicfile/atomicfiletest"
	"avow/internal/phone/platform"
	"avow/internal/phone/vault"
	"avow/internal/wire"
)

// onDisk starts the app on a disk in memory with what r has stored; open says whether the vault is open. The keystore is r's, so that verifying costs
// no argon2; its mark may be further than this disk.
func onDisk(t *testing.T, r *rig, open bool) (*rig, *atomicfiletest.Disk) {
	t.Helper()
	disk := atomicfiletest.New()
	for _, name := range []string{vault.FileName, vault.BackupName, vault.IndexName} {
		if b, err := atomicfile.OS.ReadFile(r.dir + "/" + name); err == nil {
			disk.Put(r.dir+"/"+name, b)
		}
	}
	again := &rig{Core: must(Open(t.Context(), r.cfg)), dir: r.dir, keys: r.keys}
	again.files = must(vault.New(vault.Config{Dir: r.dir, FS: disk, Keys: r.keys, Key: vaultKey}))
	if open {
		if err := again.UnlockOld(t.Context(), platform.Prompt{}); err != nil {
			t.Fatal(err)
		}
	}
	return again, disk
}

// D1 for codes: the disk fails, or the phone dies, at each step of the writing. A code that was shown has its record on the disk, whatever of it the
// disk has kept; a code that has none was not shown.
func TestShownCodeIsOnDisk(t *testing.T) {
	for name, show := range map[string]func(*rig, *machine, wire.OfflineLink) (OfflineCode, error){
		"qr": func(r *rig, m *machine, l wire.OfflineLink) (OfflineCode, error) {
			ch, err := r.OfflineChallenge(l)
			if err != nil {
				return OfflineCode{}, err
			}
			return r.OfflineCode(t.Context(), ch, platform.Prompt{})
		},
		"list": func(r *rig, m *machine, _ wire.OfflineLink) (OfflineCode, error) {
			return r.ListCode(t.Context(), m.ID, platform.Prompt{})
		},
	} {
		stored, _, m, _ := withComputer(t)
		for _, open := range []bool{true, false} {
			for _, dead := range []bool{true, false} {
				shown, refused := 0, 0
				for at := 1; shown == 0; at++ {
					r, disk := onDisk(t, stored, open)
					link, _ := m.challenge("")
					disk.FailAt(at, dead)
					code, err := show(r, m, link)
					reached := disk.Calls() >= at
					disk.FailAt(0, false)
					if (err == nil) != (code.Text != "") {
						t.Fatalf("%s: %q and %v", name, code.Text, err)
					}
					if err != nil {
						refused++
						if !dead { // the disk is well again: the same code can be shown then, and is noted once
							if again, err := show(r, m, link); err != nil || again.Number > 1 || len(r.records(r.accounts[0])) != 1 {
								t.Errorf("%s: after fault %d: number %d, %v, %d records", name, at, again.Number, err, len(r.records(r.accounts[0])))
							}
						}
						continue
					}
					if !reached {
						shown++
					}
					for kept := range uint(4) {
						checkNoted(t, r, disk.Crash(kept, -1), name, at)
						checkNoted(t, r, disk.Crash(kept, 0), name, at)
					}
				}
				if refused == 0 {
					t.Errorf("%s, open %v: no fault was noticed", name, open)
				}
			}
		}
	}
}

// checkNoted starts the app on what a crash has left.
func checkNoted(t *testing.T, r *rig, disk *atomicfiletest.Disk, name string, at int) {
	t.Helper()
	c := &Core{cfg: r.cfg, files: must(vault.New(vault.Config{Dir: r.dir, FS: disk, Keys: r.keys, Key: vaultKey}))}
	if err := c.readIndex(t.Context()); err != nil || len(c.accounts) != 1 {
		t.Fatalf("%s, fault %d: %v, %d accounts", name, at, err, len(c.accounts))
	}
	if n := len(c.accounts[0].stored.Offline.Records); n != 1 {
		t.Errorf("%s, fault %d: the code was shown, and there are %d records", name, at, n)
	}
	if err := c.load(t.Context(), c.files.OpenRolledBack, platform.Prompt{}, false); err != nil {
		t.Fatal(err)
	}
	if n := len(c.accounts[0].stored.Offline.Records); n != 1 {
		t.Errorf("%s, fault %d: with the vault open there are %d records", name, at, n)
	}
}
