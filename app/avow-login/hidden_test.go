package main

import (
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"avow/internal/computer/local"
)

// whatever runs as the helper's user, which is nobody where avow-login is missing, cannot put words into the helper's mouth: the memory
// of the helper, and so its way to the module, is closed to it.
func TestHelperIsHidden(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("only root can be two users")
	}
	uid, _ := helperUID()
	if uid == 0 {
		t.Skip("there is no user for helpers here")
	}
	dir, err := os.MkdirTemp("", "avow") // nobody must get there
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	socket := filepath.Join(dir, "s")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if err := l.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	for path, mode := range map[string]os.FileMode{dir: 0o755, socket: 0o666} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}

	other, _ := as(t, uid, "cat")
	if err := openMemory(t, uid, other.Process.Pid); err != nil {
		t.Skipf("this machine closes the memory of every process: %v", err)
	}
	helper, in := as(t, uid, programIn(t, dir), "helper")
	start := local.Start{User: "anna", Service: "sudo", Timeout: local.DefaultTimeout, Socket: socket}.Encode()
	if _, err := io.WriteString(in, frame('S', string(start))); err != nil {
		t.Fatal(err)
	}
	c, err := l.Accept() // what the helper does first is done
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	if err := openMemory(t, uid, helper.Process.Pid); err == nil {
		t.Error("another process of its user can write into the helper's memory")
	}
}

// programIn is this test's program under the name by which TestMain makes it avow-login.
func programIn(t *testing.T, dir string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "avow-login")
	if err := os.WriteFile(path, b, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// as starts a program as a user; it ends with the test.
func as(t *testing.T, uid uint32, name string, args ...string) (*exec.Cmd, io.Writer) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = in.Close(); _ = cmd.Process.Kill(); _ = cmd.Wait() })
	return cmd, in
}

// openMemory tries as a user to open a process's memory for writing.
func openMemory(t *testing.T, uid uint32, pid int) error {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-c", "exec 3<>/proc/"+strconv.Itoa(pid)+"/mem")
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	return cmd.Run()
}
