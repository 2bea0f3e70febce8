package main_test

import (
	"os"
	"strconv"
	"testing"

	"avow/internal/phone"
	"avow/internal/phone/platform"
)

// TestHostsBroken is what goes wrong in the middle of a sign-in, and what must not be good twice (R-134, D17).
func TestHostsBroken(t *testing.T) {
	r := newRig(t)
	o := openOffice(t, r, newPlace(t, r))
	for _, h := range []host{o.pamtesterHost(), o.startSSHD(t).host()} {
		t.Run(h.name, func(t *testing.T) {
			for name, play := range mishaps {
				t.Run(name, func(t *testing.T) {
					defer o.revive(t)
					o.signIn(t, h)
					play(&scene{T: t, o: o, h: h})
				})
			}
		})
	}
}

// away is the time without a server of one case.
func (s *scene) away(play func()) {
	s.Helper()
	s.o.gone(s.T)
	defer s.o.back(s.T)
	play()
}

// result is that of the sign-in that runs.
func (s *scene) result(in bool) {
	s.Helper()
	if got := s.h.ended(s.T, s.c); got != in {
		s.Errorf("let in: %v, want %v\n%s", got, in, s.c.said())
	}
}

var mishaps = map[string]func(*scene){
	"helper killed at the code": func(s *scene) {
		s.away(func() {
			s.begin("")
			right := s.o.qrCode(s.T, s.screen())
			killHelper(s.T)
			s.c.send(right)
			s.result(false)
		})
	},
	"server goes at the question": func(s *scene) {
		s.o.say(saysNothing)
		s.begin("")
		s.c.await(press)
		s.o.answered(s.T)
		s.away(func() {
			s.c.send("")
			s.c.send(s.o.qrCode(s.T, s.screen()))
			s.result(true)
		})
	},
	"code for a QR is good once": func(s *scene) {
		s.away(func() {
			s.begin("")
			right := s.o.qrCode(s.T, s.screen())
			s.c.send(right)
			s.result(true)
			s.begin("")
			s.typeCode(right) // it is of a QR that is no longer shown
			s.c.await("(?i)wrong")
			s.c.await(code)
			s.c.send(s.o.listCode(s.T))
			s.result(true)
		})
	},
	"a QR does not outlive the daemon": func(s *scene) {
		s.away(func() {
			s.begin("")
			right := s.o.qrCode(s.T, s.screen())
			s.o.kill(s.T)
			s.c.send(right)
			s.result(false)
			s.o.start(s.T)
			s.begin("")
			s.typeCode(right)
			s.c.await("(?i)wrong")
			s.c.await(code)
			s.c.send(s.o.listCode(s.T))
			s.result(true)
		})
	},
	"a used code stays used when the daemon is killed at once": func(s *scene) {
		s.away(func() {
			s.begin("")
			used := s.o.listCode(s.T)
			s.typeCode(used)
			s.result(true)
			s.o.kill(s.T)
			s.o.start(s.T)
			s.begin("")
			s.typeCode(used)
			s.c.await(`used\s+already`)
			s.typeCode(s.o.listCode(s.T))
			s.result(true)
		})
	},
	"daemon killed while it waits for the phone": func(s *scene) {
		s.o.say(saysNothing)
		s.begin("wait=auto")
		s.o.answered(s.T)
		s.o.kill(s.T)
		for _, q := range s.o.phone.State().Requests { // it is open still; a Yes that comes too late opens nothing
			if _, err := s.o.phone.Approve(s.Context(), q.ID, phone.Match{}, platform.Prompt{}); err != nil {
				s.Error(err)
			}
		}
		s.result(false)
	},
	"helper killed while it waits for the phone": func(s *scene) {
		s.o.say(saysNothing)
		s.begin("wait=auto")
		s.o.answered(s.T)
		killHelper(s.T)
		s.result(false)
	},
}

// sign-ins one after the other at programs that become somebody else, a fifth of AVOW_LOGIN_COUNT (100) each: none hangs, nothing is left.
func TestHostsTerminals(t *testing.T) {
	r := newRig(t)
	o := openOffice(t, r, newPlace(t, r))
	if o.place.etc == "" {
		t.Skip("no mount namespace here")
	}
	n := 100
	if s := os.Getenv("AVOW_LOGIN_COUNT"); s != "" {
		var err error
		if n, err = strconv.Atoi(s); err != nil {
			t.Fatal(err)
		}
	}
	for _, h := range o.terminalHosts() {
		t.Run(h.name, func(t *testing.T) {
			o.signIn(t, h)
			daemon := o.daemon.cmd.Process.Pid
			files, memory := descriptors(t, daemon), resident(t, daemon)
			for range n / 5 {
				o.once(t, h)
			}
			if left := helpersRunning(t); len(left) > 0 {
				t.Errorf("helpers are left: %v", left)
			}
			if now := descriptors(t, daemon); now > files+2 { // a connection to the server may be open or not
				t.Errorf("the daemon has %d descriptors, before %d", now, files)
			}
			t.Logf("%d sign-ins; daemon %d -> %d KiB", n/5, memory>>10, resident(t, daemon)>>10)
		})
	}
}

// terminalHosts are the programs that need a terminal, and services of their own. They are run by anna, since root is not asked.
func (o *office) terminalHosts() []host {
	as := []string{"setpriv", "--reuid=" + lindUID, "--regid=" + lindUID, "--clear-groups"}
	return []host{
		o.terminalHost("su", append(as, "su", o.login, "-c", "echo inside-as-$(id -un)")...),
		o.terminalHost("sudo", append(as, "sudo", "-k", "sh", "-c", "echo inside-as-$(id -un)")...),
		o.terminalHost("login", "login", o.login),
	}
}
