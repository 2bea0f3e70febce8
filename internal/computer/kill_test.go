package computer_test

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"avow/internal/atomicfile"
	"avow/internal/authn"
	"avow/internal/computer"
	"avow/internal/key"
	"avow/internal/otp"
	"avow/internal/wire"
)

const childEnv = "AVOW_COMPUTER_CHILD"

// TestSignInForEver is the child of TestKill: it types the codes of a list until it is killed, and says each that let it in.
func TestSignInForEver(t *testing.T) {
	folder := os.Getenv(childEnv)
	if folder == "" {
		t.Skip("runs as a child of TestKill")
	}
	r, p := onDisk(t, folder)
	for {
		k, _ := r.refill(p, p)
		for i := range 26 {
			code := k.Code(i)
			if _, err := r.verify(anna, nil, list(code)); errors.Is(err, computer.ErrCodeUsed) || errors.Is(err, computer.ErrWrong) {
				continue // an earlier run used it
			} else if err != nil {
				t.Fatal(err)
			}
			if _, err := fmt.Println("in", code.Text()); err != nil {
				return
			}
			r.Pending()
			must(r, r.Take(r.wall, []wire.Grant{r.renewed(t, p)}, nil, 1<<40, authn.OfflineAllow))
		}
	}
}

// renewed is the grant after one more online sign-in, so that uses and wrong codes never run out.
func (r *rig) renewed(t *testing.T, p *phoneKeys) wire.Grant {
	t.Helper()
	r.wall = r.wall.Add(time.Second)
	g := r.grant(p)
	g.ID = authn.GrantID{1, 2, 3}
	g.Seq = uint64(r.wall.Unix())
	return g
}

// onDisk is a machine on the real disk, with a phone whose key lies beside it.
func onDisk(t *testing.T, folder string) (*rig, *phoneKeys) {
	t.Helper()
	path := filepath.Join(folder, "phone.pem")
	pem, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		pem, err = newKey(t).EncodePEM()
		if err == nil {
			err = os.WriteFile(path, pem, 0o600)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	k, err := key.ParsePEM(pem)
	if err != nil {
		t.Fatal(err)
	}
	private, err := k.ECDH()
	if err != nil {
		t.Fatal(err)
	}
	p := &phoneKeys{private: private, public: k.Key(), device: "d_AAAAAAAAAAAAAAAAAAAAAA", user: "u_AAAAAAAAAAAAAAAAAAAAAA", login: anna}
	r := &rig{t: t, id: laptop, fs: atomicfile.OS, dir: folder, cost: cheap, key: k, wall: time.Now(), up: time.Hour, grants: map[authn.UserID]authn.GrantID{}}
	r.open()
	for _, g := range r.Status().Grants { // each renewal took a second of this clock, so it is ahead of the real one
		r.wall = later(r.wall, g.SignedInAt)
	}
	g := r.renewed(t, p)
	must(r, r.Take(r.wall, []wire.Grant{g}, nil, 0, authn.OfflineAllow))
	r.grants[p.user] = g.ID
	return r, p
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// R-072, D17: kill -9 at any moment. A code that let in stays used, the state stays readable, the journal stays a chain. AVOW_SOAK=N kills N
// times.
func TestKill(t *testing.T) {
	kills := 6
	if n, err := fmt.Sscan(os.Getenv("AVOW_SOAK"), &kills); n == 0 || err != nil {
		kills = 6
	}
	folder := t.TempDir()
	all := 0
	for range kills {
		used := killOnce(t, folder)
		all += len(used)
		r, _ := onDisk(t, folder)
		for _, text := range used {
			code, err := otp.ParseTyped(text)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := r.verify(anna, nil, code); err == nil {
				t.Fatalf("a code that had let in was taken again")
			}
			must(r, r.Take(r.wall, []wire.Grant{r.renewed(t, &phoneKeys{public: r.key.Key(), device: "d_AAAAAAAAAAAAAAAAAAAAAA", user: "u_AAAAAAAAAAAAAAAAAAAAAA", login: anna})}, nil, 0, authn.OfflineAllow))
		}
		r.Pending()
		must(r, r.Take(r.wall, nil, nil, 1<<40, authn.OfflineAllow))
	}
	t.Logf("%d kills amid %d sign-ins", kills, all)
}

// killOnce starts the child and kills it some time after its first sign-in. It returns the codes that let it in.
func killOnce(t *testing.T, folder string) (used []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestSignInForEver$")
	cmd.Env = append(os.Environ(), childEnv+"="+folder)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var kill *time.Timer
	lines := bufio.NewScanner(out)
	var said []string // of the child, when it fails
	for lines.Scan() {
		said = append(said, lines.Text())
		var a, b, c string
		if _, err := fmt.Sscanf(lines.Text(), "in %s %s %s", &a, &b, &c); err != nil {
			continue
		}
		used = append(used, a+b+c)
		if kill == nil { // the moment must be random, so a timer and no signal of the child
			kill = time.AfterFunc(time.Duration(rand.IntN(30_000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
		}
	}
	if err := cmd.Wait(); err == nil || len(used) == 0 {
		t.Fatalf("child ended by itself after %d sign-ins: %v\n%s", len(used), err, strings.Join(said, "\n"))
	}
	return used
}
