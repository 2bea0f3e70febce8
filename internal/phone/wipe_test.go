package phone

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"avow/internal/atomicfile/atomicfiletest"
	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/platform/simulated"
	"avow/internal/phone/vault"
	"avow/internal/wire"
)

// tears are how many bytes that were written and not synced a crash leaves: none, or, in the long run, all.
func tears() []int {
	if os.Getenv("AVOW_SOAK") != "" {
		return []int{-1, 0}
	}
	return []int{0}
}

// handset is an app whose keystore, vault, index and marker all lie on one disk in memory, so that it can die at any step of any of them.
type handset struct {
	*Core
	t      *testing.T
	disk   *atomicfiletest.Disk
	keys   *keystore.File
	sensor *simulated.Sensor
}

const handsetDir = "/app"

// boot starts the app as a program does: an erasure first, then the keystore, then the core.
func boot(t *testing.T, disk *atomicfiletest.Disk, sensor *simulated.Sensor) (*handset, error) {
	t.Helper()
	opt := keystore.Options{Dir: handsetDir, FS: disk, Verifier: sensor, KDF: keystore.MinKDF}
	if err := FinishErase(t.Context(), opt); err != nil {
		return nil, fmt.Errorf("finish: %w", err)
	}
	keys, err := keystore.Open(t.Context(), opt)
	if err != nil {
		return nil, err
	}
	c, err := Open(t.Context(), Config{Dir: handsetDir, FS: disk, Keys: keys, Platform: platform.Platform{Verifier: sensor}})
	if err != nil {
		return nil, fmt.Errorf("open: %w", err)
	}
	return &handset{Core: c, t: t, disk: disk, keys: keys, sensor: sensor}, nil
}

// twoAccounts is an app with two accounts, and the identity key of the first one's server.
func twoAccounts(t *testing.T) (h *handset, one, two storedAccount, identity key.Private) {
	t.Helper()
	disk := atomicfiletest.New()
	sensor := simulated.NewSensor(time.Now, simulated.Always(simulated.Touch))
	opt := keystore.Options{Dir: handsetDir, FS: disk, Verifier: sensor, KDF: keystore.MinKDF}
	must(keystore.Create(t.Context(), opt, key.Software))
	h = must(boot(t, disk, sensor))
	if err := errors.Join(h.SetPIN(t.Context(), pin), h.keys.EnableBiometric(t.Context(), pin, platform.Prompt{})); err != nil {
		t.Fatal(err)
	}
	r := &rig{Core: h.Core, keys: h.keys}
	first, identity := r.connect(t)
	second, _ := r.connect(t)
	h.Core.saving.Lock()
	h.Core.mu.Lock()
	for _, a := range h.accounts {
		a.addReceipt(Receipt{Client: "LAPTOP-42", Decision: string(a.stored.ID) + " decided"})
	}
	h.Core.mu.Unlock()
	h.Core.saving.Unlock()
	if err := h.save(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h, first.stored, second.stored, identity
}

func wipeCommand(t *testing.T, identity key.Private, s storedAccount, counter uint64, scope authn.WipeScope) string {
	t.Helper()
	return must(wire.SignWipeCommand(identity, wire.WipeCommand{
		Issuer: s.Server.Issuer, Device: s.ID, Counter: counter, Scope: scope, IssuedAt: 1,
	}))
}

func (h *handset) find(id AccountID) *account {
	h.Core.mu.Lock()
	defer h.Core.mu.Unlock()
	a, _ := h.Core.find(id)
	return a
}

// holds reports how many of an account's keys are in the keystore.
func (h *handset) holds(s storedAccount) (n int) {
	for _, i := range h.keys.List() {
		for _, id := range s.Keys.all() {
			if i.ID == id {
				n++
			}
		}
	}
	return n
}

// vaultFiles are what vault and backup say in clear.
func (h *handset) vaultFiles() (texts []string) {
	h.t.Helper()
	for _, name := range []string{vault.FileName, vault.BackupName} {
		k := must(keystore.NewExchanger(h.t.Context(), h.keys, vaultKey, platform.Prompt{}))
		doc, err := vault.Decode(k, h.disk.Files()[handsetDir+"/"+name])
		if err != nil {
			h.t.Fatal(name, err)
		}
		texts = append(texts, string(bytes.Join(rawOf(doc), nil)))
	}
	return texts
}

func rawOf(doc vault.Document) (all [][]byte) {
	for _, a := range doc.Accounts {
		all = append(all, a)
	}
	return all
}

// gone checks that nothing of an account is left on the disk, and that another one is as it was.
func (h *handset) gone(what string, s, other storedAccount) {
	h.t.Helper()
	if h.find(s.ID) != nil || h.holds(s) != 0 {
		h.t.Errorf("%s: the account is shown: %v, %d keys are left", what, h.find(s.ID) != nil, h.holds(s))
	}
	if err := h.Unlock(h.t.Context(), platform.Prompt{}); err != nil {
		h.t.Fatal(what, err)
	}
	if h.find(s.ID) != nil {
		h.t.Errorf("%s: the account came back with the vault", what)
	}
	for i, text := range h.vaultFiles() {
		if strings.Contains(text, string(s.ID)) {
			h.t.Errorf("%s: file %d has the account still", what, i)
		}
		if !strings.Contains(text, string(other.ID)+" decided") {
			h.t.Errorf("%s: file %d lacks the other account", what, i)
		}
	}
	if a := h.find(other.ID); a == nil || h.holds(other) != 3 {
		h.t.Errorf("%s: the other account has %d keys", what, h.holds(other))
	}
}

// TestWipeDies is R-112: the phone dies at each step of a wipe, with the vault open or locked, and whatever of it the disk has kept, the next start finishes the wipe before it
// shows anything; or nothing was begun, and the account is whole.
func TestWipeDies_R112(t *testing.T) {
	ready, one, two, identity := twoAccounts(t)
	files := ready.disk.Files()
	for _, open := range []bool{true, false} {
		begun, whole := 0, 0
		for at := 1; ; at++ {
			disk := atomicfiletest.New()
			for path, data := range files {
				disk.Put(path, data)
			}
			h := must(boot(t, disk, ready.sensor))
			if open {
				if err := h.Unlock(t.Context(), platform.Prompt{}); err != nil {
					t.Fatal(err)
				}
			}
			disk.FailAt(at, true)
			_ = h.obey(t.Context(), h.find(one.ID), wipeCommand(t, identity, one, 1, authn.WipeAccount))
			died := disk.Calls() >= at
			disk.FailAt(0, false)
			for _, kept := range []uint{0, 1, 3} { // of the renames that were not made durable
				for _, torn := range tears() {
					what := fmt.Sprintf("open %v, step %d, kept %b torn %d", open, at, kept, torn)
					again, err := boot(t, disk.Crash(kept, torn), ready.sensor)
					if err != nil {
						t.Fatalf("%s: %v", what, err)
					}
					if again.find(one.ID) != nil { // the marker did not reach the disk
						whole++
						if again.holds(one) != 3 || len(again.marker().Items) != 0 {
							t.Errorf("%s: nothing was begun, and %d keys are left", what, again.holds(one))
						}
						continue
					}
					begun++
					again.gone(what, one, two)
					items := again.marker().Items
					if len(items) != 1 || !items[0].Purged || must(keystoreVerify(one, items[0].Receipt, ready)).Left != authn.LeftNothing {
						t.Errorf("%s: marker %+v", what, items)
					}
				}
			}
			if !died {
				break
			}
		}
		if begun == 0 || whole == 0 {
			t.Errorf("open %v: %d wipes were finished, %d not begun", open, begun, whole)
		}
	}
}

// keystoreVerify checks a receipt by the device key that the account had.
func keystoreVerify(s storedAccount, receipt string, had *handset) (wire.WipeReceipt, error) {
	pub, err := had.keys.Public(s.Keys.Device)
	if err != nil {
		return wire.WipeReceipt{}, err
	}
	return wire.VerifyWipeReceipt(receipt, pub, s.Server.Issuer, s.ID)
}

// TestEraseDies is R-112 for everything: keystore, vault and index are gone at the next start, or nothing was begun; the servers of all accounts can be told.
func TestEraseDies_R112(t *testing.T) {
	ready, one, two, identity := twoAccounts(t)
	files := ready.disk.Files()
	for name, erase := range map[string]func(*handset) error{
		"command": func(h *handset) error {
			return h.obey(t.Context(), h.find(one.ID), wipeCommand(t, identity, one, 1, authn.WipeEverything))
		},
		"user": func(h *handset) error { return h.erase(t.Context()) },
	} {
		begun, whole := 0, 0
		for at := 1; ; at++ {
			disk := atomicfiletest.New()
			for path, data := range files {
				disk.Put(path, data)
			}
			h := must(boot(t, disk, ready.sensor))
			disk.FailAt(at, true)
			_ = erase(h)
			died := disk.Calls() >= at
			disk.FailAt(0, false)
			for _, kept := range []uint{0, 1, 3} { // of the renames that were not made durable
				for _, torn := range tears() {
					what := fmt.Sprintf("%s, step %d, kept %b torn %d", name, at, kept, torn)
					left := disk.Crash(kept, torn)
					again, err := boot(t, left, ready.sensor)
					if err == nil && !again.State().Erased {
						whole++
						if again.holds(one) != 3 || again.holds(two) != 3 || again.find(one.ID) == nil || again.find(two.ID) == nil {
							t.Errorf("%s: nothing was begun, and something is missing", what)
						}
						continue
					}
					begun++
					if err != nil && !errors.Is(err, keystore.ErrNoKeystore) {
						t.Fatalf("%s: %v", what, err)
					}
					for path := range left.Files() {
						if path != handsetDir+"/"+markerName {
							t.Errorf("%s: %s is left", what, path)
						}
					}
					m := must(readMarker(left, handsetDir))
					if len(m.Items) != 2 || m.Everything {
						t.Errorf("%s: marker %+v", what, m)
					}
					for _, i := range m.Items {
						s := one
						if i.Account == two.ID {
							s = two
						}
						if _, err := keystoreVerify(s, i.Receipt, ready); err != nil {
							t.Errorf("%s: receipt: %v", what, err)
						}
					}
				}
			}
			if !died {
				break
			}
		}
		if begun == 0 || whole == 0 {
			t.Errorf("%s: %d were finished, %d not begun", name, begun, whole)
		}
	}
}

// TestWipeOfOthers_R114: a server that wants everything deleted gets its own account deleted where there are those of others, and the receipt says so.
func TestWipeOfOthers_R114(t *testing.T) {
	h, one, two, identity := twoAccounts(t)
	h.find(two.ID).stored.Server.Issuer = "https://other.example"
	pub := must(h.keys.Public(one.Keys.Device))
	if err := h.obey(t.Context(), h.find(one.ID), wipeCommand(t, identity, one, 1, authn.WipeEverything)); err != nil {
		t.Fatal(err)
	}
	if h.State().Erased {
		t.Fatal("one server has deleted another's account")
	}
	m := must(readMarker(h.disk, handsetDir))
	if len(m.Items) != 1 {
		t.Fatalf("marker %+v", m)
	}
	r, err := wire.VerifyWipeReceipt(m.Items[0].Receipt, pub, one.Server.Issuer, one.ID)
	if err != nil || r.Scope != authn.WipeAccount {
		t.Errorf("receipt %+v, %v", r, err)
	}
	h.gone("wiped", one, two)
}

// TestForgedWipe is R-111: what is not signed by the pinned server for this device is ignored, and so is what was obeyed before.
func TestForgedWipe_R111(t *testing.T) {
	h, one, two, identity := twoAccounts(t)
	stranger := must(key.Generate())
	for name, raw := range map[string]string{
		"another key":        wipeCommand(t, stranger, one, 1, authn.WipeAccount),
		"for another device": wipeCommand(t, identity, two, 1, authn.WipeAccount),
		"no counter":         wipeCommand(t, identity, one, 0, authn.WipeAccount),
		"no scope":           wipeCommand(t, identity, one, 1, "all"),
		"a status": must(wire.SignStatus(identity, wire.Status{
			Issuer: one.Server.Issuer, Device: one.ID,
		})),
		"nothing": "",
	} {
		if err := h.obey(t.Context(), h.find(one.ID), raw); err == nil {
			t.Errorf("%s: obeyed", name)
		}
	}
	other := one
	other.Server.Issuer = "https://other.example.com"
	if err := h.obey(t.Context(), h.find(one.ID), wipeCommand(t, identity, other, 1, authn.WipeAccount)); err == nil {
		t.Error("of another server: obeyed")
	}
	// The keystore's mark counts, not the files, which somebody may have put back.
	if err := h.keys.RaiseMark(t.Context(), wipeMark(one.ID), 7); err != nil {
		t.Fatal(err)
	}
	for _, counter := range []uint64{1, 6, 7} {
		if err := h.obey(t.Context(), h.find(one.ID), wipeCommand(t, identity, one, counter, authn.WipeAccount)); !errors.Is(err, errReplayed) {
			t.Errorf("counter %d after 7: %v", counter, err)
		}
	}
	if h.find(one.ID) == nil || h.holds(one) != 3 {
		t.Fatal("an ignored command had an effect")
	}
	if err := h.obey(t.Context(), h.find(one.ID), wipeCommand(t, identity, one, 8, authn.WipeAccount)); err != nil {
		t.Fatal(err)
	}
	h.gone("counter 8", one, two)
}

// TestWipeWhileLocked: what only the PIN opens goes at the next unlock, before anything is shown, and the receipt said so until then.
func TestWipeWhileLocked(t *testing.T) {
	h, one, two, identity := twoAccounts(t)
	h.Lock()
	if err := h.obey(t.Context(), h.find(one.ID), wipeCommand(t, identity, one, 1, authn.WipeAccount)); err != nil {
		t.Fatal(err)
	}
	i := h.marker().Items[0]
	if h.find(one.ID) != nil || h.holds(one) != 0 || !i.Gone || i.Purged {
		t.Errorf("locked: %d keys, item %+v", h.holds(one), i)
	}
	again := must(boot(t, h.disk, h.sensor))
	if again.find(one.ID) != nil {
		t.Error("it is shown after a restart")
	}
	seen := false
	again.Subscribe(func(e Event) { seen = seen || again.find(one.ID) != nil })
	again.gone("unlocked", one, two)
	if seen {
		t.Error("it was shown for a moment")
	}
}

// TestMarkerIsDamaged: nobody knows what should be gone, so nothing is shown.
func TestMarkerIsDamaged(t *testing.T) {
	h, _, _, _ := twoAccounts(t)
	for _, text := range []string{"", "{", `{"v":2,"items":[]}`, `{"v":1,"items":[]} `} {
		h.disk.Put(handsetDir+"/"+markerName, []byte(text))
		_, err := boot(t, h.disk, h.sensor)
		if good := strings.HasPrefix(text, `{"v":1`); good != (err == nil) || !good && !errors.Is(err, errMarker) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestSickDisk: a disk that fails for a moment stops a wipe, which goes on as soon as the app tries again.
func TestSickDisk(t *testing.T) {
	ready, one, two, identity := twoAccounts(t)
	files := ready.disk.Files()
	for at := 1; ; at++ {
		disk := atomicfiletest.New()
		for path, data := range files {
			disk.Put(path, data)
		}
		h := must(boot(t, disk, ready.sensor))
		if err := h.Unlock(t.Context(), platform.Prompt{}); err != nil {
			t.Fatal(err)
		}
		disk.FailAt(at, false)
		err := h.obey(t.Context(), h.find(one.ID), wipeCommand(t, identity, one, 1, authn.WipeAccount))
		reached := disk.Calls() >= at
		disk.FailAt(0, false)
		if a := h.find(one.ID); err != nil && a != nil && len(h.marker().Items) == 0 { // nothing was begun: the server is asked again
			err = h.obey(t.Context(), a, wipeCommand(t, identity, one, 1, authn.WipeAccount))
		} else {
			err = h.goOn(t.Context())
		}
		if err != nil {
			t.Fatalf("step %d: %v", at, err)
		}
		h.gone(fmt.Sprint("step ", at), one, two)
		if !reached {
			return
		}
	}
}
