package oidc_test

import (
	"bytes"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"

	"avow/internal/authn"
	"avow/internal/server/servertest"
	"avow/internal/wire"
)

// lockedBuffer is a log that many goroutines write.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// nothing that a relying party sends or is given reaches the log at any level, and nothing that it sends breaks a line.
func TestNoSecretInTheLogR124(t *testing.T) {
	var log lockedBuffer
	w := newWorld(t, servertest.Options{Log: slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})})
	a := w.ask(t)
	link, err := wire.ParseLink(a.QR)
	if err != nil {
		t.Fatal(err)
	}
	w.answer(t, authn.Approve, a.Number)
	proved := w.proved(t, "grant_type", wire.GrantCIBA, "auth_req_id", a.AuthReqID)
	w.post(t, "/oidc/token", proved)
	w.post(t, "/oidc/token", proved) // used twice: refused
	for _, path := range []string{"/oidc/token", "/oidc/bc-authorize", "/oidc/bc-cancel"} {
		w.post(t, path, url.Values{"client_assertion_type": {wire.AssertionJWT}, "client_assertion": {"SECRET-ASSERTION"}, "client_secret": {"SECRET-SECRET"}})
		w.post(t, path+"?auth_req_id=SECRET-QUERY", w.proved(t, "login_hint", "SECRET-HINT", "scope", "openid"))
		w.post(t, path, w.proved(t, "scope", "openid", "login_hint", "evil\r\ntime=2026 level=INFO msg=forged \x1b[31m", "auth_req_id", "SECRET-ID"))
	}
	text := log.String()
	if !strings.Contains(text, "relying party refused") {
		t.Fatal("the log has nothing to look through")
	}
	for name, secret := range map[string]string{
		"auth_req_id": a.AuthReqID, "QR": a.QR[strings.Index(a.QR, "#")+1:], "handle": string(link.(wire.ApprovalLink).Handle),
		"assertion": proved.Get("client_assertion"), "marked": "SECRET", "forged": "msg=forged", "escape": "\x1b",
	} {
		if strings.Contains(text, secret) {
			t.Errorf("%s is in the log", name)
		}
	}
	if n := strings.Count(text, a.Number); n > 0 {
		t.Errorf("the number is %d times in the log", n)
	}
}
