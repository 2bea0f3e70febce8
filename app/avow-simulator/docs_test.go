package main

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const root = "../.."

// docs/first-sign-in.sh goes from nothing to the computer that lets somebody in, also when its first port is taken, and leaves
// nothing behind. It builds the programs itself here, as it does for a reader.
func TestFirstSignIn(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	_, port, err := net.SplitHostPort(taken.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	temp := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "docs/first-sign-in.sh")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "TMPDIR="+temp, "AVOW_PORT="+port, "AVOW_BIN=", "GOFLAGS=-buildvcs=false")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out.String(), errs.String())
	}
	at := 0
	for _, want := range []string{
		`^avow-server listens on 127\.0\.0\.1:(\d+) for https://127\.0\.0\.1:(\d+)$`,
		`^user_name +anna\.lind$`,
		`^the link: HTTPS://127\.0\.0\.1:\d+/R#\.\.\.$`,
		`^d_[\w-]+  anna\.lind at Lund Energy .*  waiting  check words: \w+ / \w+$`,
		`^the phone shows: [a-z]+ [a-z]+$`,
		`^status +done$`,
		`^d_[\w-]+  anna\.lind at Lund Energy .*  connected$`,
		`^id +laptop-42$`,
		`^the computer shows: \d{6}$`,
		`^r_[\w-]+  LAPTOP-42 asks for anna\.lind  match: number `,
		`^r_[\w-]+  you said to LAPTOP-42: Yes$`,
		`^decision +approved$`,
		`^user_name +anna\.lind$`,
		`^the computer's exit code: 0$`,
	} {
		found := regexp.MustCompile("(?m)" + want).FindStringIndex(out.String()[at:])
		if found == nil {
			t.Fatalf("%s is missing after byte %d of\n%s", want, at, out.String())
		}
		at += found[1]
	}
	if errs.Len() > 0 {
		t.Errorf("on standard error:\n%s", errs.String())
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("it leaves %v behind, %v", left, err)
	}
}

var (
	aTime = regexp.MustCompile(`20\d\d-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}`)
	aPIN  = regexp.MustCompile(`\b\d{8}\b`)
)

// plainText takes out what is another each time.
func plainText(s string) string {
	return aPIN.ReplaceAllString(aTime.ReplaceAllString(s, "TIME"), "PIN")
}

// docs/session.sh runs, prints what README.md shows, and leaves nothing behind.
func TestSessionScript(t *testing.T) {
	t.Parallel()
	bin, temp := t.TempDir(), t.TempDir()
	build(t, "CGO_ENABLED=0 go build -o "+bin+"/ ./app/avow-server ./app/avow-admin")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "docs/session.sh")
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "TMPDIR="+temp, "AVOW_BIN="+bin)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out.String(), errs.String())
	}
	got := plainText(out.String())
	shown := regexp.MustCompile("(?s)```console\n(.*?)```").FindAllStringSubmatch(read(t, "README.md"), -1)
	if len(shown) != 1 || !strings.Contains(shown[0][1], "avow-admin session add user1 --hours-to-live 8 --notify --force") {
		t.Fatalf("README.md shows %d sessions of commands", len(shown))
	}
	if !strings.Contains(got, plainText(shown[0][1])) {
		t.Errorf("README.md shows\n%s\nand the script prints\n%s", plainText(shown[0][1]), got)
	}
	at := 0
	for _, want := range []string{
		`^    "NotificationSentTimestamp": null$`, `^user1,maja,`, `^Made       : 2$`, `^exit code 1$`, `^user1,failed$`, `^user3,made$`, `^Status                    : revoked$`,
		`^Made       : 1$`, `^MadeBefore : 2$`,
	} {
		found := regexp.MustCompile("(?m)" + want).FindStringIndex(got[at:])
		if found == nil {
			t.Fatalf("%s is missing after byte %d of\n%s", want, at, got)
		}
		at += found[1]
	}
	if want := "avow-admin: 1 of 3 were not made: correct what the report says, and run the same again for them\n"; errs.String() != want {
		t.Errorf("on standard error:\n%s", errs.String())
	}
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("it leaves %v behind, %v", left, err)
	}
}

// Each command that README.md shows is one that a test or a check in .ci/run runs.
func TestReadmeCommands(t *testing.T) {
	readme, makefile, ci := read(t, "README.md"), read(t, "Makefile"), read(t, ".ci/run")
	manual, script := read(t, "docs/operations.md"), read(t, "docs/first-sign-in.sh")
	scripts, err := filepath.Glob("testdata/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	run := []string{"sh docs/first-sign-in.sh"} // TestFirstSignIn
	run = append(run, linesOf(manual, "$ ")...) // TestOperationsManual in app/avow-server
	run = append(run, linesOf(script, "")...)
	for _, path := range scripts { // TestScripts
		run = append(run, linesOf(read(t, filepath.Join("app/avow-simulator", path)), "exec ")...)
	}
	for _, target := range regexp.MustCompile(`\bmake ([a-z-]+)`).FindAllStringSubmatch(ci, -1) {
		run = append(run, "make "+target[1])
	}
	blocks := regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(readme, -1)
	if len(blocks) == 0 {
		t.Fatal("README.md shows no command")
	}
	for _, block := range blocks {
		for _, line := range linesOf(block[1], "") {
			command, _, _ := strings.Cut(line, "  #")
			command = strings.TrimSpace(command)
			switch {
			case strings.Contains(command, "go build "):
				build(t, command)
			case !slices.Contains(run, command):
				t.Errorf("nothing runs %q", command)
			}
		}
	}
	for _, target := range regexp.MustCompile("make ([a-z-]+)").FindAllStringSubmatch(readme, -1) {
		if !regexp.MustCompile(`(?m)^` + target[1] + `:`).MatchString(makefile) {
			t.Errorf("the Makefile has no target %s", target[1])
		}
	}
	for _, want := range []string{"make run", "make test"} {
		if !slices.Contains(linesOf(readme, ""), want) {
			t.Errorf("README.md does not show %q on a line of its own", want)
		}
	}
}

// build runs a go build of the README, into a folder of the test.
func build(t *testing.T, command string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", "-eu", "-c", strings.Replace(command, "-o bin/", "-o "+t.TempDir()+"/", 1))
	cmd.Dir, cmd.Env = root, append(os.Environ(), "GOFLAGS=-buildvcs=false")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", command, err, out)
	}
}

// Every file that a document links to is there.
func TestLinks(t *testing.T) {
	docs, err := filepath.Glob(root + "/docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(docs, root+"/README.md") {
		text := read(t, strings.TrimPrefix(path, root))
		for _, link := range regexp.MustCompile(`(?:\]\(|src="|srcset="|href=")([^)"#]+)`).FindAllStringSubmatch(text, -1) {
			if strings.Contains(link[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), link[1])); err != nil {
				t.Errorf("%s links to %s: %v", path, link[1], err)
			}
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// linesOf are the lines of a text that start with prefix, without it; comments and empty lines are left out.
func linesOf(text, prefix string) []string {
	var found []string
	for line := range strings.Lines(text) {
		line, ok := strings.CutPrefix(strings.TrimSpace(line), prefix)
		if ok && line != "" && !strings.HasPrefix(line, "#") {
			found = append(found, line)
		}
	}
	return found
}
