package keystore_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/zalando/go-keyring"

	"avow/internal/atomicfile/atomicfiletest"
	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
)

// D3 for the keystore: each byte changed, each length cut. Nothing panics or comes up empty, and the backup has the keys.
func TestDamagedFileIsDetectedAndBackupOpens(t *testing.T) {
	for _, id := range []keystore.ID{"v", "vv", "vvv"} { // three lengths: base64 ends in three ways
		damageEachByte(t, id)
	}
}

func damageEachByte(t *testing.T, id keystore.ID) {
	t.Helper()
	d := atomicfiletest.New()
	opt := options(t, newClock())
	opt.Dir, opt.FS = "/data", d
	ks := newKeystore(t, opt, key.Software)
	want, err := ks.Create(t.Context(), id, keystore.Vault)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(opt.Dir, keystore.FileName)
	whole := d.Files()[path]
	try := func(name string, at int, data []byte) {
		d.Put(path, data)
		_, err := keystore.Open(t.Context(), opt)
		if !errors.Is(err, keystore.ErrKeystoreDamaged) && !errors.Is(err, keystore.ErrKeystoreNewer) {
			t.Errorf("%s %d: %v, want ErrKeystoreDamaged", name, at, err)
		}
		if at%97 != 0 {
			return
		}
		backup := opt
		backup.Backup = true
		ks, err := keystore.Open(t.Context(), backup)
		if err != nil {
			t.Fatalf("%s %d: backup: %v", name, at, err)
		}
		if got, err := ks.Public(id); err != nil || got != want {
			t.Errorf("%s %d: backup has another key (%v)", name, at, err)
		}
	}
	for i := range whole {
		changed := bytes.Clone(whole)
		changed[i] ^= 1
		try("byte", i, changed)
		try("length", i, whole[:i])
	}
	backup := opt
	backup.Backup = true
	reopen(t, backup)
	if _, err := keystore.Open(t.Context(), opt); err != nil {
		t.Errorf("opening the backup did not repair the file: %v", err)
	}
}

func TestOneFileMissingIsDamageNotAnEmptyKeystore(t *testing.T) {
	for _, missing := range []string{keystore.FileName, keystore.BackupName, keystore.SecretName} {
		opt := options(t, newClock())
		newKeystore(t, opt, key.Software)
		if err := os.Remove(filepath.Join(opt.Dir, missing)); err != nil {
			t.Fatal(err)
		}
		if _, err := keystore.Create(t.Context(), opt, key.Software); !errors.Is(err, keystore.ErrKeystoreExists) {
			t.Errorf("without %s a new keystore is made: %v", missing, err)
		}
		opt.Backup = missing == keystore.BackupName
		if _, err := keystore.Open(t.Context(), opt); !errors.Is(err, keystore.ErrKeystoreDamaged) {
			t.Errorf("without %s: %v, want ErrKeystoreDamaged", missing, err)
		}
	}
	if _, err := keystore.Open(t.Context(), options(t, newClock())); !errors.Is(err, keystore.ErrNoKeystore) {
		t.Errorf("empty folder: %v, want ErrNoKeystore", err)
	}
}

// D1, D2: a key is made on a disk that fails at each call in turn. What was there before is there after, and the new key if it was
// acknowledged.
func TestCreateKeyAtEveryCrashPoint(t *testing.T) {
	for n := 1; ; n++ {
		d := atomicfiletest.New()
		opt := options(t, newClock())
		opt.Dir, opt.FS = "/data", d
		ks, err := keystore.Create(t.Context(), opt, key.Software)
		if err != nil {
			t.Fatal(err)
		}
		old, err := ks.Create(t.Context(), "old", keystore.Device)
		if err != nil {
			t.Fatal(err)
		}
		d.FailAt(n, false)
		pub, err := ks.Create(t.Context(), "new", keystore.Device)
		done := d.Calls() < n
		d.FailAt(0, false)
		opt.FS = d.Crash(0, 0)
		after := reopen(t, opt)
		if got, oldErr := after.Public("old"); oldErr != nil || got != old {
			t.Errorf("call %d: the old key is lost: %v", n, oldErr)
		}
		if got, newErr := after.Public("new"); err == nil && (newErr != nil || got != pub) {
			t.Errorf("call %d: the new key is lost: %v", n, newErr)
		}
		if err != nil && !errors.Is(err, keystore.ErrStorage) {
			t.Errorf("call %d: %v, want ErrStorage", n, err)
		}
		if err != nil { // the disk is well again: no restart needed
			_, err = ks.Create(t.Context(), "new", keystore.Device)
			if err != nil && !errors.Is(err, keystore.ErrKeyExists) {
				t.Errorf("call %d: trying again: %v", n, err)
			}
		}
		if done {
			break
		}
	}
}

func TestCreateKeystoreAtEveryCrashPoint(t *testing.T) {
	for n := 1; ; n++ {
		d := atomicfiletest.New()
		opt := options(t, newClock())
		opt.Dir, opt.FS = "/data", d
		d.FailAt(n, true)
		_, err := keystore.Create(t.Context(), opt, key.Software)
		done := d.Calls() < n
		if (err == nil) != done {
			t.Fatalf("call %d: %v", n, err)
		}
		for kept := range uint(1) << min(d.Pending(), 8) {
			opt.FS = d.Crash(kept, 0)
			_, err = keystore.Open(t.Context(), opt)
			if errors.Is(err, keystore.ErrNoKeystore) {
				_, err = keystore.Create(t.Context(), opt, key.Software)
			}
			if err != nil {
				t.Errorf("call %d, kept %b: %v", n, kept, err)
			}
		}
		if done {
			break
		}
	}
}

// Each way in which a desktop without a usable keyring says no; none of them is keyring.ErrNotFound.
func TestKeyringThatSaysNo(t *testing.T) {
	for name, cause := range map[string]error{
		"no dbus-launch": errors.New(`exec: "dbus-launch": executable file not found in $PATH`),
		"dead address":   errors.New("dial unix /nonexistent: connect: no such file or directory"),
		"locked":         errors.New("failed to unlock correct collection '/org/freedesktop/secrets/aliases/default'"),
		"unsupported":    keyring.ErrUnsupportedPlatform,
		"too big":        keyring.ErrSetDataTooBig,
	} {
		t.Run(name, func(t *testing.T) {
			keyring.MockInit()
			opt := options(t, newClock())
			ks := newKeystore(t, opt, key.Keyring)
			want, err := ks.Create(t.Context(), "d", keystore.Device)
			if err != nil {
				t.Fatal(err)
			}
			before, err := os.ReadFile(filepath.Join(opt.Dir, keystore.FileName))
			if err != nil {
				t.Fatal(err)
			}

			keyring.MockInitWithError(cause)
			empty := options(t, newClock())
			if _, err := keystore.Create(t.Context(), empty, key.Keyring); !errors.Is(err, keystore.ErrKeyringUnavailable) {
				t.Errorf("create: %v, want ErrKeyringUnavailable", err)
			}
			if _, err := keystore.Create(t.Context(), empty, key.Software); err != nil {
				t.Errorf("falling back to a file: %v", err)
			}
			if _, err := keystore.Open(t.Context(), opt); !errors.Is(err, keystore.ErrKeyringUnavailable) {
				t.Errorf("open: %v, want ErrKeyringUnavailable", err)
			}
			if err := ks.RaiseMark(t.Context(), "vault", 2); !errors.Is(err, keystore.ErrKeyringUnavailable) {
				t.Errorf("mark: %v, want ErrKeyringUnavailable", err)
			}
			if got, err := ks.Public("d"); err != nil || got != want {
				t.Errorf("a keystore that is open lost its key: %v", err)
			}

			keyring.MockInit() // the keyring is there, its secret is not
			if _, err := keystore.Open(t.Context(), opt); !errors.Is(err, keystore.ErrKeyringLost) {
				t.Errorf("open without the secret: %v, want ErrKeyringLost", err)
			}
			after, err := os.ReadFile(filepath.Join(opt.Dir, keystore.FileName))
			if err != nil || !bytes.Equal(before, after) {
				t.Errorf("the file was touched (%v)", err)
			}
			if authn.AsError(keystore.ErrKeyringLost).Message == "" {
				t.Error("no sentence")
			}
		})
	}
}

// with a keyring the mark outlives a copy of the whole folder that is put back.
func TestMarkInKeyringOutlivesTheFolder(t *testing.T) {
	keyring.MockInit()
	opt := options(t, newClock())
	ks := newKeystore(t, opt, key.Keyring)
	snapshot := t.TempDir()
	if err := os.CopyFS(filepath.Join(snapshot, "copy"), os.DirFS(opt.Dir)); err != nil {
		t.Fatal(err)
	}
	if err := ks.RaiseMark(t.Context(), "vault", 9); err != nil {
		t.Fatal(err)
	}
	opt.Dir = filepath.Join(snapshot, "copy")
	if got, err := reopen(t, opt).Mark(t.Context(), "vault"); err != nil || got != 9 {
		t.Errorf("mark is %d, %v, want 9", got, err)
	}
}

// neither ids nor private keys stand in the files.
func TestFilesSayNothing(t *testing.T) {
	opt := options(t, newClock())
	ks := newKeystore(t, opt, key.Software)
	for _, p := range []keystore.Purpose{keystore.Device, keystore.Approval, keystore.Exchange, keystore.Vault} {
		if _, err := ks.Create(t.Context(), keystore.ID("anna-at-example/"+p), p); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{keystore.FileName, keystore.BackupName} {
		data, err := os.ReadFile(filepath.Join(opt.Dir, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range []string{"anna-at-", "at-examp", "approval", "exchange", pin} {
			if bytes.Contains(data, []byte(word)) {
				t.Errorf("%s holds %q", name, word)
			}
		}
		info, err := os.Stat(filepath.Join(opt.Dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v (%v)", name, info.Mode(), err)
		}
	}
}

func benchmarkUnlock(b *testing.B, class key.Class) {
	keyring.MockInit()
	opt := keystore.Options{Dir: b.TempDir()}
	ks, err := keystore.Create(b.Context(), opt, class)
	if err != nil {
		b.Fatal(err)
	}
	if err := ks.SetPIN(b.Context(), key.Secret(pin)); err != nil {
		b.Fatal(err)
	}
	if _, err := ks.Create(b.Context(), "v", keystore.Vault); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		ks, err := keystore.Open(b.Context(), opt)
		if err != nil {
			b.Fatal(err)
		}
		u, err := ks.Use(withPIN(b.Context()), "v", platform.Prompt{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := u.ECDH(u.PublicKey()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnlockByPIN(b *testing.B)     { benchmarkUnlock(b, key.Software) }
func BenchmarkUnlockByKeyring(b *testing.B) { benchmarkUnlock(b, key.Keyring) }
