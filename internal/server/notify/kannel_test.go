//go:build linux

package notify

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"

	mailtext "avow/assets/mail"
	"avow/internal/key"
	"avow/internal/server/notify/template"
	"avow/internal/wire"
)

// apartEnv says that the test runs in a network of its own.
const apartEnv = "AVOW_TEST_APART"

// Kannel's programs, where Debian puts them.
const (
	bearerbox = "/usr/sbin/bearerbox"
	smsbox    = "/usr/sbin/smsbox"
	fakesmsc  = "/usr/lib/kannel/test/fakesmsc"
)

const kannelConf = `group = core
admin-port = 13000
admin-interface = 127.0.0.1
admin-password = none
smsbox-port = 13001
smsbox-interface = 127.0.0.1
box-deny-ip = "*.*.*.*"
box-allow-ip = "127.0.0.1"

group = smsc
smsc = fake
smsc-id = fake
port = 10000
connect-allow-ip = 127.0.0.1

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = 13013
sendsms-interface = 127.0.0.1

group = sendsms-user
username = avow
password = %s
max-messages = 6
concatenation = true
`

// TestServicesKannel sends texts through Kannel to its fake center and reads there what a phone would get. The center listens on all
// addresses, so the whole test runs in a network of its own that has nothing but a loopback.
func TestServicesKannel(t *testing.T) {
	services(t, "unshare", bearerbox, smsbox, fakesmsc)
	if os.Getenv(apartEnv) == "" {
		cmd := exec.Command("unshare", "-rn", "sh", "-c", `PATH="$PATH:/usr/sbin:/sbin" ip link set lo up && exec "$@"`, "sh", os.Args[0], "-test.run=^TestServicesKannel$", "-test.count=1", "-test.timeout=100s", "-test.v")
		cmd.Env = append(os.Environ(), apartEnv+"=1")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS: TestServicesKannel") {
			t.Fatalf("%v\n%s", err, out)
		}
		t.Logf("%s", out)
		return
	}
	conf := filepath.Join(t.TempDir(), "kannel.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, kannelConf, password), 0o600); err != nil {
		t.Fatal(err)
	}
	background(t, nil, bearerbox, "-v", "4", conf)
	answers(t, "127.0.0.1:13001")
	background(t, nil, smsbox, "-v", "4", conf)
	answers(t, "127.0.0.1:13013")
	got := make(chan string, 20)
	background(t, got, fakesmsc, "-H", "127.0.0.1", "-r", "10000", "-m", "1", "1 2 text hello")
	if first := <-got; !strings.Contains(first, "Request Failed") { // the answer to the hello: both are connected
		t.Fatalf("the fake center says %q", first)
	}

	g := Gateway{Preset: Kannel, URL: "http://127.0.0.1:13013/cgi-bin/sendsms", From: "Avow", User: "avow", Secret: key.Secret(password)}
	x, err := NewTexter(g)
	if err != nil {
		t.Fatal(err)
	}
	link := wire.RegistrationLink{Host: "id.example.com", Session: key.Secret("0123456789abcdef")}
	invitation, err := template.ParseText(mailtext.RegistrationText("de"))
	if err != nil {
		t.Fatal(err)
	}
	long := invitation.Render(template.Values{Link: link, Organisation: "Söhne & Co", Expires: noon, Language: "de"}).Text
	for _, body := range []string{"Grüße: für 5 € {ja} ÄÖÜß %41 +1", "Prüfe ’Привет’ 😀", long} {
		if r := x.Send(t.Context(), Text{ID: "m_1", To: "+46465550100", Body: body}); r.Outcome != Sent {
			t.Fatalf("%q: %+v", body, r)
		}
		var all strings.Builder
		for range template.Segments(body).Count {
			all.WriteString(phoneReads(t, <-got))
		}
		if all.String() != body {
			t.Errorf("got  %q\nwant %q", all.String(), body)
		}
	}
	g.Secret = key.Secret("guess")
	if x, err = NewTexter(g); err != nil {
		t.Fatal(err)
	}
	if r := x.Send(t.Context(), Text{ID: "m_1", To: "+46465550100", Body: "no"}); r.Outcome != Failed || strings.Contains(r.Err.Error(), "guess") {
		t.Errorf("wrong password: %+v", r)
	}
}

var gotMessage = regexp.MustCompile(`Got message \d+: <(.*)>`)

// phoneReads decodes a line of the fake center: sender receiver text … | ucs-2 url-encoded | udh header data url-encoded.
func phoneReads(t *testing.T, line string) string {
	t.Helper()
	f := strings.SplitN(line, " ", 4)
	if len(f) != 4 || f[0] != "Avow" || f[1] != "+46465550100" {
		t.Fatalf("the fake center says %q", line)
	}
	if f[2] == "text" {
		return f[3]
	}
	kind, data := f[2], f[3]
	if kind == "udh" {
		p := strings.SplitN(data, " ", 3)
		kind, data = p[1], p[2]
	}
	b, err := url.QueryUnescape(data)
	if err != nil {
		t.Fatal(err)
	}
	if kind != "ucs-2" {
		return b
	}
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = uint16(b[2*i])<<8 | uint16(b[2*i+1])
	}
	return string(utf16.Decode(u))
}

// background starts a program that is ended with the test; what the fake center gets goes to got.
func background(t *testing.T, got chan<- string, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for s := bufio.NewScanner(out); s.Scan(); {
			if m := gotMessage.FindStringSubmatch(s.Text()); m != nil && got != nil {
				got <- m[1]
			}
		}
		_, _ = io.Copy(io.Discard, out)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-read
		_ = cmd.Wait()
	})
}

// answers waits until somebody listens: Kannel says nothing when it is ready.
func answers(t *testing.T, address string) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 500 {
		c, err := net.Dial("tcp", address)
		if err == nil {
			_ = c.Close()
			return
		}
		<-tick.C
	}
	t.Fatalf("nobody listens at %s", address)
}
