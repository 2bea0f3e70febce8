package main_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// testStory signs in at real hosts, with the real daemon, helper and module, a real server and a simulated phone.
func (r *rig) testStory(t *testing.T) {
	o := openOffice(t, r, newPlace(t, r))
	hosts := []host{o.pamtesterHost(), o.startSSHD(t).host()}
	if o.place.etc != "" {
		as := []string{"setpriv", "--reuid=" + lindUID, "--regid=" + lindUID, "--clear-groups"}
		hosts = append(
			hosts,
			o.terminalHost("su", append(as, "su", o.login, "-c", "echo inside-as-$(id -un)")...),
			o.terminalHost("sudo", append(as, "sudo", "-k", "sh", "-c", "echo inside-as-$(id -un)")...),
			o.terminalHost("login", "login", o.login),
		)
	}
	for _, h := range hosts {
		t.Run(h.name, func(t *testing.T) {
			for _, c := range cases {
				t.Run(c.name, func(t *testing.T) {
					if c.slow && h.name != "pamtester" && h.name != "sshd" {
						t.Skip("takes long; pamtester and sshd show it")
					}
					o.signIn(t, h)
					s := &scene{T: t, o: o, h: h}
					if c.gone {
						o.gone(t)
						defer func() {
							if !s.isBack {
								o.back(t)
							}
						}()
					}
					defer func() {
						if t.Failed() {
							t.Logf("the daemon says:\n%s", o.daemon.said())
						}
					}()
					defer o.revive(t)
					o.say(c.says)
					s.begin(c.line)
					c.play(s)
					if in := h.ended(t, s.c); in != c.in {
						t.Errorf("let in: %v, want %v\n%s", in, c.in, s.c.said())
					}
				})
			}
		})
	}
}

// signIn is a sign-in with a Yes. Each case begins with one, which sets back what the case before has counted.
func (o *office) signIn(t *testing.T, h host) {
	t.Helper()
	o.say(saysYes)
	c := h.sign(t, "")
	if said := c.await(press + "|" + code); strings.HasSuffix(said, code) { // the server has just come back
		t.Logf("still offline; the daemon says:\n%s", o.daemon.said())
		c.send("")
		c.await(press)
	}
	o.answered(t)
	c.send("")
	if !h.ended(t, c) {
		t.Fatalf("a Yes does not let in:\n%s", c.said())
	}
	o.listed(t, 10) // with fewer than 25 the computer makes new ones now, unless it is killed meanwhile
}

// What is asked after a question, and without a server.
const (
	press = `Then press Enter\.[^\n]*`
	code  = `Code: `
)

// scene is one case at one host.
type scene struct {
	*testing.T
	o      *office
	h      host
	c      *terminal
	isBack bool // the server is back already
}

func (s *scene) begin(line string) {
	s.Helper()
	s.c = s.h.sign(s.T, line)
}

// again is one more sign-in in the same case; the one before must have let in or not, as said.
func (s *scene) again(in bool) {
	s.Helper()
	if got := s.h.ended(s.T, s.c); got != in {
		s.Fatalf("let in: %v, want %v\n%s", got, in, s.c.said())
	}
	s.begin("")
}

// screen is what is shown before the prompt for a code, with the QR: who signed in by the list last has to ask for it.
func (s *scene) screen() string {
	s.Helper()
	said := s.c.await(code)
	if !strings.Contains(said, "▄▄▄▄▄") {
		s.c.send("q")
		said = s.c.await(code)
	}
	return said
}

func (s *scene) typeCode(text string) {
	s.Helper()
	s.c.await(code)
	s.c.send(text)
}

var cases = []struct {
	name string
	says answer // of the person
	line string // of the PAM service
	gone bool   // the server is
	in   bool
	slow bool
	play func(*scene)
}{
	{name: "approve", in: true, play: func(s *scene) { s.c.await(press); s.o.answered(s.T); s.c.send("") }},
	{name: "approve without Enter", line: "wait=auto", in: true, play: func(s *scene) { s.o.answered(s.T) }},
	{name: "deny", says: saysNo, play: func(s *scene) {
		s.c.await(press)
		s.o.answered(s.T)
		s.c.send("")
		s.c.await("said No")
	}},
	{name: "timeout", says: saysNothing, line: "timeout=10", slow: true, play: func(s *scene) { s.c.await(press); s.c.send("") }},
	{name: "offline QR", gone: true, in: true, play: func(s *scene) {
		s.c.send(s.o.qrCode(s.T, s.screen()))
	}},
	{name: "offline list", gone: true, in: true, play: func(s *scene) { s.typeCode(s.o.listCode(s.T)) }},
	{name: "wrong code", gone: true, in: true, play: func(s *scene) {
		s.typeCode("00000000")
		s.c.await("(?i)wrong")
		s.typeCode("hello")
		s.typeCode(s.o.listCode(s.T))
	}},
	{name: "code of another computer", gone: true, in: true, play: func(s *scene) {
		own := s.o.listCode(s.T)
		for range 6 { // it costs no try
			s.typeCode(otherCode(own))
			s.c.await(`another\s+computer`)
		}
		s.typeCode(own)
	}},
	{name: "used code", gone: true, in: true, play: func(s *scene) {
		used := s.o.listCode(s.T)
		s.typeCode(used)
		s.again(true)
		s.typeCode(used)
		s.c.await(`used\s+already`)
		s.typeCode(s.o.listCode(s.T))
	}},
	{name: "lockout", gone: true, play: func(s *scene) {
		s.c.await(code)
		for i := range 5 {
			s.c.send(strconv.Itoa(10000000 + i))
			if i < 4 {
				s.c.await(code)
			}
		}
		s.again(false)
		s.c.await("(?i)minute") // it is not even asked for a code
	}},
	{name: "offline=deny", line: "offline=deny", gone: true, play: func(s *scene) { s.c.await("reached") }},
	{name: "R-080 only-when-offline, and the server is back", line: "offline=only-when-offline", gone: true, in: true, play: func(s *scene) {
		right := s.o.qrCode(s.T, s.screen())
		s.o.say(saysYes)
		s.o.back(s.T)
		s.isBack = true
		s.c.send(right)
		s.c.await("The server answers again")
		s.c.await(press)
		s.o.answered(s.T)
		s.c.send("")
	}},
	{name: "R-134 daemon killed at the question", play: func(s *scene) {
		s.c.await(press)
		s.o.answered(s.T) // with a Yes, even
		s.o.kill(s.T)
		s.c.send("")
		s.c.await(`does\s+not\s+answer`)
		s.o.start(s.T)
	}},
	{name: "R-134 daemon killed at the code", gone: true, play: func(s *scene) {
		right := s.o.qrCode(s.T, s.screen())
		s.o.kill(s.T)
		s.c.send(right)
		s.c.await(`does\s+not\s+answer`)
		s.o.start(s.T)
	}},
	{name: "no daemon", play: func(s *scene) {
		s.c.await(press)
		s.o.kill(s.T)
		s.c.send("")
		s.again(false)
		s.c.await(`does\s+not\s+answer`)
		s.o.start(s.T)
	}},
	{name: "R-134 helper killed at the question", play: func(s *scene) {
		s.c.await(press)
		s.o.answered(s.T)
		killHelper(s.T)
		s.c.send("")
	}},
}

// killHelper kills the helper that runs, of all on this machine the one that this test's hosts have started.
func killHelper(t *testing.T) {
	t.Helper()
	found := helpersRunning(t)
	if len(found) != 1 {
		t.Fatalf("%d helpers run", len(found))
	}
	if err := syscall.Kill(found[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// helpersRunning are the helpers that descend from this test.
func helpersRunning(t *testing.T) (pids []int) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(f)))
		if err == nil && bytes.Equal(b, []byte("avow-login\x00helper\x00")) && descends(pid) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// descends reports whether a process is a child, or a child's child, of this one.
func descends(pid int) bool {
	for pid > 1 {
		b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if err != nil {
			return false
		}
		_, rest, _ := bytes.Cut(b, []byte(") "))
		fields := bytes.Fields(rest)
		if len(fields) < 2 {
			return false
		}
		if pid, err = strconv.Atoi(string(fields[1])); err != nil {
			return false
		}
		if pid == os.Getpid() {
			return true
		}
	}
	return false
}
