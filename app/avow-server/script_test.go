package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"avow/internal/client"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"avow-server": main})
}

// TestScripts runs the program as a process of its own, but for "start", which runs it here so that the script can wait for it.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata",
		Setup: func(env *testscript.Env) error {
			port, err := freePort()
			env.Setenv("ADDRESS", "127.0.0.1:"+port)
			env.Setenv("ISSUER", "https://127.0.0.1:"+port)
			return err
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"start": start, "stop": stop, "users": users, "discover": discover, "private": private_, "sql": changeDatabase, "waitfor": waitFor,
		},
	})
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return "", err
	}
	return port, l.Close()
}

// server is a run that start began. Scripts run in parallel.
type running struct {
	cancel context.CancelFunc
	code   chan int
	errors *bytes.Buffer
}

var (
	mu      sync.Mutex
	servers = map[*testscript.TestScript]running{}
)

// start ARGS runs "avow-server run ARGS" until stop, and waits until it listens.
func start(ts *testscript.TestScript, _ bool, args []string) {
	ctx, cancel := context.WithCancel(context.Background())
	r, w := io.Pipe()
	s := running{cancel, make(chan int, 1), &bytes.Buffer{}}
	for i, a := range args {
		if !strings.HasPrefix(a, "-") {
			args[i] = ts.MkAbs(a)
		}
	}
	go func() {
		s.code <- run(ctx, append([]string{"run"}, args...), w, s.errors)
		_ = w.Close()
	}()
	line, err := bufio.NewReader(r).ReadString('\n')
	if err != nil {
		ts.Fatalf("the server did not start: exit code %d\n%s", <-s.code, s.errors)
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
	ts.Logf("%s", line)
	mu.Lock()
	defer mu.Unlock()
	servers[ts] = s
	ts.Defer(cancel)
}

// stop ends the server and wants the exit code 0. It writes the log to log.txt.
func stop(ts *testscript.TestScript, _ bool, _ []string) {
	mu.Lock()
	s := servers[ts]
	mu.Unlock()
	s.cancel()
	code := <-s.code
	ts.Check(os.WriteFile(ts.MkAbs("log.txt"), s.errors.Bytes(), 0o600))
	if code != 0 {
		ts.Fatalf("exit code %d\n%s", code, s.errors)
	}
}

// users FILE asks the server for its users with a credential, as avow-admin does; "! users" wants it to find that this is another server.
func users(ts *testscript.TestScript, neg bool, args []string) {
	c, err := client.ParseCredential([]byte(ts.ReadFile(args[0])))
	ts.Check(err)
	a := client.NewAdmin(c, client.Options{})
	defer a.Close()
	_, err = a.Users(context.Background())
	if neg && !errors.Is(err, client.ErrPinMismatch) {
		ts.Fatalf("got %v, want a hard stop", err)
	}
	if !neg {
		ts.Check(err)
	}
}

// discover FILE ORGANISATION asks the server who it is, by the pin of the credential's identity.
func discover(ts *testscript.TestScript, _ bool, args []string) {
	c, err := client.ParseCredential([]byte(ts.ReadFile(args[0])))
	ts.Check(err)
	s, err := client.DiscoverIssuer(context.Background(), c.Server.Issuer, c.Server.Identity.Thumbprint().Pin(), client.Options{})
	ts.Check(err)
	if s.Organisation != args[1] || len(s.TLSKeys) == 0 {
		ts.Fatalf("it says %+v", s)
	}
}

// private FILES wants files that only their owner may read.
func private_(ts *testscript.TestScript, _ bool, args []string) {
	for _, path := range args {
		info, err := os.Stat(ts.MkAbs(path))
		ts.Check(err)
		if info.Mode().Perm() != 0o600 {
			ts.Fatalf("%s has mode %v", path, info.Mode())
		}
	}
}

// A server that is told to stop by SIGTERM finishes and exits with 0.
func TestTerm(t *testing.T) {
	dir := t.TempDir()
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if code := run(t.Context(), []string{
		"init", "--dir", dir, "--issuer", "https://127.0.0.1:" + port, "--organisation", "Example", "--listen", "127.0.0.1:0", "--admin", "maja",
	}, &out, &out); code != 0 {
		t.Fatal(out.String())
	}
	address := filepath.Join(dir, "address")
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Args = []string{"avow-server", "run", "--config", filepath.Join(dir, configFile), "--address-file", address}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("%v\n%s", err, log.String())
	}
	written, err := os.ReadFile(address)
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("avow-server listens on %s for https://127.0.0.1:%s\n", strings.TrimSpace(string(written)), port); line != want {
		t.Errorf("it says %q, want %q", line, want)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, log.String())
	}
}

// A second server on the same folder is refused, also on another port; when the first is killed, and not stopped, the next starts at once.
func TestOneServer(t *testing.T) {
	dir := t.TempDir()
	var out bytes.Buffer
	if code := run(t.Context(), []string{
		"init", "--dir", dir, "--issuer", "https://127.0.0.1:1", "--organisation", "Example", "--listen", "127.0.0.1:0", "--admin", "maja",
	}, &out, &out); code != 0 {
		t.Fatal(out.String())
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	first, said := exec.CommandContext(t.Context(), self), bytes.Buffer{}
	first.Args, first.Stderr = []string{"avow-server", "run", "--config", filepath.Join(dir, configFile)}, &said
	stdout, err := first.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // a second one that is not refused would go on for ever
	defer cancel()
	out.Reset()
	want := fmt.Sprintf("avow-server: Another avow-server uses the folder %q. Stop that one first, or give this one a folder of its own in data_dir.\n", filepath.Join(dir, "data"))
	if code := run(ctx, []string{"run", "--config", filepath.Join(dir, configFile)}, &out, &out); code != exitFailed || out.String() != want {
		t.Errorf("exit code %d: %s", code, out.String())
	}
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait()
	r, w := io.Pipe()
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"run", "--config", filepath.Join(dir, configFile)}, w, &said)
		_ = w.Close()
	}()
	if line, err := bufio.NewReader(r).ReadString('\n'); err != nil {
		t.Errorf("after a kill: %q %v %s", line, err, said.String())
	}
	go func() { _, _ = io.Copy(io.Discard, r) }()
	cancel()
	if c := <-code; c != 0 {
		t.Errorf("exit code %d\n%s", c, said.String())
	}
}
