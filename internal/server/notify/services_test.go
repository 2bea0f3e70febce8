package notify

import (
	"bufio"
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"image/png"
	"io"
	"math/big"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	mailtext "avow/assets/mail"
	"avow/internal/key"
	"avow/internal/qr"
	"avow/internal/server/notify/template"
	"avow/internal/wire"
)

// services skips a test that needs real services.
func services(t *testing.T, programs ...string) {
	t.Helper()
	if os.Getenv("AVOW_TEST_SERVICES") == "" {
		t.Skip("make test-services runs it")
	}
	for _, p := range programs {
		if _, err := exec.LookPath(p); err != nil {
			t.Fatalf("%s is missing: .ci/services installs it", p)
		}
	}
}

// TestServicesMail sends the invitation through aiosmtpd, with STARTTLS and with TLS from the start, signed in, and takes apart what lies in the Maildir.
func TestServicesMail(t *testing.T) {
	services(t, "/usr/bin/python3") // Debian’s own: another one does not see its packages
	cert, keyFile, pool := certificate(t)
	for _, mode := range []TLSMode{StartTLS, ImplicitTLS} {
		t.Run(string(mode), func(t *testing.T) {
			folder := filepath.Join(t.TempDir(), "mail")
			port := freePort(t)
			mailServer(t, string(mode), strconv.Itoa(port), folder, cert, keyFile, "avow", password)
			settings := SMTP{Host: "127.0.0.1", Port: port, TLS: mode, From: `"Söhne & Co" <avow@example.com>`, Helo: "localhost", Username: "avow", Password: key.Secret(password), CA: pool}

			link := wire.RegistrationLink{Host: "id.example.com", Session: key.Secret("0123456789abcdef")}
			m, err := template.ParseMail(mailtext.Registration("de"))
			if err != nil {
				t.Fatal(err)
			}
			r, err := m.Render(template.Values{Link: link, UserName: "anna.lind", Name: "Änne Lind", Organisation: "Söhne & Co", Expires: noon, Language: "de"})
			if err != nil {
				t.Fatal(err)
			}
			l := Letter{
				ID: "m_abc", To: "anna.lind@example.com", Subject: "Für dich: " + r.Subject, Text: r.Text, HTML: r.HTML, At: noon,
				Picture: Picture{ID: template.QRContentID, Name: "connect.png", PNG: r.QR},
			}
			for name, change := range map[string]func(*SMTP){
				"wrong password": func(c *SMTP) { c.Password = key.Secret("guess") },
				"stranger":       func(c *SMTP) { c.CA = x509.NewCertPool() },
				"not signed in":  func(c *SMTP) { c.Username = "" },
			} {
				c := settings
				change(&c)
				if got := send(t, c, l); got.Outcome == Sent || got.Err == nil || strings.Contains(got.Err.Error(), password) {
					t.Errorf("%s: %+v", name, got)
				}
			}
			if got := inbox(t, folder); len(got) != 0 {
				t.Fatalf("%d mails arrived that should not", len(got))
			}
			if got := send(t, settings, l, l); got.Outcome != Sent {
				t.Fatalf("%+v", got)
			}
			got := inbox(t, folder)
			if len(got) != 2 {
				t.Fatalf("%d mails", len(got))
			}
			takeApart(t, got[0], r, link)
		})
	}
}

func send(t *testing.T, c SMTP, letters ...Letter) (last Result) {
	t.Helper()
	m, err := NewMailer(c)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for _, l := range letters {
		last = m.Send(t.Context(), l)
	}
	return last
}

func inbox(t *testing.T, folder string) (mails [][]byte) {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "new", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		mails = append(mails, b)
	}
	return mails
}

// takeApart reads a mail with the standard library, as a program that never heard of go-mail.
func takeApart(t *testing.T, raw []byte, want template.Rendered, link wire.RegistrationLink) {
	t.Helper()
	m, err := mail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != "Für dich: "+want.Subject || !isASCII(m.Header.Get("Subject")) {
		t.Errorf("subject %q from %q, %v", subject, m.Header.Get("Subject"), err)
	}
	if from, err := m.Header.AddressList("From"); err != nil || from[0].Name != "Söhne & Co" || from[0].Address != "avow@example.com" {
		t.Errorf("from %v, %v", from, err)
	}
	if id := m.Header.Get("Message-ID"); id != "<m_abc@example.com>" {
		t.Errorf("id %q", id)
	}
	payload := link.Encode()[strings.Index(link.Encode(), "#"):]
	for name, values := range m.Header {
		if text := strings.Join(values, " "); strings.Contains(strings.ToUpper(text), payload) || strings.Contains(text, "/R#") {
			t.Errorf("the link is in the header %s", name)
		}
	}
	parts := map[string]part{}
	walk(t, textproto.MIMEHeader(m.Header), m.Body, parts, "")
	kinds := ""
	for k := range parts {
		kinds += k + "\n"
	}
	plain, page, picture := parts["multipart/alternative text/plain"], parts["multipart/alternative text/html"], parts["multipart/related image/png"]
	if strings.TrimSpace(lines(plain.body)) != strings.TrimSpace(want.Text) || lines(page.body) != want.HTML {
		t.Fatalf("text or HTML is not what was sent; parts\n%s", kinds)
	}
	if d := picture.header.Get("Content-Disposition"); !strings.HasPrefix(d, "inline") || picture.header.Get("Content-ID") != "<"+template.QRContentID+">" {
		t.Errorf("picture: %v", picture.header)
	}
	img, err := png.Decode(bytes.NewReader(picture.body))
	if err != nil {
		t.Fatal(err)
	}
	found, err := qr.Decode(t.Context(), img, qr.Options{})
	if err != nil || len(found) != 1 || found[0].Text != link.Encode() {
		t.Errorf("the picture says %v, %v, want %s", found, err, link.Encode())
	}
}

func isASCII(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return r > 126 }) }

func lines(b []byte) string { return strings.ReplaceAll(string(b), "\r\n", "\n") }

type part struct {
	header textproto.MIMEHeader
	body   []byte
}

// walk lists the parts by the kind of what they are in and their own.
func walk(t *testing.T, h textproto.MIMEHeader, r io.Reader, parts map[string]part, within string) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(kind, "multipart/") {
		switch h.Get("Content-Transfer-Encoding") {
		case "quoted-printable":
			r = quotedprintable.NewReader(r)
		case "base64":
			r = base64.NewDecoder(base64.StdEncoding, r)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		parts[within+" "+kind] = part{h, b}
		return
	}
	mr := multipart.NewReader(r, params["boundary"])
	for {
		p, err := mr.NextRawPart()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		walk(t, p.Header, p, parts, kind)
	}
}

func mailServer(t *testing.T, args ...string) {
	t.Helper()
	cmd := exec.Command("/usr/bin/python3", append([]string{filepath.Join("testdata", "mailserver.py")}, args...)...)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var trouble bytes.Buffer
	cmd.Stderr = &trouble
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = in.Close()
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		defer context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })()
		_ = cmd.Wait()
	})
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
		_ = in.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		t.Fatalf("aiosmtpd did not start: %q %v\n%s", line, err, trouble.String())
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port
}

// certificate makes one for 127.0.0.1 that is its own authority.
func certificate(t *testing.T) (cert, keyFile string, pool *x509.CertPool) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	about := x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "127.0.0.1"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, &about, &about, k.Public(), k)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, keyFile = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	pool = x509.NewCertPool()
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(c)
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, keyFile, pool
}
