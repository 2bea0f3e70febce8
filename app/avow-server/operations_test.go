package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"avow/internal/client"
	"avow/internal/server/config"
)

const operations = "../../docs/operations.md"

// blocks of a kind in docs/operations.md.
func blocks(t *testing.T, kind string) []string {
	t.Helper()
	b, err := os.ReadFile(operations)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, m := range regexp.MustCompile("(?s)```"+kind+"\n(.*?)```").FindAllStringSubmatch(string(b), -1) {
		found = append(found, m[1])
	}
	if len(found) == 0 {
		t.Fatalf("no %s in %s", kind, operations)
	}
	return found
}

// manual runs the commands of docs/operations.md with its host and folders put into a temporary one.
type manual struct {
	t       *testing.T
	dir     string
	env     []string
	replace *strings.Replacer
	server  *exec.Cmd
	log     bytes.Buffer
}

// Every command in docs/operations.md works, in its order. Only what needs root is played: systemctl starts and stops the real program.
func TestOperationsManual(t *testing.T) {
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	m := &manual{
		t: t, dir: dir,
		env: append(os.Environ(), "PATH="+filepath.Join(dir, "usr")+string(os.PathListSeparator)+os.Getenv("PATH")),
		replace: strings.NewReplacer(
			"https://id.example.com", "https://127.0.0.1:"+port, "/srv", filepath.Join(dir, "srv"), "/usr/local/bin", filepath.Join(dir, "usr"),
			"--admin maja", "--admin maja --listen 127.0.0.1:"+port,
		),
	}
	for _, d := range []string{"srv", "usr"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(m.stop)
	for _, block := range blocks(t, "console") {
		for line := range strings.Lines(block) {
			line, ok := strings.CutPrefix(strings.TrimSpace(line), "$ ")
			if !ok {
				t.Fatalf("%q is no command", line)
			}
			m.do(line)
		}
	}
}

func (m *manual) do(line string) {
	m.t.Helper()
	command := m.replace.Replace(line)
	switch {
	case line == "make build":
		m.build()
	case strings.HasPrefix(line, "avow-server init"):
		m.shell(command)
		m.configureMail()
	case strings.HasPrefix(line, "export "):
		m.env = append(m.env, strings.TrimPrefix(command, "export "))
	case strings.HasPrefix(line, "avow-server run"):
		m.start(command)
		m.stop()
	case strings.HasPrefix(line, "systemctl enable --now"), strings.HasPrefix(line, "systemctl start"):
		m.start(m.unitCommand())
	case strings.HasPrefix(line, "systemctl stop"):
		m.stop()
	case strings.HasPrefix(line, "curl") && !found("curl"):
		m.t.Logf("not run, since this machine has no curl: %s", line)
	default:
		m.shell(command)
	}
}

// configureMail is the table [mail] of the manual as somebody would write it here: a mail server on this machine, which is not there, so that what is sent waits.
func (m *manual) configureMail() {
	m.t.Helper()
	path := filepath.Join(m.dir, "srv", "avow", configFile)
	b, err := os.ReadFile(path)
	if err != nil {
		m.t.Fatal(err)
	}
	text := string(b)
	for was, is := range map[string]string{`host = ""`: `host = "127.0.0.1"`, `port = 587`: `port = 9`, `from = ""`: `from = "avow@example.com"`, `tls = "starttls"`: `tls = "plain"`} {
		head, mail, found := strings.Cut(text, "\n[mail]\n")
		if !found || !strings.Contains(mail, "\n"+was+"\n") {
			m.t.Fatalf("%s does not stand under [mail] in %s", was, path)
		}
		text = head + "\n[mail]\n" + strings.Replace(mail, "\n"+was+"\n", "\n"+is+"\n", 1)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

func found(program string) bool {
	_, err := exec.LookPath(program)
	return err == nil
}

// build is make build into a folder of the test, so that the tree stays as it is; without -trimpath, which would compile everything anew.
func (m *manual) build() {
	m.t.Helper()
	cmd := exec.CommandContext(m.t.Context(), "go", "build", "-buildvcs=false", "-o", filepath.Join(m.dir, "bin")+"/", "./app/avow-server", "./app/avow-admin")
	cmd.Dir, cmd.Env = "../..", append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		m.t.Fatalf("build: %v\n%s", err, out)
	}
}

func (m *manual) shell(command string) {
	m.t.Helper()
	cmd := exec.CommandContext(m.t.Context(), "sh", "-eu", "-c", command)
	cmd.Dir, cmd.Env = m.dir, m.env
	if out, err := cmd.CombinedOutput(); err != nil {
		m.t.Errorf("%s: %v\n%s%s", command, err, out, m.log.String())
	}
}

// unitCommand is what the systemd unit of the manual runs.
func (m *manual) unitCommand() string {
	m.t.Helper()
	for _, unit := range blocks(m.t, "ini") {
		for line := range strings.Lines(unit) {
			if c, ok := strings.CutPrefix(strings.TrimSpace(line), "ExecStart="); ok {
				return m.replace.Replace(c)
			}
		}
	}
	m.t.Fatal("the unit starts nothing")
	return ""
}

func (m *manual) start(command string) {
	m.t.Helper()
	m.server = exec.Command("sh", "-eu", "-c", "exec "+command)
	m.server.Dir, m.server.Env, m.server.Stderr = m.dir, m.env, &m.log
	out, err := m.server.StdoutPipe()
	if err != nil {
		m.t.Fatal(err)
	}
	if err := m.server.Start(); err != nil {
		m.t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || !strings.HasPrefix(line, "avow-server listens on ") {
		m.t.Fatalf("%s: %q %v\n%s", command, line, err, m.log.String())
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
}

func (m *manual) stop() {
	if m.server == nil {
		return
	}
	err := m.server.Process.Signal(syscall.SIGTERM)
	if err == nil {
		err = m.server.Wait()
	}
	if err != nil {
		m.t.Errorf("stop: %v\n%s", err, m.log.String())
	}
	m.server = nil
}

// Each piece of configuration in the manual is one that the server reads.
func TestOperationsConfiguration(t *testing.T) {
	for _, text := range blocks(t, "toml") {
		dir := t.TempDir()
		certFile, keyFile := madeFor(t, "id.example.com")
		text = strings.NewReplacer(
			"/etc/ssl/id.example.com.pem", certFile, "/etc/ssl/private/id.example.com.key", keyFile, "/etc/ssl/proxy.pem", certFile,
			"/etc/ssl/mail-authority.pem", certFile,
			"/etc/ssl/directory-ca.pem", certFile,
			"/mnt/audit", dir,
		).Replace(text)
		path := filepath.Join(dir, configFile)
		for name, b := range map[string]string{
			path:                                     "issuer = \"https://id.example.com\"\norganisation = \"Example Ltd\"\n" + text,
			filepath.Join(dir, "mail-password"):      "secret\n",
			filepath.Join(dir, "text-secret"):        "secret\n",
			filepath.Join(dir, "directory-password"): "secret\n",
		} {
			if err := os.WriteFile(name, []byte(b), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		cfg, err := config.Load(path)
		if err != nil {
			t.Errorf("%s\n%v", text, err)
			continue
		}
		if cfg.SelfMade() {
			continue
		}
		c, err := openCertificate(cfg, nil, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		leaf, err := firstCertificate(certFile)
		if err != nil || c.listed()[0] != string(client.SPKI(leaf)) {
			t.Errorf("listed %q, %v", c.listed(), err)
		}
	}
}
