package phone

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/key"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/vault"
	"avow/internal/wire"
)

const wipeChildEnv = "AVOW_WIPE_CHILD"

// TestWipeForEver is the child of TestWipeKill: it wipes one account after the other, each by a command of its server, until it is killed, and says which it has begun.
func TestWipeForEver(t *testing.T) {
	folder := os.Getenv(wipeChildEnv)
	if folder == "" {
		t.Skip("runs as a child of TestWipeKill")
	}
	identity := must(key.ParsePEM(must(os.ReadFile(folder + "/identity.pem"))))
	r := newRig(t, folder)
	if os.Getenv(wipeChildEnv+"_OPEN") != "" {
		r.unlock(t)
	}
	fmt.Println("ready")
	r.Core.mu.Lock()
	accounts := append([]*account(nil), r.accounts...)
	r.Core.mu.Unlock()
	for _, a := range accounts {
		raw := must(wire.SignWipeCommand(identity, wire.WipeCommand{
			Issuer: a.stored.Server.Issuer, Device: a.stored.ID, Counter: 1, Scope: authn.WipeAccount, IssuedAt: 1,
		}))
		if _, err := fmt.Println("wipe", a.stored.ID); err != nil {
			return
		}
		if err := r.obey(t.Context(), a, raw); err != nil {
			t.Fatal(err)
		}
	}
}

// TestWipeKill is R-112 with a real process, a real disk and kill -9 at any moment: each account is whole or gone without a trace at the next start.
func TestWipeKill_R112(t *testing.T) {
	if testing.Short() {
		t.Skip("starts programs")
	}
	kills := 4
	if os.Getenv("AVOW_SOAK") != "" {
		kills = 100
	}
	for kill := range kills {
		folder := t.TempDir()
		r := newRig(t, folder)
		if err := r.SetPIN(t.Context(), pin); err != nil {
			t.Fatal(err)
		}
		var all []storedAccount
		first, identity := r.connect(t)
		all = append(all, first.stored)
		for range 7 {
			a, _ := r.connect(t)
			r.Core.mu.Lock()
			a.stored.Server.Identity = identity.Key()
			all = append(all, a.stored)
			r.Core.mu.Unlock()
		}
		if err := r.save(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.Close()
		if err := os.WriteFile(folder+"/identity.pem", must(identity.EncodePEM()), 0o600); err != nil {
			t.Fatal(err)
		}
		child := exec.Command(os.Args[0], "-test.run=^TestWipeForEver$")
		child.Env = append(os.Environ(), wipeChildEnv+"="+folder)
		if kill%2 == 0 {
			child.Env = append(child.Env, wipeChildEnv+"_OPEN=1")
		}
		out, err := child.StdoutPipe()
		if err == nil {
			err = child.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		lines, stop, begun := bufio.NewScanner(out), rand.IntN(6)+1, 0
		for lines.Scan() {
			if strings.HasPrefix(lines.Text(), "wipe") {
				if begun++; begun == stop {
					time.Sleep(rand.N(8 * time.Millisecond)) // somewhere within the wipe, which has no place that could be waited for
					break
				}
			}
		}
		_ = child.Process.Kill()
		_ = child.Wait()
		if begun == 0 {
			t.Fatal("the child has begun nothing")
		}
		checkWiped(t, folder, all)
	}
}

func checkWiped(t *testing.T, folder string, all []storedAccount) {
	t.Helper()
	r := newRig(t, folder)
	defer r.Close()
	h := &handset{Core: r.Core, t: t, keys: r.keys}
	gone := map[AccountID]bool{}
	for _, s := range all {
		n, shown := h.holds(s), h.find(s.ID) != nil
		if shown != (n == 3) || !shown && n != 0 {
			t.Errorf("account %s is shown: %v, with %d keys", s.ID, shown, n)
		}
		gone[s.ID] = !shown
	}
	r.unlock(t)
	for _, name := range []string{vault.FileName, vault.BackupName} {
		k := must(keystore.NewExchanger(keystore.WithPIN(t.Context(), pin), r.keys, vaultKey, platform.Prompt{}))
		doc := must(vault.Decode(k, must(os.ReadFile(folder+"/"+name))))
		for id := range gone {
			if gone[id] && (h.find(id) != nil || strings.Contains(string(joined(doc)), string(id))) {
				t.Errorf("account %s is gone, and %s has it", id, name)
			}
			if !gone[id] && h.find(id) == nil {
				t.Errorf("account %s is lost", id)
			}
		}
		k.Close()
	}
	for _, i := range h.marker().Items {
		if i.Receipt == "" || !i.Gone || !i.Purged {
			t.Errorf("marker: %+v", i)
		}
	}
}

func joined(doc vault.Document) (all []byte) {
	for _, a := range doc.Accounts {
		all = append(all, a...)
	}
	return all
}
