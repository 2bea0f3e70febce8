package sqlite

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/store"
)

// childEnv makes the test program a server that works until it is killed; its value is the path of the database.
const childEnv = "AVOW_STORE_CHILD"

const killWorkers = 8

func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		fmt.Fprintln(os.Stderr, work(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// kills says how often the child is killed: a few times, or by AVOW_SOAK, a number of times (1 for 200).
func kills() int {
	n, err := strconv.Atoi(os.Getenv("AVOW_SOAK"))
	switch {
	case err != nil || n < 1:
		return 4
	case n == 1:
		return 200
	}
	return n
}

// work is the child: each worker does one step after the other and says so on its standard output when the step is acknowledged.
func work(path string) error {
	ctx := context.Background()
	s, err := Open(ctx, path, Options{})
	if err != nil {
		return err
	}
	fmt.Println("ready")
	failed := make(chan error)
	for w := range killWorkers {
		go func() {
			for {
				n, err := workStep(ctx, s, worker(w))
				if err != nil {
					failed <- err
					return
				}
				_, _ = os.Stdout.WriteString(fmt.Sprintf("ack %d %d\n", w, n)) // one write: it is out before the next step begins
			}
		}()
	}
	return <-failed
}

func worker(w int) authn.UserID { return authn.UserID(fmt.Sprintf("u_%d", w)) }

// workStep counts a step in three tables in one transaction, the last by the consumption of something that is good for once.
func workStep(ctx context.Context, s *Store, user authn.UserID) (n int, err error) {
	err = s.Update(ctx, func(tx store.Tx) error {
		err := tx.UpdateGuard(user, func(g authn.Guard) (authn.Guard, error) {
			g.WrongNumbers++
			n = g.WrongNumbers
			return g, nil
		})
		if err != nil {
			return err
		}
		id := authn.RequestID(fmt.Sprintf("r_%s_%d", user, n))
		return errors.Join(
			tx.AppendAudit(authn.AuditRecord{Actor: string(user), Subject: fmt.Sprint(n)}),
			tx.CreateApprovalRequest(authn.ApprovalRequest{ID: id, User: user, Client: "laptop", State: authn.RequestApproved, DecidedAt: time.Now()}),
		)
	})
	if err != nil {
		return n, err
	}
	return n, s.Update(ctx, func(tx store.Tx) error {
		id := authn.RequestID(fmt.Sprintf("r_%s_%d", user, n))
		return tx.UpdateApprovalRequest(id, func(r authn.ApprovalRequest) (authn.ApprovalRequest, error) { return r.Redeem(time.Now()) })
	})
}

// TestKill kills a process that writes, at any moment, and looks at what it left: everything acknowledged once, nothing twice,
// nothing in part (D5).
func TestKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "avow.db")
	s := open(t, path)
	err := s.Update(context.Background(), func(tx store.Tx) error {
		errs := []error{tx.CreateClient(authn.Client{ID: "laptop"})}
		for w := range killWorkers {
			errs = append(errs, tx.CreateUser(authn.User{ID: worker(w), Login: string(worker(w))}))
		}
		return errors.Join(errs...)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	acked := map[step]bool{}
	var slowest time.Duration
	for i := range kills() {
		killOne(t, path, acked)
		began := time.Now()
		s, err := Open(context.Background(), path, Options{})
		if err != nil {
			t.Fatalf("kill %d: open: %v", i, err)
		}
		slowest = max(slowest, time.Since(began))
		err = errors.Join(intact(s), s.View(context.Background(), func(r store.Reader) error { return survived(r, acked) }), s.Close())
		if err != nil {
			t.Fatalf("kill %d: %v", i, err)
		}
	}
	t.Logf("%d kills, %d steps acknowledged, none lost; slowest opening %v", kills(), len(acked), slowest)
}

// step is the nth of a worker.
type step struct{ worker, n int }

// killOne starts a child, kills it after some acknowledgments and notes what was acknowledged.
func killOne(t *testing.T, path string, acked map[step]bool) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+path)
	var trouble strings.Builder
	cmd.Stderr = &trouble
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill := sync.OnceFunc(func() { _ = cmd.Process.Kill() })
	defer kill()
	after := 1 + rand.IntN(400)
	lines := 0
	for scan := bufio.NewScanner(out); scan.Scan(); { // goes on after the kill: what was acknowledged is in the pipe
		var w, n int
		if _, err := fmt.Sscanf(scan.Text(), "ack %d %d", &w, &n); err != nil {
			continue // ready, or a line that the kill cut off
		}
		acked[step{w, n}] = true
		if lines++; lines == after {
			kill()
		}
	}
	_ = cmd.Wait()
	if lines < after {
		t.Fatalf("the child ended by itself after %d steps: %s", lines, trouble.String())
	}
}

// survived compares what is there with what was acknowledged. A step in the air at a kill may be there or not, but not in part.
func survived(r store.Reader, acked map[step]bool) error {
	records, err := r.Audit(1 << 30)
	if err != nil {
		return err
	}
	times := map[string]int{}
	for _, a := range records {
		times[a.Actor+" "+a.Subject]++
	}
	total, found := 0, 0
	for w := range killWorkers {
		g, err := r.Guard(worker(w))
		if err != nil {
			return err
		}
		total += g.WrongNumbers
		for n := 1; n <= g.WrongNumbers; n++ {
			if got := times[fmt.Sprintf("%s %d", worker(w), n)]; got != 1 {
				return fmt.Errorf("worker %d: step %d is on record %d times", w, n, got)
			}
			v, err := r.ApprovalRequest(authn.RequestID(fmt.Sprintf("r_%s_%d", worker(w), n)))
			if err != nil {
				return fmt.Errorf("worker %d: request of step %d: %w", w, n, err)
			}
			if !acked[step{w, n}] {
				continue
			}
			found++
			if v.State != authn.RequestRedeemed {
				return fmt.Errorf("worker %d: request of step %d is %s, its redemption was acknowledged", w, n, v.State)
			}
		}
	}
	if found != len(acked) {
		return fmt.Errorf("%d of %d acknowledged steps are there", found, len(acked))
	}
	if len(records) != total {
		return fmt.Errorf("%d records, %d steps", len(records), total)
	}
	size, err := whole(r)
	if err == nil && size != int64(total) {
		err = fmt.Errorf("the tree has %d records, there are %d steps", size, total)
	}
	return err
}
