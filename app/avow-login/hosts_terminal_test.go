package main_test

import (
	"io"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"testing"
	"time"
)

// patience ends a test that hangs; nothing is measured by it.
const patience = 60 * time.Second

// terminal is a program that talks, and what it has said so far.
type terminal struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.WriteCloser

	mu    sync.Mutex
	text  []byte
	read  int // up to here await has looked
	news  chan struct{}
	ended chan struct{} // closed when nothing more will be said
}

// talk starts cmd with pipes; what it says on both outputs is one text.
func talk(t *testing.T, cmd *exec.Cmd) *terminal {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = w.Close()
	return listen(t, cmd, in, r)
}

func listen(t *testing.T, cmd *exec.Cmd, in io.WriteCloser, out io.ReadCloser) *terminal {
	term := &terminal{t: t, cmd: cmd, in: in, news: make(chan struct{}, 1), ended: make(chan struct{})}
	go func() {
		defer close(term.ended)
		defer func() { _ = out.Close() }()
		b := make([]byte, 4096)
		for {
			n, err := out.Read(b)
			term.mu.Lock()
			term.text = append(term.text, b[:n]...)
			term.mu.Unlock()
			select {
			case term.news <- struct{}{}:
			default:
			}
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		_ = in.Close()
		if cmd != nil && cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	return term
}

// said is everything so far.
func (s *terminal) said() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return string(s.text)
}

// await waits for what matches behind all that was awaited before, and returns what was said up to its end.
func (s *terminal) await(pattern string) string {
	s.t.Helper()
	re := regexp.MustCompile(pattern)
	over := time.After(patience)
	for {
		s.mu.Lock()
		if at := re.FindIndex(s.text[s.read:]); at != nil {
			found := string(s.text[s.read : s.read+at[1]])
			s.read += at[1]
			s.mu.Unlock()
			return found
		}
		s.mu.Unlock()
		select {
		case <-s.news:
		case <-s.ended:
			if !re.Match(s.text[s.read:]) {
				s.t.Fatalf("it ended without %q:\n%s", pattern, s.said())
			}
		case <-over:
			s.t.Fatalf("no %q after %s:\n%s", pattern, patience, s.said())
		}
	}
}

func (s *terminal) send(line string) {
	s.t.Helper()
	if _, err := io.WriteString(s.in, line+"\n"); err != nil {
		s.t.Fatalf("type %q: %v\n%s", line, err, s.said())
	}
}

// end waits until the program has ended and returns its exit code, and everything that it said.
func (s *terminal) end() (int, string) {
	s.t.Helper()
	done := make(chan error, 1)
	go func() { done <- s.cmd.Wait() }()
	select {
	case <-done:
	case <-time.After(patience):
		_ = s.cmd.Process.Kill()
		s.t.Fatalf("it does not end:\n%s", s.said())
	}
	select {
	case <-s.ended:
	case <-time.After(patience):
		s.t.Fatalf("somebody holds its output:\n%s", s.said())
	}
	return s.cmd.ProcessState.ExitCode(), s.said()
}
