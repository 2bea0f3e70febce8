package phone

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"avow/internal/atomicfile"
	"avow/internal/authn"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/vault"
	"avow/internal/wire"
)

// brokenDisk refuses to replace the files that are named.
type brokenDisk struct {
	atomicfile.FS
	names []string
}

func (d *brokenDisk) Rename(from, to string) error {
	if slices.Contains(d.names, filepath.Base(to)) {
		return errors.New("no space left on device")
	}
	return d.FS.Rename(from, to)
}

// onBrokenDisk is a rig whose disk takes all until the test names files, unlocked again so that the vault knows the disk.
func onBrokenDisk(t *testing.T) (*rig, *account, *brokenDisk) {
	t.Helper()
	r := unlocked(t)
	a, _ := r.connect(t)
	r.Lock()
	disk := &brokenDisk{FS: atomicfile.OS}
	var err error
	if r.files, err = vault.New(vault.Config{Dir: r.dir, FS: disk, Keys: r.keys, Key: vaultKey}); err != nil {
		t.Fatal(err)
	}
	r.unlock(t)
	return r, a, disk
}

// receiptsAfterRestart are those that a new start of the app finds.
func receiptsAfterRestart(t *testing.T, r *rig) []string {
	t.Helper()
	again := newRig(t, r.dir)
	again.unlock(t)
	defer again.Close()
	var got []string
	for _, a := range again.accounts {
		for _, rc := range a.stored.Receipts {
			got = append(got, rc.Decision)
		}
	}
	return got
}

// TestReceiptOutlivesAFullDisk: the vault can't be written while a receipt arrives, then the app locks. The receipt is there after the next
// unlock, and after the next start.
func TestReceiptOutlivesAFullDisk(t *testing.T) {
	for name, files := range map[string][]string{"vault": {vault.FileName}, "index": {vault.IndexName}, "both": {vault.FileName, vault.IndexName}} {
		t.Run(name, func(t *testing.T) {
			r, a, disk := onBrokenDisk(t)
			disk.names = files
			if err := r.keepReceipt(t.Context(), Request{}, a, Receipt{Decision: "a"}); err == nil {
				t.Fatal("the disk was not full")
			}
			r.Lock()
			disk.names = nil
			r.unlock(t)
			if len(a.stored.Receipts) != 1 {
				t.Errorf("after unlocking: %v", a.stored.Receipts)
			}
			if got := receiptsAfterRestart(t, r); !slices.Equal(got, []string{"a"}) {
				t.Errorf("after a start: %v", got)
			}
		})
	}
}

// TestUnlockOnFullDisk: what can be read is opened, though it can't be written anew.
func TestUnlockOnFullDisk(t *testing.T) {
	r, a, disk := onBrokenDisk(t)
	r.Lock()
	if err := r.keepReceipt(t.Context(), Request{}, a, Receipt{Decision: "while locked"}); err != nil {
		t.Fatal(err)
	}
	disk.names = []string{vault.FileName, vault.IndexName, vault.BackupName}
	r.unlock(t)
	if r.State().Locked || len(a.stored.Receipts) != 1 {
		t.Errorf("locked %v, receipts %v", r.State().Locked, a.stored.Receipts)
	}
}

// TestUnlockTwice: a second tap does not double what is there.
func TestUnlockTwice(t *testing.T) {
	r := unlocked(t)
	a, _ := r.connect(t)
	if err := r.keepReceipt(t.Context(), Request{}, a, Receipt{Decision: "a"}); err != nil {
		t.Fatal(err)
	}
	r.unlock(t)
	r.unlock(t)
	if got := receiptsAfterRestart(t, r); len(a.stored.Receipts) != 1 || !slices.Equal(got, []string{"a"}) {
		t.Errorf("in memory %v, stored %v", a.stored.Receipts, got)
	}
}

// TestReceiptsWhileLocking: approvals, locks and unlocks at once lose and double nothing.
func TestReceiptsWhileLocking(t *testing.T) {
	const many = 40
	r := unlocked(t)
	a, _ := r.connect(t)
	var wait sync.WaitGroup
	for n := range many {
		wait.Go(func() {
			if err := r.keepReceipt(t.Context(), Request{}, a, Receipt{Decision: fmt.Sprint(n)}); err != nil {
				t.Error(err)
			}
		})
	}
	for range 5 {
		r.Lock()
		if err := r.Unlock(keystore.WithPIN(t.Context(), pin), platform.Prompt{}); err != nil {
			t.Error(err)
		}
	}
	wait.Wait()
	got := receiptsAfterRestart(t, r)
	slices.Sort(got)
	if n := len(slices.Compact(slices.Clone(got))); len(got) != many || n != many {
		t.Errorf("%d receipts, %d different, want %d", len(got), n, many)
	}
}

// TestReceiptsAreBounded: the vault never outgrows what it reads; the oldest receipts go first.
func TestReceiptsAreBounded(t *testing.T) {
	a := &account{kept: 3}
	for n := range maxReceipts + 2 {
		a.addReceipt(Receipt{Decision: fmt.Sprint(n)})
	}
	if n := len(a.stored.Receipts); n != maxReceipts || a.stored.Receipts[0].Decision != "2" || a.kept != 1 {
		t.Errorf("%d receipts from %q, %d in the vault", n, a.stored.Receipts[0].Decision, a.kept)
	}
}

// TestSaveWipesTheGenerationBefore is R-059: not only the newest plaintext is overwritten.
func TestSaveWipesTheGenerationBefore(t *testing.T) {
	r := unlocked(t)
	r.connect(t)
	old := r.doc.Accounts[0]
	if err := r.save(t.Context()); err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(old, func(b byte) bool { return b != 0 }) {
		t.Error("the plaintext of the generation before is left in memory")
	}
}

// TestLockWhileAsking is R-059: the screen goes dark while the finger is awaited. Lock does not wait, nor does what has to be stored, and
// the finger that comes later opens nothing.
func TestLockWhileAsking(t *testing.T) {
	r := unlocked(t)
	r.connect(t)
	r.Lock()
	asked, answer := make(chan struct{}), make(chan struct{})
	slow := func(ctx context.Context, p platform.Prompt) (vault.Document, error) {
		close(asked)
		<-answer
		return r.files.Open(keystore.WithPIN(ctx, pin), p)
	}
	result := make(chan error)
	go func() { result <- r.Core.unlock(t.Context(), slow, platform.Prompt{}, false) }()
	<-asked
	free := make(chan struct{})
	go func() {
		defer close(free)
		r.Lock()
		if err := r.save(t.Context()); err != nil {
			t.Error(err)
		}
	}()
	select {
	case <-free:
	case <-time.After(10 * time.Second):
		t.Error("the prompt holds up the lock")
	}
	close(answer)
	if err := <-result; !errors.Is(err, ErrLocked) || !r.State().Locked {
		t.Errorf("unlock: %v, locked %v", err, r.State().Locked)
	}
	if err := r.Unlock(t.Context(), platform.Prompt{}); !errors.Is(err, keystore.ErrPINRequired) {
		t.Errorf("the late verification is good still: %v", err)
	}
	<-free
}

// TestMissingDeviceKeyKeepsTheAccount: the keystore lost a key. The account stays, says why, and can be taken away.
func TestMissingDeviceKeyKeepsTheAccount(t *testing.T) {
	r := unlocked(t)
	a, _ := r.connect(t)
	if err := r.keys.Delete(t.Context(), a.stored.Keys.Device); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second start reads what the first has written
		r = newRig(t, r.dir)
		r.unlock(t)
		if err := r.save(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, ok := r.State().Account(a.stored.ID)
		if !ok || got.Status != Unreachable || !errors.Is(got.Trouble, keystore.ErrKeyNotFound) {
			t.Fatalf("account is there: %v, %s, %v", ok, got.Status, got.Trouble)
		}
	}
	if err := r.Sync(t.Context()); !errors.Is(err, keystore.ErrKeyNotFound) {
		t.Errorf("sync: %v", err)
	}
	if told, err := r.RemoveAccount(t.Context(), a.stored.ID); told || err != nil {
		t.Errorf("remove: told %v, %v", told, err)
	}
	if len(r.State().Accounts) != 0 || len(r.queued) != 0 {
		t.Error("not taken away")
	}
}

// TestRemovalOnFullDisk: the account, its keys and its place stay, and its server is not told.
func TestRemovalOnFullDisk(t *testing.T) {
	for _, name := range []string{vault.FileName, vault.IndexName} {
		t.Run(name, func(t *testing.T) {
			r, a, disk := onBrokenDisk(t)
			keys := len(r.keys.List())
			disk.names = []string{name}
			if _, err := r.RemoveAccount(t.Context(), a.stored.ID); !errors.Is(err, vault.ErrStorage) {
				t.Fatal(err)
			}
			again := newRig(t, r.dir)
			again.unlock(t)
			for _, c := range []*Core{r.Core, again.Core} {
				if _, ok := c.State().Account(a.stored.ID); !ok || len(c.queued) != 0 || len(r.keys.List()) != keys {
					t.Errorf("there: %v, queued %v, %d keys of %d", ok, c.queued, len(r.keys.List()), keys)
				}
			}
		})
	}
}

// TestNoEmptyVaultOverAnother: files of an installation whose keys are gone are not passed over for an empty vault.
func TestNoEmptyVaultOverAnother(t *testing.T) {
	old := unlocked(t)
	old.connect(t)
	r := newRig(t, t.TempDir())
	r.files = nil
	var err error
	if r.files, err = vault.New(vault.Config{Dir: old.dir, Keys: r.keys, Key: vaultKey}); err != nil {
		t.Fatal(err)
	}
	if err := r.SetPIN(t.Context(), pin); !errors.Is(err, vault.ErrExists) || !r.State().Locked {
		t.Errorf("first PIN: %v, locked %v", err, r.State().Locked)
	}
}

// TestSignedRegistrationIsNotForgotten: the invitation that the screen holds is older than what Connect has signed and sent.
func TestSignedRegistrationIsNotForgotten(t *testing.T) {
	r := unlocked(t)
	p := pendingRegistration{SessionHash: "h", Keys: newKeyIDs(), Expires: time.Now()}
	inv := &Invitation{pending: p}
	p.Registration = "jws"
	if err := r.keepPending(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if err := r.Forget(t.Context(), inv); err != nil || len(r.pending) != 1 {
		t.Errorf("%v, pending %v", err, r.pending)
	}
}

// TestRegistrationThatCannotBeStored can be finished again; it is an account in the meantime, once.
func TestRegistrationThatCannotBeStored(t *testing.T) {
	r, a, disk := onBrokenDisk(t)
	s := a.stored
	s.ID, s.Keys.Approval = authn.NewDeviceID(), "other"
	p := pendingRegistration{SessionHash: "h", Registration: "jws", Keys: s.Keys}
	if err := r.keepPending(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	disk.names = []string{vault.FileName}
	if _, err := r.adopt(t.Context(), s, p); !errors.Is(err, vault.ErrStorage) {
		t.Fatal(err)
	}
	if len(r.pending) != 1 || len(r.accounts) != 2 {
		t.Errorf("pending %v, %d accounts", r.pending, len(r.accounts))
	}
	disk.names = nil
	if _, err := r.adopt(t.Context(), s, p); err != nil || len(r.pending) != 0 || len(r.accounts) != 2 {
		t.Errorf("again: %v, pending %v, %d accounts", err, r.pending, len(r.accounts))
	}
}

// asleep moves the wall clock of a time and not its monotonic reading, as a phone that slept does; see the layout in package time.
func asleep(t time.Time, d time.Duration) time.Time {
	*(*uint64)(unsafe.Pointer(&t)) += uint64(d/time.Second) << 30
	return t
}

// lifecycle is a platform's that tells these events and then closes its channel.
type lifecycle []platform.LifecycleEvent

func (l lifecycle) Events(context.Context) <-chan platform.LifecycleEvent {
	c := make(chan platform.LifecycleEvent, len(l))
	for _, e := range l {
		c <- e
	}
	close(c)
	return c
}

// TestLocksWhenTheLifecycleEnds is R-059: the minute in the background ends also if the platform has stopped telling.
func TestLocksWhenTheLifecycleEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := unlocked(t)
		r.cfg.Platform.Lifecycle = lifecycle{platform.Background}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); r.Run(ctx) }()
		time.Sleep(LockAfter)
		synctest.Wait()
		if !r.State().Locked {
			t.Error("open")
		}
		cancel()
		<-done
	})
}

// TestLocksAfterSleep is R-059: Go's monotonic clock stands still while the phone sleeps, and a minute is over all the same.
func TestLocksAfterSleep(t *testing.T) {
	r := unlocked(t)
	locked := make(chan struct{}, 10)
	r.Subscribe(func(e Event) {
		if e.Kind == LockChanged {
			locked <- struct{}{}
		}
	})
	var looks atomic.Int32 // at the clock: without accounts only for the lock
	r.cfg.Now = func() time.Time {
		if looks.Add(1) == 1 {
			return time.Now()
		}
		return asleep(time.Now(), time.Hour)
	}
	r.cfg.Platform.Lifecycle = lifecycle{platform.Background, platform.Foreground}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); r.Run(ctx) }()
	select {
	case <-locked:
	case <-time.After(5 * time.Second):
		t.Error("open after an hour of sleep")
	}
	cancel()
	<-done
}

// TestNoticesByName: a notice that took the place of an older one is news, and the same ones are none.
func TestNoticesByName(t *testing.T) {
	r := unlocked(t)
	a, _ := r.connect(t)
	status := func(ids ...authn.NoticeID) []EventKind {
		st := wire.Status{State: authn.DeviceActive, UserStatus: authn.UserActive, Login: "anna.lind", Name: "Anna Lind"}
		for _, id := range ids {
			st.Notices = append(st.Notices, wire.Notice{ID: id})
		}
		r.take()
		r.setStatus(t.Context(), a, st)
		return r.take()
	}
	for _, tt := range []struct {
		ids  []authn.NoticeID
		want bool
	}{{[]authn.NoticeID{"a"}, true}, {[]authn.NoticeID{"a"}, false}, {[]authn.NoticeID{"b"}, true}, {nil, false}, {[]authn.NoticeID{"b", "c"}, true}} {
		if got := slices.Contains(status(tt.ids...), NoticeArrived); got != tt.want {
			t.Errorf("%v: news %v, want %v", tt.ids, got, tt.want)
		}
	}
}

// TestPasswordDates: when the password was changed and expires is known without the server too, until it says something else.
func TestPasswordDates(t *testing.T) {
	r := unlocked(t)
	a, _ := r.connect(t)
	st := wire.Status{State: authn.DeviceActive, UserStatus: authn.UserActive, Login: "anna.lind", Name: "Anna Lind", PasswordChangedAt: 1769913600, PasswordExpiresAt: 1777689600}
	r.setStatus(t.Context(), a, st)
	again := newRig(t, r.dir)
	if acc := again.State().Accounts[0]; acc.PasswordChangedAt.Unix() != st.PasswordChangedAt || acc.PasswordExpiresAt.Unix() != st.PasswordExpiresAt {
		t.Errorf("kept as %s and %s", acc.PasswordChangedAt, acc.PasswordExpiresAt)
	}
	st.PasswordExpiresAt = 0
	r.setStatus(t.Context(), a, st)
	again = newRig(t, r.dir)
	if acc := again.State().Accounts[0]; !acc.PasswordExpiresAt.IsZero() {
		t.Errorf("expires at %s still", acc.PasswordExpiresAt)
	}
}

// TestRemovedIsForGood: an answer of the server that is older than the removal does not bring the account back, nor does a request.
func TestRemovedIsForGood(t *testing.T) {
	r := unlocked(t)
	a, identity := r.connect(t)
	r.removedByServer(t.Context(), a)
	r.setStatus(t.Context(), a, wire.Status{State: authn.DeviceActive, UserStatus: authn.UserActive})
	r.setTroubleOf(a, authn.Fail(authn.Forbidden, "user_disabled", ""))
	_, jws := question(t, a, identity, time.Now(), nil)
	if id := r.arrive(t.Context(), a, jws); id != "" || r.State().Accounts[0].Status != Removed {
		t.Errorf("request %q, status %s", id, r.State().Accounts[0].Status)
	}
}

// TestClosedStaysClosed: a list that was fetched before a request closed does not bring it back, nor one of an account that was removed.
func TestClosedStaysClosed(t *testing.T) {
	r := unlocked(t)
	a, identity := r.connect(t)
	id, jws := question(t, a, identity, time.Now(), nil)
	r.arrive(t.Context(), a, jws)
	r.closeRequest(id, authn.RequestApproved)
	if r.arrive(t.Context(), a, jws) != "" || len(r.State().Requests) != 0 {
		t.Error("a closed request came back")
	}
	_, late := question(t, a, identity, time.Now(), nil)
	a.stored.Server.Issuer = "https://127.0.0.1:1" // nobody is told
	if _, err := r.RemoveAccount(t.Context(), a.stored.ID); err != nil {
		t.Fatal(err)
	}
	a.stored.Server.Issuer = "https://id.example.com"
	if r.arrive(t.Context(), a, late) != "" || len(r.State().Requests) != 0 {
		t.Error("a request without an account")
	}
}

// TestRunAgain: a Core can be run again, and follows its accounts then too.
func TestRunAgain(t *testing.T) {
	r := unlocked(t)
	a, _ := r.connect(t)
	a.stored.Server.Issuer = "https://127.0.0.1:1"
	a.device = nil
	r.Core.mu.Lock()
	r.accounts = nil
	a = r.addAccount(t.Context(), a.stored)
	r.Core.mu.Unlock()
	for range 2 {
		ctx, cancel := context.WithCancel(t.Context())
		failed := make(chan struct{}, 100)
		stop := r.Subscribe(func(e Event) {
			if e.Kind == AccountsChanged {
				failed <- struct{}{}
			}
		})
		done := make(chan struct{})
		go func() { defer close(done); r.Run(ctx) }()
		select {
		case <-failed: // it was called, and said that nobody answers
		case <-time.After(20 * time.Second):
			t.Fatal("the account is not followed")
		}
		cancel()
		<-done
		stop()
	}
	if a.stop != nil {
		t.Error("still followed")
	}
}

// TestSyncThatIsStopped says nothing about the server.
func TestSyncThatIsStopped(t *testing.T) {
	r := unlocked(t)
	a, _ := r.connect(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := r.Sync(ctx); err == nil || a.trouble != nil {
		t.Errorf("sync: %v, trouble %v", err, a.trouble)
	}
}
