package main_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// sign-ins one after the other, AVOW_LOGIN_COUNT (100) at pamtester and as many at sshd: none hangs, no descriptor and no process is left,
// and the daemon does not grow. Every twentieth time the daemon is killed at the question: nobody is let in.
func (r *rig) testCount(t *testing.T) {
	n := 100
	if s := os.Getenv("AVOW_LOGIN_COUNT"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	o := openOffice(t, r, newPlace(t, r))
	sshd := o.startSSHD(t)
	for _, h := range []host{o.pamtesterHost(), sshd.host()} {
		t.Run(h.name, func(t *testing.T) {
			o.signIn(t, h)
			for range 10 { // what is made once is made
				o.once(t, h)
			}
			daemon, server := o.daemon.cmd.Process.Pid, sshd.cmd.Process.Pid
			files, memory, mine := descriptors(t, daemon), resident(t, daemon), descriptors(t, server)
			began := time.Now()
			for range n {
				o.once(t, h)
			}
			took := time.Since(began) / time.Duration(n)
			if left := helpersRunning(t); len(left) > 0 {
				t.Errorf("helpers are left: %v", left)
			}
			if now := descriptors(t, daemon); now > files+2 { // a connection to the server may be open or not
				t.Errorf("the daemon has %d descriptors, before %d", now, files)
			}
			if now := descriptors(t, server); now != mine {
				t.Errorf("sshd has %d descriptors, before %d", now, mine)
			}
			if left := zombies(t, daemon, server); len(left) > 0 {
				t.Errorf("zombies: %v", left)
			}
			now := resident(t, daemon)
			if now > memory+memory/2+16<<20 {
				t.Errorf("the daemon has %d KiB, before %d", now>>10, memory>>10)
			}
			t.Logf("%s: %d sign-ins, %s each; daemon %d -> %d KiB, %d -> %d descriptors", h.name, n, took, memory>>10, now>>10, files, descriptors(t, daemon))
		})
		t.Run(h.name+" and kills", func(t *testing.T) {
			for range max(1, n/20) {
				o.killAtCode(t, h)
			}
		})
	}
}

// killAtCode kills the daemon between two codes: what was used stays used, and nobody is let in without a daemon.
func (o *office) killAtCode(t *testing.T, h host) {
	t.Helper()
	o.signIn(t, h)
	used := o.listCode(t)
	o.gone(t)
	defer o.back(t)
	defer o.revive(t)
	c := h.sign(t, "")
	c.await(code)
	c.send(used)
	if !h.ended(t, c) {
		t.Fatalf("a code does not let in:\n%s", c.said())
	}
	c = h.sign(t, "")
	c.await(code)
	o.kill(t)
	c.send(o.listCode(t))
	if h.ended(t, c) {
		t.Fatal("let in without a daemon")
	}
	o.start(t)
	c = h.sign(t, "")
	c.await(code)
	c.send(used)
	c.await(`used\s+already`)
	c.await(code)
	c.send(o.listCode(t)) // it was refused, and the next one is not
	if !h.ended(t, c) {
		t.Fatalf("the next code does not let in:\n%s", c.said())
	}
}

// once is a sign-in to which the phone says Yes at once.
func (o *office) once(t *testing.T, h host) {
	t.Helper()
	o.say(saysYes)
	if c := h.sign(t, "wait=auto"); !h.ended(t, c) {
		t.Fatalf("a Yes does not let in:\n%s\n%s", c.said(), o.daemon.said())
	}
}

func descriptors(t *testing.T, pid int) int {
	t.Helper()
	all, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		t.Fatal(err)
	}
	return len(all)
}

// resident is how much memory a process has, in bytes (proc(5), statm).
func resident(t *testing.T, pid int) int {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		t.Fatal(err)
	}
	pages, err := strconv.Atoi(strings.Fields(string(b))[1])
	if err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}

// zombies are children of the processes that nobody has reaped.
func zombies(t *testing.T, parents ...int) (found []string) {
	t.Helper()
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range stats {
		b, _ := os.ReadFile(path)
		_, rest, _ := strings.Cut(string(b), ") ")
		for _, p := range parents {
			if strings.HasPrefix(rest, fmt.Sprintf("Z %d ", p)) {
				found = append(found, path)
			}
		}
	}
	return found
}
