package main_test

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"
)

// host is a program that asks PAM. sign begins a sign-in; ended waits for its end and says whether it let in.
type host struct {
	name  string
	sign  func(t *testing.T, line string) *terminal
	ended func(t *testing.T, c *terminal) bool
}

// pamtesterHost is pamtester with services of a folder.
func (o *office) pamtesterHost() host {
	return host{
		name: "pamtester",
		sign: func(t *testing.T, line string) *terminal {
			env := o.rig.pamEnv(o.rig.service(t, o.options(line)))
			// On a terminal, since it holds back words but no prompts on a pipe.
			return talkOnTerminal(t, o.place.command(t, append(append([]string{"env"}, env...), "pamtester", "avow-test", o.login, "authenticate")...))
		},
		ended: func(_ *testing.T, c *terminal) bool {
			code, said := c.end()
			return code == 0 && strings.Contains(said, letIn)
		},
	}
}

// terminalHost is a program on a pseudo-terminal, which prints inside, or runs a shell, when it lets in.
func (o *office) terminalHost(name string, args ...string) host {
	const inside = "inside-as-"
	return host{
		name: name,
		sign: func(t *testing.T, line string) *terminal {
			o.place.service(t, name, o.rig.module, o.options(line))
			return talkOnTerminal(t, o.place.command(t, args...))
		},
		ended: func(t *testing.T, c *terminal) bool {
			if name == "login" { // after a Yes its shell asks, which forgets what was typed before; after a No it asks for another user
				if !strings.HasSuffix(c.await(`\$ |[Ii]ncorrect|exceeded`), "$ ") {
					_ = c.cmd.Process.Kill()
				} else {
					c.send("echo inside-as-$(id -un); exit")
				}
			}
			_, said := c.end()
			return strings.Contains(said, inside+"root") || strings.Contains(said, inside+o.login)
		},
	}
}

// talkOnTerminal starts cmd with a pseudo-terminal of its own (pty(7)).
func talkOnTerminal(t *testing.T, cmd *exec.Cmd) *terminal {
	t.Helper()
	ptmx, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(int(ptmx.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(ptmx.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "TERM=linux"}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = tty.Close()
	return listen(t, cmd, ptmx, ptmx)
}

// sshdHost is a real sshd on a loopback port, with a real client.
type sshdHost struct {
	o      *office
	dir    string
	addr   string
	cmd    *exec.Cmd
	signer ssh.PublicKey
}

func (o *office) startSSHD(t *testing.T) *sshdHost {
	t.Helper()
	s := &sshdHost{o: o, dir: filepath.Dir(o.dir)}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = l.Addr().String()
	_ = l.Close()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	if s.signer, err = ssh.NewPublicKey(public); err != nil {
		t.Fatal(err)
	}
	hostKey, cfg := filepath.Join(s.dir, "hostkey"), filepath.Join(s.dir, "sshd_config")
	_, port, _ := net.SplitHostPort(s.addr)
	text := fmt.Sprintf(`ListenAddress 127.0.0.1
Port %s
HostKey %s
PidFile none
UsePAM yes
KbdInteractiveAuthentication yes
PasswordAuthentication no
PubkeyAuthentication no
PermitRootLogin yes
AuthenticationMethods keyboard-interactive
MaxStartups 100
LoginGraceTime 120
ForceCommand id -un
StrictModes no
`, port, hostKey)
	for name, b := range map[string][]byte{hostKey: pem.EncodeToMemory(block), cfg: []byte(text)} {
		if err := os.WriteFile(name, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	args := []string{"/usr/sbin/sshd", "-D", "-e", "-f", cfg}
	s.service(t, "")
	if o.place.etc == "" {
		args = append(append([]string{"env"}, o.rig.pamEnv(filepath.Join(s.dir, "pam"))...), args...)
	}
	s.cmd = o.place.command(t, args...)
	term := talk(t, s.cmd)
	term.await("Server listening")
	return s
}

// service sets the PAM line, when it is another than before.
func (s *sshdHost) service(t *testing.T, line string) {
	t.Helper()
	if s.o.place.etc != "" {
		s.o.place.service(t, "sshd", s.o.rig.module, s.o.options(line))
		return
	}
	dir := filepath.Join(s.dir, "pam")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	made := s.o.rig.service(t, s.o.options(line))
	b, err := os.ReadFile(filepath.Join(made, "avow-test"))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "sshd"), b, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (s *sshdHost) host() host {
	results := map[*terminal]chan error{}
	return host{
		name: "sshd",
		sign: func(t *testing.T, line string) *terminal {
			s.service(t, line)
			typed, in := io.Pipe()
			out, said := io.Pipe()
			c := listen(t, nil, in, out)
			c.t = t
			done := make(chan error, 1)
			results[c] = done
			go func() {
				err := s.connect(t.Context(), bufio.NewReader(typed), said)
				_ = typed.CloseWithError(errors.New("the connection has ended"))
				_ = said.Close()
				done <- err
			}()
			return c
		},
		ended: func(t *testing.T, c *terminal) bool {
			select {
			case err := <-results[c]:
				<-c.ended // what was written last may not be read yet
				if err != nil {
					t.Logf("ssh: %v", err)
				}
				return err == nil && strings.HasSuffix(c.said(), "\n"+s.o.login+"\n")
			case <-time.After(patience):
				t.Fatalf("sshd does not end:\n%s", c.said())
				return false
			}
		},
	}
}

// connect signs in and prints what the forced command prints.
func (s *sshdHost) connect(ctx context.Context, typed *bufio.Reader, said io.Writer) error {
	asks := func(name, instruction string, questions []string, _ []bool) (answers []string, err error) {
		if _, err := io.WriteString(said, name+instruction+"\n"); err != nil {
			return nil, err
		}
		for _, q := range questions {
			if _, err := io.WriteString(said, q); err != nil {
				return nil, err
			}
			line, err := typed.ReadString('\n')
			if err != nil {
				return nil, err
			}
			answers = append(answers, strings.TrimSuffix(line, "\n"))
		}
		return answers, nil
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.addr)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	c, chans, requests, err := ssh.NewClientConn(conn, s.addr, &ssh.ClientConfig{
		User: s.o.login, Auth: []ssh.AuthMethod{ssh.KeyboardInteractive(asks)}, HostKeyCallback: ssh.FixedHostKey(s.signer),
	})
	if err != nil {
		return err
	}
	client := ssh.NewClient(c, chans, requests)
	defer func() { _ = client.Close() }()
	session, err := client.NewSession()
	if err != nil {
		return err
	}
	out, err := session.Output("ignored")
	if err == nil {
		_, err = said.Write(append([]byte("\n"), out...))
	}
	return err
}
