package ledger_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"avow/internal/authn"
	"avow/internal/client"
	"avow/internal/server/servertest"
	"avow/internal/store"
	"avow/internal/wire"
)

func get(t *testing.T, e *servertest.Env, path string) (*http.Response, string) {
	t.Helper()
	resp, err := e.Browser().Get(e.Site.Issuer + path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

// Everybody gets the newest checkpoint, which says nothing of what is in the log; the records are for those who may audit.
func TestWhoGetsWhat(t *testing.T) {
	e := servertest.Start(t, servertest.Options{})
	if resp, _ := get(t, e, "/v1/log/checkpoint"); resp.StatusCode != http.StatusNotFound {
		t.Errorf("before the first: %s", resp.Status)
	}
	e.User("anna")
	signed, err := e.Admin.SignCheckpoint(t.Context(), wire.SignCheckpoint{Reason: "test"})
	if err != nil || signed.Size != 2 {
		t.Fatalf("%+v, %v", signed, err)
	}
	resp, body := get(t, e, "/v1/log/checkpoint")
	if body != signed.Note || resp.Header.Get("Cache-Control") != "public, max-age=60" || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") {
		t.Errorf("got %q with %v", body, resp.Header)
	}
	for _, path := range []string{"/v1/admin/log/records", "/v1/admin/log/checkpoints"} {
		if resp, body := get(t, e, path); resp.StatusCode != http.StatusUnauthorized || strings.Contains(body, "anna") {
			t.Errorf("%s without a key: %s %s", path, resp.Status, body)
		}
	}
	for role, may := range map[authn.AdminRole]bool{authn.RoleAuditor: true, authn.RoleAdmin: true, authn.RoleServiceDesk: false} {
		k := e.Key()
		a := authn.Admin{ID: authn.NewAdminID(), Name: string(role), Role: role, Key: k.Key(), CreatedAt: e.Now()}
		if err := e.Site.Store.Update(context.Background(), func(tx store.Tx) error { return tx.CreateAdmin(a) }); err != nil {
			t.Fatal(err)
		}
		admin := client.NewAdmin(client.Credential{Name: a.Name, ID: a.ID, Server: e.ClientServer(), Key: k}, e.Options())
		t.Cleanup(admin.Close)
		_, err1 := admin.LogRecords(t.Context(), 1)
		_, err2 := admin.Checkpoints(t.Context(), 0)
		_, err3 := admin.SignCheckpoint(t.Context(), wire.SignCheckpoint{Reason: "test"})
		for i, err := range []error{err1, err2, err3} {
			if may != (err == nil) || err != nil && authn.AsError(err).Kind != authn.Forbidden {
				t.Errorf("%s, call %d: %v", role, i, err)
			}
		}
	}
	if _, err := e.Admin.SignCheckpoint(t.Context(), wire.SignCheckpoint{}); authn.AsError(err).Code != "reason_missing" {
		t.Errorf("without a reason: %v", err)
	}
}

// A log that was changed is not signed on demand either, and the answer says which record it is.
func TestSignOnDemandRefuses(t *testing.T) {
	e := servertest.Start(t, servertest.Options{})
	e.User("anna")
	other, err := wire.Checkpoint{Origin: e.Site.Host, Size: 40, Root: authn.Hash{1}}.Sign(e.Site.Identity)
	if err != nil {
		t.Fatal(err)
	}
	err = e.Site.Store.Update(context.Background(), func(tx store.Tx) error { return tx.PutCheckpoint(authn.Checkpoint{Size: 40, Note: other}) })
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.Admin.SignCheckpoint(t.Context(), wire.SignCheckpoint{Reason: "test"})
	if a := authn.AsError(err); a.Code != "log_broken" || !strings.Contains(a.Message, "record 3 is missing") {
		t.Errorf("got %v", err)
	}
}
