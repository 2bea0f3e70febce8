package main_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// make install-login puts these below DESTDIR, and make uninstall-login takes exactly these away.
func TestHostsInstall(t *testing.T) {
	gated(t)
	dest := t.TempDir()
	module := filepath.Join(t.TempDir(), "pam_avow.so")
	args := []string{"DESTDIR=" + dest, "MODULE=" + module, "BIN=" + t.TempDir()}
	make_(t, append(args, "install-login")...)
	multiarch := strings.TrimSpace(make_(t, "--eval=print-pamdir:; @echo $(PAMDIR)", "print-pamdir"))
	want := []string{
		"/usr/lib/systemd/system/avow-login.service", "/usr/lib/sysusers.d/avow-login.conf", "/usr/lib/tmpfiles.d/avow-login.conf", multiarch + "/pam_avow.so",
		"/usr/libexec/avow-login/avow-login", "/usr/sbin/avow-login", "/usr/share/doc/avow-login/computer-login.md", "/usr/share/doc/avow-login/pam/lightdm",
		"/usr/share/doc/avow-login/pam/login", "/usr/share/doc/avow-login/pam/sshd", "/usr/share/doc/avow-login/pam/sudo",
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, files(t, dest)); diff != "" {
		t.Error(diff)
	}
	out, err := exec.CommandContext(t.Context(), filepath.Join(dest, "/usr/sbin/avow-login"), "version").CombinedOutput()
	if err != nil || !strings.HasPrefix(string(out), "avow-login") {
		t.Errorf("the installed program: %v\n%s", err, out)
	}
	if b, err := os.ReadFile(module); err != nil || !strings.Contains(string(b), "/usr/libexec/avow-login/avow-login\x00") {
		t.Errorf("the module starts another helper, %v", err)
	}
	mine := filepath.Join(dest, "usr/share/doc/mine")
	if err := os.WriteFile(mine, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	make_(t, append(args, "uninstall-login")...)
	if diff := cmp.Diff([]string{"/usr/share/doc/mine"}, files(t, dest)); diff != "" {
		t.Error(diff)
	}
	for _, dir := range []string{"usr/libexec/avow-login", "usr/share/doc/avow-login"} {
		if _, err := os.Stat(filepath.Join(dest, dir)); err == nil {
			t.Errorf("%s is left", dir)
		}
	}
}

func files(t *testing.T, dir string) (found []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			found = append(found, strings.TrimPrefix(path, dir))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	return found
}

// systemd reads the unit, if it is here.
func TestHostsUnit(t *testing.T) {
	gated(t)
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("no systemd-analyze here")
	}
	b, err := os.ReadFile("dist/avow-login.service")
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(string(b), "/usr/libexec/avow-login/avow-login", "/bin/true", 1) // it need not be installed
	text = regexp.MustCompile(`(?m)^Documentation=.*\n`).ReplaceAllString(text, "")
	unit := filepath.Join(t.TempDir(), "avow-login.service")
	if err := os.WriteFile(unit, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.CommandContext(t.Context(), "systemd-analyze", "verify", unit).CombinedOutput(); err != nil || strings.Contains(string(out), "avow-login.service:") {
		t.Errorf("%v\n%s", err, out)
	}
}
