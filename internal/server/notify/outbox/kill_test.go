package outbox

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/server/live"
	"avow/internal/server/notify/notifytest"
	"avow/internal/server/site"
	"avow/internal/store"
	"avow/internal/store/sqlite"
)

// childEnv makes the test program a server that empties an outbox until it is killed; its value is the path of the database.
const childEnv = "AVOW_OUTBOX_CHILD"

const portEnv = "AVOW_OUTBOX_PORT"

func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		if err := empty(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// kills says how often the child is killed: a few times, or by AVOW_SOAK, a number of times (1 for 200).
func kills() int {
	n, err := strconv.Atoi(os.Getenv("AVOW_SOAK"))
	switch {
	case err != nil || n < 1:
		return 3
	case n == 1:
		return 200
	}
	return n
}

// empty is the child.
func empty(path string) error {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		return err
	}
	port, err := strconv.Atoi(os.Getenv(portEnv))
	if err != nil {
		return err
	}
	now := func() time.Time { return noon }
	s := &site.Site{Organisation: "Lund Energy", Host: "id.example.com", Store: db, Live: live.NewHub(), Now: now, Log: slog.New(slog.DiscardHandler), CanMail: true}
	o, err := New(s, Config{SMTP: (&sink{Server: &notifytest.Server{Port: port}}).smtp(), Links: links{now}})
	if err != nil {
		return err
	}
	if err := o.Recover(ctx); err != nil {
		return err
	}
	if err := o.Mails(ctx); err != nil {
		return err
	}
	return db.Close()
}

const mailsAKill = 25

// TestKill kills a server in the middle of its mails, at any moment, again and again: nobody gets a mail twice, and what is said to be sent
// was. One mail a kill may be unclear, no more.
func TestKill(t *testing.T) {
	p := newSink(t)
	p.keep = false
	path := disk(t)
	d := newDesk(t, path, Config{SMTP: p.smtp()})
	fill(t, d, kills()*mailsAKill)
	if err := d.store.Close(); err != nil {
		t.Fatal(err)
	}
	killed := 0
	for range kills() {
		if die(t, p, path, 1+rand.IntN(mailsAKill*3/2)) {
			killed++
		}
	}
	die(t, p, path, -1) // the last one comes to the end

	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = db.Close() }()
	var all []authn.Message
	unclearOnes, audited := 0, 0
	err = db.View(t.Context(), func(r store.Reader) error {
		if all, err = r.Messages(1 << 30); err != nil {
			return err
		}
		records, err := r.Audit(1 << 30)
		for _, a := range records {
			if a.Action == "outbox.unclear" {
				audited++
			}
		}
		for _, m := range all {
			s, err2 := r.RegistrationSession(m.Session)
			if err2 != nil {
				return err2
			}
			if s.Notification != m.State {
				t.Errorf("%s is %s, its session says %s", m.ID, m.State, s.Notification)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		n := p.received["<"+string(m.ID)+"@example.com>"]
		switch {
		case n > 1:
			t.Errorf("%s came %d times", m.ID, n)
		case m.State == authn.MessageUnclear:
			unclearOnes++
		case m.State != authn.MessageSent || n != 1:
			t.Errorf("%s is %s and came %d times", m.ID, m.State, n)
		}
	}
	if unclearOnes > killed || audited != unclearOnes || killed == 0 || len(all) != kills()*mailsAKill {
		t.Errorf("%d kills, %d unclear, %d of them on record, %d messages", killed, unclearOnes, audited, len(all))
	}
	t.Logf("%d kills, %d mails, %d unclear, none twice", killed, len(all), unclearOnes)
}

// die runs a child and kills it when the sink has got so many mails of it; it reports whether it had to.
func die(t *testing.T, p *sink, path string, after int) bool {
	t.Helper()
	var killed atomic.Bool
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+path, portEnv+"="+strconv.Itoa(p.Port))
	var trouble strings.Builder
	cmd.Stderr = &trouble
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	until := p.count() + after
	kill := sync.OnceFunc(func() { _ = cmd.Process.Kill() })
	sure := rand.IntN(2) == 0
	p.mu.Lock()
	p.receive = func(n int) {
		if after > 0 && n >= until {
			if killed.Store(true); sure {
				kill() // before it has the answer
			} else {
				go kill() // at some moment, now or some mails later
			}
		}
	}
	p.mu.Unlock()
	err := cmd.Wait()
	p.mu.Lock()
	p.receive = nil
	p.mu.Unlock()
	if err != nil && !killed.Load() {
		t.Fatalf("the child ended by itself: %v %s", err, trouble.String())
	}
	return err != nil
}

// fill queues n invitations.
func fill(t testing.TB, d *desk, n int) {
	t.Helper()
	for from := 0; from < n; from += 500 {
		err := d.store.Update(context.Background(), func(tx store.Tx) error {
			for i := from; i < min(from+500, n); i++ {
				if _, _, err := invite(tx, d.site, fmt.Sprintf("user%05d", i), authn.ChannelMail, noon); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestSoakTenThousand measures ten thousand invitations, each with its own picture, to a mail server on this machine. AVOW_SOAK=1 turns it on.
func TestSoakTenThousand(t *testing.T) {
	n := 100
	if os.Getenv("AVOW_SOAK") != "" {
		n = 10_000
	}
	p := newSink(t)
	p.keep = false
	d := newDesk(t, disk(t), Config{SMTP: p.smtp()})
	fill(t, d, n)
	runtime.GC()
	began := time.Now()
	if err := d.Mails(t.Context()); err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	if p.count() != n || p.Visits() > 1 {
		t.Errorf("%d mails over %d connections", p.count(), p.Visits())
	}
	t.Logf("%d mails in %v, %.0f a second, memory from the system %d MiB, in use %d MiB, database with disk sync", n, took.Round(time.Millisecond), float64(n)/took.Seconds(), mem.Sys>>20, mem.HeapInuse>>20)
}
