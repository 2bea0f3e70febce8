package oidc_test

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/server/servertest"
	"avow/internal/wire"
)

// npm openid-client, a certified library that is not ours, discovers the server, asks, polls, verifies the ID token, and
// understands a No and an unknown name.
func TestServicesOpenIDClient(t *testing.T) {
	if os.Getenv("AVOW_TEST_SERVICES") == "" {
		t.Skip("needs Node.js and npm; set AVOW_TEST_SERVICES=1")
	}
	dir := t.TempDir()
	for _, name := range []string{"package.json", "sign-in.mjs"} {
		b, err := os.ReadFile(filepath.Join("testdata", "openid-client", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	install := exec.CommandContext(t.Context(), "npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm install: %v\n%s", err, out)
	}

	w := newWorld(t, servertest.Options{LongPoll: 5 * time.Second})
	pem, err := w.oneKey.EncodePEM()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "node", "sign-in.mjs", "anna", "anna", "nobody")
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	cmd.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+w.CertFile(), "ISSUER="+w.Site.Issuer, "CLIENT_ID=laptop-1", "KEY="+string(pem))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	read := func(into any) {
		t.Helper()
		line, err := lines.ReadBytes('\n')
		if err != nil {
			t.Fatalf("the relying party said %q: %v", line, err)
		}
		if err := json.Unmarshal(line, into); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
	}
	type ending struct {
		Claims map[string]any `json:"claims"`
		Type   string         `json:"token_type"`
		Error  string         `json:"error"`
		Status int            `json:"status"`
	}

	var asked wire.BackchannelAnswer
	read(&asked)
	if _, r := w.phone.Open(); r.Message != "Sign in as anna" {
		t.Errorf("the phone shows %q", r.Message)
	}
	w.answer(t, authn.Approve, asked.Number)
	var yes ending
	read(&yes)
	if yes.Claims["preferred_username"] != "anna" || yes.Claims["acr"] != wire.ACRNumber || yes.Claims[wire.ClaimAuthReqID] != asked.AuthReqID || yes.Type != "bearer" {
		t.Errorf("Yes ended as %+v", yes)
	}

	read(&asked)
	w.answer(t, authn.Deny, "")
	var no ending
	read(&no)
	if no.Error != wire.ErrAccessDenied || no.Status != 400 {
		t.Errorf("No ended as %+v", no)
	}

	var nobody ending
	read(&nobody)
	if nobody.Error != wire.ErrUnknownUser || nobody.Status != 400 {
		t.Errorf("nobody ended as %+v", nobody)
	}
	if rest, err := io.ReadAll(lines); err != nil || len(rest) > 0 {
		t.Errorf("then %q: %v", rest, err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}
