package directory_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"avow/internal/authn"
	"avow/internal/server/directory"
	"avow/internal/server/servertest"
	"avow/internal/wire"
)

// An administrator tests the directory, has it read, and sees how it stands; each with the reason in the audit log.
func TestServicesAdministrator(t *testing.T) {
	s := startSlapd(t, "", true)
	c := s.config()
	e := servertest.Start(t, servertest.Options{Directory: &c})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		e.Server.Directory.Run(ctx)
	}()
	defer func() { cancel(); <-done }()

	tested, err := e.Admin.TestDirectory(ctx, wire.TestDirectory{Reason: "is it there?"})
	if err != nil || tested.Users != 2 {
		t.Errorf("test: %+v, %v", tested, err)
	}
	if _, err := e.Admin.SyncDirectory(ctx, wire.SyncDirectory{Vanished: true, Reason: "x"}); authn.CodeOf(err) != "vanished_without_full" {
		t.Errorf("vanished without full: %v", err)
	}
	if _, err := e.Admin.SyncDirectory(ctx, wire.SyncDirectory{}); authn.CodeOf(err) != "reason_missing" {
		t.Errorf("without a reason: %v", err)
	}
	asked, err := e.Admin.SyncDirectory(ctx, wire.SyncDirectory{Full: true, Reason: "ticket 4711"})
	if err != nil {
		t.Fatal(err)
	}
	var st wire.DirectoryStatus
	for again := time.NewTicker(10 * time.Millisecond); st.Runs < asked.Runs; <-again.C {
		if st, err = e.Admin.Directory(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if !st.Configured || st.Problem != "" || st.Last == nil || st.Last.Read != 2 || st.FullAt.IsZero() {
		t.Errorf("status %+v", st)
	}
	users, err := e.Admin.Users(ctx)
	if err != nil || len(users) != 2 || users[0].UserName != "anna" || users[0].Source != authn.UserDirectory || users[1].Status != authn.UserDisabled {
		t.Errorf("users %+v, %v", users, err)
	}
	if !slices.ContainsFunc(e.Audit(), func(a authn.AuditRecord) bool {
		return a.Action == "directory.ask" && a.Actor == "admin:maja" && a.Reason == "ticket 4711" && a.Facts["full"] == "true"
	}) {
		t.Errorf("the audit log holds %+v", e.Audit())
	}

	s.stop()
	if _, err := e.Admin.TestDirectory(ctx, wire.TestDirectory{Reason: "is it there?"}); authn.CodeOf(err) != "directory_unreachable" || !strings.Contains(authn.AsError(err).Message, "directory.url") {
		t.Errorf("test of a directory that is away: %v", err)
	}
}

// Sessions that are sent can ask the directory's users for their password: the server hands the question to the directory.
func TestServicesSecondProof(t *testing.T) {
	s := startSlapd(t, "", true)
	c := s.config()
	e := servertest.Start(t, servertest.Options{Directory: &c})
	if _, err := e.Server.Directory.Sync(t.Context(), directory.Order{}); err != nil {
		t.Fatal(err)
	}
	made, err := e.Admin.AddSession(t.Context(), wire.AddSession{UserName: "anna", Mode: authn.BindFirst, Sent: true, Reason: "test"})
	if err != nil || made.SecondProof != authn.ProofPassword {
		t.Errorf("a session of anna asks for %q, %v", made.SecondProof, err)
	}
	e.User("bert")
	if made, err := e.Admin.AddSession(t.Context(), wire.AddSession{UserName: "bert", Mode: authn.BindFirst, Sent: true, Reason: "test"}); err != nil || made.SecondProof == authn.ProofPassword {
		t.Errorf("a session of a local user asks for %q, %v", made.SecondProof, err)
	}
}
