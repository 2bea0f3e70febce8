package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
)

// place is where hosts run. In a mount namespace of the test they see its own /etc/pam.d, users and sudoers, and nothing under the real /etc
// changes. Where a namespace cannot be made (a container without the right), etc is "": then only what libpam_wrapper can lead runs.
type place struct {
	etc string
	own string // login of whoever runs the test, without a namespace
}

const lindUID = "4711"

func newPlace(t *testing.T, r *rig) place {
	t.Helper()
	me, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	p := place{own: me.Username}
	if err := namespaces(t); err != nil {
		t.Logf("no mount namespace here, so su, sudo and login are not tried: %v", err)
		return p
	}
	p.etc = filepath.Join(r.dir, "etc")
	if err := os.MkdirAll(filepath.Join(p.etc, "pam.d"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"passwd": "root:x:0:0:root:/root:/bin/sh\nsshd:x:100:65534::/run/sshd:/usr/sbin/nologin\nnobody:x:65534:65534::/:/usr/sbin/nologin\n" +
			"avow-login:x:4712:4712::/:/usr/sbin/nologin\nanna.lind:x:" + lindUID + ":" + lindUID + ":Anna Lind:/:/bin/sh\n",
		"group":         "root:x:0:\ntty:x:5:\nutmp:x:43:\nshadow:x:42:\nnogroup:x:65534:\navow-login:x:4712:\nanna.lind:x:" + lindUID + ":\n",
		"shadow":        "root:*:20000:0:99999:7:::\nanna.lind:*:20000:0:99999:7:::\n",
		"nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\n",
		"sudoers":       "Defaults lecture=never,!use_pty,!syslog,passwd_tries=1\nroot ALL=(ALL:ALL) ALL\nanna.lind ALL=(ALL:ALL) ALL\n",
		"login.defs":    "LOGIN_TIMEOUT 60\nLOGIN_RETRIES 1\nMAIL_DIR /var/mail\n",
		"pam.d/other":   "auth required pam_deny.so\naccount required pam_deny.so\n",
	} {
		mode := os.FileMode(0o644)
		if name == "sudoers" {
			mode = 0o440
		}
		if err := os.WriteFile(filepath.Join(p.etc, name), []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

func (p place) login() string {
	if p.etc == "" {
		return p.own
	}
	return "anna.lind"
}

// service writes /etc/pam.d/NAME of the namespace.
func (p place) service(t *testing.T, name, module, line string) {
	t.Helper()
	text := fmt.Sprintf("auth required %s %s\naccount required pam_permit.so\nsession required pam_permit.so\npassword required pam_deny.so\n", module, line)
	if err := os.WriteFile(filepath.Join(p.etc, "pam.d", name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// command is one that runs in the place.
func (p place) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	if p.etc == "" {
		return exec.Command(args[0], args[1:]...)
	}
	var script strings.Builder
	script.WriteString("set -e\nmount --bind " + p.etc + "/pam.d /etc/pam.d\nmkdir -p /run/sshd\n")
	for _, name := range []string{"passwd", "group", "shadow", "nsswitch.conf", "sudoers", "login.defs"} {
		fmt.Fprintf(&script, "test -e /etc/%s && mount --bind %s/%s /etc/%s\n", name, p.etc, name, name)
	}
	script.WriteString("exec \"$@\"\n")
	return exec.Command("unshare", append([]string{"-m", "sh", "-c", script.String(), "sh"}, args...)...)
}
