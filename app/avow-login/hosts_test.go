package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

const root = "../.."

// rig is what the tests with real hosts share. They run only as make test-login runs them: they need a C compiler and Debian's programs.
type rig struct {
	dir     string // readable by all, as the helper is nobody
	module  string // pam_avow.so
	program string // avow-login
	fake    string // testdata/helper
	wrapper string // libpam_wrapper.so
}

// TestHosts is one test, so that everything is built once: make test-login, or AVOW_TEST_LOGIN=1 go test -run Hosts/sshd.
func TestHosts(t *testing.T) {
	r := newRig(t)
	t.Run("module", r.testModule)
	t.Run("manners", r.testManners)
	t.Run("memory", r.testMemory)
	t.Run("story", r.testStory)
	t.Run("count", r.testCount)
}

func gated(t *testing.T) {
	t.Helper()
	if os.Getenv("AVOW_TEST_LOGIN") != "1" {
		t.Skip("make test-login runs this")
	}
}

func newRig(t *testing.T) *rig {
	gated(t)
	r := &rig{dir: openDir(t)}
	r.module = filepath.Join(r.dir, "pam_avow.so")
	r.fake = filepath.Join(r.dir, "fake")
	make_(t, "MODULE="+r.module, r.module)
	r.program = filepath.Join(r.dir, "avow-login")
	goBuild(t, r.fake, "./app/avow-login/testdata/helper")
	goBuild(t, r.program, "./app/avow-login")
	found, err := filepath.Glob("/usr/lib*/*/libpam_wrapper.so")
	if more, _ := filepath.Glob("/usr/lib*/libpam_wrapper.so"); err != nil || len(found)+len(more) == 0 {
		t.Fatal("libpam_wrapper.so is missing: sh .ci/login")
	} else {
		r.wrapper = append(found, more...)[0]
	}
	return r
}

// openDir is a temporary folder that everybody may look into. It is not in /tmp, which alone covers.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/var/tmp", "avow-login-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// make_ runs make at the root of the tree, so that what is tested is built as it is installed.
func make_(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "make", append([]string{"-s", "--no-print-directory"}, args...)...)
	cmd.Dir, cmd.Env = root, append(os.Environ(), "MAKEFLAGS=", "MAKELEVEL=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("make %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return string(out)
}

func goBuild(t *testing.T, out, pkg string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-o", out, pkg)
	cmd.Dir, cmd.Env = root, append(os.Environ(), "CGO_ENABLED=0")
	if b, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", pkg, err, b)
	}
}

// service writes a PAM service and returns the folder of services. The line is what stands behind pam_avow.so.
func (r *rig) service(t *testing.T, line string) string {
	t.Helper()
	dir, err := os.MkdirTemp(r.dir, "pam-")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("auth required %s %s\naccount required pam_permit.so\nsession required pam_permit.so\npassword required pam_deny.so\n", r.module, line)
	for name, text := range map[string]string{"avow-test": text, "other": "auth required pam_deny.so\naccount required pam_deny.so\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// alone is a program with these variables and no others. libpam_wrapper 1.1.4 puts its copies into /tmp/pam.X, and of those that start in the same moment
// one in fifty takes another's: each has a /tmp of its own, or its turn where there are no mount namespaces.
func alone(t *testing.T, env []string, args ...string) *exec.Cmd {
	t.Helper()
	all := append(append([]string{"env", "-i"}, env...), args...)
	if namespaces(t) != nil {
		turn.Lock()
		t.Cleanup(turn.Unlock)
		return exec.CommandContext(t.Context(), all[0], all[1:]...)
	}
	return exec.CommandContext(t.Context(), "unshare", append([]string{"-m", "sh", "-c", `mount -t tmpfs none /tmp && exec "$@"`, "sh"}, all...)...)
}

var turn sync.Mutex

// namespaces is why there are no mount namespaces here; nil if there are.
func namespaces(t *testing.T) error {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt").CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	return nil
}

// pamEnv has PAM read its services from a folder of the test (libpam_wrapper, pam_wrapper(1)).
func (r *rig) pamEnv(services string, preload ...string) []string {
	return []string{
		"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "TMPDIR=" + r.dir, "PAM_WRAPPER=1", "PAM_WRAPPER_SERVICE_DIR=" + services,
		"LD_PRELOAD=" + strings.Join(append(preload, r.wrapper), " "),
	}
}
