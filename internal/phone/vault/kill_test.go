package vault_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"avow/internal/key"
	"avow/internal/phone/keystore"
	"avow/internal/phone/platform"
	"avow/internal/phone/vault"
)

const (
	childEnv = "AVOW_VAULT_CHILD"
	logEnv   = "AVOW_VAULT_LOG" // the child writes changes alone
)

// TestSaveForEver is the child of TestKill: it saves until it is killed, and says each number that Save has acknowledged.
func TestSaveForEver(t *testing.T) {
	folder := os.Getenv(childEnv)
	if folder == "" {
		t.Skip("runs as a child of TestKill")
	}
	store, doc := openFolder(t, folder)
	for n := numberOf(t, doc) + 1; ; n++ {
		doc := content(n)
		if err := store.Save(t.Context(), &doc); err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Println("saved", n); err != nil {
			return
		}
	}
}

func openFolder(t *testing.T, folder string) (*vault.Store, vault.Document) {
	t.Helper()
	ks, err := keystore.Open(t.Context(), keystore.Options{Dir: folder})
	if err != nil {
		t.Fatal(err)
	}
	logFrom := 0
	if os.Getenv(logEnv) != "" {
		logFrom = 1
	}
	store, err := vault.New(vault.Config{Dir: folder, Keys: ks, Key: "vault", LogFrom: logFrom})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := store.Open(keystore.WithPIN(t.Context(), key.Secret(pin)), platform.Prompt{})
	if err != nil {
		t.Fatal(err)
	}
	return store, doc
}

// D1: kill -9 at any moment of a save. No acknowledged save is lost, no vault is unreadable. AVOW_SOAK=1 kills 200 times.
func TestKill(t *testing.T) { killMany(t, 6) }

// The same where each save writes a change alone.
func TestKillAmidChanges(t *testing.T) {
	t.Setenv(logEnv, "1")
	killMany(t, 4)
}

func killMany(t *testing.T, kills int) {
	t.Helper()
	if os.Getenv("AVOW_SOAK") != "" {
		kills = 200
	}
	folder := t.TempDir()
	newPhone(t, nil, folder).create(t, 0)
	saves := 0
	for range kills {
		acknowledged := killOnce(t, folder)
		_, doc := openFolder(t, folder)
		found := numberOf(t, doc)
		if found < acknowledged {
			t.Fatalf("save %d was acknowledged, found is %d", acknowledged, found)
		}
		saves = found
	}
	t.Logf("%d kills amid %d saves", kills, saves)
}

// killOnce starts the child and kills it some time after its first save. It returns the last number it acknowledged.
func killOnce(t *testing.T, folder string) int {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestSaveForEver$")
	cmd.Env = append(os.Environ(), childEnv+"="+folder)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	last, kill := -1, (*time.Timer)(nil)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		var n int
		if _, err := fmt.Sscanf(lines.Text(), "saved %d", &n); err != nil {
			continue
		}
		if last = n; kill == nil { // the moment must be random, so a timer and no signal of the child
			kill = time.AfterFunc(time.Duration(rand.IntN(20_000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
		}
	}
	if err := cmd.Wait(); err == nil || last < 0 {
		t.Fatalf("child ended by itself after save %s: %v", strconv.Itoa(last), err)
	}
	return last
}
